"""What may leave the house of one commune: public columns of its released versions, nothing else."""

import re
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import schemas
from pipelines import access, crs
from pipelines import store as land

GRADES = ("1", "2a", "2b", "3")
_INTEGER_FLAGS = ("la_doi_tuong_chiem_dat", "co_dang_ky")


@dataclass(frozen=True, slots=True)
class Commune:
    """The public content of one commune.

    Attributes:
        release: The release it comes from.
        parcels: Public columns of the parcels that may be shown, in the zone of the commune.
        withheld: Parcels that may not (defence, security): id and shape, so that nothing else tells them.
        findings: Findings, in the zone of the commune.
        outline: Outline in the zone; the union of the parcels where the package had none.
        ten_xa: Name in its era, or None.
    """

    release: land.Release
    parcels: gpd.GeoDataFrame
    withheld: gpd.GeoDataFrame
    findings: gpd.GeoDataFrame
    outline: gpd.GeoSeries
    ten_xa: str | None


def read(store: land.Store, release: land.Release) -> Commune:
    """Read the public content of a commune as of one of its releases."""
    parcels = _in_order(land.released(store, "thua_dat", release))
    public = [*schemas.public_columns("thua_dat"), "geometry"]
    flags = {name: parcels[name].astype("boolean") for name in _INTEGER_FLAGS}
    outlines = land.released(store, "xa", release)
    named = outlines["ten_xa"].dropna().to_list() or listed_name(release, "name")
    is_withheld = access.is_withheld(parcels)
    return Commune(
        release=release,
        parcels=parcels.assign(**flags).loc[~is_withheld, public].reset_index(drop=True),
        withheld=parcels.loc[is_withheld, ["thua_dat_id", "geometry"]].reset_index(drop=True),
        findings=land.released(store, "canh_bao", release),
        outline=_outline(outlines, parcels),
        ten_xa=str(named[0]) if named else None,
    )


def _in_order(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return parcels by sheet and number, whatever the order they were loaded in."""
    keys = ["so_hieu_to_ban_do", "so_thu_tu_thua", "thua_dat_id"]
    padded = pd.DataFrame({key: parcels[key].str.replace(r"\d+", _padded, regex=True) for key in keys})
    return parcels.loc[padded.sort_values(keys, kind="stable").index].reset_index(drop=True)


def _padded(digits: re.Match[str]) -> str:
    return digits[0].zfill(12)


def displayable(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return shapes for maps, in OGC:CRS84: polygons only, made valid. The stored shapes stay as they are."""
    polygons = shapes.to_numpy().copy()
    broken = ~shapely.is_valid(polygons)
    polygons[broken] = shapely.make_valid(polygons[broken], method="structure", keep_collapsed=False)
    return crs.to_wgs84(gpd.GeoSeries(polygons, index=shapes.index, crs=shapes.crs))


def grade_counts(parcels: pd.DataFrame) -> dict[str, int]:
    """Return the number of parcels of each grade."""
    counts = parcels["xep_loai"].value_counts()
    return {grade: int(counts.get(grade, 0)) for grade in GRADES}


def dominant(counts: dict[str, int]) -> str | None:
    """Return the grade most parcels have; the worse one where two are equal."""
    return max(reversed(GRADES), key=lambda grade: counts[grade]) if any(counts.values()) else None


def successor(ma_xa: str, ky_dia_gioi: str) -> tuple[str | None, str | None]:
    """Return code and name of the commune this one became on 2025-07-01.

    Both are null for a commune that was split, as a table cannot say where a parcel went, and for one outside it.
    """
    crosswalk, units = schemas.codelist("admin_crosswalk"), schemas.codelist("admin_units")
    here = crosswalk[
        (crosswalk["old_code"] == ma_xa) & (crosswalk["old_era"] == ky_dia_gioi) & (crosswalk["split"] == "0")
    ]
    if here.empty:
        return None, None
    code, era = here.iloc[0]["new_code"], here.iloc[0]["new_era"]
    names = units.loc[(units["code"] == code) & (units["era"] == era), "name"]
    return str(code), str(names.iloc[0]) if len(names) else None


def listed_name(release: land.Release, column: str) -> list[str]:
    """Return the name of a commune in its era (`name` or `name_en`) as a list of one; of none where not listed."""
    units = schemas.codelist("admin_units")
    names = units.loc[(units["code"] == release.ma_xa) & (units["era"] == release.ky_dia_gioi), column]
    return [str(name) for name in names if name]


def _outline(outlines: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> gpd.GeoSeries:
    given = outlines.geometry.to_numpy()
    given = given[~(shapely.is_missing(given) | shapely.is_empty(given))]
    shape = shapely.union_all(shapely.make_valid(given)) if len(given) else _union(parcels.geometry.to_numpy())
    # One kind of geometry for all communes, be they of one piece or of several: clients ask for the kind of a layer.
    pieces = shapely.get_parts(shapely.get_parts(shape))
    return gpd.GeoSeries(
        [shapely.multipolygons(pieces[shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON])], crs=parcels.crs
    )


def _union(polygons: np.ndarray[tuple[int], np.dtype[np.object_]]) -> shapely.Geometry:
    return shapely.union_all(shapely.make_valid(polygons, method="structure", keep_collapsed=False))
