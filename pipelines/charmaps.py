"""Vietnamese encodings by explicit table: bytes, or the characters that stand for bytes, to NFC Unicode.

Files from 8-bit programs are read as latin-1, which keeps every byte. Texts that a Windows program stored in a Unicode
file (XLSX, DXF 2007) show the bytes 0x80 to 0x9F as their Windows-1252 surfaces (€, ™ …); both forms are understood.
Nothing here removes "invisible" characters before decoding: byte 0xAD is the letter ư in TCVN3.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from pipelines.syllables import syllables

ENCODINGS = ("utf-8", "tcvn3", "vni", "viscii", "vps", "cp1258", "utf-8-cp1252")
"""Encodings a package may name, in the order in which a tied vote is decided."""

UNDECODABLE = "\ufffd"

_SEPARATOR = "\x00"
_WORD = re.compile(r"[^\W\d_]+")
_SHIELD = {"²": "\ue0b2", "³": "\ue0b3"}
_UNIT = re.compile(r"(?<![^\W\d_])([kdc]?m)([²³])(?![^\W\d_²³])")
_C0 = re.compile(r"[\x00-\x08\x0e-\x1f]")
_HYPHENED = re.compile("[A-Za-z\xa1-\xff]*-[A-Za-z\xa1-\xff]+")
_VNI_GAPS = {"aú": "ẳ", "AÚ": "Ẳ", "î": "ỵ", "Î": "Ỵ", "iï": "ị", "IÏ": "Ị", "iû": "ỉ", "IÛ": "Ỉ", "iõ": "ĩ", "IÕ": "Ĩ"}
# Capitals of TCVN 5712:1993 that the fonts .Vn* do not draw but some programs write.
_TCVN_CAPITALS = {
    **dict(zip(map(chr, range(0x80, 0xA0)), "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ", strict=True)),
    **dict(zip("\x01\x02\x04\x05\x06\x11\x12\x13\x14\x15\x16\x17", "ÚỤỪỬỮỨỰỲỶỸÝỴ", strict=True)),
    **dict(zip("\xaf\xba\xbf\xc0\xc1\xc2\xc3\xc4\xc5\xcd\xd9\xda\xdb\xe0\xf0\xff", "ẰẲẴẮẦẨẪẤỀỂỄẾỒỔỖỐ", strict=True)),
}
_SHIELDED = 0xE000
_SIGNS = "".join(bytes([code]).decode("cp1252", errors="ignore") for code in range(0x80, 0xA0))
_CAPITAL = re.compile(f"[{_SIGNS}{''.join(map(re.escape, _TCVN_CAPITALS))}]")
_MAYBE_WORD = re.compile(f"[A-Za-z\x01-\x08\x0e-\x1f\x80-\x9f\xa1-\xff{_SIGNS}]+")
# Other programs show byte 0xB5 as Greek mu and 0xB7 as an operator.
_TCVN_SURFACES = {"\u03bc": "à", "\u2219": "ã", "\u22c5": "ã"}


def decode(values: Sequence[Any], encoding: str, *, raw: bool = True) -> list[Any]:
    """Return values as NFC Unicode text; each different value is decoded once and missing values stay as they are.

    Args:
        values: Texts in which each character stands for one byte (read as latin-1).
        encoding: One of `ENCODINGS`.
        raw: False when the file format itself is Unicode (XLSX, DXF 2007), so that `utf-8` only means NFC.

    Bytes that cannot be decoded become U+FFFD: a finding for the caller, never a guess.
    """
    unique = [value for value in dict.fromkeys(values) if isinstance(value, str)]
    known = dict(zip(unique, decode_unique(unique, encoding, raw), strict=True))
    return [known[value] if isinstance(value, str) else value for value in values]


def decode_unique(unique: list[str], encoding: str, raw: bool, *, compose: bool = True) -> list[str]:
    """Return each text decoded; as `decode`, for texts that are all different and none missing.

    Without `compose`, text that is Unicode keeps the form it was written in.
    """
    if encoding not in ENCODINGS:
        raise KeyError(encoding)
    if not unique:
        return []
    if raw and encoding != "utf-8" and any(is_utf16(value) for value in unique):
        # Some programs store single texts as UTF-16 in a file of bytes.
        return [decode_unique([value], "utf-8" if is_utf16(value) else encoding, raw)[0] for value in unique]
    one = _single(encoding, raw)
    if one is not None and encoding == "utf-8" and not compose:
        return [one(value) for value in unique]
    if one is not None:
        return [unicodedata.normalize("NFC", one(value)) for value in unique]
    joined = unicodedata.normalize("NFC", _translate(_SEPARATOR.join(unique), encoding))
    parts = joined.split(_SEPARATOR)
    if len(parts) != len(unique):  # A text holds the separator itself.
        parts = [unicodedata.normalize("NFC", _translate(value, encoding)) for value in unique]
    return [_upper_tcvn3(part) for part in parts] if encoding == "tcvn3" else parts


def to_bytes(value: str) -> bytes | None:
    """Return the bytes a text stands for, as latin-1 or as Windows-1252; None where a character stands for no byte."""
    surfaces = _byte_of_surface()
    found = bytearray()
    for character in value:
        code = ord(character)
        if code > 0xFF:
            byte = surfaces.get(character)
            if byte is None:
                return None
            code = byte
        found.append(code)
    return bytes(found)


def is_utf16(value: str) -> bool:
    """Return whether the characters of a text stand for the bytes of UTF-16."""
    if "\x00" not in value and not value.startswith(("\xff\xfe", "\xfe\xff")):
        return False
    content = value.encode("latin-1", errors="ignore")
    return len(content) == len(value) and _utf16(content) is not None


def is_accented(value: str) -> bool:
    """Return whether a value holds more than ASCII, or control bytes, which VISCII and VPS use as letters."""
    return not value.isascii() or _C0.search(value) is not None


def escape(value: str) -> str:
    r"""Return a text with everything but printable ASCII as \xNN or \uNNNN, so that no byte of it is lost on paper."""
    return value.encode("unicode_escape").decode("ascii")


def _single(encoding: str, raw: bool) -> Callable[[str], str] | None:
    """Return the decoder of one text for encodings that are no table of letters."""
    if encoding == "utf-8":
        return _utf8 if raw else str
    if encoding == "utf-8-cp1252":
        return _misread_utf8
    return _cp1258 if encoding == "cp1258" else None


def _utf8(value: str) -> str:
    if value.isascii() and "\x00" not in value:
        return value
    try:
        content = value.encode("latin-1")
    except UnicodeEncodeError:
        return value  # A character beyond latin-1 shows that the reader has decoded it already.
    return _utf16(content) or content.decode("utf-8", errors="replace")


def _utf16(content: bytes) -> str | None:
    """Return the text of UTF-16 bytes with their mark, or with the zero bytes that Latin letters leave; else None."""
    if len(content) < 4 or len(content) % 2:
        return None
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return content.decode("utf-16")
        high, low = content[1::2], content[0::2]
        if high.count(0) * 3 > len(high) and 0 not in low:
            return content.decode("utf-16-le")
        return content.decode("utf-16-be") if low.count(0) * 3 > len(low) and 0 not in high else None
    except UnicodeDecodeError:
        return None


def _misread_utf8(value: str) -> str:
    """Return text whose UTF-8 bytes some program took for Windows-1252, once or twice; other texts as they are."""
    for _ in range(2):
        content = None if value.isascii() else to_bytes(value)
        if content is None:
            return value
        try:
            value = content.decode("utf-8")
        except UnicodeDecodeError:
            return value
    return value


def _cp1258(value: str) -> str:
    content = None if value.isascii() else to_bytes(value)
    return value if content is None else content.decode("cp1258", errors="replace")


def _translate(text: str, encoding: str) -> str:
    table, pattern = _table(encoding)
    if pattern is not None:
        return pattern.sub(lambda match: table[match.group()], text)
    if encoding == "tcvn3":
        text = _with_lost_u(text)
        return _with_capitals(text).translate(_codes(encoding))
    # In VISCII ² is ỗ, but the commonest ² of a register is that of a square metre.
    shielded = _UNIT.sub(lambda match: match.group(1) + _SHIELD[match.group(2)], text)
    return shielded.translate(_codes(encoding) | {ord(shield): power for power, shield in _SHIELD.items()})


@cache
def _codes(encoding: str) -> dict[int, str]:
    return {ord(source): target for source, target in _table(encoding)[0].items()}


@cache
def _table(encoding: str) -> tuple[dict[str, str], re.Pattern[str] | None]:
    """Return legacy sequence → letter, and a pattern where sequences are longer than one character."""
    from viparse.normalize import tcvn3, viscii, vni, vps  # Imported here: only legacy files need it.

    charmap = {"tcvn3": tcvn3.TCVN3, "vni": vni.VNI, "viscii": viscii.VISCII, "vps": vps.VPS}[encoding]
    table = dict(charmap.pairs)
    if encoding == "vni":
        table |= _VNI_GAPS
        # Small marks after a capital base occur where only the first letter was typed with shift, and the other way.
        table |= {s[0] + s[1:].lower(): t for s, t in table.items() if len(s) > 1 and s[0].isupper()}
        table |= {s[0] + s[1:].upper(): t for s, t in table.items() if len(s) > 1 and s[0].islower()}
    if encoding == "tcvn3":
        table = table | _TCVN_SURFACES | {chr(_SHIELDED + ord(code)): letter for code, letter in _TCVN_CAPITALS.items()}
    if encoding in ("viscii", "vps"):
        table |= {surface: table[chr(byte)] for surface, byte in _byte_of_surface().items() if chr(byte) in table}
    if all(len(sequence) == 1 for sequence in table):
        return table, None
    longest_first = sorted(table, key=len, reverse=True)
    return table, re.compile("|".join(map(re.escape, longest_first)))


@cache
def _byte_of_surface() -> dict[str, int]:
    """Return the characters that Windows programs show for the bytes 0x80 to 0x9F, and those bytes."""
    shown = {bytes([code]).decode("cp1252", errors="ignore"): code for code in range(0x80, 0xA0)}
    return {surface: code for surface, code in shown.items() if surface}


def _with_capitals(text: str) -> str:
    """Return TCVN3 text in which the codes of the standard's capitals are marked where they make a word of capitals.

    Elsewhere the bytes 0x80 to 0x9F are the dashes and quotation marks that Windows fonts draw there, and the others
    are characters that nobody meant: they stay, to be told.
    """
    if _CAPITAL.search(text) is None:
        return text
    surfaces = _byte_of_surface()
    signs = {code: sign for sign, code in surfaces.items()}
    codes = _codes("tcvn3")

    def mend(match: re.Match[str]) -> str:
        letters = [chr(surfaces.get(letter, ord(letter))) for letter in match.group()]
        marked = "".join(chr(_SHIELDED + ord(letter)) if letter in _TCVN_CAPITALS else letter for letter in letters)
        word = unicodedata.normalize("NFC", marked.translate(codes))
        if len(word) > 1 and word.lower() in syllables() and (word.isupper() or word.istitle()):
            return marked
        return "".join(signs.get(ord(letter), letter) for letter in match.group())

    return _MAYBE_WORD.sub(mend, text)


def _with_lost_u(text: str) -> str:
    """Return TCVN3 text with the ư back that a program turned from a soft hyphen into a hyphen (ph-êng → phường)."""
    if "-" not in text:
        return text
    codes, known = _codes("tcvn3"), syllables()

    def mend(match: re.Match[str]) -> str:
        parts = match.group().split("-")
        if len(parts) != 2 or match.group().isascii():
            return match.group()
        left, right = (part.translate(codes).lower() for part in parts)
        together = left + "ư" + right
        return "\xad".join(parts) if together in known and not (left in known and right in known) else match.group()

    return _HYPHENED.sub(mend, text)


def _upper_tcvn3(text: str) -> str:
    """Return text set in capitals as capitals: TCVN3 has no accented capitals (NGUYễN → NGUYỄN).

    A word shows it when it has a capital beyond its first letter beside a small accented one; such a word
    makes the whole value capital, unless a small unaccented letter contradicts.
    """
    if not any(_is_mixed(word) for word in _WORD.findall(text)):
        return text
    if not re.search("[a-z]", text):
        return text.upper()
    return _WORD.sub(lambda match: match.group().upper() if _is_mixed(match.group()) else match.group(), text)


def _is_mixed(word: str) -> bool:
    return (
        not re.search("[a-z]", word)
        and any(character.isupper() for character in word[1:])
        and any(character.islower() for character in word)
    )
