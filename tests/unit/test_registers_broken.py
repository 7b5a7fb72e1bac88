"""Registers no office should send, and some do: refused in one line or read, never a traceback, never all memory."""

import zipfile
from pathlib import Path

import openpyxl
import pytest

import schemas
from data_samples import dbf
from pipelines import registers
from pipelines.errors import ReadError
from pipelines.registers import grid

HEADING = ["Số tờ bản đồ", "Số thửa", "Diện tích", "Loại đất"]


def read(path: Path) -> registers.Register:
    profile = schemas.source("dgn_tt26_2024")["register"]
    return registers.read(path, source=path.name, encoding="utf-8", register=profile)


def workbook(path: Path, *rows: list[str]) -> Path:
    book = openpyxl.Workbook()
    for row in (HEADING, *rows):
        book.active.append(row)
    book.save(path)
    return path


def test_a_heading_without_rows_is_an_empty_register(tmp_path: Path) -> None:
    assert len(read(workbook(tmp_path / "so.xlsx")).rows) == 0


def test_one_cell_in_the_last_corner_is_refused(tmp_path: Path) -> None:
    whole, far = workbook(tmp_path / "so.xlsx", ["1", "2", "3", "ONT"]), tmp_path / "far.xlsx"
    corner = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(far, "w") as target:
        for member in source.infolist():
            target.writestr(member, source.read(member).replace(b"</sheetData>", corner))
    with pytest.raises(ReadError):
        read(far)


@pytest.mark.parametrize("name", ["so.xls", "so.xlsx"])
def test_an_encrypted_or_hollow_office_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000))
    with pytest.raises(ReadError):
        read(tmp_path / name)


@pytest.mark.parametrize("error", [TypeError, AttributeError, AssertionError])
@pytest.mark.parametrize("name", ["so.xlsx", "so.csv", "so.dbf", "so.xls"])
def test_a_bug_of_ours_is_no_broken_file(tmp_path: Path, monkeypatch, name: str, error: type[Exception]) -> None:
    path = tmp_path / name
    if name == "so.xlsx":
        workbook(path, ["1", "2", "3", "ONT"])
    elif name == "so.dbf":
        dbf.write(path, {"SoTo": ["1"], "SoThua": ["2"]})
    elif name == "so.xls":
        path.write_text("<html><table><tr><td>Số tờ</td></tr></table></html>", encoding="utf-8")
    else:
        path.write_text(";".join(HEADING), encoding="utf-8")

    def bug(*_: object) -> None:
        raise error("a bug")

    monkeypatch.setattr("pipelines.registers." + ("dbf._fields" if name == "so.dbf" else "cells.frame"), bug)
    with pytest.raises(error, match="a bug"):
        grid.read(path, None)


@pytest.mark.parametrize("error", [TypeError, AttributeError, AssertionError])
def test_what_a_library_trips_over_is_a_broken_file(tmp_path: Path, monkeypatch, error: type[Exception]) -> None:
    def trip(*_: object, **__: object) -> None:
        raise error("'NoneType' object")

    monkeypatch.setattr("python_calamine.load_workbook", trip)
    monkeypatch.setattr("xlrd.open_workbook", trip)
    (tmp_path / "so.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000))
    for path in (workbook(tmp_path / "so.xlsx"), tmp_path / "so.xls"):
        with pytest.raises(ReadError):
            grid.read(path, None)


def test_lines_that_end_as_on_old_computers(tmp_path: Path) -> None:
    path = tmp_path / "so.csv"
    path.write_bytes("\r".join([";".join(HEADING), "1;2;3;ONT", "1;3;4;LUC"]).encode())
    assert read(path).rows["so_thu_tu_thua"].tolist() == ["2", "3"]
