"""Parcel layers from anywhere: any vector format, any CRS, any column names."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

import schemas
from pipelines import crs, numbers, sources
from pipelines.errors import CrsError, SettingsError
from pipelines.sandbox import Limits
from pipelines.validate.apart import read_apart

TEXTS = ("ma_xa", "so_hieu_to_ban_do", "so_thu_tu_thua", "loai_dat")
AREAS = ("dien_tich", "dien_tich_phap_ly", "dien_tich_nhan")

ROADS_AND_WATER = frozenset({"DGT", "DTL", "SON", "MNC"})
"""Land uses that are land objects without a parcel number of their own (TT 26/2024)."""

_WORLD_DEG = 360.0
_LEAST_MATCH = 0.5
_ZONE_DEG = 12.0
"""Beyond two UTM zones coordinates of one are bent out of all measure."""


def read_layers(
    paths: Sequence[Path], layer: str | None, target: str | None, limits: Limits | None = None
) -> gpd.GeoDataFrame:
    """Return the parcels of several files as one frame in one metric CRS, with `feature_id` and `source`.

    Each file is read in a child process: whatever it does to its reader, it ends in one sentence.

    Args:
        paths: Files of any GDAL vector format, or GeoParquet.
        layer: Layer to read; None means the layer that looks like parcels.
        target: CRS to compute in; None means that of the files when it has metres, else the official one of the place.
        limits: Time and memory for each file.

    Raises:
        ReadError: A file cannot be read, takes more than the limits, or has no polygon layer.
        CrsError: A file has no CRS, or one that its coordinates contradict.
    """
    return in_metres(read_placed(paths, layer, target, limits), target)


def read_placed(
    paths: Sequence[Path], layer: str | None, target: str | None, limits: Limits | None = None
) -> list[gpd.GeoDataFrame]:
    """Return the parcels of each file as they are in it, with the CRS that it has or was given; see `read_layers`."""
    names = [path.name for path in paths]
    labels = names if len(set(names)) == len(names) else [path.as_posix() for path in paths]
    read = read_apart(paths, labels, layer, limits)
    wanted = None if target is None else _usable(crs.parse(target), read)
    return [_with_crs(parcels, label, wanted) for parcels, label in zip(read, labels, strict=True)]


def in_metres(placed: Sequence[gpd.GeoDataFrame], target: str | None) -> gpd.GeoDataFrame:
    """Return parcels of several files as one frame in one CRS to compute in; see `read_layers`."""
    wanted = None if target is None else crs.parse(target)
    is_target = wanted is not None and is_metric(wanted)
    chosen = wanted if is_target else metric_crs([parcels.geometry for parcels in placed])
    try:
        moved = [parcels.set_geometry(crs.reproject(parcels.geometry, chosen)) for parcels in placed]
    except pyproj.exceptions.ProjError as error:
        labels = [str(parcels["source"].iloc[0]) for parcels in placed if len(parcels)]
        raise CrsError(
            f"Không chuyển được {', '.join(labels)} sang một hệ phẳng: ghi hệ tọa độ thật bằng --crs EPSG:….",
            f"{', '.join(labels)} cannot be brought into a plane system: state the true CRS with --crs EPSG:….",
        ) from error
    return gpd.GeoDataFrame(pd.concat(moved, ignore_index=True), geometry="geometry", crs=chosen)


def metric_crs(layers: Sequence[gpd.GeoSeries]) -> pyproj.CRS:
    """Return the CRS to compute in: that of the layers when they agree on one with metres, else the official one.

    Official is what the list `national_crs` has for the place; elsewhere it is the UTM zone, and for what is wider
    than one an equal-area system of the whole earth.
    """
    first: pyproj.CRS = layers[0].crs
    if all(each.crs == first for each in layers) and is_metric(first):
        return first
    bounds = np.array([crs.to_wgs84(each[~(each.is_empty | each.isna())]).total_bounds for each in layers])
    if not np.isfinite(bounds).any():
        return pyproj.CRS.from_epsg(3857)
    west, south = np.nanmin(bounds[:, :2], axis=0)
    east, north = np.nanmax(bounds[:, 2:], axis=0)
    listed = schemas.codelist("national_crs")
    box = listed[["lon_min", "lat_min", "lon_max", "lat_max"]].astype(float)
    inside = (box["lon_min"] <= west) & (box["lon_max"] >= east)
    inside &= (box["lat_min"] <= south) & (box["lat_max"] >= north)
    if inside.any():
        return pyproj.CRS.from_epsg(int(listed.loc[inside, "code"].iloc[0]))
    if east - west > _ZONE_DEG:
        return pyproj.CRS.from_epsg(6933)
    frame = gpd.GeoSeries([shapely.box(west, south, east, north)], crs=crs.WGS84)
    zone: pyproj.CRS = frame.estimate_utm_crs()
    return zone


def is_metric(system: pyproj.CRS) -> bool:
    """Tell whether areas can be computed in a CRS: projected, in metres, and not the web map's stretched one."""
    return bool(
        system.is_projected
        and all(axis.unit_conversion_factor == 1.0 for axis in system.axis_info[:2])
        and "Mercator Auxiliary Sphere" not in system.to_wkt()
        and "Popular Visualisation" not in system.to_wkt()
    )


def canonical(parcels: gpd.GeoDataFrame, columns: Mapping[str, str] | None) -> gpd.GeoDataFrame:
    """Return the parcels with the columns the checks know, found by option or by the spellings of all source profiles.

    Raises:
        SettingsError: The option names a column that is not there, or an attribute that does not exist.
    """
    known = (*TEXTS, *AREAS)
    mapping = _by_spelling(parcels) | _by_option(parcels, columns or {}, known)
    wanted = [name for name in known if name in mapping]
    taken = sources.take(pd.DataFrame(parcels.drop(columns="geometry")), mapping, wanted)
    plain = gpd.GeoDataFrame(parcels[["feature_id", "source"]], geometry=parcels.geometry, crs=parcels.crs)
    for name in wanted:
        if name in AREAS:
            plain[name] = numbers.parse(taken[name])[0]
        else:
            plain[name] = numbers.tidy_key(taken[name]) if name in TEXTS[1:3] else taken[name]
    if "loai_dat" in plain:
        plain["la_doi_tuong_chiem_dat"] = plain["loai_dat"].isin(ROADS_AND_WATER)
    return plain


def _usable(wanted: pyproj.CRS, read: Sequence[gpd.GeoDataFrame]) -> pyproj.CRS:
    """Return the CRS of the option: one to compute in, or degrees for files that do not say that they are in them."""
    if is_metric(wanted) or (wanted.is_geographic and any(_lacks_crs(parcels) for parcels in read)):
        return wanted
    raise CrsError(
        f"--crs {wanted.to_string()} không phải hệ phẳng tính bằng mét: ghi một múi, ví dụ --crs EPSG:5897.",
        f"--crs {wanted.to_string()} is no plane system in metres: name a zone, for instance --crs EPSG:5897.",
    )


def _lacks_crs(parcels: gpd.GeoDataFrame) -> bool:
    return parcels.crs is None or _contradicted(parcels)


def _contradicted(parcels: gpd.GeoDataFrame) -> bool:
    """Tell whether coordinates that should be degrees cannot be any."""
    if parcels.crs is None or not parcels.crs.is_geographic:
        return False
    return bool((np.abs(parcels.geometry.bounds.median().to_numpy()) > _WORLD_DEG).any())


def _with_crs(parcels: gpd.GeoDataFrame, label: str, target: pyproj.CRS | None) -> gpd.GeoDataFrame:
    """Return the parcels with a CRS that their coordinates do not contradict."""
    if not _lacks_crs(parcels):
        return parcels
    if target is not None:
        return parcels.set_crs(target, allow_override=True)
    if _contradicted(parcels):
        raise CrsError(
            f"Tệp {label} khai tọa độ kinh vĩ nhưng số liệu là mét: ghi hệ tọa độ thật bằng --crs EPSG:….",
            f"The file {label} declares degrees but its coordinates are metres: state the true CRS with --crs EPSG:….",
        )
    raise CrsError(
        f"Tệp {label} không có hệ tọa độ: ghi bằng --crs, ví dụ --crs EPSG:5897.",
        f"The file {label} has no coordinate reference system: state it with --crs, for instance --crs EPSG:5897.",
    )


def _by_spelling(parcels: gpd.GeoDataFrame) -> dict[str, sources.Column]:
    """Return the columns by the profile that knows most of them, then by the others."""
    names = [str(name) for name in parcels.columns if name != "geometry"]
    spellings = [(schemas.source(name).get("parcels") or {}).get("columns") or {} for name in schemas.sources()]
    spellings.sort(key=lambda columns: sources.share(columns, names), reverse=True)
    found: dict[str, sources.Column] = {}
    for columns in spellings:
        for canonical_name, column in sources.columns(columns, names).items():
            if canonical_name not in found and _fits(parcels, column):
                found[canonical_name] = column
    return found


def _fits(parcels: gpd.GeoDataFrame, column: sources.Column) -> bool:
    """Tell whether a pattern of a profile is about this column, and not one of the same name with other values."""
    if column.regex is None:
        return True
    taken = sources.take(pd.DataFrame(parcels[[column.name]]), {"value": column}, ["value"])["value"]
    return bool(taken.notna().mean() >= _LEAST_MATCH)


def _by_option(
    parcels: gpd.GeoDataFrame, columns: Mapping[str, str], known: Sequence[str]
) -> dict[str, sources.Column]:
    for name, column in columns.items():
        if name not in known:
            raise SettingsError(
                f"--columns: không có thuộc tính “{name}”; có: {', '.join(known)}.",
                f"--columns: there is no attribute {name!r}; there are: {', '.join(known)}.",
            )
        if column not in parcels.columns:
            there = ", ".join(str(each) for each in parcels.columns if each not in {"geometry", "feature_id", "source"})
            raise SettingsError(
                f"--columns: tệp không có cột “{column}”; có: {there}.",
                f"--columns: the file has no column {column!r}; it has: {there}.",
            )
    return {name: sources.Column(column) for name, column in columns.items()}


def frame_size(parcels: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return how many parcels there are and in which CRS, for reports."""
    code = parcels.crs.to_epsg() or parcels.crs.to_epsg(min_confidence=25)
    return {"features": len(parcels), "crs": f"EPSG:{code}" if code else parcels.crs.name}
