"""What is dear to make is made once, and every test has a copy of its own to do with as it likes."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Callable[[Path], None], Path], Path]:
    """Return a function that fills a folder with what `make(folder)` writes, which is called once in a session."""
    made: dict[Callable[[Path], None], Path] = {}

    def fill(make: Callable[[Path], None], folder: Path) -> Path:
        if make not in made:
            new = tmp_path_factory.mktemp(make.__name__)
            make(new)
            made[make] = new
        return Path(shutil.copytree(made[make], folder, dirs_exist_ok=True))

    return fill
