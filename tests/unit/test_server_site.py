"""Everything beside the API: files, tiles, downloads, headers, pages, and a release that changes."""

import gzip
import json
import re
import sqlite3

import pytest
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from starlette.testclient import TestClient

from atlas.server.app import create
from atlas.server.errors import HomeError
from tests import server_home

TILE = b"\x1a\x02\x78\x02" + bytes(200)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = server_home.build(tmp_path_factory.mktemp("home"))
    web = home / "web"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html><title>atlas</title>" + "<p>x</p>" * 500, encoding="utf-8")
    (web / "assets" / "index-Ab3dE6gH.js").write_text("export const x = 1;\n" * 200, encoding="utf-8")
    with (home / "release" / "tiles" / "atlas.pmtiles").open("wb") as file:
        writer = Writer(file)
        for place in ((12, 3249, 1815), (13, 6498, 3630)):
            writer.write_tile(zxy_to_tileid(*place), gzip.compress(TILE))
        writer.finalize(
            {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP, "min_zoom": 12, "max_zoom": 13,
             "min_lon_e7": 0, "min_lat_e7": 0, "max_lon_e7": 1, "max_lat_e7": 1, "center_zoom": 12,
             "center_lon_e7": 0, "center_lat_e7": 0},
            {"vector_layers": [{"id": "thua_dat", "fields": {}}]},
        )  # fmt: skip
    return home


@pytest.fixture(scope="module")
def client(home):
    with TestClient(create(home, home / "web")) as session:
        yield session


def test_the_atlas_is_the_root(client):
    assert client.get("/").text.startswith("<!doctype html>")
    assert "immutable" in client.get("/assets/index-Ab3dE6gH.js").headers["cache-control"]
    assert client.get("/").headers["cache-control"] == "no-cache"


def test_text_is_compressed_and_not_sent_twice(client):
    answer = client.get("/")
    assert answer.headers["content-encoding"] == "gzip"
    again = client.get("/", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "content-encoding" not in client.get("/", headers={"accept-encoding": "identity"}).headers


def test_api_answers_are_not_sent_twice(client):
    path = "/api/collections/parcels/items?limit=3"
    answer = client.get(path)
    assert client.get(path, headers={"if-none-match": f'"x", {answer.headers["etag"]}'}).status_code == 304
    for other in (f"{path}&lang=en", "/api/collections/parcels/items?limit=4"):
        assert client.get(other, headers={"if-none-match": answer.headers["etag"]}).status_code == 200
    assert client.get(path, headers={"accept-language": "en"}).headers["etag"] != answer.headers["etag"]


def test_tiles_archive_by_range(client, home):
    whole = (home / "release" / "tiles" / "atlas.pmtiles").read_bytes()
    answer = client.get("/tiles/atlas.pmtiles", headers={"range": "bytes=0-126"})
    assert (answer.status_code, answer.content) == (206, whole[:127])
    assert answer.headers["content-range"] == f"bytes 0-126/{len(whole)}"
    assert not answer.headers["etag"].startswith("W/")
    assert client.get("/tiles/atlas.pmtiles", headers={"range": f"bytes={len(whole)}-"}).status_code == 416
    known = client.get("/tiles/atlas.pmtiles", headers={"if-none-match": answer.headers["etag"]})
    assert known.status_code == 304


def test_single_tiles(client):
    answer = client.get("/tiles/thua_dat/12/3249/1815")
    assert (answer.status_code, answer.content) == (200, TILE)
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert client.get("/tiles/12/3249/1815").content == TILE
    assert client.get("/tiles/thua_dat/12/0/0").status_code == 204
    for wrong in ("/tiles/khong_co/12/3249/1815", "/tiles/12/5000/1", "/tiles/99/0/0", "/tiles/other.pmtiles"):
        assert client.get(wrong).status_code == 404


def test_downloads_are_what_the_manifest_names(client):
    assert client.get("/downloads/parcels/15670.parquet").content.startswith(b"PAR1")
    part = client.get("/downloads/parcels/15670.parquet", headers={"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, bytes(range(4)))
    page = client.get("/downloads/findings/15670.html")
    assert "sandbox" in page.headers["content-security-policy"]
    assert "parcels/15670.parquet" in client.get("/downloads", headers={"accept": "text/html"}).text


@pytest.mark.parametrize(
    "path",
    [
        "/downloads/secret.txt",
        "/downloads/../../holders.sqlite",
        "/downloads/..%2f..%2fholders.sqlite",
        "/downloads/%2e%2e/%2e%2e/land.gpkg",
        "/downloads//etc/passwd",
        "/..%2fholders.sqlite",
        "/%2e%2e/land.gpkg",
        "/assets/..%2f..%2fland.gpkg",
        "/..%5cland.gpkg",
        "/%00",
        "/tiles/..%2f..%2fland.gpkg",
        "/api/static/..%2fwords.yaml",
        "/release/secret.txt",
        "/release/..%2fland.gpkg",
    ],
)
def test_no_way_out_of_the_folders(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "SQLite" not in answer.text


def test_a_link_that_points_outside_is_not_followed(client, home):
    (home / "web" / "out").symlink_to(home / "land.gpkg")
    assert client.get("/out").status_code == 404


def test_headers_of_every_answer(client):
    for path in ("/", "/api", "/health", "/khong_co", "/tiles/atlas.pmtiles"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "x-powered-by" not in headers
    assert client.get("/api").headers["access-control-allow-origin"] == "*"
    assert client.options("/api/collections").status_code == 204
    assert client.get("/api", headers={"host": "evil host"}).status_code == 400


def test_health_and_metrics(client):
    health = client.get("/health").json()
    assert (health["status"], health["release"], health["counts"]) == ("ok", 2, {"parcels": 630, "communes": 2})
    assert 'atlas_requests_total{area="items",status="200"}' in client.get("/metrics").text


PAGES = [
    "/api", "/api/openapi", "/api/conformance", "/api/collections", "/api/collections/parcels",
    "/api/collections/communes", "/api/collections/parcels/schema", "/api/collections/communes/schema",
    "/api/collections/parcels/queryables", "/api/collections/parcels/items",
    "/api/collections/parcels/items/15670.E2025A.1.1.1", "/api/collections/communes/items",
    "/api/collections/communes/items/15670", "/downloads", "/khong_co", "/api/collections/parcels/items?khong_co=1",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_pages_are_ours_alone(client, path, lang):
    answer = client.get(path, headers={"accept": "text/html", "accept-language": lang})
    assert answer.headers["content-type"].startswith("text/html")
    assert f'<html lang="{lang}">' in answer.text
    fetched = re.findall(r'(?:src|href|action|data|srcset)\s*=\s*"([^"]*)"|url\(([^)]*)\)', answer.text)
    addresses = [first or second for first, second in fetched]
    assert addresses
    assert all(re.match(r"/(?!/)|#|data:", address) for address in addresses), addresses
    hosts = set(re.findall(r"https?://([^/\"'<>\s]+)", answer.text))
    assert hosts <= {"www.opengis.net"}
    assert "<script" not in answer.text
    assert ("Tiếng Việt" in answer.text) and ("English" in answer.text)
    for address in addresses:
        if address.startswith("/") and "f=json" not in address:
            assert client.get(address.replace("&amp;", "&").split("#")[0]).status_code in (200, 400, 404), address


def test_pages_escape_what_they_show(client):
    answer = client.get("/api/collections/parcels/items", params={"f": "html", "filter": "<script>alert(1)</script>"})
    assert answer.status_code == 400
    assert "<script>" not in answer.text


def test_pages_lead_on_in_the_same_language(client):
    page = client.get("/api/collections/parcels/items?f=html&lang=en&limit=50").text
    following = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert "lang=en" in following and "offset=50" in following and "f=html" in following
    assert "51" in client.get(following).text


def test_json_ld_names_every_feature(client):
    content = client.get("/api/collections/parcels/items?f=jsonld&limit=2").json()
    assert content["features"][1]["@id"].endswith("/items/15670.E2025A.1.1.2")


def test_a_new_release_is_taken_up_without_a_restart(tmp_path):
    home = server_home.build(tmp_path / "home")
    release = home / "release"
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    with TestClient(create(home)) as client:
        path = "/api/collections/parcels/items?limit=1"
        before = client.get(path)
        assert before.json()["numberMatched"] == 630
        communes = [commune | {"release_id": 3} for commune in manifest["communes"]]
        server_home.write_manifest(release, communes)
        after = client.get(path, headers={"if-none-match": before.headers["etag"]})
        assert (after.status_code, after.json()["numberMatched"]) == (200, 632)
        (release / "manifest.json").write_text("{half", encoding="utf-8")
        assert client.get(path).json()["numberMatched"] == 632
        (release / "manifest.json").unlink()
        assert client.get(path).status_code == 200
        assert client.get("/health").status_code == 503


def test_the_database_is_never_written(tmp_path):
    home = server_home.build(tmp_path / "home")
    before = (home / "land.gpkg").read_bytes()
    with TestClient(create(home)) as client:
        assert client.get("/api/collections/communes/items?limit=5").status_code == 200
        assert client.post("/api/collections/parcels/items", json=True).status_code == 200
        assert client.delete("/api/collections/parcels/items/15670.E2025A.1.1.1").status_code == 405
    assert (home / "land.gpkg").read_bytes() == before


def test_a_home_without_a_release_says_what_to_do(tmp_path):
    with pytest.raises(HomeError) as refusal:
        create(tmp_path)
    assert "diachinh run" in refusal.value.en and "diachinh run" in refusal.value.vi


def test_a_database_that_is_none_is_refused(tmp_path):
    home = server_home.build(tmp_path / "home")
    (home / "land.gpkg").write_bytes(b"no database at all" * 100)
    with pytest.raises((HomeError, sqlite3.DatabaseError)):
        create(home)


def test_a_release_out_of_postgis_is_refused_with_the_reason(tmp_path):
    release = server_home.build(tmp_path / "home") / "release"
    body = json.loads((release / "manifest.json").read_text(encoding="utf-8")) | {"land": "postgresql:"}
    (release / "manifest.json").write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(HomeError, match="made from PostGIS"):
        create(release.parent)
