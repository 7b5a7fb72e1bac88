"""Control points of a frame in the system that is printed on it: its corners and crosses at their coordinates."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipelines.scan.model import Dark, Frame, Page, Points
from pipelines.scan.place import beside, extent
from pipelines.scan.place.printed import Printed

CORNERS = ("UL", "UR", "LR", "LL")


@dataclass(frozen=True, slots=True)
class Measured:
    """A frame in the system that is printed on it, whatever that is.

    Attributes:
        table: Control points.
        bounds: West, south, east, north in metres.
        scale: Scale denominator.
        sources: What says so.
        told: What contradicts or was guessed.
    """

    table: pd.DataFrame
    bounds: extent.Bounds
    scale: int
    sources: tuple[str, ...]
    told: list[tuple[str, str]]


def measured(
    page: Page, dark: Dark, frame: Frame, print_: Printed, px_per_mm: float, scale: int | None
) -> Measured | None:
    """Return a frame by what is printed at its corners, by its name, or beside its crosses; None where nothing says it.

    Args:
        page: The page.
        dark: (H, W) its ink.
        frame: Its frame; corners may be unknown.
        print_: What is printed around it.
        px_per_mm: Resolution.
        scale: Scale denominator where it is known; else it is read.
    """
    denominator, was_read = extent.scale_of(frame, print_, px_per_mm, scale)
    found = None if denominator is None else extent.bounds_of(page, frame, print_, px_per_mm, denominator)
    if found is None or denominator is None:
        return _by_crosses(dark, frame, px_per_mm, denominator)
    bounds, sources, contradiction = found
    told = [*contradiction, *([] if was_read else [("ban_quet.scale_guessed", f"1:{denominator}")])]
    return Measured(_control(frame, bounds, denominator, px_per_mm), bounds, denominator, sources, told)


def _by_crosses(dark: Dark, frame: Frame, px_per_mm: float, scale: int | None) -> Measured | None:
    """Return the place of a frame without coordinates by those beside its crosses."""
    found = beside.read(dark, frame, px_per_mm, scale)
    if found is None:
        return None
    source, target = np.vstack([frame.corners, frame.crosses]), np.vstack([found.corners, found.crosses])
    names = [*CORNERS, *(f"{x:.0f} {y:.0f}" for x, y in found.crosses)]
    origin = ["frame"] * len(CORNERS) + ["cross"] * len(found.crosses)
    table = table_of(names, source, target, origin)
    (west, south), (east, north) = (table[["x_m", "y_m"]].agg(one).to_numpy() for one in ("min", "max"))
    told = [] if scale is not None else [("ban_quet.scale_guessed", f"1:{found.scale}")]
    return Measured(table, (west, south, east, north), found.scale, ("coordinates",), told)


def table_of(names: Any, source: Points, target: Points, origin: Any) -> pd.DataFrame:
    """Return control points that have a place on both sides: (n, 2) pixels and (n, 2) metres, NaN where unknown."""
    return pd.DataFrame({
        "id": names, "x_px": source[:, 0], "y_px": source[:, 1], "x_m": target[:, 0], "y_m": target[:, 1],
        "origin": origin,
    }).dropna().reset_index(drop=True)  # fmt: skip


def _control(frame: Frame, bounds: tuple[float, float, float, float], scale: int, px_per_mm: float) -> pd.DataFrame:
    """Return the control points of a frame: its corners and the crosses at their round coordinates."""
    is_there = np.isfinite(frame.corners).all(axis=1)
    corners, metres = frame.corners[is_there], extent.corners_of(bounds)[is_there]
    rough = _rough(frame, corners, metres, scale, px_per_mm)
    step = extent.GRID_MM * scale / 1000
    at = rough[0] + rough[1] * (frame.crosses[:, 0] - 1j * frame.crosses[:, 1])
    place_m = np.column_stack([at.real, at.imag]) if len(at) else np.empty((0, 2))
    round_m = np.round(place_m / step) * step
    near = np.linalg.norm(place_m - round_m, axis=1) < 0.2 * step
    names = [name for name, is_known in zip(CORNERS, is_there, strict=True) if is_known]
    names += [f"{x:.0f} {y:.0f}" for x, y in round_m[near]]
    both = np.vstack([corners, frame.crosses[near]]), np.vstack([metres, round_m[near]])
    return table_of(names, *both, ["frame"] * len(corners) + ["cross"] * int(near.sum()))


def _rough(frame: Frame, corners: Points, metres: Points, scale: int, px_per_mm: float) -> tuple[complex, complex]:
    """Return shift and turn of pixels (y upwards) to metres: by two corners, or one and the direction."""
    source, target = corners[:, 0] - 1j * corners[:, 1], metres[:, 0] + 1j * metres[:, 1]
    if len(source) >= 2:
        far = int(np.argmax(np.abs(source - source[0])))
        factor = (target[far] - target[0]) / (source[far] - source[0])
    else:
        per_mm = frame.spacing_px / extent.GRID_MM if math.isfinite(frame.spacing_px) else px_per_mm
        factor = scale / 1000 / per_mm * np.exp(1j * math.radians(frame.turn_deg))
    return complex(target[0] - factor * source[0]), complex(factor)
