"""How a boundary is drawn: a line of its own, a row of dashes, or one of two lines that run side by side."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

_STEP_MM = 1.5
_ROADS_MM = 12.0
"""Widest way between two lines."""

_PARALLEL = np.cos(np.radians(15.0))
_ALONG = 0.6
"""Share of an edge along which the other line has to run."""

_EVEN = 0.35
"""By what share of its middle the distance of the two may vary."""


def of(
    lines: npt.NDArray[Any],
    told: pd.DataFrame,
    left: npt.NDArray[Any],
    right: npt.NDArray[Any],
    kinds: pd.Series,
    px_per_mm: float,
) -> npt.NDArray[Any]:
    """Return the form of each edge: `solid`, `dashed`, `double`.

    Double is an edge with a line parallel to it at an even distance on one side, if a way lies there, or what is open.

    Args:
        lines: The edges.
        told: Of each edge as of `trust.edges`.
        left: Face left of each edge, -1 = outside.
        right: Face right of each edge.
        kinds: Kind of each face.
        px_per_mm: Pixels per millimetre.
    """
    is_way = np.append(kinds.isin(["road", "water"]).to_numpy(dtype=bool), True)
    double = np.zeros(len(lines), dtype=bool)
    for side, sign in ((left, 1.0), (right, -1.0)):
        other = right if sign > 0 else left
        some = np.flatnonzero(is_way[side] & ~is_way[other])
        double[some] |= _accompanied(lines, some, sign, px_per_mm)
    dashed = (told["kind"] == "dashed").to_numpy()
    made: npt.NDArray[Any] = np.select([dashed, double], ["dashed", "double"], "solid").astype(object)
    return made


def _accompanied(lines: npt.NDArray[Any], some: npt.NDArray[Any], sign: float, px_per_mm: float) -> npt.NDArray[Any]:
    """Return which of some edges another line runs beside, on their left (y down, sign 1) or right (-1)."""
    if not len(some):
        return np.zeros(0, dtype=bool)
    count = np.maximum(3, (shapely.length(lines[some]) / (_STEP_MM * px_per_mm)).astype(int))
    owner = np.repeat(np.arange(len(some)), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    share = (place + 0.5) / count[owner]
    length = shapely.length(lines[some])[owner]
    at = shapely.get_coordinates(shapely.line_interpolate_point(lines[some[owner]], share * length))
    step = np.minimum(length / 4, 1.0)
    before, after = (
        shapely.get_coordinates(shapely.line_interpolate_point(lines[some[owner]], share * length + off))
        for off in (-step, step)
    )
    way = after - before
    way /= np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)[:, None]
    across = sign * np.column_stack([way[:, 1], -way[:, 0]])
    rays = shapely.linestrings(np.stack([at + across, at + across * _ROADS_MM * px_per_mm], axis=1))
    pieces, piece_way = _pieces(lines)
    ray, piece = shapely.STRtree(pieces).query(rays, predicate="intersects")
    off = shapely.distance(shapely.points(at[ray]), shapely.intersection(rays[ray], pieces[piece]))
    order = np.lexsort((off, ray))
    first, where = np.unique(ray[order], return_index=True)
    piece, off = piece[order][where], off[order][where]
    parallel = np.abs((way[first] * piece_way[piece]).sum(axis=1)) >= _PARALLEL
    hits = pd.DataFrame({"owner": owner[first[parallel]], "off": off[parallel]})
    middle = hits.groupby("owner")["off"].transform("median")
    even = hits[(hits["off"] - middle).abs() <= _EVEN * middle]
    along = np.bincount(even["owner"].to_numpy(dtype=np.int64), minlength=len(some)) / count
    made: npt.NDArray[Any] = along >= _ALONG
    return made


def _pieces(lines: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
    """Return the straight pieces of lines and the direction of each."""
    at, owner = shapely.get_coordinates(lines, return_index=True)
    same = owner[1:] == owner[:-1]
    start, end = at[:-1][same], at[1:][same]
    way = end - start
    way /= np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)[:, None]
    return shapely.linestrings(np.stack([start, end], axis=1)), way
