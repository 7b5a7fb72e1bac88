"""How well a page can be read: its ink, whether it is blank, how sharp it is."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.papers.pages import Grey

cv2.setNumThreads(1)
"""One page is read on one core; a child made by fork has none of the threads its parent kept."""

_MM = 25.4
_DARKER, _FAINTLY = 0.25, 0.10
"""By what share ink is darker than the paper around it; what is less may shine through from the other side."""

_MARGIN = 0.04
_LETTER_MM = (0.7, 14.0)
_WIDEST_MM = 45.0
_FEW_LETTERS, _MANY_LETTERS = 8, 40
_BLANK_SHARE = 5e-4
_DARK_PAPER = 70
_COARSEST_DPI = 95.0
_WIDEST_EDGE_MM = 1.0
"""Text of a certificate is 1.8 mm high without its marks; its letters run together when edges are wider."""

_PAPER_MM = 6.0
_SPECK_MM = 0.3


@dataclass(frozen=True, slots=True)
class Look:
    """What one sees of a page.

    Attributes:
        letters: (H, W) of uint8, 255 where there is ink of the size of letters.
        is_blank: Whether nothing stands on it.
        sharpness: Edges per mm; None for a page without ink.
        unreadable: One of `model.REASONS`, None for a good page.
    """

    letters: Grey
    is_blank: bool
    sharpness: float | None
    unreadable: str | None


def look(grey: Grey, dpi: float, scanned_dpi: float | None) -> Look:
    """Return what one sees of a page.

    Args:
        grey: (H, W) picture, 255 = paper.
        dpi: Its resolution.
        scanned_dpi: Resolution of the scan it comes from; None where nothing tells.
    """
    px_per_mm = dpi / _MM
    even = _evened(grey, px_per_mm)
    letters, count, share = _letters(even, px_per_mm, _DARKER)
    if np.median(grey) < _DARK_PAPER:
        return Look(letters, False, None, "dark")
    if count < _FEW_LETTERS and share < _BLANK_SHARE:
        faint, many, _ = _letters(even, px_per_mm, _FAINTLY)
        is_faint = many >= _MANY_LETTERS
        return Look(faint if is_faint else letters, not is_faint, None, "faint" if is_faint else None)
    width_mm = _edge_mm(even, letters, px_per_mm)
    blurred = width_mm is not None and width_mm > _WIDEST_EDGE_MM
    coarse = (scanned_dpi or dpi) < _COARSEST_DPI
    reason = "low_resolution" if coarse else "blurred" if blurred else None
    return Look(letters, False, None if width_mm is None else round(1 / width_mm, 3), reason)


def _evened(grey: Grey, px_per_mm: float) -> Grey:
    """Return a page with its paper white everywhere: shadows and yellow corners are no ink."""
    step = max(1, round(px_per_mm))
    size = max(1, grey.shape[1] // step), max(1, grey.shape[0] // step)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    reach = 2 * round(_PAPER_MM / 2) + 1
    paper = cv2.GaussianBlur(cv2.dilate(small, np.ones((reach, reach), np.uint8)), (0, 0), reach / 2)
    paper = cv2.resize(np.maximum(paper, 1), (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    even: Grey = cv2.divide(grey, paper, scale=255)
    return even


def _letters(even: Grey, px_per_mm: float, darker: float) -> tuple[Grey, int, float]:
    """Return ink of the size of letters, how many pieces of it there are, and the share of the page that is ink."""
    ink = (cv2.medianBlur(even, 3) < 255 * (1 - darker)).astype(np.uint8)
    rim = [round(_MARGIN * side) for side in ink.shape]
    ink[: rim[0]] = ink[ink.shape[0] - rim[0] :] = 0
    ink[:, : rim[1]] = ink[:, ink.shape[1] - rim[1] :] = 0
    _, marks, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    width, height, area = (stats[:, name] for name in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    low, high = (size * px_per_mm for size in _LETTER_MM)
    is_ink = area >= (_SPECK_MM * px_per_mm) ** 2
    is_letter = is_ink & (np.maximum(width, height) >= low) & (height <= high) & (width <= _WIDEST_MM * px_per_mm)
    is_ink[0] = is_letter[0] = False
    letters: Grey = (is_letter.astype(np.uint8) * 255)[marks]
    return letters, int(is_letter.sum()), float(area[is_ink].sum()) / ink.size


def _edge_mm(even: Grey, letters: Grey, px_per_mm: float) -> float | None:
    """Return how wide the edges of letters are; None where there are none."""
    if not letters.any():
        return None
    rows, columns = np.flatnonzero(letters.any(axis=1)), np.flatnonzero(letters.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    even, letters = even[box], letters[box]
    rise = np.hypot(*(cv2.Sobel(even, cv2.CV_32F, *axis, scale=1 / 8) for axis in ((1, 0), (0, 1))))
    near = cv2.dilate(letters, np.ones((3, 3), np.uint8)) > 0
    depth = 255.0 - float(np.percentile(even[letters > 0], 10))
    steepest = float(np.percentile(rise[near], 85))
    return max(depth, 1.0) / max(steepest, 1e-3) / px_per_mm
