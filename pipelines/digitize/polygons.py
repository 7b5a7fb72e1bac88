"""A polygon layer to parcels: columns by the source profile, nothing else changed."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import sources
from pipelines.digitize.model import PARCEL_COLUMNS, Source, Traced, shape_parcels
from pipelines.digitize.snapping import Array
from pipelines.ledger import Entry

_READ = tuple(name for name in PARCEL_COLUMNS if name not in {"feature_id", "source", "so_nhan", "ty_le"})


def trace(source: Source, columns: Mapping[str, Any], crs: Any) -> Traced:
    """Return the parcels of a polygon layer, one row per feature, geometry as read.

    Args:
        source: Layer with its attributes.
        columns: Canonical column to spellings, from the source profile.
        crs: CRS of the package.
    """
    rows = source.rows
    mapping = sources.columns(columns, [name for name in rows.columns if name != rows.geometry.name])
    taken = sources.take(pd.DataFrame(rows.drop(columns=rows.geometry.name)), mapping, _READ)
    sheet = sources.key_text(taken["so_hieu_to_ban_do"])
    if source.sheet is not None:
        sheet = sheet.fillna(source.sheet)
    parcels = gpd.GeoDataFrame(
        taken.assign(
            feature_id=(source.path + "#" + rows["number"].astype("string")),
            source=source.path,
            so_hieu_to_ban_do=sheet,
            so_thu_tu_thua=sources.key_text(taken["so_thu_tu_thua"]),
            so_nhan=taken["so_thu_tu_thua"].notna().astype("int64"),
            ty_le=source.scale,
        )[list(PARCEL_COLUMNS)],
        geometry=_as_polygons(rows.geometry.to_numpy()),
        crs=crs,
    )
    entry = Entry(source.path, "parcel", len(rows), len(parcels), 0, 0)
    return Traced(shape_parcels(parcels), [], [], [entry])


def _as_polygons(geometries: Array) -> Array:
    """Return multipolygons of one part as polygons, rings normalised; invalid ones stay as they are."""
    flat = shapely.force_2d(geometries)
    single = (shapely.get_type_id(flat) == 6) & (shapely.get_num_geometries(flat) == 1)
    flat = np.where(single, shapely.get_geometry(flat, 0), flat)
    return np.asarray(np.where(shapely.is_valid(flat), shapely.normalize(flat), flat))
