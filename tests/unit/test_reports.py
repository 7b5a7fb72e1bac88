import json
import sqlite3
import xml.etree.ElementTree as ET

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
import shapely

import schemas
from pipelines import findings, fixlist, reports
from pipelines.errors import SettingsError
from pipelines.findings import Finding

CRS = "EPSG:5897"
E0, N0 = 560_000.0, 2_190_000.0


@pytest.fixture
def parcels():
    shapes = [shapely.box(E0 + 20 * n, N0, E0 + 20 * n + 20, N0 + 20) for n in range(3)]
    numbers = {"so_hieu_to_ban_do": ["12", "2", "12"], "so_thu_tu_thua": ["10", "1", "9"]}
    return gpd.GeoDataFrame({"feature_id": ["p1", "p2", "p3"]} | numbers, geometry=shapes, crs=CRS)


@pytest.fixture
def told():
    return findings.of(
        [
            Finding("thua_dat.gap", "p1", value=1234.5, limit=0.01, geometry=shapely.box(E0, N0, E0 + 1, N0 + 1)),
            Finding("thua_dat.overlap", "p1", "p3", 0.0451, 0.01, geometry=shapely.box(E0 + 5, N0, E0 + 6, N0 + 1)),
            Finding("thua_dat.overlap", "p3", "la#9", 2.0, 0.01, geometry=shapely.Point(E0, N0)),
            Finding("thua_dat.invalid", "p2", detail="Self-intersection"),
            Finding("ban_ve.dangle", "to.dgn#4", value=0.75, geometry=shapely.LineString([(E0, N0), (E0, N0 + 1)])),
            Finding("goi.missing_file", "so.xlsx", detail="=so.xlsx\x07"),
        ],
        crs=CRS,
    )


def test_messages_speak_both_languages(told, parcels):
    described = reports.described(told, parcels, "acceptance").set_index("feature_id")
    assert described.loc["p2", "message_vi"] == "Hình thửa không hợp lệ: Self-intersection."
    overlap = described[described["code"] == "thua_dat.overlap"].loc["p1"]
    assert "0,045 m²" in overlap["message_vi"]
    assert "thửa tờ 12 thửa 9" in overlap["message_vi"]
    assert "0.045 m²" in overlap["message_en"]
    assert "sheet 12 parcel 9" in overlap["message_en"]
    assert "1.234,50 m²" in described[described["code"] == "thua_dat.gap"].loc["p1", "message_vi"]


def test_unknown_partner_keeps_its_id(told, parcels):
    described = reports.described(told, parcels, "acceptance")
    assert described.loc[described["other_id"] == "la#9", "message_vi"].str.contains("la#9").all()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_code_of_the_catalogue_makes_a_sentence(parcels, language):
    catalogue = schemas.findings()
    every = findings.of([Finding(code, "p1", "p2", 3.25, 1.0, "x") for code in catalogue], crs=CRS)
    texts = reports.described(every, parcels, "acceptance")[f"message_{language}"]
    assert len(texts) == len(catalogue)
    assert texts.notna().all()
    assert not texts.str.contains(r"[{}]").any()


def test_gravest_first_then_by_sheet_and_number(told, parcels):
    described = reports.described(told, parcels, "acceptance")
    assert described["severity"].tolist() == ["error"] * 4 + ["warning"] * 2
    assert described["feature_id"].tolist()[:3] == ["p2", "p3", "p1"]


def test_a_finding_without_place_gets_that_of_its_parcel(told, parcels):
    described = reports.described(told, parcels, "acceptance").set_index("feature_id")
    assert described.geometry["p2"].equals(parcels.geometry[1])
    assert described.geometry["so.xlsx"] is None


def test_workbook(told, parcels, tmp_path):
    reports.write(told, parcels, tmp_path / "sua.xlsx", "acceptance")
    book = openpyxl.load_workbook(tmp_path / "sua.xlsx")
    assert book.sheetnames == ["Danh sách sửa", "Fix list", "Tổng hợp"]
    sheet = book["Danh sách sửa"]
    assert [cell.value for cell in sheet[1]][:3] == ["STT", "Mức độ", "Mã lỗi"]
    assert len(sheet[1]) == 14
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:N7"
    first = [cell.value for cell in sheet[2]]
    assert first[:5] == [1, "Lỗi", "thua_dat.invalid", "2", "1"]
    assert first[9:11] == [N0 + 10, E0 + 30]
    assert book["Fix list"]["B2"].value == "Error"
    assert {row[1].value: row[4].value for row in book["Tổng hợp"].iter_rows(min_row=2)}["thua_dat.overlap"] == 2


def test_text_that_looks_like_a_formula_stays_text(parcels, tmp_path):
    raw = findings.of([Finding("thua_dat.unknown_code", "p1", detail="=1+1\x07")], crs=CRS)
    parcels["so_thu_tu_thua"] = ["=HYPERLINK()", "1", "2"]
    reports.write(raw, parcels, tmp_path / "sua.xlsx", "acceptance")
    cells = openpyxl.load_workbook(tmp_path / "sua.xlsx")["Danh sách sửa"][2]
    assert (cells[4].value, cells[4].data_type) == ("=HYPERLINK()", "s")
    assert "\x07" not in cells[5].value


def test_a_hundred_thousand_of_a_kind_do_not_fill_the_workbook(parcels, tmp_path):
    many = findings.build("thua_dat.sliver", ["p1"] * 100_000, crs=CRS, value=0.5, limit=1.0)
    reports.write(many, parcels, tmp_path / "sua.xlsx", "acceptance")
    sheet = openpyxl.load_workbook(tmp_path / "sua.xlsx", read_only=True)["Danh sách sửa"]
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == fixlist.ROWS_PER_CODE + 2
    assert str(100_000 - fixlist.ROWS_PER_CODE) in rows[-1][5]


def test_geopackage(told, parcels, tmp_path):
    path = tmp_path / "canh_bao.gpkg"
    reports.write(told, parcels, path, "acceptance")
    layers = dict(pyogrio.list_layers(path))
    assert layers == {
        "canh_bao": "MultiPolygon",
        "canh_bao_duong": "MultiLineString",
        "canh_bao_diem": "MultiPoint",
        "layer_styles": None,
    }
    areas = pyogrio.read_dataframe(path, layer="canh_bao")
    assert areas.crs == CRS
    assert set(areas["code"]) == {"thua_dat.gap", "thua_dat.overlap", "thua_dat.invalid", "goi.missing_file"}
    assert set(areas["muc_do"]) == {"Lỗi", "Cảnh báo"}
    with sqlite3.connect(path) as connection:
        styles = connection.execute("SELECT f_table_name, styleQML, useAsDefault FROM layer_styles").fetchall()
    assert {name for name, _, _ in styles} == {"canh_bao", "canh_bao_duong", "canh_bao_diem"}
    for _, style, default in styles:
        assert default == 1
        renderer = ET.fromstring(style).find("renderer-v2")
        assert renderer.get("attr") == "severity"
        assert [category.get("value") for category in renderer.iter("category")] == ["error", "warning", "info"]


def test_features_for_machines_are_in_degrees_and_none_is_lost(told, parcels, tmp_path):
    reports.write(told, parcels, tmp_path / "a.geojson", "acceptance")
    body = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))
    assert len(body["features"]) == len(told)
    assert {feature["properties"]["code"] for feature in body["features"]} == set(told["code"])
    places = [feature["geometry"] for feature in body["features"] if feature["geometry"]]
    west, south, _, _ = shapely.geometry.shape(places[0]).bounds
    assert (105 < west < 107, 19 < south < 21) == (True, True)


def test_nothing_found_is_written_too(parcels, tmp_path):
    for name in ("a.gpkg", "a.xlsx", "a.geojson"):
        reports.write(findings.empty(CRS), parcels, tmp_path / name, "acceptance")
    assert pyogrio.read_info(tmp_path / "a.gpkg", layer="canh_bao")["features"] == 0
    assert openpyxl.load_workbook(tmp_path / "a.xlsx")["Danh sách sửa"].max_row == 1
    assert json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))["features"] == []
    assert reports.count_lines(findings.empty(CRS), "acceptance") == []


def test_writing_again_replaces(told, parcels, tmp_path):
    for _ in range(2):
        reports.write(told, parcels, tmp_path / "a.gpkg", "acceptance")
    assert pyogrio.read_info(tmp_path / "a.gpkg", layer="canh_bao")["features"] == 4
    assert [path.name for path in tmp_path.iterdir()] == ["a.gpkg"]


def test_other_endings_are_refused(told, parcels, tmp_path):
    with pytest.raises(SettingsError, match="gpkg"):
        reports.write(told, parcels, tmp_path / "a.pdf", "acceptance")


def test_the_fix_list_can_be_read_and_printed(told, parcels, tmp_path):
    reports.write(told, parcels, tmp_path / "sua.xlsx", "acceptance")
    sheet = openpyxl.load_workbook(tmp_path / "sua.xlsx").worksheets[0]
    assert sheet["F2"].alignment.wrap_text
    assert {row[6].number_format for row in sheet.iter_rows(min_row=2) if row[6].value is not None} == {"#,##0.00##"}
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert sheet.print_title_rows == "$1:$1"


def test_findings_of_a_commune_without_parcels_are_described():
    none = gpd.GeoDataFrame({"feature_id": [], "so_hieu_to_ban_do": [], "so_thu_tu_thua": []}, geometry=[], crs=5897)
    told = findings.of([Finding("thua_dat.overlap", "p1", "p2", 3.5, 0.01)], crs=5897)
    assert "p2" in reports.described(told, none, "acceptance")["message_en"].iloc[0]
