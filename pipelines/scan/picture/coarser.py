"""Very large pictures are read coarser, by whole pixels, so that memory stays bounded.

A sheet of A0 at 300 dpi has 140 million pixels. What has more was scanned finer than lines need.
"""

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
from affine import Affine

from pipelines.scan.model import Page

MOST_PIXELS = 160_000_000
"""At some 15 bytes a pixel, what a sheet takes while it is read stays below 2.5 GB."""


def fitted(page: Page) -> Page:
    """Return a page as it is read: of several pixels each way one, where it has too many."""
    shrink = 1
    while page.width * page.height / shrink**2 > MOST_PIXELS:
        shrink += 1
    if shrink == 1:
        return page
    return replace(
        page,
        width=page.width // shrink,
        height=page.height // shrink,
        dpi=None if page.dpi is None else page.dpi / shrink,
        transform=None if page.transform is None else page.transform * Affine.scale(shrink),
        shrink=shrink,
    )


def mean(grey: npt.NDArray[np.uint8], shrink: int) -> npt.NDArray[np.uint8]:
    """Return a picture of whose pixels each is the mean of a square of those given; what is left over is cut off."""
    if shrink == 1:
        return grey
    rows, columns = (side // shrink for side in grey.shape)
    whole = np.ascontiguousarray(grey[: rows * shrink, : columns * shrink])
    if not whole.size:
        return np.empty((rows, columns), dtype=np.uint8)
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)
