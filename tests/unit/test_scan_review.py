"""The review file and the report of a sheet: the doubtful first, in both languages, exact, the same for the same."""

import json
import re
import sqlite3
from dataclasses import replace

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

import schemas
from pipelines.scan.desk import corrections, preview, reasons, review, told
from pipelines.scan.model import Frame
from pipelines.scan.place import ground
from pipelines.scan.place.printed import Printed
from tests.unit import scans


@pytest.fixture(params=["placed", "bare"])
def sheet(tmp_path, request):
    path, _ = scans.picture(tmp_path)
    return scans.sheet(path, place=scans.placed() if request.param == "placed" else None)


def test_what_has_to_be_looked_at_comes_first(sheet):
    layers = review.layers(sheet)
    faces = layers["thua"]
    assert faces["can_xem"].tolist() == [True, True, True, False, False]
    assert faces["so_thua"].tolist()[:3] == ["1", "2", "3"]
    assert faces["ly_do"].tolist()[:2] == ["nối qua chỗ đứt nét"] * 2
    assert faces["ly_do_en"].tolist()[2] == "two readings differ"
    assert faces["do_tin_cay"].tolist() == [0.3, 0.3, 0.4, 0.9, 0.9]
    assert layers["canh"]["can_xem"].sum() == 1 and layers["canh"]["can_xem"].iloc[0]
    assert layers["so"]["so_thua"].iloc[0] == "3"
    assert not faces["xac_nhan"].any()


def test_faces_and_edges_share_their_vertices_to_the_last_bit(sheet):
    layers = review.layers(sheet)
    assert shapely.coverage_is_valid(layers["thua"].geometry.to_numpy())
    corners = {tuple(point) for point in shapely.get_coordinates(layers["thua"].geometry.to_numpy())}
    assert {tuple(point) for point in shapely.get_coordinates(layers["canh"].geometry.to_numpy())} == corners


def test_areas_are_square_metres_where_the_sheet_has_a_place(tmp_path):
    path, _ = scans.picture(tmp_path)
    rows = review.layers(scans.sheet(path, place=scans.placed()))["thua"].set_index("so_thua")
    assert rows["dien_tich_do"].to_dict() == {"1": 400.0, "2": 400.0, "3": 400.0, "4": 400.0, "5": 960.0}
    assert rows.crs.to_epsg() == 5897
    bare = review.layers(scans.sheet(path))["thua"]
    assert bare.crs is None and bare.total_bounds.tolist() == [100.0, -260.0, 500.0, -100.0]


def test_the_way_back_leads_to_the_pixels():
    place = ground.of(scans.page("x"), scans.placed())
    pixels = np.random.default_rng(1).uniform(0, 400, (200, 2))
    assert np.abs(ground.back(place.lattice)(place.forward(pixels)) - pixels).max() < 1e-4
    assert place.metres == pytest.approx(0.2)


def test_qgis_reads_the_file(sheet, tmp_path):
    review.write(sheet, review.layers(sheet), tmp_path / "review.gpkg", "k#1")
    names = {name for name, kind in pyogrio.list_layers(tmp_path / "review.gpkg") if kind is not None}
    assert names == {"thua", "canh", "so", "diem_khong_che"}
    assert pyogrio.read_info(tmp_path / "review.gpkg", layer="thua")["features"] == 5
    with sqlite3.connect(tmp_path / "review.gpkg") as database:
        assert database.execute("SELECT count(*) FROM layer_styles").fetchone() == (3,)
    database.close()


def test_every_doubt_is_told_once_with_its_place(sheet):
    listed = pd.DataFrame(
        {"number": ["1", "2", "77"], "area": ["400", "400", "1"], "code": ["LUC"] * 3}, dtype="string"
    )
    found = told.about(sheet, "to_1.png", listed)
    counts = found["code"].value_counts().to_dict()
    bare = {"ban_quet.not_placed": 1} if sheet.placed is None else {}
    assert counts == {"ban_quet.unsure_edge": 1, "ban_quet.unsure_number": 1, "ban_quet.number_missing": 1} | bare
    by_code = found.set_index("code")
    assert by_code.loc["ban_quet.unsure_edge", ["feature_id", "other_id"]].tolist() == ["to_1.png#2", "to_1.png#1"] or (
        by_code.loc["ban_quet.unsure_edge", ["feature_id", "other_id"]].tolist() == ["to_1.png#1", "to_1.png#2"]
    )
    assert by_code.loc["ban_quet.unsure_number", "detail"].startswith("3 (40 %")
    assert by_code.loc["ban_quet.number_missing", "detail"] == "77"
    assert set(counts) <= set(schemas.findings())


def test_the_report_is_one_page_without_requests_the_same_for_the_same_sheet(sheet):
    found = told.about(sheet, "to_1.png", None)
    figures = {"page": 1, "width": 600, "height": 400, "dpi": 127.0, "scale": 1000, "crs": None, "rms_m": None}
    figures |= {"parcels": 5, "numbered": 5, "sure": 2}
    pages = [preview.page(sheet, found, figures) for _ in range(2)]
    assert pages[0] == pages[1]
    links = re.findall(r"""(?:src|href)=["'](?!data:|#)([^"']+)""", pages[0])
    assert set(links) <= {"https://leafletjs.com"}  # in the library's text, never shown
    assert pages[0].count('class="vi"') == pages[0].count('class="en"') > 10
    assert "script-src 'sha256-" in pages[0]


def test_a_text_that_is_read_cannot_become_markup(tmp_path):
    path, _ = scans.picture(tmp_path)
    point = shapely.Point(150, 150)
    known = corrections.of([{"kind": "face", "number": "<img src=x onerror=alert(1)>", "geometry": point}])
    sheet = scans.sheet(path, known)
    figures = {"page": 1, "width": 600, "height": 400, "dpi": 127.0, "scale": None, "crs": None, "rms_m": None}
    page = preview.page(sheet, told.about(sheet, "a.png", None), figures | {"parcels": 5, "numbered": 5, "sure": 2})
    # In the script of the page an ampersand is written as its number.
    assert "<img src=x" not in page and "lt;img src=x" in page


def test_reasons_are_words_in_both_languages_and_unknown_ones_are_shown():
    tokens = pd.Series(["gap_bridged two_numbers", "", None, "brand_new"])
    assert reasons.words(tokens, "vi").tolist() == ["nối qua chỗ đứt nét, có hai số trong thửa", "", "", "brand new"]
    assert reasons.words(tokens, "en").tolist()[0] == "a gap in the line was bridged, two numbers in the face"
    assert all(vi and en for vi, en in reasons.WORDS.values())


def test_a_sheet_without_faces_is_no_crash(tmp_path):
    path, key = scans.picture(tmp_path)
    sheet = scans.sheet(path, traced=scans.nothing())
    review.write(sheet, review.layers(sheet), tmp_path / "review.gpkg", key)
    found = told.about(sheet, "a.png", None)
    assert found["code"].tolist() == ["ban_quet.not_placed"]
    with sqlite3.connect(tmp_path / "review.gpkg") as database:
        lattice = database.execute("SELECT gia_tri FROM thong_tin WHERE khoa = 'lattice'").fetchone()[0]
    database.close()
    assert len(json.loads(lattice)) == 144


FRAME = Frame(np.array([[90.0, 90.0], [510.0, 90.0], [510.0, 270.0], [90.0, 270.0]]), np.empty((0, 2)), 0.4, np.nan, 0)

TITLE = Printed(1000, None, None, "13", (np.nan,) * 4, (0, 0, 0, 0), (), "Xã Qung Tâm")


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("ban_quet.turned", {"frame": replace(FRAME, turn_deg=180.0)}),
        ("ban_quet.turned", {"frame": replace(FRAME, turn_deg=-89.5)}),
        ("ban_quet.two_sheets", {"frame": replace(FRAME, others=1)}),
        ("ban_quet.cut_off", {"frame": replace(FRAME, corners=np.vstack([FRAME.corners[:3], [[np.nan, np.nan]]]))}),
        ("ban_quet.scale_guessed", {"page": replace(scans.page("to_1.png"), dpi=None)}),
        ("ban_quet.colour_left", {"colour_left": 0.123}),
        (None, {"colour_left": 0.0}),
        ("ban_quet.coordinates_contradict", {"told": (("ban_quet.coordinates_contradict", "100 m"),)}),
        ("ban_quet.world_file_wrong", {"told": (("ban_quet.world_file_wrong", "12 m"),)}),
        ("ban_quet.control_residual", {"told": (("ban_quet.control_residual", "P1: 3 m"),) * 2}),
        ("ban_quet.title_differs", {"printed": TITLE}),
        (None, {"printed": replace(TITLE, number="12")}),
        (None, {"printed": replace(TITLE, number=None, scale=None)}),
        (None, {"frame": FRAME}),
    ],
)
def test_what_concerns_the_whole_sheet_is_told_once(tmp_path, code, changes):
    path, _ = scans.picture(tmp_path)
    place = replace(scans.placed(), told=changes.pop("told", ()))
    sheet = replace(scans.sheet(path, place=place), **changes)
    found = told.about(sheet, "to_1.png", None, number="12")
    whole = found[found["feature_id"] == "to_1.png"]
    assert whole["code"].tolist() == ([code] if code else [])
    if code == "ban_quet.colour_left":
        assert whole["detail"].tolist() == ["12 %"]
    if code == "ban_quet.title_differs":
        assert whole["detail"].tolist() == ["số tờ / sheet 13 ≠ 12"]
    assert found.crs.to_epsg() == 5897


def test_a_table_that_is_taken_for_no_parcels_is_told_with_its_cells(tmp_path):
    path, _ = scans.picture(tmp_path)
    sheet = scans.sheet(path, place=scans.placed())
    polygons = sheet.faces.polygons
    kind, why = polygons["kind"].to_list(), polygons["why"].to_list()
    ruled = polygons.assign(kind=["outside", "outside", *kind[2:]], why=["table", "tiny table", *why[2:]])
    found = told.about(replace(sheet, faces=replace(sheet.faces, polygons=ruled)), "to_1.png", None, number="12")
    assert found.set_index("code")["detail"]["ban_quet.table_left"] == "2"


def test_a_title_is_held_against_the_scale_that_was_stated_and_the_sheet_of_the_register(tmp_path):
    path, _ = scans.picture(tmp_path)
    sheet = replace(scans.sheet(path, place=scans.placed()), printed=replace(TITLE, scale=500))
    listed = pd.DataFrame({"sheet": ["7", "7"], "number": ["1", "2"]}, dtype="string")
    found = told.about(sheet, "to_1.png", listed).set_index("code")["detail"]
    assert found["ban_quet.title_differs"] == "số tờ / sheet 13 ≠ 7; tỷ lệ / scale 1:500 ≠ 1:1000"


def test_every_bad_point_is_named_and_pages_that_were_not_read_are_counted(tmp_path):
    path, _ = scans.picture(tmp_path)
    place = replace(scans.placed(), told=tuple(("ban_quet.control_residual", f"P{i}: {i} m") for i in (1, 2)))
    found = told.about(scans.sheet(path, place=place), "to_1.tif", None, pages=200).set_index("code")["detail"]
    assert found["ban_quet.control_residual"] == "P1: 1 m; P2: 2 m"
    assert found["ban_quet.pages_left"] == "1/200"


def test_unlisted_numbers_doubtful_forms_bare_faces_and_lost_corrections_are_told(tmp_path):
    path, _ = scans.picture(tmp_path)
    known = corrections.of([{"kind": "face", "number": "9", "geometry": shapely.Point(5, 5)}])
    sheet = scans.sheet(path, known, scans.placed())
    sheet.labels.faces["listed"] = pd.Series([True, False, None, None, None], dtype="boolean")
    sheet.labels.faces.loc[3, "number"] = pd.NA
    sheet.faces.polygons.loc[4, ["confidence", "why"]] = [0.2, "odd_form"]
    found = told.about(sheet, "to_1.png", None).set_index("code")["feature_id"]
    assert found["ban_quet.number_unlisted"] == "to_1.png#2"
    assert found["ban_quet.unsure_face"] == "to_1.png#5"
    assert found["ban_ve.face_without_label"] == "to_1.png#4"
    assert found["ban_quet.correction_lost"] == "to_1.png"
