"""Rings of many polygons as arrays, and edits of points that all polygons at a place share.

An edit speaks of a place, not of a parcel: every ring that passes there changes in the same way, so that what matched
before matches afterwards.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from pipelines import geometry
from pipelines.geometry import Bits, Floats, Geometries, Indices, Mask


@dataclass(frozen=True)
class Rings:
    """Vertices of rings, each once; the last leads to the first of its ring.

    Attributes:
        points: Coordinates, m.
        ring: Number of the ring of each vertex, ascending.
        part: Number of the polygon part of each ring.
        owner: Position of the polygon of each vertex.
        after: Position of the next vertex of the ring.
    """

    points: Floats
    ring: Indices
    part: Indices
    owner: Indices
    after: Indices

    @property
    def before(self) -> Indices:
        """Position of the vertex before each vertex."""
        back = np.empty_like(self.after)
        back[self.after] = np.arange(len(self.after))
        return back


@dataclass(frozen=True)
class Edits:
    """Changes of places; each kind has one row per edit.

    Attributes:
        moved: Where a vertex is, and where it goes: x, y, new x, new y.
        dropped: Vertices that go: x, y.
        inserted: Edge and new node on it: x, y of one end, x, y of the other, x, y of the node.
    """

    moved: Floats
    dropped: Floats
    inserted: Floats

    def __len__(self) -> int:
        """Return the number of edits."""
        return len(self.moved) + len(self.dropped) + len(self.inserted)

    def keeping(self, kept: Mask) -> "Edits":
        """Return the edits under a mask over moved, dropped and inserted, in this order."""
        first, second = len(self.moved), len(self.moved) + len(self.dropped)
        return Edits(self.moved[kept[:first]], self.dropped[kept[first:second]], self.inserted[kept[second:]])


def edits(moved: Floats | None = None, dropped: Floats | None = None, inserted: Floats | None = None) -> Edits:
    """Return edits of some kinds."""
    return Edits(
        np.empty((0, 4)) if moved is None else moved,
        np.empty((0, 2)) if dropped is None else dropped,
        np.empty((0, 6)) if inserted is None else inserted,
    )


def of(shapes: Geometries) -> Rings:
    """Return the rings of polygons; shells turn one way, holes the other."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    lines, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    points, ring = shapely.get_coordinates(lines, return_index=True)
    last = np.append(ring[1:] != ring[:-1], np.ones(min(len(ring), 1), dtype=bool))
    points, ring = points[~last], ring[~last]
    return Rings(points, ring, part, owner[part][ring] if len(ring) else ring, _after(ring))


def apply(rings: Rings, shapes: Geometries, wanted: Edits) -> tuple[Geometries, Indices, Indices]:
    """Return the shapes after the edits, and which edit touches which polygon, as pairs.

    Polygons that no edit touches are the very same objects. A ring that would fall below three vertices leaves its
    polygon None.
    """
    keys = place_keys(rings.points)
    moved_at, moved = _found(keys, place_keys(wanted.moved[:, :2]))
    dropped_at, dropped = _found(keys, place_keys(wanted.dropped))
    edge = edge_keys(rings.points, rings.points[rings.after])
    node_at, node = _found(edge, edge_keys(wanted.inserted[:, :2], wanted.inserted[:, 2:4]))
    number = np.concatenate([moved, len(wanted.moved) + dropped, len(wanted.moved) + len(wanted.dropped) + node])
    owner = rings.owner[np.concatenate([moved_at, dropped_at, node_at])]
    result = shapes.copy()
    touched = np.unique(owner)
    if len(touched):
        there = np.zeros(len(shapes), dtype=bool)
        there[touched] = True
        points = rings.points.copy()
        points[moved_at] = wanted.moved[moved, 2:]
        kept = there[rings.owner]
        kept[dropped_at] = False
        own = np.flatnonzero(kept)
        new = wanted.inserted[node, 4:]
        along = np.hypot(*(new - rings.points[node_at]).T)
        order = np.lexsort(
            [np.append(np.full(len(own), -1.0), along), np.append(own, node_at)]  # nodes follow the start of their edge
        )
        at = np.append(own, node_at)[order]
        result[touched] = _rebuilt(np.concatenate([points[own], new])[order], rings.ring[at], rings, touched)
    return result, number, owner


def place_keys(points: Floats) -> Bits:
    """Return a number for each place: equal places have equal numbers."""
    return geometry.mixed_bits(np.ascontiguousarray(points, dtype=np.float64))


def edge_keys(one: Floats, other: Floats) -> Bits:
    """Return a number for each edge, whichever way it leads."""
    first, second = place_keys(one), place_keys(other)
    low, high = np.minimum(first, second), np.maximum(first, second)
    keys: Bits = (low * np.uint64(0x9E3779B97F4A7C15)) ^ (high * np.uint64(0xC2B2AE3D27D4EB4F))
    return keys


def _found(keys: Bits, wanted: Bits) -> tuple[Indices, Indices]:
    """Return the positions of keys that are wanted, and for each the position in the wanted ones; all pairs."""
    if not len(wanted) or not len(keys):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    order = np.argsort(wanted, kind="stable")
    low = np.searchsorted(wanted[order], keys, side="left")
    count = np.searchsorted(wanted[order], keys, side="right") - low
    at = np.repeat(np.arange(len(keys)), count)
    within = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
    return at, order[low[at] + within]


def _after(ring: Indices) -> Indices:
    after = np.arange(1, len(ring) + 1)
    if len(ring):
        begins = np.flatnonzero(np.append(True, ring[1:] != ring[:-1]))
        after[np.append(begins[1:], len(ring)) - 1] = begins
    return after


def _rebuilt(points: Floats, ring: Indices, rings: Rings, touched: Indices) -> Geometries:
    """Return the polygons of these points without repeated ones, in the order of their positions; None where too few.

    Rings come in ascending order, shell before holes, as `of` numbers them.
    """
    same = (points == points[_after(ring)]).all(axis=1)
    points, ring = points[~same], ring[~same]
    first, size = np.unique(ring, return_counts=True)
    of_ring = np.zeros(len(rings.part), dtype=np.int64)
    of_ring[rings.ring] = rings.owner
    every = np.flatnonzero(np.isin(of_ring, touched) & (np.bincount(rings.ring, minlength=len(of_ring)) > 0))
    large = np.zeros(len(of_ring), dtype=bool)
    large[first[size > 2]] = True
    broken = np.unique(of_ring[every[~large[every]]])
    kept = large[ring] & ~np.isin(of_ring[ring], broken)
    numbers, index = np.unique(ring[kept], return_inverse=True)
    made = np.full(len(touched), None, dtype=object)
    if len(numbers):
        lines = shapely.linearrings(points[kept], indices=index)
        _, of_part = np.unique(rings.part[numbers], return_inverse=True)
        polygons = shapely.polygons(lines, indices=of_part)
        owner = of_ring[numbers[np.unique(of_part, return_index=True)[1]]]
        whole = shapely.multipolygons(polygons, indices=np.unique(owner, return_inverse=True)[1])
        made[np.searchsorted(touched, np.unique(owner))] = geometry.flat(whole)
    return made
