"""How likely two records are one person (Fellegi and Sunter), in bits: agreement on what is rare counts for more."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipelines.geometry import connected
from pipelines.linkage.compare import (
    ACCENTS,
    AGREE,
    AWAY,
    BARE,
    COMMUNE,
    DIFFER,
    EQUAL,
    FAR,
    HAMLET,
    LAND,
    NEAR,
    OTHER,
    SAME,
    TYPED,
    Compared,
    Mask,
    contradicts,
)  # fmt: skip
from pipelines.linkage.records import NEW, Codes, Records
from pipelines.linkage.usual import name_shares

Bits = np.ndarray[Any, np.dtype[np.float64]]

LINK_BITS, REVIEW_BITS = 4.0, -2.0
"""From the first on two records are linked (odds above 16 to 1), from the second on an officer is asked."""

APART, REVIEW, LINKED, EXACT = range(4)

LEAST_AGREEMENTS = 2
"""Facts beside the name that must agree."""

_USUAL: dict[str, dict[int, float]] = {
    "name": {OTHER: 0.01, TYPED: 0.03, ACCENTS: 0.005, BARE: 0.05, EQUAL: 0.905},
    "year": {FAR: 0.003, NEAR: 0.017, SAME: 0.98},
    "day": {FAR: 0.02, NEAR: 0.02, SAME: 0.96},
    "sex": {DIFFER: 0.005, AGREE: 0.995},
    "home": {AWAY: 0.13, LAND: 0.12, COMMUNE: 0.2, HAMLET: 0.55},
    "spouse": {DIFFER: 0.15, AGREE: 0.85},
    "old": {DIFFER: 1.0},
}
"""How often the facts of one person agree, before anything was learnt from the data at hand."""

_USUAL_PAIRS = 200
"""What was learnt counts for as much as the table above after so many pairs."""

_LEAST_PEOPLE = 1_000_000
"""People who may be meant, where fewer are on record: namesakes live in communes that were not loaded yet, too."""

_USUAL_PEOPLE = 20_000
_USUAL_SHARE = {"year": 1 / 60, "commune": 1 / 166, "land": 1 / 166, "hamlet": 1 / 4000, "spouse": 2e-4}
"""How often a value is met, before it was counted among so many people."""

_DAY_SHARE, _OLD_AGAIN, _PAPER_BITS = 1 / 365, 0.02, 11.0
_SAME_LETTERS_BITS = 4.0
"""How many times more often a name is met that is a letter apart, or differs in accents, than the name itself."""

_USUAL_NEIGHBOURS = 50
"""Families live together: how common a name is in its own commune counts, where so many records say so."""


@dataclass(frozen=True)
class Scored:
    """What comes of compared pairs.

    Attributes:
        bits: Logarithm to base 2 of the odds that the records are one person.
        verdict: `APART`, `REVIEW`, `LINKED` or `EXACT`.
        agreements: How many facts beside the name agree.
    """

    bits: Bits
    verdict: np.ndarray[Any, np.dtype[np.int8]]
    agreements: np.ndarray[Any, np.dtype[np.int8]]


def score(records: Records, pairs: Compared) -> Scored:
    """Return odds and verdict of every pair.

    A common number is exact where birth year and sex do not contradict, and the name or the full date of birth agrees
    (people change names; husband and wife under one number by mistake have neither in common). Two different
    numbers of twelve digits, another sex, or a birth year that no slip explains keep records apart, whatever else
    agrees. No pair is linked on a name alone.
    """
    chances = learnt(pairs)
    bits = np.full(len(pairs), np.log2(2 / max(len(records.rows), _LEAST_PEOPLE)))
    bits += _names(records, pairs, chances["name"]) + _others(records, pairs, chances)
    levels = pairs.levels
    has_name, against = levels["name"] != OTHER, contradicts(pairs)
    exact = pairs.is_numbered & (has_name | (levels["day"] == SAME)) & ~against
    bits -= _rivals(records, pairs, np.where(against | exact, -np.inf, bits), exact)
    agree = [levels["year"] == SAME, levels["day"] == SAME, levels["home"] >= LAND, levels["spouse"] == AGREE,
             levels["paper"] == AGREE]  # fmt: skip
    agreements = np.sum(agree, axis=0, dtype=np.int8)
    spoilt = np.isin(levels["name"], (TYPED, ACCENTS))
    enough = agreements >= LEAST_AGREEMENTS + spoilt
    verdict = np.full(len(pairs), APART, dtype=np.int8)
    verdict[(bits >= REVIEW_BITS) & has_name] = REVIEW
    verdict[(bits >= LINK_BITS) & has_name & enough] = LINKED
    verdict[against] = APART
    verdict[pairs.is_numbered & ~pairs.two_numbers] = REVIEW
    verdict[exact] = EXACT
    return Scored(bits, verdict, agreements)


def learnt(pairs: Compared) -> dict[str, dict[int, float]]:
    """Return how often each level is met among records of one person, learnt from those with a common number."""
    chances = {}
    known = pairs.is_numbered & ~contradicts(pairs) & (pairs.levels["name"] != OTHER)
    for fact, usual in _USUAL.items():
        level = pairs.levels[fact][known]
        counts = {value: int((level == value).sum()) for value in usual}
        total = sum(counts.values()) + _USUAL_PAIRS
        chances[fact] = {value: (counts[value] + _USUAL_PAIRS * share) / total for value, share in usual.items()}
    return chances


def _names(records: Records, pairs: Compared, chances: dict[int, float]) -> Bits:
    share = _shares(records.rows["loose"].to_numpy(dtype=np.int64), name_shares(records.spellings))
    common = np.maximum(share[pairs.left], share[pairs.right])
    near = pairs.levels["home"] >= COMMUNE
    common = np.where(near, np.maximum(common, _neighbours(records, share)[pairs.left]), common)
    level = pairs.levels["name"]
    bits = np.full(len(pairs), np.log2(chances[OTHER]))
    for value in (EQUAL, BARE, ACCENTS, TYPED):
        at = level == value
        bits[at] = np.log2(chances[value] / common[at])
    bits[np.isin(level, (ACCENTS, TYPED))] -= _SAME_LETTERS_BITS
    return bits


def _others(records: Records, pairs: Compared, chances: dict[str, dict[int, float]]) -> Bits:
    rows, levels = records.rows, pairs.levels

    def share(column: str) -> Bits:
        return _shares(rows[column].to_numpy(dtype=np.int64), _USUAL_SHARE[column])[pairs.left]

    unlike: dict[str, dict[int, Any]] = {
        "year": {FAR: 0.7, NEAR: 0.1, SAME: share("year")},
        "day": {FAR: 1 - _DAY_SHARE, NEAR: _DAY_SHARE, SAME: _DAY_SHARE},
        "sex": {DIFFER: 0.5, AGREE: 1.0},
        "home": {AWAY: 1.0, LAND: share("land"), COMMUNE: share("commune"), HAMLET: share("hamlet")},
        "spouse": {DIFFER: 1.0, AGREE: share("spouse")},
        "old": {DIFFER: 1 / _OLD_AGAIN},
    }
    bits = np.where(levels["paper"] == AGREE, _PAPER_BITS, 0.0)
    for fact, values in unlike.items():
        for level, chance in values.items():
            at = levels[fact] == level
            weight = np.broadcast_to(np.log2(chances[fact][level] / chance), len(pairs))
            bits[at] += weight[at]
    return bits


def _rivals(records: Records, pairs: Compared, bits: Bits, exact: Mask) -> Bits:
    """Return what is taken from a pair because one of its records may as well be somebody else.

    Somebody else is sure where people have different numbers of twelve digits: a record without one cannot be both.
    """
    count = len(records.rows)
    person = connected(count, pairs.left[exact], pairs.right[exact])
    numbered = np.zeros(count, dtype=bool)
    numbered[person[records.numbers["record"][(records.numbers["kind"] == NEW).to_numpy()]]] = True
    taken = np.zeros(len(pairs))
    for record, other in ((pairs.left, pairs.right), (pairs.right, pairs.left)):
        open_ = np.flatnonzero(~numbered[person[record]] & numbered[person[other]] & np.isfinite(bits))
        both = pd.DataFrame({"record": record[open_], "person": person[other[open_]], "odds": np.exp2(bits[open_])})
        best = both.groupby(["record", "person"])["odds"].transform("max")
        sole = best.where(~both.duplicated(["record", "person"]), 0.0)
        rivals = sole.groupby(both["record"]).transform("sum") - best
        taken[open_] = np.log2(1 + rivals.clip(lower=0))
    return taken


def _neighbours(records: Records, share: Bits) -> Bits:
    """Return for every record how common its name is among the others of its commune, two records left out."""
    rows = records.rows
    known = (rows["commune"] >= 0).to_numpy()
    alike = rows.groupby(["commune", "loose"])["loose"].transform("size").to_numpy()
    people = rows.groupby("commune")["loose"].transform("size").to_numpy()
    others = np.maximum(alike - 2, 0) + _USUAL_NEIGHBOURS * share
    return np.where(known, others / (people + _USUAL_NEIGHBOURS), 0.0)


def _shares(codes: Codes, usual: float | Bits) -> Bits:
    """Return for every record how often its value is met among other records; few records say little about that."""
    unknown = codes < 0
    counts = np.bincount(np.where(unknown, 0, codes), weights=~unknown, minlength=np.size(usual))
    others = np.maximum(counts - 1, 0)
    shares: Bits = (others + _USUAL_PEOPLE * usual) / ((~unknown).sum() + _USUAL_PEOPLE)
    return shares[np.where(unknown, 0, codes)]
