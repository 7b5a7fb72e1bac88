"""Signs that have grown together, taken apart where the network reads the parts and not the whole."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.scan.numbers import glyphs

Image = npt.NDArray[np.uint8]
Sign = tuple[Image, tuple[float, float, float, float]]
"""A sign, level and cut at its edges, with left, right, top, bottom in its row."""

_WIDE = 0.95
"""From which width, in heights of a digit, a piece may be several signs."""

_WHOLE = 0.5
"""A piece that is one sign with this probability is left whole."""

_PART = (0.1, 0.95)
"""Width of one sign, in heights of a digit."""

_CUTS = 9
_EACH = 0.7
"""What another sign costs: as much as a doubt by half."""

_INK = 60


def apart(words: Sequence[list[Sign]], allowed: Sequence[str], turned: Sequence[bool]) -> list[list[Sign]]:
    """Return the signs of words, those grown together cut where single signs come of it.

    Args:
        words: Signs of each word.
        allowed: Signs that each word may have.
        turned: Whether a word may stand upside down.
    """
    made = [list(signs) for signs in words]
    wide = [
        (word, place)
        for word, signs in enumerate(words)
        for place, (image, _) in enumerate(signs)
        if image.shape[1] > _WIDE * height(signs)
    ]
    units = [height(words[word]) for word, _ in wide]
    whole = _read([words[word][place][0] for word, place in wide], units)
    junk = glyphs.CLASSES.index(glyphs.JUNK)
    some = [(at, unit, told) for at, unit, told in zip(wide, units, whole, strict=True) if told[junk] > _WHOLE]
    parts, owners = list[Image](), list[float]()
    spans = []
    for (word, place), unit, _ in some:
        ways = _spans(words[word][place][0], unit)
        spans.append((len(parts), ways))
        for first, end in ways:
            part = _cut(words[word][place][0][:, first:end])[0]
            parts += [part, part[::-1, ::-1]]
            owners += [unit, unit]
    told = _read(parts, owners)
    # From the right, so that places of signs to the left stay what they are.
    for ((word, place), _, own), (start, ways) in reversed(list(zip(some, spans, strict=True))):
        columns = [at for at, name in enumerate(glyphs.CLASSES) if name in allowed[word]]
        image, box = words[word][place]
        best = told[start : start + 2 * len(ways), columns].max(axis=1, initial=1e-9).reshape(-1, 2)
        score, chosen = max(
            (_best_way(ways, best[:, side], image.shape[1]) for side in ((0, 1) if turned[word] else (0,))),
            key=lambda way: way[0],
        )
        if len(chosen) > 1 and score > np.log(max(float(own[columns].max()), 1e-9)) - _EACH:
            made[word][place : place + 1] = [_moved(image, box, span) for span in chosen]
    return made


def height(signs: Sequence[Sign]) -> float:
    """Return the usual height of the signs of a word that are no dots."""
    tall = np.array([image.shape[0] for image, _ in signs], dtype=np.float64)
    return float(np.median(tall[tall > 0.6 * tall.max()]))


def _read(parts: Sequence[Image], units: Sequence[float]) -> npt.NDArray[np.float32]:
    squares = [glyphs.canvas(part) for part in parts]
    sizes = [(part.shape[0] / unit, part.shape[1] / unit) for part, unit in zip(parts, units, strict=True)]
    return glyphs.probabilities(
        np.array(squares, dtype=np.uint8).reshape(-1, glyphs.SIDE, glyphs.SIDE),
        np.array(sizes, dtype=np.float32).reshape(-1, 2),
    )


def _spans(image: Image, unit: float) -> list[tuple[int, int]]:
    """Return the parts of a piece that may be signs: between the columns with least ink around them."""
    inked = np.convolve(image.sum(axis=0, dtype=np.float64), (0.25, 0.5, 0.25), mode="same")
    low = np.flatnonzero((inked[1:-1] <= inked[:-2]) & (inked[1:-1] <= inked[2:])) + 1
    low = low[np.argsort(inked[low], kind="stable")][:_CUTS]
    ends = [0, *sorted(low.tolist()), image.shape[1]]
    return [
        (first, end)
        for at, first in enumerate(ends)
        for end in ends[at + 1 :]
        if _PART[0] * unit <= end - first <= _PART[1] * unit and image[:, first:end].max(initial=0) > _INK
    ]


def _best_way(ways: Sequence[tuple[int, int]], best: Any, width: int) -> tuple[float, list[tuple[int, int]]]:
    """Return the most probable row of parts that fills a piece, and its score; no parts where none fills it."""
    reached: dict[int, tuple[float, list[tuple[int, int]]]] = {0: (0.0, [])}
    for (first, end), p in sorted(zip(ways, best.tolist(), strict=True)):
        if first in reached:
            score = reached[first][0] + float(np.log(max(p, 1e-9))) - _EACH
            if end not in reached or score > reached[end][0]:
                reached[end] = score, [*reached[first][1], (first, end)]
    return reached.get(width, (-np.inf, []))


def _cut(image: Image) -> tuple[Image, int, int]:
    """Return a part of a piece cut at its edges, and how many rows and columns were taken off before it."""
    rows, columns = np.flatnonzero(image.max(axis=1) > _INK), np.flatnonzero(image.max(axis=0) > _INK)
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], int(rows[0]), int(columns[0])


def _moved(image: Image, box: tuple[float, float, float, float], span: tuple[int, int]) -> Sign:
    part, row, column = _cut(image[:, span[0] : span[1]])
    left, top = box[0] + span[0] + column, box[2] + row
    return part, (left, left + part.shape[1], top, top + part.shape[0])
