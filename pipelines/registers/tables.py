"""Registers kept as several tables (one sheet or one file each), joined by their keys as a source profile says.

`register.tables` of a profile is either `model: exchange` (the tables are entities of the cadastral exchange, as in
MPLIS) or a list of joins; `schemas/tables.schema.json` says which keys there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines.sources import fold

EXCHANGE = "exchange"
_SPREAD = 3


@dataclass(frozen=True)
class Joined:
    """Tables joined to rows of a register.

    Attributes:
        rows: Canonical columns, every value a text; the index is the row of the base table in its file, from 1.
        other: Columns of all joined tables that became no canonical column, as `table.column`.
        unused: Tables the profile does not know, or whose rows no other table names: name → rows.
    """

    rows: pd.DataFrame
    other: pd.DataFrame
    unused: dict[str, pd.DataFrame]


def known(name: str, section: Mapping[str, Any]) -> str | None:
    """Return the table of a profile that a sheet or a file of this name is."""
    folded = fold(name.rsplit(".", 1)[-1])
    every = {fold(spelling): table for table, names in section["names"].items() for spelling in [table, *names]}
    return every.get(folded)


def join(grids: Mapping[str, pd.DataFrame], section: Mapping[str, Any], wanted: Sequence[str]) -> Joined:
    """Return the tables of a register as rows, by the joins of a source profile.

    Rows of a joined table that name no row of the base are kept in `unused`. A table that has several rows for one
    of the base repeats it, or stands in columns numbered 1 to 3 where the join says `spread`; more than three then
    repeat it as well.

    Args:
        grids: Sheet or file name → grid, its first row the names of the columns.
        section: `register.tables` of a source profile.
        wanted: Canonical columns.

    Raises:
        KeyError: The base table, or a column a join is made by, is not there.
    """
    named = {name: table for name in grids if (table := known(name, section)) is not None}
    tables = {table: _table(grids[name], table) for name, table in named.items()}
    unused = {name: grid for name, grid in grids.items() if name not in named}
    rows = tables[section["base"]]
    for step in section.get("joins") or ():
        if step["table"] not in tables:
            continue
        right, keys = tables[step["table"]], step["by"]
        left_keys = [_column(rows, key) for key in keys]
        right_keys = [_column(right, f"{step['table']}.{other}") for other in keys.values()]
        if step.get("spread"):
            right = _side_by_side(right, step["table"], right_keys)
        lost = right.loc[~_keys(right, right_keys).isin(set(_keys(rows, left_keys).dropna()))]
        if len(lost):
            unused[step["table"]] = lost
        rows = _merged(rows, right, left_keys, right_keys)
    return _canonical(rows.set_index("_row"), section, wanted, unused)


def _table(grid: pd.DataFrame, name: str) -> pd.DataFrame:
    heading = [f"{name}.{'' if cell is None else str(cell).strip()}" for cell in grid.iloc[0].tolist()]
    body = grid.iloc[1:].dropna(how="all")
    body = body.set_axis(heading, axis=1).loc[:, ~pd.Index(heading).duplicated()].astype("string")
    return pd.DataFrame(
        {column: body[column].str.strip() for column in body} | {"_row": body.index + 1}, index=body.index
    )


def _column(frame: pd.DataFrame, name: str) -> str:
    """Return the column of a frame that a profile spells `Table.Column`, in whatever case."""
    table, _, column = name.partition(".")
    wanted = fold(table), fold(column)
    for present in frame.columns:
        first, _, last = str(present).partition(".")
        if (fold(first), fold(last)) == wanted:
            return str(present)
    raise KeyError(name)


def _keys(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Return the key of every row; numbers that one program writes as 12 and another as 12.0 are one."""
    key = frame[columns[0]].astype("string").str.replace(r"\.0+$", "", regex=True)
    for column in columns[1:]:
        key = key + "|" + frame[column].astype("string").str.replace(r"\.0+$", "", regex=True)
    return key


def _merged(left: pd.DataFrame, right: pd.DataFrame, left_keys: list[str], right_keys: list[str]) -> pd.DataFrame:
    keyed = right.drop(columns="_row").assign(_key=_keys(right, right_keys))
    # A missing key names nothing; pandas would join the missing with the missing.
    whole = left.assign(_key=_keys(left, left_keys)).merge(keyed.dropna(subset=["_key"]), on="_key", how="left")
    return whole.drop(columns="_key")


def _side_by_side(table: pd.DataFrame, name: str, keys: list[str]) -> pd.DataFrame:
    """Return a table with up to three rows of one key beside one another, columns numbered `Table.Column_1`."""
    key = _keys(table, keys)
    nth = table.groupby(key, sort=False).cumcount()
    values = [column for column in table.columns if column not in {*keys, "_row"}]
    parts = table.assign(_key=key, _turn=nth // _SPREAD)
    parts = parts.loc[parts["_key"].notna()]
    base = parts.drop_duplicates(["_key", "_turn"])[["_key", "_turn", "_row", *keys]]
    for slot in range(_SPREAD):
        here = parts.loc[nth.reindex(parts.index) % _SPREAD == slot, ["_key", "_turn", *values]]
        renamed = here.rename(columns={column: f"{column}_{slot + 1}" for column in values})
        base = base.merge(renamed, on=["_key", "_turn"], how="left")
    return base.drop(columns=["_key", "_turn"])


def _canonical(
    rows: pd.DataFrame, section: Mapping[str, Any], wanted: Sequence[str], unused: dict[str, pd.DataFrame]
) -> Joined:
    taken: dict[str, pd.Series] = {}
    used = set()
    for canonical, spelled in section["columns"].items():
        for name in [spelled] if isinstance(spelled, str) else spelled:
            try:
                column = _column(rows, name)
            except KeyError:
                continue
            used.add(column)
            taken[canonical] = taken[canonical].fillna(rows[column]) if canonical in taken else rows[column]
    words = section.get("values") or {}
    for canonical, meanings in words.items():
        if canonical in taken:
            lookup = {str(code): meaning for code, meaning in meanings.items()}
            taken[canonical] = taken[canonical].map(lookup).astype("string").fillna(taken[canonical])
    result = pd.DataFrame(taken, index=rows.index).reindex(columns=list(wanted)).astype("string")
    other = rows[[column for column in rows.columns if column not in used]]
    return Joined(result.mask(result == ""), other, unused)
