"""What a face is, by its form, its neighbours and whether anything is written in it: a guess until numbers are read."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pipelines.scan.model import Mask, Points

_COARSE = 4

_AROUND = 0.4
"""Share of all land that lies in the holes of what surrounds it."""

_ON_FRAME, _BLANK = 0.45, 0.001
_NEARLY_ALL = 0.9
"""Up to which share of the faces with writing, by their widest place, a face at the frame is no wider than a parcel."""

_LONG, _MANY = 4.5, 8
"""A road: how elongated (1 = circle, 1.3 = square, 4 = strip 1 : 10), and how many neighbours."""


_EVEN, _PIECE = 0.8, (3.0, 6)
"""A piece of a way: its mean width against its widest place, how elongated, how many neighbours."""


def measures(
    polygons: npt.NDArray[Any],
    sides: npt.NDArray[Any],
    marks: Mask,
    area: Points | None,
    px_per_mm: float,
) -> pd.DataFrame:
    """Return the form of each face.

    Columns: `width_mm` (mean), `widest_mm` (of the largest circle in it), `elongation` (1 = circle), `neighbours`,
    `written` (share of it that is marks), `frame`
    (share of its outer rim that lies on the frame), `holes` (share of all land that lies in its holes).

    Args:
        polygons: The faces.
        sides: (e, 2) faces left and right of each edge, -1 = outside.
        marks: (H, W) what is written.
        area: (4, 2) corners of the inner frame; None without.
        px_per_mm: Pixels per millimetre.
    """
    size, rim = shapely.area(polygons), np.maximum(shapely.length(polygons), 1e-9)
    both = np.unique(np.concatenate([sides, sides[:, ::-1]]), axis=0)
    both = both[(both >= 0).all(axis=1) & (both[:, 0] != both[:, 1])]
    outer = shapely.get_exterior_ring(polygons)
    inside_holes = shapely.area(shapely.polygons(outer)) - size
    frame = np.zeros(len(polygons))
    if area is not None and np.isfinite(area).all():
        band = shapely.buffer(shapely.linearrings(area), px_per_mm)
        shapely.prepare(outer)
        frame = shapely.length(shapely.intersection(outer, band)) / np.maximum(shapely.length(outer), 1e-9)
    return pd.DataFrame({
        "width_mm": 2 * size / rim / px_per_mm, "widest_mm": _widest(polygons, px_per_mm),
        "elongation": rim**2 / (4 * np.pi * np.maximum(size, 1e-9)),
        "neighbours": np.bincount(both[:, 0], minlength=len(polygons)), "written": written(polygons, marks, size),
        "frame": frame, "holes": inside_holes / max(1e-9, float(size.sum())),
    })  # fmt: skip


def _widest(polygons: npt.NDArray[Any], px_per_mm: float) -> npt.NDArray[np.float64]:
    circle = shapely.maximum_inscribed_circle(polygons, tolerance=0.1 * px_per_mm)
    made: npt.NDArray[np.float64] = 2 * shapely.length(circle) / px_per_mm
    return made


def written(polygons: npt.NDArray[Any], marks: Mask, size: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the share of each face that is covered by marks, counted on a coarse picture."""
    from rasterio.features import rasterize

    height, width = marks.shape
    shape = (-(-height // _COARSE), -(-width // _COARSE))
    small = cv2.resize(marks.view(np.uint8) * np.uint8(255), shape[::-1], interpolation=cv2.INTER_AREA)
    coarse = shapely.transform(polygons, lambda at: at / _COARSE)
    if not len(polygons):
        return np.empty(0)
    number = rasterize(zip(coarse, range(1, len(coarse) + 1), strict=True), out_shape=shape, dtype="int32")
    inked = np.bincount(number.ravel(), small.ravel() / 255.0, minlength=len(polygons) + 1)[1:]
    made: npt.NDArray[np.float64] = inked * _COARSE**2 / np.maximum(size, 1e-9)
    return made


def guessed(measured: pd.DataFrame) -> npt.NDArray[Any]:
    """Return the kind of each face by what `measures` tells of it.

    Around the land and up to the frame lies what is outside, unless it has the form of a parcel: a lot cut by the frame
    whose label stands elsewhere has to be asked about. Long, slim and with many neighbours is a road or a water,
    called `road`: what tells them apart is not in the lines.
    """
    around = (measured["holes"] > _AROUND) & (measured["elongation"] > 1.5)
    blank = measured["written"] < _BLANK
    widest = measured.loc[~blank, "widest_mm"].quantile(_NEARLY_ALL)
    is_margin = (measured["elongation"] > _PIECE[0]) | ~(measured["widest_mm"] <= widest)
    empty = (measured["frame"] > _ON_FRAME) & blank & is_margin
    way = (measured["elongation"] > _LONG) & (measured["neighbours"] >= _MANY)
    # A piece between two crossings is short, but as wide all along: lots with so many neighbours are not.
    even = measured["width_mm"] >= _EVEN * measured["widest_mm"]
    way |= even & (measured["elongation"] > _PIECE[0]) & (measured["neighbours"] >= _PIECE[1])
    made: npt.NDArray[Any] = np.select([around | empty, way], ["outside", "road"], "parcel").astype(object)
    return made
