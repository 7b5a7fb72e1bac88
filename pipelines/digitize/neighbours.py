"""Which segments and nodes of a network come near each other: one tree, built once, used for every question."""

from typing import Any

import numpy as np
import shapely

Array = np.ndarray[Any, Any]


def keys_of(segments: Array) -> Array:
    """Return one integer for each segment, the same for both directions; segments sort by it as by their nodes."""
    low, high = np.minimum(segments[:, 0], segments[:, 1]), np.maximum(segments[:, 0], segments[:, 1])
    return np.asarray(low << 32 | high)


class Index:
    """The boxes of the segments of a network, a reach wider on every side.

    While segments are broken and nodes move, most stay as they were; only what is new is looked up anew.
    """

    def __init__(self, nodes: Array, segments: Array, reach_m: float) -> None:
        """Remember segments, each once and sorted by `keys_of`."""
        self._reach_m = reach_m
        self._nodes = nodes.copy()
        self._keys = keys_of(segments)
        self._boxes = _boxes(nodes, segments, reach_m)
        self._tree = shapely.STRtree(self._boxes)
        self._known = self._keys

    def around(self, nodes: Array, segments: Array) -> tuple[Array, Array]:
        """Return pairs of a node that a segment ends at, and a segment whose box it lies in."""
        used = np.zeros(len(nodes), dtype=bool)
        used[segments.ravel()] = True
        node = np.flatnonzero(used)
        found, segment = self._tree.query(shapely.points(nodes[node]))
        return node[found], segment

    def meeting(self, nodes: Array, segments: Array, *, only_new: bool = False) -> tuple[Array, Array]:
        """Return pairs of segments whose boxes meet, each once.

        Args:
            nodes: Coordinates; those known before may have moved.
            segments: Segments, each once and sorted by `keys_of`.
            only_new: Leave out pairs of segments that were there when this was last asked.
        """
        keys = keys_of(segments)
        place = np.minimum(np.searchsorted(self._keys, keys), max(len(self._keys) - 1, 0))
        same = (self._keys[place] == keys) if len(self._keys) else np.zeros(len(keys), dtype=bool)
        stayed = np.zeros(len(nodes), dtype=bool)
        stayed[: len(self._nodes)] = (nodes[: len(self._nodes)] == self._nodes).all(axis=1)
        same &= stayed[segments].all(axis=1)
        now = np.full(len(self._keys), -1)
        now[place[same]] = np.flatnonzero(same)
        fresh = np.flatnonzero(~same)
        if only_new:
            fresh = fresh[~np.isin(keys[fresh], self._known)]
        pairs = [self._among_new(nodes, segments, fresh), self._to_old(nodes, segments, fresh, now)]
        if not only_new:
            old = np.flatnonzero(now >= 0)
            first, second = self._tree.query(self._boxes if len(old) == len(now) else self._boxes[old])
            first = first if len(old) == len(now) else old[first]
            once = first < second
            pairs.append((now[first[once]], now[second[once]]))
        else:
            others = np.setdiff1d(np.flatnonzero(~same), fresh)
            pairs.append(self._between(nodes, segments, fresh, others))
        self._known = keys[~same]
        first, second = (np.concatenate(side) for side in zip(*pairs, strict=True))
        real = (first >= 0) & (second >= 0)
        return first[real], second[real]

    def _among_new(self, nodes: Array, segments: Array, fresh: Array) -> tuple[Array, Array]:
        first, second = self._between(nodes, segments, fresh, fresh)
        once = first < second
        return first[once], second[once]

    def _between(self, nodes: Array, segments: Array, some: Array, others: Array) -> tuple[Array, Array]:
        boxes = [_boxes(nodes, segments[which], self._reach_m) for which in (some, others)]
        first, second = shapely.STRtree(boxes[1]).query(boxes[0])
        return some[first], others[second]

    def _to_old(self, nodes: Array, segments: Array, fresh: Array, now: Array) -> tuple[Array, Array]:
        first, second = self._tree.query(_boxes(nodes, segments[fresh], 0.0))
        return fresh[first], now[second]


def _boxes(nodes: Array, segments: Array, reach_m: float) -> Array:
    """Return lines from corner to corner of the boxes: a tree looks only at the box of what it holds."""
    start, end = nodes[segments[:, 0]], nodes[segments[:, 1]]
    corners = np.stack([np.minimum(start, end) - reach_m, np.maximum(start, end) + reach_m], axis=1)
    return np.asarray(shapely.linestrings(corners))
