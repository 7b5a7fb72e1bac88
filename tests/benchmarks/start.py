"""How fast the command answers: `diachinh --help` and the help of a command, beside the import of geopandas alone.

The help of a command loads pydantic, by which Typer understands its options; that is most of its time.
"""

import statistics
import subprocess
import sys
import time
from typing import Any

from tests.benchmarks import goal


def seconds(*command: str) -> float:
    """Return the median wall time of five runs after one to warm up."""
    runs = []
    for _ in range(6):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        runs.append(time.perf_counter() - started)
    return round(statistics.median(runs[1:]), 3)


def measure() -> list[dict[str, Any]]:
    """Return the start-up time in seconds."""
    peer = seconds(sys.executable, "-c", "import geopandas")
    asked = {"diachinh --help": ("--help",), "diachinh change apply --help": ("change", "apply", "--help")}
    lines = []
    for name, words in asked.items():
        ours = seconds(sys.executable, "-m", "pipelines", *words)
        lines.append(goal(name, ours, "s", "< 0.3 s", ours < 0.3, peer="import geopandas", peer_value=peer))
    return lines
