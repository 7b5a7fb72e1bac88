"""What one text of a drawing says about a parcel: one table of forms, tried in order.

Written by many hands: `ONT 25/120.5`, `25/120,5 m2 ONT`, `1L654/119.3`, a number above a bar above an area, a node of
several lines. Parts keep their spelling, apart from what cannot be meant otherwise: blanks, units, a Cyrillic letter
in a code, small letters in a code.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

NODE = "node"
"""Role of a text of several lines whose order the profile gives."""

SAID = ("sheet", "address", "owner")
"""Roles of texts that say something of a parcel beside its label: old files have them on levels of their own."""

OF_PEOPLE = frozenset({NODE, "owner"})
"""Roles of texts that may name a person."""

NODE_PARTS = ("sheet", "number", "address", "code", "owner", "area")
"""What a line of a node may say."""

_CYRILLIC = "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405"
_CYRILLIC_SMALL = "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455"
_SLASHES, _DASHES = "\u2044\u2215\u29f8", "\u2010\u2011\u2013\u2014\u2212"
_ALIKE = str.maketrans(
    _CYRILLIC + _CYRILLIC_SMALL + "\u00d0\u0189\u00f0\u0256" + _SLASHES + _DASHES,
    "ABEKMHOPCTYXIJS" + "aeopcyxijs" + "\u0110\u0110\u0111\u0111" + "///" + "-----",
)
"""Letters, slashes and dashes that look like those of a label: typed with another keyboard, or put in by a program."""

_BLANKS = re.compile(r"[^\S\n]+")
_BAR = re.compile(r"[\s_\-=~.]*")
_BAR_LINE = re.compile(r"(?m)^[\s_\-=~]+$\n?")
_UNIT = r"(?:\s*m(?:2|\^2))?"

_CODE = r"(?:[12]L|[A-ZĐ]{1,4})"
_CODES = rf"{_CODE}(?:\s*\+\s*{_CODE})*"
_NUMBER = r"[0-9]{1,5}[a-z]?(?:-[0-9]{1,4})?"
_AREA = (
    r"(?:[0-9]{1,3}(?:[ .][0-9]{3})+(?:,[0-9]{1,3})?"
    r"|[0-9]{1,3}(?:[ ,][0-9]{3})+(?:\.[0-9]{1,3})?"
    r"|[0-9]+(?:[.,][0-9]+)?)"
)
_BETWEEN = r"\s*[/|\\\n]\s*"
_BESIDE = r"\s*[/|\\\n]?\s*"
_GROUPS = {
    "code": rf"(?P<code>{_CODES})",
    "number": rf"(?P<number>{_NUMBER})",
    "area": rf"(?P<area>{_AREA}){_UNIT}",
    "between": _BETWEEN,
    "beside": _BESIDE,
    "any": r"(?P<code>[^\W_]{1,4}(?:\s*\+\s*[^\W_]{1,4})*)",
}

_FORMS: tuple[tuple[str, frozenset[str], re.Pattern[str]], ...] = tuple(
    (part, frozenset(roles.split()), re.compile(form.format(**_GROUPS), re.IGNORECASE))
    for part, roles, form in (
        # The shorthand 1L, 2L of old drawings stands right before the number: it must be tried before plain numbers.
        ("whole", "label parcel_number", "(?:{code}{beside})?{number}{between}{area}"),
        ("whole", "label parcel_number", "{number}{between}{area}{beside}{code}"),
        ("whole", "label parcel_number", "{number}{between}{code}{between}{area}"),
        ("number", "parcel_number", "{number}"),
        ("area", "area", "{area}"),
        ("code", "land_use legal_land_use", "{any}"),
    )
)

BAR = "bar"
"""What a text of dashes is: the bar of a label, written instead of drawn."""


def parse(text: str, role: str, order: Sequence[str] = ()) -> Mapping[str, str] | None:
    """Return the parts of a text: `part` (what it is as a whole), `number`, `area`, `code` …; None = not understood.

    Args:
        text: Decoded text.
        role: Role of its level.
        order: What each line of a node says, of `NODE_PARTS`; `-` is a line to pass over.

    Example:
        >>> parse("ont+cln 25 / 1.120,5 m²", "label")
        {'part': 'whole', 'number': '25', 'area': '1.120,5', 'code': 'ONT+CLN'}
    """
    clean = tidy(text)
    if role == NODE:
        return _node(clean, order)
    if role in SAID:
        return {"part": role} if clean else None
    if clean and _BAR.fullmatch(clean):
        return {"part": BAR}
    clean = _BAR_LINE.sub("", clean + "\n").strip()
    for part, roles, pattern in _FORMS:
        found = pattern.fullmatch(clean) if role in roles else None
        if found is not None:
            return {"part": part} | _parts(found.groupdict())
    return None


def tidy(text: str) -> str:
    """Return a text with plain letters and digits, single blanks and single line feeds."""
    plain = unicodedata.normalize("NFKC", text.replace("\r", "\n")).translate(_ALIKE)
    lines = (_BLANKS.sub(" ", line).strip() for line in plain.split("\n"))
    return "\n".join(line for line in lines if line)


def _parts(groups: Mapping[str, Any]) -> dict[str, str]:
    values = {name: groups.get(name) for name in ("number", "area", "code")}
    found = {name: value for name, value in values.items() if value}
    if "number" in found:
        # Leading zeros say nothing, and a label of zeros alone is no number.
        found["number"] = re.sub(r"^0+(?=[0-9])", "", found["number"])
    if "area" in found:
        found["area"] = found["area"].replace(" ", "")
    if "code" in found:
        found["code"] = re.sub(r"\s+", "", found["code"]).upper()
    return found


def _node(text: str, order: Sequence[str]) -> dict[str, str] | None:
    """Return the parts of a node; one whose line of the number is none says nothing that can be relied on."""
    lines = text.split("\n")
    said = {name: line for name, line in zip(order, lines, strict=False) if name in NODE_PARTS and line != "-"}
    number, code, area = (said.get(name, "") for name in ("number", "code", "area"))
    if len(lines) < 2 or not re.fullmatch(_NUMBER, number, re.IGNORECASE):
        return None
    if code and not re.fullmatch(_CODES, code, re.IGNORECASE):
        return None
    if area and not re.fullmatch(_AREA + _UNIT, area, re.IGNORECASE):
        return None
    area = re.sub(_UNIT + "$", "", area, flags=re.IGNORECASE)
    others = {name: said[name] for name in ("sheet", "address", "owner") if said.get(name)}
    return {"part": "whole"} | _parts({"number": number, "area": area, "code": code}) | others
