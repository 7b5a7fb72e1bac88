"""Vietnamese syllables by rule: initial + rime + tone, in both customs of tone placement."""

import re
import unicodedata
from functools import cache

_INITIALS = ("", *re.findall(r"\w+", "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"))
_RIMES = re.findall(
    r"\w+",
    """
    a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng eo ep et ê
    êch êm ên êng ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu o oa oac oach oai oam oan
    oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot ô ôc ôi ôm ôn ông
    ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uênh ui um un ung uơ uôc uôi uôm uôn uông uôt up ut uy
    uya uych uyên uyêt uyn uynh uyp uyt uyu ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu y yêm yên
    yêng yêt yêu
    """,
)
_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_TONE_MARKS = frozenset(_TONES[1:])
_STOPS = ("c", "ch", "p", "t")
_STOP_TONES = ("\u0301", "\u0323")
_VOWELS = frozenset("aăâeêioôơuưy")
_MARKED = "ơêâăôư"


@cache
def syllables() -> frozenset[str]:
    """Return every possible syllable in lower case, NFC, with the tone in the old and in the new place."""
    rimes = {rime: _toned(rime) for rime in _RIMES}
    found = {initial + form for initial in _INITIALS for forms in rimes.values() for form in forms}
    found |= {"g" + form for form in rimes["i"]}
    return frozenset(found)


@cache
def placements() -> dict[str, str]:
    """Return old-style syllable to new-style syllable (hoà → hòa, thuỷ → thủy), the style of official unit names."""
    pairs: dict[str, str] = {}
    for rime in ("oa", "oe", "uy"):
        for tone in _TONES[1:]:
            old, new = _place(rime, 1, tone), _place(rime, 0, tone)
            # After "qu" the u belongs to the initial: quý, never qúy.
            pairs |= {initial + old: initial + new for initial in _INITIALS if initial != "qu"}
    pairs |= {"q" + _place("uy", 0, tone): "q" + _place("uy", 1, tone) for tone in _TONES[1:]}
    return pairs


def without_tone(text: str) -> str:
    """Return text without its tone marks, vowels otherwise kept: thủy and thuỷ both give thuy, sông stays sông."""
    marks = (character for character in unicodedata.normalize("NFD", text) if character not in _TONE_MARKS)
    return unicodedata.normalize("NFC", "".join(marks))


def _toned(rime: str) -> set[str]:
    stopped = rime.endswith(_STOPS)
    tones = _STOP_TONES if stopped else _TONES
    return {_place(rime, position, tone) for position in _positions(rime) for tone in tones}


def _positions(rime: str) -> tuple[int, ...]:
    """Return where the tone may stand in a rime."""
    marked = [rime.rfind(letter) for letter in _MARKED if letter in rime]
    if marked:
        return (max(marked),)
    vowels = [index for index, letter in enumerate(rime) if letter in _VOWELS]
    if len(vowels) == 1:
        return (vowels[0],)
    if len(vowels) == 3:
        return (vowels[1],)
    if len(rime) > len(vowels):
        return (vowels[1],)
    return (0, 1) if rime in ("oa", "oe", "uy") else (0,)


def _place(rime: str, position: int, tone: str) -> str:
    return unicodedata.normalize("NFC", rime[: position + 1] + tone + rime[position + 1 :])
