"""Scans read in child processes, each file once: what was read of a file is kept under its hash."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines import files, sandbox
from pipelines.papers import alike, model, pages
from pipelines.papers.pages import Sheet
from pipelines.sandbox import Limits

_BATCH = 24
"""Files that one child reads: the models it loads are worth many."""

_ILLEGIBLE = frozenset({"blurred", "faint", "dark"})
"""Of such pages nothing is read, not even how they stand: it would be guessed."""

_VERSION = 1
"""Raised when what is read of a file changes, so that files are read again."""

Facts = list[dict[str, Any]]
_FAILED: Facts = [{"state": "failed", "pages": 0, "page": 0}]


def survey(root: Path, paths: Sequence[str], kept: Path, limits: Limits | None = None) -> pd.DataFrame:
    """Return the facts of scans, one row per page as `model.TYPES` has it, sorted by path and page.

    Args:
        root: Folder of the package.
        paths: Scans in it, relative.
        kept: Folder in which what was read is kept; it may be removed at any time.
        limits: What the reading of one file may take.
    """
    allowed = limits or Limits()
    listed = pd.Series(sorted(set(paths)), dtype="string")
    if listed.empty:
        return model.frame([])
    told = model.named(listed).assign(path=listed, sha256=[files.sha256(root / path) for path in listed])
    # Identity papers and deeds (GT) are looked at, never read.
    told["is_read"] = told["kind"].isna() | (told["kind"] == "GCN")
    told["note"] = told["sha256"] + told["is_read"].map({True: "", False: "-unread"}) + f".{_VERSION}.json"
    first = told.drop_duplicates("note")
    tasks = [
        (root / path, kept / note, is_read)
        for path, note, is_read in zip(first["path"], first["note"], first["is_read"], strict=True)
    ]
    kept.mkdir(parents=True, exist_ok=True)
    _read_all(tasks, allowed)
    named = told[["path", "sha256", "kind", "serial_named"]].to_dict("records")
    rows = [
        {**page, **said}
        for said, note in zip(named, told["note"], strict=True)
        for page in _kept(kept / note) or _FAILED
    ]
    facts = model.frame(rows)
    return facts.assign(same_as=alike.same(facts))


def read(path: Path, *, is_read: bool) -> Facts:
    """Return what is known of the pages of one file; a file without pages is one row.

    Args:
        path: The file.
        is_read: Whether serial and code may be read; else pages are only looked at.
    """
    try:
        count, sheets = pages.each(path)
    except pages.ScanError as error:
        return [{"state": error.state, "pages": 0, "page": 0}]
    facts = Facts()
    has_serial = has_code = not is_read
    for sheet in sheets:
        seen = _page(sheet, wants_serial=not has_serial, wants_code=not has_code)
        has_serial |= "serial_read" in seen
        has_code |= "qr" in seen
        facts.append({"state": "ok", "pages": count, **seen})
    return facts


def _page(sheet: Sheet, *, wants_serial: bool, wants_code: bool) -> dict[str, Any]:
    from pipelines.papers import codes, lines, reader, serial
    from pipelines.papers.look import look

    said: dict[str, Any] = {"page": sheet.number, "width": sheet.width, "height": sheet.height, "dpi": sheet.dpi}
    if sheet.grey is None:
        return said | {"is_blank": False, "unreadable": sheet.fault}
    grey, dpi = sheet.grey, sheet.read_dpi
    seen = look(grey, dpi, sheet.dpi)
    said |= {"is_blank": seen.is_blank, "sharpness": seen.sharpness, "unreadable": seen.unreadable}
    if seen.is_blank or seen.unreadable in _ILLEGIBLE:
        return said
    turned = lines.turn(grey, seen.letters, dpi, reader.upside_down)
    letters = lines.upright(seen.letters, turned or 0)
    said |= {"turn": turned, "hash": alike.hashed(letters, dpi)}
    is_first = sheet.number == 1
    code = codes.read(grey, dpi, closely=is_first) if wants_code else None
    found = serial.read(lines.upright(grey, turned or 0), letters, dpi, whole=is_first) if wants_serial else None
    return (
        said
        | ({} if code is None else {"qr": code})
        | ({} if found is None else {"serial_read": found.text, "serial_confidence": found.confidence})
    )


def _read_all(tasks: list[tuple[Path, Path, bool]], limits: Limits) -> None:
    """Read what is not kept yet, many files in one child; a file that breaks its child is read again alone."""
    for size in (_BATCH, 1):
        left = [task for task in tasks if _kept(task[1]) is None]
        batches = [left[at : at + size] for at in range(0, len(left), size)]
        sandbox.each(_note_all, [(batch[0][0], batch) for batch in batches], limits=limits)


def _note_all(_: Path, tasks: list[tuple[Path, Path, bool]]) -> None:
    for path, note, is_read in tasks:
        files.write_text(note, json.dumps(read(path, is_read=is_read), ensure_ascii=False))


def _kept(note: Path) -> Facts | None:
    """Return what was read of a file, None where it was not, or its note is damaged."""
    try:
        facts: Facts = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return facts
