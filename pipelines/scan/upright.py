"""Which way up a sheet stands: by reading the longest lines of print outside its frame in all four directions."""

import numpy as np

from pipelines.scan import margins
from pipelines.scan.model import Dark, Points

_LINES = 8
_SURE = 0.9
_LETTERS = 4
_GUESSED = 0.55
"""What an upside-down line still scores by chance."""


def quarter(dark: Dark, corners: Points, turn_deg: float, px_per_mm: float) -> int:
    """Return how many quarters of a turn, clockwise, the sheet stands turned beyond `turn_deg`: 0 to 3.

    Args:
        dark: (H, W) ink.
        corners: (4, 2) corners of the inner frame, that nearest to the upper left of the page first.
        turn_deg: How its sides are turned against the page, -45 to 45.
        px_per_mm: Resolution.
    """
    found = margins.cuttings(dark, corners, turn_deg, px_per_mm)
    along = [one.image for one in found if not one.is_across]
    across = [one.image for one in found if one.is_across]
    is_longer = sum(image.shape[1] for image in along) > 1.5 * sum(image.shape[1] for image in across)
    along, across = along[:_LINES], across[:_LINES]
    upright = _read(along)
    if is_longer and _is_sure(upright):
        return 0
    turned = [_read([np.ascontiguousarray(image[::-1, ::-1]) for image in images]) for images in (along, across)]
    # Lines across the sheet were cut out to be read from below: a sheet turned anticlockwise, three quarters.
    scores = [_score(upright), _score(turned[1]), _score(turned[0]), _score(_read(across))]
    best = int(np.argmax(scores))
    return best if scores[best] > 1.15 * scores[0] else 0


def _read(images: list[np.ndarray]) -> list[tuple[str, float]]:  # type: ignore[type-arg]
    return margins.read(images)


def _is_sure(told: list[tuple[str, float]]) -> bool:
    good = [score for text, score in told if len(text) >= _LETTERS]
    return len(good) >= 3 and float(np.mean(good)) > _SURE


def _score(told: list[tuple[str, float]]) -> float:
    return sum(len(text) * max(score - _GUESSED, 0.0) for text, score in told if len(text) >= _LETTERS)
