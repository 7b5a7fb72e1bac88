"""A side of a frame followed at full resolution, and the corner where two of them meet."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Dark, Points

_HALF_MM = 1.3
_PIECE_MM = 1.0
_NEAR_MM = 70.0
_LEAST_PIECES = 12
_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Side:
    """A side of a frame.

    Attributes:
        points: (k, 2) places on it, page coordinates, one a millimetre.
        weights: (k,) how clearly it was seen there, 0 to 1.
    """

    points: Points
    weights: npt.NDArray[np.float64]


def follow(dark: Dark, course: Points, span: tuple[float, float], px_per_mm: float) -> Side:
    """Return a side as it is drawn.

    Args:
        dark: (H, W) ink.
        course: (n, 2) its rough course, page coordinates.
        span: Not used beyond its order; kept with the course.
        px_per_mm: Resolution.
    """
    length = float(np.linalg.norm(np.diff(course, axis=0), axis=1).sum())
    count = max(int(length), 2)
    at = np.linspace(0, len(course) - 1, count)
    centre = np.column_stack([np.interp(at, np.arange(len(course)), course[:, axis]) for axis in (0, 1)])
    ahead = course[-1] - course[0]
    ahead = ahead / np.linalg.norm(ahead)
    aside = np.array([-ahead[1], ahead[0]])
    half = max(4, round(_HALF_MM * px_per_mm))
    offsets = np.arange(-half, half + 1, dtype=np.float64)
    # cv2 counts from the centre of the first pixel.
    x = (centre[:, :1] + offsets * aside[0] - 0.5).astype(np.float32)
    y = (centre[:, 1:] + offsets * aside[1] - 0.5).astype(np.float32)
    strip = _sampled(dark, x, y)
    piece = max(4, round(_PIECE_MM * px_per_mm))
    pieces = max(count // piece, 1)
    profile = strip[: pieces * piece].reshape(pieces, -1, strip.shape[1]).mean(axis=1)
    middle = centre[: pieces * piece].reshape(pieces, -1, 2).mean(axis=1)
    found, weights = _ridge(profile, offsets, px_per_mm)
    return Side(middle + found[:, None] * aside, weights)


def meeting(first: Side, second: Side, near: Points, px_per_mm: float) -> Points:
    """Return the corner of two sides: where straight lines through their ends near it cross.

    Args:
        first: A side.
        second: The side that meets it.
        near: (2,) rough corner.
        px_per_mm: Resolution.

    Returns:
        (2,) page coordinates; the rough corner where a side could not be followed.
    """
    one, other = (_end(side, near, px_per_mm) for side in (first, second))
    if one is None or other is None:
        return near
    matrix = np.stack([one[1], -other[1]], axis=1)
    if abs(np.linalg.det(matrix)) < 0.3:
        return near
    steps = np.linalg.solve(matrix, other[0] - one[0])
    return np.asarray(one[0] + steps[0] * one[1], dtype=np.float64)


def line(points: Points, weights: npt.NDArray[np.float64]) -> tuple[Points, Points] | None:
    """Return a point and the direction of the straight line through points, those that stray left out."""
    kept = weights
    centre = direction = np.zeros(2)
    for _ in range(_ROUNDS):
        if (kept > 0).sum() < 3:
            return None
        centre = np.average(points, axis=0, weights=kept)
        apart = (points - centre) * np.sqrt(kept)[:, None]
        direction = np.linalg.svd(apart, full_matrices=False)[2][0]
        off = np.abs((points - centre) @ np.array([-direction[1], direction[0]]))
        usual = max(1.4826 * float(np.median(off[kept > 0])), 0.05)
        kept = weights * np.clip(1 - (off / (4 * usual)) ** 2, 0, 1) ** 2
    return centre, direction


def _end(side: Side, near: Points, px_per_mm: float) -> tuple[Points, Points] | None:
    away = np.linalg.norm(side.points - near, axis=1) / px_per_mm
    for reach in (_NEAR_MM, 2 * _NEAR_MM, 4 * _NEAR_MM, np.inf):
        # The last millimetre is where the other side's ink begins.
        is_near = (away > 1.5) & (away <= reach) & (side.weights > 0.1)
        if is_near.sum() >= _LEAST_PIECES:
            return line(side.points[is_near], side.weights[is_near])
    return None


def _sampled(dark: Dark, x: npt.NDArray[np.float32], y: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return ink at places, out of the part of the sheet around them."""
    left, top = max(int(x.min()) - 2, 0), max(int(y.min()) - 2, 0)
    right, bottom = min(int(x.max()) + 3, dark.shape[1]), min(int(y.max()) + 3, dark.shape[0])
    if right - left < 2 or bottom - top < 2:
        return np.zeros(x.shape, dtype=np.float32)
    part = dark[top:bottom, left:right]
    strips = [
        cv2.remap(part, x[start : start + 8000] - left, y[start : start + 8000] - top, cv2.INTER_LINEAR)
        for start in range(0, len(x), 8000)
    ]
    return np.concatenate(strips).astype(np.float32)


def _ridge(
    profile: npt.NDArray[np.float32], offsets: npt.NDArray[np.float64], px_per_mm: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return where the line runs in each piece, and how clearly: the peak that goes on from piece to piece."""
    count = len(profile)
    # Neighbouring pieces help each other to choose the peak, the place itself is each piece's own.
    calm = cv2.blur(profile, (3, min(9, count)), borderType=cv2.BORDER_REPLICATE)
    lean = 1.0 - 0.35 * (np.abs(offsets) / max(np.abs(offsets).max(), 1.0)).astype(np.float32)
    peak = offsets[np.argmax(calm * lean, axis=1)]
    usual = _running_median(peak, 31)
    reach = 0.35 * px_per_mm + 1.0
    place = usual
    for _ in range(3):
        window = np.clip(1.5 - np.abs(offsets[None, :] - place[:, None]) / reach, 0, 1)
        base = np.minimum(profile[:, :2].mean(axis=1), profile[:, -2:].mean(axis=1))[:, None]
        ink = np.clip(profile - base, 0, None) * window
        total = ink.sum(axis=1)
        place = np.where(total > 0, (ink * offsets).sum(axis=1) / np.maximum(total, 1e-6), usual)
    strength = np.clip(ink.max(axis=1) / 128.0, 0, 1)
    strength = np.where(np.abs(place - usual) > reach, 0.0, strength)
    return place, np.asarray(strength, dtype=np.float64)


def _running_median(values: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.float64]:
    half = size // 2
    padded = np.pad(values, half, mode="reflect" if len(values) > half else "edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, size), axis=1)
