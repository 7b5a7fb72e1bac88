"""Package: what a commune handed in, file by file; and a proposal where nobody described it."""

from pipelines.package.propose import inspect
from pipelines.package.stock import Stock, run
from pipelines.package.transcript import transcript

__all__ = ["Stock", "inspect", "run", "transcript"]
