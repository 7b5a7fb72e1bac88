"""Where the heading of a register stands, which column is which, and which rows below it are records."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipelines import sources, text
from pipelines.registers.grid import column_number

SEARCHED_ROWS = 30
_LEAST_COLUMNS = 2
_FORM_COLUMNS = 5

_NUMERIC = re.compile(r"[\d\s.,]*")

type Cells = Sequence[Any]
_DBF_NAME_LENGTH = 10
_CERTIFICATE = "_gcn"
_TOTALS = r"(?:tong|tong cong|tong so|cong|cong trang|cong to|tong dien tich|luy ke)\b.*"


@dataclass(frozen=True, slots=True)
class Heading:
    """Where the columns of a grid are.

    Attributes:
        columns: Canonical column → position in the grid.
        first_row: First row of records, from 0.
        names: The heading as written, by position; used to know it again on later pages.
    """

    columns: dict[str, int]
    first_row: int
    names: dict[int, str]


def find(grid: pd.DataFrame, register: Mapping[str, Any]) -> Heading | None:
    """Return the heading of a grid by the register part of a source profile, or None where no column is known.

    Tried are the fixed letters of a form (where enough headings stand above them), then each of the first thirty
    rows alone and together with the rows above it (a heading of two or three rows).
    """
    form = _form(grid, register)
    if form is not None:
        return form
    spellings = _spellings(register)
    fixed = register.get("header_row")
    top: Sequence[Cells] = grid.iloc[:SEARCHED_ROWS].to_numpy(dtype=object).tolist()
    rows = [int(fixed) - 1] if isinstance(fixed, int) else _promising(top, spellings)
    candidates = [_by_spelling(top, spellings, row, depth) for row in rows for depth in (1, 2, 3) if row >= depth - 1]
    usable = [heading for heading in candidates if len(heading.columns) >= _LEAST_COLUMNS]
    if not usable:
        return None
    best = max(usable, key=lambda heading: len(heading.columns))
    data_row = register.get("data_row")
    return Heading(best.columns, int(data_row) - 1, best.names) if isinstance(data_row, int) else best


def records(grid: pd.DataFrame, heading: Heading, keys: Sequence[str]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the records below a heading as texts in canonical columns, and the counts of rows that are none.

    The index is the row number in the file, from 1. Rows counted as `total` (sums), `heading` (repeated headings,
    column numbers, titles of a hamlet) are no records; blank rows are not counted.
    """
    body = grid.iloc[heading.first_row :]
    body = body.loc[body.notna().any(axis=1)]
    table = pd.DataFrame({name: body[position] for name, position in heading.columns.items()}, index=body.index).astype(
        "string"
    )
    key = table[[name for name in keys if name in table]]
    keyless = key.isna().any(axis=1) if key.shape[1] else pd.Series(True, index=table.index)
    total = _is_total(body) & keyless
    repeated = _is_heading(body, heading) & ~total
    numbered = _is_column_numbers(body) & ~total & ~repeated
    title = (body.notna().sum(axis=1) == 1) & key.isna().all(axis=1) & ~total & ~repeated & ~numbered
    keep = ~(total | repeated | numbered | title)
    chosen = table.loc[keep]
    chosen.index = chosen.index + 1
    counts = {"total": int(total.sum()), "heading": int((repeated | numbered | title).sum())}
    return chosen, counts


def _spellings(register: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the accepted names of each column, its own name without underscores among them.

    Without underscores it also meets names cut to ten characters by the DBF format (SoHieuToBa). Such a stump is the
    number on the map, not the one on the certificate, which would be cut to the same.
    """
    columns: dict[str, list[str]] = register.get("columns") or {}
    own = {name: [] if name.endswith(_CERTIFICATE) else [name.replace("_", "")] for name in columns}
    return {name: [*accepted, *own[name]] for name, accepted in columns.items()}


def _form(grid: pd.DataFrame, register: Mapping[str, Any]) -> Heading | None:
    letters, form = register.get("letters"), register.get("form")
    if not letters or not form:
        return None
    positions = {name: column_number(letter) for name, letter in letters.items()}
    above = grid.iloc[: int(form["heading_rows"])]
    spellings = _spellings(register)
    agreeing = sum(
        bool(sources.columns({name: spellings.get(name, [])}, above[position].dropna().tolist()))
        for name, position in positions.items()
        if position in above.columns
    )
    if agreeing < _FORM_COLUMNS:
        return None
    present = {name: position for name, position in positions.items() if position in grid.columns}
    return Heading(present, int(form["data_row"]) - 1, {})


def _promising(top: Sequence[Cells], spellings: Mapping[str, list[str]]) -> list[int]:
    """Return the rows in which, or right above which, at least one cell is a known name of a column."""
    known = {sources.fold(name) for accepted in spellings.values() for name in accepted}
    known |= {name[:_DBF_NAME_LENGTH] for name in known}
    hits = [any(cell is not None and sources.fold(cell) in known for cell in row) for row in top]
    return [number for number in range(len(top)) if any(hits[max(0, number - 2) : number + 1])]


def _by_spelling(top: Sequence[Cells], spellings: Mapping[str, list[str]], row: int, depth: int) -> Heading:
    """Return the heading in one row, its columns named by this row and the (depth - 1) rows above it."""
    block = top[row - depth + 1 : row + 1]
    names, long_names = {}, {}
    spread = [_spread(cells) if depth > 1 else cells for cells in block]
    for position, column in enumerate(zip(*block, strict=True)):
        own = [str(cell) for cell in column if cell is not None]
        if own:
            names[position] = own[-1]
            whole = (str(cells[position]) for cells in spread if cells[position] is not None)
            long_names[position] = " ".join(dict.fromkeys(whole))
    columns: dict[str, int] = {}
    # The long name ("Loại đất 1 Diện tích") tells more than its last word; what it does not tell, the word may.
    for named in [long_names, names] if depth > 1 else [names]:
        free = {position: name for position, name in named.items() if position not in columns.values()}
        open_columns = {column: accepted for column, accepted in spellings.items() if column not in columns}
        columns |= _positions(sources.columns(open_columns, free.values()), free)
    return Heading(columns, row + 1, names)


def _spread(cells: Cells) -> list[Any]:
    """Return a row of a heading with each title repeated over the empty cells to its right."""
    title, spread = None, []
    for cell in cells:
        title = title if cell is None else cell
        spread.append(title)
    return spread


def _positions(found: Mapping[str, sources.Column], names: Mapping[int, str]) -> dict[str, int]:
    first: dict[str, int] = {}
    for position, name in names.items():
        first.setdefault(name, position)
    taken: dict[str, int] = {}
    for column, origin in found.items():
        position = first[origin.name]
        if position not in taken.values():
            taken[column] = position
    return taken


def _is_total(body: pd.DataFrame) -> pd.Series:
    """Return rows whose first written cell that is no number says "total"."""
    values = body.to_numpy(dtype=object)
    words = np.frompyfunc(lambda cell: cell is not None and not _NUMERIC.fullmatch(cell), 1, 1)(values).astype(bool)
    place = words.argmax(axis=1)
    first = pd.Series(np.where(words.any(axis=1), values[np.arange(len(values)), place], None), index=body.index)
    return text.fold_series(first).str.fullmatch(_TOTALS).fillna(False).astype(bool)


def _is_heading(body: pd.DataFrame, heading: Heading) -> pd.Series:
    if not heading.names:
        return pd.Series(False, index=body.index)
    names = pd.Series(heading.names)
    same = (body[list(names.index)] == names).sum(axis=1)
    return same >= max(_LEAST_COLUMNS, len(names) // 2)


def _is_column_numbers(body: pd.DataFrame) -> pd.Series:
    """Return rows that only number the columns: (1) (2) (3) or 1 2 3 rising by one, or A B C."""
    if body.empty:
        return pd.Series(False, index=body.index)
    flat = body.astype("string").stack(future_stack=True).str.strip().str.strip("()[]")
    numbers = pd.to_numeric(flat, errors="coerce").unstack().reindex(body.index).to_numpy(dtype="float64")
    filled = body.notna().to_numpy()
    positions = np.arange(numbers.shape[1])
    offset = np.where(filled, numbers - positions, np.nan)
    with np.errstate(all="ignore"):
        spread = np.nanmax(offset, axis=1, initial=-np.inf) - np.nanmin(offset, axis=1, initial=np.inf)
    complete = (np.isfinite(offset).sum(axis=1) == filled.sum(axis=1)) & (filled.sum(axis=1) >= 4)
    return pd.Series(complete & (spread == 0), index=body.index)
