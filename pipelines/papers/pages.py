"""Pages of a scan as grey pictures, one after the other; nothing is decoded before its size is known."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.errors import CadastreError

Grey = npt.NDArray[np.uint8]

READ_AT_DPI = 200.0
"""What pages are read at; a finer scan is read coarser."""

MOST_PAGES = 500
_MOST_PIXELS = 250_000_000
_MOST_READ = 12_000_000
"""Pixels of a page as it is read: A2 at 200 dpi."""

_A4_MM = (210.0, 297.0)
_POINTS, _MM = 72.0, 25.4
_LEAST_DPI, _FINEST_DPI = 30.0, 2400.0


class ScanError(CadastreError):
    """A scan that gives no page; `state` is one of `model.STATES`."""

    def __init__(self, state: str) -> None:
        super().__init__(
            f"Tệp quét không đọc được ({state}): quét lại.", f"A scan gives no page ({state}): scan again."
        )
        self.state = state


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page as it is read.

    Attributes:
        number: Page of the file, from 1.
        width: Pixels as scanned.
        height: Pixels as scanned.
        dpi: Resolution as scanned; None where nothing tells.
        grey: (H, W) picture, 255 = paper, at `READ_AT_DPI` or coarser; None where `fault` says why.
        read_dpi: Resolution of `grey`.
        fault: One of `model.REASONS`.
    """

    number: int
    width: int
    height: int
    dpi: float | None
    grey: Grey | None
    read_dpi: float
    fault: str | None = None


def each(path: Path) -> tuple[int, Iterator[Sheet]]:
    """Return how many pages a file has, and the pages.

    Raises:
        ScanError: There is none, too many, or the file is empty, locked or broken.
    """
    if path.stat().st_size == 0:
        raise ScanError("empty")
    with path.open("rb") as stream:
        is_pdf = b"%PDF" in stream.read(1024)
    return _of_pdf(path) if is_pdf else _of_picture(path)


def _of_pdf(path: Path) -> tuple[int, Iterator[Sheet]]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
        count = len(document)
    except pypdfium2.PdfiumError as error:
        raise ScanError("locked" if "password" in str(error).lower() else "broken") from error
    return _counted(count), (_pdf_page(document, number) for number in range(count))


def _pdf_page(document: Any, number: int) -> Sheet:
    import pypdfium2

    try:
        page = document[number]
        width_pt, height_pt = page.get_size()
        picture = _largest(page)
        width, height, dpi = picture or (0, 0, None)
        if width * height > _MOST_PIXELS or min(width_pt, height_pt) <= 0:
            return Sheet(number + 1, width, height, dpi, None, 0.0, "too_large" if width else "broken")
        read_dpi = min(dpi or READ_AT_DPI, READ_AT_DPI)
        read_dpi *= min(1.0, (_MOST_READ / (width_pt * height_pt * (read_dpi / _POINTS) ** 2)) ** 0.5)
        bitmap = page.render(scale=read_dpi / _POINTS, grayscale=True)
        grey = np.ascontiguousarray(bitmap.to_numpy()).reshape(bitmap.height, -1)[:, : bitmap.width].copy()
        page.close()
    except pypdfium2.PdfiumError:
        return Sheet(number + 1, 0, 0, None, None, 0.0, "broken")
    return Sheet(number + 1, width or grey.shape[1], height or grey.shape[0], dpi, grey, read_dpi)


def _largest(page: Any) -> tuple[int, int, float] | None:
    """Return pixels and resolution of the largest picture on a page of a PDF."""
    import pypdfium2.raw as pdfium

    found = []
    for item in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,), max_depth=3):
        left, bottom, right, top = item.get_bounds()
        width, height = item.get_px_size()
        # A picture laid down turned has its height along the width of the page.
        length, pixels = max(right - left, top - bottom), max(width, height)
        if length > 0 and pixels > 0:
            dpi = min(max(pixels / length * _POINTS, _LEAST_DPI), _FINEST_DPI)
            found.append(((right - left) * (top - bottom), width, height, dpi))
    return max(found)[1:] if found else None


def _of_picture(path: Path) -> tuple[int, Iterator[Sheet]]:
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # The size is looked at here, page by page.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(path)
            count = getattr(picture, "n_frames", 1)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ScanError("broken") from error
    if count == 1 and picture.width * picture.height > _MOST_PIXELS:
        raise ScanError("too_large")
    return _counted(count), (_frame(picture, number) for number in range(count))


def _frame(picture: Any, number: int) -> Sheet:
    from PIL import ImageOps

    width, height, dpi = 0, 0, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture.seek(number)
            (width, height), dpi = picture.size, _told_dpi(picture)
            if width * height > _MOST_PIXELS:
                return Sheet(number + 1, width, height, dpi, None, 0.0, "too_large")
            # A telephone writes down how it was held; viewers turn the picture accordingly.
            upright = ImageOps.exif_transpose(picture).convert("RGB" if picture.mode == "P" else picture.mode)
            grey = np.asarray(upright.convert("L"))
    except (OSError, SyntaxError, ValueError, EOFError):
        return Sheet(number + 1, width, height, dpi, None, 0.0, "broken")
    return _reduced(grey, number + 1, width, height, dpi)


def _reduced(grey: Grey, number: int, width: int, height: int, dpi: float | None) -> Sheet:
    import cv2

    known = dpi or max(grey.shape) / _A4_MM[1] * _MM
    scale = min(1.0, READ_AT_DPI / known, (_MOST_READ / grey.size) ** 0.5)
    if scale < 1:
        size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return Sheet(number, width, height, dpi, grey, known * scale)


def _told_dpi(picture: Any) -> float | None:
    """Return the resolution a picture tells, None where it tells none or that of a screen."""
    try:
        told = float(picture.info.get("dpi", (0, 0))[0])
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    by_size = max(picture.size) / _A4_MM[1] * _MM
    # Programs write 72 or 96 where nobody knows; then the page would be larger than a wall map.
    return told if _LEAST_DPI < told < _FINEST_DPI and told > by_size / 3 else None


def _counted(count: int) -> int:
    if count == 0:
        raise ScanError("no_pages")
    if count > MOST_PAGES:
        raise ScanError("too_many")
    return count
