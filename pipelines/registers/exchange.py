"""Entities of the cadastral exchange as rows of a register: one per certificate, parcel and person."""

from collections.abc import Sequence

import pandas as pd

from pipelines.registers import entities, parties
from pipelines.registers.relations import column, entity, linked, pairs

_USES = 3
_PARCEL_KIND = "6"
_KEY = ["_dossier", "thuaDatId"]
_FORMS = {"1": "chung", "true": "chung", "0": "rieng", "false": "rieng"}

LINKS = ("_dossier", "thuaDatId", "kind", "chuId", "caNhanId", "giayChungNhanId", "right")
"""What a row came from: the numbers of its parcel, holder, person and certificate, and `right`, `use` or `manage`."""


def rows(document: entities.Document, columns: Sequence[str]) -> pd.DataFrame:
    """Return the rights of every dossier as register rows, every value a text; with `LINKS` where they are asked for.

    A parcel without a right, a certificate without a parcel and a right whose parcel is missing are rows too. More
    uses than a row has room for go to further rows of the parcel; its area then stands in a row of its own.

    Args:
        document: Entities as read. What stands in the state before a change is left out.
        columns: Canonical columns wanted, and those of `LINKS`.
    """
    frames = current(document)
    parcels = _parcels(frames)
    papers = parties.certificates(frames)
    of_assets = parties.of_assets_alone(frames).assign(elsewhere=True)
    papers = papers.merge(of_assets, on=["_dossier", "giayChungNhanId"], how="left")
    papers = papers.loc[papers.pop("elsewhere").isna()]
    rights = _rights(frames).merge(papers, on=["_dossier", "giayChungNhanId"], how="outer")
    whole = rights.merge(parcels, on=_KEY, how="outer")
    whole = whole.merge(parties.people(frames), on=list(parties.HOLDER), how="left")
    whole = whole.sort_values(["_dossier", "order", "thuaDatId", "part"], kind="stable", ignore_index=True)
    return whole.reindex(columns=list(columns)).astype("string")


def beside(document: entities.Document, columns: Sequence[str]) -> pd.DataFrame:
    """Return holders and certificates that rights to assets, mortgages and blocks name, as register rows.

    They have no parcel, and `scope`: what keeps holders without a number apart.
    """
    table = parties.beside(current(document))
    named = document.frames.get("HoSoXml")
    if named is not None:
        guid = named.drop_duplicates("_dossier").set_index("_dossier")["hoSoGuid"]
        dossier = table["_dossier"].map(guid).astype("string").fillna(table["_dossier"].astype("string"))
    else:
        dossier = table["_dossier"].astype("string")
    holder = table["kind"] + "|" + table["chuId"]
    table["scope"] = dossier + "|" + holder.fillna(table["giayChungNhanId"])
    return table.reindex(columns=[*columns, "scope"]).astype("string")


def current(document: entities.Document) -> dict[str, pd.DataFrame]:
    """Return the entities that do not stand in the state before a change."""
    return {name: frame.loc[~frame["_before"]] for name, frame in document.frames.items()}


def restrictions(document: entities.Document, typed: entities.Typed) -> pd.DataFrame:
    """Return restrictions of rights by sheet and parcel number; without numbers where no right names them."""
    table = typed.frames.get("DC_HanCheQuyen", pd.DataFrame())
    if table.empty:
        return pd.DataFrame()
    frames = current(document)
    bound = pairs(frames, ("DC_QuyenSuDungDat", "DC_HanCheQuyen"), "hanCheQuyenId", "thuaDatId")
    numbers = entity(frames, "DC_ThuaDat")[["_dossier", "thuaDatId", "soHieuToBanDo", "soThuTuThua"]]
    named = bound.merge(numbers, on=_KEY).drop_duplicates()
    limits = table.loc[~table["_before"]].drop(columns="thuaDatId")
    whole = limits.merge(named, on=["_dossier", "hanCheQuyenId"], how="left")
    wanted = {
        "soHieuToBanDo": "so_hieu_to_ban_do",
        "soThuTuThua": "so_thu_tu_thua",
        "loaiHanChe": "loai_han_che",
        "dienTich": "dien_tich",
        "noiDungHanChe": "noi_dung_han_che",
        "hanCheMotPhan": "han_che_mot_phan",
        "loaiVanBanHanChe": "loai_van_ban_han_che",
        "soVanBan": "so_van_ban",
        "ngayBanHanh": "ngay_ban_hanh",
        "coQuanBanHanh": "co_quan_ban_hanh",
    }
    return whole[list(wanted)].rename(columns=wanted)


def surveys(document: entities.Document, typed: entities.Typed) -> pd.DataFrame:
    """Return survey documents by the sheet of the parcels that name them, one row per sheet and document."""
    table = typed.frames.get("DC_TaiLieuDoDac", pd.DataFrame())
    if table.empty:
        return pd.DataFrame()
    parcels = entity(document.frames, "DC_ThuaDat")
    sheets = parcels[["_dossier", "taiLieuDoDacId", "soHieuToBanDo"]].dropna().drop_duplicates()
    keyed = table.assign(taiLieuDoDacId=document.frames["DC_TaiLieuDoDac"]["taiLieuDoDacId"])
    whole = keyed.merge(sheets, on=["_dossier", "taiLieuDoDacId"], how="inner")
    wanted = {
        "soHieuToBanDo": "so_hieu_to_ban_do",
        "tyLeDoDac": "ty_le",
        "donViDoDac": "don_vi_do_dac",
        "phuongPhapDo": "phuong_phap_do",
        "mucDoChinhXac": "muc_do_chinh_xac",
        "ngayHoanThanh": "ngay_hoan_thanh",
    }
    return whole[list(wanted)].rename(columns=wanted).drop_duplicates(ignore_index=True)


def _parcels(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    table = entity(frames, "DC_ThuaDat")
    parcels = pd.DataFrame(
        {
            "_dossier": table["_dossier"],
            "thuaDatId": table["thuaDatId"],
            "ma_xa": table["maXa"],
            "so_hieu_to_ban_do": table["soHieuToBanDo"],
            "so_thu_tu_thua": table["soThuTuThua"],
            # A register speaks of the legal area; the measured one is the map's.
            "dien_tich": table["dienTichPhapLy"].fillna(table["dienTich"]),
            "dia_chi": table["diaChi"],
            "_id": table["_id"],
        }
    )
    uses = _uses(frames)
    if uses.empty:
        return parcels.drop(columns="_id").assign(part=0)
    count = uses.groupby("_parent")["_parent"].size()
    # More uses than fit: the first row has the area alone, so that no part is compared with the whole.
    uses["part"] = uses["nth"] // _USES + (uses["_parent"].map(count) > _USES)
    uses["slot"] = (uses["nth"] % _USES + 1).astype("string")
    wide = uses.pivot(
        index=["_parent", "part"],
        columns="slot",
        values=["loai_dat", "dien_tich", "nguon_goc", "thoi_han", "hinh_thuc"],
    )
    wide.columns = wide.columns.map("_".join)
    wide = wide.reset_index().rename(columns={"_parent": "_id"})
    crowded = count.index[count > _USES]
    alone = pd.DataFrame({"_id": crowded, "part": 0})
    whole = parcels.merge(pd.concat([wide, alone], ignore_index=True).astype({"_id": "int64"}), on="_id", how="left")
    whole["part"] = whole["part"].fillna(0).astype("int64")
    whole["dien_tich"] = whole["dien_tich"].where(whole["part"] == 0)
    return whole.drop(columns="_id")


def _uses(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    table = linked(frames, "DC_MucDichSuDung")
    if table.empty:
        return table
    origins = linked(frames, "DC_NguonGocDat")
    first = (
        origins.drop_duplicates("_parent").set_index("_parent")["nguonGoc"]
        if len(origins)
        else pd.Series(dtype="string")
    )
    shared = entity(frames, "DC_DangKyChungRieng")
    of_land = shared.loc[shared["loaiTaiSan"].fillna(_PARCEL_KIND) == _PARCEL_KIND]
    form = of_land.drop_duplicates(["_dossier", "hangMucTaiSanId"])[["_dossier", "hangMucTaiSanId", "suDungChung"]]
    table = table.merge(
        form.dropna(), left_on=["_dossier", "mucDichSuDungId"], right_on=["_dossier", "hangMucTaiSanId"], how="left"
    )
    number = pd.to_numeric(table["soThuTuMucDichSuDung"], errors="coerce")
    table = table.assign(number=number).sort_values(["_parent", "number"], kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            "_parent": table["_parent"].astype("int64"),
            "nth": table.groupby("_parent").cumcount(),
            "loai_dat": table["maMucDichSuDung"],
            "dien_tich": table["dienTich"],
            "nguon_goc": table["_id"].map(first).astype("string"),
            "thoi_han": table["thoiHanSuDung"].fillna("Đến ngày " + table["ngayHetHanSuDung"]),
            "hinh_thuc": table["suDungChung"].str.lower().map(_FORMS).astype("string"),
        }
    )


def _rights(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return each holder once per parcel and certificate, in the order of the file."""
    parts = []
    for name, right in (("DC_QuyenSuDungDat", "use"), ("DC_QuyenQuanLyDat", "manage")):
        table = entity(frames, name)
        papers = column(table, "giayChungNhanId")
        said = table[["_dossier", "_id", "thuaDatId", "chuId"]]
        parts.append(said.assign(giayChungNhanId=papers, kind=table["loaiDoiTuong"], right=right))
    rights = pd.concat(parts, ignore_index=True).rename(columns={"_id": "order"}).astype({"giayChungNhanId": "string"})
    return rights.drop_duplicates(["_dossier", "thuaDatId", "giayChungNhanId", "kind", "chuId"])
