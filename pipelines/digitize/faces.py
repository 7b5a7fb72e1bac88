"""Faces of a network, and the lines that close none: dangles and cuts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from pipelines.digitize import planar
from pipelines.digitize.network import Network
from pipelines.digitize.snapping import Array


@dataclass(frozen=True, slots=True)
class Dangles:
    """Chains of segments that end in the open, one row each.

    Attributes:
        lines: Line strings from the free end to where the chain joins something.
        length_m: Their lengths.
        free: (n, 2) coordinates of the free end.
        inner: (n, 2) coordinates of the vertex next to the free end.
        element: Number of the element at the free end.
        again: Whether the chain is already told for its other end.
    """

    lines: Array
    length_m: Array
    free: Array
    inner: Array
    element: Array
    again: Array

    def __len__(self) -> int:
        return len(self.lines)


def polygonize(network: Network, used: Array) -> tuple[Array, Array]:
    """Return faces and cuts of the segments marked as used.

    Faces come in reading order, rings and start points normalised. Cuts are the segments that hang on both ends
    but bound no face: bridges between closed lines.
    """
    faces, is_bridge = planar.polygonize(network.nodes, network.segments[used])
    bridges = shapely.linestrings(network.nodes[network.segments[used][is_bridge]])
    if not len(faces):
        return faces, bridges
    faces = shapely.normalize(faces)
    return faces[reading_order(shapely.point_on_surface(faces))], bridges


def reading_order(points: Array) -> Array:
    """Return the order of points from north-west to south-east: rows of a metre, then west to east."""
    x, y = shapely.get_x(points), shapely.get_y(points)
    return np.lexsort((np.round(x, 2), -np.round(y, 2)))


def prune(network: Network) -> tuple[Array, Array]:
    """Return which segments belong to no dangle, and for the others the round in which they fell off.

    A segment with a free end falls off; what it was joined to may then have a free end itself.
    """
    segments = network.segments
    fell = np.zeros(len(segments), dtype=np.int64)
    degree = np.bincount(segments.ravel(), minlength=len(network.nodes))
    alive = np.arange(len(segments))
    step = 0
    while True:
        free = (degree[segments[alive]] == 1).any(axis=1)
        if not free.any():
            break
        step += 1
        fell[alive[free]] = step
        degree -= np.bincount(segments[alive[free]].ravel(), minlength=len(network.nodes))
        alive = alive[~free]
    return fell == 0, fell


def dangles(network: Network, kept: Array) -> Dangles:
    """Return the fallen segments joined to chains, one for each free end."""
    fallen = network.segments[~kept]
    degree = np.bincount(network.segments.ravel(), minlength=len(network.nodes))
    row, side = np.nonzero(degree[fallen] == 1)
    order = np.argsort(fallen[row, side], kind="stable")
    row, side = row[order], side[order]
    free, inner = network.nodes[fallen[row, side]], network.nodes[fallen[row, 1 - side]]
    if not len(row):
        nothing = np.empty(0, dtype=object)
        return Dangles(nothing, np.empty(0), free, inner, np.empty(0, dtype=np.int64), np.empty(0, dtype=bool))
    chains = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(network.nodes[fallen])))
    which = shapely.STRtree(chains).nearest(shapely.points(free))
    return Dangles(
        lines=chains[which],
        length_m=shapely.length(chains[which]),
        free=free,
        inner=inner,
        element=network.element[~kept][row],
        again=pd.Series(which).duplicated().to_numpy(),
    )


def facing(ends: Dangles, reach_m: float) -> tuple[Array, Array]:
    """Return pairs of dangles whose free ends face each other: mutually nearest and pointing at one another.

    Args:
        ends: The dangles.
        reach_m: Widest gap that still counts as one broken line.
    """
    nothing = np.empty(0, dtype=np.int64)
    if len(ends) < 2:
        return nothing, nothing
    points = shapely.points(ends.free)
    tree = shapely.STRtree(points)
    left, right = tree.query(points, predicate="dwithin", distance=reach_m)
    other = left != right
    left, right = left[other], right[other]
    distance = np.hypot(*(ends.free[left] - ends.free[right]).T)
    order = np.lexsort((right, distance, left))
    left, right = left[order], right[order]
    first = np.r_[True, left[1:] != left[:-1]] if len(left) else np.empty(0, dtype=bool)
    nearest = np.full(len(ends), -1)
    nearest[left[first]] = right[first]
    pair = np.flatnonzero(nearest > np.arange(len(ends)))
    pair = pair[nearest[nearest[pair]] == pair]
    partner = nearest[pair]
    aim = _points_at(ends, pair, partner) & _points_at(ends, partner, pair)
    return pair[aim], partner[aim]


def _points_at(ends: Dangles, which: Array, goal: Array) -> Array:
    """Tell whether a dangle, drawn on, would run within 30 degrees of the free end of another."""
    along = ends.free[which] - ends.inner[which]
    toward = ends.free[goal] - ends.free[which]
    norms = np.hypot(*along.T) * np.hypot(*toward.T)
    cosine = np.divide((along * toward).sum(axis=1), norms, out=np.zeros(len(which)), where=norms > 0)
    return np.asarray(cosine > np.cos(np.radians(30.0)))
