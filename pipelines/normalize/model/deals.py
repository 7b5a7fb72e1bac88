"""Transactions of the past, what came of parcels in them, and scanned dossiers."""

import geopandas as gpd
import pandas as pd

from pipelines import findings, numbers
from pipelines.ids import identify
from pipelines.normalize.model.files import Files, Known, distinct, finding, reference, shaped, told
from pipelines.normalize.place import Place
from pipelines.registers.relations import with_parent

_DEAL, _PARCEL = "DC_GiaoDich", "DC_ThuaDat"
_SPLIT = "TN"
"""Code of `loai_bien_dong`: parcels split or merged."""

_DAY = len("2020-05-20")
_DEEPEST = 12
"""Levels between a parcel of the state before and its transaction; the structure has six."""


def deals(files: Files, known: Known, place: Place) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return transactions, with `ref` (`_dossier|number`), `_id`, and the columns of both their layers.

    A transaction that stands in the state before another is one as well: it was registered earlier. One without kind
    or day cannot be stored; it is told, and stays with the entities of its file.

    Emits: so_dia_chinh.not_stored
    """
    frame = pd.concat([files.frames[_DEAL], files.before[_DEAL]])
    table = told(frame, _DEAL, "giao_dich").join(told(frame, _DEAL, "noi_dung_giao_dich"))
    table["ngay_hieu_luc"] = table["thoi_diem_dang_ky"].str[:_DAY]
    table["thoi_diem_dang_ky"] = table["thoi_diem_dang_ky"].where(table["thoi_diem_dang_ky"].str.len() > _DAY)
    table = table.assign(ma_xa=place.ma_xa, ky_dia_gioi=place.era, _dossier=frame["_dossier"], _id=frame["_id"])
    areas = _areas(files, frame)
    table[["dien_tich_truoc", "dien_tich_sau"]] = areas
    unnamed = identify("gd-", place.scope, table["ma_ho_so"], table["ngay_hieu_luc"], frame["giaoDichId"])
    table["giao_dich_id"] = frame["maBienDong"].fillna(unnamed)
    table["giao_dich_id"] = distinct(table, "giao_dich_id", also=("_dossier", "_id"))
    table["ref"] = reference(frame, "giaoDichId")
    bare = table["loai_bien_dong"].isna() | table["ngay_hieu_luc"].isna()
    said = "loaiGiaoDichBienDong, thoiDiemDangKyBienDong"
    return table.loc[~bare], finding("so_dia_chinh.not_stored", frame, bare, _DEAL, said, place)


def layers(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return `giao_dich` and `noi_dung_giao_dich` of transactions."""
    unique = table.drop_duplicates("giao_dich_id").sort_values("giao_dich_id", ignore_index=True)
    return {name: shaped(unique, name) for name in ("giao_dich", "noi_dung_giao_dich")}


def lineage(files: Files, known: Known, table: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Return `pha_he_thua`: parcels that one became, or that became one, in a split or merger.

    Of several that became several the file does not say which became which. No ground is said to be common.
    """
    split = table.loc[table["loai_bien_dong"] == _SPLIT, ["_id", "giao_dich_id"]]
    before, after = _sides(files)
    former = [numbers.tidy_key(before[name].astype("string")) for name in ("soHieuToBanDo", "soThuTuThua")]
    old = before[["deal"]].assign(thua_dat_id_cu=place.keys(*former)).dropna().drop_duplicates()
    new = after[["deal"]].assign(thua_dat_id_moi=reference(after, "thuaDatId").map(known.parcels).astype("string"))
    whole = split.merge(old, left_on="_id", right_on="deal").merge(new.dropna().drop_duplicates(), on="deal")
    whole = whole.loc[whole["thua_dat_id_cu"] != whole["thua_dat_id_moi"]]
    sides = whole.groupby("giao_dich_id")[["thua_dat_id_cu", "thua_dat_id_moi"]].transform("nunique")
    key = ["giao_dich_id", "thua_dat_id_cu", "thua_dat_id_moi"]
    clear = whole.loc[(sides == 1).any(axis=1)].assign(ma_xa=place.ma_xa, ky_dia_gioi=place.era)
    return shaped(clear.drop_duplicates(key).sort_values(key), "pha_he_thua")


def dossiers(
    files: Files, known: Known, table: pd.DataFrame, place: Place
) -> tuple[dict[str, pd.DataFrame], gpd.GeoDataFrame]:
    """Return `ho_so_quet` and `tep_ho_so_quet`. Of the parcel a file is about only dossiers of one parcel tell.

    Emits: so_dia_chinh.broken_reference
    """
    frame = files.frames["DC_HoSoQuet"]
    boxes = told(frame, "DC_HoSoQuet", "ho_so_quet").assign(_id=frame["_id"], giao_dich_id=_only_deal(frame, table))
    place_of = (boxes[name] for name in ("kho", "day", "ke", "hop", "so_thu_tu_ho_so", "giao_dich_id"))
    boxes["ho_so_quet_id"] = identify("hq-", place.scope, frame["hoSoQuetId"], *place_of)
    boxes["ho_so_quet_id"] = distinct(boxes, "ho_so_quet_id", also=("_id",))
    inside = with_parent(files.frames, "DC_ChiTietHoSoQuet")
    papers = told(inside, "DC_ChiTietHoSoQuet", "tep_ho_so_quet").assign(_id=inside["_id"])
    papers["ho_so_quet_id"] = inside["_parent"].map(boxes.set_index("_id")["ho_so_quet_id"]).astype("string")
    papers["giay_chung_nhan_id"] = reference(inside, "giayChungNhanId").map(known.papers).astype("string")
    papers["thua_key"] = inside["_dossier"].map(_only_parcel(files, known)).astype("string")
    number = inside["chiTietHoSoQuetId"].fillna(papers["ten_file"]).fillna(inside["_number"])
    papers["tep_ho_so_quet_id"] = identify("tq-", place.scope, number, papers["ho_so_quet_id"], papers["thua_key"])
    papers["tep_ho_so_quet_id"] = distinct(papers, "tep_ho_so_quet_id", also=("_id",))
    lost = finding("so_dia_chinh.broken_reference", inside, inside["_parent"].isna(), "DC_ChiTietHoSoQuet",
                   "hoSoQuetId", place)  # fmt: skip
    made = {"ho_so_quet": (boxes, "ho_so_quet_id"), "tep_ho_so_quet": (papers, "tep_ho_so_quet_id")}
    return {
        name: shaped(rows.drop_duplicates(key).sort_values(key), name) for name, (rows, key) in made.items()
    }, findings.concat([lost], crs=place.crs)


def _sides(files: Files) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the parcels before and after each transaction, with its `_id` as `deal`.

    After it are those of its dossier, where the dossier has no other transaction.
    """
    links = [rows[["_id", "_parent"]] for rows in (*files.frames.values(), *files.before.values())]
    above = pd.concat(links).set_index("_id")["_parent"]
    is_deal = set(files.frames[_DEAL]["_id"]) | set(files.before[_DEAL]["_id"])
    before = files.before[_PARCEL]
    at = before["_parent"]
    for _ in range(_DEEPEST):
        at = at.where(at.isin(is_deal), at.map(above))
    before = before.assign(deal=at.where(at.isin(is_deal)).astype("string"))
    current = files.frames[_DEAL]
    alone = current.loc[~current.duplicated("_dossier", keep=False)].set_index("_dossier")["_id"]
    after = files.frames[_PARCEL]
    after = after.assign(deal=after["_dossier"].map(alone).astype("string"))
    return before.dropna(subset=["deal"]), after.dropna(subset=["deal"])


def _areas(files: Files, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the areas of all parcels before and after each transaction that has both, in m²."""
    sums = [side.groupby("deal")["dienTich"].sum(min_count=1) for side in _sides(files)]
    both = pd.DataFrame({"truoc": frame["_id"].map(sums[0]), "sau": frame["_id"].map(sums[1])}, dtype="Float64")
    return both.where(both.notna().all(axis=1))


def _only_deal(frame: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    alone = table.loc[~table.duplicated("_dossier", keep=False)].set_index("_dossier")["giao_dich_id"]
    return frame["_dossier"].map(alone).astype("string")


def _only_parcel(files: Files, known: Known) -> pd.Series:
    parcels = files.frames[_PARCEL]
    keys = parcels[["_dossier"]].assign(key=reference(parcels, "thuaDatId").map(known.parcels)).dropna()
    keys = keys.drop_duplicates()
    return keys.loc[~keys.duplicated("_dossier", keep=False)].set_index("_dossier")["key"]
