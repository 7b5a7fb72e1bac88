"""What is printed around the frame of a sheet: lines of text, cut out and read.

Text is found as ink that lies close together along a line, once the frame is taken out; both lines along the sheet and
lines across it (coordinates beside the frame are turned by a quarter).
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Dark, Points

PER_MM = 8.0
"""Pixels per millimetre of the cuttings: a letter of 2 mm has 16."""

_REACH_MM = 75.0
INK = 90
_LINE_MM = 14.0
_GAP_MM = (1.9, 0.25)
_LETTER_MM = 0.7
_WORD_GAP = 0.9
"""Gap between words of a line, as a share of its height with accents."""

_HEIGHT_MM = (1.1, 11.0)
_TICK_MM = (3.0, 0.8)
"""A stroke on the frame at least so long and at most so thick is a mark of the grid, no letter."""

_ASPECT = 1.6
_PAD_MM = 0.6
_INSIDE_MM = 110.0
_MOST = 60


@dataclass(frozen=True, slots=True)
class Cutting:
    """A line of text, not yet read.

    Attributes:
        image: (h, w) uint8, paper 255, the line along its rows.
        centre: (2,) its middle in millimetres right of and below the upper left corner of the frame.
        is_across: Whether the line stands a quarter of a turn on the sheet, to be read from below.
        height_mm: Height of the line.
    """

    image: npt.NDArray[np.uint8]
    centre: tuple[float, float]
    is_across: bool
    height_mm: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text as read: `text`, `score` (0 to 1), `centre`, `is_across` and `height_mm` as of its cutting."""

    text: str
    score: float
    centre: tuple[float, float]
    is_across: bool
    height_mm: float = 2.0


def cuttings(dark: Dark, corners: Points, turn_deg: float, px_per_mm: float, *, inside: bool = False) -> list[Cutting]:
    """Return the lines of text around a frame, the largest first; of the middle of the sheet with `inside`.

    Args:
        dark: (H, W) ink.
        corners: (4, 2) corners of the inner frame, the upper left one first; NaN where unknown.
        turn_deg: Direction of its upper side on the page, degrees clockwise.
        px_per_mm: Resolution.
        inside: What is written on the map, instead of around it.
    """
    axes, origin, (wide, high) = layout(corners, turn_deg, px_per_mm)
    page = np.array([(0, 0), (dark.shape[1], 0), (dark.shape[1], dark.shape[0]), (0, dark.shape[0])], dtype=np.float64)
    extent = (page - origin) @ np.linalg.inv(axes).T
    low = np.maximum(extent.min(axis=0), -_REACH_MM)
    far = np.minimum(extent.max(axis=0), np.array([wide, high]) + _REACH_MM)
    strips = (
        (low[0], low[1], far[0], 0.0), (low[0], high, far[0], far[1]),
        (low[0], 0.0, 0.0, high), (wide, 0.0, far[0], high),
    )  # fmt: skip
    if inside:
        middle = (wide / 2, high / 2)
        strips = ((*(at - _INSIDE_MM for at in middle), *(at + _INSIDE_MM for at in middle)),)  # type: ignore[assignment]
    found = []
    for left, top, end, bottom in strips:
        size = (round((end - left) * PER_MM), round((bottom - top) * PER_MM))
        if min(size) < _HEIGHT_MM[0] * PER_MM:
            continue
        image = cut(dark, origin + axes @ np.array([left, top]), axes, size)
        found += lines(image, (left, top), is_across=False)
        found += lines(np.ascontiguousarray(np.rot90(image, -1)), (left, top), is_across=True)
    return sorted(found, key=lambda one: -one.image.shape[1] * one.height_mm)[:_MOST]


def read(images: list[npt.NDArray[np.uint8]]) -> list[tuple[str, float]]:
    """Return what lines of text say, and how sure that is (0 to 1)."""
    if not images:
        return []
    from rapidocr.ch_ppocr_rec.typings import TextRecInput

    coloured = [np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)) for image in images]
    told = _recognizer()(TextRecInput(img=coloured))
    return [(str(text), float(score)) for text, score in zip(told.txts or (), told.scores, strict=False)]


@cache
def _recognizer() -> Any:
    from rapidocr import RapidOCR

    threads = {f"EngineConfig.onnxruntime.{name}_op_num_threads": 1 for name in ("intra", "inter")}
    engine = RapidOCR(params={"Global.log_level": "critical", **threads})
    # The model is loaded with the first line that is read.
    engine(np.full((48, 48, 3), 255, dtype=np.uint8), use_det=False, use_cls=False, use_rec=True)
    # Else every line is filled up to a width of 320 pixels, and numbers of parcels are much shorter.
    engine.text_rec.rec_image_shape = [3, 48, 48]
    return engine.text_rec


def layout(corners: Points, turn_deg: float, px_per_mm: float) -> tuple[Points, Points, tuple[float, float]]:
    """Return the axes of a sheet (2, 2: pixels per mm right and down), its upper left corner, width and height in mm.

    Args:
        corners: (4, 2) corners of the inner frame; NaN where unknown.
        turn_deg: Direction of its upper side on the page, degrees clockwise.
        px_per_mm: Resolution.
    """
    right = np.array([math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))])
    axes = np.stack([right, np.array([-right[1], right[0]])], axis=1) * px_per_mm
    local = corners @ np.linalg.inv(axes).T
    left, end_x = known(local[[0, 3], 0]), known(local[[1, 2], 0])
    top, end_y = known(local[[0, 1], 1]), known(local[[2, 3], 1])
    # Where the page is cut, a side of 50 cm: it ends beyond the page.
    left, top = (low if math.isfinite(low) else high - 500.0 for low, high in ((left, end_x), (top, end_y)))
    wide, high = (end - start if math.isfinite(end) else 500.0 for start, end in ((left, end_x), (top, end_y)))
    return axes, axes @ np.array([left, top]), (float(wide), float(high))


def known(values: npt.ArrayLike) -> float:
    """Return the mean of what is known; NaN where nothing is."""
    seen = np.asarray(values, dtype=np.float64)
    seen = seen[np.isfinite(seen)]
    return float(seen.mean()) if len(seen) else math.nan


def cut(dark: Dark, start: Points, axes: Points, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Return ink at `PER_MM` from a place on, along the axes; means over pixels where the sheet has more of them."""
    step = axes / PER_MM
    factor = max(1, round(float(np.linalg.norm(step[:, 0]))))
    fine = step / factor
    shift = start + fine @ np.array([0.5, 0.5]) - 0.5
    rows = []
    for top in range(0, size[1], 512):
        count = min(512, size[1] - top)
        matrix = np.column_stack([fine, shift + fine @ np.array([0.0, top * factor])])
        strip = cv2.warpAffine(
            dark, matrix, (size[0] * factor, count * factor), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        rows.append(cv2.resize(strip, (size[0], count), interpolation=cv2.INTER_AREA))
    return np.concatenate(rows).astype(np.uint8)


def _without_specks(text: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return ink without what is too small for a letter: dust, and dots and accents, which no line needs."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(text, connectivity=8)
    is_letter = stats[:, 2:4].max(axis=1) >= _LETTER_MM * PER_MM
    is_letter[0] = False
    return np.asarray(is_letter[labels] if count > 1 else text, dtype=np.uint8)


def _without_ticks(text: npt.NDArray[np.uint8], frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return ink without the marks of the grid on a frame, which join the halves of a coordinate to one word.

    Args:
        text: Ink without the frame.
        frame: The frame, thickened until it touches what stands on it; the sides of the picture cut one, too.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(text, connectivity=8)
    long, thick = stats[:, 2:4].max(axis=1), stats[:, 2:4].min(axis=1)
    is_tick = (long >= _TICK_MM[0] * PER_MM) & (thick <= _TICK_MM[1] * PER_MM)
    touching = cv2.dilate(frame, np.ones((3, 3), np.uint8)) > 0
    touching[[0, -1]] = touching[:, [0, -1]] = True
    on_frame = np.zeros(len(stats), dtype=bool)
    on_frame[labels[touching]] = True
    is_tick &= on_frame
    is_tick[0] = False
    return np.where(is_tick[labels], 0, text).astype(np.uint8)


def _rows_apart(stats: npt.NDArray[np.int32], text: npt.NDArray[np.uint8]) -> list[list[int]]:
    """Return the boxes of words, those of two rows that nearly touch each by itself."""
    low, most = (value * PER_MM for value in _HEIGHT_MM)
    is_word = (stats[:, 3] >= 0.6 * low) & (stats[:, 3] <= most) & (stats[:, 4] > 0.12 * stats[:, 2] * stats[:, 3])
    boxes = []
    for left, top, wide, high in stats[is_word][:, :4].tolist():
        inked = np.flatnonzero(text[top : top + high, left : left + wide].any(axis=1))
        gaps = np.flatnonzero(np.diff(inked) > 1)
        starts, ends = inked[np.r_[0, gaps + 1]], inked[np.r_[gaps, -1]] + 1
        if len(gaps) == 1 and (ends - starts).min() >= low:
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
                across = np.flatnonzero(text[top + start : top + end, left : left + wide].any(axis=0))
                boxes.append([left + int(across[0]), top + start, int(np.ptp(across)) + 1, end - start])
        else:
            boxes.append([left, top, wide, high])
    return sorted(boxes)


def _words_joined(boxes: list[list[int]]) -> npt.NDArray[np.int64]:
    """Return (4, n) left, top, width, height of lines: words of one height beside each other put together."""
    lines: list[list[int]] = []
    for left, top, wide, high in boxes:
        for line in lines:
            shared = min(line[1] + line[3], top + high) - max(line[1], top)
            gap = left - (line[0] + line[2])
            taller, lower = max(line[3], high), min(line[3], high)
            if shared > 0.6 * lower and lower > 0.45 * taller and gap < _WORD_GAP * taller:
                bottom = max(line[1] + line[3], top + high)
                line[2], line[1] = max(left + wide, line[0] + line[2]) - line[0], min(line[1], top)
                line[3] = bottom - line[1]
                break
        else:
            lines.append([left, top, wide, high])
    return np.array(lines, dtype=np.int64).reshape(-1, 4).T


def lines(image: npt.NDArray[np.uint8], start: tuple[float, float], *, is_across: bool) -> list[Cutting]:
    """Return the lines of text along the rows of a picture of ink.

    Args:
        image: (h, w) ink, `PER_MM` pixels per millimetre; turned clockwise by a quarter with `is_across`.
        start: Millimetres of its upper left corner, before it was turned.
        is_across: Whether it was turned.
    """
    ink = (image > INK).astype(np.uint8)
    long = round(_LINE_MM * PER_MM)
    frame = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
    frame |= cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((long, 1), np.uint8))
    frame = cv2.dilate(frame, np.ones((3, 3), np.uint8))
    text = _without_ticks(np.where(frame > 0, 0, ink).astype(np.uint8), frame)
    size = (2 * round(_GAP_MM[1] * PER_MM) + 1, 2 * round(_GAP_MM[0] * PER_MM / 2) + 1)
    joined = cv2.morphologyEx(_without_specks(text), cv2.MORPH_CLOSE, np.ones(size, np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    left, top, wide, high = _words_joined(_rows_apart(stats[1:], text))
    low, most = (value * PER_MM for value in _HEIGHT_MM)
    is_text = (high >= low) & (high <= most) & (wide >= _ASPECT * high)
    pad = round(_PAD_MM * PER_MM)
    clean = np.where((frame > 0) | ((ink > 0) & (text == 0)), 0, image).astype(np.uint8)
    made = []
    for x, y, w, h in zip(left[is_text], top[is_text], wide[is_text], high[is_text], strict=True):
        part = clean[max(y - pad, 0) : y + h + pad, max(x - pad, 0) : x + w + pad]
        part = cv2.copyMakeBorder(part, 4, 4, 6, 6, cv2.BORDER_CONSTANT, value=(0,))
        across, down = x + w / 2, y + h / 2
        if is_across:
            # Of the cutting turned clockwise: its columns are the rows of the sheet from below.
            across, down = down, image.shape[1] - across
        centre = (start[0] + across / PER_MM, start[1] + down / PER_MM)
        made.append(Cutting(255 - np.asarray(part, dtype=np.uint8), centre, is_across, float(h) / PER_MM))
    return made
