"""Layers with their code lists filled in: what a validator, an API or a reader of the dictionary needs."""

from typing import Any

import schemas

Code = dict[str, str]
"""`const`, `title` (Vietnamese) and `title:en` of one code."""


def resolved(name: str) -> dict[str, Any]:
    """Return the schema of a layer with `enum` or `pattern` and `x-enum` from its code lists.

    Raises:
        KeyError: There is no such layer, or it names a code list that is not there.
    """
    entity = schemas.layer(name)
    for definition in entity["properties"].values():
        _fill(definition)
    return entity


def codes(name: str) -> list[Code]:
    """Return the codes of a list with both names, each code once.

    Raises:
        KeyError: There is no such list.
    """
    rows = schemas.codelist(name).drop_duplicates("code")
    return [
        {"const": code, "title": vi, "title:en": en or vi}
        for code, vi, en in zip(rows["code"], rows["name_vi"], rows["name_en"], strict=True)
    ]


def _fill(definition: dict[str, Any]) -> None:
    if definition.get("x-findings"):
        definition["enum"] = list(schemas.findings())
    listed = definition.get("x-codelist")
    if listed is None:
        return
    entries = codes(listed)
    definition["x-enum"] = entries
    separator = definition.get("x-separator")
    if separator is not None:
        one = "|".join(entry["const"] for entry in entries)
        definition["pattern"] = f"^({one})(\\{separator}({one}))*$"
        return
    definition["enum"] = [entry["const"] for entry in entries]
    if "null" in definition["type"]:
        definition["enum"].append(None)
