"""Names of people and addresses: one spelling to keep, one key to compare."""

import re

import pandas as pd

from pipelines.syllables import without_tone
from pipelines.text import fold, map_unique, place_tones

_HONORIFIC = re.compile(r"^(?:ông|bà|anh|chị|hộ ông|hộ bà|hộ)\s*[:.]?\s+(?=\S)", re.IGNORECASE)
_FEMALE, _MALE, _OTHER = "0", "1", "2"
_SEXES = {"nu": _FEMALE, "nam": _MALE, "khac": _OTHER, "0": _FEMALE, "1": _MALE, "2": _OTHER, "f": _FEMALE, "m": _MALE}
_COMMAS = re.compile(r"\s*,[\s,]*")


def tidy(values: pd.Series) -> pd.Series:
    """Return names and addresses with tones in the usual place, single spaces, commas followed by one space."""
    return map_unique(values, _tidy).astype("string")


def people(values: pd.Series) -> pd.Series:
    """Return names of people as they are printed: words capitalised, without Ông, Bà, Hộ ông before them."""
    return map_unique(values, _person).astype("string")


def organisations(values: pd.Series) -> pd.Series:
    """Return names of organisations with a capital first letter, tones in the usual place, single spaces."""
    return map_unique(values, lambda value: (text := _tidy(value))[:1].upper() + text[1:]).astype("string")


def key(values: pd.Series) -> pd.Series:
    """Return a key for "the same name": case and place of tones do not count, accents do."""
    return map_unique(values, lambda value: without_tone_place(value) or pd.NA).astype("string")


def loose_key(values: pd.Series) -> pd.Series:
    """Return a key for "perhaps the same name": no accents at all."""
    return map_unique(values, lambda value: fold(value) or pd.NA).astype("string")


def without_tone_place(text: str) -> str:
    """Return text in lower case with the tones in one place, so that Hoà equals Hòa but not Hoa."""
    return " ".join(place_tones(text).lower().split())


def sexes(values: pd.Series) -> pd.Series:
    """Return "0" female, "1" male, "2" other, null for anything else."""
    return map_unique(values, lambda value: _SEXES.get(fold(value), pd.NA)).astype("string")


def toneless(values: pd.Series) -> pd.Series:
    """Return text in lower case without tone marks (vowels kept): the weakest key that still tells ô from o."""
    return map_unique(values, lambda value: without_tone(value.lower())).astype("string")


def _tidy(value: str) -> str:
    text = _COMMAS.sub(", ", place_tones(value))
    return " ".join(text.split()).strip(" ,;") or value.strip()


def _person(value: str) -> str:
    text = _tidy(_HONORIFIC.sub("", value.strip()))
    return " ".join(map(_capitalised, text.split()))


def _capitalised(word: str) -> str:
    """Return a word with a capital first letter; TCVN3 has no accented capitals, so ái may stand for Ái."""
    rest = word[1:].lower() if len(word) > 1 and word.isupper() else word[1:]
    return word[:1].upper() + rest
