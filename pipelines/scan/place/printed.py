"""What the print around a sheet says about its place: coordinates of the corners, scale, name in the grid, number.

Numbers read by machine are believed where they agree: opposite sides of a frame have the same coordinate, the sides
are as long as the frame at the scale says, and the name stands for the same square.
"""

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from pipelines.scan.model import Dark, Frame
from pipelines.scan.place import margins, sheets, titles
from pipelines.text import fold

SCALES = (200, 500, 1000, 2000, 5000, 10_000)

_SCALE = re.compile(r"(?<![\d.])[1il|]\s*[:/.]\s*(\d[\d .,]{1,6}\d|\d{3,5})(?!\d)")
_OLDER = re.compile(r"hn\W*72")
_DIGITS = str.maketrans("OoQDlI|iSsBZz", "0000111155822")
EASTING_M = (150_000.0, 900_000.0)
NORTHING_M = (900_000.0, 2_620_000.0)
NEAR_MM = 26.0
"""Coordinates of a corner stand at most so far from it."""

_HALF = re.compile(r"\W*\d{3,4}\W*")
_ROW, _HALVES = 1.0, 5.5
"""How far the halves of a coordinate stand from each other, in heights of theirs: a mark of the grid between them."""

_WHOLE = 0.01
_LEAST_SCORE = 0.6


@dataclass(frozen=True, slots=True)
class Printed:
    """What was read around the frame.

    Attributes:
        scale: Scale denominator; None where it was not read.
        cell: Sheet its name stands for; None where none was read.
        name: The name as it is written by the circular, or None.
        number: Number of the sheet in the commune; None where it was not read.
        sides: West, south, east, north in metres; NaN where no corner says it.
        votes: How many corners say each of them.
        lines: Everything read, for those who want to search it.
        commune: The commune as its name was read, letters may be missing; None where it was not read.
    """

    scale: int | None
    cell: sheets.Cell | None
    name: str | None
    number: str | None
    sides: tuple[float, float, float, float]
    votes: tuple[int, int, int, int]
    lines: tuple[margins.Line, ...]
    commune: str | None = None

    @property
    def is_older_system(self) -> bool:
        """Tell whether the sheet says that its coordinates are of HN-72."""
        return any(_OLDER.search(fold(line.text)) for line in self.lines)

    @property
    def meridian(self) -> float | None:
        """Return the central meridian in degrees; None where it was not read."""
        return titles.meridian(list(self.lines))


def title(read: Printed | None) -> dict[str, Any]:
    """Return what the title of a sheet says, whatever else is known: `number`, `scale`, `commune`, each or None."""
    return {name: getattr(read, name, None) for name in ("number", "scale", "commune")}


def read(dark: Dark, frame: Frame, px_per_mm: float) -> Printed:
    """Return what is printed around a frame.

    Args:
        dark: (H, W) ink.
        frame: Its frame, the right way up.
        px_per_mm: Resolution.
    """
    found = margins.cuttings(dark, frame.corners, frame.turn_deg, px_per_mm)
    told = margins.read([one.image for one in found])
    lines = [
        margins.Line(text.strip(), score, one.centre, one.is_across, one.height_mm)
        for one, (text, score) in zip(found, told, strict=True)
        if score >= _LEAST_SCORE and text.strip()
    ]
    _, _, (wide, high) = margins.layout(frame.corners, frame.turn_deg, px_per_mm)
    return parse(lines, wide, high)


def parse(lines: list[margins.Line], wide_mm: float, high_mm: float) -> Printed:
    """Return what lines of print say.

    Args:
        lines: Lines around a frame, their centres in mm from its upper left corner.
        wide_mm: Width of the frame.
        high_mm: Its height.
    """
    scale = _scale(lines)
    cells = Counter(cell for line in lines if (cell := sheets.parse(line.text, scale)) is not None)
    if not cells:
        # The name may be read well where the scale was not.
        cells = Counter(cell for line in lines if (cell := sheets.parse(line.text)) is not None and cell.scale <= 2000)
    if scale is None and cells:
        # A name with a division tells its scale; three digits and three digits alone may be anything.
        cells = Counter({cell: count for cell, count in cells.items() if cell.scale <= 2000})
    cell = cells.most_common(1)[0][0] if cells else None
    sides, votes = _sides(lines, wide_mm, high_mm, scale)
    named, kept = sheets.name(cell) if cell else None, tuple(lines)
    return Printed(scale, cell, named, titles.number(lines), sides, votes, kept, titles.commune(lines))


def _scale(lines: list[margins.Line]) -> int | None:
    """Return the scale most lines say, of those that maps have."""
    votes: Counter[int] = Counter()
    for line in lines:
        for found in _SCALE.finditer(
            fold(line.text).translate(_DIGITS) if _mostly_digits(line.text) else fold(line.text)
        ):
            value = int(re.sub(r"\D", "", found[1]))
            if value in SCALES:
                votes[value] += 1
    return votes.most_common(1)[0][0] if votes else None


def _mostly_digits(text: str) -> bool:
    return sum(letter.isdigit() for letter in text) >= 0.6 * max(len(text.replace(" ", "")), 1)


def coordinate(text: str) -> float | None:
    """Return the metres that a printed coordinate says: `2191000`, `2 191 000`, `2191.000`, `581,500`, `2191km`."""
    plain = re.sub(r"\s*(?:km|m|x|y|n|e|=|:)\s*$|^\s*(?:x|y|n|e)\s*[=:]?\s*", "", text.strip(), flags=re.IGNORECASE)
    if sum(letter.isdigit() for letter in plain) < 0.4 * len(plain):
        return None
    plain = plain.translate(_DIGITS)
    if not re.fullmatch(r"[\d\s.,']+", plain):
        return None
    digits = re.sub(r"\D", "", plain)
    parts = re.split(r"[\s.,']+", plain.strip(" .,'"))
    if len(digits) in (6, 7):
        return float(digits)
    if len(digits) in (8, 9) and len(parts[-1]) <= 2 and len(digits) - len(parts[-1]) in (6, 7):
        return float(digits[: -len(parts[-1])] + "." + parts[-1])
    if len(parts) == 2 and len(parts[0]) in (3, 4) and len(parts[1]) in (1, 2):
        return float(f"{parts[0]}.{parts[1]}") * 1000
    if len(parts) == 1 and len(digits) in (3, 4):
        return float(digits) * 1000
    return None


def _sides(
    lines: list[margins.Line], wide_mm: float, high_mm: float, scale: int | None
) -> tuple[tuple[float, float, float, float], tuple[int, int, int, int]]:
    """Return west, south, east, north and how many corners (or marks between them) say each."""
    votes: list[Counter[float]] = [Counter() for _ in range(4)]
    size, marks = (wide_mm, high_mm), list[tuple[int, float, float]]()
    for line in _whole(lines):
        value = coordinate(line.text)
        if value is None:
            continue
        places = (line.centre[0], high_mm - line.centre[1])
        # Whole kilometres alone are as well the number of a parcel or a year: only beside the frame, if at all.
        ends = [[abs(place - end) <= NEAR_MM for end in (0, side)] for place, side in zip(places, size, strict=True)]
        for axis, (low, high) in enumerate((EASTING_M, NORTHING_M)):
            if low <= value <= high and any(ends[1 - axis]):
                marks.append((axis, value, places[axis]))
                if any(ends[axis]):
                    votes[axis if ends[axis][0] else axis + 2][value] += 1
    if scale is not None:
        for axis, length in enumerate(size):
            for side, counted in enumerate(_by_marks([one[1:] for one in marks if one[0] == axis], length, scale)):
                votes[axis + 2 * side] += counted
    chosen = _agreeing(votes, wide_mm, high_mm)
    counts = tuple(vote.get(value, 0) for vote, value in zip(votes, chosen, strict=True))
    return chosen, counts  # type: ignore[return-value]


def _by_marks(marks: list[tuple[float, float]], length_mm: float, scale: int) -> tuple[Counter[float], Counter[float]]:
    """Return what the marks of the grid between the corners say of the lower and of the upper side of their axis.

    Only what marks at two places say alike counts: where the resolution of the page is told wrongly no two do.

    Args:
        marks: Coordinates in metres, each with the place of its text from the lower side, mm.
        length_mm: Length of the frame along the axis, in whole decimetres; else the marks say nothing of its sides.
        scale: Scale denominator.
    """
    cells, step = length_mm / sheets.CROSS_MM, sheets.CROSS_MM * scale / 1000
    count = round(cells) if math.isfinite(cells) else 0
    votes: tuple[Counter[float], Counter[float]] = (Counter(), Counter())
    if count < 2 or abs(cells / count - 1) > _WHOLE:
        return votes
    said: dict[float, list[int]] = {}
    for value, place in marks:
        node = round(place / sheets.CROSS_MM)
        if abs(place - node * sheets.CROSS_MM) <= NEAR_MM:
            said.setdefault(value - node * step, []).append(node)
    for lower, nodes in said.items():
        between = sum(0 < node < count for node in nodes)
        if between and len(set(nodes)) > 1:
            votes[0][lower] += between
            votes[1][lower + count * step] += between
    return votes


def _whole(lines: list[margins.Line]) -> list[margins.Line]:
    """Return lines with coordinates in two parts put together: `581` small and `000` large, beside or below it.

    Where there are such, three or four digits alone are half a coordinate and say nothing.
    """
    short = [line for line in lines if _HALF.fullmatch(line.text)]
    pairs = sorted(
        (apart, first, second)
        for first, line in enumerate(short)
        for second, other in enumerate(short)
        if first != second and (apart := _apart(line, other)) is not None
    )
    used, made = set[int](), list[margins.Line]()
    for _, first, second in pairs:
        if first not in used and second not in used:
            used |= {first, second}
            one, other = short[first], short[second]
            x, y = ((here + there) / 2 for here, there in zip(one.centre, other.centre, strict=True))
            digits = re.sub(r"\D", "", one.text + other.text)
            made.append(margins.Line(digits, min(one.score, other.score), (x, y), one.is_across))
    return made + [line for line in lines if line not in short] if made else lines


def _apart(line: margins.Line, other: margins.Line) -> float | None:
    """Return how far the metres stand from the kilometres of a coordinate, mm; None where they cannot be one."""
    kilometres, metres = (re.sub(r"\D", "", one.text) for one in (line, other))
    value = 1000.0 * int(kilometres) if kilometres else 0.0
    is_place = any(low <= value <= high for low, high in (EASTING_M, NORTHING_M))
    if line.is_across != other.is_across or len(metres) != 3 or not is_place:
        return None
    right, down = (there - here for here, there in zip(line.centre, other.centre, strict=True))
    if line.is_across:
        # Read from below: its lines run upwards.
        right, down = -down, right
    # In millimetres where nothing tells the resolution of the page it would be anything.
    row, most = (share * max(line.height_mm, other.height_mm) for share in (_ROW, _HALVES))
    beside = abs(down) <= row and row < right <= most
    below = abs(right) <= 2 * row and row < down <= most
    return math.hypot(right, down) if beside or below else None


def is_side(length_m: float, length_mm: float) -> bool:
    """Tell whether a difference of coordinates is the length of a side at one of the scales that maps have."""
    return any(abs(length_m / scale * 1000 - length_mm) <= 0.01 * length_mm for scale in SCALES)


def _agreeing(votes: list[Counter[float]], wide_mm: float, high_mm: float) -> tuple[float, float, float, float]:
    """Return for each side the value that fits its opposite side best: both right beats many votes."""
    out = [math.nan] * 4
    for low, high, length in ((0, 2, wide_mm), (1, 3, high_mm)):
        pairs = [
            (votes[low][first] + votes[high][second], -first, first, second)
            for first in votes[low] for second in votes[high]
            if is_side(second - first, length)
        ]  # fmt: skip
        if pairs:
            out[low], out[high] = max(pairs)[2:]
            continue
        for side in (low, high):
            if votes[side]:
                out[side] = max(votes[side].items(), key=lambda item: (item[1], -item[0]))[0]
    return out[0], out[1], out[2], out[3]
