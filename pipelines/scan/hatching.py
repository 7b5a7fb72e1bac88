"""Which faces are hatched: strokes of one direction all over, which letters, symbols and dirt never are."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import shapely

from pipelines.scan.model import Dark

_PER_MM = 4.0
"""Pixels per millimetre of the coarse picture: strokes half a millimetre apart are still two."""

_RIM_MM = 0.7
"""Along its boundary a face is not looked at: the line itself has one direction."""

_LEAST_MM2 = 4.0
_ONE_WAY = 0.6
"""How much of all change from pixel to pixel goes across one direction; 0 = all directions alike, 1 = one alone."""

_OFTEN = 0.35
"""Share of a face that lies within a millimetre of a stroke."""


def hatched(polygons: npt.NDArray[Any], dark: Dark, px_per_mm: float) -> npt.NDArray[np.bool_]:
    """Return which faces are hatched.

    Args:
        polygons: The faces, in pixel coordinates.
        dark: (H, W) uint8 ink.
        px_per_mm: Pixels per millimetre.
    """
    from rasterio.features import rasterize

    step = max(1.0, px_per_mm / _PER_MM)
    size = (max(1, round(dark.shape[1] / step)), max(1, round(dark.shape[0] / step)))
    inner = shapely.buffer(polygons, -_RIM_MM * px_per_mm)
    inner = np.where(shapely.area(inner) >= _LEAST_MM2 * px_per_mm**2, inner, shapely.Polygon())
    some = np.flatnonzero(~shapely.is_empty(inner))
    if not len(some):
        return np.zeros(len(polygons), dtype=bool)
    scale = np.array(size) / dark.shape[::-1]
    shapes = zip(shapely.transform(inner[some], lambda at: at * scale), (some + 1).tolist(), strict=True)
    number = rasterize(shapes, out_shape=size[::-1], dtype="int32").ravel()
    within = np.flatnonzero(number)
    owner = number[within] - 1
    small = cv2.GaussianBlur(cv2.resize(dark, size, interpolation=cv2.INTER_AREA), (0, 0), 0.7)
    across = cv2.Sobel(small, cv2.CV_32F, 1, 0).ravel()[within]
    down = cv2.Sobel(small, cv2.CV_32F, 0, 1).ravel()[within]
    count = len(polygons)
    xx, yy, xy = (np.bincount(owner, values, minlength=count) for values in (across**2, down**2, across * down))
    one_way = np.hypot(xx - yy, 2 * xy) / np.maximum(xx + yy, 1e-9)
    reach = 2 * round(size[0] / dark.shape[1] * px_per_mm) + 1
    near = cv2.dilate((small > 48).view(np.uint8), np.ones((reach, reach), np.uint8)).ravel()[within]
    share = np.bincount(owner, near, minlength=count) / np.maximum(np.bincount(owner, minlength=count), 1)
    made: npt.NDArray[np.bool_] = (one_way >= _ONE_WAY) & (share >= _OFTEN)
    return made
