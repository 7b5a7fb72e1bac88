"""The line work of a town: courts and lawns however small, the outline of buildings full of strokes."""

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.lines import rings
from pipelines.scan.model import Ink, Mask

Bits = npt.NDArray[np.uint8]

_SLIM = 2.5
"""How many times the ink of the outline of its box, drawn in the usual line, a small closed shape may have."""

_STROKES_MM = 0.9
"""Widest distance of the strokes a building is filled with."""

_HELD = 0.7
"""Share of the paper between strokes that is closed in by them, and of each room of it that lies between them."""

_FILLED_MM = 2.0
"""What strokes fill is wider than this; two lines with a sidewalk between them are not."""


def drawn(lines: Mask, ink: Ink, px_per_mm: float) -> Mask:
    """Return the line work that bounds the faces of a town.

    Args:
        lines: (H, W) line work inside the frame, filled areas hollowed.
        ink: The ink of the sheet told apart.
        px_per_mm: Pixels per millimetre.
    """
    made = lines | _closed(ink.marks, ink.width_px, px_per_mm)
    made &= ~_stroked(made, ink.width_px, px_per_mm)
    return made


def _closed(marks: Mask, width: float, px_per_mm: float) -> Mask:
    """Return the marks that are thin outlines of something larger than what a letter holds: small courts and lawns."""
    count, label, stats, _ = cv2.connectedComponentsWithStats(marks.view(np.uint8), connectivity=8, ltype=cv2.CV_32S)
    box = stats[:, cv2.CC_STAT_WIDTH].astype(np.float64) * stats[:, cv2.CC_STAT_HEIGHT]
    rim = 2.0 * (stats[:, cv2.CC_STAT_WIDTH] + stats[:, cv2.CC_STAT_HEIGHT])
    some = (box >= rings.LEAST_MM2 * px_per_mm**2) & (stats[:, cv2.CC_STAT_AREA] <= _SLIM * width * rim)
    some[0] = False
    # Paper that is held by one of them alone: the largest hole tells.
    held = np.zeros(count)
    for place in np.flatnonzero(some):
        x, y, wide, high = stats[place, :4]
        own = (label[y : y + high, x : x + wide] != place).astype(np.uint8)
        own = cv2.copyMakeBorder(own, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
        _, room, sizes, _ = cv2.connectedComponentsWithStats(own, connectivity=4, ltype=cv2.CV_32S)
        sizes[[0, room[0, 0]], cv2.CC_STAT_AREA] = 0  # its ink, and what lies around it
        held[place] = sizes[:, cv2.CC_STAT_AREA].max()
    made: Mask = (held >= rings.LEAST_MM2 * px_per_mm**2)[label]
    return made


def _stroked(lines: Mask, width: float, px_per_mm: float) -> Mask:
    """Return the inside of buildings filled with strokes: their outline alone is line work.

    What is filled is where ink is near everywhere and the paper between is closed in; of a street with its name between
    two kerbs it goes on.
    """
    near, wide = (round(side * px_per_mm) | 1 for side in (_STROKES_MM, _FILLED_MM))
    inked = lines.view(np.uint8)
    full = cv2.morphologyEx(inked, cv2.MORPH_CLOSE, np.ones((near, near), np.uint8))
    full = cv2.morphologyEx(full, cv2.MORPH_OPEN, np.ones((wide, wide), np.uint8))
    count, label = cv2.connectedComponents(full, connectivity=8, ltype=cv2.CV_32S)
    within = np.flatnonzero(full & ~inked)
    rooms, room, stats, _ = cv2.connectedComponentsWithStats(1 - inked, connectivity=4, ltype=cv2.CV_32S)
    held = np.bincount(room.ravel()[within], minlength=rooms) >= _HELD * stats[:, cv2.CC_STAT_AREA]
    owner, held = label.ravel()[within], held[room.ravel()[within]]
    share = np.bincount(owner, held, minlength=count) / np.maximum(np.bincount(owner, minlength=count), 1)
    rim = 2 * round(width) + 1
    chosen = (share >= _HELD)[label].astype(np.uint8) & full
    made: Mask = cv2.erode(chosen, np.ones((rim, rim), np.uint8)) > 0
    return made
