"""Which features a question means: a sorted list of keys, kept for the pages that follow.

A release never changes, so the list of a question is made once; counting it is exact and any page of it is a slice.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from sqlite3 import Connection
from typing import Any

import numpy as np
import orjson

from atlas.server import crs, spatial, versions
from atlas.server.collections import Collection, Field, Table
from atlas.server.cql2 import Compiler, unknown_property
from atlas.server.errors import BadRequestError
from atlas.server.spatial import Keys, Shape
from atlas.server.store import Sql, Store, nfc, quoted
from atlas.server.timespan import Timespan

ZONE_BITS = 48
"""Keys of rows are below 2 to this power; numbers of changes are the largest of them."""
FEW = 20_000
CACHE_BYTES = 256 << 20


@dataclass(frozen=True)
class Question:
    """What a client asks of a collection.

    Attributes:
        shape: Box the features must meet, or None.
        equal: Property names and the text each must equal.
        filter: CQL2 JSON, or None.
        filter_crs: Address of the CRS of geometries in the filter.
        time: When the features were valid, or None for now.
        since: Number beyond which features are wanted, of a collection that numbers them.
        order: Property names, each with whether it descends.
    """

    shape: Shape | None = None
    equal: tuple[tuple[str, str], ...] = ()
    filter: bytes | None = None
    filter_crs: str = crs.CRS84
    time: Timespan | None = None
    since: int | None = None
    order: tuple[tuple[str, bool], ...] = ()


class Selections:
    """The lists made so far, least recently used first, within a number of bytes."""

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        self._limit = limit_bytes
        self._size = 0
        self._lists: OrderedDict[Any, Keys] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any) -> Keys | None:
        """Return a list made before."""
        with self._lock:
            if key not in self._lists:
                return None
            self._lists.move_to_end(key)
            return self._lists[key]

    def put(self, key: Any, keys: Keys) -> None:
        """Keep a list, and drop the oldest ones when there are too many."""
        with self._lock:
            previous = self._lists.pop(key, None)
            self._size += keys.nbytes - (0 if previous is None else previous.nbytes)
            self._lists[key] = keys
            while self._size > self._limit and len(self._lists) > 1:
                self._size -= self._lists.popitem(last=False)[1].nbytes

    def clear(self) -> None:
        """Forget all lists."""
        with self._lock:
            self._lists.clear()
            self._size = 0


def select(store: Store, kept: Selections, collection: Collection, question: Question) -> Keys:
    """Return the keys of all features a question means, in its order.

    A key holds the place of the table in the collection above `ZONE_BITS` and the row's own key below.

    Raises:
        BadRequestError: The question names an unknown property or cannot be understood.
    """
    key = (collection.id, collection.release, question)
    found = kept.get(key)
    if found is None:
        found = _select(store, kept, collection, question)
        kept.put(key, found)
    return found


def _select(store: Store, kept: Selections, collection: Collection, question: Question) -> Keys:
    connection = store.connection()
    if question.shape is None:
        return _by_attributes(connection, collection, question, None)
    shape = question.shape
    if all(spatial.covers(connection, table, shape) for table in collection.tables):
        return select(store, kept, collection, replace(question, shape=None))
    near = [spatial.search(connection, table, shape) for table in collection.tables]
    if sum(map(len, near)) <= FEW:
        return _by_attributes(connection, collection, question, near)
    everywhere = select(store, kept, collection, replace(question, shape=None))
    met = np.concatenate([keys + (place << ZONE_BITS) for place, keys in enumerate(near)])
    return everywhere[np.isin(everywhere, met)]


def _by_attributes(
    connection: Connection, collection: Collection, question: Question, near: Sequence[Keys] | None
) -> Keys:
    """Return keys by everything but the box; `near` limits each table to some rows."""
    order = [(_known(name, collection.fields), descends) for name, descends in question.order]
    parts: list[str] = []
    parameters: list[Any] = []
    for place, table in enumerate(collection.tables):
        if near is not None and not len(near[place]):
            continue
        condition = _condition(connection, collection, table, question)
        sorted_by = "".join(f", {quoted(field.name)} AS s{number}" for number, (field, _) in enumerate(order))
        source = quoted(table.name)
        if near is not None:
            source = f"json_each(?) CROSS JOIN {source} ON {quoted(table.key)} = value"
            parameters.append(json_keys(near[place]))
        parts.append(
            f"SELECT {quoted(table.key)} + {place << ZONE_BITS} AS k{sorted_by} FROM {source} WHERE {condition.text}"
        )
        parameters += condition.parameters
    if not parts:
        return spatial.NO_KEYS
    ordering = [f"s{number} {'DESC' if descends else 'ASC'}" for number, (_, descends) in enumerate(order)]
    rows = connection.execute(f"{' UNION ALL '.join(parts)} ORDER BY {', '.join([*ordering, 'k'])}", parameters)
    return np.fromiter((row[0] for row in rows), dtype=np.int64)


def json_keys(keys: Keys) -> str:
    """Return keys as the JSON array SQLite's `json_each` takes."""
    return orjson.dumps(np.ascontiguousarray(keys), option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _condition(connection: Connection, collection: Collection, table: Table, question: Question) -> Sql:
    parts = [_equals(_known(name, collection.fields), value) for name, value in question.equal]
    if question.filter is not None:
        parts.append(_compiled(connection, collection, table, question))
    if question.since is not None and collection.sequence:
        parts.append(Sql(f"{quoted(collection.sequence)} > ?", (question.since,)))
    parts.append(versions.seen(collection, table, question.time))
    return Sql(" AND ".join(part.text for part in parts), tuple(p for part in parts for p in part.parameters))


def _compiled(connection: Connection, collection: Collection, table: Table, question: Question) -> Sql:
    def related(relation: str, shape: Shape) -> Sql:
        keys = spatial.search(connection, table, shape, relation)
        return Sql(f"{quoted(table.key)} IN (SELECT value FROM json_each(?))", (json_keys(keys),))

    compiler = Compiler(
        fields=dict(collection.fields),
        geometry=frozenset({"geometry", table.geometry}),
        target=crs.target(question.filter_crs),
        spatial=related,
    )
    return compiler.condition(orjson.loads(question.filter or b"true"))


def _equals(field: Field, value: str) -> Sql:
    if field.type == "object":
        raise unknown_property(field.name, [])
    return Sql(f"{quoted(field.name)} = ?", (_typed(field, value),))


def _typed(field: Field, value: str) -> str | float:
    try:
        if field.type in ("integer", "number"):
            return float(value)
        if field.type == "boolean":
            return {"true": 1, "1": 1, "false": 0, "0": 0}[value.lower()]
    except (KeyError, ValueError) as error:
        raise BadRequestError(
            f"Giá trị “{value}” của “{field.name}” không đúng kiểu {field.type}.",
            f"The value {value!r} of {field.name!r} is not of type {field.type}.",
        ) from error
    return nfc(value)


def _known(name: str, fields: Any) -> Field:
    field = fields.get(name)
    if field is None or field.type == "object":
        raise unknown_property(name, fields)
    found: Field = field
    return found
