"""The list of questions: two records beside each other, identity numbers masked, and what the officer answers."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from pipelines import sandbox
from pipelines.errors import ReadError
from pipelines.linkage.journal import DIFFERENT, SAME
from pipelines.linkage.run import Linked
from pipelines.registers import grid
from pipelines.sandbox import Limits

MOST_ROWS = 5000
"""More questions than this are not written out; the least likely wait for the next list."""

WORDS = {SAME: ("cùng một người", "same"), DIFFERENT: ("khác người", "different")}
"""What may be answered, Vietnamese and English."""

_WHY = {
    "number": "Trùng số giấy tờ nhưng họ tên, năm sinh hoặc giới tính khác / one number, other name, year or sex",
    "chain": "Nối sẽ mâu thuẫn với hồ sơ khác / would contradict a third record",
    "likely": "Có thể cùng một người / perhaps one person",
}
_KEY, _ANSWER = "Khóa / Key", "Trả lời / Answer"
_SIDE = (
    ("Họ tên / Name", "ho_ten", 26),
    ("Sinh / Born", "born", 12),
    ("Giới tính / Sex", "sex", 9),
    ("Số giấy tờ / Number", "masked", 18),
    ("Địa chỉ / Address", "dia_chi", 34),
    ("Vợ, chồng / Spouse", "spouse_name", 24),
    ("Xã / Commune", "ma_xa", 8),
)


@dataclass(frozen=True)
class Answers:
    """What a list says that was handed back.

    Attributes:
        given: `left`, `right` (record keys) and `answer`.
        problems: What cannot be used, one sentence per line, as (Vietnamese, English).
    """

    given: pd.DataFrame
    problems: list[tuple[str, str]]


def asked(linked: Linked) -> pd.Series:
    """Return the keys of the records that are in the list."""
    listed = linked.review.iloc[:MOST_ROWS]
    return linked.records.rows["key"].iloc[np.union1d(listed["left"], listed["right"])]


def write(linked: Linked, people: pd.DataFrame, path: Path) -> int:
    """Write the questions and return how many are left out.

    Args:
        linked: Result of the linkage.
        people: `born`, `sex` and `masked` (texts to show) by record key.
        path: The .xlsx file.
    """
    listed = linked.review.iloc[:MOST_ROWS]
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Cùng một người")
    sheet.freeze_panes = "A2"
    headings = ["STT / No.", "Lý do / Why", "Mức tin (bit) / Odds (bits)"]
    widths = [7, 34, 10]
    for side in "AB":
        headings += [f"{side}: {title}" for title, _, _ in _SIDE]
        widths += [width for _, _, width in _SIDE]
    headings += [_ANSWER, _KEY]
    widths += [16, 18]
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.column_dimensions[get_column_letter(len(widths))].hidden = True
    sheet.append([_heading(sheet, text) for text in headings])
    _add_choices(sheet, len(headings) - 1, len(listed))
    columns = [name for _, name, _ in _SIDE]
    rows = linked.records.rows.drop(columns=["sex", "ho_ten"])
    sides = [rows.iloc[listed[side]].join(people, on="key").reset_index(drop=True) for side in ("left", "right")]
    table = pd.concat(
        [
            pd.Series(range(1, len(listed) + 1), dtype=object),
            listed["why"].map(_WHY).reset_index(drop=True),
            listed["bits"].reset_index(drop=True),
            *(side[columns] for side in sides),
            pd.Series([None] * len(listed), dtype=object),
            sides[0]["key"] + "|" + sides[1]["key"],
        ],
        axis=1,
    ).astype(object)
    for row in table.where(table.notna(), None).to_numpy().tolist():
        sheet.append([_plain(sheet, value) for value in row])
    book.save(path)
    return len(linked.review) - len(listed)


def read(path: Path, limits: Limits | None = None) -> Answers:
    """Return the answers of a list that was handed back; lines without an answer say nothing.

    Raises:
        ReadError: The file cannot be read, or is no such list.
    """
    sheets: list[tuple[str, pd.DataFrame]] = sandbox.call(grid.read, path, "utf-8", limits=limits)
    tables = [table for _, cells in sheets if (table := _table(cells)) is not None]
    if not tables:
        raise ReadError(
            f"“{path.name}” không phải danh sách đối chiếu người: nộp lại review.xlsx, giữ nguyên cột và cột Khóa ẩn.",
            f"{path.name!r} is no list of people to compare: hand in review.xlsx with its columns and the hidden Key.",
        )
    rows = pd.concat(tables, ignore_index=True)
    rows = rows[rows["said"].notna()]
    known = {_folded(word): answer for answer, words in WORDS.items() for word in words}
    rows["answer"] = rows["said"].map(lambda said: known.get(_folded(said))).astype("string")
    parts = rows["key"].astype("string").str.extract(r"^(?P<left>[^|]+)\|(?P<right>[^|]+)$")
    rows = rows.assign(left=parts["left"], right=parts["right"])
    keyless, unknown = rows["left"].isna(), rows["answer"].isna()
    twice = rows.groupby("key")["answer"].transform("nunique").reindex(rows.index).fillna(0) > 1
    problems = []
    for where, vi, en in (
        (keyless, "mất khóa ở cột ẩn, chép lại dòng từ tệp gốc", "the hidden key is lost; take the line from the file"),
        (unknown & ~keyless, "chọn “cùng một người” hoặc “khác người”", "choose 'same' or 'different'"),
        (twice & ~keyless, "một cặp có hai câu trả lời khác nhau", "one pair has two different answers"),
    ):
        problems += [(f"Dòng {line}: {vi}.", f"Row {line}: {en}.") for line in rows.loc[where, "line"]]
    usable = rows[~(keyless | unknown | twice)].drop_duplicates("key")
    return Answers(usable[["left", "right", "answer"]].reset_index(drop=True), problems)


def _table(cells: pd.DataFrame) -> pd.DataFrame | None:
    """Return `key`, `said` and `line` of a sheet, None where it is not the list."""
    if cells.empty:
        return None
    heading = {text: place for place, text in cells.iloc[0].items() if isinstance(text, str)}
    if _KEY not in heading or _ANSWER not in heading:
        return None
    body = cells.iloc[1:]
    said = body[heading[_ANSWER]].astype("string").str.strip()
    return pd.DataFrame({"key": body[heading[_KEY]], "said": said.mask(said == ""), "line": range(2, len(body) + 2)})


def _add_choices(sheet: Any, place: int, rows: int) -> None:
    if rows:
        words = ",".join(vi for vi, _ in WORDS.values())
        choice = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True)
        letter = get_column_letter(place)
        choice.add(f"{letter}2:{letter}{rows + 1}")
        sheet.data_validations.append(choice)


def _heading(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", start_color="DCE6DC")
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    return cell


def _plain(sheet: Any, value: Any) -> Any:
    """Return a cell; a text that begins like a formula stays a text."""
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\ufffd", value))
    if value.startswith("="):
        cell.data_type = "s"
    return cell


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", str(text)).casefold().split())
