"""Edges at sub-pixel: the middle of the ink across them, straight pieces fitted to it, their crossings as vertices."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import shapely

from pipelines.scan.lines.network import Net
from pipelines.scan.model import Dark, Points

Floats = npt.NDArray[np.float64]

_TOLERANCE_PX = 0.7
"""How far a fitted boundary may lie from the middle of its ink, of a line up to a few pixels wide."""

_FLAT = 0.7
"""Turn in degrees below which the place of a vertex cannot be told from its lines."""

_SHARE = 0.4
"""How far along its pieces, as a share of them, a vertex may be moved."""

_PARALLEL = np.sin(np.radians(6.0))


def fitted(
    net: Net, dark: Dark, width: float, met: Points | None = None, tolerance: float = _TOLERANCE_PX
) -> npt.NDArray[Any]:
    """Return the edges of a network as fitted lines, one each in its order; edges that meet share the vertex exactly.

    Args:
        net: Edges along ridges of ink.
        dark: (H, W) uint8 ink.
        width: Usual width of a line in pixels.
        met: (k, 2) where other strokes meet the lines: their ink says nothing of where the line runs.
        tolerance: Pixels by which a line may leave the middle of the ink.
    """
    at, _ = centred(net, dark, width)
    owner, place = net.owner, np.arange(len(net.path))
    clear = np.ceil(0.75 * width + 1.5)
    begin, end = net.first[owner], net.first[owner + 1] - 1
    good = (place - begin >= clear) & (end - place >= clear)
    if met is not None and len(met):
        good &= ~_near(met, net.points[net.path], dark.shape, clear)
    few = np.bincount(owner[good], minlength=len(net.first) - 1) < 4
    good = good & ~few[owner]
    good |= few[owner] & ((place == begin) | (place == end))
    pieces = _pieces(at, owner, place, good, tolerance)
    line = _lines(at, owner, place, good, pieces, width)
    pieces, line = _whole_corners(at, pieces, line, width)
    known = ~few[pieces[:, 0]]
    nodes = _nodes(net, pieces, line, known, width)
    return _assembled(net, at, pieces, line, nodes, width, tolerance)


def _near(met: Points, at: Points, shape: tuple[int, ...], reach: float) -> npt.NDArray[np.bool_]:
    """Return which points lie within a reach of one of others."""
    seen = np.zeros(shape, dtype=np.uint8)
    limit = np.array(shape[::-1]) - 1
    column, row = np.minimum(met.astype(np.int64), limit).T
    seen[row, column] = 1
    side = 2 * int(reach) + 1
    cv2.dilate(seen, np.ones((side, side), np.uint8), seen)
    column, row = np.clip(at.astype(np.int64), 0, limit).T
    made: npt.NDArray[np.bool_] = seen[row, column] > 0
    return made


def breadths(net: Net, dark: Dark, width: float) -> Floats:
    """Return the width of each edge in pixels of full ink, the middle of what it is along the edge."""
    some = np.arange(len(net.path))
    from_end = np.minimum(some - net.first[net.owner], net.first[net.owner + 1] - 1 - some)
    chosen = some[(from_end % 3 == 1) | (np.diff(net.first)[net.owner] < 3)]
    _, wide = centred(net, dark, width, chosen)
    owner = net.owner[chosen]
    order = np.lexsort((wide, owner))
    count = np.bincount(owner, minlength=len(net.first) - 1)
    middle = np.cumsum(count) - count + count // 2
    made: Floats = wide[order][np.minimum(middle, len(order) - 1)]
    return made


def centred(net: Net, dark: Dark, width: float, some: npt.NDArray[Any] | None = None) -> tuple[Points, Floats]:
    """Return the points of edges moved across the edge to the middle of its ink, and how broad the ink is.

    Args:
        net: The network.
        dark: (H, W) uint8 ink.
        width: Usual width of a line in pixels.
        some: Which places of `Net.path`; all without.

    Returns:
        (n, 2) pixel coordinates; (n) pixels of full ink across the edge.
    """
    place = np.arange(len(net.path)) if some is None else some
    owner = net.owner[place]
    begin, end = net.first[owner], net.first[owner + 1] - 1
    every = net.points[net.path]
    at = every[place]
    reach = int(max(4, round(2.5 * width)))
    along = every[np.minimum(place + reach, end)] - every[np.maximum(place - reach, begin)]
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    across = np.column_stack([-along[:, 1], along[:, 0]])
    half = int(np.ceil(width / 2 + 2))
    steps = np.arange(-2 * half, 2 * half + 1, dtype=np.float32) / 2
    ink = sampled(dark, at[:, None] + steps[:, None] * across[:, None])
    middle = 2 * half
    ink[:, middle:] = _falling(ink[:, middle:], width)
    ink[:, middle::-1] = _falling(ink[:, middle::-1], width)
    wide = ink.sum(axis=1, dtype=np.float64) / (2 * 255)
    ink -= 0.3 * ink.max(axis=1, keepdims=True)
    np.maximum(ink, 0, out=ink)
    total = ink.sum(axis=1)
    shift = np.where(total > 0, (ink @ steps) / np.maximum(total, 1e-9), 0.0)
    return at + np.clip(shift, -width / 2 - 1, width / 2 + 1)[:, None] * across, wide


def _falling(ink: npt.NDArray[np.float32], width: float) -> npt.NDArray[np.float32]:
    """Return profiles from the middle outwards in which ink only falls past half a line: what rises is another one."""
    free = round(width) + 1
    ink[:, free:] = np.minimum.accumulate(ink[:, free:], axis=1)
    return ink


def sampled(dark: Dark, spots: Floats) -> npt.NDArray[np.float32]:
    """Return the ink at pixel coordinates (…, 2), bilinear; outside the page paper."""
    shape = spots.shape[:-1]
    flat = (spots.reshape(-1, 2) - 0.5).astype(np.float32)
    made = np.empty(len(flat), dtype=np.float32)
    # cv2 maps pictures up to 32767 high: a column of spots goes in tables of that height.
    for first in range(0, len(flat), 30_000 * 256):
        part = flat[first : first + 30_000 * 256]
        rows = -(-len(part) // 256)
        table = np.full((rows * 256, 2), -9, dtype=np.float32)
        table[: len(part)] = part
        told = cv2.remap(dark, table.reshape(rows, 256, 2), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)  # type: ignore[call-overload]
        made[first : first + len(part)] = told.reshape(-1)[: len(part)]
    return made.reshape(shape)


def _pieces(at: Points, owner: Any, place: Any, good: Any, tolerance: float) -> npt.NDArray[np.int64]:
    """Return the straight pieces of all edges as (edge, first place, last place), after Douglas and Peucker."""
    lines = shapely.linestrings(np.column_stack([at[good], place[good]]), indices=owner[good])
    kept = shapely.get_coordinates(shapely.simplify(lines, tolerance, preserve_topology=False), include_z=True)
    kept = kept[:, 2].astype(np.int64)
    edge = owner[kept]
    same = edge[1:] == edge[:-1]
    return np.column_stack([edge[:-1][same], kept[:-1][same], kept[1:][same]])


def _lines(at: Points, owner: Any, place: Any, good: Any, pieces: Any, width: float) -> Floats:
    """Return the line of each piece by least squares: a point of it, its direction, its length."""
    trim = np.minimum(np.ceil(width), (pieces[:, 2] - pieces[:, 1]) // 4).astype(np.int64)
    number = np.searchsorted(pieces[:, 1], place, side="right") - 1
    inside = (number >= 0) & good
    number = np.maximum(number, 0)
    inside &= (place >= pieces[number, 1] + trim[number]) & (place <= pieces[number, 2] - trim[number])
    piece, spot = number[inside], at[inside]
    count = len(pieces)
    share = np.maximum(1, np.bincount(piece, minlength=count))
    middle = np.column_stack([np.bincount(piece, spot[:, axis], minlength=count) / share for axis in (0, 1)])
    off = spot - middle[piece]
    xx, xy, yy = (np.bincount(piece, off[:, a] * off[:, b], minlength=count) for a, b in ((0, 0), (0, 1), (1, 1)))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    chord = at[pieces[:, 2]] - at[pieces[:, 1]]
    ahead = np.column_stack([np.cos(angle), np.sin(angle)])
    short = share < 3
    length = np.hypot(chord[:, 0], chord[:, 1])
    ahead[short] = chord[short] / np.maximum(length[short], 1e-9)[:, None]
    middle[short] = (at[pieces[short, 1]] + at[pieces[short, 2]]) / 2
    ahead *= np.where((ahead * chord).sum(axis=1) < 0, -1.0, 1.0)[:, None]
    return np.column_stack([middle, ahead, length])


def _whole_corners(at: Points, pieces: Any, line: Floats, width: float) -> tuple[Any, Floats]:
    """Leave out short pieces that only cut off the corner of their neighbours: ridges round corners off."""
    short = line[:, 4] <= 2 * width + 2
    inner = np.zeros(len(pieces), dtype=bool)
    inner[1:-1] = (pieces[1:-1, 0] == pieces[:-2, 0]) & (pieces[1:-1, 0] == pieces[2:, 0])
    inner[1:-1] &= short[1:-1] & ~short[:-2] & ~short[2:]
    some = np.flatnonzero(inner)
    middle = (at[pieces[some, 1]] + at[pieces[some, 2]]) / 2
    met, cross = _met(line[some - 1], line[some + 1])
    cut = some[(np.abs(cross) > _PARALLEL) & (np.hypot(*(met - middle).T) <= 1.2 * width + 1)]
    kept = np.ones(len(pieces), dtype=bool)
    kept[cut] = False
    return pieces[kept], line[kept]


def _met(here: Floats, then: Floats) -> tuple[Points, Floats]:
    """Return where lines cross, and the sine of the angle between them."""
    cross = here[:, 2] * then[:, 3] - here[:, 3] * then[:, 2]
    gap = then[:, :2] - here[:, :2]
    ahead = (gap[:, 0] * then[:, 3] - gap[:, 1] * then[:, 2]) / np.where(np.abs(cross) < 1e-6, 1.0, cross)
    return here[:, :2] + ahead[:, None] * here[:, 2:4], cross


def _nodes(net: Net, pieces: Any, line: Floats, known: Any, width: float) -> Points:
    """Return the points of the network with the ends of edges at the crossing of the lines that end there."""
    edge = pieces[:, 0]
    first = np.concatenate([[True], edge[1:] != edge[:-1]])
    last = np.concatenate([edge[1:] != edge[:-1], [True]])
    node = np.concatenate([net.start[edge[first]], net.end[edge[last]]])
    used = np.concatenate([np.flatnonzero(first), np.flatnonzero(last)])
    weight = np.where(known[used], np.minimum(line[used, 4], 20 * width), 0.0)
    count = len(net.points)
    direction, spot = line[used, 2:4], line[used, :2] - net.points[node]
    normal = np.column_stack([-direction[:, 1], direction[:, 0]])
    off = (normal * spot).sum(axis=1)
    a11, a12, a22 = (np.bincount(node, weight * normal[:, i] * normal[:, j], minlength=count)
                     for i, j in ((0, 0), (0, 1), (1, 1)))  # fmt: skip
    b1, b2 = (np.bincount(node, weight * normal[:, i] * off, minlength=count) for i in (0, 1))
    hold = 0.004 * np.bincount(node, weight, minlength=count) + 1e-9
    a11, a22 = a11 + hold, a22 + hold
    det = a11 * a22 - a12**2
    shift = np.column_stack([(a22 * b1 - a12 * b2) / det, (a11 * b2 - a12 * b1) / det])
    far = np.hypot(shift[:, 0], shift[:, 1])
    shift[far > 3 * width + 2] = 0
    return net.points + shift


def _assembled(
    net: Net, at: Points, pieces: Any, line: Floats, nodes: Points, width: float, tolerance: float
) -> npt.NDArray[Any]:
    edge = pieces[:, 0]
    turn = np.flatnonzero(edge[1:] == edge[:-1])  # a vertex between this piece and the next
    here, then = line[turn], line[turn + 1]
    at_break = (at[pieces[turn, 2]] + at[pieces[turn + 1, 1]]) / 2
    met, cross = _met(here, then)
    on = [
        one[:, :2] + ((at_break - one[:, :2]) * one[:, 2:4]).sum(axis=1)[:, None] * one[:, 2:4] for one in (here, then)
    ]
    between = (on[0] + on[1]) / 2
    sine = np.maximum(np.abs(cross), np.sin(np.radians(_FLAT)))
    # Of a slight turn the break may lie far along from where the lines cross, but never across.
    reach = np.maximum(max(4.0, 1.2 * width + 1), np.minimum(tolerance / sine, _SHARE * np.minimum(here, then)[:, 4]))
    clear = (np.abs(cross) >= sine) & (np.hypot(*(met - at_break).T) < reach)
    vertex = np.where(clear[:, None], met, between)
    edges = np.arange(len(net.first) - 1)
    owner = np.concatenate([edges, edge[turn], edges])
    order = np.lexsort((np.concatenate([np.full(len(edges), -1), turn, np.full(len(edges), len(pieces))]), owner))
    spots = np.concatenate([nodes[net.start], vertex, nodes[net.end]])
    made: npt.NDArray[Any] = shapely.linestrings(spots[order], indices=owner[order])
    return made
