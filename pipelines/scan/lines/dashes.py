"""Dashed lines: strokes of one length in a row with one gap between each two, joined where they part two faces."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from pipelines.scan.lines.bridges import Ends, free_ends
from pipelines.scan.lines.network import Ids, Net, parts
from pipelines.scan.model import Points

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_LONGEST_MM = 6.0
"""Longest dash."""

_LEAST = 3
"""Fewest dashes of a line; two strokes in a row are two strokes."""

_STRAIGHT = 0.91
"""Least share of the length that lies between the ends; along pixels a straight way is up to 8 % longer."""
_FACING = 0.94
_ALIKE = 1.7
"""By how much the gaps and the dashes of a line may differ from their middle; at its ends dashes may be cut short."""

_THIN = 0.8
"""Share of the usual width of boundaries below which a dashed line is of another kind: a path, a house."""

_LANDING = 1.6
"""How far from a line, in gaps, a dashed line may end that meets it."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of dashes: pairs of ends that follow each other, the row of each, and the usual gap of each row."""

    one: Ids
    two: Ids
    row: Ids
    gap: Floats


def joined(net: Net, thick: Floats, width: float, px_per_mm: float) -> tuple[Ids, Flags]:
    """Return the links that make lines of dashes, and which edges are dashes of such a line.

    Only lines as broad as boundaries that meet another line with both ends are joined: they may part two faces.

    Args:
        net: The network before gaps are closed, spurs taken off.
        thick: Width of each edge in pixels.
        width: Usual width of a line in pixels.
        px_per_mm: Pixels per millimetre.
    """
    told = free_ends(net, px_per_mm)
    none = np.empty((0, 2), dtype=np.int64), np.zeros(len(thick), dtype=bool)
    rows = _rows(net, told, _are_dashes(net, told, width, px_per_mm), thick)
    if not len(rows.one):
        return none
    row_of = np.full(len(thick), -1, dtype=np.int64)
    row_of[told.edge[rows.one]] = rows.row
    row_of[told.edge[rows.two]] = rows.row
    lengths = net.lengths()
    broad = _usual(thick, lengths)
    member = np.flatnonzero(row_of >= 0)
    count = len(rows.gap)
    mean = np.bincount(row_of[member], (thick * lengths)[member], minlength=count)
    mean /= np.maximum(np.bincount(row_of[member], lengths[member], minlength=count), 1e-9)
    last, landing = _landings(net, told, rows, row_of)
    open_ = np.zeros(count, dtype=bool)
    open_[row_of[told.edge[last[landing < 0]]]] = True
    kept = (mean >= _THIN * broad) & ~open_
    inner = np.column_stack([told.point[rows.one], told.point[rows.two]])[kept[rows.row]]
    outer = np.column_stack([told.point[last], landing])[kept[row_of[told.edge[last]]]]
    return np.concatenate([inner, outer]), (row_of >= 0) & kept[np.maximum(row_of, 0)]


def _usual(thick: Floats, lengths: Floats) -> float:
    order = np.argsort(thick)
    total = np.cumsum(lengths[order])
    return float(thick[order][np.searchsorted(total, total[-1] / 2)])


def _are_dashes(net: Net, told: Ends, width: float, px_per_mm: float) -> Flags:
    """Return which ends are those of short straight strokes."""
    lengths = net.lengths()
    chord = np.hypot(*(net.points[net.start] - net.points[net.end]).T)
    made = (lengths <= _LONGEST_MM * px_per_mm) & (lengths >= 2 * width) & (chord >= _STRAIGHT * lengths)
    flags: Flags = made[told.edge]
    return flags


def _rows(net: Net, told: Ends, some: Flags, thick: Floats) -> _Rows:
    """Return the rows of dashes: each end goes on to the one end that faces it."""
    empty = np.empty(0, dtype=np.int64)
    chosen = np.flatnonzero(some)
    if len(chosen) < 2 * (_LEAST - 1):
        return _Rows(empty, empty, empty, np.empty(0))
    reach = float(told.length[chosen].max())
    one, two = chosen[cKDTree(told.at[chosen]).query_pairs(reach, output_type="ndarray").reshape(-1, 2)].T
    way = told.at[two] - told.at[one]
    gap = np.hypot(way[:, 0], way[:, 1])
    way = way / np.maximum(gap, 1e-9)[:, None]
    facing = np.minimum((told.ahead[one] * way).sum(axis=1), -(told.ahead[two] * way).sum(axis=1))
    longer = np.maximum(told.length[one], told.length[two])
    broad = thick[told.edge]
    alike = np.maximum(broad[one], broad[two]) <= _ALIKE * np.minimum(broad[one], broad[two])
    good = (facing >= _FACING) & (gap <= 1.2 * longer) & (told.edge[one] != told.edge[two]) & alike
    one, two, gap = one[good], two[good], gap[good]
    best = np.full(len(told.point), np.inf)
    np.minimum.at(best, one, gap)
    np.minimum.at(best, two, gap)
    mutual = (gap <= best[one]) & (gap <= best[two])
    one, two, gap = one[mutual], two[mutual], gap[mutual]
    edges = np.column_stack([told.edge[one], told.edge[two]])
    label = parts(edges, len(thick))
    even = _even(label[edges[:, 0]], gap, told, edges, label)
    one, two, gap = one[even], two[even], gap[even]
    left, right = _over_a_lost_one(told, one, two, gap)
    one, two = np.append(one, left), np.append(two, right)
    row = parts(np.column_stack([told.edge[one], told.edge[two]]), len(thick))[told.edge[one]]
    known, number = np.unique(row, return_inverse=True)
    gap = np.append(gap, np.full(len(left), np.nan))
    middle = pd.Series(gap).groupby(number).median().reindex(range(len(known))).to_numpy(dtype=np.float64)
    return _Rows(one, two, number.astype(np.int64), middle)


def _over_a_lost_one(told: Ends, one: Ids, two: Ids, gap: Floats) -> tuple[Ids, Ids]:
    """Return last ends of two rows that face each other where one dash is missing: a label may have taken it."""
    edge = np.concatenate([told.edge[one], told.edge[two]])
    usual = pd.Series(np.tile(gap, 2)).groupby(edge).median()
    member = np.isin(told.edge, edge)
    member[one] = member[two] = False
    last = np.flatnonzero(member)
    if len(last) < 2:
        return last[:0], last[:0]
    reach = 2 * usual.reindex(told.edge[last]).to_numpy() + _ALIKE * told.length[last]
    left, right = cKDTree(told.at[last]).query_pairs(float(reach.max()), output_type="ndarray").reshape(-1, 2).T
    way = told.at[last[right]] - told.at[last[left]]
    off = np.hypot(way[:, 0], way[:, 1])
    way = way / np.maximum(off, 1e-9)[:, None]
    ahead = told.ahead[last]
    facing = np.minimum((ahead[left] * way).sum(axis=1), -(ahead[right] * way).sum(axis=1))
    good = (facing >= _FACING) & (off <= np.minimum(reach[left], reach[right]))
    left, right, off = left[good], right[good], off[good]
    best = np.full(len(last), np.inf)
    np.minimum.at(best, left, off)
    np.minimum.at(best, right, off)
    mutual = (off <= best[left]) & (off <= best[right])
    return last[left[mutual]], last[right[mutual]]


def _even(row: Ids, gap: Floats, told: Ends, edges: Ids, label: Ids) -> Flags:
    """Return which pairs belong to a row of dashes as long, and gaps as wide, as each other."""
    count = int(label.max()) + 1
    dashes = np.bincount(row, minlength=count) + 1
    widest, narrowest = np.zeros(count), np.full(count, np.inf)
    np.maximum.at(widest, row, gap)
    np.minimum.at(narrowest, row, gap)
    length = np.zeros(len(label))
    length[told.edge] = told.length
    # A dash with a neighbour on either side is whole.
    sides = np.bincount(edges.ravel(), minlength=len(label))
    whole = np.flatnonzero(sides == 2)
    longest, shortest = np.zeros(count), np.full(count, np.inf)
    np.maximum.at(longest, label[whole], length[whole])
    np.minimum.at(shortest, label[whole], length[whole])
    most = np.zeros(count)
    np.maximum.at(most, label[told.edge], told.length)
    good = (dashes >= _LEAST) & (widest <= _ALIKE**2 * narrowest) & (longest <= _ALIKE * shortest)
    good &= most <= _ALIKE * longest  # a long line that ends before a dash is no dash
    flags: Flags = good[row]
    return flags


def _landings(net: Net, told: Ends, rows: _Rows, row_of: Ids) -> tuple[Ids, Ids]:
    """Return the last free ends of rows, and the point of another line that each meets; -1 where it meets none."""
    taken = np.zeros(len(told.point), dtype=bool)
    taken[rows.one] = taken[rows.two] = True
    last = np.flatnonzero((row_of[told.edge] >= 0) & ~taken)
    on = np.unique(net.path)
    edge_of = np.full(len(net.points), -1)
    edge_of[net.path] = net.owner
    on = on[row_of[edge_of[on]] < 0]
    landing = np.full(len(last), -1, dtype=np.int64)
    if not len(last) or not len(on):
        return last, landing
    spots: Points = net.points[on]
    found = cKDTree(spots).query_ball_point(told.at[last], _LANDING * rows.gap[row_of[told.edge[last]]])
    end = np.repeat(np.arange(len(last)), [len(near) for near in found])
    spot = np.concatenate([np.asarray(near, dtype=np.int64) for near in found])
    way = spots[spot] - told.at[last[end]]
    ahead = told.ahead[last[end]]
    along = (way * ahead).sum(axis=1)
    beside = np.abs(way[:, 0] * ahead[:, 1] - way[:, 1] * ahead[:, 0])
    good = (along > 0) & (beside <= np.maximum(1.5, 0.3 * along))
    end, spot, cost = end[good], spot[good], (along + 2 * beside)[good]
    order = np.lexsort((spot, cost, end))
    first, place = np.unique(end[order], return_index=True)
    landing[first] = on[spot[order][place]]
    return last, landing
