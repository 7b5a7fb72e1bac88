"""An own count of the elements of a DGN v7 file, from their four-byte heads.

GDAL stops early at some real files without saying so. Counting heads needs no understanding of the elements.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pipelines import dgn, dgn_elements

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
    drawing = dgn.parse(path.read_bytes())
    rows, _ = dgn_elements.rows_of(drawing)
    pairs = zip(drawing.kind[rows].tolist(), drawing.level[rows].tolist(), strict=True)
    return Scan(Counter(pairs), drawing.is_complete)
