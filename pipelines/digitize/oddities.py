"""Findings about drawn elements that are no line at all: coordinates that are none, elements drawn twice."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines.digitize.complaints import element_id, reported
from pipelines.digitize.model import Source
from pipelines.digitize.network import on_earth
from pipelines.digitize.snapping import Array


def about_places(source: Source, drawn: gpd.GeoDataFrame, crs: Any) -> tuple[list[gpd.GeoDataFrame], Array]:
    """Return findings about elements with a vertex that is nowhere, and the numbers of these elements.

    Emits:
        ban_ve.bad_coordinates
    """
    lost = np.flatnonzero(~_all_on_earth(drawn.geometry.to_numpy()))
    ids = element_id(source.path, drawn["number"].to_numpy()[lost])
    return reported("ban_ve.bad_coordinates", ids, crs=crs, source=source.path), lost


def about_elements(source: Source, boundary: gpd.GeoDataFrame, crs: Any) -> list[gpd.GeoDataFrame]:
    """Return findings about elements drawn again exactly, all of a sheet in one.

    Emits:
        ban_ve.element_doubled
    """
    lines, number = boundary.geometry.to_numpy(), boundary["number"].to_numpy()
    coordinates, owner = shapely.get_coordinates(lines, return_index=True)
    again = _again(lines, coordinates, owner)
    if not len(again):
        return []
    return reported(
        "ban_ve.element_doubled",
        element_id(source.path, number[again[:1]]),
        crs=crs,
        value=float(len(again)),
        source=source.path,
        geometry=np.array([shapely.multilinestrings(list(_lines_of(lines[again])))], dtype=object),
    )


def _again(lines: Array, coordinates: Array, owner: Array) -> Array:
    """Return the numbers of elements whose vertices are those of an element before, in either direction."""
    count = np.bincount(owner, minlength=len(lines))
    first = np.minimum(np.cumsum(count) - count, max(len(coordinates) - 1, 0))
    last = np.maximum(np.cumsum(count) - 1, 0)
    if not len(coordinates):
        return np.empty(0, dtype=np.int64)
    ends = np.sort(np.column_stack([coordinates[first] @ [1, 1j], coordinates[last] @ [1, 1j]]), axis=1)
    sums = np.add.reduceat(np.r_[coordinates, [[0, 0]]], np.cumsum(count) - count)
    key = pd.DataFrame(
        {"a": ends[:, 0], "b": ends[:, 1], "n": count, "x": sums[:, 0].round(3), "y": sums[:, 1].round(3)}
    )
    suspects = np.flatnonzero(key.duplicated(keep=False).to_numpy() & (count > 0))
    flat = shapely.force_2d(lines[suspects])
    sound = _all_on_earth(flat)
    shapes = pd.Series(shapely.to_wkb(shapely.normalize(flat[sound])))
    return np.asarray(suspects[sound][shapes.duplicated().to_numpy()])


def _all_on_earth(geometries: Array) -> Array:
    """Return which geometries have a place for every vertex."""
    coordinates, owner = shapely.get_coordinates(geometries, return_index=True)
    sound = np.ones(len(geometries), dtype=bool)
    sound[owner[~on_earth(coordinates)]] = False
    return sound


def _lines_of(geometries: Array) -> Array:
    parts = shapely.get_parts(shapely.force_2d(geometries))
    is_area = shapely.get_dimensions(parts) == 2
    return np.concatenate([parts[~is_area], shapely.get_rings(parts[is_area])])
