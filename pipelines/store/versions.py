"""Versions: what changed is closed and written anew, what did not change is not touched.

A row is recognised by the hash of its content. `tx_from`/`tx_to` say when the database held a version to be true
(UTC), `valid_from`/`valid_to` when it was true on the ground (dates of the packages). A version that is replaced gets
both ends at once; see `pipelines.store.reading.as_of` for the question both answer together.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines.store import geopackage
from pipelines.store.tables import Table

_INTEGERS = ("INT", "BOOL")
_REALS = ("REAL", "DOUBLE", "FLOAT", "NUMERIC")
_SEPARATOR, _NULL = "\x1f", "\x00"
_HASH_BYTES = 16


@dataclass(frozen=True, slots=True)
class Moment:
    """When and by which release rows are written.

    Attributes:
        release_id: The release.
        now: Transaction time, UTC, ISO 8601.
        valid: Date from which the content holds, ISO 8601.
    """

    release_id: int
    now: str
    valid: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What a table has to become.

    Attributes:
        table: The table, with its schema in front when it is not the main one.
        rows: Typed entity rows to insert, on a fresh index, with `row_hash`.
        geometries: Their geometries, or None for a table without.
        closed: Version ids to close.
        kept: Number of versions that stay.
    """

    table: Table
    schema: str
    rows: pd.DataFrame
    geometries: np.ndarray[Any, Any] | None
    closed: list[int]
    kept: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return not self.closed and self.rows.empty


def typed(rows: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return the entity columns of a table, in order and in the types the database declares; absent ones are null."""
    columns = {
        name: _coerce(rows[name], declared) if name in rows.columns else pd.Series(pd.NA, rows.index, dtype="string")
        for name, declared in table.entity
        if name != geopackage.GEOMETRY_COLUMN
    }
    return pd.DataFrame(columns, index=rows.index).reset_index(drop=True)


def row_hashes(
    rows: pd.DataFrame, geometries: np.ndarray[Any, Any] | None, *, leave_out: tuple[str, ...] = ()
) -> pd.Series:
    """Return the content hash of every row (32 hexadecimal digits); equal rows get `~2`, `~3` … behind it."""
    texts = [
        pc.fill_null(pc.cast(pa.array(rows[name], from_pandas=True), pa.string()), _NULL)
        for name in rows.columns
        if name not in leave_out
    ]
    joined = pc.binary_join_element_wise(*texts, _SEPARATOR).to_pylist() if len(rows) else []
    contents = [text.encode() for text in joined]
    if geometries is not None:
        shapes = shapely.to_wkb(shapely.force_2d(geometries), byte_order=1)
        contents = [text + (shape or b"") for text, shape in zip(contents, shapes, strict=True)]
    hashes = pd.Series([blake2b(content, digest_size=_HASH_BYTES).hexdigest() for content in contents], dtype="object")
    turn = hashes.groupby(hashes).cumcount() + 1
    numbered: pd.Series = hashes.where(turn == 1, hashes + "~" + turn.astype(str))
    return numbered


def compare(
    connection: sqlite3.Connection,
    table: Table,
    rows: pd.DataFrame,
    scope: tuple[str, str],
    *,
    schema: str = "main",
    leave_out: tuple[str, ...] = (),
) -> Difference:
    """Compare the rows of a delivery with the current versions of the same commune.

    Args:
        connection: Connection to the land database.
        table: The table.
        rows: Rows with the names of its columns; geometry in the column `geometry`.
        scope: Commune code and era.
        schema: `main` or the name the holder file is attached under.
        leave_out: Columns that do not count as content (ciphertext differs each time).
    """
    content = typed(rows, table)
    geometries = rows["geometry"].to_numpy() if table.has_geometry else None
    content["row_hash"] = row_hashes(content, geometries, leave_out=leave_out)
    current = pd.DataFrame(
        connection.execute(
            f'SELECT version_id, row_hash FROM {schema}."{table.name}" WHERE tx_to IS NULL AND release_from IN '
            "(SELECT release_id FROM ban_phat_hanh WHERE ma_xa = ? AND ky_dia_gioi = ?)",
            scope,
        ).fetchall(),
        columns=["version_id", "row_hash"],
    ).astype({"row_hash": "object"})  # as Python texts they are looked up several times faster than as Arrow's
    stays = current["row_hash"].isin(content["row_hash"])
    is_new = ~content["row_hash"].isin(current["row_hash"])
    return Difference(
        table=table,
        schema=schema,
        rows=content[is_new].reset_index(drop=True),
        geometries=None if geometries is None else geometries[is_new.to_numpy()],
        closed=[int(number) for number in current.loc[~stays, "version_id"]],
        kept=int(stays.sum()),
    )


def write(connection: sqlite3.Connection, difference: Difference, moment: Moment, srid: int) -> None:
    """Close what ended and insert what is new, inside the caller's transaction."""
    if difference.is_empty:
        return
    table = difference.table
    with bulk_writing(connection, table):
        close(connection, f'{difference.schema}."{table.name}"', difference.closed, moment)
        if len(difference.rows):
            _insert(connection, difference, moment, srid)


@contextmanager
def bulk_writing(connection: sqlite3.Connection, table: Table) -> Iterator[None]:
    """Write many rows of a table with the triggers aside, which call functions only spatial programs have."""
    if not table.has_geometry:
        yield
        return
    geopackage.drop_triggers(connection, table.name)
    yield
    geopackage.create_triggers(connection, table.name, "version_id")
    geopackage.touch(connection, table.name)


def close(connection: sqlite3.Connection, table: str, version_ids: list[int], moment: Moment) -> None:
    """End versions; one that turns out to begin later than its successor was never valid."""
    connection.executemany(
        f"UPDATE {table} SET tx_to = ?, valid_to = max(valid_from, ?), release_to = ? WHERE version_id = ?",
        ((moment.now, moment.valid, moment.release_id, number) for number in version_ids),
    )


def _insert(connection: sqlite3.Connection, difference: Difference, moment: Moment, srid: int) -> None:
    table, rows = difference.table, difference.rows
    qualified = f'{difference.schema}."{table.name}"'
    first = connection.execute(f"SELECT coalesce(max(version_id), 0) + 1 FROM {qualified}").fetchone()[0]
    ids = range(first, first + len(rows))
    names = ["version_id", *rows.columns]
    columns: list[Any] = [ids, *(_python(rows[name]) for name in rows.columns)]
    if difference.geometries is not None:
        names.append(geopackage.GEOMETRY_COLUMN)
        shapes = geopackage.as_parts(difference.geometries) if table.is_multipart else difference.geometries
        columns.append(geopackage.encode(shapes, srid))
    constants: dict[str, str | int] = {
        "valid_from": moment.valid,
        "tx_from": moment.now,
        "release_from": moment.release_id,
    }
    places = ", ".join("?" * len(names))
    fixed = ", ".join(_literal(value) for value in constants.values())
    quoted = ", ".join(f'"{name}"' for name in (*names, *constants))
    connection.executemany(f"INSERT INTO {qualified} ({quoted}) VALUES ({places}, {fixed})", zip(*columns, strict=True))
    if difference.geometries is not None:
        geopackage.index_rows(connection, table.name, ids, difference.geometries)
        geopackage.describe_rows(connection, table.name, difference.geometries)


def _literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def _python(column: pd.Series) -> list[Any]:
    """Return values sqlite3 takes: None for null, Python numbers and text."""
    values: list[Any] = column.astype(object).where(column.notna(), None).tolist()
    return values


def _coerce(column: pd.Series, declared: str) -> pd.Series:
    if declared.startswith(_INTEGERS):
        numbers: pd.Series = pd.to_numeric(column).astype("Int64")
        return numbers
    if declared.startswith(_REALS):
        reals: pd.Series = pd.to_numeric(column).astype("float64")
        return reals
    if declared.startswith("BLOB"):
        return column.astype(object)
    if pd.api.types.is_datetime64_any_dtype(column):
        return pd.Series(column.dt.strftime("%Y-%m-%d"), index=column.index, dtype="string")
    return column.astype("string")
