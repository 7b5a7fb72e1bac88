"""Land that is withheld, and walks through pages while a new release is published."""

import json
import sqlite3

import pytest
from starlette.testclient import TestClient

import schemas
from atlas.server import versions
from atlas.server.app import create
from tests import server_home
from tests.server_home import ZONES

ITEMS = "/api/collections/parcels/items"
HIDDEN = {
    "15670.E2025A.1.1.5": ("CQP", None),
    "15670.E2025A.1.1.6": ("ONT+CAN", "ONT+CAN"),
    "15670.E2025A.1.1.7": (None, "Đất quốc phòng"),
    "15670.E2025A.1.1.8": ("LUC", "cqp"),
}


@pytest.fixture
def home(tmp_path):
    home = server_home.build(tmp_path / "home")
    with sqlite3.connect(home / "land.gpkg") as connection:
        connection.create_function("ST_IsEmpty", 1, lambda _: 0)
        connection.executemany(
            "UPDATE thua_dat_5897 SET loai_dat = ?, loai_dat_ghi = ? WHERE thua_dat_id = ? AND release_to IS NULL",
            [(*uses, name) for name, uses in HIDDEN.items()],
        )
        connection.execute(
            "UPDATE thua_dat_5897 SET loai_dat = 'CAN' WHERE thua_dat_id = '15670.E2025A.1.1.1' AND release_to IS NULL"
        )
    return home


def ids(answer):
    assert answer.status_code == 200, answer.text
    return [feature["id"] for feature in answer.json()["features"]]


def publish(home, number):
    """Publish a later release over the same database."""
    manifest = json.loads((home / "release" / "manifest.json").read_text(encoding="utf-8"))
    communes = [commune | {"release_id": number} for commune in manifest["communes"]]
    server_home.write_manifest(home / "release", communes)


def test_withheld_parcels_are_nowhere(home):
    all_of_them = sum(zone.columns * zone.rows for zone in ZONES)
    with TestClient(create(home)) as client:
        everything = client.get(ITEMS, params={"limit": 10_000})
        assert not {*HIDDEN, "15670.E2025A.1.1.1"} & set(ids(everything))
        assert everything.json()["numberMatched"] == all_of_them - 5
        for name in HIDDEN:
            assert client.get(f"{ITEMS}/{name}").status_code == 404
            assert ids(client.get(ITEMS, params={"thua_dat_id": name})) == []
        for question in ({"filter": "loai_dat LIKE '%CQP%' OR loai_dat_ghi IS NOT NULL"}, {"loai_dat": "CAN"},
                         {"bbox": "104,19,107,21", "filter": "loai_dat IS NULL"}):  # fmt: skip
            assert ids(client.get(ITEMS, params=question)) == []
        assert client.get("/health").json()["counts"]["parcels"] == all_of_them - 5


def test_land_withheld_today_is_withheld_in_the_past(home):
    with TestClient(create(home)) as client:
        then = client.get(ITEMS, params={"datetime": "2024-06-01"})
        assert ids(then) == ["15703.E2025A.1.1.1"]
        assert "15670.E2025A.1.1.1" not in ids(client.get(ITEMS, params={"release": 1, "limit": 10_000}))


def test_without_the_mark_everything_is_public(home, monkeypatch):
    plain = schemas.codelist("land_use_new").drop(columns="public")
    monkeypatch.setattr(schemas, "codelist", lambda _: plain)
    for kept in (versions._not_public, versions.is_withheld):
        kept.cache_clear()
    try:
        assert not versions.is_withheld("CQP", "Đất quốc phòng")
    finally:
        for kept in (versions._not_public, versions.is_withheld):
            kept.cache_clear()


@pytest.mark.parametrize("question", [{}, {"sortby": "-dien_tich_do"}, {"xep_loai": "1"}])
def test_a_walk_sees_one_release_while_another_is_published(home, question):
    with TestClient(create(home)) as client:
        whole = ids(client.get(ITEMS, params={**question, "limit": 10_000}))
        answer = client.get(ITEMS, params={**question, "limit": 50})
        matched, walked = answer.json()["numberMatched"], []
        for _ in range(50):
            walked += ids(answer)
            assert answer.json()["numberMatched"] == matched
            following = [link["href"] for link in answer.json()["links"] if link["rel"] == "next"]
            if not following:
                break
            publish(home, 3)
            answer = client.get(following[0])
        assert walked == whole
        assert "15670.E2025A.1.99999.1" in ids(client.get(ITEMS, params={"limit": 10_000}))


def test_a_release_replaced_long_ago_says_so(home):
    publish(home, 3)
    with sqlite3.connect(home / "land.gpkg") as connection:
        connection.execute(
            "INSERT INTO ban_phat_hanh (release_id, ma_xa, ky_dia_gioi, kind, started_at, finished_at) "
            "VALUES (3, '15670', 'E2025A', 'load', '2025-08-01T00:00:00Z', '2025-08-01T00:00:00Z')"
        )
    with TestClient(create(home)) as client:
        gone = client.get(ITEMS, params={"release": 2, "lang": "en"})
        assert gone.status_code == 410
        assert "read again from the first page" in gone.json()["description"]
        for wrong in ("0", "4", "x", "-1", "9" * 40):
            assert client.get(ITEMS, params={"release": wrong}).status_code == 400
