"""The change feed: whoever applies it has what is published, from any number on, on both stores byte for byte."""

import gzip
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from shapely.geometry import shape

import schemas
from pipelines import feed, vault
from pipelines import store as land
from pipelines.errors import StoreError
from pipelines.load import run
from pipelines.publish.files import execute
from pipelines.settings import Settings
from tests.conftest import diachinh
from tests.stores import in_files, on_a_server
from tests.unit.deliveries import ZONE, delivery, parcels, squares
from tests.unit.feeds import COUNT, SECRET, change, fixed_clock, load, second, stored

READER = Path(__file__).parents[2] / "docs/feed.md"


@pytest.fixture
def read() -> Callable:
    """Return the reader of the documentation, as it stands there."""
    (code,) = re.findall(r"```python\n(.*?)```", READER.read_text("utf-8"), flags=re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 12
    names: dict = {}
    exec(code, names)
    return names["read"]


def publish(url: str, out: Path) -> Path:
    execute(out, Settings(home=out, store=url, max_parcels_lost=1, max_area_lost=1, max_completeness_lost=1))
    return out / "release"


def manifest(release: Path) -> dict:
    return json.loads((release / "manifest.json").read_text("utf-8"))


def published(release: Path) -> dict[str, dict]:
    """Return the public parcels as a reader keeps them."""
    found = {}
    for path in release.glob("parcels/*.parquet"):
        frame = gpd.read_parquet(path)
        rows = frame.drop(columns="geometry").astype(object)
        rows = rows.where(rows.notna(), None).to_dict("records")
        for row, geometry in zip(rows, frame.geometry, strict=True):
            name = row.pop("thua_dat_id")
            found[name] = {key: value for key, value in row.items() if value is not None} | {
                "geometry": shapely.to_wkb(geometry)
            }
    return found


def kept(copy: dict[str, dict]) -> dict[str, dict]:
    """Return a reader's copy in the same form."""
    return {
        name: {key: value for key, value in row.items() if value is not None and key != "geometry"}
        | {"geometry": shapely.to_wkb(shape(row["geometry"]))}
        for name, row in copy.items()
    }


def test_a_reader_has_what_is_published_from_any_number_on(url: str, tmp_path: Path, read: Callable) -> None:
    key, out = tmp_path / "holder.key", tmp_path / "out"
    safe = vault.open_vault(key)
    copies: list[tuple[int, dict[str, dict]]] = [(0, {})]

    def check() -> None:
        release = publish(url, out)
        assert published(release)
        for since, copy in copies:
            mine = json.loads(json.dumps(copy))
            last = read(release, mine, since)
            assert kept(mine) == published(release)
            assert last in (manifest(release)["feed"]["last"], since)
        copies.append((last, mine))

    load(url, key, upto=1)
    check()
    with land.open_store(url, srid=ZONE) as store:
        run(delivery(parcels=second(), sha256="b" * 64, date="2025-09-01"), store, safe)
    check()
    with land.open_store(url, srid=ZONE) as store:
        run(delivery(3, ma_xa="15703", shift_m=3000), store, safe)
        rows = stored(store)
        rows.loc[rows["so_thu_tu_thua"] == "9", ["loai_dat", "loai_dat_ghi"]] = "NTS"
        rows = rows[rows["so_thu_tu_thua"] != "1"]
        change(store, rows, [])
    check()
    with land.open_store(url, srid=ZONE) as store:
        land.rollback(store, "15670", 1)
    check()
    with land.open_store(url, srid=ZONE) as store:
        run(delivery(parcels=second(secret=False), sha256="c" * 64, date="2025-11-01"), store, safe)
    check()
    assert len(copies) == 6


def test_both_stores_give_the_same_bytes(
    home: Path, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    for number, place in enumerate((f"gpkg:{home}", database)):
        fixed_clock(monkeypatch)
        load(place, tmp_path / "holder.key", upto=4)
        with land.open_store(place, srid=ZONE) as store:
            change(store, stored(store).iloc[1:], [])
        release = publish(place, tmp_path / str(number))
        files = sorted((release / "feed").iterdir())
        told.append({path.name: path.read_bytes() for path in files})
    assert set(told[0]) == {"15670-2026.ndjson.gz", "15703-2026.ndjson.gz", "changes.gpkg"}
    assert told[0] == told[1]


def entries(url: str) -> dict[int, dict]:
    """Return all entries by number, in the order they are told."""
    with land.open_reader(url) as store:
        lines = [line for one in feed.communes(store).values() for line in feed.lines(feed.read(store, one))]
    return {feed.number_of(line): json.loads(line) for line in lines}


def test_entries_say_what_happened(url: str, tmp_path: Path) -> None:
    load(url, tmp_path / "holder.key", upto=1)
    with land.open_store(url, srid=ZONE) as store:
        rows = second(secret=False).assign(xep_loai="1", ly_do="", ma_dinh_danh_thua=None)
        rows["thua_dat_id"] = rows["thua_key"]
        change(store, rows, [("15670.E2025A.1.1.4", "15670.E2025A.1.1.9"), ("15670.E2025A.1.1.4", "99999.X.1.1.1")])
    told = [entry for entry in entries(url).values() if entry["release_id"] == 2]
    assert [entry["sequence"] for entry in told] == list(range(20_000_001, 20_000_001 + len(told)))
    assert [entry["what"] for entry in told] == ["removed", *["changed"] * 7, *["added"] * 2]
    gone = told[0]
    assert (gone["kind"], gone["loai_bien_dong"], gone["giao_dich_id"]) == ("change", "TN", "GD-1")
    assert (gone["valid_date"], gone["values"], gone["place"]) == ("2025-10-01", {}, None)
    assert gone["bbox"][0] < gone["bbox"][2]
    assert (gone["successors"], gone["lineage"]) == (["15670.E2025A.1.1.9"], "register")
    new = next(entry for entry in told if entry["thua_dat_id"].endswith(".9"))
    assert (new["predecessors"], new["lineage"]) == (["15670.E2025A.1.1.4"], "register")
    assert set(new["values"]) <= set(schemas.public_columns("thua_dat"))
    use = next(entry for entry in told if entry["thua_dat_id"].endswith(".1.3"))
    assert {"loai_dat", "dia_chi"} < set(use["changed"])
    assert (use["values"]["loai_dat"], use["values"]["dia_chi"], use["place"]) == ("ONT", None, None)


def test_land_that_is_withheld_leaves_no_trace_but_its_removal(url: str, tmp_path: Path) -> None:
    load(url, tmp_path / "holder.key", upto=1)
    before = entries(url)
    (number,) = [key for key, entry in before.items() if entry["thua_dat_id"] == SECRET]
    identifier = before[number]["ma_dinh_danh_thua"]
    out = tmp_path / "out"
    assert identifier in everything(publish(url, out))
    load(url, tmp_path / "holder.key", upto=2)
    after = entries(url)
    assert {key: entry for key, entry in after.items() if key < 20_000_000} == {
        key: entry for key, entry in before.items() if key != number
    }
    (left,) = [entry for entry in after.values() if entry["thua_dat_id"] == SECRET]
    assert left["what"] == "removed"
    assert [left[name] for name in ("bbox", "place", "ma_dinh_danh_thua", "valid_date")] == [None] * 4
    # Nor in what is left of a database that was written on.
    assert identifier not in everything(publish(url, out))


def everything(release: Path) -> str:
    files = sorted((release / "feed").iterdir())
    raw = [gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in files]
    return b"\n".join(raw).decode("latin-1")


@in_files
def test_only_the_files_of_communes_that_changed_are_new(url: str, home: Path, tmp_path: Path) -> None:
    load(url, tmp_path / "holder.key", upto=3)
    release = publish(url, home)
    first = {path.name: path.stat().st_ino for path in (release / "feed").glob("*.gz")}
    with land.open_store(url, srid=ZONE) as store:
        land.rollback(store, "15670", 1)
    body = manifest(publish(url, home))
    second_ones = {path.name: path.stat().st_ino for path in (release / "feed").glob("*.gz")}
    assert [name for name in first if first[name] == second_ones[name]] == [
        name for name in first if name.startswith("15703")
    ]
    listed = {file["path"]: file for file in body["files"]}
    for commune in body["communes"]:
        for file in commune["feed"]:
            raw = (release / file["path"]).read_bytes()
            lines = gzip.decompress(raw).splitlines()
            assert listed[file["path"]]["sha256"] == hashlib.sha256(raw).hexdigest()
            assert listed[file["path"]]["count"] == file["count"] == len(lines)
            assert (file["first"], file["last"]) == (feed.number_of(lines[0]), feed.number_of(lines[-1]))
    assert body["feed"]["count"] == sum(file["count"] for one in body["communes"] for file in one["feed"])
    fresh = tmp_path / "fresh"
    publish(url, fresh)
    for path in (release / "feed").glob("*.gz"):
        assert path.read_bytes() == (fresh / "release/feed" / path.name).read_bytes()
    layer = gpd.read_file(release / "feed/changes.gpkg", layer="changes", engine="pyogrio", fid_as_index=True)
    assert len(layer) == body["feed"]["count"]
    assert layer.index.tolist() == sorted(layer.index)


@in_files
def test_the_command_reads_on(url: str, home: Path, tmp_path: Path) -> None:
    load(url, tmp_path / "holder.key", upto=4)
    whole = [json.dumps(entry) for entry in dict(sorted(entries(url).items())).values()]
    since, told = 0, []
    for turn in range(10):
        out = tmp_path / f"{turn}.ndjson{'.gz' if turn % 2 else ''}"
        done = diachinh("feed", "--home", home, "--since", since, "--limit", 7, "--out", out)
        assert done.returncode == 0, done.stderr
        raw = gzip.decompress(out.read_bytes()) if turn % 2 else out.read_bytes()
        page = [json.dumps(json.loads(line)) for line in raw.splitlines()]
        told += page
        since = int(done.stdout.split()[-1])
        if not page:
            break
    assert told == whole
    one = tmp_path / "one.ndjson"
    assert diachinh("feed", "--home", home, "--commune", "15703", "--out", one).returncode == 0
    assert {json.loads(line)["ma_xa"] for line in one.read_text("utf-8").splitlines()} == {"15703"}
    before = one.read_bytes()
    for wrong in (
        ["--out", one],
        ["--out", tmp_path / "x.csv"],
        ["--out", tmp_path / "no/db.ndjson", "--home", tmp_path],
    ):
        done = diachinh("feed", "--home", home, *wrong)
        assert done.returncode == 2 and "Error:" in done.stderr
    assert one.read_bytes() == before
    assert not (tmp_path / "no").exists()
    assert sorted(path.name for path in tmp_path.glob(".feed*")) == []


@in_files
def test_odd_shapes_are_told_without_a_place(url: str, tmp_path: Path) -> None:
    shapes = squares(3)
    shapes[1] = shapely.Polygon([(0, 0), (1, 0), (float("inf"), 1)])
    with land.open_store(url, srid=ZONE) as store:
        run(delivery(parcels=parcels(shapes)), store, vault.open_vault(tmp_path / "k"))
    told = {entry["thua_dat_id"][-1]: entry for entry in entries(url).values()}
    assert [told[number]["bbox"] is None for number in "123"] == [False, True, False]


@on_a_server
def test_numbers_of_loads_in_work_are_waited_for(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(url, tmp_path / "holder.key", upto=1)
    monkeypatch.setattr("pipelines.store.database.WAIT_MS", 100)
    with (
        land.open_store(url, srid=ZONE) as writer,
        land.open_reader(url) as reader,
        writer.transaction(("15703", "E2025A"), ZONE),
        pytest.raises(StoreError, match="Another program holds"),
    ):
        feed.communes(reader)
    with land.open_reader(url) as reader:
        assert len(feed.communes(reader)) == 1


def test_a_first_load_is_all_added(url: str, tmp_path: Path) -> None:
    load(url, tmp_path / "holder.key", upto=1)
    told = entries(url)
    assert [entry["what"] for entry in told.values()] == ["added"] * COUNT
    assert list(told) == list(range(10_000_001, 10_000_001 + COUNT))
