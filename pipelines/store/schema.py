"""The version of the tables: what a store must have before anything is read from it or written to it."""

import schemas
from pipelines.errors import StoreError
from pipelines.store.database import Store
from pipelines.store.releases import now
from pipelines.store.tables import HOLDERS, Table, holder_tables, land_tables
from schemas import ddl

FIRST_VERSION = 1
"""Version of the stores that had no table to say it."""

_MARK = "ban_phat_hanh"
_VERSION = "luoc_do"

_KINDS = "ban_phat_hanh_kind_check"
"""What PostgreSQL calls the list of the kinds of releases."""


def _steps(store: Store) -> dict[int, list[str]]:
    """Return what is done in each zone on the way to a version, before the DDL is run; columns come by themselves."""
    script = ddl.statements(ddl.land_template(store.dialect))
    releases = next(text for text in script if f"EXISTS {store.dialect.table(_MARK)} (" in text)
    copied = ", ".join(sorted(store.columns()["", _MARK]))
    kinds = ", ".join(map(repr, schemas.layer(_MARK)["properties"]["kind"]["enum"]))
    of_sqlite = [
        f"ALTER TABLE {_MARK} RENAME TO {_MARK}_2",
        releases,
        f"INSERT INTO {_MARK} ({copied}) SELECT {copied} FROM {_MARK}_2",
        f"DROP TABLE {_MARK}_2",
    ]
    of_postgis = [
        f"ALTER TABLE {_MARK} DROP CONSTRAINT IF EXISTS {_KINDS}",
        f"ALTER TABLE {_MARK} ADD CONSTRAINT {_KINDS} CHECK (kind IN ({kinds}))",
    ]
    return {
        # The index by parcel got the time in it; the tables of DDL make it anew.
        2: [f"DROP INDEX IF EXISTS ix_thua_dat_{ddl.ZONE}_2"],
        # Changes and reforms are releases too.
        3: of_postgis if store.dialect.is_postgis else of_sqlite,
    }


def set_up(store: Store, srid: int) -> None:
    """Make the tables of a zone where they are missing.

    Raises:
        StoreError: The store is another program's, or of another version.
    """
    if not _refuse_strangers(store) or srid not in store.zones():
        with store.transaction():
            if found := version(store):
                _require_version(store, found)
            _define(store, srid)
        return
    require_current(store)
    if not {(HOLDERS, name) for name in holder_tables()} <= store.columns().keys():
        # A lost holder file is made again; that land is there without its key is told by whoever asks for the key.
        with store.transaction():
            _define(store, srid)


def require_current(store: Store) -> None:
    """Refuse a store whose tables are not those of this program.

    Raises:
        StoreError: There is no land database, or it is older or newer than the program.
    """
    if not _refuse_strangers(store):
        raise StoreError(
            f"Chưa có cơ sở dữ liệu đất đai trong {store.place}: hãy chạy `diachinh run` để nạp ít nhất một xã.",
            f"There is no land database in {store.place}: run `diachinh run` to load at least one commune.",
        )
    _require_version(store, version(store))
    found = store.columns()
    for table in _expected(store):
        key = (table.schema, table.name)
        if key not in found:
            if not table.schema:
                raise _older(store)
            continue
        if set(table.names) - found[key]:
            raise _older(store)
        if unknown := found[key] - set(table.names):
            raise _newer(store, f"{table.name}.{min(unknown)}")


def version(store: Store) -> int:
    """Return the version of the tables of a store, 0 where it has none."""
    names = {name for schema, name in store.columns() if not schema}
    if _MARK not in names:
        return 0
    if _VERSION not in names:
        return FIRST_VERSION
    row = store.execute(f"SELECT version FROM {_VERSION}").fetchone()
    return int(row[0]) if row else FIRST_VERSION


def migrate(store: Store) -> tuple[int, int]:
    """Bring the tables of a store to the version of this program, in one transaction; return both versions.

    Raises:
        StoreError: The store is newer, is another program's, or holds no land database.
    """
    if not _refuse_strangers(store):
        raise StoreError(
            f"Không có cơ sở dữ liệu đất đai trong {store.place}: kiểm tra khóa `store` hoặc --home.",
            f"There is no land database in {store.place}: check the setting `store` or --home.",
        )
    with store.transaction():
        found = version(store)
        if found > ddl.SCHEMA_VERSION:
            raise _newer(store)
        for srid in store.zones():
            for step in range(found + 1, ddl.SCHEMA_VERSION + 1):
                for statement in _steps(store)[step]:
                    store.execute(statement.replace(ddl.ZONE, str(srid)))
            _add_columns(store)
            _define(store, srid)
    return found, ddl.SCHEMA_VERSION


def _define(store: Store, srid: int) -> None:
    store.define(srid)
    store.execute(
        "INSERT INTO vung_toa_do (srid, bang) VALUES (:srid, :table) ON CONFLICT DO NOTHING",
        {"srid": srid, "table": ddl.table_name("thua_dat", srid)},
    )
    store.execute(
        f"INSERT INTO {_VERSION} (id, version, changed_at) VALUES (1, :version, :now) "
        f"ON CONFLICT (id) DO UPDATE SET version = excluded.version, changed_at = excluded.changed_at "
        f"WHERE {_VERSION}.version <> excluded.version",
        {"version": ddl.SCHEMA_VERSION, "now": now()},
    )


def _add_columns(store: Store) -> None:
    """Add the columns that the tables of a store lack; they are null in older rows."""
    found = store.columns()
    for table in _expected(store):
        there = found.get((table.schema, table.name))
        if there is not None:
            for name, declared in table.columns:
                if name not in there:
                    column = store.dialect.column(f'"{name}" {declared}')
                    zone = table.name.rpartition("_")[2]
                    store.execute(f"ALTER TABLE {table.qualified} ADD COLUMN {column.replace(ddl.ZONE, zone)}")


def _expected(store: Store) -> list[Table]:
    land = {table.name: table for srid in store.zones() for table in land_tables(srid).values()}
    return [*land.values(), *holder_tables().values()]


def _refuse_strangers(store: Store) -> bool:
    """Leave a store alone that holds tables and is no land database; tell whether it is one."""
    own = {name for schema, name in store.columns() if not schema}
    if own and _MARK not in own:
        raise StoreError(
            f"{store.land_place} là của chương trình khác ({min(own)}): đổi tên nó hoặc dùng nơi khác.",
            f"{store.land_place} is another program's file or schema ({min(own)}): rename it or use another place.",
        )
    return bool(own)


def _require_version(store: Store, found: int) -> None:
    if found < ddl.SCHEMA_VERSION:
        raise _older(store)
    if found > ddl.SCHEMA_VERSION:
        raise _newer(store)


def _older(store: Store) -> StoreError:
    return StoreError(
        f"Cơ sở dữ liệu trong {store.place} theo lược đồ cũ: sao lưu rồi chạy `diachinh migrate`.",
        f"The database in {store.place} has an older schema: back it up and run `diachinh migrate`.",
    )


def _newer(store: Store, what: str = "") -> StoreError:
    told = what or f"{_VERSION} > {ddl.SCHEMA_VERSION}"
    return StoreError(
        f"Cơ sở dữ liệu trong {store.place} theo lược đồ mới hơn chương trình này ({told}): hãy cập nhật chương trình.",
        f"The database in {store.place} has a newer schema than this program ({told}): update the program.",
    )
