"""Coordinates on the way out: storage zone → longitude, latitude → the CRS a client asked for.

Transformers are expensive to build (tens of milliseconds) and safe to share between threads, so each is made once.
VN-2000 goes through the operation pinned in `schemas/codelists/crs_operations.csv`, so that no newer PROJ can
choose another one.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyproj
from pyproj.enums import TransformDirection

import schemas
from atlas.server.errors import BadRequestError

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
LONLAT = 4326

Coordinates = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """A CRS as clients name it.

    Attributes:
        srid: EPSG code; CRS84 has that of EPSG:4326.
        flipped: The CRS puts northing or latitude first.
        decimals: Digits that keep about a millimetre (8 in degrees, 4 in metres).
    """

    srid: int
    flipped: bool
    decimals: int


def uri(srid: int) -> str:
    """Return the OGC address of an EPSG code.

    >>> uri(5897)
    'http://www.opengis.net/def/crs/EPSG/0/5897'
    """
    return f"{EPSG}{srid}"


@cache
def target(address: str) -> Target:
    """Return the CRS an OGC address names.

    Raises:
        BadRequestError: The address names no known CRS.
    """
    if address in (CRS84, CRS84.replace("http:", "https:")):
        return Target(LONLAT, False, 8)
    matched = re.fullmatch(r"https?://www\.opengis\.net/def/crs/EPSG/[\w.]+/(\d{4,6})", address)
    try:
        if matched is None:
            raise pyproj.exceptions.CRSError(address)
        crs = pyproj.CRS.from_epsg(int(matched[1]))
    except pyproj.exceptions.CRSError as error:
        raise BadRequestError(
            f"Không có hệ tọa độ “{address}”; ví dụ đúng: {uri(5897)}.",
            f"There is no coordinate reference system {address!r}; a right one is {uri(5897)}.",
        ) from error
    flipped = bool(crs.axis_info) and crs.axis_info[0].direction == "north"
    return Target(int(matched[1]), flipped, 8 if crs.is_geographic else 4)


@cache
def _to_lonlat(srid: int) -> pyproj.Transformer | None:
    if srid == LONLAT:
        return None
    crs = pyproj.CRS.from_epsg(srid)
    pipeline = _pinned(crs) if crs.is_projected else None
    if pipeline is not None:
        return pyproj.Transformer.from_pipeline(pipeline)
    return pyproj.Transformer.from_crs(crs, "OGC:CRS84", always_xy=True)


def _pinned(crs: pyproj.CRS) -> str | None:
    """Return the official pipeline of a transverse Mercator zone, if its datum has one."""
    geodetic, operation = crs.geodetic_crs, crs.coordinate_operation
    operations = schemas.codelist("crs_operations").set_index("id")["helmert"]
    datum = f"EPSG:{geodetic.to_epsg()}" if geodetic is not None else ""
    if datum not in operations.index or operation is None:
        return None
    values = {parameter.name: parameter.value for parameter in operation.params}
    return (
        f"+proj=pipeline +step +inv +proj=tmerc +lat_0=0 +lon_0={values['Longitude of natural origin']!r} "
        f"+k={values['Scale factor at natural origin']!r} +x_0={values['False easting']!r} "
        f"+y_0={values['False northing']!r} +ellps=WGS84 {operations[datum]}"
    )


def convert(points: Coordinates, source: int, destination: int) -> Coordinates:
    """Return coordinates in another CRS, both x (east) first.

    Args:
        points: Array of shape (n, 2).
        source: EPSG code of the points (4326 means longitude, latitude).
        destination: EPSG code wanted.
    """
    if source == destination or not len(points):
        return points
    x, y = points[:, 0], points[:, 1]
    there = _to_lonlat(source)
    if there is not None:
        x, y = there.transform(x, y)
    back = _to_lonlat(destination)
    if back is not None:
        x, y = back.transform(x, y, direction=TransformDirection.INVERSE)
    return np.column_stack([x, y])


def outgoing(points: Coordinates, source: int, wanted: Target) -> Coordinates:
    """Return coordinates as a client reads them: converted, in the axis order of the CRS, rounded to a millimetre.

    Coordinates asked for in the CRS they are stored in are passed on untouched.
    """
    if source == wanted.srid and not wanted.flipped and source != LONLAT:
        return points
    moved = np.round(convert(points, source, wanted.srid), wanted.decimals)
    return moved[:, ::-1] if wanted.flipped else moved


def incoming(points: Coordinates, given: Target) -> Coordinates:
    """Return coordinates a client sent, x (east) first."""
    return points[:, ::-1] if given.flipped else points
