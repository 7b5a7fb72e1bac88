import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from pipelines.errors import CrsError, ReadError, SettingsError
from pipelines.validate.anything import validate_files
from pipelines.validate.reading import is_metric

PARIS = Path(__file__).parents[3] / "shared" / "data" / "parcels" / "paris18_parcelles.geojson"
E0, N0 = 560_000.0, 2_190_000.0


def layer(crs="EPSG:5897", **columns):
    """Three parcels of 20 by 20 m, the third half a metre into the second."""
    east = E0 + np.array([0.0, 20.0, 39.5])
    shapes = shapely.box(east, N0, east + 20, N0 + 20)
    return gpd.GeoDataFrame({"ten": ["a", "b", "c"]} | columns, geometry=shapes, crs="EPSG:5897").to_crs(crs)


@pytest.mark.parametrize("name", ["l.gpkg", "l.shp", "l.geojson", "l.fgb", "l.parquet", "l.gml", "l.tab"])
def test_any_format(tmp_path, name):
    path = tmp_path / name
    if name.endswith("parquet"):
        layer().to_parquet(path)
    else:
        pyogrio.write_dataframe(layer(), path, **({"driver": "MapInfo File"} if name.endswith("tab") else {}))
    report = validate_files([path], crs="EPSG:5897")
    assert report.to_json()["findings"] == {"thua_dat.overlap": 1}
    assert report.findings["value"].iloc[0] == pytest.approx(10.0, abs=0.5)  # TAB rounds to centimetres


def test_json_has_the_agreed_keys(tmp_path):
    layer().to_file(tmp_path / "l.gpkg")
    report = validate_files([tmp_path / "l.gpkg"], scale=500, min_area_m2=0.5).to_json()
    assert list(report) == ["features", "crs", "tolerance", "findings", "grades", "dqi", "verdict", "seconds"]
    assert (report["features"], report["crs"]) == (3, "EPSG:5897")
    assert report["tolerance"]["scale"] == 500
    assert report["tolerance"]["min_area_m2"] == 0.5
    assert report["grades"] == {"1": 1, "2a": 0, "2b": 0, "3": 2}
    assert 0 < report["dqi"] < 1
    assert report["verdict"]["accepted"] is False
    json.dumps(report)


def test_degrees_are_computed_in_the_official_system(tmp_path):
    layer("EPSG:4326").to_file(tmp_path / "l.geojson")
    report = validate_files([tmp_path / "l.geojson"])
    assert report.to_json()["crs"] == "EPSG:5897"
    assert report.findings["value"].iloc[0] == pytest.approx(10.0, abs=0.1)


def test_elsewhere_in_the_utm_zone(tmp_path):
    shapes = [shapely.box(-70.001, -33.001, -70, -33)]
    gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4326").to_file(tmp_path / "l.geojson")
    assert validate_files([tmp_path / "l.geojson"]).to_json()["crs"] == "EPSG:32719"


def test_web_mercator_and_feet_are_not_metric():
    assert not is_metric(layer("EPSG:3857").crs)
    assert not is_metric(gpd.GeoSeries([], crs="EPSG:2229").crs)
    assert is_metric(layer().crs)


def test_files_in_two_systems_are_one_layer(tmp_path):
    layer().iloc[:2].to_file(tmp_path / "a.gpkg")
    layer("EPSG:9208").iloc[2:].to_file(tmp_path / "b.gpkg")
    report = validate_files([tmp_path / "a.gpkg", tmp_path / "b.gpkg"])
    assert report.to_json()["findings"] == {"thua_dat.overlap": 1}
    row = report.findings.iloc[0]
    assert {row["feature_id"], row["other_id"]} == {"a.gpkg#2", "b.gpkg#1"}
    assert row["value"] == pytest.approx(10.0, abs=0.01)


def test_files_of_one_name_are_told_apart(tmp_path):
    for folder in ("to1", "to2"):
        (tmp_path / folder).mkdir()
        layer().iloc[:1].to_file(tmp_path / folder / "l.gpkg")
    report = validate_files([tmp_path / "to1" / "l.gpkg", tmp_path / "to2" / "l.gpkg"])
    assert report.to_json()["findings"] == {"thua_dat.duplicate_geometry": 1}
    assert report.parcels["feature_id"].is_unique


def test_spellings_are_understood(tmp_path):
    spelled = layer(
        SoHieuToBanDo=["1", "1", "1"], SOTHUA=["7", "7", None], MDSD=["ONT", "QQ", "DGT"], DTich=["400", "400,0", "x"]
    )
    spelled.to_file(tmp_path / "l.gpkg")
    report = validate_files([tmp_path / "l.gpkg"])
    assert report.to_json()["findings"] == {
        "thua_dat.duplicate_key": 2,
        "thua_dat.overlap": 1,
        "thua_dat.unknown_code": 1,
    }


def test_columns_by_option(tmp_path):
    layer(c1=["1", "1", "1"], c2=["7", "8", "7"], c3=[400.0, 500.0, 400.0]).to_file(tmp_path / "l.gpkg")
    columns = {"so_hieu_to_ban_do": "c1", "so_thu_tu_thua": "c2", "dien_tich": "c3"}
    report = validate_files([tmp_path / "l.gpkg"], columns=columns)
    assert report.to_json()["findings"] == {
        "thua_dat.area_mismatch": 1,
        "thua_dat.duplicate_key": 2,
        "thua_dat.overlap": 1,
    }


@pytest.mark.parametrize("columns", [{"so_to": "ten"}, {"so_thu_tu_thua": "khong_co"}])
def test_wrong_column_option_names_the_choices(tmp_path, columns):
    layer().to_file(tmp_path / "l.gpkg")
    with pytest.raises(SettingsError, match=r"there are|it has"):
        validate_files([tmp_path / "l.gpkg"], columns=columns)


def test_a_foreign_column_called_id_is_no_french_number(tmp_path):
    layer(id=["1", "2", "3"]).to_file(tmp_path / "l.gpkg")
    assert validate_files([tmp_path / "l.gpkg"]).to_json()["findings"] == {"thua_dat.overlap": 1}


def test_the_parcel_layer_among_several(tmp_path):
    path = tmp_path / "l.gpkg"
    layer().iloc[:2].to_file(path, layer="nha")
    layer().to_file(path, layer="ThuaDat")
    assert validate_files([path]).to_json()["features"] == 3
    assert validate_files([path], layer="nha").to_json()["features"] == 2
    with pytest.raises(ReadError, match="ThuaDat"):
        validate_files([path], layer="duong")


def test_several_layers_without_a_telling_name(tmp_path):
    path = tmp_path / "l.gpkg"
    layer().to_file(path, layer="a")
    layer().to_file(path, layer="b")
    with pytest.raises(ReadError, match="--layer"):
        validate_files([path])


def test_lines_are_no_parcels(tmp_path):
    lines = gpd.GeoDataFrame(geometry=layer().boundary, crs="EPSG:5897")
    lines.to_file(tmp_path / "l.gpkg")
    with pytest.raises(ReadError, match="no polygon layer"):
        validate_files([tmp_path / "l.gpkg"])


def test_table_is_no_layer(tmp_path):
    pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), tmp_path / "l.gpkg", layer="bang")
    with pytest.raises(ReadError, match="no polygon layer"):
        validate_files([tmp_path / "l.gpkg"])


@pytest.mark.parametrize("name", ["khong_co.gpkg", "hong.gpkg", "hong.parquet"])
def test_unreadable_file_is_named(tmp_path, name):
    if name.startswith("hong"):
        (tmp_path / name).write_bytes(b"not a layer")
    with pytest.raises(ReadError, match=name):
        validate_files([tmp_path / name])


def test_no_crs(tmp_path):
    path = tmp_path / "l.shp"
    layer().to_file(path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(CrsError, match="--crs"):
        validate_files([path])
    assert validate_files([path], crs="EPSG:5897").to_json()["findings"] == {"thua_dat.overlap": 1}


def test_metres_that_claim_to_be_degrees(tmp_path):
    layer().set_crs(None, allow_override=True).to_file(tmp_path / "l.geojson")
    with pytest.raises(CrsError, match="metres"):
        validate_files([tmp_path / "l.geojson"])
    assert validate_files([tmp_path / "l.geojson"], crs="EPSG:5897").to_json()["findings"] == {"thua_dat.overlap": 1}


def test_empty_layer(tmp_path):
    layer().iloc[:0].to_file(tmp_path / "l.gpkg")
    report = validate_files([tmp_path / "l.gpkg"]).to_json()
    assert (report["features"], report["findings"]) == (0, {})


def test_no_geometry_at_all(tmp_path):
    nothing = gpd.GeoDataFrame({"ten": ["a", "b"]}, geometry=[None, None], crs="EPSG:4326")
    nothing.to_file(tmp_path / "l.gpkg", geometry_type="Polygon")
    assert validate_files([tmp_path / "l.gpkg"]).to_json()["findings"] == {"thua_dat.empty": 2}


def test_one_mad_coordinate_does_not_spoil_the_rest(tmp_path):
    wild = layer("EPSG:4326")
    wild.loc[0, "geometry"] = shapely.box(1e15, 1e15, 1.1e15, 1.1e15)
    wild.to_file(tmp_path / "l.gpkg")
    report = validate_files([tmp_path / "l.gpkg"], crs="EPSG:5897").to_json()
    assert report["findings"] == {"thua_dat.invalid": 1, "thua_dat.overlap": 1}


def test_curves_heights_and_collections(tmp_path):
    arc = "CIRCULARSTRING(560020 2190000,560030 2190010,560020 2190020)"
    rest = "(560020 2190020,560000 2190020,560000 2190000)"
    ring = "560200 2190000,560220 2190000,560220 2190020,560200 2190000"
    high = "560100 2190000 7,560120 2190000 7,560120 2190020 7,560100 2190000 7"
    rows = [
        f'"CURVEPOLYGON(COMPOUNDCURVE((560000 2190000,560020 2190000),{arc},{rest}))",1',
        f'"POLYGON Z(({high}))",2',
        f'"GEOMETRYCOLLECTION(POINT(560200 2190000),POLYGON(({ring})))",3',
    ]
    (tmp_path / "l.csv").write_text("WKT,so\n" + "\n".join(rows), encoding="utf-8")
    report = validate_files([tmp_path / "l.csv"], crs="EPSG:5897")
    assert report.to_json()["findings"] == {}
    areas = [400 + np.pi * 50, 200, 200]
    assert report.parcels.area.tolist() == pytest.approx(areas, rel=1e-3)


def test_text_names_the_codes(tmp_path):
    layer().to_file(tmp_path / "l.gpkg")
    text = validate_files([tmp_path / "l.gpkg"]).to_text()
    assert "thua_dat.overlap" in text
    assert "EPSG:5897" in text
    assert "chưa đủ điều kiện / refused · DQI" in text


@pytest.mark.skipif(not PARIS.exists(), reason="the Paris parcels are not on this machine")
@pytest.mark.parametrize(
    ("crs", "min_area_m2", "pairs"), [("EPSG:2154", 0.01, 17), (None, 0.01, 17), ("EPSG:2154", 1.0, 1)]
)
def test_paris_overlaps(crs, min_area_m2, pairs):
    report = validate_files([PARIS], crs=crs, min_area_m2=min_area_m2).to_json()
    assert (report["features"], report["crs"]) == (6821, "EPSG:2154")
    assert report["findings"]["thua_dat.overlap"] == pairs
    kinds = {"overlap", "gap", "sliver", "area_mismatch", "spike", "missing_node", "near_node"}
    assert set(report["findings"]) <= {f"thua_dat.{kind}" for kind in kinds}
    assert report["findings"]["thua_dat.spike"] == 3
    if min_area_m2 == 0.01:  # with a larger one, nodes stand for the overlaps that do not count
        assert (report["findings"]["thua_dat.missing_node"], report["findings"]["thua_dat.near_node"]) == (2, 8)


@pytest.mark.parametrize(("smallest_m2", "holes"), [(0.01, 16), (1.0, 1)])
def test_paris_holes(smallest_m2, holes):
    if not PARIS.exists():
        pytest.skip(f"{PARIS} is not here")
    found = validate_files([PARIS], min_area_m2=smallest_m2, fills_plane=True).findings
    assert (found.code == "thua_dat.gap").sum() == holes
