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
_PARTED = 0.2
_LEAST_GAP_PX = 12
_BARE_SHARE = 0.4
"""Share of the page that a frame without crosses has at least."""

_EVEN_MM = 3.0
_MEET_MM = 2.5
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
    found, spacing = crosses.find(dark, corners, small.turn_deg, px_per_mm)
    # A block of a town map is a rectangle too, and so are two long streets that meet.
    if not len(found) and not _area_px(corners) >= _BARE_SHARE * dark.size:
        return None
    quarter = upright.quarter(dark, corners, small.turn_deg, px_per_mm)
    corners = np.roll(corners, -quarter, axis=0)
    turn = (small.turn_deg + 90.0 * quarter + 180.0) % 360.0 - 180.0
    turn = 180.0 if turn == -180.0 else turn
    return Frame(corners, found, turn, spacing, others)


def _area_px(corners: Points) -> float:
    """Return the area of a frame in pixels; NaN where it is cut."""
    x, y = corners.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _boxes(small: Coarse) -> list[_Box]:
    """Return all rectangles whose four sides are drawn."""
    across, down = (sorted(lines(ink, small.per_mm), key=lambda line: line.middle) for ink in (small.ink, small.ink.T))
    least = _SMALLEST * min(small.ink.shape)
    rows, columns = _pairs(across, least), _pairs(down, least)
    if not len(rows) or not len(columns):
        return []
    along, upright = _shares(across, down, columns), _shares(down, across, rows)
    # (pairs of rows, pairs of columns): the share of the side that is drawn least.
    drawn = np.minimum(along[rows].min(axis=1), upright[columns].min(axis=1).T)
    made = []
    for row, column in np.argwhere(drawn >= _DRAWN).tolist():
        top, bottom = (across[place] for place in rows[row])
        left, right = (down[place] for place in columns[column])
        if _is_parted(down, (top, bottom), (left, right)) or _is_parted(across, (left, right), (top, bottom)):
            continue
        bounds = (left.middle, top.middle, right.middle, bottom.middle)
        loose = _loose((left, top, right, bottom), bounds, small.per_mm)
        made.append(_Box(left, top, right, bottom, bounds, float(drawn[row, column]), loose))
    return made


def _pairs(found: list[Line], least: float) -> npt.NDArray[np.int64]:
    """Return (n, 2) pairs of lines, in order, at least so far from each other."""
    middles = np.array([line.middle for line in found])
    return np.argwhere(middles[None, :] - middles[:, None] >= least)


def _shares(found: list[Line], ends: list[Line], pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return (lines, pairs) how much of each line is drawn between the two others of each pair."""
    middles = np.array([line.middle for line in ends])
    places = np.round(middles).astype(int)
    sums = np.stack([line.covered[np.clip(places, 0, len(line.covered) - 1)] for line in found])
    apart = sums[:, pairs[:, 1]] - sums[:, pairs[:, 0]]
    return np.asarray(apart / (middles[pairs[:, 1]] - middles[pairs[:, 0]]), dtype=np.float64)


def _is_parted(between: list[Line], sides: tuple[Line, Line], ends: tuple[Line, Line]) -> bool:
    """Tell whether a rectangle is two sheets beside each other: its sides stop at one line and go on at another."""
    places = sorted(
        line.middle for line in between
        if ends[0].middle <= line.middle <= ends[1].middle and line.share(sides[0].middle, sides[1].middle) >= _DRAWN
    )  # fmt: skip
    return any(
        all(side.share(here, there) < _PARTED for side in sides) and there - here > _LEAST_GAP_PX
        for here, there in itertools.pairwise(places)
    )


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
    even = [box for box in nested if max(_gaps(outer, box)) - min(_gaps(outer, box)) <= _EVEN_MM * per_mm]
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


@dataclass(frozen=True, slots=True)
class _Meet:
    """Two long lines that end where they meet."""

    row: Line
    column: Line
    is_left: bool
    is_top: bool

    @property
    def length(self) -> int:
        """Return the length of the shorter line."""
        return min(self.row.last - self.row.first, self.column.last - self.column.first)


def _cut(small: Coarse) -> _Box | None:
    """Return what is left of a frame that the edge of the page cuts: long lines that meet in a corner."""
    across, down = lines(small.ink, small.per_mm), lines(small.ink.T, small.per_mm)
    reach = _MEET_MM * small.per_mm
    meets = []
    for row, column in itertools.product(across, down):
        ends = abs(row.first - column.middle), abs(row.last - column.middle)
        tips = abs(column.first - row.middle), abs(column.last - row.middle)
        if min(ends) <= reach and min(tips) <= reach:
            meets.append(_Meet(row, column, ends[0] <= ends[1], tips[0] <= tips[1]))
    if not meets:
        return None
    outer = max(meets, key=lambda meet: meet.length)
    inner = max([outer, *(meet for meet in meets if _is_inside(meet, outer, small.per_mm))],
                key=lambda meet: _inwards(meet, outer)[0])  # fmt: skip
    row, column, far = inner.row, inner.column, _SMALLEST * min(small.ink.shape)
    beside = [m for m in meets if m.row is row and abs(m.column.middle - column.middle) > far]
    below = [m for m in meets if m.column is column and abs(m.row.middle - row.middle) > far]
    far_column, far_row = (beside[0].column if beside else None), (below[0].row if below else None)
    left, right = (column, far_column) if inner.is_left else (far_column, column)
    top, bottom = (row, far_row) if inner.is_top else (far_row, row)
    return _Box(left, top, right, bottom, (math.nan,) * 4, 0.0, 0.0)


def _inwards(meet: _Meet, outer: _Meet) -> tuple[float, float]:
    """Return how far a corner lies inside another, across and down."""
    return (
        (meet.column.middle - outer.column.middle) * (1 if outer.is_left else -1),
        (meet.row.middle - outer.row.middle) * (1 if outer.is_top else -1),
    )


def _is_inside(meet: _Meet, outer: _Meet, per_mm: float) -> bool:
    """Tell whether two lines are the inner frame to an outer one: as far from it on both sides."""
    across, down = (gap / per_mm for gap in _inwards(meet, outer))
    same = (meet.is_left, meet.is_top) == (outer.is_left, outer.is_top)
    return same and 0 < across <= _NEST_MM and abs(across - down) <= _EVEN_MM


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
