"""The fix list goes out, is filled in, and comes back."""

import unicodedata

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from pipelines import answers, findings, reports
from pipelines.cli.app import app
from pipelines.errors import ReadError, SettingsError
from pipelines.findings import Finding

from .test_minutes import home  # noqa: F401  the same two communes

CRS = "EPSG:5897"
E0, N0 = 560_000.0, 2_190_000.0
STATUS, NOTE, KEY = 12, 13, 14


@pytest.fixture
def parcels():
    shapes = [shapely.box(E0 + 20 * n, N0, E0 + 20 * n + 20, N0 + 20) for n in range(3)]
    numbers = {"so_hieu_to_ban_do": ["12", "2", None], "so_thu_tu_thua": ["10", "1", None]}
    return gpd.GeoDataFrame({"feature_id": ["p1", "p2", "p3"]} | numbers, geometry=shapes, crs=CRS)


ITEMS = [
    Finding("thua_dat.overlap", "p1", "p2", 3.5, 0.01),
    Finding("thua_dat.unknown_code", "p2", detail="XYZ"),
    Finding("thua_dat.unknown_code", "p3", detail="Q"),
    Finding("goi.unlisted_file", "a.txt", detail="a.txt"),
]


def described(parcels, items=ITEMS):
    return reports.described(findings.of(items, crs=CRS), parcels, "acceptance")


def filled(told, path, fill, sheet="Danh sách sửa"):
    """Write the list, fill in (row, status, note), save it as a spreadsheet program does."""
    reports.write_described(told, [path])
    book = openpyxl.load_workbook(path)
    for row, status, note in fill:
        book[sheet].cell(row, STATUS).value, book[sheet].cell(row, NOTE).value = status, note
    book.save(path)
    return path


def test_the_list_offers_the_statuses_and_hides_the_key(parcels, tmp_path):
    told = described(parcels)
    book = openpyxl.load_workbook(filled(told, tmp_path / "sua.xlsx", []))
    for name, words in (("Danh sách sửa", answers.STATUSES["vi"]), ("Fix list", answers.STATUSES["en"])):
        [choice] = book[name].data_validations.dataValidation
        assert choice.formula1 == '"' + ",".join(words.values()) + '"'
        assert str(choice.sqref) == "L2:L5"
        assert book[name].column_dimensions["N"].hidden
    assert [row[KEY - 1].value for row in book["Fix list"].iter_rows(min_row=2)] == answers.keys(told).tolist()


def test_answers_in_either_language_come_back_with_their_findings(parcels, tmp_path):
    told = described(parcels)
    fill = [(2, " Giữ nguyên ", "Ranh đã ký giáp ranh"), (3, "đã sửa", None)]
    read = answers.read(filled(told, tmp_path / "vi.xlsx", fill))
    assert read.problems == []
    applied = answers.applied(told, read.given)
    assert applied["status"].fillna("").tolist() == ["kept", "fixed", "", ""]
    assert applied["note"].fillna("").tolist() == ["Ranh đã ký giáp ranh", "", "", ""]
    english = answers.read(filled(told, tmp_path / "en.xlsx", [(4, "not an error", "new code")], "Fix list"))
    assert english.given["status"].tolist() == ["wrong"]
    again = openpyxl.load_workbook(filled(applied, tmp_path / "again.xlsx", []))
    assert again["Fix list"].cell(2, STATUS).value == "kept as it is"
    assert again["Danh sách sửa"].cell(2, NOTE).value == "Ranh đã ký giáp ranh"


def test_what_cannot_be_used_is_told_by_its_line(parcels, tmp_path):
    fill = [(2, "giữ nguyên", None), (3, "xong rồi", "?"), (4, "đã sửa", None), (5, None, "chỉ ghi chú")]
    path = filled(described(parcels), tmp_path / "sua.xlsx", fill)
    book = openpyxl.load_workbook(path)
    book["Fix list"].cell(4, STATUS).value, book["Fix list"].cell(4, NOTE).value = "kept as it is", "why"
    book.save(path)
    read = answers.read(path)
    assert read.given["status"].isna().all()
    assert read.given["note"].tolist() == ["?", "chỉ ghi chú", "why"]
    told = " ".join(vi for vi, _ in read.problems)
    assert "dòng / row 2: ghi lý do" in told
    assert "dòng / row 3: chọn một trạng thái" in told
    assert told.count("trả lời khác nhau") == 2
    assert "dòng / row 5: chọn một trạng thái" in told


@pytest.mark.parametrize(
    "said", ["GIỮ  NGUYÊN", "giữ\u00a0nguyên ", unicodedata.normalize("NFD", "Giữ nguyên."), "giữ nguyên"]
)
def test_a_status_is_known_however_it_is_written(parcels, tmp_path, said):
    read = answers.read(filled(described(parcels), tmp_path / "sua.xlsx", [(2, said, "vì")]))
    assert (read.given[["status", "note"]].to_numpy().tolist(), read.problems) == ([["kept", "vì"]], [])


def changed(told, path, edit):
    book = openpyxl.load_workbook(filled(told, path, [(2, "giữ nguyên", "vì")]))
    edit(book["Danh sách sửa"])
    book.save(path)
    return answers.read(path)


def test_no_note_is_lost_in_silence(parcels, tmp_path):
    told = described(parcels)
    lost = changed(told, tmp_path / "a.xlsx", lambda sheet: sheet.append([None] * 11 + ["đã sửa", "tự thêm"]))
    assert (len(lost.given), "row 6: the line has no key" in lost.problems[0][1]) == (1, True)
    broken = changed(told, tmp_path / "b.xlsx", lambda sheet: sheet.cell(1, KEY, "Khoa"))
    assert broken.given.empty and "column Key, Status or Note is gone" in broken.problems[0][1]
    double = changed(told, tmp_path / "c.xlsx", lambda sheet: sheet.cell(1, KEY + 1, "Ghi chú"))
    assert double.given.empty and len(double.problems) == 1
    both = changed(
        told,
        tmp_path / "d.xlsx",
        lambda sheet: sheet.append([*[cell.value for cell in sheet[2]][:12], "khác", sheet.cell(2, KEY).value]),
    )
    assert both.given["note"].tolist() == ["vì\nkhác"]
    title = changed(told, tmp_path / "e.xlsx", lambda sheet: sheet.insert_rows(1))
    assert title.given["note"].tolist() == ["vì"]
    long = changed(told, tmp_path / "f.xlsx", lambda sheet: sheet.cell(2, NOTE, "x" * 20_000))
    assert long.given.empty and "longer" in long.problems[0][1]


def test_an_answer_without_a_note_keeps_the_former_note(tmp_path):
    path = tmp_path / "answers.json"
    answers.merge(path, pd.DataFrame({"key": ["a"], "status": ["kept"], "note": ["đã ký"]}))
    answers.merge(path, pd.DataFrame({"key": ["a"], "status": ["fixed"], "note": [None]}))
    assert answers.load(path).to_numpy().tolist() == [["a", "fixed", "đã ký"]]
    path.write_text("nope", encoding="utf-8")
    with pytest.raises(ReadError, match="damaged"):
        answers.load(path)


def test_an_answer_holds_for_what_was_seen_and_for_nothing_else(parcels):
    keys = answers.keys(described(parcels))
    assert keys.is_unique
    moved = parcels.assign(feature_id=["x9", "x8", "p3"])  # a new delivery counts its objects anew
    again = [Finding("thua_dat.overlap", "x9", "x8", 3.5004, 0.01), Finding("thua_dat.overlap", "x8", "x9", 7.0, 0.01)]
    key = answers.keys(described(moved, again))
    assert key.isin(keys).tolist() == [False, True]  # sheet 2 comes before sheet 12


def test_equal_findings_have_keys_of_their_own(parcels):
    same = [Finding("thua_dat.unknown_code", "p2", detail="XYZ")] * 3
    assert answers.keys(described(parcels, same)).nunique() == 3


def test_new_answers_take_the_place_of_old_ones(tmp_path):
    path = tmp_path / "answers.json"
    assert answers.load(path).empty
    answers.merge(path, pd.DataFrame({"key": ["a", "b"], "status": ["fixed", "kept"], "note": [None, "đã ký"]}))
    answers.merge(path, pd.DataFrame({"key": ["a"], "status": ["wrong"], "note": ["nhầm"]}))
    kept = answers.load(path).set_index("key")
    assert kept["status"].to_dict() == {"a": "wrong", "b": "kept"}
    assert kept.loc["b", "note"] == "đã ký"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no workbook", b"a;b\n1;2\n"])
def test_another_file_is_refused_in_one_line(content, tmp_path):
    path = tmp_path / "khac.xlsx"
    path.write_bytes(content)
    with pytest.raises(ReadError):
        answers.read(path)


def test_another_workbook_is_refused(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Khóa", "Tên"])
    book.save(tmp_path / "khac.xlsx")
    with pytest.raises(ReadError, match="is no fix list"):
        answers.read(tmp_path / "khac.xlsx")


def test_the_command_takes_answers_off_the_list_of_what_to_do(home):  # noqa: F811
    run = CliRunner()
    assert run.invoke(app, ["--home", str(home), "report", "15670"]).exit_code == 0
    path = home / "15670/report/fix_list.xlsx"
    before = (home / "15670/report/report.html").read_text(encoding="utf-8")
    book = openpyxl.load_workbook(path)
    sheet = book["Danh sách sửa"]
    row = next(cells[0].row for cells in sheet.iter_rows(min_row=2) if cells[2].value == "thua_dat.overlap")
    sheet.cell(row, STATUS).value, sheet.cell(row, NOTE).value = "giữ nguyên", "đã thỏa thuận"
    book.save(home / "nop_lai.xlsx")
    done = run.invoke(app, ["--home", str(home), "answers", "15670", str(home / "nop_lai.xlsx")])
    assert done.exit_code == 0, done.output
    assert "1 trả lời" in done.output
    after = (home / "15670/report/report.html").read_text(encoding="utf-8")
    first = '<ol class="first">'
    assert "Chồng lấn" in before.split(first)[1].split("</ol>")[0]
    assert "Chồng lấn" not in after.split(first)[1].split("</ol>")[0]
    assert "Cán bộ đã trả lời: 1" in after
    assert "thua_dat.overlap" in after  # it is still a finding


@pytest.mark.parametrize("code", ["../15670", "", ".", "15670/", "1567\n0"])
@pytest.mark.parametrize("command", [["report"], ["answers"]])
def test_a_code_that_is_none_leads_to_no_folder(tmp_path, command, code):
    file = [str(tmp_path / "x.xlsx")] if command == ["answers"] else []
    done = CliRunner().invoke(app, ["--home", str(tmp_path), *command, code, *file])
    assert isinstance(done.exception, SettingsError)
