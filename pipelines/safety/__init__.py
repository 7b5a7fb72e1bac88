"""Backup, restore, and whether a store is sound."""

from pipelines.safety.backup import back_up
from pipelines.safety.examine import examine
from pipelines.safety.restore import Restored, restore
from pipelines.safety.rules import Defect

__all__ = ["Defect", "Restored", "back_up", "examine", "restore"]
