"""Values of cells as the texts an office would write, and rows of them as a grid."""

import datetime
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

MAX_CELLS = 100_000_000
"""A million rows of a hundred columns; a stray cell in the last corner of a sheet would ask for all memory."""

_THREE_DECIMALS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_DAY_ZERO = datetime.date(1899, 12, 31)


def text(value: Any) -> str | None:
    """Return a cell as text: whole numbers without a decimal point, dates as yyyy-mm-dd, blanks as None."""
    kind = type(value)
    writer = _WRITERS.get(kind)
    if writer is not None:
        return writer(value)
    return None if value is None else _written(str(value))


def frame(rows: Iterable[Iterable[Any]]) -> pd.DataFrame:
    """Return rows of unequal length as a grid of texts.

    Raises:
        ValueError: The grid would be larger than `MAX_CELLS`.
    """
    texts = [
        [value if type(value) is str and value and not value.isspace() else text(value) for value in row]
        for row in rows
    ]
    width = max((len(row) for row in texts), default=0)
    check_size(len(texts), width)
    grid = np.full((len(texts), width), None, dtype=object)
    for number, row in enumerate(texts):
        if row:
            grid[number, : len(row)] = row
    return pd.DataFrame(grid, dtype=object)


def check_size(rows: int, columns: int) -> None:
    """Refuse a grid that is too large to hold.

    Raises:
        ValueError: It has more than `MAX_CELLS` cells.
    """
    if rows * columns > MAX_CELLS:
        raise ValueError("one cell far away makes the sheet too large")


def merged(grid: pd.DataFrame, corners: Sequence[tuple[int, int, int, int]]) -> pd.DataFrame:
    """Return the grid with the value of each merged block in all rows of its first column.

    A block over several rows is one value for several records; a block over several columns is a title.

    Args:
        grid: Cells as in the file.
        corners: (top, bottom, left, right) of each block, from 0, inclusive.
    """
    values = grid.to_numpy(dtype=object, copy=True)
    for top, bottom, left, _ in corners:
        last = min(bottom, values.shape[0] - 1)
        if last > top and left < values.shape[1]:
            values[top : last + 1, left] = values[top, left]
    return pd.DataFrame(values, dtype=object)


def column_number(letters: str) -> int:
    """Return the position of a spreadsheet column, from 0.

    >>> column_number("A"), column_number("AX")
    (0, 49)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def number(value: float) -> str | None:
    """Return a number with the fifteen digits a spreadsheet knows, so that no reader can take it for another.

    "345.125" could be 345125 with a dot between the thousands; a fourth decimal says that it is not.

    >>> number(12.0), number(345.125), number(0.1 + 0.2)
    ('12', '345.1250', '0.3')
    """
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if not math.isfinite(value):
        return None
    short = f"{value:.15g}"
    return short + "0" if _THREE_DECIMALS.fullmatch(short) else short


def _written(value: str) -> str | None:
    return value if value.strip() else None


def _day(value: datetime.date) -> str | None:
    # A cell that shows a time alone is a day before the first one.
    return None if value < _DAY_ZERO else value.strftime("%Y-%m-%d")


def _moment(value: datetime.datetime) -> str | None:
    return _day(value.date())


_WRITERS: dict[type, Callable[[Any], str | None]] = {
    str: _written,
    float: number,
    int: str,
    bool: lambda value: "1" if value else "0",
    datetime.datetime: _moment,
    datetime.date: _day,
}
