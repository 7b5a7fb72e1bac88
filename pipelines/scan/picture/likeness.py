"""Whether a picture is a line drawing on paper at all: a photograph or a blank page is no map sheet.

Measured on sheets of all styles, fresh and aged, at 150 to 300 dpi: less than 1 % of their ink lies in spots thicker
than 1.2 mm, and half of the paper is within a twentieth of the ink's darkness of the paper around it. Of photographs
more than a third of what is dark is thick (a cat 64 %, a rocket 40 %, coins 45 %), or there is no even ground (grass, a
wall). The limits lie between, nearer to the photographs: an old sheet with filled houses is still a sheet.
"""

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.errors import ReadError
from pipelines.scan.model import Page

THICK_SHARE = 0.33
"""From this share of thick ink on a picture is no line drawing."""

UNEVEN = 0.2
"""From this share of the ink's darkness on, in the middle of all pixels, there is no paper."""

_LEAST_DROP = 22.0
"""What is less dark than this against its paper is no ink, of 255."""

_LEAST_INK = 3e-5
_MOST_PX = 3_000
_THICK_MM = 1.2
_RIM = 0.03
"""Part of the page along its sides that is not looked at: the bed of the scanner may show."""


def check(page: Page, grey: npt.NDArray[np.uint8], px_per_mm: float) -> None:
    """Refuse what is no drawing.

    Args:
        page: The page, for the message.
        grey: (H, W) picture, 255 = white.
        px_per_mm: Resolution.

    Raises:
        ReadError: The page is blank, or a photograph.
    """
    ink, thick, uneven = measure(grey, px_per_mm)
    name = page.path.name
    if ink < _LEAST_INK:
        raise ReadError(
            f"{name}: trang {page.number} trống, không có nét vẽ nào: kiểm tra bản quét, hoặc chọn --page khác.",
            f"{name}: page {page.number} is blank, nothing is drawn on it: check the scan, or choose another (--page).",
        )
    if thick > THICK_SHARE or uneven > UNEVEN:
        raise ReadError(
            f"{name}: trang {page.number} là ảnh chụp, không phải tờ bản đồ nét trên giấy: kiểm tra lại tệp.",
            f"{name}: page {page.number} is a photograph, not a map drawn in lines on paper: check the file.",
        )


def measure(grey: npt.NDArray[np.uint8], px_per_mm: float) -> tuple[float, float, float]:
    """Return the share of ink on a page, of thick ink in the ink, and the unevenness of the ground (0 to 1).

    Args:
        grey: (H, W) picture, 255 = white.
        px_per_mm: Resolution.
    """
    step = max(1, -(-max(grey.shape) // _MOST_PX))
    seen = grey if step == 1 else cv2.resize(grey, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
    seen = 255 - seen if np.median(seen) < 110 else seen  # white lines on black
    window = max(15, min(seen.shape) // 40) | 1
    ground = cv2.blur(cv2.morphologyEx(seen, cv2.MORPH_CLOSE, np.ones((window, window), np.uint8)), (window, window))
    rim = [int(side * _RIM) for side in seen.shape]
    drop = cv2.subtract(ground, seen)[rim[0] : seen.shape[0] - rim[0], rim[1] : seen.shape[1] - rim[1]]
    middle, full = np.percentile(drop, [50.0, 99.9])
    if full < _LEAST_DROP:
        return 0.0, 0.0, 0.0
    is_ink = (drop > 0.5 * full).astype(np.uint8)
    side = max(3, round(_THICK_MM * px_per_mm / step), min(seen.shape) // 150)
    thick = cv2.morphologyEx(is_ink, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    count = int(is_ink.sum())
    return count / is_ink.size, int(thick.sum()) / max(count, 1), float(middle / full)
