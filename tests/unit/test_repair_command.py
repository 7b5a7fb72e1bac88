"""`diachinh repair` as a command: files in, GeoPackage out, and back again."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from typer.testing import CliRunner, Result

from pipelines.cli.app import app
from pipelines.errors import CadastreError
from pipelines.repair.texts import TEXTUAL, repair_texts
from tests.unit.parcels import frame, ground, lot

PARIS = Path(__file__).parents[3] / "shared" / "data" / "parcels" / "paris18_parcelles.geojson"
NAMES = ["Nguyễn Văn Hùng", "Trần Thị Bích", "Phạm Đức Thắng", "Lê Hồng Phượng", "Đỗ Quốc Việt", "Hoàng Ngọc Ánh"]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["repair", *map(str, arguments)])


def same(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> bool:
    shapes = shapely.to_wkb(one.geometry.to_numpy()).tolist() == shapely.to_wkb(other.geometry.to_numpy()).tolist()
    return shapes and pd.DataFrame(one.drop(columns="geometry")).equals(pd.DataFrame(other.drop(columns="geometry")))


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    solid = shapely.force_3d(shapely.MultiPolygon([lot(60, 0)]), 5.0)
    spike = ground((80, 0), (100, 0), (100, 20), (90.05, 20), (90, 25), (89.95, 20), (80, 20))
    parcels = frame(lot(0, 0), lot(19.9, 0), lot(39.9, 0, 0.02), solid, None, spike)
    parcels = parcels.assign(
        SOTO="1", SOTHUA=["1", "2", None, "4", "5", "6"], feature_id="own", fid_cu=[1, 2, None, 4, 5, 6]
    )
    parcels["la_duong"] = [True, False, False, True, False, False]
    parcels.to_crs("EPSG:4326").to_file(tmp_path / "thua.gpkg")
    return tmp_path / "thua.gpkg"


def test_the_way_there_and_back(layer: Path, tmp_path: Path) -> None:
    out, back, again = tmp_path / "out.gpkg", tmp_path / "new" / "back.gpkg", tmp_path / "again.gpkg"
    told = json.loads(run(layer, "--out", out, "--json").stdout)
    assert {"sua.matched", "sua.merged", "sua.spike"} <= set(told["repairs"])
    assert told["findings"]["thua_dat.overlap"] == {"before": 1, "after": 0}
    assert all(count["after"] <= count["before"] for count in told["findings"].values())
    assert len(pyogrio.read_dataframe(out, layer="thua_dat")) == 5
    assert run("--undo", out, "--out", back).exit_code == 0
    given = pyogrio.read_dataframe(layer)
    restored = pyogrio.read_dataframe(back)
    assert restored.crs == given.crs and same(given, restored)
    assert json.loads(run(out, "--out", again, "--json").stdout)["repairs"] == {}


def test_it_says_what_it_did(layer: Path, tmp_path: Path) -> None:
    text = run(layer, "--out", tmp_path / "out.gpkg").stdout
    assert "sua.spike" in text and "thua_dat.overlap                    1 → 0" in text


@pytest.mark.parametrize(
    "options",
    [["--out", "x.shp"], ["--out", "o.gpkg", "--scale", "0"], ["--out", "o.gpkg", "--only", "all"]],
    ids=" ".join,
)
def test_what_cannot_be_done_is_said_in_one_line(layer: Path, options: list[str]) -> None:
    result = run(layer, *options)
    assert isinstance(result.exception, CadastreError)
    assert "\n" not in result.exception.vi + result.exception.en


def test_nothing_is_written_over_or_undone_that_is_not_ours(layer: Path, tmp_path: Path) -> None:
    before = layer.read_bytes()
    assert isinstance(run(layer, "--out", layer).exception, CadastreError)
    assert isinstance(run("--undo", layer, "--out", tmp_path / "o.gpkg").exception, CadastreError)
    assert layer.read_bytes() == before and not (tmp_path / "o.gpkg").exists()


@pytest.mark.parametrize(
    "columns", [{"fid": [7, 8], "geom": "x"}, {"n": [1.5, np.nan]}, {"day": pd.Timestamp("2020-02-29")}]
)
def test_columns_of_every_kind_come_back(tmp_path: Path, columns: dict[str, object]) -> None:
    given, out, back = tmp_path / "thua.geojson", tmp_path / "out.gpkg", tmp_path / "back.gpkg"
    frame(lot(0, 0), lot(19.9, 0)).assign(**columns).to_crs("EPSG:4326").to_file(given, driver="GeoJSON")
    assert run(given, "--out", out).exit_code == run("--undo", out, "--out", back).exit_code == 0
    assert same(pyogrio.read_dataframe(given), pyogrio.read_dataframe(back))


def test_columns_that_a_geopackage_cannot_tell_apart_are_refused(tmp_path: Path) -> None:
    frame(lot(0, 0)).assign(A=1, a=2).to_crs("EPSG:4326").to_file(tmp_path / "a.geojson", driver="GeoJSON")
    assert isinstance(run(tmp_path / "a.geojson", "--out", tmp_path / "o.gpkg").exception, CadastreError)


@pytest.mark.parametrize("name", ["sua_fid", "SUA_GEOM", "sua_vi_tri", "sua_wkb"])
def test_columns_that_the_repair_needs_itself_are_refused(tmp_path: Path, name: str) -> None:
    given, out = tmp_path / "a.geojson", tmp_path / "o.gpkg"
    frame(lot(0, 0), lot(19.9, 0)).assign(**{name: "x"}).to_crs("EPSG:4326").to_file(given, driver="GeoJSON")
    assert isinstance(run(given, "--out", out).exception, CadastreError) and not out.exists()


def test_any_other_column_comes_back(tmp_path: Path) -> None:
    columns = {"_place": 1, "column": "c", "before": "b", "at": 3}
    frame(lot(0, 0), lot(19.9, 0)).assign(**columns).to_file(tmp_path / "a.gpkg")
    run(tmp_path / "a.gpkg", "--out", tmp_path / "o.gpkg")
    assert run("--undo", tmp_path / "o.gpkg", "--out", tmp_path / "b.gpkg").exit_code == 0
    assert same(pyogrio.read_dataframe(tmp_path / "a.gpkg"), pyogrio.read_dataframe(tmp_path / "b.gpkg"))


def test_a_file_given_twice_and_a_name_too_long_are_refused(layer: Path, tmp_path: Path) -> None:
    assert isinstance(run(layer, layer, "--out", tmp_path / "o.gpkg").exception, CadastreError)
    assert isinstance(run(layer, "--out", tmp_path / f"{'a' * 300}.gpkg").exception, CadastreError)
    (tmp_path / "hard.gpkg").hardlink_to(layer)
    assert isinstance(run(layer, "--out", tmp_path / "hard.gpkg").exception, CadastreError)


def test_what_was_changed_since_the_repair_is_not_lost_by_undoing_it(layer: Path, tmp_path: Path) -> None:
    out, changed, back = tmp_path / "o.gpkg", tmp_path / "c.gpkg", tmp_path / "b.gpkg"
    run(layer, "--out", out)
    for change in (
        "UPDATE thua_dat SET SOTHUA = '99' WHERE sua_fid = 1",
        "UPDATE thua_dat SET sua_id = NULL",
        "DELETE FROM thua_dat WHERE sua_fid = 1",
        "ALTER TABLE thua_dat ADD COLUMN moi TEXT",
        "DELETE FROM originals WHERE sua_fid = 1",
        "UPDATE originals SET sua_wkb = 'zz'",
        "UPDATE originals SET sua_vi_tri = 'abc'",
        "UPDATE originals SET sua_id = 'thua.gpkg#1'",
        "UPDATE seal SET sha256 = NULL",
        "DELETE FROM seal",
    ):
        shutil.copy(out, changed)
        with closing(sqlite3.connect(changed)) as store:
            for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                store.execute(f'DROP TRIGGER "{name}"')
            store.execute(change)
            store.commit()
        back.write_bytes(b"before")
        assert isinstance(run("--undo", changed, "--out", back).exception, CadastreError), change
        assert back.read_bytes() == b"before"


def test_a_full_disk_leaves_what_was_there(layer: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.gpkg"
    out.write_bytes(b"before")
    call = f"ulimit -f 40; exec {sys.executable} -m pipelines repair {layer} --out {out}"
    done = subprocess.run(["bash", "-c", f"trap '' XFSZ; {call}"], check=False, capture_output=True, text=True)
    assert (done.returncode, out.read_bytes()) == (2, b"before"), done.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_texts_are_repaired_only_where_the_answer_is_certain() -> None:
    from viparse.normalize import tcvn3

    table = {unicode: stored for stored, unicode in tcvn3.TCVN3.pairs}
    legacy = ["".join(table.get(sign, sign) for sign in name) for name in NAMES] * 3
    rows = pd.DataFrame(
        {
            "TenChu": legacy,
            "DiaChi": ["thôn  1 "] * 18,
            "CCCD": ["38085012345", "99985012345", "038085012345", *[None] * 15],
            "SoThua": [" 1"] * 18,
            "MDSD": ["ONT "] * 18,
            "DienTich": [100.0] * 18,
        }
    )
    made, told = repair_texts(rows, TEXTUAL, is_bytes=True)
    assert made["DiaChi"].tolist() == ["thôn 1"] * 18
    assert made["CCCD"].tolist()[:3] == ["038085012345", "99985012345", "038085012345"]
    assert [name.casefold() for name in made["TenChu"]] == [name.casefold() for name in NAMES] * 3
    assert made[["SoThua", "MDSD", "DienTich"]].equals(rows[["SoThua", "MDSD", "DienTich"]])
    changed = {
        name: int((rows[name].fillna("") != made[name].fillna("")).sum()) for name in ("TenChu", "DiaChi", "CCCD")
    }
    assert told["column"].value_counts().to_dict() == changed
    assert repair_texts(made, TEXTUAL, is_bytes=True)[1].empty


@pytest.mark.skipif(not PARIS.exists(), reason="real data are not at hand")
def test_a_real_city(tmp_path: Path) -> None:
    told = json.loads(run(PARIS, "--out", tmp_path / "out.gpkg", "--json").stdout)
    counts = told["findings"]
    assert [counts[code]["after"] for code in ("thua_dat.gap", "thua_dat.near_node", "thua_dat.missing_node")] == [
        0
    ] * 3
    assert counts["thua_dat.overlap"]["after"] < counts["thua_dat.overlap"]["before"]
    assert run("--undo", tmp_path / "out.gpkg", "--out", tmp_path / "back.gpkg").exit_code == 0
    given, back = pyogrio.read_dataframe(PARIS), pyogrio.read_dataframe(tmp_path / "back.gpkg")
    assert same(given, back)
    assert not {"sua.decoded", "sua.zero_filled", "sua.spaces"} & set(told["repairs"])
