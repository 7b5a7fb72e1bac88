"""Ink too thick for a line: filled areas keep their rim alone, bold letters and dots across lines are taken away."""

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Mask

_THICK = 2.5
"""From so many widths of a line on ink is no line of the usual kind."""

_AREA_MM = 3.0
"""A filled area is wider than this somewhere; a bold letter or a bold line is not."""

_LETTER_MM = 14.0
"""Largest bold letter."""

_FULL = 0.2
"""A letter fills more of its box than the outline of a block in a bold line does."""

_SLIM = 5.0
"""What is so many times longer than broad is a piece of a bold line."""


def thinned(lines: Mask, width: float, px_per_mm: float) -> tuple[Mask, Mask | None]:
    """Return the line work with filled areas hollowed and bold letters left out, and the inside of filled areas.

    Args:
        lines: (H, W) line work.
        width: Usual width of a line in pixels.
        px_per_mm: Pixels per millimetre.

    Returns:
        (H, W) lines; (H, W) what was hollowed out, None where nothing was.
    """
    size = int(np.ceil(_THICK * width)) | 1
    inked = lines.view(np.uint8)
    thick = cv2.morphologyEx(inked, cv2.MORPH_OPEN, np.ones((size, size), np.uint8))
    count, label, stats, _ = cv2.connectedComponentsWithStats(thick, connectivity=8, ltype=cv2.CV_32S)
    if count == 1:
        return lines, None
    depth = cv2.distanceTransform(inked, cv2.DIST_L2, 3)
    within = np.flatnonzero(thick)
    owner = label.ravel()[within]
    deepest = np.zeros(count, dtype=np.float32)
    np.maximum.at(deepest, owner, depth.ravel()[within])
    is_area = 2 * deepest >= _AREA_MM * px_per_mm
    is_area[0] = False
    is_letter = _are_letters(stats, deepest, px_per_mm) & ~is_area
    made = lines.copy()
    if is_letter.any():
        reach = 2 * round(width) + 1
        around = cv2.dilate(is_letter[label].view(np.uint8), np.ones((reach, reach), np.uint8))
        made &= ~((around > 0) & ((depth > width) | (is_letter[label])))
    if not is_area.any():
        return made, None
    hollow = is_area[label] & (depth > width)
    made &= ~hollow
    return made, hollow


def _are_letters(
    stats: npt.NDArray[np.int32], deepest: npt.NDArray[np.float32], px_per_mm: float
) -> npt.NDArray[np.bool_]:
    wide, high, area = (stats[:, column] for column in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    length = area / np.maximum(2 * deepest, 1)
    box = np.hypot(wide, high)
    straight = (length >= _SLIM * 2 * deepest) & (length <= 1.2 * box) & (length >= 0.8 * box)
    made: npt.NDArray[np.bool_] = (
        (np.maximum(wide, high) <= _LETTER_MM * px_per_mm) & (area >= _FULL * wide * high) & ~straight
    )
    made[0] = False
    return made
