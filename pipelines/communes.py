"""Communes by code and era: all codes of 2025 are reused codes, so neither is a key alone."""

import unicodedata
from dataclasses import dataclass
from functools import cache

import pandas as pd
from rapidfuzz import fuzz, process

import schemas
from pipelines.text import fold, map_unique, place_tones

FOREIGN_ERA = "XX"
_NEAR, _AHEAD = 82.0, 6.0
"""How alike a name with letters missing is to what it stands for, of 100, and how much more than to any other."""

_URBAN_TYPES = frozenset({"phường", "thị trấn"})
_UNIT = r"(?i)(?:^|[\s,;.(-])(?:xã|phường|thị trấn|tt\.?|x\.|p\.)\s+(?P<unit>[^,;()\-\u2013]+)"


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune in one era.

    Attributes:
        code: Five digits.
        era: Code of `ky_dia_gioi`.
        name: Full name with its type ("Xã Thọ Bình"); None where the list has none.
        name_short: Name without type.
        is_urban: Phường or thị trấn: homesteads are ODT there, ONT in a xã.
        district: Name of the district, None since 2025-07-01.
    """

    code: str
    era: str
    name: str | None
    name_short: str | None
    is_urban: bool
    district: str | None


@cache
def _units() -> dict[tuple[str, str], dict[str, str]]:
    rows = schemas.codelist("admin_units")
    keys = zip(rows["code"], rows["era"], strict=True)
    records = [dict(zip(rows.columns, values, strict=True)) for values in rows.to_numpy().tolist()]
    return dict(zip(keys, records, strict=True))


@cache
def commune(code: str, era: str) -> Commune:
    """Return a commune by code and era.

    The list begins with 2025; for an earlier era the unit of early 2025 with the same code stands in, as the one
    change before (NQ 1238) kept the codes of communes that were not dissolved.
    """
    row = _units().get((code, era)) or (_units().get((code, "E2025A")) if era == "E2024" else None)
    if row is None:
        return Commune(code, era, None, None, False, None)
    urban = row["type"] in _URBAN_TYPES
    return Commune(code, era, row["name"], row["name_short"], urban, row["district_name"] or None)


def is_known(code: str, era: str) -> bool:
    """Return whether the list has this code in this era; foreign eras are not listed and count as known."""
    return era == FOREIGN_ERA or commune(code, era).name is not None


@cache
def names_at(code: str, era: str) -> frozenset[str]:
    """Return the folded short names a commune goes by: its own, and those of what it became or came from.

    An address written before a merger is right even where the commune has another name today.
    """
    crosswalk = schemas.codelist("admin_crosswalk")
    forward = crosswalk.loc[(crosswalk["old_code"] == code) & (crosswalk["old_era"] == era), ["new_code", "new_era"]]
    back = crosswalk.loc[(crosswalk["new_code"] == code) & (crosswalk["new_era"] == era), ["old_code", "old_era"]]
    others = [commune(*pair).name_short for pair in [*forward.to_numpy().tolist(), *back.to_numpy().tolist()]]
    names = [commune(code, era).name_short, *others]
    return frozenset(fold(name) for name in names if name)


@cache
def all_names() -> frozenset[str]:
    """Return the folded short names of all communes of all eras in the list."""
    return frozenset(map(fold, schemas.codelist("admin_units")["name_short"]))


@cache
def spelled(name: str) -> str | None:
    """Return the short name in the list that a name is of which letters are missing; None where several come near.

    Hoằng Phú and Hoằng Phụ cannot be told apart by what is left of them.
    """
    best = process.extract(fold(name), sorted(all_names()), scorer=fuzz.ratio, limit=2, score_cutoff=_NEAR)
    if not best or (len(best) > 1 and best[0][1] - best[1][1] < _AHEAD):
        return None
    listed = schemas.codelist("admin_units")["name_short"]
    known = listed[listed.map(fold) == best[0][0]].unique()
    return str(known[0]) if len(known) == 1 else None


def find(name: str, era: str, district: str | None = None) -> tuple[Commune, ...]:
    """Return the communes of an era by their name, with or without its type; accents count, their place does not.

    Hoằng Phú is never Hoằng Phụ. Several communes of one name differ by `district` (its full name), which an address
    of before July 2025 gives.
    """
    return tuple(item for item in find_alike(name, era, district) if _exact(name) in _spellings(item))


def find_alike(name: str, era: str, district: str | None = None) -> tuple[Commune, ...]:
    """Return all communes whose name is the same without accents: more than one means that nobody can tell."""
    found = (commune(code, era) for code in _by_folded(era).get(fold(name), ()))
    return tuple(item for item in found if district is None or fold(item.district or "") == fold(district))


def _exact(name: str) -> str:
    return " ".join(place_tones(unicodedata.normalize("NFC", name)).lower().split())


def _spellings(item: Commune) -> frozenset[str]:
    return frozenset(_exact(name) for name in (item.name, item.name_short) if name)


@cache
def _by_folded(era: str) -> dict[str, tuple[str, ...]]:
    rows = schemas.codelist("admin_units")
    listed = rows.loc[rows["era"] == ("E2025A" if era == "E2024" else era)]
    found: dict[str, list[str]] = {}
    for column in ("name", "name_short"):
        for name, code in zip(listed[column], listed["code"], strict=True):
            codes = found.setdefault(fold(name), [])
            if code not in codes:
                codes.append(code)
    return {name: tuple(codes) for name, codes in found.items()}


def named_in(addresses: pd.Series) -> pd.Series:
    """Return the folded commune name that each address gives after xã, phường or thị trấn; null where none."""
    unit = addresses.astype("string").str.extract(_UNIT)["unit"]
    return map_unique(unit, fold).astype("string")


def contradicts(addresses: pd.Series, code: str, era: str) -> pd.Series:
    """Return where an address names a commune of the list that is not this one under any of its names."""
    named = named_in(addresses)
    known = named.isin(all_names())
    return (known & ~named.isin(names_at(code, era))).fillna(False).astype(bool)
