"""Words cut into their signs: each a picture, level and cut at its edges, and where it stands in its row."""

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Dark
from pipelines.scan.numbers import grown
from pipelines.scan.numbers.pieces import Pieces
from pipelines.scan.numbers.words import Word

Image = npt.NDArray[np.uint8]
Signs = list[tuple[Image, tuple[float, float, float, float]]]
"""Signs of a word, level and cut at their edges, with left, right, top, bottom in its row."""

_LEVEL = 0.03
_ONE_SIGN = 0.6
"""Pieces that overlap along the row by this share of the narrower one are pieces of one sign."""

_DOT, _FOOT = 0.35, 0.2
"""Size of dots at most, and how far a decimal point is from the foot of its word, by the height of digits."""

_GAP = 0.75
"""Gap between neighbouring digits from which on one may be missing, by their height."""

_PARTED = 0.4, 2.5
"""Gap that may part two numbers, by the height of digits and by the next wider gap of the word."""

_LINE_PX = 40
_EDGE = 64


def of_word(dark: Dark, found: Pieces, word: Word) -> Signs:
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


def without_dust(signs: Signs, role: str, is_turned: bool) -> Signs:
    """Return the signs of a word without dots that are no decimal point: at its ends, or above its foot."""
    unit = grown.height(signs)
    low = [max(image.shape) < _DOT * unit for image, _ in signs]
    tall = [at for at, is_low in enumerate(low) if not is_low]
    if not tall or role == "number":
        return signs
    # A slash stands out above and below.
    foot, head = (float(np.median([signs[at][1][side] for at in tall])) for side in (3, 2))

    def is_point(at: int, box: tuple[float, float, float, float]) -> bool:
        at_foot = foot - box[3] < _FOOT * unit or (is_turned and box[2] - head < _FOOT * unit)
        return role != "code" and tall[0] < at < tall[-1] and at_foot

    return [sign for at, sign in enumerate(signs) if not low[at] or is_point(at, sign[1])]


def has_gap(signs: Signs) -> bool:
    """Tell whether another digit would fit between two signs of a word, or a line parts it: one may have been lost."""
    sides = np.array([box[:2] for _, box in signs])
    if len(sides) < 2:
        return False
    gaps = np.sort(sides[1:, 0] - sides[:-1, 1]) / grown.height(signs)
    return bool(gaps[-1] > _GAP or (len(gaps) > 1 and gaps[-1] > _PARTED[0] and gaps[-1] > _PARTED[1] * gaps[-2]))


def turned_about(signs: Signs) -> Signs:
    """Return the signs of a word that stands upside down as one reads them, from its other end."""
    return [(np.ascontiguousarray(image[::-1, ::-1]), (-right, -left, -bottom, -top))
            for image, (left, right, top, bottom) in reversed(signs)]  # fmt: skip


def line(signs: Signs) -> Image:
    """Return a word as a line of text on white paper, of the height the recogniser likes."""
    boxes = np.array([box for _, box in signs])
    left, top = boxes[:, 0].min(), boxes[:, 2].min()
    wide, high = int(np.ceil(boxes[:, 1].max() - left)) + 2, int(np.ceil(boxes[:, 3].max() - top)) + 2
    made = np.zeros((high, wide), dtype=np.uint8)
    for image, box in signs:
        row, column = max(0, round(box[2] - top)), max(0, round(box[0] - left))
        part = image[: high - row, : wide - column]
        here = made[row : row + part.shape[0], column : column + part.shape[1]]
        np.maximum(here, part, out=here)
    scale = _LINE_PX / high
    size = (max(1, round(wide * scale)), _LINE_PX)
    made = cv2.resize(made, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    pad = _LINE_PX // 5
    framed = cv2.copyMakeBorder(made, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(0.0,))
    return np.asarray(255 - framed, dtype=np.uint8)
