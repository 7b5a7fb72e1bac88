"""Coordinates: one module, one pinned VN-2000 operation.

EPSG lists two operations from VN-2000 to WGS 84 that lie 0.70 m apart at Thanh Hoa. The official one
(QD 05/2007/QD-BTNMT, EPSG "VN-2000 to WGS 84 (2)") is pinned in `schemas/codelists/crs_operations.csv`,
so that a newer PROJ cannot choose another.
"""

from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from pyproj.enums import TransformDirection

import schemas
from pipelines.errors import CrsError

WGS84 = "OGC:CRS84"


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
    code = parsed.to_epsg() or parsed.to_epsg(min_confidence=25)
    if code is None:
        raise CrsError(
            f"Hệ tọa độ “{parsed.name}” không có mã EPSG: khai báo `crs: EPSG:…` trong package.yaml.",
            f"The coordinate reference system {parsed.name!r} has no EPSG code: declare `crs: EPSG:…` in package.yaml.",
        )
    return int(code)


@cache
def _between_zones(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


@cache
def _to_wgs84(wkt: str) -> pyproj.Transformer:
    crs = pyproj.CRS.from_wkt(wkt)
    if _is_vn2000(crs) and crs.is_projected:
        return pyproj.Transformer.from_pipeline(_pinned_pipeline(crs))
    return pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)


def transformer_to_wgs84(crs: Any) -> pyproj.Transformer:
    """Return the transformer from a CRS (easting, northing) to longitude, latitude on WGS 84."""
    return _to_wgs84(parse(crs).to_wkt())


def to_wgs84(geometries: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return geometries in OGC:CRS84 (longitude, latitude) by the pinned operation.

    Raises:
        CrsError: The geometries carry no CRS.
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
    """
    there_crs = parse(target)
    if geometries.crs is not None and geometries.crs == there_crs:
        return geometries
    if geometries.crs is not None and _is_vn2000(geometries.crs) and _is_vn2000(there_crs):
        zones = _between_zones(geometries.crs.to_wkt(), there_crs.to_wkt())
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


def _is_vn2000(crs: pyproj.CRS) -> bool:
    geodetic = crs.geodetic_crs
    return geodetic is not None and geodetic.to_epsg() == 4756


@cache
def _official_shift() -> str:
    """Return the part of the pipeline from the VN-2000 ellipsoid to degrees on WGS 84."""
    operations = schemas.codelist("crs_operations").set_index("id")
    return str(operations.loc["EPSG:4756", "helmert"])


def _pinned_pipeline(crs: pyproj.CRS) -> str:
    operation = crs.coordinate_operation
    values = {parameter.name: parameter.value for parameter in operation.params} if operation else {}
    central = values["Longitude of natural origin"]
    scale = values["Scale factor at natural origin"]
    easting = values["False easting"]
    northing = values["False northing"]
    return (
        f"+proj=pipeline +step +inv +proj=tmerc +lat_0=0 +lon_0={central!r} +k={scale!r} +x_0={easting!r} "
        f"+y_0={northing!r} +ellps=WGS84 {_official_shift()}"
    )
