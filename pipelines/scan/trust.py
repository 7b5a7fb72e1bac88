"""How far an edge and a face can be believed, and what speaks against them."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pipelines.scan.arcs import sampled
from pipelines.scan.model import Dark

Floats = npt.NDArray[np.float64]

_STEP_PX = 1.5
_GAP_MM = 0.4
"""Longest way without ink that still is a line: a speck of paper."""

_DOUBT_PER_MM = 0.25
_FAINT = 0.6
"""Share of the usual darkness of edges below which an edge is faint."""

_SMALL_MM2, _NARROW_MM = 16.0, 1.8


def edges(lines: npt.NDArray[Any], dark: Dark, weak: int, px_per_mm: float) -> pd.DataFrame:
    """Return for each edge `ink_share`, `confidence`, `kind` (`line`, `bridge`) and `faint`.

    Args:
        lines: Edges in pixel coordinates.
        dark: (H, W) uint8 ink.
        weak: From which darkness a pixel is ink.
        px_per_mm: Pixels per millimetre.
    """
    count = len(lines)
    at, edge = shapely.get_coordinates(shapely.segmentize(lines, _STEP_PX), return_index=True)
    around = np.array([(0, 0), (0.9, 0), (-0.9, 0), (0, 0.9), (0, -0.9)])
    ink = np.zeros(len(at), dtype=np.float32)
    for off in around:
        np.maximum(ink, sampled(dark, at + off), out=ink)
    inked = ink >= weak
    number = np.bincount(edge, minlength=count)
    share = np.bincount(edge, inked, minlength=count) / np.maximum(number, 1)
    strength = np.bincount(edge, np.where(inked, ink, 0.0), minlength=count) / np.maximum(share * number, 1)
    strength = strength / max(1.0, float(np.median(strength))) if count else strength
    step = shapely.length(lines) / np.maximum(number - 1, 1)
    gap = _longest(edge, ~inked, count) * step / px_per_mm
    bridge = gap > _GAP_MM
    sure = share * np.clip(strength / _FAINT, 0.5, 1) * np.exp(-_DOUBT_PER_MM * np.where(bridge, gap, 0))
    kind = np.where(bridge, "bridge", "line")
    return pd.DataFrame({"confidence": sure, "ink_share": share, "kind": kind, "faint": strength < _FAINT})


def _longest(edge: npt.NDArray[Any], bare: npt.NDArray[np.bool_], count: int) -> Floats:
    """Return how many samples the longest run without ink has on each edge."""
    begins = bare & ~(np.append(False, bare[:-1]) & np.append(False, edge[1:] == edge[:-1]))
    run = np.cumsum(begins)[bare] - 1
    length = np.bincount(run)
    longest = np.zeros(count)
    np.maximum.at(longest, edge[begins], length)
    return longest


def faces(
    polygons: npt.NDArray[Any], told: pd.DataFrame, left: npt.NDArray[Any], right: npt.NDArray[Any], px_per_mm: float
) -> pd.DataFrame:
    """Return for each face `confidence`, the least of its edges times its form, and `why`, tokens.

    Args:
        polygons: The faces.
        told: Of each edge as `edges`.
        left: Face left of each edge, -1 = outside.
        right: Face right of each edge.
        px_per_mm: Pixels per millimetre.
    """
    count = len(polygons)
    sure, bridged, faint = np.ones(count + 1), np.zeros(count + 1, dtype=bool), np.zeros(count + 1, dtype=bool)
    for side in (left, right):
        np.minimum.at(sure, side, told["confidence"].to_numpy())
        np.logical_or.at(bridged, side, (told["kind"] == "bridge").to_numpy())
        np.logical_or.at(faint, side, told["faint"].to_numpy())
    area, rim = shapely.area(polygons) / px_per_mm**2, shapely.length(polygons) / px_per_mm
    small, narrow = area < _SMALL_MM2, 2 * area < _NARROW_MM * rim
    sure = sure[:count] * np.where(small, 0.7, 1) * np.where(narrow, 0.8, 1)
    reasons = {"gap_bridged": bridged[:count], "faint_edge": faint[:count], "small_face": small, "narrow_face": narrow}
    why = pd.Series("", index=range(count))
    for token, holds in reasons.items():
        why = why + np.where(holds, f" {token}", "")
    return pd.DataFrame({"confidence": sure, "why": why.str.strip()})
