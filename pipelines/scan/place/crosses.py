"""Grid crosses: looked for where the frame lets expect them, and placed to a part of a pixel.

A cross is told by its four arms: ink along each of them, and beside them less than along. Letters have no arms that
long; a boundary running through a cross covers two of them at most.
"""

import math

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Dark, Points
from pipelines.scan.place import lattice, margins

_REACH_MM = 4.0
_ARM_MM = (0.7, 2.6)
_PATCH_MM = 9.0
_LEAST_SCORE = 0.32
_INKED = 110.0
_FEW = 0.5
_LEAST_OF_LATTICE = 4
_LEAST_SHARE = 0.3
_MOST_CANDIDATES = 300
_OFF_PX = 0.3
_FINE_PER_MM = 8.0
_ROUNDS = 2


def find(dark: Dark, corners: Points, turn_deg: float, px_per_mm: float) -> tuple[Points, float]:
    """Return the grid crosses inside a frame and their spacing.

    Args:
        dark: (H, W) ink.
        corners: (4, 2) corners of the inner frame as one reads the sheet; NaN where the page is cut.
        turn_deg: How far the sheet is turned, clockwise.
        px_per_mm: Resolution; may be wrong by a few percent where the frame has all corners.

    Returns:
        (n, 2) centres in page coordinates; spacing in pixels, NaN without crosses.
    """
    expected = lattice.expected(corners, turn_deg, px_per_mm, dark.shape)
    nodes, found = _searched(dark, expected, turn_deg, px_per_mm)
    # A frame in no whole decimetres, such as the outline of a block, says nothing of where crosses are.
    usual = max(_FEW * len(expected[0]), _LEAST_OF_LATTICE) if expected else 1
    if len(nodes) < usual or not lattice.is_whole(corners, px_per_mm):
        by_size = [_of_resolution(dark, corners, turn_deg, one) for one in lattice.resolutions(corners, px_per_mm)]
        most = max(by_size, key=lambda one: len(one[0]), default=(np.empty((0, 2)), np.empty((0, 2))))
        step = lattice.spacing(*most)
        if math.isfinite(step) and len(most[0]) > len(nodes):
            return most[1], step
        # The crosses stand elsewhere than the corners let expect: on a frame drawn around what there was.
        free = _searched(dark, _freely(dark, corners, turn_deg, px_per_mm), turn_deg, px_per_mm)
        nodes, found = max((nodes, found), free, key=lambda one: len(one[0]))
    return found, lattice.spacing(nodes, found)


def free(dark: Dark, turn_deg: float, px_per_mm: float) -> tuple[Points, float]:
    """Return the crosses of a sheet without a frame, and their spacing; see `find`. Two rows of two at least.

    Args:
        dark: (H, W) ink.
        turn_deg: How far the sheet is turned, to a degree or so.
        px_per_mm: Resolution.
    """
    height, width = dark.shape
    page = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float64)
    nodes, found = _searched(dark, _freely(dark, page, turn_deg, px_per_mm), turn_deg, px_per_mm)
    return found, lattice.spacing(nodes, found)


def _of_resolution(dark: Dark, corners: Points, turn_deg: float, px_per_mm: float) -> tuple[Points, Points]:
    """Return nodes and crosses of a frame if its resolution were this; none where few of them are there."""
    other = lattice.expected(corners, turn_deg, px_per_mm, dark.shape)
    found = _searched(dark, other, turn_deg, px_per_mm)
    enough = other is not None and len(found[0]) >= max(_FEW * len(other[0]), _LEAST_OF_LATTICE)
    return found if enough else (np.empty((0, 2)), np.empty((0, 2)))


def _searched(
    dark: Dark, expected: tuple[Points, Points] | None, turn_deg: float, px_per_mm: float
) -> tuple[Points, Points]:
    """Return the nodes of a lattice at which a cross is, and the places of the crosses."""
    if expected is None:
        return np.empty((0, 2)), np.empty((0, 2))
    nodes, guess = expected
    arm_mm = _ARM_MM
    found = np.full((len(nodes), 2), np.nan)
    for _ in range(_ROUNDS):
        seen = [_cross(dark, at, turn_deg, arm_mm, px_per_mm) for at in guess]
        found = np.array(seen, dtype=np.float64).reshape(-1, 2)
        found[lattice.strays(nodes, found, px_per_mm)] = np.nan
        guess = lattice.guess(nodes, found, guess)
        # All crosses of a sheet are alike: with the whole of their arms a boundary beside one is no arm of it.
        arm_mm = _arm(dark, found[np.isfinite(found[:, 0])], turn_deg, px_per_mm)
    found = _settled(dark, nodes, found, turn_deg, arm_mm, px_per_mm)
    kept = np.isfinite(found[:, 0])
    # A sheet has all its crosses but a few; a few alone are where boundaries cross.
    kept &= kept.mean() >= _LEAST_SHARE
    return nodes[kept], found[kept]


def _settled(
    dark: Dark, nodes: Points, found: Points, turn_deg: float, arm_mm: tuple[float, float], px_per_mm: float
) -> Points:
    """Return crosses of which those off the lattice of the others were looked for once more from there.

    A boundary along an arm, a line's width beside it, draws the arm to it; from the right side it does not.
    """
    model = lattice.model(nodes, found, nodes)
    if model is None:
        return found
    off = np.linalg.norm(found - model, axis=1)
    usual = max(float(np.nanmedian(off)), _OFF_PX)
    half, turn = round(_PATCH_MM * px_per_mm), _rotation(turn_deg)
    out = found.copy()
    for place in np.flatnonzero(off > 3 * usual):
        patch = _patch(dark, model[place], turn, half)
        again = model[place] + turn @ (_centre(patch, half, half, arm_mm, px_per_mm, near=True) - half)
        if np.linalg.norm(again - model[place]) < 0.5 * off[place]:
            out[place] = again
    return out


def _freely(dark: Dark, corners: Points, turn_deg: float, px_per_mm: float) -> tuple[Points, Points] | None:
    """Return a lattice of places that look like crosses and stand 10 cm from each other, wherever that is."""
    axes, origin, (wide, high) = margins.layout(corners, turn_deg, px_per_mm)
    image = margins.cut(dark, origin, axes, (round(wide * margins.PER_MM), round(high * margins.PER_MM)))
    score = _score(image.astype(np.float32), _ARM_MM, margins.PER_MM)
    size = 2 * round(_REACH_MM * margins.PER_MM) + 1
    peaks = (score >= cv2.dilate(score, np.ones((size, size), np.uint8))) & (score > 1.4 * _LEAST_SCORE * 255)
    y, x = np.nonzero(peaks)
    strongest = np.argsort(-score[y, x])[:_MOST_CANDIDATES]
    places = np.column_stack([x, y])[strongest] + 0.5
    nodes, found = lattice.grown(places, np.eye(2) * lattice.GRID_MM * margins.PER_MM)
    if not len(nodes):
        return None
    return lattice.filled(nodes, origin + found / margins.PER_MM @ axes.T, dark.shape)


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
    patch: npt.NDArray[np.float32], row: int, column: int, arm_mm: tuple[float, float], px_per_mm: float,
    *, near: bool = False,
) -> Points:  # fmt: skip
    """Return the centre as (column, row) in the patch: where the middle lines of the arms cross; `near` to a place."""
    low, high = (max(1, round(value * px_per_mm)) for value in arm_mm)
    x, y = float(column), float(row)
    wide = () if near else (max(2, round(0.3 * px_per_mm)), max(2, round(0.17 * px_per_mm)))
    for reach in (*wide, 1 if near and px_per_mm < _FINE_PER_MM else 2):
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
