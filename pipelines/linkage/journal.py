"""What people decided about people: a log that only grows, so that everything can be taken back and nothing is lost.

It lies beside the holder file, readable by its owner only, and holds record keys and keyed hashes, no number in clear.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.errors import SettingsError, StoreError
from pipelines.linkage.run import Decided

FOLDER = "linkage"
"""Folder in the home, for those who may know the holders."""

JOURNAL_FILE = "decisions.jsonl"

ANSWER, VERIFIED, BATCH, UNDO = "answer", "verified", "batch", "undo"
SAME, DIFFERENT = "same", "different"
MATCH, NO_MATCH = "match", "no match"

Event = dict[Any, Any]


def folder(home: Path) -> Path:
    """Return the folder of what only those may see who may know the holders; it is made with mode 0700."""
    path = home / FOLDER
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def add(home: Path, events: Iterable[Event], who: str) -> list[Event]:
    """Append events with their number, the time and who made them; all of them or none."""
    path = folder(home) / JOURNAL_FILE
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        first = len(_parsed(file.read(), path)) + 1
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        made = [{"id": first + turn, "at": now, "who": who, **event} for turn, event in enumerate(events)]
        file.write("".join(json.dumps(event, ensure_ascii=False) + "\n" for event in made))
        file.flush()
        os.fsync(file.fileno())
    return made


def read(home: Path) -> list[Event]:
    """Return all events, oldest first.

    Raises:
        StoreError: A line is no event.
    """
    path = home / FOLDER / JOURNAL_FILE
    return _parsed(path.read_text(encoding="utf-8"), path) if path.exists() else []


def undo(home: Path, number: int, who: str) -> Event:
    """Take back an answer or a result of the population database; it stays in the log.

    Raises:
        SettingsError: There is no such decision, or it was taken back before.
    """
    events = read(home)
    standing = {event["id"] for event in _standing(events)}
    if number not in standing:
        listed = ", ".join(map(str, sorted(standing)[-10:])) or "-"
        raise SettingsError(
            f"--undo: không có quyết định {number} còn hiệu lực; các số gần nhất: {listed}.",
            f"--undo: no decision {number} is in force; the latest are {listed}.",
        )
    return add(home, [{"kind": UNDO, "of": number}], who)[0]


def decided(events: Sequence[Event]) -> Decided:
    """Return what is in force: of several answers about the same two records the last one."""
    rows = pd.DataFrame(_standing(events), columns=["kind", "left", "right", "answer", "key", "number", "result",
                                                    "corrected"], dtype="string")  # fmt: skip
    pairs = rows[rows["kind"] == ANSWER].drop_duplicates(["left", "right"], keep="last")
    told = rows[rows["kind"] == VERIFIED].drop_duplicates(["key", "number"], keep="last")
    sides, columns = ["left", "right"], ["key", "number", "corrected"]
    return Decided(
        same=pairs.loc[pairs["answer"] == SAME, sides].reset_index(drop=True),
        different=pairs.loc[pairs["answer"] == DIFFERENT, sides].reset_index(drop=True),
        numbers=told.loc[told["result"] == NO_MATCH, columns].reset_index(drop=True),
    )


def confirmed(events: Sequence[Event]) -> pd.DataFrame:
    """Return `key` and `number` of the identity numbers that the population database has answered about."""
    told = [event for event in _standing(events) if event["kind"] == VERIFIED]
    return pd.DataFrame(told, columns=["key", "number"], dtype="string").drop_duplicates(ignore_index=True)


def _standing(events: Sequence[Event]) -> list[Event]:
    gone = {event["of"] for event in events if event["kind"] == UNDO}
    return [event for event in events if event["kind"] in (ANSWER, VERIFIED) and event["id"] not in gone]


def _parsed(text: str, path: Path) -> list[Event]:
    try:
        events: list[Event] = [json.loads(line) for line in text.splitlines()]
        sound = all(event["id"] == turn and event["kind"] for turn, event in enumerate(events, start=1))
    except (ValueError, KeyError, TypeError):
        sound = False
    if not sound:
        raise StoreError(
            f"Nhật ký quyết định {path} bị hỏng: khôi phục từ bản sao lưu, không sửa tay.",
            f"The log of decisions {path} is damaged: restore it from a backup, do not edit it.",
        )
    return events
