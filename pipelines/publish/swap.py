"""Put a folder in the place of another, so that readers find the one or the other, never none."""

import ctypes
import os
import shutil
import sys
from pathlib import Path

_HERE_FD, _EXCHANGE = -100, 2
"""AT_FDCWD and RENAME_EXCHANGE of Linux."""


def swap(fresh: Path, folder: Path) -> None:
    """Make `fresh` the folder and remove what was there: in one step where the system can, else in two renames."""
    old = beside(folder, "old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists() and exchange(fresh, folder):
        shutil.rmtree(fresh)
        return
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def recover(folder: Path) -> None:
    """Put the former folder back where a run was stopped between two renames; clear what stopped runs left."""
    old = beside(folder, "old")
    if old.exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(beside(folder, "new"), ignore_errors=True)


def beside(folder: Path, ending: str) -> Path:
    """Return a folder beside another."""
    return folder.with_name(f"{folder.name}.{ending}")


def exchange(one: Path, other: Path) -> bool:
    """Let two folders trade names at once; return whether the system and its file system can."""
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        return False
    done: int = library.renameat2(_HERE_FD, os.fsencode(one), _HERE_FD, os.fsencode(other), _EXCHANGE)
    return done == 0
