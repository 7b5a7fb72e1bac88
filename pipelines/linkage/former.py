"""Decisions, links and rows for verification that former versions kept in files: taken in once, then set aside."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from pipelines import files
from pipelines import store as land
from pipelines.errors import CadastreError, StoreError
from pipelines.linkage import batch, journal, kept
from pipelines.linkage.private import FOLDER
from pipelines.store.tables import HOLDERS

JOURNAL_FILE, LINKS_FILE, BATCHES = "decisions.jsonl", "links.parquet", "batches"
TAKEN = ".taken"
"""End of the name of a file that was taken in."""

_COLUMNS = {
    "id": "id", "at": "luc", "who": "nguoi_thuc_hien", "kind": "kind", "left": "left_key", "right": "right_key",
    "answer": "answer", "key": "record_key", "number": "number_hash", "result": "result", "corrected": "corrected_hash",
    "masked": "masked", "file": "file_sha256", "name": "file_name", "rows": "file_rows", "of": "undoes",
}  # fmt: skip
_NEEDED = {
    journal.ANSWER: ["left_key", "right_key", "answer"],
    journal.VERIFIED: ["record_key", "number_hash", "result"],
    journal.BATCH: ["file_sha256"],
    journal.UNDO: ["undoes"],
}
_WORDS = {"answer": [journal.SAME, journal.DIFFERENT], "result": [journal.MATCH, journal.NO_MATCH]}


def take_in(store: land.Store, home: Path) -> None:
    """Take in what lies in the folder of a former version, all of it or nothing, and set the files aside.

    A log that was taken in before, by another officer or by a program that was stopped, is not taken in again.

    Raises:
        StoreError: A file is damaged, or the database cannot be written.
    """
    folder = home / FOLDER
    batches = sorted((folder / BATCHES).glob("*.parquet"))
    there = [path for path in (folder / JOURNAL_FILE, folder / LINKS_FILE) if path.exists()] + batches
    if not there:
        return
    sums = {path: files.sha256(path) for path in there}
    read = {path: _decisions(path) if path.name == JOURNAL_FILE else _table(path) for path in there}
    with journal.writing(store):
        for path, rows in read.items():
            if path.name == JOURNAL_FILE:
                _add_decisions(store, rows, sums[path])
            elif path.name == LINKS_FILE:
                _keep_links(store, rows, path)
            else:
                batch.keep(store, rows)
    for path in there:
        # Another who took it in at the same time may have set it aside.
        with suppress(FileNotFoundError):
            path.rename(path.with_name(f"{path.name}.{sums[path][:8]}{TAKEN}"))


def _add_decisions(store: land.Store, rows: pd.DataFrame, source: str) -> None:
    found = store.execute(f"SELECT 1 FROM {HOLDERS}.{journal.TABLE} WHERE taken_from = :source LIMIT 1",
                          {"source": source}).fetchone()  # fmt: skip
    if found is None and len(rows):
        before = journal.last(store)
        moved = rows.assign(id=rows["id"] + before, undoes=rows["undoes"] + before, taken_from=source)
        store.insert_plain(journal.TABLE, moved, HOLDERS)


def _keep_links(store: land.Store, rows: pd.DataFrame, path: Path) -> None:
    """Keep links whose releases nobody noted: all that is asked about them says that they may be out of date."""
    if kept.newest(store) is None:
        key = rows["ma_xa"] + "." + rows["ky_dia_gioi"] + "." + rows["ca_nhan_id"]
        links = pd.DataFrame(
            {"record_key": key, "nguoi_id": rows["nguoi_id"], "why": rows["ly_do"], "bits": rows["diem"]}
        )
        linked = int(rows["nguoi_id"].duplicated(keep=False).sum())
        counts = kept.Counts(len(rows), int(rows["nguoi_id"].nunique()), linked, review=0, refused=0)
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        kept.keep(store, links, kept.Known({}, 0), counts, at)


def _decisions(path: Path) -> pd.DataFrame:
    """Return the rows of a log as the store has them."""
    try:
        events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        rows = pd.DataFrame(events, columns=None if events else list(_COLUMNS))
        rows = rows.rename(columns=_COLUMNS).reindex(columns=list(_COLUMNS.values()))
        rows = rows.astype({name: "Int64" if name in ("id", "file_rows", "undoes") else "string" for name in rows})
        is_sound = set().union(*events) <= set(_COLUMNS) and _holds(rows)
    except (ValueError, KeyError, TypeError):
        is_sound = False
    if not is_sound:
        raise _damaged(path)
    return rows


def _holds(rows: pd.DataFrame) -> bool:
    numbered = rows["id"].tolist() == list(range(1, len(rows) + 1))
    signed = bool(rows[["luc", "nguoi_thuc_hien"]].notna().all(axis=None))
    whole = all(rows.loc[rows["kind"] == kind, names].notna().all(axis=None) for kind, names in _NEEDED.items())
    worded = all(rows[name].dropna().isin(words).all() for name, words in _WORDS.items())
    undone = rows.loc[rows["undoes"].notna()]
    known = rows.set_index("id")["kind"].reindex(undone["undoes"])
    backward = bool((undone["undoes"] < undone["id"]).all() and known.isin([journal.ANSWER, journal.VERIFIED]).all())
    return numbered and signed and whole and worded and backward and bool(rows["kind"].isin(list(_NEEDED)).all())


def _table(path: Path) -> pd.DataFrame:
    """Return the rows of one of the other files, which must have the columns that former versions wrote."""
    names = ["ma_xa", "ky_dia_gioi", "ca_nhan_id", "nguoi_id", "ly_do", "diem"]
    try:
        with files.left_by_a_step(path):
            return pd.read_parquet(path)[names if path.name == LINKS_FILE else ["reference", "key", "number", "seal"]]
    except CadastreError as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> StoreError:
    return StoreError(
        f"Tệp {path} của phiên bản cũ bị hỏng nên chưa nhận: khôi phục từ bản sao lưu, hoặc tự chuyển nó ra nơi khác.",
        f"{path}, left by a former version, is damaged and not taken in: restore it from a backup, or move it away.",
    )
