"""Answers are about the finding they name, in the commune they are handed in for, and no note is lost."""

import openpyxl
import pytest
from typer.testing import CliRunner

from pipelines import answers, casefile
from pipelines.cli.app import app
from pipelines.errors import ReadError
from pipelines.settings import Settings

from .test_answers import described, filled, parcels  # noqa: F401
from .test_minutes import two_reports

STATUS, NOTE, KEY = 12, 13, 14


@pytest.fixture
def home(tmp_path, once):
    return once(two_reports, tmp_path)


def handed_in(home, edit, commune="15670", out_of="15670"):
    run = CliRunner()
    assert run.invoke(app, ["--home", str(home), "report", out_of]).exit_code == 0
    book = openpyxl.load_workbook(home / out_of / "report/fix_list.xlsx")
    sheet = book["Danh sách sửa"]
    sheet.cell(2, STATUS).value, sheet.cell(2, NOTE).value = "giữ nguyên", "vì"
    edit(sheet)
    book.save(home / "back.xlsx")
    return run.invoke(app, ["--home", str(home), "answers", commune, str(home / "back.xlsx")])


def kept(home):
    return answers.load(home / "15670" / casefile.ANSWERS)


def test_keys_that_no_finding_has_are_refused(home):
    def foreign(sheet):
        for row in range(2, sheet.max_row + 1):
            sheet.cell(row, KEY).value = f"{row:016x}"

    done = handed_in(home, foreign)
    assert isinstance(done.exception, ReadError)
    assert not (home / "15670/answers.json").exists()


def test_the_list_of_another_commune_is_refused_though_its_findings_look_alike(home):
    done = handed_in(home, lambda sheet: None, out_of="15703")
    assert isinstance(done.exception, ReadError)
    assert "15703" in done.exception.vi
    assert not (home / "15670/answers.json").exists()


def test_a_line_of_another_list_is_told_and_the_others_count(home):
    def pasted(sheet):
        row = [cell.value for cell in sheet[2]]
        sheet.append([*row[:12], "của xã khác", "15703" + row[KEY - 1][5:]])

    done = handed_in(home, pasted)
    assert done.exit_code == 0, done.exception
    assert "1 trả lời" in done.output
    assert "15703" in done.output
    assert kept(home)["note"].tolist() == ["vì"]


def test_a_key_that_went_to_another_line_answers_nothing(home):
    def moved(sheet):
        last = sheet.max_row
        assert sheet.cell(2, 3).value != sheet.cell(last, 3).value
        sheet.cell(2, KEY).value, sheet.cell(last, KEY).value = sheet.cell(last, KEY).value, sheet.cell(2, KEY).value

    done = handed_in(home, moved)
    assert done.exit_code == 0, done.exception
    assert "0 trả lời" in done.output
    assert "dòng / row 2" in done.output
    assert not len(kept(home))


@pytest.mark.parametrize(("column", "value"), [(4, "99"), (5, "2"), (7, 7.25)])
def test_a_line_of_another_parcel_or_measure_answers_nothing(home, column, value):
    done = handed_in(home, lambda sheet: [setattr(sheet.cell(row, column), "value", value) for row in (2, 3)])
    assert "0 trả lời" in done.output
    assert "dòng / row 2" in done.output


def test_a_finding_that_is_gone_is_told(home):
    done = handed_in(home, lambda sheet: setattr(sheet.cell(2, KEY), "value", "15670:00000000000000aa"))
    assert done.exit_code == 0, done.exception
    assert "0 trả lời" in done.output
    assert "1 answer" in done.output


@pytest.mark.parametrize("said", [None, "xong rồi"])
def test_a_note_without_a_status_is_kept_and_the_finding_stays_open(home, said):
    done = handed_in(home, lambda sheet: setattr(sheet.cell(2, STATUS), "value", said))
    assert "1 trả lời" in done.output
    assert "chọn một trạng thái" in done.output
    told = kept(home)
    assert (told["status"].isna().tolist(), told["note"].tolist()) == ([True], ["vì"])
    again = openpyxl.load_workbook(home / "15670/report/fix_list.xlsx")["Danh sách sửa"]
    assert (again.cell(2, STATUS).value, again.cell(2, NOTE).value) == (None, "vì")


def test_a_note_without_a_status_leaves_the_former_status(home):
    handed_in(home, lambda sheet: None)
    handed_in(home, lambda sheet: [sheet.cell(2, STATUS, "?"), sheet.cell(2, NOTE, "thêm")])
    assert kept(home)[["status", "note"]].to_numpy().tolist() == [["kept", "thêm"]]


def test_an_answer_can_be_changed_in_one_language(home):
    handed_in(home, lambda sheet: None)
    done = handed_in(home, lambda sheet: [sheet.cell(2, STATUS, "đã sửa"), sheet.cell(2, NOTE, "đo lại")])
    assert "hai dòng" not in done.output
    assert kept(home)[["status", "note"]].to_numpy().tolist() == [["fixed", "đo lại"]]


def test_two_statuses_of_one_finding_leave_it_open_with_both_notes(parcels, tmp_path):  # noqa: F811
    path = filled(described(parcels), tmp_path / "sua.xlsx", [(2, "đã sửa", "một")])
    book = openpyxl.load_workbook(path)
    book["Fix list"].cell(2, STATUS).value, book["Fix list"].cell(2, NOTE).value = "kept as it is", "two"
    book.save(path)
    read = answers.read(path)
    assert read.given["status"].isna().tolist() == [True]
    assert read.given["note"].tolist() == ["một\ntwo"]
    assert len(read.problems) == 2


def test_a_list_that_is_wrong_in_every_line_is_told_in_few_words(parcels, tmp_path):  # noqa: F811
    path = filled(described(parcels), tmp_path / "sua.xlsx", [])
    book = openpyxl.load_workbook(path)
    for row in range(1000):
        book["Danh sách sửa"].append([None] * 11 + ["?", f"ghi chú {row}"])
    book.save(path)
    read = answers.read(path)
    assert len(read.problems) < 50
    assert "980" in read.problems[-1][1]


def test_a_commune_without_check_takes_no_answers(home, tmp_path):
    with pytest.raises(ReadError, match="diachinh run"):
        casefile.take_answers(home, "15712", tmp_path / "x.xlsx", Settings(home=home))
