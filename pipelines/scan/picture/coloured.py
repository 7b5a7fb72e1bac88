"""Whether coloured ink that was left out is drawing: lines and numbers, no seal, signature or wash.

Silence is earned, piece by piece: what is in a seal, scrawled like a signature, filled like a wash or outside the frame
is lost without harm. All the rest may be boundaries, canals or numbers.
"""

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Points
from pipelines.scan.picture import colours

_SEAL_MM = (9.0, 27.0)
"""Radius of a seal: they have 36 mm across, the smallest of offices 20 mm."""

_RING, _RING_MM, _RIM_MM = 0.8, 1.0, 1.2
_MOST_CENTRES = 6
_SEAL_INK = 0.08
"""Share of a seal that is inked at least: its letters and star. A round pond with a number in it has less."""

_WASH_MM = 2.5
"""What is so thick is no line of a map: a wash, or the stroke of a highlighter."""

_SPECK_MM = 0.6
_GAP_MM = 1.2
_LETTERS_MM = 6.0
_SIGNATURE_MM = 90.0
_WINDING = 2.2
"""A signature is drawn so many times longer than it is large; a boundary or a creek hardly longer."""

_SIGNATURES, _STROKE_MM = 3, 10.0
"""So many signatures stand on a sheet at most, each with a stroke so large."""

_STRAIGHT_MM, _STRAIGHT = 6.0, 0.3
_LINE_MM = 8.0
"""One coloured line so long is told, however little of the ink it is."""

_LETTER_MM, _NUMBERS = 1.5, 4
"""So many coloured pieces as large as a letter are told, too: numbers of parcels."""

_MUCH = 0.01
"""Share of the ink in small pieces that is told: beyond specks. A black sheet has next to none."""


def drawn(left: npt.NDArray[np.uint8], corners: Points | None, px_per_mm: float, share: float) -> float:
    """Return the share of the ink of a sheet that is drawn in colour and was left out; 0 where that is nothing.

    Args:
        left: (h, w) bits of the colours that were left out, see `colours.Left`.
        corners: (4, 2) corners of the frame in its pixels; None, or NaN, where it has none.
        px_per_mm: Pixels of the mask per millimetre.
        share: Share of all ink of the sheet that was left out.
    """
    total = int((left > 0).sum())
    inside = np.ones_like(left)
    if corners is not None and np.isfinite(corners).all():
        inside = cv2.fillConvexPoly(np.zeros_like(left), np.round(corners).astype(np.int32), (1,)).astype(np.uint8)
    kept, letters, longest = 0, 0, 0.0
    # A red seal and the blue signature across it are two things.
    for bit in colours.BITS:
        ink = ((left & bit) > 0).astype(np.uint8) & inside
        if ink.any():
            one = _pieces(_without_washes(_without_seals(ink, px_per_mm), px_per_mm), px_per_mm)
            kept, letters, longest = kept + one[0], letters + one[1], max(longest, one[2])
    part = share * min(kept / max(total, 1), 1.0)
    is_told = part > _MUCH or letters >= _NUMBERS or longest >= _LINE_MM * px_per_mm
    return part if is_told else 0.0


def _without_seals(ink: npt.NDArray[np.uint8], px_per_mm: float) -> npt.NDArray[np.uint8]:
    """Return ink without what lies in round seals."""
    low, high = (round(radius * px_per_mm) for radius in _SEAL_MM)
    near = round(1.5 * px_per_mm) | 1
    count, _, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(ink, np.ones((near, near), np.uint8)))
    out = ink.copy()
    for left, top, wide, high_px, _ in stats[1:count].tolist():
        if min(wide, high_px) < 2 * low:
            continue
        part = ink[top : top + high_px, left : left + wide]
        soft = cv2.GaussianBlur(part * 255, (0, 0), max(0.25 * px_per_mm, 0.8))
        found = cv2.HoughCircles(
            soft, cv2.HOUGH_GRADIENT, 1.5, low, param1=100, param2=25, minRadius=low, maxRadius=high
        )
        for x, y, _ in [] if found is None else found.reshape(-1, 3)[:_MOST_CENTRES].tolist():
            radius = _seal(part, x, y, px_per_mm)
            if radius is not None:
                cv2.circle(out, (left + round(x), top + round(y)), round(radius + _RIM_MM * px_per_mm), (0,), -1)
                break
    return out


def _seal(part: npt.NDArray[np.uint8], x: float, y: float, px_per_mm: float) -> float | None:
    """Return the radius of the outermost ring around a place, in pixels; None where that is no seal."""
    rows, columns = np.nonzero(part)
    away = np.hypot(columns - x, rows - y)
    turns = np.degrees(np.arctan2(rows - y, columns - x)).astype(int) // 5
    best = None
    for radius in np.arange(_SEAL_MM[0], _SEAL_MM[1], 0.5 * _RING_MM) * px_per_mm:
        on_ring = np.abs(away - radius) <= _RING_MM * px_per_mm / 2
        inked = float((away < radius).sum()) / (np.pi * radius**2)
        if len(np.unique(turns[on_ring])) >= _RING * 72 and inked >= _SEAL_INK:
            best = float(radius)
    return best


def _without_washes(ink: npt.NDArray[np.uint8], px_per_mm: float) -> npt.NDArray[np.uint8]:
    """Return ink without filled areas, and what hangs on their rim."""
    side = max(3, round(_WASH_MM * px_per_mm))
    thick = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    rim = round(px_per_mm) | 1
    return np.where(cv2.dilate(thick, np.ones((rim, rim), np.uint8)) > 0, 0, ink).astype(np.uint8)


def _pieces(ink: npt.NDArray[np.uint8], px_per_mm: float) -> tuple[int, int, float]:
    """Return how many pixels of ink are drawing, in how many pieces of a letter's size, and how long the longest is."""
    # Where a black line crosses it the coloured one has a gap.
    gap = round(_GAP_MM * px_per_mm) | 1
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(ink, np.ones((gap, gap), np.uint8)))
    if count == 1:
        return 0, 0, 0.0
    stats[:, cv2.CC_STAT_AREA] = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=count)
    stats[:, 2:4] = np.maximum(stats[:, 2:4] - (gap - 1), 1)
    size = np.hypot(stats[:, 2], stats[:, 3])
    is_kept = size >= _SPECK_MM * px_per_mm
    is_kept[0] = False
    longest, scrawled = 0.0, list[int]()
    for piece in np.flatnonzero(is_kept & (size >= _LETTERS_MM * px_per_mm)).tolist():
        left, top, wide, high = (stats[piece, :4] + (0, 0, gap - 1, gap - 1)).tolist()
        box = (slice(top, top + high), slice(left, left + wide))
        mine = ((labels[box] == piece) & (ink[box] > 0)).astype(np.uint8)
        if size[piece] <= _SIGNATURE_MM * px_per_mm and _is_scrawled(mine, float(size[piece]), px_per_mm):
            scrawled.append(piece)
        else:
            longest = max(longest, float(size[piece]))
    # More of them than people sign are something else.
    is_kept[scrawled] = len(scrawled) > _SIGNATURES
    letters = int((is_kept & (size >= _LETTER_MM * px_per_mm)).sum())
    return int(stats[is_kept, 4].sum()), letters, longest


def _is_scrawled(mine: npt.NDArray[np.uint8], size: float, px_per_mm: float) -> bool:
    """Tell whether a piece winds about itself and has no straight runs, as a signature does."""
    depth = cv2.distanceTransform(cv2.copyMakeBorder(mine, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0,)), cv2.DIST_L2, 3)
    width = max(2.0 * float(np.percentile(depth[depth > 0], 90)), 1.0)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mine, connectivity=8)
    # A label is as winding, but of letters, each by itself.
    stroke = float(np.hypot(stats[1:, 2], stats[1:, 3]).max())
    if mine.sum() / width < _WINDING * size or stroke < _STROKE_MM * px_per_mm:
        return False
    found = cv2.HoughLinesP(mine * 255, 1, np.pi / 180, round(0.7 * _STRAIGHT_MM * px_per_mm), None,
                            _STRAIGHT_MM * px_per_mm, 1.0)  # fmt: skip
    straight = np.zeros_like(mine)
    for x, y, end_x, end_y in [] if found is None else found.reshape(-1, 4).tolist():
        cv2.line(straight, (x, y), (end_x, end_y), (1,), round(width) + 1)
    return float((straight & mine).sum()) < _STRAIGHT * float(mine.sum())
