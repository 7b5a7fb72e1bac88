"""Two releases of a commune held against each other: as a table, as layers, as a page with a map."""

from pipelines.difference.rows import Difference, tell
from pipelines.difference.state import State, chosen

__all__ = ["Difference", "State", "chosen", "tell"]
