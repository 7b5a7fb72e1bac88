"""Linkage over a land database, both stores: links, questions and answers, and the way back."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from pipelines import store as land
from pipelines.errors import CadastreError, ReadError, SettingsError, StoreError
from pipelines.linkage import batch, files, records, review
from pipelines.settings import Settings
from tests.stores import in_files
from tests.unit.deliveries import ZONE
from tests.unit.officers import (
    SECRETS,
    answer,
    answered,
    chosen,
    command,
    everything,
    execute,
    home,
    joined,
    journal_of,
    links,
    undo,
    write_batch,
)

__all__ = ["chosen", "home"]


@contextmanager
def unchanged(chosen: Settings) -> Iterator[None]:
    """Prove that a block changes no row of the registers."""
    with land.open_reader(chosen.database) as store:
        before = registers(store)
    yield
    with land.open_reader(chosen.database) as store:
        assert registers(store) == before


def registers(store: land.Store) -> dict[str, list[Any]]:
    tables = [*land.land_tables(ZONE).values(), *land.holder_tables().values()]
    with store.holders():
        return {
            table.name: store.execute(f"SELECT * FROM {table.qualified} ORDER BY 1").fetchall()
            for table in tables
            if table.is_versioned
        }


def test_only_the_owner_may_read_and_no_number_stands_in_clear(chosen: Settings) -> None:
    found = execute(chosen).run.counts
    assert (found.records, found.people) == (4, found.records - found.linked // 2)
    folder = chosen.home / "linkage"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in written} == {"review.xlsx"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    told = everything(folder) + links(chosen).to_csv().encode()
    assert [number for number in SECRETS if number.encode() in told] == []


def test_questions_stand_beside_each_other_with_masked_numbers(chosen: Settings) -> None:
    execute(chosen)
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(chosen.home / "linkage/review.xlsx").active]
    heading, first = rows[0], rows[1]
    assert heading[3] == "A: Họ tên / Name" and heading[10] == "B: Họ tên / Name"
    assert first[3] == first[10] == "Nguyễn Thị Lan"
    assert {first[9], first[16]} == {"15670", "15703"}
    assert first[6] == first[13] == "112*****5566"


def test_nothing_of_the_registers_changes(chosen: Settings) -> None:
    with unchanged(chosen):
        execute(chosen)
        write_batch(chosen, chosen.home.parent / "out.csv")


def test_an_answer_holds_in_later_runs_and_can_be_taken_back(chosen: Settings) -> None:
    execute(chosen)
    assert joined(chosen) and not joined(chosen, "c2")
    path = answered(chosen.home, "Cùng một người")
    assert answer(chosen, path) == files.Answered(1, 1, [])
    execute(chosen)
    assert joined(chosen, "c2")
    assert links(chosen).loc["15670.E2025A.c2", "why"] == "officer"
    events = journal_of(chosen)
    assert events[["id", "nguoi_thuc_hien", "answer"]].to_numpy().tolist() == [[1, "lan", "same"]]
    undo(chosen, 1)
    execute(chosen)
    assert not joined(chosen, "c2")
    pd.testing.assert_frame_equal(journal_of(chosen).iloc[:1], events)
    with pytest.raises(SettingsError, match="no decision 1 is in force"):
        undo(chosen, 1)
    assert answer(chosen, path) == files.Answered(1, 1, [])
    execute(chosen)
    assert joined(chosen, "c2")


def test_a_list_handed_in_twice_is_entered_once_so_that_one_undo_takes_it_back(chosen: Settings) -> None:
    execute(chosen)
    path = answered(chosen.home, "Cùng một người")
    assert answer(chosen, path).entered == 1
    assert answer(chosen, path, "an") == files.Answered(1, 0, [])
    undo(chosen, 1)
    execute(chosen)
    assert not joined(chosen, "c2")
    assert journal_of(chosen)["kind"].tolist() == ["answer", "undo"]


def test_of_two_answers_the_last_holds_and_taking_it_back_gives_the_former(chosen: Settings) -> None:
    execute(chosen)
    same, different = (answered(chosen.home, text).rename(chosen.home.parent / f"{place}.xlsx")
                       for place, text in enumerate(("same", "different")))  # fmt: skip
    answer(chosen, same)
    answer(chosen, different, "an")
    execute(chosen)
    assert not joined(chosen, "c2")
    undo(chosen, 2)
    execute(chosen)
    assert joined(chosen, "c2")


def test_answers_that_cannot_be_used_are_told(chosen: Settings) -> None:
    execute(chosen)
    found = answer(chosen, answered(chosen.home, "chắc thế"))
    assert found.given == 0 and "Row 2" in found.problems[0][1]
    assert journal_of(chosen).empty
    path = answered(chosen.home, "khác người")
    book = openpyxl.load_workbook(path)
    key = next(cell for cell in book.active[2] if "|" in str(cell.value))
    key.value = str(key.value).replace("c2", "c9")
    book.save(path)
    found = answer(chosen, path)
    assert found.given == 0 and "no longer in the database" in found.problems[0][1]


def test_another_file_is_no_list(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ReadError):
        review.read(path)
    with pytest.raises(ReadError):
        batch.read(path)


def test_the_command_prints_one_line_without_anything_personal(chosen: Settings) -> None:
    done = command(chosen)
    assert done.exit_code == 0, done.output
    assert len(done.output.splitlines()) == 1
    assert "4 hồ sơ / records → 3 người / people" in done.output
    path = answered(chosen.home, "same")
    done = command(chosen, "--answers", path, "--who", "lan")
    assert "1 trả lời / answers" in done.output and "→ 2 người" in done.output
    assert "1 trả lời / answers (1 đã có / known already)" in command(chosen, "--answers", path).output
    done = command(chosen, "--undo", 1)
    assert "→ 3 người" in done.output
    assert journal_of(chosen)["nguoi_thuc_hien"].iloc[0] == "lan"


@in_files
def test_one_thing_at_a_time(chosen: Settings) -> None:
    done = command(chosen, "--undo", 1, "--batch", chosen.home.parent / "x.csv")
    assert isinstance(done.exception, CadastreError)
    assert isinstance(command(chosen, "--json").exception, SettingsError)
    nothing = chosen.home.parent / "nothing"
    nowhere = Settings(home=nothing, store=f"gpkg:{nothing}")
    assert isinstance(command(nowhere).exception, StoreError)
    assert not nothing.exists()


def test_layers_that_are_needed_are_layers_of_the_holder_file() -> None:
    assert set(records.LAYERS) <= set(land.holder_tables())
