"""Vietnamese text: Unicode form, comparison keys, place of tones.

Encodings are the subject of `pipelines.charmaps` (tables) and `pipelines.encodings` (votes); what they offer is here
too. Text is cleaned of invisible characters only after decoding: byte 0xAD is the letter ư in TCVN3.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
from pandas.api.extensions import take

from pipelines.charmaps import ENCODINGS, UNDECODABLE, decode
from pipelines.encodings import Vote, decode_columns, doubt, vote, vote_columns
from pipelines.syllables import placements

__all__ = [
    "ENCODINGS",
    "UNDECODABLE",
    "Vote",
    "decode",
    "decode_columns",
    "doubt",
    "flags",
    "fold",
    "fold_series",
    "foreign",
    "map_fields",
    "map_unique",
    "place_tones",
    "repair",
    "vote",
    "vote_columns",
]

_LETTERS = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệfghiìíỉĩịjklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvwxyỳýỷỹỵz"
_MARKS = "\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u2022\u2116\xb0\xb2\xb3\xd7\xb1\xbd\xbc\xbe\xa7\xab\xbb\t\n\r"
_ALLOWED = frozenset(_LETTERS + _LETTERS.upper() + _MARKS + "".join(map(chr, range(32, 127))))
_LOOKALIKES = str.maketrans({"Ð": "Đ", "Ɖ": "Đ", "ð": "đ", "ɖ": "đ"})
_INVISIBLE = str.maketrans(dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u3000]+")
_MIXED_WORD = re.compile(r"[^\W\d_]+")


def repair(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return text in NFC, look-alikes of Đ put right, zero-width characters gone, and where that changed anything.

    Runs of spaces and spaces at the ends are put right too, but are not worth telling.
    """
    if values.isna().all():
        # Of the columns that a file may have, most stand empty.
        return values.astype("string"), pd.Series(False, index=values.index)
    clean = map_unique(values, lambda value: _clean(value)[0])
    changed = flags(values, lambda value: _clean(value)[1])
    return clean.astype("string"), changed


def foreign(values: pd.Series) -> pd.Series:
    """Return the characters that no Vietnamese text has, per value; null where there are none."""
    return map_unique(values, lambda value: "".join(sorted(set(value) - _ALLOWED)) or pd.NA).astype("string")


def fold(text: str) -> str:
    """Return the comparison key: lower case, no accents, đ as d, single spaces.

    >>> fold("  Xã  THỌ Bình ")
    'xa tho binh'
    """
    plain = unicodedata.normalize("NFD", text.translate(_LOOKALIKES).casefold()).replace("đ", "d")
    kept = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(kept.split())


def fold_series(values: pd.Series) -> pd.Series:
    """Return the comparison key of every value."""
    return map_unique(values, fold).astype("string")


def place_tones(text: str) -> str:
    """Return text with tones where official unit names have them (Hoà → Hòa, Thuỷ → Thủy), case kept."""
    return _MIXED_WORD.sub(lambda match: _place(match.group()), text)


def map_unique(values: pd.Series, function: Callable[[str], Any]) -> pd.Series:
    """Return function(value) for every value, called once per different value; missing values stay missing."""
    codes, different = pd.factorize(values)
    if not len(different):
        return values.astype("object")
    known = pd.Series([function(str(value)) for value in different])
    return pd.Series(take(known.array, codes, allow_fill=True), index=values.index, name=values.name)


def map_fields(values: pd.Series, function: Callable[[str], tuple[Any, ...]], types: Mapping[str, str]) -> pd.DataFrame:
    """Return the fields of function(value) as columns of these types, called once per different value.

    The fields of missing values are missing; types are those of pandas that know missing values.
    """
    codes, different = pd.factorize(values)
    # A missing value has the code -1, which is the last.
    rows = [*(function(str(value)) for value in different), (None,) * len(types)]
    fields = zip(types.items(), zip(*rows, strict=True), strict=True)
    columns = {name: pd.Series(field, dtype=kind).array[codes] for (name, kind), field in fields}
    return pd.DataFrame(columns, index=values.index)


def flags(values: pd.Series, predicate: Callable[[str], bool]) -> pd.Series:
    """Return whether predicate(value) holds, called once per different value; False for missing values."""
    return map_unique(values, predicate).astype("boolean").fillna(False).astype(bool)


def _clean(value: str) -> tuple[str, bool]:
    clean = unicodedata.normalize("NFC", value).translate(_LOOKALIKES).translate(_INVISIBLE)
    return _SPACES.sub(" ", clean).strip(), clean != value


def _place(word: str) -> str:
    new = placements().get(word.lower())
    if new is None:
        return word
    if word.isupper():
        return new.upper()
    return new[0].upper() + new[1:] if word[0].isupper() else new
