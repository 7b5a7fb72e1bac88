"""What the API finds when it is asked by time, text and place, and what it refuses."""

import json
import unicodedata

import pytest
import shapely

from tests.contract.api import COUNT, FIRST, ITEMS, epsg, get, ids, lonlat_squares


def test_datetime_looks_back(client):
    then = get(client, ITEMS, datetime="2024-06-01")
    assert [feature["properties"]["dia_chi"] for feature in then["features"]] == ["Địa chỉ cũ", "Địa chỉ cũ"]
    assert get(client, ITEMS, datetime="2023-01-01")["numberMatched"] == 0
    assert get(client, ITEMS, datetime="2025-06-15T00:00:00Z", resulttype="hits")["numberMatched"] == COUNT
    assert get(client, ITEMS, datetime="../2026-01-01", resulttype="hits")["numberMatched"] == COUNT


def test_filters_by_vietnamese_text_in_either_unicode_form(client):
    composed = "Thôn Đồng Lợi, xã Thọ Bình"
    decomposed = unicodedata.normalize("NFD", composed)
    assert decomposed != composed
    expected = get(client, ITEMS, dia_chi=composed)["numberMatched"]
    assert expected == 150 + 8
    assert get(client, ITEMS, dia_chi=decomposed)["numberMatched"] == expected


def test_filters_by_several_properties_and_types(client):
    page = get(client, ITEMS, so_hieu_to_ban_do="2", so_thu_tu_thua="7", ma_xa="15670")
    assert ids(page) == ["15670.E2025A.1.2.7"]
    assert get(client, ITEMS, dien_tich_do="403", resulttype="hits")["numberMatched"] == 86 + 4
    roads = get(client, ITEMS, la_doi_tuong_chiem_dat="true", limit=1)
    assert roads["features"][0]["properties"]["la_doi_tuong_chiem_dat"] is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("xep_loai = '1'", 158),
        ("xep_loai <> '1'", COUNT - 158),
        ("xep_loai IN ('2a', '2b')", 158 + 157),
        ("xep_loai NOT IN ('2a', '2b')", COUNT - 158 - 157),
        ("dien_tich_do BETWEEN 402 AND 403.5", 86 + 86 + 4 + 4),
        ("dia_chi LIKE '%Đồng Lợi%'", 158),
        ("dia_chi LIKE '%đồng lợi%'", 0),
        ("CASEI(dia_chi) LIKE CASEI('%ĐỒNG LỢI%')", 158),
        ("ACCENTI(dia_chi) LIKE ACCENTI('%Đong Lơi%')", 158),
        ("dia_chi IS NULL", 157),
        ("NOT (dia_chi IS NULL)", COUNT - 157),
        ("xep_loai = '3' OR xep_loai = '1' AND ma_xa = '15703'", 157 + 8),
        ("(xep_loai = '3' OR xep_loai = '1') AND ma_xa = '15703'", 7 + 8),
        ("valid_from >= DATE('2025-06-15')", COUNT),
        ("T_BEFORE(valid_from, DATE('2025-06-15'))", 0),
        ("la_doi_tuong_chiem_dat = true", 157),
        ("so_hieu_to_ban_do = so_thu_tu_thua", 6 + 1),
    ],
)
def test_cql2_text(client, text, expected):
    assert get(client, ITEMS, filter=text, resulttype="hits")["numberMatched"] == expected


def test_cql2_spatial_agrees_with_bbox_and_shapely(client):
    squares = lonlat_squares()
    west, south, east, north = squares[200].bounds
    by_box = ids(get(client, ITEMS, bbox=f"{west},{south},{east},{north}"))
    assert ids(get(client, ITEMS, filter=f"S_INTERSECTS(geometry, BBOX({west},{south},{east},{north}))")) == by_box
    triangle = shapely.Polygon([(west, south), (east, south), (west, north)])
    found = get(client, ITEMS, filter=f"S_INTERSECTS(geometry, {triangle.wkt})", limit=1000)["numberMatched"]
    assert found == int(shapely.intersects(squares, triangle).sum())
    outside = get(client, ITEMS, filter=f"S_DISJOINT(geometry, {triangle.wkt})", resulttype="hits")["numberMatched"]
    assert outside == COUNT - found
    mixed = f"S_INTERSECTS(geometry, {triangle.wkt}) OR so_thu_tu_thua = '1'"
    assert get(client, ITEMS, filter=mixed, resulttype="hits")["numberMatched"] >= found


def test_cql2_json_by_get_and_by_post(client):
    question = {"op": "and", "args": [{"op": "=", "args": [{"property": "xep_loai"}, "1"]},
                                      {"op": "=", "args": [{"property": "ma_xa"}, "15703"]}]}  # fmt: skip
    by_get = get(client, ITEMS, **{"filter": json.dumps(question), "filter-lang": "cql2-json"})
    by_post = client.post(ITEMS, json=question)
    assert by_get["numberMatched"] == by_post.json()["numberMatched"] == 8


@pytest.mark.parametrize(
    "params",
    [
        {"khong_co": "1"},
        {"thua_key": FIRST},
        {"bbox": "1,2,3"},
        {"bbox": "a,b,c,d"},
        {"bbox": "nan,1,2,3"},
        {"bbox": "105,20,106,19"},
        {"bbox": "105,19,106,20", "bbox-crs": epsg(1)},
        {"bbox-crs": epsg(5897)},
        {"crs": epsg(2154)},
        {"crs": "EPSG:5897"},
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "x"},
        {"offset": "-1"},
        {"offset": "x"},
        {"sortby": "thua_key"},
        {"properties": "thua_key"},
        {"dien_tich_do": "x"},
        {"la_doi_tuong_chiem_dat": "maybe"},
        {"datetime": "hom nay"},
        {"resulttype": "all"},
        {"f": "xml"},
        {"filter": "xep_loai"},
        {"filter": "khong_co = 1"},
        {"filter": "thua_key = '1'"},
        {"filter": "xep_loai = 1"},
        {"filter": "xep_loai = '1' AND"},
        {"filter": "S_INTERSECTS(khong_co, POINT(1 2))"},
        {"filter": "S_INTERSECTS(geometry, POLYGON((0 0, 1 1)))"},
        {"filter": "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))"},
        {"filter": "abs(dien_tich_do) > 1"},
        {"filter": "valid_from > DATE('2025-13-01')"},
        {"filter": "{}", "filter-lang": "cql2-json"},
        {"filter": "xep_loai = '1'", "filter-lang": "ecql"},
        {"filter": "(" * 500 + "xep_loai='1'" + ")" * 500},
    ],
)
def test_what_cannot_be_answered_is_refused(client, params):
    answer = client.get(ITEMS, params=params)
    assert answer.status_code == 400, answer.text
    assert answer.json()["description"]
    assert answer.headers["content-type"] == "application/json"


def test_a_refused_json_body(client):
    assert client.post(ITEMS, content=b"{not json").status_code == 400
