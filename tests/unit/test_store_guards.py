"""What the database itself refuses: identifiers, keys of former days and the log stay as they are, whoever asks."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pipelines import store as land
from pipelines import vault
from pipelines.errors import StoreError
from pipelines.load import run
from tests.stores import in_files, on_a_server
from tests.unit.deliveries import ZONE, delivery

REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError)
FIRST, SECOND, NEW = "15670.E2025A.1.1.1", "15670.E2025A.1.1.2", "16000.E2025B.1.7.1"
COLUMNS = "ma_dinh_danh_thua, thua_dat_id, x, y, srid, lon, lat, algorithm, release_from"
POINT = f"1.0, 2.0, {ZONE}, 3.0, 4.0, 'a', 1"
VERSION = "thua_dat_id, ma_dinh_danh_thua, ma_xa, ky_dia_gioi, valid_from, tx_from, tx_to, release_from, row_hash"


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[land.Store]:
    """Return a store with three parcels that carry codes, a reform that renamed none yet, and a log."""
    with land.open_store(url, srid=ZONE) as opened:
        run(delivery(3), opened, vault.open_vault(tmp_path / "holder.key"))
        land.write_log(opened, land.Entry("load", "officer"), land.DONE, release=1)
        opened.execute(f"INSERT INTO khoa_thua VALUES ('{FIRST}', '{NEW}', '15670', 'E2025A', 1, NULL)")
        if isinstance(opened.connection, sqlite3.Connection):
            # What GDAL and QGIS bring along, and the triggers of the R-tree call.
            for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
                opened.connection.create_function(name, 1, lambda shape: 0)
        yield opened


def code_of(store: land.Store, parcel: str) -> str:
    found = store.execute("SELECT ma_dinh_danh_thua FROM dinh_danh WHERE thua_dat_id = :parcel", {"parcel": parcel})
    return str(found.fetchone()[0])


def content(store: land.Store) -> list[list[tuple[object, ...]]]:
    tables = ("dinh_danh", "khoa_thua", "nhat_ky", f"thua_dat_{ZONE}")
    return [store.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in tables]


def version(parcel: str, code: str, tx_to: str = "NULL") -> str:
    values = f"'{parcel}', '{code}', '15670', 'E2025A', '2025-01-01', '2025-01-02', {tx_to}, 1, 'hash of {parcel}'"
    return f"INSERT INTO thua_dat_{ZONE} ({VERSION}) VALUES ({values})"


FORBIDDEN = [
    "UPDATE dinh_danh SET ma_dinh_danh_thua = 'w7e0wvz8pkqj' WHERE thua_dat_id = '{first}'",
    "UPDATE dinh_danh SET x = x + 1",
    "UPDATE dinh_danh SET srid = 9209, algorithm = 'another'",
    "UPDATE dinh_danh SET release_from = 9",
    "UPDATE dinh_danh SET thua_dat_id = 'somebody' WHERE thua_dat_id = '{first}'",
    "UPDATE dinh_danh SET thua_dat_id = '{new}' WHERE thua_dat_id = '{second}'",
    "DELETE FROM dinh_danh WHERE thua_dat_id = '{first}'",
    f"INSERT INTO dinh_danh ({COLUMNS}) VALUES ('{{code}}', 'somebody', {POINT})",
    f"INSERT INTO dinh_danh ({COLUMNS}) VALUES ('w7e0wvz8pkqj', '{{first}}', {POINT})",
    "UPDATE khoa_thua SET thua_dat_id_moi = 'somebody'",
    "DELETE FROM khoa_thua",
    "UPDATE nhat_ky SET nguoi_thuc_hien = 'nobody'",
    "DELETE FROM nhat_ky",
    f"UPDATE thua_dat_{ZONE} SET ma_dinh_danh_thua = '{{code}}' WHERE thua_dat_id = '{{second}}'",
    f"UPDATE thua_dat_{ZONE} SET ma_dinh_danh_thua = NULL",
    f"UPDATE thua_dat_{ZONE} SET thua_dat_id = 'somebody' WHERE thua_dat_id = '{{first}}'",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_plain_sql_is_refused_and_changes_nothing(store: land.Store, statement: str) -> None:
    before = content(store)
    asked = statement.format(first=FIRST, second=SECOND, new=NEW, code=code_of(store, FIRST))
    # A code that is given twice is what two loads at once meet in, and told so.
    with pytest.raises((*REFUSED, StoreError) if asked.startswith("INSERT INTO dinh_danh") else REFUSED):
        store.execute(asked)
    assert content(store) == before


REPLACING = [
    f"INSERT OR REPLACE INTO dinh_danh ({COLUMNS}) VALUES ('{{code}}', 'somebody', {POINT})",
    f"INSERT OR REPLACE INTO dinh_danh ({COLUMNS}) VALUES ('w7e0wvz8pkqj', '{{first}}', {POINT})",
    "INSERT OR REPLACE INTO khoa_thua VALUES ('{first}', 'somebody', '15670', 'E2025A', 1, NULL)",
    "INSERT OR REPLACE INTO nhat_ky (id, luc, lenh, nguoi_thuc_hien, ket_qua) VALUES (1, '', '', '', 'ghi')",
]


@pytest.mark.parametrize("url", ["gpkg"], indirect=True)
@pytest.mark.parametrize("statement", REPLACING)
def test_replacing_is_refused_too(store: land.Store, statement: str) -> None:
    before = content(store)
    with pytest.raises(sqlite3.IntegrityError, match=r"stays as it is|given to another"):
        store.execute(statement.format(first=FIRST, code=code_of(store, FIRST)))
    assert content(store) == before


def test_no_version_carries_the_code_of_another_parcel(store: land.Store) -> None:
    before = content(store)
    for tx_to in ("NULL", "'2025-01-03'"):
        with pytest.raises(REFUSED, match=r"given to another parcel|ma_dinh_danh_thua"):
            store.execute(version("15670.E2025A.1.1.9", code_of(store, FIRST), tx_to))
    assert content(store) == before


def test_two_parcels_cannot_carry_one_code_that_nobody_recorded(store: land.Store) -> None:
    before = content(store)
    with pytest.raises(REFUSED), store.transaction():
        store.execute(version("15670.E2025A.1.1.8", "w7e0wvz8pkqj"))
        store.execute(version("15670.E2025A.1.1.9", "w7e0wvz8pkqj"))
    assert content(store) == before


def test_a_code_that_a_version_carries_goes_to_no_other(store: land.Store) -> None:
    before = content(store)
    with pytest.raises(REFUSED, match="given to another parcel"), store.transaction():
        store.execute(version("15670.E2025A.1.1.8", "w7e0wvz8pkqj"))
        store.execute(f"INSERT INTO dinh_danh ({COLUMNS}) VALUES ('w7e0wvz8pkqj', '15670.E2025A.1.1.9', {POINT})")
    assert content(store) == before


def test_a_parcel_has_one_version_that_holds(store: land.Store) -> None:
    before = content(store)
    with pytest.raises(REFUSED):
        store.execute(version(FIRST, code_of(store, FIRST)))
    assert content(store) == before


def test_a_code_follows_its_parcel_to_the_key_of_a_reform_and_back(store: land.Store) -> None:
    code = code_of(store, FIRST)
    for one, other in ((FIRST, NEW), (NEW, FIRST)):
        with store.transaction():
            store.execute(f"UPDATE thua_dat_{ZONE} SET tx_to = '9', release_to = 1 WHERE thua_dat_id = '{one}'")
            store.execute(version(other, code))
            store.execute(f"UPDATE dinh_danh SET thua_dat_id = '{other}' WHERE thua_dat_id = '{one}'")
        assert code_of(store, other) == code


def test_what_the_program_does_with_codes_goes_on(store: land.Store, tmp_path: Path) -> None:
    safe = vault.open_vault(tmp_path / "holder.key")
    code = code_of(store, "15670.E2025A.1.1.3")
    # The reform of these tests was taken back.
    store.execute("UPDATE khoa_thua SET release_to = 1")
    run(delivery(2, sha256="b" * 64), store, safe)
    retired = store.execute("SELECT count(*) FROM dinh_danh WHERE release_to IS NOT NULL").fetchone()[0]
    land.rollback(store, "15670", 1)
    living = store.execute("SELECT count(*) FROM dinh_danh WHERE release_to IS NULL").fetchone()[0]
    assert (retired, living, code_of(store, "15670.E2025A.1.1.3")) == (1, 3, code)


@on_a_server
def test_a_writer_has_no_right_to_what_is_refused(url: str, store: land.Store) -> None:
    with psycopg.connect(url, autocommit=True) as owner:
        account = f"writer_of_{owner.info.dbname}"
        owner.execute(f"CREATE ROLE {account} LOGIN IN ROLE diachinh_writer")
    before = content(store)
    statements = [one for one in FORBIDDEN if one.startswith(("UPDATE d", "UPDATE k", "UPDATE n", "DELETE"))]
    with land.open_store(url.replace("postgres@", f"{account}@"), srid=ZONE) as writer:
        for statement in [
            *statements,
            "TRUNCATE nhat_ky",
            "TRUNCATE dinh_danh",
            "DROP TRIGGER nhat_ky_no_update ON nhat_ky",
        ]:
            asked = statement.format(first=FIRST, second=SECOND, new=NEW)
            refused = REFUSED if "SET thua_dat_id =" in asked else StoreError
            with pytest.raises(refused):
                writer.execute(asked)
        writer.execute("UPDATE dinh_danh SET release_to = NULL")
    assert content(store) == before


@on_a_server
def test_the_owner_cannot_empty_the_tables(store: land.Store) -> None:
    before = content(store)
    for table in ("dinh_danh", "khoa_thua", "nhat_ky"):
        with pytest.raises(REFUSED):
            store.execute(f"TRUNCATE {table}")
    assert content(store) == before


DECIDED = ("id, luc, nguoi_thuc_hien, kind, answer", "1, '2026-01-01', 'officer', 'answer', 'same'")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE holders.quyet_dinh_lien_ket SET answer = 'different'",
        "DELETE FROM holders.quyet_dinh_lien_ket",
        "UPDATE holders.xac_thuc_da_gui SET number_hash = 'x'",
        "DELETE FROM holders.xac_thuc_da_gui",
        "UPDATE holders.lan_lien_ket SET people = 0",
        "DELETE FROM holders.lan_lien_ket",
    ],
)
def test_what_was_decided_about_people_stays(store: land.Store, statement: str) -> None:
    store.execute(f"INSERT INTO holders.quyet_dinh_lien_ket ({DECIDED[0]}) VALUES ({DECIDED[1]})")
    store.execute("INSERT INTO holders.xac_thuc_da_gui VALUES ('a', 'b', 'c', 'd')")
    store.execute("INSERT INTO holders.lan_lien_ket VALUES (1, '2026-01-01', '[1]', 1, 1, 1, 0, 0, 0)")
    table = f"holders.{statement.partition('holders.')[2].split()[0]}"
    before = store.execute(f"SELECT * FROM {table}").fetchall()
    with pytest.raises(REFUSED):
        store.execute(statement)
    assert store.execute(f"SELECT * FROM {table}").fetchall() == before


@in_files
def test_a_decision_is_not_replaced(store: land.Store) -> None:
    asked = f"INTO holders.quyet_dinh_lien_ket ({DECIDED[0]}) VALUES ({DECIDED[1]})"
    store.execute(f"INSERT {asked}")
    with pytest.raises(sqlite3.IntegrityError, match="stays as it is"):
        store.execute(f"INSERT OR REPLACE {asked}")
