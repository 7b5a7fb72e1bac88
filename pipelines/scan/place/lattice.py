"""The lattice of a sheet's grid crosses: where they are expected, and which of those found go together."""

import math

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Points

GRID_MM = 100.0
"""Crosses stand every 10 cm on paper."""

_STRAY_MM = 1.2
_CELLS = range(3, 9)
"""Steps of the lattice along a side of a frame: with fewer, four crosses cannot agree on a resolution."""

_SIDES_MM = (500.0, 600.0)
_STANDARD = 0.025
_WHOLE = 0.02
_SAME_RESOLUTION = 0.03
_NEIGHBOUR_SHARE = 0.025


def resolutions(corners: Points, px_per_mm: float) -> list[float]:
    """Return what the resolution would be if the sides of the frame were so many whole steps, where that differs.

    None is another where the frame is a standard sheet already: then it has no crosses.
    """
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    if not np.isfinite(sides).all():
        return []
    wide, high = float(sides[[0, 2]].mean()), float(sides[[1, 3]].mean())
    if any(abs(wide / px_per_mm / one - 1) < _STANDARD and abs(high / px_per_mm / one - 1) < _STANDARD
           for one in _SIDES_MM):  # fmt: skip
        return []
    made = [wide / cells / GRID_MM for cells in _CELLS]
    steps = [high / one / GRID_MM for one in made]
    return [
        one for one, step in zip(made, steps, strict=True)
        if round(step) in _CELLS and abs(step / round(step) - 1) < _WHOLE
        and abs(one / px_per_mm - 1) > _SAME_RESOLUTION
    ]  # fmt: skip


def is_whole(corners: Points, px_per_mm: float) -> bool:
    """Tell whether the sides of a frame are whole decimetres; one that is cut is taken for such a frame."""
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1) / px_per_mm / GRID_MM
    sides = sides[np.isfinite(sides)]
    return bool((np.abs(sides / np.maximum(np.round(sides), 1) - 1) < _STANDARD).all())


def expected(
    corners: Points, turn_deg: float, px_per_mm: float, shape: tuple[int, ...]
) -> tuple[Points, Points] | None:
    """Return the nodes expected inside the frame: (n, 2) whole steps right and down from a corner, and their places."""
    known = np.isfinite(corners).all(axis=1)
    right = np.array([math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))])
    down = np.array([-right[1], right[0]])
    step = GRID_MM * px_per_mm
    if known.all():
        wide = (np.linalg.norm(corners[1] - corners[0]) + np.linalg.norm(corners[2] - corners[3])) / 2
        high = (np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2
        columns, rows = round(wide / step), round(high / step)
        if columns < 1 or rows < 1:
            return None
        nodes = np.array([(i, j) for j in range(1, rows) for i in range(1, columns)], dtype=np.float64).reshape(-1, 2)
        matrix = cv2.getPerspectiveTransform(
            np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], dtype=np.float32), corners.astype(np.float32)
        )
        if not len(nodes):
            return None
        return nodes, cv2.perspectiveTransform(nodes[None], matrix)[0]
    if not known.any():
        return None
    # From the corners that are there, as far as the page reaches.
    place = int(np.flatnonzero(known)[0])
    most = math.ceil(math.hypot(*shape) / step)
    signs = ((1, 1), (-1, 1), (-1, -1), (1, -1))[place]
    nodes = np.array(
        [(signs[0] * i, signs[1] * j) for j in range(1, most) for i in range(1, most)], dtype=np.float64
    ).reshape(-1, 2)
    at = corners[place] + step * (nodes[:, :1] * right + nodes[:, 1:] * down)
    inside = (at > 0).all(axis=1) & (at[:, 0] < shape[1]) & (at[:, 1] < shape[0])
    return (nodes[inside], at[inside]) if inside.any() else None


def guess(nodes: Points, found: Points, before: Points) -> Points:
    """Return where to look next: where each was found, elsewhere where those found let expect it."""
    better = model(nodes, found, nodes)
    expected = before if better is None else better
    return np.where(np.isfinite(found), 0.5 * found + 0.5 * expected, expected)


def strays(nodes: Points, found: Points, px_per_mm: float) -> npt.NDArray[np.bool_]:
    """Return which places do not go with the others: farther from where the others put them than paper bends."""
    seen = np.isfinite(found[:, 0])
    out = np.zeros(len(found), dtype=bool)
    limit = _STRAY_MM * px_per_mm
    for _ in range(int(seen.sum())):
        expected_at = model(nodes, found, nodes)
        if expected_at is None or seen.sum() < 6:
            break
        off = np.where(seen, np.linalg.norm(found - expected_at, axis=1), 0.0)
        worst = int(np.argmax(off))
        if off[worst] <= limit:
            break
        seen[worst], out[worst] = False, True
        found = np.where(seen[:, None], found, np.nan)
    return out


def model(nodes: Points, found: Points, wanted: Points) -> Points | None:
    """Return where nodes lie by those found: an affine lattice, bent where there are enough of them."""
    seen = np.isfinite(found[:, 0])
    count = int(seen.sum())
    if count < 3 or np.linalg.matrix_rank(nodes[seen] - nodes[seen].mean(axis=0)) < 2:
        return None
    terms = _terms(nodes, bent=count >= 9)
    weights = np.linalg.lstsq(terms[seen], found[seen], rcond=None)[0]
    return np.asarray(_terms(wanted, bent=count >= 9) @ weights, dtype=np.float64)


def _terms(nodes: Points, *, bent: bool) -> Points:
    x, y = nodes.T
    columns = [np.ones(len(nodes)), x, y]
    return np.column_stack([*columns, x * y] if bent else columns)


def spacing(nodes: Points, found: Points) -> float:
    """Return the usual distance of neighbours."""
    if len(nodes) < 2:
        return math.nan
    apart = np.linalg.norm(nodes[:, None] - nodes[None], axis=2)
    first, second = np.nonzero(np.triu(np.isclose(apart, 1.0)))
    if not len(first):
        return math.nan
    return float(np.median(np.linalg.norm(found[first] - found[second], axis=1)))


def grown(candidates: Points, step: Points) -> tuple[Points, Points]:
    """Return the largest lattice among places: (n, 2) whole steps, and the places; empty without neighbours.

    Args:
        candidates: (k, 2) places that look like crosses.
        step: (2, 2) the step right and the step down as columns, known to a few percent.
    """
    none = np.empty((0, 2)), np.empty((0, 2))
    if len(candidates) < 4:
        return none
    reach = _NEIGHBOUR_SHARE * float(np.linalg.norm(step[:, 0]))
    ways = np.stack([step[:, 0], -step[:, 0], step[:, 1], -step[:, 1]])
    moves = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)])
    apart = candidates[None, :, None] - candidates[:, None, None] - ways
    off = np.linalg.norm(apart, axis=3)
    # (candidate, way): its nearest neighbour there, -1 where none is.
    nearest = np.where(off.min(axis=1) <= reach, off.argmin(axis=1), -1)
    best: dict[int, tuple[int, int]] = {}
    left = set(np.flatnonzero((nearest >= 0).sum(axis=1) >= 2).tolist())
    while left:
        start = left.pop()
        placed, queue = {start: (0, 0)}, [start]
        while queue:
            here = queue.pop()
            for way in range(4):
                there = int(nearest[here, way])
                if there >= 0 and there not in placed:
                    placed[there] = (placed[here][0] + int(moves[way, 0]), placed[here][1] + int(moves[way, 1]))
                    queue.append(there)
        left -= placed.keys()
        best = placed if len(placed) > len(best) else best
    if len(best) < 4:
        return none
    nodes = np.array(list(best.values()), dtype=np.float64)
    return nodes, candidates[list(best)]


def filled(nodes: Points, found: Points, shape: tuple[int, ...]) -> tuple[Points, Points] | None:
    """Return all nodes of a lattice on a page and where to look for them, by those found."""
    low, high = nodes.min(axis=0) - 1, nodes.max(axis=0) + 1
    x, y = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
    whole = np.column_stack([x.ravel(), y.ravel()])
    places = model(nodes, found, whole)
    if places is None:
        return None
    inside = (places > 0).all(axis=1) & (places[:, 0] < shape[1]) & (places[:, 1] < shape[0])
    return whole[inside], places[inside]
