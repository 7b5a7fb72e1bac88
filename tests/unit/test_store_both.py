"""What both stores do alike, and what each must not let through."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from pipelines import store as land
from pipelines import vault
from pipelines.cli.app import app
from pipelines.errors import StoreError
from pipelines.load import run
from pipelines.province import files as province
from pipelines.publish import files as publish
from pipelines.settings import Settings
from schemas import ddl
from tests.unit.deliveries import EAST_M, NORTH_M, ZONE, delivery, parcels


@pytest.fixture
def filled(url: str, safe: vault.Vault) -> str:
    with land.open_store(url, srid=ZONE) as store:
        run(delivery(20), store, safe)
    return url


def test_a_second_zone_gets_its_own_table(filled: str) -> None:
    with land.open_store(filled, srid=9209) as store:
        assert store.zones() == [ZONE, 9209]
        assert len(land.current(store, "thua_dat", ZONE)) == 20
        assert len(land.current(store, "thua_dat", 9209)) == 0


def test_the_same_package_makes_no_release(filled: str, safe: vault.Vault) -> None:
    with land.open_store(filled, srid=ZONE) as store:
        before = land.listing(store)
        again = run(delivery(20), store, safe)
        assert (again.is_new, again.unchanged) == (False, 20)
        assert land.listing(store) == before
        assert store.execute("SELECT count(*) FROM thua_dat_5897").fetchone()[0] == 20


def test_both_stores_answer_with_the_same_frame(home: Path, database: str, safe: vault.Vault) -> None:
    frames = []
    for place in (f"gpkg:{home}", database):
        with land.open_store(place, srid=ZONE) as store:
            run(delivery(20), store, safe)
        with land.open_reader(place) as store:
            frames.append([land.current(store, layer, ZONE) for layer in ("thua_dat", "canh_bao", "xa")])
            frames[-1].append(land.current_holders(store, ["ca_nhan"])["ca_nhan"])
    for one, other in zip(*frames, strict=True):
        assert one.dtypes.to_dict() == other.dtypes.to_dict()
        left, right = (frame.drop(columns="tx_from", errors="ignore") for frame in (one, other))
        assert left.equals(right)


def test_a_held_database_is_told(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.store.database.WAIT_MS", 50)
    one, other = land.open_store(filled, srid=ZONE), land.open_store(filled, srid=ZONE)
    with one, other, one.transaction(), pytest.raises(StoreError, match="Another program holds"), other.transaction():
        pass


def test_an_error_inside_undoes_land_and_holders(filled: str) -> None:
    with land.open_store(filled, srid=ZONE) as store:
        with pytest.raises(ZeroDivisionError), store.transaction() as inside:
            inside.execute("DELETE FROM thua_dat_5897")
            inside.execute("DELETE FROM holders.ca_nhan")
            raise ZeroDivisionError
        assert len(land.current(store, "thua_dat", ZONE)) == 20
        assert store.execute("SELECT count(*) FROM holders.ca_nhan").fetchone() == (3,)


def test_a_store_is_there_once_it_was_written(url: str) -> None:
    assert not land.is_there(url)
    with pytest.raises(StoreError, match="no land database"):
        land.open_reader(url)
    land.open_store(url, srid=ZONE).close()
    assert land.is_there(url)


def test_a_reader_cannot_write(filled: str) -> None:
    with land.open_reader(filled) as store, pytest.raises(StoreError, match="cannot be written"):
        store.execute("DELETE FROM ban_phat_hanh")


def test_texts_and_nulls_come_back_as_they_went(url: str, safe: vault.Vault) -> None:
    odd = ["", "\\N", 'a "b", c', "dòng\nmới", None, "\\.", "a\x00b"]
    wanted = delivery(len(odd))
    wanted.parcels["dia_chi"] = odd
    with land.open_store(url, srid=ZONE) as store:
        run(wanted, store, safe)
        found = land.current(store, "thua_dat", ZONE)["dia_chi"]
        assert [None if value is None or value != value else value for value in found] == [*odd[:-1], "a\ufffdb"]


def test_parcels_of_a_box_are_found_by_the_index(filled: str) -> None:
    with land.open_reader(filled) as store:
        box = (EAST_M + 41, NORTH_M + 1, EAST_M + 59, NORTH_M + 2)
        found = land.as_of(store, ZONE, valid="2025-07-01", box=box)
        assert found["so_thu_tu_thua"].tolist() == ["3"]


def test_province_and_release_are_made_from_either(
    home: Path, database: str, safe: vault.Vault, tmp_path: Path
) -> None:
    told = []
    for number, place in enumerate((f"gpkg:{home}", database)):
        with land.open_store(place, srid=ZONE) as store:
            run(delivery(5), store, safe)
            run(delivery(3, ma_xa="15703", shift_m=90), store, safe)
        out = tmp_path / str(number)
        settings = Settings(home=out, store=place)
        province.execute(out, settings)
        publish.execute(out, settings)
        summary = json.loads((out / "province/summary.json").read_text("utf-8"))
        manifest = json.loads((out / "release/manifest.json").read_text("utf-8"))
        shown = gpd.read_parquet(out / "release/parcels/15670.parquet")
        communes = [{**entry, "released_at": None} for entry in manifest["communes"]]
        told.append((summary, communes, shown.to_json()))
        assert "postgres" not in manifest["land"] or manifest["land"] == "postgresql:"
    assert told[0] == told[1]


def test_the_command_brings_a_store_along_and_says_from_where(filled: str, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(json.dumps({"store": filled}), encoding="utf-8")
    with land.open_as_it_is(filled) as store:
        store.execute("DROP TABLE luoc_do")
    for former in (1, ddl.SCHEMA_VERSION):
        told = CliRunner().invoke(app, ["--config", str(tmp_path / "s.yaml"), "migrate"])
        assert f"lược đồ / schema {former} → {ddl.SCHEMA_VERSION}" in told.stdout
    with land.open_reader(filled) as store:
        assert len(land.current(store, "thua_dat", ZONE)) == 20


def test_an_address_of_nothing_is_told() -> None:
    with pytest.raises(ValueError, match="gpkg:FOLDER or postgresql"):
        land.open_reader("mysql://localhost/land")
    with pytest.raises(StoreError, match=r"postgresql://localhost:1/land cannot be reached") as told:
        land.open_reader("postgresql://me:secret@localhost:1/land")
    assert "secret" not in told.value.vi + told.value.en


def test_odd_shapes_and_numbers_are_stored_as_they_are(url: str, safe: vault.Vault) -> None:
    infinite = shapely.Polygon([(0, 0), (float("inf"), 0), (1, 1)])
    nowhere = shapely.Polygon([(0, 0), (float("nan"), 0), (1, 1)])
    line = shapely.LineString([(0, 0), (1, 1)])
    odd = np.array([infinite, nowhere, line, shapely.box(0, 0, 1e-9, 1e-9), shapely.box(1e300, 0, 1.1e300, 1)])
    wanted = delivery(parcels=parcels(odd).assign(dia_chi="x" * 5000, dien_tich=float("inf")))
    wanted.tables["xa"] = wanted.tables["xa"].set_geometry(
        [shapely.GeometryCollection([line, shapely.box(0, 0, 1, 1)])]
    )
    with land.open_store(url, srid=ZONE) as store:
        run(wanted, store, safe)
        found = land.current(store, "thua_dat", ZONE)
        assert (shapely.to_wkb(found.geometry.to_numpy()) == shapely.to_wkb(odd)).all()
        assert found["dien_tich"].tolist() == [float("inf")] * 5
        assert land.current(store, "xa", ZONE).geometry.iloc[0].geom_type == "GeometryCollection"


@pytest.mark.parametrize("count", [1, 3])
def test_rows_that_are_all_the_same_are_stored(filled: str, count: int) -> None:
    table, rows = land.holder_tables()["to_chuc"], pd.DataFrame({"to_chuc_id": ["t9"] * count})
    content = land.typed(rows, table).assign(row_hash="0")
    with land.open_store(filled, srid=ZONE) as store, store.transaction(("15670", "E2025A"), ZONE):
        moment = land.begin(store, ("15670", "E2025A"), kind="load", package_sha256=None, srid=ZONE, valid="2025-06-20")
        land.write(store, land.Difference(table, content, None, [], 0), moment, ZONE)
        found = store.execute("SELECT count(*) FROM holders.to_chuc WHERE to_chuc_id = 't9'").fetchone()[0]
    assert found == count
