"""Rows of signs that are several words: a number and a code side by side, a number and its area with a slash."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.scan.numbers import codes, glyphs
from pipelines.scan.numbers.words import Word

Told = npt.NDArray[np.float32]
Part = tuple[int, int, str]
"""First sign of a word, the one after its last, and its role."""

DIGITS = "0123456789"
CAPITALS = "ABCDĐEFGHJKLMNPQRSTUVWXYZ"
OF_ROLE = {"number": DIGITS, "area": DIGITS + ".", "code": CAPITALS + DIGITS + "+", "free": ""}
"""Signs that a word of a role has; empty means all."""

_LETTERS = CAPITALS + "01+"
"""Signs of a code: the network has one for 0 and O, and one for 1 and I."""
_BLANK, _WIDEST = 0.2, 0.6
"""Narrowest blank between two words, in heights of a sign, and as a share of the widest gap of its row."""

_SLASH = 0.1
"""From which probability a sign between digits may be a slash."""

_FIRMER = 3.0
"""By which factor a row is more probable in parts than as one word, for the parts to be believed."""

_USUAL, _SHARE = 3, 0.2
"""From how many rows on, and which share of those that are long enough, a slash is the way of the sheet."""

_SHORTEST = 4
"""Signs of the shortest row with number, slash and area."""

_MOST = 16
"""More signs than number, area and code have are no label."""

_SLASHES = glyphs.CLASSES.index("/")
_JUNK, _MOST_JUNK = glyphs.CLASSES.index(glyphs.JUNK), 0.5


def best(told: Told, allowed: str) -> tuple[str, npt.NDArray[np.float32]]:
    """Return the most probable signs of a word, of those that are allowed (all of them where empty), and how probable.

    Args:
        told: (n, len(CLASSES)) probabilities of its signs.
        allowed: Signs that it may have.
    """
    columns = [at for at, name in enumerate(glyphs.CLASSES) if (name in allowed if allowed else name != glyphs.JUNK)]
    # That a piece is rather no sign says nothing of which sign it would be; whether it is one the second reader says.
    chosen = told[:, columns] / (1 - np.minimum(told[:, _JUNK], _MOST_JUNK))[:, None]
    return "".join(glyphs.CLASSES[columns[at]] for at in chosen.argmax(axis=1).tolist()), chosen.max(axis=1)


def parts(told: Told, sides: Any, unit: float, *, slashes: bool = False) -> list[Part]:
    """Return the words that a row of signs is made of; nothing where it is one word, or it is not clear.

    Args:
        told: (n, len(CLASSES)) probabilities of its signs, in the order of reading.
        sides: (n, 2) where each begins and ends along the row.
        unit: Height of a sign.
        slashes: Whether slashes are the way of the sheet: else a doubtful one is a 1, and none parts whole numbers.
    """
    score, way = _firmest(told, sides, unit)
    area = next((told[first:end] for first, end, role in way if role == "area"), None)
    if area is not None and slashes:
        return way if score > (-np.log(_FIRMER) if _has_point(area) else 0.0) else []
    return way if score > np.log(_FIRMER) and (area is None or _has_point(area)) else []


def has_slashes(rows: Sequence[tuple[Told, Any, float]]) -> bool:
    """Tell whether a sheet has rows of number, slash and area: arguments of `parts` for each of its rows."""
    long = [row for row in rows if _SHORTEST <= len(row[0]) <= _MOST]
    firm = 0
    for told, sides, unit in long:
        score, way = _firmest(told, sides, unit)
        areas = [told[first:end] for first, end, role in way if role == "area"]
        # In a row with a point as well a slash is hardly chance.
        firm += any(score > (0.0 if _has_point(area) else np.log(_FIRMER)) for area in areas)
    return firm >= max(_USUAL, _SHARE * len(long))


def _has_point(area: Told) -> bool:
    return "." in best(area, OF_ROLE["area"])[0]


def _firmest(told: Told, sides: Any, unit: float) -> tuple[float, list[Part]]:
    """Return the most probable words of a row, and how much more so than one word, as a logarithm."""
    count = len(told)
    if not 2 <= count <= _MOST:
        return -np.inf, []
    gaps = sides[1:, 0] - sides[:-1, 1]
    # A slash is none of the signs of a number or a code: it counts for what it is.
    slash = np.log(told[:, _SLASHES] + 1e-9)
    found = [
        (
            sum(_likely(told[first:end], role) for first, end, role in way) + float(slash[_missing(way, count)].sum()),
            way,
        )
        for way in _ways(told, gaps, unit)
    ]
    score, way = max(found, key=lambda one: one[0], default=(-np.inf, []))
    one_word = ["number", "area", *(["code"] if _is_code(told) else [])]
    return score - max(_likely(told, role) for role in one_word), way


def parted(word: Word, way: list[Part], signs: Any) -> list[Word]:
    """Return the words that a row is made of.

    Args:
        word: The row.
        way: Its parts.
        signs: For each part its signs, with (left, right, top, bottom) in the row.
    """
    made = []
    for (_, _, role), own in zip(way, signs, strict=True):
        box = np.array([sides for _, sides in own])
        (left, _, top, _), (_, right, _, bottom) = box.min(axis=0).tolist(), box.max(axis=0).tolist()
        made.append(replace(word, role=role, of_row=True, box=(left, right, top, bottom)))
    return made


def _ways(told: Told, gaps: Any, unit: float) -> Iterator[list[Part]]:
    count = len(told)
    slashes = np.flatnonzero(told[:, _SLASHES] >= _SLASH)
    if not len(slashes):
        for way in _with_code(told, gaps, 0, count, "number", unit):
            if len(way) > 1:
                yield way
    for at in slashes[(slashes > 0) & (slashes < count - 1)].tolist():
        for left in _with_code(told, gaps, 0, at, "number", unit):
            for right in _with_code(told, gaps, at + 1, count, "area", unit):
                if (len(left) == 1 or left[0][2] == "code") and (len(right) == 1 or right[1][2] == "code"):
                    yield left + right


def _with_code(told: Told, gaps: Any, first: int, end: int, role: str, unit: float) -> Iterator[list[Part]]:
    """Yield a part as a word of a role, and as this and a code on either side of a blank."""
    yield [(first, end, role)]
    within = gaps[first : end - 1]
    # Around a 1 there is nearly as much room as between words.
    blank = max(_BLANK * unit, _WIDEST * within.max(initial=0.0))
    for cut in (first + 1 + np.flatnonzero(within >= blank)).tolist():
        for way in ([(first, cut, role), (cut, end, "code")], [(first, cut, "code"), (cut, end, role)]):
            start, stop, _ = way[0] if way[0][2] == "code" else way[1]
            if _is_code(told[start:stop]):
                yield way


def _is_code(told: Told) -> bool:
    text = best(told, _LETTERS)[0]
    # What looks like I alone, or like O, is a digit.
    return any(sign.isalpha() for sign in text) and codes.land_use(text) is not None


def _likely(told: Told, role: str) -> float:
    return float(np.log(best(told, _LETTERS if role == "code" else OF_ROLE[role])[1] + 1e-9).sum())


def _missing(way: list[Part], count: int) -> list[int]:
    within = {at for first, end, _ in way for at in range(first, end)}
    return [at for at in range(count) if at not in within]
