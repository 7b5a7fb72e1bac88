"""The changes as clients of the API read them, over a release that the program published."""

import json

import numpy as np
import pytest
import shapely
from shapely.geometry import shape
from starlette.testclient import TestClient

from atlas.server.app import create
from pipelines.publish.files import execute
from pipelines.settings import Settings
from tests.contract.api import epsg, get
from tests.unit.feeds import COUNT, SECRET, load

ITEMS = "/api/collections/changes/items"
PARCELS = "/api/collections/parcels/items"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    load(f"gpkg:{home}", home / "holder.key", upto=4)
    publish(home)
    return home


def publish(home):
    execute(home, Settings(home=home, max_parcels_lost=1, max_area_lost=1))


@pytest.fixture
def client(home):
    with TestClient(create(home)) as session:
        yield session


def walk(client, address):
    """Return all features from an address on."""
    found = []
    while address:
        page = get(client, address)
        found += page["features"]
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    return found


def test_pages_lead_through_all_of_it_in_order(client):
    found = walk(client, f"{ITEMS}?limit=5")
    numbers = [feature["id"] for feature in found]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == get(client, ITEMS, resulttype="hits")["numberMatched"]
    assert [feature["properties"]["sequence"] for feature in found] == numbers
    for place in (0, 3, len(numbers) - 1):
        rest = walk(client, f"{ITEMS}?limit=3&since={numbers[place]}")
        assert [feature["id"] for feature in rest] == numbers[place + 1 :]
    assert walk(client, f"{ITEMS}?limit=2&what=removed") == [
        feature for feature in found if feature["properties"]["what"] == "removed"
    ]


def test_whoever_follows_has_the_parcels_that_are_served(client):
    copy = {}
    for feature in walk(client, f"{ITEMS}?limit=6"):
        properties = feature["properties"]
        known = copy.pop(properties["thua_dat_id"], {})
        if properties["what"] != "removed":
            is_new = properties["what"] == "added"
            copy[properties["thua_dat_id"]] = (
                ({} if is_new else known) | properties["values"] | {"geometry": feature["geometry"]}
            )
    served = get(client, PARCELS, limit=1000)["features"]
    assert set(copy) == {feature["id"] for feature in served}
    for feature in served:
        mine = copy[feature["id"]]
        theirs = {name: value for name, value in feature["properties"].items() if value is not None}
        assert {"thua_dat_id": feature["id"]} | {
            name: value for name, value in mine.items() if name != "geometry" and value is not None
        } == theirs
        assert shapely.hausdorff_distance(shape(mine["geometry"]), shape(feature["geometry"])) < 2e-8


def test_a_feature_shows_the_parcel_after_or_what_it_was(client):
    gone = walk(client, f"{ITEMS}?what=removed&release_id=2&filter=thua_dat_id LIKE '%.4'")[0]
    assert gone["properties"]["successors"].split(",") == ["15670.E2025A.1.1.10", "15670.E2025A.1.1.9"]
    zone = get(client, f"{ITEMS}/{gone['id']}", crs=epsg(5897))
    np.testing.assert_allclose(shape(zone["geometry"]).area, 400.0, atol=0.01)


def test_time_place_and_filter_find_entries(client):
    day = get(client, ITEMS, limit=1)["features"][0]["properties"]["recorded_at"][:10]
    whole = get(client, ITEMS, resulttype="hits")["numberMatched"]
    for interval, count in ((day, whole), (f"{day}/..", whole), (f"../{day}", whole), ("2020-01-01/2020-12-31", 0)):
        assert get(client, ITEMS, datetime=interval, resulttype="hits")["numberMatched"] == count
    changed = get(client, ITEMS, filter="release_id = 2 AND changed LIKE '%loai_dat%'")["features"]
    assert [feature["properties"]["values"]["loai_dat"] for feature in changed] == ["ONT"]
    assert get(client, ITEMS, filter="sequence > 20000000 AND sequence < 30000000", ma_xa="15703")["features"] == []
    box = shape(changed[0]["geometry"]).buffer(-1e-5).bounds
    near = get(client, ITEMS, bbox=",".join(map(str, box)))["features"]
    assert {feature["properties"]["thua_dat_id"] for feature in near} == {changed[0]["properties"]["thua_dat_id"]}


@pytest.mark.parametrize("wrong", ["-1", "x", "1.5", ""])
def test_a_number_that_is_none_is_refused(client, wrong):
    get(client, ITEMS, status=400, since=wrong)


def test_other_collections_know_no_since(client):
    get(client, PARCELS, status=400, since="1")


def test_the_collection_describes_itself(client):
    assert client.get("/api/collections/changes", params={"lang": "en"}).json()["title"] == "Changes of parcels"
    queryables = get(client, "/api/collections/changes/queryables")["properties"]
    assert queryables["sequence"]["type"] == "integer"
    assert queryables["what"]["enum"] == ["added", "changed", "removed"]
    operation = get(client, "/api/openapi")["paths"]["/collections/changes/items"]["get"]
    assert "since" in [parameter.get("name") for parameter in operation["parameters"]]
    for form in ("html", "jsonld"):
        assert client.get(ITEMS, params={"f": form}).status_code == 200


def test_a_reader_is_not_disturbed_by_a_release_that_withholds(tmp_path):
    home = tmp_path / "home"
    load(f"gpkg:{home}", home / "holder.key", upto=1)
    publish(home)
    with TestClient(create(home)) as client:
        page = get(client, ITEMS, limit=3, since=10_000_002)
        following = next(link["href"] for link in page["links"] if link["rel"] == "next")
        load(f"gpkg:{home}", home / "holder.key", upto=2)
        publish(home)
        rest = walk(client, following)
        numbers = [feature["id"] for feature in (*page["features"], *rest) if feature["id"] < 20_000_000]
        assert numbers == [10_000_000 + place for place in range(3, COUNT + 1) if place != 7]
        (left,) = [feature for feature in rest if feature["properties"]["thua_dat_id"] == SECRET]
        assert left["geometry"] is None and left["properties"]["ma_dinh_danh_thua"] is None
        assert "CQP" not in json.dumps(rest)


def test_a_release_without_changes_serves_the_rest(home, tmp_path):
    manifest = json.loads((home / "release/manifest.json").read_text("utf-8"))
    del manifest["feed"]
    (tmp_path / "release").mkdir()
    (tmp_path / "release/manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "land.gpkg").symlink_to(home / "land.gpkg")
    with TestClient(create(tmp_path)) as client:
        get(client, ITEMS, status=404)
        assert get(client, PARCELS, limit=1)["numberReturned"] == 1
