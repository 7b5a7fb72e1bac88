"""Where on earth communes and provinces lie: outlines on WGS 84, also of communes that were dissolved."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

import schemas
from pipelines import crs as crs_work
from pipelines import sources, vectors
from pipelines.errors import SettingsError
from pipelines.settings import Settings

_TODAY = "E2025B"
_OF_OLD = "E2025A"


@dataclass(frozen=True, slots=True)
class Box:
    """A box in degrees on WGS 84."""

    west: float
    south: float
    east: float
    north: float


def province_box(province: str) -> Box | None:
    """Return the box around a province; None when the list of provinces has none."""
    rows = schemas.codelist("provinces")
    row = rows[rows["code"] == province]
    if row.empty or not row["lon_min"].iloc[0]:
        return None
    return Box(*(float(row[name].iloc[0]) for name in ("lon_min", "lat_min", "lon_max", "lat_max")))


def province_zone(province: str) -> str | None:
    """Return the VN-2000 zone the law gives a province, as `EPSG:…`; None when the list has none."""
    rows = schemas.codelist("provinces")
    found = rows.loc[rows["code"] == province, "epsg"]
    return f"EPSG:{found.iloc[0]}" if len(found) and found.iloc[0] else None


def province_outline(province: str, settings: Settings | None = None) -> BaseGeometry | None:
    """Return the outline of a province on WGS 84: its communes together, else its box; None when neither is known.

    The file of communes counts for the province of the settings only.

    Raises:
        SettingsError: The file of communes has no layer with the column of codes.
    """
    if settings is not None and settings.commune_boundaries is not None and settings.province == province:
        outlines = _outlines(settings)
        if len(outlines):
            return shapely.union_all(shapely.make_valid(outlines.geometry.to_numpy()))
    box = province_box(province)
    return None if box is None else shapely.box(box.west, box.south, box.east, box.north)


def commune_outline(code: str, era: str, settings: Settings) -> BaseGeometry | None:
    """Return the outline of a commune on WGS 84; None when no file of communes is set or it does not have it.

    A commune of an earlier era lies within those it went into: their union is returned. It is larger than the commune
    was, and still tells one meridian from the next.

    Args:
        code: Commune code.
        era: Its era.
        settings: Names the file of communes of today and its column of codes.

    Raises:
        SettingsError: The file of communes has no layer with the column of codes.
    """
    if settings.commune_boundaries is None:
        return None
    if era == _TODAY:
        codes = {code}
    elif era in {_OF_OLD, "E2024"}:
        crosswalk = schemas.codelist("admin_crosswalk")
        is_this = (crosswalk["old_code"] == code) & (crosswalk["old_era"] == _OF_OLD)
        codes = set(crosswalk.loc[is_this, "new_code"])
    else:
        return None
    outlines = _outlines(settings)
    found = outlines.geometry.to_numpy()[outlines["code"].isin(codes).to_numpy()]
    return shapely.union_all(shapely.make_valid(found)) if len(found) else None


def _outlines(settings: Settings) -> gpd.GeoDataFrame:
    path = settings.commune_boundaries
    assert path is not None
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise SettingsError(
            f"Không có tệp ranh giới xã {path}: sửa `commune_boundaries` trong tệp cấu hình.",
            f"There is no file of commune outlines {path}: mend `commune_boundaries` in the settings.",
        ) from error
    return _read_outlines(path, settings.commune_code_column, changed)


@lru_cache(maxsize=4)
def _read_outlines(path: Path, column: str, changed_ns: int) -> gpd.GeoDataFrame:
    # The date of the file is part of the question, so that a newer file is read anew.
    layers = [layer for layer in vectors.layers(path) if column in layer.fields]
    if not layers:
        raise SettingsError(
            f"Tệp ranh giới xã {path} không có cột “{column}”: sửa `commune_code_column` trong tệp cấu hình.",
            f"The file of commune outlines {path} has no column {column!r}: mend `commune_code_column`.",
        )
    # A file of communes may hold the province too, with a column of the same name.
    chosen = max(layers, key=lambda layer: layer.features or 0)
    rows = vectors.read(path, chosen.name, columns=[column])
    rows = rows[rows.geometry.notna() & ~rows.geometry.is_empty]
    placed = crs_work.to_wgs84(rows.geometry)
    codes = sources.text_of(rows[column]).str.strip().to_numpy()
    return gpd.GeoDataFrame({"code": np.asarray(codes, dtype=object)}, geometry=placed.to_numpy(), crs=crs_work.WGS84)
