"""Gaps in lines closed where the ends on both sides ask for it, or ink too faint for a line lies between."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from pipelines.scan.lines.arcs import sampled
from pipelines.scan.lines.network import Ids, Net, parts, raw
from pipelines.scan.model import Dark, Points

Floats = npt.NDArray[np.float64]

_REACH_MM = 2.5
"""Longest gap that is closed."""

_FOOT_MM = 2.5
"""Longest gap between an end and the side of another line."""

_FAR_MM, _STRAIGHT = 8.0, 0.985
"""Longest gap that is closed where something besides its ends speaks for it, and how straight its ends must face."""

_BARE = 0.1
"""Most ink in a gap that is torn or rubbed off."""

_CORNER_MM = 1.8
"""How far two lines may each be from the corner they make."""

_BACK_MM = 0.3
"""How far behind an end its corner may lie: it was drawn a little too long, or its direction is off."""

_ROUNDS = 5
"""Rounds of closing at most; where nothing is left to close there are fewer."""

_LONG_MM = 4.0
"""From which length on a line tells where it goes; shorter ones are ticks, dashes, strokes of letters."""

_STURDY_MM = 2.5
"""From which length on pieces between a junction and a gap tell where they go when they face each other."""

_ALONE_MM = 12.0
_AROUND = 15.0
"""How many times as long as its gap an outline is that is closed over it; a letter is open by design."""

_FELT = 0.6
"""Share of ink in a gap from which it is a weak place of a line."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Free ends: their point, where they are, where they point, their edge, its length, whether it is free at both."""

    point: Ids
    at: Points
    ahead: Floats
    edge: Ids
    length: Floats
    alone: npt.NDArray[np.bool_]


def bridged(net: Net, dark: Dark, weak: int, width: float, px_per_mm: float) -> Net:
    """Return the network with its gaps closed, in rounds: what is joined is longer and points further.

    Args:
        net: The network, spurs taken off.
        dark: (H, W) uint8 ink.
        weak: From which darkness a pixel is ink; less is counted as a share of it.
        width: Usual width of a line in pixels.
        px_per_mm: Pixels per millimetre.
    """
    for _ in range(_ROUNDS):
        links = _bridges(net, dark, weak, width, px_per_mm)
        corners, more = _corners(net, links, px_per_mm)
        if not len(links) and not len(more):
            break
        net = net.joined(corners, np.concatenate([links, more]))
    return net


def far(net: Net, dark: Dark, weak: int, width: float, px_per_mm: float) -> Ids:
    """Return links over gaps too wide to be closed by their ends alone: something else must speak for them.

    Long lines face each other straight across the gap, or one points at the side of another.

    What is written over is no gap, and a lone stroke may be the bar of a label.

    Args:
        net: The network, its gaps closed.
        dark: (H, W) uint8 ink.
        weak: From which darkness a pixel is ink.
        width: Usual width of a line in pixels.
        px_per_mm: Pixels per millimetre.
    """
    told = free_ends(net, px_per_mm)
    long = np.flatnonzero(told.length >= np.where(told.alone, _ALONE_MM, _LONG_MM) * px_per_mm)
    one, two = long[cKDTree(told.at[long]).query_pairs(_FAR_MM * px_per_mm, output_type="ndarray").reshape(-1, 2)].T
    way = told.at[two] - told.at[one]
    gap = np.hypot(way[:, 0], way[:, 1])
    way = way / np.maximum(gap, 1e-9)[:, None]
    facing = np.minimum((told.ahead[one] * way).sum(axis=1), -(told.ahead[two] * way).sum(axis=1))
    good = (facing >= _STRAIGHT) & (gap <= np.minimum(told.length[one], told.length[two]))
    one, two, cost = one[good], two[good], gap[good]
    foot, target, far_off = _hit(net, told, long, _FAR_MM * px_per_mm, width)
    near = far_off <= told.length[foot]
    foot, target, far_off = foot[near], target[near], 1.3 * far_off[near]
    best = np.full(len(told.point), np.inf)
    for end, price in ((one, cost), (two, cost), (foot, far_off)):
        np.minimum.at(best, end, price)
    mutual, alone = (cost <= best[one]) & (cost <= best[two]), far_off <= best[foot]
    pairs = np.column_stack([told.point[one], told.point[two]])[mutual]
    links = np.concatenate([pairs, np.column_stack([told.point[foot], target])[alone]])
    links = links[np.argsort(np.concatenate([cost[mutual], far_off[alone]]), kind="stable")]
    bare = _faint(dark, weak, net.points[links[:, 0]], net.points[links[:, 1]], width) <= _BARE
    return _uncrossed(net, links[bare])


def _hit(net: Net, told: Ends, some: Ids, reach: float, width: float) -> tuple[Ids, Ids, Floats]:
    """Return which of some ends point at another line, the point of it that is hit first, and how far it is."""
    none = np.empty(0, dtype=np.int64)
    if not len(some):
        return none, none, np.empty(0)
    start = told.at[some] + told.ahead[some] * (width / 2 + 1)
    rays = shapely.linestrings(np.stack([start, told.at[some] + told.ahead[some] * reach], axis=1))
    edges = raw(net)
    ray, edge = shapely.STRtree(edges).query(rays, predicate="intersects")
    other = told.edge[some[ray]] != edge
    ray, edge = ray[other], edge[other]
    off = shapely.distance(shapely.points(told.at[some[ray]]), shapely.intersection(rays[ray], edges[edge]))
    order = np.lexsort((off, ray))
    ray, first = np.unique(ray[order], return_index=True)
    edge, off = edge[order][first], off[order][first]
    spot = told.at[some[ray]] + told.ahead[some[ray]] * off[:, None]
    _, at = cKDTree(net.points[net.path]).query(spot)
    return some[ray], net.path[at], off


def _corners(net: Net, taken: Ids, px_per_mm: float) -> tuple[Points, Ids]:
    """Return corners that are missing between long lines which point at each other's way, with their links."""
    ends = free_ends(net, px_per_mm)
    some = np.flatnonzero((ends.length >= _LONG_MM * px_per_mm) & ~np.isin(ends.point, taken))
    if len(some) < 2:
        return np.empty((0, 2)), np.empty((0, 2), dtype=np.int64)
    reach = _CORNER_MM * px_per_mm
    one, two = some[cKDTree(ends.at[some]).query_pairs(1.5 * reach, output_type="ndarray").reshape(-1, 2)].T
    cross = ends.ahead[one, 0] * ends.ahead[two, 1] - ends.ahead[one, 1] * ends.ahead[two, 0]
    steep = np.abs(cross) > 0.3
    one, two, cross = one[steep], two[steep], cross[steep]
    gap = ends.at[two] - ends.at[one]
    ahead = (gap[:, 0] * ends.ahead[two, 1] - gap[:, 1] * ends.ahead[two, 0]) / cross
    other = (gap[:, 0] * ends.ahead[one, 1] - gap[:, 1] * ends.ahead[one, 0]) / cross
    good = (np.minimum(ahead, other) > -_BACK_MM * px_per_mm) & (np.maximum(ahead, other) <= reach)
    one, two, ahead, cost = one[good], two[good], ahead[good], (ahead + other)[good]
    best = np.full(len(ends.point), np.inf)
    np.minimum.at(best, one, cost)
    np.minimum.at(best, two, cost)
    mutual = (cost <= best[one]) & (cost <= best[two])
    one, two, ahead = one[mutual], two[mutual], ahead[mutual]
    corners = ends.at[one] + ahead[:, None] * ends.ahead[one]
    number = len(net.points) + np.arange(len(corners))
    links = np.concatenate([np.column_stack([ends.point[side], number]) for side in (one, two)])
    ways = shapely.linestrings(
        np.stack([np.concatenate([ends.at[one], ends.at[two]]), np.tile(corners, (2, 1))], axis=1)
    )
    blocked = np.unique(shapely.STRtree(raw(net)).query(ways, predicate="crosses")[0] % max(1, len(corners)))
    free = ~np.isin(np.tile(np.arange(len(corners)), 2), blocked)
    return corners, links[free]


def free_ends(net: Net, px_per_mm: float) -> Ends:
    """Return the free ends of a network, and where each points."""
    edges = np.arange(len(net.first) - 1)
    first, last = net.first[:-1], net.first[1:] - 1
    free = [net.degree[net.start] == 1, net.degree[net.end] == 1]
    edge = np.concatenate([edges[free[0]], edges[free[1]]])
    place = np.concatenate([first[free[0]], last[free[1]]])
    sign = np.concatenate([np.ones(int(free[0].sum())), -np.ones(int(free[1].sum()))]).astype(np.int64)
    span = np.minimum(last[edge] - first[edge], max(8, round(1.2 * px_per_mm)))
    near = net.points[net.path[place + sign * (span // 6)]]
    far = net.points[net.path[place + sign * span]]
    ahead = near - far
    ahead /= np.maximum(np.hypot(ahead[:, 0], ahead[:, 1]), 1e-9)[:, None]
    point = net.path[place]
    alone = free[0][edge] & free[1][edge]
    return Ends(point, net.points[point], ahead, edge, net.lengths()[edge], alone)


def _bridges(net: Net, dark: Dark, weak: int, width: float, px_per_mm: float) -> Ids:
    ends = free_ends(net, px_per_mm)
    if not len(ends.point):
        return np.empty((0, 2), dtype=np.int64)
    one, two, cost_pair = _pairs(ends, dark, weak, width, px_per_mm)
    foot, target, cost_foot = _feet(net, ends, dark, weak, width, px_per_mm)
    best = np.full(len(ends.point), np.inf)
    np.minimum.at(best, one, cost_pair)
    np.minimum.at(best, two, cost_pair)
    np.minimum.at(best, foot, cost_foot)
    mutual = (cost_pair <= best[one]) & (cost_pair <= best[two])
    alone = cost_foot <= best[foot]
    links = np.concatenate(
        [
            np.column_stack([ends.point[one], ends.point[two]])[mutual],
            np.column_stack([ends.point[foot], target])[alone],
        ]
    )
    cost = np.concatenate([cost_pair[mutual], cost_foot[alone]])
    return _uncrossed(net, links[np.argsort(cost, kind="stable")])


def _limits(ends: Ends, px_per_mm: float, longest: float) -> Floats:
    """Return the longest gap each end may close: long lines tell more than short strokes and lone pieces."""
    share = np.where(ends.alone, 0.35, 0.45)
    limit = np.where(ends.length >= _LONG_MM * px_per_mm, longest * px_per_mm, share * ends.length)
    return np.minimum(limit, longest * px_per_mm)


def _faint(dark: Dark, weak: int, one: Points, two: Points, width: float) -> Floats:
    """Return how much of the way between points has ink, faint ink by its share; round tips do not count."""
    if not len(one):
        return np.empty(0)
    tip = np.minimum(0.4, (width / 2 + 0.5) / np.maximum(np.hypot(*(two - one).T), 1e-9))[:, None, None]
    share = tip + (1 - 2 * tip) * np.linspace(0, 1, 17)[:, None]
    told = sampled(dark, one[:, None] * (1 - share) + two[:, None] * share)
    made: Floats = np.minimum(told / weak, 1).mean(axis=1).astype(np.float64)
    return made


def _pairs(ends: Ends, dark: Dark, weak: int, width: float, px_per_mm: float) -> tuple[Ids, Ids, Floats]:
    """Return ends that face each other across a gap, with the cost of joining them."""
    near = cKDTree(ends.at).query_pairs(_REACH_MM * px_per_mm, output_type="ndarray").reshape(-1, 2)
    one, two = near.T
    way = ends.at[two] - ends.at[one]
    gap = np.hypot(way[:, 0], way[:, 1])
    way = way / np.maximum(gap, 1e-9)[:, None]
    facing = np.minimum((ends.ahead[one] * way).sum(axis=1), -(ends.ahead[two] * way).sum(axis=1))
    close = gap <= width + 3
    either = np.maximum(ends.length[one], ends.length[two]) >= _LONG_MM * px_per_mm  # dash to dash is no gap
    limit = np.minimum(*(_limits(ends, px_per_mm, _REACH_MM)[side] for side in (one, two)))
    limit = np.where(either & (facing > 0.95), _REACH_MM * px_per_mm, limit)
    sturdy = ~ends.alone & (ends.length >= _STURDY_MM * px_per_mm)
    sturdy = sturdy[one] & sturdy[two] & (facing > 0.97)
    limit = np.where(sturdy, np.maximum(limit, 0.75 * _REACH_MM * px_per_mm), limit)
    ink = _faint(dark, weak, ends.at[one], ends.at[two], width)
    felt = gap * (1 - 0.8 * ink)
    good = (facing >= np.where(close, 0.5, 0.9)) & (felt <= np.maximum(limit, np.where(close, width + 3, 0)))
    own = (ends.edge[one] == ends.edge[two]) & (ends.length[one] < np.maximum(_ALONE_MM * px_per_mm, _AROUND * gap))
    good &= (either | sturdy | (ink > _FELT)) & ~own
    cost = felt * (1 + 4 * (1 - np.clip(facing, 0, 1)))
    return one[good], two[good], cost[good]


def _feet(net: Net, ends: Ends, dark: Dark, weak: int, width: float, px_per_mm: float) -> tuple[Ids, Ids, Floats]:
    """Return ends that point at another line, the point of it they meet, and the cost."""
    reach = _FOOT_MM * px_per_mm
    on = np.unique(net.path)
    spots = net.points[on]
    found = cKDTree(spots).query_ball_point(ends.at, reach)
    end = np.repeat(np.arange(len(found)), [len(some) for some in found])
    spot = np.concatenate([np.asarray(some, dtype=np.int64) for some in found])
    edge_of = np.full(len(net.points), -1)
    edge_of[net.path] = net.owner
    way = spots[spot] - ends.at[end]
    along = (way * ends.ahead[end]).sum(axis=1)
    beside = np.abs(way[:, 0] * ends.ahead[end, 1] - way[:, 1] * ends.ahead[end, 0])
    gap = np.hypot(along, beside)
    close = gap <= width + 3
    good = (edge_of[on[spot]] != ends.edge[end]) & (along > 0) & (net.degree[on[spot]] > 1)
    good &= (beside <= np.maximum(1.5, 0.2 * along)) | (close & (beside <= along))
    end, spot, gap, beside = end[good], spot[good], gap[good], beside[good]
    order = np.lexsort((spot, gap + 2 * beside, end))
    end, spot, gap = end[order], spot[order], gap[order]
    end, first = np.unique(end, return_index=True)
    spot, gap = spot[first], gap[first]
    limit = _limits(ends, px_per_mm, _FOOT_MM)[end]
    stray = ends.length[end] < np.where(ends.alone[end], _ALONE_MM, _LONG_MM) * px_per_mm
    ink = _faint(dark, weak, ends.at[end], spots[spot], width)
    felt = gap * (1 - 0.8 * ink)
    good = (felt <= limit) & (~stray | (ink > _FELT))  # a bar or a letter beside a line does not belong to it
    return end[good], on[spot[good]], 1.3 * felt[good]


def _uncrossed(net: Net, links: Ids) -> Ids:
    """Return links that cross neither an edge nor a link before them."""
    if not len(links):
        return links
    lines = shapely.linestrings(net.points[links])
    link, _ = shapely.STRtree(raw(net)).query(lines, predicate="crosses")
    one, two = shapely.STRtree(lines).query(lines, predicate="crosses")
    out = np.zeros(len(links), dtype=bool)
    out[link] = True
    out[np.maximum(one, two)] = True
    return links[~out]


def fragments(net: Net) -> Ids:
    """Return the connected part of each edge."""
    label: Ids = parts(net.links, len(net.points))[net.start]
    return label
