"""Parcels and register rows brought together by (sheet, parcel)."""

import geopandas as gpd
import pandas as pd

from pipelines import codes
from pipelines.normalize.place import Place
from pipelines.normalize.rows import USES

COLUMNS = (
    "feature_id",
    "source",
    "thua_key",
    "ma_xa",
    "ky_dia_gioi",
    "loai_ban_do",
    "so_hieu_to_ban_do",
    "so_thu_tu_thua",
    "loai_dat",
    "loai_dat_ghi",
    "he_loai_dat",
    "nhom_dat",
    "dien_tich_do",
    "dien_tich_nhan",
    "dien_tich",
    "dien_tich_phap_ly",
    "la_doi_tuong_chiem_dat",
    "dia_chi",
    "ty_le",
    "co_dang_ky",
    "ma_xa_moi",
    "can_cu_xa_moi",
    "so_khac",
    "so_hieu_to_ban_do_cu",
    "so_thu_tu_thua_cu",
)
"""Columns of `thua_dat`, beside `geometry`."""

_AREAS = ("dien_tich_do", "dien_tich_nhan", "dien_tich", "dien_tich_phap_ly")


def match(rows: pd.DataFrame, parcels: gpd.GeoDataFrame) -> pd.Series:
    """Return the `feature_id` of the parcel each row is about; null where the map has none.

    Where two parcels have one number, the first of them in the order of `feature_id` takes the row.
    """
    known = parcels.loc[parcels["thua_key"].notna(), ["thua_key", "feature_id"]]
    first = known.sort_values("feature_id").drop_duplicates("thua_key").set_index("thua_key")["feature_id"]
    return rows["thua_key"].map(first).astype("string")


def complete(parcels: gpd.GeoDataFrame, rows: pd.DataFrame, place: Place) -> gpd.GeoDataFrame:
    """Return `thua_dat`: parcels with what the register says about them.

    The area of the register is the first that a row gives; the area on the certificate that of the first row with a
    certificate. The map's land use stands where it is drawn, that of the register where it is not. Neither area
    replaces the other.
    """
    said = _said(rows)
    known = said.reindex(pd.Index(parcels["thua_key"].astype("object")))
    result = parcels.assign(**{str(name): values.to_numpy() for name, values in known.items()})
    result["ma_xa"], result["ky_dia_gioi"], result["loai_ban_do"] = place.ma_xa, place.era, place.map_type
    result["dien_tich_phap_ly"] = result["dien_tich_phap_ly"].fillna(result["dien_tich_gcn"])
    result["dia_chi"] = result["dia_chi"].fillna(result["dia_chi_so"])
    bare = result["loai_dat_ghi"].isna()
    for column in ("loai_dat", "loai_dat_ghi"):
        result[column] = result[column].mask(bare, result[f"{column}_so"])
    result["he_loai_dat"] = result["he_loai_dat"].mask(
        bare & result["he_loai_dat_so"].notna(), result["he_loai_dat_so"]
    )
    result["nhom_dat"] = codes.groups(result["loai_dat"])
    result["co_dang_ky"] = result["thua_key"].isin(set(rows["thua_key"].dropna()))
    is_ground = codes.main(result["loai_dat"]).isin(place.ground_objects)
    result["la_doi_tuong_chiem_dat"] = is_ground & ~result["co_dang_ky"]
    # Known later, by table or by place.
    later = ("ma_xa_moi", "can_cu_xa_moi", "so_hieu_to_ban_do_cu", "so_thu_tu_thua_cu")
    result = result.assign(**dict.fromkeys(later, pd.Series(pd.NA, index=result.index, dtype="string")))
    if "so_khac" not in result:
        result["so_khac"] = pd.Series(pd.NA, index=result.index, dtype="string")
    return _typed(result, place)


def _said(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what the rows say about each parcel, by `thua_key`."""
    certified = rows["dien_tich"].where(rows["so_phat_hanh"].notna() | rows["so_vao_so"].notna())
    scheme = _schemes(rows)
    told = rows[["dien_tich", "dia_chi"]].assign(
        dien_tich_gcn=certified,
        loai_dat_so=_joined(rows, "loai_dat_{}", needs="loai_dat_{}_ghi"),
        loai_dat_ghi_so=_joined(rows, "loai_dat_{}_ghi"),
        he_loai_dat_so=scheme,
    )
    return told.rename(columns={"dia_chi": "dia_chi_so"}).groupby(rows["thua_key"].astype("object"), sort=False).first()


def _joined(rows: pd.DataFrame, pattern: str, needs: str | None = None) -> pd.Series:
    """Return the three uses of each row joined by "+"; null when a recorded one has no code."""
    parts = rows[[pattern.format(use) for use in USES]].astype("string")
    joined = parts.iloc[:, 0]
    for column in parts.columns[1:]:
        joined = joined.fillna("").str.cat(parts[column].fillna(""), sep="+")
    joined = joined.str.replace(r"\++", "+", regex=True).str.strip("+")
    joined = joined.mask(joined == "")
    if needs is None:
        return joined
    recorded = rows[[needs.format(use) for use in USES]].notna().to_numpy()
    return joined.mask((recorded & parts.isna().to_numpy()).any(axis=1))


def _schemes(rows: pd.DataFrame) -> pd.Series:
    modes = rows[[f"mode_{use}" for use in USES]].astype("string")
    scheme = pd.Series(codes.NEW_SCHEME, index=rows.index, dtype="string")
    scheme = scheme.mask(modes.isin([codes.LEGACY, codes.AMBIGUOUS]).any(axis=1), codes.OLD_SCHEME)
    scheme = scheme.mask(modes.isin([codes.UNKNOWN]).any(axis=1), codes.UNKNOWN_SCHEME)
    return scheme.where(modes.notna().any(axis=1))


def _typed(parcels: gpd.GeoDataFrame, place: Place) -> gpd.GeoDataFrame:
    types = dict.fromkeys(COLUMNS, "string") | dict.fromkeys(_AREAS, "float64")
    types |= {"la_doi_tuong_chiem_dat": "bool", "co_dang_ky": "bool", "ty_le": "Int64"}
    chosen = parcels[[*COLUMNS, "geometry"]].astype(types)
    return gpd.GeoDataFrame(chosen, geometry="geometry", crs=place.crs).reset_index(drop=True)
