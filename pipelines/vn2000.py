"""VN-2000: telling that a CRS is one of its zones however it is written, and its one pinned way to WGS 84.

EPSG lists two operations from VN-2000 to WGS 84 that lie 0.70 m apart at Thanh Hoa. The official one
(QD 05/2007/QD-BTNMT, EPSG "VN-2000 to WGS 84 (2)") is pinned in `schemas/codelists/crs_operations.csv`,
so that a newer PROJ cannot choose another.
"""

import math
import re
from functools import cache
from typing import Any

import pyproj

import schemas

GEOGRAPHIC = 4756
"""EPSG code of longitude and latitude on VN-2000."""

ACCURACY_M = 1.0
"""Accuracy EPSG gives for the pinned operation."""

_NAMED = re.compile(r"v(?:iet|n)[\s_-]*(?:nam)?[\s_-]*2000", re.IGNORECASE)
_SHIFT_CLOSE_M = 2.0
_ANGLE_CLOSE_DEG = 1e-7
_SHIFT_NAMES = ("X-axis translation", "Y-axis translation", "Z-axis translation")
_SAME_EARTH = (6378137.0, 298.257223563)
_TRANSVERSE = "Transverse Mercator"


def matches(crs: pyproj.CRS) -> bool:
    """Tell whether the datum of a CRS is VN-2000: by code, by name, or by the shift written beside it.

    Programs of ESRI, MapInfo and old versions of PROJ write VN-2000 without its code; a `+towgs84` within 2 m of the
    official parameters is VN-2000 too. A CRS that calls itself WGS 84 is not.
    """
    geodetic = crs.geodetic_crs
    if geodetic is None or not _on_same_ellipsoid(geodetic):
        return False
    if crs.is_bound:
        return _is_official_shift(crs)
    if geodetic.to_epsg() == GEOGRAPHIC:
        return True
    datum = geodetic.datum.name if geodetic.datum is not None else ""
    if _NAMED.search(geodetic.name) or _NAMED.search(datum):
        return True
    return "unknown" in datum.lower() and _NAMED.search(crs.name) is not None


def code(crs: pyproj.CRS) -> int | None:
    """Return the EPSG code of a VN-2000 CRS by its projection; None when it is no listed zone of VN-2000."""
    if not matches(crs):
        return None
    if not crs.is_projected:
        return GEOGRAPHIC if crs.is_geographic and _unit(crs) is not None else None
    written = projection(crs)
    return None if written is None else _zones().get(written)


def resembles(crs: pyproj.CRS) -> int | None:
    """Return the VN-2000 zone that has the projection of a CRS, whatever its datum is called; None where none has.

    Drawings of VN-2000 are often labelled with the ellipsoid or with WGS 84: a reason to ask, not to believe.
    """
    written = projection(crs) if crs.is_projected else None
    return None if written is None else _zones().get(written)


def twin(crs: pyproj.CRS) -> int | None:
    """Return the VN-2000 zone that a plane CRS may be mistaken for: its projection and ellipsoid, another datum."""
    geodetic = crs.geodetic_crs
    if geodetic is None or not _on_same_ellipsoid(geodetic) or matches(crs):
        return None
    return resembles(crs)


def projection(crs: pyproj.CRS) -> tuple[float, ...] | None:
    """Return longitude (°), scale, false easting, false northing (m) and metres per unit of a Mercator projection.

    None when the CRS is no transverse Mercator projection from the equator, or its axes have no length.
    """
    plane = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
    operation = plane.coordinate_operation
    unit = _unit(plane)
    if operation is None or operation.method_name != _TRANSVERSE or unit is None:
        return None
    # Values are in the unit of the CRS, whatever that is.
    values = {param.name: float(param.value) * _factor(param) for param in operation.params}
    if abs(values.get("Latitude of natural origin", 0.0)) > _ANGLE_CLOSE_DEG:
        return None
    return (
        round(math.degrees(values["Longitude of natural origin"]), 7),
        round(values["Scale factor at natural origin"], 9),
        round(values["False easting"], 4),
        round(values["False northing"], 4),
        unit,
    )


def pipeline(crs: pyproj.CRS) -> str | None:
    """Return the pinned pipeline from a VN-2000 CRS (easting, northing or longitude, latitude) to WGS 84 degrees.

    None when the CRS is projected by something else than a transverse Mercator projection.
    """
    if crs.is_geographic:
        return f"+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad {official_shift()}"
    written = projection(crs)
    if written is None:
        return None
    central, scale, easting, northing, unit = written
    metres = "" if unit == 1 else f"+step +proj=unitconvert +xy_in={unit!r} +xy_out=m "
    return (
        f"+proj=pipeline {metres}+step +inv +proj=tmerc +lat_0=0 +lon_0={central!r} +k={scale!r} "
        f"+x_0={easting!r} +y_0={northing!r} +ellps=WGS84 {official_shift()}"
    )


@cache
def official_shift() -> str:
    """Return the part of the pipeline from radians on VN-2000 to degrees on WGS 84."""
    operations = schemas.codelist("crs_operations").set_index("id")
    return str(operations.loc[f"EPSG:{GEOGRAPHIC}", "helmert"])


def shift_parameters() -> dict[str, float]:
    """Return the official seven parameters by their PROJ names: x, y, z (m), rx, ry, rz (″), s (ppm)."""
    return {name: float(value) for name, value in re.findall(r"\+(x|y|z|rx|ry|rz|s)=(\S+)", official_shift())}


def proj_text(crs: pyproj.CRS, *, easting_m: float = 0.0, unit_m: float = 1.0) -> str | None:
    """Return PROJ text for a zone of VN-2000 with a prefix before its eastings and in another unit.

    Args:
        crs: Zone.
        easting_m: What is added to the false easting, in metres: 48,000,000 for the zone prefix 48.
        unit_m: Metres per unit of the file.
    """
    written = projection(crs)
    if written is None or not matches(crs):
        return None
    central, scale, easting, northing, _ = written
    seven = shift_parameters()
    # PROJ's +towgs84 has the other sign convention for rotations (position vector).
    shift = ",".join(
        f"{seven[name] * (-1 if name.startswith('r') else 1):.10g}" for name in ("x", "y", "z", "rx", "ry", "rz", "s")
    )
    return (
        f"+proj=tmerc +lat_0=0 +lon_0={central:g} +k={scale:g} +x_0={easting + easting_m:.10g} +y_0={northing:g} "
        f"+ellps=WGS84 +towgs84={shift} +to_meter={unit_m:g} +no_defs"
    )


@cache
def _zones() -> dict[tuple[float, ...], int]:
    """Return the listed zones of VN-2000 by their projection."""
    rows = schemas.codelist("epsg")
    listed = rows.loc[rows["datum"].eq("VN-2000") & rows["code"].ne(str(GEOGRAPHIC)), "code"]
    zones = {}
    for text in listed:
        written = projection(pyproj.CRS.from_epsg(int(text)))
        if written is not None:
            zones[written] = int(text)
    return zones


def _is_official_shift(crs: pyproj.CRS) -> bool:
    operation = crs.coordinate_operation
    values = {param.name: float(param.value) for param in operation.params} if operation is not None else {}
    seven = shift_parameters()
    official = [seven[axis] for axis in ("x", "y", "z")]
    given = [values.get(name, math.inf) for name in _SHIFT_NAMES]
    return math.dist(official, given) < _SHIFT_CLOSE_M


def _on_same_ellipsoid(geodetic: pyproj.CRS) -> bool:
    ellipsoid = geodetic.ellipsoid
    if ellipsoid is None:
        return False
    axis, flattening = _SAME_EARTH
    return abs(ellipsoid.semi_major_metre - axis) < 0.01 and abs(ellipsoid.inverse_flattening - flattening) < 1e-5


def _unit(crs: pyproj.CRS) -> float | None:
    """Return metres (or radians) per unit of the axes; None when they differ or there are none."""
    plane = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
    factors = {round(float(axis.unit_conversion_factor), 12) for axis in plane.axis_info[:2]}
    return factors.pop() if len(factors) == 1 else None


def _factor(param: Any) -> float:
    return float(param.unit_conversion_factor or 1.0)
