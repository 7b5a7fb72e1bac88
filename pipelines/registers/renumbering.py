"""Tables of sheets and parcels renumbered when communes were merged or surveyed anew (`ThamChieuToBanDo`).

Such a table has the number of today beside the old one, of sheets alone or of parcels too, and often the commune of
either. A parcel keeps its number where the table speaks of sheets only.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import schemas
from pipelines import numbers, sources
from pipelines.errors import ReadError
from pipelines.registers import grid as grids

COLUMNS = (
    "ma_xa",
    "so_hieu_to_ban_do",
    "so_thu_tu_thua",
    "ma_xa_cu",
    "so_hieu_to_ban_do_cu",
    "so_thu_tu_thua_cu",
)
"""Columns of a table, all text; the numbers of parcels and the communes may be missing."""

_NEEDED = ("so_hieu_to_ban_do", "so_hieu_to_ban_do_cu")
_OF_REGISTERS = ("ho_ten", "ten_to_chuc", "so_giay_to", "so_phat_hanh", "so_vao_so")
_SEARCHED_ROWS = 30


def read(path: Path, encoding: str | None = None, wanted: Sequence[str] = COLUMNS) -> pd.DataFrame:
    """Return a table of renumbering, one row per pair of numbers, repetitions once.

    Args:
        path: A workbook, CSV, TXT or DBF with one heading above the numbers.
        encoding: Declared encoding of 8-bit text.
        wanted: Columns wanted: those of `COLUMNS`, and whatever else the spellings of such tables know.

    Raises:
        ReadError: The file cannot be opened, or no heading in it has the new and the old number of a sheet.
    """
    for _, cells in grids.read(path, encoding):
        found = heading(cells.head(_SEARCHED_ROWS).to_numpy(dtype=object).tolist())
        if found is None:
            continue
        row, columns = found
        body = cells.iloc[row + 1 :]
        table = pd.DataFrame({name: body.iloc[:, place] for name, place in columns.items()}).astype("string")
        table = table.reindex(columns=list(wanted)).astype("string")
        for name in wanted:
            # Codes of communes have leading zeros; numbers of sheets and parcels have none.
            table[name] = table[name].str.strip() if name.startswith("ma_xa") else numbers.tidy_key(table[name])
        filled = table[list(_NEEDED)].notna().all(axis=1)
        return table[filled].drop_duplicates(ignore_index=True)
    raise ReadError(
        f"{path.name}: không thấy cột số tờ mới và số tờ cũ; ghi tiêu đề “Số tờ mới”, “Số tờ cũ” rồi nộp lại.",
        f"{path.name}: no columns of new and old sheet numbers; head them soToBanDo and soToBanDoCu, hand it in again.",
    )


def heading(rows: Sequence[Sequence[Any]]) -> tuple[int, dict[str, int]] | None:
    """Return the first row that heads a table of renumbering, and the position of its columns; None without one.

    A heading of two lines ("Tờ | Thửa" below "Mới" and "Cũ") is read as one, the lower line first.
    """
    above = [""] * max(map(len, rows), default=0)
    for number, row in enumerate(rows):
        words = [cell.strip() if isinstance(cell, str) else "" for cell in row]
        places = _places(words)
        if not places.keys() >= set(_NEEDED):
            # Words of the line above count first: "Tờ" below "Cũ" is no sheet of today.
            titled = _places([f"{word} {title}" for word, title in zip(words, above, strict=True)])
            places = {name: at for name, at in places.items() if at not in titled.values()} | titled
        if places.keys() >= set(_NEEDED):
            return number, places
        above = pd.Series(words, dtype="string").mask(pd.Series(words) == "").ffill().fillna("").tolist()
    return None


def is_table(rows: Sequence[Sequence[Any]]) -> bool:
    """Tell whether rows are the top of a table of renumbering.

    A register may have a column of old numbers too; it is known by its people and certificates.
    """
    found = heading(rows)
    if found is None:
        return False
    words = [cell for cell in rows[found[0]] if isinstance(cell, str) and cell.strip()]
    spellings = schemas.spellings("register")
    return not sources.columns({name: spellings[name] for name in _OF_REGISTERS}, words)


def _places(words: Sequence[str]) -> dict[str, int]:
    found = sources.columns(schemas.spellings("renumbering"), [word for word in words if word.strip()])
    return {name: words.index(column.name) for name, column in found.items()}
