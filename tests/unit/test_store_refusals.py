"""What is refused through the command line: the sentence, the exit code, nothing changed, and an entry in a log."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines import journal
from pipelines import store as land
from pipelines.cli import main
from pipelines.errors import StoreError
from pipelines.load import run
from tests.unit.changes import body, box, child, drawn, filled, key, name, written
from tests.unit.deliveries import NAMES, NUMBERS, ZONE
from tests.unit.desks import Desk
from tests.unit.states import state
from tests.unit.test_load_files import steps

SPLIT = [child(box(20, 25)), child(box(25, 40))]


@pytest.fixture
def desk(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    with land.open_store(url, srid=ZONE) as store:
        filled(store, tmp_path)
    return Desk(url, tmp_path, monkeypatch, capsys)


def package(desk: Desk, based_on: tuple[int, ...] = (2,), **changes: Any) -> Path:
    with land.open_reader(desk.url) as store:
        return written(desk.folder, body(store, based_on, **changes))


def _about(desk: Desk, parcel: str) -> Path:
    with land.open_reader(desk.url) as store:
        return written(desk.folder, body(store, (), based_on={parcel: "0" * 32}, thua_dat=SPLIT))


def test_a_change_to_a_parcel_that_is_not_there(desk: Desk) -> None:
    before = desk.land()
    code, out, err = desk.says("change", "apply", _about(desk, name(77)), "--who", "an", "--json")
    assert (code, json.loads(out)["reasons"][0]["code"]) == (3, "basis.absent")
    assert name(77) in err and "Error: Change TN-1 is not written" in err
    (entry,) = desk.logged()
    assert (entry["lenh"], entry["nguoi_thuc_hien"], entry["ket_qua"]) == ("change apply", "an", "tu_choi")
    assert entry["ly_do"] == f"basis.absent: {name(77)}"
    assert desk.land() == before


def test_a_change_to_a_parcel_that_is_no_longer_current(desk: Desk) -> None:
    late = package(desk, thua_dat=[child(box(20, 30)), child(box(30, 40))], giao_dich_id="TN-2")
    assert desk.says("change", "apply", package(desk, thua_dat=SPLIT))[0] == 0
    before = desk.land()
    code, _, err = desk.says("change", "apply", late)
    assert code == 3 and name(2) in err
    assert [entry["ket_qua"] for entry in desk.logged()] == ["ghi", "tu_choi"]
    assert desk.logged()[-1]["ly_do"].startswith("basis.retired")
    assert desk.land() == before


def test_children_that_do_not_fill_the_parent(desk: Desk) -> None:
    before = desk.land()
    code, _, err = desk.says("change", "apply", package(desk, thua_dat=[child(box(20, 25)), child(box(27, 40))]))
    assert code == 3 and "40.00 m²" in err
    assert [entry["ly_do"] for entry in desk.logged()] == [f"ground.missing, area.no_reason: {name(2)}"]
    assert desk.land() == before


def test_a_wrong_key(desk: Desk) -> None:
    asked = package(desk, thua_dat=SPLIT)
    before = desk.land()
    desk.settings(desk.folder / "other.key")
    code, _, err = desk.says("change", "apply", asked)
    assert code == 2 and "key" in err
    assert [entry["ly_do"] for entry in desk.logged()] == ["key.other"]
    assert desk.land() == before


def test_a_store_of_an_older_schema(desk: Desk) -> None:
    asked = package(desk, thua_dat=SPLIT)
    steps(desk.home)
    with land.open_as_it_is(desk.url) as store:
        store.execute("UPDATE luoc_do SET version = 1")
    before = state(desk.url)
    refused: list[tuple[object, ...]] = [
        ("change", "draft", "TN", name(2), "--out", desk.folder / "goi"),
        ("change", "check", asked),
        ("change", "apply", asked, "--who", "an"),
        ("load", "15670"),
        ("rollback", "15670", "1"),
        ("link",),
        ("history", name(2)),
        ("feed", "--out", desk.folder / "feed.ndjson"),
        ("reform", "plan", "--out", desk.folder / "plan.xlsx"),
    ]
    for words in refused:
        code, out, err = desk.says(*words)
        assert (code, out) == (2, "") and len(err.splitlines()) == 2, words
        assert "older schema: back it up and run `diachinh migrate`" in err
    code, out, err = desk.says("change", "log")
    assert code == 2 and "older schema" in err
    told = [line.split(" · ") for line in out.splitlines()]
    assert [line[2] for line in told] == [
        "change draft", "change check", "change apply", "load", "rollback", "link", "history", "feed", "reform plan",
    ]  # fmt: skip
    assert all("từ chối / refused" in line and "older schema" in line[-1] for line in told)
    assert told[2][1] == "an" and told[3][3] == "15670"
    assert state(desk.url) == before
    assert not (desk.folder / "goi").exists() and not (desk.folder / "plan.xlsx").exists()


def test_a_store_of_a_newer_schema_is_not_migrated_back(desk: Desk) -> None:
    with land.open_as_it_is(desk.url) as store:
        store.execute("UPDATE luoc_do SET version = version + 1")
    before = state(desk.url)
    code, _, err = desk.says("migrate")
    assert code == 2 and "newer schema than this program" in err
    assert [entry["lenh"] for entry in journal.read(desk.home)] == ["migrate"]
    assert state(desk.url) == before


def test_the_journal_and_the_log_are_read_as_one(desk: Desk) -> None:
    code, _, err = desk.says("change", "draft", "TN", name(77), "--out", desk.folder / "goi")
    assert code == 2 and name(77) in err and not (desk.folder / "goi").exists()
    assert desk.says("change", "apply", package(desk, thua_dat=SPLIT), "--who", "an")[0] == 0
    assert desk.says("change", "apply", desk.folder / "nothing")[0] == 2
    assert desk.says("rollback", "15670", "99")[0] == 2
    entries = desk.logged()
    assert [(entry["lenh"], entry["ket_qua"]) for entry in entries] == [
        ("change draft", "tu_choi"), ("change apply", "ghi"), ("change apply", "tu_choi"), ("rollback", "tu_choi"),
    ]  # fmt: skip
    assert entries[-1]["ma_xa"] == "15670"
    assert [entry["lenh"] for entry in json.loads(desk.says("change", "log", "--commune", "15670", "--json")[1])] == [
        "change apply", "rollback",
    ]  # fmt: skip
    text = (desk.home / journal.FILE).read_text("utf-8")
    assert not [word for word in (*NAMES, *NUMBERS) if word in text]
    assert (desk.home / journal.FILE).stat().st_mode & 0o077 == 0


def test_a_journal_that_cannot_be_written_hides_no_reason(desk: Desk) -> None:
    (desk.home / journal.FILE).mkdir()
    code, _, err = desk.says("change", "apply", desk.folder / "nothing")
    assert code == 2 and err.startswith("Lỗi: ") and "the journal in" in err


def test_a_line_that_was_cut_off_is_shown(tmp_path: Path) -> None:
    journal.note(tmp_path, {"luc": "2026-01-01", "lenh": "load", "ma_xa": "15670"})
    with (tmp_path / journal.FILE).open("a", encoding="utf-8") as file:
        file.write('{"luc": "2026')
    assert [entry["ly_do"] for entry in journal.read(tmp_path)] == [None, '? {"luc": "2026']


def test_a_folder_that_is_not_there_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["diachinh", "--home", str(tmp_path / "none"), "history", name(1)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2 and "no land database" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_older_package(desk: Desk) -> None:
    with land.open_store(desk.url, srid=ZONE) as store, pytest.raises(StoreError, match="older than the database"):
        run(drawn(4, date="2020-01-01", sha256="b" * 64), store, key(desk.folder), "an")
    assert [(entry["lenh"], entry["ly_do"]) for entry in desk.logged()] == [("load", "load.older")]
