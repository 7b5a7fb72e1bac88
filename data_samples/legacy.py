"""Text as old files hold it: TCVN3 bytes, decomposed Unicode."""

import unicodedata

_BASE = "ĂÂÊÔƠƯĐăâêôơưđ"
_TONED = {
    "aàảãáạ": (0xB5, 0xB6, 0xB7, 0xB8, 0xB9),
    "ăằẳẵắặ": (0xBB, 0xBC, 0xBD, 0xBE, 0xC6),
    "âầẩẫấậ": (0xC7, 0xC8, 0xC9, 0xCA, 0xCB),
    "eèẻẽéẹ": (0xCC, 0xCE, 0xCF, 0xD0, 0xD1),
    "êềểễếệ": (0xD2, 0xD3, 0xD4, 0xD5, 0xD6),
    "iìỉĩíị": (0xD7, 0xD8, 0xDC, 0xDD, 0xDE),
    "oòỏõóọ": (0xDF, 0xE1, 0xE2, 0xE3, 0xE4),
    "ôồổỗốộ": (0xE5, 0xE6, 0xE7, 0xE8, 0xE9),
    "ơờởỡớợ": (0xEA, 0xEB, 0xEC, 0xED, 0xEE),
    "uùủũúụ": (0xEF, 0xF1, 0xF2, 0xF3, 0xF4),
    "ưừửữứự": (0xF5, 0xF6, 0xF7, 0xF8, 0xF9),
    "yỳỷỹýỵ": (0xFA, 0xFB, 0xFC, 0xFD, 0xFE),
}
_TABLE: dict[str, int] = {letter: 0xA1 + place for place, letter in enumerate(_BASE)}
for _letters, _codes in _TONED.items():
    for _letter, _code in zip(_letters[1:], _codes, strict=True):
        _TABLE[_letter] = _code
        _TABLE[_letter.upper()] = _code  # There is no byte for it; .VnTimeH draws the small letter as a capital.


def tcvn3(text: str) -> str:
    """Return text in TCVN3, each byte as the Latin-1 character of the same number.

    A capital letter with a tone becomes the byte of the small one: TCVN3 has no other.

    >>> tcvn3("Thửa đất").encode("latin-1").hex()
    '5468f66120aeca74'

    Raises:
        UnicodeEncodeError: A character has no byte in TCVN3.
    """
    composed = unicodedata.normalize("NFC", text)
    encoded = "".join(chr(_TABLE.get(letter, ord(letter))) for letter in composed)
    encoded.encode("latin-1")
    return encoded


def decomposed(text: str) -> str:
    """Return text with every mark as a character of its own (NFD), as some spreadsheets export it."""
    return unicodedata.normalize("NFD", text)
