"""GeoPackage 1.3 by hand: container tables, geometry blobs and R-tree, for bulk writing through sqlite3.

OGC 12-128r17. Written here because one transaction has to cover this file and the holder file, which no vector
library can do.
"""

import operator
import sqlite3
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyproj
import shapely

from pipelines.crs import parse
from pipelines.store import rtree
from pipelines.store.tables import GEOMETRY_COLUMN
from schemas import ddl
from schemas.ddl import current_view

APPLICATION_ID = 0x47504B47
USER_VERSION = 10300

_WKB_START = 41
"""First byte of the WKB in a blob of ours: 8 bytes of head and 32 of envelope come before it (counted from 1)."""

_HEAD = np.dtype(
    [("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srid", "<i4"), ("envelope", "<f8", (4,))], align=False
)
_LITTLE_ENDIAN_WITH_XY_ENVELOPE = 0b00000011

_CONTAINER = """
CREATE TABLE IF NOT EXISTS gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE IF NOT EXISTS gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE IF NOT EXISTS gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined Cartesian coordinate reference system'),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system');
"""

_RTREE_DEFINITION = "http://www.geopackage.org/spec130/#extension_rtree"

_TRIGGERS = {
    "insert": """AFTER INSERT ON "{t}" WHEN (new."{c}" NOT NULL AND NOT ST_IsEmpty(NEW."{c}"))
BEGIN INSERT OR REPLACE INTO "rtree_{t}_{c}" VALUES (NEW."{i}", ST_MinX(NEW."{c}"), ST_MaxX(NEW."{c}"),
 ST_MinY(NEW."{c}"), ST_MaxY(NEW."{c}")); END""",
    "update2": """AFTER UPDATE OF "{c}" ON "{t}" WHEN OLD."{i}" = NEW."{i}" AND
 (NEW."{c}" IS NULL OR ST_IsEmpty(NEW."{c}"))
BEGIN DELETE FROM "rtree_{t}_{c}" WHERE id = OLD."{i}"; END""",
    "update4": """AFTER UPDATE ON "{t}" WHEN OLD."{i}" != NEW."{i}" AND (NEW."{c}" IS NULL OR ST_IsEmpty(NEW."{c}"))
BEGIN DELETE FROM "rtree_{t}_{c}" WHERE id IN (OLD."{i}", NEW."{i}"); END""",
    "update5": """AFTER UPDATE ON "{t}" WHEN OLD."{i}" != NEW."{i}" AND
 (NEW."{c}" NOTNULL AND NOT ST_IsEmpty(NEW."{c}"))
BEGIN DELETE FROM "rtree_{t}_{c}" WHERE id = OLD."{i}";
 INSERT OR REPLACE INTO "rtree_{t}_{c}" VALUES (NEW."{i}", ST_MinX(NEW."{c}"), ST_MaxX(NEW."{c}"),
 ST_MinY(NEW."{c}"), ST_MaxY(NEW."{c}")); END""",
    "update6": """AFTER UPDATE OF "{c}" ON "{t}" WHEN OLD."{i}" = NEW."{i}" AND
 (NEW."{c}" NOTNULL AND NOT ST_IsEmpty(NEW."{c}")) AND (OLD."{c}" NOTNULL AND NOT ST_IsEmpty(OLD."{c}"))
BEGIN UPDATE "rtree_{t}_{c}" SET minx = ST_MinX(NEW."{c}"), maxx = ST_MaxX(NEW."{c}"), miny = ST_MinY(NEW."{c}"),
 maxy = ST_MaxY(NEW."{c}") WHERE id = NEW."{i}"; END""",
    "update7": """AFTER UPDATE OF "{c}" ON "{t}" WHEN OLD."{i}" = NEW."{i}" AND
 (NEW."{c}" NOTNULL AND NOT ST_IsEmpty(NEW."{c}")) AND (OLD."{c}" ISNULL OR ST_IsEmpty(OLD."{c}"))
BEGIN INSERT INTO "rtree_{t}_{c}" VALUES (NEW."{i}", ST_MinX(NEW."{c}"), ST_MaxX(NEW."{c}"),
 ST_MinY(NEW."{c}"), ST_MaxY(NEW."{c}")); END""",
    "delete": """AFTER DELETE ON "{t}" WHEN old."{c}" NOT NULL
BEGIN DELETE FROM "rtree_{t}_{c}" WHERE id = OLD."{i}"; END""",
}


def prepare(connection: sqlite3.Connection) -> None:
    """Make the database a GeoPackage: mark, container tables, the systems every GeoPackage lists."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {USER_VERSION}")
    for statement in ddl.statements(_CONTAINER):
        connection.execute(statement)
    add_spatial_ref(connection, 4326)


def add_spatial_ref(connection: sqlite3.Connection, srid: int) -> None:
    """List a coordinate reference system by its EPSG code."""
    system = parse(srid)
    definition = system.to_wkt(pyproj.enums.WktVersion.WKT1_GDAL)
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?, ?, 'EPSG', ?, ?, ?)",
        (system.name, srid, srid, definition, None),
    )


def register_features(
    connection: sqlite3.Connection, table: str, srid: int, *, geometry_type: str, key: str, title: str
) -> None:
    """List a table with a geometry column and give it an R-tree, with the triggers of the extension."""
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) "
        "VALUES (?, 'features', ?, ?, ?)",
        (table, table, title, srid),
    )
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, 0, 0)",
        (table, GEOMETRY_COLUMN, geometry_type, srid),
    )
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_extensions VALUES (?, ?, 'gpkg_rtree_index', ?, 'write-only')",
        (table, GEOMETRY_COLUMN, _RTREE_DEFINITION),
    )
    connection.execute(
        f'CREATE VIRTUAL TABLE IF NOT EXISTS "rtree_{table}_{GEOMETRY_COLUMN}" USING rtree(id, minx, maxx, miny, maxy)'
    )
    create_triggers(connection, table, key)


def register_current(
    connection: sqlite3.Connection, table: str, srid: int, *, columns: Sequence[str], key: str, title: str
) -> None:
    """Make and list the view of the versions that hold now, for those who open the file without knowing versions.

    The first column is called OGC_FID: by that name GDAL and QGIS take the key, and with it the R-tree of the table.
    """
    view = current_view(table)
    chosen = ", ".join(f'"{name}"' for name in columns)
    script = f'CREATE VIEW "{view}" AS SELECT "{key}" AS OGC_FID, {chosen} FROM "{table}" WHERE tx_to IS NULL'
    there = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'view' AND name = ?", (view,)).fetchone()
    if there and there[0] == script:
        return
    connection.execute(f'DROP VIEW IF EXISTS "{view}"')
    connection.execute(script)
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, description, min_x, min_y, max_x, "
        "max_y, srs_id) SELECT ?, 'features', ?, ?, min_x, min_y, max_x, max_y, srs_id FROM gpkg_contents "
        "WHERE table_name = ?",
        (view, f"{title} hiện hành (EPSG:{srid})", f"{title} hiện hành, không có phiên bản đã đóng", table),
    )
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_geometry_columns SELECT ?, column_name, geometry_type_name, srs_id, z, m "
        "FROM gpkg_geometry_columns WHERE table_name = ?",
        (view, table),
    )


def register_attributes(connection: sqlite3.Connection, table: str) -> None:
    """List a table without geometry."""
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
        "VALUES (?, 'attributes', ?, 0)",
        (table, table),
    )


def create_triggers(connection: sqlite3.Connection, table: str, key: str) -> None:
    """Create the triggers that keep the R-tree in step when another program edits the table."""
    for name, body in _TRIGGERS.items():
        text = body.format(t=table, c=GEOMETRY_COLUMN, i=key)
        connection.execute(f'CREATE TRIGGER IF NOT EXISTS "rtree_{table}_{GEOMETRY_COLUMN}_{name}" {text}')


def drop_triggers(connection: sqlite3.Connection, table: str) -> None:
    """Put the triggers aside for bulk writing, inside the transaction that puts them back.

    They call functions (ST_MinX …) that only spatial programs bring along.
    """
    for name in _TRIGGERS:
        connection.execute(f'DROP TRIGGER IF EXISTS "rtree_{table}_{GEOMETRY_COLUMN}_{name}"')


def index_rows(
    connection: sqlite3.Connection, table: str, keys: Sequence[int], geometries: np.ndarray[Any, Any], present: int
) -> None:
    """Enter rows in the R-tree; empty and missing geometries have no entry.

    Args:
        connection: The database, inside a transaction.
        table: The feature table.
        keys: Keys of the rows.
        geometries: Their geometries.
        present: How many entries the R-tree may hold already.
    """
    west, south, east, north = shapely.bounds(geometries).T
    boxes = np.column_stack([west, east, south, north])
    rows = np.flatnonzero(~np.isnan(boxes).any(axis=1))
    rtree.enter(connection, f"rtree_{table}_{GEOMETRY_COLUMN}", np.asarray(keys)[rows], boxes[rows], present)


def touch(connection: sqlite3.Connection, table: str) -> None:
    """Note that a feature table, and so its view, changed now."""
    connection.execute(
        "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ','now') WHERE table_name IN (?, ?)",
        (table, current_view(table)),
    )


def describe_rows(connection: sqlite3.Connection, table: str, geometries: np.ndarray[Any, Any]) -> None:
    """Bring what is said of a feature table and of its view up to date with rows that were added.

    Versions are never deleted, so the extent only grows. A column said to hold polygons that got anything else is from
    then on said to hold geometries.
    """
    names = (table, current_view(table))
    sides = shapely.total_bounds(geometries)
    west, south, east, north = (None if np.isnan(side) else float(side) for side in sides)
    connection.execute(
        """UPDATE gpkg_contents SET min_x = min(coalesce(min_x, :w), coalesce(:w, min_x)),
        min_y = min(coalesce(min_y, :s), coalesce(:s, min_y)), max_x = max(coalesce(max_x, :e), coalesce(:e, max_x)),
        max_y = max(coalesce(max_y, :n), coalesce(:n, max_y))
        WHERE table_name IN (:table, :view)""",
        {"w": west, "s": south, "e": east, "n": north, "table": names[0], "view": names[1]},
    )
    kinds = shapely.get_type_id(geometries)
    if np.isin(kinds, (-1, shapely.GeometryType.POLYGON)).all():
        return
    _widen(connection, table)


def _widen(connection: sqlite3.Connection, table: str) -> None:
    """Say of a polygon column that it holds any geometry: in the registration, and where the table declares it."""
    changed = connection.execute(
        "UPDATE gpkg_geometry_columns SET geometry_type_name = 'GEOMETRY' "
        "WHERE table_name IN (?, ?) AND geometry_type_name = 'POLYGON'",
        (table, current_view(table)),
    ).rowcount
    if not changed:
        return
    # No ALTER TABLE changes a declared type; it binds nothing in SQLite, but GDAL warns where the two differ.
    version = connection.execute("PRAGMA schema_version").fetchone()[0]
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ?",
        (f"{GEOMETRY_COLUMN} POLYGON", f"{GEOMETRY_COLUMN} GEOMETRY", table),
    )
    connection.execute(f"PRAGMA schema_version = {version + 1}")
    connection.execute("PRAGMA writable_schema = OFF")


def encode(geometries: np.ndarray[Any, Any], srid: int) -> list[bytes | None]:
    """Return geometries as GeoPackage blobs with an envelope; coordinates stay bit for bit what they were."""
    head = np.zeros(len(geometries), dtype=_HEAD)
    head["magic"], head["flags"], head["srid"] = b"GP", _LITTLE_ENDIAN_WITH_XY_ENVELOPE, srid
    head["envelope"] = shapely.bounds(geometries)[:, [0, 2, 1, 3]]
    absent = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    there = np.where(absent, shapely.Point(0, 0), geometries) if absent.any() else geometries
    body = shapely.to_wkb(there, byte_order=1, output_dimension=2)
    blobs: list[bytes | None] = list(map(operator.add, head.view(f"V{_HEAD.itemsize}").tolist(), body.tolist()))
    for place in np.flatnonzero(absent).tolist():
        blobs[place] = None
    return blobs


def wkb_of(column: str = GEOMETRY_COLUMN) -> str:
    """Return the SQL expression for the WKB inside a blob written by `encode`."""
    return f'substr("{column}", {_WKB_START})'
