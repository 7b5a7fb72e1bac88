"""Legal states that exclude each other: recovered land with a right, a discharged mortgage in force, and the like."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

import schemas
from pipelines import findings
from pipelines.normalize import about
from pipelines.normalize.place import Place
from pipelines.normalize.rows import USES
from pipelines.registers import Register

_RECOVERY_DOCUMENT, _RECOVERED_LAND, _RECOVERY = "19", "CGT", "TH"
"""Codes of `loai_van_ban_han_che`, `land_use_new` and `loai_bien_dong`."""

_DISCHARGE = 2
"""Code of `loai_giao_dich_bao_dam`."""

_PEOPLE = ("ca_nhan", "vo_chong", "ho_gia_dinh", "nhom_nguoi")
_ROUNDING_M2 = 1.0
_AREAS = ["dien_tich_do", "dien_tich", "dien_tich_phap_ly"]


def check(rows: pd.DataFrame, parcels: gpd.GeoDataFrame, restrictions: pd.DataFrame, place: Place) -> gpd.GeoDataFrame:
    """Return findings about restrictions and rights of parcels on the map.

    Land is recovered where a whole-parcel restriction rests on a decision to recover, or where its use is land
    recovered and not yet allocated; then nobody has a certificate for it.

    Source: Luật Đất đai 31/2024/QH15 Điều 81, 82, 152; TT 75/2015/TT-BTNMT (HanCheQuyen); TT 08/2024/TT-BTNMT (CGT).

    Args:
        rows: Accepted register rows.
        parcels: `thua_dat`.
        restrictions: `han_che_quyen`.
        place: The commune.

    Emits: so_dia_chinh.recovered_with_right, so_dia_chinh.restriction_area, so_dia_chinh.status_conflict
    """
    if place.is_foreign or rows.empty:
        return findings.empty(place.crs)
    whole = ~restrictions["han_che_mot_phan"].fillna(False)
    taken = restrictions.loc[(restrictions["loai_van_ban_han_che"] == _RECOVERY_DOCUMENT) & whole, "thua_key"]
    papered = (rows["so_phat_hanh"].notna() | rows["so_vao_so"].notna()) & (
        rows["ho_ten"].notna() | rows["ten_to_chuc"].notna()
    )
    by_document = papered & rows["thua_key"].isin(set(taken))
    uses = rows[[f"loai_dat_{use}" for use in USES]]
    by_use = papered & (uses == _RECOVERED_LAND).any(axis=1).fillna(False) & rows["phap_nhan"].isin(_PEOPLE)
    detail = pd.Series(f"loai_van_ban_han_che={_RECOVERY_DOCUMENT}", index=rows.index, dtype="string")
    detail = detail.where(by_document, f"loai_dat={_RECOVERED_LAND}")
    where = (by_document | by_use).fillna(False).astype(bool)
    chosen = rows.loc[where].drop_duplicates("thua_key")
    recovered = findings.build(
        "so_dia_chinh.recovered_with_right",
        chosen["row_id"],
        crs=place.crs,
        detail=detail[chosen.index],
        source=chosen["source"],
    )
    return findings.concat([recovered, *_restrictions(parcels, restrictions, place)], crs=place.crs)


def check_entities(read: Sequence[Register], place: Place) -> gpd.GeoDataFrame:
    """Return findings about transactions in exchange files: mortgages and recoveries.

    A mortgage cannot end before it begins, nor be in force after its end or its discharge, nor begin after the term of
    the land had ended (farm land that goes on by law apart). A recovery that leaves parcel, area and right as they were
    recovered nothing.

    Source: NĐ 99/2022/NĐ-CP Điều 6, 20 (validity and discharge), Luật Đất đai 31/2024/QH15 Điều 45 khoản 1 (a right
    within its term), Điều 81, 82; TT 75/2015/TT-BTNMT (GiaoDichBaoDam, GiaoDich).

    Emits: so_dia_chinh.status_conflict, so_dia_chinh.recovered_with_right
    """
    found = []
    for register in read:
        mortgages = register.extra.get("DC_GiaoDichBaoDam")
        if mortgages is not None:
            found.append(_mortgages(mortgages.loc[~mortgages["_before"]], register, place))
        deals = register.extra.get("DC_GiaoDich")
        if deals is not None:
            found.append(_recoveries(deals, register, place))
    return findings.concat(found, crs=place.crs)


def _restrictions(parcels: gpd.GeoDataFrame, restrictions: pd.DataFrame, place: Place) -> list[gpd.GeoDataFrame]:
    """Compare restrictions with the largest area their parcel has anywhere, and with the day of the package."""
    if restrictions.empty:
        return []
    known = parcels.loc[parcels["thua_key"].notna()].drop_duplicates("thua_key").set_index("thua_key")
    largest_m2 = restrictions["thua_key"].map(known[_AREAS].max(axis=1)).to_numpy("float64")
    area_m2 = restrictions["dien_tich"].to_numpy("float64", na_value=np.nan)
    ids = restrictions["thua_key"].map(known["feature_id"])
    sources = restrictions["thua_key"].map(known["source"])
    large = area_m2 > largest_m2 + _ROUNDING_M2
    parts = [
        findings.build(
            "so_dia_chinh.restriction_area",
            ids[large],
            crs=place.crs,
            value=area_m2[large],
            limit=largest_m2[large],
            source=sources[large],
        )
    ]
    if place.date is not None:
        early = (restrictions["ngay_ban_hanh"] > place.date).fillna(False).astype(bool)
        detail = "ngay_ban_hanh " + restrictions.loc[early, "ngay_ban_hanh"] + f" > {place.date}"
        parts.append(
            findings.build(
                "so_dia_chinh.status_conflict", ids[early], crs=place.crs, detail=detail, source=sources[early]
            )
        )
    return parts


def _mortgages(frame: pd.DataFrame, register: Register, place: Place) -> gpd.GeoDataFrame:
    begun, ended = frame["ngayBatDau"], frame["ngayKetThuc"]
    in_force = frame["hieuLuc"].fillna(False).astype(bool)
    discharge = (frame["loaiGiaoDichBaoDam"] == _DISCHARGE).fillna(False).astype(bool)
    parents = frame.loc[discharge, ["_dossier", "giaoDichBaoDamChaId"]].dropna()
    own = pd.MultiIndex.from_frame(frame[["_dossier", "giaoDichBaoDamId"]])
    discharged = own.isin(pd.MultiIndex.from_frame(parents)) & ~discharge
    over = ended < place.date if place.date is not None else pd.Series(False, index=frame.index)
    rules = (
        (ended < begun, "ngayKetThuc < ngayBatDau"),
        (in_force & over, f"hieuLuc, ngayKetThuc < {place.date}"),
        (in_force & discharged, f"hieuLuc, loaiGiaoDichBaoDam={_DISCHARGE}"),
        (begun > _last_days(frame, register), "ngayBatDau > ngayHetHanSuDung"),
    )
    code, entity = "so_dia_chinh.status_conflict", "DC_GiaoDichBaoDam"
    parts = [
        about.entities(
            code, register.source, entity, frame.loc[where.fillna(False).astype(bool), "_id"], said, place.crs
        )
        for where, said in rules
    ]
    return findings.concat(parts, crs=place.crs)


def _last_days(mortgages: pd.DataFrame, register: Register) -> pd.Series:
    """Return the day on which the last use of the mortgaged land ended; null where a use has no end or goes on."""
    names = ("DC_ChiTietGiaoDichBaoDam", "DC_ThuaDat", "DC_MucDichSuDung")
    assets, parcels, uses = (register.extra.get(name) for name in names)
    nothing = pd.Series(pd.NA, index=mortgages.index, dtype="string")
    if assets is None or parcels is None or uses is None:
        return nothing
    listed = schemas.codelist("thoi_han_theo_loai_dat")
    goes_on = uses["maMucDichSuDung"].isin(set(listed.loc[listed["years"] != "", "code"]))
    last = uses["ngayHetHanSuDung"].mask(goes_on)
    open_ended = last.isna().groupby(uses["_parent"]).any()
    ends = last.groupby(uses["_parent"]).max().astype("string")
    ends = ends[~open_ended.reindex(ends.index).fillna(True).astype(bool)]
    land = parcels[["_dossier", "thuaDatId"]].assign(ends=parcels["_id"].map(ends))
    pledged = assets.loc[assets["_parent"].notna(), ["_parent", "_dossier", "taiSanId"]]
    joined = pledged.merge(land, left_on=["_dossier", "taiSanId"], right_on=["_dossier", "thuaDatId"])
    by_mortgage = joined.groupby("_parent")["ends"].max()
    return mortgages["_id"].map(by_mortgage).astype("string")


def _recoveries(deals: pd.DataFrame, register: Register, place: Place) -> gpd.GeoDataFrame:
    parcels, rights = register.extra.get("DC_ThuaDat"), register.extra.get("DC_QuyenSuDungDat")
    recovered = deals.loc[deals["loaiGiaoDichBienDong"] == _RECOVERY].drop_duplicates("_dossier")
    if parcels is None or rights is None or recovered.empty:
        return findings.empty(place.crs)
    same = ["_dossier", "soHieuToBanDo", "soThuTuThua", "dienTich"]
    before, after = parcels.loc[parcels["_before"], same], parcels.loc[~parcels["_before"], [*same, "thuaDatId"]]
    held = rights.loc[~rights["_before"], ["_dossier", "thuaDatId"]]
    left = after.merge(before, on=same).merge(held, on=["_dossier", "thuaDatId"])
    where = recovered["_dossier"].isin(set(left["_dossier"]))
    code, said = "so_dia_chinh.recovered_with_right", f"loaiGiaoDichBienDong={_RECOVERY}"
    return about.entities(code, register.source, "DC_GiaoDich", recovered.loc[where, "_id"], said, place.crs)
