"""Connected pieces of ink that may be signs or bars: what of a sheet is written, taken apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan import separate
from pipelines.scan.model import Dark, Ink, Mask

Floats = npt.NDArray[np.float64]

SMALLEST_MM, LARGEST_MM = 0.8, 6.0
"""Heights of letters that are looked for: from the smallest one can read to those of names of villages."""

BAR_MM = 1.7
"""Shortest bar of a fraction."""

_LONGEST_MM = 14.0
_BETWEEN = 0.37
"""How far from both ends of its piece, by its height, the bar of a fraction lies; that of a four lies lower."""

_HAIR_MM, _WHOLE_PX = 0.13, 1.25
"""Width of a bar, and from how many pixels on it inks one of them wherever it lies."""

_FAINT = 0.6
"""Share of the darkness of ink that a bar has which falls between two rows of pixels."""

_FRINGE = 0.4
_TWO_ROWS = 1.15
"""How much higher than a usual sign the two rows of a fraction are; a one that lies on its side is lower."""

_SPECK_MM2 = 0.012
_STRIP = 2048


@dataclass(frozen=True, slots=True)
class Pieces:
    """Connected pieces of ink, small enough for signs and bars.

    Attributes:
        points: (n, 2) pixel centres, x before y, piece after piece.
        starts: (k + 1,) where each piece begins in `points`.
        centre: (k, 2) middle of the ink.
        box: (k, 4) left, top, right, bottom.
        long: (k,) length along the main axis, pixels.
        thin: (k,) width across it.
        turn: (k,) direction of the main axis, radians, y down, -pi/2 to pi/2.
    """

    points: npt.NDArray[np.float32]
    starts: npt.NDArray[np.int64]
    centre: Floats
    box: Floats
    long: Floats
    thin: Floats
    turn: Floats

    def __len__(self) -> int:
        return len(self.long)

    def of(self, piece: int) -> npt.NDArray[np.float32]:
        """Return the pixels of a piece, (n, 2)."""
        return self.points[self.starts[piece] : self.starts[piece + 1]]

    def extents(self, chosen: Sequence[int], origin: Floats, turn: float) -> Floats:
        """Return (n, 4) extents of pieces along a direction (least, most) and across it, from a place."""
        axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        made = np.empty((len(chosen), 4))
        for row, piece in enumerate(chosen):
            uv = (self.of(piece) - origin) @ axes
            made[row, 0::2], made[row, 1::2] = uv.min(axis=0) - 0.5, uv.max(axis=0) + 0.5
        return made


def loose(ink: Ink, px_per_mm: float, dark: Dark | None = None) -> Mask:
    """Return the marks of a sheet with what of its lines hangs at no other line: bars of fractions, ones, strokes.

    Args:
        ink: Ink told apart.
        px_per_mm: Resolution.
        dark: (H, W) ink of the sheet, where bars too faint for `ink` are looked for, on sheets whose pixels are coarse.
    """
    count, label, stats, _ = cv2.connectedComponentsWithStats(ink.lines.view(np.uint8), connectivity=8)
    small = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) <= _LONGEST_MM * px_per_mm
    small[0] = False
    kept: Mask = small[label] | ink.marks if count > 1 else ink.marks.copy()
    del label
    if dark is not None and _HAIR_MM * px_per_mm < _WHOLE_PX:
        _add_faint_bars(kept, ink, dark, px_per_mm)
    _free_bars(kept, ink.width_px, px_per_mm)
    return kept


def _add_faint_bars(marks: Mask, ink: Ink, dark: Dark, px_per_mm: float) -> None:
    """Add level and upright strokes that are lighter than ink: a bar thinner than a pixel may fall between two."""
    near = cv2.dilate((marks | ink.lines).view(np.uint8), np.ones((3, 3), np.uint8))
    faint = (dark >= _FAINT * separate.levels(dark)[0]).view(np.uint8)
    length = max(3, round(BAR_MM * px_per_mm))
    for size in ((1, length), (length, 1)):
        run = cv2.morphologyEx(faint, cv2.MORPH_OPEN, np.ones(size, np.uint8))
        count, label, stats, _ = cv2.connectedComponentsWithStats(run, connectivity=8)
        beside = np.bincount(label[near > 0], minlength=count)
        # The fringe of a stroke that is inked lies along it; a bar only touches the writing above and below it.
        bars = (beside < _FRINGE * stats[:, cv2.CC_STAT_AREA]) & (stats[:, 2:4].max(axis=1) <= _LONGEST_MM * px_per_mm)
        bars &= stats[:, 2:4].min(axis=1) <= max(3.0, 2.5 * ink.width_px)
        bars[0] = False
        if bars.any():
            marks |= bars[label]


def _free_bars(marks: Mask, width_px: float, px_per_mm: float) -> None:
    """Part the level bars of fractions from digits that touch them."""
    _, label, stats, _ = cv2.connectedComponentsWithStats(marks.view(np.uint8), connectivity=8)
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    some = (wide >= BAR_MM * px_per_mm) & (wide <= _LONGEST_MM * px_per_mm)
    size = np.maximum(wide, high)[1:]
    signs = size[(size >= SMALLEST_MM * px_per_mm) & (size <= LARGEST_MM * px_per_mm)]
    if not len(signs):
        return
    some &= (high >= _TWO_ROWS * np.median(signs)) & (high <= 2.5 * LARGEST_MM * px_per_mm)
    some[0] = False
    for one in np.flatnonzero(some).tolist():
        x, y, across, tall = stats[one, :4].tolist()
        own = label[y : y + tall, x : x + across] == one
        # A bar is longer than any stroke of a digit, and no thicker than a line.
        rows = np.flatnonzero(own.sum(axis=1) >= max(0.8 * across, BAR_MM * px_per_mm))
        if not len(rows) or np.ptp(rows) + 1 > max(2.5 * width_px, 3) or len(rows) != np.ptp(rows) + 1:
            continue
        # The straight top of a seven, the foot of a two, the bar of a four are none: one has a digit on both sides.
        if not _BETWEEN * tall < rows.mean() < (1 - _BETWEEN) * tall:
            continue
        for edge in (rows[0] - 1, rows[-1] + 1):
            if 0 <= edge < tall:
                marks[y + edge, x : x + across] &= ~own[edge]


def find(marks: Mask, px_per_mm: float) -> Pieces:
    """Return the connected pieces of a mask that could be signs or bars; strip by strip, so that memory stays small."""
    reach = int(_LONGEST_MM * px_per_mm) + 2
    speck = max(2.0, _SPECK_MM2 * px_per_mm**2)
    parts = [_of_strip(marks, top, reach, speck) for top in range(0, marks.shape[0], _STRIP)]
    points = np.concatenate([part[0] for part in parts]) if parts else np.empty((0, 2), np.float32)
    counts = np.concatenate([part[1] for part in parts]) if parts else np.empty(0, np.int64)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return _measured(points, starts)


def _of_strip(marks: Mask, top: int, reach: int, speck: float) -> tuple[Any, Any]:
    """Return pixels and counts of the pieces whose first row lies in a strip."""
    first, last = max(0, top - 1), min(marks.shape[0], top + _STRIP + reach)
    found, labels, stats, _ = cv2.connectedComponentsWithStats(marks[first:last].view(np.uint8), connectivity=8)
    begins = stats[:, cv2.CC_STAT_TOP] + first
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    wanted = (begins >= top) & (begins < top + _STRIP) & (np.maximum(wide, high) <= reach)
    wanted &= stats[:, cv2.CC_STAT_AREA] >= speck
    wanted[0] = False
    place = np.flatnonzero(wanted[labels.ravel()])
    of = labels.ravel()[place]
    order = np.argsort(of, kind="stable")
    rows, columns = np.divmod(place[order], marks.shape[1])
    points = np.column_stack([columns + 0.5, rows + first + 0.5]).astype(np.float32)
    counts = np.bincount(of, minlength=found)[wanted]
    return points, counts


def _measured(points: Any, starts: Any) -> Pieces:
    if len(starts) < 2:
        empty = np.empty(0)
        return Pieces(points, starts, np.empty((0, 2)), np.empty((0, 4)), empty, empty, empty)
    begin, count = starts[:-1], np.diff(starts)
    of = np.repeat(np.arange(len(count)), count)
    centre = np.add.reduceat(points.astype(np.float64), begin) / count[:, None]
    off = points - centre[of]
    xx, yy, xy = (np.add.reduceat(v, begin) for v in (off[:, 0] ** 2, off[:, 1] ** 2, off[:, 0] * off[:, 1]))
    turn = 0.5 * np.arctan2(2 * xy, xx - yy)
    cos, sin = np.cos(turn)[of], np.sin(turn)[of]
    along, across = off[:, 0] * cos + off[:, 1] * sin, off[:, 1] * cos - off[:, 0] * sin
    long, thin = (np.maximum.reduceat(v, begin) - np.minimum.reduceat(v, begin) + 1 for v in (along, across))
    low, high = np.minimum.reduceat(points, begin) - 0.5, np.maximum.reduceat(points, begin) + 0.5
    return Pieces(points, starts, centre, np.hstack([low, high]).astype(np.float64), long, thin, turn)
