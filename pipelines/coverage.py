"""Polygons that share boundaries, as plain arrays: their rings, and the edges that no neighbour matches.

A coordinate takes 16 bytes here, and nothing else is kept for it: a commune, or a province, of parcels stays small.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from pipelines import geometry
from pipelines.geometry import Bits, Floats, Geometries, Indices, Mask

BLOCK_POINTS = 250_000
"""Work on all points is done in blocks of so many: what is computed for each of them fits the cache and is let go."""

_SHARE_POINTS = 1_000_000
"""So many segments are sorted at once; those that could match each other are always sorted together."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Rings:
    """All rings of some polygons. Shells turn one way and holes the other, whichever way they were drawn.

    Attributes:
        points: Coordinates of all rings, m; the last point of a ring repeats the first.
        start: Position of the first point of each ring, and behind them the number of points.
        owner: Position of the polygon of each ring, ascending.
    """

    points: Floats
    start: Indices
    owner: Indices

    def owner_at(self, at: Indices) -> Indices:
        """Return the polygon to which each of these points belongs."""
        owner: Indices = self.owner[np.searchsorted(self.start, at, side="right") - 1]
        return owner

    def before_owner(self, owner: int) -> int:
        """Return how many points the polygons before this one have: they come first."""
        return int(self.start[np.searchsorted(self.owner, owner)])

    def segments(self) -> Indices:
        """Return the positions of all points from which a segment of the ring leads to the next point."""
        ends = np.ones(len(self.points), dtype=bool)
        ends[self.start[1:] - 1] = False
        starts: Indices = np.flatnonzero(ends)
        return starts

    def points_of(self, polygons: Mask) -> Mask:
        """Tell which points belong to the polygons under a mask."""
        chosen: Mask = np.repeat(polygons[self.owner], np.diff(self.start))
        return chosen

    def blocks(self, polygons: int) -> Iterator[tuple[int, int]]:
        """Yield ranges of rings, in order, of the first so many polygons, each of about `BLOCK_POINTS` points."""
        return _blocks(self.start, int(np.searchsorted(self.owner, polygons)))

    @cached_property
    def exposed(self) -> Indices:
        """Positions of the points from which a segment leads to the next point that has a polygon on one side only.

        In a clean coverage these are the outer rim and the rims of the holes; every gap, overlap or unmatched node has
        some more. Segments match when both end points are equal to the last bit, as in neighbours read from one file.
        """
        mixed = geometry.mixed_bits(self.points)
        if len(mixed) < 2:
            return np.empty(0, dtype=np.int64)
        backward = mixed[:-1] > mixed[1:]
        key = (np.minimum(mixed[:-1], mixed[1:]) * _GOLDEN) ^ np.maximum(mixed[:-1], mixed[1:])
        counts = mixed[:-1] != mixed[1:]
        counts[self.start[1:-1] - 1] = False
        del mixed
        bits = int(np.ceil(np.log2(max(len(key) / _SHARE_POINTS, 1))))
        if bits == 0:
            shares = [np.flatnonzero(counts)]
        else:
            share = (key >> np.uint64(64 - bits)).astype(np.uint16)
            shares = [np.flatnonzero(counts & (share == number)) for number in range(2**bits)]
        alone: Indices = np.sort(np.concatenate([_alone(self.points, at, key[at], backward[at]) for at in shares]))
        return alone

    @cached_property
    def lines(self) -> Geometries:
        """The exposed segments as two-point lines."""
        return segment_lines(self.points, self.exposed)

    @cached_property
    def chains(self) -> Geometries:
        """The exposed segments as lines that run on as long as their ring does."""
        return segment_chains(self.points, self.exposed)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index over `lines`."""
        return shapely.STRtree(self.lines)


def rings(shapes: Geometries) -> Rings:
    """Return the rings of the polygons and multipolygons among geometries; other geometries have none."""
    areal = geometry.is_polygon(shapes)
    measured = shapes.copy()
    measured[~areal] = None
    points = shapely.get_coordinates(measured)
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    plain = np.flatnonzero(single & (shapely.get_num_interior_rings(shapes) == 0) & ~shapely.is_empty(shapes))
    others = areal.copy()
    others[plain] = False
    composed = np.flatnonzero(others)
    parts, of = shapely.get_parts(shapes[composed], return_index=True)
    parts, of = parts[~shapely.is_empty(parts)], of[~shapely.is_empty(parts)]
    lines, part = shapely.get_rings(parts, return_index=True)
    inner = np.append(np.zeros(min(len(part), 1), dtype=bool), part[1:] == part[:-1])
    owner = np.concatenate([plain, composed[of[part]]])
    size = np.concatenate([shapely.get_num_coordinates(shapes[plain]), shapely.get_num_coordinates(lines)])
    is_hole = np.concatenate([np.zeros(len(plain), dtype=bool), inner])
    order = np.argsort(owner, kind="stable")
    start = np.append(0, np.cumsum(size[order]))
    _turn(points, start, is_hole[order])
    return Rings(points, start, owner[order])


def exposed_edges(shapes: Geometries) -> Geometries:
    """Return the boundary segments that have a polygon on one side only, as two-point lines."""
    return rings(shapes).lines


def segment_lines(points: Floats, starts: Indices) -> Geometries:
    """Return the segments from these points to the next ones as two-point lines."""
    lines: Geometries = shapely.linestrings(np.stack([points[starts], points[starts + 1]], axis=1))
    return lines


def segment_chains(points: Floats, starts: Indices) -> Geometries:
    """Return the segments from these points to the next ones, in ascending order, joined where one follows another."""
    begins = np.append(True, np.diff(starts) != 1) if len(starts) else np.empty(0, dtype=bool)
    last = np.append(np.flatnonzero(begins)[1:] - 1, len(starts) - 1) if len(starts) else starts
    chain = np.cumsum(begins) - 1
    at, number = np.concatenate([starts, starts[last] + 1]), np.concatenate([chain, chain[last]])
    order = np.lexsort([at, number])
    lines: Geometries = shapely.linestrings(points[at[order]], indices=number[order])
    return lines


def _blocks(start: Indices, count: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of the first so many rings, each of about `BLOCK_POINTS` points and of one ring at least."""
    first = 0
    while first < count:
        last = int(np.searchsorted(start, start[first] + BLOCK_POINTS, side="right")) - 1
        last = min(max(last, first + 1), count)
        yield first, last
        first = last


def _turn(points: Floats, start: Indices, is_hole: Mask) -> None:
    """Turn shells counterclockwise and holes clockwise, in place."""
    for first, last in _blocks(start, len(is_hole)):
        own = points[start[first] : start[last]]
        begin, size = start[first:last] - start[first], np.diff(start[first : last + 1])
        x, y = (own - np.repeat(own[begin], size, axis=0)).T  # near the origin no digit of an area is lost
        doubled = np.add.reduceat(np.append(x[:-1] * y[1:] - x[1:] * y[:-1], 0.0), begin)
        wrong = np.where(is_hole[first:last], doubled > 0, doubled < 0)
        if wrong.any():
            at = np.flatnonzero(np.repeat(wrong, size))
            own[at] = own[np.repeat((2 * begin + size - 1)[wrong], size[wrong]) - at]


def _alone(points: Floats, at: Indices, key: Bits, backward: Mask) -> Indices:
    """Return those of the segments, from the points at these positions to the next, passed in one direction only.

    Equal segments meet after sorting by a mix of the mixed bits of their ends. Should two different segments have the
    same mix, more segments than needed are kept, never fewer.
    """
    if not len(at):
        return at
    order = np.argsort(key)
    key, place, turned = key[order], at[order], backward[order]
    alike = np.flatnonzero(key[1:] == key[:-1])
    one, other, is_turn = place[alike], place[alike + 1], turned[alike] != turned[alike + 1]
    pairs = np.ascontiguousarray(points).view(np.complex128).ravel()  # x and y of a point are fetched at once
    equal = (pairs[one] == pairs[other + is_turn]) & (pairs[one + 1] == pairs[other + ~is_turn])
    new = np.ones(len(at), dtype=bool)
    new[alike[equal] + 1] = False
    begin, group = np.flatnonzero(new), np.cumsum(new) - 1
    both = np.logical_or.reduceat(turned, begin) & np.logical_or.reduceat(~turned, begin)
    alone: Indices = place[~both[group]]
    return alone
