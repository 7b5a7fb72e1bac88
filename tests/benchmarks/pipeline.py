"""How long the sample communes take from raw packages to the release, on two cores."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from data_samples import generate
from tests.benchmarks import goal


def run(inbox: Path, home: Path) -> float:
    """Return the wall time in seconds of one `diachinh run`."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "pipelines", "run", str(inbox), "--home", str(home), "--cores", "2"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return round(time.perf_counter() - started, 1)


def measure() -> list[dict[str, Any]]:
    """Return the wall time of the first run, of a second run over the same packages, and of the generator."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        started = time.perf_counter()
        generate(folder)
        made = round(time.perf_counter() - started, 1)
        first, second = run(folder / "inbox", folder / "home"), run(folder / "inbox", folder / "home")
    return [
        goal("the sample communes, packages to release", first, "s", "< 60 s", first < 60),
        goal("the same again, nothing changed", second, "s", "< 15 s", second < 15),
        goal("samples generated", made, "s", "< 15 s", made < 15),
    ]
