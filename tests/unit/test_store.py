"""The GeoPackage: others open it, its R-tree is right, its errors are told."""

import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from pipelines import store as land
from pipelines import vault
from pipelines.errors import StoreError
from pipelines.load import run
from pipelines.store import geopackage, versions
from pipelines.store.tables import land_tables
from tests.unit.deliveries import EAST_M, NORTH_M, ZONE, delivery


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with land.open_store(tmp_path, srid=ZONE) as store:
        run(delivery(20), store, vault.open_vault(tmp_path / "holder.key"))
    return tmp_path


def test_gdal_opens_it_with_types_and_crs(home: Path) -> None:
    layers = {name: kind for name, kind in pyogrio.list_layers(home / "land.gpkg")}
    assert layers["thua_dat_5897"] == "Polygon"
    assert layers["xa_5897"] == "MultiPolygon"
    assert layers["ban_phat_hanh"] is None
    info = pyogrio.read_info(home / "land.gpkg", layer="thua_dat_5897")
    assert (info["features"], info["crs"], info["fid_column"]) == (20, "EPSG:5897", "version_id")
    assert info["total_bounds"] == (EAST_M, NORTH_M, EAST_M + 400, NORTH_M + 20)
    assert info["capabilities"]["fast_spatial_filter"]


def test_gdal_finds_by_box_through_the_rtree(home: Path) -> None:
    box = (EAST_M + 41, NORTH_M + 1, EAST_M + 59, NORTH_M + 2)
    found = pyogrio.read_dataframe(home / "land.gpkg", layer="thua_dat_5897", bbox=box)
    assert found["so_thu_tu_thua"].tolist() == ["3"]


def test_container_says_what_the_standard_wants(home: Path) -> None:
    with sqlite3.connect(home / "land.gpkg") as database:
        assert database.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
        assert database.execute("PRAGMA user_version").fetchone()[0] >= 10300
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        listed = {row[0] for row in database.execute("SELECT srs_id FROM gpkg_spatial_ref_sys")}
        assert listed >= {-1, 0, 4326, ZONE}
        triggers = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'thua_dat_5897'"
        )
        assert len(triggers.fetchall()) == 7
        rtree = database.execute('SELECT count(*) FROM "rtree_thua_dat_5897_geom"').fetchone()
        assert rtree == (20,)
    database.close()


def test_another_program_can_edit_and_the_rtree_follows(home: Path) -> None:
    extra = pyogrio.read_dataframe(home / "land.gpkg", layer="thua_dat_5897").iloc[:1]
    moved = extra.assign(geometry=shapely.box(0, 0, 1, 1))
    pyogrio.write_dataframe(moved, home / "land.gpkg", layer="thua_dat_5897", append=True)
    found = pyogrio.read_dataframe(home / "land.gpkg", layer="thua_dat_5897", bbox=(0.2, 0.2, 0.3, 0.3))
    assert len(found) == 1


def test_blobs_carry_coordinates_exactly() -> None:
    shapes = np.array([shapely.box(0.1, 1 / 3, 2e6 + 1e-9, 7), None, shapely.Polygon()], dtype=object)
    blob, missing, empty = geopackage.encode(shapes, ZONE)
    assert (missing, empty) == (None, None)
    assert blob is not None
    assert (blob[:2], int.from_bytes(blob[4:8], "little")) == (b"GP", ZONE)
    assert np.frombuffer(blob[8:40]).tolist() == [0.1, 2e6 + 1e-9, 1 / 3, 7.0]
    assert shapely.equals_identical(shapely.from_wkb(blob[40:]), shapes[0])


def test_hash_tells_content_and_nothing_else() -> None:
    rows = pd.DataFrame({"a": ["x", None, "x"], "n": [1.0, 2.0, 1.0]})
    one, two, again = versions.row_hashes(rows, None)
    assert again == one + "~2"
    assert len({one, two}) == 2
    # A null is not the text that stands for it, and neighbours do not run into each other.
    pairs = pd.DataFrame({"a": ["xy", "x", None, "None"], "b": ["", "y", "", ""]})
    assert versions.row_hashes(pairs, None).nunique() == 4
    shapes = np.array([shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1.0000001)], dtype=object)
    assert versions.row_hashes(rows[["n"]].iloc[[0, 2]], shapes).nunique() == 2


def test_types_come_from_the_schema_not_from_the_frame() -> None:
    table = land_tables(ZONE)["muc_dich_su_dung"]
    numbers = pd.DataFrame({"thua_key": ["a"], "so_thu_tu": [1], "dien_tich": [5]})
    floats = pd.DataFrame({"dien_tich": [5.0], "so_thu_tu": [1.0], "thua_key": ["a"], "khac": ["dropped"]})
    one, other = versions.typed(numbers, table), versions.typed(floats, table)
    assert versions.row_hashes(one, None).tolist() == versions.row_hashes(other, None).tolist()
    assert list(one.columns) == [name for name, _ in table.entity]


def test_a_second_zone_gets_its_own_table(home: Path) -> None:
    with land.open_store(home, srid=9209) as store:
        assert store.zones() == [ZONE, 9209]
        assert len(land.current(store, "thua_dat", ZONE)) == 20
        assert len(land.current(store, "thua_dat", 9209)) == 0


def test_columns_of_a_newer_schema_are_added(home: Path) -> None:
    with sqlite3.connect(home / "land.gpkg") as database:
        database.execute("ALTER TABLE muc_dich_su_dung DROP COLUMN thoi_han_su_dung")
    database.close()
    with land.open_store(home, srid=ZONE) as store:
        columns = store.connection.execute("PRAGMA table_info(muc_dich_su_dung)").fetchall()
    assert "thoi_han_su_dung" in {column[1] for column in columns}


def test_no_database_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no land database"):
        land.open_reader(tmp_path)


@pytest.mark.parametrize("name", ["land.gpkg", "holders.sqlite"])
def test_a_file_that_is_no_database_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("not a database, only text" * 100, encoding="utf-8")
    with pytest.raises(StoreError, match="no land database, or is damaged"):
        land.open_store(tmp_path, srid=ZONE)


def test_a_held_database_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.store.database._WAIT_MS", 50)
    one, other = land.open_store(home, srid=ZONE), land.open_store(home, srid=ZONE)
    with one, other, one.transaction(), pytest.raises(StoreError, match="Another program holds"), other.transaction():
        pass


def test_an_error_inside_undoes_both_files(home: Path) -> None:
    with land.open_store(home, srid=ZONE) as store:
        with pytest.raises(ZeroDivisionError), store.transaction() as connection:
            connection.execute("DELETE FROM thua_dat_5897")
            connection.execute("DELETE FROM holders.ca_nhan")
            raise ZeroDivisionError
        assert len(land.current(store, "thua_dat", ZONE)) == 20
        assert store.connection.execute("SELECT count(*) FROM holders.ca_nhan").fetchone() == (3,)
