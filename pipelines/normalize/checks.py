"""What is wrong with register rows that have a key: areas, certificates, holders, addresses, contradictions."""

import geopandas as gpd
import numpy as np
import pandas as pd

from pipelines import codes, communes, findings, identifiers, names
from pipelines.normalize.place import Place
from pipelines.normalize.rows import USES

_ROUNDING_M2 = 0.1
_EPSILON_M2 = 1e-6


def check(rows: pd.DataFrame, place: Place) -> gpd.GeoDataFrame:
    """Return findings about accepted register rows.

    Emits: so_dia_chinh.purpose_sum, giay_chung_nhan.bad_serial, giay_chung_nhan.out_of_period,
        giay_chung_nhan.qr_mismatch, giay_to.bad_number, giay_to.mismatch, giay_to.repaired, giay_to.missing,
        dia_chi.wrong_commune
    """
    if place.is_foreign or rows.empty:
        return findings.empty(place.crs)
    found = [_purposes(rows, place), *_certificates(rows, place), people(rows, place), _missing(rows, place)]
    return findings.concat([*found, wrong_commune(rows, "row_id", place)], crs=place.crs)


def wrong_commune(frame: pd.DataFrame, ids: str, place: Place) -> gpd.GeoDataFrame:
    """Return findings for addresses of parcels that name another commune, one per parcel.

    Emits: dia_chi.wrong_commune
    """
    where = communes.contradicts(frame["dia_chi"], place.ma_xa, place.era)
    return _report(
        "dia_chi.wrong_commune", frame, _once(frame, where, ["thua_key", "dia_chi"]), ids, place, frame["dia_chi"]
    )


def _purposes(rows: pd.DataFrame, place: Place) -> gpd.GeoDataFrame:
    """Compare the areas by use with the area of the parcel; both are given to a tenth of a square metre."""
    parts = rows[[f"dien_tich_{use}" for use in USES]]
    used = rows[[f"loai_dat_{use}_ghi" for use in USES]].notna().to_numpy()
    complete = (parts.notna().to_numpy() | ~used).all(axis=1) & parts.notna().any(axis=1)
    off_m2 = (parts.sum(axis=1) - rows["dien_tich"]).abs()
    where = _once(rows, complete & (off_m2 > _ROUNDING_M2 + _EPSILON_M2), ["thua_key"])
    return findings.build(
        "so_dia_chinh.purpose_sum",
        rows.loc[where, "row_id"],
        crs=place.crs,
        value=off_m2[where],
        limit=_ROUNDING_M2,
        source=rows.loc[where, "source"],
    )


def _certificates(rows: pd.DataFrame, place: Place) -> list[gpd.GeoDataFrame]:
    paper = ["thua_key", "so_phat_hanh"]
    dated = rows["so_phat_hanh"] + " / " + rows["ngay_cap"]
    return [
        _report(
            "giay_chung_nhan.bad_serial",
            rows,
            _once(rows, rows["serial_bad"], paper),
            "row_id",
            place,
            rows["so_phat_hanh"],
        ),
        _report("giay_chung_nhan.out_of_period", rows, _once(rows, rows["serial_out"], paper), "row_id", place, dated),
        _report(
            "giay_chung_nhan.qr_mismatch",
            rows,
            _once(rows, rows["qr_trai"].notna(), [*paper, "qr_trai"]),
            "row_id",
            place,
            rows["qr_trai"],
        ),
    ]


def people(rows: pd.DataFrame, place: Place) -> gpd.GeoDataFrame:
    """Return findings about identity numbers; the detail says which kind of number, never the number.

    Emits: giay_to.bad_number, giay_to.mismatch, giay_to.repaired
    """
    found = []
    for state, code in ((identifiers.BAD, "giay_to.bad_number"), (identifiers.REPAIRED, "giay_to.repaired")):
        for column, detail in (("giay_to_state", "CCCD"), ("to_chuc_state", "MST"), ("hien_tai_state", "CCCD")):
            where = (rows[column] == state).fillna(False).astype(bool)
            found.append(_report(code, rows, where, "row_id", place, pd.Series(detail, index=rows.index)))
    contradicts = (rows["giay_to_state"] == identifiers.MISMATCH).fillna(False).astype(bool)
    found.append(_report("giay_to.mismatch", rows, contradicts, "row_id", place, rows["giay_to_trai"]))
    return findings.concat(found, crs=place.crs)


def _missing(rows: pd.DataFrame, place: Place) -> gpd.GeoDataFrame:
    """Return rows whose holder or whose holder's number is missing in this row and in all others of the parcel.

    The commune's own registers and the campaign form complete each other: a number given in one file is known.
    """
    person, organisation = rows["ho_ten"].notna(), rows["ten_to_chuc"].notna()
    numberless = person & ~organisation & (rows["giay_to_state"] == identifiers.MISSING)
    holder = rows["thua_key"] + "|" + names.key(rows["ho_ten"])
    numbered = set(holder[person & (rows["giay_to_state"] != identifiers.MISSING)])
    numberless &= ~holder.isin(numbered)
    codeless = organisation & (rows["to_chuc_state"] == identifiers.MISSING)
    body = rows["thua_key"] + "|" + names.key(rows["ten_to_chuc"])
    coded = set(body[organisation & (rows["to_chuc_state"] != identifiers.MISSING)])
    # A file without any column for numbers of organisations says nothing about them.
    has_codes = rows["ma_to_chuc"].notna().groupby(rows["source"]).transform("any")
    codeless &= ~body.isin(coded) & has_codes
    held = set(rows.loc[person | organisation, "thua_key"])
    nobody = _once(rows, ~rows["thua_key"].isin(held), ["thua_key"])
    where = numberless.fillna(False) | codeless.fillna(False) | nobody
    return _report("giay_to.missing", rows, where.astype(bool), "row_id", place, None)


def contradictions(rows: pd.DataFrame, place: Place) -> gpd.GeoDataFrame:
    """Return rows that give a parcel another area or land use than an earlier row of the same parcel.

    Emits: so_dia_chinh.contradiction
    """
    found = []
    for column in ("dien_tich", "loai_dat_1"):
        known = rows.loc[rows[column].notna(), ["row_id", "source", "thua_key", column]]
        first = known.groupby("thua_key", sort=False)[["row_id", column]].transform("first")
        other = _differs(known[column], first[column])
        there = known.loc[other].drop_duplicates(["thua_key", column])
        begun = first.loc[there.index]
        detail = column + "=" + begun[column].astype("string") + " / " + there[column].astype("string")
        found.append(
            findings.build(
                "so_dia_chinh.contradiction",
                there["row_id"],
                crs=place.crs,
                other_id=begun["row_id"],
                detail=detail,
                source=there["source"],
            )
        )
    return findings.concat(found, crs=place.crs)


def without_parcel(rows: pd.DataFrame, place: Place) -> gpd.GeoDataFrame:
    """Return rows whose parcel is not on the map.

    Emits: so_dia_chinh.without_parcel
    """
    lost = rows["feature_id"].isna() & rows["thua_key"].notna()
    number = rows["so_hieu_to_ban_do"] + "/" + rows["so_thu_tu_thua"]
    return _report("so_dia_chinh.without_parcel", rows, lost, "row_id", place, number)


def _differs(values: pd.Series, first: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(values):
        return (values - first).abs() > _ROUNDING_M2 + _EPSILON_M2
    return (codes.main(values) != codes.main(first)).fillna(False).astype(bool)


def _once(rows: pd.DataFrame, where: pd.Series, subset: list[str]) -> pd.Series:
    """Return `where` without the later rows of the same parcel, certificate or address."""
    chosen = np.zeros(len(rows), dtype=bool)
    at = np.flatnonzero(np.asarray(where, dtype=bool))
    chosen[at[~rows.iloc[at].duplicated(subset).to_numpy()]] = True
    return pd.Series(chosen, index=rows.index)


def _report(
    code: str, rows: pd.DataFrame, where: pd.Series, ids: str, place: Place, detail: pd.Series | None
) -> gpd.GeoDataFrame:
    return findings.build(
        code,
        rows.loc[where, ids],
        crs=place.crs,
        detail=None if detail is None else detail[where],
        source=rows.loc[where, "source"],
        geometry=rows.loc[where, "geometry"].to_numpy() if "geometry" in rows else None,
    )
