"""Long straight lines of a sheet on a coarse picture: how far it is turned, and where its frame may run."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Dark, Mask, Points

PER_MM = 3.0
"""Pixels per millimetre of the coarse picture."""

_INK = 56
"""A line of 0.15 mm fills about half of one coarse pixel."""

_MOST_TURN_DEG = 6.0
_GAP_MM = 4.0
_RUN_MM = 25.0
_SHORTEST_SHARE = 0.3
_SAME_MM = 0.7
_MOST_LINES = 24


@dataclass(frozen=True, slots=True)
class Coarse:
    """A sheet in coarse pixels, turned so that its long lines run along the axes.

    Attributes:
        ink: (h, w) what is drawn.
        grey: (h, w) uint8, the same as shares of ink.
        per_mm: Coarse pixels per millimetre.
        to_page: (2, 3) coarse to page coordinates.
        turn_deg: How far the page had to be turned, clockwise as one looks at it: -6 to 6.
    """

    ink: Mask
    grey: Dark
    per_mm: float
    to_page: Points
    turn_deg: float

    def page(self, points: Points) -> Points:
        """Return (n, 2) page coordinates of (n, 2) coarse ones."""
        return np.asarray(points @ self.to_page[:, :2].T + self.to_page[:, 2], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Line:
    """A long line, nearly along an axis.

    Attributes:
        across: (k,) its place across the axis for each place along it: float, NaN where nothing is drawn.
        covered: (k + 1,) running sum of the places drawn.
        first: First place along the axis.
        last: Last place.
        middle: Its usual place across.
    """

    across: npt.NDArray[np.float32]
    covered: npt.NDArray[np.int64]
    first: int
    last: int
    middle: float

    def at(self, along: float) -> float:
        """Return its place across the axis at a place along it; what is not drawn goes on as its neighbourhood does."""
        known = np.flatnonzero(np.isfinite(self.across))
        near = known[np.abs(known - along) <= max(60, int(np.abs(known - along).min()) + 60)]
        if len(near) < 20:
            return self.middle
        slope, level = np.polyfit(near, self.across[near], 1)
        return float(slope * along + level)

    def share(self, start: float, end: float) -> float:
        """Return how much of a span is drawn."""
        low, high = (min(max(round(value), 0), len(self.covered) - 1) for value in (start, end))
        return float(self.covered[high] - self.covered[low]) / max(abs(end - start), 1.0)


def coarse(dark: Dark, px_per_mm: float) -> Coarse:
    """Return the coarse picture of a sheet, straightened."""
    step = max(1.0, px_per_mm / PER_MM)
    size = (max(1, round(dark.shape[1] / step)), max(1, round(dark.shape[0] / step)))
    small = np.asarray(cv2.resize(dark, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    turn = _turn(small > _INK)
    height, width = small.shape
    sine, cosine = abs(math.sin(math.radians(turn))), abs(math.cos(math.radians(turn)))
    wide, high = math.ceil(width * cosine + height * sine), math.ceil(width * sine + height * cosine)
    back = np.array([[math.cos(math.radians(turn)), -math.sin(math.radians(turn))],
                     [math.sin(math.radians(turn)), math.cos(math.radians(turn))]])  # fmt: skip
    shift = np.array([width, height]) / 2 - back @ (np.array([wide, high]) / 2)
    # cv2 counts from the centre of the first pixel.
    centred = shift + back @ np.array([0.5, 0.5]) - 0.5
    straight = cv2.warpAffine(
        small, np.column_stack([back, centred]), (wide, high), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    scale = np.diag([dark.shape[1] / width, dark.shape[0] / height])
    to_page = scale @ np.column_stack([back, shift])
    return Coarse(straight > _INK, straight, px_per_mm * width / dark.shape[1], to_page, turn)  # type: ignore[arg-type]


def lines(ink: Mask, per_mm: float) -> list[Line]:
    """Return the long lines along the rows of a coarse picture, the longest first.

    Args:
        ink: (h, w) straightened; transposed for the lines along columns.
        per_mm: Coarse pixels per millimetre.
    """
    image = ink.astype(np.uint8)
    thick = cv2.dilate(image, np.ones((3, 1), np.uint8))
    gap, run = round(_GAP_MM * per_mm) | 1, round(_RUN_MM * per_mm) | 1
    runs = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, run // 3), np.uint8))
    closed = cv2.morphologyEx(runs, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    long = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    # A line of the frame bends by less than a line is thick over a run: its runs touch.
    _, labels, stats, _ = cv2.connectedComponentsWithStats(long, connectivity=8)
    order = np.argsort(-stats[1:, cv2.CC_STAT_WIDTH])[: 4 * _MOST_LINES] + 1
    parts = [_line(labels, stats[label], label, image) for label in order]
    joined = _joined([part for part in parts if part is not None], per_mm)
    shortest = _SHORTEST_SHARE * ink.shape[1]
    kept = [line for line in joined if line.last - line.first >= shortest]
    return sorted(kept, key=lambda line: line.first - line.last)[:_MOST_LINES]


def _turn(ink: Mask) -> float:
    """Return the turn that makes the longest lines run along the axes, degrees clockwise."""
    y, x = np.nonzero(ink)
    if len(x) < 50:
        return 0.0
    points = np.column_stack([x, y]).astype(np.float32) + 0.5
    best = 0.0
    for reach, pitch in ((_MOST_TURN_DEG, 0.3), (0.4, 0.05), (0.06, 0.01)):
        tried = np.arange(best - reach, best + reach + pitch / 2, pitch)
        best = float(tried[int(np.argmax([_sharpness(points, angle, ink.shape) for angle in tried]))])
    return best


def _sharpness(points: npt.NDArray[np.float32], turn: float, shape: tuple[int, ...]) -> float:
    sine, cosine = np.float32(math.sin(math.radians(turn))), np.float32(math.cos(math.radians(turn)))
    span = int(math.hypot(*shape)) + 2
    rows = (points[:, 1] * cosine - points[:, 0] * sine + span).astype(np.int32)
    columns = (points[:, 0] * cosine + points[:, 1] * sine + span).astype(np.int32)
    return sum(float((np.bincount(places).astype(np.float64) ** 3).sum()) for places in (rows, columns))


def _line(
    labels: npt.NDArray[np.int32], stat: npt.NDArray[np.int32], label: int, image: npt.NDArray[np.uint8]
) -> Line | None:
    left, top, width, height = (int(value) for value in stat[:4])
    box = (slice(top, top + height), slice(left, left + width))
    mine = (labels[box] == label) & (image[box] > 0)
    count = mine.sum(axis=0)
    if not count.any():
        return None
    across = np.full(labels.shape[1], np.nan, dtype=np.float32)
    places = (mine * (np.arange(top, top + height)[:, None] + 0.5)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        across[left : left + width] = np.where(count > 0, places / count, np.nan)
    return _made(across)


def _made(across: npt.NDArray[np.float32]) -> Line:
    is_drawn = np.isfinite(across)
    known = np.flatnonzero(is_drawn)
    covered = np.concatenate([[0], np.cumsum(is_drawn)])
    return Line(across, covered, int(known[0]), int(known[-1]) + 1, float(np.median(across[known])))


def _joined(parts: list[Line], per_mm: float) -> list[Line]:
    """Return lines with the pieces of one put together: a fold, a stain or a wide gap cut it."""
    done: list[Line] = []
    for part in parts:
        for place, line in enumerate(done):
            overlap = min(line.last, part.last) - max(line.first, part.first)
            if overlap > 0.2 * (part.last - part.first):
                continue
            middle = (part.first + part.last) / 2
            if abs(line.at(middle) - part.at(middle)) <= _SAME_MM * per_mm:
                across = np.where(np.isfinite(line.across), line.across, part.across)
                done[place] = _made(across)
                break
        else:
            done.append(part)
    return done
