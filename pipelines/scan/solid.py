"""Ink too thick for a line: filled areas keep their rim alone, bold letters and dots across lines are taken away."""

from collections.abc import Iterator

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

_LARGE = 3.0
"""Least size of a letter, in least thicknesses: smaller clots are where lines, dots and small letters run together."""

_FULL = 0.2
"""A letter fills more of its box than the outline of a block in a bold line does."""

_STRIP = 1024
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
    reach = int(max(_AREA_MM * px_per_mm, 2 * width)) + 2
    deepest = np.zeros(count, dtype=np.float32)
    for rows, depth in _depths(inked, reach):
        within = np.flatnonzero(thick[rows])
        np.maximum.at(deepest, label[rows].ravel()[within], depth.ravel()[within])
    del thick
    is_area = 2 * deepest >= _AREA_MM * px_per_mm
    is_area[0] = False
    is_letter = _are_letters(stats, deepest, size, px_per_mm) & ~is_area
    if not is_area.any() and not is_letter.any():
        return lines, None
    made, hollow = lines.copy(), np.zeros(lines.shape, dtype=bool) if is_area.any() else None
    side = 2 * round(width) + 1
    for rows, depth in _depths(inked, reach):
        deep, of = depth > width, label[rows]
        around = cv2.dilate(is_letter[of].view(np.uint8), np.ones((side, side), np.uint8)) > 0
        made[rows] &= ~(is_letter[of] | (around & deep))
        if hollow is not None:
            hollow[rows] = is_area[of] & deep
            made[rows] &= ~hollow[rows]
    return made, hollow


def _depths(inked: npt.NDArray[np.uint8], reach: int) -> Iterator[tuple[slice, npt.NDArray[np.float32]]]:
    """Yield strips of rows with how deep each pixel lies in the ink, right up to a reach: all at once is too much."""
    for first in range(0, len(inked), _STRIP):
        last, low = min(first + _STRIP, len(inked)), max(0, first - reach)
        depth = cv2.distanceTransform(inked[low : last + reach], cv2.DIST_L2, 3)
        yield slice(first, last), np.ascontiguousarray(depth[first - low : last - low], dtype=np.float32)


def _are_letters(
    stats: npt.NDArray[np.int32], deepest: npt.NDArray[np.float32], size: int, px_per_mm: float
) -> npt.NDArray[np.bool_]:
    wide, high, area = (stats[:, column] for column in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    length = area / np.maximum(2 * deepest, 1)
    box = np.hypot(wide, high)
    straight = (length >= _SLIM * 2 * deepest) & (length <= 1.2 * box) & (length >= 0.8 * box)
    made: npt.NDArray[np.bool_] = (
        (np.maximum(wide, high) <= _LETTER_MM * px_per_mm) & (area >= _FULL * wide * high) & ~straight
    )
    made &= np.maximum(wide, high) >= _LARGE * size
    made[0] = False
    return made
