"""DBF tables written byte by byte: widths as wide as the content, a fixed date, 8-bit text kept as it is."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_DATE = (2025 - 1900, 6, 15)


def write(path: Path, columns: Mapping[str, Sequence[Any]]) -> None:
    """Write a dBase III table; whole and decimal numbers become number fields, everything else text.

    Args:
        path: File to write.
        columns: Field name (ten characters at most) to values; None is an empty cell. Texts hold one character
            a byte (Latin-1).
    """
    cells = {name: [_text(value) for value in values] for name, values in columns.items()}
    widths = {name: max([1, *map(len, texts)]) for name, texts in cells.items()}
    count = len(next(iter(cells.values())))
    head = struct.pack("<4BIHH20x", 3, *_DATE, count, 32 + 32 * len(cells) + 1, 1 + sum(widths.values()))
    for name, values in columns.items():
        kind, decimals = _kind(values)
        head += struct.pack("<11sc4xBB14x", name.encode("ascii"), kind, widths[name], decimals)
    body = bytearray(head + b"\r")
    for number in range(count):
        body += b" "
        for name, values in columns.items():
            text = cells[name][number]
            is_number = isinstance(values[number], int | float)
            body += (text.rjust(widths[name]) if is_number else text.ljust(widths[name])).encode("latin-1")
    path.write_bytes(bytes(body) + b"\x1a")


def _kind(values: Sequence[Any]) -> tuple[bytes, int]:
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, int | float) for value in present):
        return b"N", 1 if any(isinstance(value, float) for value in present) else 0
    return b"C", 0


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if isinstance(value, float) else str(value)
