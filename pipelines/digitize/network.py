"""Line work as a planar network: nodes, straight segments between them, and what was moved to close it.

Only ends of drawn lines move, and only within the tolerance of the scale: onto the nearest node, else onto the
nearest line. Vertices in the middle of a line stay where the surveyor put them, so that the boundary two sheets
share stays the same in both.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from pipelines.digitize.grid import merged, pairs_within
from pipelines.digitize.neighbours import Index, keys_of
from pipelines.digitize.snapping import MAX_ROUNDS, Array, Moves, both, close_ends, moves_of

GRID_M = 0.0001
"""Coordinates closer than this are one node: far below any surveying accuracy, far above floating noise."""

RESOLUTION_M = 0.0075
"""A vertex this near to a foreign line lies on it: half the diagonal of the centimetre grid of DGN v7."""


FARTHEST_M = 1e10
"""Coordinates beyond this, or that are no numbers, are nowhere."""


@dataclass(frozen=True, slots=True)
class Network:
    """A planar network.

    Attributes:
        nodes: (n, 2) coordinates in metres.
        segments: (m, 2) node numbers, each segment once, smaller number first.
        element: (m,) number of the first drawn element a segment comes from.
        moves: Ends that were moved to close the line work.
        doubled: Number of segments that were drawn more than once.
    """

    nodes: Array
    segments: Array
    element: Array
    moves: Moves
    doubled: int


def build(lines: Array, tolerance_m: float) -> Network:
    """Return the network of drawn lines.

    Args:
        lines: Linear geometries (line strings, polygons, collections of them) in a metric CRS.
        tolerance_m: How far an open end may lie from what it should meet.
    """
    nodes, segments, element, is_end = _explode(lines)
    segments, element, joined = close_ends(nodes, segments, element, is_end, tolerance_m)
    before = len(segments)
    segments, element = _unique(segments, element)
    doubled = before - len(segments)
    index = Index(nodes, segments, tolerance_m)
    segments, element, pulled = _insert_vertices(nodes, segments, element, is_end, tolerance_m, index)
    nodes, segments, element = _split_crossings(nodes, segments, element, index)
    return Network(nodes, segments, element, both(joined, pulled), doubled)


def _explode(lines: Array) -> tuple[Array, Array, Array, Array]:
    """Return nodes, segments, element numbers, and which nodes are ends of a drawn line and never a middle."""
    strings, owner = _strings(lines)
    coordinates, string = shapely.get_coordinates(strings, return_index=True)
    # A vertex that is nowhere parts its line in two.
    finite = on_earth(coordinates)
    if not finite.all():
        piece = np.cumsum(~finite | np.r_[True, string[1:] != string[:-1]])[finite]
        coordinates, owner = coordinates[finite], owner[string[finite]]
        starts = np.r_[True, piece[1:] != piece[:-1]] if len(piece) else np.empty(0, dtype=bool)
        string, owner = np.cumsum(starts) - 1, owner[starts]
    nodes, node = merged(coordinates, GRID_M)
    starts = np.flatnonzero(np.r_[True, string[1:] != string[:-1]]) if len(string) else np.empty(0, dtype=np.int64)
    ends = np.r_[starts[1:], len(string)] - 1 if len(starts) else starts
    is_middle = np.zeros(len(nodes), dtype=bool)
    inner = np.ones(len(string), dtype=bool)
    inner[starts] = inner[ends] = False
    is_middle[node[inner]] = True
    is_end = np.zeros(len(nodes), dtype=bool)
    is_end[node[starts]] = is_end[node[ends]] = True
    same = (string[1:] == string[:-1]) & (node[1:] != node[:-1])
    segments = np.column_stack([node[:-1][same], node[1:][same]])
    return nodes, segments, owner[string[:-1][same]], is_end & ~is_middle


def on_earth(coordinates: Array) -> Array:
    """Return which coordinates are places at all: numbers, and nearer than any projection reaches."""
    return np.asarray((np.abs(coordinates) < FARTHEST_M).all(axis=1))


def _strings(lines: Array) -> tuple[Array, Array]:
    """Return the line strings and rings of drawn geometries, and the number of the geometry each comes from."""
    kind = shapely.get_type_id(lines)
    if np.isin(kind, (1, 2)).all():
        return lines, np.arange(len(lines))
    parts, owner = shapely.get_parts(lines, return_index=True)
    rings, ring_owner = shapely.get_rings(parts, return_index=True)
    is_line = ~np.isin(shapely.get_type_id(parts), (3, 6))
    return np.concatenate([parts[is_line], rings]), np.concatenate([owner[is_line], owner[ring_owner]])


def _unique(segments: Array, element: Array) -> tuple[Array, Array]:
    """Return each segment once, whatever its direction, with the lowest element number."""
    if not len(segments):
        return segments, element
    key = keys_of(segments)
    order = np.argsort(key)
    same = np.flatnonzero(np.r_[False, key[order][1:] == key[order][:-1]])
    first = np.ones(len(order), dtype=bool)
    first[same] = False
    group = np.cumsum(first) - 1
    lowest = element[order][first]
    np.minimum.at(lowest, group[same], element[order][same])
    return np.sort(segments[order[first]], axis=1), lowest


def _insert_vertices(
    nodes: Array, segments: Array, element: Array, is_end: Array, tolerance_m: float, index: Index
) -> tuple[Array, Array, Moves]:
    """Break segments at nodes that lie on them; line ends near a segment are moved onto it (in `nodes`).

    Returns segments, elements, and the ends that moved by more than the drawing's resolution.
    """
    node, segment = index.around(nodes, segments)
    foreign = (segments[segment] != node[:, None]).all(axis=1)
    node, segment = node[foreign], segment[foreign]
    along, distance = _project(nodes, segments, node, segment)
    length = np.hypot(*(nodes[segments[segment, 1]] - nodes[segments[segment, 0]]).T)
    inside = (along > GRID_M) & (along < length - GRID_M)
    near = distance <= np.where(is_end[node], tolerance_m, RESOLUTION_M)
    keep = inside & near
    node, segment, along, distance = node[keep], segment[keep], along[keep], distance[keep]
    before = nodes.copy()
    off = is_end[node] & (distance > GRID_M)
    _move_onto(nodes, segments, node[off], segment[off], distance[off])
    pulled = moves_of(segments, element, np.unique(node[off & (distance > RESOLUTION_M)]), before, nodes)
    return *_break(nodes, segments, element, segment, node, along), pulled


def _move_onto(nodes: Array, segments: Array, node: Array, segment: Array, distance: Array) -> None:
    """Move each node onto the nearest of its segments, in place."""
    order = np.lexsort((segment, distance, node))
    node, segment = node[order], segment[order]
    first = np.r_[True, node[1:] != node[:-1]] if len(node) else np.empty(0, dtype=bool)
    node, segment = node[first], segment[first]
    along, _ = _project(nodes, segments, node, segment)
    start = nodes[segments[segment, 0]]
    run = nodes[segments[segment, 1]] - start
    nodes[node] = start + run * (along / np.hypot(*run.T))[:, None]


def _project(nodes: Array, segments: Array, node: Array, segment: Array) -> tuple[Array, Array]:
    """Return the distance along a segment of the foot of a node, and the node's distance from its line, in metres."""
    start = nodes[segments[segment, 0]]
    run = nodes[segments[segment, 1]] - start
    length = np.hypot(*run.T)
    reach = nodes[node] - start
    along = (reach * run).sum(axis=1) / length
    aside = np.abs(run[:, 0] * reach[:, 1] - run[:, 1] * reach[:, 0]) / length
    return along, aside


def _break(
    nodes: Array, segments: Array, element: Array, segment: Array, node: Array, along: Array
) -> tuple[Array, Array]:
    """Replace segments by the chains through the nodes that lie on them."""
    if not len(node):
        return segments, element
    order = np.lexsort((along, segment))
    segment, node = segment[order], node[order]
    whole = np.ones(len(segments), dtype=bool)
    whole[segment] = False
    first = np.r_[True, segment[1:] != segment[:-1]]
    last = np.r_[first[1:], True]
    begin = np.where(first, segments[segment, 0], np.r_[0, node[:-1]])
    pieces = [np.column_stack([begin, node]), np.column_stack([node[last], segments[segment[last], 1]])]
    owner = [element[segment], element[segment[last]]]
    joined = np.concatenate([segments[whole], *pieces])
    owners = np.concatenate([element[whole], *owner])
    real = joined[:, 0] != joined[:, 1]
    return _unique(joined[real], owners[real])


def _split_crossings(nodes: Array, segments: Array, element: Array, index: Index) -> tuple[Array, Array, Array]:
    """Put a node where two segments cross; repeat, because a rounded crossing can make a new one."""
    first, second = index.meeting(nodes, segments)
    for _ in range(MAX_ROUNDS):
        first, second, points = _crossings(nodes, segments, first, second)
        if not len(first):
            break
        points, by = merged(points, GRID_M)
        fresh = len(nodes) + np.arange(len(points))
        found, known = pairs_within(points, nodes, GRID_M)
        # Where a node is already, the lowest one is taken.
        order = np.lexsort((known, found))
        fresh[found[order][::-1]] = known[order][::-1]
        nodes = np.concatenate([nodes, points])
        broken, by = np.concatenate([first, second]), np.concatenate([fresh[by], fresh[by]])
        along, _ = _project(nodes, segments, by, broken)
        segments, element = _break(nodes, segments, element, broken, by, along)
        first, second = index.meeting(nodes, segments, only_new=True)
    return nodes, segments, element


def _crossings(nodes: Array, segments: Array, first: Array, second: Array) -> tuple[Array, Array, Array]:
    """Return the pairs of segments that cross inside both, and where."""
    apart = (
        (segments[first, 0] != segments[second, 0])
        & (segments[first, 0] != segments[second, 1])
        & (segments[first, 1] != segments[second, 0])
        & (segments[first, 1] != segments[second, 1])
    )
    first, second = first[apart], second[apart]
    a, b = nodes[segments[first, 0]], nodes[segments[first, 1]]
    c, d = nodes[segments[second, 0]], nodes[segments[second, 1]]
    r, s, q = b - a, d - c, c - a
    cross = r[:, 0] * s[:, 1] - r[:, 1] * s[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (q[:, 0] * s[:, 1] - q[:, 1] * s[:, 0]) / cross
        u = (q[:, 0] * r[:, 1] - q[:, 1] * r[:, 0]) / cross
    hit = (cross != 0) & (t > 0) & (t < 1) & (u > 0) & (u < 1)
    return first[hit], second[hit], a[hit] + r[hit] * t[hit, None]
