"""The words that pieces of ink stand in: fractions by their bar, all else by nearness."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from pipelines.scan.numbers.pieces import BAR_MM, LARGEST_MM, SMALLEST_MM, Floats, Pieces

_CODE_MM = 14.0
"""A code of two uses beside a bar is as long."""

_SIGN = 0.5
"""What is lower than this share of a word's tallest sign, dots or dust, does not widen it."""

_BESIDE_SLASH = 0.55
"""The signs on both sides of a slash, or a 1, are as long as this share of it; a bar is as long as several signs."""

_MANY, _BENT = 4, 0.3
"""From how many signs on the direction of a row is better told by all of them, and by how much at most."""

_CROWD = 60
"""More pieces hanging together than a text has are hatches or a picture."""


@dataclass(slots=True)
class Word:
    """Signs in a row.

    Attributes:
        pieces: Rows of `Pieces`.
        turn: Direction of the row, radians, y down.
        role: `number`, `area`, `code` by its place at a bar; `free` without one.
        label: Words of one label share it.
        of_row: Whether it is a part of a row of several words, by its signs and not by a bar.
        box: (u0, u1, v0, v1) of its signs, without dots, along and across the row, from the origin of the page.
    """

    pieces: list[int]
    turn: float
    role: str
    label: int
    box: tuple[float, float, float, float] = field(default=(0.0, 0.0, 0.0, 0.0))
    of_row: bool = False

    @property
    def height(self) -> float:
        """Height of its signs, pixels."""
        return self.box[3] - self.box[2]

    @property
    def width(self) -> float:
        """Its length along its row, pixels."""
        return self.box[1] - self.box[0]

    @property
    def middle(self) -> Floats:
        """Its middle in pixel coordinates."""
        u, v = (self.box[0] + self.box[1]) / 2, (self.box[2] + self.box[3]) / 2
        return np.array([u * np.cos(self.turn) - v * np.sin(self.turn), u * np.sin(self.turn) + v * np.cos(self.turn)])

    def turn_about(self, role: str) -> None:
        """Let it be read from its other end, in another role."""
        u0, u1, v0, v1 = self.box
        self.turn, self.role, self.box = self.turn + np.pi, role, (-u1, -u0, -v1, -v0)


def find(found: Pieces, px_per_mm: float) -> list[Word]:
    """Return the words of a sheet: first those at bars, then the others."""
    sizes = np.maximum(found.box[:, 2] - found.box[:, 0], found.box[:, 3] - found.box[:, 1]) / px_per_mm
    sign = (found.long <= LARGEST_MM * px_per_mm * 2) & (found.thin <= LARGEST_MM * px_per_mm)
    sign &= ~_rings(found, px_per_mm)
    words: list[Word] = []
    taken = np.zeros(len(found), dtype=bool)
    tree = cKDTree(found.centre) if len(found) else None
    if tree is None:
        return words
    label = 0
    thin = np.maximum(found.long / 6, 2.5)
    for bar in np.flatnonzero((found.long >= BAR_MM * px_per_mm) & (found.thin <= thin)).tolist():
        rows = _at_bar(found, bar, tree, sign & ~taken, px_per_mm)
        if rows is not None:
            taken[bar] = True
            for role, members in rows:
                taken[members] = True
                words.append(_word(found, members, float(found.turn[bar]), role, label))
            label += 1
    free = np.flatnonzero(sign & ~taken & (sizes <= LARGEST_MM * 2))
    for members, turn in _free(found, free, px_per_mm):
        for row in _rows(found, members, turn):
            words.append(_word(found, row, turn, "free", label))
        label += 1
    return words


def _rings(found: Pieces, px_per_mm: float) -> npt.NDArray[np.bool_]:
    """Return which pieces are drawn around signs, as the circle of a number is: in a digit there is a dot at most."""
    size = np.maximum(found.box[:, 2] - found.box[:, 0], found.box[:, 3] - found.box[:, 1])
    boxes = shapely.box(*found.box.T)
    inner, outer = shapely.STRtree(boxes).query(boxes, predicate="within")
    made = np.zeros(len(found), dtype=bool)
    made[outer[(inner != outer) & (size[inner] >= SMALLEST_MM * px_per_mm)]] = True
    return made


def _word(found: Pieces, members: list[int], turn: float, role: str, label: int) -> Word:
    spans = found.extents(members, np.zeros(2), turn)
    order = np.argsort(spans[:, 0] + spans[:, 1])
    tall = spans[:, 3] - spans[:, 2]
    signs = spans[tall >= _SIGN * tall.max()]
    box = (signs[:, 0].min(), signs[:, 1].max(), signs[:, 2].min(), signs[:, 3].max())
    return Word([members[k] for k in order], turn, role, label, tuple(float(v) for v in box))  # type: ignore[arg-type]


def _at_bar(found: Pieces, bar: int, tree: Any, usable: Any, px_per_mm: float) -> list[tuple[str, list[int]]] | None:
    """Return the rows above and below a bar and what stands at its ends; None where it is no bar of a label."""
    length, turn, at = found.long[bar], float(found.turn[bar]), found.centre[bar]
    near = [k for k in tree.query_ball_point(at, length / 2 + _CODE_MM * px_per_mm) if k != bar and usable[k]]
    if len(near) < 2 or len(near) > 4 * _CROWD:
        return None
    spans = found.extents(near, at, turn)
    middle, tall = (spans[:, 2] + spans[:, 3]) / 2, spans[:, 3] - spans[:, 2]
    inside = (spans[:, 0] > -length * 0.75) & (spans[:, 1] < length * 0.75)
    inside &= np.abs(spans[:, 0] + spans[:, 1]) / 2 < length / 2 + 0.3 * tall
    big = (
        inside
        & (tall > 0.35 * px_per_mm * SMALLEST_MM * 2)
        & (tall < 0.9 * length)
        & (spans[:, 1] - spans[:, 0] < length)
    )
    rows: list[tuple[str, list[int]]] = []
    heights, longest = [], []
    for side, role in ((-1, "number"), (1, "area")):
        here = np.flatnonzero(big & (middle * side > 0.3 * tall))
        gap = middle[here] * side - tall[here] / 2
        here = here[(gap <= 0.8 * tall[here]) & (gap >= -0.25 * tall[here])]
        if not len(here):
            return None
        # The tallest tells the row: what is lower may be dust, or what is left of a bar.
        first = int(here[np.argmax(tall[here])])
        members = _same_row(spans, first, inside)
        heights.append(float(tall[first]))
        longest.append(float((spans[members, 1] - spans[members, 0]).max()))
        rows.append((role, [near[k] for k in members]))
    if max(heights) > 2.2 * min(heights):
        return None
    if min(longest) > _BESIDE_SLASH * length:
        return None
    used = {k for _, row in rows for k in row}
    high = max(heights)
    beside = (
        np.array([k not in used for k in near])
        & (np.abs(middle) < 0.6 * high)
        & (tall > 0.4 * high)
        & (tall < 1.7 * high)
    )
    for side in (-1, 1):
        chain = _chain(spans, beside, side, length / 2, high)
        if chain:
            rows.append(("code", [near[k] for k in chain]))
    return rows


def _same_row(spans: Floats, first: int, usable: Any) -> list[int]:
    """Return the pieces of a row: those that overlap it for the larger part of their height."""
    low, high = spans[first, 2], spans[first, 3]
    lap = np.minimum(spans[:, 3], high) - np.maximum(spans[:, 2], low)
    tall = spans[:, 3] - spans[:, 2]
    return np.flatnonzero(usable & (lap > 0.55 * tall) & (tall < 1.6 * (high - low))).tolist()


def _chain(spans: Floats, usable: Any, side: int, start: float, high: float) -> list[int]:
    """Return the pieces that follow each other outwards from an end of a bar, with gaps a word has."""
    near, far = (-spans[:, 1], -spans[:, 0]) if side < 0 else (spans[:, 0], spans[:, 1])
    chain: list[int] = []
    reach, allowed = start, 1.1 * high
    for k in np.argsort(near).tolist():
        if not usable[k] or near[k] < start - 0.5 * high:
            continue
        if near[k] > reach + allowed or len(chain) == 12:
            break
        chain.append(k)
        reach, allowed = max(reach, far[k]), 0.75 * high
    return chain


def _free(found: Pieces, free: Any, px_per_mm: float) -> Iterator[tuple[list[int], float]]:
    """Yield groups of pieces near each other, with the direction of their rows."""
    if not len(free):
        return
    size = np.minimum(found.long[free], 2.2 * found.thin[free])
    pairs = cKDTree(found.centre[free]).query_pairs(LARGEST_MM * px_per_mm * 1.2, output_type="ndarray")
    a, b = found.box[free[pairs[:, 0]]], found.box[free[pairs[:, 1]]]
    apart = np.hypot(*(np.maximum(0, np.maximum(a[:, k] - b[:, k + 2], b[:, k] - a[:, k + 2])) for k in (0, 1)))
    larger = np.maximum(size[pairs[:, 0]], size[pairs[:, 1]])
    close = apart <= 0.7 * larger
    pairs, apart = pairs[close], apart[close]
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(free), len(free)))
    _, group = connected_components(graph, directed=False)
    order = np.argsort(group, kind="stable")
    cuts = np.flatnonzero(np.diff(group[order])) + 1
    links: dict[int, list[int]] = defaultdict(list)
    for link, of in enumerate(group[pairs[:, 0]].tolist()):
        links[of].append(link)
    for members in np.split(order, cuts):
        pieces_of = free[members]
        large = np.maximum(found.long[pieces_of].max(), 1)
        if large < SMALLEST_MM * px_per_mm or len(members) > _CROWD:
            continue
        mine = np.array(links[int(group[members[0]])], dtype=int)
        turn = _direction(found, free, pairs[mine], apart[mine])
        yield pieces_of.tolist(), turn + _slope(found, pieces_of.tolist(), turn)


def _direction(found: Pieces, free: Any, pairs: Any, apart: Any) -> float:
    """Return the direction of the rows of a group: that most of its nearest neighbours agree on; level if unclear."""
    tall = found.long[free]
    pairs_ok = np.minimum(tall[pairs[:, 0]], tall[pairs[:, 1]]) > 0.5 * np.maximum(tall[pairs[:, 0]], tall[pairs[:, 1]])
    pairs, apart = pairs[pairs_ok], apart[pairs_ok]
    if not len(pairs):
        return 0.0
    step = found.centre[free[pairs[:, 1]]] - found.centre[free[pairs[:, 0]]]
    far = np.hypot(step[:, 0], step[:, 1])
    # Of each piece only the nearest others tell: farther ones stand in other rows, or beyond the next.
    best = np.full(len(free), np.inf)
    np.minimum.at(best, pairs[:, 0], far)
    np.minimum.at(best, pairs[:, 1], far)
    near = far <= 1.25 * np.minimum(best[pairs[:, 0]], best[pairs[:, 1]])
    turn = np.arctan2(step[near, 1], step[near, 0])
    off = np.angle(np.exp(2j * (turn[:, None] - turn[None, :]))) / 2
    votes = np.exp(-((off / 0.18) ** 2)).sum(axis=1) + 0.1 * np.cos(turn) ** 2
    chosen = int(np.argmax(votes))
    agreed = np.abs(off[:, chosen]) < 0.3
    mean = float(np.angle(np.exp(2j * turn[agreed]).mean()) / 2)
    return mean if mean > -np.pi / 2 + 0.05 else mean + np.pi


def _slope(found: Pieces, members: list[int], turn: float) -> float:
    """Return how much a row, by the middles of all its signs, is turned against the way from sign to sign, radians."""
    if len(members) < _MANY:
        return 0.0
    spans = found.extents(members, np.zeros(2), turn)
    tall = spans[:, 3] - spans[:, 2]
    row = spans[_same_row(spans, int(tall.argmax()), tall >= _SIGN * tall.max())]
    if len(row) < _MANY:
        return 0.0
    along, across = (row[:, 0] + row[:, 1]) / 2, (row[:, 2] + row[:, 3]) / 2
    along -= along.mean()
    slope = float(np.arctan((along * (across - across.mean())).sum() / max((along**2).sum(), 1e-9)))
    return slope if abs(slope) < _BENT else 0.0


def _rows(found: Pieces, members: list[int], turn: float) -> Iterator[list[int]]:
    """Yield the rows of a group, from above."""
    spans = found.extents(members, np.zeros(2), turn)
    left = np.ones(len(members), dtype=bool)
    tall = spans[:, 3] - spans[:, 2]
    rows = []
    while left.any():
        first = int(np.argmax(np.where(left, tall, -1)))
        row = [k for k in _same_row(spans, first, left) if left[k]] or [first]
        left[row] = False
        rows.append((spans[first, 2], row))
    for _, row in sorted(rows):
        yield [members[k] for k in row]
