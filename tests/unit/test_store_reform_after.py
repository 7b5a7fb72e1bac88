"""After a reform the store is sound, readers of the feed follow, withheld land stays withheld, nothing is silent."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely.geometry import shape

from pipelines import feed, safety, vault
from pipelines import store as land
from pipelines.cli import status
from pipelines.errors import Refusal
from pipelines.load import run
from pipelines.publish import files as publish
from pipelines.reform import apply, undo
from pipelines.settings import Settings
from pipelines.store.versions import typed
from tests.unit.deliveries import NAMES, NUMBERS, ZONE
from tests.unit.reformed import (
    LEFT,
    NEW,
    ONE,
    OTHER,
    RIGHT,
    SHEETS,
    SPLIT,
    SPLIT_SHEETS,
    commune,
    reform,
    split_commune,
)

TODAY = "E2025B"
HIDDEN = f"{NEW}.{TODAY}.1.1.1"


@pytest.fixture
def loaded(url: str, tmp_path: Path) -> str:
    """Return a store of two communes that merge and one that was split."""
    safe = vault.open_vault(tmp_path / "holder.key")
    with land.open_store(url, srid=ZONE) as store:
        run(commune(ONE, 3, shift_m=500, people=list(NAMES[:2])), store, safe)
        run(commune(OTHER, 4, shift_m=1000), store, safe)
        run(split_commune(), store, safe)
    return url


@pytest.fixture
def read() -> Callable:
    """Return the reader of the documentation, as it stands there."""
    page = (Path(__file__).parents[2] / "docs/feed.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    names: dict = {}
    exec(code, names)
    return names["read"]


def faults(url: str) -> list[str]:
    return sorted(defect.code for defect in safety.examine(url) if defect.is_fault)


def published(home: Path, url: str) -> Path:
    publish.execute(home, Settings(home=home, store=url))
    return home / "release"


def shapes(release: Path) -> dict[str, bytes]:
    frames = [gpd.read_parquet(path) for path in release.glob("parcels/*.parquet")]
    return {name: shapely.to_wkb(place) for rows in frames for name, place in zip(rows["thua_dat_id"], rows.geometry,
                                                                                  strict=True)}  # fmt: skip


def hide(url: str, thua_dat_id: str) -> None:
    """Make a parcel land of defence, by a release of its own."""
    with land.open_store(url, srid=ZONE) as store:
        scope = tuple(thua_dat_id.split(".")[:2])
        table = land.layer_table("thua_dat", ZONE)
        rows = land.current(store, "thua_dat", ZONE, scope[0])
        rows.loc[rows["thua_dat_id"] == thua_dat_id, ["loai_dat", "loai_dat_ghi"]] = "CQP"
        with store.transaction(scope, ZONE):
            moment = land.begin(store, scope, kind="change", package_sha256=None, srid=ZONE, valid="2025-09-01")
            land.write(store, land.compare(store, table, rows, scope), moment, ZONE)
            counts = {"added": 0, "changed": 1, "removed": 0, "unchanged": len(rows) - 1, "parcels": len(rows)}
            land.finish(store, moment.release_id, counts)


def test_the_store_is_sound_after_a_reform_and_its_undoing(loaded: str, home: Path) -> None:
    with land.open_store(loaded, srid=ZONE) as store:
        apply(store, NEW, reform(home), SHEETS, who="x")
        apply(store, LEFT, reform(home), SPLIT_SHEETS, who="x")
        at = {release.started_at for release in land.listing(store) if release.kind == "reform" and
              release.giao_dich_id == f"DH.{NEW}.{TODAY}.1"}  # fmt: skip
        assert len(at) == 1
    assert faults(loaded) == []
    with land.open_store(loaded, srid=ZONE) as store:
        undo(store, (LEFT, TODAY), who="x")
        undo(store, (NEW, TODAY), who="x")
    assert faults(loaded) == []
    with land.open_store(loaded, srid=ZONE) as store:
        apply(store, NEW, reform(home), SHEETS, who="x")
    assert faults(loaded) == []


def told_by(home: Path) -> list[dict]:
    """Return the entries of the feed that is published."""
    files = (home / "release/feed").glob("*.gz")
    return [json.loads(line) for path in files for line in gzip.decompress(path.read_bytes()).splitlines()]


def test_a_reader_of_the_feed_follows_a_reform_from_any_number_on(loaded: str, home: Path, read: Callable) -> None:
    copies: list[tuple[int, dict]] = [(0, {})]

    def check() -> None:
        release = published(home, loaded)
        for since, copy in list(copies):
            mine = json.loads(json.dumps(copy))
            last = read(release, mine, since)
            assert {name: shapely.to_wkb(shape(row["geometry"])) for name, row in mine.items()} == shapes(release)
        copies.append((last, mine))
        for path in release.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            assert not [text for text in (*NAMES, *NUMBERS) if text.encode() in content], path

    check()
    with land.open_store(loaded, srid=ZONE) as store:
        apply(store, NEW, reform(home), SHEETS, who="x")
        apply(store, RIGHT, reform(home), SPLIT_SHEETS, who="x")
    check()
    entries = told_by(home)
    old = {one["successors"][0]: one for one in entries if one["what"] == "removed"}
    new = {one["thua_dat_id"]: one for one in entries if one["what"] == "added" and one["kind"] == "reform"}
    assert len(old) == 9 and old.keys() == new.keys()
    assert {key: one["thua_dat_id"] for key, one in old.items()} == {
        key: one["predecessors"][0] for key, one in new.items()
    }
    assert {one["lineage"] for one in (*old.values(), *new.values())} == {"reform"}
    assert all(old[key]["ma_dinh_danh_thua"] == new[key]["ma_dinh_danh_thua"] for key in new)
    body = json.loads((home / "release/manifest.json").read_text("utf-8"))
    assert [each["ma_xa"] for each in body["feed"]["ended"]] == [ONE, OTHER]
    told = status.state(home, NEW)
    assert NEW in status.communes(home)
    assert (told["era"], told["parcels"], told["dqi"], told["done"]) == (TODAY, 7, None, ["publish"])
    # Nothing has changed: the release stays as it is.
    written = (home / "release/manifest.json").stat().st_mtime_ns
    check()
    assert (home / "release/manifest.json").stat().st_mtime_ns == written
    with land.open_store(loaded, srid=ZONE) as store:
        undo(store, (NEW, TODAY), who="x")
    check()
    again = told_by(home)
    assert [one for one in entries if one not in again] == []
    back = [one for one in again if one["kind"] == "rollback"]
    assert {one["thua_dat_id"]: one["successors"] for one in back if one["what"] == "removed"} == {
        key: [one["thua_dat_id"]] for key, one in old.items() if key.startswith(NEW)
    }
    assert {one["predecessors"][0] for one in back if one["what"] == "added"} == {
        key for key in old if key.startswith(NEW)
    }


def test_land_withheld_under_its_new_key_is_withheld_under_the_old_one(loaded: str, home: Path) -> None:
    old = f"{ONE}.E2025A.1.1.1"

    def told() -> list[tuple[str, str]]:
        with land.open_reader(loaded) as store:
            entries = pd.concat([feed.read(store, rows) for rows in feed.communes(store).values()], ignore_index=True)
        placed = entries[entries["place"].notna() | entries["bbox"].notna()]
        return sorted({name for name in placed["thua_dat_id"] if name in (old, HIDDEN)})

    published(home, loaded)
    with land.open_store(loaded, srid=ZONE) as store:
        apply(store, NEW, reform(home), SHEETS, who="x")
    published(home, loaded)
    assert told() == [HIDDEN, old]
    hide(loaded, HIDDEN)
    assert told() == []
    execute = Settings(home=home, store=loaded, max_parcels_lost=1, max_area_lost=1, max_completeness_lost=1)
    publish.execute(home, execute)
    again = home.parent / "again"
    publish.execute(again, execute.model_copy(update={"home": again}))
    for path in (again / "release/feed").glob("*.gz"):
        assert path.read_bytes() == (home / "release/feed" / path.name).read_bytes(), path


def test_after_a_change_was_returned_from_the_reform_can_be_undone(loaded: str, home: Path) -> None:
    with land.open_store(loaded, srid=ZONE) as store:
        number = apply(store, NEW, reform(home), SHEETS, who="x").release_id
    hide(loaded, HIDDEN)
    with land.open_store(loaded, srid=ZONE) as store:
        with pytest.raises(Refusal, match=f"diachinh rollback {NEW} {number}"):
            undo(store, (NEW, TODAY), who="x")
        land.rollback(store, NEW, number)
        assert undo(store, (NEW, TODAY), who="x").sources == {f"{ONE}.E2025A": 3, f"{OTHER}.E2025A": 4}
    assert faults(loaded) == []


def test_rows_that_are_there_already_are_told(loaded: str, home: Path) -> None:
    said = pd.Series({f"{SPLIT}.E2025A.1.1.3": LEFT}, dtype="string")
    with land.open_store(loaded, srid=ZONE) as store:
        assert apply(store, LEFT, reform(home), SPLIT_SHEETS, who="x").known_rows == {}
        receipt = apply(store, LEFT, reform(home), SPLIT_SHEETS, who="x", decided=said)
        assert receipt.moved == 1 and receipt.known_rows and receipt.other_rows == {}


def test_decisions_about_parcels_that_are_not_there_are_told(loaded: str, home: Path) -> None:
    said = pd.Series({f"{SPLIT}.E2025A.1.1.3": LEFT, f"{SPLIT}.E2025A.1.1.99": LEFT, "x": RIGHT}, dtype="string")
    with land.open_store(loaded, srid=ZONE) as store:
        assert apply(store, LEFT, reform(home), SPLIT_SHEETS, who="x", decided=said).unknown == [
            f"{SPLIT}.E2025A.1.1.99"
        ]
        # What was moved by the same table is no news.
        assert apply(store, RIGHT, reform(home), SPLIT_SHEETS, who="x", decided=said).unknown == [
            f"{SPLIT}.E2025A.1.1.99", "x"
        ]  # fmt: skip
        with pytest.raises(Refusal, match=f"became {NEW} only"):
            apply(store, NEW, reform(home), SHEETS, who="x", decided=pd.Series({f"{ONE}.E2025A.1.1.1": LEFT}))


@pytest.mark.parametrize("count", [1, 2])
def test_rows_of_texts_alone_are_written_be_there_one_or_several_alike(url: str, count: int) -> None:
    with land.open_store(url, srid=ZONE) as store, store.transaction():
        table = land.holder_tables()["ngan_chan"]
        rows = typed(pd.DataFrame({"ngan_chan_id": ["a"] * count, "thua_key": "k"}), table).assign(row_hash="h")
        moment = land.begin(store, (ONE, "E2025A"), kind="load", package_sha256=None, srid=ZONE, valid="2025-01-01")
        store.insert(table, rows, None, moment, ZONE)
        assert store.execute(f"SELECT count(*) FROM {table.qualified}").fetchone()[0] == count
