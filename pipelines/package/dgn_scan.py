"""An own count of the elements of a DGN v7 file, from their heads.

GDAL stops early at some real files without saying so, and any reader may. This walk shares nothing with the reader: it
goes from head to head by the length each of them tells, and needs no understanding of an element to pass it.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

V8_START = b"\xd0\xcf\x11\xe0"
"""First bytes of a compound file, in which DGN v8 is stored."""

_END = 0xFFFF
_NODE, _TEXT, _POLE = 7, 17, 21
_HEADS = frozenset({_NODE, 12, 14, 18, 19, 27})
"""Text nodes, chains, complex shapes, surfaces, solids, splines: one thing drawn together with the parts behind it."""

_NOT_DRAWN = frozenset({0, 1, 2, 5, 8, 9, 10, 24, 25, 26, 28, 34, 36, 38, 39, 44, 56, 57, 60, 61, 62, 63, 66})
"""Libraries, heads of cells, settings, knots and weights of splines, definitions: nothing on paper."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What the heads of a DGN v7 file tell.

    Attributes:
        counts: (type, level) to number of drawn elements that stand for themselves.
        is_complete: Whether the last element ends inside the file.
    """

    counts: Counter[tuple[int, int]]
    is_complete: bool


def is_v8(path: Path) -> bool:
    """Tell whether a file is DGN v8, by its first bytes."""
    with path.open("rb") as stream:
        return stream.read(4) == V8_START


def scan(path: Path) -> Scan:
    """Return the count of drawn elements by type and level; parts of a complex element count with their head.

    The parts of a cell count each for itself, a text node once when it has a text. Elements behind a run of zeros
    count too, those behind the end mark do not: they are what an editor left behind.
    """
    content = path.read_bytes()
    words = memoryview(content[: len(content) & ~1]).cast("H")
    last, position, found = len(words) - 1, 0, list[int]()
    holder, holder_end, empty_node = 0, 0, -1
    while position < last and words[position] != _END:
        head, here = words[position], position
        position += 2 + words[here + 1]
        kind, is_part = head >> 8 & 0x7F, head & 0x80
        if not is_part or here >= holder_end:
            holder = 0
        if head & 0x8000 or position > last + 1:
            continue
        if holder:
            if holder == _NODE and kind == _TEXT:
                if empty_node >= 0:
                    found.append(empty_node)
                empty_node = -1
                continue
            if holder != _NODE and kind != _TEXT:
                continue
        elif kind in _HEADS:
            # Inside a cell only its length tells where a complex element ends; elsewhere the next part-less head does.
            length = words[here + 18] if here + 18 <= last else 0
            holder, holder_end = kind, here + 19 + length if is_part else last + 1
            if kind == _NODE:
                empty_node = head & 0x7F3F
                continue
        if kind not in _NOT_DRAWN and kind != _NODE and not (kind == _POLE and is_part):
            found.append(head & 0x7F3F)
    keys = Counter(found).items()
    return Scan(Counter({(key >> 8, key & 0x3F): count for key, count in keys}), position <= last + 1)
