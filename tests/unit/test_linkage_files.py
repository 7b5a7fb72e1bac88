"""Linkage over a land database: private files, questions and answers, verification, and the way back."""

import json
import stat
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from pipelines import store as land
from pipelines import vault
from pipelines.cli.app import app
from pipelines.errors import CadastreError, ReadError, Refusal, SettingsError, StoreError
from pipelines.linkage import batch, files, journal, records, review
from pipelines.load import run
from pipelines.settings import Settings
from tests.unit.deliveries import ZONE, delivery

NUMBER, CORRECTED, OLD = "038061990001", "038061990009", "171234567"
KEY = {"15670": "15670.E2025A.c1", "15703": "15703.E2025A.c1"}
UNRULY = "112233445566"
"""A number that breaks the rules: it is no reason to link, and nobody can verify it."""

SECRETS = (NUMBER, CORRECTED, OLD, UNRULY)


def holders(commune: str) -> dict[str, pd.DataFrame]:
    """Return a man with the same number in both communes, and a common name without any."""
    people = {
        "ca_nhan_id": ["c1", "c2"],
        "ho_ten": ["Quách Bá Thước", "Nguyễn Thị Lan"],
        "nam_sinh": [1961, 1970],
        "ngay_sinh": ["1961-05-07", None],
        "gioi_tinh": ["1", "0"],
        "dia_chi": ["Thôn 3, xã Thọ Bình", f"Thôn {commune[-1]}, xã Thọ Bình"],
    }
    kind, number = ("5", NUMBER) if commune == "15670" else ("2", OLD)
    papers = {
        "giay_to_id": ["g1", "g2"],
        "ca_nhan_id": ["c1", "c2"],
        "loai_giay_to": [kind, None],
        "so_giay_to": [number, UNRULY],
    }
    return {"ca_nhan": pd.DataFrame(people), "giay_to_tuy_than": pd.DataFrame(papers)}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "build"
    with land.open_store(folder, srid=ZONE) as store:
        for place, commune in enumerate(("15670", "15703")):
            wanted = delivery(4, ma_xa=commune, shift_m=79.0 * place, holders=holders(commune))
            run(wanted, store, vault.open_vault(folder / "holder.key"))
    return folder


def links(home: Path) -> pd.DataFrame:
    rows = pd.read_parquet(home / "linkage/links.parquet")
    return rows.set_index(rows["ma_xa"] + "." + rows["ca_nhan_id"])


def joined(home: Path, person: str = "c1") -> bool:
    found = links(home)["nguoi_id"]
    return bool(found[f"15670.{person}"] == found[f"15703.{person}"])


def answered(home: Path, answer: str, row: int = 2) -> Path:
    """Return the list of questions with an answer in a row."""
    book = openpyxl.load_workbook(home / "linkage/review.xlsx")
    sheet = book.active
    column = next(cell.column for cell in sheet[1] if cell.value == "Trả lời / Answer")
    sheet.cell(row, column, answer)
    path = home.parent / "handed_back.xlsx"
    book.save(path)
    return path


def everything(folder: Path) -> bytes:
    """Return every byte below a folder, workbooks and tables as texts."""
    parts = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        parts.append(path.read_bytes())
        if path.suffix == ".parquet":
            parts.append(pd.read_parquet(path).to_csv().encode())
        if path.suffix == ".xlsx":
            sheets = openpyxl.load_workbook(path).worksheets
            parts += [str(cell.value).encode() for sheet in sheets for row in sheet for cell in row]
    return b"\n".join(parts)


def command(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["link", *map(str, arguments)])


def test_only_the_owner_may_read_and_no_number_stands_in_clear(home: Path) -> None:
    found = files.execute(home, Settings(home=home))
    assert (found.records, found.people) == (4, found.records - found.linked // 2)
    assert stat.S_IMODE((home / "linkage").stat().st_mode) == 0o700
    written = [path for path in (home / "linkage").rglob("*") if path.is_file()]
    assert {path.name for path in written} == {"links.parquet", "review.xlsx"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    told = everything(home / "linkage")
    assert [number for number in SECRETS if number.encode() in told] == []


def test_questions_stand_beside_each_other_with_masked_numbers(home: Path) -> None:
    files.execute(home, Settings(home=home))
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(home / "linkage/review.xlsx").active]
    heading, first = rows[0], rows[1]
    assert heading[3] == "A: Họ tên / Name" and heading[10] == "B: Họ tên / Name"
    assert first[3] == first[10] == "Nguyễn Thị Lan"
    assert {first[9], first[16]} == {"15670", "15703"}
    assert first[6] == first[13] == "112*****5566"


def test_nothing_of_the_registers_changes(home: Path) -> None:
    before = (home / "holders.sqlite").read_bytes(), (home / "land.gpkg").read_bytes()
    files.execute(home, Settings(home=home))
    files.write_batch(home, home.parent / "out.csv", "tester", Settings(home=home))
    assert ((home / "holders.sqlite").read_bytes(), (home / "land.gpkg").read_bytes()) == before


def test_an_answer_holds_in_later_runs_and_can_be_taken_back(home: Path) -> None:
    files.execute(home, Settings(home=home))
    assert joined(home) and not joined(home, "c2")
    given, problems = files.take_answers(home, answered(home, "Cùng một người"), "lan", Settings(home=home))
    assert (given, problems) == (1, [])
    files.execute(home, Settings(home=home))
    assert joined(home, "c2")
    assert links(home).loc["15670.c2", "ly_do"] == "officer"
    events = journal.read(home)
    assert [(event["id"], event["who"], event["answer"]) for event in events] == [(1, "lan", "same")]
    journal.undo(home, 1, "lan")
    files.execute(home, Settings(home=home))
    assert not joined(home, "c2")
    assert journal.read(home)[: len(events)] == events
    with pytest.raises(SettingsError, match="no decision 1 is in force"):
        journal.undo(home, 1, "lan")


def test_the_log_is_private_and_only_grows(home: Path) -> None:
    journal.add(home, [{"kind": journal.ANSWER, "left": "a", "right": "b", "answer": "same"}], "lan")
    path = home / "linkage/decisions.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_text(encoding="utf-8")
    journal.add(home, [{"kind": journal.UNDO, "of": 1}], "an")
    assert path.read_text(encoding="utf-8").startswith(first)
    path.write_text(first + "not json\n", encoding="utf-8")
    with pytest.raises(StoreError, match="damaged"):
        journal.add(home, [], "lan")
    assert path.read_text(encoding="utf-8") == first + "not json\n"


def test_answers_that_cannot_be_used_are_told(home: Path) -> None:
    files.execute(home, Settings(home=home))
    given, problems = files.take_answers(home, answered(home, "chắc thế"), "lan", Settings(home=home))
    assert given == 0 and "Row 2" in problems[0][1]
    assert journal.read(home) == []
    path = answered(home, "khác người")
    book = openpyxl.load_workbook(path)
    key = next(cell for cell in book.active[2] if "|" in str(cell.value))
    key.value = str(key.value).replace("c2", "c9")
    book.save(path)
    given, problems = files.take_answers(home, path, "lan", Settings(home=home))
    assert given == 0 and "no longer in the database" in problems[0][1]


def test_another_file_is_no_list(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ReadError):
        review.read(path)
    with pytest.raises(ReadError):
        batch.read(path)


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_the_file_for_verification_and_its_answer(home: Path, ending: str) -> None:
    out = home.parent / f"out{ending}"
    assert files.write_batch(home, out, "lan", Settings(home=home)) == 2
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    table = batch.read(out)
    assert table.columns.tolist() == list(batch.COLUMNS)
    assert table["Số định danh"].tolist() == [NUMBER, OLD]
    assert table["Ngày sinh"].tolist() == ["07/05/1961"] * 2
    table["Kết quả"] = ["khớp", "Không khớp"]
    table["Số định danh đúng"] = ["", CORRECTED]
    back = home.parent / "back.csv"
    table.to_csv(back, index=False, encoding="utf-8-sig")
    files.execute(home, Settings(home=home))
    assert joined(home)
    assert files.take_results(home, back, "lan", Settings(home=home)) == 2
    files.execute(home, Settings(home=home))
    # The right number of one is another than the number of the other: two people after all.
    assert not joined(home)
    told = everything(home / "linkage")
    assert [number for number in SECRETS if number.encode() in told] == []
    events = journal.read(home)
    assert [event["kind"] for event in events] == ["batch", "verified", "verified"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in (home / "linkage").rglob("*.parquet")} == {0o600}
    journal.undo(home, 3, "lan")
    files.execute(home, Settings(home=home))
    assert joined(home)
    assert files.write_batch(home, home.parent / "again.csv", "lan", Settings(home=home)) == 1


def spoilt(table: pd.DataFrame, how: str) -> pd.DataFrame:
    """Return an answered file with something wrong in its second row."""
    cells = {
        "unknown": ("Mã đối chiếu", "dc-00000000000000000000"),
        "changed name": ("Họ tên", "Quách Bá Thướt"),
        "changed number": ("Số định danh", "171234568"),
        "no result": ("Kết quả", "có lẽ"),
        "bad number": ("Số định danh đúng", "03806199"),
        "of another year": ("Số định danh đúng", "038062990009"),
        "of another sex": ("Số định danh đúng", "038161990009"),
    }
    table = table.assign(**{"Kết quả": "không khớp"})
    if how == "twice":
        return pd.concat([table, table.iloc[1:]], ignore_index=True)
    if how == "match with a number":
        return table.assign(**{"Kết quả": ["không khớp", "khớp"], "Số định danh đúng": ["", CORRECTED]})
    column, value = cells[how]
    table.loc[1, column] = value
    return table


@pytest.mark.parametrize(
    "how",
    ["unknown", "changed name", "changed number", "no result", "bad number", "of another year", "of another sex",
     "twice", "match with a number"],
)  # fmt: skip
def test_an_answer_with_a_fault_is_refused_as_a_whole(home: Path, how: str) -> None:
    out = home.parent / "out.csv"
    files.write_batch(home, out, "lan", Settings(home=home))
    spoilt(batch.read(out), how).to_csv(out, index=False, encoding="utf-8-sig")
    before = journal.read(home)
    with pytest.raises(Refusal, match="row 3"):
        files.take_results(home, out, "lan", Settings(home=home))
    assert journal.read(home) == before


def test_a_leading_zero_that_a_spreadsheet_dropped_changes_nothing(home: Path) -> None:
    out = home.parent / "out.csv"
    files.write_batch(home, out, "lan", Settings(home=home))
    table = batch.read(out).assign(**{"Kết quả": "khớp"})
    table["Số định danh"] = table["Số định danh"].str.lstrip("0")
    table.to_csv(out, index=False, encoding="utf-8-sig")
    assert files.take_results(home, out, "lan", Settings(home=home)) == 2


def test_the_file_for_verification_needs_the_key_and_a_fit_place(home: Path, tmp_path: Path) -> None:
    out = home.parent / "out.csv"
    (home / "release").mkdir()
    for place in (home / "release/out.csv", tmp_path / "out.pdf", tmp_path / "no/out.csv", home / "land.gpkg"):
        with pytest.raises(SettingsError):
            files.write_batch(home, place, "lan", Settings(home=home))
    out.write_text("kept", encoding="utf-8")
    with pytest.raises(SettingsError, match="exists"):
        files.write_batch(home, out, "lan", Settings(home=home))
    assert out.read_text(encoding="utf-8") == "kept"
    other = tmp_path / "other.key"
    vault.open_vault(other)
    with pytest.raises(StoreError, match="key"):
        files.write_batch(home, tmp_path / "b.csv", "lan", Settings(home=home, key_file=other))
    (home / "holder.key").unlink()
    with pytest.raises(StoreError, match="no key file"):
        files.write_batch(home, tmp_path / "b.csv", "lan", Settings(home=home))
    assert not (home / "holder.key").exists() and not (tmp_path / "b.csv").exists()
    assert journal.read(home) == []


def test_a_name_that_begins_like_a_formula_is_no_formula() -> None:
    people = pd.DataFrame(
        {"ho_ten": ["=1+1"], "born": ["1961"], "sex": ["Nam"]}, index=["k"], dtype="string"
    ).rename_axis("key")
    numbers = pd.DataFrame({"key": ["k"], "clear": [NUMBER], "number": ["hash"]}, dtype="string")
    safe = vault.Vault(None, b"k" * 32)  # type: ignore[arg-type]
    assert batch.build(people, numbers, safe).rows["Họ tên"].tolist() == ["1+1"]


def test_the_command_prints_one_line_without_anything_personal(home: Path) -> None:
    done = command("--home", home)
    assert done.exit_code == 0, done.output
    assert len(done.output.splitlines()) == 1
    assert "4 hồ sơ / records → 3 người / people" in done.output
    done = command("--home", home, "--answers", answered(home, "same"), "--who", "lan")
    assert "1 trả lời / answers" in done.output and "→ 2 người" in done.output
    done = command("--home", home, "--undo", 1)
    assert "→ 3 người" in done.output
    assert json.loads((home / "linkage/decisions.jsonl").read_text().splitlines()[0])["who"] == "lan"


def test_one_thing_at_a_time(home: Path) -> None:
    done = command("--home", home, "--undo", 1, "--batch", home.parent / "x.csv")
    assert isinstance(done.exception, CadastreError)
    assert isinstance(command("--home", home.parent / "nothing").exception, StoreError)


def test_layers_that_are_needed_are_layers_of_the_holder_file() -> None:
    assert set(records.LAYERS) <= set(land.holder_tables())
