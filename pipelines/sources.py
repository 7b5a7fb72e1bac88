"""Source profiles applied: which column is which attribute, which drawing level plays which role."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

_DBF_NAME_LENGTH = 10
_LEVEL_WORD = re.compile(r"^(?:level|layer|lop|lv)?0*(?=\d+$)")


@dataclass(frozen=True, slots=True)
class Column:
    """Where a canonical column comes from.

    Attributes:
        name: Column name as the file spells it.
        regex: Pattern whose first group (or whole match) is the value; None = the value as it is.
    """

    name: str
    regex: str | None = None


def fold(name: object) -> str:
    """Return a name without case, accents, spaces and punctuation, so that all spellings of it are equal.

    >>> fold("SO_THU_TU_THUA") == fold("soThuTuThua") == fold("Số thứ tự thửa")
    True
    """
    text = unicodedata.normalize("NFD", str(name)).lower().replace("đ", "d").replace("ð", "d")
    return "".join(letter for letter in text if letter.isalnum())


def columns(spellings: Mapping[str, Any], names: Iterable[str]) -> dict[str, Column]:
    """Return canonical column to the column of the file, for those that the file has.

    The first spelling of the profile that the file has wins. A name of ten characters also matches the spelling
    that the DBF format cut to it (`SoThuTuThu` for `SoThuTuThua`).

    Args:
        spellings: `columns` of a source profile: canonical column to its spellings, or to `{from: spellings,
            regex: pattern}` that takes the first group out of the values.
        names: Column names of the file.
    """
    present = {fold(name): str(name) for name in reversed([*names])}
    found: dict[str, Column] = {}
    for canonical, accepted in spellings.items():
        regex = accepted.get("regex") if isinstance(accepted, Mapping) else None
        names_of_it = (_present(spelling, present) for spelling in _listed(accepted))
        name = next((name for name in names_of_it if name is not None), None)
        if name is not None:
            found[canonical] = Column(name, regex)
    return found


def take(rows: pd.DataFrame, mapping: Mapping[str, Column], wanted: Sequence[str]) -> pd.DataFrame:
    """Return the wanted canonical columns as text, null where the file has none; the index is kept."""
    taken = {name: _values(rows, mapping[name]) if name in mapping else None for name in wanted}
    return pd.DataFrame(taken, index=rows.index).astype("string")


def share(spellings: Mapping[str, Any], names: Sequence[str]) -> float:
    """Return the share of canonical columns (0 to 1) that a file with these column names has."""
    return len(columns(spellings, names)) / len(spellings) if spellings else 0.0


def level_roles(drawing: Mapping[str, Any]) -> dict[str, str]:
    """Return drawing level (or layer name, folded) to its role, from the `drawing` part of a profile."""
    return {level_key(level): role for role, levels in drawing["roles"].items() for level in levels or ()}


def confirmed(columns: Mapping[str, Any], named: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the spellings of a profile with those that a package names for one file (heading → column) before them."""
    added: dict[str, list[str]] = {}
    for heading, canonical in (named or {}).items():
        added.setdefault(canonical, []).append(heading)
    own = {name: spelled if isinstance(spelled, list) else [] for name, spelled in columns.items()}
    return {**columns, **{name: [*spelled, *own.get(name, ())] for name, spelled in added.items()}}


def drawing_of(profile: Mapping[str, Any], levels: Mapping[str, Sequence[str]] | None) -> dict[str, Any] | None:
    """Return the `drawing` part of a profile with the levels that a package names for one file before its own.

    None where neither says what the levels mean.
    """
    drawing = profile.get("drawing")
    if not levels:
        return dict(drawing) if drawing else None
    named = {level_key(level) for names in levels.values() for level in names}
    own = drawing["roles"] if drawing else {}
    kept = {role: [level for level in known or () if level_key(level) not in named] for role, known in own.items()}
    roles = {role: [*levels.get(role, ()), *kept.get(role, ())] for role in {**kept, **levels}}
    return {"text_column": "Text", **(drawing or {}), "roles": roles}


def level_key(level: object) -> str:
    """Return a level number or layer name in the form that `level_roles` uses.

    A number is the same with and without the word for it: `Level 10`, `LEVEL_10`, `Lớp 10` and `10`.

    >>> level_key("LEVEL_04"), level_key(4), level_key("Ranh thửa")
    ('4', '4', 'ranhthua')
    """
    return _LEVEL_WORD.sub("", fold(level))


def roles_of(levels: pd.Series, drawing: Mapping[str, Any]) -> pd.Series:
    """Return the role of every element by its level or layer; null where it plays none."""
    roles = level_roles(drawing)
    lookup = {level: roles.get(level_key(level)) for level in levels.dropna().unique()}
    return levels.map(lookup).astype("string")


def text_of(values: pd.Series) -> pd.Series:
    """Return values as stripped text: whole numbers without `.0`, empty as null."""
    if pd.api.types.is_float_dtype(values):
        whole = values.dropna().mod(1).eq(0).all()
        values = values.astype("Int64") if whole else values
    text = values.astype("string").str.strip()
    return text.mask(text == "")


def key_text(values: pd.Series) -> pd.Series:
    """Return sheet or parcel numbers: stripped, without leading zeros where they are all digits."""
    text = text_of(values)
    return text.str.replace(r"^0+(?=\d+$)", "", regex=True)


def _values(rows: pd.DataFrame, column: Column) -> pd.Series:
    text = text_of(rows[column.name])
    if column.regex is None:
        return text
    pattern = re.compile(column.regex)
    extracted = text.str.extract(column.regex if pattern.groups else f"({column.regex})", expand=True)[0]
    return extracted.astype("string")


def _listed(accepted: Any) -> list[str]:
    spelled = accepted["from"] if isinstance(accepted, Mapping) else accepted
    if spelled is None:
        return []
    return [spelled] if isinstance(spelled, str) else list(spelled)


def _present(spelling: str, present: Mapping[str, str]) -> str | None:
    name = present.get(fold(spelling))
    if name is None and len(spelling) > _DBF_NAME_LENGTH:
        name = present.get(fold(spelling[:_DBF_NAME_LENGTH]))
        name = name if name is not None and len(name) == _DBF_NAME_LENGTH else None
    return name
