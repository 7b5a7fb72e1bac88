"""`diachinh validate` as a command: what it refuses before the work, and the page it writes."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from typer.testing import CliRunner, Result

from pipelines.cli.app import app
from pipelines.errors import CadastreError
from pipelines.validate.overlaps import overlapping
from tests.unit.pages import outside, unpacked


def grid(side: int, shift: float = 0.0) -> np.ndarray:
    x, y = (values.ravel() * 20.0 + shift for values in np.meshgrid(np.arange(side), np.arange(side)))
    return shapely.box(580000 + x, 2190000 + y, 580020 + x, 2190020 + y)


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    shapes = np.append(grid(3), shapely.box(580010, 2190010, 580030, 2190030))
    numbers = [str(number) for number in range(1, 11)]
    parcels = gpd.GeoDataFrame({"SOTO": "1", "SOTHUA": numbers}, geometry=shapes, crs="EPSG:5897")
    parcels.to_file(tmp_path / "thua.gpkg")
    return tmp_path / "thua.gpkg"


def validate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["validate", *map(str, arguments)])


@pytest.mark.parametrize(
    "options",
    [
        ["--crs", "EPSG:4326"],
        ["--crs", "EPSG:5773"],
        ["--crs", "EPSG:nowhere"],
        ["--scale", "0"],
        ["--min-area", "nan"],
        ["--min-area", "-1"],
        ["--tolerance", "0"],
        ["--tolerance", "inf"],
        ["--out", "x.pdf"],
        ["--out", "/proc/x/y.gpkg"],
        ["--report", "x.txt"],
        ["--columns", "so_thu_tu_thua=NOPE"],
        ["--layer", "nope"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_said_in_one_line(layer: Path, options: list[str]) -> None:
    result = validate(layer, *options)
    assert isinstance(result.exception, CadastreError)
    assert result.exception.exit_code == 2
    assert "\n" not in result.exception.vi + result.exception.en


def test_an_input_is_never_written_over(layer: Path) -> None:
    before = layer.read_bytes()
    assert isinstance(validate(layer, "--out", layer).exception, CadastreError)
    assert layer.read_bytes() == before


def test_json_is_one_object_and_nothing_else(layer: Path) -> None:
    result = validate(layer, "--json")
    assert json.loads(result.stdout)["findings"]["thua_dat.overlap"] == 4


def test_the_page_needs_nothing_else(layer: Path, tmp_path: Path) -> None:
    page = tmp_path / "new folder" / "report.html"
    assert validate(layer, "--report", page).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert outside(text) == []
    assert len(unpacked(text)["marks"]["x"]) == 4
    assert "chất lượng dữ liệu (DQI)" in text
    assert "Đủ điều kiện nhận vào cơ sở dữ liệu" in text
    assert "Chồng lấn" in text and "Overlap" in text


def test_an_unclosed_ring_has_no_geometry(tmp_path: Path) -> None:
    ring = {"type": "Polygon", "coordinates": [[[105, 19], [105.001, 19], [105.001, 19.001]]]}
    feature = {"type": "Feature", "properties": {}, "geometry": ring}
    path = tmp_path / "ring.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    assert json.loads(validate(path, "--json").stdout)["findings"] == {"thua_dat.empty": 1}


def test_two_clean_surveys_of_one_ground_overlap_everywhere() -> None:
    shapes = np.concatenate([grid(10), grid(10, shift=0.001)])
    first, second, shared = overlapping((shapes, np.arange(len(shapes))), shapely.STRtree(shapes))
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    area_m2 = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    expected = {(int(a), int(b)) for a, b in np.column_stack([one, other])[(one < other) & (area_m2 > 1e-9)]}
    found = shapely.area(shared) > 1e-9
    assert set(zip(first[found].tolist(), second[found].tolist(), strict=True)) == expected


@pytest.mark.parametrize(("tolerance", "codes"), [(0.5, {"thua_dat.near_node"}), (0.1, set())])
def test_the_boundary_error_can_be_given(tmp_path: Path, tolerance: float, codes: set[str]) -> None:
    apart = [shapely.box(580000, 2190000, 580020, 2190020), shapely.box(580020.3, 2190000, 580060, 2190040)]
    gpd.GeoDataFrame({"SoThua": ["1", "2"]}, geometry=apart, crs="EPSG:5897").to_file(tmp_path / "thua.gpkg")
    told = json.loads(validate(tmp_path / "thua.gpkg", "--tolerance", tolerance, "--json").stdout)
    assert told["tolerance"]["boundary_m"] == tolerance
    assert codes <= set(told["findings"])
    assert codes or "thua_dat.near_node" not in told["findings"]
