"""Which encoding a column is in: by vote over its words, with the file's vote where a column has too few of them.

One file may hold several encodings, and so may one column (TCVN3 beside Unicode typed in later). Every decision
carries its evidence; a value that two encodings explain equally well is counted as ambiguous, never hidden.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from pipelines.ballots import BELIEVABLE, Ballot, Vote
from pipelines.charmaps import ENCODINGS, UNDECODABLE, decode_unique, escape
from pipelines.findings import Finding

__all__ = [
    "OWN_WORDS",
    "Decoded",
    "Vote",
    "clear",
    "decode_columns",
    "decode_texts",
    "doubt",
    "told",
    "vote",
    "vote_columns",
]

OWN_WORDS = 6
"""Different accented words a column needs to vote for itself; below, it follows its file."""

OWN_SHARE, OWN_MARGIN = 0.7, 0.1
"""Share of Vietnamese syllables such a column needs, and how far ahead of every other encoding it must be."""

_ENOUGH_WORDS = 20
_SHOWN = 3


@dataclass(frozen=True)
class Decoded:
    """Columns of texts in Unicode and how they came about.

    Attributes:
        columns: The texts.
        votes: Vote per column.
        shares: Values per encoding, for columns that hold more than one.
        ambiguous: Values per column that two encodings explain; the encoding of the column was taken.
        lost: Per column, the values as stored of the rows whose bytes mean nothing in their encoding.
        against: Values per encoding, for columns whose words contradict what was declared for the file.
        declared: What was declared.
    """

    columns: dict[str, pd.Series]
    votes: dict[str, Vote]
    shares: dict[str, dict[str, int]] = field(default_factory=dict)
    ambiguous: dict[str, int] = field(default_factory=dict)
    lost: dict[str, pd.Series] = field(default_factory=dict)
    against: dict[str, dict[str, int]] = field(default_factory=dict)
    declared: str | None = None

    @property
    def frame(self) -> pd.DataFrame:
        """Return the columns as one frame; they must be of one table."""
        return pd.DataFrame(self.columns, dtype="object")

    def renamed(self, names: Mapping[str, str]) -> "Decoded":
        """Return what is known about some columns under other names, without the texts; names must differ."""

        def of[Kept](told: Mapping[str, Kept]) -> dict[str, Kept]:
            return {names[name]: value for name, value in told.items() if name in names}

        return replace(
            self,
            columns={},
            votes=of(self.votes),
            shares=of(self.shares),
            ambiguous=of(self.ambiguous),
            lost=of(self.lost),
            against=of(self.against),
        )


def vote(values: Iterable[Any], *, raw: bool = True) -> Vote:
    """Return the encoding under which most accented words are Vietnamese syllables.

    Meant for a whole column, layer or file: a single value is too short to tell. An 8-bit encoding wins only when
    most words become syllables; three words or fewer must moreover be words of the lists of names.
    """
    return Ballot(values, raw).vote()


def vote_columns(frame: pd.DataFrame, *, raw: bool = True, declared: str | None = None) -> dict[str, Vote]:
    """Return the vote of every column of texts.

    A column with `OWN_WORDS` different accented words decides for itself when `OWN_SHARE` of them are syllables and
    no other encoding comes within `OWN_MARGIN`. Every other column takes `declared`, else the vote of the file.
    """
    columns = {str(name): frame[name] for name in frame.columns}
    return _vote_columns(
        {name: Ballot(values.tolist(), raw) for name, values in columns.items()}, columns, raw, declared
    )


def decode_columns(frame: pd.DataFrame, *, raw: bool = True, declared: str | None = None) -> Decoded:
    """Return the columns of one table decoded; arguments as in `decode_texts`."""
    return decode_texts({str(name): frame[name] for name in frame.columns}, raw=raw, declared=declared)


def decode_texts(
    columns: Mapping[str, pd.Series], *, raw: bool = True, declared: str | None = None, compose: bool = True
) -> Decoded:
    """Return texts decoded column by column; a column of two encodings is split by values that are unambiguous.

    Args:
        columns: Columns of one file, of texts or missing values, all bytes kept (see `charmaps`). Their lengths may
            differ: sheets of a workbook, levels of a drawing.
        raw: False when the file format itself is Unicode.
        declared: Encoding that package.yaml gives for the file; a column whose words contradict it wins.
        compose: Bring what is Unicode already to NFC; else it stays as written, for others to tell.
    """
    ballots = {name: Ballot(values.tolist(), raw) for name, values in columns.items()}
    votes = _vote_columns(ballots, columns, raw, declared)
    result = Decoded({}, votes, declared=declared)
    elsewhere = Counter(item.encoding for item in votes.values())
    for name, ballot in ballots.items():
        winner = votes[name].encoding
        chosen, unsure = ballot.assign(winner, {other for other in elsewhere if other != winner})
        known = _known(chosen, raw, compose)
        result.columns[name] = _replaced(columns[name], known)
        if unsure:
            result.ambiguous[name] = sum(ballot.values[value] for value in unsure)
        if len(set(chosen.values())) > 1:
            result.shares[name] = _held(chosen, ballot)
        if _contradicts(votes[name], ballot, declared):
            result.against[name] = _held(chosen, ballot)
        broken = {value for value, text in known.items() if UNDECODABLE in text}
        if broken:
            result.lost[name] = columns[name][columns[name].isin(broken)].astype("string")
    return result


def clear(item: Vote) -> bool:
    """Return whether a column has words enough, and clear enough, to vote for itself, by its scores alone."""
    best = item.scores.get(item.encoding, 0.0)
    rivals = [score for name, score in item.scores.items() if name != item.encoding]
    # Good Unicode looks good under encodings that leave most of it as it is.
    apart = item.encoding == "utf-8" or max(rivals, default=0.0) <= best - OWN_MARGIN
    return item.distinct >= OWN_WORDS and best >= OWN_SHARE and apart


def told(decoded: Decoded, source: str, personal: Iterable[str] = (), counted: Iterable[str] = ()) -> list[Finding]:
    """Return what decoding a file column by column has to tell.

    Args:
        decoded: As `decode_texts` returns it.
        source: Path of the file inside the package.
        personal: Columns of names and numbers of people: of these only the column and a count are told.
        counted: Columns whose lost values are told one by one elsewhere.

    Emits: van_ban.mixed_encoding, van_ban.undecodable
    """
    found, hidden, elsewhere = [], frozenset(personal), frozenset(counted)
    for column in sorted({*decoded.shares, *decoded.ambiguous, *decoded.against}):
        shares = decoded.shares.get(column) or decoded.against.get(column) or {decoded.votes[column].encoding: 0}
        held = ", ".join(f"{name} {count}" if count else name for name, count in shares.items())
        against = f"; khai / declared {decoded.declared}" if column in decoded.against else ""
        unsure = float(decoded.ambiguous.get(column, 0))
        detail = f"{column}: {held}{against}"
        found.append(Finding("van_ban.mixed_encoding", source, value=unsure, detail=detail, source=source))
    for column, raw in decoded.lost.items():
        if column not in elsewhere:
            shown = "" if column in hidden else ": " + ", ".join(map(escape, raw.drop_duplicates().head(_SHOWN)))
            found.append(Finding("van_ban.undecodable", source, detail=f"{column} ({len(raw)}){shown}", source=source))
    return found


def doubt(values: Iterable[Any]) -> float | None:
    """Return the share of Vietnamese syllables among accented words, when it is too low to believe.

    None when the texts look right, or when there are too few accented words to tell.
    """
    ballot = Ballot(values, raw=False)
    share, words, _ = ballot.share("utf-8", capped=False)
    return share if words >= _ENOUGH_WORDS and share < BELIEVABLE else None


def _vote_columns(
    ballots: Mapping[str, Ballot], columns: Mapping[str, pd.Series], raw: bool, declared: str | None
) -> dict[str, Vote]:
    own = {name: ballot.vote() for name, ballot in ballots.items()}
    sure = {name for name, item in own.items() if _decides(item, ballots[name])}
    established: Counter[str] = Counter()
    for name in sure:
        established[own[name].encoding] += own[name].words
    if established:
        # Headings in Unicode over a body in an old encoding: columns of numbers have no other word.
        established["utf-8"] += sum(len(ballots[name].certain()) for name in ballots.keys() - sure)
    if declared:
        established[declared] = established.total() + 1  # Where words tell nothing, what is declared holds.
    if not +established:
        every = (value for values in columns.values() for value in values)
        established[Ballot(every, raw).vote().encoding if any(item.words for item in own.values()) else "utf-8"] = 1
    votes = {}
    for name, item in own.items():
        taken = item.encoding if name in sure else _follows(item, ballots[name], +established)
        known = item if item.encoding == taken else _under(item, taken, ballots[name])
        decided = "own" if name in sure else ("declared" if taken == declared else "file")
        votes[name] = Vote(known.encoding, known.scores, known.words, known.distinct, decided)
    return votes


def _follows(item: Vote, ballot: Ballot, established: Counter[str]) -> str:
    """Return which encoding of its file a column with few words is in: the one that makes most of them Vietnamese."""

    def rank(name: str) -> tuple[float, float, int]:
        return round(item.scores[name], 2), ballot.share(name, strict=True)[0], established[name]

    return max(established, key=rank)


def _decides(item: Vote, ballot: Ballot) -> bool:
    """Return whether a column has words enough, and clear enough, to vote for itself."""
    if item.distinct < OWN_WORDS or item.scores[item.encoding] < OWN_SHARE:
        return False
    # A word that is broken in any encoding must not make two of them look different.
    words = [word for word, (mark, _) in ballot.marks(item.encoding).items() if mark > 0]
    mine = decode_unique(words, item.encoding, ballot.raw)
    rivals = [name for name in ENCODINGS if item.scores[name] > item.scores[item.encoding] - OWN_MARGIN]
    return all(decode_unique(words, name, ballot.raw) == mine for name in rivals if name != item.encoding)


def _contradicts(item: Vote, ballot: Ballot, declared: str | None) -> bool:
    """Return whether a column speaks against what is declared; an encoding that changes nothing in it does not."""
    if declared in (None, item.encoding) or item.decided != "own":
        return False
    words = list(ballot.words)
    return decode_unique(words, str(declared), ballot.raw) != decode_unique(words, item.encoding, ballot.raw)


def _under(item: Vote, encoding: str, ballot: Ballot) -> Vote:
    _, words, distinct = ballot.share(encoding)
    return Vote(encoding, item.scores, words, distinct)


def _held(chosen: Mapping[str, str], ballot: Ballot) -> dict[str, int]:
    """Return how many values are in each encoding, the commonest first."""
    held: Counter[str] = Counter()
    for value, encoding in chosen.items():
        held[encoding] += ballot.values[value]
    return dict(held.most_common())


def _known(chosen: Mapping[str, str], raw: bool, compose: bool) -> dict[str, str]:
    """Return every value decoded; of a column that stays as it is, only those that were lost before."""
    encodings = dict.fromkeys(chosen.values())
    if not raw and not compose and [*encodings] == ["utf-8"]:
        return {value: value for value in chosen if UNDECODABLE in value}
    known: dict[str, str] = {}
    for encoding in encodings:
        part = [value for value, taken in chosen.items() if taken == encoding]
        known |= dict(zip(part, decode_unique(part, encoding, raw, compose=compose), strict=True))
    return known


def _replaced(values: pd.Series, known: Mapping[str, str]) -> pd.Series:
    """Return values with those replaced that decoding changes; the very same where there are none."""
    changed = {value: text for value, text in known.items() if text != value}
    if not changed:
        return values if values.dtype == "object" else values.astype("object")
    found = [changed.get(value, value) if isinstance(value, str) else value for value in values]
    return pd.Series(found, index=values.index, dtype="object")
