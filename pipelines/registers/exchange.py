"""Entities of the cadastral exchange as rows of a register: one per certificate, parcel and person."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

import schemas
from pipelines.registers import entities

_PARENTS = {
    "DC_MucDichSuDung": ("DC_ThuaDat", "thuaDatId"),
    "DC_NguonGocDat": ("DC_MucDichSuDung", "mucDichSuDungId"),
    "DC_GiayToTuyThan": ("DC_CaNhan", "caNhanId"),
    "ThanhVienHoGiaDinh": ("DC_HoGiaDinh", "hoGiaDinhId"),
}
"""Entities that stand inside another in a HoSoXml and refer to it by a number in tables."""

_USES = 3
_PARCEL_KIND = "6"
_NAME, _KEY = ["_dossier", "kind", "chuId"], ["_dossier", "thuaDatId"]
_PERSON = ("ho_ten", "ngay_sinh", "gioi_tinh", "so_giay_to", "dia_chi_chu")
_FORMS = {"1": "chung", "true": "chung", "0": "rieng", "false": "rieng"}
_CITIZEN = r"\d{12}"


def rows(document: entities.Document, columns: Sequence[str]) -> pd.DataFrame:
    """Return the rights of every dossier as register rows, every value a text.

    A parcel without a right, a certificate without a parcel and a right whose parcel is missing are rows too. More
    uses than a row has room for go to further rows of the parcel; its area then stands in a row of its own.

    Args:
        document: Entities as read. What stands in the state before a change is left out.
        columns: Canonical columns wanted.
    """
    frames = {name: frame.loc[~frame["_before"]] for name, frame in document.frames.items()}
    parcels = _parcels(frames)
    rights = _rights(frames).merge(_certificates(frames), on=["_dossier", "giayChungNhanId"], how="outer")
    whole = rights.merge(parcels, on=_KEY, how="outer")
    whole = whole.merge(_people(frames), on=_NAME, how="left")
    whole = whole.sort_values(["_dossier", "order", "thuaDatId", "part"], kind="stable", ignore_index=True)
    return whole.reindex(columns=list(columns)).astype("string")


def restrictions(document: entities.Document, typed: entities.Typed) -> pd.DataFrame:
    """Return restrictions of rights by sheet and parcel number; without numbers where no right names them."""
    table = typed.frames.get("DC_HanCheQuyen", pd.DataFrame())
    if table.empty:
        return pd.DataFrame()
    frames = {name: frame.loc[~frame["_before"]] for name, frame in document.frames.items()}
    bound = _column_pairs(frames, ("DC_QuyenSuDungDat", "DC_HanCheQuyen"), "hanCheQuyenId", "thuaDatId")
    numbers = _empty(frames, "DC_ThuaDat")[["_dossier", "thuaDatId", "soHieuToBanDo", "soThuTuThua"]]
    named = bound.merge(numbers, on=_KEY).drop_duplicates()
    current = (
        table.loc[~table["_before"]]
        .drop(columns="thuaDatId")
        .assign(hanCheQuyenId=document.frames["DC_HanCheQuyen"]["hanCheQuyenId"])
    )
    whole = current.merge(named, on=["_dossier", "hanCheQuyenId"], how="left")
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
    parcels = _empty(document.frames, "DC_ThuaDat")
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
    table = _empty(frames, "DC_ThuaDat")
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
    table = _linked(frames, "DC_MucDichSuDung")
    if table.empty:
        return table
    origins = _linked(frames, "DC_NguonGocDat")
    first = (
        origins.drop_duplicates("_parent").set_index("_parent")["nguonGoc"]
        if len(origins)
        else pd.Series(dtype="string")
    )
    shared = _empty(frames, "DC_DangKyChungRieng")
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
    for name in ("DC_QuyenSuDungDat", "DC_QuyenQuanLyDat"):
        table = _empty(frames, name)
        papers = _column(table, "giayChungNhanId")
        parts.append(
            table[["_dossier", "_id", "thuaDatId", "chuId"]].assign(giayChungNhanId=papers, kind=table["loaiDoiTuong"])
        )
    rights = pd.concat(parts, ignore_index=True).rename(columns={"_id": "order"}).astype({"giayChungNhanId": "string"})
    return rights.drop_duplicates(["_dossier", "thuaDatId", "giayChungNhanId", "kind", "chuId"])


def _certificates(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    table = _empty(frames, "DC_GiayChungNhan")
    wanted = {"soPhatHanh": "so_phat_hanh", "ngayCap": "ngay_cap", "soVaoSo": "so_vao_so", "banQuet": "ten_file"}
    return table[["_dossier", "giayChungNhanId", *wanted]].rename(columns=wanted)


def _people(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the people and bodies behind each holder: its dossier, kind and number, and one row per person."""
    persons = _persons(frames)
    kinds = dict(zip(*schemas.codelist("phap_nhan")[["code", "loai_doi_tuong"]].to_numpy().T, strict=True))
    couples, households = _empty(frames, "DC_VoChong"), _empty(frames, "DC_HoGiaDinh")
    bodies, villages = _empty(frames, "DC_ToChuc"), _empty(frames, "DC_CongDong")
    members = _linked(frames, "ThanhVienHoGiaDinh").drop(columns="hoGiaDinhId")
    members = members.merge(households[["_id", "hoGiaDinhId"]], left_on="_parent", right_on="_id", suffixes=("", "_of"))
    wife = couples.get("inVoTruoc", pd.Series(dtype="string")).str.lower().isin(["1", "true"])
    pairs = pd.concat(
        [
            _holder(couples, "voChongId", "voId", "vo", np.where(wife, 0, 1)),
            _holder(couples, "voChongId", "chongId", "chong", np.where(wife, 1, 0)),
        ]
    )
    families = pd.concat(
        [
            _holder(households, "hoGiaDinhId", "chuHoId", "chu_ho", 0),
            _holder(households, "hoGiaDinhId", "caNhanId", "thanh_vien", 1),
            _holder(members, "hoGiaDinhId", "caNhanId", "thanh_vien", 1),
        ]
    ).drop_duplicates(["_dossier", "chuId", "caNhanId"])
    singles = _holder(persons, "caNhanId", "caNhanId", None, 0)
    named = [(kinds["ca_nhan"], singles), (kinds["vo_chong"], pairs), (kinds["ho_gia_dinh"], families)]
    of_bodies = [
        (kinds["to_chuc"], bodies, "toChucId", "tenToChuc"),
        (kinds["cong_dong"], villages, "congDongId", "tenCongDong"),
    ]
    for kind, table, key, name in of_bodies:
        head = _holder(table, key, "nguoiDaiDienId", "nguoi_dai_dien", 0, keep=True)
        code = _column(table, "maSoThue").fillna(_column(table, "maDoanhNghiep"))
        head = head.assign(
            ten_to_chuc=table[name], ma_to_chuc=code, dia_chi_to_chuc=table.get("diaChi", table.get("diaDanhCuTru"))
        )
        named.append((kind, head))
    holders = pd.concat([part.assign(kind=kind) for kind, part in named], ignore_index=True)
    words = {code: word for word, code in kinds.items() if code}
    holders["phap_nhan"] = holders["kind"].map(words)
    whole = holders.merge(persons[["_dossier", "caNhanId", *_PERSON]], on=["_dossier", "caNhanId"], how="left")
    whole["dia_chi_chu"] = whole["dia_chi_to_chuc"].fillna(whole["dia_chi_chu"])
    whole["vai_tro"] = whole["vai_tro"].where(whole["ho_ten"].notna())
    whole = whole.sort_values("rank", kind="stable", ignore_index=True)
    return whole.drop(columns=["rank", "caNhanId", "dia_chi_to_chuc"])


def _holder(
    table: pd.DataFrame, key: str, person: str, role: str | None, rank: Any, *, keep: bool = False
) -> pd.DataFrame:
    """Return one person of each holder of a kind; `keep` also those holders that name nobody."""
    people = _column(table, person)
    found = pd.DataFrame({"_dossier": table["_dossier"], "chuId": table[key], "caNhanId": people}, index=table.index)
    found = found.assign(vai_tro=pd.Series(role, index=table.index, dtype="string"), rank=rank)
    return found if keep else found.loc[found["caNhanId"].notna()]


def _persons(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    table, papers = _empty(frames, "DC_CaNhan"), _linked(frames, "DC_GiayToTuyThan")
    # A personal number is worth more than a card that has expired.
    ranked = papers.assign(old=~papers["soGiayTo"].str.fullmatch(_CITIZEN).fillna(False).astype(bool))
    best = ranked.sort_values("old", kind="stable").drop_duplicates("_parent").set_index("_parent")["soGiayTo"]
    number = table["maSoDinhDanh"].fillna(table["_id"].map(best).astype("string"))
    sex = table["gioiTinh"].str.lower().replace({"true": "1", "false": "0"})
    return pd.DataFrame(
        {
            "_dossier": table["_dossier"],
            "caNhanId": table["caNhanId"],
            "ho_ten": table["hoTen"],
            "ngay_sinh": table["ngaySinh"].fillna(table["namSinh"]),
            "gioi_tinh": sex.map({"1": "Nam", "0": "Nữ"}).fillna(sex),
            "so_giay_to": number,
            "dia_chi_chu": table["diaChi"],
        }
    ).drop_duplicates(["_dossier", "caNhanId"])


def _linked(frames: dict[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Return an entity with `_parent` set: by what it stands in, or by the number of its parent (tables)."""
    parent, key = _PARENTS[name]
    table, parents = _empty(frames, name), _empty(frames, parent)
    if key in table and table["_parent"].isna().any():
        known = parents.dropna(subset=[key]).drop_duplicates(["_dossier", key])
        ids = table.merge(known[["_dossier", key, "_id"]], on=["_dossier", key], how="left", suffixes=("", "_of"))[
            "_id_of"
        ]
        table = table.assign(
            _parent=table["_parent"].fillna(pd.Series(ids.to_numpy(), index=table.index).astype("Int64"))
        )
    return table.loc[table["_parent"].isin(parents["_id"])]


def _column_pairs(frames: dict[str, pd.DataFrame], names: Sequence[str], one: str, other: str) -> pd.DataFrame:
    parts = [table[["_dossier", one, other]].dropna() for name in names if one in (table := _empty(frames, name))]
    pairs: pd.DataFrame = pd.concat(parts).drop_duplicates()
    return pairs


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    """Return an attribute, null where the entity has none of that name."""
    return table[name] if name in table else pd.Series(pd.NA, index=table.index, dtype="string")


def _empty(frames: dict[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Return an entity, without rows where the file has none."""
    return frames[name] if name in frames else entities.frame(name, [])
