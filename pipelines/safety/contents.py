"""What a store holds, in a form that can be compared: rows and a hash for each table, of the tables really there."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from pipelines.store import DONE, Entry, Store, holder_tables, land_tables, write_log

_BLOCK = 10_000
"""Rows read at once. It is part of what is hashed: other blocks, other hashes."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds.

    Attributes:
        rows: How many.
        hash: BLAKE2b over all of them in the order of the key; equal tables have equal hashes, in both stores.
    """

    rows: int
    hash: str


def contents(store: Store) -> dict[str, Content]:
    """Return what every table of land and holders holds, by its name with the schema; holders have to be open.

    Run it inside one snapshot where others write.
    """
    declared = {(table.schema, table.name): table.names for table in holder_tables().values()}
    for srid in store.zones():
        declared |= {("", name): table.names for name, table in land_tables(srid).items()}
    found = {}
    for (schema, name), there in sorted(store.columns().items()):
        known = [column for column in declared.get((schema, name), ()) if column in there]
        columns = [*known, *sorted(there - set(known))]
        found[f"{schema}.{name}" if schema else name] = _content(store, schema, name, columns)
    return found


def _content(store: Store, schema: str, name: str, columns: list[str]) -> Content:
    # The key is the first column, or all of them are: what comes behind a unique one is not even sorted by.
    keys = ["version_id"] if "version_id" in columns else columns
    chosen, order = ", ".join(store.column(column, "") for column in columns), ", ".join(f'"{key}"' for key in keys)
    table = f'{schema}."{name}"' if schema else f'"{name}"'
    rows, hashed = 0, blake2b(digest_size=16)
    for block in _blocks(store, f"SELECT {chosen} FROM {table} ORDER BY {order}"):
        rows += len(block)
        hashed.update(repr(block).encode())
    return Content(rows, hashed.hexdigest())


def _blocks(store: Store, sql: str) -> Iterator[list[tuple[Any, ...]]]:
    """Read a table block by block, with the memory of one."""
    if store.dialect.is_postgis:
        cursor = store.connection.cursor("blocks", binary=True)
        cursor.execute(sql)
    else:
        cursor = store.execute(sql)
    while block := cursor.fetchmany(_BLOCK):
        yield block
    cursor.close()


def keep_in_log(store: Store, entry: Entry) -> None:
    """Enter a restore in the log, where the schema has one already."""
    if ("", "nhat_ky") in store.columns():
        with store.transaction():
            write_log(store, entry, DONE)
