"""The folder of what is handed to people who may know the holders, and how files get into it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = "linkage"
"""Folder in the home."""


def folder(home: Path) -> Path:
    """Return the folder; it is made with mode 0700."""
    path = home / FOLDER
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


@contextmanager
def private(path: Path) -> Iterator[Path]:
    """Yield a new file of mode 0600 beside `path`, which takes its place when the block ends well.

    Two who write into one folder do so one after the other; what a program that was stopped left behind is removed.
    """
    new = path.with_name(f".{path.stem}.new{path.suffix}")
    with _alone(path.parent):
        new.unlink(missing_ok=True)
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            yield new
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        new.replace(path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
