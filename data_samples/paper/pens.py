"""Strokes of digits and letters on a lattice four wide and six high, as plotters draw them and hands learn them."""

import math
from dataclasses import dataclass
from random import Random

import shapely
from shapely import LineString

from data_samples.curves import Point, smooth

_HIGH = 6.0


def _oval(x: float, y: float, wide: float, high: float, start: float = 90.0, turn: float = 360.0) -> list[Point]:
    angles = [math.radians(start + turn * step / 12) for step in range(13)]
    return [(x + wide * math.cos(angle), y + high * math.sin(angle)) for angle in angles]


_SIX = [(3.5, 5.4), (2.5, 6), (1.4, 5.7), (0.4, 4.4), (0, 2.4), (0.3, 0.9), (1.4, 0), (2.6, 0), (3.7, 0.8), (4, 2),
        (3.5, 3.2), (2.4, 3.8), (1.2, 3.5), (0.1, 2.2)]  # fmt: skip
_BOWL: list[Point] = [(0, 0), (0, 6), (2.4, 6), (3.6, 5.4), (3.6, 3.8), (2.4, 3.2), (0, 3.2)]

STROKES: dict[str, list[list[Point]]] = {
    "0": [_oval(2, 3, 2, 3)],
    "1": [[(0, 4.6), (1.3, 6), (1.3, 0)]],
    "2": [[(0, 4.6), (0.4, 5.6), (1.4, 6), (2.8, 6), (3.7, 5.4), (3.9, 4.4), (3.4, 3.4), (0, 0)], [(0, 0), (4, 0)]],
    "3": [[(0.2, 5.4), (1.2, 6), (2.6, 6), (3.6, 5.3), (3.6, 4.1), (2.8, 3.3), (1.6, 3.2)],
          [(1.6, 3.2), (2.8, 3.3), (3.9, 2.4), (4, 1.3), (3.2, 0.3), (2, 0), (0.8, 0.2), (0, 1)]],
    "4": [[(2.9, 0), (2.9, 6)], [(2.9, 6), (0, 2)], [(0, 2), (4, 2)]],
    "5": [[(3.7, 6), (0.6, 6)], [(0.6, 6), (0.3, 3.2)],
          [(0.3, 3.2), (1.2, 3.8), (2.4, 3.9), (3.5, 3.2), (4, 2), (3.6, 0.8), (2.5, 0), (1.2, 0), (0, 0.8)]],
    "6": [_SIX],
    "7": [[(0, 6), (4, 6)], [(4, 6), (1.4, 0)]],
    "8": [_oval(2, 4.55, 1.5, 1.45, -90), _oval(2, 1.55, 1.95, 1.55)],
    "9": [[(4 - x, 6 - y) for x, y in _SIX]],
    ".": [[(0.2, 0), (0.5, 0.25), (0.2, 0.3)]],
    ",": [[(0.5, 0.4), (0.4, -0.3), (0, -1)]],
    "+": [[(0, 3), (3, 3)], [(1.5, 1.5), (1.5, 4.5)]],
    "-": [[(0, 3), (2, 3)]],
    "/": [[(0, -0.5), (2.4, 6.5)]],
    ":": [[(0.2, 0.4), (0.3, 0.6)], [(0.2, 3.4), (0.3, 3.6)]],
    "(": [[(1, 6.6), (0.2, 5), (0, 3), (0.2, 1), (1, -0.6)]],
    ")": [[(0, 6.6), (0.8, 5), (1, 3), (0.8, 1), (0, -0.6)]],
    "A": [[(0, 0), (2, 6)], [(2, 6), (4, 0)], [(0.7, 2), (3.3, 2)]],
    "B": [_BOWL, [(2.4, 3.2), (3.8, 2.6), (4, 1.4), (3.4, 0.2), (2.4, 0), (0, 0)]],
    "C": [[(3.8, 4.8), (3, 5.8), (1.8, 6), (0.6, 5.2), (0, 3.6), (0, 2.2), (0.6, 0.8), (1.8, 0), (3, 0.2), (3.9, 1.2)]],
    "D": [[(0, 0), (0, 6)], [(0, 6), (2, 6), (3.6, 5), (4, 3), (3.6, 1), (2, 0), (0, 0)]],
    "E": [[(3.6, 6), (0, 6)], [(0, 6), (0, 0)], [(0, 0), (3.7, 0)], [(0, 3.1), (2.8, 3.1)]],
    "G": [[(3.8, 4.8), (3, 5.8), (1.8, 6), (0.6, 5.2), (0, 3.6), (0, 2.2), (0.6, 0.8), (1.8, 0), (3, 0.2), (3.9, 1.2)],
          [(3.9, 0), (3.9, 2.6)], [(3.9, 2.6), (2.4, 2.6)]],
    "H": [[(0, 0), (0, 6)], [(4, 0), (4, 6)], [(0, 3.1), (4, 3.1)]],
    "K": [[(0, 0), (0, 6)], [(3.8, 6), (0, 2.4)], [(1.3, 3.6), (4, 0)]],
    "L": [[(0, 6), (0, 0)], [(0, 0), (3.4, 0)]],
    "M": [[(0, 0), (0, 6)], [(0, 6), (2.3, 1.6)], [(2.3, 1.6), (4.6, 6)], [(4.6, 6), (4.6, 0)]],
    "N": [[(0, 0), (0, 6)], [(0, 6), (4, 0)], [(4, 0), (4, 6)]],
    "O": [_oval(2.2, 3, 2.2, 3)],
    "P": [_BOWL],
    "Q": [_oval(2.2, 3, 2.2, 3), [(2.6, 1.4), (4.4, -0.4)]],
    "R": [_BOWL, [(1.8, 3.2), (3.9, 0)]],
    "S": [[(3.7, 5.1), (2.8, 5.9), (1.6, 6), (0.5, 5.5), (0.2, 4.5), (0.8, 3.6), (2.2, 3), (3.5, 2.3), (3.9, 1.3),
           (3.2, 0.3), (2, 0), (0.8, 0.2), (0, 1)]],
    "T": [[(0, 6), (4, 6)], [(2, 6), (2, 0)]],
    "U": [[(0, 6), (0, 1.8), (0.7, 0.4), (2, 0), (3.3, 0.4), (4, 1.8), (4, 6)]],
    "V": [[(0, 6), (2, 0)], [(2, 0), (4, 6)]],
    "X": [[(0, 0), (3.8, 6)], [(0.2, 6), (4, 0)]],
    "Y": [[(0, 6), (2, 3)], [(4, 6), (2, 3)], [(2, 3), (2, 0)]],
    "b": [[(0, 6), (0, 0)], _oval(1.5, 1.8, 1.5, 1.8)],
    "g": [_oval(1.5, 1.8, 1.5, 1.8), [(3, 3.6), (3, -0.8), (2.4, -1.8), (1, -1.9), (0.2, -1.4)]],
    "t": [[(1, 5.4), (1, 0.6), (1.6, 0), (2.4, 0.2)], [(0, 3.7), (2.2, 3.7)]],
}  # fmt: skip
"""Strokes of each sign; what stands in one list is drawn without lifting the pen, its corners rounded."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who draws the strokes.

    Attributes:
        shake: Random shift of every point, as a share of the height.
        slant: Usual slant to the right.
        rounds: How often corners within a stroke are cut.
    """

    shake: float
    slant: float
    rounds: int

    def strokes(self, sign: str, rng: Random) -> list[LineString]:
        """Return the strokes of a sign, capitals 1 high, y up, from 0 to the right."""
        slant = self.slant + rng.uniform(-2, 2) * self.shake
        wide, high = (1 + rng.uniform(-2.5, 2.5) * self.shake for _ in range(2))
        rise = rng.uniform(-1, 1) * self.shake
        made = []
        for stroke in STROKES[sign]:
            points = [
                (
                    (x * wide + slant * y * high) / _HIGH * 1.05 + rng.uniform(-1, 1) * self.shake,
                    y * high / _HIGH + rise + rng.uniform(-1, 1) * self.shake,
                )
                for x, y in stroke
            ]
            made.append(LineString(smooth(points, self.rounds)))
        left = min(0.0, min(line.bounds[0] for line in made))
        return [shapely.transform(line, lambda at: at - [left, 0.0]) for line in made]
