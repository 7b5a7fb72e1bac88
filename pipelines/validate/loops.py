"""Closed rings without their repeated vertices, and arithmetic around them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipelines.coverage import Rings
from pipelines.geometry import Floats, Indices


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


def repeated(rings: Rings, among: int, apart_m: float) -> tuple[Indices, Floats]:
    """Return the points of the first `among` polygons nearer than `apart_m` to the next one of their ring.

    Returns:
        Positions in `rings.points`; how far each is from the next one, m.
    """
    found = [
        (again + rings.start[first], step_m)
        for first, last in rings.blocks(among)
        for again, step_m in [_repeated(*_block(rings, first, last), apart_m)]
    ]
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0)
    return np.concatenate([again for again, _ in found]), np.concatenate([step_m for _, step_m in found])


def blocks(rings: Rings, among: int, apart_m: float) -> Iterator[Loops]:
    """Yield the rings of the first `among` polygons, some thousand at a time, without vertices that repeat the next."""
    for first, last in rings.blocks(among):
        points, size = _block(rings, first, last)
        again, _ = _repeated(points, size, apart_m)
        kept = np.ones(len(points), dtype=bool)
        kept[np.cumsum(size) - 1] = False
        kept[again] = False
        size = np.add.reduceat(kept, np.cumsum(size) - size, dtype=np.int64)
        first_of = np.repeat(np.cumsum(size) - size, size)
        yield Loops(points[kept], np.repeat(rings.owner[first:last], size), first_of, np.repeat(size, size))


def _block(rings: Rings, first: int, last: int) -> tuple[Floats, Indices]:
    """Return the points of some rings and the number of points of each."""
    size: Indices = np.diff(rings.start[first : last + 1])
    return rings.points[rings.start[first] : rings.start[last]], size


def _repeated(points: Floats, size: Indices, apart_m: float) -> tuple[Indices, Floats]:
    """Return the places of points nearer than `apart_m` to the next one of the same ring, and how near, m."""
    step_m = np.hypot(*np.diff(points, axis=0).T)
    step_m[np.cumsum(size)[:-1] - 1] = np.inf
    again = np.flatnonzero(step_m < apart_m)
    return again, step_m[again]
