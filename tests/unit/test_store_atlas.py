"""The atlas over either store: the same release and the same answers, and nothing in the file that is not public."""

import json
import os
import re
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import schemas
from atlas.server.app import create
from pipelines import reform as reforms
from pipelines import store as land
from pipelines import vault
from pipelines.load import run
from pipelines.publish import mirror
from pipelines.publish.files import execute
from pipelines.settings import Settings
from tests.stores import on_a_server
from tests.unit.deliveries import EAST_M, NAMES, NORTH_M, NUMBERS, ZONE, delivery
from tests.unit.feeds import COUNT, SECRET, change, fixed_clock, second, stored
from tests.unit.reformed import NEW, ONE, OTHER, SHEETS, commune, reform

ITEMS = "/api/collections/parcels/items"
SHOWN = "15670.E2025A.1.1.3"
ASKED = (
    f"{ITEMS}?limit=1000",
    f"{ITEMS}?limit=3&offset=2&sortby=-dien_tich_do",
    f"{ITEMS}?bbox={EAST_M + 15},{NORTH_M + 1},{EAST_M + 70},{NORTH_M + 9}&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/{ZONE}",
    f"{ITEMS}?crs=http://www.opengis.net/def/crs/EPSG/0/{ZONE}&so_thu_tu_thua=2",
    f"{ITEMS}?filter=loai_dat%3D%27ONT%27%20AND%20dien_tich_do%3E10",
    *(f"{ITEMS}?datetime={day}" for day in ("2025-07-01", "2025-09-15", "2025-12-31", "2025-01-01/2026-12-31")),
    *(f"{ITEMS}/{name}" for name in (SHOWN, SECRET, "15670.E2025A.1.1.4", "15667.E2025B.1.1.1")),
    "/api/collections/changes/items?limit=1000",
    "/api/collections/changes/items?since=20000001&limit=5",
    "/api/collections/communes/items",
    "/api/collections/parcels",
    "/api/collections/parcels/queryables",
    "/release/communes",
)

Step = Callable[[land.Store], object]


def steps(safe: vault.Vault, home: Path) -> list[Step]:
    """Return what happens to the land, one after the other: loads, a way back, a split, a reform and its undoing."""
    return [
        lambda store: run(delivery(COUNT), store, safe),
        lambda store: run(delivery(parcels=second(), sha256="b" * 64, date="2025-09-01"), store, safe),
        lambda store: run(commune(OTHER, 4, shift_m=500), store, safe),
        lambda store: land.rollback(store, ONE, 1),
        lambda store: change(store, stored(store).iloc[1:], []),
        lambda store: reforms.apply(store, NEW, reform(home), SHEETS, who="test"),
        lambda store: reforms.undo(store, (NEW, "E2025B"), who="test"),
    ]


def publish(url: str, out: Path) -> Path:
    execute(out, Settings(home=out, store=url, max_parcels_lost=1, max_area_lost=1, max_completeness_lost=1))
    return out / "release"


def answers(home: Path) -> dict[str, str]:
    """Return what the API says, without the time it says it at."""
    with TestClient(create(home)) as client:
        told = {path: client.get(path) for path in ASKED}
        assert {answer.status_code for answer in told.values()} <= {200, 404}
        # Nothing twice and nothing lost, whichever commune the newest release is of.
        parcels = sum(commune["parcels"] for commune in manifest(home / "release")["communes"])
        assert told[ASKED[0]].json()["numberMatched"] == parcels
        return {path: re.sub(r'"timeStamp":"[^"]*"', "", answer.text) for path, answer in told.items()}


def manifest(release: Path) -> dict:
    return json.loads((release / "manifest.json").read_text("utf-8"))


def listed(release: Path) -> dict[str, str]:
    """Return the files of a release with their hashes; a table of Excel has the time in it."""
    return {
        file["path"]: file["sha256"]
        for file in manifest(release)["files"]
        if file["path"] != mirror.DATABASE and not file["path"].endswith((".xlsx", "pmtiles"))
        and not file["path"].startswith("findings/")
    }  # fmt: skip


def reformed_while_withheld(safe: vault.Vault, home: Path) -> list[Step]:
    """Return a reform of land of which a part is withheld: nor may its former key tell of it."""
    first, again, other, _, _, reformed, _ = steps(safe, home)
    return [first, again, other, reformed]


@pytest.mark.parametrize("happens", [steps, reformed_while_withheld])
def test_release_and_answers_are_the_same_from_both_stores(
    happens: Callable[[vault.Vault, Path], list[Step]],
    home: Path,
    database: str,
    safe: vault.Vault,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[list[tuple[dict[str, str], dict[str, str]]]] = []
    for number, url in enumerate((f"gpkg:{home}", database)):
        fixed_clock(monkeypatch)
        out = home if number == 0 else tmp_path / "out"
        told.append([])
        for step in happens(safe, tmp_path):
            with land.open_store(url, srid=ZONE) as store:
                step(store)
            release = publish(url, out)
            told[-1].append((listed(release), answers(out)))
    for one, other in zip(*told, strict=True):
        assert one[0] == other[0]
        assert {path: text for path, text in one[1].items() if other[1][path] != text} == {}
        assert one[1] == other[1]
    first, last = ([f'"id":"{SECRET}"' in text for text in told[0][turn][1].values()] for turn in (0, -1))
    assert any(first) and any(last) is (happens is steps)


def columns(file: Path) -> dict[str, set[str]]:
    with sqlite3.connect(file) as connection:
        names = [row[0] for row in connection.execute("SELECT table_name FROM gpkg_contents")]
        return {name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")} for name in names}


@on_a_server
def test_the_file_holds_public_columns_and_no_land_that_is_withheld(
    url: str, safe: vault.Vault, tmp_path: Path
) -> None:
    first, again, *_ = steps(safe, tmp_path)
    with land.open_store(url, srid=ZONE) as store:
        first(store)
        hidden = stored(store).set_index("thua_dat_id").loc[SECRET]
    file = publish(url, tmp_path) / mirror.DATABASE
    traces = [str(hidden["ma_dinh_danh_thua"]).encode(), SECRET.encode(), hidden.geometry.wkb]
    assert [trace in file.read_bytes() for trace in traces] == [True] * 3
    with land.open_store(url, srid=ZONE) as store:
        again(store)
    release = publish(url, tmp_path)
    content = file.read_bytes()
    # Nor in a page that was written on.
    assert [trace in content for trace in traces] == [False] * 3
    assert [name for name in (*NAMES, *NUMBERS) if name.encode() in content] == []
    times = {"version_id", "geom", "valid_from", "valid_to", "tx_from", "tx_to", "release_from", "release_to"}
    assert columns(file) == {
        f"thua_dat_{ZONE}": {*schemas.public_columns("thua_dat"), *times},
        f"xa_{ZONE}": {*schemas.public_columns("xa"), *times},
        "ban_phat_hanh": {"release_id", "ma_xa", "ky_dia_gioi", "finished_at"},
        "vung_toa_do": {"srid", "bang"},
    }
    (listed_as,) = [one for one in manifest(release)["files"] if one["path"] == mirror.DATABASE]
    with sqlite3.connect(file) as connection:
        assert connection.execute(f"SELECT count(*) FROM thua_dat_{ZONE}").fetchone() == (listed_as["count"],)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute(f"SELECT rtreecheck('rtree_thua_dat_{ZONE}_geom')").fetchone() == ("ok",)
    assert not list(release.rglob("holders*"))


def dump(file: Path) -> set[tuple[object, ...]]:
    with sqlite3.connect(file) as connection:
        names = (f"thua_dat_{ZONE}", f"xa_{ZONE}", "ban_phat_hanh", "vung_toa_do", f"rtree_thua_dat_{ZONE}_geom")
        return {(name, *row) for name in names for row in connection.execute(f"SELECT * FROM {name}")}


@on_a_server
def test_only_communes_that_changed_are_copied(
    url: str, safe: vault.Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    enter = mirror._Mirror.enter

    def noted(self: mirror._Mirror, store: land.Store, releases: list[land.Release]) -> None:
        copied.append(releases[-1].ma_xa)
        enter(self, store, releases)

    monkeypatch.setattr(mirror._Mirror, "enter", noted)
    expected = [[ONE], [ONE], [OTHER], [ONE], [ONE], [NEW, ONE, OTHER], [NEW, ONE, OTHER]]
    for number, (step, communes) in enumerate(zip(steps(safe, tmp_path), expected, strict=True)):
        with land.open_store(url, srid=ZONE) as store:
            step(store)
        copied.clear()
        file = publish(url, tmp_path / "grown") / mirror.DATABASE
        assert copied == sorted(communes)
        before = (file.stat().st_ino, file.stat().st_mtime_ns)
        publish(url, tmp_path / "grown")
        assert copied == sorted(communes)
        assert (file.stat().st_ino, file.stat().st_mtime_ns) == before
        assert dump(file) == dump(publish(url, tmp_path / f"whole{number}") / mirror.DATABASE)


@on_a_server
def test_a_load_in_between_is_not_seen_half(
    url: str, safe: vault.Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, again, *_ = steps(safe, tmp_path)
    with land.open_store(url, srid=ZONE) as store:
        first(store)
    alone = dump(publish(url, tmp_path / "alone") / mirror.DATABASE)
    write = mirror.write

    def late(*arguments: object) -> int:
        with land.open_store(url, srid=ZONE) as store:
            again(store)
        return write(*arguments)

    monkeypatch.setattr(mirror, "write", late)
    file = publish(url, tmp_path / "busy") / mirror.DATABASE
    monkeypatch.undo()
    assert dump(file) == alone
    assert dump(publish(url, tmp_path / "busy") / mirror.DATABASE) == dump(
        publish(url, tmp_path / "after") / mirror.DATABASE
    )


@on_a_server
def test_a_program_that_is_killed_leaves_the_release_that_stood(
    url: str, safe: vault.Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, again, *_ = steps(safe, tmp_path)
    with land.open_store(url, srid=ZONE) as store:
        first(store)
    release = publish(url, tmp_path)
    before = {path: path.read_bytes() for path in release.rglob("*") if path.is_file()}
    with land.open_store(url, srid=ZONE) as store:
        again(store)
    child = os.fork()
    if child == 0:
        keep = mirror._Mirror.keep
        monkeypatch.setattr(mirror._Mirror, "keep", lambda self, at: (os.kill(os.getpid(), signal.SIGKILL), keep))
        publish(url, tmp_path)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert {path: path.read_bytes() for path in release.rglob("*") if path.is_file()} == before
    assert answers(tmp_path)
    publish(url, tmp_path)
    assert SECRET.encode() not in (release / mirror.DATABASE).read_bytes()
    assert not list(tmp_path.glob("release.*"))


def test_a_home_that_moves_to_the_other_store_is_published_anew(
    home: Path, database: str, safe: vault.Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    for url in (f"gpkg:{home}", database, f"gpkg:{home}"):
        fixed_clock(monkeypatch)
        if not told or url == database:
            with land.open_store(url, srid=ZONE) as store:
                run(delivery(COUNT), store, safe)
        release = publish(url, home)
        told.append((manifest(release)["land"], (release / mirror.DATABASE).exists()))
        assert "15670.E2025A.1.1.1" in answers(home)[ASKED[0]]
    assert told == [("../land.gpkg", False), (mirror.DATABASE, True), ("../land.gpkg", False)]
