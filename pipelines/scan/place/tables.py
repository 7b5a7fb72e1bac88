"""Whether a page is a ruled table of text, such as a page of a register: its border is no frame, its cells no parcels.

A table is ruled through: many lines from side to side at the height of a row, some columns from top to bottom. Of a map
only streets of a planned quarter run so; it is asked only of a page on which nothing of a map is printed.
"""

import numpy as np

from pipelines.errors import ReadError
from pipelines.scan.model import Dark, Page
from pipelines.scan.place.straight import Coarse, Line, coarse, lines

_ROWS, _COLUMNS = 6, 2
"""So many rules inside a table at least, along and down."""

_ROW_MM = 30.0
_THROUGH = 0.9
_COVERS = 0.4
"""Share of each side of the page that a table covers which is all there is on it."""


def check(page: Page, dark: Dark, px_per_mm: float) -> None:
    """Refuse a page that is a ruled table.

    Args:
        page: The page, for the message.
        dark: (H, W) its ink.
        px_per_mm: Resolution.

    Raises:
        ReadError: It is one.
    """
    if is_table(dark, px_per_mm):
        name, number = page.path.name, page.number
        raise ReadError(
            f"{name}: trang {number} là bảng kẻ có chữ (trang sổ), không phải tờ bản đồ: kiểm tra lại tệp, hoặc đặt "
            "điểm khống chế (--control) nếu đây là tờ bản đồ.",
            f"{name}: page {number} is a ruled table of text (a page of a register), not a map sheet: check the file, "
            "or give control points (--control) if it is one.",
        )


def is_table(dark: Dark, px_per_mm: float) -> bool:
    """Tell whether a page is a ruled table, see `check`."""
    small = coarse(dark, px_per_mm)
    across, down = lines(small.ink, small.per_mm), lines(small.ink.T, small.per_mm)
    if len(across) < _ROWS + 2 or len(down) < _COLUMNS + 2:
        return False
    left, right = min(line.middle for line in down), max(line.middle for line in down)
    top, bottom = min(line.middle for line in across), max(line.middle for line in across)
    size = np.array([right - left, bottom - top])
    if (size < _COVERS * np.array(small.ink.shape[::-1])).any():
        return False
    rows, columns = _through(across, left, right), _through(down, top, bottom)
    return _are_rows(rows, small) and len(columns) >= _COLUMNS + 2


def _through(found: list[Line], start: float, end: float) -> list[Line]:
    return [line for line in found if line.share(start, end) >= _THROUGH]


def _are_rows(rows: list[Line], small: Coarse) -> bool:
    gaps = np.diff(sorted(line.middle for line in rows)) / small.per_mm
    return len(rows) >= _ROWS + 2 and float(np.median(gaps)) <= _ROW_MM
