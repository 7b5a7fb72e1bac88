"""Ink told apart: line work that can bound parcels, and all that is only written or drawn beside it."""

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Dark, Ink, Mask

_WEAK, _STRONG = 0.4, 0.6
"""Share of full ink from which a pixel belongs to ink, and which a stroke reaches somewhere."""

_LETTER_MM = 5.0
"""Usual largest size of a letter or of a word whose letters touch."""

_WORD_MM = 10.0
_ROOM_MM = 3.0
"""Smaller side of the smallest closed parcel that stands alone."""

_STROKE = 1.6
"""How much more ink than a straight stroke of its length and width a thin piece may have."""

_BAR_MM = (2.0, 12.0)
_BESIDE_MM = (0.3, 2.0)
_STRIP = 1024


def ink(dark: Dark, px_per_mm: float) -> Ink:
    """Tell line work from marks by connected pieces: long pieces, closed rooms and thin straight strokes are lines.

    Args:
        dark: (H, W) uint8, 0 = paper, 255 = full ink.
        px_per_mm: Pixels per millimetre of paper.

    Returns:
        Lines and marks, (H, W) each and never both; the usual width of a line in pixels.
    """
    weak, strong = levels(dark)
    inked = (dark >= weak).view(np.uint8)
    width = _width(inked)
    _fill_pinholes(inked, width)
    count, label, stats, _ = cv2.connectedComponentsWithStats(inked, connectivity=8, ltype=cv2.CV_32S)
    sure = np.zeros(count, dtype=bool)
    sure[label[dark >= strong]] = True
    sure[0] = False
    line = sure & _line_like(stats, width, px_per_mm)
    drawn = np.concatenate([[0], np.where(line, 1, np.where(sure, 2, 0))[1:]]).astype(np.uint8)[label]
    lines, marks = drawn == 1, drawn == 2
    del drawn
    bars = _bars(label, stats, line, marks, width, px_per_mm)
    for bar in bars.tolist():
        x, y, wide, high = stats[bar, :4].tolist()
        box = np.s_[y : y + high, x : x + wide]
        own = label[box] == bar
        lines[box] &= ~own
        marks[box] |= own
    return Ink(lines, marks, width)


def levels(dark: Dark) -> tuple[int, int]:
    """Return from which darkness a pixel counts as ink, and as surely inked."""
    counts = np.bincount(dark[::2, ::2].ravel(), minlength=256)
    counts[:64] = 0
    total = counts.cumsum()
    full = int(np.searchsorted(total, 0.8 * total[-1])) if total[-1] else 255
    return max(32, round(_WEAK * full)), max(48, round(_STRONG * full))


def _width(inked: npt.NDArray[np.uint8]) -> float:
    """Return the usual width of strokes: across a stroke the mean depth is a quarter of its width and half a pixel."""
    counts = np.zeros(512)
    for first in range(0, len(inked), 2 * _STRIP):
        depth = cv2.distanceTransform(inked[first : first + _STRIP], cv2.DIST_L2, 5)
        counts += np.bincount(np.minimum(depth[depth > 0] * 8, 511).astype(int), minlength=512)
    total = counts.cumsum()
    if not total[-1]:
        return 1.0
    most = min(512, 3 * int(np.searchsorted(total, 0.5 * total[-1])) + 1)  # blots do not count
    return max(1.0, 4 * (float(np.average(np.arange(most), weights=counts[:most])) / 8 - 0.5))


def _fill_pinholes(inked: npt.NDArray[np.uint8], width: float) -> None:
    """Fill holes of paper in ink that are smaller than a line is wide."""
    count, label, stats, _ = cv2.connectedComponentsWithStats(1 - inked, connectivity=4, ltype=cv2.CV_32S)
    tiny = stats[:, cv2.CC_STAT_AREA] <= max(2.0, 0.6 * width**2)
    tiny[0] = False
    if count > 1 and tiny.any():
        inked |= tiny.astype(np.uint8)[label]


def _line_like(stats: npt.NDArray[np.int32], width: float, px_per_mm: float) -> npt.NDArray[np.bool_]:
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    large, small, across = np.maximum(wide, high), np.minimum(wide, high), np.hypot(wide, high)
    thin = (stats[:, cv2.CC_STAT_AREA] <= _STROKE * width * across) & (across >= 3 * width)
    room = (large >= _LETTER_MM * px_per_mm) & (small >= _ROOM_MM * px_per_mm)
    told: npt.NDArray[np.bool_] = (large >= _WORD_MM * px_per_mm) | thin | room
    return told


def _bars(
    label: npt.NDArray[np.int32],
    stats: npt.NDArray[np.int32],
    line: npt.NDArray[np.bool_],
    marks: Mask,
    width: float,
    px_per_mm: float,
) -> npt.NDArray[np.intp]:
    """Return the strokes with writing on both sides all along: bars of fractions, not pieces of boundaries."""
    across = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    thin = stats[:, cv2.CC_STAT_AREA] <= _STROKE * width * across
    some = np.flatnonzero(line & thin & (across >= _BAR_MM[0] * px_per_mm) & (across <= _BAR_MM[1] * px_per_mm))
    reach = np.arange(_BESIDE_MM[0] * px_per_mm, _BESIDE_MM[1] * px_per_mm, max(1.0, width / 2))
    along = np.linspace(0.05, 0.95, 24)
    found = []
    for one in some.tolist():
        x, y, wide, high = stats[one, :4].tolist()
        rows, columns = np.nonzero(label[y : y + high, x : x + wide] == one)
        middle = np.array([columns.mean(), rows.mean()])
        spread = np.linalg.svd(np.column_stack([columns, rows]) - middle, full_matrices=False)[2]
        place = (np.column_stack([columns, rows]) - middle) @ spread[0]
        at = middle + (x, y) + (place.min() + along[:, None] * np.ptp(place)) * spread[0]
        sides = []
        for sign in (-1, 1):
            spots = np.round(at[:, None] + sign * reach[None, :, None] * spread[1]).astype(int)
            inside = ((spots >= 0) & (spots < (marks.shape[1], marks.shape[0]))).all(axis=2)
            spots[~inside] = 0
            sides.append(float((marks[spots[..., 1], spots[..., 0]] & inside).any(axis=1).mean()))
        if min(sides) >= 0.35 and max(sides) >= 0.5:
            found.append(one)
    return np.array(found, dtype=np.intp)
