"""Coordinates: one module. VN-2000 goes its pinned way (`vn2000`); no other CRS goes a way nobody has measured.

Where PROJ knows no operation between the datum of a CRS and WGS 84 it would pretend that the two are one ("ballpark"):
some 200 m in Vietnam, and silent. Such a CRS is refused. Grids of the network are never asked for.
"""

from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from pyproj.enums import TransformDirection
from pyproj.network import set_network_enabled  # type: ignore[attr-defined]
from pyproj.transformer import TransformerGroup

from pipelines import vn2000
from pipelines.errors import CrsError

WGS84 = "OGC:CRS84"

# A grid fetched today and not tomorrow would move the parcels of a province.
set_network_enabled(active=False)


def parse(crs: Any) -> pyproj.CRS:
    """Return a CRS from an EPSG code, WKT or PROJ text.

    Raises:
        CrsError: The text names no known CRS.
    """
    try:
        return pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise CrsError(
            f"Không hiểu hệ tọa độ “{crs}”: ghi mã EPSG, ví dụ EPSG:5897 (VN-2000, kinh tuyến trục 105°00').",
            f"The coordinate reference system {crs!r} is unknown: give an EPSG code such as EPSG:5897.",
        ) from error


def srid(crs: Any) -> int:
    """Return the EPSG code of a CRS, also when it is given as the WKT of another authority.

    Raises:
        CrsError: No EPSG code describes it.
    """
    parsed = parse(crs)
    code = parsed.to_epsg() or vn2000.code(parsed) or _matched(parsed)
    if code is None:
        raise CrsError(
            f"Hệ tọa độ “{parsed.name}” không có mã EPSG: khai báo `crs: EPSG:…` trong package.yaml.",
            f"The coordinate reference system {parsed.name!r} has no EPSG code: declare `crs: EPSG:…` in package.yaml.",
        )
    return int(code)


def _matched(crs: pyproj.CRS) -> int | None:
    """Return the code of the listed CRS that a text with other names describes.

    A match of low confidence counts only where the projection is the same to the digit: names alone once made an
    Indian zone of a Vietnamese one.
    """
    code = crs.to_epsg(min_confidence=25)
    if code is None:
        return None
    listed = pyproj.CRS.from_epsg(code)
    return int(code) if _numbers(listed) == _numbers(crs) else None


def _numbers(crs: pyproj.CRS) -> list[tuple[str, float]]:
    operation = crs.coordinate_operation
    if operation is None:
        return []
    written = [
        (param.name, float(param.value) * float(param.unit_conversion_factor or 1)) for param in operation.params
    ]
    return sorted((name, round(value, 7)) for name, value in written)


def _plain(crs: pyproj.CRS) -> str:
    """Return WKT without the shift: between two zones of VN-2000 there is none, whatever each file says of it."""
    plane = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
    code = vn2000.code(crs)
    return str((pyproj.CRS.from_epsg(code) if code is not None else plane).to_wkt())


@cache
def _between_zones(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


@cache
def _to_wgs84(wkt: str) -> pyproj.Transformer:
    crs = pyproj.CRS.from_wkt(wkt)
    pinned = vn2000.pipeline(crs) if vn2000.matches(crs) else None
    if pinned is not None:
        return pyproj.Transformer.from_pipeline(pinned)
    group = TransformerGroup(crs, WGS84, always_xy=True, allow_ballpark=False)
    # Zero steps of datum have no accuracy either; what PROJ makes up is called ballpark, and was not allowed.
    found = [one for one in group.transformers if one.accuracy >= 0 or _says_its_shift(crs)]
    if not found:
        raise _no_way(crs)
    return found[0]


def _says_its_shift(crs: pyproj.CRS) -> bool:
    """Tell whether the way to WGS 84 needs no operation, or is written in the CRS itself (`+towgs84`)."""
    geodetic = crs.geodetic_crs
    return crs.is_bound or (geodetic is not None and geodetic.to_epsg(min_confidence=25) in {4326, 4979})


def _no_way(crs: pyproj.CRS) -> CrsError:
    return CrsError(
        f"Không có phép chuyển đã biết độ chính xác từ “{crs.name}” sang WGS 84: khai báo mã EPSG của múi VN-2000, "
        "hoặc cặp điểm trùng (`control_points`).",
        f"No operation of known accuracy leads from {crs.name!r} to WGS 84: declare the EPSG code of the VN-2000 zone, "
        "or identical points (`control_points`).",
    )


def transformer_to_wgs84(crs: Any) -> pyproj.Transformer:
    """Return the transformer from a CRS (easting, northing) to longitude, latitude on WGS 84.

    Raises:
        CrsError: No operation of known accuracy leads there.
    """
    return _to_wgs84(parse(crs).to_wkt())


def accuracy_m(crs: Any) -> float | None:
    """Return the accuracy in metres of the way from a CRS to WGS 84; None when it is written in the CRS itself.

    Raises:
        CrsError: No operation of known accuracy leads there.
    """
    parsed = parse(crs)
    if vn2000.matches(parsed) and vn2000.pipeline(parsed) is not None:
        return vn2000.ACCURACY_M
    found = _to_wgs84(parsed.to_wkt()).accuracy
    return float(found) if found >= 0 else None


def to_wgs84(geometries: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return geometries in OGC:CRS84 (longitude, latitude) by the pinned operation.

    Raises:
        CrsError: The geometries carry no CRS, or one with no known way to WGS 84.
    """
    if geometries.crs is None:
        raise CrsError(
            "Dữ liệu không có hệ tọa độ: khai báo `crs` trong package.yaml hoặc dùng --crs.",
            "The data carry no coordinate reference system: declare `crs` in package.yaml or use --crs.",
        )
    return gpd.GeoSeries(
        _apply(geometries.to_numpy(), transformer_to_wgs84(geometries.crs), TransformDirection.FORWARD),
        index=geometries.index,
        crs=WGS84,
    )


def reproject(geometries: gpd.GeoSeries, target: Any) -> gpd.GeoSeries:
    """Return geometries in another CRS.

    Between two VN-2000 zones no datum changes and nothing is lost; otherwise the way leads over WGS 84, and back
    again it is exact to 1 mm (the two-dimensional operation lets go of the ellipsoidal height).

    Raises:
        CrsError: The geometries carry no CRS, or no operation of known accuracy leads to the other.
    """
    there_crs = parse(target)
    if geometries.crs is not None and geometries.crs == there_crs:
        return geometries
    if geometries.crs is not None and vn2000.matches(geometries.crs) and vn2000.matches(there_crs):
        zones = _between_zones(_plain(geometries.crs), _plain(there_crs))
        moved = _apply(geometries.to_numpy(), zones, TransformDirection.FORWARD)
        return gpd.GeoSeries(moved, index=geometries.index, crs=there_crs)
    wgs84 = to_wgs84(geometries)
    there = transformer_to_wgs84(target)
    return gpd.GeoSeries(
        _apply(wgs84.to_numpy(), there, TransformDirection.INVERSE), index=geometries.index, crs=parse(target)
    )


def _apply(geometries: Any, transformer: pyproj.Transformer, direction: TransformDirection) -> Any:
    def move(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        x, y = transformer.transform(points[:, 0], points[:, 1], direction=direction)
        return np.column_stack([x, y])

    return shapely.transform(shapely.force_2d(geometries), move)
