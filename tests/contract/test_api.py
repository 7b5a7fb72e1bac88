"""The API as its clients see it: through HTTP, against a land database made by the generated DDL."""

import re

import numpy as np
import pyproj
import pytest
import shapely
from shapely.geometry import shape

import schemas
from tests import server_home
from tests.contract.api import COUNT, CRS84, FIRST, ITEMS, PINNED, epsg, get, ids, lonlat_squares
from tests.server_home import ZONES


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
    get(client, f"{ITEMS}/15670.E2025A.1.99999.1", status=404)
    assert get(client, ITEMS, dia_chi="Địa chỉ cũ")["numberMatched"] == 0


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
