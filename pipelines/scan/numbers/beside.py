"""Numbers that may be parts of one: ink as large as a digit that no word accounts for lies in their line of writing."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from pipelines.scan.model import Dark
from pipelines.scan.numbers.pieces import Pieces
from pipelines.scan.numbers.words import Word

_HIGH = 16
"""Height of signs in the cuttings, pixels: enough to tell a digit from a line."""

_SIDE, _OVER = 2.4, 1.6
"""How far a cutting reaches beyond a word along its row and across, in heights: lines show how long they are."""

_NEAR = 0.75
"""How far the next digit of a number may be from it, in heights."""

_TALL = (0.55, 1.9)
"""From where to where in the row ink of a digit reaches, as a share of its height, and how high it is at most."""

_LEFT = 0.35
"""In how much of the height of the row ink of a digit is left at least where lines run through it."""

_STROKE = 1.5
"""A straight stroke longer than this is of no digit, in heights: a boundary, a wall, a hatch."""

_TURNS = 12
_INK = 100
_ALIKE_TURN, _LEVEL = 0.2, 0.4
"""Words of one line of writing stand in one direction, radians, and no farther above or below, in heights."""


def crowded(dark: Dark, found: Pieces, words: Sequence[Word], kinds: Sequence[str | None]) -> set[int]:
    """Return the words that are numbers and may have lost a digit.

    Args:
        dark: (H, W) ink.
        found: Pieces of ink.
        words: Words of the sheet.
        kinds: What each is: `number`, `area`, `code`; None where it says nothing, and accounts for no ink.
    """
    numbers = [at for at, kind in enumerate(kinds) if kind == "number"]
    left = dark.copy()
    for word, kind in zip(words, kinds, strict=True):
        if kind is not None:
            for piece in word.pieces:
                columns, rows = (found.of(piece) - 0.5).astype(np.int64).T
                left[rows, columns] = 0
    return {at for at in numbers if _is_digit_beside(left, words[at])} | _in_line(words, numbers)


def _in_line(words: Sequence[Word], numbers: list[int]) -> set[int]:
    """Return the numbers that stand in one line with another, no farther than digits of one do."""
    if len(numbers) < 2:
        return set()
    of = [words[at] for at in numbers]
    wide, high, turn = (np.array([getattr(word, name) for word in of]) for name in ("width", "height", "turn"))
    middle = np.array([word.middle for word in of])
    one, other = cKDTree(middle).query_pairs(float(wide.max() + high.max()), output_type="ndarray").T
    step = middle[other] - middle[one]
    cos, sin = np.cos(turn[one]), np.sin(turn[one])
    low = np.minimum(high[one], high[other])
    gap = np.abs(step[:, 0] * cos + step[:, 1] * sin) - (wide[one] + wide[other]) / 2
    level = np.abs(step[:, 1] * cos - step[:, 0] * sin) < _LEVEL * low
    alike = np.abs(np.angle(np.exp(1j * (turn[one] - turn[other])))) < _ALIKE_TURN
    alike &= np.maximum(high[one], high[other]) * _TALL[0] < low
    same = level & alike & (gap < _NEAR * low)
    return {numbers[at] for at in np.concatenate([one[same], other[same]]).tolist()}


def _is_digit_beside(left: Dark, word: Word) -> bool:
    """Tell whether ink as large as a digit lies before or behind a word in its row."""
    u0, u1, v0, v1 = word.box
    scale = _HIGH / max(v1 - v0, 1.0)
    start = np.array([u0 - _SIDE * (v1 - v0), v0 - _OVER * (v1 - v0)])
    size = (round((u1 - u0) * scale + 2 * _SIDE * _HIGH), round(_HIGH * (1 + 2 * _OVER)))
    cos, sin = np.cos(word.turn), np.sin(word.turn)
    axes = np.array([[cos, -sin], [sin, cos]])
    matrix = np.column_stack([axes / scale, axes @ (start + 0.5 / scale) - 0.5])
    cut = cv2.warpAffine(left, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    ink = (cut > _INK).astype(np.uint8)
    side = round(_SIDE * _HIGH)
    top, near = round(_OVER * _HIGH), round(_NEAR * _HIGH)
    rows = slice(top, top + _HIGH)
    zones = (slice(side - near, side), slice(size[0] - side, size[0] - side + near))
    # Most numbers stand free: nothing to look into.
    if not any(np.count_nonzero(ink[rows, zone].any(axis=1)) >= _TALL[0] * _HIGH for zone in zones):
        return False
    rest = _without_strokes(ink)
    # A broken digit is several pieces; what is far higher than one is none.
    _, label, stats, _ = cv2.connectedComponentsWithStats(rest, connectivity=8)
    rest &= (stats[:, cv2.CC_STAT_HEIGHT] <= _TALL[1] * _HIGH)[label].astype(np.uint8)
    inked = [np.flatnonzero(rest[rows, zone].any(axis=1)) for zone in zones]
    # Of a digit that a wall runs through there is left what the wall does not cover.
    return any(len(at) >= _LEFT * _HIGH and np.ptp(at) + 1 >= _TALL[0] * _HIGH for at in inked)


def _without_strokes(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return ink without straight strokes that are longer than a digit is high."""
    strokes = np.zeros_like(ink)
    for kernel in _kernels():
        strokes |= cv2.morphologyEx(ink, cv2.MORPH_OPEN, kernel)
    return np.asarray(ink & ~cv2.dilate(strokes, np.ones((3, 3), np.uint8)) & 1, dtype=np.uint8)


@cache
def _kernels() -> list[Any]:
    length = round(_STROKE * _HIGH) | 1
    made = []
    for turn in np.arange(_TURNS) * np.pi / _TURNS:
        kernel = np.zeros((length, length), np.uint8)
        reach = np.array([np.cos(turn), np.sin(turn)]) * (length // 2)
        middle = length // 2
        ends = [tuple(np.round(middle + sign * reach).astype(int).tolist()) for sign in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1)
        made.append(kernel)
    return made
