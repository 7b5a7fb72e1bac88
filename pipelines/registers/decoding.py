"""How the texts of a register were decoded: columns under their names, and which rows hold bytes that mean nothing."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from pipelines import text
from pipelines.charmaps import escape
from pipelines.encodings import Decoded, decode_texts
from pipelines.registers import entities, headings
from pipelines.registers import grid as grids

LOST_COLUMNS = ("row_id", "column", "stored")
_WORD = re.compile(r"[^\W\d_]{3}")

_OF_PARCELS = frozenset(
    {
        "ma_xa",
        "so_hieu_to_ban_do",
        "so_thu_tu_thua",
        "so_hieu_to_ban_do_gcn",
        "so_thu_tu_thua_gcn",
        "so_hieu_to_ban_do_cu",
        "so_thu_tu_thua_cu",
        "dia_chi",
        "dien_tich",
        *(
            f"{name}_{number}"
            for number in (1, 2, 3)
            for name in ("loai_dat", "dien_tich", "nguon_goc", "hinh_thuc", "thoi_han")
        ),
        "phap_nhan",
        "vai_tro",
    }
)
"""Columns that say nothing about a person; every other may, those without a known name too."""


@dataclass(frozen=True)
class Reading:
    """How the texts of one file were decoded.

    Attributes:
        decoded: Votes, shares and losses by name of the column, without the texts.
        personal: Columns that may say something about a person.
        canonical: Columns that become canonical ones, whose values are looked at one by one later.
        lost: `row_id`, `column` and `stored` (the bytes, escaped) of values that mean nothing. Personal.
    """

    decoded: Decoded
    personal: frozenset[str] = frozenset()
    canonical: frozenset[str] = frozenset()
    lost: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(LOST_COLUMNS), dtype="string"))


def reading(
    decoded: Decoded,
    names: Mapping[str, str],
    row_ids: Callable[[str, pd.Index], pd.Series],
    known: Mapping[str, str] | None = None,
) -> Reading:
    """Return how a file was decoded, its columns under names that people know.

    Args:
        decoded: As `encodings.decode_texts` returns it.
        names: Column there → its name; columns without one are left out.
        row_ids: Gives the ids of rows of a column.
        known: Column there → canonical column.
    """
    canonical = {key: name for key, name in (known or {}).items() if key in names}
    unique = _unique(names)
    kept = decoded.renamed(unique)
    lost = [
        pd.DataFrame({"row_id": row_ids(key, values.index), "column": unique[key], "stored": values.map(escape)})
        for key, values in decoded.lost.items()
        if key in unique
    ]
    open_columns = {unique[key] for key, name in canonical.items() if name in _OF_PARCELS}
    return Reading(
        kept,
        frozenset(unique.values()) - open_columns,
        frozenset(unique[key] for key in canonical),
        pd.concat(lost, ignore_index=True).astype("string") if lost else Reading(kept).lost,
    )


def document(read: entities.Document, source: str, declared: str | None) -> tuple[entities.Document, Reading]:
    """Return the entities of an exchange file decoded: a format in Unicode keeps what an old font has put into it."""
    columns = {
        f"{entity}.{name}": frame[name].astype("object").where(frame[name].notna(), None)
        for entity, frame in read.frames.items()
        for name in frame
        if name not in entities.LINKS
    }
    decoded = decode_texts(columns, raw=False, declared=declared, compose=False)
    frames = dict(read.frames)
    for key, values in columns.items():
        entity, _, name = key.partition(".")
        if decoded.columns[key] is not values:
            frames[entity] = frames[entity].assign(**{name: decoded.columns[key].astype("string")})

    def row_ids(key: str, index: pd.Index) -> pd.Series:
        entity = key.partition(".")[0]
        ids: pd.Series = f"{source}#{entity}/" + frames[entity].loc[index, "_id"].astype("string")
        return ids

    return replace(read, frames=frames), reading(decoded, {key: key for key in columns}, row_ids)


def of_sheets(
    loaded: grids.Loaded, source: str, usable: Sequence[tuple[int, str, pd.DataFrame, headings.Heading]]
) -> Reading:
    """Return how a file of sheets was decoded, its columns by canonical name, else by their heading."""
    many = len({name for _, name, _, _ in usable}) > 1
    names, known, prefixes = dict[str, str](), dict[str, str](), dict[str, str]()
    for at, name, grid, heading in usable:
        prefix = f"{name}!" if many else ""
        canonical = {position: column for column, position in heading.columns.items()}
        for position in range(grid.shape[1]):
            key = grids.column_key(at, position)
            names.setdefault(key, prefix + (canonical.get(position) or title(grid, heading, position)))
            prefixes[key] = f"{source}#{prefix}"
            if position in canonical:
                known.setdefault(key, canonical[position])
    return reading(loaded.decoded, names, lambda key, index: _row_ids(prefixes[key], index), known)


def of_tables(loaded: grids.Loaded, source: str) -> Reading:
    """Return how a file of tables was decoded, its columns by table and heading."""
    names, prefixes = dict[str, str](), dict[str, str]()
    for at, (name, grid) in enumerate(loaded.sheets):
        for position in range(grid.shape[1] if len(grid) else 0):
            key = grids.column_key(at, position)
            names[key] = f"{name}.{grid[position].iloc[0] or f'column_{position + 1}'}"
            prefixes[key] = f"{source}#" if len(loaded.sheets) == 1 else f"{source}#{name}!"
    return reading(loaded.decoded, names, lambda key, index: _row_ids(prefixes[key], index))


def doubt(path: Path, encoding: str | None, loaded: grids.Loaded) -> str | None:
    """Return what speaks against how texts were decoded: their share of syllables, and that of a better encoding."""
    worded = [values for key, values in loaded.decoded.columns.items() if loaded.decoded.votes[key].words]
    share = text.doubt(cell for values in worded for cell in values)
    if share is None:
        return None
    raw, is_bytes = grids.texts(path)
    better = text.vote(raw, raw=is_bytes)
    doubt = f"{encoding or 'utf-8'} {share:.0%}"
    return doubt if better.encoding == encoding else f"{doubt}, {better.encoding} {better.scores[better.encoding]:.0%}"


def title(grid: pd.DataFrame, heading: headings.Heading, position: int) -> str:
    """Return the heading of a column as written, or its number."""
    above = [str(cell) for cell in grid[position].iloc[: heading.first_row].dropna()]
    worded = [cell for cell in above if _WORD.search(cell)] or above
    return heading.names.get(position) or (worded[-1] if worded else f"column_{position + 1}")


def _row_ids(prefix: str, index: pd.Index) -> pd.Series:
    numbers: pd.Series = pd.Series(index + 1, index=index).astype("string")
    return prefix + numbers


def _unique(names: Mapping[str, str]) -> dict[str, str]:
    """Return names, those that stand there again with a number."""
    counts: dict[str, int] = {}
    found = {}
    for key, name in names.items():
        counts[name] = counts.get(name, 0) + 1
        found[key] = name if counts[name] == 1 else f"{name} ({counts[name]})"
    return found
