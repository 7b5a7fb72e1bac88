"""What words of a sheet say: every sign by a small network, the doubtful and the decisive again by a recogniser.

The two see different things: the network single pieces of ink, the recogniser the whole word. Where both say the same,
a digit is hardly ever wrong; where they differ, neither is believed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Dark
from pipelines.scan.numbers import glyphs, grown, rows, signs
from pipelines.scan.numbers.pieces import Pieces
from pipelines.scan.numbers.rows import DIGITS, OF_ROLE, Told
from pipelines.scan.numbers.signs import Image, Signs
from pipelines.scan.numbers.words import Word
from pipelines.scan.place import margins

_SWAPPED = {"number": "area", "area": "number"}
_ALIKE = str.maketrans("OoQlI|,", "0001" + "11.")
_AREA, _NUMBER = re.compile(r"\d{1,6}\.\d"), re.compile(r"[1-9]\d{0,4}")
_LETTERS = str.maketrans("SZB", "528")
_SIDEWAYS = np.pi / 4

_CLEAR = 0.7
"""From which probability an area is not read again; read twice, it is right as often, at a third more time."""

_LEAST_SIGN = 0.5
"""Digits are about as high as each other: what is lower by more than this is dirt."""

_UPWARDS = 0.3
"""Words that stand upright are read from below unless their signs say more than this to the contrary."""

_WORDS = 1.0
"""What it says for one way that words of a label come of it, as much as the form of an area."""

_EITHER = 0.3
"""From which probability on a number that stands upright is one, both ways up."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a word says.

    Attributes:
        text: Its signs.
        sure: Probability that all of them are right, by the network.
        second: The same word as the recogniser reads it; None where it was not asked.
        second_sure: How sure the recogniser is.
    """

    text: str
    sure: float
    second: str | None = None
    second_sure: float = 0.0

    @property
    def agrees(self) -> bool:
        """Whether both readers say the same."""
        return self.second is not None and self.second == self.text


def read(dark: Dark, found: Pieces, words: list[Word], wanted: npt.NDArray[np.bool_] | None = None) -> list[Reading]:
    """Return what each word says; numbers of parcels are read twice.

    Rows that turn out to be several words are parted: `words` then has the first of them in their place, and the others
    at its end.

    Args:
        dark: (H, W) ink.
        found: Pieces of ink.
        words: Words made of them.
        wanted: (len(words),) which of them may belong to a parcel: others are read once; all of them without it.
    """
    turned = [abs(word.turn) > _SIDEWAYS for word in words]
    pictures = [signs.of_word(dark, found, word) for word in words]
    pictures = grown.apart(pictures, [OF_ROLE[word.role] or DIGITS for word in words], turned)
    pictures = [signs.without_dust(own, word.role, is_turned)
                for own, word, is_turned in zip(pictures, words, turned, strict=True)]  # fmt: skip
    seen, either = _upright(words, pictures, turned)
    is_wanted = [True] * len(words) if wanted is None else wanted.tolist()
    _part(words, pictures, seen, is_wanted)
    made = list[Reading]()
    for at, word in enumerate(words):
        if word.role == "number":
            unit = grown.height(pictures[at])
            clear = [image.shape[0] >= _LEAST_SIGN * unit for image, _ in pictures[at]]
            seen[at] = seen[at][clear]
            pictures[at] = [sign for sign, is_clear in zip(pictures[at], clear, strict=True) if is_clear]
        made.append(_as_digits(seen[at], _best(seen[at], word.role)) if word.role == "free"
                    else _best(seen[at], word.role))  # fmt: skip
    asked = [at for at, word in enumerate(words) if is_wanted[at] and _is_asked(word.role, made[at])]
    images = [signs.line(pictures[at]) for at in asked]
    for at, (text, score) in zip(asked, margins.read(images), strict=True):
        second = text.replace(" ", "").translate(_ALIKE)
        if words[at].role != "area" and signs.has_gap(pictures[at]):
            made[at] = replace(made[at], sure=0.0)
        if made[at].text in either.get(at, ()):
            # Alone, turned, and a number both ways up, as 68 and 89: the other one is as good.
            second, score = next(one for one in either[at] if one != made[at].text), _EITHER
        made[at] = replace(made[at], second=second, second_sure=score)
    return made


def _upright(
    words: Sequence[Word], pictures: list[Signs], turned: Sequence[bool]
) -> tuple[list[Told], dict[int, tuple[str, str]]]:
    """Turn words that stand upside down, with the roles at their bar.

    Returns:
        The probabilities of the signs of each word; both readings of words that are numbers either way up.
    """
    level, upside = _told(pictures, turned)
    either, flipped = dict[int, tuple[str, str]](), set[int]()
    for members in _labels(words):
        if members[0] not in upside:
            continue
        roles = [words[at].role for at in members]
        swapped = [_SWAPPED.get(role, role) for role in roles]
        here = [_best(level[at], role) for at, role in zip(members, roles, strict=True)]
        there = [_best(upside[at], role) for at, role in zip(members, swapped, strict=True)]
        if len(members) == 1:
            ways = [_best(told[members[0]], "number") for told in (level, upside)]
            if ways[0].text != ways[1].text and all(one.sure > _EITHER for one in ways):
                either[members[0]] = ways[0].text, ways[1].text
        upwards = _likely(there, swapped) + _UPWARDS - _likely(here, roles)
        rows_of = [at for at in members if words[at].role == "free"]
        upwards += _WORDS * sum(bool(rows.parts(*_row(upside[at], signs.turned_about(pictures[at])))) for at in rows_of)
        upwards -= _WORDS * sum(bool(rows.parts(*_row(level[at], pictures[at]))) for at in rows_of)
        if upwards > 0:
            flipped |= set(members)
            for at, role in zip(members, swapped, strict=True):
                words[at].turn_about(role)
                pictures[at] = signs.turned_about(pictures[at])
    return [upside[at] if at in flipped else level[at] for at in range(len(words))], either


def _part(words: list[Word], pictures: list[Signs], seen: list[Told], wanted: list[bool]) -> None:
    """Part the rows that are several words, each with its signs."""
    free = [at for at, word in enumerate(words) if word.role == "free" and wanted[at]]
    slashes = rows.has_slashes([_row(seen[at], pictures[at]) for at in free])
    for at in free:
        way = rows.parts(*_row(seen[at], pictures[at]), slashes=slashes)
        if not way:
            continue
        own = [pictures[at][first:end] for first, end, _ in way]
        told = [seen[at][first:end] for first, end, _ in way]
        made = rows.parted(words[at], way, own)
        words[at], pictures[at], seen[at] = made[0], own[0], told[0]
        words += made[1:]
        pictures += own[1:]
        seen += told[1:]
        wanted += [True] * (len(way) - 1)


def _row(told: Told, own: Signs) -> tuple[Told, Any, float]:
    return told, np.array([box[:2] for _, box in own]), grown.height(own)


def _is_asked(role: str, reading: Reading) -> bool:
    """Tell whether a word is read again: numbers, and areas that are not clear."""
    if role == "area":
        return reading.sure < _CLEAR or not _AREA.fullmatch(reading.text)
    return role == "number" or (role == "free" and _is_number(reading.text))


def _told(pictures: Sequence[Signs], turned: Sequence[bool]) -> tuple[list[Told], dict[int, Told]]:
    """Return the probabilities of the signs of each word, and of those that may stand upside down the other way."""
    squares, sizes = list[Image](), list[tuple[float, float]]()
    for own, is_turned in zip(pictures, turned, strict=True):
        unit = grown.height(own)
        for image, _ in own:
            squares.append(glyphs.canvas(image))
            sizes.append((image.shape[0] / unit, image.shape[1] / unit))
        if is_turned:
            squares += [glyphs.canvas(image[::-1, ::-1]) for image, _ in reversed(own)]
            sizes += [(image.shape[0] / unit, image.shape[1] / unit) for image, _ in reversed(own)]
    told = glyphs.probabilities(
        np.array(squares, dtype=np.uint8).reshape(-1, glyphs.SIDE, glyphs.SIDE),
        np.array(sizes, dtype=np.float32).reshape(-1, 2),
    )
    level, upside, start = list[Told](), dict[int, Told](), 0
    for at, (own, is_turned) in enumerate(zip(pictures, turned, strict=True)):
        level.append(told[start : start + len(own)])
        start += len(own)
        if is_turned:
            upside[at] = told[start : start + len(own)]
            start += len(own)
    return level, upside


def _labels(words: Sequence[Word]) -> list[list[int]]:
    """Return the words of each label."""
    made = dict[int, list[int]]()
    for at, word in enumerate(words):
        made.setdefault(word.label, []).append(at)
    return list(made.values())


def _likely(readings: Sequence[Reading], roles: Sequence[str]) -> float:
    """Return how likely the words of a label are, one way up: by their signs, and by the form an area has."""
    score = sum(float(np.log(max(one.sure, 1e-9))) / max(len(one.text), 1) for one in readings)
    forms = {"area": _AREA, "number": _NUMBER}
    return score + sum(
        bool(forms[role].fullmatch(one.text)) for one, role in zip(readings, roles, strict=True) if role in forms
    )


def _is_number(text: str) -> bool:
    return 0 < len(text) <= 5 and all(sign in DIGITS for sign in text)


def _best(told: Told, role: str) -> Reading:
    text, sure = rows.best(told, OF_ROLE[role])
    return Reading(text, float(np.prod(sure)))


def _as_digits(told: Told, reading: Reading) -> Reading:
    """Return a word of digits and letters that look like them as digits; no code is made of such letters alone."""
    text = reading.text.translate(_LETTERS)
    if text == reading.text or not _is_number(text):
        return reading
    return _best(told, "number")
