"""Letters as areas of ink: outlines of typefaces, and pen strokes as plotters and hands write them."""

import functools
import io
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

import numpy as np
import pymupdf_fonts
import shapely
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from PIL import ImageFont
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from data_samples.paper.pens import STROKES, Hand

_STEPS = 5
"""Pieces of a curve of an outline."""

FACES = {
    "noto": "notos", "noto-bold": "notosbo", "noto-italic": "notosit", "fira": "figo", "fira-italic": "figit",
    "space": "spacemo", "cascadia": "cascadia",
}  # fmt: skip
"""Typefaces that have all Vietnamese letters."""

PLAIN = {"ubuntu": "ubuntu", "aileron": ""}
"""Typefaces without the letters of Vietnamese, for digits and codes: the second is the one Pillow brings along."""

FONTS = (*FACES, *PLAIN, "plotter", "hand")


class Font(Protocol):
    """A way of writing: letters with capitals 1 high, y up, from the origin to the right."""

    def letter(self, sign: str, rng: Random) -> tuple[BaseGeometry, float]:
        """Return the ink of a letter and how far the next stands from it."""


class Typeface:
    """Outlines of a font file."""

    def __init__(self, name: str) -> None:
        font = TTFont(io.BytesIO(_file(name)))
        self._glyphs, self._names = font.getGlyphSet(), font.getBestCmap()
        self._known: dict[str, tuple[BaseGeometry, float]] = {}
        self._high = 1.0
        self._high = self._made("H")[0].bounds[3]

    def letter(self, sign: str, rng: Random) -> tuple[BaseGeometry, float]:
        """Return the ink of a letter and how far the next stands from it."""
        if sign not in self._known:
            self._known[sign] = self._made(sign)
        return self._known[sign]

    def _made(self, sign: str) -> tuple[BaseGeometry, float]:
        if ord(sign) not in self._names:
            return font("noto").letter(sign, Random(0))
        glyph = self._names[ord(sign)]
        pen = DecomposingRecordingPen(self._glyphs)
        self._glyphs[glyph].draw(pen)
        rings = [Polygon(ring) for ring in _rings(pen.value) if len(ring) > 3]
        # TrueType: what turns clockwise is ink, the others are holes.
        ink = shapely.union_all([shapely.make_valid(ring) for ring in rings if not ring.exterior.is_ccw])
        holes = shapely.union_all([shapely.make_valid(ring) for ring in rings if ring.exterior.is_ccw])
        shape = shapely.transform(ink.difference(holes), lambda at: at / self._high)
        return shape, self._glyphs[glyph].width / self._high


def _file(name: str) -> bytes:
    known = FACES.get(name) or PLAIN[name]
    if known:
        return bytes(pymupdf_fonts.myfont(known))
    return bytes(ImageFont.load_default(10).font_bytes)  # type: ignore[union-attr]


def _rings(steps: list[tuple[str, tuple[Any, ...]]]) -> Iterator[list[Any]]:
    ring: list[Any] = []
    for what, points in steps:
        if what in ("closePath", "endPath"):
            yield ring
            ring = []
        elif what in ("moveTo", "lineTo"):
            ring.append(points[0])
        elif what == "qCurveTo":
            off = [np.array(point, dtype=float) for point in points if point is not None]
            if points[-1] is None:
                off.append((off[-1] + off[0]) / 2)
                ring.append(off[-1])
            for place, control in enumerate(off[:-1]):
                end = off[-1] if place == len(off) - 2 else (control + off[place + 1]) / 2
                start = np.array(ring[-1], dtype=float)
                share = np.linspace(0, 1, _STEPS + 1)[1:, None]
                ring += list((1 - share) ** 2 * start + 2 * share * (1 - share) * control + share**2 * end)
        else:
            raise ValueError(what)


class Pen:
    """Strokes of a pen: as a plotter draws them, or a hand, no letter twice the same."""

    def __init__(self, hand: Hand, width: float) -> None:
        self._hand, self._width = hand, width
        self._other = font("noto")

    def letter(self, sign: str, rng: Random) -> tuple[BaseGeometry, float]:
        """Return the ink of a letter and how far the next stands from it."""
        if sign == " ":
            return MultiPolygon(), 0.5
        if sign not in STROKES:
            return self._other.letter(sign, rng)
        lines = self._hand.strokes(sign, rng)
        ink = shapely.union_all(shapely.buffer(np.array(lines, dtype=object), self._width / 2))
        return ink, max(0.12, max(line.bounds[2] for line in lines)) + 0.28


@functools.cache
def font(name: str) -> Font:
    """Return a font by its name, one of `FONTS`."""
    if name == "plotter":
        return Pen(Hand(shake=0.0, slant=0.0, rounds=2), 0.11)
    if name == "hand":
        return Pen(Hand(shake=0.045, slant=0.2, rounds=2), 0.12)
    return Typeface(name)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of letters, in millimetres from its middle, y up, not turned."""

    ink: tuple[BaseGeometry, ...]
    width: float
    height: float

    def at(self, x: float, y: float, angle: float = 0.0) -> tuple[list[BaseGeometry], Polygon]:
        """Return its ink and its box on the paper (y down), turned by an angle counterclockwise, in radians."""
        half_w, half_h = self.width / 2, self.height / 2
        box = shapely.box(-half_w, -half_h, half_w, half_h)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

        def placed(points: Any) -> Any:
            return (points @ turn.T) * [1, -1] + [x, y]

        return [shapely.transform(shape, placed) for shape in self.ink], shapely.transform(box, placed)


def write(text: str, name: str, height_mm: float, rng: Random) -> Line:
    """Return a line of text whose capitals are so high."""
    face, along = font(name), 0.0
    letters = []
    for sign in text:
        shape, step = face.letter(sign, rng)
        if not shape.is_empty:
            letters.append((shape, along))
        along += step
    ink = tuple(
        shapely.transform(
            shape, lambda at, start=start: (at + np.array([start - along / 2, -0.5])) * height_mm  # type: ignore[misc]
        )
        for shape, start in letters
    )  # fmt: skip
    return Line(ink, along * height_mm, height_mm)
