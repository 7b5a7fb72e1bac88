"""Where the headings of a register stand, and which column is which; several tables may stand in one sheet."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines import sources
from pipelines.registers.cells import column_number
from pipelines.registers.groups import grouped
from pipelines.registers.proposals import Proposal, propose, sheet_number
from pipelines.registers.records import records

__all__ = ["Heading", "Proposal", "find", "propose", "records", "sheet_number", "tables"]

SEARCHED_ROWS = 30
_LEAST_COLUMNS = 2
_LEAST_OF_LATER = 3
_FORM_COLUMNS = 5
_DEPTHS = (1, 2, 3)

_PARCEL_NUMBER = re.compile(r"\s*'?\d[\w\-./ ]{0,11}")
_DBF_NAME_LENGTH = 10
_CERTIFICATE = "_gcn"
_PARCEL = ("so_thu_tu_thua", "so_thu_tu_thua_gcn")

type Cells = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Heading:
    """Where the columns of a grid are.

    Attributes:
        columns: Canonical column → position in the grid.
        first_row: First row of records, from 0.
        names: The heading as written, by position; used to know it again on later pages.
        above: The rows of the heading over its last one, by position.
        known: Folded names of columns that the profile knows.
    """

    columns: dict[str, int]
    first_row: int
    names: dict[int, str]
    above: tuple[dict[int, str], ...] = ()
    known: frozenset[str] = frozenset()


def find(grid: pd.DataFrame, register: Mapping[str, Any], accepted: Mapping[str, str] | None = None) -> Heading | None:
    """Return the heading of a grid by the register part of a source profile, or None where no column is known.

    Tried are the fixed letters of a form (where enough headings stand above them and none stands elsewhere), then
    each of the first thirty rows alone and together with the rows above it (a heading of two or three rows).

    Args:
        grid: Cells as in the file.
        register: `register` part of a source profile.
        accepted: Heading as written → canonical column, confirmed by a person; goes before every spelling.
    """
    spellings = _spellings(register, accepted)
    form = None if accepted else _form(grid, register, spellings)
    if form is not None:
        return form
    fixed = register.get("header_row")
    top: Sequence[Cells] = grid.iloc[:SEARCHED_ROWS].to_numpy(dtype=object).tolist()
    rows = [int(fixed) - 1] if isinstance(fixed, int) else _promising(top, _known(spellings))
    best = _best(top, spellings, rows)
    if best is None:
        return None
    data_row = register.get("data_row")
    if isinstance(data_row, int):
        return Heading(best.columns, int(data_row) - 1, best.names, best.above, best.known)
    return best


def tables(
    grid: pd.DataFrame, register: Mapping[str, Any], accepted: Mapping[str, str] | None = None
) -> list[tuple[pd.DataFrame, Heading]]:
    """Return (grid, heading) for every table of a sheet; each grid ends where the next heading begins.

    A heading that says the same as the one before it is a repetition, not a new table. Arguments as in `find`.
    """
    heading = find(grid, register, accepted)
    if heading is None:
        return []
    found = [(0, heading)]
    if heading.names:
        spellings = _spellings(register, accepted)
        for row in _later(grid, heading):
            if row < found[-1][1].first_row:
                continue
            start = max(found[-1][1].first_row, row - _DEPTHS[-1] + 1)
            part: Sequence[Cells] = grid.iloc[start : row + _DEPTHS[-1]].to_numpy(dtype=object).tolist()
            local = _best(part, spellings, [*range(row - start, len(part))])
            if local is None or local.columns == found[-1][1].columns or not set(_PARCEL) & set(local.columns):
                continue
            moved = Heading(local.columns, local.first_row + start, local.names, local.above, local.known)
            found.append((moved.first_row - 1 - len(moved.above), moved))
    ends = [begin for begin, _ in found[1:]] + [len(grid)]
    return [(grid.iloc[:end], heading) for (_, heading), end in zip(found, ends, strict=True)]


def _best(top: Sequence[Cells], spellings: Mapping[str, list[str]], rows: Sequence[int]) -> Heading | None:
    candidates = [_by_spelling(top, spellings, row, depth) for row in rows for depth in _DEPTHS if row >= depth - 1]
    usable = [heading for heading in candidates if len(heading.columns) >= _LEAST_COLUMNS]
    return max(usable, key=lambda heading: len(heading.columns), default=None)


def _later(grid: pd.DataFrame, heading: Heading) -> list[int]:
    """Return rows below a heading that hold at least three names of columns where a parcel has its number."""
    position = next((heading.columns[name] for name in _PARCEL if name in heading.columns), None)
    if position is None:
        return []
    numbers = grid[position].iloc[heading.first_row :]
    is_number = numbers.map(lambda cell: cell is not None and _PARCEL_NUMBER.fullmatch(str(cell)) is not None)
    rows = [row + heading.first_row for row in (~is_number.astype(bool)).to_numpy().nonzero()[0].tolist()]
    lines = grid.iloc[rows].to_numpy(dtype=object).tolist()
    return [row for row, cells in zip(rows, lines, strict=True) if _names_in(cells, heading.known) >= _LEAST_OF_LATER]


def _names_in(cells: Cells, known: frozenset[str]) -> int:
    return sum(cell is not None and sources.fold(cell) in known for cell in cells)


def _spellings(register: Mapping[str, Any], accepted: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """Return the accepted names of each column, its own name without underscores among them.

    Without underscores it also meets names cut to ten characters by the DBF format (SoHieuToBa). Such a stump is the
    number on the map, not the one on the certificate, which would be cut to the same.
    """
    columns: dict[str, list[str]] = register.get("columns") or {}
    own = {name: [] if name.endswith(_CERTIFICATE) else [name.replace("_", "")] for name in columns}
    spellings = {name: [*known, *own[name]] for name, known in columns.items()}
    if not accepted:
        return spellings
    confirmed = {sources.fold(heading) for heading in accepted}
    free = {
        name: [known for known in names if sources.fold(known) not in confirmed] for name, names in spellings.items()
    }
    mine: dict[str, list[str]] = {}
    for heading, column in accepted.items():
        mine.setdefault(column, []).append(heading)
    return {name: [*mine.get(name, []), *free.get(name, [])] for name in dict.fromkeys([*mine, *free])}


def _known(spellings: Mapping[str, list[str]]) -> frozenset[str]:
    known = {sources.fold(name) for accepted in spellings.values() for name in accepted}
    return frozenset(known | {name[:_DBF_NAME_LENGTH] for name in known})


def _form(grid: pd.DataFrame, register: Mapping[str, Any], spellings: Mapping[str, list[str]]) -> Heading | None:
    letters, form = register.get("letters"), register.get("form")
    if not letters or not form:
        return None
    positions = {name: column_number(letter) for name, letter in letters.items()}
    above = grid.iloc[: int(form["heading_rows"])]
    named = {position: above[position].dropna().astype(str).tolist() for position in range(above.shape[1])}
    agreeing = {
        name
        for name, position in positions.items()
        if sources.columns({name: spellings.get(name, [])}, named.get(position, []))
    }
    # A column put in or taken out moves all that follow: a name that stands elsewhere than its letter says so.
    every = [name for names in named.values() for name in names]
    elsewhere = sources.columns({name: spellings.get(name, []) for name in positions if name not in agreeing}, every)
    if len(agreeing) < _FORM_COLUMNS or elsewhere:
        return None
    present = {name: position for name, position in positions.items() if position in grid.columns}
    return Heading(present, int(form["data_row"]) - 1, {}, known=_known(spellings))


def _promising(top: Sequence[Cells], known: frozenset[str]) -> list[int]:
    """Return the rows in which, or right above which, at least one cell is a known name of a column."""
    hits = [_names_in(row, known) > 0 for row in top]
    return [number for number in range(len(top)) if any(hits[max(0, number - 2) : number + 1])]


def _by_spelling(top: Sequence[Cells], spellings: Mapping[str, list[str]], row: int, depth: int) -> Heading:
    """Return the heading in one row, its columns named by this row and the (depth - 1) rows above it."""
    block = top[row - depth + 1 : row + 1]
    names, long_names, titles = {}, {}, {}
    spread = [_spread(cells) if depth > 1 else cells for cells in block]
    for position, column in enumerate(zip(*block, strict=True)):
        own = [str(cell) for cell in column if cell is not None]
        if own:
            names[position] = own[-1]
            whole = [str(cells[position]) for cells in spread if cells[position] is not None]
            long_names[position] = " ".join(dict.fromkeys(whole))
            titles[position] = whole[0]
    columns: dict[str, int] = {}
    # The long name ("Loại đất 1 Diện tích") tells more than its last word; what it does not tell, the word may.
    for named in [long_names, names] if depth > 1 else [names]:
        free = {position: name for position, name in named.items() if position not in columns.values()}
        open_columns = {column: accepted for column, accepted in spellings.items() if column not in columns}
        columns |= _positions(sources.columns(open_columns, free.values()), free)
    columns = grouped(columns, names, titles, spellings)
    above = tuple({at: str(cell) for at, cell in enumerate(cells) if cell is not None} for cells in block[:-1])
    return Heading(columns, row + 1, names, above, _known(spellings))


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
