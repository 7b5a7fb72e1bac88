"""Checks on what is written about a parcel: numbers, areas, codes, records."""

import itertools
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

import schemas
from pipelines import findings
from pipelines.geometry import Floats, Mask
from pipelines.validate.scene import Scene

KEY = ("ma_xa", "so_hieu_to_ban_do", "so_thu_tu_thua")
"""What identifies a parcel in a layer that has no `thua_key`."""

LABEL, RECORDED = ("dien_tich_nhan",), ("dien_tich", "dien_tich_phap_ly")
"""Columns of areas: on the label of the map; in the register and on the certificate."""

WRITTEN_M2, EPSILON_M2 = 0.1, 1e-6
"""Unit of areas on certificates, and what a sum of such numbers may be off by in a computer."""


def check_number(scene: Scene) -> gpd.GeoDataFrame:
    """Report parcels without sheet or parcel number. Roads and water need none; a face without label is known already.

    Emits: thua_dat.missing_number
    """
    needed = ~scene.flags("la_doi_tuong_chiem_dat", default=False) & scene.without("ban_ve.face_without_label")
    missing = np.zeros(len(scene.parcels), dtype=bool)
    for column in KEY[1:]:
        if scene.has(column):
            missing |= scene.texts(column).isna().to_numpy()
    return scene.report("thua_dat.missing_number", needed & missing)


def check_key(scene: Scene) -> gpd.GeoDataFrame:
    """Report every parcel whose number another parcel has too; the detail is the number.

    Copies of one geometry are duplicates already, so the number of a copy is not reported again.

    Emits: thua_dat.duplicate_key
    """
    if not (scene.has("thua_key") or scene.has(*KEY[1:])):
        return scene.nothing
    keys = _keys(scene)
    keys = keys[keys.notna() & scene.without("thua_dat.duplicate_geometry")]
    keys = keys[keys.duplicated(keep=False)]
    if keys.empty:
        return scene.nothing
    at = keys.index.to_numpy()
    group = pd.DataFrame({"key": keys.to_numpy(), "id": scene.ids[at], "at": at, "rank": scene.rank[at]})
    group = group.sort_values(["key", "rank"])
    following = group.groupby("key")["id"].shift(-1)
    other = following.fillna(group.groupby("key")["id"].transform("first"))
    return scene.report("thua_dat.duplicate_key", group["at"].to_numpy(), other_id=other, detail=group["key"])


def check_recorded_area(scene: Scene) -> gpd.GeoDataFrame:
    """Report parcels whose measured area differs from the recorded one by more than 0.0004·M·√P, in m².

    The limit is at least the unit to which areas are written: 0.1 m², or 1 m² in a column without decimals. Compared
    with the register and with the certificate; the larger difference is reported, once per parcel.

    Emits: thua_dat.area_mismatch
    """
    return _compare(scene, "thua_dat.area_mismatch", RECORDED)


def check_label(scene: Scene) -> gpd.GeoDataFrame:
    """Report labels whose area is not that of the parcel, or whose land use the register does not know for it.

    Emits: thua_dat.label_mismatch
    """
    by_area = _compare(scene, "thua_dat.label_mismatch", LABEL)
    told = set(by_area["feature_id"])
    return findings.concat([by_area, _label_codes(scene, told)], crs=scene.parcels.crs)


def check_written_areas(scene: Scene) -> gpd.GeoDataFrame:
    """Report parcels whose written areas disagree with one another, with every pair that does and by how much.

    Areas of certificate and register are copied from paper to paper and must agree to the unit they are written to;
    that of the label is measured and may differ by what a survey may. An area that is off from the map is told there,
    and not compared with the others again.

    Source: TT 10/2024/TT-BTNMT (certificate and register), TT 26/2024/TT-BTNMT (label), of confidence M.

    Emits: so_dia_chinh.legal_area_mismatch
    """
    fresh = scene.without("so_dia_chinh.contradiction")
    areas = {name: scene.numbers(name) for name in (*LABEL, *RECORDED)}
    is_off = _off(scene, LABEL) | _off(scene, RECORDED)
    survey_m2 = scene.tolerances.area_m2(scene.areas_m2, scene.scales)
    worst_m2, limit_m2 = np.zeros(len(fresh)), np.zeros(len(fresh))
    detail = np.full(len(fresh), "", dtype=object)
    for one, other in itertools.combinations(areas, 2):
        first, second = (values.where(values > 0).to_numpy(dtype=np.float64) for values in (areas[one], areas[other]))
        written_m2 = max(_rounding_m2(areas[one]), _rounding_m2(areas[other]), WRITTEN_M2)
        allowed_m2 = np.maximum(survey_m2, written_m2) if one in LABEL else np.full(len(fresh), written_m2)
        off_m2 = np.nan_to_num(np.abs(first - second), nan=0.0)
        off = fresh & ~is_off[one] & ~is_off[other] & (off_m2 > allowed_m2 + EPSILON_M2)
        amount = pd.Series(off_m2[off]).round(1).astype("string").to_numpy(dtype=object)
        detail[off] += f"; {one} / {other}: " + amount
        larger = off & (off_m2 > worst_m2)
        worst_m2[larger], limit_m2[larger] = off_m2[larger], allowed_m2[larger]
    at = worst_m2 > 0
    text = pd.Series(detail[at], dtype="string").str[2:]
    return scene.report("so_dia_chinh.legal_area_mismatch", at, value=worst_m2[at], limit=limit_m2[at], detail=text)


def check_code(scene: Scene) -> gpd.GeoDataFrame:
    """Report land-use codes that are in neither list, unless an earlier step has spoken of the code.

    Emits: thua_dat.unknown_code
    """
    if not scene.has("loai_dat"):
        return scene.nothing
    spoken = scene.without("thua_dat.unknown_code", "thua_dat.legacy_code", "thua_dat.ambiguous_code")
    codes = scene.texts("loai_dat")
    known = set(schemas.codelist("land_use_new")["code"]) | set(schemas.codelist("land_use_old")["code"])
    strange = {text for text in codes.dropna().unique() if not set(_split(text)) <= known}
    unknown = spoken & codes.isin(strange).to_numpy()
    return scene.report("thua_dat.unknown_code", unknown, detail=codes[unknown])


def check_record(scene: Scene) -> gpd.GeoDataFrame:
    """Report parcels that no row of the register is about, when there is a register. Roads and water need no row.

    Emits: thua_dat.without_record
    """
    if not scene.has_register or not scene.has("co_dang_ky"):
        return scene.nothing
    needed = ~scene.flags("la_doi_tuong_chiem_dat", default=False)
    numbered = scene.texts("so_thu_tu_thua").notna().to_numpy()
    return scene.report("thua_dat.without_record", needed & numbered & ~scene.flags("co_dang_ky", default=False))


def _keys(scene: Scene) -> pd.Series:
    """Return the business key per position; missing where a part of it is missing."""
    if scene.has("thua_key"):
        keys = scene.texts("thua_key")
    else:
        sheet, number = scene.texts(KEY[1]), scene.texts(KEY[2])
        keys = scene.texts(KEY[0]).fillna("") + "." + sheet + "." + number
    numbered = scene.texts(KEY[1]).notna() & scene.texts(KEY[2]).notna()
    return keys.where(numbered).reset_index(drop=True)


def _compare(scene: Scene, code: str, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """Report where a recorded area is off, with the column and its value as detail."""
    limit_m2 = _limit_m2(scene, columns)
    worst_m2, detail = _worst(scene.areas_m2, {name: scene.numbers(name) for name in columns})
    off = worst_m2 > limit_m2
    return scene.report(code, off, value=worst_m2[off], limit=limit_m2[off], detail=detail[off])


def _limit_m2(scene: Scene, columns: Sequence[str]) -> Floats:
    """Return how far areas may be from the measured ones, m²."""
    written_m2 = max(_rounding_m2(scene.numbers(name)) for name in columns)
    limit_m2: Floats = np.maximum(scene.tolerances.area_m2(scene.areas_m2, scene.scales), written_m2)
    return limit_m2


def _off(scene: Scene, columns: Sequence[str]) -> dict[str, Mask]:
    """Tell for each column which of its areas are off from the map."""
    limit_m2 = _limit_m2(scene, columns)
    return {name: _worst(scene.areas_m2, {name: scene.numbers(name)})[0] > limit_m2 for name in columns}


def _worst(measured_m2: Floats, recorded: dict[str, pd.Series]) -> tuple[Floats, np.ndarray[Any, Any]]:
    """Return the largest difference per parcel and which value it is against. Zero stands for “not measured”."""
    worst_m2 = np.zeros(len(measured_m2))
    detail = np.full(len(measured_m2), None, dtype=object)
    for column, values in recorded.items():
        value_m2 = values.where(values > 0).to_numpy(dtype=np.float64)
        off_m2 = np.nan_to_num(np.abs(measured_m2 - value_m2), nan=0.0)
        larger = off_m2 > worst_m2
        worst_m2[larger] = off_m2[larger]
        detail[larger] = (column + "=" + values[larger].round(1).astype("string")).to_numpy(dtype=object)
    return worst_m2, detail


def _rounding_m2(values: pd.Series) -> float:
    """Return the unit to which a column of areas is written: 1 m² when none has decimals, otherwise 0."""
    present = values[values > 0]
    return 1.0 if len(present) and (present % 1 == 0).all() else 0.0


def _label_codes(scene: Scene, told: set[str]) -> gpd.GeoDataFrame:
    """Compare the land uses on the map with those of the register: they must have one in common."""
    if scene.purposes is None or not scene.has("loai_dat", "thua_key") or scene.purposes.empty:
        return scene.nothing
    booked = scene.purposes[["thua_key", "loai_dat"]].dropna()
    booked_key, known = pd.factorize(booked["thua_key"])
    booked_use, uses = pd.factorize(booked["loai_dat"])
    texts = scene.texts("loai_dat")
    which, labels = pd.factorize(texts)
    # Labels are few, parcels many: what a label says is looked up once, and pairs are compared as numbers.
    split = pd.DataFrame({"use": pd.Series(labels, dtype="string").str.split(r"\s*\+\s*", regex=True)}).explode("use")
    split["place"] = split.groupby(level=0).cumcount()
    key = pd.Index(known).get_indexer(pd.Index(scene.texts("thua_key").astype(known.dtype)))
    pairs = pd.unique(booked_key * len(uses) + booked_use)
    agrees = np.zeros(len(key), dtype=bool)
    for _, part in split.groupby("place"):
        use = np.full(len(labels) + 1, -1, dtype=np.int64)
        use[part.index] = pd.Index(uses).get_indexer(pd.Index(part["use"].astype(uses.dtype)))
        asked = use[which]
        agrees |= (asked >= 0) & np.isin(key * len(uses) + asked, pairs)
    judged = (key >= 0) & (which >= 0) & ~agrees
    at = np.flatnonzero(judged)
    at = at[~scene.parcels["feature_id"].iloc[at].isin(told).to_numpy()] if told else at
    if not len(at):
        return scene.nothing
    here = booked[np.isin(booked_key, key[at])].drop_duplicates()
    both = here.groupby("thua_key")["loai_dat"].agg("+".join)
    detail = texts.iloc[at].to_numpy() + " / " + scene.texts("thua_key").iloc[at].map(both).to_numpy()
    return scene.report("thua_dat.label_mismatch", at, detail=detail)


def _split(text: str) -> list[str]:
    return [part.strip().upper() for part in text.split("+")]
