"""Package: what a commune handed in, file by file; and a proposal where nobody described it."""

from pipelines.package.propose import inspect
from pipelines.package.stock import Stock, run
from pipelines.package.transcript import transcript
from pipelines.package.whereabouts import write_map

__all__ = ["Stock", "inspect", "run", "transcript", "write_map"]
