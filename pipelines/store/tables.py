"""What tables the database must have: read from the generated DDL, never listed a second time."""

import sqlite3
from dataclasses import dataclass
from functools import cache

from schemas import ddl

VERSION_COLUMNS = ("version_id", "valid_from", "valid_to", "tx_from", "tx_to", "release_from", "release_to", "row_hash")
"""Columns of every versioned table beside those of the entity."""

IDENTITY_DDL = """
CREATE TABLE IF NOT EXISTS dinh_danh (
  ma_dinh_danh_thua TEXT NOT NULL PRIMARY KEY, thua_dat_id TEXT NOT NULL UNIQUE, x REAL NOT NULL, y REAL NOT NULL,
  srid INTEGER NOT NULL, lon REAL NOT NULL, lat REAL NOT NULL, algorithm TEXT NOT NULL,
  release_from INTEGER NOT NULL, release_to INTEGER);
"""
"""National identifiers: one row for ever; `release_to` says when the parcel ended, the code is given to no other."""

KEY_DDL = """
CREATE TABLE IF NOT EXISTS {schema}.khoa (id INTEGER PRIMARY KEY CHECK (id = 1), check_value TEXT NOT NULL);
"""
"""Check value of the key that identity numbers were encrypted with."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the database.

    Attributes:
        name: Its name.
        columns: Column name to declared type, in order.
    """

    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every column."""
        return tuple(name for name, _ in self.columns)

    @property
    def is_versioned(self) -> bool:
        """Whether rows carry valid and transaction time."""
        return "version_id" in self.names

    @property
    def has_geometry(self) -> bool:
        """Whether the table is a feature table."""
        return "geom" in self.names

    @property
    def is_multipart(self) -> bool:
        """Whether its geometries are stored as collections of parts."""
        return dict(self.columns).get("geom", "").startswith("MULTI")

    @property
    def entity(self) -> tuple[tuple[str, str], ...]:
        """Columns that say something about the entity, with their types."""
        return tuple(column for column in self.columns if column[0] not in VERSION_COLUMNS)


def land_script(srid: int) -> str:
    """Return the DDL of the land database for one zone."""
    return ddl.land(srid) + IDENTITY_DDL


def holders_script() -> str:
    """Return the DDL of the holder database."""
    return ddl.holders()


@cache
def land_tables(srid: int) -> dict[str, Table]:
    """Return the tables of the land database for one zone, by name."""
    return _declared(land_script(srid))


@cache
def holder_tables() -> dict[str, Table]:
    """Return the tables of the holder database, by name."""
    return _declared(holders_script())


def read_tables(connection: sqlite3.Connection, schema: str) -> dict[str, Table]:
    """Return the tables an open database really has."""
    names = [row[0] for row in connection.execute(f"SELECT name FROM {schema}.sqlite_master WHERE type = 'table'")]
    return {name: Table(name, _columns(connection, schema, name)) for name in names}


def _declared(script: str) -> dict[str, Table]:
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(script)
        tables = read_tables(connection, "main")
    finally:
        connection.close()
    return {name: table for name, table in tables.items() if not name.startswith("sqlite_")}


def _columns(connection: sqlite3.Connection, schema: str, table: str) -> tuple[tuple[str, str], ...]:
    return tuple((row[1], row[2].upper()) for row in connection.execute(f'PRAGMA {schema}.table_info("{table}")'))
