"""Which characters of a drawing are bytes of an 8-bit text, and which are Unicode.

A reader that decodes 8-bit text by the code page of the file has not lost its bytes: each went to one character. They
are brought back here, so that TCVN3 and VNI, which no code page names, can be found by vote.
"""

import codecs
import re
from collections.abc import Sequence
from functools import cache

WIDE = "wide"
"""Storage of a text that the file holds in Unicode."""


def restored(
    texts: Sequence[str | None], is_wide: Sequence[bool], codepage: str | None
) -> tuple[list[str | None], bool]:
    """Return texts with bytes as latin-1 characters where they were bytes, and whether any may need decoding.

    Unicode text stays as it is where the file shows, by one character beyond latin-1, that it means Unicode. Where
    none does, accented letters in it may be TCVN3 typed under a Vietnamese font, and are handed on as bytes.

    Args:
        texts: Texts as read.
        is_wide: Whether the file holds a text in Unicode.
        codepage: Code page by which 8-bit texts were decoded.
    """
    to_byte, windows = _bytes_of(codepage or "windows-1252"), _bytes_of("windows-1252")
    narrow = {text for text, wide in zip(texts, is_wide, strict=True) if text and not wide and not text.isascii()}
    unicode = {text for text, wide in zip(texts, is_wide, strict=True) if text and wide and not text.isascii()}
    means_unicode = any(ord(character) not in windows for text in unicode for character in text)
    known = {text: _as_bytes(text, to_byte) for text in narrow}
    if not means_unicode:
        known |= {text: _as_bytes(text, windows) for text in unicode if text not in known}
    done = [text if text is None else known.get(text, text) for text in texts]
    return done, bool(narrow) or (bool(unicode) and not means_unicode)


def _as_bytes(text: str, to_byte: dict[int, int]) -> str:
    """Return the bytes of a text as latin-1; a text that holds any other character was Unicode and stays."""
    if all(ord(character) in to_byte for character in text):
        return text.translate(to_byte)
    return text


@cache
def _bytes_of(codepage: str) -> dict[int, int]:
    """Return character to byte of a code page; bytes it leaves open stand for themselves."""
    number = re.search(r"\d{3,5}$", codepage)
    name = f"cp{number.group()}" if number else codepage
    try:
        codecs.lookup(name)
    except LookupError:
        name = "cp1252"
    table = {}
    for byte in range(256):
        character = bytes([byte]).decode(name, errors="ignore") or chr(byte)
        table[ord(character)] = byte
    return table
