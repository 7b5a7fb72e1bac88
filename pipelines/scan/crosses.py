"""Grid crosses: looked for where the frame lets expect them, and placed to a part of a pixel.

A cross is told by its four arms: ink along each of them, and beside them less than along. Letters have no arms that
long; a boundary running through a cross covers two of them at most.
"""

import math

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Dark, Points

_GRID_MM = 100.0
_REACH_MM = 4.0
_ARM_MM = (0.7, 2.6)
_PATCH_MM = 9.0
_LEAST_SCORE = 0.32
_INKED = 110.0
_STRAY_MM = 1.2
_ROUNDS = 2


def find(dark: Dark, corners: Points, turn_deg: float, px_per_mm: float) -> tuple[Points, float]:
    """Return the grid crosses inside a frame and their spacing.

    Args:
        dark: (H, W) ink.
        corners: (4, 2) corners of the inner frame as one reads the sheet; NaN where the page is cut.
        turn_deg: How far the sheet is turned, clockwise.
        px_per_mm: Resolution; may be wrong by a few percent where the frame has all corners.

    Returns:
        (n, 2) centres in page coordinates, in the order of reading; spacing in pixels, NaN without crosses.
    """
    lattice = _lattice(corners, turn_deg, px_per_mm, dark.shape)
    if lattice is None:
        return np.empty((0, 2)), math.nan
    nodes, guess = lattice
    arm_mm = _ARM_MM
    found = np.full((len(nodes), 2), np.nan)
    for _ in range(_ROUNDS):
        seen = [_cross(dark, at, turn_deg, arm_mm, px_per_mm) for at in guess]
        found = np.array(seen, dtype=np.float64).reshape(-1, 2)
        found[_strays(nodes, found, px_per_mm)] = np.nan
        guess = _guess(nodes, found, guess)
        # All crosses of a sheet are alike: with the whole of their arms a boundary beside one is no arm of it.
        arm_mm = _arm(dark, found[np.isfinite(found[:, 0])], turn_deg, px_per_mm)
    kept = np.isfinite(found[:, 0])
    return found[kept], _spacing(nodes[kept], found[kept])


def _lattice(
    corners: Points, turn_deg: float, px_per_mm: float, shape: tuple[int, ...]
) -> tuple[Points, Points] | None:
    """Return the nodes expected inside the frame: (n, 2) whole steps right and down from a corner, and their places."""
    known = np.isfinite(corners).all(axis=1)
    right = np.array([math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))])
    down = np.array([-right[1], right[0]])
    step = _GRID_MM * px_per_mm
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


def _patch(dark: Dark, at: Points, turn: Points, half: int) -> npt.NDArray[np.float32]:
    """Return the ink around a place, upright; the pixel (half, half) has its centre at the place."""
    reach = math.ceil(half * 1.5) + 2
    left, top = (max(int(value) - reach, 0) for value in at)
    part = dark[top : max(int(at[1]) + reach, 0), left : max(int(at[0]) + reach, 0)]
    size = 2 * half + 1
    if not part.size:
        return np.zeros((size, size), dtype=np.float32)
    shift = at - 0.5 - turn @ np.array([half, half], dtype=np.float64) - (left, top)
    matrix = np.column_stack([turn, shift])
    made = cv2.warpAffine(part, matrix, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(made, dtype=np.float32)


def _rotation(turn_deg: float) -> Points:
    sine, cosine = math.sin(math.radians(turn_deg)), math.cos(math.radians(turn_deg))
    return np.array([[cosine, -sine], [sine, cosine]])


def _arm(dark: Dark, found: Points, turn_deg: float, px_per_mm: float) -> tuple[float, float]:
    """Return from where to where the arms of the crosses reach, mm: as far as most of them are inked."""
    half = round(_PATCH_MM * px_per_mm)
    if len(found) < 4:
        return _ARM_MM
    turn = _rotation(turn_deg)
    patches = np.stack([_patch(dark, at, turn, half) for at in found])
    across = patches[:, half - 1 : half + 2].max(axis=1)
    down = patches[:, :, half - 1 : half + 2].max(axis=2)
    arms = np.concatenate([across[:, half:], across[:, half::-1], down[:, half:], down[:, half::-1]])
    inked = np.median(arms, axis=0) > 0.5 * np.median(arms[:, : round(_ARM_MM[1] * px_per_mm)])
    end = int(np.argmin(inked)) if not inked.all() else len(inked)
    return _ARM_MM[0], float(max(_ARM_MM[1], 0.94 * end / px_per_mm))


def _cross(
    dark: Dark, at: Points, turn_deg: float, arm_mm: tuple[float, float], px_per_mm: float
) -> tuple[float, float]:
    """Return the centre of the cross near a place, page coordinates; NaN where there is none."""
    half = round(_PATCH_MM * px_per_mm)
    turn = _rotation(turn_deg)
    patch = _patch(dark, at, turn, half)
    score = _score(patch, arm_mm, px_per_mm)
    reach = min(round(_REACH_MM * px_per_mm), half)
    window = score[half - reach : half + reach + 1, half - reach : half + reach + 1]
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    # Of two that look alike the nearer one.
    lean = window * (1 - 0.3 * np.hypot(x, y) / (reach * math.sqrt(2)))
    best = np.unravel_index(int(np.argmax(lean)), lean.shape)
    if window[best] < _LEAST_SCORE * 255:
        return math.nan, math.nan
    row, column = best[0] + half - reach, best[1] + half - reach
    centre = _centre(patch, int(row), int(column), arm_mm, px_per_mm)
    moved = turn @ (centre - half)
    return float(at[0] + moved[0]), float(at[1] + moved[1])


def _score(patch: npt.NDArray[np.float32], arm_mm: tuple[float, float], px_per_mm: float) -> npt.NDArray[np.float32]:
    """Return how much each pixel looks like the centre of a cross: its weakest arm but one, less what is beside."""
    low, high = (max(1, round(value * px_per_mm)) for value in arm_mm)
    reach = high - low + 1
    # A thin cross is as much a cross as the thick boundary beside it is a line.
    patch = np.minimum(patch, _INKED) * np.float32(255 / _INKED)
    # An arm may lean by a pixel: the strongest of three rows counts.
    wide = cv2.dilate(patch, np.ones((3, 1), np.uint8))
    tall = cv2.dilate(patch, np.ones((1, 3), np.uint8))
    across, down = np.ones((1, reach), np.float32) / reach, np.ones((reach, 1), np.float32) / reach
    # filter2D looks from the anchor: with the anchor beyond its end the arm begins `low` away.
    right = _shifted(cv2.filter2D(wide, -1, across, anchor=(0, 0)), low, 0)
    left = _shifted(cv2.filter2D(wide, -1, across, anchor=(reach - 1, 0)), -low, 0)
    below = _shifted(cv2.filter2D(tall, -1, down, anchor=(0, 0)), 0, low)
    above = _shifted(cv2.filter2D(tall, -1, down, anchor=(0, reach - 1)), 0, -low)
    arms = np.sort(np.stack([right, left, below, above]), axis=0)
    box = cv2.blur(patch, (2 * high + 1, 2 * high + 1))
    return np.asarray(0.6 * arms[0] + 0.4 * arms[1] - 0.8 * box, dtype=np.float32)


def _shifted(image: npt.NDArray[np.float32], right: int, down: int) -> npt.NDArray[np.float32]:
    """Return for each pixel what is `right` and `down` from it."""
    matrix = np.array([[1, 0, -right], [0, 1, -down]], dtype=np.float32)
    return np.asarray(cv2.warpAffine(image, matrix, image.shape[::-1], flags=cv2.INTER_NEAREST), dtype=np.float32)


def _centre(
    patch: npt.NDArray[np.float32], row: int, column: int, arm_mm: tuple[float, float], px_per_mm: float
) -> Points:
    """Return the centre as (column, row) in the patch: where the middle lines of the arms cross."""
    low, high = (max(1, round(value * px_per_mm)) for value in arm_mm)
    x, y = float(column), float(row)
    for reach in (max(2, round(0.3 * px_per_mm)), max(2, round(0.17 * px_per_mm)), 2):
        y, x = (
            _middle(patch, y, round(x), low, high, reach),
            _middle(patch.T, x, round(y), low, high, reach),
        )
    return np.array([x, y])


def _middle(patch: npt.NDArray[np.float32], row: float, column: int, low: int, high: int, reach: int) -> float:
    """Return the row of the middle of the arms left and right of a column, but where other ink joins them."""
    along = np.r_[column - high : column - low + 1, column + low : column + high + 1]
    is_right = np.repeat([False, True], high - low + 1)
    inside = (along >= 0) & (along < patch.shape[1])
    along, is_right = along[inside], is_right[inside]
    top, bottom = max(round(row) - reach, 0), min(round(row) + reach + 1, len(patch))
    if bottom - top < 2 or not len(along):
        return row
    ink = patch[top:bottom][:, along]
    total = ink.sum(axis=0)
    drawn = total > 0.25 * 255
    if not drawn.any():
        return row
    rows = (ink * np.arange(top, bottom)[:, None]).sum(axis=0) / np.maximum(total, 1e-6)
    usual = float(np.percentile(total[drawn], 35))
    plain = drawn & (total < 1.3 * usual) & (total > 0.5 * usual)
    halves = [rows[plain & side] for side in (is_right, ~is_right)]
    seen = [float(np.median(half)) for half in halves if len(half) >= 3]
    # The arms lean with the paper: their two middles weigh the same.
    return float(np.mean(seen)) if seen else row


def _guess(nodes: Points, found: Points, before: Points) -> Points:
    """Return where to look next: where each was found, elsewhere where those found let expect it."""
    better = _model(nodes, found, nodes)
    expected = before if better is None else better
    return np.where(np.isfinite(found), 0.5 * found + 0.5 * expected, expected)


def _strays(nodes: Points, found: Points, px_per_mm: float) -> npt.NDArray[np.bool_]:
    """Return which places do not go with the others: farther from where the others put them than paper bends."""
    seen = np.isfinite(found[:, 0])
    out = np.zeros(len(found), dtype=bool)
    limit = _STRAY_MM * px_per_mm
    for _ in range(int(seen.sum())):
        model = _model(nodes, found, nodes)
        if model is None or seen.sum() < 6:
            break
        off = np.where(seen, np.linalg.norm(found - model, axis=1), 0.0)
        worst = int(np.argmax(off))
        if off[worst] <= limit:
            break
        seen[worst], out[worst] = False, True
        found = np.where(seen[:, None], found, np.nan)
    return out


def _model(nodes: Points, found: Points, wanted: Points) -> Points | None:
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


def _spacing(nodes: Points, found: Points) -> float:
    """Return the usual distance of neighbours."""
    if len(nodes) < 2:
        return math.nan
    apart = np.linalg.norm(nodes[:, None] - nodes[None], axis=2)
    first, second = np.nonzero(np.triu(np.isclose(apart, 1.0)))
    if not len(first):
        return math.nan
    return float(np.median(np.linalg.norm(found[first] - found[second], axis=1)))
