"""Circles around numbers: drawn as lines, but signs. What stands in them belongs to the parcel around."""

import cv2
import numpy as np

from pipelines.scan.model import Mask

_MM = (2.0, 9.0)
"""Diameter of a circle around a number: the smallest digit fits in, and no five digits need more."""

_ROUND = 0.12
"""How much wider than high a circle may be."""

_BINS, _CLOSED = 36, 34
"""Directions a circle is looked at in, and in how many of them there is ink."""

_WRITTEN_MM2 = 0.3
"""Ink of the thinnest digit."""


def without(lines: Mask, marks: Mask, width_px: float, px_per_mm: float) -> Mask:
    """Return lines without circles that stand free and have writing in them.

    Args:
        lines: (H, W) ink of lines.
        marks: (H, W) ink of what is written.
        width_px: Usual width of a line.
        px_per_mm: Pixels per millimetre.
    """
    _, label, stats, _ = cv2.connectedComponentsWithStats(lines.view(np.uint8), connectivity=8)
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    size = np.maximum(wide, high)
    like = (size >= _MM[0] * px_per_mm) & (size <= _MM[1] * px_per_mm) & (np.abs(wide - high) <= _ROUND * size)
    like[0] = False
    made = lines
    for one in np.flatnonzero(like).tolist():
        left, top, w, h = stats[one, :4].tolist()
        box = np.s_[top : top + h, left : left + w]
        drawn = label[box] == one
        y, x = np.indices(drawn.shape) + 0.5
        away = np.hypot((x - w / 2) * h / w, y - h / 2)
        # A circle has its ink in a band as wide as its line is, all around.
        inner = h / 2 - 2.5 * width_px - 1
        turn = np.arctan2(y - h / 2, x - w / 2)[drawn]
        closed = np.unique(np.floor((turn / np.pi + 1) / 2 * _BINS * 0.999999).astype(int))
        if away[drawn].min() < inner or len(closed) < _CLOSED:
            continue
        if np.count_nonzero(marks[box] & (away < inner)) < _WRITTEN_MM2 * px_per_mm**2:
            continue
        made = lines.copy() if made is lines else made
        made[box][drawn] = False
    return made
