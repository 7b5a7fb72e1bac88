"""Entities of the cadastral exchange (TT 75/2015): which there are, what they hold, of what type. All from a code list.

HoSoXml, the JSON of VBDLIS and the tables of MPLIS spell the same entities; here they become frames of one shape.
Every row has `_id`, `_parent` (the `_id` of the entity around it), `_in` (the element it stands in), `_dossier` and
`_before` (true inside the state before a change, which is history and no record).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

import schemas
from pipelines import dates, numbers
from pipelines.sources import fold

ENTITY, CONTAINER = "entity", "container"
_LINK_TYPES: dict[str, Any] = {
    "_id": "int64",
    "_parent": "Int64",
    "_in": "string",
    "_dossier": "int64",
    "_before": "bool",
}
LINKS = tuple(_LINK_TYPES)
UNKNOWN = "unknown_element"
"""Name of the frame of elements the code list does not know: path, count and the first value of each."""

_DTYPES = {"boolean": "boolean", "number": "Float64"}
_AS_THEY_ARE = ("text", "id")
"""Types of attributes that stay texts; software numbers its rows, or names them by 36 letters and digits."""

_TIME = r"\b(\d{2}:\d{2}:\d{2})"
_PREFIX = re.compile(r"^(?:list|danhsach|ds|dc)+")
_TRUE, _FALSE = frozenset({"1", "true", "co", "x", "yes"}), frozenset({"0", "false", "khong", "no"})


@dataclass(frozen=True, slots=True)
class Model:
    """The code list as look-ups by folded name.

    Attributes:
        entities: Folded name or alias → entity.
        containers: Folded names of elements that only hold others.
        attributes: Entity → folded name or alias → attribute.
        types: (entity, attribute) → id, integer, number, text, boolean, date or datetime.
    """

    entities: dict[str, str]
    containers: frozenset[str]
    attributes: dict[str, dict[str, str]]
    types: dict[tuple[str, str], str]

    def entity(self, name: str) -> str | None:
        """Return the entity that an element, key or table name means."""
        folded = fold(name)
        return self.entities.get(folded) or self.entities.get(_PREFIX.sub("", folded))


@dataclass(frozen=True)
class Document:
    """Entities as read, every value a text.

    Attributes:
        frames: Entity → its rows in the order of the file.
        unknown: `path`, `count` and `value` of elements the code list does not know.
    """

    frames: dict[str, pd.DataFrame]
    unknown: pd.DataFrame


@dataclass(frozen=True)
class Typed:
    """Entities with typed columns.

    Attributes:
        frames: Entity → rows; ids and texts `string`, integers `Int64`, numbers `Float64`, booleans `boolean`,
            dates yyyy-mm-dd, with the time behind `T` where one is given.
        bad: `entity`, `_id`, `attribute` and `kind` ("number" or "date") of values that are none.
    """

    frames: dict[str, pd.DataFrame]
    bad: pd.DataFrame


@cache
def model() -> Model:
    """Return the entities of the code list `hosoxml`."""
    rows = schemas.codelist("hosoxml")
    named = rows.loc[rows["type"] == ENTITY]
    spelled = [
        (alias, name) for name, text in zip(named["name"], named["aliases"], strict=True) for alias in _all(name, text)
    ]
    entities = {fold(alias): name for alias, name in spelled}
    entities |= {
        _PREFIX.sub("", folded): name for folded, name in reversed(entities.items()) if folded.startswith("dc")
    }
    leaves = rows.loc[~rows["type"].isin([ENTITY, CONTAINER])]
    attributes: dict[str, dict[str, str]] = {name: {} for name in named["name"]}
    for entity, name, aliases in zip(leaves["entity"], leaves["name"], leaves["aliases"], strict=True):
        attributes[entity] |= {fold(alias): name for alias in _all(name, aliases)}
    keys = zip(leaves["entity"], leaves["name"], strict=True)
    return Model(
        entities=entities,
        containers=frozenset(fold(name) for name in rows.loc[rows["type"] == CONTAINER, "name"]),
        attributes=attributes,
        types=dict(zip(keys, leaves["type"], strict=True)),
    )


def frame(entity: str, records: Sequence[Mapping[Any, Any]]) -> pd.DataFrame:
    """Return records of one entity as a frame with every attribute of the code list, texts and links."""
    names = list(dict.fromkeys(model().attributes[entity].values()))
    # Of the attributes of the structure most stand empty.
    given = set[Any]().union(*records)
    written = [name for name in names if name in given]
    table = pd.DataFrame.from_records(records, columns=[*LINKS, *written])
    nothing = pd.Series(pd.NA, index=table.index, dtype="string")
    columns = {name: table[name].astype(kind).array for name, kind in _LINK_TYPES.items()}
    columns |= dict.fromkeys(names, nothing.array)
    for name in written:
        stripped = table[name].astype("string").str.strip()
        columns[name] = stripped.mask(stripped == "").array
    return pd.DataFrame(columns, index=table.index)


def of_tables(tables: Mapping[str, pd.DataFrame]) -> Document:
    """Return entities from tables whose first row holds the names of the columns (MPLIS, one sheet or file each)."""
    frames, unknown, begun = {}, [], 0
    for name, grid in tables.items():
        entity = model().entity(name)
        if entity is None or grid.empty:
            unknown.append((name, len(grid), None))
            continue
        known = model().attributes[entity]
        heading = ["" if cell is None else str(cell) for cell in grid.iloc[0].tolist()]
        body = grid.iloc[1:].dropna(how="all")
        positions = {known[fold(title)]: at for at, title in enumerate(heading) if fold(title) in known}
        stray = [(at, title) for at, title in enumerate(heading) if title and fold(title) not in known]
        unknown += [(f"{name}/{title}", int(body[at].notna().sum()), None) for at, title in stray]
        records = pd.DataFrame({attribute: body[at] for attribute, at in positions.items()}, index=body.index)
        links = {"_id": range(begun, begun + len(body)), "_parent": None, "_in": name, "_dossier": 0, "_before": False}
        begun += len(body)
        frames[entity] = frame(entity, records.assign(**links).to_dict("records"))
    return Document(frames, unknown_frame(unknown))


def unknown_frame(rows: Sequence[tuple[str, int, str | None]]) -> pd.DataFrame:
    """Return what no entity holds."""
    table = pd.DataFrame(rows, columns=["path", "count", "value"])
    return table.loc[table["count"] > 0].astype({"path": "string", "count": "int64", "value": "string"})


def typed(document: Document) -> Typed:
    """Return the entities of a document with typed columns, and the values that are not of their type."""
    frames, bad = {}, []
    for entity, rows in document.frames.items():
        result = rows.copy()
        for name in (column for column in rows if column not in LINKS):
            kind = model().types[entity, str(name)]
            if kind in _AS_THEY_ARE:
                continue
            result[name], wrong = _typed(rows[name], kind)
            if wrong.any():
                found = pd.DataFrame({"_id": rows.loc[wrong, "_id"], "entity": entity, "attribute": name})
                bad.append(found.assign(kind="date" if kind.startswith("date") else "number"))
        frames[entity] = result
    columns = ["entity", "_id", "attribute", "kind"]
    return Typed(frames, pd.concat(bad, ignore_index=True)[columns] if bad else pd.DataFrame(columns=columns))


def _typed(values: pd.Series, kind: str) -> tuple[pd.Series, pd.Series]:
    if values.isna().all():
        dtype = "string" if kind.startswith("date") else _DTYPES.get(kind, "Int64")
        return pd.Series(pd.NA, index=values.index, dtype=dtype), pd.Series(False, index=values.index)
    if kind.startswith("date"):
        read = dates.parse(values)
        if kind == "datetime":
            time = values.str.extract(_TIME, expand=False).astype("string")
            read["date"] = read["date"].where(time.isna(), read["date"] + "T" + time)
        return read["date"], read["bad"] | (read["date"].isna() & read["year"].notna())
    if kind == "boolean":
        key = values.str.lower()
        flag = pd.Series(pd.NA, index=values.index, dtype="boolean").mask(key.isin(_TRUE), True)
        flag = flag.mask(key.isin(_FALSE), False)
        return flag, (values.notna() & flag.isna()).astype(bool)
    number, wrong = numbers.parse(values)
    if kind == "number":
        return number.astype("Float64"), wrong
    whole = number.isna() | (number.mod(1) == 0)
    return number.where(whole).round().astype("Int64"), wrong | ~whole


def _all(name: str, aliases: str) -> list[str]:
    return [name, *aliases.split()]
