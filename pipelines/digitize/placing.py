"""Bringing the coordinates of a file to the CRS of the package: axes, identical points, zone."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from pipelines import control_points
from pipelines import crs as crs_work
from pipelines.errors import CrsError

_SURVEYED_M = 2.0
"""A way between two datums that is less accurate than this moves parcels onto their neighbours."""


def to_package(rows: gpd.GeoDataFrame, entry: Mapping[str, Any], inventory: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Return rows in the CRS of the package.

    The CRS of the file is the one declared for it, else the one it says, else that of the package. A CRS that it says
    and that no code describes counts as that of the package.

    Args:
        rows: Features as in the file.
        entry: The file in the inventory: `crs`, `axes`, `control_points`, `scale`.
        inventory: The package: `crs`, `root`.

    Raises:
        CrsError: The CRS is unknown, or the way from it too inaccurate for parcels and there are no identical points.
        PackageError: The identical points cannot be used.
    """
    target = str(inventory["crs"])
    if entry.get("axes") == "ne":
        rows = _moved(rows, lambda points: points[:, ::-1])
    if entry.get("control_points"):
        placed = entry.get("placed") or {}
        table = Path(inventory["root"]) / entry["control_points"]
        _, warp = control_points.warp(table, int(entry.get("scale") or inventory["scale"]), placed.get("method"))
        rows = _moved(rows, warp).set_crs(crs_work.parse(entry.get("crs") or target), allow_override=True)
    elif entry.get("crs"):
        rows = rows.set_crs(crs_work.parse(entry["crs"]), allow_override=True)
    if rows.crs is None or _same_place(rows.crs.to_wkt(), target):
        return rows.set_crs(crs_work.parse(target), allow_override=True)
    _need_surveyed(str(entry["path"]), rows.crs)
    moved = crs_work.reproject(rows.geometry, target)
    return rows.set_geometry(gpd.GeoSeries(_kept(rows.geometry, moved), index=rows.index, crs=moved.crs))


def _moved(rows: gpd.GeoDataFrame, move: Any) -> gpd.GeoDataFrame:
    shapes = shapely.transform(shapely.force_2d(rows.geometry.to_numpy()), move)
    return rows.set_geometry(gpd.GeoSeries(shapes, index=rows.index, crs=rows.crs))


def _kept(before: gpd.GeoSeries, after: gpd.GeoSeries) -> Any:
    """Return the moved geometries; one with a point that is nowhere on earth stays where it was, far from the commune.

    Dropping it would lose it in silence, and infinite coordinates would stop the checks of all others.
    """
    shapes = after.to_numpy().copy()
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    lost = np.unique(owner[~np.isfinite(coordinates).all(axis=1)])
    shapes[lost] = shapely.force_2d(before.to_numpy()[lost])
    return shapes


def _need_surveyed(path: str, crs: Any) -> None:
    accuracy = crs_work.accuracy_m(crs)
    if accuracy is None or accuracy <= _SURVEYED_M:
        return
    raise CrsError(
        f"{path}: chuyển từ {crs.name} chỉ đạt khoảng {accuracy:g} m, không đủ cho địa chính: khai `control_points` "
        "(bảng điểm trùng của xã).",
        f"{path}: the way from {crs.name} is good to some {accuracy:g} m only, not enough for parcels: declare "
        "`control_points` (a table of identical points of the commune).",
    )


@cache
def _same_place(wkt: str, declared: str) -> bool:
    """Tell whether the CRS of a file is the declared one; a CRS that no code describes counts as declared."""
    if wkt == crs_work.parse(declared).to_wkt():
        return True
    try:
        return crs_work.srid(wkt) == crs_work.srid(declared)
    except CrsError:
        return not crs_work.parse(wkt).is_bound
