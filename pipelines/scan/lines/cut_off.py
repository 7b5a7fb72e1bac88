"""A drawing that goes on beyond its picture: what the edge of the picture cuts is closed along it."""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from pipelines.scan.lines.network import Net
from pipelines.scan.model import Points

_LINES = 6
"""So many lines run off a picture that is a piece of a drawing; fewer are the rim of the paper, or a crease."""

_LONG_MM = 3.0
"""A line is longer than that; what is shorter is a letter that is cut."""

_ON = 3.0
"""Pixels within which an edge runs along the edge of the picture."""


def closed(net: Net, shape: tuple[int, ...], width: float, px_per_mm: float) -> Net:
    """Return the network with the edge of the picture added between neighbouring lines that run off it.

    Round one corner of the picture, not two: a side that no line crosses has the margin of the paper before it.

    Args:
        net: The network, spurs taken off.
        shape: Height and width of the picture.
        width: Usual width of a line in pixels.
        px_per_mm: Pixels per millimetre.
    """
    height, wide = shape
    free = np.concatenate([net.start[net.degree[net.start] == 1], net.end[net.degree[net.end] == 1]])
    lengths = np.concatenate([net.lengths()[net.degree[side] == 1] for side in (net.start, net.end)])
    at = net.points[free]
    off = np.column_stack([at[:, 1], wide - at[:, 0], height - at[:, 1], at[:, 0]])
    side = off.argmin(axis=1)
    some = (off.min(axis=1) <= width + 2) & (lengths >= _LONG_MM * px_per_mm)
    free, at, side = free[some], at[some], side[some]
    if len(free) < _LINES:
        return net
    # Along the edge from the upper left corner: along the top, down, back along the bottom, up.
    along_it = np.select(
        [side == 0, side == 1, side == 2],
        [at[:, 0], wide + at[:, 1], 2 * wide + height - at[:, 0]],
        2 * (wide + height) - at[:, 1],
    )
    corners = np.cumsum([0, wide, height, wide])
    order = np.argsort(np.append(corners, along_it), kind="stable")
    is_foot = order >= len(corners)
    # A corner beside another one has a side without lines.
    lone = ~is_foot & ~(np.roll(is_foot, 1) & np.roll(is_foot, -1))
    stops = np.append(corners, along_it)[order]
    ahead = np.roll(stops, -1) - stops + np.append(np.zeros(len(stops) - 1), 2 * (wide + height))
    steps = np.where(lone | np.roll(lone, -1), 0, np.maximum(1, np.ceil(ahead))).astype(np.int64)
    # Points a pixel apart, as along ridges; the last of each stretch is the next stop.
    stretch = np.repeat(np.arange(len(stops)), steps)
    count = np.arange(len(stretch)) - np.repeat(np.cumsum(steps) - steps, steps)
    between = stops[stretch] + ahead[stretch] * (count + 1) / steps[stretch]
    places = np.concatenate([_places(stops, wide, height), _places(between % (2 * (wide + height)), wide, height)])
    first = len(net.points)
    inner = first + len(stops) + np.arange(len(stretch))
    last = count + 1 == steps[stretch]
    inner[last] = first + (stretch[last] + 1) % len(stops)
    before = np.where(count == 0, first + stretch, np.roll(inner, 1))
    feet = np.column_stack([free[order[is_foot] - len(corners)], first + np.flatnonzero(is_foot)])
    return net.joined(places, np.concatenate([np.column_stack([before, inner]), feet]))


def _places(along_it: npt.NDArray[np.float64], wide: int, height: int) -> Points:
    """Return the pixel coordinates of places along the edge of the picture, counted from its upper left corner."""
    made: Points = np.column_stack([
        np.interp(along_it, np.cumsum([0, wide, height, wide, height]), [0, wide, wide, 0, 0]),
        np.interp(along_it, np.cumsum([0, wide, height, wide, height]), [0, 0, height, height, 0]),
    ])  # fmt: skip
    return made


def along(lines: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return which edges run along the edge of the picture.

    Args:
        lines: Edges in pixel coordinates.
        shape: Height and width of the picture.
    """
    inner = shapely.box(_ON, _ON, shape[1] - _ON, shape[0] - _ON)
    made: npt.NDArray[np.bool_] = shapely.disjoint(lines, inner)
    return made
