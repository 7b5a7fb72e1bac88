"""Whether a store is sound as a database, before anything is asked about the land in it."""

from collections.abc import Iterator

import numpy as np
import shapely

from pipelines.store import Store
from pipelines.store.tables import GEOMETRY_COLUMN, Table, land_tables

_TOLD = 20
"""Messages of the database that are passed on."""

_BLOCK = 50_000
_LAND = "main"


def damage_of_files(store: Store) -> list[str]:
    """Return what SQLite finds wrong in both files: pages, indexes, keys; holders have to be open."""
    found: list[str] = []
    for schema in (_LAND, "holders"):
        rows = store.execute(f"PRAGMA {schema}.integrity_check({_TOLD})").fetchall()
        found += [f"{schema}: {row[0]}" for row in rows if row[0] != "ok"]
        broken = store.execute(f"PRAGMA {schema}.foreign_key_check").fetchall()
        found += [f"{schema}.{row[0]}: foreign key to {row[2]}" for row in broken[:_TOLD]]
    return found


def damage_of_server(store: Store) -> list[str]:
    """Return the indexes that contradict their tables, where the extension amcheck is installed; empty where not."""
    if not store.execute("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'").fetchone():
        return []
    names = store.execute(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_am a ON a.oid = c.relam JOIN pg_index i ON i.indexrelid = c.oid "
        "WHERE n.nspname IN ('land', 'holders') AND c.relkind = 'i' AND a.amname = 'btree' AND i.indisvalid ORDER BY 1"
    ).fetchall()
    return [text for (name,) in names if (text := _index_damage(store, name))]


def _index_damage(store: Store, name: str) -> str | None:
    from psycopg import errors

    try:
        store.execute("SELECT bt_index_check(CAST(:name AS regclass), true)", {"name": name})
    except errors.IndexCorrupted as error:
        return f"{name}: {error.diag.message_primary}"
    return None


def unregistered(store: Store) -> list[str]:
    """Return tables and views that the GeoPackage does not list, or lists and does not have."""
    own = {
        row[0]
        for row in store.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").fetchall()
        if not row[0].startswith(("gpkg_", "rtree_", "sqlite_"))
    }
    listed = {row[0]: row[1] for row in store.execute("SELECT table_name, data_type FROM gpkg_contents").fetchall()}
    shaped = {row[0] for row in store.execute("SELECT table_name FROM gpkg_geometry_columns").fetchall()}
    features = {name for name, kind in listed.items() if kind == "features"}
    return sorted((own ^ set(listed)) | (features ^ shaped))


def spatial_tables(store: Store) -> list[Table]:
    """Return the tables with a geometry, of every zone."""
    found = {name: table for srid in store.zones() for name, table in land_tables(srid).items() if table.has_geometry}
    return list(found.values())


def outside_their_box(store: Store, table: Table) -> tuple[int, list[str]]:
    """Return how many rows the R-tree of a table lacks, has too many or has in a wrong place, and some of them."""
    tree = f'"rtree_{table.name}_{GEOMETRY_COLUMN}"'
    wrong = [
        row[0]
        for row in store.execute(
            f"SELECT version_id FROM {table.qualified} WHERE {GEOMETRY_COLUMN} IS NOT NULL "
            f"AND version_id NOT IN (SELECT id FROM {tree}) "
            f"UNION ALL SELECT id FROM {tree} WHERE id NOT IN "
            f"(SELECT version_id FROM {table.qualified} WHERE {GEOMETRY_COLUMN} IS NOT NULL)"
        ).fetchall()
    ]
    for ids, shapes, boxes in _with_boxes(store, table, tree):
        west, south, east, north = shapely.bounds(shapes).T
        is_held = (boxes[:, 0] <= west) & (boxes[:, 1] <= south) & (boxes[:, 2] >= east) & (boxes[:, 3] >= north)
        wrong += ids[~is_held & ~np.isnan(west)].tolist()
    return len(wrong), [f"{table.name}.version_id={number}" for number in wrong[:5]]


def _with_boxes(store: Store, table: Table, tree: str) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    last = 0
    while rows := store.execute(
        f"SELECT t.version_id, substr(t.{GEOMETRY_COLUMN}, 41), r.minx, r.miny, r.maxx, r.maxy "
        f"FROM {table.qualified} t JOIN {tree} r ON r.id = t.version_id "
        f"WHERE t.version_id > :last AND t.{GEOMETRY_COLUMN} IS NOT NULL ORDER BY t.version_id LIMIT {_BLOCK}",
        {"last": last},
    ).fetchall():
        ids, shapes, *boxes = zip(*rows, strict=True)
        last = ids[-1]
        yield np.array(ids), shapely.from_wkb(np.array(shapes, dtype=object)), np.array(boxes, dtype=float).T
