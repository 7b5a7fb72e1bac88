"""What is wrong in a store is found, each thing by its name, and nothing else is called wrong."""

import json
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from pipelines import safety, vault
from pipelines import store as land
from pipelines.cli.app import app
from pipelines.errors import StoreError
from pipelines.load import run
from schemas import indexes
from tests.stores import in_files, on_a_server
from tests.unit.deliveries import NAMES, NUMBERS, ZONE, delivery, parcels
from tests.unit.states import first_version


@pytest.fixture
def filled(url: str, safe: vault.Vault) -> str:
    with land.open_store(url, srid=ZONE) as store:
        run(delivery(6), store, safe)
        run(delivery(5, sha256="b" * 64), store, safe)
        run(delivery(3, ma_xa="15703", shift_m=900), store, safe)
        land.rollback(store, "15670", 1)
    return url


FAULTS = {
    "parcel.chain": "UPDATE thua_dat_5897 SET tx_to = '2999' WHERE tx_to IS NOT NULL",
    "version.order": "UPDATE thua_dat_5897 SET release_to = NULL WHERE tx_to IS NOT NULL",
    "version.release": "UPDATE ban_phat_hanh SET finished_at = NULL WHERE release_id = 1",
    "version.time": "UPDATE thua_dat_5897 SET tx_from = '2001-01-01T00:00:00.000000Z' WHERE ma_xa = '15703'",
    "version.hash": "UPDATE thua_dat_5897 SET dia_chi = 'khác' WHERE so_thu_tu_thua = '2'",
    "release.count": "UPDATE thua_dat_5897 SET ky_dia_gioi = 'E2025B' WHERE so_thu_tu_thua = '1'",
    "identifier.unlisted": "DELETE FROM dinh_danh WHERE thua_dat_id = '15670.E2025A.1.1.3'",
    "identifier.shared": "UPDATE thua_dat_5897 SET ma_dinh_danh_thua = "
    "(SELECT max(ma_dinh_danh_thua) FROM dinh_danh) WHERE ma_xa = '15703'",
    "lineage.unknown": "INSERT INTO pha_he_thua (thua_dat_id_cu, thua_dat_id_moi, giao_dich_id, ma_xa, ky_dia_gioi, "
    "valid_from, tx_from, release_from, row_hash) SELECT '15670.E2025A.1.1.1', '15670.E2025A.1.1.99', 'g', '15670', "
    "'E2025A', '2025-01-01', started_at, 1, 'x' FROM ban_phat_hanh WHERE release_id = 1",
    "key.missing": "DELETE FROM holders.khoa",
    "sealed.clear": "UPDATE holders.giay_to_tuy_than SET so_giay_to_che = '038180123456'",
    "parcel.two_current": "UPDATE thua_dat_5897 SET tx_to = NULL, release_to = NULL, valid_to = NULL "
    "WHERE thua_dat_id = '15670.E2025A.1.1.6'",
}


def codes(place: str, *, faults: bool = True) -> set[str]:
    return {defect.code for defect in safety.examine(place) if defect.is_fault == faults}


def test_what_the_program_writes_is_sound(filled: str) -> None:
    assert safety.examine(filled) == []


def plant(place: str, statement: str) -> None:
    """Spoil a store as only its owner can: what guards it is taken away first."""
    with land.open_as_it_is(place) as store, store.transaction(), store.changed(land.layer_table("thua_dat", ZONE)):
        if isinstance(store.connection, sqlite3.Connection):
            guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE 'rtree%'"
            for (name,) in store.execute(guards).fetchall():
                store.execute(f"DROP TRIGGER {name}")
        else:
            store.execute("SET LOCAL session_replication_role = replica")
        for column in indexes.ONCE_CURRENT["thua_dat"]:
            store.execute(f"DROP INDEX IF EXISTS ux_thua_dat_{ZONE}_{column}")
        store.execute(statement)


@in_files
@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_is_found_by_its_name(filled: str, code: str) -> None:
    plant(filled, FAULTS[code])
    found = {defect.code: defect for defect in safety.examine(filled)}
    assert found[code].is_fault
    assert 0 < len(found[code].examples) <= min(5, found[code].count)


@on_a_server
def test_every_fault_is_found_by_its_name(filled: str) -> None:
    """One after the other in one database: to make a new one takes seconds."""
    for code, statement in FAULTS.items():
        plant(filled, statement)
        assert code in codes(filled)
    text = json.dumps([defect.examples for defect in safety.examine(filled)], ensure_ascii=False)
    assert not any(secret in text for secret in (*NAMES, *NUMBERS, "c1"))


def test_a_changed_shape_is_found(filled: str) -> None:
    shape = "(SELECT geom FROM thua_dat_5897 WHERE ma_xa = '15703' LIMIT 1)"
    plant(filled, f"UPDATE thua_dat_5897 SET geom = {shape} WHERE version_id = 2")
    assert codes(filled) == ({"version.hash"} if filled.startswith("postgres") else {"gpkg.rtree", "version.hash"})


def test_odd_content_is_hashed_again_as_it_was(url: str, safe: vault.Vault) -> None:
    shapes = np.array(
        [
            shapely.Polygon(),
            shapely.MultiPolygon(),
            shapely.box(0, 0, 1, 1),
            shapely.multipolygons([shapely.box(2, 0, 3, 1)]),
            shapely.LineString([(0, 0), (1, 1)]),
            shapely.Polygon([(0, 0), (float("inf"), 0), (1, 1)]),
        ]
    )
    wanted = delivery(parcels=parcels(shapes).assign(dia_chi=["", None, "\x00", "x" * 9000, "\x1f", "~2"]))
    wanted.parcels["dien_tich"] = [0.1, float("inf"), None, 1e300, -0.0, 1 / 3]
    wanted.tables["xa"] = wanted.tables["xa"].set_geometry([shapely.box(0, 0, 5, 5)])
    with land.open_store(url, srid=ZONE) as store:
        run(wanted, store, safe)
    assert safety.examine(url) == []


def test_a_right_of_what_is_not_there_is_a_note(url: str, safe: vault.Vault) -> None:
    rights = pd.DataFrame(
        {
            "quyen_id": ["q1", "q2"],
            "thua_key": ["15670.E2025A.1.1.1", "15670.E2025A.1.1.77"],
            "chu_id": ["c1", "c9"],
            "giay_chung_nhan_id": [None, "gcn9"],
        }
    )
    wanted = delivery(6)
    wanted.holders["quyen_su_dung_dat"] = rights
    with land.open_store(url, srid=ZONE) as store:
        run(wanted, store, safe)
        run(delivery(3, ma_xa="15703", shift_m=900), store, safe)
    found = safety.examine(url)
    assert {(one.code, one.is_fault, one.count) for one in found} == {
        ("right.parcel", False, 1),
        ("right.holder", False, 1),
        ("right.certificate", False, 1),
    }
    assert found[0].examples == ["quyen_su_dung_dat.version_id=2"]


def test_rows_of_a_former_schema_are_not_called_changed(filled: str, safe: vault.Vault) -> None:
    with land.open_as_it_is(filled) as store:
        with store.changed(land.layer_table("thua_dat", ZONE)):
            store.execute("UPDATE luoc_do SET version = 2")
            store.execute("UPDATE thua_dat_5897 SET row_hash = 'of a former schema ' || thua_dat_id")
        land.migrate(store)
        assert land.rollback(store, "15670", 2).counts["parcels"] == 5
        land.rollback(store, "15670", 1)
    assert safety.examine(filled) == []


@in_files
def test_a_store_of_the_first_version_is_sound_once_it_was_migrated(url: str, home: Path) -> None:
    first_version(home)
    with pytest.raises(StoreError, match="older schema"):
        safety.examine(url)
    with land.open_as_it_is(url) as store:
        land.migrate(store)
    assert safety.examine(url) == []


@in_files
def test_the_container_is_looked_through(filled: str, home: Path) -> None:
    with sqlite3.connect(home / "land.gpkg") as database:
        database.execute("DELETE FROM rtree_thua_dat_5897_geom WHERE id = 3")
        database.execute("DELETE FROM gpkg_contents WHERE table_name = 'dinh_danh'")
    database.close()
    assert codes(filled) == {"gpkg.rtree", "gpkg.contents"}


@in_files
def test_a_damaged_page_is_found(filled: str, home: Path) -> None:
    with sqlite3.connect(home / "land.gpkg") as database:
        root = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_thua_dat_5897_1'").fetchone()[0]
        size = database.execute("PRAGMA page_size").fetchone()[0]
    database.close()
    content = bytearray((home / "land.gpkg").read_bytes())
    content[(root - 1) * size + 8 : root * size] = bytes(size - 8)
    (home / "land.gpkg").write_bytes(content)
    assert codes(filled) == {"database.damaged"}


def test_the_command_ends_with_3_where_it_is_not_sound(filled: str, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(json.dumps({"store": filled}), encoding="utf-8")
    with land.open_as_it_is(filled) as store:
        store.execute(FAULTS["key.missing"])
    told = CliRunner().invoke(app, ["--config", str(tmp_path / "s.yaml"), "check-store"])
    assert told.exit_code == 3
    assert "LỖI / FAULT key.missing: 1" in told.stdout and "not sound" in told.stdout
