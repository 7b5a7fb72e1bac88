"""DGN v7 files, byte by byte: where each element is, how large a unit is, what a text says.

A file is a chain of elements, each with its length in its head; one walk finds them all, the rest is array work.
GDAL stops early at some real files without saying so; nothing here depends on understanding an element to pass it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.errors import ReadError

Array = np.ndarray[Any, Any]

V7_STARTS = (b"\x08\x09", b"\xc8\x09", b"\x88\x09", b"\x48\x09")
"""First two bytes of a DGN v7 file: its first element is of type 9 and level 8; the high bits tell dimensions."""

CELL, LINE, STRING, SHAPE, TEXT_NODE, CURVE, CHAIN, COMPLEX_SHAPE = 2, 3, 4, 6, 7, 11, 12, 14
ELLIPSE, ARC, TEXT, SURFACE, SOLID, POLE, KNOT, SPLINE, WEIGHT = 15, 16, 17, 18, 19, 21, 26, 27, 28
_SETTINGS = 9
COMPLEX = (CHAIN, COMPLEX_SHAPE, SURFACE, SOLID)
"""Heads whose parts together are one thing drawn."""

_DESIGN_DATA = (0, 1, CELL, 5, 8, _SETTINGS, 10, 24, 25, KNOT, WEIGHT, 34, 36, 38, 39, 44, 56, 57, 60, 61, 62, 63, 66)
"""What is not drawn itself: libraries, cell heads, group data, settings, parts of splines, definitions."""

_PADDING = 128
_END = 0xFFFF
_SETTINGS_BYTES = 1264


@dataclass(frozen=True, slots=True)
class Drawing:
    """The elements of a DGN v7 file, undeciphered.

    Attributes:
        raw: Bytes of the file, zeros behind.
        offset: Where each element starts, in bytes.
        size: Length of each element in bytes.
        kind: Type number.
        level: Level, 0 to 63.
        is_part: Whether an element belongs to a cell, text node or complex element before it.
        is_deleted: Whether the deleted bit is set.
        is_complete: Whether the chain ends as it should.
    """

    raw: Array
    offset: Array
    size: Array
    kind: Array
    level: Array
    is_part: Array
    is_deleted: Array
    is_complete: bool

    @property
    def is_drawn(self) -> Array:
        """Return which elements show something on paper; a spline counts by its head, a text node by its texts."""
        pole_of_spline = (self.kind == POLE) & self.is_part
        return np.asarray(~self.is_deleted & ~np.isin(self.kind, _DESIGN_DATA) & ~pole_of_spline)


@dataclass(frozen=True, slots=True)
class Units:
    """How numbers of a file become coordinates.

    Attributes:
        size: Size of a unit of resolution in master units.
        origin: Global origin in units of resolution, two values.
        is_3d: Whether elements have a third coordinate.
    """

    size: float
    origin: Array
    is_3d: bool


def is_v7(path: Path) -> bool:
    """Tell whether a file begins as DGN v7 does."""
    with path.open("rb") as stream:
        return stream.read(2) in V7_STARTS


def parse(content: bytes) -> Drawing:
    """Return the elements of a DGN v7 file."""
    usable = len(content) & ~1
    words = memoryview(content[:usable]).cast("H")
    starts, position, count, is_complete = [], 0, len(words), False
    while position + 1 < count:
        if words[position] == _END or (words[position] == 0 and words[position + 1] == 0):
            # Some programs leave out the end mark and fill the last block with zeros.
            is_complete = words[position] == _END or not any(words[position:])
            break
        following = position + 2 + words[position + 1]
        if following > count:
            break
        starts.append(position)
        position = following
    else:
        is_complete = position == count or words[position] in (_END, 0)
    offset = 2 * np.array(starts, dtype=np.int64)
    raw = np.frombuffer(content + bytes(_PADDING), dtype=np.uint8)
    first, second = raw[offset].astype(np.int64), raw[offset + 1].astype(np.int64)
    size = 4 + 2 * (raw[offset + 2].astype(np.int64) | raw[offset + 3].astype(np.int64) << 8)
    return Drawing(raw, offset, size, second & 0x7F, first & 0x3F, first >= 0x80, second >= 0x80, is_complete)


def open_whole(path: Path) -> Drawing:
    """Return the elements of a DGN v7 file that is complete.

    Raises:
        ReadError: It is no DGN v7 file, or it is cut short.
    """
    content = path.read_bytes()
    if content[:2] not in V7_STARTS:
        raise ReadError(
            f"{path.name} không phải DGN V7: kiểm tra tệp, hoặc lưu lại từ MicroStation.",
            f"{path.name} is not DGN v7: check the file, or save it again from MicroStation.",
        )
    drawing = parse(content)
    if not drawing.is_complete:
        raise ReadError(
            f"{path.name} bị cụt ở byte {len(content)}: chép lại tệp gốc.",
            f"{path.name} is cut short at byte {len(content)}: copy the original again.",
        )
    return drawing


def units(drawing: Drawing) -> Units:
    """Return the working units; units of resolution are left as they are where the file has none."""
    settings = np.flatnonzero((drawing.kind == _SETTINGS) & (drawing.size >= _SETTINGS_BYTES))
    if not len(settings):
        return Units(1.0, np.zeros(2), bool(len(drawing.raw) and drawing.raw[0] & 0xC0 == 0xC0))
    at = drawing.offset[settings[:1]]
    per_master = float(integers(drawing.raw, at + 1112)[0]) * float(integers(drawing.raw, at + 1116)[0])
    origin = np.r_[floats(drawing.raw, at + 1240), floats(drawing.raw, at + 1248)]
    is_3d = bool(drawing.raw[at[0] + 1214] & 0x40)
    return Units(1 / per_master if per_master > 0 else 1.0, np.nan_to_num(origin), is_3d)


def words(raw: Array, at: Array) -> Array:
    """Return unsigned 16-bit numbers."""
    return np.asarray(raw[at].astype(np.int64) | raw[at + 1].astype(np.int64) << 8)


def integers(raw: Array, at: Array) -> Array:
    """Return signed 32-bit numbers, high word first as on the VAX."""
    value = words(raw, at) << 16 | words(raw, at + 2)
    return np.where(value >= 1 << 31, value - (1 << 32), value)


def floats(raw: Array, at: Array) -> Array:
    """Return VAX D floats: sign, eight bits of exponent, 55 bits of fraction behind a hidden one."""
    high, rest = words(raw, at), [words(raw, at + step) for step in (2, 4, 6)]
    fraction = (high & 0x7F) / 2.0**7 + rest[0] / 2.0**23 + rest[1] / 2.0**39 + rest[2] / 2.0**55
    exponent = (high >> 7) & 0xFF
    value = np.ldexp(1 + fraction, exponent - 129)
    return np.where(exponent == 0, 0.0, np.where(high >> 15, -value, value))


def texts(drawing: Drawing, elements: Array, is_3d: bool) -> list[str]:
    """Return the words of text elements: bytes as latin-1, or Unicode where a text is stored in 16 bits."""
    count_at, begin_at = (74, 76) if is_3d else (58, 60)
    begin = drawing.offset[elements] + begin_at
    length = drawing.raw[drawing.offset[elements] + count_at].astype(np.int64)
    end = drawing.offset[elements] + drawing.size[elements]
    content = drawing.raw.tobytes()
    found = []
    for first, count, limit in zip(begin.tolist(), length.tolist(), end.tolist(), strict=True):
        if content[first : first + 2] == b"\xff\xfd":
            wide = content[first + 2 : min(first + 2 + 2 * count, limit)]
            found.append(wide.decode("utf-16-le", errors="replace").split("\0", 1)[0])
        else:
            found.append(content[first : min(first + count, limit)].split(b"\0", 1)[0].decode("latin-1"))
    return found


def owners(drawing: Drawing, heads: Array) -> Array:
    """Return for every element the index of the head it is a part of, -1 for none; nested heads count as parts.

    Args:
        drawing: All elements.
        heads: Indices of the heads to look at, in file order.
    """
    owner = np.full(len(drawing.kind), -1, dtype=np.int64)
    if not len(heads):
        return owner
    alone = np.r_[np.flatnonzero(~drawing.is_part), len(drawing.kind)]
    run_end = alone[np.searchsorted(alone, heads + 1)]
    said = drawing.offset[heads] + 38 + 2 * words(drawing.raw, drawing.offset[heads] + 36)
    by_length = np.searchsorted(drawing.offset, said)
    # Inside a cell all that follows is a part of something: only the length tells where the inner head ends.
    end = np.where(drawing.is_part[heads], np.clip(by_length, heads + 1, run_end), run_end)
    reached = np.maximum.accumulate(np.r_[0, end[:-1]])
    outer = heads >= reached
    heads, end = heads[outer], end[outer]
    count = end - heads - 1
    place = np.repeat(heads + 1, count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    owner[place] = np.repeat(heads, count)
    return owner
