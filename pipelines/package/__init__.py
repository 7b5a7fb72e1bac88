"""Package: what a commune handed in, file by file; and a proposal where nobody described it."""

from pipelines.package.propose import inspect
from pipelines.package.stock import Stock, run

__all__ = ["Stock", "inspect", "run"]
