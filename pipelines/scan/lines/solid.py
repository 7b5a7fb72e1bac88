"""Ink too thick for a line: of a filled area the rim alone is line work."""

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Mask

_THICK = 2.5
"""From so many widths of a line on ink is no line of the usual kind."""

_AREA_MM = 3.0
"""A filled area is wider than this somewhere; a bold letter or a bold line is not."""

_STRIP = 1024


def thinned(lines: Mask, width: float, px_per_mm: float) -> tuple[Mask, Mask | None]:
    """Return the line work with filled areas hollowed, and the inside of these areas.

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
    count, label = cv2.connectedComponents(thick, connectivity=8, ltype=cv2.CV_32S)
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
    if not is_area.any():
        return lines, None
    made, hollow = lines.copy(), np.zeros(lines.shape, dtype=bool)
    for rows, depth in _depths(inked, reach):
        hollow[rows] = is_area[label[rows]] & (depth > width)
        made[rows] &= ~hollow[rows]
    return made, hollow


def _depths(inked: npt.NDArray[np.uint8], reach: int) -> Iterator[tuple[slice, npt.NDArray[np.float32]]]:
    """Yield strips of rows with how deep each pixel lies in the ink, right up to a reach: all at once is too much."""
    for first in range(0, len(inked), _STRIP):
        last, low = min(first + _STRIP, len(inked)), max(0, first - reach)
        depth = cv2.distanceTransform(inked[low : last + reach], cv2.DIST_L2, 3)
        yield slice(first, last), np.ascontiguousarray(depth[first - low : last - low], dtype=np.float32)
