"""Which records are worth comparing: those that agree in enough at once, never all with all."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipelines.linkage.records import Codes, Records

LARGEST = 200
"""Records of one block that are all compared with each other; a larger block is divided first."""

NEIGHBOURS = 8
"""What is still too large after that is compared with so many neighbours only."""

_MOST_HOLDERS = 60
"""A certificate or parcel with more people than this says nothing about any two of them."""

_BLOCKS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("loose", "year"), ("commune", "hamlet", "day", "key")),
    (("loose", "commune"), ("hamlet", "year", "key")),
    (("loose", "spouse"), ("year", "commune", "key")),
    (("given", "year", "day"), ("stem", "commune", "key")),
    (("stem", "year", "day"), ("given", "commune", "key")),
    (("given", "year", "hamlet"), ("stem", "day", "key")),
    (("stem", "year", "hamlet"), ("given", "day", "key")),
    (("year", "spouse"), ("given", "commune", "key")),
)
"""What records of a block have in common, and by what a block is divided that is too large.

Each of the facts may be missing or wrong in one of two records of a person, so there are blocks without it.
"""


def pairs(records: Records) -> tuple[Codes, Codes]:
    """Return the numbers of the records to compare, the smaller first, each pair once, in order."""
    rows = records.rows
    columns = {name: rows[name].to_numpy(dtype=np.int64) for name in rows.columns if rows[name].dtype.kind == "i"}
    # Unknown dates are zero where other unknown values are -1.
    known = {name: values > 0 if name in ("year", "day") else values >= 0 for name, values in columns.items()}
    columns["key"] = np.arange(len(rows))
    found = [shared(records.numbers["record"], records.numbers["number"], len(rows))]
    for same, divisions in _BLOCKS:
        usable = np.flatnonzero(np.logical_and.reduce([known[name] for name in same]))
        found.append(_within(usable, columns, same, divisions, len(rows)))
    papers = records.papers
    for name in ("given", "stem"):
        block = papers["paper"].to_numpy() * (columns[name].max(initial=0) + 2) + columns[name][papers["record"]]
        found.append(shared(papers["record"], pd.Series(block), len(rows)))
    packed = np.unique(np.concatenate(found))
    return packed // max(len(rows), 1), packed % max(len(rows), 1)


def shared(record: pd.Series, value: pd.Series, count: int, largest: int = _MOST_HOLDERS) -> Codes:
    """Return pairs of records that have a value in common, packed as first * count + second, sorted.

    Args:
        record: Number of a record.
        value: A value it has.
        count: How many records there are.
        largest: A value that more records have gives no pairs but those of neighbours.
    """
    codes = pd.factorize(value, sort=True)[0].astype(np.int64)
    order = np.lexsort((record.to_numpy(), codes))
    return np.unique(_all_pairs(record.to_numpy(dtype=np.int64)[order], codes[order], count, largest))


def _within(
    usable: Codes, columns: dict[str, Codes], same: Sequence[str], divisions: Sequence[str], count: int
) -> Codes:
    """Return the pairs within all blocks; a block that is too large is divided by one fact more at a time."""
    found = []
    names = list(same)
    for division in (*divisions, None):
        order = usable[np.lexsort([columns[name][usable] for name in reversed([*names, *divisions])])]
        block = _numbered([columns[name][order] for name in names])
        size = np.bincount(block)[block] if len(block) else block
        fits = size <= LARGEST
        if division in ("key", None):
            # Nothing is left to divide by: neighbours in the order of all facts together.
            found.append(_all_pairs(order, block, count, LARGEST))
            break
        found.append(_all_pairs(order[fits], block[fits], count, LARGEST))
        usable = np.sort(order[~fits])
        names.append(str(division))
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _numbered(columns: Sequence[Codes]) -> Codes:
    """Return the number of the block of every row; rows are in the order of the columns."""
    change = np.zeros(len(columns[0]), dtype=bool)
    for column in columns:
        change[1:] |= column[1:] != column[:-1]
    numbers: Codes = np.cumsum(change).astype(np.int64)
    return numbers


def _all_pairs(order: Codes, block: Codes, count: int, largest: int) -> Codes:
    """Return all pairs of rows of one block, packed; of a larger block those of near neighbours."""
    size = np.bincount(block)[block] if len(block) else block
    found: list[Codes] = []
    at = np.arange(len(order))
    for distance in range(1, largest):
        at = at[: np.searchsorted(at, len(order) - distance)]
        at = at[block[at] == block[at + distance]]
        if distance > NEIGHBOURS:
            at = at[size[at] <= largest]
        if not len(at):
            break
        one, other = order[at], order[at + distance]
        found.append(np.minimum(one, other) * count + np.maximum(one, other))
    packed = np.concatenate(found) if found else np.empty(0, dtype=np.int64)
    apart: Codes = packed[packed // max(count, 1) != packed % max(count, 1)]
    return apart
