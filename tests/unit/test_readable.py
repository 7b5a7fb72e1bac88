"""What a file is, whatever its name says; folders that are one file; shapefiles in parts."""

import pickle

import geopandas as gpd
import pytest
from shapely.geometry import Point

from pipelines import files, vectors
from pipelines.package.readable import why_not
from tests.unit.test_vectors import square

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)


@pytest.mark.parametrize(
    ("name", "content", "says", "in_vietnamese"),
    [
        ("a.dgn", b"AC1027" + bytes(99), "a DWG drawing", "bản vẽ DWG"),
        ("a.dwg", b"%PDF-1.4", "a PDF", "tệp PDF"),
        ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "password", "mật khẩu"),
        ("a.xls", OLE + "EncryptedPackage".encode("utf-16-le"), "password", "mật khẩu"),
        ("a.xls", b"%PDF-1.4", "a PDF", "tệp PDF"),
        ("a.gpkg", b"xin chao", "a text file", "tệp văn bản"),
        ("a.shp", b"PK\x03\x04 no archive", "not a shapefile", "không phải"),
        ("a.dwg", b"AC1015" + bytes(200), "broken", "hỏng"),
        ("a.dgn", OLE, "DGN v8", "DGN v8"),
        ("a.tif", b"<html><body>", "a web page", "trang HTML"),
    ],
)
def test_it_says_what_it_really_is(tmp_path, name, content, says, in_vietnamese):
    (tmp_path / name).write_bytes(content)
    reason = why_not(tmp_path / name)
    assert says in reason
    assert in_vietnamese in reason.vi
    assert pickle.loads(pickle.dumps(reason)).vi == reason.vi


@pytest.mark.parametrize(
    "content", [b"<html><table>", OLE + "Workbook".encode("utf-16-le"), b"\x09\x08\x08\x00" + bytes(50)]
)
def test_workbooks_are_read_by_content(tmp_path, content):
    (tmp_path / "a.xls").write_bytes(content)
    assert why_not(tmp_path / "a.xls") is None


def test_real_drawings_are_readable(shared_data):
    assert [why_not(path) for path in sorted(shared_data("cad").rglob("*.dgn"))] == [None] * 8


@pytest.mark.parametrize("missing", [".shx", ".dbf", ".prj"])
def test_a_shapefile_lacking_a_part_gives_its_shapes(tmp_path, missing):
    path = tmp_path / "thua.shp"
    gpd.GeoDataFrame({"so": ["1", "2"]}, geometry=[square(), square(50)], crs="EPSG:5897").to_file(path)
    path.with_suffix(missing).unlink()
    before = sorted(part.name for part in tmp_path.iterdir())
    assert why_not(path) is None
    assert vectors.read(path).geometry.area.tolist() == [400, 400]
    assert bool(vectors.notes(path)) == (missing != ".prj")
    assert sorted(part.name for part in tmp_path.iterdir()) == before


def test_a_file_geodatabase_is_one_entry(tmp_path):
    path = tmp_path / "du_lieu" / "thua.gdb"
    path.parent.mkdir()
    rows = gpd.GeoDataFrame({"so": ["1"]}, geometry=[square()], crs="EPSG:3405")
    rows.to_file(path, driver="OpenFileGDB", layer="ThuaDat")
    assert files.find(tmp_path) == ["du_lieu/thua.gdb"]
    digest = files.sha256(path)
    assert digest == files.sha256(path)
    assert why_not(path) is None
    assert vectors.read(path, "ThuaDat")["so"].tolist() == ["1"]
    (path / "more").write_text("x", encoding="utf-8")
    assert files.sha256(path) != digest


@pytest.mark.parametrize("name", ["a.fgb", "a.gml", "a.geojsonl", "a.kml", "a.tab", "a.mif", "a.sqlite", "a.parquet"])
def test_other_formats(tmp_path, name):
    path = tmp_path / name
    rows = gpd.GeoDataFrame({"Name": ["1", "2"]}, geometry=[Point(105.1, 19.5), Point(105.2, 19.6)], crs="EPSG:4326")
    if name == "a.parquet":
        rows.to_parquet(path)
    else:
        options = {"SPATIALITE": "NO"} if name == "a.sqlite" else {}
        rows.to_file(path, driver=vectors.driver(path), engine="pyogrio", **options)
    assert why_not(path) is None
    # Some formats fold names to small letters, some put the rows in the order of a spatial index.
    read = vectors.read(path).rename(columns=str.lower)
    assert sorted(read["name"]) == ["1", "2"]
