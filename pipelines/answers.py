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

from pipelines import sandbox
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

COLUMNS = ("key", "status", "note")
_SHEETS = ("danh sách sửa", "fix list")
_LONGEST = 10_000
_TITLES = 10
"""Rows above the headings that somebody may have put there."""


@dataclass(frozen=True)
class Answers:
    """What a fix list says.

    Attributes:
        given: `key`, `status`, `note`, one row per finding that was answered.
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


def read(path: Path, limits: Limits | None = None) -> Answers:
    """Return the answers in a fix list that was handed back; both languages of the list count.

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
    has_reason = every["note"].notna()
    lost = every["key"].isna()
    unknown, silent = every["status"].isna() & ~lost, every["status"].isin(SETTLED) & ~has_reason & ~lost
    twice = every[~unknown].groupby("key")["status"].transform("nunique").reindex(every.index).fillna(1) > 1
    long = every["note"].str.len().fillna(0) > _LONGEST
    for where, vi, en in (
        (lost, "dòng này không có khóa, không biết trả lời cho lỗi nào", "the line has no key, so it answers nothing"),
        (long & ~lost, f"ghi chú dài hơn {_LONGEST} chữ", f"the note is longer than {_LONGEST} letters"),
        (unknown, "chọn một trạng thái có trong danh sách", "choose a status of the list"),
        (silent & ~unknown, "ghi lý do vào cột Ghi chú", "give the reason in the column Note"),
        (twice & ~unknown & ~silent, "hai dòng trả lời khác nhau", "two lines give different answers"),
    ):
        problems += [(f"{place}: {vi}.", f"{place}: {en}.") for place in every.loc[where, "place"]]
    usable = every[~(lost | long | unknown | silent | twice)]
    # Lines that say the same of one finding are one answer, with all that was noted.
    notes = usable.dropna(subset="note").drop_duplicates(["key", "note"]).groupby("key")["note"].agg("\n".join)
    usable = usable.drop_duplicates("key")
    usable = usable.assign(note=usable["key"].map(notes).astype("string"))
    return Answers(usable.sort_index()[list(COLUMNS)].reset_index(drop=True), problems)


def merge(path: Path, given: pd.DataFrame) -> pd.DataFrame:
    """Add answers to those kept in a file, the new in place of the old; return all."""
    every = pd.concat([load(path), given], ignore_index=True)
    every["note"] = every.groupby("key")["note"].ffill()  # an answer without a note does not wipe out the former note
    every = every.drop_duplicates("key", keep="last")
    records = json.loads(every.to_json(orient="records", force_ascii=False))
    partial = path.with_name(f".{path.name}.new")
    partial.write_text(json.dumps(records, ensure_ascii=False, indent=1), encoding="utf-8")
    partial.replace(path)
    return every.reset_index(drop=True)


def load(path: Path) -> pd.DataFrame:
    """Return the answers kept in a file; none where there is no file."""
    try:
        records = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        return pd.DataFrame(records, columns=list(COLUMNS)).astype("string")
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
    """Return `key`, `said`, `note`, `place` of a sheet, None where it is not one of the list."""
    if cells.empty:
        return None
    begins = next((at for at in range(min(len(cells), _TITLES)) if _is_heading(cells.iloc[at])), None)
    if begins is None:
        return None
    cells = cells.iloc[begins:]
    heading = cells.iloc[0].map(_plain, na_action="ignore")
    found = {}
    for column, words in HEADINGS.items():
        places = heading.index[heading.isin([_plain(word) for word in words])]
        if len(places) != 1:
            return None
        found[column] = cells.iloc[1:][places[0]].astype("string").str.strip().replace("", pd.NA)
    rows = pd.DataFrame({"key": found["key"], "said": found["status"], "note": found["note"]})
    rows["place"] = [f"{name}, dòng / row {number}" for number in range(begins + 2, begins + len(rows) + 2)]
    return rows


def _is_heading(cells: pd.Series) -> bool:
    said = set(cells.dropna().map(_plain))
    return all(said & {_plain(word) for word in words} for words in HEADINGS.values())


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", str(text)).casefold().split()).rstrip(" .")
