"""The land database, read-only: one SQLite connection per thread and release."""

import sqlite3
import threading
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atlas.server.collections import Table
from atlas.server.errors import HomeError

CACHE_KIB = 65_536
MMAP_BYTES = 4 << 30
WAIT_S = 30.0
HURRY_S = 0.05

_local = threading.local()


@dataclass(frozen=True)
class Rows:
    """A small table that lives in memory beside the database (the communes of the manifest).

    Attributes:
        table: Name and geometry of the table; the key is the row's position, from 1.
        columns: Names of the other columns.
        values: One tuple per row, in the order of `columns`.
        boxes: Minimum x, maximum x, minimum y, maximum y of each row.
        geometries: WKB of each row.
    """

    table: Table
    columns: Sequence[str]
    values: Sequence[tuple[Any, ...]]
    boxes: Sequence[tuple[float, float, float, float]]
    geometries: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL, its parameters, and what kind of value it stands for."""

    text: str
    parameters: tuple[Any, ...] = ()
    kind: str = "boolean"
    literal: bool = False


class Store:
    """The database of one release.

    Args:
        path: GeoPackage file.
        memory: Small tables that are not in the file.
        prepare: Called with every new connection.
        beside: Another GeoPackage that is read with it; its tables have names of their own.
    """

    def __init__(
        self,
        path: Path,
        memory: Sequence[Rows] = (),
        prepare: Callable[[sqlite3.Connection], None] | None = None,
        beside: Path | None = None,
    ) -> None:
        self.path = path
        self.memory = tuple(memory)
        self._prepare = prepare
        self._beside = beside

    def connection(self) -> sqlite3.Connection:
        """Return this thread's connection, opened on first use.

        Raises:
            HomeError: The file is missing or no database.
        """
        if getattr(_local, "store", None) is not self:
            previous = getattr(_local, "connection", None)
            if previous is not None:
                previous.close()
            _local.connection = self.open()
            _local.store = self
        connection: sqlite3.Connection = _local.connection
        return connection

    def hurry(self) -> None:
        """Let this thread wait for a lock for a moment only: it answers many clients and must not stand still."""
        _local.wait_s = HURRY_S

    def open(self) -> sqlite3.Connection:
        """Return a new connection.

        Raises:
            HomeError: The file is missing or no database.
            sqlite3.OperationalError: It is being written for longer than this thread may wait.
        """
        try:
            connection = sqlite3.connect(
                f"file:{_escape(self.path)}?mode=ro",
                uri=True,
                timeout=getattr(_local, "wait_s", WAIT_S),
                cached_statements=512,
            )
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            connection.execute(f"PRAGMA mmap_size = {MMAP_BYTES}")
            connection.execute("PRAGMA case_sensitive_like = ON")
            if self._beside:
                connection.execute("ATTACH DATABASE ? AS beside", (f"file:{_escape(self._beside)}?mode=ro",))
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            if "locked" in str(error):
                raise
            raise HomeError(
                f"Không mở được cơ sở dữ liệu {self.path.name}: chạy `diachinh run` rồi thử lại.",
                f"The database {self.path.name} cannot be opened: run `diachinh run` and try again.",
            ) from error
        connection.create_function("casei", 1, casei, deterministic=True)
        connection.create_function("accenti", 1, accenti, deterministic=True)
        if self._prepare is not None:
            self._prepare(connection)
        for rows in self.memory:
            _fill(connection, rows)
        return connection


def casei(text: str | None) -> str | None:
    """Fold case, Vietnamese letters included.

    >>> casei("ĐÔNG")
    'đông'
    """
    return None if text is None else str(text).casefold()


def accenti(text: str | None) -> str | None:
    """Remove diacritics, the stroke of đ included.

    >>> accenti("Thọ Bình, Đông")
    'Tho Binh, Dong'
    """
    if text is None:
        return None
    plain = unicodedata.normalize("NFD", str(text)).replace("đ", "d").replace("Đ", "D")
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def nfc(text: str) -> str:
    """Return text in the form the database keeps.

    >>> len(nfc("e\u0302\u0323"))
    1
    """
    return unicodedata.normalize("NFC", text)


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _escape(path: Path) -> str:
    return path.resolve().as_posix().replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _fill(connection: sqlite3.Connection, rows: Rows) -> None:
    table, columns = rows.table, [quoted(column) for column in rows.columns]
    connection.execute(
        f"CREATE TEMP TABLE {quoted(table.name)} "
        f"({quoted(table.key)} INTEGER PRIMARY KEY, {quoted(table.geometry)} BLOB, {', '.join(columns)})"
    )
    connection.execute(f"CREATE VIRTUAL TABLE temp.{quoted(table.rtree)} USING rtree(id, minx, maxx, miny, maxy)")
    marks = ", ".join("?" * (2 + len(columns)))
    numbered = enumerate(zip(rows.geometries, rows.values, strict=True), start=1)
    connection.executemany(
        f"INSERT INTO temp.{quoted(table.name)} VALUES ({marks})",
        ((number, geometry, *values) for number, (geometry, values) in numbered),
    )
    connection.executemany(
        f"INSERT INTO temp.{quoted(table.rtree)} VALUES (?, ?, ?, ?, ?)",
        ((number, *box) for number, box in enumerate(rows.boxes, start=1)),
    )
    connection.commit()
