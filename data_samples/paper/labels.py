"""Labels of parcels: number over a bar over the area, the land code at the left of the bar (TT 26/2024)."""

import math
from random import Random
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Point, Polygon

from data_samples.curves import axes
from data_samples.paper.drawing import Drawing
from data_samples.paper.letters import write

NUMBER_MM, AREA_MM, CODE_MM = 2.0, 1.7, 1.7
"""Heights of capitals. Assumed: the circular gives typefaces and sizes in points for its own drawings only."""

_AIR_MM = 0.35
_SIZES = (1.0, 0.85, 0.7)
_SMALL = (0.7, 0.6)


def label(drawing: Drawing, parcel: Polygon, words: tuple[str, str, str], rng: Random) -> tuple[Point, tuple[str, ...]]:
    """Write the label of a parcel where it fits, smaller or turned along the parcel or only the number where it must.

    Args:
        drawing: The sheet.
        parcel: In millimetres of paper.
        words: Number, area, code; area and code may be empty.
        rng: Source of the irregularity.

    Returns:
        Where the number stands, and what was written: number, area, code; empty text where left out.
    """
    number, area, _ = words
    widest = shapely.maximum_inscribed_circle(parcel, tolerance=0.3).coords[0]
    middle = parcel.centroid.coords[0] if parcel.contains(parcel.centroid) else widest
    _, (ux, uy), _, _, _ = axes(parcel)
    along = math.atan2(-uy, ux)
    along = (along + math.pi / 2) % math.pi - math.pi / 2
    free = parcel.buffer(-_AIR_MM)
    if rng.random() < drawing.style.careless:
        middle = middle[0] + rng.uniform(-2, 2), middle[1] + rng.uniform(-2, 2)
        middle = middle if parcel.contains(Point(middle)) else widest
        free = parcel.buffer(1.0)
    if area:
        for size in _SIZES:
            for (x, y), angle in ((middle, 0.0), (widest, 0.0), (middle, along), (widest, along)):
                if _fraction(drawing, free, (x, y, angle), words, size, rng):
                    return drawing.last, words
    for size in (*_SIZES, *_SMALL):
        line = write(number, drawing.style.font, NUMBER_MM * size, rng)
        for (x, y), angle in ((middle, 0.0), (widest, 0.0), (middle, along), (widest, along)):
            box = line.at(x, y, angle)[1]
            if free.contains(box) or (size == _SMALL[-1] and angle == along and (x, y) == widest):
                drawing.text(line, x, y, angle, number, "number")
                return Point(x, y), (number, "", "")
    raise AssertionError("the smallest size always fits")


def _fraction(
    drawing: Drawing,
    free: Polygon,
    at: tuple[float, float, float],
    words: tuple[str, str, str],
    size: float,
    rng: Random,
) -> bool:
    """Write a whole label if it fits."""
    angle = at[2]
    font = drawing.style.font
    top, below, left = (
        write(word, font, height * size, rng) for word, height in zip(words, (NUMBER_MM, AREA_MM, CODE_MM), strict=True)
    )
    bar = max(top.width, below.width) + 0.4 * size
    gap = 0.45 * size
    shift = (left.width + gap) / 2 if words[2] else 0.0
    rise, fall = top.height / 2 + gap, -below.height / 2 - gap
    spots = [(top, shift, rise, words[0], "number"), (below, shift, fall, words[1], "area")]
    if words[2]:
        spots.append((left, shift - bar / 2 - gap - left.width / 2, 0.0, words[2], "code"))
    ends = _turned([(shift - bar / 2, 0.0), (shift + bar / 2, 0.0)], at)
    placed = [(line, *_turned([(dx, dy)], at)[0], word, role) for line, dx, dy, word, role in spots]
    boxes = [line.at(px, py, angle)[1] for line, px, py, _, _ in placed]
    if not all(free.contains(box) for box in (*boxes, LineString(ends))):
        return False
    for line, px, py, word, role in placed[::-1]:
        drawing.text(line, px, py, angle, word, role)
    drawing.stroke("bar", [LineString(ends)], drawing.style.bar_mm)
    return True


def _turned(points: list[tuple[float, float]], at: tuple[float, float, float]) -> Any:
    x, y, angle = at
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return (np.array(points) @ turn.T) * [1, -1] + [x, y]
