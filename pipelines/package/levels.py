"""Levels of a drawing that no profile knows: which role each may play, by its name and by what stands on it.

A proposal only: the officer sees it with its evidence in `package.yaml` before any of it is used.
"""

import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import schemas
from pipelines import sources
from pipelines.package import nodes
from pipelines.package.guesses import Guess
from pipelines.package.survey import Level, Survey

_TELLING_TEXTS = 5
_SHARE = 0.8
_LABEL = re.compile(
    r"(?:[12]L|[A-ZĐ]{1,4}(?:\+[A-ZĐ]{1,4})*)?\s*\d{1,5}[a-z]?\s*[/\n]\s*\d+(?:[.,]\d+)?(?:\s*[A-ZĐ+]+)?"
)
_NUMBER = re.compile(r"\d{1,5}[a-z]?")
_AREA = re.compile(r"\d+[.,]\d+(?:\s*m2|\s*m²)?")
_CODE = re.compile(r"[A-ZĐ]{1,3}(?:\+[A-ZĐ]{1,3})*")


@dataclass(frozen=True, slots=True)
class Told:
    """A role and why, in both languages."""

    role: str
    vi: str
    en: str


def guess(item: Survey, body: Mapping[str, Any]) -> list[Guess]:
    """Return the proposal for `levels` of one drawing: none where the profile already knows what it needs.

    Args:
        item: The drawing.
        body: Source profile.
    """
    roles = sources.level_roles(body["drawing"]) if body.get("drawing") else {}
    known = nodes.known(item.levels, body["drawing"]) if body.get("drawing") else set()
    if "boundary" in known and known & {"parcel_number", "label", nodes.ROLE}:
        return []
    unknown = [level for level in item.levels if sources.level_key(level.name) not in roles]
    found: dict[str, Told] = {level.name: proposed for level in unknown if (proposed := _role(level)) is not None}
    if "boundary" not in {told.role for told in found.values()} | known:
        found |= _longest([level for level in unknown if level.name not in found])
    if not found:
        return []
    listed: dict[str, list[str]] = {}
    for name, told in found.items():
        listed.setdefault(told.role, []).append(name)
    vi, en = (
        "; ".join(f"{name} → {told.role}: {why(told)}" for name, told in found.items())
        for why in (operator.attrgetter("vi"), operator.attrgetter("en"))
    )
    return [Guess(f"files[{item.path}].levels", listed, vi, en, is_sure=False)]


def _role(level: Level) -> Told | None:
    """Return the role of a level by its name, else by its texts; None where neither tells."""
    for role, words in schemas.spellings("levels").items():
        folded = sources.fold(level.name)
        word = next((word for word in words if sources.fold(word) in folded), None)
        if word is not None and bool(level.lines) == (role in _OF_LINES):
            return Told(role, f"tên lớp có “{word}”", f"its name has “{word}”")
    texts = [text.strip() for text in level.texts]
    if len(texts) < _TELLING_TEXTS:
        return None
    return next((told for role, kind, pattern in _KINDS if (told := _by_texts(role, kind, pattern, texts))), None)


def _by_texts(role: str, kind: tuple[str, str], pattern: re.Pattern[str], texts: Sequence[str]) -> Told | None:
    share = sum(bool(pattern.fullmatch(text)) for text in texts) / len(texts)
    if share < _SHARE:
        return None
    vi, en = kind
    return Told(role, f"{share:.0%} của {len(texts)} chữ là {vi}", f"{share:.0%} of {len(texts)} texts are {en}")


def _longest(levels: Sequence[Level]) -> dict[str, Told]:
    """Return the level with the longest line work as the boundary, where it has most of it."""
    whole = sum(level.length_m for level in levels)
    longest = max(levels, key=lambda level: level.length_m, default=None)
    if longest is None or not longest.length_m or longest.length_m < whole / 2:
        return {}
    share = f"{longest.length_m / whole:.0%}"
    vi, en = f"{share} chiều dài các đường chưa biết", f"{share} of the line work no profile knows"
    return {longest.name: Told("boundary", vi, en)}


_OF_LINES = frozenset({"boundary", "documented_boundary", "commune_outline"})
_KINDS = (
    ("label", ("số thửa trên diện tích", "number over area"), _LABEL),
    ("parcel_number", ("số nguyên", "whole numbers"), _NUMBER),
    ("area", ("số có phần thập phân", "numbers with decimals"), _AREA),
    ("land_use", ("mã loại đất", "land-use codes"), _CODE),
)
