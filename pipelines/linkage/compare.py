"""How two records agree, fact by fact; each fact has a few levels, so that pairs fall into few patterns."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import OSA

from pipelines.linkage.candidates import shared
from pipelines.linkage.records import NEW, Codes, Records

Levels = np.ndarray[Any, np.dtype[np.int8]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

UNKNOWN = -1
OTHER, TYPED, ACCENTS, BARE, EQUAL = range(5)
"""Names: another; a letter apart; the same without accents though both have them (Hùng, Hưng); the same but for one
written without accents; the same."""

FAR, NEAR, SAME = range(3)
"""Birth years: apart; a slip of a year or a digit apart; the same. Days: another; day and month exchanged; the same."""

AWAY, LAND, COMMUNE, HAMLET = range(4)
"""Homes: another commune; that too, or untold, but land in one commune; the same commune; the same hamlet."""

DIFFER, AGREE = range(2)
"""Sex, spouse, papers (unknown rather than different: people have many), old numbers."""

_AT_ONCE = 1_000_000
_SLIPS = 1
_LEAST_LETTERS = 8
"""Of a shorter name one letter is too much of it."""


@dataclass(frozen=True)
class Compared:
    """Pairs of records and how they agree.

    Attributes:
        left: Number of one record of each pair.
        right: Number of the other.
        levels: Fact (`name`, `year`, `day`, `sex`, `home`, `spouse`, `paper`, `old`) to a level per pair, -1 unknown.
        is_numbered: Pairs that have an identity number in common.
        is_new: Those of them that have one of twelve digits in common.
        two_numbers: Pairs with numbers of twelve digits of which none is common.
    """

    left: Codes
    right: Codes
    levels: dict[str, Levels]
    is_numbered: Mask
    is_new: Mask
    two_numbers: Mask

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True)
class _Common:
    """What pairs of records have in common, packed and sorted, and which records have a number at all."""

    new: Codes
    old: Codes
    papers: Codes
    has_new: Mask
    has_old: Mask


def compare(records: Records, left: Codes, right: Codes) -> Compared:
    """Compare pairs of records; those that contradict each other and have no number in common are left out."""
    count, numbers = len(records.rows), records.numbers
    is_new = numbers["kind"].to_numpy() == NEW
    new, old = numbers[is_new], numbers[~is_new]
    common = _Common(
        shared(new["record"], new["number"], count),
        shared(old["record"], old["number"], count),
        shared(records.papers["record"], records.papers["paper"], count),
        *(np.isin(np.arange(count), rows["record"]) for rows in (new, old)),
    )
    # Most pairs are namesakes who cannot be one person: part by part, so that they never lie in memory together.
    cuts = range(0, max(len(left), 1), _AT_ONCE)
    parts = [_compared(records, common, left[at : at + _AT_ONCE], right[at : at + _AT_ONCE]) for at in cuts]

    def whole(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    levels = {fact: np.concatenate([part.levels[fact] for part in parts]) for fact in parts[0].levels}
    masks = ("is_numbered", "is_new", "two_numbers")
    return Compared(whole("left"), whole("right"), levels, *(whole(name) for name in masks))


def contradicts(pairs: Compared) -> Mask:
    """Tell which pairs cannot be one person: two numbers of twelve digits, birth years apart, another sex."""
    against: Mask = pairs.two_numbers | (pairs.levels["year"] == FAR) | (pairs.levels["sex"] == DIFFER)
    return against


def _compared(records: Records, common: _Common, left: Codes, right: Codes) -> Compared:
    rows = records.rows

    def both(name: str) -> tuple[Codes, Codes]:
        values = rows[name].to_numpy(dtype=np.int64)
        return values[left], values[right]

    packed = left * len(rows) + right
    new, old, paper = (_among(packed, pairs) for pairs in (common.new, common.old, common.papers))
    two_old = common.has_old[left] & common.has_old[right] & ~old
    levels = {
        "name": _names(records, left, right),
        "year": year_levels(*both("year")),
        "day": _days(*both("day")),
        "sex": _alike(*both("sex")),
        "home": _homes(both("commune"), both("hamlet"), both("land")),
        "spouse": _alike(*both("spouse")),
        "paper": np.where(paper, AGREE, UNKNOWN).astype(np.int8),
        "old": np.where(two_old, DIFFER, UNKNOWN).astype(np.int8),
    }
    two_new = common.has_new[left] & common.has_new[right] & ~new
    every = Compared(left, right, levels, new | old, new, two_new)
    kept = every.is_numbered | ~contradicts(every)
    return Compared(
        left[kept],
        right[kept],
        {fact: level[kept] for fact, level in levels.items()},
        *(mask[kept] for mask in (every.is_numbered, every.is_new, every.two_numbers)),
    )


def year_levels(one: Codes, other: Codes) -> Levels:
    """Return whether birth years are the same, a slip apart (a year; a digit; two digits exchanged) or apart."""
    thousands = np.array([1000, 100, 10, 1])
    digits, others = (values[:, None] // thousands % 10 for values in (one, other))
    differs = digits != others
    typed = differs.sum(axis=1) <= 1
    exchanged = (np.sort(digits, axis=1) == np.sort(others, axis=1)).all(axis=1) & (differs.sum(axis=1) == 2)
    exchanged &= differs[:, -2:].all(axis=1)
    near = typed | exchanged | (np.abs(one - other) <= 1)
    level = np.where(one == other, SAME, np.where(near, NEAR, FAR))
    return np.where((one > 0) & (other > 0), level, UNKNOWN).astype(np.int8)


def _names(records: Records, left: Codes, right: Codes) -> Levels:
    rows = records.rows
    exact, loose = rows["name"].to_numpy(dtype=np.int64), rows["loose"].to_numpy(dtype=np.int64)
    bare = rows["is_bare"].to_numpy(dtype=bool)
    level = np.full(len(left), OTHER, dtype=np.int8)
    same = loose[left] == loose[right]
    level[same] = np.where(bare[left] | bare[right], BARE, ACCENTS)[same]
    level[exact[left] == exact[right]] = EQUAL
    # Pairs of names recur: each is compared once.
    size = max(len(records.spellings), 1)
    packed = np.minimum(loose[left], loose[right]) * size + np.maximum(loose[left], loose[right])
    different, back = np.unique(packed[~same], return_inverse=True)
    if len(different):
        first, second = records.spellings[different // size], records.spellings[different % size]
        slips = process.cpdist(first, second, scorer=OSA.distance, score_cutoff=_SLIPS)
        long = pd.Series(first).str.len().to_numpy() >= _LEAST_LETTERS
        level[~same] = np.where((slips <= _SLIPS) & long, TYPED, OTHER)[back]
    return level


def _days(one: Codes, other: Codes) -> Levels:
    exchanged = (one // 32 == other % 32) & (one % 32 == other // 32)
    level = np.where(one == other, SAME, np.where(exchanged, NEAR, FAR))
    return np.where((one > 0) & (other > 0), level, UNKNOWN).astype(np.int8)


def _homes(communes: tuple[Codes, Codes], hamlets: tuple[Codes, Codes], lands: tuple[Codes, Codes]) -> Levels:
    told = (communes[0] >= 0) & (communes[1] >= 0)
    level = np.where(lands[0] == lands[1], LAND, np.where(told, AWAY, UNKNOWN))
    level = np.where((communes[0] == communes[1]) & told, COMMUNE, level)
    return np.where((hamlets[0] == hamlets[1]) & (hamlets[0] >= 0), HAMLET, level).astype(np.int8)


def _alike(one: Codes, other: Codes) -> Levels:
    return np.where((one >= 0) & (other >= 0), np.where(one == other, AGREE, DIFFER), UNKNOWN).astype(np.int8)


def _among(packed: Codes, some: Codes) -> Mask:
    """Tell which of the packed pairs are among others, which are sorted."""
    if not len(some):
        return np.zeros(len(packed), dtype=bool)
    at = np.minimum(np.searchsorted(some, packed), len(some) - 1)
    return np.asarray(some[at] == packed, dtype=bool)
