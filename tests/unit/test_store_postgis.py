"""PostGIS alone: partitions, roles, locks, and a connection that goes away."""

import random
import threading

import numpy as np
import pandas as pd
import psycopg
import pytest

from pipelines import store as land
from pipelines import vault
from pipelines.errors import StoreError
from pipelines.load import run
from tests.unit.deliveries import EAST_M, NORTH_M, ZONE, delivery


@pytest.fixture
def filled(database: str, safe: vault.Vault) -> str:
    with land.open_store(database, srid=ZONE) as store:
        run(delivery(4), store, safe)
    return database


@pytest.fixture
def account(filled: str, request: pytest.FixtureRequest) -> str:
    """Return the address for an account that was granted one of the roles."""
    role = request.param
    with psycopg.connect(filled, autocommit=True) as owner:
        name = f"account_{role}_{owner.info.dbname}"
        owner.execute(f"CREATE ROLE {name} LOGIN IN ROLE diachinh_{role}")
    return filled.replace("postgres@", f"{name}@")


def test_a_commune_is_a_partition_made_at_its_first_load(filled: str, safe: vault.Vault) -> None:
    with land.open_store(filled, srid=ZONE) as store:
        run(delivery(3, ma_xa="15703", shift_m=500), store, safe)
        parts = store.execute(
            "SELECT tableoid::regclass::text, count(*) FROM thua_dat_5897 GROUP BY 1 ORDER BY 1"
        ).fetchall()
    assert parts == [("thua_dat_5897_15670", 4), ("thua_dat_5897_15703", 3)]


def test_a_partition_has_the_index_of_places_and_a_number_for_every_version(filled: str) -> None:
    with psycopg.connect(filled) as owner:
        indexes = owner.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'thua_dat_5897_15670'").fetchall()
        numbers = owner.execute("SELECT version_id FROM land.thua_dat_5897 ORDER BY thua_dat_id").fetchall()
    assert any("USING gist (geom)" in row[0] for row in indexes)
    assert numbers == [(1,), (2,), (3,), (4,)]


@pytest.mark.parametrize("account", ["reader"], indirect=True)
def test_a_reader_sees_land_and_no_holder(account: str) -> None:
    with land.open_reader(account) as store:
        assert len(land.current(store, "thua_dat", ZONE)) == 4
        with pytest.raises(StoreError, match="lacks a right"):
            land.current_holders(store, ["ca_nhan"])
    with land.open_store(account, srid=ZONE) as store, pytest.raises(StoreError, match="lacks a right"):
        store.execute("DELETE FROM thua_dat_5897")


@pytest.mark.parametrize("account", ["holder_reader"], indirect=True)
def test_a_holder_reader_reads_both_and_writes_neither(account: str) -> None:
    with land.open_store(account, srid=ZONE) as store:
        assert len(land.current_holders(store, ["ca_nhan"])["ca_nhan"]) == 3
        for table in ("thua_dat_5897", "holders.ca_nhan"):
            with pytest.raises(StoreError, match="lacks a right"):
                store.execute(f"UPDATE {table} SET release_to = 1")


@pytest.mark.parametrize("account", ["writer"], indirect=True)
def test_a_writer_loads_new_communes_but_removes_and_makes_nothing(account: str, safe: vault.Vault) -> None:
    with land.open_store(account, srid=ZONE) as store:
        assert run(delivery(3, ma_xa="15703", shift_m=500), store, safe).added == 3
        assert run(delivery(5, sha256="b" * 64), store, safe).added == 1
        assert land.rollback(store, "15670", 1).counts["parcels"] == 4
        for statement in ("DELETE FROM thua_dat_5897", "DROP TABLE holders.ca_nhan", "UPDATE luoc_do SET version = 9"):
            with pytest.raises(StoreError, match="lacks a right"):
                store.execute(statement)
    with pytest.raises(StoreError, match="lacks a right"):
        land.open_store(account, srid=9209)


def test_one_commune_waits_for_itself_and_for_no_other(
    filled: str, safe: vault.Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.store.database.WAIT_MS", 100)
    one, other = land.open_store(filled, srid=ZONE), land.open_store(filled, srid=ZONE)
    with one, other, one.transaction(("15670", "E2025A"), ZONE):
        assert run(delivery(3, ma_xa="15703", shift_m=500), other, safe).added == 3
        with pytest.raises(StoreError, match="Another program holds"):
            run(delivery(5, sha256="b" * 64), other, safe)


def test_loads_of_one_commune_at_once_come_one_after_the_other(filled: str, safe: vault.Vault) -> None:
    counts = []

    def one(number: int) -> None:
        with land.open_store(filled, srid=ZONE) as store:
            counts.append(run(delivery(4 + number, sha256=str(number) * 64), store, safe).parcels)

    threads = [threading.Thread(target=one, args=(number,)) for number in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [5, 6, 7]
    with land.open_reader(filled) as store:
        newest = land.newest(store, ("15670", "E2025A"))
        assert newest is not None
        assert len(land.current(store, "thua_dat", ZONE)) == newest.counts["parcels"]


def test_a_lost_connection_is_told_and_nothing_is_half_written(
    filled: str, safe: vault.Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(store: land.Store, *_: object, **__: object) -> None:
        number = store.execute("SELECT pg_backend_pid()").fetchone()[0]
        with psycopg.connect(filled, autocommit=True) as owner:
            owner.execute("SELECT pg_terminate_backend(%s, 10000)", [number])
        store.execute("SELECT 1")

    with monkeypatch.context() as patch, land.open_store(filled, srid=ZONE) as store:
        patch.setattr("pipelines.store.finish", cut)
        with pytest.raises(StoreError, match="was lost, nothing is half-written"):
            run(delivery(50, sha256="b" * 64), store, safe)
    with land.open_reader(filled) as store:
        assert len(land.current(store, "thua_dat", ZONE)) == 4
        assert len(land.listing(store)) == 1
        assert store.execute("SELECT count(*) FROM dinh_danh").fetchone() == (4,)


def test_an_id_too_long_for_an_index_is_told(filled: str, safe: vault.Vault) -> None:
    wanted = delivery(2, sha256="b" * 64)
    wanted.parcels["thua_key"] = [f"15670.E2025A.1.1.{random.Random(7).randbytes(9000).hex()}", "15670.E2025A.1.1.2"]
    with land.open_store(filled, srid=ZONE) as store:
        with pytest.raises(StoreError, match=r"longer than .* can index, nothing was written"):
            run(wanted, store, safe)
        assert len(land.current(store, "thua_dat", ZONE)) == 4


def test_one_code_from_two_loads_at_once_is_told(filled: str, safe: vault.Vault) -> None:
    """The point of a parcel gets its code while another commune is about to give the same."""
    parcels = delivery(2, ma_xa="15703", shift_m=900).parcels
    with land.open_store(filled, srid=ZONE) as store:
        named = parcels.assign(thua_dat_id=parcels["thua_key"])
        assignment = land.assign(store, named, pd.Series([True, True]), lambda ids: np.zeros(len(ids), dtype=bool))
        run(delivery(2, ma_xa="15704", shift_m=900), store, safe)
        with pytest.raises(StoreError, match="met, this one wrote nothing"), store.transaction():
            land.record(store, assignment, srid=ZONE, release_id=9)
        assert store.execute("SELECT count(*) FROM dinh_danh").fetchone() == (6,)


def test_a_question_about_a_place_is_asked_of_its_communes_alone(filled: str, safe: vault.Vault) -> None:
    west = (EAST_M, NORTH_M, EAST_M + 1, NORTH_M + 1)
    with land.open_store(filled, srid=ZONE) as store:
        run(delivery(3, ma_xa="15703", shift_m=500), store, safe)
        run(delivery(3, ma_xa="15703", shift_m=900, sha256="b" * 64), store, safe)
    east = (EAST_M + 910, NORTH_M, EAST_M + 911, NORTH_M + 1)
    former = (EAST_M + 510, NORTH_M, EAST_M + 511, NORTH_M + 1)
    with land.open_reader(filled) as store:
        assert [store.communes_of(ZONE, box) for box in (west, east, former)] == [["15670"], ["15703"], ["15703"]]
        found = [land.as_of(store, ZONE, valid="2030-01-01", box=box)["ma_xa"].tolist() for box in (west, east, former)]
        assert found == [["15670"], ["15703"], []]
        plan = store.execute(
            "EXPLAIN SELECT version_id FROM thua_dat_5897 WHERE ma_xa = ANY(:near)", {"near": ["15703"]}
        ).fetchall()
    assert "15670" not in str(plan)


def test_where_parcels_lie_is_found_anew_for_a_store_that_did_not_say(filled: str) -> None:
    with psycopg.connect(filled) as owner:
        before = owner.execute("SELECT srid, ma_xa, ST_AsText(geom) FROM land.pham_vi").fetchall()
        owner.execute("DROP TABLE land.pham_vi")
    with land.open_store(filled, srid=ZONE) as store:
        land.migrate(store)
        assert store.execute("SELECT srid, ma_xa, ST_AsText(geom) FROM pham_vi").fetchall() == before
