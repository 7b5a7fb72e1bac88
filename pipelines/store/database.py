"""The two files of the embedded store and the one transaction over both.

Rollback journals, not WAL: with WAL a commit over two attached files is not atomic, with rollback journals it is.
Cache spilling is off, so nothing is written, and no reader waits, before the commit.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import StoreError
from pipelines.store import geopackage
from pipelines.store.tables import KEY_DDL, Table, holder_tables, holders_script, land_script, land_tables, read_tables
from schemas import ddl

LAND_FILE = "land.gpkg"
HOLDERS_FILE = "holders.sqlite"
HOLDERS = "holders"
"""Name under which the holder file is attached."""

_WAIT_MS = 60_000
_FEATURE_KEY = "version_id"


@dataclass(frozen=True, slots=True)
class Store:
    """An open land database.

    Attributes:
        connection: Connection to land.gpkg; the holder file is attached as `holders` when opened for writing.
        home: Folder of the two files.
    """

    connection: sqlite3.Connection
    home: Path

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a block in one transaction over both files: all of it is kept, or nothing.

        Raises:
            StoreError: Another program holds the database, or the disk refuses.
        """
        with _explained(self.home):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def zones(self) -> list[int]:
        """Return the EPSG codes of the zones the database holds."""
        return [row[0] for row in self.connection.execute("SELECT srid FROM vung_toa_do ORDER BY srid")]

    def close(self) -> None:
        """Close both files."""
        self.connection.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(home: Path, *, srid: int) -> Store:
    """Open the store for writing; make or complete both files for a zone.

    Raises:
        StoreError: A file is no database, is held by another program, or has another shape.
    """
    home.mkdir(parents=True, exist_ok=True)
    with _explained(home):
        connection = sqlite3.connect(home / LAND_FILE, timeout=_WAIT_MS / 1000, isolation_level=None)
        connection.execute("ATTACH DATABASE ? AS holders", (str(home / HOLDERS_FILE),))
        for schema in ("main", HOLDERS):
            connection.execute(f"PRAGMA {schema}.journal_mode = DELETE")
            connection.execute(f"PRAGMA {schema}.cache_spill = OFF")
        connection.execute(f"PRAGMA busy_timeout = {_WAIT_MS}")
        store = Store(connection, home)
        _require_land(store, srid)
        _require_holders(store)
    return store


def open_reader(home: Path) -> Store:
    """Open the land database for reading only; the holder file is not touched.

    Raises:
        StoreError: There is no land database, or it cannot be read.
    """
    path = home / LAND_FILE
    if not path.exists():
        raise StoreError(
            f"Chưa có cơ sở dữ liệu {path}: hãy chạy `diachinh run` để nạp ít nhất một xã.",
            f"There is no land database {path}: run `diachinh run` to load at least one commune.",
        )
    with _explained(home):
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_WAIT_MS / 1000, isolation_level=None
        )
        _refuse_strangers(connection, home)
    return Store(connection, home)


def _refuse_strangers(connection: sqlite3.Connection, home: Path) -> None:
    """Leave a file alone that holds tables and is no land database."""
    own = {name for name in read_tables(connection, "main") if not name.startswith(("gpkg_", "rtree_", "sqlite_"))}
    if own and "ban_phat_hanh" not in own:
        raise StoreError(
            f"{home / LAND_FILE} là tệp của chương trình khác ({min(own)}): đổi tên nó hoặc dùng thư mục khác.",
            f"{home / LAND_FILE} is another program's file ({min(own)}): rename it or use another folder.",
        )


def _require_land(store: Store, srid: int) -> None:
    expected = land_tables(srid)
    found = read_tables(store.connection, "main")
    _refuse_strangers(store.connection, store.home)
    if expected.keys() <= found.keys():
        _complete(store.connection, "main", expected, found)
        _show_current(store.connection, srid)
        return
    _complete(store.connection, "main", {name: expected[name] for name in expected.keys() & found.keys()}, found)
    # A script of its own ends any transaction, so the zone is made ready before the load begins.
    geopackage.prepare(store.connection)
    store.connection.executescript(f"BEGIN IMMEDIATE; {land_script(srid)} COMMIT;")
    with store.transaction() as connection:
        geopackage.add_spatial_ref(connection, srid)
        _register(connection, expected, srid)
        connection.execute("INSERT OR IGNORE INTO vung_toa_do (srid, bang) VALUES (?, ?)", (srid, f"thua_dat_{srid}"))
        _complete(connection, "main", expected, read_tables(connection, "main"))
        _show_current(connection, srid)


def _show_current(connection: sqlite3.Connection, srid: int) -> None:
    """Offer the current versions of every feature table as a layer of its own."""
    tables = land_tables(srid)
    for spatial in ddl.spatial_tables(srid):
        entity = [name for name, _ in tables[spatial.name].entity]
        geopackage.register_current(
            connection,
            spatial.name,
            srid,
            columns=[*entity, "valid_from", "tx_from"],
            key=_FEATURE_KEY,
            title=spatial.title,
        )


def _require_holders(store: Store) -> None:
    expected = holder_tables()
    found = read_tables(store.connection, HOLDERS)
    if not expected.keys() <= found.keys():
        # The generated script names no schema: it is run on the holder file itself.
        with sqlite3.connect(store.home / HOLDERS_FILE, timeout=_WAIT_MS / 1000) as connection:
            connection.executescript(f"BEGIN IMMEDIATE; {holders_script()} COMMIT;")
        connection.close()
        with store.transaction() as attached:
            for table in filter(lambda table: table.is_versioned, expected.values()):
                _index_current(attached, f"{HOLDERS}.", table.name)
    store.connection.execute(KEY_DDL.format(schema=HOLDERS))
    _complete(store.connection, HOLDERS, expected, read_tables(store.connection, HOLDERS))


def _register(connection: sqlite3.Connection, tables: dict[str, Table], srid: int) -> None:
    for spatial in ddl.spatial_tables(srid):
        geopackage.register_features(
            connection,
            spatial.name,
            srid,
            geometry_type=spatial.geometry_type,
            key=_FEATURE_KEY,
            title=f"{spatial.title} / {spatial.title_en}",
        )
    for table in tables.values():
        if not table.has_geometry:
            geopackage.register_attributes(connection, table.name)
        if table.is_versioned:
            _index_current(connection, "", table.name)


def _index_current(connection: sqlite3.Connection, schema: str, table: str) -> None:
    connection.execute(
        f'CREATE INDEX IF NOT EXISTS {schema}"ix_{table}_hien_hanh" ON "{table}" (release_from) WHERE tx_to IS NULL'
    )


def _complete(connection: sqlite3.Connection, schema: str, expected: dict[str, Table], found: dict[str, Table]) -> None:
    """Add the columns a newer version of the schema brought; they are null in older rows."""
    for name, table in expected.items():
        missing = [column for column in table.columns if column[0] not in found[name].names]
        if missing and any(column[0] in VERSION_MARKS for column in missing):
            raise StoreError(
                f"Bảng {name} trong cơ sở dữ liệu không có cột phiên bản: tệp do chương trình khác tạo, đổi thư mục.",
                f"Table {name} of the database has no version columns: another program made it; use another folder.",
            )
        for column, declared in missing:
            connection.execute(f'ALTER TABLE {schema}."{name}" ADD COLUMN "{column}" {declared}')


VERSION_MARKS = frozenset({"version_id", "tx_from", "tx_to", "row_hash"})
"""Without these a table cannot hold versions; they are never added afterwards."""


@contextmanager
def _explained(home: Path) -> Iterator[None]:
    """Turn what SQLite says about files and locks into one clear line; other errors are ours and pass."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise StoreError(
                f"Cơ sở dữ liệu trong {home} đang bị chương trình khác giữ: đóng nó (ví dụ QGIS) rồi chạy lại.",
                f"Another program holds the database in {home}: close it (QGIS while editing, say) and run again.",
            ) from error
        if any(word in str(error) for word in ("unable to open", "readonly", "disk", "I/O")):
            raise StoreError(
                f"Không ghi được cơ sở dữ liệu trong {home}: kiểm tra quyền ghi và dung lượng đĩa ({error}).",
                f"The database in {home} cannot be written: check the rights and the disk space ({error}).",
            ) from error
        raise
    except sqlite3.DatabaseError as error:
        if "not a database" in str(error) or "malformed" in str(error):
            raise StoreError(
                f"Tệp trong {home} không phải cơ sở dữ liệu đất đai hoặc đã hỏng: khôi phục từ bản sao lưu.",
                f"A file in {home} is no land database, or is damaged: restore it from a backup.",
            ) from error
        raise
