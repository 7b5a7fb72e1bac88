"""The journal of a working folder: requests to the land database that were refused before its own log could say so.

A database of an older schema, one that cannot be reached, a package that cannot be read: there the log of the database
(`pipelines.store.log`) gets no entry, and this file does. Entries have the names of `nhat_ky`, so both are read as one.
Lines are only ever added. As there, reasons name files, parcels and dossiers, never people.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = "refused.jsonl"


def note(home: Path, entry: Mapping[str, Any]) -> None:
    """Add an entry, as one line that is written whole or not at all; only the account may read the file.

    Raises:
        OSError: It cannot be written.
    """
    line = (json.dumps(dict(entry), ensure_ascii=False) + "\n").encode()
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, line)
    finally:
        os.close(handle)


def read(home: Path, ma_xa: str | None = None) -> list[dict[str, Any]]:
    """Return the entries, oldest first, of one commune or of all; a line that was cut off says so itself."""
    path = home / FILE
    if not path.exists():
        return []
    entries = [_entry(line) for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    return [entry for entry in entries if ma_xa is None or entry["ma_xa"] == ma_xa]


def _entry(line: str) -> dict[str, Any]:
    names = dict.fromkeys(("id", "luc", "lenh", "nguoi_thuc_hien", "ma_xa", "ky_dia_gioi", "giao_dich_id"), None)
    names |= dict.fromkeys(("ket_qua", "ly_do", "goi_sha256", "release_id"), None)
    try:
        return {**names, **json.loads(line)}
    except (ValueError, TypeError):
        return names | {"luc": "", "lenh": "?", "nguoi_thuc_hien": "?", "ket_qua": "tu_choi", "ly_do": f"? {line}"}
