"""Files as grids of texts: every cell a string or missing, rows and columns as in the file, no heading yet."""

import csv
import datetime
import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.errors import ReadError
from pipelines.text import decode

_MERGE = re.compile(rb'<mergeCell[^>]*\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_DELIMITERS = (";", ",", "\t", "|")
_SAMPLE_LINES = 50

MAX_CELLS = 100_000_000
"""A million rows of a hundred columns; a stray cell in the last corner of a sheet would ask for all memory."""


def read(path: Path, encoding: str, sheet: str | None = None) -> list[tuple[str, pd.DataFrame]]:
    """Return (sheet name, grid) for every sheet of a file whose name matches.

    Args:
        path: XLSX, XLS, CSV, TXT or DBF.
        encoding: Encoding of 8-bit text, also of texts in spreadsheets set in old fonts.
        sheet: Pattern of sheet names; None takes every sheet.

    Raises:
        ReadError: The file is not what its name says.
    """
    suffix = path.suffix.lower()
    try:
        if suffix in (".xlsx", ".xlsm"):
            grids = _xlsx(path)
        elif suffix == ".xls":
            grids = _xls(path)
        elif suffix == ".dbf":
            grids = [(path.stem, _dbf(path))]
        else:
            grids = [(path.stem, _csv(path, encoding))]
    except _broken() as error:
        raise _unreadable(path) from error
    wanted = [(name, grid) for name, grid in grids if sheet is None or re.search(sheet, name)]
    is_unicode = suffix in (".xlsx", ".xlsm", ".xls") or (suffix != ".dbf" and encoding == "utf-8")
    return [(name, _decoded(grid, encoding, raw=not is_unicode)) for name, grid in wanted]


def peek(path: Path) -> tuple[list[tuple[str, pd.DataFrame]], bool]:
    """Return (sheet name, grid) for every sheet of a file, undecoded, and whether its texts are bytes as latin-1.

    Raises:
        ReadError: The file is not what its name says.
    """
    suffix = path.suffix.lower()
    try:
        if suffix in (".xlsx", ".xlsm", ".xls"):
            return (_xlsx(path) if suffix != ".xls" else _xls(path)), False
        return [(path.stem, _dbf(path) if suffix == ".dbf" else _csv(path, "latin-1"))], True
    except _broken() as error:
        raise _unreadable(path) from error


def texts(path: Path) -> tuple[list[str], bool]:
    """Return every text of a register that `read` has opened before, undecoded, and whether it is bytes as latin-1."""
    suffix = path.suffix.lower()
    if suffix in (".xlsx", ".xlsm", ".xls"):
        grids = _xlsx(path) if suffix != ".xls" else _xls(path)
        return [cell for _, grid in grids for cell in grid.to_numpy(dtype=object).ravel() if cell], False
    grid = _dbf(path) if suffix == ".dbf" else _csv(path, "latin-1")
    return [cell for cell in grid.to_numpy(dtype=object).ravel() if cell], True


def _broken() -> tuple[type[Exception], ...]:
    from openpyxl.utils.exceptions import InvalidFileException
    from pyogrio.errors import DataSourceError
    from xlrd import XLRDError
    from xlrd.compdoc import CompDocError

    return (
        OSError,
        ValueError,
        KeyError,
        IndexError,
        SyntaxError,
        AttributeError,
        TypeError,
        AssertionError,
        struct.error,
        csv.Error,
        zipfile.BadZipFile,
        zlib.error,
        InvalidFileException,
        DataSourceError,
        XLRDError,
        CompDocError,
    )


def _unreadable(path: Path) -> ReadError:
    return ReadError(
        f"Không đọc được sổ {path.name}: mở bằng phần mềm gốc rồi lưu lại thành XLSX, CSV hoặc DBF.",
        f"The register {path.name} cannot be read: open it in its own program and save it as XLSX, CSV or DBF.",
    )


def _xlsx(path: Path) -> list[tuple[str, pd.DataFrame]]:
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    grids = []
    with zipfile.ZipFile(path) as archive:
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # Some programs write a dimension that is too small.
            grid = _frame(sheet.iter_rows(values_only=True))
            # Read-only mode does not tell merged cells; the list stands at the end of the sheet's XML.
            ranges = _MERGE.findall(archive.read(sheet._worksheet_path))
            grids.append((str(sheet.title), _merged(grid, [_corners(item) for item in ranges])))
    book.close()
    return grids


def _corners(item: tuple[bytes, bytes, bytes, bytes]) -> tuple[int, int, int, int]:
    left, top, right, bottom = item
    return int(top) - 1, int(bottom) - 1, column_number(left.decode()), column_number(right.decode())


def column_number(letters: str) -> int:
    """Return the position of a spreadsheet column, from 0.

    >>> column_number("A"), column_number("AX")
    (0, 49)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _xls(path: Path) -> list[tuple[str, pd.DataFrame]]:
    import xlrd

    book = xlrd.open_workbook(path)
    grids = []
    for sheet in book.sheets():
        rows = ([_xls_value(cell, book.datemode) for cell in sheet.row(number)] for number in range(sheet.nrows))
        corners = [(top, bottom - 1, left, right - 1) for top, bottom, left, right in sheet.merged_cells]
        grids.append((str(sheet.name), _merged(_frame(rows), corners)))
    return grids


def _xls_value(cell: Any, datemode: int) -> Any:
    import xlrd

    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR):
        return None
    return xlrd.xldate_as_datetime(cell.value, datemode) if cell.ctype == xlrd.XL_CELL_DATE else cell.value


def _dbf(path: Path) -> pd.DataFrame:
    """Return a DBF with its field names as first row; bytes are kept by reading them as latin-1."""
    from pyogrio import read_dataframe

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is odd in a file becomes a finding, not a warning
        table = read_dataframe(path, encoding="ISO-8859-1", read_geometry=False)
    values = table.astype("object").where(table.notna(), None)
    return _frame([list(values.columns), *values.to_numpy().tolist()])


def _csv(path: Path, encoding: str) -> pd.DataFrame:
    content = path.read_bytes()
    if b"\x00" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise csv.Error("binary")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", errors="replace")
    elif encoding == "utf-8":
        text = content.decode("utf-8-sig", errors="replace")
    else:
        text = content.decode("latin-1")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    return _frame(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text)))


def delimiter(text: str) -> str:
    """Return the delimiter that splits most of the first lines into the same number of cells."""
    lines = [line for line in text.split("\n")[:_SAMPLE_LINES] if line.strip()]

    def score(mark: str) -> tuple[int, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=mark)]
        usual = max(set(counts), key=counts.count, default=1)
        return (counts.count(usual) if usual > 1 else 0), usual

    return max(_DELIMITERS, key=score)


def _frame(rows: Iterable[Iterable[Any]]) -> pd.DataFrame:
    """Return rows of unequal length as a grid of texts."""
    texts = [[_cell(value) for value in row] for row in rows]
    width = max((len(row) for row in texts), default=0)
    if width * len(texts) > MAX_CELLS:
        raise ValueError("one cell far away makes the sheet too large")
    grid = np.full((len(texts), width), None, dtype=object)
    for number, row in enumerate(texts):
        grid[number, : len(row)] = row
    return pd.DataFrame(grid, dtype=object)


def _cell(value: Any) -> str | None:
    """Return a cell as text: whole numbers without a decimal point, dates as yyyy-mm-dd, blanks as None."""
    if value is None or value != value:
        return None
    if isinstance(value, datetime.datetime | datetime.date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))
    text = str(value)
    return text if text.strip() else None


def _merged(grid: pd.DataFrame, corners: list[tuple[int, int, int, int]]) -> pd.DataFrame:
    """Return the grid with the value of each merged block in all rows of its first column.

    A block over several rows is one value for several records; a block over several columns is a title.
    """
    values = grid.to_numpy(dtype=object, copy=True)
    for top, bottom, left, _ in corners:
        if bottom > top and bottom < values.shape[0] and left < values.shape[1]:
            values[top : bottom + 1, left] = values[top, left]
    return pd.DataFrame(values, dtype=object)


def _decoded(grid: pd.DataFrame, encoding: str, *, raw: bool) -> pd.DataFrame:
    if raw is False and encoding == "utf-8":
        return grid
    flat = decode(grid.to_numpy(dtype=object).ravel().tolist(), encoding, raw=raw)
    return pd.DataFrame(np.array(flat, dtype=object).reshape(grid.shape), dtype=object)
