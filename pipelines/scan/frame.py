"""The frame of a sheet and its grid crosses, to a part of a pixel.

The frame is the rectangle of the longest lines: of nested ones the inner. Where the paper bent its sides, each corner
is where the ends of its two sides meet, not where straight lines through whole sides would.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.scan import crosses, sides, upright
from pipelines.scan.model import Dark, Frame, Points
from pipelines.scan.straight import Coarse, Line, coarse, lines

_DRAWN = 0.72
"""Share of a side that is drawn at least."""

_SMALLEST = 0.3
"""Side of a frame, as a share of the page."""

_GRID_MM = 100.0
_GRID_OFF = 0.006
_NEST_MM = 32.0
_END_MM = 12.0


@dataclass(frozen=True, slots=True)
class _Box:
    """A rectangle of four lines (or fewer), coarse pixels: `left`, `top`, `right`, `bottom`; None where cut off."""

    left: Line | None
    top: Line | None
    right: Line | None
    bottom: Line | None
    bounds: tuple[float, float, float, float]
    drawn: float
    loose_mm: float


def find(dark: Dark, px_per_mm: float) -> Frame | None:
    """Return the frame of a sheet; None where there is none.

    Args:
        dark: (H, W) ink.
        px_per_mm: Resolution; may be a guess wrong by a few percent.
    """
    small = coarse(dark, px_per_mm)
    boxes = _boxes(small)
    box = _inner(boxes, small.per_mm)
    others = _others(boxes, box) if box is not None else 0
    box = box or _cut(small)
    if box is None:
        return None
    corners = _corners(dark, small, box, px_per_mm)
    if np.isfinite(corners).all(axis=1).sum() == 0:
        return None
    quarter = upright.quarter(dark, corners, small.turn_deg, px_per_mm)
    corners = np.roll(corners, -quarter, axis=0)
    turn = (small.turn_deg + 90.0 * quarter + 180.0) % 360.0 - 180.0
    turn = 180.0 if turn == -180.0 else turn
    found, spacing = crosses.find(dark, corners, turn, px_per_mm)
    return Frame(corners, found, turn, spacing, others)


def _boxes(small: Coarse) -> list[_Box]:
    """Return all rectangles whose four sides are drawn."""
    across, down = lines(small.ink, small.per_mm), lines(small.ink.T, small.per_mm)
    height, width = small.ink.shape
    made = []
    for first, second in itertools.combinations(sorted(across, key=lambda line: line.middle), 2):
        if second.middle - first.middle < _SMALLEST * min(height, width):
            continue
        for third, fourth in itertools.combinations(sorted(down, key=lambda line: line.middle), 2):
            if fourth.middle - third.middle < _SMALLEST * min(height, width):
                continue
            bounds = (third.middle, first.middle, fourth.middle, second.middle)
            shares = [line.share(third.middle, fourth.middle) for line in (first, second)]
            shares += [line.share(first.middle, second.middle) for line in (third, fourth)]
            if min(shares) >= _DRAWN:
                made.append(_Box(third, first, fourth, second, bounds, min(shares), _loose(
                    (third, first, fourth, second), bounds, small.per_mm)))  # fmt: skip
    return made


def _loose(four: tuple[Line, ...], bounds: tuple[float, ...], per_mm: float) -> float:
    """Return how far the ends of four lines are from the corners, mm in all."""
    left, top, right, bottom = bounds
    spans = ((top, bottom), (left, right), (top, bottom), (left, right))
    ends = [abs(line.first - span[0]) + abs(line.last - span[1]) for line, span in zip(four, spans, strict=True)]
    return sum(min(end / per_mm, 2 * _END_MM) for end in ends)


def _inner(boxes: list[_Box], per_mm: float) -> _Box | None:
    """Return the inner frame: the largest rectangle in whole decimetres, else the best closed one of the outermost."""
    if not boxes:
        return None
    whole = [box for box in boxes if _is_whole(box, per_mm)]
    if whole:
        largest = max(_area(box) for box in whole)
        return min((box for box in whole if _area(box) > 0.97 * largest), key=lambda box: box.loose_mm - 20 * box.drawn)
    largest = max(_area(box) for box in boxes)
    outer = min((box for box in boxes if _area(box) > 0.985 * largest), key=lambda box: box.loose_mm)
    nested = [box for box in boxes if all(0 <= gap <= _NEST_MM * per_mm for gap in _gaps(outer, box))]
    # The lines of one frame keep the same distance on all four sides.
    even = [box for box in nested if max(_gaps(outer, box)) - min(_gaps(outer, box)) <= 3.0 * per_mm]
    return min(even or [outer], key=_area)


def _gaps(outer: _Box, inner: _Box) -> tuple[float, ...]:
    signs = (1, 1, -1, -1)
    return tuple(sign * (there - here) for sign, here, there in zip(signs, outer.bounds, inner.bounds, strict=True))


def _is_whole(box: _Box, per_mm: float) -> bool:
    left, top, right, bottom = box.bounds
    cells = np.array([right - left, bottom - top]) / per_mm / _GRID_MM
    near = np.maximum(np.round(cells), 1)
    return bool((np.abs(cells / near - 1) <= _GRID_OFF).all() and near.min() >= 2)


def _area(box: _Box) -> float:
    left, top, right, bottom = box.bounds
    return (right - left) * (bottom - top)


def _others(boxes: list[_Box], chosen: _Box) -> int:
    """Return the number of frames beside the chosen one: rectangles that do not overlap it, nor each other."""
    apart: list[_Box] = [chosen]
    for box in sorted(boxes, key=_area, reverse=True):
        if _area(box) > 0.3 * _area(chosen) and all(_is_apart(box, other) for other in apart):
            apart.append(box)
    return len(apart) - 1


def _is_apart(one: _Box, other: _Box) -> bool:
    left, top = max(one.bounds[0], other.bounds[0]), max(one.bounds[1], other.bounds[1])
    right, bottom = min(one.bounds[2], other.bounds[2]), min(one.bounds[3], other.bounds[3])
    return (right - left) < 0.05 * (one.bounds[2] - one.bounds[0]) or (bottom - top) < 0.05 * (
        one.bounds[3] - one.bounds[1]
    )


def _cut(small: Coarse) -> _Box | None:
    """Return what is left of a frame that the edge of the page cuts: long lines that meet in a corner."""
    across, down = lines(small.ink, small.per_mm), lines(small.ink.T, small.per_mm)
    reach = 2.0 * small.per_mm
    meets = [
        (min(row.last - row.first, column.last - column.first), row, column)
        for row in across for column in down
        if min(abs(row.first - column.middle), abs(row.last - column.middle)) <= reach
        and min(abs(column.first - row.middle), abs(column.last - row.middle)) <= reach
    ]  # fmt: skip
    if not meets:
        return None
    _, row, column = max(meets, key=lambda meet: meet[0])
    is_left = abs(row.first - column.middle) <= reach
    is_top = abs(column.first - row.middle) <= reach
    far_column = next((c for _, r, c in meets if r is row and abs(c.middle - column.middle) > 100 * reach), None)
    far_row = next((r for _, r, c in meets if c is column and abs(r.middle - row.middle) > 100 * reach), None)
    left, right = (column, far_column) if is_left else (far_column, column)
    top, bottom = (row, far_row) if is_top else (far_row, row)
    return _Box(left, top, right, bottom, (math.nan,) * 4, 0.0, 0.0)


def _corners(dark: Dark, small: Coarse, box: _Box, px_per_mm: float) -> Points:
    """Return (4, 2) corners in page coordinates; NaN where a side is missing."""
    pairs = ((box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom))
    rough = np.array([_meeting(column, row) for column, row in pairs])
    fine = [
        sides.follow(dark, *_course(small, line, ends, along=along), px_per_mm) if line is not None else None
        for line, ends, along in (
            (box.top, rough[[0, 1], 0], True), (box.right, rough[[1, 2], 1], False),
            (box.bottom, rough[[3, 2], 0], True), (box.left, rough[[0, 3], 1], False),
        )
    ]  # fmt: skip
    out = np.full((4, 2), np.nan)
    page = small.page(rough)
    for place, (one, other) in enumerate(((3, 0), (0, 1), (1, 2), (2, 3))):
        first, second = fine[one], fine[other]
        if first is not None and second is not None and np.isfinite(page[place]).all():
            out[place] = sides.meeting(first, second, page[place], px_per_mm)
    return out


def _meeting(column: Line | None, row: Line | None) -> tuple[float, float]:
    if column is None or row is None:
        return math.nan, math.nan
    x, y = column.middle, row.middle
    for _ in range(3):
        x, y = column.at(y), row.at(x)
    return x, y


def _course(
    small: Coarse, line: Line, ends: npt.NDArray[np.float64], *, along: bool
) -> tuple[Points, tuple[float, float]]:
    """Return the course of a line as (k, 2) page coordinates in order, from one end to the other."""
    start, end = (
        float(ends[0]) if np.isfinite(ends[0]) else float(line.first),
        float(ends[1]) if np.isfinite(ends[1]) else float(line.last),
    )
    places = np.linspace(start, end, 41)
    across = np.array([line.at(place) for place in places])
    points = np.column_stack([places, across] if along else [across, places])
    return small.page(points), (start, end)
