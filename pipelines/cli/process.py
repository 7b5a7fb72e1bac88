"""Other programs of this project, started as processes of their own (so that nothing imports across a border)."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""Folder that holds the packages: the source folder, or site-packages."""


def command(module: str, *arguments: object) -> list[str]:
    """Return the command line of `python -m module …` with the running interpreter."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def environment() -> dict[str, str]:
    """Return the environment in which our packages win over others of the same name."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
