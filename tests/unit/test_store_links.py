"""Linkage over a land database, both stores: questions and answers, verification, and the way back."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
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
from pipelines.linkage import batch, files, journal, kept, records, review
from pipelines.load import run
from pipelines.settings import Settings
from tests.stores import in_files
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
    return tmp_path / "build"


@pytest.fixture
def chosen(home: Path, url: str) -> Settings:
    """Return the settings of a home whose store holds two communes."""
    with land.open_store(url, srid=ZONE) as store:
        for place, commune in enumerate(KEY):
            wanted = delivery(4, ma_xa=commune, shift_m=79.0 * place, holders=holders(commune))
            run(wanted, store, vault.open_vault(home / "holder.key"))
    return Settings(home=home, store=url)


def execute(chosen: Settings) -> files.Summary:
    with files.opened(chosen.home, chosen) as store:
        return files.execute(store, chosen.home)


def answer(chosen: Settings, path: Path, who: str = "lan") -> files.Answered:
    with files.opened(chosen.home, chosen) as store:
        return files.take_answers(store, path, who, chosen)


def write_batch(chosen: Settings, out: Path) -> int:
    with files.opened(chosen.home, chosen) as store:
        return files.write_batch(store, chosen.home, out, "lan", chosen)


def take_results(chosen: Settings, path: Path) -> tuple[int, int]:
    with files.opened(chosen.home, chosen) as store:
        return files.take_results(store, chosen.home, path, "lan", chosen)


def undo(chosen: Settings, number: int) -> None:
    with files.opened(chosen.home, chosen) as store:
        journal.undo(store, number, "lan")


def journal_of(chosen: Settings) -> pd.DataFrame:
    with land.open_reader(chosen.database) as store:
        return journal.read(store)


def links(chosen: Settings) -> pd.DataFrame:
    with land.open_reader(chosen.database) as store, store.holders():
        return store.frame(f"SELECT * FROM holders.{kept.LINKS}").set_index("record_key")


def joined(chosen: Settings, person: str = "c1") -> bool:
    found = links(chosen)["nguoi_id"]
    return bool(found[f"15670.E2025A.{person}"] == found[f"15703.E2025A.{person}"])


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


def command(chosen: Settings, *arguments: object) -> Any:
    config = chosen.home.parent / "settings.yaml"
    config.write_text(f"home: {chosen.home}\nstore: {chosen.store}\n", encoding="utf-8")
    return CliRunner().invoke(app, ["--config", str(config), "link", *map(str, arguments)])


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


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_the_file_for_verification_and_its_answer(chosen: Settings, ending: str) -> None:
    out = chosen.home.parent / f"out{ending}"
    assert write_batch(chosen, out) == 2
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    table = batch.read(out)
    assert table.columns.tolist() == list(batch.COLUMNS)
    assert table["Số định danh"].tolist() == [NUMBER, OLD]
    assert table["Ngày sinh"].tolist() == ["07/05/1961"] * 2
    table["Kết quả"] = ["khớp", "Không khớp"]
    table["Số định danh đúng"] = ["", CORRECTED]
    back = chosen.home.parent / "back.csv"
    table.to_csv(back, index=False, encoding="utf-8-sig")
    execute(chosen)
    assert joined(chosen)
    assert take_results(chosen, back) == (2, 2)
    assert take_results(chosen, back) == (2, 0)
    execute(chosen)
    # The right number of one is another than the number of the other: two people after all.
    assert not joined(chosen)
    events = journal_of(chosen)
    told = everything(chosen.home / "linkage") + events.to_csv().encode() + links(chosen).to_csv().encode()
    assert [number for number in SECRETS if number.encode() in told] == []
    assert events["kind"].tolist() == ["batch", "verified", "verified"]
    undo(chosen, 3)
    execute(chosen)
    assert joined(chosen)
    assert write_batch(chosen, chosen.home.parent / "again.csv") == 1


def test_an_answer_may_come_in_parts(chosen: Settings) -> None:
    out = chosen.home.parent / "out.csv"
    write_batch(chosen, out)
    table = batch.read(out)
    for place, entered in ((0, 1), (1, 1), (1, 0)):
        part = table.iloc[[place]].assign(**{"Kết quả": "khớp"})
        part.to_csv(out, index=False, encoding="utf-8-sig")
        assert take_results(chosen, out) == (1, entered)
    table.assign(**{"Kết quả": ["khớp", ""]}).to_csv(out, index=False, encoding="utf-8-sig")
    assert take_results(chosen, out) == (1, 0)
    assert journal_of(chosen)["kind"].tolist() == ["batch", "verified", "verified"]


def test_an_answer_to_an_older_file_holds_though_the_name_was_mended_since(chosen: Settings, url: str) -> None:
    older, newer = chosen.home.parent / "older.csv", chosen.home.parent / "newer.csv"
    write_batch(chosen, older)
    mended = holders("15670")
    mended["ca_nhan"].loc[0, "ho_ten"] = "Quách Bá Thướt"
    with land.open_store(url, srid=ZONE) as store:
        run(delivery(4, sha256="b" * 64, holders=mended), store, vault.open_vault(chosen.home / "holder.key"))
    write_batch(chosen, newer)
    assert batch.read(older)["Mã đối chiếu"].equals(batch.read(newer)["Mã đối chiếu"])
    for path in (older, newer):
        batch.read(path).assign(**{"Kết quả": "khớp"}).to_csv(path, index=False, encoding="utf-8-sig")
    assert take_results(chosen, older) == (2, 2)
    assert take_results(chosen, newer) == (2, 0)


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
@in_files
def test_an_answer_with_a_fault_is_refused_as_a_whole(chosen: Settings, how: str) -> None:
    out = chosen.home.parent / "out.csv"
    write_batch(chosen, out)
    spoilt(batch.read(out), how).to_csv(out, index=False, encoding="utf-8-sig")
    before = journal_of(chosen)
    with pytest.raises(Refusal, match="row 3"):
        take_results(chosen, out)
    pd.testing.assert_frame_equal(journal_of(chosen), before)


def test_a_leading_zero_that_a_spreadsheet_dropped_changes_nothing(chosen: Settings) -> None:
    out = chosen.home.parent / "out.csv"
    write_batch(chosen, out)
    table = batch.read(out).assign(**{"Kết quả": "khớp"})
    table["Số định danh"] = table["Số định danh"].str.lstrip("0")
    table.to_csv(out, index=False, encoding="utf-8-sig")
    assert take_results(chosen, out) == (2, 2)


def test_the_file_for_verification_needs_the_key_and_a_fit_place(chosen: Settings, tmp_path: Path) -> None:
    home, out = chosen.home, chosen.home.parent / "out.csv"
    (home / "release").mkdir()
    for place in (home / "release/out.csv", tmp_path / "out.pdf", tmp_path / "no/out.csv", home / "holder.key"):
        with pytest.raises(SettingsError):
            write_batch(chosen, place)
    out.write_text("kept", encoding="utf-8")
    with pytest.raises(SettingsError, match="exists"):
        write_batch(chosen, out)
    assert out.read_text(encoding="utf-8") == "kept"
    other = tmp_path / "other.key"
    vault.open_vault(other)
    with pytest.raises(StoreError, match="key"):
        write_batch(chosen.model_copy(update={"key_file": other}), tmp_path / "b.csv")
    (home / "holder.key").unlink()
    with pytest.raises(StoreError, match="no key file"):
        write_batch(chosen, tmp_path / "b.csv")
    assert not (home / "holder.key").exists() and not (tmp_path / "b.csv").exists()
    assert journal_of(chosen).empty


def test_a_name_that_begins_like_a_formula_is_no_formula() -> None:
    people = pd.DataFrame(
        {"ho_ten": ["=1+1"], "born": ["1961"], "sex": ["Nam"]}, index=["k"], dtype="string"
    ).rename_axis("key")
    numbers = pd.DataFrame({"key": ["k"], "clear": [NUMBER], "number": ["hash"]}, dtype="string")
    safe = vault.Vault(None, b"k" * 32)  # type: ignore[arg-type]
    assert batch.build(people, numbers, safe).rows["Họ tên"].tolist() == ["1+1"]


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
