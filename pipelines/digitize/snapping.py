"""Open ends of drawn lines joined to what they should meet, and a record of every move."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.digitize.grid import pairs_within
from pipelines.geometry import connected

Array = np.ndarray[Any, Any]

MAX_ROUNDS = 6
"""How often joining or splitting is repeated; each round has far less to do than the one before."""


@dataclass(frozen=True, slots=True)
class Moves:
    """Line ends that were moved, one row per element and end.

    Attributes:
        element: Numbers of the elements.
        before: (n, 2) coordinates as drawn.
        after: (n, 2) coordinates used.
    """

    element: Array
    before: Array
    after: Array


def close_ends(
    nodes: Array, segments: Array, element: Array, is_end: Array, tolerance_m: float
) -> tuple[Array, Array, Moves]:
    """Join open ends to the nearest other node within the tolerance; return also what moved.

    Four ends that should meet may first join two by two; so what has just been joined may join again.
    """
    degree = np.bincount(segments.ravel(), minlength=len(nodes))
    movable = np.flatnonzero((degree == 1) & is_end)
    whole = np.arange(len(nodes))
    joined = segments
    for _ in range(MAX_ROUNDS):
        if not len(movable):
            break
        goal = _goals(nodes, joined, movable, tolerance_m)
        whole, joined = goal[whole], goal[joined]
        arrived = np.unique(goal[goal != np.arange(len(nodes))])
        movable = arrived[is_end[arrived]]
    moved = moves_of(segments, element, np.flatnonzero(whole != np.arange(len(nodes))), nodes, nodes[whole])
    real = joined[:, 0] != joined[:, 1]
    return joined[real], element[real], moved


def _goals(nodes: Array, segments: Array, movable: Array, tolerance_m: float) -> Array:
    """Return for every node the node it becomes part of: itself, or for a movable one the best within reach."""
    degree = np.bincount(segments.ravel(), minlength=len(nodes))
    found, right = pairs_within(nodes[movable], nodes, tolerance_m)
    left = movable[found]
    other = (left != right) & (degree[right] > 0)
    left, right = left[other], right[other]
    other = ~_is_neighbour(left, right, segments, len(nodes))
    left, right = left[other], right[other]
    distance = np.hypot(*(nodes[left] - nodes[right]).T)
    # A well connected node is the better goal than another open end; the nearest wins, then the lowest number.
    order = np.lexsort((right, distance, degree[right] == 1, left))
    left, right = left[order], right[order]
    first = np.r_[True, left[1:] != left[:-1]] if len(left) else np.empty(0, dtype=bool)
    group = connected(len(nodes), left[first], right[first])
    # The group gathers where it need not move, else at its best connected node.
    can_move = np.isin(np.arange(len(nodes)), left[first])
    order = np.lexsort((np.arange(len(nodes)), -degree, can_move, group))
    leads = np.r_[True, group[order][1:] != group[order][:-1]]
    leader = np.zeros(len(nodes), dtype=np.int64)
    leader[group[order][leads]] = order[leads]
    return np.asarray(leader[group])


def moves_of(segments: Array, element: Array, moved: Array, before: Array, after: Array) -> Moves:
    """Return the moves of some nodes, once for each element that ends there."""
    is_moved = np.zeros(len(before), dtype=bool)
    is_moved[moved] = True
    row, side = np.nonzero(is_moved[segments])
    pairs = np.unique(np.column_stack([element[row], segments[row, side]]).reshape(-1, 2), axis=0)
    return Moves(pairs[:, 0], before[pairs[:, 1]], after[pairs[:, 1]])


def both(first: Moves, second: Moves) -> Moves:
    """Return the moves of two rounds together."""
    return Moves(
        np.concatenate([first.element, second.element]),
        np.concatenate([first.before, second.before]),
        np.concatenate([first.after, second.after]),
    )


def _is_neighbour(left: Array, right: Array, segments: Array, count: int) -> Array:
    """Tell which pairs of nodes are the two ends of one segment."""
    touched = np.zeros(count, dtype=bool)
    touched[left] = True
    beside = segments[touched[segments].any(axis=1)]
    known = beside.min(axis=1) * count + beside.max(axis=1)
    return np.isin(np.minimum(left, right) * count + np.maximum(left, right), known)
