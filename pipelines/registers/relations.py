"""How entities of the exchange refer to one another: by what they stand in, or by a number (tables)."""

from collections.abc import Sequence

import pandas as pd

from pipelines.registers import entities

PARENTS = {
    "DC_MucDichSuDung": ("DC_ThuaDat", "thuaDatId"),
    "DC_NguonGocDat": ("DC_MucDichSuDung", "mucDichSuDungId"),
    "DC_GiayToTuyThan": ("DC_CaNhan", "caNhanId"),
    "ThanhVienHoGiaDinh": ("DC_HoGiaDinh", "hoGiaDinhId"),
    "DC_ChiTietGiaoDichBaoDam": ("DC_GiaoDichBaoDam", "giaoDichBaoDamId"),
    "DC_HangMucCongTrinh": ("DC_CongTrinhXayDung", "congTrinhXayDungId"),
    "DC_HangMucSoHuuChung": ("DC_NhaChungCu", "nhaChungCuId"),
    "DC_CanHo": ("DC_NhaChungCu", "nhaChungCuId"),
    "DC_NhaChungCu": ("DC_KhuChungCu", "khuChungCuId"),
    "DC_ChiTietHoSoQuet": ("DC_HoSoQuet", "hoSoQuetId"),
    "DC_NganChanThuaDat": ("DC_ThongTinNganChan", "thongTinNganChanId"),
    "DC_NganChanTaiSan": ("DC_ThongTinNganChan", "thongTinNganChanId"),
    "DC_NganChanGiayChungNhan": ("DC_ThongTinNganChan", "thongTinNganChanId"),
}
"""Entities that stand inside another in a HoSoXml, and the attribute that names it where they do not."""


def linked(frames: dict[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Return an entity with `_parent` set; without the rows whose parent is not there."""
    table = with_parent(frames, name)
    return table.loc[table["_parent"].isin(entity(frames, PARENTS[name][0])["_id"])]


def with_parent(frames: dict[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Return an entity with `_parent` set to the row it stands in, or which its attribute names; else null."""
    parent, key = PARENTS[name]
    table, parents = entity(frames, name), entity(frames, parent)
    inside = table["_parent"].where(table["_parent"].isin(parents["_id"]))
    if key in table and inside.isna().any():
        known = parents.dropna(subset=[key]).drop_duplicates(["_dossier", key])
        ids = table.merge(known[["_dossier", key, "_id"]], on=["_dossier", key], how="left", suffixes=("", "_of"))
        inside = inside.fillna(pd.Series(ids["_id_of"].to_numpy(), index=table.index).astype(inside.dtype))
    return table.assign(_parent=inside)


def pairs(frames: dict[str, pd.DataFrame], names: Sequence[str], one: str, other: str) -> pd.DataFrame:
    """Return `_dossier` and two attributes wherever one of the entities has both."""
    parts = [rows[["_dossier", one, other]].dropna() for name in names if one in (rows := entity(frames, name))]
    found: pd.DataFrame = pd.concat(parts).drop_duplicates()
    return found


def column(table: pd.DataFrame, name: str) -> pd.Series:
    """Return an attribute, null where the entity has none of that name."""
    return table[name] if name in table else pd.Series(pd.NA, index=table.index, dtype="string")


def entity(frames: dict[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Return an entity, without rows where the file has none."""
    return frames[name] if name in frames else entities.frame(name, [])
