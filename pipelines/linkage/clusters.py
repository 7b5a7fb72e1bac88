"""From pairs to people: records that hang together are one person, unless that person would contradict itself."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipelines.geometry import connected
from pipelines.linkage.compare import FAR, Mask, year_levels
from pipelines.linkage.records import NEW, Codes, Records

_STEP_BITS = 2.0

MOST_LIKELY, OLD_NUMBER, DECIDED, NEW_NUMBER = 500.0, 800.0, 900.0, 1000.0
"""How strong a pair may be by likeness, and how strong what is surer: the surer is cut later."""


@dataclass(frozen=True)
class Clusters:
    """Who is one person.

    Attributes:
        person: For each record the smallest record number of its person.
        is_used: For each pair given, whether it holds; the others were cut because a person would contradict itself.
    """

    person: Codes
    is_used: Mask


def clusters(
    records: Records, left: Codes, right: Codes, bits: np.ndarray[Any, Any], apart: tuple[Codes, Codes]
) -> Clusters:
    """Return people so that none has two numbers of twelve digits, two sexes, or birth years no slip explains.

    Where a chain of pairs leads to such a person, its weakest pairs are cut, step by step, until nothing contradicts;
    pairs of equal strength are cut together, so that no order decides. What still contradicts is nobody's.

    Args:
        records: The records.
        left: One record of every pair that is to be linked.
        right: The other.
        bits: How strong the pair is: its odds, or `OLD_NUMBER`, `DECIDED`, `NEW_NUMBER`.
        apart: Pairs that an officer decided to be two people.
    """
    used = np.ones(len(left), dtype=bool)
    person = connected(len(records.rows), left, right)
    while len(at := np.flatnonzero(used & _contradictory(records, person, apart)[person[left]])):
        weakest = np.full(len(person), np.inf)
        np.minimum.at(weakest, person[left[at]], bits[at])
        cut = bits[at] < weakest[person[left[at]]] + _STEP_BITS
        used[at[cut]] = False
        kept, again = at[~cut], np.unique(np.concatenate([left[at], right[at]]))
        inside = connected(len(again), np.searchsorted(again, left[kept]), np.searchsorted(again, right[kept]))
        person[again] = again[inside]
    return Clusters(person, used)


def _contradictory(records: Records, person: Codes, apart: tuple[Codes, Codes]) -> Mask:
    """Return a mark for every record number that is the first of a person who contradicts itself."""
    wrong = np.zeros(len(person), dtype=bool)
    numbers = records.numbers[records.numbers["kind"] == NEW]
    held = pd.DataFrame({"person": person[numbers["record"]], "number": numbers["number"].to_numpy()})
    # A record that has two numbers by itself is a finding of its commune, not of a chain.
    several = held.drop_duplicates().groupby("person").size()
    of_record = numbers.groupby("record").size()
    double = of_record[of_record > 1].index.to_numpy()
    wrong[several[several > 1].index.to_numpy()] = True
    alone = np.bincount(person, minlength=len(person))[person[double]] == 1
    wrong[person[double[alone]]] = False
    sex = records.rows["sex"].to_numpy()
    is_both = np.ones(len(person), dtype=bool)
    for value in (0, 1):
        there = np.zeros(len(person), dtype=bool)
        there[person[sex == value]] = True
        is_both &= there
    wrong |= is_both
    years = pd.DataFrame({"person": person, "year": records.rows["year"].to_numpy()})
    years = years[years["year"] > 0].drop_duplicates()
    years = years[years["person"].duplicated(keep=False)]
    pairs = years.merge(years, on="person", suffixes=("", "_other"))
    one, other = (pairs[name].to_numpy(dtype=np.int64) for name in ("year", "year_other"))
    far = year_levels(one, other) == FAR
    wrong[pairs["person"].to_numpy()[far]] = True
    one, other = apart
    together = person[one] == person[other]
    wrong[person[one[together]]] = True
    return wrong
