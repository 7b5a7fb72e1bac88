"""A sheet while it is drawn: ink in layers, and what was written."""

from collections.abc import Iterable
from random import Random
from typing import Any

from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry

from data_samples.paper.canvas import Canvas
from data_samples.paper.letters import Line
from data_samples.paper.styles import Style


class Drawing:
    """Paper with a pen, in millimetres from the upper left corner."""

    def __init__(self, width_mm: float, height_mm: float, dpi: float, style: Style, seed: int) -> None:
        self.canvas = Canvas(width_mm, height_mm, dpi)
        self.width_mm, self.height_mm = width_mm, height_mm
        self.style, self.rng = style, Random(seed)
        self.words: list[tuple[str, str, BaseGeometry]] = []
        self.last = Point()
        self.uncertain: list[LineString] = []
        self.hatched: list[Point] = []

    def text(self, line: Line, x: float, y: float, angle: float, text: str, role: str) -> None:
        """Write a line around a place, turned counterclockwise, in radians."""
        ink, box = line.at(x, y, angle)
        self.canvas.areas("text", ink)
        self.words.append((text, role, box))
        self.last = Point(x, y)

    def stroke(self, layer: str, lines: Iterable[Any], width_mm: float, *, cap: str = "round") -> None:
        """Draw lines as the style draws them: straight, or as a hand does."""
        self.canvas.lines(layer, [self.style.drawn(line, self.rng) for line in lines], width_mm, cap=cap)

    def dashed(self, layer: str, line: LineString, width_mm: float, dash_mm: float, gap_mm: float) -> None:
        """Draw a dashed line."""
        self.canvas.lines(layer, dashes(line, dash_mm, gap_mm), width_mm, cap="flat")


def dashes(line: LineString, dash_mm: float, gap_mm: float) -> list[LineString]:
    """Return the pieces of a dashed line."""
    from shapely.ops import substring

    step = dash_mm + gap_mm
    starts = [number * step for number in range(int(line.length / step) + 1)]
    return [substring(line, start, min(start + dash_mm, line.length)) for start in starts if start < line.length]
