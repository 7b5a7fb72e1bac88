"""Mortgages in force, what they are secured by, and blocks that are not lifted."""

import geopandas as gpd
import pandas as pd

from pipelines import findings
from pipelines.ids import identify
from pipelines.normalize.model.assets import PARCEL, Assets, holders
from pipelines.normalize.model.files import Files, Known, distinct, finding, reference, shaped, told
from pipelines.normalize.place import Place
from pipelines.registers.relations import with_parent

_MORTGAGE, _ITEM, _BLOCK = "DC_GiaoDichBaoDam", "DC_ChiTietGiaoDichBaoDam", "DC_ThongTinNganChan"
_DISCHARGE, _WITHDRAWAL = 2, 3
"""Codes of `loai_giao_dich_bao_dam` that end something and are no mortgage."""

_SIDES = {"BenTheChap": "ben_the_chap", "BenNhanTheChap": "chu", "BenBaoLanh": "ben_bao_lanh"}
_BROKEN = "so_dia_chinh.broken_reference"


def mortgages(
    files: Files, known: Known, owned: Assets, deals: pd.DataFrame, place: Place
) -> tuple[dict[str, pd.DataFrame], gpd.GeoDataFrame]:
    """Return `giao_dich_bao_dam` and `tai_san_bao_dam` of what is in force, and findings.

    In force is what is not said to have ended, was not discharged by another transaction of the file, and is itself no
    discharge and no withdrawal; those are told by their transaction (`giao_dich`). Withdrawn assets secure no more.

    Args:
        files: The exchange files.
        known: What their numbers mean.
        owned: Assets.
        deals: Transactions by `_dossier|number`: `giao_dich_id` and `so_hop_dong`.
        place: The commune.

    Emits: so_dia_chinh.broken_reference, so_dia_chinh.status_conflict
    """
    frame = files.frames[_MORTGAGE]
    kind = frame["loaiGiaoDichBaoDam"]
    own, above = reference(frame, "giaoDichBaoDamId"), reference(frame, "giaoDichBaoDamChaId")
    discharged = own.isin(set(above[(kind == _DISCHARGE).fillna(False)].dropna()))
    ends = kind.isin([_DISCHARGE, _WITHDRAWAL]).fillna(False) | discharged | (frame["hieuLuc"] == False).fillna(False)  # noqa: E712
    table = told(frame, _MORTGAGE, "giao_dich_bao_dam").assign(_id=frame["_id"])
    deal = deals.reindex(reference(frame, "giaoDichId").astype("object"))[["giao_dich_id", "so_hop_dong"]]
    table[["giao_dich_id", "so_hop_dong"]] = deal.set_axis(frame.index)
    table = table.drop(columns=["loai_doi_tuong"]).join(_sides(files, known, frame))
    named = (frame[name] for name in ("soDangKy", "quyenSoGiaoDichBaoDam", "thoiDiemDangKy", "giaoDichBaoDamId"))
    table["giao_dich_bao_dam_id"] = identify("bd-", place.scope, *named)
    table["giao_dich_bao_dam_id"] = distinct(table, "giao_dich_bao_dam_id", also=("_id",))
    by_number = table["giao_dich_bao_dam_id"].groupby(own).first()
    table["giao_dich_bao_dam_cha_id"] = above.map(by_number).astype("string")
    held = table.loc[~ends].drop_duplicates("giao_dich_bao_dam_id").sort_values("giao_dich_bao_dam_id")
    items, lost = _items(files, known, owned, place)
    items["giao_dich_bao_dam_id"] = items["_parent"].map(table.set_index("_id")["giao_dich_bao_dam_id"])
    withdrawn = items.loc[items["_parent"].isin(frame.loc[(kind == _WITHDRAWAL).fillna(False), "_id"])]
    gone = set(_pledge(withdrawn, withdrawn["_parent"].map(above.set_axis(frame["_id"]).map(by_number))).dropna())
    items = items.loc[items["giao_dich_bao_dam_id"].isin(held["giao_dich_bao_dam_id"])]
    items = items.loc[~_pledge(items, items["giao_dich_bao_dam_id"]).isin(gone)]
    items = items.drop(columns="_parent").drop_duplicates().sort_values("giao_dich_bao_dam_id", kind="stable")
    items["so_thu_tu"] = items.groupby("giao_dich_bao_dam_id").cumcount() + 1
    found = [*lost, *_conflicts(frame.loc[~ends], table, place)]
    parts = {
        "giao_dich_bao_dam": shaped(held, "giao_dich_bao_dam"),
        "tai_san_bao_dam": shaped(items, "tai_san_bao_dam"),
    }
    return parts, findings.concat(found, crs=place.crs)


def blocks(files: Files, known: Known, owned: Assets, place: Place) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return `ngan_chan`: one row for each parcel, asset and certificate that a document not lifted blocks.

    Emits: so_dia_chinh.broken_reference
    """
    head = files.frames[_BLOCK]
    parts, found = [], []
    for entity, key in (
        (_BLOCK, "thongTinNganChanId"),
        ("DC_NganChanThuaDat", "nganChanThuaDatId"),
        ("DC_NganChanTaiSan", "nganChanTaiSanId"),
        ("DC_NganChanGiayChungNhan", "nganChanGiayId"),
    ):
        frame = head.assign(_parent=head["_id"]) if entity == _BLOCK else with_parent(files.frames, entity)
        found.append(finding(_BROKEN, frame, frame["_parent"].isna(), entity, "thongTinNganChanId", place))
        part = frame[["_id", "_parent"]].assign(number=frame[key], whole=entity == _BLOCK)
        if "thuaDatId" in frame:
            part["thua_key"] = reference(frame, "thuaDatId").map(known.parcels)
            lost = frame["thuaDatId"].notna() & part["thua_key"].isna()
            found.append(finding(_BROKEN, frame, lost, entity, "thuaDatId", place))
        if "taiSanId" in frame:
            part["tai_san_id"] = owned.find(frame)
            lost = frame["taiSanId"].notna() & part["tai_san_id"].isna()
            found.append(finding(_BROKEN, frame, lost, entity, "taiSanId", place))
        if "giayChungNhanId" in frame:
            part["giay_chung_nhan_id"] = reference(frame, "giayChungNhanId").map(known.papers)
            lost = frame["giayChungNhanId"].notna() & part["giay_chung_nhan_id"].isna()
            found.append(finding(_BROKEN, frame, lost, entity, "giayChungNhanId", place))
        parts.append(part)
    items = pd.concat(parts, ignore_index=True)
    targets = ["thua_key", "tai_san_id", "giay_chung_nhan_id"]
    # A document whose parcels stand in rows of their own needs no row for itself; one that names nothing keeps it.
    covered = items["_parent"].isin(set(items.loc[~items["whole"], "_parent"]))
    items = items.loc[~(items["whole"] & covered & items[targets].isna().all(axis=1))]
    said = told(head, _BLOCK, "ngan_chan").assign(_id=head["_id"], in_force=~(head["hieuLuc"] == False).fillna(False))  # noqa: E712
    table = items.merge(said, left_on="_parent", right_on="_id", suffixes=("", "_of"))
    table = table.loc[table["in_force"]].drop(columns=["in_force", "_parent", "_id_of", "whole"])
    table["ngan_chan_id"] = identify("nc-", place.scope, table["so_van_ban"], table["ngay_ban_hanh"], table["number"],
                                     *(table[name] for name in targets))  # fmt: skip
    table["ngan_chan_id"] = distinct(table, "ngan_chan_id", also=("_id",))
    ordered = table.drop_duplicates("ngan_chan_id").sort_values("ngan_chan_id")
    return shaped(ordered, "ngan_chan"), findings.concat(found, crs=place.crs)


def _sides(files: Files, known: Known, frame: pd.DataFrame) -> pd.DataFrame:
    """Return who stands on which side of each mortgage, in the index of `frame`."""
    inside = files.frames["Chu"]
    parties = inside[["_parent"]].assign(side=inside["_in"].map(_SIDES).fillna("chu"))
    parties[["loai_doi_tuong", "chu_id"]] = holders(inside, known)
    own = frame[["_id"]].rename(columns={"_id": "_parent"}).assign(side="chu")
    own[["loai_doi_tuong", "chu_id"]] = holders(frame, known)
    every = pd.concat([parties, own]).dropna(subset=["chu_id"]).drop_duplicates(["_parent", "side", "chu_id"])
    first = every.drop_duplicates(["_parent", "side"]).pivot(index="_parent", columns="side", values="chu_id")
    others = every.loc[every.duplicated(["_parent", "side"])]
    more = others.groupby(["_parent", "side"])["chu_id"].agg(";".join).unstack("side")
    kind = every.loc[every["side"] == "chu"].drop_duplicates("_parent").set_index("_parent")["loai_doi_tuong"]
    first, more = first.reindex(columns=list(_SIDES.values())), more.reindex(columns=list(_SIDES.values()))
    guarantors = every.loc[every["side"] == "ben_bao_lanh"].groupby("_parent")["chu_id"].agg(";".join)
    wide = pd.DataFrame(
        {
            "ben_the_chap_id": first["ben_the_chap"],
            "ben_the_chap_khac_id": more["ben_the_chap"],
            "loai_doi_tuong": kind,
            "chu_id": first["chu"],
            "chu_khac_id": more["chu"],
            "ben_bao_lanh_id": guarantors,
        },
        dtype="string",
    )
    return wide.reindex(frame["_id"].astype("object")).set_axis(frame.index)


def _items(files: Files, known: Known, owned: Assets, place: Place) -> tuple[pd.DataFrame, list[gpd.GeoDataFrame]]:
    frame = with_parent(files.frames, _ITEM)
    is_parcel = (frame["loaiTaiSan"].astype("string") == PARCEL).fillna(False)
    table = told(frame, _ITEM, "tai_san_bao_dam").assign(_parent=frame["_parent"])
    table["tai_san_id"] = owned.find(frame)
    parcel = reference(frame, "taiSanId").map(known.parcels).astype("string").where(is_parcel)
    table["thua_key"] = parcel.fillna(table["tai_san_id"].map(owned.parcels).astype("string"))
    table["giay_chung_nhan_id"] = reference(frame, "giayChungNhanId").map(known.papers).astype("string")
    nothing = table["tai_san_id"].isna() & parcel.isna()
    lost = [
        finding(_BROKEN, frame, frame["_parent"].isna(), _ITEM, "giaoDichBaoDamId", place),
        finding(_BROKEN, frame, nothing, _ITEM, "taiSanId", place),
    ]
    return table.loc[frame["_parent"].notna()], lost


def _pledge(items: pd.DataFrame, mortgage: pd.Series) -> pd.Series:
    """Return what each item pledges to which mortgage, as one text."""
    what = items["tai_san_id"].fillna(items["thua_key"])
    return mortgage.astype("string") + "|" + what


def _conflicts(frame: pd.DataFrame, table: pd.DataFrame, place: Place) -> list[gpd.GeoDataFrame]:
    """Return mortgages in force under one registration number that are not one and do not follow each other.

    Source: NĐ 99/2022/NĐ-CP Điều 4, 5 (one number for each registration).
    """
    rows = table.loc[frame.index]
    number = (frame["quyenSoGiaoDichBaoDam"].fillna("") + "|" + frame["soDangKy"]).where(
        rows["giao_dich_bao_dam_cha_id"].isna()
    )
    several = rows["giao_dich_bao_dam_id"].groupby(number).transform("nunique") > 1
    return [finding("so_dia_chinh.status_conflict", frame, several, _MORTGAGE, "soDangKy", place)]
