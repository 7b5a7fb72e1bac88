"""Connected pieces of ink that may be signs or bars: what of a sheet is written, taken apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipelines.scan.lines import separate
from pipelines.scan.model import Dark, Ink, Mask

Floats = npt.NDArray[np.float64]

SMALLEST_MM, LARGEST_MM = 0.8, 6.0
"""Heights of letters that are looked for: from the smallest one can read to those of names of villages."""

BAR_MM = 1.7
"""Shortest bar of a fraction."""

_LONGEST_MM = 14.0
_HAIR_MM, _WHOLE_PX = 0.13, 1.25
"""Width of a bar, and from how many pixels on it inks one of them wherever it lies."""

_FAINT = 0.6
"""Share of the darkness of ink that a bar has which falls between two rows of pixels."""

_FRINGE = 0.4
_BAR_SIGNS = 1.45
"""How much longer than a usual sign is high a bar is at least; no stroke of a digit is as long."""

_BAR_THICK = 0.2
"""How thick a bar is at most, by the height of a sign; digits grown together have rows of ink that are thicker."""

_WHOLE_BAR, _GAP_PX = 0.8, 2.5
"""Share of its piece that a bar runs along without a gap of so many pixels."""

_SHRED = 0.15
"""What is left beside a bar and is lower, by the height of a sign, is its own rough edge."""

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


def of_sheet(ink: Ink, px_per_mm: float, dark: Dark | None = None) -> Pieces:
    """Return the pieces of a sheet that could be signs or bars: marks, and of lines what hangs at no other line.

    Bars are parted from the digits that touch them.

    Args:
        ink: Ink told apart.
        px_per_mm: Resolution.
        dark: (H, W) ink of the sheet, where bars too faint for `ink` are looked for, on sheets whose pixels are coarse.
    """
    marks = ink.marks
    if dark is not None and _HAIR_MM * px_per_mm < _WHOLE_PX:
        marks = _with_faint_bars(ink, dark, px_per_mm)
    return parted(find(px_per_mm, marks, ink.lines), px_per_mm)


def _with_faint_bars(ink: Ink, dark: Dark, px_per_mm: float) -> Mask:
    """Return the marks with level and upright strokes lighter than ink: a thin bar may fall between two pixels."""
    marks = ink.marks.copy()
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
    return marks


def find(px_per_mm: float, *masks: Mask) -> Pieces:
    """Return the connected pieces of masks, each for itself, that are neither dust nor larger than a label."""
    most, speck = int(_LONGEST_MM * px_per_mm) + 2, max(2.0, _SPECK_MM2 * px_per_mm**2)
    points, counts = zip(*(_connected(mask, most, speck) for mask in masks), strict=True)
    return _measured(np.concatenate(points), np.concatenate(counts))


def _connected(mask: Mask, most: int, speck: float) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return pixels and sizes of the pieces of a mask: runs of ink along the rows, joined where they meet."""
    row, first, end = _runs(mask)
    if not len(row):
        return np.empty((0, 2), np.float32), np.empty(0, np.int64)
    wide = mask.shape[1] + 2
    low = np.searchsorted(row * wide + end, (row + 1) * wide + first, side="left")
    high = np.searchsorted(row * wide + first, (row + 1) * wide + end, side="right")
    count = np.maximum(high - low, 0)
    above = np.repeat(np.arange(len(row)), count)
    below = np.repeat(low - np.cumsum(count) + count, count) + np.arange(len(above))
    graph = coo_array((np.ones(len(above), dtype=np.int8), (above, below)), shape=(len(row), len(row)))
    number, piece = connected_components(graph, directed=False)
    order = np.argsort(piece, kind="stable")
    starts = np.searchsorted(piece[order], np.arange(number))
    row, first, end = row[order], first[order], end[order]
    spans = (np.maximum.reduceat(part, starts) - np.minimum.reduceat(other, starts)
             for part, other in ((row + 1, row), (end, first)))  # fmt: skip
    size = np.add.reduceat(end - first, starts)
    wanted = (np.maximum(*spans) <= most) & (size >= speck)
    kept = wanted[piece[order]]
    row, first, length = row[kept], first[kept], (end - first)[kept]
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    points = np.column_stack([np.repeat(first, length) + within + 0.5, np.repeat(row, length) + 0.5])
    return points.astype(np.float32), size[wanted]


def _runs(mask: Mask) -> tuple[npt.NDArray[np.int64], ...]:
    """Return row, first column and the column after the last of every run of ink, in the order of reading."""
    width, found = mask.shape[1], list[npt.NDArray[np.int64]]()
    for top in range(0, mask.shape[0], _STRIP):
        part = mask[top : top + _STRIP]
        change = np.empty((len(part), width + 1), dtype=bool)
        change[:, 0], change[:, width] = part[:, 0], part[:, -1]
        np.not_equal(part[:, 1:], part[:, :-1], out=change[:, 1:width])
        found.append(np.flatnonzero(change) + top * (width + 1))
    row, column = np.divmod(np.concatenate(found) if found else np.empty(0, np.int64), width + 1)
    return row[::2], column[::2], column[1::2]


def parted(found: Pieces, px_per_mm: float) -> Pieces:
    """Return the pieces with bars parted from the digits that touch them, however they are turned.

    Args:
        found: Pieces of a sheet.
        px_per_mm: Resolution.
    """
    size = np.maximum(found.box[:, 2] - found.box[:, 0], found.box[:, 3] - found.box[:, 1])
    signs = size[(size >= SMALLEST_MM * px_per_mm) & (size <= LARGEST_MM * px_per_mm)]
    if not len(signs):
        return found
    usual = float(np.median(signs))
    thick = max(_BAR_THICK * usual, 3.0)
    least = max(BAR_MM * px_per_mm, _BAR_SIGNS * usual)
    some = (size >= least) & (found.thin > max(thick, 0.5 * usual))
    points = [found.of(piece) for piece in range(len(found))]
    made = {one: _without_bar(points[one], least, thick, usual) for one in np.flatnonzero(some).tolist()}
    if not any(made.values()):
        return found
    points = [part for one, whole in enumerate(points) for part in (made.get(one) or [whole])]
    return _measured(np.concatenate(points), np.array([len(part) for part in points]))


def _without_bar(
    points: npt.NDArray[np.float32], least: float, thick: float, usual: float
) -> list[npt.NDArray[np.float32]]:
    """Return the bar in a piece and what is left of it on both sides; nothing where no bar runs through it."""
    off = points - points.mean(axis=0)
    turn = _straightest(off, np.radians(np.arange(-90.0, 90.0, 1.5)))
    turn = _straightest(off, turn + np.radians(np.arange(-1.5, 1.6, 0.25)))
    u, v = (off @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])).T
    row = np.floor(v - v.min()).astype(np.int64)
    inked = np.bincount(row)
    peak = int(inked.argmax())
    length = float(np.ptp(u[row == peak])) + 1
    steps = np.diff(np.sort(u[np.abs(row - peak) <= 1]), prepend=u.min(), append=u.max())
    if length < least or steps[1:-1].max(initial=0) > _GAP_PX or steps.max() > (1 - _WHOLE_BAR) * np.ptp(u):
        return []
    gaps = np.flatnonzero(inked < 0.5 * length)
    low, high = gaps[gaps < peak].max(initial=-1) + 1, gaps[gaps > peak].min(initial=len(inked))
    if high - low > thick + 1:
        return []
    at = v - v.min()
    is_bar = (at >= low) & (at < high)
    beside = (at < low - 0.5) | (at >= high + 0.5)
    spots = (points[beside] - 0.5).astype(np.int64)
    if not len(spots):
        return []
    start = spots.min(axis=0)
    picture = np.zeros(np.ptp(spots, axis=0)[::-1] + 1, dtype=np.uint8)
    picture[spots[:, 1] - start[1], spots[:, 0] - start[0]] = 1
    _, label = cv2.connectedComponents(picture, connectivity=8)
    of = label[spots[:, 1] - start[1], spots[:, 0] - start[0]]
    across = [(part, float(np.ptp(at[beside][of == part])) + 1) for part in range(1, int(of.max()) + 1)]
    kept = [part for part, tall in across if tall >= _SHRED * usual]
    return [points[is_bar], *(points[beside][of == part] for part in kept)] if kept else []


def _straightest(off: npt.NDArray[np.float32], turns: npt.NDArray[np.float64]) -> Any:
    """Return the one of some directions along which most ink lies in two rows of pixels."""
    some = off[:: max(1, len(off) // 600)]
    across = np.outer(np.cos(turns), some[:, 1]) - np.outer(np.sin(turns), some[:, 0])
    row = np.floor(across - across.min()).astype(np.int64)
    rows = int(row.max()) + 2
    inked = np.bincount((row + np.arange(len(turns))[:, None] * rows).ravel(), minlength=len(turns) * rows)
    table = inked.reshape(len(turns), rows)
    return turns[(table[:, 1:] + table[:, :-1]).max(axis=1).argmax()]


def _measured(points: Any, counts: Any) -> Pieces:
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
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
