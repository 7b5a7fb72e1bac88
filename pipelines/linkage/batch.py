"""Identity numbers to be checked against the population database: the file that goes out, and its answer.

The outgoing file is the only place where numbers stand in clear. Of what comes back only the result is kept.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines import identifiers, sandbox
from pipelines import store as land
from pipelines.errors import ReadError, Refusal
from pipelines.identifiers import CITIZEN
from pipelines.linkage.journal import MATCH, NO_MATCH, VERIFIED
from pipelines.registers import grid
from pipelines.sandbox import Limits
from pipelines.store.tables import HOLDERS
from pipelines.text import fold
from pipelines.vault import Vault, mask

COLUMNS = ("STT", "Họ tên", "Ngày sinh", "Giới tính", "Số định danh", "Mã đối chiếu", "Kết quả", "Số định danh đúng")
"""Columns of the file; the last two are filled in by the office that has the population database."""

_NO, _NAME, _BORN, _SEX, _NUMBER, _REFERENCE, _RESULT, _CORRECTED = COLUMNS
TABLE = "xac_thuc_da_gui"

_RESULTS = {"khop": MATCH, "match": MATCH, "khong khop": NO_MATCH, "no match": NO_MATCH}
_SIGNS = 20
_MOST_TOLD = 5


@dataclass(frozen=True)
class Batch:
    """A file for verification.

    Attributes:
        rows: The columns of the file.
        issued: `reference`, `key` (record), `number` (keyed hash) and `seal` (keyed hash of what the row says), by
            which an answer is recognised.
    """

    rows: pd.DataFrame
    issued: pd.DataFrame


def build(people: pd.DataFrame, numbers: pd.DataFrame, vault: Vault) -> Batch:
    """Return the file for identity numbers, ordered by record.

    Args:
        people: `ho_ten`, `born` and `sex` (texts to show), by record key.
        numbers: `key`, `clear` and `number` (its keyed hash).
        vault: The key.
    """
    known = numbers.drop_duplicates(["key", "number"]).sort_values(["key", "number"], ignore_index=True)
    told = people.reindex(known["key"]).reset_index(drop=True)
    rows = pd.DataFrame(
        {
            _NO: range(1, len(known) + 1),
            # A spreadsheet would compute what begins like a formula.
            _NAME: told["ho_ten"].str.replace(r"^[=+\-@\s]+", "", regex=True),
            _BORN: told["born"],
            _SEX: told["sex"],
            _NUMBER: known["clear"],
            _REFERENCE: "dc-" + vault.fingerprint(known["key"] + "|" + known["number"]).str[:_SIGNS],
            _RESULT: "",
            _CORRECTED: "",
        }
    ).fillna("")
    issued = pd.DataFrame(
        {"reference": rows[_REFERENCE], "key": known["key"], "number": known["number"], "seal": _seals(rows, vault)}
    ).astype("string")
    return Batch(rows, issued)


def read(path: Path, limits: Limits | None = None) -> pd.DataFrame:
    """Return the columns of an answered file as texts.

    Raises:
        ReadError: The file cannot be read, or lacks a column.
    """
    sheets: list[tuple[str, pd.DataFrame]] = sandbox.call(grid.read, path, "utf-8", limits=limits)
    for _, cells in sheets:
        if cells.empty:
            continue
        heading = cells.iloc[0].map(fold, na_action="ignore")
        places = {name: heading.index[heading == fold(name)] for name in COLUMNS}
        if all(len(found) for found in places.values()):
            body = cells.iloc[1:]
            columns = {name: body[found[0]].astype("string").str.strip().fillna("") for name, found in places.items()}
            table = pd.DataFrame(columns)
            return table[(table != "").any(axis=1)].reset_index(drop=True)
    raise ReadError(
        f"“{path.name}” không phải kết quả xác thực: cần đủ các cột {', '.join(COLUMNS)} ở dòng đầu.",
        f"{path.name!r} is no answer to a verification file: its first row needs the columns {', '.join(COLUMNS)}.",
    )


def keep(store: land.Store, issued: pd.DataFrame) -> None:
    """Keep what was written out, inside the caller's transaction; what was written before is there already.

    Args:
        store: The land database, open for writing.
        issued: See `Batch`.
    """
    rows = issued.rename(columns={"key": "record_key", "number": "number_hash"}).drop_duplicates(["reference", "seal"])
    known = sent(store)[["reference", "seal"]]
    is_new = rows[["reference", "seal"]].merge(known, how="left", indicator=True)["_merge"] == "left_only"
    store.insert_plain(TABLE, rows[is_new.to_numpy()], HOLDERS)


def sent(store: land.Store) -> pd.DataFrame:
    """Return `reference`, `seal`, `key` and `number` of every row that was ever written out.

    Raises:
        StoreError: The holder tables are gone, or may not be read.
    """
    with store.holders():
        return store.frame(
            f"SELECT reference, seal, record_key AS key, number_hash AS number FROM {HOLDERS}.{TABLE}"
        ).astype("string")


def results(table: pd.DataFrame, issued: pd.DataFrame, vault: Vault) -> pd.DataFrame:
    """Return the results as rows for the journal; rows without a result are not answered yet.

    Args:
        table: The answered file, see `read`.
        issued: What was ever written out, see `sent`.
        vault: The key.

    Raises:
        Refusal: A row is unknown, changed, answered twice, or has a result or a number that cannot be.
    """
    known = issued.drop_duplicates("reference").set_index("reference")
    references = table[_REFERENCE]
    listed = references.isin(known.index)
    _refuse(~listed, "mã đối chiếu không có trong tệp nào đã xuất", "the reference is in no file that was written")
    _refuse(references.duplicated(keep=False), "mã đối chiếu lặp lại", "the reference stands there twice")
    # The same number may have been written out twice, with the name of another day.
    changed = ~(references + "|" + _seals(table, vault)).isin(issued["reference"] + "|" + issued["seal"])
    _refuse(changed, "họ tên, ngày sinh, giới tính hoặc số đã bị sửa so với tệp đã xuất; mở tệp dưới dạng văn bản",
            "name, birth, sex or number differ from the file that was written; open it as text")  # fmt: skip
    said = table[_RESULT].map(fold)
    result = said.map(_RESULTS)
    has_number = table[_CORRECTED] != ""
    _refuse(result.isna() & ((said != "") | has_number), "kết quả phải là “khớp” hoặc “không khớp”",
            "the result has to be 'khớp' (match) or 'không khớp' (no match)")  # fmt: skip
    _refuse((result == MATCH) & has_number, "đã khớp thì không ghi số đúng", "a match has no corrected number")
    years = pd.to_numeric(table[_BORN].str[-4:], errors="coerce").astype("Int64")
    sexes = table[_SEX].map({"Nam": "1", "Nữ": "0"}).astype("string")
    corrected = identifiers.people(table[_CORRECTED], years, sexes)
    sound = (corrected["kind"] == CITIZEN) & corrected["state"].isin([identifiers.OK, identifiers.REPAIRED])
    _refuse(has_number & ~sound.fillna(False), "số định danh đúng không hợp lệ hoặc trái năm sinh, giới tính",
            "the corrected number breaks the rules or contradicts birth year or sex")  # fmt: skip
    number = corrected["number"].where(has_number)
    told = pd.DataFrame(
        {
            "kind": VERIFIED,
            "record_key": known["key"].reindex(references).to_numpy(),
            "number_hash": known["number"].reindex(references).to_numpy(),
            "result": result,
            "corrected_hash": vault.fingerprint(number.astype(object)),
            "masked": mask(number),
        }
    )
    return told[result.notna()].astype("string").reset_index(drop=True)


def _seals(rows: pd.DataFrame, vault: Vault) -> pd.Series:
    """Return a keyed hash of what each row says; a leading zero that a spreadsheet dropped does not count."""
    said = [rows[_REFERENCE], rows[_NAME], rows[_BORN], rows[_SEX], rows[_NUMBER].str.lstrip("0")]
    joined = said[0].astype("string")
    for part in said[1:]:
        joined = joined + "|" + part.astype("string")
    return vault.fingerprint(joined.astype(object)).str[:_SIGNS]


def _refuse(where: pd.Series, vi: str, en: str) -> None:
    lines = [f"{place + 2}" for place in np.flatnonzero(where.to_numpy(dtype=bool)).tolist()]
    if lines:
        told = ", ".join(lines[:_MOST_TOLD]) + (", …" if len(lines) > _MOST_TOLD else "")
        raise Refusal(
            f"Kết quả xác thực không được nhận, dòng {told}: {vi}.", f"The answer is not taken, row {told}: {en}."
        )
