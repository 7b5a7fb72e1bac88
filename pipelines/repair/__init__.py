"""Repair on request: what a machine may put right in a parcel layer, with the proof of every change and the way back.

Nothing here is part of the way from package to release; what the checks find stays found until somebody asks.
"""

from pipelines.repair.engine import KEPT, repair_shapes
from pipelines.repair.whole import KEY, KINDS, Repaired, repair, restore

__all__ = ["KEPT", "KEY", "KINDS", "Repaired", "repair", "repair_shapes", "restore"]
