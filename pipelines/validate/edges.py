"""Rings of the parcels as plain arrays, and their edges that no neighbour matches. Computed once for all checks."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from pipelines import geometry
from pipelines.geometry import Floats, Geometries, Indices


@dataclass(frozen=True)
class Edges:
    """All ring points of some polygons, in order; the last point of a ring repeats the first.

    Attributes:
        points: Coordinates, m.
        ring: Number of the ring of each point, from 0 without gaps.
        owner: Position of the polygon of each point.
        exposed: Positions of the points from which a segment leads to the next point that has a polygon on one side
            only. In a clean coverage these are few; every gap, overlap or unmatched node has some.
    """

    points: Floats
    ring: Indices
    owner: Indices
    exposed: Indices

    @cached_property
    def lines(self) -> Geometries:
        """The exposed segments as two-point lines."""
        return geometry.segment_lines(self.points, self.exposed)

    @cached_property
    def chains(self) -> Geometries:
        """The exposed segments as lines that run on as long as their ring does."""
        return geometry.segment_chains(self.points, self.exposed)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index over `lines`."""
        return shapely.STRtree(self.lines)


@dataclass(frozen=True)
class Loops:
    """Vertices of closed rings, each once, with arithmetic around the ring.

    Attributes:
        points: Coordinates, m.
        owner: Position of the polygon of each vertex.
        first: Position of the first vertex of the ring of each vertex.
        size: Number of vertices of the ring of each vertex.
    """

    points: Floats
    owner: Indices
    first: Indices
    size: Indices

    def step(self, at: Indices, by: int) -> Indices:
        """Return the positions of the vertices so many places further along their rings."""
        first = self.first[at]
        further: Indices = first + (at - first + by) % self.size[at]
        return further

    def before(self, values: Floats) -> Floats:
        """Return for each vertex the value of the vertex before it."""
        shifted = np.roll(values, 1, axis=0)
        begin = np.flatnonzero(self.first == np.arange(len(self.first)))
        shifted[begin] = values[begin + self.size[begin] - 1]
        return shifted

    def after(self, values: Floats) -> Floats:
        """Return for each vertex the value of the vertex after it."""
        shifted = np.roll(values, -1, axis=0)
        begin = np.flatnonzero(self.first == np.arange(len(self.first)))
        shifted[begin + self.size[begin] - 1] = values[begin]
        return shifted


def of(shapes: Geometries) -> Edges:
    """Return the edges of polygons."""
    points, ring, owner = geometry.oriented_rings(shapes)
    return Edges(points, ring, owner, geometry.exposed_segments(points, ring))


def loops(edges: Edges, among: int, apart_m: float) -> tuple[Loops, Indices, Floats]:
    """Return the rings of the first `among` polygons without vertices that repeat the next one.

    Returns:
        The rings; the positions in `edges.points` of the vertices left out; how far each is from the next one, m.
    """
    count = int(np.searchsorted(edges.owner, among))
    points, ring, owner = edges.points[:count], edges.ring[:count], edges.owner[:count]
    step_m = np.hypot(*np.diff(points, axis=0).T) if count else np.empty(0)
    within = np.append(ring[1:] == ring[:-1], np.zeros(min(count, 1), dtype=bool))
    near = within.copy()
    near[:-1] &= step_m < apart_m
    kept = within & ~near
    size = np.bincount(ring[kept], minlength=int(ring[-1]) + 1 if count else 0)
    first = np.cumsum(size) - size
    left_out = np.flatnonzero(near)
    made = Loops(points[kept], owner[kept], first[ring[kept]], size[ring[kept]])
    return made, left_out, step_m[left_out]
