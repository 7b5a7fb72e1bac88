"""Ink told apart: line work that can bound parcels, and all that is only written or drawn beside it."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Dark, Ink, Mask

_WEAK, _STRONG = 0.4, 0.6
"""Share of full ink from which a pixel belongs to ink, and which a stroke reaches somewhere."""

Floats = npt.NDArray[np.float64]

_LETTER_MM = 5.0
"""Usual largest size of a letter or of a word whose letters touch."""

_WORD_MM = 10.0
_ROOM_MM = 3.0
"""Smaller side of the smallest closed parcel that stands alone."""

_STROKE = 1.5
"""How much more ink than a straight stroke of its length and width a thin piece may have."""

_SPARSE = 2.2
_BESIDE = 0.5
"""How far the pixels of a straight stroke spread across it, in widths of a line; 0.29 were exact."""

_BOLD_MM, _NEAREST = 0.35, 2.3
_BAR_MM = (2.0, 12.0)
_SIDES_MM = (0.3, 2.0)
_STRIP = 1024
_USUAL = 0.5
"""Share of all strokes, by length, that are as wide as the usual one at least."""


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
    px_per_mm = seen_from(width, px_per_mm)
    _fill_pinholes(inked, width)
    count, label, stats, _ = cv2.connectedComponentsWithStats(inked, connectivity=8, ltype=cv2.CV_32S)
    del inked
    sure = np.zeros(count, dtype=bool)
    sure[label[dark >= strong]] = True
    sure[0] = False
    long = sure & _is_long(stats, width, px_per_mm)
    short = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) <= _BAR_MM[1] * px_per_mm
    strokes = _strokes(label, stats, sure & short, width)
    drawn = np.where(long, 1, np.where(sure, 2, 0)).astype(np.uint8)
    drawn[strokes.label] = 1
    drawn[strokes.label[_are_bars(strokes, drawn[label] == 2, px_per_mm)]] = 2
    told = drawn[label]
    del label
    return Ink(told == 1, told == 2, width)


def seen_from(width: float, px_per_mm: float) -> float:
    """Return pixels per millimetre of the drawing: one in bolder strokes than usual is as one seen from nearer.

    All its letters, hatches and rooms are larger too; and a file that tells a wrong resolution does no harm.
    """
    return min(max(px_per_mm, width / _BOLD_MM), _NEAREST * px_per_mm)


def stroke(dark: Dark) -> float:
    """Return the usual width of strokes in pixels, of any picture of ink."""
    return _width((dark >= levels(dark)[0]).view(np.uint8))


def levels(dark: Dark) -> tuple[int, int]:
    """Return from which darkness a pixel counts as ink, and as surely inked."""
    counts = np.bincount(dark[::2, ::2].ravel(), minlength=256)
    counts[:64] = 0
    total = counts.cumsum()
    full = int(np.searchsorted(total, 0.8 * total[-1])) if total[-1] else 255
    return max(32, round(_WEAK * full)), max(48, round(_STRONG * full))


def _width(inked: npt.NDArray[np.uint8]) -> float:
    """Return the usual width of strokes: across a stroke the mean depth is a quarter of its width and half a pixel.

    A stroke has two pixels of each depth along its length, down to its middle. What is deeper than usual strokes are is
    taken to be of bold ones (a frame, a title), and as much from the depths above it: by length bold ones are few.
    """
    counts = np.zeros((64, 8))
    for first in range(0, len(inked), 2 * _STRIP):
        depth = cv2.distanceTransform(inked[first : first + _STRIP], cv2.DIST_L2, 5)
        counts += np.bincount((8 * np.minimum(depth[depth > 0], 63)).astype(int), minlength=512).reshape(64, 8)
    level = counts.sum(axis=1)
    if not level.any():
        return 1.0
    usual = int(np.flatnonzero(level >= _USUAL * level.max()).max())
    deepest = min(usual + max(1, usual // 2), 62)
    bold = level[deepest + 1] / np.maximum(level[: deepest + 1], 1)
    plain = counts[: deepest + 1] * np.maximum(1 - bold, 0)[:, None]
    plain = plain if plain.any() else counts  # one blot
    return max(1.0, 4 * (float(np.average(np.arange(plain.size), weights=plain.ravel())) / 8 - 0.5))


def _fill_pinholes(inked: npt.NDArray[np.uint8], width: float) -> None:
    """Fill holes of paper in ink that are smaller than a line is wide."""
    count, label, stats, _ = cv2.connectedComponentsWithStats(1 - inked, connectivity=4, ltype=cv2.CV_32S)
    tiny = stats[:, cv2.CC_STAT_AREA] <= max(2.0, 0.6 * width**2)
    tiny[0] = False
    if count > 1 and tiny.any():
        inked |= tiny.astype(np.uint8)[label]


def _is_long(stats: npt.NDArray[np.int32], width: float, px_per_mm: float) -> npt.NDArray[np.bool_]:
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    large, small = np.maximum(wide, high), np.minimum(wide, high)
    room = (large >= _LETTER_MM * px_per_mm) & (small >= _ROOM_MM * px_per_mm)
    sparse = stats[:, cv2.CC_STAT_AREA] <= _SPARSE * width * np.hypot(wide, high)  # a stroke or two, not a word
    told: npt.NDArray[np.bool_] = (large >= _WORD_MM * px_per_mm) | room | (sparse & (large >= _LETTER_MM * px_per_mm))
    return told


@dataclass(frozen=True, slots=True)
class _Strokes:
    """Thin straight pieces: their label, middle, direction, length."""

    label: npt.NDArray[np.intp]
    middle: Floats
    along: Floats
    length: Floats


def _strokes(
    label: npt.NDArray[np.int32], stats: npt.NDArray[np.int32], some: npt.NDArray[np.bool_], width: float
) -> _Strokes:
    """Return the pieces among some that are straight strokes, by how their pixels spread along and across."""
    across = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    some = some & (stats[:, cv2.CC_STAT_AREA] <= _STROKE * width * across) & (across >= 3 * width)
    pixel = np.flatnonzero(some[label])
    number = label.ravel()[pixel]
    y, x = np.divmod(pixel, label.shape[1])
    chosen = np.flatnonzero(some)
    size = np.bincount(number, minlength=len(some))[chosen]
    middle = np.column_stack([np.bincount(number, axis, minlength=len(some))[chosen] for axis in (x, y)])
    middle = middle / np.maximum(size, 1)[:, None]
    place = np.searchsorted(chosen, number)
    x, y = x - middle[place, 0], y - middle[place, 1]
    xx, xy, yy = (np.bincount(place, one * two, minlength=len(chosen)) / np.maximum(size, 1)
                  for one, two in ((x, x), (x, y), (y, y)))  # fmt: skip
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    beside = np.sqrt(np.maximum((xx + yy - np.hypot(xx - yy, 2 * xy)) / 2, 0))
    straight = beside <= _BESIDE * width
    along = np.column_stack([np.cos(angle), np.sin(angle)])
    return _Strokes(chosen[straight], middle[straight], along[straight], across[chosen[straight]])


def _are_bars(strokes: _Strokes, marks: Mask, px_per_mm: float) -> npt.NDArray[np.bool_]:
    """Tell the strokes with writing on both sides all along: bars of fractions, not pieces of boundaries."""
    made = (strokes.length >= _BAR_MM[0] * px_per_mm) & (strokes.length <= _BAR_MM[1] * px_per_mm)
    some = np.flatnonzero(made)
    along = np.linspace(-0.45, 0.45, 24)[:, None]
    reach = np.arange(_SIDES_MM[0] * px_per_mm, _SIDES_MM[1] * px_per_mm)[:, None]
    ahead = strokes.along[some]
    side = np.column_stack([-ahead[:, 1], ahead[:, 0]])
    on = strokes.middle[some, None] + along * (strokes.length[some, None] * ahead)[:, None]
    written = []
    for sign in (-1.0, 1.0):
        spots = np.round(on[:, :, None] + sign * reach * side[:, None, None]).astype(np.int64)
        inside = ((spots >= 0) & (spots < (marks.shape[1], marks.shape[0]))).all(axis=3)
        spots[~inside] = 0
        written.append((marks[spots[..., 1], spots[..., 0]] & inside).any(axis=2).mean(axis=1))
    made[some] = (np.minimum(*written) >= 0.35) & (np.maximum(*written) >= 0.5)
    return made
