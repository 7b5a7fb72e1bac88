"""What words of a sheet say: every sign by a small network, the doubtful and the decisive again by a recogniser.

The two see different things: the network single pieces of ink, the recogniser the whole word. Where both say the same,
a digit is hardly ever wrong; where they differ, neither is believed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan import glyphs, margins
from pipelines.scan.model import Dark
from pipelines.scan.words import Pieces, Word

Floats = npt.NDArray[np.float64]
Image = npt.NDArray[np.uint8]

DIGITS = "0123456789"
CAPITALS = "ABCDĐEFGHJKLMNPQRSTUVWXYZ"
_OF_ROLE = {"number": DIGITS, "area": DIGITS + ".", "code": CAPITALS + DIGITS + "+", "free": ""}
"""Signs that a word of a role has; empty means all."""

_LEVEL = 0.03
_SIDEWAYS = np.pi / 4
_ONE_SIGN = 0.6
"""Pieces that overlap along the row by this share of the narrower one are pieces of one sign."""

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


def read(dark: Dark, found: Pieces, words: Sequence[Word]) -> list[Reading]:
    """Return what each word says; numbers of parcels are read twice.

    Args:
        dark: (H, W) ink.
        found: Pieces of ink.
        words: Words made of them.
    """
    squares, sizes, spans = list[Image](), list[tuple[float, float]](), list[tuple[int, int]]()
    pictures = [_signs(dark, found, word) for word in words]
    turned = [bool(abs(word.turn) > _SIDEWAYS) for word in words]
    for signs, is_turned in zip(pictures, turned, strict=True):
        for image, _ in signs:
            squares.append(glyphs.canvas(image))
        if is_turned:
            squares += [glyphs.canvas(image[::-1, ::-1]) for image, _ in reversed(signs)]
        unit = _digit_height(signs)
        own = [(image.shape[0] / unit, image.shape[1] / unit) for image, _ in signs]
        spans.append((len(sizes), len(signs)))
        sizes += own + (own[::-1] if is_turned else [])
    told = glyphs.probabilities(
        np.array(squares, dtype=np.uint8).reshape(-1, glyphs.SIDE, glyphs.SIDE),
        np.array(sizes, dtype=np.float32).reshape(-1, 2),
    )
    made, upside = list[Reading](), list[bool]()
    for word, (start, count), is_turned in zip(words, spans, turned, strict=True):
        best = _best(told[start : start + count], word.role)
        other = _best(told[start + count : start + 2 * count], word.role) if is_turned else None
        upside.append(other is not None and other.sure > best.sure)
        made.append(other if other is not None and other.sure > best.sure else best)
    asked = [at for at, word in enumerate(words) if word.role == "number" or _is_number(made[at].text)]
    asked += [at for at, word in enumerate(words) if word.role == "area" and made[at].sure < 0.9]
    images = [_line(pictures[at], upside=upside[at]) for at in asked]
    for at, (text, score) in zip(asked, margins.read(images), strict=True):
        clean = text.replace(" ", "").replace(",", ".").replace("O", "0").replace("o", "0").replace("l", "1")
        made[at] = Reading(made[at].text, made[at].sure, clean.replace("I", "1"), score)
    return made


def _is_number(text: str) -> bool:
    return 0 < len(text) <= 5 and all(sign in DIGITS for sign in text)


def _signs(dark: Dark, found: Pieces, word: Word) -> list[tuple[Image, tuple[float, float, float, float]]]:
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
    made = []
    for group in groups:
        points = np.concatenate([found.of(word.pieces[at]) for at in group])
        box = (spans[group, 0].min(), spans[group, 1].max(), spans[group, 2].min(), spans[group, 3].max())
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


def _digit_height(signs: Sequence[tuple[Image, tuple[float, float, float, float]]]) -> float:
    tall = np.array([image.shape[0] for image, _ in signs], dtype=np.float64)
    return float(np.median(tall[tall > 0.6 * tall.max()]))


def _best(told: npt.NDArray[np.float32], role: str) -> Reading:
    allowed = _OF_ROLE[role]
    columns = [at for at, name in enumerate(glyphs.CLASSES) if (name in allowed if allowed else name != glyphs.JUNK)]
    chosen = told[:, columns]
    best = chosen.argmax(axis=1)
    text = "".join(glyphs.CLASSES[columns[at]] for at in best.tolist())
    return Reading(text, float(np.prod(chosen.max(axis=1))))


def _line(signs: Sequence[tuple[Image, tuple[float, float, float, float]]], *, upside: bool) -> Image:
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
    return 255 - cv2.copyMakeBorder(line, pad, pad, 2 * pad, 2 * pad, cv2.BORDER_CONSTANT, value=0)
