"""The store for many users: PostGIS, rows by COPY, a partition for each commune, holders in a schema of their own."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import shapely
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from pipelines.errors import StoreError
from pipelines.store import copying, database
from pipelines.store.database import Box, Geometries, Moment, Store, Values, as_parts
from pipelines.store.tables import GEOMETRY_COLUMN, HOLDERS, Table
from schemas import ddl, postgis

_CONNECT_S = 10
SCHEMA_LOCK = 0x6469616368696E68
"""Held shared by whoever writes a commune, alone by whoever makes or changes tables."""

_BLOCK_ROWS = 50_000
"""So many rows stand in memory as text at a time."""

_FAR_M = 1e30
"""Coordinates without end are taken for this; nothing is asked for out there."""

_COMMUNE_LOCKS, _NAME_LOCKS = 0, 1
"""Seeds of the numbers that communes and names are locked by."""


class PostGIS(Store):
    """An open database on a server.

    Attributes:
        address: What it was opened with, for programs of PostgreSQL; it may hold a password and is never shown.
    """

    address: str
    connection: psycopg.Connection[Any]
    dialect = ddl.Dialect(is_postgis=True, schema=postgis.LAND)
    manifest_path = ""

    def __init__(self, url: str, *, writing: bool) -> None:
        """Connect to the server; a reader cannot write even where its account could.

        Raises:
            StoreError: The server cannot be reached, or the address is none.
        """
        self.address, self.place = url, _shown(url)
        self.land_place = f"{self.place}:{postgis.LAND}"
        chosen = {
            "search_path": f"{postgis.LAND},public",
            "default_transaction_read_only": "off" if writing else "on",
            "lock_timeout": str(database.WAIT_MS),
        }
        try:
            self.connection = psycopg.connect(
                url,
                autocommit=True,
                connect_timeout=_CONNECT_S,
                application_name="diachinh",
                options=" ".join(f"-c {name}={value}" for name, value in chosen.items()),
            )
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[-1]
            raise StoreError(
                f"Không kết nối được cơ sở dữ liệu {self.place}: kiểm tra máy chủ, tài khoản và mật khẩu ({reason}).",
                f"The database {self.place} cannot be reached: check server, account and password ({reason}).",
            ) from error

    @contextmanager
    def transaction(self, scope: tuple[str, str] | None = None, srid: int | None = None) -> Iterator[Store]:
        """Run a block in one transaction; over the whole database where no commune is named."""
        with self._explained():
            if scope and srid:
                self._execute("SELECT make_partition(:srid, :ma_xa)", {"srid": srid, "ma_xa": scope[0]})
            self._execute("BEGIN")
            try:
                self._lock(scope)
                yield self
                self._execute("COMMIT")
            except BaseException:
                if not self.connection.broken and self.connection.info.transaction_status != TransactionStatus.IDLE:
                    self._execute("ROLLBACK")
                raise

    def _lock(self, scope: tuple[str, str] | None) -> None:
        if scope is None:
            self._execute("SELECT pg_advisory_xact_lock(:number)", {"number": SCHEMA_LOCK})
            return
        self._execute("SELECT pg_advisory_xact_lock_shared(:number)", {"number": SCHEMA_LOCK})
        self._execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(:commune, :seed))",
            {"commune": ".".join(scope), "seed": _COMMUNE_LOCKS},
        )

    def hold(self, name: str) -> None:
        """Lock a name until the transaction ends."""
        self.execute("SELECT pg_advisory_xact_lock(hashtextextended(:name, :s))", {"name": name, "s": _NAME_LOCKS})

    @contextmanager
    def settled(self) -> Iterator[None]:
        """Wait for those who write, and run the block while nobody else begins; communes are written side by side."""
        with self.transaction():
            yield

    def execute(self, sql: str, values: Values | None = None) -> psycopg.Cursor[Any]:
        """Run one statement with named parameters."""
        with self._explained():
            return self._execute(sql, values)

    def _execute(self, sql: str, values: Values | None = None) -> psycopg.Cursor[Any]:
        cursor = self.connection.cursor(binary=True)
        return cursor.execute(_translated(sql), values) if values else cursor.execute(sql.encode())

    def insert(
        self, table: Table, rows: pd.DataFrame, geometries: Geometries | None, moment: Moment, srid: int
    ) -> None:
        """Copy many rows in, block by block; the server numbers them in their order."""
        constants = {"valid_from": moment.valid, "tx_from": moment.now, "release_from": moment.release_id}
        for start in range(0, len(rows), _BLOCK_ROWS):
            block = rows.iloc[start : start + _BLOCK_ROWS]
            columns = {name: copying.texts_of(block[name]) for name in block.columns}
            if geometries is not None:
                shapes = geometries[start : start + _BLOCK_ROWS]
                columns[GEOMETRY_COLUMN] = copying.ewkb(as_parts(shapes) if table.is_multipart else shapes, srid)
            columns |= {name: pa.repeat(pa.scalar(value), len(block)) for name, value in constants.items()}
            self._copy(table.qualified, pa.table(columns))
        if geometries is not None and ddl.is_partitioned(table.name):
            self._widen(srid, rows["ma_xa"], geometries)

    def _widen(self, srid: int, communes: pd.Series, geometries: Geometries) -> None:
        """Let the boxes of communes hold these shapes."""
        sides = pd.DataFrame(np.clip(shapely.bounds(geometries), -_FAR_M, _FAR_M), columns=["w", "s", "e", "n"])
        boxes = sides.groupby(communes.to_numpy()).agg({"w": "min", "s": "min", "e": "max", "n": "max"}).dropna()
        for ma_xa, box in boxes.to_dict("index").items():
            self._execute(
                "INSERT INTO pham_vi VALUES (:srid, :ma_xa, ST_MakeEnvelope(:w, :s, :e, :n, :srid)) "
                "ON CONFLICT (srid, ma_xa) DO UPDATE SET geom = ST_Envelope(ST_Collect(pham_vi.geom, excluded.geom)) "
                "WHERE NOT pham_vi.geom ~ excluded.geom",
                {"srid": srid, "ma_xa": ma_xa} | {str(side): value for side, value in box.items()},
            )

    def insert_plain(self, table: str, rows: pd.DataFrame, schema: str = "") -> None:
        """Copy many rows into a table of the program."""
        self._copy(
            Table(table, (), schema).qualified, pa.table({name: copying.texts_of(rows[name]) for name in rows.columns})
        )

    def _copy(self, table: str, rows: pa.Table) -> None:
        names = ", ".join(f'"{name}"' for name in rows.column_names)
        statement = f"COPY {table} ({names}) FROM STDIN (FORMAT csv)"
        with self._explained(), self.connection.cursor().copy(statement.encode()) as sink:
            copying.send(sink, rows)

    def copied(self, table: Table, sources: list[int], moment: Moment) -> None:
        """Do nothing: the index of the server follows by itself."""

    @contextmanager
    def changed(self, table: Table) -> Iterator[None]:
        """Run the block; nothing is to be put aside."""
        yield

    def among(self, column: str, name: str) -> str:
        """Return the condition that a column is one of the values of a parameter."""
        return f"{column} = ANY(:{name})"

    def values(self, items: Iterable[str] | Iterable[int]) -> list[Any]:
        """Return a list of values as a parameter."""
        return list(items)

    def column(self, name: str, declared: str) -> str:
        """Return the expression for a column as it is read."""
        if name == GEOMETRY_COLUMN:
            return f"ST_AsBinary(\"{name}\", 'NDR') AS geometry"
        return f'"{name}"::int AS "{name}"' if declared == "BOOLEAN" else f'"{name}"'

    def in_box(self, table: Table) -> str:
        """Return the condition that the box of a geometry meets a box."""
        return f"{GEOMETRY_COLUMN} && ST_MakeEnvelope(:west, :south, :east, :north, :srid)"

    def communes_of(self, srid: int, box: Box) -> list[str] | None:
        """Return the communes whose box meets this one."""
        sides = dict(zip(("west", "south", "east", "north"), map(float, box), strict=True))
        found = self.execute(
            "SELECT ma_xa FROM pham_vi WHERE srid = :srid "
            "AND geom && ST_MakeEnvelope(:west, :south, :east, :north, :srid) ORDER BY ma_xa",
            {"srid": srid, **sides},
        )
        return [row[0] for row in found.fetchall()]

    @contextmanager
    def holders(self) -> Iterator[None]:
        """Run the block: the schema is there, and whether this account may read it the server says."""
        yield

    def holders_lost(self) -> tuple[str, str]:
        """Return what to say where there is land but no key of the holders."""
        return (
            f"Có đất đai nhưng lược đồ {HOLDERS} trong {self.place} trống: khôi phục cả hai từ một bản sao lưu.",
            f"Land is here, schema {HOLDERS} in {self.place} is empty or lost: restore both from the same backup.",
        )

    def columns(self) -> dict[tuple[str, str], set[str]]:
        """Return the tables that are there; partitions are parts of theirs."""
        found: dict[tuple[str, str], set[str]] = {}
        rows = self.execute(
            "SELECT n.nspname, c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
            f"WHERE n.nspname IN ('{postgis.LAND}', '{HOLDERS}') AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        ).fetchall()
        for schema, table, column in rows:
            found.setdefault((HOLDERS if schema == HOLDERS else "", table), set()).add(column)
        return found

    def prepare(self) -> None:
        """Make what the tables stand on: the extension and the roles."""
        self.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        known = {row[0] for row in self.execute("SELECT rolname FROM pg_roles").fetchall()}
        for role in (postgis.READER, postgis.HOLDER_READER, postgis.WRITER):
            if role not in known:
                self.execute(f"CREATE ROLE {role} NOLOGIN")

    def define(self, srid: int) -> None:
        """Make roles, schemas, tables, indexes and views, and say who may do what."""
        self.prepare()
        with self._explained():
            # Without parameters the server takes many statements at once.
            self.connection.execute(postgis.script(srid).encode())

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the server says of locks, rights and connections into one clear line; other errors pass."""
        try:
            yield
        except errors.LockNotAvailable as error:
            raise StoreError(
                f"Chương trình khác đang ghi cùng xã vào {self.place}: đợi nó xong rồi chạy lại.",
                f"Another program holds the database {self.place} for this commune: wait for it and run again.",
            ) from error
        except errors.InsufficientPrivilege as error:
            raise StoreError(
                f"Tài khoản thiếu quyền trong {self.place} ({error.diag.message_primary}): xin chủ sở hữu cấp quyền.",
                f"This account lacks a right in {self.place} ({error.diag.message_primary}): ask its owner for a role.",
            ) from error
        except (errors.DeadlockDetected, errors.SerializationFailure, errors.UniqueViolation) as error:
            if isinstance(error, errors.UniqueViolation) and error.diag.table_name != "dinh_danh":
                raise
            raise StoreError(
                f"Hai lần nạp cùng lúc vào {self.place} chạm nhau, lần này không ghi gì: hãy chạy lại.",
                f"Two loads at once into {self.place} met, this one wrote nothing: run again.",
            ) from error
        except errors.ProgramLimitExceeded as error:
            raise StoreError(
                f"Một mã hoặc số hiệu dài quá mức {self.place} lập chỉ mục được, không ghi gì: sửa gói rồi nạp lại.",
                f"An id or number is longer than {self.place} can index, nothing was written: mend the package.",
            ) from error
        except (errors.DiskFull, errors.ReadOnlySqlTransaction) as error:
            raise StoreError(
                f"Không ghi được vào {self.place}: kiểm tra dung lượng đĩa và quyền ghi của máy chủ ({error}).",
                f"The database {self.place} cannot be written: check its disk space and rights ({error}).",
            ) from error
        except (psycopg.OperationalError, errors.IdleInTransactionSessionTimeout) as error:
            if not self.connection.broken:
                raise
            raise StoreError(
                f"Mất kết nối với {self.place}, không ghi gì dở dang: kiểm tra máy chủ rồi chạy lại.",
                f"The connection to {self.place} was lost, nothing is half-written: check the server and run again.",
            ) from error


def _shown(url: str) -> str:
    """Return an address without account and password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error as error:
        raise StoreError(
            "Địa chỉ trong khóa `store` không đúng dạng postgresql://tài_khoản@máy_chủ/cơ_sở_dữ_liệu.",
            "The address in the setting `store` is not of the form postgresql://account@server/database.",
        ) from error
    port = f":{parts['port']}" if "port" in parts else ""
    return f"postgresql://{parts.get('host', '')}{port}/{parts.get('dbname', '')}"


@lru_cache
def _translated(sql: str) -> bytes:
    """Return a statement with parameters as the driver spells them."""
    return re.sub(r"(?<!:):([a-z_]\w*)", r"%(\1)s", sql.replace("%", "%%")).encode()
