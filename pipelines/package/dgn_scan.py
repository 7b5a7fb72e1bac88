"""An own count of the elements of a DGN v7 file, from their four-byte heads.

GDAL stops early at some real files without saying so. Counting heads needs no understanding of the elements.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

DRAWN_TYPES = frozenset({3, 4, 6, 12, 14, 17})
"""Line, line string, shape, complex chain, complex shape, text: what a boundary or a label can be drawn with."""

_COMPLEX_HEADS = frozenset({12, 14, 18, 19})
_HEAD_BYTES = 4
_END = b"\xff\xff"
V7_STARTS = (b"\x08\x09", b"\xc8\x09")
"""First two bytes of a two- and a three-dimensional DGN v7 file."""

V8_START = b"\xd0\xcf\x11\xe0"
"""First bytes of a compound file, in which DGN v8 is stored."""


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
    """Return the count of drawn elements by type and level; parts of a complex element count with their head."""
    content = path.read_bytes()
    counts: Counter[tuple[int, int]] = Counter()
    position, size, in_complex = 0, len(content), False
    while position < size:
        if content[position : position + 2] == _END:
            return Scan(counts, True)
        if position + _HEAD_BYTES > size:
            break
        first, second = content[position], content[position + 1]
        kind, level, is_part, is_deleted = second & 0x7F, first & 0x3F, bool(first & 0x80), bool(second & 0x80)
        position += _HEAD_BYTES + 2 * int.from_bytes(content[position + 2 : position + 4], "little")
        if not is_part:
            in_complex = kind in _COMPLEX_HEADS
        is_own = not is_part or not in_complex
        if is_own and not is_deleted and kind in DRAWN_TYPES:
            counts[kind, level] += 1
    # Some programs leave out the end mark; a file cut short ends inside an element.
    return Scan(counts, position == size)
