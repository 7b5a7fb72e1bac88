"""Versions of the schema: an older store is refused until it is brought along, and then holds every row."""

import sqlite3
from pathlib import Path

import psycopg
import pytest

from pipelines import store as land
from pipelines import vault
from pipelines.errors import StoreError
from pipelines.load import run
from pipelines.store import schema
from schemas import ddl
from tests.stores import in_files
from tests.unit.deliveries import ZONE, delivery
from tests.unit.states import first_version


@pytest.fixture
def first(home: Path) -> Path:
    """Return a store as the program made it in the first version: two releases of a commune, with holders."""
    first_version(home)
    return home


@pytest.fixture
def current(url: str, tmp_path: Path) -> str:
    with land.open_store(url, srid=ZONE) as store:
        run(delivery(4), store, vault.open_vault(tmp_path / "holder.key"))
    return url


def content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table of a file, but those that say what the file is."""
    with sqlite3.connect(path) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
        rows = {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}
    database.close()
    return {name: found for name, found in rows.items() if name not in {"luoc_do", "gpkg_contents", "sqlite_sequence"}}


def shape(path: Path) -> dict[str, object]:
    """Return tables with their columns, indexes and views of a file."""
    with sqlite3.connect(path) as database:
        names = database.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
        found: dict[str, object] = {
            f"{kind} {name}": {tuple(row[1:3]) for row in database.execute(f'PRAGMA table_info("{name}")')}
            for kind, name in names
        }
        found |= {
            f"columns of {name}": [row[2] for row in database.execute(f'PRAGMA index_info("{name}")')]
            for kind, name in names
            if kind == "index"
        }
    database.close()
    return found


@in_files
def test_a_store_of_the_first_version_is_refused_and_left_alone(first: Path, url: str) -> None:
    before = [(first / name).read_bytes() for name in ("land.gpkg", "holders.sqlite")]
    for opened in (lambda: land.open_reader(url), lambda: land.open_store(url, srid=ZONE)):
        with pytest.raises(StoreError, match="older schema: back it up and run `diachinh migrate`"):
            opened()
    assert [(first / name).read_bytes() for name in ("land.gpkg", "holders.sqlite")] == before


@in_files
def test_migrating_keeps_every_row_and_ends_where_a_new_store_begins(first: Path, url: str, tmp_path: Path) -> None:
    files = ("land.gpkg", "holders.sqlite")
    before = [content(first / name) for name in files]
    with land.open_as_it_is(url) as store:
        assert land.migrate(store) == (1, ddl.SCHEMA_VERSION)
    after = [content(first / name) for name in files]
    for old, new in zip(before, after, strict=True):
        # Columns that came stand at the end.
        kept = {name: [tuple(row[: len(old[name][0])]) for row in new[name]] if old[name] else [] for name in old}
        assert kept == old
        assert sum(map(len, old.values())) > 3
    land.open_store(tmp_path / "fresh", srid=ZONE).close()
    for name in files:
        assert shape(first / name) == shape(tmp_path / "fresh" / name)
    with land.open_reader(url) as store:
        assert len(land.history(store, "15670.E2025A.1.1.2")) == 2
        assert len(land.current(store, "thua_dat", ZONE)) == 3


@in_files
def test_a_migration_that_fails_leaves_the_store_as_it_was(
    first: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [content(first / name) for name in ("land.gpkg", "holders.sqlite")]
    steps = (f"DROP INDEX ix_thua_dat_{ddl.ZONE}_2", "DELETE FROM holders.ca_nhan", "no statement at all")
    monkeypatch.setattr(schema, "_steps", lambda store: {2: steps})
    with land.open_as_it_is(url) as store, pytest.raises(sqlite3.OperationalError, match="syntax"):
        land.migrate(store)
    assert [content(first / name) for name in ("land.gpkg", "holders.sqlite")] == before
    with pytest.raises(StoreError, match="older schema"):
        land.open_reader(url)


def test_a_store_without_a_version_is_brought_along_by_both(current: str) -> None:
    with land.open_as_it_is(current) as store:
        parcels = land.current(store, "thua_dat", ZONE)
        store.execute("DROP TABLE luoc_do")
        store.execute("ALTER TABLE muc_dich_su_dung DROP COLUMN thoi_han_su_dung")
    for opened in (lambda: land.open_reader(current), lambda: land.open_store(current, srid=ZONE)):
        with pytest.raises(StoreError, match="older schema"):
            opened()
    with land.open_as_it_is(current) as store:
        assert land.migrate(store) == (1, ddl.SCHEMA_VERSION)
        assert land.migrate(store) == (ddl.SCHEMA_VERSION, ddl.SCHEMA_VERSION)
    with land.open_store(current, srid=ZONE) as store:
        assert "thoi_han_su_dung" in store.columns()["", "muc_dich_su_dung"]
        assert land.current(store, "thua_dat", ZONE).equals(parcels)


def test_an_older_store_gets_the_guards_of_its_codes(current: str) -> None:
    table = f"thua_dat_{ZONE}"
    with land.open_as_it_is(current) as store:
        on = f" ON {table}" if store.dialect.is_postgis else ""
        store.execute(f"DROP TRIGGER {table}_given{on}")
        store.execute("DROP TRIGGER dinh_danh_no_delete" + (" ON dinh_danh" if on else ""))
        store.execute(f"DROP INDEX ux_{table}_thua_dat_id")
        store.execute("DROP TABLE luoc_do")
        assert land.migrate(store) == (1, ddl.SCHEMA_VERSION)
        with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError), match="stays as it is"):
            store.execute("DELETE FROM dinh_danh")
        schema = "pg_indexes WHERE indexname" if on else "sqlite_master WHERE name"
        assert len(store.execute(f"SELECT 1 FROM {schema} = 'ux_{table}_thua_dat_id'").fetchall()) == 1
        schema = "pg_trigger WHERE NOT tgisinternal AND tgname" if on else "sqlite_master WHERE name"
        assert len(store.execute(f"SELECT 1 FROM {schema} = '{table}_given'").fetchall()) == (2 if on else 1)


def test_a_column_that_is_missing_is_an_older_schema(current: str) -> None:
    with land.open_as_it_is(current) as store:
        store.execute("ALTER TABLE muc_dich_su_dung DROP COLUMN thoi_han_su_dung")
    with pytest.raises(StoreError, match="older schema"):
        land.open_reader(current)


@pytest.mark.parametrize(
    "change", ["UPDATE luoc_do SET version = version + 1", "ALTER TABLE xa_5897 ADD COLUMN ten_moi TEXT"]
)
def test_a_newer_store_is_refused(current: str, change: str) -> None:
    with land.open_as_it_is(current) as store:
        store.execute(change)
    for opened in (lambda: land.open_reader(current), lambda: land.open_store(current, srid=ZONE)):
        with pytest.raises(StoreError, match=r"newer schema than this program .*: update the program"):
            opened()
    if change.startswith("UPDATE"):
        with land.open_as_it_is(current) as store, pytest.raises(StoreError, match="newer schema"):
            land.migrate(store)


def test_what_is_no_land_database_is_not_migrated(url: str) -> None:
    with land.open_as_it_is(url) as store, pytest.raises(StoreError, match="no land database"):
        land.migrate(store)
