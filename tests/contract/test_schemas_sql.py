import sqlite3

import pytest

import schemas
from schemas import ddl


@pytest.fixture
def land():
    with sqlite3.connect(":memory:") as connection:
        connection.executescript(ddl.land(5897))
        yield connection


def names(connection, table):
    return [row[1] for row in connection.execute(f"PRAGMA table_info('{table}')")]


def test_the_script_may_run_again_for_another_zone(land):
    land.executescript(ddl.land(5897))
    land.executescript(ddl.land(9209))
    tables = {row[0] for row in land.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"thua_dat_5897", "thua_dat_9209", "muc_dich_su_dung", "vung_toa_do", "ban_phat_hanh"} <= tables


@pytest.mark.parametrize("name", [name for name, layer in schemas.layers().items() if layer["x-versioned"]])
def test_every_version_carries_both_times_its_releases_and_its_hash(land, name):
    land.executescript(ddl.holders())
    columns = names(land, ddl.table_name(name, 5897))
    assert columns[0] == "version_id"
    assert columns[-7:] == ["valid_from", "valid_to", "tx_from", "tx_to", "release_from", "release_to", "row_hash"]
    assert len(columns) == len(set(columns))


def test_parcels_are_found_by_number_and_by_id(land):
    plans = [
        "SELECT * FROM thua_dat_5897 WHERE ma_xa = '1' AND so_hieu_to_ban_do = '1' AND so_thu_tu_thua = '1'",
        "SELECT * FROM thua_dat_5897 WHERE thua_dat_id = '1'",
    ]
    for query in plans:
        assert "USING INDEX" in land.execute(f"EXPLAIN QUERY PLAN {query}").fetchone()[3]


@pytest.mark.parametrize(("column", "value"), [("xep_loai", "4"), ("ky_dia_gioi", "E1900"), ("nhom_dat", "ABC")])
def test_codes_the_program_assigns_are_insisted_on(land, column, value):
    row = {"thua_dat_id": "a", "ma_xa": "15670", "ky_dia_gioi": "E2025A", "xep_loai": "1", "nhom_dat": "NNP"}
    row |= {"valid_from": "2025-06-15", "tx_from": "2025-07-01T00:00:00Z", "release_from": 1, "row_hash": "x"}
    places = ", ".join(f":{name}" for name in row)
    insert = f"INSERT INTO thua_dat_5897 ({', '.join(row)}) VALUES ({places})"
    land.execute(insert, row)
    with pytest.raises(sqlite3.IntegrityError):
        land.execute(insert, row | {column: value})


def test_a_version_cannot_end_before_it_begins(land):
    columns = "thua_key, so_thu_tu, valid_from, valid_to, tx_from, release_from, row_hash"
    values = "'a', 1, '2025-06-15', '2025-06-14', '2025-07-01', 1, 'x'"
    with pytest.raises(sqlite3.IntegrityError):
        land.execute(f"INSERT INTO muc_dich_su_dung ({columns}) VALUES ({values})")


def test_the_land_database_holds_nothing_of_a_holder(land):
    tables = [row[0] for row in land.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {column for table in tables for column in names(land, table)}
    personal = {"ho_ten", "ngay_sinh", "gioi_tinh", "so_giay_to", "so_giay_to_bam", "ten_chu", "so_phat_hanh", "chu_id"}
    assert not found & personal


def test_feature_tables_are_those_with_a_geometry(land):
    tables = [row[0] for row in land.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    declared = {
        table: kind
        for table in tables
        for _, name, kind, *_ in land.execute(f"PRAGMA table_info('{table}')")
        if name == "geom"
    }
    assert declared == {table.name: table.geometry_type for table in ddl.spatial_tables(5897)}
    assert declared["thua_dat_5897"] == "POLYGON"
