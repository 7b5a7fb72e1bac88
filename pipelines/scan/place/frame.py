"""The frame of a sheet and its grid crosses, to a part of a pixel.

The frame is the rectangle of the longest lines: of nested ones the inner. Where the paper bent its sides, each corner
is where the ends of its two sides meet, not where straight lines through whole sides would.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Dark, Frame, Points
from pipelines.scan.place import boxes, crosses, sides, upright
from pipelines.scan.place.boxes import Box
from pipelines.scan.place.straight import Coarse, Line, coarse, lines

_BARE_SHARE = 0.4
"""Share of the page that a frame without crosses has at least, together with its like."""

_BESIDE_SHARE = 0.5
"""What the page has beside a frame is looked at where it is so wide at least, of the frame."""

_LEAST_CROSSES = 4
_NEIGHBOUR = 0.03
_MEET_MM, _MARK_MM = 2.5, 10.0
_NEAR_STEP = 0.05
_INK = 100
"""Darkness, of 255, from which a pixel of a thin line is inked."""

_ON_MM, _ON_SHARE, _GOING_ON = (12.0, 30.0), 0.8, 4
"""Lines of a grid go on beyond where they meet, farther than the marks at the corners of a frame: so much of that way
has ink, at so many of the eight ends of four sides."""


def find(dark: Dark, px_per_mm: float) -> Frame | None:
    """Return the frame of a sheet; None where there is none.

    Args:
        dark: (H, W) ink.
        px_per_mm: Resolution; may be a guess wrong by a few percent.
    """
    small = coarse(dark, px_per_mm)
    every = boxes.find(small)
    box = boxes.inner(every, small.per_mm)
    others = boxes.others(every, box, small.per_mm) if box is not None else []
    twins = boxes.alike(others, box) if box is not None else 0
    box = box or _cut(small)
    if box is None:
        return None
    corners = _corners(dark, small, box, px_per_mm)
    if np.isfinite(corners).all(axis=1).sum() == 0:
        return None
    if _is_grid(dark, corners, px_per_mm):
        return None
    found, spacing = crosses.find(dark, corners, small.turn_deg, px_per_mm)
    closer = boxes.within(every, box, small.per_mm) if every else None
    if closer is not None:
        # An outer line may happen to measure whole decimetres: then the crosses do not stand where it lets expect them.
        tried = _corners(dark, small, closer, px_per_mm)
        more_found, its_spacing = crosses.find(dark, tried, small.turn_deg, px_per_mm)
        if len(more_found) >= len(found) + _is_aligned(corners, found, spacing):
            box, corners, found, spacing = closer, tried, more_found, its_spacing
    # A block of a town map is a rectangle too, and so are two long streets that meet.
    if not len(found) and not (1 + twins) * _area_px(corners) >= _BARE_SHARE * dark.size:
        return None
    more = len(others) or _beside(dark, corners, px_per_mm)
    quarter = upright.quarter(dark, corners, small.turn_deg, px_per_mm)
    corners = np.roll(corners, -quarter, axis=0)
    turn = (small.turn_deg + 90.0 * quarter + 180.0) % 360.0 - 180.0
    turn = 180.0 if turn == -180.0 else turn
    return Frame(corners, found, turn, spacing, more)


def _is_aligned(corners: Points, found: Points, spacing: float) -> bool:
    """Tell whether crosses stand whole steps from the corner of a frame, as in one drawn by the grid."""
    if not np.isfinite(corners).all() or not math.isfinite(spacing):
        return False
    axes = np.column_stack([corners[1] - corners[0], corners[3] - corners[0]])
    steps = (found - corners[0]) @ (axes / np.linalg.norm(axes, axis=0)) / spacing
    return bool((np.abs(steps - np.round(steps)) < _NEAR_STEP).mean() > 0.5)


def without(dark: Dark, px_per_mm: float) -> Frame | None:
    """Return the crosses of a sheet that has no frame, as one whose corners are unknown; None without crosses.

    Their lattice tells how the sheet is turned; what else is found on a page may look like one, so that it is to be
    believed only where coordinates are printed beside it.

    Args:
        dark: (H, W) ink.
        px_per_mm: Resolution.
    """
    found, spacing = crosses.free(dark, 0.0, px_per_mm)
    if len(found) < _LEAST_CROSSES or not math.isfinite(spacing):
        return None
    apart = (found[None] - found[:, None]).reshape(-1, 2)
    is_next = np.abs(np.linalg.norm(apart, axis=1) / spacing - 1) < _NEIGHBOUR
    beside = apart[is_next & (apart[:, 0] > np.abs(apart[:, 1]))]
    turn = math.degrees(math.atan2(*beside.sum(axis=0)[::-1])) if len(beside) else 0.0
    height, width = dark.shape
    page = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float64)
    turn += 90.0 * upright.quarter(dark, page, turn, px_per_mm)
    return Frame(np.full((4, 2), np.nan), found, (turn + 180.0) % 360.0 - 180.0, spacing, 0)


def _is_grid(dark: Dark, corners: Points, px_per_mm: float) -> bool:
    """Tell whether sides go on beyond their corners: thin lines of a grid across a whole map, not a frame."""
    ways = [(here - there, here) for one in range(4) for here, there in _both(corners[one], corners[(one + 1) % 4])]
    going = 0
    for way, corner in ways:
        if not np.isfinite(way).all():
            continue
        ahead = way / max(float(np.hypot(*way)), 1e-9)
        along = np.arange(_ON_MM[0], _ON_MM[1], 0.2) * px_per_mm
        # The way may be off by a pixel or two that far from the corner: the darkest across it counts.
        across = np.arange(-0.4, 0.41, 0.1) * px_per_mm
        at = corner + along[:, None, None] * ahead + across[:, None] * np.array([-ahead[1], ahead[0]])
        x, y = np.floor(at).astype(np.int64).transpose(2, 0, 1)
        within = (x >= 0) & (y >= 0) & (x < dark.shape[1]) & (y < dark.shape[0])
        ink = np.where(within, dark[np.where(within, y, 0), np.where(within, x, 0)], 0).max(axis=1)
        going += bool((ink >= _INK).mean() >= _ON_SHARE)
    return going >= _GOING_ON


def _both(one: Points, two: Points) -> tuple[tuple[Points, Points], tuple[Points, Points]]:
    return (one, two), (two, one)


def _area_px(corners: Points) -> float:
    """Return the area of a frame in pixels; NaN where it is cut."""
    x, y = corners.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _beside(dark: Dark, corners: Points, px_per_mm: float) -> int:
    """Return how many strips of the page beside a frame hold another one: it may stand otherwise than the first."""
    if not np.isfinite(corners).all():
        return 0
    reach = boxes.NEST_MM * px_per_mm
    (left, top), (right, bottom) = np.maximum(corners.min(axis=0) - reach, 0), corners.max(axis=0) + reach
    least = _BESIDE_SHARE * float(np.ptp(corners, axis=0).min())
    strips = (dark[:, : int(left)], dark[:, int(right) :], dark[: int(top)], dark[int(bottom) :])
    made = 0
    for strip in strips:
        if min(strip.shape) >= least:
            small = coarse(strip, px_per_mm)
            box = boxes.inner(boxes.find(small), small.per_mm)
            made += box is not None and boxes.area(box) > 0.3 * _area_px(corners) * (small.per_mm / px_per_mm) ** 2
    return made


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


def _cut(small: Coarse) -> Box | None:
    """Return what is left of a frame that the edge of the page cuts: long lines that meet in a corner."""
    across, down = lines(small.ink, small.per_mm), lines(small.ink.T, small.per_mm)
    # The sides of the inner frame go on as marks of the grid, up to the outer one.
    meets, passing = (_meets(across, down, reach * small.per_mm) for reach in (_MEET_MM, _MARK_MM))
    if not meets:
        return None
    outer = max(meets, key=lambda meet: meet.length)
    inner = max([outer, *(meet for meet in passing if _is_inside(meet, outer, small.per_mm))],
                key=lambda meet: _inwards(meet, outer)[0])  # fmt: skip
    row, column, far = inner.row, inner.column, boxes.SMALLEST * min(small.ink.shape)
    beside = [m for m in passing if m.row is row and abs(m.column.middle - column.middle) > far]
    below = [m for m in passing if m.column is column and abs(m.row.middle - row.middle) > far]
    far_column, far_row = (beside[0].column if beside else None), (below[0].row if below else None)
    left, right = (column, far_column) if inner.is_left else (far_column, column)
    top, bottom = (row, far_row) if inner.is_top else (far_row, row)
    return Box(left, top, right, bottom, (math.nan,) * 4, 0.0, 0.0)


def _meets(across: list[Line], down: list[Line], reach: float) -> list[_Meet]:
    """Return the corners at which lines end, to a reach in coarse pixels."""
    made = []
    for row, column in itertools.product(across, down):
        ends = abs(row.first - column.middle), abs(row.last - column.middle)
        tips = abs(column.first - row.middle), abs(column.last - row.middle)
        if min(ends) <= reach and min(tips) <= reach:
            made.append(_Meet(row, column, ends[0] <= ends[1], tips[0] <= tips[1]))
    return made


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
    return same and 0 < across <= boxes.NEST_MM and abs(across - down) <= boxes.EVEN_MM


def _corners(dark: Dark, small: Coarse, box: Box, px_per_mm: float) -> Points:
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
