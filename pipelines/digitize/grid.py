"""Points near each other, found by sorting cell numbers: for millions of points that lie where they should."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_SAFE = 2**62


def cells(points: Array, size: float) -> tuple[Array, int]:
    """Return one integer for the grid cell of each point, and what a step of one column adds to it.

    Cells of a column are neighbours in number, and so are the rows at its ends never those of another column. A
    stray point at the other end of the world must not make the numbers overflow: then cells count by rank, with a
    gap wherever a row or column of cells is empty.
    """
    if not len(points):
        return np.empty(0, dtype=np.int64), 1
    # Counted from the corner of all points, so that a drawing moved as a whole falls into the same cells.
    keys = np.rint((points - points.min(axis=0)) / size)
    span = keys.max(axis=0)
    if (span[0] + 1.0) * (span[1] + 3.0) < _SAFE:
        column, row = keys.astype(np.int64).T
        step = int(span[1]) + 3
    else:
        column, row = (_ranks(keys[:, side]) for side in (0, 1))
        step = int(row.max()) + 3
    return column * step + row, step


def _ranks(values: Array) -> Array:
    """Return small integers in the order of the values; neighbours stay neighbours, anything farther has a gap."""
    distinct, place = np.unique(values, return_inverse=True)
    return np.asarray(np.cumsum(np.minimum(np.diff(distinct, prepend=distinct[:1]), 2.0))[place]).astype(np.int64)


def pairs_within(points: Array, others: Array, reach: float) -> tuple[Array, Array]:
    """Return all pairs of a point and another point at most `reach` apart, by their places in both arrays."""
    nothing = np.empty(0, dtype=np.int64)
    if not len(points) or not len(others):
        return nothing, nothing
    both, step = cells(np.concatenate([points, others]), reach)
    cell, other_cell = both[: len(points)], both[len(points) :]
    order = np.argsort(other_cell, kind="stable")
    ordered = other_cell[order]
    left, right = [], []
    for column in (-step, 0, step):
        begin = np.searchsorted(ordered, cell + column - 1)
        count = np.searchsorted(ordered, cell + column + 1, side="right") - begin
        left.append(np.repeat(np.arange(len(points)), count))
        right.append(order[np.repeat(begin - np.cumsum(count) + count, count) + np.arange(count.sum())])
    first, second = np.concatenate(left), np.concatenate(right)
    near = np.hypot(*(points[first] - others[second]).T) <= reach
    return first[near], second[near]


def merged(points: Array, size: float) -> tuple[Array, Array]:
    """Return points of which no two are within a cell size of each other, and for each given point its place there.

    Points of one cell become their lower left corner; where a cell border parts two that are one, the lower wins.
    Neither depends on the order of the points.
    """
    cell, step = cells(points, size)
    if not len(points):
        return points.reshape(0, 2), cell
    order = np.argsort(cell)
    fresh = np.r_[True, cell[order][1:] != cell[order][:-1]]
    number = np.empty(len(points), dtype=np.int64)
    number[order] = np.cumsum(fresh) - 1
    begin = np.flatnonzero(fresh)
    at = np.minimum.reduceat(points[order], begin, axis=0)
    distinct = cell[order][begin]
    goal = np.arange(len(at))
    for shift in (1, step - 1, step, step + 1):
        place = np.minimum(np.searchsorted(distinct, distinct + shift), len(distinct) - 1)
        low = np.flatnonzero(distinct[place] == distinct + shift)
        close = low[np.hypot(*(at[low] - at[place[low]]).T) <= size]
        np.minimum.at(goal, place[close], close)
    while (goal[goal] != goal).any():
        goal = goal[goal]
    return at, goal[number]
