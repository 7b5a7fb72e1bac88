"""Which encoding a column is in: by vote over its words, with the file's vote where a column has too few of them.

One file may hold several encodings, and so may one column (TCVN3 beside Unicode typed in later). Every decision
carries its evidence; a value that two encodings explain equally well is counted as ambiguous, never hidden.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from pipelines.charmaps import ENCODINGS, UNDECODABLE, decode_unique, is_accented, is_utf16
from pipelines.lexicon import lexicon
from pipelines.syllables import syllables

OWN_WORDS = 6
"""Different accented words a column needs to vote for itself; below, it follows its file."""

OWN_SHARE, OWN_MARGIN = 0.7, 0.1
"""Share of Vietnamese syllables such a column needs, and how far ahead of every other encoding it must be."""

_BELIEVABLE, _ENOUGH_WORDS, _FEW = 0.6, 20, 4
_TYPING_CAP = 3
"""A word counts at most this often: a thousand times the same unit must not outvote ten sentences."""

_SPLIT = re.compile(r"[\t\n\r\x20-@\[-`{-\x7f]+")
_WORD = re.compile(r"[^\W\d_]+")
_UNITS = re.compile(r"(?i)(?:[kdcm]?m|ha)?[²³°]c?|[\W\d_]|[\u2010-\u2026\u2190-\u22ff\u25a0-\u25ff\uf000-\uf0ff]+")
_DAMAGE = re.compile(f"[{UNDECODABLE}\x01-\x08\x0e-\x1f\x80-\x9f\u0300-\u036f\u00ad]")
_SIGN_IN_WORD = re.compile("[^\\W\\d_][\xa1-\xa6\xa8-\xaa\xac\xae\xaf\xb1\xb4-\xba\xbc-\xbf\xd7\xf7]")
_ABBREVIATION = re.compile("[B-DF-HJ-NP-TV-XZĐ]{2,}")
_BEYOND_BYTES = re.compile(
    "[\u0102\u0103\u0110\u0111\u0128\u0129\u0168\u0169\u01a0\u01a1\u01af\u01b0\u0300-\u0323\u1ea0-\u1ef9]"
)


@dataclass(frozen=True, slots=True)
class Vote:
    """What a column or file is most likely encoded in.

    Attributes:
        encoding: The winner; `utf-8` when no byte above 127 occurs, or when no encoding makes it Vietnamese.
        scores: Share of accented words that are Vietnamese syllables, per encoding.
        words: Number of accented words that voted.
        distinct: Number of different ones.
        decided: `own` by the words of the column, `file` by those of the whole file, `declared` by package.yaml.
    """

    encoding: str
    scores: dict[str, float]
    words: int
    distinct: int = 0
    decided: str = "own"


@dataclass(frozen=True)
class Decoded:
    """A frame of texts in NFC Unicode and how it came about.

    Attributes:
        frame: The texts.
        votes: Vote per column.
        shares: Values per encoding, for columns that hold more than one.
        ambiguous: Values per column that two encodings explain; the encoding of the column was taken.
        lost: Per column, the values as stored of the rows whose bytes mean nothing in their encoding.
    """

    frame: pd.DataFrame
    votes: dict[str, Vote]
    shares: dict[str, dict[str, int]] = field(default_factory=dict)
    ambiguous: dict[str, int] = field(default_factory=dict)
    lost: dict[str, pd.Series] = field(default_factory=dict)


def vote(values: Iterable[Any], *, raw: bool = True) -> Vote:
    """Return the encoding under which most accented words are Vietnamese syllables.

    Meant for a whole column, layer or file: a single value is too short to tell. An 8-bit encoding wins only when
    most words become syllables; three words or fewer must moreover be words of the lists of names.
    """
    return _Ballot(values, raw).vote()


def vote_columns(frame: pd.DataFrame, *, raw: bool = True, declared: str | None = None) -> dict[str, Vote]:
    """Return the vote of every column of texts.

    A column with `OWN_WORDS` different accented words decides for itself when `OWN_SHARE` of them are syllables and
    no other encoding comes within `OWN_MARGIN`. Every other column takes `declared`, else the vote of the file.
    """
    return _vote_columns({str(name): _Ballot(frame[name], raw) for name in frame.columns}, frame, raw, declared)


def decode_columns(frame: pd.DataFrame, *, raw: bool = True, declared: str | None = None) -> Decoded:
    """Return texts decoded column by column; a column of two encodings is split by values that are unambiguous.

    Args:
        frame: Columns of texts or missing values, all bytes kept (see `charmaps`).
        raw: False when the file format itself is Unicode.
        declared: Encoding that package.yaml gives for the file; a column whose words contradict it wins.
    """
    ballots = {str(name): _Ballot(frame[name], raw) for name in frame.columns}
    votes = _vote_columns(ballots, frame, raw, declared)
    elsewhere = Counter(item.encoding for item in votes.values())
    columns, shares, ambiguous, lost = {}, {}, {}, {}
    for name, ballot in ballots.items():
        winner = votes[name].encoding
        chosen, unsure = ballot.assign(winner, {other for other in elsewhere if other != winner})
        known: dict[str, str] = {}
        for encoding in dict.fromkeys(chosen.values()):
            part = [value for value, taken in chosen.items() if taken == encoding]
            known |= dict(zip(part, decode_unique(part, encoding, raw), strict=True))
        plain = [value for value in ballot.plain if value not in known]
        known |= dict(zip(plain, decode_unique(plain, "utf-8", raw), strict=True))
        found = [known[value] if isinstance(value, str) else value for value in frame[name]]
        columns[name] = pd.Series(found, index=frame.index, dtype="object")
        held = Counter({encoding: 0 for encoding in dict.fromkeys(chosen.values())})
        for value, encoding in chosen.items():
            held[encoding] += ballot.values[value]
        if len(held) > 1:
            shares[name] = dict(held.most_common())
        if unsure:
            ambiguous[name] = sum(ballot.values[value] for value in unsure)
        where = columns[name].astype("string").str.contains(UNDECODABLE, regex=False).fillna(False).astype(bool)
        if where.any():
            lost[name] = frame.loc[where, name].astype("string")
    return Decoded(pd.DataFrame(columns, index=frame.index, dtype="object"), votes, shares, ambiguous, lost)


def doubt(values: Iterable[Any]) -> float | None:
    """Return the share of Vietnamese syllables among accented words, when it is too low to believe.

    None when the texts look right, or when there are too few accented words to tell.
    """
    ballot = _Ballot(values, raw=False)
    share, words, _ = ballot.share("utf-8", capped=False)
    return share if words >= _ENOUGH_WORDS and share < _BELIEVABLE else None


class _Ballot:
    """The accented values of one column and the words in them."""

    def __init__(self, values: Iterable[Any], raw: bool) -> None:
        counts = Counter(value for value in values if isinstance(value, str))
        self.raw = raw
        self.values = {value: number for value, number in counts.items() if is_accented(value)}
        self.plain = [value for value in counts if value not in self.values]
        self.words: Counter[str] = Counter()
        self._of: dict[str, list[str]] = {}
        for value, number in self.values.items():
            words = [] if raw and is_utf16(value) else [word for word in _SPLIT.split(value) if _votes(word)]
            self._of[value] = words
            for word in words:
                self.words[word] += number
        self._marks: dict[str, dict[str, tuple[int, bool]]] = {}

    def marks(self, encoding: str) -> dict[str, tuple[int, bool]]:
        """Return per word: -1 no syllable, 0 nothing to judge, 1 syllable; and whether the lexicon has all of it."""
        if encoding not in self._marks:
            words = list(self.words)
            decoded = decode_unique(words, encoding, self.raw)
            self._marks[encoding] = {word: _mark(text) for word, text in zip(words, decoded, strict=True)}
        return self._marks[encoding]

    def share(self, encoding: str, *, capped: bool = True, strict: bool = False) -> tuple[float, int, int]:
        """Return the share of syllables, the number of words and of different words; `strict`: of the lexicon."""
        good = total = words = distinct = 0
        for word, (mark, listed) in self.marks(encoding).items():
            if mark:
                weight = min(self.words[word], _TYPING_CAP) if capped else self.words[word]
                good += weight * (mark > 0 and (listed or not strict))
                total += weight
                words += self.words[word]
                distinct += 1
        return (good / total if total else 0.0), words, distinct

    def vote(self) -> Vote:
        scores = {name: self.share(name)[0] for name in ENCODINGS}
        if not self.words:
            return Vote("utf-8", scores, 0, 0)
        listed = {name: self.share(name, strict=True)[0] for name in ENCODINGS}
        best = max(ENCODINGS, key=lambda name: (round(scores[name], 2), listed[name]))
        _, words, distinct = self.share(best)
        too_few = distinct < _FEW and listed[best] < 1
        if best != "utf-8" and (scores[best] < _BELIEVABLE or too_few):
            best, (_, words, distinct) = "utf-8", self.share("utf-8")
        return Vote(best, scores, words, distinct)

    def assign(self, winner: str, elsewhere: set[str]) -> tuple[dict[str, str], list[str]]:
        """Return the encoding of every accented value, and the values that could be either of two.

        A value leaves the winner when it holds letters that no 8-bit encoding has, or when it is Vietnamese under one
        other encoding alone, all words in the lexicon; a single such value is an accident unless the file has
        that encoding elsewhere. Once an encoding is known to occur, being Vietnamese under it alone is enough.
        """
        chosen = dict.fromkeys(self.values, winner)
        strangers: dict[str, list[str]] = {}
        for value in self.values:
            if winner != "utf-8" and _BEYOND_BYTES.search(value):
                strangers.setdefault("utf-8", []).append(value)
            elif not self._sure(value, winner)[0]:
                others = [name for name in ENCODINGS if name != winner and all(self._sure(value, name))]
                others = others[:1] if len({decode_unique([value], name, self.raw)[0] for name in others}) == 1 else []
                for name in others:
                    strangers.setdefault(name, []).append(value)
        certain = {name for name in strangers if any(_BEYOND_BYTES.search(value) for value in strangers[name])}
        taken = {name for name, found in strangers.items() if len(found) > 1 or name in elsewhere or name in certain}
        for name in taken:
            chosen |= dict.fromkeys(strangers[name], name)
        unsure = []
        for value in [value for value in self.values if chosen[value] == winner and taken]:
            ranks = {name: self._listed(value, name) for name in (winner, *sorted(taken)) if self._sure(value, name)[0]}
            best = max(ranks, key=ranks.__getitem__, default=winner)
            chosen[value] = best
            rivals = {decode_unique([value], name, self.raw)[0] for name in ranks if ranks[name] == ranks[best]}
            if len(rivals) > 1:
                unsure.append(value)
        return chosen, unsure

    def _sure(self, value: str, encoding: str) -> tuple[bool, bool]:
        """Return whether every word of a value is a syllable under an encoding, and whether all are in the lexicon."""
        marks = self.marks(encoding)
        found = [marks[word] for word in self._of[value] if len(word) > 1]
        good = bool(found) and all(mark >= 0 for mark, _ in found) and any(mark > 0 for mark, _ in found)
        return good, good and all(listed for mark, listed in found if mark > 0)

    def _listed(self, value: str, encoding: str) -> float:
        """Return the share of the accented words of a value that the lexicon has."""
        found = [listed for mark, listed in map(self.marks(encoding).__getitem__, self._of[value]) if mark]
        return sum(found) / len(found)


def _vote_columns(
    ballots: Mapping[str, _Ballot], frame: pd.DataFrame, raw: bool, declared: str | None
) -> dict[str, Vote]:
    own = {name: ballot.vote() for name, ballot in ballots.items()}
    sure = {name for name, item in own.items() if _decides(item, ballots[name])}
    established: Counter[str] = Counter()
    for name in sure:
        established[own[name].encoding] += own[name].words
    if declared:
        established[declared] = established.total() + 1  # Where words tell nothing, what is declared holds.
    if not established:
        established[_Ballot((value for name in frame.columns for value in frame[name]), raw).vote().encoding] = 1
    votes = {}
    for name, item in own.items():
        taken = item.encoding if name in sure else _follows(item, ballots[name], established)
        known = item if item.encoding == taken else _under(item, taken, ballots[name])
        decided = "own" if name in sure else ("declared" if taken == declared else "file")
        votes[name] = Vote(known.encoding, known.scores, known.words, known.distinct, decided)
    return votes


def _follows(item: Vote, ballot: _Ballot, established: Counter[str]) -> str:
    """Return which encoding of its file a column with few words is in: the one that makes most of them Vietnamese."""

    def rank(name: str) -> tuple[float, float, int]:
        return round(item.scores[name], 2), ballot.share(name, strict=True)[0], established[name]

    return max(established, key=rank)


def _decides(item: Vote, ballot: _Ballot) -> bool:
    """Return whether a column has words enough, and clear enough, to vote for itself."""
    if item.distinct < OWN_WORDS or item.scores[item.encoding] < OWN_SHARE:
        return False
    words = list(ballot.words)
    mine = decode_unique(words, item.encoding, ballot.raw)
    rivals = [name for name in ENCODINGS if item.scores[name] > item.scores[item.encoding] - OWN_MARGIN]
    return all(decode_unique(words, name, ballot.raw) == mine for name in rivals if name != item.encoding)


def _under(item: Vote, encoding: str, ballot: _Ballot) -> Vote:
    _, words, distinct = ballot.share(encoding)
    return Vote(encoding, item.scores, words, distinct)


def _mark(decoded: str) -> tuple[int, bool]:
    # QSDĐ and BĐĐC are no syllables in any encoding.
    words = [word for word in _WORD.findall(decoded) if not word.isascii() and not _ABBREVIATION.fullmatch(word)]
    if _DAMAGE.search(decoded) or _SIGN_IN_WORD.search(decoded):
        return -1, False
    if not words:
        return 0, False
    good = all(word.lower() in syllables() and _is_coherent(word) for word in words)
    return (1 if good else -1), good and all(word.lower() in lexicon() for word in words)


def _is_coherent(word: str) -> bool:
    """Return whether a word is written in one case, or with a capital first letter only."""
    return word.islower() or word.isupper() or (word[0].isupper() and word[1:].islower())


def _votes(word: str) -> bool:
    is_sign = len(word) == 1 and not word.isalpha()
    return is_accented(word) and not is_sign and _UNITS.fullmatch(word) is None
