"""Terms of use, residential codes and communes of register rows: what is true only for a place and a time."""

from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd

import schemas
from pipelines import communes, eras, findings
from pipelines.geometry import Mask
from pipelines.validate.records import USES, Records, first, mask

_PEOPLE = ("ca_nhan", "vo_chong", "ho_gia_dinh", "nhom_nguoi")
_FOR_PEOPLE = "Hộ gia đình, cá nhân"
_LASTING = "Lâu dài"
_URBAN, _RURAL = "ODT", "ONT"


def check_ended(records: Records) -> gpd.GeoDataFrame:
    """Report uses whose term ended before the day of the package.

    Farm land of households and individuals who work it goes on by law when its term ends, so it is not reported.

    Source: Luật Đất đai 31/2024/QH15 Điều 172 khoản 1 (goes on), Điều 174 (extension), list `thoi_han_theo_loai_dat`.

    Emits: so_dia_chinh.term_ended
    """
    if records.date is None:
        return records.nothing
    found = []
    for use in USES:
        code, ended = records.rows[f"loai_dat_{use}"], records.rows[f"ngay_het_han_{use}"]
        goes_on = mask(code.isin(set(_limits()["code"]))) & _of_people(records)
        at = first(mask(ended < records.date) & ~goes_on, records.parcel, pd.factorize(ended)[0])
        detail = code.iloc[at].fillna("?") + ": " + ended.iloc[at]
        found.append(records.report("so_dia_chinh.term_ended", at, detail=detail))
    return findings.concat(found, crs=records.crs)


def check_terms(records: Records) -> gpd.GeoDataFrame:
    """Report farm land of households and individuals held for ever or for longer than the law allowed.

    Judged are certificates since the first law in the list `thoi_han_theo_loai_dat`; before it gardens beside a house
    were granted for ever.

    Source: Luật Đất đai 31/2024/QH15 Điều 171, 172; 45/2013/QH13 Điều 126; 13/2003/QH11 Điều 67.

    Emits: so_dia_chinh.term_mismatch
    """
    limits = _limits()
    longest = limits.groupby("code")["years"].max()
    since = limits.groupby("code")["valid_from"].min()
    issued = records.rows["ngay_cap"].fillna(records.date or "")
    people = _of_people(records) & records.without("giay_chung_nhan.impossible_date", by=records.paper)
    found = []
    for use in USES:
        code, term = records.rows[f"loai_dat_{use}"], records.rows[f"thoi_han_{use}"]
        which, words = pd.factorize(term)
        number = pd.Series(words, dtype="string").str.extract(r"^(\d+) năm$")[0]
        years = np.append(pd.to_numeric(number, errors="coerce").to_numpy("float64", na_value=np.nan), np.nan)[which]
        kind, names = pd.factorize(code)
        allowed = np.append(pd.Series(names).map(longest).to_numpy("float64", na_value=np.nan), np.nan)[kind]
        begun = pd.Series([*pd.Series(names, dtype="object").map(since), None], dtype="string").iloc[kind]
        judged = people & np.isfinite(allowed) & mask(issued >= begun.reset_index(drop=True))
        at = first(judged & (mask(term == _LASTING) | (years > allowed)), records.parcel, kind)
        found.append(records.report("so_dia_chinh.term_mismatch", at, detail=code.iloc[at] + ": " + term.iloc[at]))
    return findings.concat(found, crs=records.crs)


def check_commune(records: Records) -> gpd.GeoDataFrame:
    """Report rows whose commune code is neither that of the package nor one it came from or became.

    Source: QĐ 19/2025/QĐ-TTg and NQ 1686/NQ-UBTVQH15 (codes), list `admin_crosswalk`.

    Emits: so_dia_chinh.other_commune
    """
    table = eras.built_in().rows
    near = set(table.loc[table["new"] == records.ma_xa, "old"]) | set(table.loc[table["old"] == records.ma_xa, "new"])
    code = records.rows["ma_xa"].str.strip().str.zfill(5)
    other = mask(code.notna() & ~code.isin(near | {records.ma_xa}))
    return records.report("so_dia_chinh.other_commune", other, detail=code[other])


def check_residential(records: Records) -> gpd.GeoDataFrame:
    """Report residential codes of towns in a commune, or of the country in a ward or township; one row per parcel.

    What counts is the kind of the unit at the date of the certificate, else of the package. A certificate from before
    the era of the package may have the code of any unit the commune came from; how wards and townships were called
    before the list of units begins is not known, so older codes of the country are not judged there.

    Source: Luật Đất đai 31/2024/QH15 Điều 195, 196; TT 08/2024/TT-BTNMT; list `admin_units`.

    Emits: so_dia_chinh.residential_code
    """
    rows = records.rows
    uses = rows[[f"loai_dat_{use}" for use in USES]]
    began = _began(records.era)
    old = mask(rows["ngay_cap"] < began) | rows["ngay_cap"].isna().to_numpy(dtype=bool)
    found = []
    for code in (_URBAN, _RURAL):
        has = np.zeros(len(records), dtype=bool)
        for column in uses:
            has |= mask(uses[column] == code)
        if not has.any():
            continue
        now, then = _allowed(code, records.ma_xa, records.era)
        at = first(has & ~np.where(old, now | then, now), records.parcel)
        unit = communes.commune(records.ma_xa, records.era).name or records.ma_xa
        found.append(records.report("so_dia_chinh.residential_code", at, detail=f"{code} ({unit})"))
    return findings.concat(found, crs=records.crs)


def _of_people(records: Records) -> Mask:
    """Return rows held by people: by kind where it is recorded, else because a person is named."""
    return mask(records.rows["phap_nhan"].isin(_PEOPLE)) | (
        records.rows["phap_nhan"].isna().to_numpy(dtype=bool) & records.is_person
    )


def _allowed(code: str, ma_xa: str, era: str) -> tuple[bool, bool]:
    """Return whether a residential code fits the unit of today, and any unit it came from."""
    wanted = code == _URBAN
    now = communes.commune(ma_xa, era)
    if now.name is None:
        return True, True
    table = eras.built_in().rows
    before = table.loc[table["new"] == ma_xa, "old"].tolist() if era == eras.TODAY else [ma_xa]
    kinds = {communes.commune(old, "E2025A").is_urban for old in before}
    # A town was country once; when, no list says.
    was_country = code == _RURAL and True in kinds
    return now.is_urban == wanted, wanted in kinds or was_country


def _began(era: str) -> str:
    """Return the first day of an era, of the first one listed where it has none."""
    rows = schemas.codelist("ky_dia_gioi").set_index("code")["valid_from"]
    listed = rows[rows != ""].min()
    return str(rows.get(era, "") or listed)


@cache
def _limits() -> pd.DataFrame:
    """Return `code`, `years` and `valid_from` of the land uses that people hold for a time."""
    rows = schemas.codelist("thoi_han_theo_loai_dat")
    rows = rows.loc[(rows["note"] == _FOR_PEOPLE) & (rows["years"] != "")]
    return rows[["code", "years", "valid_from"]].astype({"years": "float64"})
