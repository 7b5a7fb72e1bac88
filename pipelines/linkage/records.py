"""What the land database knows of every person, as numbers that can be compared a million at a time."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import schemas
from pipelines import dates, names
from pipelines.communes import commune, named_in
from pipelines.identifiers import CITIZEN, OLD_CARD
from pipelines.text import flags, fold, map_unique

Codes = np.ndarray[Any, np.dtype[np.int64]]

LAYERS = ("ca_nhan", "giay_to_tuy_than", "vo_chong", "ho_gia_dinh", "quyen_su_dung_dat", "giay_chung_nhan",
          "nhom_nguoi")  # fmt: skip
"""Personal layers that are needed."""

NEW, OLD = "new", "old"
"""Numbers of twelve digits, given once for life, and of nine digits, which a person may have had two of."""

KINDS = {CITIZEN: NEW, "9": NEW, "10": NEW, OLD_CARD: OLD}
"""Codes of documents whose numbers are matched; others (passports, birth certificates) are not."""

_PARTS = ";"
_HAMLET = re.compile(r"\s*\b(?:thôn|xóm|bản|làng|khu phố|khu|phố|tổ dân phố|tổ|tdp|đội)\b\.?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Records:
    """People as they stand in the registers; the same person stands there several times.

    Attributes:
        rows: One row per record, ordered by `key`: `key`, `ma_xa`, `ho_ten`, `dia_chi`, `spouse_name` (texts to show),
            `name`, `loose`, `given`, `stem`, `commune`, `hamlet`, `land`, `spouse` (codes of equal values, -1
            unknown), `is_bare` (a name without accents), `year`, `day` (month times 32 plus day; 0 unknown) and `sex`.
        spellings: The folded name behind every code of `loose`.
        numbers: `record`, `kind` and `number` (keyed hash), one row per identity number that obeys its rules.
        papers: `record` and `paper` (code), the certificates and parcels a record stands on.
    """

    rows: pd.DataFrame
    spellings: np.ndarray[Any, Any]
    numbers: pd.DataFrame
    papers: pd.DataFrame


def build(holders: Mapping[str, pd.DataFrame]) -> Records:
    """Return the records of the personal layers, whatever the order of their rows.

    Args:
        holders: The layers `LAYERS` with `ma_xa` and `ky_dia_gioi`, as `pipelines.store.current_holders` gives them.
    """
    # A layer without rows, or a column without values, comes from SQLite as anything.
    holders = {layer: holders[layer].astype("string") for layer in LAYERS}
    people = holders["ca_nhan"].assign(key=keys(holders["ca_nhan"], "ca_nhan_id"))
    people = people[people["ho_ten"].notna().to_numpy()].sort_values("key", ignore_index=True)
    if people["key"].duplicated().any():
        people = people.sort_values([*people.columns], ignore_index=True).drop_duplicates("key")
        people = people.sort_values("key", ignore_index=True)
    place = pd.Series(people.index, index=people["key"])
    rows = people[["key", "ma_xa", "ky_dia_gioi", "ho_ten", "dia_chi"]].astype("string")
    loose = names.loose_key(people["ho_ten"])
    exact = names.key(people["ho_ten"])
    rows["name"] = _coded(exact)
    codes, spellings = pd.factorize(loose, sort=True)
    rows["loose"] = codes.astype(np.int64)
    rows["is_bare"] = (exact == loose).to_numpy(dtype=bool)
    split = loose.str.extract(r"^(?:(?P<stem>.*) )?(?P<given>[^ ]*)$")
    rows["given"], rows["stem"] = _coded(split["given"]), _coded(split["stem"])
    rows = rows.join(_births(people))
    rows["sex"] = people["gioi_tinh"].map({"0": 0, "1": 1}).fillna(-1).astype(np.int64)
    rows = rows.join(_homes(people))
    spouse = _spouses(holders, place, people["ho_ten"])
    rows["spouse_name"] = spouse
    rows["spouse"] = _coded(names.loose_key(spouse))
    return Records(rows, np.asarray(spellings, dtype=object), _numbers(holders, place), _papers(holders, place))


def keys(rows: pd.DataFrame, column: str) -> pd.Series:
    """Return ids made unique over communes and eras; missing ones stay missing."""
    scope, era, own = (rows[name].astype("string") for name in ("ma_xa", "ky_dia_gioi", column))
    return scope + "." + era + "." + own


def _coded(values: pd.Series) -> Codes:
    text = values.mask(values == "")
    codes: Codes = pd.factorize(text, sort=True)[0].astype(np.int64)
    return codes


def _births(people: pd.DataFrame) -> pd.DataFrame:
    """Return `year` and `day`; the first of January stands for "the year alone" in most registers and says no day."""
    read = _once(people["ngay_sinh"], dates.parse)
    year = pd.to_numeric(people["nam_sinh"], errors="coerce").astype("Int64").fillna(read["year"])
    month, day = (pd.to_numeric(read["date"].str.slice(*part)) for part in ((5, 7), (8, 10)))
    packed = (month * 32 + day).fillna(0).astype(np.int64)
    return pd.DataFrame({"year": year.fillna(0).astype(np.int64), "day": packed.mask(packed == 33, 0)})


def _homes(people: pd.DataFrame) -> pd.DataFrame:
    """Return `commune` and `hamlet` of the address, and `land`, the commune of the register, as they are called today.

    An address that names no commune lies in the commune of the register.
    """
    scope = people["ma_xa"] + "." + people["ky_dia_gioi"]
    told = people["dia_chi"].astype("string").fillna("")
    read = _once(scope.astype("string") + "|" + told, _read_homes)
    return pd.DataFrame({name: _coded(read[name]) for name in read}, index=people.index)


def _read_homes(told: pd.Series) -> pd.DataFrame:
    """Return `commune`, `hamlet` and `land` as texts for addresses that follow the code, the era and a bar."""
    parts = told.str.extract(r"^(?P<scope>[^|]*)\|(?P<address>.*)$", flags=re.DOTALL)
    scope, address = parts["scope"], parts["address"]
    own = map_unique(scope, lambda text: fold(commune(*text.split(".", 1)).name_short or text)).astype("string")
    address = address.mask(address.str.strip() == "")
    named = named_in(address).fillna(own).where(address.notna())
    today = _today(named)
    head = address.str.split(",").str[0].str.strip()
    is_part = flags(address, lambda text: "," in text) | flags(head, lambda text: _HAMLET.search(text) is not None)
    hamlet = names.loose_key(head.where(named_in(head).isna() & is_part).str.replace(_HAMLET, " ", regex=True))
    return pd.DataFrame({"commune": today, "hamlet": today + "|" + hamlet, "land": _today(own)})


def _today(communes: pd.Series) -> pd.Series:
    return map_unique(communes, lambda name: _names_today().get(name, name)).astype("string")


def _once(values: pd.Series, function: Callable[[pd.Series], pd.DataFrame]) -> pd.DataFrame:
    """Return what a function says of each value, asked once per different value."""
    codes, different = pd.factorize(values.astype("string"))
    told = function(pd.Series(different, dtype="string"))
    return told.reindex(codes).set_index(values.index)


@cache
def _names_today() -> dict[str, str]:
    """Return the folded name of today's commune for each former name that can mean one only."""
    units = schemas.codelist("admin_units")[["code", "era", "name_short"]].dropna()
    units = units.assign(name=[fold(name) for name in units["name_short"]])
    table = schemas.codelist("admin_crosswalk")[["old_code", "old_era", "new_code", "new_era"]]
    moved = table.merge(units, left_on=["old_code", "old_era"], right_on=["code", "era"])
    moved = moved.merge(units, left_on=["new_code", "new_era"], right_on=["code", "era"], suffixes=("", "_new"))
    only = moved.groupby("name")["name_new"].agg(["nunique", "first"])
    return {str(name): str(new) for name, new in only.loc[only["nunique"] == 1, "first"].items()}


def _spouses(holders: Mapping[str, pd.DataFrame], place: pd.Series, written: pd.Series) -> pd.Series:
    """Return the name of the husband or wife of every record; of several the first in the order of the alphabet."""
    pairs = [("vo_chong", "vo_id", "chong_id"), ("ho_gia_dinh", "chu_ho_id", "vo_chong_chu_ho_id")]
    parts = []
    for layer, one, other in pairs:
        rows = holders[layer]
        sides = [keys(rows, name).map(place) for name in (one, other)]
        parts += [pd.DataFrame({"record": a, "spouse": b}) for a, b in (sides, sides[::-1])]
    wed = pd.concat(parts, ignore_index=True).dropna().astype(np.int64)
    wed = wed[wed["record"] != wed["spouse"]]
    told = pd.Series(written.to_numpy()[wed["spouse"]], index=wed["record"]).sort_values(kind="stable")
    return told[~told.index.duplicated()].reindex(range(len(written))).astype("string")


def _numbers(holders: Mapping[str, pd.DataFrame], place: pd.Series) -> pd.DataFrame:
    rows = holders["giay_to_tuy_than"]
    kind = rows["loai_giay_to"].map(KINDS)
    found = pd.DataFrame(
        {
            "record": keys(rows, "ca_nhan_id").map(place),
            "kind": kind,
            "number": rows["so_giay_to_bam"],
        }
    )
    known = found.dropna().drop_duplicates().astype({"record": np.int64})
    return known.sort_values(["record", "kind", "number"], ignore_index=True)


def _papers(holders: Mapping[str, pd.DataFrame], place: pd.Series) -> pd.DataFrame:
    """Return certificates (by serial, which means the same in every commune) and parcels of each record."""
    rights = holders["quyen_su_dung_dat"]
    scope = rights["ma_xa"] + "." + rights["ky_dia_gioi"]
    held = pd.DataFrame({"unit": scope + "." + rights["chu_id"], "parcel": rights["thua_key"]})
    serials = holders["giay_chung_nhan"]
    serial = pd.Series(serials["so_phat_hanh"].to_numpy(), index=keys(serials, "giay_chung_nhan_id")).dropna()
    serial = serial.sort_values()
    held["serial"] = keys(rights, "giay_chung_nhan_id").map(serial[~serial.index.duplicated()])
    long = held.melt("unit", ["parcel", "serial"], value_name="paper").dropna(subset=["unit", "paper"])
    joined = long.merge(members(holders), on="unit")
    joined["record"] = joined["person"].map(place)
    known = joined.dropna(subset=["record"]).astype({"record": np.int64})
    known = known.assign(paper=pd.factorize(known["variable"] + "|" + known["paper"].astype("string"), sort=True)[0])
    known = known[["record", "paper"]].drop_duplicates()
    return known.sort_values(["record", "paper"], ignore_index=True)


def members(holders: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the people behind every holder: `unit`, `person` (keys), from four of the `LAYERS`."""
    people = keys(holders["ca_nhan"], "ca_nhan_id")
    parts = [pd.DataFrame({"unit": people, "person": people})]
    units = {
        "vo_chong": ("vo_chong_id", ["vo_id", "chong_id"]),
        "ho_gia_dinh": ("ho_gia_dinh_id", ["chu_ho_id", "vo_chong_chu_ho_id", "thanh_vien_id"]),
        "nhom_nguoi": ("nhom_nguoi_id", ["nguoi_dai_dien_id", "thanh_vien_id"]),
    }
    for layer, (key, columns) in units.items():
        rows = holders[layer]
        scope = rows["ma_xa"] + "." + rows["ky_dia_gioi"]
        for column in [name for name in columns if name in rows]:
            one = (
                pd.DataFrame({"unit": scope + "." + rows[key], "scope": scope, "id": rows[column].str.split(_PARTS)})
                .explode("id")
                .astype("string")
            )
            parts.append(pd.DataFrame({"unit": one["unit"], "person": one["scope"] + "." + one["id"]}))
    return pd.concat(parts, ignore_index=True).dropna().astype("string").drop_duplicates(ignore_index=True)
