"""Names of sheets in the grid and the corners they stand for (TT 25/2014 Đ.5, kept by TT 26/2024).

The grid begins where the central meridian (Y = 500 km) crosses the equator. Sheets of 1:10 000 are squares of 6 km,
named by the kilometres of their north-western corner; each finer scale divides a coarser sheet, counted from the
left, from the top. A name has three digits of the kilometres; which thousand is meant follows from the grid: of
three neighbouring thousands only one is a multiple of 3 km (of 6 km).
"""

import math
import re
from dataclasses import dataclass

from pipelines.text import fold

SIDES_M = {200: 100.0, 500: 250.0, 1000: 500.0, 2000: 1_000.0, 5000: 3_000.0, 10_000: 6_000.0}
"""Side of a standard sheet on the ground, metres."""

CROSS_MM = 100.0
"""Grid crosses stand every 10 cm on paper."""

_CENTRE_KM = 500
_NORTH_KM = (900, 2_620)
_DIVIDES = {1000: 2, 500: 4, 200: 10}
_WORDS = r"[\s._]*"
_NAME = re.compile(
    rf"(?P<ten>10{_WORDS}-{_WORDS})?(?<![\d.,])(?P<north>\d{{3,4}}){_WORDS}(?P<east>\d{{3}})(?![\d.,]\d)"
    rf"(?:{_WORDS}-{_WORDS}\(?(?P<nine>[1-9])\)?(?:{_WORDS}-{_WORDS}"
    r"(?:(?P<four>\(?[a-d]\)?)|\((?P<sixteen>\d{1,2})\)|(?P<hundred>\d{1,3}))(?![\w]))?)?"
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One sheet of the grid.

    Attributes:
        scale: Scale denominator.
        west: Easting of its left side, metres.
        north: Northing of its upper side, metres.
    """

    scale: int
    west: float
    north: float

    @property
    def side(self) -> float:
        """Return the side, metres."""
        return SIDES_M[self.scale]


def side_mm(scale: int) -> float:
    """Return the side of a standard sheet on paper: 50 cm, 60 cm at 1:5000 and 1:10 000.

    Raises:
        KeyError: No sheet has that scale.
    """
    return SIDES_M[scale] / scale * 1000


def name(cell: Cell) -> str:
    """Return the name of a sheet: `10-188 578`, `191 581`, `191 581-5`, `191 581-5-d`, `191 581-5-(16)`, …-100."""
    coarse = SIDES_M[10_000 if cell.scale == 10_000 else 5000]
    west, north = _outer(cell.west, cell.north, coarse)
    whole = f"{round(north / 1000) % 1000:03d} {round(west / 1000) % 1000:03d}"
    if cell.scale >= 5000:
        return f"10-{whole}" if cell.scale == 10_000 else whole
    middle = _outer(cell.west, cell.north, SIDES_M[2000], centre=west, top=north)
    nine = _place(*middle, west, north, SIDES_M[2000], 3)
    whole += f"-{nine}"
    if cell.scale == 2000:
        return whole
    across = _DIVIDES[cell.scale]
    part = _place(cell.west, cell.north, *middle, cell.side, across)
    return whole + {1000: f"-{'abcd'[(part - 1) % 4]}", 500: f"-({part})", 200: f"-{part}"}[cell.scale]


def at(easting: float, northing: float, scale: int) -> Cell:
    """Return the sheet of a scale that holds a point; a point on a line belongs to the sheet right of and below it.

    Raises:
        KeyError: No sheet has that scale.
    """
    side = SIDES_M[scale]
    coarse = SIDES_M[10_000 if scale == 10_000 else 5000]
    west, north = _outer(easting, northing, coarse)
    return Cell(scale, *_outer(easting, northing, side, centre=west, top=north))


def parse(text: str, scale: int | None = None) -> Cell | None:
    """Return the sheet that a name stands for; None where the text holds no name.

    Args:
        text: A line of print with the name somewhere in it.
        scale: Scale as it is printed elsewhere: decides where older rules leave the brackets out.
    """
    plain = fold(text).replace("\u2013", "-").replace("\u2014", "-").replace("[", "(").replace("]", ")")
    for found in _NAME.finditer(plain):
        read = _scale(found, scale)
        if read is None:
            continue
        east, north = int(found["east"]), int(found["north"])
        step = 6 if read == 10_000 else 3
        if (east - _CENTRE_KM) % step:
            continue
        kilometres = [north] if north >= 1000 else [north + thousands for thousands in (0, 1000, 2000)]
        chosen = [km for km in kilometres if _NORTH_KM[0] <= km <= _NORTH_KM[1] and km % step == 0]
        if not chosen:
            continue
        cell = _divided(found, read, east * 1000.0, chosen[0] * 1000.0)
        if cell is not None:
            return cell
    return None


def _scale(found: re.Match[str], scale: int | None) -> int | None:
    """Return the scale that the form of a name stands for; None where what is printed says another."""
    if found["four"]:
        told = {1000}
    elif found["sixteen"]:
        told = {500} if int(found["sixteen"]) <= 16 else set()
    elif found["hundred"]:
        told = {500, 200} if 1 <= int(found["hundred"]) <= 16 and scale == 500 else {200}
    elif found["nine"]:
        told = {2000}
    else:
        told = {10_000} if found["ten"] else {5000}
    if scale is None:
        return min(told, default=None)
    return scale if scale in told else None


def _divided(found: re.Match[str], scale: int, west: float, north: float) -> Cell | None:
    if found["nine"]:
        west, north = _inside(int(found["nine"]), west, north, SIDES_M[2000], 3)
    part = found["four"] or found["sixteen"] or found["hundred"]
    if part:
        across = _DIVIDES[scale]
        letter = part.strip("()")
        number = "abcd".index(letter) + 1 if letter in "abcd" else int(letter)
        if not 1 <= number <= across * across:
            return None
        west, north = _inside(number, west, north, SIDES_M[scale], across)
    return Cell(scale, west, north)


def _inside(number: int, west: float, north: float, side: float, across: int) -> tuple[float, float]:
    row, column = divmod(number - 1, across)
    return west + column * side, north - row * side


def _place(easting: float, northing: float, west: float, north: float, side: float, across: int) -> int:
    return round((north - northing) / side) * across + round((easting - west) / side) + 1


def _outer(
    easting: float, northing: float, side: float, *, centre: float = _CENTRE_KM * 1000.0, top: float = 0.0
) -> tuple[float, float]:
    """Return the north-western corner of the square of a grid that holds a point; a millimetre is on the line."""
    column = math.floor((easting - centre) / side + 1e-6)
    row = math.ceil((northing - top) / side - 1e-6)
    return centre + column * side, top + row * side
