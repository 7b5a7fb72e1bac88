"""Numbers of people and organisations: structure is all that can be checked without the population database.

Values found here are personal. No function returns them in a finding.
"""

import re

import pandas as pd
from stdnum.vn import mst

from pipelines.text import flags, map_unique

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

OK, REPAIRED, BAD, MISSING = "ok", "repaired", "bad", "missing"

_PUNCTUATION = re.compile(r"[\s.'\u2019`\-_]+")
_CITIZEN = re.compile(r"(?P<province>\d{3})(?P<century>\d)(?P<year>\d{2})\d{6}")
_PASSPORT = re.compile(r"[A-Z]\d{7,8}")
_LABEL = re.compile(r"^(?:CCCD|CMND|CMT|CC|HC|SO)[:\s]*", re.IGNORECASE)


def people(numbers: pd.Series, years: pd.Series | None = None, sexes: pd.Series | None = None) -> pd.DataFrame:
    """Return `number`, `kind` and `state` for the identity numbers of people.

    Args:
        numbers: As recorded.
        years: Birth years (Int64), where known: a personal number holds the year.
        sexes: "0" female, "1" male, where known: a personal number holds the sex.

    `state` is `ok`, `repaired` (a leading zero that a spreadsheet dropped is back), `bad` or `missing`. Eleven digits
    get their zero back only if the result names a province and agrees with birth year and sex. `kind` is a code of
    TT 09/2024 or null; `number` of a `bad` one is kept as recorded.
    """
    raw = numbers.astype("string").str.strip()
    raw = raw.mask(raw == "")
    clean = map_unique(raw, tidy).astype("string")
    padded = clean.where(clean.str.fullmatch(r"\d{11}").fillna(False)).radd("0")
    fits_padded = _agrees(padded, years, sexes)
    number = padded.where(fits_padded, clean)
    fits = _agrees(number, years, sexes)
    old_card = number.str.fullmatch(r"\d{9}").fillna(False)
    passport = number.str.fullmatch(_PASSPORT).fillna(False)
    kind = pd.Series(pd.NA, index=raw.index, dtype="string")
    kind = kind.mask(fits, CITIZEN).mask(old_card, OLD_CARD).mask(passport, PASSPORT)
    state = pd.Series(BAD, index=raw.index, dtype="string")
    state = state.mask(kind.notna(), OK).mask(fits_padded, REPAIRED).mask(raw.isna(), MISSING)
    return pd.DataFrame({"number": number.where(state != BAD, raw), "kind": kind, "state": state}, index=raw.index)


def organisations(numbers: pd.Series) -> pd.DataFrame:
    """Return `number` and `state` for tax codes (10 digits with a check digit, branches with three more).

    Twelve digits are a personal number, which is the tax code of households since 2025-07-01.
    """
    raw = numbers.astype("string").str.strip()
    raw = raw.mask(raw == "")
    clean = map_unique(raw, tidy).astype("string")
    valid = flags(clean, mst.is_valid)
    padded = clean.where(clean.str.fullmatch(r"\d{9}").fillna(False)).radd("0")
    fits_padded = flags(padded, mst.is_valid)
    number = padded.where(fits_padded, clean)
    branch = number.str.fullmatch(r"\d{13}").fillna(False)
    number = number.mask(branch, number.str[:10] + "-" + number.str[10:])
    personal = _agrees(clean, None, None)
    state = pd.Series(BAD, index=raw.index, dtype="string")
    state = state.mask(valid | personal, OK).mask(fits_padded, REPAIRED).mask(raw.isna(), MISSING)
    return pd.DataFrame({"number": number.where(state != BAD, raw), "state": state}, index=raw.index)


def tidy(number: str) -> str:
    """Return a number without a label before it, blanks and punctuation, in capitals.

    >>> tidy(" '038 085 012345")
    '038085012345'
    """
    whole = re.fullmatch(r"(\d+)\.0+", number.strip())
    text = whole.group(1) if whole else _LABEL.sub("", number.strip())
    return _PUNCTUATION.sub("", text).upper()


def mask(numbers: pd.Series) -> pd.Series:
    """Return numbers with the middle hidden (038*****2345), for screens of officers."""
    text = numbers.astype("string")
    return text.str[:3] + "*****" + text.str[-4:]


def _agrees(numbers: pd.Series, years: pd.Series | None, sexes: pd.Series | None) -> pd.Series:
    """Return whether numbers are personal numbers that contradict neither birth year nor sex."""
    parts = numbers.astype("string").str.extract(rf"^{_CITIZEN.pattern}$")
    century = pd.to_numeric(parts["century"], errors="coerce").astype("Int64")
    year = 1900 + century // 2 * 100 + pd.to_numeric(parts["year"], errors="coerce").astype("Int64")
    good = parts["province"].isin(PROVINCES) & (century <= 5).fillna(False)
    if years is not None:
        good &= (year == years.astype("Int64")).fillna(True)
    if sexes is not None:
        male = sexes.astype("string").map({"1": True, "0": False}).astype("boolean")
        good &= ((century % 2 == 0) == male).fillna(True)
    return good.astype(bool)
