"""What an officer answers to findings: the fix list comes back with a status and a note for each line.

An answer changes no grade and no verdict; only data that were corrected and checked again do. It says what was looked
at, why a thing stays as it is, and takes it off the list of what to do.
"""

import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines import files, sandbox
from pipelines.errors import ReadError
from pipelines.registers import grid
from pipelines.sandbox import Limits

FIXED, KEPT, WRONG = "fixed", "kept", "wrong"
STATUSES = {
    "vi": {FIXED: "đã sửa", KEPT: "giữ nguyên", WRONG: "không phải lỗi"},
    "en": {FIXED: "fixed", KEPT: "kept as it is", WRONG: "not an error"},
}
SETTLED = (KEPT, WRONG)
"""Nothing is left to be done; both need a reason in the note."""

HEADINGS = {"key": ("Khóa", "Key"), "status": ("Trạng thái", "Status"), "note": ("Ghi chú", "Note")}
"""Headings in the fix list by which the columns are found again, Vietnamese and English."""

_SHOWN = {
    "code": ("Mã lỗi", "Code"),
    "sheet": ("Tờ", "Sheet"),
    "parcel": ("Thửa", "Parcel"),
    "value": ("Giá trị", "Value"),
}
"""Columns that say of a line what it is about, whatever key stands beside it."""

COLUMNS = ("key", "status", "note")
OF_COMMUNE = ":"
"""Stands in the list between the code of the commune and the key: communes have parcels of the same numbers."""

_SHEETS = ("danh sách sửa", "fix list")
_LONGEST = 10_000
_ROUNDED = 0.01
_TITLES = 10
"""Rows above the headings that somebody may have put there."""
_TOLD = 20
"""Lines with the same problem that are named one by one."""


@dataclass(frozen=True)
class Answers:
    """What a fix list says.

    Attributes:
        given: `key`, `status` (missing where it could not be read: the note counts all the same), `note`, one row per
            finding that was answered; `commune` where the key names one; `place`, and what the line is about (`code`,
            `sheet`, `parcel`, `value`) as far as the list still has these columns.
        problems: What cannot be used, one sentence per line, as (Vietnamese, English).
    """

    given: pd.DataFrame
    problems: list[tuple[str, str]]


def keys(told: pd.DataFrame) -> pd.Series:
    """Return a key per described finding, the same after a new delivery while the finding is the same.

    It is made of the code, the parcel by its numbers (the object, where there are none), the value and the detail: an
    answer holds for what the officer saw, and for nothing that changed since.
    """
    numbered = told["so_hieu_to_ban_do"].astype("string") + "/" + told["so_thu_tu_thua"].astype("string")
    place = numbered.fillna(told["feature_id"].astype("string"))
    value = told["value"].round(2).astype("string").fillna("")
    text = told["code"].astype("string") + "|" + place + "|" + value + "|" + told["detail"].astype("string").fillna("")
    hashed = pd.util.hash_array(text.fillna("").to_numpy(dtype=object), categorize=False)
    plain = pd.Series(hashed, index=told.index).map("{:016x}".format).astype("string")
    turn = plain.groupby(plain).cumcount()
    return plain.where(turn == 0, plain + "-" + turn.astype("string"))


def read(path: Path, limits: Limits | None = None, kept: pd.DataFrame | None = None) -> Answers:
    """Return the answers in a fix list that was handed back; both languages of the list count.

    Args:
        path: The workbook.
        limits: What reading it may take.
        kept: Answers that went out with the list: beside another answer, a line that repeats one says nothing.

    Raises:
        ReadError: The file cannot be read, or is no fix list.
    """
    sheets: list[tuple[str, pd.DataFrame]] = sandbox.call(grid.read, path, "utf-8", limits=limits)
    parts, problems = [], list[tuple[str, str]]()
    for name, cells in sheets:
        table = _table(name, cells)
        if table is not None:
            parts.append(table)
        elif _plain(name) in _SHEETS:
            problems.append(
                (
                    f"{name}: mất cột Khóa, Trạng thái hoặc Ghi chú, không đọc được trả lời ở đây.",
                    f"{name}: the column Key, Status or Note is gone, no answer here was read.",
                )
            )
    if not parts:
        raise ReadError(
            f"“{path.name}” không phải danh sách sửa: nộp lại tệp fix_list.xlsx, giữ nguyên các cột và cột Khóa ẩn.",
            f"{path.name!r} is no fix list: hand in fix_list.xlsx with its columns and the hidden column Key.",
        )
    every = pd.concat(parts, ignore_index=True)
    every = every[every["said"].notna() | every["note"].notna()].reset_index(drop=True)
    known = {_plain(word): status for words in STATUSES.values() for status, word in words.items()}
    every["status"] = every["said"].map(lambda said: known.get(_plain(said)), na_action="ignore").astype("string")
    if kept is not None:
        every = _without_repetitions(every, kept)
    lost, long = every["key"].isna(), every["note"].str.len().fillna(0) > _LONGEST
    unknown = every["status"].isna() & ~lost
    silent = every["status"].isin(SETTLED) & every["note"].isna() & ~lost
    twice = every.groupby(["commune", "key"], dropna=False)["status"].transform("nunique") > 1
    for where, vi, en in (
        (lost, "dòng này không có khóa, không biết trả lời cho lỗi nào", "the line has no key, so it answers nothing"),
        (long & ~lost, f"ghi chú dài hơn {_LONGEST} chữ", f"the note is longer than {_LONGEST} letters"),
        (unknown, "chọn một trạng thái có trong danh sách", "choose a status of the list"),
        (silent, "ghi lý do vào cột Ghi chú", "give the reason in the column Note"),
        (twice & ~unknown & ~silent & ~lost, "hai dòng trả lời khác nhau", "two lines give different answers"),
    ):
        problems += _by_line(every.loc[where, "place"], vi, en)
    every["status"] = every["status"].mask(silent | twice)
    usable = every[~(lost | long) & (every["status"].notna() | every["note"].notna())]
    # Lines that say the same of one finding are one answer, with all that was noted.
    one = usable.groupby(["commune", "key"], dropna=False, sort=False)
    notes = usable.drop_duplicates(["commune", "key", "note"]).dropna(subset="note")
    joined = notes.groupby(["commune", "key"], dropna=False)["note"].agg("\n".join).rename("note")
    given = one.first().drop(columns=["note", "said"]).join(joined).reset_index()
    return Answers(given.astype({name: "string" for name in ("commune", *COLUMNS)}), problems)


def _without_repetitions(every: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """Leave out lines as they went out, where the other language has something new for the same finding."""
    former = kept.set_index("key")
    same = pd.Series(True, index=every.index)
    for name in ("status", "note"):
        same &= every[name].fillna("") == every["key"].map(former[name].to_dict()).astype("string").fillna("")
    is_answered = (~same).groupby(every["key"]).transform("any").fillna(False).astype(bool)
    return every[~(same & is_answered)].reset_index(drop=True)


def about(read: Answers, told: pd.DataFrame, commune: str) -> Answers:
    """Return the answers that are about findings of a commune, each in the line that shows this finding.

    Args:
        read: What a fix list says.
        told: Described findings of the commune.
        commune: Its code.

    Raises:
        ReadError: The list is of another commune, or none of its lines is about a finding of this one.
    """
    given, problems = read.given, list(read.problems)
    foreign = (given["commune"] != commune).fillna(False).astype(bool)
    others = " ".join(sorted(given.loc[foreign, "commune"].unique()))
    here = told.assign(key=keys(told)).set_index("key")
    known = given["key"].isin(here.index)
    # A list of this commune may be about what was put right since; without the code nothing says whose it is.
    if len(given) and (foreign.all() or not (known | (given["commune"] == commune).fillna(False)).any()):
        whose = (f"của xã {others}", f"of commune {others}") if others else ("của xã khác", "of another commune")
        raise ReadError(
            f"Danh sách sửa này là {whose[0]}, không phải xã {commune}: nộp lại tệp {commune}/report/fix_list.xlsx.",
            f"This fix list is {whose[1]}, not {commune}: hand in {commune}/report/fix_list.xlsx.",
        )
    problems += _by_line(
        given.loc[foreign, "place"], f"dòng này của xã {others}, không phải {commune}", f"the line is not of {commune}"
    )
    gone = int((~known & ~foreign).sum())
    if gone:
        problems.append(
            (
                f"{gone} trả lời là về lỗi không còn (hoặc không có) ở xã {commune}, không được giữ.",
                f"{gone} answers are about findings that are not (any more) in commune {commune}; they are not kept.",
            )
        )
    given = given[known & ~foreign]
    moved = _is_elsewhere(given, here)
    problems += _by_line(
        given.loc[moved, "place"],
        "khóa ẩn của dòng này thuộc lỗi khác, hãy sắp xếp cả các cột ẩn, hoặc lấy lại danh sách mới",
        "the hidden key is that of another finding, sort the hidden columns too, or take a new list",
    )
    return Answers(given.loc[~moved, list(COLUMNS)].reset_index(drop=True), problems)


def _is_elsewhere(given: pd.DataFrame, here: pd.DataFrame) -> pd.Series:
    """Tell which lines show another code, parcel or measure than the finding that their key names."""
    finding = here.reindex(given["key"]).set_axis(given.index)
    elsewhere = pd.Series(False, index=given.index)
    columns = {"code": "code", "sheet": "so_hieu_to_ban_do", "parcel": "so_thu_tu_thua"}
    for shown, own in columns.items():
        if shown in given:
            ours = finding[own].astype("string").fillna("")
            elsewhere |= (given[shown].fillna("").map(_plain) != ours.map(_plain)).astype(bool)
    if "value" in given:
        said = pd.to_numeric(given["value"], errors="coerce").astype("float64")
        elsewhere |= (said - finding["value"].astype("float64")).abs() > _ROUNDED
    return elsewhere


def _by_line(places: pd.Series, vi: str, en: str) -> list[tuple[str, str]]:
    """Return a problem of each line, the last ones of very many as their number."""
    more = len(places) - _TOLD
    told = [(f"{place}: {vi}.", f"{place}: {en}.") for place in places.iloc[:_TOLD]]
    return [*told, (f"… và {more} dòng nữa: {vi}.", f"… and {more} lines more: {en}.")] if more > 0 else told


def merge(path: Path, given: pd.DataFrame) -> pd.DataFrame:
    """Add answers to those kept in a file, the new in place of the old; return all."""
    every = pd.concat([load(path), given], ignore_index=True)
    # An answer without a note does not wipe out the former note, nor a note without a status the former status.
    every[["status", "note"]] = every.groupby("key")[["status", "note"]].ffill()
    every = every.drop_duplicates("key", keep="last")
    records = json.loads(every.to_json(orient="records", force_ascii=False))
    files.write_text(path, json.dumps(records, ensure_ascii=False, indent=1))
    return every.reset_index(drop=True)


def load(path: Path) -> pd.DataFrame:
    """Return the answers kept in a file; none where there is no file."""
    try:
        records = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise ValueError("no list of answers")
        every = pd.DataFrame(records, columns=list(COLUMNS)).astype("string")
        if every["key"].isna().any():
            raise ValueError("an answer to nothing")
        return every
    except ValueError as error:
        raise ReadError(
            f"Tệp trả lời {path} hỏng: khôi phục từ bản sao lưu, hoặc xóa nó đi và nộp lại danh sách sửa.",
            f"The file of answers {path} is damaged: restore it, or remove it and hand the fix list in again.",
        ) from error


def applied(told: pd.DataFrame, given: pd.DataFrame) -> Any:
    """Return described findings with `key`, and `status` and `note` where they were answered."""
    known = given.set_index("key")
    key = keys(told)
    said = {name: key.map(known[name].to_dict()).astype("string") for name in ("status", "note")}
    return told.assign(key=key, **said)


def counted(told: pd.DataFrame) -> dict[str, int]:
    """Return how many findings were answered, by status."""
    counts = told["status"].value_counts() if "status" in told else pd.Series(dtype=int)
    return {status: int(counts.get(status, 0)) for status in (FIXED, KEPT, WRONG)}


def _table(name: str, cells: pd.DataFrame) -> pd.DataFrame | None:
    """Return what the lines of a sheet say, None where it is not one of the list."""
    if cells.empty:
        return None
    begins = next((at for at in range(min(len(cells), _TITLES)) if _is_heading(cells.iloc[at])), None)
    if begins is None:
        return None
    cells = cells.iloc[begins:]
    heading = cells.iloc[0].map(_plain, na_action="ignore")
    rows = pd.DataFrame(index=cells.index[1:])
    for column, words in (HEADINGS | _SHOWN).items():
        places = heading.index[heading.isin([_plain(word) for word in words])]
        if len(places) == 1:
            rows[column] = cells.iloc[1:][places[0]].astype("string").str.strip().replace("", pd.NA)
        elif column in HEADINGS:
            return None
    rows = rows.rename(columns={"status": "said"})
    rows[["commune", "key"]] = rows["key"].str.extract(rf"^(?:([0-9A-Z]{{5}}){OF_COMMUNE})?(.+)$").astype("string")
    rows["place"] = [f"{name}, dòng / row {number}" for number in range(begins + 2, begins + len(rows) + 2)]
    return rows


def _is_heading(cells: pd.Series) -> bool:
    said = set(cells.dropna().map(_plain))
    return all(said & {_plain(word) for word in words} for words in HEADINGS.values())


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", str(text)).casefold().split()).rstrip(" .")
