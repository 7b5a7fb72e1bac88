"""What a parcel is in the database: its key and id, whether it can be stored, its grade, the rows of its findings."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines.communes import FOREIGN_ERA
from pipelines.geometry import is_finite
from pipelines.ids import among, looked_up

SPOILS_IDENTITY = frozenset(
    {
        "thua_dat.invalid",
        "thua_dat.empty",
        "thua_dat.multipart",
        "thua_dat.overlap",
        "thua_dat.duplicate_geometry",
        "thua_dat.duplicate_key",
        "thua_dat.outside_commune",
    }
)
"""Reasons of grade 3 that make the place of a parcel, and so an identifier made from it, doubtful."""

WORST_GRADE = "3"
_PERSONAL = ("giay_chung_nhan.", "giay_to.", "so_dia_chinh.")
"""Codes whose detail quotes registers and certificates."""

_OF_FILES = "goi."
"""Codes about whole files. A scan is named by the serial of a certificate, a file by whoever made it."""

_OF_SCANS = "giay_chung_nhan.scan_"
"""Codes about scans, whose source is the scan; they are about a register row where one is known."""

_DIGITS = 12
"""Longest number that is sorted by its value."""

_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def is_loadable(parcels: gpd.GeoDataFrame) -> pd.Series:
    """Return which parcels can be stored: those with a number and a shape. The others are findings already."""
    geometry = parcels.geometry.to_numpy()
    has_shape = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    number = parcels["so_thu_tu_thua"].astype("string").str.strip()
    sheet = parcels["so_hieu_to_ban_do"].astype("string").str.strip()
    has_number = number.notna() & (number != "") & sheet.notna() & (sheet != "")
    return pd.Series(has_number.to_numpy(dtype=bool) & has_shape, index=parcels.index)


def thua_keys(ma_xa: str, era: str, map_type: Any, sheets: pd.Series, numbers: pd.Series) -> pd.Series:
    """Return the business keys of parcels; null where map type, sheet or parcel number is missing."""
    prefix = f"{ma_xa}.{era}."
    kind = map_type.astype("string") if isinstance(map_type, pd.Series) else str(map_type)
    keys: pd.Series = (prefix + (kind + "." + sheets.astype("string") + "." + numbers.astype("string"))).astype(
        "string"
    )
    return keys


def with_identity(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the parcels with thua_dat_id: thua_key, and `~2`, `~3` … for further parcels of the same key.

    Further ones count in the order of feature_id; rows are ordered by sheet and parcel as a reader expects.
    """
    sheet, number = natural(parcels["so_hieu_to_ban_do"]), natural(parcels["so_thu_tu_thua"])
    key = parcels["thua_key"].astype("string").reset_index(drop=True)
    # Where two are told apart by neither, their feature_id says which comes first.
    is_tied = pd.DataFrame({"sheet": sheet, "number": number}).duplicated(keep=False) | key.duplicated(keep=False)
    tied = np.flatnonzero(is_tied)
    place = _parts(parcels["feature_id"].iloc[tied], r"^(?P<source>.*)#(?P<number>\d+)$")
    order = place.assign(number=pd.to_numeric(place["number"])).sort_values(["source", "number"], kind="stable").index
    rank = np.zeros(len(parcels), dtype="int64")
    rank[tied[order]] = np.arange(len(tied))
    turn = key.iloc[tied[order]].groupby(key).cumcount() + 1
    further = turn[turn > 1].astype("string")
    key.loc[further.index] += "~" + further
    sorting = pa.table({"sheet": sheet, "number": number, "rank": rank})
    sorted_by = [(name, "ascending") for name in sorting.column_names]
    ordered = parcels.assign(thua_dat_id=key.array).iloc[pc.sort_indices(sorting, sort_keys=sorted_by).to_numpy()]
    ranked: gpd.GeoDataFrame = ordered.reset_index(drop=True)
    return ranked


def natural(numbers: pd.Series) -> pd.Series:
    """Return sortable text for sheet and parcel numbers on a fresh index, "9" before "10" before "10a"."""
    texts = _arrow(numbers.fillna(""))
    is_plain = pc.ascii_is_decimal(texts)
    padded = pc.ascii_lpad(texts, _DIGITS, "0")
    if not pc.all(is_plain).as_py():
        parts = _parts(numbers.fillna(""), r"^(?P<digits>\d*)(?P<rest>.*)$")
        padded = pc.if_else(is_plain, padded, _arrow(parts["digits"].str.zfill(_DIGITS) + parts["rest"]))
    return pd.Series(padded, dtype="string")


def _parts(texts: pd.Series, pattern: str) -> pd.DataFrame:
    """Return the named groups of a pattern as columns, on a fresh index; null where it does not match."""
    found = pc.extract_regex(_arrow(texts), pattern)
    groups = [found.type.field(place).name for place in range(found.type.num_fields)]
    # A struct that is null hides its fields; flattening applies its nulls to them.
    return pd.DataFrame(dict(zip(groups, map(_text, found.flatten()), strict=True)))


def _arrow(texts: pd.Series) -> pa.Array:
    return pa.array(texts.astype("string").array, type=pa.large_string())


def _text(values: pa.Array) -> pd.Series:
    return pd.Series(values.to_pandas(), dtype="string")


def with_grades(parcels: gpd.GeoDataFrame, grades: pd.DataFrame, findings: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the parcels with xep_loai, ly_do and so_canh_bao, the number of findings about them."""
    graded = grades.drop_duplicates("feature_id")
    ids = parcels["feature_id"].astype("string")
    about = pd.concat([findings["feature_id"], findings["other_id"].dropna()]).value_counts()
    return parcels.assign(
        xep_loai=looked_up(ids, graded["feature_id"], graded["xep_loai"]),
        ly_do=looked_up(ids, graded["feature_id"], graded["ly_do"]),
        so_canh_bao=ids.map(about).fillna(0).astype("int64"),
    )


def is_sound(parcels: gpd.GeoDataFrame) -> pd.Series:
    """Return which parcels may carry a national identifier: valid polygons of ours whose place is beyond doubt."""
    told = parcels["ly_do"].astype("string").fillna("")
    reasons = told.drop_duplicates().set_axis(told.drop_duplicates()).str.split(",").explode().str.strip()
    spoiling = reasons[reasons.isin(SPOILS_IDENTITY)].index
    spoiled = among(told, spoiling)
    is_worst = (parcels["xep_loai"] == WORST_GRADE).to_numpy(dtype=bool)
    # Roads and waters outside the register take up land without being parcels.
    is_parcel = ~parcels["la_doi_tuong_chiem_dat"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    geometry = parcels.geometry.to_numpy()
    is_polygon = np.isin(shapely.get_type_id(geometry), _POLYGONAL)
    is_ours = (parcels["ky_dia_gioi"] != FOREIGN_ERA).to_numpy(dtype=bool)
    is_whole = is_polygon & is_finite(geometry) & shapely.is_valid(geometry)
    is_sound = is_ours & is_parcel & is_whole & ~(spoiled & is_worst)
    return pd.Series(is_sound, index=parcels.index)


def finding_rows(findings: gpd.GeoDataFrame, parcels: pd.DataFrame, scope: tuple[str, str]) -> gpd.GeoDataFrame:
    """Return the rows of the table of findings: with the commune and the parcels they are about.

    What the register or a certificate says of a person stays out of the land database, which many may read, and so do
    the names of files that a finding is about: it is about the commune. The second object is called by its thua_dat_id
    where it is a stored parcel.
    """
    is_file = findings["code"].str.startswith(_OF_FILES)
    is_scan = findings["code"].str.startswith(_OF_SCANS)
    is_named = is_file | (is_scan & (findings["feature_id"] == findings["source"]).fillna(False).astype(bool))
    ids, names = parcels["feature_id"], parcels["thua_dat_id"]
    rows: gpd.GeoDataFrame = findings.assign(
        ma_xa=scope[0],
        ky_dia_gioi=scope[1],
        thua_dat_id=looked_up(findings["feature_id"], ids, names),
        feature_id=findings["feature_id"].mask(is_named, scope[0]),
        source=findings["source"].mask(is_file | is_scan),
        detail=findings["detail"].mask(findings["code"].str.startswith((*_PERSONAL, _OF_FILES))),
        other_id=looked_up(findings["other_id"], ids, names).fillna(findings["other_id"]).mask(is_file | is_scan),
    )
    return rows
