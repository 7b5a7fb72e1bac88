"""What the title of a sheet says: its number in the commune, and the commune.

The recogniser leaves out some letters with Vietnamese accents (`T BẢN Đ S: 12`), so that each word is told by what is
left of it; `Bản đồ 299` names a kind of map and is no number.
"""

import re

from pipelines import communes
from pipelines.scan.place.margins import Line
from pipelines.text import fold

_ABOVE_MM = 9.0
"""Nearer above the frame stand the numbers of the neighbouring sheets."""

_SO = r"\s*s[o0]?\s*[:.]?\s*"
_MAP = r"b[ao]n\s*d[o0]?\b"
_NUMBER = re.compile(
    rf"(?:\bt[o0]?\s+{_MAP}(?:\s+d[il]a\s*ch[il]nh)?{_SO}|\b{_MAP}(?:\s+d[il]a\s*ch[il]nh)?{_SO}|\bt[o0]?{_SO}"
    r"|\btbd(?:dc)?(?:\s+s[o0]?)?\s*[:.]?\s*)(\d{1,4})(?!\s*[\d.,:/]*\d)"
)
_MERIDIAN = re.compile(r"(?<!\d)(10[2-9])\s*[\u00b0o*\u00ba\u02da0]?\s?(00|15|30|45)(?!\d)")
_COMMUNE = re.compile(
    r"\b(xa|ph[uo]{0,2}ng|th[i]?\s*tr[a]?n|dac khu)\s*:?\s+(\D{2,30}?)\s*"
    r"(?:[,;.:]|\s[-\u2013]|\(|\b(?:huy[e]?n|tp|t[i]?nh|thanh ph[o]?|qu[a]?n|th[i]? xa)\b|\d|$)"
)


def number(lines: list[Line]) -> str | None:
    """Return the number of the sheet as the title above the frame says it; None where it says none, or several."""
    said = {
        str(int(found[1]))
        for line in lines
        if not line.is_across and line.centre[1] < -_ABOVE_MM and (found := _NUMBER.search(fold(line.text)))
    }
    return said.pop() if len(said) == 1 else None


def commune(lines: list[Line]) -> str | None:
    """Return the commune: its name in the list where one alone comes near, else what was read; None without one."""
    said = dict[str, str]()
    for line in lines:
        text = " ".join(line.text.split())
        found = _COMMUNE.search(fold(text))
        # Letter by letter what is compared is what was read, so that its places are those of the text.
        if found is not None and not line.is_across and len(fold(text)) == len(text):
            kind, name = text[slice(*found.span(1))], text[slice(*found.span(2))].strip()
            said[found[0]] = f"{kind} {communes.spelled(name) or name}"
    return next(iter(said.values())) if len(said) == 1 else None


def meridian(lines: list[Line]) -> float | None:
    """Return the central meridian in degrees as it is printed below a frame; None where it is not, or twice."""
    said = {
        int(found[1]) + int(found[2]) / 60
        for line in lines
        if "truc" in (plain := fold(line.text)) or "trc" in plain or "kinh" in plain
        for found in _MERIDIAN.finditer(plain)
    }
    return said.pop() if len(said) == 1 else None
