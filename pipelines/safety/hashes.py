"""Whether every version still says what was written: its content is hashed again, block by block."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import shapely

from pipelines.store import Store, Table
from pipelines.store.database import Geometries
from pipelines.store.versions import row_hashes, typed

_BLOCK = 20_000
_SEALED = "_ma_hoa"
_EMPTY = ("POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION")
"""Empty geometries are stored as none, and were hashed as what they were."""


def altered(store: Store, table: Table, since: str) -> list[int]:
    """Return the versions whose content is not that of their hash.

    Rows written before the tables got their present columns were hashed without those; neither they, nor versions
    written again from them, can be hashed again.

    Args:
        store: The land database, its holders open.
        table: A table of versions.
        since: When the schema became what it is, UTC, ISO 8601.
    """
    found = []
    for rows, geometries in _blocks(store, table, since):
        told = rows["row_hash"].str.partition("~")[0]
        content = typed(rows, table)
        leave_out = tuple(name for name in content.columns if name.endswith(_SEALED))
        differs = np.ones(len(rows), dtype=bool)
        for shapes in _forms(geometries, table):
            # Most rows agree at once; the other forms are tried with what is left.
            left = np.flatnonzero(differs)
            if not len(left):
                break
            part = None if shapes is None else shapes[left]
            hashes = row_hashes(content.iloc[left].reset_index(drop=True), part, leave_out=leave_out)
            differs[left] = hashes.str.partition("~")[0].to_numpy() != told.to_numpy()[left]
        found += _not_older(store, table, rows[differs], since)
    return found


def _blocks(store: Store, table: Table, since: str) -> Iterator[tuple[pd.DataFrame, Geometries | None]]:
    columns = ", ".join(store.column(name, kind) for name, kind in table.columns)
    last = 0
    while True:
        rows = store.frame(
            f"SELECT {columns} FROM {table.qualified} WHERE version_id > :last AND tx_from >= :since "
            f"ORDER BY version_id LIMIT {_BLOCK}",
            {"last": last, "since": since},
        )
        if rows.empty:
            return
        last = int(rows["version_id"].iloc[-1])
        yield rows, shapely.from_wkb(rows.pop("geometry").to_numpy()) if table.has_geometry else None


def _forms(geometries: Geometries | None, table: Table) -> Iterator[Geometries | None]:
    """Yield the geometries as they are, then as they may have been delivered."""
    yield geometries
    if geometries is None:
        return
    if table.is_multipart:
        single = shapely.get_num_geometries(geometries) == 1
        yield np.where(single, shapely.get_geometry(geometries, 0), geometries)
    for kind in _EMPTY:
        yield np.where(shapely.is_missing(geometries), shapely.from_wkt(f"{kind} EMPTY"), geometries)


def _not_older(store: Store, table: Table, rows: pd.DataFrame, since: str) -> list[int]:
    if rows.empty:
        return []
    older = store.execute(
        f"SELECT DISTINCT row_hash FROM {table.qualified} "
        f"WHERE tx_from < :since AND {store.among('row_hash', 'hashes')}",
        {"since": since, "hashes": store.values(rows["row_hash"].to_list())},
    ).fetchall()
    return [int(number) for number in rows.loc[~rows["row_hash"].isin([row[0] for row in older]), "version_id"]]
