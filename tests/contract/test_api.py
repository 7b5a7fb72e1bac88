"""The API as its clients see it: through HTTP, against a land database made by the generated DDL."""

import json
import re
import unicodedata

import numpy as np
import pyproj
import pytest
import shapely
from shapely.geometry import shape
from starlette.testclient import TestClient

import schemas
from atlas.server.app import create
from tests import server_home
from tests.server_home import ZONES

ITEMS = "/api/collections/parcels/items"
FIRST = "15670.E2025A.1.1.1"
COUNT = sum(zone.columns * zone.rows for zone in ZONES)
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
PINNED = (
    "+proj=pipeline +step +inv +proj=tmerc +lat_0=0 +lon_0=105 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 "
    "+step +proj=push +v_3 +step +proj=cart +ellps=WGS84 +step +proj=helmert +x=-191.90441429 +y=-39.30318279 "
    "+z=-111.45032835 +rx=-0.00928836 +ry=0.01975479 +rz=-0.00427372 +s=0.252906278 +convention=coordinate_frame "
    "+step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
)


def epsg(code):
    return f"http://www.opengis.net/def/crs/EPSG/0/{code}"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return server_home.build(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def client(home):
    with TestClient(create(home)) as session:
        yield session


def get(client, path, status=200, **params):
    answer = client.get(path, params=params or None)
    assert answer.status_code == status, answer.text
    return answer.json()


def ids(collection):
    return [feature["id"] for feature in collection["features"]]


def lonlat_squares():
    """Return the parcels of the first zone in longitude and latitude, transformed here and not by the server."""
    to_degrees = pyproj.Transformer.from_pipeline(PINNED)
    return shapely.transform(
        server_home.squares(ZONES[0]), lambda points: np.column_stack(to_degrees.transform(points[:, 0], points[:, 1]))
    )


def test_landing_page_names_only_what_is_served(client):
    for link in get(client, "/api")["links"]:
        assert client.get(link["href"]).status_code in (200, 404 if link["rel"] == "about" else 200), link


def test_every_link_of_the_collections_leads_somewhere(client):
    for collection in get(client, "/api/collections")["collections"]:
        for link in collection["links"]:
            assert client.get(link["href"]).status_code == 200, link


def test_conformance_claims_no_writing(client):
    classes = get(client, "/api/conformance")["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in classes
    assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in classes
    assert not [name for name in classes if "features-4" in name]


def test_numbers_are_exact(client):
    page = get(client, ITEMS, limit=7)
    assert (page["numberMatched"], page["numberReturned"], len(page["features"])) == (COUNT, 7, 7)


def test_hits_count_without_features_or_pages(client):
    page = get(client, ITEMS, resulttype="hits", xep_loai="1", ma_xa="15670")
    assert (page["numberMatched"], page["features"]) == (150, [])
    assert not [link for link in page["links"] if link["rel"] in ("next", "prev")]


def test_paging_repeats_and_skips_nothing(client):
    address, seen, pages = f"{ITEMS}?limit=90&lang=vi", [], 0
    while address and pages < 100:
        page = get(client, address)
        seen += ids(page)
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
        pages += 1
    assert pages == COUNT // 90
    assert len(seen) == len(set(seen)) == COUNT


def test_paging_backwards_and_past_the_end(client):
    page = get(client, ITEMS, limit=10, offset=20, loai_dat="LUC")
    previous = next(link["href"] for link in page["links"] if link["rel"] == "prev")
    assert ids(get(client, previous)) == ids(get(client, ITEMS, limit=10, offset=10, loai_dat="LUC"))
    assert get(client, ITEMS, offset=COUNT + 5)["features"] == []


def test_sorting_is_stable_and_pages(client):
    whole = get(client, ITEMS, sortby="-dien_tich_do,so_thu_tu_thua", limit=10_000)
    areas = [feature["properties"]["dien_tich_do"] for feature in whole["features"]]
    assert areas == sorted(areas, reverse=True)
    parts = [
        ids(get(client, ITEMS, sortby="-dien_tich_do,so_thu_tu_thua", limit=100, offset=n)) for n in range(0, 700, 100)
    ]
    assert [name for part in parts for name in part] == ids(whole)


@pytest.mark.parametrize("seed", range(8))
def test_bbox_is_exact(client, seed):
    squares = lonlat_squares()
    west, south, east, north = shapely.total_bounds(squares)
    random = np.random.default_rng(seed)
    x, y = np.sort(random.uniform(west, east, 2)), np.sort(random.uniform(south, north, 2))
    box = shapely.box(x[0], y[0], x[1], y[1])
    expected = {
        f"15670.E2025A.1.{1 + n // 100}.{1 + n % 100}" for n in np.flatnonzero(shapely.intersects(squares, box))
    }
    found = set(ids(get(client, ITEMS, bbox=",".join(map(str, box.bounds)), limit=10_000)))
    assert found == expected
    assert 0 < len(found) < 600


def test_bbox_takes_no_neighbour_whose_bounding_box_alone_meets_it(client):
    corner = shapely.get_coordinates(server_home.squares(ZONES[0])[0]).min(axis=0)
    box = f"{corner[0]},{corner[1]},{corner[0] + 0.5},{corner[1] + 0.5}"
    page = get(client, ITEMS, **{"bbox": box, "bbox-crs": epsg(5897)})
    assert FIRST not in ids(page)


def test_bbox_in_four_reference_systems_finds_the_same(client):
    squares = lonlat_squares()
    west, south, east, north = squares[315].bounds
    plain = ids(get(client, ITEMS, bbox=f"{west},{south},{east},{north}"))
    flipped = ids(get(client, ITEMS, **{"bbox": f"{south},{west},{north},{east}", "bbox-crs": epsg(4326)}))
    mercator = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True)
    corners = [*mercator.transform(west, south), *mercator.transform(east, north)]
    web = ids(get(client, ITEMS, **{"bbox": ",".join(map(repr, corners)), "bbox-crs": epsg(3857)}))
    assert len(plain) > 4
    assert plain == flipped == web


def test_bbox_of_the_world_finds_everything(client):
    assert get(client, ITEMS, bbox="-180,-90,180,90", resulttype="hits")["numberMatched"] == COUNT
    assert get(client, ITEMS, bbox="100,-90,-170,90", resulttype="hits")["numberMatched"] == COUNT
    assert get(client, ITEMS, bbox="-170,-90,100,90", resulttype="hits")["numberMatched"] == 0
    assert get(client, ITEMS, bbox="0,0,1,1")["features"] == []


@pytest.mark.parametrize(
    ("code", "flipped", "tolerance"),
    [(CRS84, False, 2e-8), (epsg(4326), True, 2e-8), (epsg(5897), False, 0.0), (epsg(3857), False, 2e-4)],
)
def test_coordinates_in_every_reference_system(client, code, flipped, tolerance):
    answer = client.get(f"{ITEMS}/{FIRST}", params={"crs": code})
    assert answer.headers["content-crs"] == f"<{code}>"
    found = np.array(answer.json()["geometry"]["coordinates"][0])
    stored = shapely.get_coordinates(shapely.orient_polygons(server_home.squares(ZONES[0])[0]))
    if code == epsg(5897):
        expected = stored
    else:
        degrees = pyproj.Transformer.from_pipeline(PINNED).transform(stored[:, 0], stored[:, 1])
        if code == epsg(3857):
            degrees = pyproj.Transformer.from_crs("OGC:CRS84", 3857, always_xy=True).transform(*degrees)
        expected = np.column_stack(degrees)
    assert np.abs((found[:, ::-1] if flipped else found) - expected).max() <= tolerance


def test_another_zone_of_the_same_datum(client):
    here = shape(get(client, f"{ITEMS}/{FIRST}", crs=epsg(9209))["geometry"])
    expected = pyproj.Transformer.from_crs(5897, 9209, always_xy=True).transform(*ZONES[0].origin)
    assert shapely.distance(here, shapely.Point(expected)) < 0.001


def test_rings_run_counterclockwise(client):
    for feature in get(client, ITEMS, limit=5)["features"]:
        assert shape(feature["geometry"]).exterior.is_ccw


def test_properties_are_the_public_ones_and_no_others(client):
    public = schemas.public_columns("thua_dat")
    feature = get(client, f"{ITEMS}/{FIRST}")
    assert list(feature["properties"]) == [name for name in public if name != "geometry"]
    assert "thua_key" not in feature["properties"]


def test_nothing_of_holders_or_officers_leaves(client):
    entities = schemas.layers()
    guarded = [entity for entity in entities.values() if entity["x-store"] == "holders"] + [entities["thua_dat"]]
    private = {
        name for entity in guarded for name, entry in entity["properties"].items() if entry["x-access"] != "public"
    }
    private -= {*schemas.public_columns("thua_dat"), *get(client, "/api/collections/communes/schema")["properties"]}
    assert {"ho_ten", "so_giay_to", "ty_le", "thua_key"} <= private
    paths = [
        "/api", "/api/openapi", "/api/collections", "/api/collections/parcels/schema", f"{ITEMS}?limit=10000",
        "/api/collections/parcels/queryables", "/api/collections/communes/items", f"{ITEMS}/{FIRST}",
        f"{ITEMS}/{FIRST}?f=html", f"{ITEMS}?f=html", f"{ITEMS}?f=jsonld", "/downloads", "/health", "/metrics",
        "/release/manifest.json",
    ]  # fmt: skip
    for path in paths:
        text = client.get(path).text
        leaked = [name for name in private if re.search(rf'["<>]{re.escape(name)}["<>]', text)]
        assert not leaked, (path, leaked)
        assert "KIN 0380" not in text


def test_only_the_published_release_is_seen(client):
    get(client, f"{ITEMS}/15670.E2025A.1.99.1", status=404)
    assert get(client, ITEMS, dia_chi="Địa chỉ cũ")["numberMatched"] == 0


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


def test_large_limits_are_cut(client):
    assert get(client, ITEMS, limit=1_000_000)["numberReturned"] == COUNT


def test_some_properties_and_no_geometry(client):
    page = get(client, ITEMS, properties="xep_loai,loai_dat", skipGeometry="true", limit=2)
    assert [list(feature["properties"]) for feature in page["features"]] == [["loai_dat", "xep_loai"]] * 2
    assert page["features"][0]["geometry"] is None


def test_unknown_things_are_404(client):
    for path in ("/api/collections/khong_co", "/api/collections/khong_co/items", f"{ITEMS}/khong_co", "/api/khong_co"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "NotFound")


def test_communes(client):
    page = get(client, "/api/collections/communes/items")
    assert ids(page) == ["15670", "15703"]
    properties = get(client, "/api/collections/communes/items/15670")["properties"]
    assert properties["grades"] == {"1": 150, "2a": 150, "2b": 150, "3": 150}
    assert "downloads" not in properties
    assert page["features"][0]["geometry"]["type"] == "MultiPolygon"
    assert ids(get(client, "/api/collections/communes/items", filter="ACCENTI(ten_xa) = 'Dan Ly'")) == ["15703"]
    first = lonlat_squares()[0].centroid
    assert ids(get(client, "/api/collections/communes/items", bbox=f"{first.x},{first.y},{first.x},{first.y}")) == [
        "15670"
    ]


def test_schema_and_queryables_speak_both_languages(client):
    for kind in ("schema", "queryables"):
        path = f"/api/collections/parcels/{kind}"
        vi, en = get(client, path)["properties"], get(client, path, lang="en")["properties"]
        assert (vi["xep_loai"]["title"], en["xep_loai"]["title"]) == ("Xếp loại", "Grade")
        assert vi["xep_loai"]["enum"][:4] == ["1", "2a", "2b", "3"]
        assert vi["xep_loai"]["x-codes"][0]["title"] != en["xep_loai"]["x-codes"][0]["title"]
        assert "values" not in vi["xep_loai"]
        accepted = client.get(path, headers={"accept-language": "en-GB,en;q=0.9"}).json()
        assert accepted["properties"] == en
    assert get(client, "/api/collections/parcels/schema")["properties"]["thua_dat_id"]["x-ogc-role"] == "id"


def test_languages_do_not_mix_between_requests(client):
    for _ in range(3):
        for lang, word in (("vi", "Thửa đất"), ("en", "Parcels")):
            assert get(client, "/api/collections/parcels", lang=lang)["title"] == word


def test_items_of_one_request_agree_with_single_items(client):
    for feature in get(client, ITEMS, limit=3, offset=299)["features"]:
        single = get(client, f"{ITEMS}/{feature['id']}")
        assert (single["geometry"], single["properties"]) == (feature["geometry"], feature["properties"])
