"""Workbooks (XLSX, XLSM, XLSB, ODS, XLS) as grids, after a look at how large they would become."""

import contextlib
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.registers import cells

type Sheet = tuple[str, pd.DataFrame]

MAX_UNPACKED_BYTES = 3 * 1024**3
_CHUNK_BYTES = 1 << 22
_MAX_RATIO = 400
_RATIO_FROM_BYTES = 64 * 1024**2
_DEFLATE_LIMIT = 1040
_REFERENCE = re.compile(rb'\br="([A-Z]*)(\d+)"')
_LONGEST_REFERENCE, _USUAL_LENGTH = 32, 7
_QUOTE, _EQUALS, _R, _A, _Z = b'"=rAZ'
_MOST_ROWS, _MOST_COLUMNS = 1 << 20, 1 << 14
_OLD_BIFF = 80
_PROLOG_BYTES = 4096
_TRIPPED = (AssertionError, AttributeError, NameError, TypeError)
"""What libraries raise where they expect a file to be whole."""


def modern(path: Path) -> list[Sheet]:
    """Return every sheet of a workbook that is a zip archive, hidden ones too.

    Values of formulas are those last computed. Merged blocks are spread over their rows.

    Raises:
        ValueError: The workbook would become too large.
    """
    import python_calamine

    check(path)
    grids = []
    with path.open("rb") as stream, contextlib.ExitStack() as opened:
        with of_library():
            book = opened.enter_context(python_calamine.load_workbook(stream))
            kinds = {item.name: item.typ for item in book.sheets_metadata}
        for name in book.sheet_names:
            if kinds[name] != python_calamine.SheetTypeEnum.WorkSheet:
                continue  # A chart or a macro sheet holds no cells of its own.
            with of_library():
                sheet = book.get_sheet_by_name(name)
                values, ranges = sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges or ()
            blocks = [(top, bottom, left, right) for (top, left), (bottom, right) in ranges]
            grids.append((str(name), cells.merged(cells.frame(values), blocks)))
    return grids


def old(path: Path, *, raw: bool) -> tuple[list[Sheet], bool]:
    """Return every sheet of an XLS file, and whether its texts are bytes as latin-1.

    Args:
        path: BIFF5 or BIFF8, with or without the container around it.
        raw: Keep the bytes of a file of Excel 5 or 95 instead of trusting its code page: old Vietnamese fonts were
            set under any.
    """
    content = path.read_bytes()
    book = _open(content, None)
    is_raw = raw and book.biff_version < _OLD_BIFF
    if is_raw:
        book = _open(content, "latin-1")
    grids = []
    for sheet in book.sheets():
        cells.check_size(sheet.nrows, sheet.ncols)
        rows = ([_old_value(cell, book.datemode) for cell in sheet.row(number)] for number in range(sheet.nrows))
        blocks = [(top, bottom - 1, left, right - 1) for top, bottom, left, right in sheet.merged_cells]
        grids.append((str(sheet.name), cells.merged(cells.frame(rows), blocks)))
    xlrd_book: Any = book
    xlrd_book.release_resources()
    return grids, is_raw


@contextlib.contextmanager
def of_library() -> Iterator[None]:
    """Turn what a library trips over in a broken file into an error about the file.

    Around calls of a library alone: the same errors in our own lines are bugs. A panic is caught by no
    `except Exception`.
    """
    try:
        yield
    except BaseException as error:
        if isinstance(error, _TRIPPED) or type(error).__name__ == "PanicException":
            raise ValueError(f"the library that reads workbooks gave up: {error}") from error
        raise


def check(path: Path) -> None:
    """Refuse a workbook that unpacks to an absurd size or spans an absurd area.

    Raises:
        ValueError: It does.
        zipfile.BadZipFile: It is no zip archive.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        total = sum(member.file_size for member in members)
        packed = max(sum(member.compress_size for member in members), 1)
        if total > MAX_UNPACKED_BYTES or (total > _RATIO_FROM_BYTES and total / packed > _MAX_RATIO):
            raise ValueError("the workbook unpacks to an absurd size")
        # The sizes a bomb declares may lie; what it can become at most does not.
        if packed * _DEFLATE_LIMIT > MAX_UNPACKED_BYTES:
            for member in members:
                if sum(map(len, _chunks(archive, member.filename))) > member.file_size:
                    raise ValueError("a part of the workbook is larger than it says")
        for member in members:
            name = member.filename.lower()
            if name.endswith(".xml") and b"<!DOCTYPE" in archive.open(member).read(_PROLOG_BYTES):
                # ECMA-376 forbids them in every part; a reader that skips one would show an empty sheet.
                raise ValueError("a part of the workbook declares entities")
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                _check_extent(archive, member.filename)
            elif name == "content.xml":
                _check_repeats(io.BytesIO(archive.read(member.filename)))


def _open(content: bytes, encoding: str | None) -> Any:
    import xlrd

    log: Any = io.StringIO()  # what is odd in a file is told by a finding, not on the screen
    with of_library():
        return xlrd.open_workbook(file_contents=content, encoding_override=encoding, logfile=log, formatting_info=False)


def _old_value(cell: Any, datemode: int) -> Any:
    import xlrd

    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR):
        return None
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype != xlrd.XL_CELL_DATE:
        return cell.value
    try:
        return xlrd.xldate_as_datetime(cell.value, datemode)
    except (OverflowError, ValueError):
        return cell.value  # A number in the format of a date, but no day: it is judged as what it is.


def _chunks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


def _check_extent(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse a sheet whose cells span an absurd area; the dimension it declares may lie.

    A quick look first, which finds no far cell in nearly every sheet; only then are all of them looked at.
    """
    if not any(_is_far(chunk) for chunk in _overlapping(archive, name)):
        return
    rows = columns = 0
    for chunk in _overlapping(archive, name):
        for letters, digits in _REFERENCE.findall(chunk):
            rows = max(rows, int(digits))
            columns = max(columns, cells.column_number(letters.decode()) + 1)
    if rows > _MOST_ROWS or columns > _MOST_COLUMNS:
        raise ValueError("a cell lies beyond the last one of a sheet")
    cells.check_size(rows, columns)


def _is_far(chunk: bytes) -> bool:
    """Return whether a reference is as long as none within 702 columns and 99,999 rows, or 26 columns and 999,999."""
    letters = np.frombuffer(chunk, dtype=np.uint8)
    quotes = np.flatnonzero(letters == _QUOTE)
    opens, closes = quotes[:-1], quotes[1:]
    is_reference = (opens > 1) & (letters[opens - 1] == _EQUALS) & (letters[opens - 2] == _R)
    opens, closes = opens[is_reference], closes[is_reference]
    third = letters[np.minimum(opens + 3, len(letters) - 1)]
    is_wide = (third >= _A) & (third <= _Z) & (closes - opens > 3)
    return bool((is_wide | (closes - opens > _USUAL_LENGTH + 1)).any())


def _overlapping(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Return the chunks of a member, each with the end of the one before it, so that no reference is cut in two."""
    tail = b""
    for chunk in _chunks(archive, name):
        yield tail + chunk
        tail = chunk[-_LONGEST_REFERENCE:]


def _check_repeats(content: io.BytesIO) -> None:
    """Refuse an OpenDocument sheet that repeats filled cells beyond measure; empty ones are repeated to the end."""
    from lxml import etree

    parser: Any = etree.iterparse(content, events=("end",), resolve_entities=False, no_network=True)
    width = height = 0
    for _, element in parser:
        tag = etree.QName(element).localname
        if tag == "table-cell" and (len(element) or (element.text or "").strip()):
            width += _repeat(element, "columns")
        elif tag == "table-row":
            if width:
                height += _repeat(element, "rows")
                cells.check_size(height, max(width, 1))
            width = 0
            element.clear()


def _repeat(element: Any, what: str) -> int:
    value = next((text for name, text in element.attrib.items() if name.endswith(f"number-{what}-repeated")), "1")
    return int(value)
