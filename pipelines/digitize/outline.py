"""The commune outline and the sheets."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines.digitize.snapping import Array


def commune_outline(pieces: Array, crs: Any) -> gpd.GeoDataFrame:
    """Return the outline of the commune as one row, or no row where there is none.

    Args:
        pieces: Polygons, or lines that close together; the same polygon may come with every sheet.
        crs: Their CRS.
    """
    pieces = pieces[~shapely.is_missing(pieces) & ~shapely.is_empty(pieces)] if len(pieces) else pieces
    polygons = pieces[shapely.get_dimensions(pieces) == 2] if len(pieces) else pieces
    if not len(polygons) and len(pieces):
        # Sheets carry the outline piece by piece: only together do the pieces close.
        noded = shapely.node(shapely.union_all(shapely.get_parts(pieces)))
        polygons = shapely.get_parts(shapely.polygonize([noded]))
    if not len(polygons):
        return gpd.GeoDataFrame({"geometry": []}, geometry="geometry", crs=crs)
    distinct = pd.Series(shapely.to_wkb(shapely.normalize(polygons))).drop_duplicates().index.to_numpy()
    whole = shapely.union_all(shapely.make_valid(polygons[distinct]))
    return gpd.GeoDataFrame({"geometry": [shapely.normalize(whole)]}, geometry="geometry", crs=crs)


def sheets(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row per source and sheet, with the box around its parcels."""
    numbered = parcels[parcels.geometry.notna() & ~parcels.geometry.is_empty]
    boxes = pd.concat([numbered[["source", "so_hieu_to_ban_do", "ty_le"]], numbered.bounds], axis=1)
    grouped = boxes.groupby(["source", "so_hieu_to_ban_do", "ty_le"], dropna=False, sort=True)
    sides = grouped.agg(minx=("minx", "min"), miny=("miny", "min"), maxx=("maxx", "max"), maxy=("maxy", "max"))
    sides = sides.reset_index()
    geometry = shapely.box(*(sides[side].to_numpy() for side in ("minx", "miny", "maxx", "maxy")))
    rows = sides[["source", "so_hieu_to_ban_do", "ty_le"]]
    return gpd.GeoDataFrame(rows, geometry=np.asarray(geometry), crs=parcels.crs)
