"""The CRS a file is declared to be in, and where that puts it."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from pipelines import crs as crs_work
from pipelines.errors import CrsError
from pipelines.package import georef
from pipelines.package.survey import Survey

_STRAY = 0.01


def box_wgs84(entry: Mapping[str, Any], item: Survey, manifest: Mapping[str, Any]) -> list[float] | None:
    """Return west, south, east and north of nearly all of a file in degrees; None where it lies nowhere."""
    if not len(item.points) or entry.get("control_points"):
        return None
    told = {"crs": entry.get("crs")}
    crs = declared(told, item.layers[0], manifest["crs"])
    degrees = georef.locate(item.points, crs, swapped=entry.get("axes") == "ne")
    degrees = degrees[np.isfinite(degrees).all(axis=1)]
    if not len(degrees):
        return None
    # One stray point in a hundred must not make the box.
    (west, south), (east, north) = np.quantile(degrees, [_STRAY, 1 - _STRAY], axis=0)
    return [round(float(value), 7) for value in (west, south, east, north)]


def declared(entry: Mapping[str, Any], layer: Mapping[str, Any], crs: str) -> str:
    """Return the CRS a file is in: said for it, else told by the file, else the package's."""
    if entry.get("crs"):
        return str(entry["crs"])
    return epsg_of(layer["crs"]) or crs


@cache
def epsg_of(wkt: str | None) -> str | None:
    """Return `EPSG:…` for the WKT of a file; None when there is none or no code describes it."""
    if not wkt:
        return None
    try:
        return f"EPSG:{crs_work.srid(wkt)}"
    except CrsError:
        return None
