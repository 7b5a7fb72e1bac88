"""Versions: what changed is closed and written anew, what did not change is not touched.

A row is recognised by the hash of its content. `tx_from`/`tx_to` say when the database held a version to be true
(UTC), `valid_from`/`valid_to` when it was true on the ground (dates of the packages). A version that is replaced gets
both ends at once; see `pipelines.store.reading.as_of` for the question both answer together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines.ids import among
from pipelines.store.database import Geometries, Moment, Store
from pipelines.store.tables import GEOMETRY_COLUMN, Table

_INTEGERS = ("INT", "BOOL")
_REALS = ("REAL", "DOUBLE", "FLOAT", "NUMERIC")
_BYTES = pa.large_binary()
_SEPARATOR, _NULL = pa.scalar(b"\x1f", _BYTES), "\x00"
_BLOCK_ROWS = 50_000
"""So many rows stand in memory as bytes at a time."""

_HASH_BYTES = 16


@dataclass(frozen=True, slots=True)
class Difference:
    """What a table has to become.

    Attributes:
        table: The table.
        rows: Typed entity rows to insert, on a fresh index, with `row_hash`.
        geometries: Their geometries, or None for a table without.
        closed: Version ids to close.
        kept: Number of versions that stay.
    """

    table: Table
    rows: pd.DataFrame
    geometries: Geometries | None
    closed: list[int]
    kept: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return not self.closed and self.rows.empty


def typed(rows: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return the entity columns of a table, in order and in the types the database declares; absent ones are null."""
    if not len(rows):
        # A delivery is compared with every table and has rows for a few.
        return _without_rows(table).copy()
    columns = {
        name: _coerce(rows[name], declared) if name in rows.columns else pd.Series(pd.NA, rows.index, dtype="string")
        for name, declared in table.entity
        if name != GEOMETRY_COLUMN
    }
    return pd.DataFrame(columns, index=rows.index).reset_index(drop=True)


@cache
def _without_rows(table: Table) -> pd.DataFrame:
    entity = [(name, declared) for name, declared in table.entity if name != GEOMETRY_COLUMN]
    return pd.DataFrame({name: _coerce(pd.Series([], dtype=object), declared) for name, declared in entity})


def row_hashes(rows: pd.DataFrame, geometries: Geometries | None, *, leave_out: tuple[str, ...] = ()) -> pd.Series:
    """Return the content hash of every row (32 hexadecimal digits); equal rows get `~2`, `~3` … behind it."""
    texts = [_text(rows[name]) for name in rows.columns if name not in leave_out]
    joined = pc.binary_join_element_wise(*texts, _SEPARATOR) if len(rows) else pa.array([], _BYTES)
    hashes: pd.Series = pd.concat(
        [_hashed(joined, geometries, start) for start in range(0, max(len(rows), 1), _BLOCK_ROWS)], ignore_index=True
    )
    if hashes.is_unique:
        return hashes
    turn = hashes.groupby(hashes, sort=False).cumcount() + 1
    numbered: pd.Series = hashes.where(turn == 1, hashes + "~" + turn.astype(str))
    return numbered


def _text(column: pd.Series) -> pa.Array:
    """Return the values as the bytes of their texts."""
    texts = pc.cast(pa.array(column, from_pandas=True), pa.large_string())
    return pc.cast(pc.fill_null(texts, _NULL), _BYTES)


def _hashed(joined: pa.Array, geometries: Geometries | None, start: int) -> pd.Series:
    """Return the hashes of a block of rows: of their values, and their shapes where they have one."""
    contents = joined.slice(start, _BLOCK_ROWS).to_pylist()
    if geometries is not None:
        shapes = shapely.to_wkb(geometries[start : start + _BLOCK_ROWS], byte_order=1, output_dimension=2)
        contents = [text + (shape or b"") for text, shape in zip(contents, shapes.tolist(), strict=True)]
    digits = b"".join([blake2b(content, digest_size=_HASH_BYTES).digest() for content in contents]).hex()
    ends = np.arange(len(contents) + 1, dtype="int64") * (2 * _HASH_BYTES)
    texts = pa.LargeStringArray.from_buffers(len(contents), pa.py_buffer(ends), pa.py_buffer(digits.encode()))
    return pd.Series(pd.arrays.ArrowStringArray(texts))


def compare(
    store: Store, table: Table, rows: pd.DataFrame, scope: tuple[str, str], *, leave_out: tuple[str, ...] = ()
) -> Difference:
    """Compare the rows of a delivery with the current versions of the same commune.

    Args:
        store: The land database.
        table: The table.
        rows: Rows with the names of its columns; geometry in the column `geometry`.
        scope: Commune code and era.
        leave_out: Columns that do not count as content (ciphertext differs each time).
    """
    content = typed(rows, table)
    geometries = rows["geometry"].to_numpy() if table.has_geometry else None
    content["row_hash"] = row_hashes(content, geometries, leave_out=leave_out)
    current = store.frame(
        f"SELECT version_id, row_hash FROM {table.qualified} WHERE tx_to IS NULL AND {table.of_commune}",
        {"ma_xa": scope[0], "ky_dia_gioi": scope[1]},
    )
    stays = among(current["row_hash"], content["row_hash"])
    is_new = ~among(content["row_hash"], current["row_hash"])
    return Difference(
        table=table,
        rows=content[is_new].reset_index(drop=True),
        geometries=None if geometries is None else geometries[is_new],
        closed=[int(number) for number in current.loc[~stays, "version_id"]],
        kept=int(stays.sum()),
    )


def keep_the_rest(store: Store, difference: Difference, key: Sequence[str], scope: tuple[str, str]) -> Difference:
    """Return a difference that ends no version but those whose key it writes anew: what happened does not go away.

    Args:
        store: The land database.
        difference: What a delivery would make of the table.
        key: Columns that name an entity of the table.
        scope: Commune code and era.
    """
    if not difference.closed:
        return difference
    columns = ", ".join(["version_id", *key])
    there = store.frame(
        f"SELECT {columns} FROM {difference.table.qualified} WHERE tx_to IS NULL AND {difference.table.of_commune}",
        {"ma_xa": scope[0], "ky_dia_gioi": scope[1]},
    )
    there = there.loc[among(there["version_id"], pd.Series(difference.closed, dtype="int64"))]
    anew = pd.MultiIndex.from_frame(difference.rows[list(key)].astype("string"))
    again = pd.MultiIndex.from_frame(there[list(key)].astype("string")).isin(anew)
    closed = [int(number) for number in there.loc[again, "version_id"]]
    return replace(difference, closed=closed, kept=difference.kept + len(difference.closed) - len(closed))


def write(store: Store, difference: Difference, moment: Moment, srid: int) -> None:
    """Close what ended and insert what is new, inside the caller's transaction."""
    if difference.is_empty:
        return
    with store.changed(difference.table):
        close(store, difference.table, difference.closed, moment)
        if len(difference.rows):
            store.insert(difference.table, difference.rows, difference.geometries, moment, srid)


def close(store: Store, table: Table, version_ids: list[int], moment: Moment) -> None:
    """End versions; one that turns out to begin later than its successor was never valid."""
    store.execute(
        f"UPDATE {table.qualified} SET tx_to = :now, release_to = :release, "
        "valid_to = CASE WHEN valid_from > :valid THEN valid_from ELSE :valid END "
        f"WHERE {store.among('version_id', 'ids')} AND {table.of_commune}",
        {**moment.values, "ids": store.values(version_ids)},
    )


def restore(store: Store, table: Table, release_id: int, moment: Moment) -> tuple[int, int]:
    """Make the versions of a commune those that were current after a release; return how many came and went.

    Versions that come back are written again; they keep the date from which they hold.
    """
    then = f"{table.of_commune} AND release_from <= :target AND (release_to IS NULL OR release_to > :target)"
    now = f"{table.of_commune} AND tx_to IS NULL"
    values = {**moment.values, "target": release_id}
    surplus, lacking = (
        [
            row[0]
            for row in store.execute(
                f"SELECT version_id FROM {table.qualified} WHERE {one} "
                f"AND row_hash NOT IN (SELECT row_hash FROM {table.qualified} WHERE {other}) ORDER BY version_id",
                values,
            ).fetchall()
        ]
        for one, other in ((now, then), (then, now))
    )
    if surplus or lacking:
        entity = ", ".join(f'"{name}"' for name, _ in table.entity)
        with store.changed(table):
            close(store, table, surplus, moment)
            store.execute(
                f"INSERT INTO {table.qualified} ({entity}, valid_from, tx_from, release_from, row_hash) "
                f"SELECT {entity}, valid_from, :now, :release, row_hash FROM {table.qualified} "
                f"WHERE {store.among('version_id', 'ids')} AND {table.of_commune} ORDER BY version_id",
                {**moment.values, "ids": store.values(lacking)},
            )
            store.copied(table, lacking, moment)
    return len(lacking), len(surplus)


def count_changes(store: Store, difference: Difference, parcels: int) -> dict[str, int]:
    """Count the parcels of a delivery by what becomes of them."""
    ended = store.frame(
        f"SELECT thua_dat_id FROM {difference.table.qualified} WHERE {store.among('version_id', 'ids')}",
        {"ids": store.values(difference.closed)},
    )["thua_dat_id"].drop_duplicates()
    opened = difference.rows["thua_dat_id"].drop_duplicates()
    changed = int(among(ended, opened).sum())
    added = len(opened) - changed
    return {
        "added": added,
        "changed": changed,
        "removed": len(ended) - changed,
        "unchanged": parcels - added - changed,
    }


def count_current(store: Store, table: Table, scope: tuple[str, str]) -> int:
    """Return how many parcels of a commune are current."""
    number: int = store.execute(
        f"SELECT count(*) FROM {table.qualified} WHERE tx_to IS NULL AND ma_xa = :ma_xa AND ky_dia_gioi = :ky_dia_gioi",
        {"ma_xa": scope[0], "ky_dia_gioi": scope[1]},
    ).fetchone()[0]
    return number


def _coerce(column: pd.Series, declared: str) -> pd.Series:
    if declared.startswith(_INTEGERS):
        numbers: pd.Series = pd.to_numeric(column).astype("Int64")
        return numbers
    if declared.startswith(_REALS):
        # SQLite knows no zero below zero; without this the content would not be that of its hash.
        reals: pd.Series = pd.to_numeric(column).astype("float64") + 0.0
        return reals
    if declared.startswith("BLOB"):
        return column.astype(object)
    if pd.api.types.is_datetime64_any_dtype(column):
        return pd.Series(column.dt.strftime("%Y-%m-%d"), index=column.index, dtype="string")
    # PostgreSQL knows no text with a NUL in it; both stores keep the sign that stands for what cannot be shown.
    return column.astype("string").str.replace("\x00", "\ufffd", regex=False)
