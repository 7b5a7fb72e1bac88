"""Parts of the network that stand apart and are no boundaries: writing whose letters touch, houses in thin lines."""

import numpy as np
import numpy.typing as npt
import shapely

from pipelines.scan.lines import rings
from pipelines.scan.lines.cells import cells
from pipelines.scan.lines.network import Ids, Net, parts, raw

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_WORDS_MM = 25.0
_HOUSE_MM = 60.0
_ROOM_MM2 = 8.0
"""Smallest parcel that stands alone; a letter is smaller."""

_STROKE_MM, _SIDE_MM = 3.0, 10.0
"""Strokes of a letter are shorter than the second; the first is a stroke that stands with one or two others."""

_HOUSES = 6
"""Most houses of one lot."""

_THIN = 0.8
"""Share of the usual width of boundaries below which a line is of another kind."""


def drawn_beside(net: Net, thick: Floats, px_per_mm: float, *, framed: bool, town: bool) -> Flags:
    """Return which edges belong to a part of the network that is writing, or a house in thinner lines in a lot.

    Args:
        net: The network before gaps are closed.
        thick: Width of each edge in pixels.
        px_per_mm: Pixels per millimetre.
        framed: Whether the sheet has a frame, as maps of parcels have: of free blocks they have none, of houses many.
        town: Whether blocks are drawn with sidewalks: courts, lawns and public buildings in them are faces too.
    """
    if not len(net.links):
        return np.zeros(0, dtype=bool)
    part = np.unique(parts(net.links, len(net.points))[net.start], return_inverse=True)[1]
    extent = _extent(net, part)
    lengths = net.lengths()
    out = _written(net, part, extent, lengths, px_per_mm, town=town)
    if town:
        return out
    main = np.argmax(np.bincount(part, lengths))
    usual = min(_middle(thick[some], lengths[some]) for some in (part == main, lengths > 0))
    total = np.bincount(part, lengths)
    mean = np.bincount(part, lengths * thick) / np.maximum(total, 1e-9)
    thin = (mean < _THIN * usual) & (extent < _HOUSE_MM * px_per_mm)
    thin[main] = False
    return out | _houses(net, part, thin, framed=framed)[part]


def _houses(net: Net, part: Ids, thin: Flags, *, framed: bool) -> Flags:
    """Return which thin parts stand in a room of other lines that holds no more than a few of them: houses of a lot.

    What stands free, or in a room with many others, is drawn for itself: a block between streets. On a sheet with a
    frame what stands free is a house too, in a lot that is not closed yet.
    """
    rooms = shapely.get_parts(shapely.polygonize(raw(net)[~thin[part]]))
    some = np.flatnonzero(thin)
    first = np.unique(part, return_index=True)[1][some]
    spot, room = shapely.STRtree(rooms).query(shapely.points(net.points[net.start[first]]), predicate="within")
    few = np.bincount(room, minlength=len(rooms)) <= _HOUSES
    made = np.zeros(len(thin), dtype=bool)
    if framed:
        made[some] = True
        made[some[spot]] = False
    made[some[spot[few[room]]]] = True
    return made


def _middle(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)]) if len(values) else 0.0


def _extent(net: Net, part: Ids) -> Floats:
    """Return the larger side of the box of each part."""
    at, label = net.points[net.path], part[net.owner]
    count = int(part.max(initial=0)) + 1
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    np.minimum.at(low, label, at)
    np.maximum.at(high, label, at)
    made: Floats = (high - low).max(axis=1)
    return made


def _written(net: Net, part: Ids, extent: Floats, lengths: Floats, px_per_mm: float, *, town: bool) -> Flags:
    """Return which edges are writing whose letters touch: small parts of many short edges that close no parcel.

    In a town what is closed by all rooms of a part together is a building full of strokes.
    """
    count = len(extent)
    edges = np.bincount(part, minlength=count)
    longest = np.zeros(count)
    np.maximum.at(longest, part, lengths)
    single = (edges == 1) | ((edges <= 3) & (longest >= _STROKE_MM * px_per_mm)) | (longest >= _SIDE_MM * px_per_mm)
    suspect = (extent < _WORDS_MM * px_per_mm) & ~single
    some = np.flatnonzero(suspect[part])
    if len(some):
        polygons, left, right = cells(raw(net)[some])
        size = shapely.area(polygons)
        if town:
            two = np.column_stack([left, right])
            group = parts(two[(two >= 0).all(axis=1)], len(polygons))
            size = np.bincount(group, size, minlength=len(polygons))[group]
        room = np.append(size, 0.0) >= (rings.LEAST_MM2 if town else _ROOM_MM2) * px_per_mm**2
        suspect[part[some[room[left] | room[right]]]] = False
    made: Flags = suspect[part]
    return made
