"""The words of one column and what they say under each encoding."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipelines.charmaps import ENCODINGS, UNDECODABLE, decode_unique, is_accented, is_utf16
from pipelines.lexicon import lexicon
from pipelines.syllables import syllables

BELIEVABLE = 0.6
"""Share of Vietnamese syllables below which no encoding but Unicode is believed."""

_FEW = 4
_TYPING_CAP = 3
"""A word counts at most this often: a thousand times the same unit must not outvote ten sentences."""

_MARKS_KEPT = 1 << 17
_LOOKALIKES = str.maketrans({"\u00d0": "Đ", "\u00f0": "đ", "\u0189": "Đ", "\u0256": "đ"})
"""Letters typed for Đ in Unicode texts, which are repaired later and no sign of another encoding."""

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


class Ballot:
    """The accented values of one column and the words in them.

    Attributes:
        raw: Whether characters stand for bytes.
        values: Accented value → how often it stands there.
        words: Word of theirs that tells something → how often it stands there.
    """

    def __init__(self, values: Iterable[Any], raw: bool) -> None:
        """Count values; what is no text is left out."""
        texts = [value for value in values if isinstance(value, str)]
        self.raw = raw
        # Most columns are plain: one look at all their texts is far quicker than one at each.
        counts = Counter(texts) if is_accented(" ".join(texts)) else Counter[str]()
        self.values = {text: number for text, number in counts.items() if is_accented(text)}
        self._wide = {text for text in self.values if raw and is_utf16(text)}
        self.words = self._counted()
        self._marks: dict[str, dict[str, tuple[int, bool]]] = {}

    def marks(self, encoding: str) -> dict[str, tuple[int, bool]]:
        """Return per word: -1 no syllable, 0 nothing to judge, 1 syllable; and whether the lexicon has all of it."""
        if encoding not in self._marks:
            words = list(self.words)
            decoded = decode_unique(words, encoding, self.raw)
            if encoding == "utf-8":
                decoded = [text.translate(_LOOKALIKES) for text in decoded]
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
        """Return the encoding under which most words are syllables; see `encodings.vote`."""
        if not self.words:
            return Vote("utf-8", dict.fromkeys(ENCODINGS, 0.0), 0, 0)
        scores = {name: self.share(name)[0] for name in ENCODINGS}
        listed = {name: self.share(name, strict=True)[0] for name in ENCODINGS}
        best = max(ENCODINGS, key=lambda name: (round(scores[name], 2), listed[name]))
        _, words, distinct = self.share(best)
        too_few = distinct < _FEW and listed[best] < 1
        if best != "utf-8" and (scores[best] < BELIEVABLE or too_few):
            best, (_, words, distinct) = "utf-8", self.share("utf-8")
        return Vote(best, scores, words, distinct)

    def certain(self) -> list[str]:
        """Return the values that are Unicode whatever their column is: letters or bytes that nothing else explains."""
        return [
            value
            for value in self.values
            if _BEYOND_BYTES.search(value) or (self.raw and _is_utf8(value) and self._sure(value, "utf-8")[0])
        ]

    def assign(self, winner: str, elsewhere: set[str]) -> tuple[dict[str, str], list[str]]:
        """Return the encoding of every accented value, and the values that could be either of two.

        A value leaves the winner when it is Unicode beyond doubt, or when it is Vietnamese under one other encoding
        alone, all words in the lexicon; a single such value is an accident unless the file has that encoding
        elsewhere. Once an encoding is known to occur, being Vietnamese under it alone is enough.
        """
        chosen = dict.fromkeys(self.values, winner)
        bad = {word for word, (mark, _) in self.marks(winner).items() if mark < 0 and len(word) > 1}
        if winner == "utf-8" and not bad:
            return chosen, []
        certain = set(self.certain())
        strangers: dict[str, list[str]] = {"utf-8": list(certain)} if certain and winner != "utf-8" else {}
        for value in self.values:
            if value not in certain and not self._sure(value, winner)[0]:
                others = [name for name in ENCODINGS if name != winner and all(self._sure(value, name))]
                if len({decode_unique([value], name, self.raw)[0] for name in others}) == 1:
                    strangers.setdefault(others[0], []).append(value)
        taken = {name for name, found in strangers.items() if len(found) > 1 or name in elsewhere}
        taken |= {"utf-8"} & strangers.keys() if certain else set()
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

    def _counted(self) -> Counter[str]:
        """Return the words that tell something; values that stand there once are split in one go."""
        once = [text for text, number in self.values.items() if number == 1 and text not in self._wide]
        words = Counter(_SPLIT.split("\n".join(once)))
        for text, number in self.values.items():
            if number > 1 and text not in self._wide:
                for word in _SPLIT.split(text):
                    words[word] += number
        return Counter({word: number for word, number in words.items() if _votes(word)})

    def _of(self, value: str) -> list[str]:
        return [] if value in self._wide else [word for word in _SPLIT.split(value) if word in self.words]

    def _sure(self, value: str, encoding: str) -> tuple[bool, bool]:
        """Return whether every word of a value is a syllable under an encoding, and whether all are in the lexicon."""
        marks = self.marks(encoding)
        found = [marks[word] for word in self._of(value) if len(word) > 1]
        good = bool(found) and all(mark >= 0 for mark, _ in found) and any(mark > 0 for mark, _ in found)
        return good, good and all(listed for mark, listed in found if mark > 0)

    def _listed(self, value: str, encoding: str) -> float:
        """Return the share of the accented words of a value that the lexicon has."""
        found = [listed for mark, listed in map(self.marks(encoding).__getitem__, self._of(value)) if mark]
        return sum(found) / len(found)


@lru_cache(maxsize=_MARKS_KEPT)
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


def _is_utf8(value: str) -> bool:
    """Return whether characters beyond ASCII stand for the bytes of UTF-8."""
    try:
        return not value.isascii() and bool(value.encode("latin-1").decode("utf-8"))
    except UnicodeError:
        return False


def _votes(word: str) -> bool:
    is_sign = len(word) == 1 and not word.isalpha()
    return bool(word) and is_accented(word) and not is_sign and _UNITS.fullmatch(word) is None
