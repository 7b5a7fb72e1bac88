"""Which rows below a heading are records: sums, repeated headings, titles and signatures are not, but are counted."""

import itertools
import re
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from pipelines import sources, text

_LEAST_COLUMNS = 2
_LEAST_NUMBERED = 4
_NUMERIC = re.compile(r"[\d\s.,]*")
_LETTERS = re.compile(r"\(?([A-Z]{1,2})\)?")
_MARK = re.compile(r"\s*[(\[]?(?:\d{1,3}|[A-Z]{1,2})[)\]]?\s*")
_TOTALS = (
    r"(?:tong|tong cong|tong so|tong dien tich|cong|cong trang|cong to|cong don|cong chuyen|cong mang sang|luy ke|"
    r"mang sang|chuyen sang)\b.*"
)
_TITLE = re.compile(r"(?:thon|xom|khu|khu pho|ban|lang|to dan pho|to ban do|xu dong|dia ban|don vi)\b.{0,60}")
_FOOTER = re.compile(
    r"(?:.*\bngay\s*[\d.…_]*\s*thang\s*[\d.…_]*\s*nam\b.*|(?:nguoi (?:lap|kiem tra|duyet|viet)|thu truong|"
    r"can bo dia chinh|"
    r"cong chuc dia chinh|chu tich|tm\.? ?uy ban|tm\.? ?ubnd|ky, ghi ro|\(ky|ke toan|truong thon|xac nhan cua)\b.*)"
)


class _Heading(Protocol):
    @property
    def columns(self) -> dict[str, int]: ...
    @property
    def first_row(self) -> int: ...
    @property
    def names(self) -> dict[int, str]: ...
    @property
    def above(self) -> tuple[dict[int, str], ...]: ...
    @property
    def known(self) -> frozenset[str]: ...


def records(grid: pd.DataFrame, heading: _Heading, keys: Sequence[str]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the records below a heading as texts in canonical columns, and the counts of rows that are none.

    The index is the row number in the file, from 1. Rows counted as `total` (sums) and `heading` (repeated headings,
    column numbers, titles of a hamlet, signatures) are no records; blank rows are not counted.
    """
    body = grid.iloc[heading.first_row :]
    body = body.loc[body.notna().any(axis=1)]
    table = pd.DataFrame({name: body[position] for name, position in heading.columns.items()}, index=body.index).astype(
        "string"
    )
    present = [name for name in keys if name in table] or [f"{name}_gcn" for name in keys if f"{name}_gcn" in table]
    # A name of a hamlet or of a signatory may stand in the column of the sheet: only a number is a key.
    digits = {name: table[name].str.contains(r"\d", regex=True).fillna(False) for name in present}
    key = pd.DataFrame(digits, index=table.index).astype(bool)
    keyless = ~key.all(axis=1) if key.shape[1] else pd.Series(True, index=table.index)
    unkeyed = ~key.any(axis=1) if key.shape[1] else keyless
    total = _is_total(body.loc[keyless]).reindex(body.index, fill_value=False)
    repeated = _is_heading(body, heading) & ~total
    numbered = _is_column_numbers(body) & ~total & ~repeated
    rest = unkeyed & ~total & ~repeated & ~numbered
    other = rest & (_is_title(body.loc[rest]).reindex(body.index, fill_value=False))
    other |= _is_footer(body, rest & ~other, ~unkeyed | repeated)
    keep = ~(total | repeated | numbered | other)
    chosen = table.loc[keep]
    chosen.index = chosen.index + 1
    return chosen, {"total": int(total.sum()), "heading": int((repeated | numbered | other).sum())}


def _is_total(body: pd.DataFrame) -> pd.Series:
    """Return rows whose first written cell that is no number says "total"."""
    values = body.to_numpy(dtype=object)
    words = np.frompyfunc(lambda cell: cell is not None and not _NUMERIC.fullmatch(cell), 1, 1)(values).astype(bool)
    place = words.argmax(axis=1)
    first = pd.Series(np.where(words.any(axis=1), values[np.arange(len(values)), place], None), index=body.index)
    return text.fold_series(first).str.fullmatch(_TOTALS).fillna(False).astype(bool)


def _is_title(body: pd.DataFrame) -> pd.Series:
    """Return rows of one cell, and rows of two that name a hamlet or a sheet."""
    filled = body.notna().sum(axis=1)
    values = body.to_numpy(dtype=object)
    words = [" ".join(str(cell) for cell in row if cell is not None) for row in values]
    named = pd.Series([_TITLE.fullmatch(text.fold(word)) is not None for word in words], index=body.index, dtype=bool)
    return (filled == 1) | (named & (filled == 2))


def _is_footer(body: pd.DataFrame, rest: pd.Series, is_record: pd.Series) -> pd.Series:
    """Return rows of a signature block: those that say so, and those without a key below them until a record."""
    lines = body.loc[rest]
    starts = pd.Series(
        [
            any(_FOOTER.fullmatch(text.fold(str(cell))) for cell in row if cell is not None)
            for row in lines.to_numpy(dtype=object)
        ],
        index=lines.index,
        dtype=bool,
    ).reindex(body.index, fill_value=False)
    signed = pd.Series(np.nan, index=body.index).mask(is_record, 0.0).mask(starts, 1.0).ffill().fillna(0.0) > 0
    return rest & signed


def _is_heading(body: pd.DataFrame, heading: _Heading) -> pd.Series:
    """Return rows that repeat a row of the heading, or hold as many names of columns."""
    repeats = pd.Series(False, index=body.index)
    for row in (heading.names, *heading.above):
        names = pd.Series({at: name for at, name in row.items() if at in body.columns}, dtype=object)
        if len(names) >= _LEAST_COLUMNS:
            same = (body[list(names.index)] == names).sum(axis=1)
            repeats |= same >= max(_LEAST_COLUMNS, len(names) // 2)
    number = next(
        (heading.columns[name] for name in ("so_thu_tu_thua", "so_thu_tu_thua_gcn") if name in heading.columns), None
    )
    if number is None or not heading.known:
        return repeats
    worded = body[number].map(lambda cell: cell is None or not str(cell)[:1].isdigit()).astype(bool) & ~repeats
    lines = body.loc[worded].to_numpy(dtype=object)
    named = [sum(cell is not None and sources.fold(cell) in heading.known for cell in row) for row in lines]
    filled = body.loc[worded].notna().sum(axis=1).to_numpy()
    renamed = (np.array(named, dtype=int) >= _LEAST_COLUMNS + 1) & (np.array(named, dtype=int) * 2 >= filled)
    return repeats | pd.Series(renamed, index=body.index[worded], dtype=bool).reindex(body.index, fill_value=False)


def _is_column_numbers(body: pd.DataFrame) -> pd.Series:
    """Return rows that only number the columns: (1) (2) (3) or 1 2 3 rising by one, or A B C."""
    found = np.zeros(len(body), dtype=bool)
    values = body.to_numpy(dtype=object)
    filled = body.notna().to_numpy()
    if not body.empty:
        rows = np.arange(len(body))
        ends = values[rows, filled.argmax(axis=1)], values[rows, filled.shape[1] - 1 - filled[:, ::-1].argmax(axis=1)]
        likely = filled.sum(axis=1) >= _LEAST_NUMBERED
        for cells in ends:
            likely &= np.array([_MARK.fullmatch(cell) is not None for cell in cells], dtype=bool)
        for row in np.flatnonzero(likely):
            found[row] = _is_rising(values[row], filled[row]) or _is_lettered(values[row])
    return pd.Series(found, index=body.index)


def _is_rising(cells: np.ndarray[Any, Any], filled: np.ndarray[Any, Any]) -> bool:
    texts = [str(cell).strip().strip("()[]") for cell in cells[filled]]
    if not all(text.isdecimal() for text in texts):
        return False
    return len(set(np.array([int(text) for text in texts]) - np.flatnonzero(filled))) == 1


def _is_lettered(cells: np.ndarray[Any, Any]) -> bool:
    """Return whether every written cell is the letter of a column, in their order."""
    marks = [_LETTERS.fullmatch(str(cell).strip()) for cell in cells if cell is not None]
    letters = [mark[1] for mark in marks if mark is not None]
    rising = all(len(a) < len(b) or (len(a) == len(b) and a < b) for a, b in itertools.pairwise(letters))
    return len(letters) == len(marks) and rising
