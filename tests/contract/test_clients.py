"""Programs of others against a running server: GDAL, OWSLib, pmtiles, validators; and clients that send nonsense."""

import json
import re
import tempfile
import urllib.error
import urllib.request
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import jsonschema
import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from openapi_spec_validator import validate
from owslib.ogcapi.features import Features
from pmtiles.reader import Reader
from shapely.geometry import shape

from tests.contract.test_api import PINNED, epsg

ITEMS = "/api/collections/parcels/items"
NAMES = ["15670", "15703", "15712", "15742"]


def ask(url, path, method="GET", body=None, headers=None):
    """Return status, headers and body; the path goes out exactly as it is written."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request(method, path, body=body, headers=headers or {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content


def get(url, path=ITEMS, **params):
    status, _, content = ask(url, f"{path}?{urlencode(params)}" if params else path)
    assert status == 200, content
    return json.loads(content)


@pytest.fixture(scope="module")
def parcels(atlas_url):
    """Return all parcels as GDAL reads them, in the CRS they are stored in."""
    return pyogrio.read_dataframe(f"OAPIF:{atlas_url}/api", layer="parcels")


def test_gdal_lists_and_reads_everything(atlas_url, parcels):
    layers = pyogrio.list_layers(f"OAPIF:{atlas_url}/api")
    assert layers.tolist() == [["parcels", "Polygon"], ["communes", "MultiPolygon"], ["changes", "Polygon"]]
    assert len(parcels) == get(atlas_url, resulttype="hits")["numberMatched"] == parcels["id"].nunique()
    assert parcels.crs.to_epsg() == 5897
    assert parcels["dien_tich_do"].dtype == "float64"
    assert np.allclose(parcels.area, parcels["dien_tich_do"], rtol=1e-4, atol=0.5)
    communes = pyogrio.read_dataframe(f"OAPIF:{atlas_url}/api", layer="communes")
    assert sorted(communes["ma_xa"]) == NAMES


def test_gdal_asks_by_box_and_attributes(atlas_url, parcels):
    source = f"OAPIF:{atlas_url}/api"
    box = shapely.box(*parcels.geometry.iloc[[5, 40]].total_bounds)
    found = pyogrio.read_dataframe(source, layer="parcels", bbox=box.bounds)
    assert set(found["id"]) == set(parcels.loc[parcels.intersects(box), "id"])
    where = "xep_loai = '3' AND ma_xa = '15670'"
    found = pyogrio.read_dataframe(source, layer="parcels", where=where)
    assert set(found["id"]) == set(parcels.query(where.replace("AND", "and").replace(" = ", " == "))["id"])


@pytest.mark.parametrize("code", ["EPSG:3857", "EPSG:4326", "EPSG:9209"])
def test_gdal_reads_other_reference_systems(atlas_url, parcels, code):
    found = pyogrio.read_dataframe(f"OAPIF:{atlas_url}/api", layer="parcels", max_features=5, CRS=code)
    x, y = pyproj.Transformer.from_pipeline(PINNED).transform(*parcels.geometry.iloc[:5].get_coordinates().to_numpy().T)
    if code == "EPSG:9209":
        zone = pyproj.Transformer.from_pipeline(PINNED.replace("lon_0=105", "lon_0=105.5"))
        x, y = zone.transform(x, y, direction="INVERSE")
    elif code == "EPSG:3857":
        x, y = pyproj.Transformer.from_crs("OGC:CRS84", code, always_xy=True).transform(x, y)
    expected = shapely.total_bounds(shapely.points(x, y))
    assert np.abs(found.total_bounds - expected).max() < (2e-8 if code == "EPSG:4326" else 2e-3)


def test_owslib_finds_its_way(atlas_url):
    service = Features(f"{atlas_url}/api/")
    assert service.feature_collections() == ["parcels", "communes", "changes"]
    assert service.api()["openapi"].startswith("3.")
    assert "xep_loai" in service.collection_queryables("parcels")["properties"]
    assert "xep_loai" in service.collection_schema("parcels")["properties"]
    page = service.collection_items("parcels", limit=3, filter="xep_loai = '3'")
    assert [feature["properties"]["xep_loai"] for feature in page["features"]] == ["3"] * 3
    name = page["features"][0]["id"]
    assert service.collection_item("parcels", name)["id"] == name


@pytest.mark.parametrize("collection", ["parcels", "communes"])
def test_every_feature_is_what_the_schema_says(atlas_url, collection):
    schema = get(atlas_url, f"/api/collections/{collection}/schema")
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    features = get(atlas_url, f"/api/collections/{collection}/items", limit=10_000)["features"]
    assert features
    wrong = [
        (feature["id"], error.message) for feature in features
        for error in validator.iter_errors(feature["properties"] | {"geometry": feature["geometry"]})
    ]  # fmt: skip
    assert not wrong, wrong[:3]
    assert set(features[0]["properties"]) | {"geometry"} == set(schema["properties"])


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_description_is_valid_whole_and_in_one_language(atlas_url, lang):
    document = get(atlas_url, "/api/openapi", f="json", lang=lang)
    validate(document)
    text = json.dumps(document, ensure_ascii=False)
    assert all(reference.startswith("#/") for reference in re.findall(r'"\$ref": "([^"]+)"', text))
    titles = [operation["summary"] for path in document["paths"].values() for operation in path.values()]
    foreign = re.compile(r"\b(get|read|items|page|search)\b" if lang == "vi" else r"[ăâđêôơưàáảãạệộ]", re.IGNORECASE)
    assert not [title for title in titles if foreign.search(title)]


def test_answers_are_what_the_description_says(atlas_url):
    document = get(atlas_url, "/api/openapi", f="json")
    shapes = {"components": document["components"]}
    for name, path in (("FeatureCollection", f"{ITEMS}?limit=5"), ("Exception", f"{ITEMS}?limit=x")):
        _, _, content = ask(atlas_url, path)
        jsonschema.validate(json.loads(content), shapes | {"$ref": f"#/components/schemas/{name}"})
    for path, operations in document["paths"].items():
        if "{" not in path:
            status, _, _ = ask(atlas_url, f"/api{path}".removesuffix("/"))
            assert status == 200, path
        assert set(operations) <= {"get", "post"}


def test_pmtiles_by_ranges(atlas_url):
    def read(offset, length):
        request = urllib.request.Request(f"{atlas_url}/tiles/atlas.pmtiles")
        request.add_header("Range", f"bytes={offset}-{offset + length - 1}")
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 206
            return answer.read()

    reader = Reader(read)
    header = reader.header()
    assert {entry["id"] for entry in reader.metadata()["vector_layers"]} >= {"xa", "thua_dat"}
    lon, lat = header["center_lon_e7"] / 1e7, header["center_lat_e7"] / 1e7
    zoom = header["min_zoom"]
    x = int((lon + 180) / 360 * 2**zoom)
    y = int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**zoom)
    tile = reader.get(zoom, x, y)
    assert tile
    status, headers, content = ask(atlas_url, f"/tiles/{zoom}/{x}/{y}")
    assert (status, headers["content-encoding"], content) == (200, "gzip", tile)


@pytest.mark.parametrize("limit", [1, 7, 100, 9999])
@pytest.mark.parametrize("question", [
    {"ma_xa": "15703", "xep_loai": "2a"}, {"filter": "xep_loai <> '1'", "sortby": "-dien_tich_do"},
    {"bbox": "105.54,19.78,105.60,19.86", "sortby": "loai_dat", "xep_loai": "3"},
])  # fmt: skip
def test_a_walk_repeats_and_skips_nothing(atlas_url, parcels, limit, question):
    path, seen, matched = f"{ITEMS}?{urlencode({**question, 'limit': limit, 'properties': 'xep_loai'})}", [], set()
    while path:
        page = get(atlas_url, path)
        seen += [feature["id"] for feature in page["features"]]
        matched.add(page["numberMatched"])
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        assert bool(following) == (len(seen) < page["numberMatched"])
        path = following[0].removeprefix(atlas_url) if following else None
    assert len(seen) == len(set(seen)) > 0
    assert matched == {len(seen)}


SYSTEMS = {
    "http://www.opengis.net/def/crs/OGC/1.3/CRS84": ("OGC:CRS84", False),
    epsg(4326): ("OGC:CRS84", True),
    epsg(5897): (None, False),
    epsg(3857): ("EPSG:3857", False),
}


@pytest.mark.parametrize("box_crs", SYSTEMS)
@pytest.mark.parametrize("crs", SYSTEMS)
def test_boxes_and_answers_in_every_pair_of_reference_systems(atlas_url, parcels, crs, box_crs):
    chosen = parcels.iloc[[50, 51, 52]]

    def moved(geometries, address):
        name, flipped = SYSTEMS[address]

        def move(points):
            if name is not None:
                points = np.column_stack(pyproj.Transformer.from_pipeline(PINNED).transform(*points.T))
                to = pyproj.Transformer.from_crs("OGC:CRS84", name, always_xy=True)
                points = np.column_stack(to.transform(*points.T))
            return points[:, ::-1] if flipped else points

        return shapely.transform(geometries, move)

    everything = moved(parcels.geometry.to_numpy(), box_crs)
    box = shapely.box(*shapely.total_bounds(moved(chosen.geometry.to_numpy(), box_crs)))
    asked = {"bbox": ",".join(map(repr, map(float, box.bounds))), "bbox-crs": box_crs, "crs": crs, "limit": 1000}
    status, headers, content = ask(atlas_url, f"{ITEMS}?{urlencode(asked)}")
    assert (status, headers["content-crs"]) == (200, f"<{crs}>")
    features = json.loads(content)["features"]
    # touching parcels may fall on either side of a rounding
    inner, outer = box.buffer(-1e-6), box.buffer(1e-6)
    found = {feature["id"] for feature in features}
    assert set(parcels["id"][shapely.intersects(everything, inner)]) <= found
    assert found <= set(parcels["id"][shapely.intersects(everything, outer)])
    expected = dict(zip(parcels["id"], moved(parcels.geometry.to_numpy(), crs), strict=True))
    for feature in features:
        assert shapely.hausdorff_distance(shape(feature["geometry"]), expected[feature["id"]]) < 1e-4


WRONG = ["", "abc", "-1", "1e400", "nan,nan,nan,nan", "inf,0,1,1", "1,2,3", "1,2,3,4,5", "1,2,3,4,5,6,7", "9" * 5000,
         "1_0", "\x00", "%00", "😀", "ệ", "'", '"', "';DROP TABLE x--", "../../etc/passwd", "<script>", "xml", "{",
         "{}", "[]", "null", epsg(9999999), epsg(4978), epsg(5776), "2025-01-01/2024-01-01", "2025-13-01", "+-xep_loai",
         "*", "S_INTERSECTS(geometry, POINT EMPTY)", "S_INTERSECTS(geometry, POINT(1e308 1e308))", "xep_loai LIKE '\\'",
         "dien_tich_do = 99999999999999999999999", "dien_tich_do > 1e999", "1=1", "NOT NOT NOT TRUE", "geometry = 1",
         '{"op":"=","args":[{"property":"dien_tich_do"},18446744073709551615]}', '{"op":"in","args":[1,[]]}',
         '{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Polygon","coordinates":[[[0,0],[1]]]}]}',
         '{"op":"not","args":[' * 500 + "true" + "]}" * 500]  # fmt: skip
PARAMETERS = ["limit", "offset", "bbox", "bbox-crs", "crs", "datetime", "sortby", "properties", "skipGeometry", "f",
              "resulttype", "filter", "filter-lang", "filter-crs", "lang", "release", "xep_loai", "dien_tich_do",
              "la_doi_tuong_chiem_dat", "valid_from", "khong_co"]  # fmt: skip


ROOT = Path(__file__).parents[2]
_PLACES = "|".join(re.escape(str(place)) for place in (ROOT, tempfile.gettempdir()))
_OF_THE_MACHINE = rf"Traceback|File \"|site-packages|sqlite|{_PLACES}".encode()


def check(status, headers, content, what):
    """Demand an answer that is none of our failures, tells nothing of the machine, and explains itself."""
    assert status < 500, (what, content)
    if content == b"Invalid HTTP request received.":
        return  # the HTTP parser refused it before there was a request
    assert not re.search(_OF_THE_MACHINE, content, re.IGNORECASE), what
    assert headers["x-content-type-options"] == "nosniff" and "content-security-policy" in headers, what
    assert "set-cookie" not in headers and "x-powered-by" not in headers and "server" not in headers, what
    if status >= 400 and headers["content-type"] == "application/json":
        assert json.loads(content)["description"], what
    elif status >= 400:
        assert headers["content-type"].startswith("text/html"), what


@pytest.mark.parametrize("name", PARAMETERS)
def test_nonsense_in_a_parameter_is_never_our_failure(atlas_url, name):
    for value in WRONG:
        check(*ask(atlas_url, f"{ITEMS}?limit=1&{urlencode({name: value})}"), (name, value))


def test_nonsense_in_a_path_is_never_our_failure(atlas_url):
    places = [
        "/{}",
        "/api/{}",
        "/api/collections/{}",
        "/api/collections/{}/items",
        f"{ITEMS}/{{}}",
        "/tiles/{}",
        "/tiles/{0}/{0}/{0}",
        "/tiles/x/{0}/{0}/{0}",
        "/downloads/{}",
        "/release/{}",
        "/api/static/{}",
    ]
    ways_out = [
        "..%2f..%2fland.gpkg",
        "%2e%2e/%2e%2e/land.gpkg",
        "../../land.gpkg",
        "..%5cland.gpkg",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "..%252f..%252fland.gpkg",
        "%c0%ae%c0%ae/land.gpkg",
        "%ff",
        "a%0d%0aX:%20y",
    ]
    for place in places:
        for value in [*(quote(value, safe="") for value in WRONG if value), *ways_out]:
            status, headers, content = ask(atlas_url, place.format(value))
            check(status, headers, content, (place, value))
            assert status in (400, 404), (place, value, status)
            assert b"SQLite" not in content and b"root:" not in content


def test_nonsense_in_a_body_is_never_our_failure(atlas_url):
    for value in [*WRONG, "\ud800", '"x"', "[1]", "true", '{"op":["x"],"args":[1]}']:
        body = value.encode("utf-8", "surrogatepass")
        check(*ask(atlas_url, ITEMS, "POST", body, {"Content-Type": "application/json"}), value)


@pytest.mark.parametrize("path", ["/", "/api", "/api/collections", ITEMS, "/downloads", "/health", "/metrics", "/x"])
def test_methods(atlas_url, path):
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE"):
        status, headers, content = ask(atlas_url, path, method)
        check(status, headers, content, (method, path))
        if not (method == "POST" and path == ITEMS):
            assert status == 405 and "GET" in headers["allow"], (method, path)
    seen = ask(atlas_url, path, "GET")
    status, headers, content = ask(atlas_url, path, "HEAD")
    assert (status, content) == (seen[0], b"")
    assert headers["content-type"] == seen[1]["content-type"]
    check(*ask(atlas_url, path, "OPTIONS"), path)


def test_headers_without_sense(atlas_url):
    for name, value in (("Accept", "x" * 5000), ("Accept", "application/json;q=."), ("Accept-Language", ";;q=nan"),
                        ("Range", "bytes=5-1"), ("Range", "bytes=0-1,2-3"), ("If-Modified-Since", "Mon, 99 Xxx 9999"),
                        ("If-None-Match", '"'), ("Host", "a b"), ("X-Forwarded-Host", "evil"),
                        ("Accept-Encoding", "gzip;q=x")):  # fmt: skip
        for path in (ITEMS, "/", "/downloads", "/tiles/atlas.pmtiles", "/release/manifest.json"):
            status, _, content = ask(atlas_url, path, headers={name: value})
            assert status in (200, 206, 304, 400, 416), (name, value, path)
            assert b"evil" not in content


def test_requests_too_large(atlas_url):
    for path, headers in ((f"/api?{'x' * 200_000}", {}), ("/api", {"X": "y" * 200_000})):
        try:
            status, _, _ = ask(atlas_url, path, headers=headers)
        except (ConnectionError, urllib.error.URLError):
            continue
        assert 400 <= status < 500
    assert ask(atlas_url, "/health")[0] == 200


def test_metrics_and_log_name_nobody(atlas_url, samples_home):
    secret = "Nguyen Van Kin Mat"
    ask(atlas_url, f"{ITEMS}?{urlencode({'filter': f'dia_chi = {secret!r} AND'})}")
    ask(atlas_url, f"{ITEMS}?{urlencode({'dia_chi': secret})}")
    ask(atlas_url, f"{ITEMS}/{quote(secret)}")
    assert b"Kin" not in ask(atlas_url, "/metrics")[2]
    assert "Kin" not in (samples_home / "serve.log").read_text(encoding="utf-8")
