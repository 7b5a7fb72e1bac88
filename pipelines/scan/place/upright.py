"""Which way up a sheet stands: by reading what is printed around it in all four directions.

It is the direction in which most letters can be read. Where two are alike coordinates decide: eastings grow to the
right and northings upwards in one of them only.
"""

import math

import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Dark, Points
from pipelines.scan.place import margins, printed
from pipelines.scan.place.margins import Cutting, Line

_LINES, _LINES_INSIDE = 8, 30
_SURE = 0.9
_LETTERS = 4
_LEAST_LETTERS = 20
_GUESSED = 0.55
"""What an upside-down line still scores by chance."""

_BETTER = 1.15
_CLEAR = 1.8

Read = list[tuple[str, float]]


def quarter(dark: Dark, corners: Points, turn_deg: float, px_per_mm: float) -> int:
    """Return how many quarters of a turn, clockwise, the sheet stands turned beyond `turn_deg`: 0 to 3.

    Args:
        dark: (H, W) ink.
        corners: (4, 2) corners of the inner frame, that nearest to the upper left of the page first.
        turn_deg: How its sides are turned against the page, -45 to 45.
        px_per_mm: Resolution.
    """
    found = margins.cuttings(dark, corners, turn_deg, px_per_mm)
    along, across = _parted(found)
    if _length(along) > 1.5 * _length(across) and _is_sure(_read(along[:_LINES], upside_down=False)):
        return 0
    most = _LINES
    if len(found) < 3:
        # Nothing is printed around it: what is written on the map stands in all directions, so more of it is needed.
        along, across = _parted(margins.cuttings(dark, corners, turn_deg, px_per_mm, inside=True))
        most = _LINES_INSIDE
    scores = np.array([_score(upright) for upright, _ in _turns(along[:most], across[:most])])
    best = int(np.argmax(scores))
    if scores[best] > _CLEAR * np.delete(scores, best).max():
        return best
    _, _, size = margins.layout(corners, turn_deg, px_per_mm)
    beside = _parted([one for one in found if _is_beside_corner(one.centre, size)])
    agreeing = [
        _coordinates(beside if turn % 2 == 0 else beside[::-1], reads, turn, size)
        for turn, reads in enumerate(_turns(*beside))
    ]
    if max(agreeing) > 0:
        return int(np.argmax(agreeing))
    return best if scores[best] > _BETTER * scores[0] else 0


def _parted(found: list[Cutting]) -> tuple[list[Cutting], list[Cutting]]:
    """Return the lines along the upper side of a frame and those across."""
    return [one for one in found if not one.is_across], [one for one in found if one.is_across]


def _turns(along: list[Cutting], across: list[Cutting]) -> list[tuple[Read, Read]]:
    """Return what lines say for each quarter of a turn: those that are upright then, and those to be read from below.

    Lines across the sheet are cut out to be read from below: they are upright on a sheet turned by three quarters.
    """
    first, third = _read(along, upside_down=False), _read(along, upside_down=True)
    fourth, second = _read(across, upside_down=False), _read(across, upside_down=True)
    return [(first, fourth), (second, first), (third, second), (fourth, third)]


def _is_beside_corner(at: tuple[float, float], size: tuple[float, float]) -> bool:
    gaps = [min(abs(place), abs(place - side)) for place, side in zip(at, size, strict=True)]
    return max(gaps) <= printed.NEAR_MM


def _read(cuts: list[Cutting], *, upside_down: bool) -> Read:
    images = [np.ascontiguousarray(one.image[::-1, ::-1]) if upside_down else one.image for one in cuts]
    return margins.read(images)


def _length(cuts: list[Cutting]) -> int:
    return sum(one.image.shape[1] for one in cuts)


def _is_sure(told: Read) -> bool:
    good = [score for text, score in told if len(text) >= _LETTERS]
    return (
        len(good) >= 3 and float(np.mean(good)) > _SURE and sum(map(len, (text for text, _ in told))) > _LEAST_LETTERS
    )


def _score(told: Read) -> float:
    return sum(len(text) * max(score - _GUESSED, 0.0) for text, score in told if len(text) >= _LETTERS)


def _coordinates(
    cuts: tuple[list[Cutting], list[Cutting]], reads: tuple[Read, Read], turn: int, size: tuple[float, float]
) -> int:
    """Return how many coordinates fit a frame turned by so many quarters: those of opposite sides that agree."""
    lines = [
        Line(text, score, _seen(one.centre, turn, size), is_across)
        for held, told, is_across in zip(cuts, reads, (False, True), strict=True)
        for one, (text, score) in zip(held, told, strict=True)
    ]
    wide, high = size if turn % 2 == 0 else size[::-1]
    read = printed.parse(lines, wide, high)
    west, south, east, north = read.sides
    fits = [
        votes for first, second, length, votes in (
            (west, east, wide, read.votes[0] + read.votes[2]), (south, north, high, read.votes[1] + read.votes[3]),
        ) if math.isfinite(first + second) and printed.is_side(second - first, length)
    ]  # fmt: skip
    return sum(fits)


def _seen(at: tuple[float, float], turn: int, size: tuple[float, float]) -> tuple[float, float]:
    """Return a place as seen on the sheet turned upright by so many quarters."""
    places: npt.NDArray[np.float64] = np.array(
        [at, (at[1], size[0] - at[0]), (size[0] - at[0], size[1] - at[1]), (size[1] - at[1], at[0])]
    )
    return float(places[turn, 0]), float(places[turn, 1])
