"""Pages of PDF files: the scan that lies on the page at its own resolution, or the page drawn anew."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.errors import ReadError
from pipelines.scan.model import Page

_POINTS = 72.0
_DRAWN_DPI = 300.0
_MOST_DPI = 600.0
_COVERS = 0.5
"""Share of the page that a scan covers at least."""

_HAIR_PX = 0.01
_IMAGE = 3
"""FPDF_PAGEOBJ_IMAGE."""


def is_pdf(path: Path) -> bool:
    """Tell whether a file is a PDF by its first bytes."""
    with path.open("rb") as stream:
        return b"%PDF-" in stream.read(1024)


def open_pages(path: Path) -> list[Page]:
    """Return the pages of a PDF.

    Raises:
        ReadError: It is broken, locked with a password, has no pages, or a page is larger than is read.
    """
    from pipelines.scan.picture import coarser
    from pipelines.scan.picture.pages import check_size

    with _opened(path) as document:
        if not len(document):
            raise _broken(path)
        pages = []
        for number in range(1, len(document) + 1):
            with _loaded(document, number) as page:
                dpi, width, height = _size(page)
            check_size(path, width, height, 4)
            pages.append(coarser.fitted(Page(path, number, width, height, dpi, None, None)))
    return pages


def picture(page: Page) -> npt.NDArray[np.uint8]:
    """Return a page as (H, W) grey or (H, W, 3) red, green, blue.

    Raises:
        ReadError: The file is broken.
    """
    from pypdfium2 import PdfiumError

    with _opened(page.path) as document, _loaded(document, page.number) as sheet:
        try:
            # PDFium rounds up: a hair more than the pixels of the scan would stretch it by one of them.
            scale = (page.dpi or _DRAWN_DPI) / _POINTS * (1 - _HAIR_PX / max(page.width, page.height))
            bitmap = sheet.render(scale=scale, rev_byteorder=True, may_draw_forms=False)
            drawn = bitmap.to_numpy()
        except (PdfiumError, ValueError, MemoryError) as error:
            raise _broken(page.path) from error
        kept = drawn if drawn.ndim == 2 else drawn[:, :, :3]
        return np.array(kept[: page.height, : page.width], dtype=np.uint8)


def _size(page: Any) -> tuple[float, int, int]:
    """Return dots per inch, width and height in pixels at which a page is drawn: those of the scan on it."""
    width, height = page.get_size()
    dpi = _DRAWN_DPI
    covered = 0.0
    for part in page.get_objects(filter=(_IMAGE,), max_depth=3):
        across, down = part.get_px_size()
        left, bottom, right, top = part.get_bounds()
        share = (right - left) * (top - bottom) / max(width * height, 1e-9)
        if share >= max(_COVERS, covered) and min(right - left, top - bottom) > 1:
            covered = share
            dpi = _POINTS * math.sqrt(across * down / ((right - left) * (top - bottom)))
    dpi = min(max(dpi, 72.0), _MOST_DPI)
    return dpi, math.ceil(width * dpi / _POINTS - _HAIR_PX), math.ceil(height * dpi / _POINTS - _HAIR_PX)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ReadError(
                f"{path.name} có mật khẩu: gửi lại tệp PDF không đặt mật khẩu.",
                f"{path.name} is locked with a password: send the PDF without one.",
            ) from error
        raise _broken(path) from error
    try:
        yield document
    finally:
        document.close()


@contextmanager
def _loaded(document: Any, number: int) -> Iterator[Any]:
    from pypdfium2 import PdfiumError

    try:
        page = document[number - 1]
    except (PdfiumError, IndexError) as error:
        raise ReadError(
            f"Không đọc được trang {number} của tệp PDF: xuất lại tệp.",
            f"Page {number} of the PDF cannot be read: export it again.",
        ) from error
    try:
        yield page
    finally:
        page.close()


def _broken(path: Path) -> ReadError:
    return ReadError(
        f"{path.name} là tệp PDF hỏng hoặc không có trang nào: quét hoặc xuất lại tệp.",
        f"{path.name} is a broken PDF or has no pages: scan or export it again.",
    )
