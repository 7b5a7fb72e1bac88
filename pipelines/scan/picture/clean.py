"""From a grey picture to ink: paper, light, stains and folds taken out, 0 = paper, 255 = full ink."""

import math

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Dark, Frame, Page

Grey = npt.NDArray[np.uint8]

MM_PER_INCH = 25.4

_WINDOW_MM = 7.0
"""Wider than any line or letter of a sheet: what is darker over more than that is paper in shadow, or a stain."""

_PATCH_MM = 20.0
"""Ink is compared with the ink around it."""

_COARSE_PER_MM = 1.5
_STRIP = 1024
_LEAST_CONTRAST = 18.0
_LARGEST_MM = 1_700.0
"""No sheet is larger: a file that says so carries the number its program writes by itself (72, 96 dpi)."""

_SMALLEST_MM = 90.0
WRONG = 0.05
"""Paper shrinks by less: a resolution that is off by more is a wrong one."""

_CROSSES_MM = 100.0
_ENOUGH_CROSSES = 4
_USUAL_STROKE_MM, _WIDEST_STROKE_MM = 0.35, 0.8
"""Width of strokes of a drawing on paper; a file by which they are wider than the second tells a wrong resolution."""

_CUTTING = 4.0
"""A picture is at least such a part of a usual page: what is broader than strokes can be is no line."""

_MIDDLE_PX, _LEAST_PX = 2_500, 50
_USUAL_SIDE_MM = 600.0
"""Side of a page around a frame of 50 cm, with its margins."""


def resolution(grey: Grey, page: Page) -> float:
    """Return pixels per millimetre of paper: by the file where it is believable, else as guessed.

    A guess goes by the frame of the sheet; where there is none, by its side and by the width of its strokes.

    Args:
        grey: (H, W) picture.
        page: Its page; `is_guessed` tells which of the two it was.
    """
    if page.dpi is not None and not is_guessed(page):
        told = float(page.dpi) / MM_PER_INCH
        if _stroke(grey, told) <= _WIDEST_STROKE_MM * told:
            return told
    rough = float(min(grey.shape)) / _USUAL_SIDE_MM
    by_frame = _by_frame(grey, rough)
    # Lines of a grid may look like a frame: by a wrong one strokes are wider than anybody draws.
    if by_frame is not None and _stroke(grey, by_frame) <= _WIDEST_STROKE_MM * by_frame:
        return by_frame
    return min(max(rough, _stroke(grey, rough) / _USUAL_STROKE_MM), _CUTTING * rough)


def _by_frame(grey: Grey, rough: float) -> float | None:
    """Return pixels per millimetre by the frame of a sheet and its crosses; None without a frame."""
    from pipelines.scan.place import frame

    found = frame.find(dark(grey, rough), rough)
    if found is None:
        return None
    if math.isfinite(found.spacing_px):
        return found.spacing_px / 100.0
    side = np.nanmean(np.linalg.norm(found.corners - np.roll(found.corners, 1, axis=0), axis=1))
    return float(side) / 500.0 if math.isfinite(side) else rough


def _stroke(grey: Grey, px_per_mm: float) -> float:
    """Return the usual width of strokes in pixels, by the middle of the picture."""
    from pipelines.scan.lines import separate

    if min(grey.shape) < _LEAST_PX:
        return 0.0
    top, left = (max(0, (side - _MIDDLE_PX) // 2) for side in grey.shape)
    return separate.stroke(dark(np.ascontiguousarray(grey[top:, left:][:_MIDDLE_PX, :_MIDDLE_PX]), px_per_mm))


def is_guessed(page: Page, px_per_mm: float | None = None) -> bool:
    """Tell whether the file leaves the resolution open, or tells one that makes the paper absurdly large or small.

    Args:
        page: The page.
        px_per_mm: What `resolution` made of it: where that is not what the file says, it was guessed too.
    """
    if page.dpi is None:
        return True
    if px_per_mm is not None and not math.isclose(px_per_mm, page.dpi / MM_PER_INCH, rel_tol=1e-6):
        return True
    side = max(page.width, page.height) / page.dpi * MM_PER_INCH
    return not _SMALLEST_MM <= side <= _LARGEST_MM


def measured(found: Frame | None, px_per_mm: float) -> float:
    """Return the resolution by the crosses of a sheet where there are some and the one assumed is wrong."""
    if found is None or len(found.crosses) < _ENOUGH_CROSSES or not math.isfinite(found.spacing_px):
        return px_per_mm
    by_crosses = found.spacing_px / _CROSSES_MM
    return by_crosses if abs(by_crosses / px_per_mm - 1) > WRONG else px_per_mm


def dark(grey: Grey, px_per_mm: float) -> Dark:
    """Return the ink of a picture.

    The paper around each place is what stays when everything narrower than 7 mm and darker is closed; ink is what is
    darker than that, measured by how dark the ink of its surroundings is, less the noise of the paper.

    Args:
        grey: (H, W) picture, 255 = white; white lines on black are turned round.
        px_per_mm: Resolution.

    Returns:
        (H, W) array, 0 = paper, 255 = full ink.
    """
    step = max(1, round(px_per_mm / _COARSE_PER_MM))
    coarse = _shrunk(grey, step)
    turned = _is_negative(coarse)
    if turned:
        coarse = 255 - coarse
    paper = _paper(coarse, px_per_mm / step)
    floor, beyond = _noise(grey, paper, step, turned=turned)
    contrast = _contrast(grey, paper, step, px_per_mm, beyond, turned=turned)
    out = np.empty_like(grey)
    for top, rows in _strips(grey):
        below = _enlarged(paper, grey.shape, top, len(rows), step)
        ink = cv2.subtract(below, 255 - rows if turned else rows)
        gain = _enlarged(contrast, grey.shape, top, len(rows), step)
        # Half the noise is cut off at either end, so that paper is 0 and a full line 255.
        cv2.subtract(ink, floor, dst=ink)
        out[top : top + len(rows)] = cv2.divide(ink, cv2.subtract(gain, floor), scale=255)
    return out


def _strips(grey: Grey) -> list[tuple[int, Grey]]:
    return [(top, grey[top : top + _STRIP]) for top in range(0, len(grey), _STRIP)]


def _shrunk(image: Grey, step: int) -> Grey:
    size = (max(1, image.shape[1] // step), max(1, image.shape[0] // step))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _enlarged(coarse: Grey, shape: tuple[int, ...], top: int, rows: int, step: int) -> Grey:
    """Return rows of a coarse picture at full size; a coarse row more on either side keeps strips without seams."""
    scale = len(coarse) / shape[0]
    first = max(0, math.floor(top * scale) - 2)
    last = min(len(coarse), math.ceil((top + rows) * scale) + 2)
    across = coarse.shape[1] / shape[1]
    # Centres of pixels: coarse = (fine + 0.5) * scale - 0.5.
    matrix = np.array([[across, 0, 0.5 * across - 0.5], [0, scale, (top + 0.5) * scale - 0.5 - first]])
    return np.asarray(
        cv2.warpAffine(
            coarse[first:last], matrix, (shape[1], rows), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        dtype=np.uint8,
    )  # fmt: skip


def _is_negative(coarse: Grey) -> bool:
    """Tell whether lines are lighter than their ground: most of the picture dark, and what differs from it light."""
    low, middle, high = np.percentile(coarse, (2, 50, 98))
    return bool(middle < 110 and high - middle > 1.5 * (middle - low))


def _paper(coarse: Grey, per_mm: float) -> Grey:
    """Return the lightness of the paper: closed over the ink, then smoothed."""
    size = max(3, round(_WINDOW_MM * per_mm) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    # A light speck must not lift all the paper around it: the median takes it out first.
    calm = cv2.medianBlur(coarse, 3)
    closed = cv2.morphologyEx(calm, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.blur(closed, (3, 3)), dtype=np.uint8)


def _contrast(grey: Grey, paper: Grey, step: int, px_per_mm: float, beyond: float, *, turned: bool) -> Grey:
    """Return how much darker than its paper full ink is, coarse (h, w): the strong ink of the surroundings.

    Nothing up to `beyond` is ink: the darkest grain of a cell of paper reaches that far.
    """
    least = max(_LEAST_CONTRAST, beyond)
    height, width = paper.shape
    tile = max(4, round(_PATCH_MM * px_per_mm / step))
    deep = np.zeros((height, width), dtype=np.uint8)
    # The darkest pixel of each coarse cell, not its mean: a line is thinner than a cell.
    for top, rows in _strips(grey):
        ink = cv2.subtract(_enlarged(paper, grey.shape, top, len(rows), step), 255 - rows if turned else rows)
        small = _most(ink, step)
        first = top // step
        last = min(first + len(small), height)
        np.maximum(
            deep[first:last, : small.shape[1]], small[: last - first, :width], out=deep[first:last, : small.shape[1]]
        )
    seen = deep[deep > least]
    usual = float(np.percentile(seen, 80)) if seen.size > 20 else 255.0
    strong = np.where(deep > max(0.45 * usual, least), deep, 0).astype(np.float32)
    weight = (strong > 0).astype(np.float32)
    size = (2 * tile + 1, 2 * tile + 1)
    total, count = cv2.boxFilter(strong, -1, size, normalize=False), cv2.boxFilter(weight, -1, size, normalize=False)
    # Where little is drawn the ink of the whole sheet counts.
    prior = 30.0
    local = (total + prior * usual) / (count + prior)
    return np.asarray(np.clip(local, max(least, 0.5 * usual), 255), dtype=np.uint8)


def _most(ink: Grey, step: int) -> Grey:
    """Return the strongest ink of each cell of step by step pixels."""
    if step == 1:
        return ink
    high = cv2.dilate(ink, np.ones((step, step), dtype=np.uint8), anchor=(0, 0))
    return np.ascontiguousarray(high[::step, ::step])


def _noise(grey: Grey, paper: Grey, step: int, *, turned: bool) -> tuple[int, float]:
    """Return how dark the grain of the paper usually is, of 255, and how dark at the very most."""
    sample = max(1, len(grey) // 400)
    spread = []
    for top in range(0, len(grey) - 1, max(sample * 8, 1)):
        rows = grey[top : top + 1]
        below = _enlarged(paper, grey.shape, top, 1, step).astype(np.int16)
        spread.append(below - (255 - rows if turned else rows))
    seen = np.concatenate(spread).ravel()
    # Ink is a minority, so that the middle half is paper; white that the scanner cut off has an upper half only.
    low, middle, high = (float(value) for value in np.percentile(seen, (25, 50, 75)))
    deviation = max(high - middle, middle - low) / 0.6745
    return int(min(max(middle + 2.5 * deviation, 4.0), 90.0)), min(middle + 5.5 * deviation, 120.0)
