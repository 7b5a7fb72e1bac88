"""Text files of cells: encoding by its mark, delimiter by the first lines."""

import csv
import io
import re
from pathlib import Path

import pandas as pd

from pipelines.registers import cells

_DELIMITERS = (";", ",", "\t", "|")
_SAMPLE_LINES = 50
_SAMPLE_BYTES = 1 << 16
_WIDE_SHARE = 0.3
_SEPARATOR = re.compile(r"^\ufeff?sep=(.)\r?\n", re.IGNORECASE)


def read(path: Path) -> tuple[pd.DataFrame, bool]:
    """Return the cells of a text file, and whether they are bytes as latin-1.

    A file is Unicode when it has the mark of it, or when all of its bytes are UTF-8; of any other every byte is kept.

    Args:
        path: CSV, TSV or TXT.

    Raises:
        csv.Error: The file is no text.
    """
    content = path.read_bytes()
    wide = _wide(content)
    if wide is not None:
        text, raw = content.decode(wide, errors="replace").removeprefix("\ufeff"), False
    elif b"\x00" in content:
        raise csv.Error("binary")
    else:
        text, raw = _narrow(content.removeprefix(b"\xef\xbb\xbf"))
    if "\n" not in text:
        text = text.replace("\r", "\n")
    named = _SEPARATOR.match(text)
    mark = named[1] if named else delimiter(text)
    text = text[named.end() :] if named else text
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    return cells.frame([*([[]] if named else []), *rows]), raw


def delimiter(text: str) -> str:
    """Return the delimiter that splits most of the first lines into the same number of cells."""
    lines = [line for line in text.split("\n")[:_SAMPLE_LINES] if line.strip()]

    def score(mark: str) -> tuple[int, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=mark)]
        usual = max(set(counts), key=counts.count, default=1)
        return (counts.count(usual) if usual > 1 else 0), usual

    return max(_DELIMITERS, key=score)


def _narrow(content: bytes) -> tuple[str, bool]:
    try:
        return content.decode("utf-8"), False
    except UnicodeDecodeError:
        return content.decode("latin-1"), True


def _wide(content: bytes) -> str | None:
    """Return the UTF-16 a file is in, by its mark or by the zeros beside its plain letters."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    sample = content[:_SAMPLE_BYTES]
    half = max(len(sample) // 2, 1)
    if sample[1::2].count(0) / half > _WIDE_SHARE and 0 not in sample[::2]:
        return "utf-16-le"
    return "utf-16-be" if sample[::2].count(0) / half > _WIDE_SHARE and 0 not in sample[1::2] else None
