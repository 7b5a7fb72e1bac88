"""The people and bodies behind the holders that an exchange file names."""

from typing import Any

import numpy as np
import pandas as pd

import schemas
from pipelines.registers.relations import column, entity, linked

PERSON = ("ho_ten", "ngay_sinh", "gioi_tinh", "so_giay_to", "dia_chi_chu")
HOLDER = ("_dossier", "kind", "chuId")
"""What names a holder inside a file."""

_CITIZEN = r"\d{12}"
_PARTIES = ("DC_QuyenSoHuuTaiSanGanLienVoiDat", "Chu", "DC_GiaoDichBaoDam")
_PAPERED = ("DC_QuyenSoHuuTaiSanGanLienVoiDat", "DC_ChiTietGiaoDichBaoDam", "DC_NganChanGiayChungNhan")
_PAPER = {"soPhatHanh": "so_phat_hanh", "ngayCap": "ngay_cap", "soVaoSo": "so_vao_so", "banQuet": "ten_file"}


def people(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the people and bodies behind each holder: its dossier, kind and number, and one row per person."""
    persons = _persons(frames)
    kinds = dict(zip(*schemas.codelist("phap_nhan")[["code", "loai_doi_tuong"]].to_numpy().T, strict=True))
    couples, households = entity(frames, "DC_VoChong"), entity(frames, "DC_HoGiaDinh")
    bodies, villages = entity(frames, "DC_ToChuc"), entity(frames, "DC_CongDong")
    members = linked(frames, "ThanhVienHoGiaDinh").drop(columns="hoGiaDinhId")
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
        code = column(table, "maSoThue").fillna(column(table, "maDoanhNghiep"))
        head = head.assign(
            ten_to_chuc=table[name], ma_to_chuc=code, dia_chi_to_chuc=table.get("diaChi", table.get("diaDanhCuTru"))
        )
        named.append((kind, head))
    holders = pd.concat([part.assign(kind=kind) for kind, part in named], ignore_index=True)
    words = {code: word for word, code in kinds.items() if code}
    holders["phap_nhan"] = holders["kind"].map(words)
    whole = holders.merge(persons[["_dossier", "caNhanId", *PERSON]], on=["_dossier", "caNhanId"], how="left")
    whole["dia_chi_chu"] = whole["dia_chi_to_chuc"].fillna(whole["dia_chi_chu"])
    whole["vai_tro"] = whole["vai_tro"].where(whole["ho_ten"].notna())
    whole = whole.sort_values("rank", kind="stable", ignore_index=True)
    return whole.drop(columns=["rank", "dia_chi_to_chuc"])


def _holder(
    table: pd.DataFrame, key: str, person: str, role: str | None, rank: Any, *, keep: bool = False
) -> pd.DataFrame:
    """Return one person of each holder of a kind; `keep` also those holders that name nobody."""
    people = column(table, person)
    found = pd.DataFrame({"_dossier": table["_dossier"], "chuId": table[key], "caNhanId": people}, index=table.index)
    found = found.assign(vai_tro=pd.Series(role, index=table.index, dtype="string"), rank=rank)
    return found if keep else found.loc[found["caNhanId"].notna()]


def _persons(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    table, papers = entity(frames, "DC_CaNhan"), linked(frames, "DC_GiayToTuyThan")
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


def certificates(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return certificates under the names of register columns, with `_dossier` and `giayChungNhanId`."""
    return entity(frames, "DC_GiayChungNhan")[["_dossier", "giayChungNhanId", *_PAPER]].rename(columns=_PAPER)


def beside(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the holders and certificates that rights to assets, mortgages and blocks name, as register rows.

    One row per person of a holder, or per certificate; a right to land may name the same ones.
    """
    named = [
        table[["_dossier"]].assign(kind=column(table, "loaiDoiTuong"), chuId=column(table, "chuId"))
        for table in (entity(frames, name) for name in _PARTIES)
    ]
    papers = [entity(frames, name)[["_dossier", "giayChungNhanId"]].dropna() for name in _PAPERED]
    holders = pd.concat(named, ignore_index=True).dropna().drop_duplicates()
    return pd.concat(
        [
            holders.merge(people(frames), on=list(HOLDER)),
            pd.concat(papers, ignore_index=True).drop_duplicates().merge(certificates(frames)),
        ],
        ignore_index=True,
    )


def of_assets_alone(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return `_dossier` and `giayChungNhanId` of certificates that stand for assets and for no right to land."""
    keys = ["_dossier", "giayChungNhanId"]
    assets = entity(frames, _PARTIES[0])[keys].dropna().drop_duplicates()
    land = entity(frames, "DC_QuyenSuDungDat")[keys].dropna().drop_duplicates()
    only = assets.merge(land, on=keys, how="left", indicator=True)
    return only.loc[only["_merge"] == "left_only", keys]
