"""Rectangles of long lines on a page: which of them are frames of sheets, and which of those is the inner one."""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.scan.place.straight import Coarse, Line, lines

_DRAWN = 0.72
"""Share of a side that is drawn at least."""

SMALLEST = 0.3
"""Side of a frame, as a share of the page."""

_GRID_MM = 100.0
_GRID_OFF = 0.006
NEST_MM = 32.0
"""The lines of one frame are at most so far from each other."""

_PARTED = 0.2
_LEAST_GAP_PX = 12
EVEN_MM = 3.0
"""The lines of one frame keep their distance on all sides, to so much."""

_END_MM = 12.0
_SAME_FORMAT = 0.03


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of four lines (or fewer), coarse pixels: `left`, `top`, `right`, `bottom`; None where cut off."""

    left: Line | None
    top: Line | None
    right: Line | None
    bottom: Line | None
    bounds: tuple[float, float, float, float]
    drawn: float
    loose_mm: float


def find(small: Coarse) -> list[Box]:
    """Return all rectangles whose four sides are drawn."""
    across, down = (sorted(lines(ink, small.per_mm), key=lambda line: line.middle) for ink in (small.ink, small.ink.T))
    least = SMALLEST * min(small.ink.shape)
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
        made.append(Box(left, top, right, bottom, bounds, float(drawn[row, column]), loose))
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


def inner(boxes: list[Box], per_mm: float) -> Box | None:
    """Return the inner frame: the largest rectangle in whole decimetres, else the best closed one of the outermost."""
    if not boxes:
        return None
    whole = [box for box in boxes if _is_whole(box, per_mm)]
    if whole:
        largest = max(area(box) for box in whole)
        return min((box for box in whole if area(box) > 0.97 * largest), key=lambda box: box.loose_mm - 20 * box.drawn)
    largest = max(area(box) for box in boxes)
    outer = min((box for box in boxes if area(box) > 0.985 * largest), key=lambda box: box.loose_mm)
    return within(boxes, outer, per_mm) or outer


def within(boxes: list[Box], outer: Box, per_mm: float) -> Box | None:
    """Return the innermost line of the frame whose outer line is given; None where it has no other."""
    nested = [box for box in boxes if all(0 < gap <= NEST_MM * per_mm for gap in _gaps(outer, box))]
    # The lines of one frame keep the same distance on all four sides.
    even = [box for box in nested if max(_gaps(outer, box)) - min(_gaps(outer, box)) <= EVEN_MM * per_mm]
    return min(even, key=area, default=None)


def _gaps(outer: Box, inner: Box) -> tuple[float, ...]:
    signs = (1, 1, -1, -1)
    return tuple(sign * (there - here) for sign, here, there in zip(signs, outer.bounds, inner.bounds, strict=True))


def _is_whole(box: Box, per_mm: float) -> bool:
    left, top, right, bottom = box.bounds
    cells = np.array([right - left, bottom - top]) / per_mm / _GRID_MM
    near = np.maximum(np.round(cells), 1)
    return bool((np.abs(cells / near - 1) <= _GRID_OFF).all() and near.min() >= 2)


def area(box: Box) -> float:
    """Return the area of a rectangle in coarse pixels."""
    left, top, right, bottom = box.bounds
    return (right - left) * (bottom - top)


def others(boxes: list[Box], chosen: Box, per_mm: float) -> list[Box]:
    """Return the frames beside the chosen one, their inner lines: they do not overlap it, nor each other."""
    apart: list[Box] = [chosen]
    for box in sorted(boxes, key=area, reverse=True):
        if area(box) > 0.3 * area(chosen) and all(_is_apart(box, other) for other in apart):
            apart.append(box)
    return [inner([box for box in boxes if not _is_apart(box, one)], per_mm) or one for one in apart[1:]]


def alike(boxes: list[Box], chosen: Box) -> int:
    """Return how many rectangles have the sides of the chosen one: frames of one format, as lie in one scanner."""
    sides = _sides(chosen)
    return sum(bool((np.abs(_sides(box) / sides - 1) <= _SAME_FORMAT).all()) for box in boxes)


def _sides(box: Box) -> npt.NDArray[np.float64]:
    left, top, right, bottom = box.bounds
    return np.array([right - left, bottom - top])


def _is_apart(one: Box, other: Box) -> bool:
    left, top = max(one.bounds[0], other.bounds[0]), max(one.bounds[1], other.bounds[1])
    right, bottom = min(one.bounds[2], other.bounds[2]), min(one.bounds[3], other.bounds[3])
    return (right - left) < 0.05 * (one.bounds[2] - one.bounds[0]) or (bottom - top) < 0.05 * (
        one.bounds[3] - one.bounds[1]
    )
