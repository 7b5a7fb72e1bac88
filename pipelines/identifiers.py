"""Numbers of people and organisations: structure is all that can be checked without the population database.

Values found here are personal. No function returns them in a finding.
"""

import re
import unicodedata
from functools import cache

import pandas as pd
from stdnum.vn import mst

import schemas
from pipelines.text import flags, map_fields, map_unique

PROVINCES = frozenset(
    re.findall(
        r"\d+",
        """
    001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 037 038 040
    042 044 045 046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 077 079 080 082 083 084
    086 087 089 091 092 093 094 095 096
    """,
    )
)
"""Province of birth registration in a personal number (ND 137/2015, TT 59/2021; not renumbered in 2025)."""

CITIZEN, OLD_CARD, PASSPORT, BIRTH_CERTIFICATE, OTHER = "5", "2", "6", "1", "8"
"""Codes of identity documents (TT 09/2024/TT-BTNMT)."""

OK, REPAIRED, MISMATCH, BAD, MISSING = "ok", "repaired", "mismatch", "bad", "missing"

_PUNCTUATION = re.compile(r"[\s.'\u2019`\-_]+")
_CITIZEN = re.compile(r"(?P<province>[0-9]{3})(?P<century>\d)(?P<year>\d{2})\d{6}")
_PASSPORT = re.compile(r"[A-Z][0-9]{7,8}")
_FOREIGN_PASSPORT = re.compile(r"(?=[A-Z0-9]*[A-Z])(?=[A-Z0-9]*[0-9])[A-Z0-9]{5,12}|[0-9]{8,9}")
_LABEL = re.compile(
    r"^(?:s[oố]\s*)?(?:CCCD/CMND|CMND/CCCD|CCCD|CMTND|CMND|CMT|CC|ĐDCN|MST|HC|hộ chiếu|passport|s[oố])\b[:.\s]*",
    re.IGNORECASE,
)
_PARTS = {"province": "string", "century": "Int64", "year": "Int64", "is_male": "boolean"}
_VIETNAM, _LAST_CENTURY = "VNM", 5


def people(
    numbers: pd.Series,
    years: pd.Series | None = None,
    sexes: pd.Series | None = None,
    countries: pd.Series | None = None,
) -> pd.DataFrame:
    """Return `number`, `kind`, `state` and `contradicts` for the identity numbers of people.

    Args:
        numbers: As recorded.
        years: Birth years (Int64), where known: a personal number holds the year.
        sexes: "0" female, "1" male, where known: a personal number holds the sex.
        countries: Nationality (ISO 3166 alpha-3), where known; other passports have other forms.

    `state` is `ok`, `repaired` (a leading zero that a spreadsheet dropped is back), `mismatch` (a personal number, of
    another birth year or sex than recorded: `contradicts` names `nam_sinh`, `gioi_tinh`), `bad` or `missing`. Eleven
    digits get their zero back only if the result names a province and agrees with birth year and sex. `kind` is a code
    of TT 09/2024 or null; `number` of a `bad` one is kept as recorded. The old cards of twelve digits (2012 to 2016)
    are built like personal numbers and cannot be told from them.
    """
    raw = numbers.astype("string").str.strip()
    raw = raw.mask(raw == "")
    clean = map_unique(raw, tidy).astype("string")
    padded = clean.where(clean.str.fullmatch(r"[0-9]{11}").fillna(False)).radd("0")
    fits_padded = _is_citizen(padded) & (_contradictions(padded, years, sexes) == "")
    number = padded.where(fits_padded, clean)
    citizen = _is_citizen(number)
    contradicts = _contradictions(number, years, sexes).where(citizen)
    contradicts = contradicts.mask(contradicts == "")
    old_card = number.str.fullmatch(r"[0-9]{9}").fillna(False) & number.str[:2].isin(_card_blocks())
    passport = number.str.fullmatch(_PASSPORT).fillna(False)
    if countries is not None:
        abroad = (countries.astype("string") != _VIETNAM).fillna(False)
        passport |= abroad & number.str.fullmatch(_FOREIGN_PASSPORT).fillna(False)
        old_card &= ~abroad
    kind = pd.Series(pd.NA, index=raw.index, dtype="string")
    kind = kind.mask(citizen, CITIZEN).mask(old_card, OLD_CARD).mask(passport, PASSPORT)
    state = pd.Series(BAD, index=raw.index, dtype="string")
    state = state.mask(kind.notna(), OK).mask(contradicts.notna(), MISMATCH).mask(fits_padded, REPAIRED)
    state = state.mask(raw.isna(), MISSING)
    return pd.DataFrame(
        {"number": number.where(state != BAD, raw), "kind": kind, "state": state, "contradicts": contradicts},
        index=raw.index,
    )


def organisations(numbers: pd.Series, date: str | None = None) -> pd.DataFrame:
    """Return `number` and `state` for tax codes (10 digits with a check digit, branches with three more).

    Twelve digits are a personal number, which is the tax code of people and households since the day that the list of
    numbers gives; for a `date` (yyyy-mm-dd) before it they are bad.
    """
    raw = numbers.astype("string").str.strip()
    raw = raw.mask(raw == "")
    clean = map_unique(raw, tidy).astype("string")
    valid = flags(clean, mst.is_valid)
    padded = clean.where(clean.str.fullmatch(r"[0-9]{9}").fillna(False)).radd("0")
    fits_padded = flags(padded, mst.is_valid)
    number = padded.where(fits_padded, clean)
    branch = number.str.fullmatch(r"[0-9]{13}").fillna(False)
    number = number.mask(branch, number.str[:10] + "-" + number.str[10:])
    personal = _is_citizen(clean) & (date is None or date >= _personal_tax_day())
    state = pd.Series(BAD, index=raw.index, dtype="string")
    state = state.mask(valid | personal, OK).mask(fits_padded, REPAIRED).mask(raw.isna(), MISSING)
    return pd.DataFrame({"number": number.where(state != BAD, raw), "state": state}, index=raw.index)


def tidy(number: str) -> str:
    """Return a number without a label before it, blanks and punctuation, in capitals.

    >>> tidy(" '038 085 012345")
    '038085012345'
    """
    digits = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in number.strip())
    whole = re.fullmatch(r"([0-9]+)\.0+", digits)
    text = whole.group(1) if whole else _LABEL.sub("", digits)
    return _PUNCTUATION.sub("", text).upper()


def mask(numbers: pd.Series) -> pd.Series:
    """Return numbers with the middle hidden (038*****2345), for screens of officers."""
    text = numbers.astype("string")
    return text.str[:3] + "*****" + text.str[-4:]


def _parts(numbers: pd.Series) -> pd.DataFrame:
    """Return `province`, `year` and `is_male` (Int64, boolean) as the digits of personal numbers say."""
    return map_fields(numbers.astype("string"), _part, _PARTS)


def _part(number: str) -> tuple[str | None, int | None, int | None, bool | None]:
    found = _CITIZEN.fullmatch(number)
    if not found:
        return None, None, None, None
    century = int(found["century"])
    return found["province"], century, 1900 + century // 2 * 100 + int(found["year"]), century % 2 == 0


def _is_citizen(numbers: pd.Series) -> pd.Series:
    parts = _parts(numbers)
    return (parts["province"].isin(PROVINCES) & (parts["century"] <= _LAST_CENTURY).fillna(False)).astype(bool)


def _contradictions(numbers: pd.Series, years: pd.Series | None, sexes: pd.Series | None) -> pd.Series:
    """Return which of `nam_sinh` and `gioi_tinh` each personal number contradicts, joined by a comma, "" for none."""
    parts = _parts(numbers)
    names = pd.Series("", index=numbers.index, dtype="string")
    if years is not None:
        names = names.mask((parts["year"] != years.astype("Int64")).fillna(False).astype(bool), "nam_sinh")
    if sexes is not None:
        male = sexes.astype("string").map({"1": True, "0": False}).astype("boolean")
        other = (parts["is_male"].astype("boolean") != male).fillna(False).astype(bool)
        names = names.mask(other, (names + ",gioi_tinh").str.strip(","))
    return names


@cache
def _card_blocks() -> frozenset[str]:
    """Return the first two digits of the cards of nine digits, by province of issue."""
    return frozenset(schemas.codelist("khoi_cmnd")["code"])


@cache
def _personal_tax_day() -> str:
    rows = schemas.codelist("loai_so_dinh_danh").set_index("code")
    return str(rows.loc["mst_ca_nhan", "valid_from"])
