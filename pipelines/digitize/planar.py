"""Faces of a planar network by walking its half-edges, all walks at once.

Every segment is two half-edges, one each way. After a half-edge comes the one that turns most sharply left at its
end; followed again and again this goes once around the face on its left. The walks are found by pointer doubling,
so that the number of array operations grows with the logarithm of the longest walk.
"""

import itertools
from typing import Any

import numpy as np
import shapely

Array = np.ndarray[Any, Any]

_POLYGON = shapely.GeometryType.POLYGON


def polygonize(nodes: Array, segments: Array) -> tuple[Array, Array]:
    """Return the faces of a planar network without dangles, and which segments have one face on both sides.

    Args:
        nodes: (n, 2) coordinates.
        segments: (m, 2) node numbers; segments meet at nodes only.
    """
    is_bridge = np.zeros(len(segments), dtype=bool)
    if not len(segments):
        return np.empty(0, dtype=object), is_bridge
    # Near the middle of the network products of coordinates keep their digits.
    local = nodes - np.median(nodes[segments[:, 0]], axis=0)
    following = _next(local, segments)
    walk = _walks(following)
    is_bridge = walk[0::2] == walk[1::2]
    kept = segments[~is_bridge]
    if not len(kept):
        return np.empty(0, dtype=object), is_bridge
    if is_bridge.any():
        following = _next(local, kept)
        walk = _walks(following)
    return _assembled(nodes, local, *_loops(_starts(kept), *_ordered(following, walk))), is_bridge


def _starts(segments: Array) -> Array:
    """Return the node each half-edge starts from: half-edge 2i runs along segment i, 2i + 1 against it."""
    return np.asarray(segments.ravel())


def _next(nodes: Array, segments: Array) -> Array:
    """Return for each half-edge the one after it around the face on its left."""
    starts = _starts(segments)
    ends = np.ascontiguousarray(segments[:, ::-1]).ravel()
    way = nodes[ends] - nodes[starts]
    turn = (np.arctan2(way[:, 1], way[:, 0]) + np.pi) / (2 * np.pi)
    # Node and angle in one integer: a single sort, and 2^-36 of a turn is a micrometre at the other end of a province.
    order = np.argsort(starts << 36 | (turn * (2**36 - 1)).astype(np.int64))
    # Around each node, counter-clockwise; what comes before a half-edge is its neighbour clockwise.
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    count = np.bincount(starts, minlength=len(nodes))
    first = np.cumsum(count) - count
    before = np.where(place == first[starts], first[starts] + count[starts] - 1, place - 1)
    clockwise = order[before]
    return np.asarray(clockwise[np.arange(len(starts)) ^ 1])


def _walks(following: Array) -> Array:
    """Return for each half-edge the lowest number in its walk."""
    lowest = np.arange(len(following))
    active = np.arange(len(following))
    jump = following.copy()
    while len(active):
        ahead = jump[active]
        lowest[active] = np.minimum(lowest[active], lowest[ahead])
        jump[active] = jump[ahead]
        # A walk is done when all of it has one number; only the others go on.
        open_walk = lowest[active] != lowest[following[active]]
        if not open_walk.any():
            break
        unfinished = np.zeros(len(following), dtype=bool)
        unfinished[lowest[active[open_walk]]] = True
        unfinished[lowest[following[active[open_walk]]]] = True
        active = active[unfinished[lowest[active]]]
    return lowest


def _ordered(following: Array, walk: Array) -> tuple[Array, Array]:
    """Return half-edges walk by walk, each in the order in which it is walked, and the walk of each."""
    size = len(following)
    last = following == walk
    jump = np.where(last, np.arange(size), following)
    distance = np.where(last, 0, 1)
    active = np.flatnonzero(~last)
    while len(active):
        ahead = jump[active]
        distance[active] += distance[ahead]
        jump[active] = jump[ahead]
        active = active[~last[jump[active]]]
    # The lowest half-edge is farthest from the last one.
    order = np.argsort(walk * (int(distance.max()) + 1) - distance)
    return order, walk[order]


def _loops(starts: Array, order: Array, walk: Array) -> tuple[Array, Array, Array]:
    """Return ring number and node of every ring vertex, and the walk of every ring.

    Walks that meet themselves are cut into simple rings.
    """
    node = starts[order]
    first = np.r_[True, walk[1:] != walk[:-1]]
    ring = np.cumsum(first) - 1
    names = walk[first]
    sighted = np.sort(ring * (int(node.max()) + 1) + node)
    again = sighted[1:] == sighted[:-1]
    if not again.any():
        return ring, node, names
    touching = np.zeros(len(names), dtype=bool)
    touching[sighted[1:][again] // (int(node.max()) + 1)] = True
    simple = ~touching[ring]
    number, nodes, of_ring = _cut(ring[~simple], node[~simple])
    numbered = np.cumsum(~touching) - 1
    left = np.concatenate([numbered[ring[simple]], number + (~touching).sum()])
    return left, np.concatenate([node[simple], nodes]), np.concatenate([names[~touching], names[of_ring]])


def _cut(ring: Array, node: Array) -> tuple[Array, Array, Array]:
    """Cut rings that pass a node twice there; a step for each vertex, because each cut depends on the one before.

    Returns number and node of the new rings' vertices, and for each new ring the one it was cut from.
    """
    bounds = [*np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]]).tolist(), len(ring)]
    numbers: list[int] = []
    kept: list[int] = []
    parents: list[int] = []
    listed = node.tolist()
    for begin, end in itertools.pairwise(bounds):
        parent = int(ring[begin])
        path: list[int] = []
        place: dict[int, int] = {}
        for vertex in listed[begin:end]:
            at = place.get(vertex)
            if at is not None:
                loop = path[at:]
                kept += loop
                numbers += [len(parents)] * len(loop)
                parents.append(parent)
                for gone in loop:
                    del place[gone]
                del path[at:]
            place[vertex] = len(path)
            path.append(vertex)
        kept += path
        numbers += [len(parents)] * len(path)
        parents.append(parent)
    return tuple(np.array(values, dtype=np.int64) for values in (numbers, kept, parents))  # type: ignore[return-value]


def _assembled(nodes: Array, local: Array, ring: Array, node: Array, walk: Array) -> Array:
    """Return polygons: rings walked counter-clockwise are shells, the others holes in the smallest shell around."""
    begin = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]])
    size = np.diff(np.r_[begin, len(ring)])
    following = np.arange(len(ring)) + 1
    following[begin + size - 1] = begin
    here, there = local[node], local[node[following]]
    doubled = np.add.reduceat(here[:, 0] * there[:, 1] - there[:, 0] * here[:, 1], begin)
    is_shell, is_hole = (doubled > 0) & (size > 2), (doubled < 0) & (size > 2)
    # A closed ring repeats its first vertex.
    closed_size = size + 1
    position = np.repeat(begin, closed_size) + _counted(closed_size)
    last = np.cumsum(closed_size) - 1
    position[last] = begin
    vertices = nodes[node[position]]
    owner = np.repeat(np.arange(len(begin)), closed_size)
    shells = _polygons(vertices[is_shell[owner]], closed_size[is_shell])
    if not is_hole.any() or not len(shells):
        return shells
    hole, shell = _around(shells, nodes[node[begin]], walk, np.flatnonzero(is_shell), np.flatnonzero(is_hole))
    if not len(hole):
        return shells
    return _with_holes(shells, _polygons_of(vertices, owner, closed_size, hole), shell)


def _counted(sizes: Array) -> Array:
    """Return 0, 1, 2 … anew for each size."""
    return np.asarray(np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes))


def _polygons(vertices: Array, sizes: Array) -> Array:
    rings = np.r_[0, np.cumsum(sizes)]
    return np.asarray(shapely.from_ragged_array(_POLYGON, vertices, (rings, np.arange(len(sizes) + 1))))


def _polygons_of(vertices: Array, owner: Array, sizes: Array, chosen: Array) -> Array:
    wanted = np.zeros(len(sizes), dtype=bool)
    wanted[chosen] = True
    return _polygons(vertices[wanted[owner]], sizes[wanted])


def _around(shells: Array, vertex: Array, walk: Array, shell_rings: Array, holes: Array) -> tuple[Array, Array]:
    """Return pairs of a hole ring and the shell that it belongs to; the outside of everything belongs to none.

    A hole that touches its shell was walked together with it. Any other is the outside of a part that touches
    nothing: each of its vertices lies in the inside of the face around it, of which the smallest is taken.
    """
    shell_of = np.full(int(walk.max()) + 1, -1)
    shell_of[walk[shell_rings]] = np.arange(len(shell_rings))
    own = shell_of[walk[holes]]
    apart = np.flatnonzero(own < 0)
    point, shell = shapely.STRtree(shells).query(shapely.points(vertex[holes[apart]]), predicate="within")
    order = np.lexsort((shapely.area(shells)[shell], point))
    point, shell = point[order], shell[order]
    first = np.r_[True, point[1:] != point[:-1]] if len(point) else np.empty(0, dtype=bool)
    own[apart[point[first]]] = shell[first]
    return holes[own >= 0], own[own >= 0]


def _with_holes(shells: Array, holes: Array, shell: Array) -> Array:
    """Return shells with holes cut out; `shell` says which, one for each hole."""
    order = np.argsort(shell, kind="stable")
    wanted = np.unique(shell)
    rings = np.concatenate([shapely.get_exterior_ring(shells[wanted]), shapely.get_exterior_ring(holes[order])])
    owner = np.concatenate([np.arange(len(wanted)), np.searchsorted(wanted, shell[order])])
    sorting = np.lexsort((np.arange(len(rings)), owner))
    made: Array = shells.copy()
    made[wanted] = shapely.polygons(rings[sorting], indices=owner[sorting])
    return made
