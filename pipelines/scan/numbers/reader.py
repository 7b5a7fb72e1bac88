"""What words of a sheet say: every sign by a small network, the doubtful and the decisive again by a recogniser.

The two see different things: the network single pieces of ink, the recogniser the whole word. Where both say the same,
a digit is hardly ever wrong; where they differ, neither is believed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Dark
from pipelines.scan.numbers import glyphs, grown
from pipelines.scan.numbers.pieces import Pieces
from pipelines.scan.numbers.words import Word
from pipelines.scan.place import margins

Floats = npt.NDArray[np.float64]
Image = npt.NDArray[np.uint8]
Signs = list[tuple[Image, tuple[float, float, float, float]]]
"""Signs of a word, level and cut at their edges, with left, right, top, bottom in its row."""

DIGITS = "0123456789"
CAPITALS = "ABCDĐEFGHJKLMNPQRSTUVWXYZ"
_OF_ROLE = {"number": DIGITS, "area": DIGITS + ".", "code": CAPITALS + DIGITS + "+", "free": ""}
"""Signs that a word of a role has; empty means all."""

_SWAPPED = {"number": "area", "area": "number"}
_ALIKE = str.maketrans("OoQlI|,", "0001" + "11.")
_AREA, _NUMBER = re.compile(r"\d{1,6}\.\d"), re.compile(r"[1-9]\d{0,4}")
_LETTERS = str.maketrans("SZB", "528")
_LEVEL = 0.03
_SIDEWAYS = np.pi / 4
_ONE_SIGN = 0.6
"""Pieces that overlap along the row by this share of the narrower one are pieces of one sign."""

_CLEAR = 0.7
"""From which probability an area is not read again; read twice, it is right as often, at a third more time."""

_LEAST_SIGN = 0.5
"""Digits are about as high as each other: what is lower by more than this is dirt."""

_DOT, _FOOT = 0.35, 0.2
"""Size of dots at most, and how far a decimal point is from the foot of its word, by the height of digits."""

_UPWARDS = 0.3
"""Words that stand upright are read from below unless their signs say more than this to the contrary."""

_EITHER = 0.3
"""From which probability on a number that stands upright is one, both ways up."""

_GAP = 0.75
"""Gap between neighbouring digits from which on one may be missing, by their height."""

_JUNK, _MOST_JUNK = glyphs.CLASSES.index(glyphs.JUNK), 0.5
_LINE_PX = 40
_EDGE = 64


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


def read(
    dark: Dark, found: Pieces, words: Sequence[Word], wanted: npt.NDArray[np.bool_] | None = None
) -> list[Reading]:
    """Return what each word says; numbers of parcels are read twice.

    Args:
        dark: (H, W) ink.
        found: Pieces of ink.
        words: Words made of them.
        wanted: (len(words),) which of them may belong to a parcel: others are read once; all of them without it.
    """
    turned = [abs(word.turn) > _SIDEWAYS for word in words]
    pictures = [_signs(dark, found, word) for word in words]
    pictures = grown.apart(pictures, [_OF_ROLE[word.role] or DIGITS for word in words], turned)
    pictures = [_without_dust(signs, word.role, is_turned)
                for signs, word, is_turned in zip(pictures, words, turned, strict=True)]  # fmt: skip
    level, upside = _told(pictures, turned)
    made, is_upside, either = list[Reading](), set[int](), dict[int, tuple[str, str]]()
    roles = [word.role for word in words]
    for members in _labels(words):
        if members[0] in upside:
            swapped = [_SWAPPED.get(roles[at], roles[at]) for at in members]
            here = [_best(level[at], roles[at]) for at in members]
            there = [_best(upside[at], role) for at, role in zip(members, swapped, strict=True)]
            if len(members) == 1:
                ways = [_best(told[members[0]], "number") for told in (level, upside)]
                if ways[0].text != ways[1].text and all(one.sure > _EITHER for one in ways):
                    either[members[0]] = ways[0].text, ways[1].text
            if _likely(there, swapped) + _UPWARDS > _likely(here, [roles[at] for at in members]):
                is_upside |= set(members)
                for at, role in zip(members, swapped, strict=True):
                    words[at].role = roles[at] = role
    for at, role in enumerate(roles):
        told = upside[at] if at in is_upside else level[at]
        if role == "number":
            clear = [image.shape[0] >= _LEAST_SIGN * grown.height(pictures[at]) for image, _ in pictures[at]]
            told = told[clear[::-1] if at in is_upside else clear]
            pictures[at] = [sign for sign, is_clear in zip(pictures[at], clear, strict=True) if is_clear]
        made.append(_as_digits(told, _best(told, role)) if role == "free" else _best(told, role))
    asked = [
        at
        for at, role in enumerate(roles)
        if (wanted is None or wanted[at])
        and (
            role == "number"
            or (role == "free" and _is_number(made[at].text))
            or (role == "area" and (made[at].sure < _CLEAR or not _AREA.fullmatch(made[at].text)))
        )
    ]
    images = [_line(pictures[at], upside=at in is_upside) for at in asked]
    for at, (text, score) in zip(asked, margins.read(images), strict=True):
        second = text.replace(" ", "").translate(_ALIKE)
        if roles[at] != "area" and _has_gap(pictures[at]):
            made[at] = replace(made[at], sure=0.0)
        if made[at].text in either.get(at, ()):
            # Alone, turned, and a number both ways up, as 68 and 89: the other one is as good.
            second, score = next(one for one in either[at] if one != made[at].text), _EITHER
        made[at] = replace(made[at], second=second, second_sure=score)
    return made


def _has_gap(signs: Signs) -> bool:
    """Tell whether another digit would fit between two signs of a word: one may have been lost."""
    sides = np.array([box[:2] for _, box in signs])
    return bool(len(sides) > 1 and (sides[1:, 0] - sides[:-1, 1]).max() > _GAP * grown.height(signs))


def _without_dust(signs: Signs, role: str, is_turned: bool) -> Signs:
    """Return the signs of a word without dots that are no decimal point: at its ends, or above its foot."""
    unit = grown.height(signs)
    foot, head = max(box[3] for _, box in signs), min(box[2] for _, box in signs)
    low = [max(image.shape) < _DOT * unit for image, _ in signs]
    tall = [at for at, is_low in enumerate(low) if not is_low]
    if not tall or role == "number":
        return signs

    def is_point(at: int, box: tuple[float, float, float, float]) -> bool:
        at_foot = foot - box[3] < _FOOT * unit or (is_turned and box[2] - head < _FOOT * unit)
        return role != "code" and tall[0] < at < tall[-1] and at_foot

    return [sign for at, sign in enumerate(signs) if not low[at] or is_point(at, sign[1])]


def _told(
    pictures: Sequence[Signs], turned: Sequence[bool]
) -> tuple[list[npt.NDArray[np.float32]], dict[int, npt.NDArray[np.float32]]]:
    """Return the probabilities of the signs of each word, and of those that may stand upside down the other way."""
    squares, sizes = list[Image](), list[tuple[float, float]]()
    for signs, is_turned in zip(pictures, turned, strict=True):
        unit = grown.height(signs)
        for image, _ in signs:
            squares.append(glyphs.canvas(image))
            sizes.append((image.shape[0] / unit, image.shape[1] / unit))
        if is_turned:
            squares += [glyphs.canvas(image[::-1, ::-1]) for image, _ in reversed(signs)]
            sizes += [(image.shape[0] / unit, image.shape[1] / unit) for image, _ in reversed(signs)]
    told = glyphs.probabilities(
        np.array(squares, dtype=np.uint8).reshape(-1, glyphs.SIDE, glyphs.SIDE),
        np.array(sizes, dtype=np.float32).reshape(-1, 2),
    )
    level, upside, start = list[npt.NDArray[np.float32]](), dict[int, npt.NDArray[np.float32]](), 0
    for at, (signs, is_turned) in enumerate(zip(pictures, turned, strict=True)):
        level.append(told[start : start + len(signs)])
        start += len(signs)
        if is_turned:
            upside[at] = told[start : start + len(signs)]
            start += len(signs)
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


def _signs(dark: Dark, found: Pieces, word: Word) -> Signs:
    """Return the signs of a word, level and cut at their edges, with (left, right, top, bottom) in the row."""
    spans = found.extents(word.pieces, np.zeros(2), word.turn)
    order = np.argsort(spans[:, 0])
    groups = list[list[int]]()
    reach = -np.inf
    for at in order.tolist():
        left, right = spans[at, :2]
        narrow = min(right - left, np.ptp([spans[k, :2] for k in groups[-1]]) if groups else right - left)
        if groups and reach - left > _ONE_SIGN * max(narrow, 1.0):
            groups[-1].append(at)
        else:
            groups.append([at])
        reach = max(reach, right) if groups[-1][0] != at else right
    made: Signs = []
    for group in groups:
        points = np.concatenate([found.of(word.pieces[at]) for at in group])
        sides = (spans[group, 0].min(), spans[group, 1].max(), spans[group, 2].min(), spans[group, 3].max())
        left, right, top, bottom = map(float, sides)
        box = (left, right, top, bottom)
        made.append((_picture(dark, points, word.turn), box))
    return made


def _picture(dark: Dark, points: npt.NDArray[np.float32], turn: float) -> Image:
    """Return the ink of some pixels, turned level."""
    columns, rows = (points - 0.5).astype(np.int64).T
    top, left = rows.min(), columns.min()
    image = np.zeros((rows.max() - top + 1, columns.max() - left + 1), dtype=np.uint8)
    image[rows - top, columns - left] = dark[rows, columns]
    if abs(turn) < _LEVEL:
        return image
    height, width = image.shape
    side = int(np.ceil(np.hypot(height, width))) + 2
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = np.array([[cos, sin, 0.0], [-sin, cos, 0.0]])
    matrix[:, 2] = side / 2 - matrix[:, :2] @ [width / 2, height / 2]
    level = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR)
    drawn = level > _EDGE
    if not drawn.any():
        return image
    across, down = np.flatnonzero(drawn.any(axis=0)), np.flatnonzero(drawn.any(axis=1))
    return np.ascontiguousarray(level[down[0] : down[-1] + 1, across[0] : across[-1] + 1])


def _best(told: npt.NDArray[np.float32], role: str) -> Reading:
    allowed = _OF_ROLE[role]
    columns = [at for at, name in enumerate(glyphs.CLASSES) if (name in allowed if allowed else name != glyphs.JUNK)]
    # That a piece is rather no sign says nothing of which sign it would be; whether it is one the second reader says.
    chosen = told[:, columns] / (1 - np.minimum(told[:, _JUNK], _MOST_JUNK))[:, None]
    best = chosen.argmax(axis=1)
    text = "".join(glyphs.CLASSES[columns[at]] for at in best.tolist())
    return Reading(text, float(np.prod(chosen.max(axis=1))))


def _as_digits(told: npt.NDArray[np.float32], reading: Reading) -> Reading:
    """Return a word of digits and letters that look like them as digits; no code is made of such letters alone."""
    text = reading.text.translate(_LETTERS)
    if text == reading.text or not _is_number(text):
        return reading
    return _best(told, "number")


def _line(signs: Signs, *, upside: bool) -> Image:
    """Return a word as a line of text on white paper, of the height the recogniser likes."""
    boxes = np.array([box for _, box in signs])
    left, top = boxes[:, 0].min(), boxes[:, 2].min()
    wide, high = int(np.ceil(boxes[:, 1].max() - left)) + 2, int(np.ceil(boxes[:, 3].max() - top)) + 2
    line = np.zeros((high, wide), dtype=np.uint8)
    for image, box in signs:
        row, column = max(0, round(box[2] - top)), max(0, round(box[0] - left))
        part = image[: high - row, : wide - column]
        here = line[row : row + part.shape[0], column : column + part.shape[1]]
        np.maximum(here, part, out=here)
    if upside:
        line = np.ascontiguousarray(line[::-1, ::-1])
    scale = _LINE_PX / high
    size = (max(1, round(wide * scale)), _LINE_PX)
    line = cv2.resize(line, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    pad = _LINE_PX // 5
    framed = cv2.copyMakeBorder(line, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(0.0,))
    return np.asarray(255 - framed, dtype=np.uint8)
