"""What former versions kept in files is taken in once, in order, and set aside."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines import store as land
from pipelines.errors import StoreError
from pipelines.linkage import batch, files, former, kept
from pipelines.settings import Settings
from tests.stores import in_files
from tests.unit.officers import (
    KEY,
    chosen,
    execute,
    home,
    joined,
    journal_of,
    links,
    take_results,
    undo,
    write_batch,
)

__all__ = ["chosen", "home"]

SIDES = {"left": "15670.E2025A.c2", "right": "15703.E2025A.c2"}
EVENTS: list[dict[str, Any]] = [
    {"id": 1, "at": "2026-01-02T03:04:05Z", "who": "an", "kind": "answer", **SIDES, "answer": "different", "file": "f"},
    {"id": 2, "at": "2026-01-03T03:04:05Z", "who": "lan", "kind": "answer", **SIDES, "answer": "same", "file": "f"},
    {"id": 3, "at": "2026-01-04T03:04:05Z", "who": "lan", "kind": "batch", "file": "f", "rows": 2, "name": "b.csv"},
    {"id": 4, "at": "2026-01-05T03:04:05Z", "who": "an", "kind": "undo", "of": 1},
    {"id": 5, "at": "2026-01-06T03:04:05Z", "who": "an", "kind": "verified", "key": KEY["15670"], "number": "h",
     "result": "no match", "corrected": None, "masked": None, "file": "f"},
]  # fmt: skip


def write_former(chosen: Settings, text: str | None = None) -> Path:
    """Write a log as former versions did; return its folder."""
    folder = chosen.home / "linkage"
    folder.mkdir(mode=0o700, exist_ok=True)
    lines = "".join(json.dumps(event) + "\n" for event in EVENTS) if text is None else text
    (folder / former.JOURNAL_FILE).write_text(lines, encoding="utf-8")
    return folder


def opened(chosen: Settings) -> None:
    with files.opened(chosen.home, chosen):
        pass


def test_a_log_is_taken_in_once_and_set_aside(chosen: Settings) -> None:
    folder = write_former(chosen)
    text = (folder / former.JOURNAL_FILE).read_bytes()
    execute(chosen)
    assert joined(chosen, "c2")
    rows = journal_of(chosen)
    assert rows["id"].tolist() == [1, 2, 3, 4, 5] and rows["undoes"].dropna().tolist() == [1]
    assert rows["luc"].tolist() == [event["at"] for event in EVENTS]
    assert rows["nguoi_thuc_hien"].tolist() == [event["who"] for event in EVENTS]
    (aside,) = folder.glob(f"*{former.TAKEN}")
    assert aside.read_bytes() == text and not (folder / former.JOURNAL_FILE).exists()
    # As if the program had been stopped before the file was set aside.
    write_former(chosen)
    execute(chosen)
    pd.testing.assert_frame_equal(journal_of(chosen), rows)
    assert [path.name for path in folder.glob("decisions*")] == [aside.name]
    undo(chosen, 2)
    execute(chosen)
    assert not joined(chosen, "c2")


def test_logs_of_two_officers_come_one_after_the_other(chosen: Settings) -> None:
    write_former(chosen)
    opened(chosen)
    other = [EVENTS[0], {**EVENTS[3], "id": 2}]
    write_former(chosen, "".join(json.dumps(event) + "\n" for event in other))
    opened(chosen)
    rows = journal_of(chosen)
    assert rows["id"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert rows["undoes"].dropna().tolist() == [1, 6]
    assert rows["taken_from"].nunique() == 2


def spoilt_logs() -> list[str]:
    """Return logs that are none, each for another reason."""
    first, second, _, undone, verified = EVENTS
    faulty: list[list[dict[str, Any]]] = [
        [second], [first, first], [{**first, "kind": "guess"}], [{**first, "answer": "perhaps"}],
        [{**first, "left": None}], [{**first, "who": None}], [{**undone, "id": 1}],
        [first, {**undone, "id": 2, "of": 2}],
        [{**first, "more": 1}], [{**verified, "id": 1, "result": "x"}], [{"id": 1}],
    ]  # fmt: skip
    texts = ["".join(json.dumps(event) + "\n" for event in events) for events in faulty]
    return [*texts, json.dumps(first) + "\nnot json\n", "[1]\n", "3\n", json.dumps(first)[:-4], '{"id": 1.5}\n']


@in_files
@pytest.mark.parametrize("text", spoilt_logs())
def test_a_damaged_log_is_refused_and_stays(chosen: Settings, text: str) -> None:
    folder = write_former(chosen, text)
    with pytest.raises(StoreError, match="damaged and not taken in"):
        opened(chosen)
    assert (folder / former.JOURNAL_FILE).read_text(encoding="utf-8") == text
    assert journal_of(chosen).empty


@in_files
def test_bytes_that_are_no_text_are_refused(chosen: Settings) -> None:
    folder = write_former(chosen)
    (folder / former.JOURNAL_FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(StoreError, match="damaged and not taken in"):
        opened(chosen)


def test_an_empty_log_is_set_aside(chosen: Settings) -> None:
    folder = write_former(chosen, "")
    opened(chosen)
    assert journal_of(chosen).empty and len(list(folder.glob(f"*{former.TAKEN}"))) == 1


def test_links_and_rows_for_verification_are_taken_in(chosen: Settings) -> None:
    out = chosen.home.parent / "out.csv"
    write_batch(chosen, out)
    with files.opened(chosen.home, chosen) as store:
        sent = batch.sent(store)
        if chosen.database.startswith("gpkg:"):
            store.execute("DROP TABLE holders.xac_thuc_da_gui")
        else:
            store.execute("DROP TRIGGER xac_thuc_da_gui_no_delete ON holders.xac_thuc_da_gui")
            store.execute("DELETE FROM holders.xac_thuc_da_gui")
    folder = write_former(chosen, "")
    (folder / former.BATCHES).mkdir()
    sent.to_parquet(folder / former.BATCHES / "0123.parquet")
    told = {"ma_xa": ["15670"], "ky_dia_gioi": ["E2025A"], "ca_nhan_id": ["c1"], "nguoi_id": ["ng-1"],
            "ly_do": ["alone"], "diem": [None]}  # fmt: skip
    pd.DataFrame(told).astype({"diem": float}).to_parquet(folder / former.LINKS_FILE)
    opened(chosen)
    assert links(chosen)["nguoi_id"].to_dict() == {KEY["15670"]: "ng-1"}
    with land.open_reader(chosen.database) as store:
        found = kept.newest(store)
        assert found is not None and found.known == kept.Known({}, 0) and found.counts.records == 1
    assert len(list(folder.rglob(f"*{former.TAKEN}"))) == 3
    batch.read(out).assign(**{"Kết quả": "khớp"}).to_csv(out, index=False, encoding="utf-8-sig")
    assert take_results(chosen, out) == (2, 2)
    assert execute(chosen).run.id == 2 and len(links(chosen)) == 4


@in_files
@pytest.mark.parametrize("name", [former.LINKS_FILE, f"{former.BATCHES}/x.parquet"])
def test_a_damaged_table_is_refused_and_nothing_is_taken_in(chosen: Settings, name: str) -> None:
    folder = write_former(chosen)
    (folder / former.BATCHES).mkdir()
    (folder / name).write_bytes(b"PAR1 cut short")
    with pytest.raises(StoreError, match="damaged and not taken in"):
        opened(chosen)
    assert (folder / former.JOURNAL_FILE).exists() and journal_of(chosen).empty
