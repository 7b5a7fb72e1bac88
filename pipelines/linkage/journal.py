"""What people decided about people: a log that only grows, so that everything can be taken back and nothing is lost.

It lies among the holders, where all who answer share it, and keeps record keys and keyed hashes, no number in clear.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager

import pandas as pd

from pipelines import store as land
from pipelines.errors import SettingsError
from pipelines.linkage.run import Decided
from pipelines.store.releases import now
from pipelines.store.tables import HOLDERS

TABLE = "quyet_dinh_lien_ket"

ANSWER, VERIFIED, BATCH, UNDO = "answer", "verified", "batch", "undo"
SAME, DIFFERENT = "same", "different"
MATCH, NO_MATCH = "match", "no match"

SUBJECT = {ANSWER: ["left_key", "right_key"], VERIFIED: ["record_key", "number_hash"]}
"""What a decision is about: of several about the same the last one is in force."""

_SAID = {ANSWER: ["answer"], VERIFIED: ["result", "corrected_hash"]}
_NUMBERS = ("id", "file_rows", "undoes")
_NAMES = {"left_key": "left", "right_key": "right", "record_key": "key", "number_hash": "number",
          "corrected_hash": "corrected"}  # fmt: skip
_LATEST_TOLD = 10


def writing(store: land.Store) -> AbstractContextManager[land.Store]:
    """Run a block in one transaction; those who decide about people come one after the other, and keep no load waiting.

    Raises:
        StoreError: Another program holds the database, or this account may not write.
    """
    return store.transaction(("lien_ket", ""))


def add(store: land.Store, rows: pd.DataFrame, who: str) -> int:
    """Append decisions, inside the caller's transaction (`writing`); return the number of the first.

    Args:
        store: The land database, open for writing.
        rows: `kind` and what else the table has of the decision, in order.
        who: Who decides.
    """
    first = last(store) + 1
    numbered = {"id": range(first, first + len(rows)), "luc": now(), "nguoi_thuc_hien": who}
    store.insert_plain(TABLE, pd.DataFrame(numbered, index=rows.index).join(rows), HOLDERS)
    return first


def last(store: land.Store) -> int:
    """Return the number of the newest decision, 0 where there is none; the holders have to be open."""
    number: int = store.execute(f"SELECT coalesce(max(id), 0) FROM {HOLDERS}.{TABLE}").fetchone()[0]
    return number


def read(store: land.Store) -> pd.DataFrame:
    """Return all decisions, oldest first: texts, and `id`, `file_rows`, `undoes` as numbers.

    Raises:
        StoreError: The holder tables are gone, or may not be read.
    """
    with store.holders():
        rows = store.frame(f"SELECT * FROM {HOLDERS}.{TABLE} ORDER BY id")
    return rows.astype({name: "Int64" if name in _NUMBERS else "string" for name in rows})


def undo(store: land.Store, number: int, who: str) -> None:
    """Take back an answer or a result of the population database; it stays in the log.

    Raises:
        SettingsError: There is no such decision, or it was taken back before.
    """
    with writing(store):
        standing = _standing(read(store))["id"]
        if number not in set(standing):
            listed = ", ".join(map(str, standing.tail(_LATEST_TOLD))) or "-"
            raise SettingsError(
                f"--undo: không có quyết định {number} còn hiệu lực; các số gần nhất: {listed}.",
                f"--undo: no decision {number} is in force; the latest are {listed}.",
            )
        add(store, pd.DataFrame({"kind": [UNDO], "undoes": [number]}), who)


def unsaid(store: land.Store, rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the rows that say something else than what is in force: what is handed in twice is entered once."""
    standing = in_force(read(store), kind)
    columns = [*SUBJECT[kind], *_SAID[kind]]
    rows = rows.drop_duplicates(columns)
    same = rows[columns].astype("string").merge(standing[columns], on=columns, how="left", indicator=True)
    return rows[(same["_merge"] == "left_only").to_numpy()]


def in_force(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the decisions of a kind that hold: not taken back, and the last one about its subject."""
    standing = _standing(rows)
    return standing[standing["kind"] == kind].drop_duplicates(SUBJECT[kind], keep="last")


def decided(rows: pd.DataFrame) -> Decided:
    """Return what the decisions (see `read`) come to."""
    pairs = in_force(rows, ANSWER)
    told = in_force(rows, VERIFIED)
    return Decided(
        same=_named(pairs[pairs["answer"] == SAME], SUBJECT[ANSWER]),
        different=_named(pairs[pairs["answer"] == DIFFERENT], SUBJECT[ANSWER]),
        numbers=_named(told[told["result"] == NO_MATCH], [*SUBJECT[VERIFIED], "corrected_hash"]),
    )


def confirmed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return `key` and `number` of the identity numbers that the population database has answered about."""
    return _named(in_force(rows, VERIFIED), SUBJECT[VERIFIED])


def _standing(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["kind"].isin([ANSWER, VERIFIED]) & ~rows["id"].isin(rows["undoes"].dropna())]


def _named(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    return rows[list(columns)].rename(columns=_NAMES).reset_index(drop=True)
