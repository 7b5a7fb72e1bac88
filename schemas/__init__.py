"""What the data means: layers, code lists, findings, profiles and source profiles.

This package imports nothing of ours. Everything it returns is a copy; callers may change it freely.
Importing it reads nothing: each file is read when it is first asked for.
"""

import json
import pickle
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

ROOT = Path(__file__).parent
"""Folder of the package."""


def codelist(name: str) -> "pd.DataFrame":
    """Return a code list; every column is text and an empty cell is the empty string.

    Raises:
        KeyError: There is no such list; the message names those that exist.
    """
    return _codelist(name).copy()


def codelists() -> list[str]:
    """Return the names of all code lists."""
    return list(_names("codelists", ".csv"))


def layer(name: str) -> dict[str, Any]:
    """Return the schema of one entity (JSON Schema 2020-12 with the keywords of OGC API Features Part 5).

    Raises:
        KeyError: There is no such layer; the message names those that exist.
    """
    entity: dict[str, Any] = _copied(_yaml("layers", name))
    return entity


def layers() -> dict[str, dict[str, Any]]:
    """Return every layer by name."""
    return {name: layer(name) for name in _names("layers", ".yaml")}


def public_columns(name: str) -> list[str]:
    """Return the properties of a layer that may leave the house, in their order, without the geometry.

    Raises:
        KeyError: There is no such layer.
    """
    properties = _file(_yaml("layers", name))["properties"]
    return [
        column
        for column, entry in properties.items()
        if entry["x-access"] == "public" and entry.get("x-ogc-role") != "primary-geometry"
    ]


@cache
def references() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Return which column of which layer names rows of which other layers; several are joined by `;`."""
    return tuple(
        (name, column, tuple(definition["x-refers"]))
        for name, entity in layers().items()
        for column, definition in entity["properties"].items()
        if "x-refers" in definition
    )


def findings() -> dict[str, dict[str, Any]]:
    """Return the catalogue of findings: code -> vi, en, unit, legal_ref, remedy_vi, remedy_en, title_vi, title_en."""
    catalogue: dict[str, dict[str, Any]] = _copied("findings.yaml")
    return catalogue


def profile(name: str) -> dict[str, dict[str, str]]:
    """Return a severity profile: code -> `severity` (error, warning, info) and `grade` (1, 2a, 2b, 3).

    The grade is the one a parcel falls to when the finding is about it.

    Raises:
        KeyError: There is no such profile; the message names those that exist.
    """
    graded: dict[str, dict[str, str]] = _copied(_yaml("profiles", name), "codes")
    return graded


def refusal(name: str) -> dict[str, float]:
    """Return when a profile refuses a commune: `parcels_below` (count) and `grade_3_share_above` (0 to 1).

    Raises:
        KeyError: There is no such profile; the message names those that exist.
    """
    limits: dict[str, float] = _copied(_yaml("profiles", name), "refuse_if")
    return limits


def profiles() -> list[str]:
    """Return the names of all severity profiles."""
    return list(_names("profiles", ".yaml"))


def source(name: str) -> dict[str, Any]:
    """Return a source profile: how the files of one vendor look.

    A section with `spellings: true` gets the common spellings of its columns after its own.

    Raises:
        KeyError: There is no such profile; the message names those that exist.
    """
    body: dict[str, Any] = _copied(_yaml("sources", name))
    for section in ("parcels", "register"):
        part = body.get(section)
        if part and part.pop("spellings", False):
            part["columns"] = _merged(part.get("columns") or {}, _file("spellings.yaml")[section])
    return body


def sources() -> list[str]:
    """Return the names of all source profiles."""
    return list(_names("sources", ".yaml"))


def spellings(section: str) -> dict[str, list[str]]:
    """Return how offices spell the names of one section: `parcels`, `register` or `levels`."""
    found: dict[str, list[str]] = _copied("spellings.yaml", section)
    return found


def package_schema() -> dict[str, Any]:
    """Return the JSON Schema of `package.yaml`, with the eras, source profiles and encodings there are."""
    schema: dict[str, Any] = _copied("package.schema.json")
    for definition in (*schema["properties"].values(), *schema["properties"]["files"]["items"]["properties"].values()):
        if definition.pop("x-sources", False):
            definition["enum"] = sources()
        elif "x-codelist" in definition:
            definition["enum"] = codelist(definition["x-codelist"])["code"].tolist()
    return schema


def change_schema() -> dict[str, Any]:
    """Return the JSON Schema of `change.yaml`, with the kinds of transactions and the eras there are."""
    schema: dict[str, Any] = _copied("change.schema.json")
    for definition in schema["properties"].values():
        if "x-codelist" in definition:
            definition["enum"] = codelist(definition["x-codelist"])["code"].tolist()
    return schema


def changes() -> dict[str, Any]:
    """Return what a transaction of each kind may do: `sets`, `always`, `kinds`, `despite_block` … as the file says."""
    rules: dict[str, Any] = _copied("changes.yaml")
    return rules


def _merged(own: dict[str, Any], common: dict[str, list[str]]) -> dict[str, Any]:
    """Return the columns of a profile with the common spellings behind its own, each spelling once."""
    columns: dict[str, Any] = {}
    taken = {spelling for value in own.values() if isinstance(value, list) for spelling in value}
    for column in (*own, *(name for name in common if name not in own)):
        value = own.get(column, [])
        if isinstance(value, list):
            value = value + [spelling for spelling in common.get(column, []) if spelling not in taken]
        columns[column] = value
    return columns


@cache
def _names(folder: str, suffix: str) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (ROOT / folder).glob(f"*{suffix}")))


def _copied(name: str, key: str | None = None) -> Any:
    """Return a copy of what a file holds, or of one entry; unpacking makes it ten times as fast as a deep copy."""
    return pickle.loads(_packed(name, key))


@cache
def _packed(name: str, key: str | None) -> bytes:
    return pickle.dumps(_file(name) if key is None else _file(name)[key])


@cache
def _file(name: str) -> Any:
    text = (ROOT / name).read_text(encoding="utf-8")
    if name.endswith(".json"):
        return json.loads(text)
    # Imported here, so that a command that only shows its help does not wait for it.
    import yaml

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _yaml(folder: str, name: str) -> str:
    """Return the path of a file that must be there."""
    _require(folder, name, ".yaml")
    return f"{folder}/{name}.yaml"


@cache
def _codelist(name: str) -> "pd.DataFrame":
    # Reading YAML must not cost the half second that pandas takes to import.
    import pandas as pd

    _require("codelists", name, ".csv")
    return pd.read_csv(ROOT / "codelists" / f"{name}.csv", dtype=str, keep_default_na=False, encoding="utf-8")


def _require(folder: str, name: str, suffix: str) -> None:
    known = _names(folder, suffix)
    if name not in known:
        raise KeyError(f"{folder}/{name}: not found; there are {', '.join(known)}")
