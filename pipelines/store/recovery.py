"""What opening the two files puts right first, where a program was killed over them.

A commit that was cut off leaves journals, which only somebody who may write can roll back. A restore that was cut off
leaves a folder of whole files; they are put in place before anything is read, so that land and holders are always of
one moment.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import StoreError
from pipelines.store import database

READY = "restore.ready"
"""Folder of files that take the place of those of a store; that it bears this name is the moment of the restore."""

ASIDE = "former.txt"
"""File in it that names the folder for the former ones."""

_COMPANIONS = ("-journal", "-wal", "-shm", "")
"""What belongs to a database file; the file itself goes last, its journal must never meet another one."""


def settle(home: Path, names: tuple[str, ...]) -> None:
    """Finish a restore that was cut off, and roll back what a commit left half done.

    Raises:
        StoreError: The account may not write what has to be finished.
        sqlite3.OperationalError: The same, of a journal.
    """
    finish_restore(home)
    for path in (home / name for name in names):
        if Path(f"{path}-journal").exists():
            try:
                _look_into(path, "ro")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
                    raise
                _look_into(path, "rw")


def _look_into(path: Path, mode: str) -> None:
    address = f"{path.resolve().as_uri()}?mode={mode}"
    connection = sqlite3.connect(address, uri=True, timeout=database.WAIT_MS / 1000)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    finally:
        connection.close()


def finish_restore(home: Path) -> None:
    """Put the files of a restore in their places and the former ones aside; begun again, it goes on where it was.

    Raises:
        StoreError: The account may not move them.
    """
    ready = home / READY
    if not ready.is_dir():
        return
    try:
        with alone(ready):
            if ready.is_dir():
                _move(home, ready)
    except OSError as error:
        raise StoreError(
            f"Việc khôi phục trong {home} còn dở: chạy `diachinh check-store` bằng tài khoản ghi được vào thư mục này.",
            f"A restore in {home} is not finished: run `diachinh check-store` from an account that may write there.",
        ) from error


def _move(home: Path, ready: Path) -> None:
    for fresh in sorted(path for path in ready.iterdir() if path.name != ASIDE):
        aside = home / (ready / ASIDE).read_text(encoding="ascii")
        for companion in _COMPANIONS:
            former = home / f"{fresh.name}{companion}"
            if former.exists() and not (aside / former.name).exists():
                aside.mkdir(mode=0o700, exist_ok=True)
                former.rename(aside / former.name)
        flush(home)
        fresh.rename(home / fresh.name)
    flush(home)
    (ready / ASIDE).unlink(missing_ok=True)
    ready.rmdir()


@contextmanager
def alone(folder: Path, *, waiting: bool = True) -> Iterator[None]:
    """Run a block while no other process has this folder; the kernel lets go of it when a process dies.

    Raises:
        OSError: Another has it, and this one does not wait.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waiting else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def flush(path: Path) -> None:
    """Bring a file or folder to the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
