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
from tests.unit.deliveries import EAST_M, NORTH_M, ZONE, delivery, parcels, squares


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
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'rtree_thua_dat_5897_*'"
        )
        assert len(triggers.fetchall()) == 7
        rtree = database.execute('SELECT count(*) FROM "rtree_thua_dat_5897_geom"').fetchone()
        assert rtree == (20,)
    database.close()


def reload_with_a_multipart(home: Path) -> None:
    rows = parcels(squares(21)).drop(index=[4])
    rows.loc[2, "geometry"] = shapely.union(squares(1, shift_m=40)[0], squares(1, shift_m=1000)[0])
    with land.open_store(home, srid=ZONE) as store:
        run(delivery(parcels=rows, sha256="b" * 64), store, vault.open_vault(home / "holder.key"))


@pytest.mark.filterwarnings("error")
def test_the_view_shows_what_holds_now_and_finds_by_box(home: Path) -> None:
    view = "thua_dat_5897_hien_hanh"
    assert dict(pyogrio.list_layers(home / "land.gpkg"))[view] == "Polygon"
    reload_with_a_multipart(home)
    assert len(pyogrio.read_dataframe(home / "land.gpkg", layer="thua_dat_5897")) == 22
    info = pyogrio.read_info(home / "land.gpkg", layer=view)
    assert (info["features"], info["crs"], info["fid_column"]) == (20, "EPSG:5897", "OGC_FID")
    assert info["total_bounds"] == (EAST_M, NORTH_M, EAST_M + 1020, NORTH_M + 20)
    assert info["capabilities"]["fast_spatial_filter"]
    assert {"valid_to", "tx_to", "row_hash"} & set(info["fields"]) == set()
    shown = pyogrio.read_dataframe(home / "land.gpkg", layer=view, fid_as_index=True)
    assert shown["so_thu_tu_thua"].nunique() == 20
    assert set(shown.geometry.geom_type) == {"Polygon", "MultiPolygon"}
    box = (EAST_M + 81, NORTH_M + 1, EAST_M + 99, NORTH_M + 2)
    assert pyogrio.read_dataframe(home / "land.gpkg", layer=view, bbox=box).empty
    box = (EAST_M + 1001, NORTH_M + 1, EAST_M + 1002, NORTH_M + 2)
    found = pyogrio.read_dataframe(home / "land.gpkg", layer=view, bbox=box, fid_as_index=True)
    assert found["so_thu_tu_thua"].tolist() == ["3"]
    assert found.index[0] == shown.index[shown["so_thu_tu_thua"] == "3"][0]


def test_the_view_follows_the_schema(home: Path) -> None:
    with sqlite3.connect(home / "land.gpkg") as database:
        database.execute("DROP VIEW thua_dat_5897_hien_hanh")
        database.execute("ALTER TABLE thua_dat_5897 DROP COLUMN dia_chi")
        database.execute("CREATE VIEW thua_dat_5897_hien_hanh AS SELECT version_id AS OGC_FID, geom FROM thua_dat_5897")
    database.close()
    with land.open_as_it_is(home) as store:
        land.migrate(store)
    after = (home / "land.gpkg").read_bytes()
    assert "dia_chi" in pyogrio.read_info(home / "land.gpkg", layer="thua_dat_5897_hien_hanh")["fields"]
    land.open_store(home, srid=ZONE).close()
    assert (home / "land.gpkg").read_bytes() == after


def test_every_registration_is_true(home: Path) -> None:
    """What OGC 12-128r17 asks of a file: contents, geometry columns, types, R-trees, in step with the tables."""
    reload_with_a_multipart(home)
    with land.open_store(home, srid=ZONE) as store:
        land.rollback(store, "15670", 1)
    database = sqlite3.connect(home / "land.gpkg")
    ask = database.execute
    assert ask("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert ask("PRAGMA foreign_key_check").fetchall() == []
    kinds = dict(ask("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"))
    required = {"gpkg_spatial_ref_sys", "gpkg_contents", "gpkg_geometry_columns", "gpkg_extensions"}
    assert required <= kinds.keys()
    listed = dict(ask("SELECT table_name, data_type FROM gpkg_contents"))
    own = {name for name in kinds if not name.startswith(("gpkg_", "rtree_", "sqlite_"))}
    assert own == set(listed)
    features = {name for name, kind in listed.items() if kind == "features"}
    columns = ask("SELECT table_name, column_name, geometry_type_name, srs_id, z, m FROM gpkg_geometry_columns")
    registered = {row[0]: row[1:] for row in columns}
    assert set(registered) == features
    assert ask("SELECT count(*) FROM gpkg_contents WHERE identifier IS NULL").fetchone() == (0,)
    indexed = {row[0] for row in ask("SELECT table_name FROM gpkg_extensions")}
    assert indexed == {name for name in features if kinds[name] == "table"}
    for name, (column, kind, srid, z, m) in registered.items():
        assert (srid, z, m) == (ZONE, 0, 0)
        blobs = [row[0] for row in ask(f'SELECT "{column}" FROM "{name}" WHERE "{column}" IS NOT NULL')]
        shapes = shapely.from_wkb([blob[40:] for blob in blobs])
        allowed = {"POLYGON": {3}, "MULTIPOLYGON": {6}, "GEOMETRY": set(range(8))}[kind]
        assert {int(number) for number in shapely.get_type_id(shapes)} <= allowed
        if kinds[name] == "table":
            rtree, key = f'"rtree_{name}_{column}"', "version_id"
            missing = f'SELECT "{key}" FROM "{name}" WHERE "{column}" IS NOT NULL EXCEPT SELECT id FROM {rtree}'
            surplus = f'SELECT id FROM {rtree} EXCEPT SELECT "{key}" FROM "{name}" WHERE "{column}" IS NOT NULL'
            assert (ask(missing).fetchall(), ask(surplus).fetchall()) == ([], [])
            assert ask(f"SELECT rtreecheck('main', 'rtree_{name}_{column}')").fetchone() == ("ok",)
            boxes = np.array(ask(f"SELECT minx, miny, maxx, maxy FROM {rtree} ORDER BY id").fetchall())
            given = shapely.bounds(shapely.from_wkb([row[0][40:] for row in ask(
                f'SELECT "{column}" FROM "{name}" WHERE "{column}" IS NOT NULL ORDER BY "{key}"')]))  # fmt: skip
            assert (boxes[:, :2] <= given[:, :2]).all() and (boxes[:, 2:] >= given[:, 2:]).all() if len(boxes) else True
    declared = dict(ask("SELECT name, type FROM pragma_table_info('thua_dat_5897')"))
    assert declared["geom"] == "GEOMETRY"
    assert registered["thua_dat_5897"][1] == registered["thua_dat_5897_hien_hanh"][1] == "GEOMETRY"
    database.close()


def test_another_program_can_edit_and_the_rtree_follows(home: Path) -> None:
    extra = pyogrio.read_dataframe(home / "land.gpkg", layer="thua_dat_5897").iloc[:1]
    twice = extra.assign(geometry=shapely.box(0, 0, 1, 1))
    with pytest.raises(pyogrio.errors.FeatureError, match=r"UNIQUE constraint failed"):
        pyogrio.write_dataframe(twice, home / "land.gpkg", layer="thua_dat_5897", append=True)
    moved = twice.assign(thua_dat_id="15670.E2025A.1.1.99", ma_dinh_danh_thua=None)
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


def test_no_database_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no land database"):
        land.open_reader(tmp_path)


@pytest.mark.parametrize("name", ["land.gpkg", "holders.sqlite"])
def test_a_file_that_is_no_database_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("not a database, only text" * 100, encoding="utf-8")
    with pytest.raises(StoreError, match="no land database, or is damaged"):
        land.open_store(tmp_path, srid=ZONE)


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    parcels(squares(2)).to_file(tmp_path / "land.gpkg", layer="ban_do")
    before = (tmp_path / "land.gpkg").read_bytes()
    with pytest.raises(StoreError, match="another program's file"):
        land.open_store(tmp_path, srid=ZONE)
    with pytest.raises(StoreError, match="another program's file"):
        land.open_reader(tmp_path)
    assert (tmp_path / "land.gpkg").read_bytes() == before


def test_a_full_disk_is_told_and_leaves_what_was(home: Path) -> None:
    with land.open_store(home, srid=ZONE) as store:
        pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
        store.connection.execute(f"PRAGMA max_page_count = {pages + 5}")
        with pytest.raises(StoreError, match="disk"):
            run(delivery(3000, sha256="b" * 64), store, vault.open_vault(home / "holder.key"))
        assert len(land.current(store, "thua_dat", ZONE)) == 20
        assert len(land.listing(store)) == 1
        assert store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
