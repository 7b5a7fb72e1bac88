"""The command `diff` and what it writes."""

import json
import sqlite3
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from pipelines import store as land
from pipelines.cli.app import app
from pipelines.difference import chosen, page, tell
from pipelines.errors import CadastreError
from tests.conftest import diachinh
from tests.unit.deliveries import NAMES, NUMBERS
from tests.unit.feeds import SECRET, load


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    load(f"gpkg:{home}", home / "holder.key", upto=4)
    return home


def test_one_call_writes_table_layers_and_page(home: Path, tmp_path: Path) -> None:
    out = {name: tmp_path / f"x.{name}" for name in ("xlsx", "gpkg", "html")}
    done = diachinh("diff", "15670", 1, 2, "--home", home, "--out", out["xlsx"], "--gpkg", out["gpkg"], "--map",
                    out["html"])  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "2 thêm / added · 4 đổi / changed · 1 mất / removed · 3 giữ nguyên / unchanged" in done.stdout
    assert "Loại đất: LUC → ONT; Địa chỉ thửa đất: Thôn 1, xã Thọ Bình → -" in done.stdout
    head, *lines = openpyxl.load_workbook(out["xlsx"]).active.iter_rows(values_only=True)
    assert head[:4] == ("Thay đổi", "Change", "Tờ / Sheet", "Thửa / Parcel")
    assert [(line[1], line[3]) for line in lines] == [
        ("changed", "2"), ("changed", "3"), ("removed", "4"), ("changed", "5"), ("changed", "7"), ("added", "9"),
        ("added", "10"),
    ]  # fmt: skip
    assert lines[1][8] == "Land use: LUC → ONT; Parcel address: Thôn 1, xã Thọ Bình → -"
    counts = {layer: len(gpd.read_file(out["gpkg"], layer=layer)) for layer in
              ("added", "changed_before", "changed_after", "removed")}  # fmt: skip
    assert counts == {"added": 2, "changed_before": 4, "changed_after": 4, "removed": 1}
    before, after = (gpd.read_file(out["gpkg"], layer=f"changed_{side}") for side in ("before", "after"))
    assert (before.crs.to_epsg(), before.area.sum(), after.area.sum()) == (5897, 1600.0, 1660.0)
    with sqlite3.connect(out["gpkg"]) as database:
        assert database.execute("SELECT count(*) FROM layer_styles").fetchone() == (4,)
    text = out["html"].read_text("utf-8")
    assert "default-src 'none'" in text and "http://" not in text.replace("http://www.w3.org", "")
    hidden = [word for word in (*NAMES, *NUMBERS) if word in text + done.stdout + str(lines)]
    assert hidden == []


def test_a_machine_reads_json_and_csv(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    done = diachinh("diff", "15670", 1, 2, "--public", "--json", "--home", home, "--out", out)
    body = json.loads(done.stdout)
    assert {name: body[name] for name in ("added", "changed", "removed", "unchanged")} == {
        "added": 2, "changed": 2, "removed": 1, "unchanged": 4,
    }  # fmt: skip
    assert (body["from"]["release_id"], body["to"]["release_id"], body["reshaped"], body["moved_m"]) == (1, 2, 1, 3.0)
    parcel = next(one for one in body["parcels"] if one["so_thu_tu_thua"] == "3")
    assert [(cell["column"], cell["before"], cell["after"]) for cell in parcel["changes"]] == [
        ("loai_dat", "LUC", "ONT"), ("dia_chi", "Thôn 1, xã Thọ Bình", None),
    ]  # fmt: skip
    assert "ty_le" not in done.stdout and SECRET not in done.stdout
    assert len(pd.read_csv(out)) == 5


def test_wrong_calls_write_nothing(home: Path, tmp_path: Path) -> None:
    there = tmp_path / "x.csv"
    there.write_text("mine", encoding="utf-8")
    for wrong in (
        ["15670", "--out", there], ["15670", "--out", tmp_path / "x.pdf"], ["15670", "--gpkg", tmp_path / "x.shp"],
        ["15670", "1", "--from", "2025-01-01"], ["15670", "--from", "hôm qua"], ["99999"], ["15670", "7", "8"],
        ["15670", "--map", there / "x.html"],
    ):  # fmt: skip
        done = CliRunner().invoke(app, ["diff", *map(str, wrong), "--home", str(home)])
        assert isinstance(done.exception, CadastreError) and done.exception.exit_code == 2, wrong
        assert done.stdout == "" and done.exception.vi != done.exception.en
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]
    assert there.read_text("utf-8") == "mine"


def test_an_empty_difference_is_told_everywhere(home: Path, tmp_path: Path) -> None:
    out = [tmp_path / f"x.{ending}" for ending in ("xlsx", "gpkg", "html")]
    done = diachinh("diff", "15670", 1, 4, "--home", home, "--out", out[0], "--gpkg", out[1], "--map", out[2])
    assert done.returncode == 0, done.stderr
    assert "0 thêm / added · 0 đổi / changed · 0 mất / removed · 8 giữ nguyên / unchanged" in done.stdout
    assert all(path.stat().st_size for path in out)


def test_a_page_has_room_for_so_much_and_says_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with land.open_reader(home) as store:
        found = tell(store, chosen(store, "15670", (1, 2)))
    assert 'class="notice"' not in page.render(found)
    monkeypatch.setattr(page, "ROWS", 4)
    text = page.render(found)
    assert "Trang này có 4 trên 7 thửa" in text and "This page has 4 of 7 parcels" in text
    assert page.render(found) == text
