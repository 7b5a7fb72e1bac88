"""Vector files keep their bytes; broken ones say so."""

from pathlib import Path

import ezdxf
import fiona
import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point, box, mapping

from pipelines import text, vectors
from pipelines.errors import ReadError

EDIGEO = Path(__file__).parents[3] / "shared" / "data" / "edigeo"

DGN_SCHEMA = {
    "geometry": "Unknown",
    "properties": {
        "Type": "int32:2",
        "Level": "int32:2",
        "GraphicGroup": "int32:4",
        "ColorIndex": "int32:3",
        "Weight": "int32:2",
        "Style": "int32:1",
        "EntityNum": "int32",
        "MSLink": "int32",
        "Text": "str",
    },
}
TCVN3 = "Thöa ®Êt"
"""The bytes of "Thửa đất" in TCVN3, read as latin-1."""


def write_dgn(path, lines, texts=()):
    """Write a DGN v7 file: lines as (level, geometry), texts as (level, point, text)."""
    elements = [(4, level, geometry, None) for level, geometry in lines]
    elements += [(17, level, point, words) for level, point, words in texts]
    empty = {"GraphicGroup": 0, "ColorIndex": 0, "Weight": 0, "Style": 0, "EntityNum": None, "MSLink": None}
    with fiona.open(path, "w", driver="DGN", schema=DGN_SCHEMA, encoding="latin-1") as target:
        target.writerecords(
            [
                {"geometry": mapping(geometry), "properties": {**empty, "Type": kind, "Level": level, "Text": words}}
                for kind, level, geometry, words in elements
            ]
        )


def square(x=0.0, y=0.0):
    return box(560_000 + x, 2_195_000 + y, 560_020 + x, 2_195_020 + y)


def test_dgn_text_keeps_its_bytes(tmp_path):
    path = tmp_path / "to_1.dgn"
    write_dgn(path, [(10, LineString([(0, 0), (20, 0)]))], [(13, Point(5, 5), TCVN3)])
    rows = vectors.read(path, columns=["Level", "Text"])
    assert rows["Level"].tolist() == [10, 13]
    assert text.decode(rows["Text"].tolist()[1:], "tcvn3") == ["Thửa đất"]


def test_shapefile_text_keeps_its_bytes(tmp_path):
    path = tmp_path / "to_1.shp"
    rows = gpd.GeoDataFrame({"TenChu": [TCVN3]}, geometry=[square()], crs="EPSG:5897")
    rows.to_file(path, encoding="ISO-8859-1")
    assert vectors.read(path)["TenChu"].tolist() == [TCVN3]
    assert vectors.keeps_bytes(path)


def test_dxf_text_keeps_its_bytes(tmp_path):
    path = tmp_path / "to_1.dxf"
    drawing = ezdxf.new("R2010")
    drawing.modelspace().add_text("Thửa đất", dxfattribs={"insert": (5, 5), "layer": "NHAN"})
    drawing.saveas(path)
    rows = vectors.read(path, columns=["Layer", "Text"])
    assert text.decode(rows["Text"].tolist(), "utf-8") == ["Thửa đất"]


def test_unicode_formats_come_as_text(tmp_path):
    path = tmp_path / "thua.gpkg"
    gpd.GeoDataFrame({"ten": ["Thửa đất"]}, geometry=[square()], crs="EPSG:5897").to_file(path, layer="thua")
    assert vectors.read(path, "thua")["ten"].tolist() == ["Thửa đất"]
    assert not vectors.keeps_bytes(path)


def test_layers_tell_fields_extent_and_crs(tmp_path):
    path = tmp_path / "thua.parquet"
    gpd.GeoDataFrame({"so": ["1"]}, geometry=[square()], crs="EPSG:5897").to_parquet(path)
    (layer,) = vectors.layers(path)
    assert (layer.features, layer.fields, layer.extent) == (1, ("so",), (560_000, 2_195_000, 560_020, 2_195_020))
    assert "TM-3" in layer.crs


def test_layers_see_that_a_file_has_changed(tmp_path):
    path = tmp_path / "thua.geojson"
    gpd.GeoDataFrame({"so": ["1"]}, geometry=[square()]).to_file(path)
    assert vectors.layers(path)[0].features == 1
    gpd.GeoDataFrame({"so": ["1", "2"]}, geometry=[square(), square(20)]).to_file(path)
    assert vectors.layers(path)[0].features == 2


@pytest.mark.parametrize("name", ["a.dgn", "a.shp", "a.gpkg", "a.geojson", "a.parquet"])
def test_a_text_under_a_vector_name_is_one_clear_error(tmp_path, name):
    path = tmp_path / name
    path.write_text("xin lỗi, đây là thư", encoding="utf-8")
    with pytest.raises(ReadError) as error:
        vectors.layers(path)
    assert name in error.value.vi
    assert name in error.value.en
