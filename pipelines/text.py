"""Vietnamese text: legacy encodings by vote and explicit table, Unicode form, comparison keys.

Files from 8-bit programs are read as latin-1, which keeps every byte, and decoded here. Nothing here removes
"invisible" characters before decoding: byte 0xAD is the letter ư in TCVN3 and a soft hyphen in Unicode.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from pipelines.syllables import placements, syllables

ENCODINGS = ("utf-8", "tcvn3", "vni", "viscii", "vps", "cp1258")
"""Encodings a package may name, in the order in which a tied vote is decided."""

UNDECODABLE = "\ufffd"

_ENOUGH_WORDS, _BELIEVABLE = 20, 0.6

_SEPARATOR = "\x00"
_TOKEN = re.compile(r"[^\x00-@\[-`{-\x7f\s\u00a0\u2010-\u2026\u2022°²³]+")
_VNI_GAPS = {"aú": "ẳ", "AÚ": "Ẳ", "î": "ỵ", "Î": "Ỵ", "iï": "ị", "IÏ": "Ị", "iû": "ỉ", "IÛ": "Ỉ", "iõ": "ĩ", "IÕ": "Ĩ"}
_LETTERS = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệfghiìíỉĩịjklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvwxyỳýỷỹỵz"
_MARKS = "\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u2022\u2116\xb0\xb2\xb3\xd7\xb1\xbd\xbc\xbe\xa7\xab\xbb\t\n\r"
_ALLOWED = frozenset(_LETTERS + _LETTERS.upper() + _MARKS + "".join(map(chr, range(32, 127))))
_LOOKALIKES = str.maketrans({"Ð": "Đ", "Ɖ": "Đ", "ð": "đ", "ɖ": "đ"})
_INVISIBLE = str.maketrans(dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u3000]+")
_MIXED_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Vote:
    """What a column or file is most likely encoded in.

    Attributes:
        encoding: The winner; `utf-8` when no byte above 127 occurs.
        scores: Share of accented words that are Vietnamese syllables, per encoding.
        words: Number of accented words that voted.
    """

    encoding: str
    scores: dict[str, float]
    words: int


def decode(values: Sequence[Any], encoding: str, *, raw: bool = True) -> list[Any]:
    """Return values as NFC Unicode text; each different value is decoded once and missing values stay as they are.

    Args:
        values: Texts in which each character stands for one byte (read as latin-1).
        encoding: One of `ENCODINGS`.
        raw: False when the file format itself is Unicode (XLSX, DXF 2007), so that `utf-8` only means NFC.

    Bytes that cannot be decoded become U+FFFD: a finding for the caller, never a guess.
    """
    unique = [value for value in dict.fromkeys(values) if isinstance(value, str)]
    known = dict(zip(unique, _decode_unique(unique, encoding, raw), strict=True))
    return [known[value] if isinstance(value, str) else value for value in values]


def vote(values: Iterable[Any], *, raw: bool = True) -> Vote:
    """Return the encoding under which most accented words are Vietnamese syllables.

    Meant for a whole column, layer or file: a single value is too short to tell.
    """
    counts = Counter(value for value in values if (isinstance(value, str) and not value.isascii()) or _has_c0(value))
    unique, weights = list(counts), list(counts.values())
    results = {name: _syllable_share(_decode_unique(unique, name, raw), weights) for name in ENCODINGS}
    scores = {name: share for name, (share, _) in results.items()}
    best = max(ENCODINGS, key=lambda name: scores[name])
    return Vote(best if unique else "utf-8", scores, results[best][1])


def doubt(values: Iterable[Any]) -> float | None:
    """Return the share of Vietnamese syllables among accented words, when it is too low to believe.

    None when the texts look right, or when there are too few accented words to tell.
    """
    counts = Counter(value for value in values if isinstance(value, str) and not value.isascii())
    share, words = _syllable_share([unicodedata.normalize("NFC", value) for value in counts], list(counts.values()))
    return share if words >= _ENOUGH_WORDS and share < _BELIEVABLE else None


def repair(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return text in NFC, look-alikes of Đ put right, zero-width characters gone, and where that changed anything.

    Runs of spaces and spaces at the ends are put right too, but are not worth telling.
    """
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
    text = values.astype("object")
    present = text.notna()
    known = {value: function(str(value)) for value in text[present].unique()}
    return text.where(present).map(known)


def flags(values: pd.Series, predicate: Callable[[str], bool]) -> pd.Series:
    """Return whether predicate(value) holds, called once per different value; False for missing values."""
    return map_unique(values, predicate).astype("boolean").fillna(False).astype(bool)


def _decode_unique(unique: list[str], encoding: str, raw: bool) -> list[str]:
    if encoding not in ENCODINGS:
        raise KeyError(encoding)
    if not unique:
        return []
    if encoding in ("utf-8", "cp1258"):
        decoded = [_bytes_to_text(value, encoding) if raw else value for value in unique]
        return [unicodedata.normalize("NFC", value) for value in decoded]
    joined = unicodedata.normalize("NFC", _translate(_SEPARATOR.join(unique), encoding))
    parts = joined.split(_SEPARATOR)
    return [_upper_tcvn3(part) for part in parts] if encoding == "tcvn3" else parts


def _bytes_to_text(value: str, encoding: str) -> str:
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode(encoding, errors="replace")
    except UnicodeEncodeError:
        return value  # A character beyond latin-1 shows that the reader has decoded it already.


def _translate(text: str, encoding: str) -> str:
    table, pattern = _table(encoding)
    if pattern is None:
        return text.translate({ord(source): target for source, target in table.items()})
    return pattern.sub(lambda match: table[match.group()], text)


@cache
def _table(encoding: str) -> tuple[dict[str, str], re.Pattern[str] | None]:
    """Return legacy sequence → letter, and a pattern where sequences are longer than one character."""
    from viparse.normalize import tcvn3, viscii, vni, vps  # Imported here: only legacy files need it.

    charmap = {"tcvn3": tcvn3.TCVN3, "vni": vni.VNI, "viscii": viscii.VISCII, "vps": vps.VPS}[encoding]
    table = dict(charmap.pairs)
    if encoding == "vni":
        table |= _VNI_GAPS
        # Small marks after a capital base occur where only the first letter was typed with shift.
        table |= {s[0] + s[1:].lower(): t for s, t in table.items() if len(s) > 1 and s[0].isupper()}
    if encoding in ("viscii", "vps"):
        table |= {surface: table[byte] for byte, surface in _cp1252_surfaces().items() if byte in table}
    if all(len(sequence) == 1 for sequence in table):
        return table, None
    longest_first = sorted(table, key=len, reverse=True)
    return table, re.compile("|".join(map(re.escape, longest_first)))


def _cp1252_surfaces() -> dict[str, str]:
    """Return byte 0x80 to 0x9F as latin-1 → the character Windows programs show for it."""
    shown = {chr(code): bytes([code]).decode("cp1252", errors="ignore") for code in range(0x80, 0xA0)}
    return {byte: surface for byte, surface in shown.items() if surface}


def _upper_tcvn3(text: str) -> str:
    """Return text set in capitals as capitals: TCVN3 has no accented capitals (NGUYễN → NGUYỄN).

    A word shows it when it has a capital beyond its first letter beside a small accented one; such a word
    makes the whole value capital, unless a small unaccented letter contradicts.
    """
    if not any(_is_mixed(word) for word in _MIXED_WORD.findall(text)):
        return text
    if not re.search("[a-z]", text):
        return text.upper()
    return _MIXED_WORD.sub(lambda match: match.group().upper() if _is_mixed(match.group()) else match.group(), text)


def _is_mixed(word: str) -> bool:
    return (
        not re.search("[a-z]", word)
        and any(character.isupper() for character in word[1:])
        and any(character.islower() for character in word)
    )


def _has_c0(value: Any) -> bool:
    """Return whether a value holds control bytes, which VISCII and VPS use as letters."""
    return isinstance(value, str) and re.search(r"[\x01-\x08\x0e-\x1f]", value) is not None


def _syllable_share(values: list[str], weights: list[int]) -> tuple[float, int]:
    known, good, total = syllables(), 0, 0
    for value, weight in zip(values, weights, strict=True):
        words = [word for word in _TOKEN.findall(value) if not word.isascii()]
        total += weight * len(words)
        good += weight * sum(word.lower() in known for word in words)
    return (good / total if total else 0.0), total


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
