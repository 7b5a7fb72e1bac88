"""Certificates of the register: dates, numbers in the book, one serial and its holders, one parcel and its papers."""

from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd

import schemas
from pipelines import certificates, findings
from pipelines.validate.records import USES, Records, first, leader, mask


def check_dates(records: Records) -> gpd.GeoDataFrame:
    """Report dates of issue before the first certificates there were, or after the day of the package.

    Source: QĐ 201-QĐ/ĐKTK of 1989-07-14 began the issue of certificates (own knowledge, confidence M); a delivery
    cannot hold a paper issued after it. A date told to be of another period than the serial is not told again.

    Emits: giay_chung_nhan.impossible_date
    """
    issued = records.rows["ngay_cap"]
    begun = _first_certificate()
    early = mask(issued < begun)
    late = mask(issued > records.date) if records.date is not None else np.zeros(len(records), dtype=bool)
    fresh = records.without("giay_chung_nhan.out_of_period", by=records.paper)
    at = first((early | late) & fresh, records.paper, pd.factorize(issued)[0])
    days = issued.iloc[at].reset_index(drop=True)
    detail = (days + f" < {begun}").where(early[at], days + f" > {records.date}")
    return records.report("giay_chung_nhan.impossible_date", at, detail=detail)


def check_birth(records: Records) -> gpd.GeoDataFrame:
    """Report certificates issued in a year before the birth of the person named on them.

    Source: TT 10/2024/TT-BTNMT (who is named on a certificate). A transfer noted on the certificate later makes this
    true of sound rows, so it is a question and no error.

    Emits: giay_chung_nhan.before_birth
    """
    # Years of four digits are in the same order as text.
    before = mask(records.rows["ngay_cap"].str[:4] < records.rows["nam_sinh"].astype("Int64").astype("string"))
    fresh = records.without("giay_chung_nhan.impossible_date", "giay_chung_nhan.out_of_period", by=records.paper)
    return records.report(
        "giay_chung_nhan.before_birth", before & records.is_person & fresh, detail="ngay_cap < nam_sinh"
    )


def check_book(records: Records) -> gpd.GeoDataFrame:
    """Report book numbers of no form, and prefixes that were not in use at the date of issue.

    Source: TT 17/2009/TT-BTNMT, TT 23/2014/TT-BTNMT, TT 10/2024/TT-BTNMT; the list `tien_to_so_vao_so` has the
    periods, of confidence M and below, so a prefix of another period is a hint.

    Emits: giay_chung_nhan.bad_book_number, giay_chung_nhan.book_number_period
    """
    number = records.rows["so_vao_so"]
    code, known = pd.factorize(number)
    read = certificates.book_numbers(pd.Series(known, dtype="string"))
    strange = np.append(~mask(read["is_known"]), False)[code]
    lists = schemas.codelist("tien_to_so_vao_so").set_index("code")
    prefix = read["prefix"].astype("object")
    since, until = prefix.map(lists["valid_from"]).fillna(""), prefix.map(lists["valid_to"]).fillna("")
    from_day = pd.Series(np.append(since.replace("", "0001-01-01"), "0001-01-01")[code], dtype="string")
    last_day = pd.Series(np.append(until.replace("", "9999-12-31"), "9999-12-31")[code], dtype="string")
    issued = records.rows["ngay_cap"]
    outside = mask((issued < from_day) | (issued > last_day)) & ~strange
    told = "giay_chung_nhan.impossible_date", "giay_chung_nhan.out_of_period"
    outside &= records.without(*told, by=records.paper)
    bad, odd = first(strange, records.paper, code), first(outside, records.paper, code)
    parts = [
        records.report("giay_chung_nhan.bad_book_number", bad, detail=number.iloc[bad]),
        records.report("giay_chung_nhan.book_number_period", odd, detail=number.iloc[odd] + " / " + issued.iloc[odd]),
    ]
    return findings.concat(parts, crs=records.crs)


def check_serials(records: Records) -> gpd.GeoDataFrame:
    """Report a serial given for several parcels with different holders, and one told with two dates or book numbers.

    One certificate for many parcels of the same holders is legal; so are several holders of one parcel. What makes a
    serial doubtful is a parcel none of whose holders is one of the first parcel with that serial.

    Source: TT 10/2024/TT-BTNMT (a serial is printed once).

    Emits: giay_chung_nhan.serial_reused, giay_chung_nhan.contradiction
    """
    serial, parcel, holder = records.serial, records.parcel, records.holder
    usable = (serial >= 0) & (parcel >= 0) & (holder >= 0) & records.legible
    lead = leader(usable, serial)
    at = np.flatnonzero(usable)
    beside = at[parcel[at] != parcel[lead[at]]]
    if len(beside):
        width = int(holder.max()) + 1
        home = at[parcel[at] == parcel[lead[at]]]
        shared = np.isin(serial[beside] * width + holder[beside], serial[home] * width + holder[home])
        pair = serial[beside] * (int(parcel.max()) + 1) + parcel[beside]
        beside = beside[~np.isin(pair, pair[shared])]
    is_reused = np.zeros(len(records), dtype=bool)
    is_reused[beside] = True
    reused = first(is_reused, serial, parcel)
    parts = [
        records.report("giay_chung_nhan.serial_reused", reused, other_id=records.rows["row_id"].iloc[lead[reused]])
    ]
    fresh = (serial >= 0) & ~np.isin(serial, serial[reused])
    fresh &= records.without("giay_chung_nhan.out_of_period", "giay_chung_nhan.impossible_date", by=serial)
    for column in ("ngay_cap", "so_vao_so"):
        code, values = pd.factorize(records.rows[column])
        known = fresh & (code >= 0)
        begun = leader(known, serial)
        other = first(known & (begun >= 0) & (code != code[begun]), serial, code)
        named = np.asarray(values, dtype=object)
        detail = pd.Series(column + "=" + named[code[begun[other]]] + " / " + named[code[other]], dtype="string")
        parts.append(
            records.report(
                "giay_chung_nhan.contradiction",
                other,
                other_id=records.rows["row_id"].iloc[begun[other]],
                detail=detail,
            )
        )
    return findings.concat(parts, crs=records.crs)


def check_parcels(records: Records) -> gpd.GeoDataFrame:
    """Report parcels in sole use with more than one certificate; for common use each holder may have one.

    Source: Luật Đất đai 31/2024/QH15 Điều 135 (one certificate per parcel, one for each joint holder).

    Emits: giay_chung_nhan.several_for_parcel
    """
    serial, parcel = records.serial, records.parcel
    usable = (serial >= 0) & (parcel >= 0)
    usable &= records.without("thua_dat.duplicate_key", "giay_chung_nhan.serial_reused", by=parcel)
    common = ~mask(records.rows["hinh_thuc_1"] == "rieng")
    for use in USES:
        common |= mask(records.rows[f"hinh_thuc_{use}"] == "chung")
    usable &= ~np.isin(parcel, parcel[common & (parcel >= 0)])
    lead = leader(usable, parcel)
    second = first(usable & (lead >= 0) & (serial != serial[lead]), parcel)
    each = first(usable, parcel, serial)
    count = np.bincount(parcel[each], minlength=int(parcel.max(initial=-1)) + 1)
    return records.report(
        "giay_chung_nhan.several_for_parcel",
        second,
        value=count[parcel[second]].astype(float),
        limit=1.0,
        other_id=records.rows["row_id"].iloc[lead[second]],
    )


def check_household(records: Records) -> gpd.GeoDataFrame:
    """Report households on certificates issued since the law names none as holder of a new right.

    Source: Luật Đất đai 31/2024/QH15 Điều 4, TT 09/2024/TT-BTNMT (HoGiaDinh only for rights of before 2024-08-01).
    The certificate may renew an older right, so it is a hint.

    Emits: giay_chung_nhan.household_after_law
    """
    new = mask(records.rows["ngay_cap"] >= _household_ended()) & mask(records.rows["phap_nhan"] == "ho_gia_dinh")
    new &= records.without("giay_chung_nhan.impossible_date", "giay_chung_nhan.out_of_period", by=records.paper)
    at = first(new, records.paper)
    return records.report("giay_chung_nhan.household_after_law", at, detail=records.rows["ngay_cap"].iloc[at])


@cache
def _first_certificate() -> str:
    return str(schemas.codelist("moc_phap_ly").set_index("code").loc["giay_chung_nhan", "valid_from"])


@cache
def _household_ended() -> str:
    return str(schemas.codelist("moc_phap_ly").set_index("code").loc["khong_cap_cho_ho", "valid_from"])
