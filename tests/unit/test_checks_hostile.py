"""Geometry of every bad kind, through `examine` and from files: nothing crashes, no other parcel loses its result."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pipelines.validate.anything import validate_files
from tests.unit.parcels import CRS, E0, N0, codes, found, frame, ground, lot

BOW = ground((0, 0), (20, 20), (20, 0), (0, 20))
SPIKED = ground((0, 0), (20, 0), (20, 20), (10.1, 20), (10.05, 23), (10, 20), (0, 20))
GOOD = [lot(100, 0), ground((120, 0), (140, 0), (140, 20), (120, 20), (120, 10))]
EXPECTED = "thua_dat.missing_node"
"""What is found about the good parcels, whatever lies beside them."""

BAD = {
    "collection with an area": (shapely.GeometryCollection([shapely.Point(E0, N0), lot(0, 0)]), []),
    "collection without an area": (shapely.GeometryCollection([shapely.Point(E0, N0)]), ["thua_dat.empty"]),
    "nested collection": (shapely.GeometryCollection([shapely.GeometryCollection([lot(0, 0)])]), []),
    "heights": (shapely.force_3d(lot(0, 0), 7.0), []),
    "measures": (shapely.from_wkt(f"POLYGON M(({E0} {N0} 1,{E0 + 9} {N0} 2,{E0} {N0 + 9} 3,{E0} {N0} 1))"), []),
    "heights that are no numbers": (
        shapely.from_wkt(f"POLYGON Z(({E0} {N0} nan,{E0 + 9} {N0} nan,{E0} {N0 + 9} 3,{E0} {N0} nan))"),
        [],
    ),
    "coordinates of 1e15": (shapely.box(1e15, 1e15, 1e15 + 64, 1e15 + 64), ["thua_dat.invalid"]),
    "no numbers": (shapely.Polygon([(0, 0), (np.nan, 1), (1, 1), (0, 0)]), ["thua_dat.invalid"]),
    "infinite": (shapely.Polygon([(0, 0), (np.inf, 1), (1, 1), (0, 0)]), ["thua_dat.invalid"]),
    "bow tie": (BOW, ["thua_dat.invalid"]),
    "bow tie of several parts": (shapely.MultiPolygon([BOW, lot(50, 0)]), ["thua_dat.invalid"]),
    "line": (shapely.LineString([(E0, N0), (E0 + 9, N0)]), ["thua_dat.invalid"]),
    "point": (shapely.Point(E0, N0), ["thua_dat.invalid"]),
    "no area": (shapely.Polygon([(E0, N0), (E0 + 9, N0), (E0, N0)]), ["thua_dat.invalid"]),
    "one place four times": (shapely.Polygon([(E0, N0)] * 4), ["thua_dat.invalid"]),
    "empty": (shapely.Polygon(), ["thua_dat.empty"]),
    "nothing": (None, ["thua_dat.empty"]),
    "hole outside": (shapely.Polygon(lot(0, 0).exterior, [lot(30, 0).exterior]), ["thua_dat.invalid"]),
    "spike": (SPIKED, ["thua_dat.spike"]),
}


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("name", BAD)
def test_bad_geometry_is_told_and_costs_no_other_parcel_its_result(name):
    shape, expected = BAD[name]
    told = found(frame(shape, *GOOD), outline=lot(-10, -10, 200, 60))
    assert [code for code in told["code"] if code != EXPECTED] == expected
    assert told.loc[told["code"] == EXPECTED, "feature_id"].tolist() == ["to.shp#2"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("ending", ["gpkg", "parquet"])
def test_bad_geometry_in_a_file(ending, tmp_path):
    """Everything at once; what a format cannot hold is left out of its file."""
    shapes = [shape for shape, _ in BAD.values() if shape is None or shapely.get_coordinate_dimension(shape) == 2]
    apart = shapely.transform(SPIKED, lambda xy: np.add(xy, (300, 0)))
    every = np.array([*shapes, *GOOD, apart], dtype=object)
    layer = gpd.GeoDataFrame({"n": range(len(every))}, geometry=every, crs=CRS)
    path = tmp_path / f"layer.{ending}"
    layer.to_parquet(path) if ending == "parquet" else layer.to_file(path, engine="pyogrio")
    report = validate_files([path])
    assert len(report.parcels) == len(layer)
    about = report.findings.loc[report.findings["code"] == EXPECTED, "feature_id"]
    assert f"layer.{ending}#{len(shapes) + 1}" in set(about)
    spikes = report.findings.loc[report.findings["code"] == "thua_dat.spike", "feature_id"]
    assert f"layer.{ending}#{len(layer)}" in set(spikes)


def test_a_layer_of_broken_parcels_alone():
    assert codes(frame(*[BOW] * 5), outline=lot(0, 0), fills_plane=True) == ["thua_dat.invalid"] * 5


def test_a_layer_without_parcels(tmp_path):
    path = tmp_path / "none.gpkg"
    gpd.GeoDataFrame({"n": []}, geometry=gpd.GeoSeries([], crs=CRS)).to_file(path, geometry_type="Polygon")
    report = validate_files([path])
    assert (len(report.parcels), len(report.findings)) == (0, 0)


def test_curves_are_cut_into_chords_when_read(tmp_path):
    arc = f"{E0} {N0},{E0 + 10} {N0 + 10},{E0 + 20} {N0}"
    path = tmp_path / "curves.csv"
    path.write_text(
        f'id,WKT\n1,"CURVEPOLYGON(COMPOUNDCURVE(CIRCULARSTRING({arc}),({E0 + 20} {N0},{E0} {N0})))"\n', "utf-8"
    )
    report = validate_files([path], crs=CRS)
    assert report.parcels.geometry.iloc[0].area == pytest.approx(np.pi * 50, rel=1e-3)
    assert report.findings.empty


def test_files_in_several_systems_are_one_layer(tmp_path):
    """The same corner in two zones and in degrees: no gap, no overlap, no node beside the other beyond a millimetre."""
    layers = {"a": (lot(0, 0), CRS), "b": (lot(20, 0), "EPSG:5899"), "c": (lot(0, 20), "EPSG:4756")}
    for name, (shape, system) in layers.items():
        made = gpd.GeoDataFrame({"n": [1]}, geometry=[shape], crs=CRS).to_crs(system)
        made.to_file(tmp_path / f"{name}.gpkg")
    report = validate_files([tmp_path / f"{name}.gpkg" for name in layers], crs=CRS)
    assert len(report.parcels) == 3
    assert report.findings["code"].tolist() == []


def test_a_ring_of_a_million_vertices_is_no_matter(tmp_path):
    angle = np.linspace(0, 2 * np.pi, 1_000_001)[:-1]
    ring = np.column_stack([E0 + 50_000 * np.cos(angle), N0 + 50_000 * np.sin(angle)])
    path = tmp_path / "ring.parquet"
    gpd.GeoDataFrame(geometry=[shapely.Polygon(ring), SPIKED], crs=CRS).to_parquet(path)
    report = validate_files([path])
    assert report.findings["code"].tolist() == ["thua_dat.overlap", "thua_dat.spike"]
    assert report.findings["feature_id"].tolist() == ["ring.parquet#1", "ring.parquet#2"]
