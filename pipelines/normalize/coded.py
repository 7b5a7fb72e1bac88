"""Values that stand in no code list: those of the register's columns, and those of the entities of the exchange."""

import re
from collections.abc import Sequence
from functools import cache

import geopandas as gpd
import pandas as pd

import schemas
from pipelines import findings
from pipelines.normalize import about
from pipelines.normalize.place import Place
from pipelines.registers import Register
from pipelines.text import flags, fold

_HOLDER = ("phap_nhan", "vai_tro", "gioi_tinh")
_USES = ("1", "2", "3")
_LATER = {
    "loai_giay_to_tuy_than_vbdlis": ("loai_giay_to_tuy_than",),
    "loai_doi_tuong_su_dung_dat": ("nguoi_su_dung_dat", "nguoi_su_dung_dat_cu"),
    "loai_muc_dich_su_dung_quy_hoach": ("land_use_new",),
}
"""Lists of TT 75/2015 and those that came after them: software writes either."""

_TOLD_ELSEWHERE = frozenset({"land_use_old", "nguon_goc_dat"})
"""Lists whose values become columns of rows and are judged there."""


def check_rows(raw: pd.DataFrame, rows: pd.DataFrame, place: Place) -> gpd.GeoDataFrame:
    """Report coded columns of rows whose value is in no list; land uses have findings of their own.

    Of columns about the holder the detail says the column alone: in a shifted row a name may stand there.

    Source: CV 2071/QLĐĐ-TKKKTTĐĐ (values of PL3-01), TT 75/2015/TT-BTNMT (origins), lists of the same names.

    Args:
        raw: Rows as cleaned text, before codes.
        rows: The same rows with codes.
        place: The commune.

    Emits: so_dia_chinh.bad_code
    """
    if place.is_foreign or rows.empty:
        return findings.empty(place.crs)
    found = []
    for column in _HOLDER:
        found.append(_report(rows, raw[column].notna() & rows[column].isna(), column, None, place))
    for use in _USES:
        form, origin, term = f"hinh_thuc_{use}", f"nguon_goc_{use}", f"thoi_han_{use}"
        found.append(_report(rows, raw[form].notna() & rows[form].isna(), form, raw[form], place))
        open_origin = raw[origin].notna() & rows[origin].isna()
        open_origin &= ~flags(raw[origin].where(open_origin), _names_an_origin)
        found.append(_report(rows, open_origin, origin, raw[origin], place))
        written = rows[term].where(rows[f"ngay_het_han_{use}"].isna())
        found.append(_report(rows, written.notna() & ~flags(written, _is_term), term, raw[term], place))
    return findings.concat(found, crs=place.crs)


def check_entities(read: Sequence[Register], place: Place) -> gpd.GeoDataFrame:
    """Report attributes of the exchange whose value is in no list that the structure names for them.

    Source: TT 75/2015/TT-BTNMT (HoSoXml), TT 09/2024/TT-BTNMT (later lists); list `hosoxml`.

    Emits: so_dia_chinh.bad_code
    """
    found = []
    for register in read:
        for entity, column, listed in _coded():
            frame = register.extra.get(entity)
            if frame is None or column not in frame:
                continue
            value = frame[column].astype("string")
            wrong = value.notna() & ~value.str.upper().isin(listed)
            if wrong.any():
                detail, number = f"{entity}.{column}=" + value[wrong], frame.loc[wrong, "_id"]
                found.append(
                    about.entities("so_dia_chinh.bad_code", register.source, entity, number, detail, place.crs)
                )
    return findings.concat(found, crs=place.crs)


def _report(
    rows: pd.DataFrame, where: pd.Series, column: str, values: pd.Series | None, place: Place
) -> gpd.GeoDataFrame:
    chosen = where.fillna(False).astype(bool) & rows["repeats"].isna() & ~rows["no_key"]
    if not chosen.any():
        return findings.empty(place.crs)
    return findings.build(
        "so_dia_chinh.bad_code",
        rows.loc[chosen, "row_id"],
        crs=place.crs,
        detail=column if values is None else column + "=" + values[chosen],
        source=rows.loc[chosen, "source"],
    )


def _names_an_origin(words: str) -> bool:
    """Return whether words of a certificate contain an origin or a transfer of the lists, among others."""
    text = f" {fold(words)} "
    return any(f" {phrase}" in text for phrase in _phrases())


@cache
def _phrases() -> tuple[str, ...]:
    """Return how origins and transfers begin when they are written out."""
    lists = (schemas.codelist(name)["name_vi"] for name in ("nguon_goc_dat", "nguon_goc_chuyen_quyen"))
    names = {fold(name) for rows in lists for name in rows}
    short = {name.removesuffix(" dat").removeprefix("duoc ") for name in names}
    return tuple(sorted(short | {phrase.removeprefix("nha nuoc ") for phrase in short} | set(_ABBREVIATED)))


_ABBREVIATED = (
    "cnqsdd",
    "cong nhan qsdd",
    "giao dat",
    "thue dat",
    "cho thue dat",
    "chuyen nhuong",
    "thua ke",
    "tang cho",
)


def _is_term(term: str) -> bool:
    return any(re.match(pattern, term) for pattern in schemas.codelist("thoi_han_su_dung")["pattern"])


@cache
def _coded() -> tuple[tuple[str, str, frozenset[str]], ...]:
    """Return entity, attribute and values allowed for every coded attribute of the exchange."""
    rows = schemas.codelist("hosoxml")
    rows = rows.loc[(rows["codelist"] != "") & ~rows["codelist"].isin(_TOLD_ELSEWHERE)]
    return tuple(
        (entity, name, frozenset(value for one in (listed, *_LATER.get(listed, ())) for value in _values(one)))
        for entity, name, listed in zip(rows["entity"], rows["name"], rows["codelist"], strict=True)
    )


def _values(name: str) -> list[str]:
    values: list[str] = schemas.codelist(name)["code"].str.upper().tolist()
    return values
