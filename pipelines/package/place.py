"""Where on earth the data lie, and whether that is where the declared CRS can be right."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

import schemas
from pipelines import crs as crs_work
from pipelines import vectors
from pipelines.errors import CrsError

PREFERRED = ("EPSG:5897", "EPSG:9209", "EPSG:9208", "EPSG:3405", "EPSG:2044")
"""Candidate zones for files around Thanh Hoa, likeliest first."""

_MARGIN_DEG = 0.05


@dataclass(frozen=True, slots=True)
class Box:
    """A box in degrees on WGS 84."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, longitude: float, latitude: float) -> bool:
        """Tell whether a point lies in the box, give or take some kilometres."""
        return (
            self.west - _MARGIN_DEG <= longitude <= self.east + _MARGIN_DEG
            and self.south - _MARGIN_DEG <= latitude <= self.north + _MARGIN_DEG
        )


def province_box(province: str) -> Box | None:
    """Return the box around a province; None when the list of provinces has none."""
    rows = schemas.codelist("provinces")
    row = rows[rows["code"] == province]
    if row.empty or not row["lon_min"].iloc[0]:
        return None
    return Box(*(float(row[name].iloc[0]) for name in ("lon_min", "lat_min", "lon_max", "lat_max")))


def middle(path: Path, layer: str) -> tuple[float, float] | None:
    """Return the median coordinate of a layer, which stray elements do not move; None when it is empty."""
    geometries = vectors.read(path, layer, columns=[]).geometry.to_numpy()
    coordinates = shapely.get_coordinates(geometries)
    if not len(coordinates):
        return None
    x, y = np.median(coordinates, axis=0)
    return float(x), float(y)


def on_earth(point: tuple[float, float], crs: Any) -> tuple[float, float] | None:
    """Return longitude and latitude of a point; None when it is nowhere on earth in this CRS."""
    parsed = crs_work.parse(crs)
    if parsed.is_geographic and not (abs(point[0]) <= 180 and abs(point[1]) <= 90):
        return None
    longitude, latitude = crs_work.transformer_to_wgs84(parsed).transform(*point)
    return (longitude, latitude) if math.isfinite(longitude) and math.isfinite(latitude) else None


def fitting(point: tuple[float, float], box: Box) -> list[tuple[str, bool]]:
    """Return the CRS that put a point into the box, likeliest first, and whether its axes must be swapped."""
    listed = [f"EPSG:{code}" for code in schemas.codelist("epsg")["code"]]
    candidates = [*PREFERRED, *(code for code in listed if code not in PREFERRED)]
    found = []
    for swapped in (False, True):
        here = (point[1], point[0]) if swapped else point
        for candidate in candidates:
            where = on_earth(here, candidate)
            if where is not None and box.holds(*where):
                found.append((candidate, swapped))
    return found


def check(name: str, point: tuple[float, float], crs: str, box: Box) -> None:
    """Check that a file lies in the province under its declared CRS.

    Args:
        name: Path of the file in the package.
        point: A typical coordinate of it.
        crs: Declared CRS.
        box: Box of the province.

    Raises:
        CrsError: It does not; the message says where it lies and which CRS would fit.
    """
    where = on_earth(point, crs)
    if where is not None and box.holds(*where):
        return
    lies_vi = f"nằm ở {where[0]:.3f}°Đ {where[1]:.3f}°B, ngoài tỉnh" if where else "không nằm trên mặt đất"
    lies_en = f"lies at {where[0]:.3f}°E {where[1]:.3f}°N, outside the province" if where else "lies nowhere on earth"
    fits = fitting(point, box)[:3]
    vi = " hoặc ".join(code + (" sau khi đổi trục X/Y" if swapped else "") for code, swapped in fits)
    en = " or ".join(code + (" after swapping X and Y" if swapped else "") for code, swapped in fits)
    advice_vi = f"phù hợp là {vi}; sửa `crs`" if fits else "không hệ nào trong danh mục phù hợp; hỏi nơi lập bản vẽ"
    advice_en = f"{en} would fit; mend `crs`" if fits else "no listed CRS fits; ask who made the drawing"
    raise CrsError(
        f"{name}: theo {crs} dữ liệu {lies_vi}; {advice_vi}.",
        f"{name}: by {crs} the data {lies_en}; {advice_en}.",
    )
