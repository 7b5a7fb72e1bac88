"""Who is one person: from the personal layers and what officers decided to people, questions and their reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from pipelines.geometry import connected
from pipelines.linkage import candidates, records
from pipelines.linkage.clusters import DECIDED, MOST_LIKELY, NEW_NUMBER, OLD_NUMBER, clusters
from pipelines.linkage.compare import Compared, Mask, compare
from pipelines.linkage.records import Codes, Records
from pipelines.linkage.score import EXACT, LINKED, REVIEW, Bits, Scored, score

_INHERITED = {"year": 0, "day": 0, "sex": -1, "commune": -1, "hamlet": -1, "spouse": -1}
"""What a record takes from another of the same number where it says nothing itself, and how "nothing" is written."""

ALONE, BY_NUMBER, BY_LIKENESS, BY_OFFICER = "alone", "number", "likeness", "officer"


@dataclass(frozen=True)
class Decided:
    """What is known beside the registers.

    Attributes:
        same: `left` and `right`, keys of records that an officer found to be one person.
        different: The same for two people.
        numbers: `key`, `number` and `corrected` (keyed hashes): an identity number that the population database did
            not confirm for a record, and the right one where it gave one, else null.
    """

    same: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"left": [], "right": []}, dtype="string"))
    different: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"left": [], "right": []}, dtype="string"))
    numbers: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame({"key": [], "number": [], "corrected": []}, dtype="string")
    )


@dataclass(frozen=True)
class Linked:
    """Who is who.

    Attributes:
        records: The records compared.
        links: One row per record: `key`, `person` (the smallest key of its records), `why` (`alone`, `number`,
            `likeness`, `officer`: by what it is joined most surely) and `bits` (of its best pair; null for what a
            number or an officer decided).
        review: Pairs to ask an officer about, the most likely first: `left`, `right` (record numbers), `bits`, `why`.
        refused: Decisions that cannot hold because the two records contradict each other: `left`, `right`.
    """

    records: Records
    links: pd.DataFrame
    review: pd.DataFrame
    refused: pd.DataFrame


def link(holders: Mapping[str, pd.DataFrame], decided: Decided | None = None) -> Linked:
    """Return who is one person; the answer does not depend on the order of any rows."""
    decided = decided or Decided()
    known = _corrected(records.build(holders), decided.numbers)
    known = _inherited(known)
    pairs = compare(known, *candidates.pairs(known))
    scored = score(known, pairs)
    same, different = (_numbered(known, rows) for rows in (decided.same, decided.different))
    return _joined(known, pairs, scored, same, different)


def _corrected(known: Records, numbers: pd.DataFrame) -> Records:
    """Return records without the numbers the population database did not confirm, with those it gave instead."""
    if numbers.empty:
        return known
    keys = known.rows["key"].to_numpy()[known.numbers["record"]]
    told = known.numbers.assign(key=pd.array(keys, dtype="string")).merge(numbers, on=["key", "number"], how="left",
                                                                         indicator=True)  # fmt: skip
    wrong = (told["_merge"] == "both").to_numpy()
    right = told[wrong & told["corrected"].notna().to_numpy()].assign(kind=records.NEW)
    columns = ["record", "kind", "number"]
    rows = pd.concat([told.loc[~wrong, columns], right.assign(number=right["corrected"])[columns]])
    return replace(known, numbers=rows.drop_duplicates().sort_values(columns, ignore_index=True))


def _inherited(known: Records) -> Records:
    """Return records that know what others of the same number say."""
    count = len(known.rows)
    packed = candidates.shared(known.numbers["record"], known.numbers["number"], count)
    pairs = compare(known, packed // max(count, 1), packed % max(count, 1))
    exact = score(known, pairs).verdict == EXACT
    person = connected(count, pairs.left[exact], pairs.right[exact])
    rows = known.rows.copy()
    for name, nothing in _INHERITED.items():
        values = rows[name].where(rows[name] != nothing)
        shared = values.groupby(person).transform("first")
        rows[name] = values.fillna(shared).fillna(nothing).astype(np.int64)
    return replace(known, rows=rows)


def _numbered(known: Records, rows: pd.DataFrame) -> tuple[Codes, Codes]:
    """Return decided pairs as record numbers, the smaller first; those of records that are gone are left out."""
    place = pd.Series(known.rows.index, index=known.rows["key"])
    found = pd.DataFrame({side: rows[side].map(place) for side in ("left", "right")}).dropna().astype(np.int64)
    pairs = np.unique(np.sort(found.to_numpy(), axis=1), axis=0).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _joined(
    known: Records, pairs: Compared, scored: Scored, same: tuple[Codes, Codes], different: tuple[Codes, Codes]
) -> Linked:
    count = max(len(known.rows), 1)
    decided = np.union1d(same[0] * count + same[1], different[0] * count + different[1])
    is_open = ~np.isin(pairs.left * count + pairs.right, decided)
    strength = np.where(pairs.is_new, NEW_NUMBER, np.where(pairs.is_numbered, OLD_NUMBER,
                                                           np.minimum(scored.bits, MOST_LIKELY)))  # fmt: skip
    holds = _holds(known, pairs, strength, is_open & (scored.verdict == EXACT), same, different)
    refused = pd.DataFrame({name: known.rows["key"].to_numpy()[side[~holds]] for name, side in zip(
        ("left", "right"), same, strict=True)}, dtype="string")  # fmt: skip
    taken = np.flatnonzero(is_open & (scored.verdict >= LINKED))
    left, right = (np.concatenate([side[taken], other[holds]]) for side, other in zip(
        (pairs.left, pairs.right), same, strict=True))  # fmt: skip
    bits = np.concatenate([strength[taken], np.full(int(holds.sum()), DECIDED)])
    made = clusters(known, left, right, bits, different)
    used = made.is_used
    links = _links(known, made.person, left[used], right[used], bits[used])
    cut = np.zeros(len(pairs), dtype=bool)
    cut[taken[~used[: len(taken)]]] = True
    asked = is_open & ((scored.verdict == REVIEW) | cut) & (made.person[pairs.left] != made.person[pairs.right])
    return Linked(known, links, _review(pairs, scored, asked, cut), refused)


def _holds(
    known: Records, pairs: Compared, strength: Bits, exact: Mask, same: tuple[Codes, Codes],
    different: tuple[Codes, Codes],
) -> Mask:  # fmt: skip
    """Tell which answers "same" hold: not against the numbers, the sex and the birth years of two people."""
    left, right = (np.concatenate([side[exact], other]) for side, other in zip(
        (pairs.left, pairs.right), same, strict=True))  # fmt: skip
    bits = np.concatenate([strength[exact], np.zeros(len(same[0]))])
    made = clusters(known, left, right, bits, different)
    holds: Mask = made.is_used[int(exact.sum()) :]
    return holds


def _links(known: Records, person: Codes, left: Codes, right: Codes, bits: Bits) -> pd.DataFrame:
    """Return one row per record; a record joined by a number or an officer has no odds."""
    sides = pd.DataFrame({"record": np.concatenate([left, right]), "bits": np.tile(bits, 2)})
    best = sides.groupby("record")["bits"].max().reindex(range(len(person))).to_numpy()
    why = np.select(
        [np.isnan(best), best == DECIDED, best >= OLD_NUMBER], [ALONE, BY_OFFICER, BY_NUMBER], default=BY_LIKENESS
    )
    key = known.rows["key"]
    return pd.DataFrame(
        {
            "key": key,
            "person": pd.array(key.to_numpy()[person], dtype="string"),
            "why": pd.array(why, dtype="string"),
            "bits": np.where(best <= MOST_LIKELY, best, np.nan).round(2),
        }
    )


def _review(pairs: Compared, scored: Scored, asked: Mask, cut: Mask) -> pd.DataFrame:
    """Return the pairs to ask about; a person who would contradict itself comes before what is merely likely."""
    why = np.where(pairs.is_numbered, "number", np.where(cut, "chain", "likely"))
    rows = pd.DataFrame({"left": pairs.left, "right": pairs.right, "bits": scored.bits.round(2), "why": why})[asked]
    order = rows.assign(turn=rows["why"].map({"number": 0, "chain": 1, "likely": 2}))
    return order.sort_values(["turn", "bits", "left", "right"], ascending=[True, False, True, True], ignore_index=True)[
        ["left", "right", "bits", "why"]
    ]
