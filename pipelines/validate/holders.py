"""Holders of the register: what their kind requires, who is one and who is several. No detail says a name or number."""

from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

import schemas
from pipelines import findings, names
from pipelines.geometry import Mask
from pipelines.validate.records import COLUMN_CODES, Records, first, leader, mask

PERSON, COUPLE, HOUSEHOLD, GROUP = "ca_nhan", "vo_chong", "ho_gia_dinh", "nhom_nguoi"
_BODIES = ("to_chuc", "cong_dong")
_CITIZEN = "5"
_OF_ONE_PERSON = 6
"""The rules of kinds from this one on are about one person, those before about everybody on the certificate."""

_NEW_YEAR = "-01-01"
_SAME_ROW = (
    *(f"{name}_{use}" for use in ("1", "2", "3") for name in ("loai_dat", "hinh_thuc", "thoi_han")),
    "so_vao_so",
    "ngay_cap",
    "nam_sinh",
    "gioi_tinh",
    "dia_chi_chu",
    "phap_nhan",
    "vai_tro",
    "ten_file",
)

_WRITTEN = {"nam_sinh": "ngay_sinh"}
"""Columns that are taken from another one."""


def check_required(records: Records) -> gpd.GeoDataFrame:
    """Report rows without what their kind of holder requires, unless another row of the holder has it.

    A file without any such column says nothing about it. Names and numbers have findings of their own, and what is
    written but cannot be read has been told.

    Source: TT 75/2015/TT-BTNMT (mandatory attributes of HoSoXml) and the campaign form; list `bat_buoc_theo_chu`.

    Emits: giay_to.incomplete
    """
    rows, holder = records.rows, records.holder
    source = pd.factorize(rows["source"])[0]
    lacking = np.full(len(records), "", dtype=object)
    kinds = {PERSON: records.is_person} | {kind: _is_body(records, kind) for kind in _BODIES}
    required = schemas.codelist("bat_buoc_theo_chu")
    for kind, column in zip(required["phap_nhan"], required["column"], strict=True):
        given = rows[column].notna().to_numpy(dtype=bool)
        where = kinds[kind] & ~given & (holder >= 0) & np.isin(source, source[given])
        where &= ~np.isin(holder, holder[given & (holder >= 0)])
        unread = [f"{code}:{_WRITTEN.get(column, column)}" for code in COLUMN_CODES]
        where &= records.without(*unread)
        lacking[where] += ", " + column
    at = first(lacking != "", records.parcel, holder)
    return records.report("giay_to.incomplete", at, detail=pd.Series(lacking[at], dtype="string").str[2:])


def check_kinds(records: Records) -> gpd.GeoDataFrame:
    """Report holders whose kind or role contradicts the people named: one spouse, a household without head.

    The detail names the kind and what contradicts it. A couple is a woman and a man.

    Source: CV 2071/QLĐĐ-TKKKTTĐĐ (columns M and N of PL3-01, list `phap_nhan`); TT 75/2015/TT-BTNMT; Luật Hôn nhân
    và gia đình 52/2014/QH13 Điều 8.

    Emits: so_dia_chinh.holder_kind
    """
    rows, unit = records.rows, records.paper
    kind, role, sex = (rows[name].to_numpy(dtype=object, na_value="") for name in ("phap_nhan", "vai_tro", "gioi_tinh"))
    each = first(records.holder >= 0, unit, records.holder)
    people = np.bincount(unit[each], minlength=int(unit.max(initial=-1)) + 1)[unit]
    # Joint users may have a certificate each, so they are counted on the parcel.
    user = first(records.holder >= 0, records.parcel, records.holder)
    users = np.bincount(records.parcel[user] + 1, minlength=int(records.parcel.max(initial=-1)) + 2)[records.parcel + 1]
    has_person = rows["ho_ten"].notna().to_numpy(dtype=bool)
    has_body = rows["ten_to_chuc"].notna().to_numpy(dtype=bool)
    has_roles = mask(rows["vai_tro"].notna().groupby(rows["source"]).transform("any"))
    headed = np.isin(unit, unit[role == "chu_ho"])
    shared = mask(rows["hinh_thuc_1"] != "rieng") | rows["hinh_thuc_1"].isna().to_numpy(dtype=bool)
    alone = ~np.isin(unit, unit[shared])
    odd_sex = ((role == "vo") & (sex == "1")) | ((role == "chong") & (sex == "0"))
    rules: tuple[tuple[Mask, Any], ...] = (
        (np.isin(kind, _BODIES) & ~has_body & has_person, "ten_to_chuc"),
        (np.isin(kind, (PERSON, COUPLE, HOUSEHOLD, GROUP)) & has_body & ~has_person, "ten_to_chuc"),
        ((kind == COUPLE) & has_person & (people != 2), people),
        ((kind == GROUP) & has_person & (users < 2), users),
        ((kind == PERSON) & has_person & (people > 1) & alone, people),
        ((kind == HOUSEHOLD) & has_person & has_roles & ~headed, "chu_ho"),
        (_is_odd_role(kind, role), role),
        (odd_sex, "gioi_tinh"),
    )
    rule = np.full(len(records), -1, dtype=np.int64)
    for number, (where, _) in enumerate(rules):
        rule[where & (rule < 0)] = number
    # What concerns the couple or household as a whole is told once, roles and sexes of each person.
    of_row = np.where(rule >= _OF_ONE_PERSON, np.arange(len(records)), -1)
    fresh = records.without("so_dia_chinh.duplicate_row", "giay_to.missing", by=unit) & records.legible
    at = first((rule >= 0) & fresh, unit, of_row)
    said = np.full(len(at), "", dtype=object)
    for number, (_, what) in enumerate(rules):
        here = rule[at] == number
        said[here] = what if isinstance(what, str) else np.asarray(what)[at[here]].astype(str)
    detail = pd.Series(kind[at], dtype="string") + ": " + pd.Series(said, dtype="string")
    return records.report("so_dia_chinh.holder_kind", at, detail=detail)


def check_numbers(records: Records) -> gpd.GeoDataFrame:
    """Report one identity number for people of different names or birth years, and one person under two numbers.

    Names are compared without accents and case. Two personal numbers of one name are one person only where the whole
    day of birth is the same; an old card beside a personal number is no contradiction.

    Source: NĐ 137/2015/NĐ-CP, TT 59/2021/TT-BCA (a personal number is given once and never changes).

    Emits: giay_to.shared_number, giay_to.two_numbers
    """
    rows = records.rows
    usable = records.has_number & records.legible & rows["ho_ten"].notna().to_numpy(dtype=bool)
    number, name = pd.factorize(rows["so_giay_to"])[0], pd.factorize(records.person_name)[0]
    lead = leader(usable, number)
    year = rows["nam_sinh"].to_numpy(dtype="float64", na_value=np.nan)
    other_year = np.isfinite(year) & np.isfinite(year[lead]) & (year != year[lead])
    at = np.flatnonzero(usable & ((name != name[lead]) | other_year))
    loose = names.loose_key(pd.concat([rows["ho_ten"].iloc[at], rows["ho_ten"].iloc[lead[at]]], ignore_index=True))
    other_name = (loose.iloc[: len(at)].to_numpy() != loose.iloc[len(at) :].to_numpy()).astype(bool)
    differs = other_name | other_year[at]
    at, other_name = at[differs], other_name[differs]
    once = np.unique(np.column_stack([number[at], name[at], year[at]]), axis=0, return_index=True)[1]
    at, other_name = at[np.sort(once)], other_name[np.sort(once)]
    detail = pd.Series(np.where(other_name, "ho_ten", ""), dtype="string")
    detail = (detail + np.where(other_year[at], ", nam_sinh", "")).str.strip(", ")
    shared = records.report("giay_to.shared_number", at, other_id=rows["row_id"].iloc[lead[at]], detail=detail)
    # The first of January stands for "day unknown" in most registers.
    is_day = rows["ngay_sinh"].notna().to_numpy(dtype=bool) & ~mask(rows["ngay_sinh"].str.endswith(_NEW_YEAR))
    whole = usable & mask(rows["loai_giay_to"] == _CITIZEN) & is_day
    person = pd.factorize(records.person_name + "|" + rows["ngay_sinh"])[0]
    begun = leader(whole, person)
    second = first(whole & (number != number[begun]), person, number)
    twice = records.report("giay_to.two_numbers", second, other_id=rows["row_id"].iloc[begun[second]])
    return findings.concat([shared, twice], crs=records.crs)


def check_expired(records: Records) -> gpd.GeoDataFrame:
    """Report papers of a kind that was no longer accepted on the day the certificate was issued.

    Source: TT 09/2024/TT-BTNMT (old cards only in data of before 2025), list `loai_giay_to_tuy_than`.

    Emits: giay_to.expired
    """
    lists = schemas.codelist("loai_giay_to_tuy_than").set_index("code")
    last_day = records.rows["loai_giay_to"].astype("object").map(lists["valid_to"].replace("", "9999-12-31"))
    late = mask(records.rows["ngay_cap"] > last_day.astype("string")) & records.is_person
    late &= records.without("giay_chung_nhan.impossible_date", "giay_chung_nhan.out_of_period", by=records.paper)
    kinds = records.rows["loai_giay_to"].astype("object").map(lists["name_vi"]).astype("string")
    return records.report("giay_to.expired", late, detail=kinds[late])


def check_repeated(records: Records) -> gpd.GeoDataFrame:
    """Report rows of one file that name a person, parcel and certificate again.

    Where the rows differ in nothing but spelling or gaps it is a duplicate, else the detail names the columns. Other
    areas and land uses are told as a contradiction.

    Source: TT 10/2024/TT-BTNMT (one entry for each right).

    Emits: so_dia_chinh.repeated_holder, so_dia_chinh.duplicate_row
    """
    rows, holder = records.rows, records.holder
    source = pd.factorize(rows["source"])[0]
    # Rows without an area continue the land uses of a parcel that has more than one row has room for.
    usable = (holder >= 0) & (records.parcel >= 0) & rows["dien_tich"].notna().to_numpy(dtype=bool)
    usable &= records.without("so_dia_chinh.contradiction", "thua_dat.duplicate_key", by=records.parcel)
    usable &= records.legible
    width = int(holder.max(initial=0)) + 1
    group = pd.factorize((records.paper * width + holder) * (int(source.max(initial=0)) + 1) + source)[0]
    lead = leader(usable, group)
    at = np.flatnonzero(usable & (lead != np.arange(len(records))))
    differs = np.full(len(at), "", dtype=object)
    for column in _SAME_ROW:
        mine, theirs = (
            rows[column].iloc[places].astype("string").fillna("").to_numpy(dtype=object) for places in (at, lead[at])
        )
        known = np.array((mine != "") & (theirs != ""), dtype=bool)
        differs[known & np.array(mine != theirs, dtype=bool)] += ", " + column
    other = rows["row_id"].iloc[lead[at]]
    same = np.array(differs == "", dtype=bool)
    parts = [
        records.report(
            "so_dia_chinh.repeated_holder",
            at[~same],
            other_id=other[~same],
            detail=pd.Series(differs[~same], dtype="string").str[2:],
        ),
        records.report("so_dia_chinh.duplicate_row", at[same], other_id=other[same]),
    ]
    return findings.concat(parts, crs=records.crs)


def _is_body(records: Records, kind: str) -> Mask:
    """Return rows of an organisation or a community; a body without kind counts as an organisation."""
    rows = records.rows
    named = rows["ten_to_chuc"].notna().to_numpy(dtype=bool)
    return named & mask(rows["phap_nhan"].fillna(_BODIES[0]) == kind)


def _is_odd_role(kind: np.ndarray[Any, Any], role: np.ndarray[Any, Any]) -> Mask:
    """Return where a role is none of its kind of holder."""
    pairs = pd.Series(kind, dtype="string") + "|" + pd.Series(role, dtype="string")
    return np.array((kind != "") & (role != ""), dtype=bool) & ~mask(pairs.isin(_roles()))


@cache
def _roles() -> frozenset[str]:
    """Return the roles of each kind of holder, as `kind|role`."""
    rows = schemas.codelist("phap_nhan")
    return frozenset(
        f"{kind}|{role}" for kind, roles in zip(rows["code"], rows["vai_tro"], strict=True) for role in roles.split()
    )
