"""What tables the database must have: read from the generated DDL, never listed a second time."""

import sqlite3
from dataclasses import dataclass
from functools import cache

from schemas import ddl

VERSION_COLUMNS = ("version_id", "valid_from", "valid_to", "tx_from", "tx_to", "release_from", "release_to", "row_hash")
"""Columns of every versioned table beside those of the entity."""

HOLDERS = "holders"
"""Schema of the holder tables: the name the holder file is attached under, a schema of its own in PostGIS."""

GEOMETRY_COLUMN = "geom"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the database.

    Attributes:
        name: Its name.
        columns: Column name to declared type, in order.
        schema: `holders` for what is kept apart, else empty.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    schema: str = ""

    @property
    def qualified(self) -> str:
        """The name as SQL wants it."""
        return f'{self.schema}."{self.name}"' if self.schema else f'"{self.name}"'

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
        return GEOMETRY_COLUMN in self.names

    @property
    def is_multipart(self) -> bool:
        """Whether its geometries are stored as collections of parts."""
        return dict(self.columns).get(GEOMETRY_COLUMN, "").startswith("MULTI")

    @property
    def entity(self) -> tuple[tuple[str, str], ...]:
        """Columns that say something about the entity, with their types."""
        return tuple(column for column in self.columns if column[0] not in VERSION_COLUMNS)

    @property
    def of_commune(self) -> str:
        """The condition that a version was entered by a release of the commune `:ma_xa`, `:ky_dia_gioi`.

        Where a partition holds each commune, the others are not even looked at.
        """
        partition = "ma_xa = :ma_xa AND " if ddl.is_partitioned(self.name) else ""
        return (
            f"{partition}release_from IN "
            "(SELECT release_id FROM ban_phat_hanh WHERE ma_xa = :ma_xa AND ky_dia_gioi = :ky_dia_gioi)"
        )


@cache
def land_tables(srid: int) -> dict[str, Table]:
    """Return the tables of the land database for one zone, by name."""
    return _declared(ddl.land(srid), "")


@cache
def holder_tables() -> dict[str, Table]:
    """Return the tables of the holder database, by name."""
    return _declared(ddl.holders(), HOLDERS)


def all_tables(srid: int) -> list[Table]:
    """Return the tables of both for one zone."""
    return [*land_tables(srid).values(), *holder_tables().values()]


def layer_table(layer: str, srid: int) -> Table:
    """Return the table of a layer of the land database: that of the zone where the layer has one for each."""
    return land_tables(srid)[ddl.table_name(layer, srid)]


def _declared(script: str, schema: str) -> dict[str, Table]:
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(script)
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = [Table(name, _columns(connection, name), schema) for name in names]
    finally:
        connection.close()
    return {table.name: table for table in tables if not table.name.startswith("sqlite_")}


def _columns(connection: sqlite3.Connection, table: str) -> tuple[tuple[str, str], ...]:
    return tuple((row[1], row[2].upper()) for row in connection.execute(f'PRAGMA table_info("{table}")'))
