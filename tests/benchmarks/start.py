"""How fast the command answers: `diachinh --help`, beside the import of geopandas alone."""

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
    ours = seconds(sys.executable, "-m", "pipelines", "--help")
    peer = seconds(sys.executable, "-c", "import geopandas")
    return [goal("diachinh --help", ours, "s", "< 0.3 s", ours < 0.3, peer="import geopandas", peer_value=peer)]
