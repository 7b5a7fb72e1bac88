"""The officer's fix list: a workbook to work through, bounded in size."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties

from pipelines.answers import HEADINGS, STATUSES

ROWS_PER_CODE = 1000
"""More findings of one code than this end in one line with their number: nobody works through them by hand."""

_COLUMNS = (
    ("STT", "No.", 6),
    ("Mức độ", "Severity", 11),
    ("Mã lỗi", "Code", 28),
    ("Tờ", "Sheet", 8),
    ("Thửa", "Parcel", 8),
    ("Nội dung", "Problem", 60),
    ("Giá trị", "Value", 11),
    ("Giới hạn", "Limit", 11),
    ("Cách xử lý", "What to do", 60),
    ("X (Bắc, m)", "X (north, m)", 14),
    ("Y (Đông, m)", "Y (east, m)", 14),
    (*HEADINGS["status"], 15),
    (*HEADINGS["note"], 40),
    (*HEADINGS["key"], 18),
)
_NEIGHBOUR = ("Với xã", "With commune", 26)
"""Only in lists that hold findings between communes: it comes last, so that the other columns stay where they are."""
_SHEETS = {"vi": "Danh sách sửa", "en": "Fix list", "totals": "Tổng hợp"}
_TOTALS = ("Mức độ", "Mã lỗi", "Tên", "Title", "Số lượng", "Căn cứ")
_TOTALS_WIDTHS = (11, 28, 40, 40, 11, 50)
_MORE = {
    "vi": "… và {count} phát hiện nữa cùng loại; xem đủ trong tệp GeoPackage.",
    "en": "… and {count} more of the same kind; the GeoPackage file has them all.",
}
_A4 = 9
"""Number of the paper size in OOXML."""
_TOP = Alignment(wrap_text=True, vertical="top")
_FILLS = {"error": "F6D5D6", "warning": "FBE6D2", "info": "E3EAF2"}


def write(
    told: pd.DataFrame, path: Path, severity_names: dict[str, dict[str, str]], catalogue: dict[str, dict[str, Any]]
) -> None:
    """Write the workbook.

    Args:
        told: Described findings with `x` (northing), `y` (easting) and `key`, in the order in which to work; `status`
            and `note` where they were answered before.
        path: The .xlsx file.
        severity_names: Language to severity to word.
        catalogue: Catalogue of findings, for the totals.
    """
    listed, left_out = bounded(told)
    book = Workbook(write_only=True)
    columns = (*_COLUMNS, *([_NEIGHBOUR] if "neighbour" in told else []))
    widths = tuple(width for _, _, width in columns)
    for place, language in enumerate(("vi", "en")):
        headers = [str(column[place]) for column in columns]
        sheet = _sheet(book, _SHEETS[language], headers, widths, len(listed) + len(left_out))
        _add_choices(sheet, language, headers, len(listed))
        for row in _rows(listed, left_out, severity_names[language], language):
            sheet.append(_cells(sheet, row))
    _write_totals(book, told, severity_names["vi"], catalogue)
    book.save(path)


def bounded(told: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the findings to list, and per code (`code`, `severity`, `count`) how many are left out."""
    place = told.groupby("code").cumcount()
    beyond = told[place >= ROWS_PER_CODE]
    left_out = beyond.groupby(["code", "severity"], as_index=False).size().rename(columns={"size": "count"})
    return told[place < ROWS_PER_CODE], left_out


def _rows(
    listed: pd.DataFrame, left_out: pd.DataFrame, names: dict[str, str], language: str
) -> Iterator[tuple[str, list[Any]]]:
    message, remedy = f"message_{language}", f"remedy_{language}"
    columns = [
        "code",
        "so_hieu_to_ban_do",
        "so_thu_tu_thua",
        message,
        "value",
        "limit",
        remedy,
        "x",
        "y",
        "status",
        "note",
        "key",
        *(["neighbour"] if "neighbour" in listed else []),
    ]
    listed = listed.reindex(columns=[*listed.columns, *({"status", "note"} - set(listed.columns))])
    listed = listed.assign(status=listed["status"].map(STATUSES[language]))
    plain = listed[columns].astype(object).where(listed[columns].notna(), None)
    for number, severity, values in zip(
        range(1, len(listed) + 1), listed["severity"], plain.to_numpy().tolist(), strict=True
    ):
        yield severity, [number, names[severity], *values]
    for code, severity, count in zip(left_out["code"], left_out["severity"], left_out["count"], strict=True):
        more = _MORE[language].format(count=count)
        yield severity, [None, names[severity], code, None, None, more, *[None] * (len(columns) - 4)]


def _add_choices(sheet: Any, language: str, headers: Sequence[str], rows: int) -> None:
    """Let the officer choose a status."""
    words = STATUSES[language].values()
    place = next(at for at, header in enumerate(headers, start=1) if header in HEADINGS["status"])
    if rows:
        choice = DataValidation(type="list", formula1=f'"{",".join(words)}"', allow_blank=True)
        choice.add(f"{get_column_letter(place)}2:{get_column_letter(place)}{rows + 1}")
        sheet.data_validations.append(choice)


def _write_totals(
    book: Workbook, told: pd.DataFrame, names: dict[str, str], catalogue: dict[str, dict[str, Any]]
) -> None:
    counts = told.groupby(["severity", "code"], as_index=False, sort=False).size()
    sheet = _sheet(book, _SHEETS["totals"], _TOTALS, _TOTALS_WIDTHS, len(counts))
    for severity, code, count in zip(counts["severity"], counts["code"], counts["size"], strict=True):
        entry = catalogue[code]
        row = [names[severity], code, entry["title_vi"], entry["title_en"], count, entry.get("legal_ref") or None]
        sheet.append(_cells(sheet, (severity, row)))


def _sheet(book: Workbook, title: str, headers: Sequence[str], widths: tuple[int, ...], rows: int) -> Any:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", _A4
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToHeight = 0
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    for place, header in enumerate(headers, start=1):
        # The key finds a line again when the list comes back; nobody reads it.
        sheet.column_dimensions[get_column_letter(place)].hidden = header in HEADINGS["key"]
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(headers))}{rows + 1}"
    cells = []
    for header in headers:
        cell = WriteOnlyCell(sheet, header)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", start_color="DCE6DC")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        cells.append(cell)
    sheet.append(cells)
    return sheet


def _cells(sheet: Any, row: tuple[str, list[Any]]) -> list[Any]:
    """Return the row with the severity cell coloured. A text that begins like a formula stays a text."""
    severity, values = row
    cells = [_plain(sheet, value) for value in values]
    place = values.index(next(value for value in values if isinstance(value, str)))
    coloured = WriteOnlyCell(sheet, values[place])
    coloured.fill = PatternFill("solid", start_color=_FILLS[severity])
    coloured.alignment = _TOP
    cells[place] = coloured
    return cells


def _plain(sheet: Any, value: Any) -> Any:
    """Return a cell: sentences wrapped, measures with two to four decimals, formulas as text."""
    if isinstance(value, float):
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = "#,##0.00##"
        cell.alignment = _TOP
        return cell
    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("�", value)
    cell = WriteOnlyCell(sheet, text)
    cell.alignment = _TOP
    if text.startswith("="):
        cell.data_type = "s"
    return cell
