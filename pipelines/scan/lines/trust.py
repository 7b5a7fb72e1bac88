"""How far an edge and a face can be believed, and what speaks against them."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pipelines.scan.lines import cut_off
from pipelines.scan.lines.arcs import sampled
from pipelines.scan.model import Dark

Floats = npt.NDArray[np.float64]

_STEP_PX = 1.5
_GAP_MM = 0.4
"""Longest way without ink that still is a line: a speck of paper."""

_WIDE_MM = 2.6
"""Wider gaps are not closed by the ends of the line alone."""

_CUT = 0.3
"""What goes on beyond the picture is not known: a face that is cut is not the whole face."""

_REASONS = ("cut_off", "gap_closed", "gap_bridged", "dashed", "faint_edge")
_GAPS, _EVEN = 2, 2.0
"""A dashed line has so many gaps at least, the widest not so many times the narrowest; the same of its dashes."""

_DASHED = 0.65
"""Who draws a boundary in dashes does not know it well, and paths are in dashes too: always to be looked at."""

_DOUBT_PER_MM = 0.25
_FAINT = 0.6
"""Share of the usual darkness of edges below which an edge is faint."""

_SMALL_MM2, _NARROW_MM = 16.0, 1.8


def edges(lines: npt.NDArray[Any], dark: Dark, weak: int, px_per_mm: float) -> pd.DataFrame:
    """Return for each edge `ink_share`, `confidence`, `kind` (`line`, `bridge`, `dashed`), `faint` and `why`, a token.

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
    gaps = _gaps(edge, ~inked, step / px_per_mm)
    gap = gaps.groupby("edge")["mm"].max().reindex(range(count), fill_value=0.0).to_numpy()
    bridge = gap > _GAP_MM
    sure = share * np.clip(strength / _FAINT, 0.5, 1) * np.exp(-_DOUBT_PER_MM * np.where(bridge, gap, 0))
    kind = np.where(bridge, np.where(_dashed(gaps, count), "dashed", "bridge"), "line")
    sure = np.where(kind == "dashed", np.minimum(sure, _DASHED), sure)
    faint = strength < _FAINT
    cut = cut_off.along(lines, dark.shape)
    sure = np.where(cut, np.minimum(sure, _CUT), sure)
    why = np.select([cut, gap > _WIDE_MM, kind == "bridge", kind == "dashed", faint], _REASONS, "")
    return pd.DataFrame({"confidence": sure, "ink_share": share, "kind": kind, "faint": faint, "why": why})


def _gaps(edge: npt.NDArray[Any], bare: npt.NDArray[np.bool_], step_mm: Floats) -> pd.DataFrame:
    """Return the ways without ink along edges in their order: `edge`, `mm`, and `dash`, the ink from the one before."""
    begins = bare & ~(np.append(False, bare[:-1]) & np.append(False, edge[1:] == edge[:-1]))
    size = np.bincount(np.cumsum(begins)[bare] - 1)
    first = np.flatnonzero(begins)
    owner = edge[first]
    dash = np.full(len(first), np.nan)
    same = owner[1:] == owner[:-1]
    dash[1:] = np.where(same, first[1:] - first[:-1] - size[:-1], np.nan)
    return pd.DataFrame({"edge": owner, "mm": size * step_mm[owner], "dash": dash * step_mm[owner]})


def _dashed(gaps: pd.DataFrame, count: int) -> npt.NDArray[np.bool_]:
    """Return which edges are in dashes: gaps as wide, and dashes between them as long, as each other."""
    real = gaps[gaps["mm"] > _GAP_MM / 2].groupby("edge")
    told = real.agg(
        n=("mm", "size"), low=("mm", "min"), high=("mm", "max"), least=("dash", "min"), most=("dash", "max")
    )
    even = (told["high"] <= _EVEN * told["low"]) & (told["most"] <= _EVEN * told["least"])
    made = (told["n"] >= _GAPS) & even & (told["high"] <= _EVEN * told["most"])
    flags: npt.NDArray[np.bool_] = made.reindex(range(count), fill_value=False).to_numpy(dtype=bool)
    return flags


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
    sure = np.ones(count + 1)
    cut, bridged, closed, dashed, faint = np.zeros((5, count + 1), dtype=bool)
    for side in (left, right):
        np.minimum.at(sure, side, told["confidence"].to_numpy())
        np.logical_or.at(cut, side, (told["why"] == "cut_off").to_numpy())
        np.logical_or.at(bridged, side, ((told["kind"] == "bridge") & (told["why"] != "cut_off")).to_numpy())
        np.logical_or.at(dashed, side, (told["kind"] == "dashed").to_numpy())
        np.logical_or.at(closed, side, (told["why"] == "gap_closed").to_numpy())
        np.logical_or.at(faint, side, told["faint"].to_numpy())
    area, rim = shapely.area(polygons) / px_per_mm**2, shapely.length(polygons) / px_per_mm
    small, narrow = area < _SMALL_MM2, 2 * area < _NARROW_MM * rim
    sure = sure[:count] * np.where(small, 0.7, 1) * np.where(narrow, 0.8, 1)
    reasons = {
        "cut_off": cut[:count], "gap_closed": closed[:count], "gap_bridged": (bridged & ~closed)[:count],
        "dashed": dashed[:count], "faint_edge": faint[:count], "small_face": small, "narrow_face": narrow,
    }  # fmt: skip
    why = pd.Series("", index=range(count))
    for token, holds in reasons.items():
        why = why + np.where(holds, f" {token}", "")
    return pd.DataFrame({"confidence": sure, "why": why.str.strip()})
