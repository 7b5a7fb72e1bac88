"""Lines as a network: points, links between them, and edges that run from junction to junction.

Whatever is taken away or added is taken or added as links; `trace` then tells again what the edges are.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipelines.scan.model import Points

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Net:
    """Points, links and the edges they make.

    Attributes:
        points: (n, 2) pixel coordinates.
        links: (m, 2) neighbouring points.
        path: Points of all edges one after the other, each with both of its ends.
        first: (e + 1) where each edge begins in `path`.
        link_edge: (m) edge of each link.
        degree: (n) links at each point.
    """

    points: Points
    links: Ids
    path: Ids
    first: Ids
    link_edge: Ids
    degree: Ids

    @property
    def start(self) -> Ids:
        """(e) point where each edge begins."""
        return self.path[self.first[:-1]]

    @property
    def end(self) -> Ids:
        """(e) point where each edge ends."""
        return self.path[self.first[1:] - 1]

    @property
    def owner(self) -> Ids:
        """Edge of each place of `path`."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def lengths(self) -> npt.NDArray[np.float64]:
        """Return the length of each edge in pixels."""
        step = np.hypot(*(self.points[self.links[:, 0]] - self.points[self.links[:, 1]]).T)
        total: Any = np.bincount(self.link_edge, step, minlength=len(self.first) - 1)
        return np.asarray(total, dtype=np.float64)

    def edge_of(self, links: Ids) -> Ids:
        """Return the edge of each of some links of the network."""
        count = max(1, len(self.points))
        wanted = np.sort(links, axis=1)
        known = self.links[:, 0] * count + self.links[:, 1]  # in order, see `trace`
        made: Ids = self.link_edge[np.searchsorted(known, wanted[:, 0] * count + wanted[:, 1])]
        return made

    def without(self, edges: npt.NDArray[np.bool_]) -> "Net":
        """Return the network without some edges."""
        return trace(self.points, self.links[~edges[self.link_edge]])

    def changed(self, out: npt.NDArray[np.bool_], links: Ids) -> "Net":
        """Return the network without some edges and with further links between its points."""
        return trace(self.points, np.concatenate([self.links[~out[self.link_edge]], links]))

    def joined(self, points: Points, links: Ids) -> "Net":
        """Return the network with further points and links; the new points are counted on from the old ones."""
        return trace(np.concatenate([self.points, points]), np.concatenate([self.links, links]))

    def contracted(self, group: Ids, places: Points) -> "Net":
        """Return the network with the points of each group made one.

        Args:
            group: (n) number of the group of each point; -1 = stays as it is.
            places: Where the point of each group lies.
        """
        points, links = contract(self.points, self.links, group, places)
        return trace(points, links)


def contract(points: Points, links: Ids, group: Ids, places: Points) -> tuple[Points, Ids]:
    """Return points and links with the points of each group made one, at the end of the points."""
    count = len(points)
    target = np.where(group >= 0, count + group, np.arange(count))
    return np.concatenate([points, places]), target[links]


def trace(points: Points, links: Ids) -> Net:
    """Return the network of links: edges run between points at which not exactly two links meet.

    A ring without junction begins at its first point. Links that are double or lead nowhere are left out.
    """
    links = np.sort(links[links[:, 0] != links[:, 1]], axis=1).reshape(-1, 2)
    key = np.sort(links[:, 0] * max(1, len(points)) + links[:, 1])
    links = np.column_stack(np.divmod(key[np.append(True, key[1:] != key[:-1])[: len(key)]], max(1, len(points))))
    degree = np.bincount(links.ravel(), minlength=len(points))
    node = degree != 2
    node |= _ring_starts(links, node, degree)
    count = len(links)
    # Half the bytes are half the time: most of it goes by waiting for memory.
    source, target = np.ascontiguousarray(np.concatenate([links, links[:, ::-1]]).T, dtype=np.int32)
    half = np.arange(2 * count, dtype=np.int32)
    back = np.where(half < count, half + count, half - count).astype(np.int32)
    by_source = np.argsort(source, kind="stable").astype(np.int32)
    begin = np.cumsum(degree) - degree
    inner = ~node[source]
    one = by_source[begin[source[inner]]]
    two = by_source[begin[source[inner]] + 1]
    before = half.copy()
    before[inner] = back[np.where(one == half[inner], two, one)]
    steps = inner.astype(np.int32)
    while True:  # each round doubles how far back is looked
        further = before[before]
        if np.array_equal(further, before):
            break
        steps = steps + steps[before]
        before = further
    last = np.flatnonzero(node[target])
    kept = np.zeros(2 * count, dtype=bool)
    kept[before[last[before[last] < back[last]]]] = True
    chosen = np.flatnonzero(kept[before])
    begins = chosen[steps[chosen] == 0]
    number = np.empty(2 * count, dtype=np.int64)
    number[begins] = np.arange(len(begins))
    edge = number[before[chosen]]
    size = np.bincount(edge, minlength=len(begins))
    first = np.concatenate([[0], np.cumsum(size + 1)]).astype(np.int64)
    path = np.empty(first[-1], dtype=np.int64)
    path[first[edge] + steps[chosen] + 1] = target[chosen]
    path[first[:-1]] = source[begins]
    link_edge = np.empty(count, dtype=np.int64)
    link_edge[chosen % max(1, count)] = edge
    return Net(points, links, path, first, link_edge, degree)


def _ring_starts(links: Ids, node: npt.NDArray[np.bool_], degree: Ids) -> npt.NDArray[np.bool_]:
    """Return the first point of every ring without junction."""
    label = parts(links, len(degree))
    own = np.zeros(int(label.max(initial=-1)) + 1, dtype=bool)
    used = np.flatnonzero(degree)
    own[label[used[node[used]]]] = True
    free = used[~own[label[used]]]
    made = np.zeros(len(degree), dtype=bool)
    made[free[np.unique(label[free], return_index=True)[1]]] = True
    return made


def parts(links: Ids, count: int) -> Any:
    """Return for each point which connected part of the network it belongs to."""
    pairs = coo_array((np.ones(len(links), dtype=np.int8), (links[:, 0], links[:, 1])), shape=(count, count))
    return connected_components(pairs, directed=False)[1]


def pruned(net: Net, shortest: float, rounds: int = 3) -> Net:
    """Return the network without spurs: edges shorter than a length that end free and begin at a junction."""
    for _ in range(rounds):
        free = net.degree[net.start] == 1, net.degree[net.end] == 1
        spur = (free[0] ^ free[1]) & (net.lengths() < shortest)
        if not spur.any():
            break
        net = net.without(spur)
    return net


def raw(net: Net) -> npt.NDArray[Any]:
    """Return the edges of a network as they run along the ridges."""
    made: npt.NDArray[Any] = shapely.linestrings(net.points[net.path], indices=net.owner)
    return made
