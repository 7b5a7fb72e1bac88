"""The embedded store: two files, `land.gpkg` and `holders.sqlite`, and the one transaction over both.

Rollback journals, not WAL: with WAL a commit over two attached files is not atomic, with rollback journals it is.
Cache spilling is off, so nothing is written, and no reader waits, before the commit.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import StoreError
from pipelines.store import database, geopackage, recovery
from pipelines.store.database import Box, Geometries, Moment, Store, Values, as_parts
from pipelines.store.tables import GEOMETRY_COLUMN, HOLDERS, Table, land_tables
from schemas import ddl

LAND_FILE = "land.gpkg"
HOLDERS_FILE = "holders.sqlite"

_KEY = "version_id"
_SPELLED = (pa.string(), pa.large_string(), pa.int64())
"""Types that a statement can say without loss."""

_BLOCK_ROWS = 50_000
"""So many rows stand in memory as Python values at a time."""


class GeoPackage(Store):
    """The two files, opened.

    Attributes:
        connection: Connection to land.gpkg; the holder file is attached as `holders` when opened for writing.
        home: Folder of the two files.
    """

    connection: sqlite3.Connection
    dialect = ddl.SQLITE

    def __init__(self, home: Path, *, writing: bool) -> None:
        """Open the files; those that are not there are made when writing.

        Raises:
            StoreError: A file is no database, is held by another program, or cannot be opened.
        """
        self.home, self.place, self.manifest_path = home, str(home), f"../{LAND_FILE}"
        self.land_place = str(home / LAND_FILE)
        mode = "rwc" if writing else "ro"
        with self._explained():
            if writing:
                home.mkdir(parents=True, exist_ok=True)
            recovery.settle(home, (LAND_FILE, HOLDERS_FILE))
            self.connection = sqlite3.connect(
                _uri(home / LAND_FILE, mode), uri=True, timeout=database.WAIT_MS / 1000, isolation_level=None
            )
            if writing:
                self.connection.execute("ATTACH DATABASE ? AS holders", (_uri(home / HOLDERS_FILE, mode),))
                for schema in ("main", HOLDERS):
                    self.connection.execute(f"PRAGMA {schema}.journal_mode = DELETE")
                    self.connection.execute(f"PRAGMA {schema}.cache_spill = OFF")

    @contextmanager
    def transaction(self, scope: tuple[str, str] | None = None, srid: int | None = None) -> Iterator[Store]:
        """Run a block in one transaction over both files; one at a time, whatever the commune."""
        with self._explained():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def hold(self, name: str) -> None:
        """Do nothing: one writes at a time, whatever the commune."""

    @contextmanager
    def settled(self) -> Iterator[None]:
        """Run the block: one writes at a time, so numbers are given in the order in which they are seen."""
        yield

    def execute(self, sql: str, values: Values | None = None) -> sqlite3.Cursor:
        """Run one statement with named parameters."""
        with self._explained():
            return self.connection.execute(sql, values or {})

    def insert(
        self, table: Table, rows: pd.DataFrame, geometries: Geometries | None, moment: Moment, srid: int
    ) -> None:
        """Insert many rows, enter them in the R-tree and widen the extent that the contents tell."""
        first = self.execute(f"SELECT coalesce(max({_KEY}), 0) + 1 FROM {table.qualified}").fetchone()[0]
        constants: dict[str, Any] = {"valid_from": moment.valid, "tx_from": moment.now}
        constants["release_from"] = moment.release_id
        shapes = geometries if geometries is None or not table.is_multipart else as_parts(geometries)
        self._fill(table.qualified, rows, constants, shapes, srid)
        if geometries is not None:
            keys = range(first, first + len(rows))
            geopackage.index_rows(self.connection, table.name, keys, geometries, present=first - 1)
            geopackage.describe_rows(self.connection, table.name, geometries)

    def insert_plain(self, table: str, rows: pd.DataFrame, schema: str = "") -> None:
        """Insert many rows into a table of the program."""
        self._fill(Table(table, (), schema).qualified, rows, {})

    def _fill(
        self,
        table: str,
        rows: pd.DataFrame,
        constants: Mapping[str, Any],
        geometries: Geometries | None = None,
        srid: int = 0,
    ) -> None:
        columns = {name: pa.array(rows[name], from_pandas=True) for name in rows.columns}
        # A value that is the same in all rows is written into the statement: a parameter would be bound for each.
        same = {name: values[0].as_py() for name, values in columns.items() if _is_constant(values)} | dict(constants)
        bound = {name: values for name, values in columns.items() if name not in same}
        names = [*bound, *([] if geometries is None else [GEOMETRY_COLUMN]), *same]
        places = ["?"] * (len(names) - len(same)) + list(map(_literal, same.values()))
        quoted = ", ".join(f'"{name}"' for name in names)
        # Refused rows undo the transaction, as the caller would: to undo the statement alone, SQLite would keep a copy
        # of every page it touches, row by row, where a table has triggers.
        statement = f"INSERT OR ROLLBACK INTO {table} ({quoted}) VALUES ({', '.join(places)})"
        for start in range(0, len(rows), _BLOCK_ROWS):
            block = [values.slice(start, _BLOCK_ROWS).to_pylist() for values in bound.values()]
            if geometries is not None:
                block.append(geopackage.encode(geometries[start : start + _BLOCK_ROWS], srid))
            # A single row is all the same, and nothing is left to be bound.
            several = zip(*block, strict=True) if block else [()] * len(rows.iloc[start : start + _BLOCK_ROWS])
            self.connection.executemany(statement, several)

    def copied(self, table: Table, sources: list[int], moment: Moment) -> None:
        """Enter versions written again in the R-tree, with the boxes of those they were written from."""
        if not table.has_geometry:
            return
        written = self.execute(
            f"SELECT {_KEY} FROM {table.qualified} WHERE release_from = :release ORDER BY {_KEY}", moment.values
        ).fetchall()
        rtree = f'"rtree_{table.name}_{GEOMETRY_COLUMN}"'
        self.connection.executemany(
            f"INSERT INTO {rtree} SELECT ?, minx, maxx, miny, maxy FROM {rtree} WHERE id = ?",
            [(row[0], source) for row, source in zip(written, sorted(sources), strict=True)],
        )

    @contextmanager
    def changed(self, table: Table) -> Iterator[None]:
        """Write with the triggers aside, which call functions only spatial programs have."""
        if not table.has_geometry:
            yield
            return
        geopackage.drop_triggers(self.connection, table.name)
        yield
        geopackage.create_triggers(self.connection, table.name, _KEY)
        geopackage.touch(self.connection, table.name)

    def among(self, column: str, name: str) -> str:
        """Return the condition that a column is one of the values of a parameter."""
        return f"{column} IN (SELECT value FROM json_each(:{name}))"

    def values(self, items: Iterable[str] | Iterable[int]) -> str:
        """Return a list of values as a parameter."""
        return json.dumps(list(items), ensure_ascii=False)

    def column(self, name: str, declared: str) -> str:
        """Return the expression for a column as it is read."""
        return f"{geopackage.wkb_of()} AS geometry" if name == GEOMETRY_COLUMN else f'"{name}"'

    def in_box(self, table: Table) -> str:
        """Return the condition that the box of a geometry meets a box."""
        return (
            f'{_KEY} IN (SELECT id FROM "rtree_{table.name}_{GEOMETRY_COLUMN}" '
            "WHERE maxx >= :west AND minx <= :east AND maxy >= :south AND miny <= :north)"
        )

    def communes_of(self, srid: int, box: Box) -> list[str] | None:
        """Return None: all communes stand in one table."""
        return None

    @contextmanager
    def holders(self) -> Iterator[None]:
        """Attach the holder file for reading, where it is not attached already."""
        path = self.home / HOLDERS_FILE
        if not path.exists():
            raise StoreError(
                f"Có cơ sở dữ liệu đất đai nhưng thiếu {path}: khôi phục cả hai từ một bản sao lưu.",
                f"The land database is here but {path} is missing: restore both from the same backup.",
            )
        attached = any(row[1] == HOLDERS for row in self.execute("PRAGMA database_list").fetchall())
        if not attached:
            self.execute("ATTACH DATABASE :path AS holders", {"path": _uri(path, "ro")})
        try:
            yield
        finally:
            if not attached:
                self.execute("DETACH DATABASE holders")

    def holders_lost(self) -> tuple[str, str]:
        """Return what to say where there is land but no key of the holders."""
        return (
            f"Có {LAND_FILE} nhưng {HOLDERS_FILE} trống hoặc đã mất: khôi phục cả hai từ một bản sao lưu.",
            f"{LAND_FILE} is here, {HOLDERS_FILE} is empty or lost: restore both from the same backup.",
        )

    def columns(self) -> dict[tuple[str, str], set[str]]:
        """Return the tables that are there; those of the container are not ours."""
        found: dict[tuple[str, str], set[str]] = {}
        attached = {row[1] for row in self.execute("PRAGMA database_list").fetchall()}
        for schema in {"main", HOLDERS} & attached:
            rows = self.execute(
                f"SELECT t.name, c.name FROM {schema}.sqlite_master t, pragma_table_info(t.name, '{schema}') c "
                "WHERE t.type = 'table'"
            ).fetchall()
            for table, column in rows:
                if not table.startswith(("gpkg_", "rtree_", "sqlite_")):
                    found.setdefault((schema if schema == HOLDERS else "", table), set()).add(column)
        return found

    def define(self, srid: int) -> None:
        """Make tables and indexes, and list them as a GeoPackage wants it."""
        geopackage.prepare(self.connection)
        geopackage.add_spatial_ref(self.connection, srid)
        holders = ddl.holders(ddl.Dialect(schema=HOLDERS))
        for statement in ddl.statements(ddl.land(srid)) + ddl.statements(holders):
            self.connection.execute(statement)
        spatial = {table.name: table for table in ddl.spatial_tables(srid)}
        for name in land_tables(srid):
            if name not in spatial:
                geopackage.register_attributes(self.connection, name)
                continue
            table = spatial[name]
            geopackage.register_features(
                self.connection,
                name,
                srid,
                geometry_type=table.geometry_type,
                key=_KEY,
                title=f"{table.title} / {table.title_en}",
            )
            geopackage.register_current(
                self.connection, name, srid, columns=ddl.current_columns(name), key=_KEY, title=table.title
            )

    def close(self) -> None:
        """Close both files."""
        self.connection.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what SQLite says about files and locks into one clear line; other errors are ours and pass."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise StoreError(
                    f"Chương trình khác đang giữ cơ sở dữ liệu trong {self.place}: đóng nó (ví dụ QGIS) rồi chạy lại.",
                    f"Another program holds the database in {self.place}: close it (QGIS, say) and run again.",
                ) from error
            if any(word in str(error) for word in ("unable to open", "readonly", "disk", "I/O")):
                raise StoreError(
                    f"Không ghi được cơ sở dữ liệu trong {self.place}: kiểm tra quyền ghi và dung lượng đĩa ({error}).",
                    f"The database in {self.place} cannot be written: check the rights and the disk space ({error}).",
                ) from error
            raise
        except sqlite3.DatabaseError as error:
            if "not a database" in str(error) or "malformed" in str(error):
                raise StoreError(
                    f"Tệp trong {self.place} không phải cơ sở dữ liệu đất đai hoặc đã hỏng: khôi phục từ bản sao lưu.",
                    f"A file in {self.place} is no land database, or is damaged: restore it from a backup.",
                ) from error
            raise


def _uri(path: Path, mode: str) -> str:
    return f"{path.resolve().as_uri()}?mode={mode}"


def _is_constant(values: pa.Array) -> bool:
    """Tell whether the statement can say the values of a column: all are null, or the same text or whole number."""
    if values.null_count == len(values):
        return len(values) > 0
    if values.type not in _SPELLED or values[0] != values[-1]:
        return False
    return values.null_count == 0 and bool(pc.all(pc.equal(values, values[0])).as_py())


def _literal(value: str | int | None) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
