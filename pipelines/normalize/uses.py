"""Tables beside the parcels: land uses, origins, restrictions, survey documents, sheets, the commune."""

import geopandas as gpd
import pandas as pd

from pipelines import communes
from pipelines.normalize.place import Place
from pipelines.normalize.rows import USES

RESTRICTION_COLUMNS = {
    "thua_key": "string",
    "so_thu_tu": "int64",
    "loai_han_che": "string",
    "dien_tich": "float64",
    "noi_dung_han_che": "string",
    "han_che_mot_phan": "boolean",
    "loai_van_ban_han_che": "string",
    "so_van_ban": "string",
    "ngay_ban_hanh": "string",
    "co_quan_ban_hanh": "string",
}


def land_uses(rows: pd.DataFrame) -> pd.DataFrame:
    """Return `muc_dich_su_dung`: each use of a parcel once, in the order in which the rows name them.

    A use recorded as a list ("ONT+CLN") becomes several; the area then belongs to all of them together and is null.
    """
    long = _long(rows, ("loai_dat", "dien_tich", "thoi_han", "ngay_het_han"), extra=("loai_dat_{}_ghi",))
    long = long.loc[long["loai_dat_ghi"].notna()]
    pieces = long["loai_dat"].str.split("+")
    several = long["loai_dat"].str.contains("+", regex=False).fillna(False)
    long = long.assign(piece=pieces, dien_tich=long["dien_tich"].mask(several)).explode("piece", ignore_index=True)
    long["piece"] = long["piece"].astype("string")
    same = long["piece"].fillna("?" + long["loai_dat_ghi"])
    merged = long.groupby(["thua_key", same.rename("same")], sort=False, as_index=False).first()
    merged["so_thu_tu"] = merged.groupby("thua_key").cumcount() + 1
    merged["loai_dat"] = merged["piece"]
    merged = merged.rename(columns={"thoi_han": "thoi_han_su_dung"})
    wanted = ["thua_key", "so_thu_tu", "loai_dat", "loai_dat_ghi", "dien_tich", "thoi_han_su_dung", "ngay_het_han"]
    return _typed(merged, wanted, {"so_thu_tu": "int64", "dien_tich": "float64"})


def origins(rows: pd.DataFrame) -> pd.DataFrame:
    """Return `nguon_goc_dat`: each origin of a parcel once, with the area it covers where that is known."""
    long = _long(rows, ("nguon_goc", "dien_tich"), extra=("nguon_goc_{}_ghi",))
    long = long.loc[long["nguon_goc_ghi"].notna()]
    # The same use in two rows (husband, wife) is one area; two uses of one origin are two.
    long = long.drop_duplicates(["thua_key", "use", "nguon_goc_ghi"])
    same = long["nguon_goc"].fillna("?" + long["nguon_goc_ghi"])
    groups = long.groupby(["thua_key", same.rename("same")], sort=False, as_index=False)
    merged = groups.agg(
        nguon_goc=("nguon_goc", "first"),
        nguon_goc_ghi=("nguon_goc_ghi", "first"),
        dien_tich=("dien_tich", lambda areas: areas.sum(min_count=len(areas))),
    )
    merged["so_thu_tu"] = merged.groupby("thua_key").cumcount() + 1
    wanted = ["thua_key", "so_thu_tu", "nguon_goc", "nguon_goc_ghi", "dien_tich"]
    return _typed(merged, wanted, {"so_thu_tu": "int64", "dien_tich": "float64"})


def surveys(sheets: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Return `tai_lieu_do_dac`: one document per sheet of the map."""
    wanted = ["tai_lieu_do_dac_id", "ma_xa", "ky_dia_gioi", "loai_ban_do", "so_hieu_to_ban_do", "ty_le"]
    unknown = ["don_vi_do_dac", "phuong_phap_do", "muc_do_chinh_xac", "ngay_hoan_thanh"]
    prefix = f"{place.ma_xa}.{place.era}.{place.map_type}."
    frame = sheets.assign(tai_lieu_do_dac_id=prefix + sheets["so_hieu_to_ban_do"])
    return _typed(frame, [*wanted, *unknown], {"ty_le": "Int64"})


def sheets(parcels: gpd.GeoDataFrame, place: Place) -> pd.DataFrame:
    """Return `to_ban_do`: the sheets that have parcels, with the number of parcels on each."""
    numbered = parcels.loc[parcels["so_hieu_to_ban_do"].notna()]
    groups = numbered.groupby("so_hieu_to_ban_do", sort=True)
    frame = groups.agg(ty_le=("ty_le", "min"), so_thua=("feature_id", "size")).reset_index()
    frame = frame.assign(ma_xa=place.ma_xa, ky_dia_gioi=place.era, loai_ban_do=place.map_type)
    wanted = ["ma_xa", "ky_dia_gioi", "loai_ban_do", "so_hieu_to_ban_do", "ty_le", "so_thua"]
    return _typed(frame, wanted, {"ty_le": "Int64", "so_thua": "int64"})


def commune(boundary: gpd.GeoDataFrame, place: Place) -> gpd.GeoDataFrame:
    """Return `xa`: the one commune of the package with its outline, null where the package has none."""
    unit = communes.commune(place.ma_xa, place.era)
    outline = boundary.geometry.union_all() if len(boundary) else None
    row = {"ma_xa": [place.ma_xa], "ky_dia_gioi": [place.era], "ten_xa": [unit.name]}
    frame = pd.DataFrame(row).astype("string")
    return gpd.GeoDataFrame(frame, geometry=[outline], crs=place.crs)


def _long(rows: pd.DataFrame, columns: tuple[str, ...], extra: tuple[str, ...]) -> pd.DataFrame:
    """Return the three uses of every row one below the other, row by row."""
    parts = []
    for use in USES:
        names = {f"{name}_{use}": name for name in columns} | {
            name.format(use): name.replace("_{}", "") for name in extra
        }
        parts.append(rows[["thua_key", *names]].rename(columns=names).assign(use=int(use)))
    return pd.concat(parts).sort_values("use", kind="stable").sort_index(kind="stable")


def _typed(frame: pd.DataFrame, wanted: list[str], types: dict[str, str]) -> pd.DataFrame:
    chosen = frame.reindex(columns=wanted).reset_index(drop=True)
    return chosen.astype({name: types.get(name, "string") for name in wanted})
