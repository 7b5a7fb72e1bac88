"""Province: what only shows when communes are looked at together."""

from pipelines.province.run import run
from pipelines.province.scene import Scene

__all__ = ["Scene", "run"]
