"""Label nodes of a drawing: texts of several lines that say sheet, number, owner … of a parcel in a fixed order.

The level they stand on says little, as other programs use it for other things; what is written there does.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pipelines import sources
from pipelines.package.survey import Level

ROLE = "node"

_SHARE = 0.5
_LINES = {
    "number": re.compile(r"0*\d{1,5}[a-z]?(?:-\d{1,3})?", re.IGNORECASE),
    "code": re.compile(r"-?|[A-ZĐÐ§+\s]{1,20}"),
}
"""What a line of a node can only be; § is the Đ of the old encoding, undecoded."""


def known(levels: Iterable[Level], drawing: Mapping[str, Any]) -> set[str]:
    """Return the roles of a profile that the levels of a drawing play; that of nodes only where nodes stand on it.

    Args:
        levels: Levels of the drawing.
        drawing: Part of the profile about drawings.
    """
    roles = sources.level_roles(drawing)
    played = [(roles[key], level) for level in levels if (key := sources.level_key(level.name)) in roles]
    return {role for role, level in played if role != ROLE or _are_nodes(level, drawing.get("node") or ())}


def _are_nodes(level: Level, order: Iterable[str]) -> bool:
    """Tell whether most texts of several lines on a level read as nodes; texts of one line say nothing for it."""
    written = [text.replace("\r\n", "\n").replace("\r", "\n").strip() for text in level.texts]
    several = [text.split("\n") for text in written if "\n" in text]
    parts = list(order)
    return sum(_is_node(lines, parts) for lines in several) > _SHARE * len(several)


def _is_node(lines: list[str], order: list[str]) -> bool:
    said = {part: line.strip() for part, line in zip(order, lines, strict=False)}
    asked = {part: pattern for part, pattern in _LINES.items() if part in said}
    return "number" in asked and all(pattern.fullmatch(said[part]) for part, pattern in asked.items())
