"""DBF tables read byte by byte: fields of text keep their zeros, memos are followed, deleted rows are counted."""

import datetime
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.registers import cells

_END_OF_FIELDS, _END_OF_ROWS = 0x0D, 0x1A
_DESCRIPTOR_BYTES, _HEADER_BYTES = 32, 32
_FOXPRO = frozenset({0x30, 0x31, 0x32, 0xF5, 0xFB})
_KNOWN = frozenset({0x02, 0x03, 0x04, 0x05, 0x30, 0x31, 0x32, 0x43, 0x63, 0x7B, 0x83, 0x87, 0x8B, 0x8C, 0x8E, 0xCB})
_KNOWN_VERSIONS = _KNOWN | _FOXPRO | {0xE5}
_DELETED = ord("*")
_DBASE3_BLOCK = 512
_JULIAN_OF_DAY_ONE = 1_721_425


@dataclass(frozen=True, slots=True)
class Table:
    """A DBF as read; texts are bytes as latin-1.

    Attributes:
        fields: Names of the fields.
        rows: Values as texts, row by row.
        deleted: Rows that were marked as deleted and are no records.
    """

    fields: list[str]
    rows: list[list[str | None]]
    deleted: int


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    kind: str
    start: int
    length: int


def read(path: Path) -> Table:
    """Return a DBF of dBase III to 7, FoxPro or Clipper.

    Raises:
        ValueError: The file is no DBF, its header contradicts itself, or rows it promises are missing.
        struct.error: It is cut short within the header.
    """
    content = path.read_bytes()
    count, header, width = struct.unpack_from("<IHH", content, 4)
    if content[0] not in _KNOWN_VERSIONS or header < _HEADER_BYTES + 1 or width < 1 or header > len(content):
        raise ValueError("no DBF")
    fields = _fields(content, header, width)
    body = content[header:]
    there = min(count, len(body) // width)
    block = np.frombuffer(body, dtype=np.uint8, count=there * width).reshape(there, width)
    # Some programs write a count that is too large; the rows end at the mark then.
    ends = np.flatnonzero(block[:, 0] == _END_OF_ROWS)
    if not len(ends) and there < count and body[there * width : there * width + 1] != bytes([_END_OF_ROWS]):
        raise ValueError("cut short: rows are missing")
    block = block[: int(ends[0]) if len(ends) else there]
    alive = block[:, 0] != _DELETED
    memo = _memo(path, content[0])
    columns = [_column(block[alive], field, content[0], memo) for field in fields]
    rows = [list(row) for row in zip(*columns, strict=True)] if columns else []
    return Table([field.name for field in fields], rows, int((~alive).sum()))


def _fields(content: bytes, header: int, width: int) -> list[_Field]:
    fields: list[_Field] = []
    start, seen = 1, set[str]()
    for at in range(_HEADER_BYTES, header - _DESCRIPTOR_BYTES + 1, _DESCRIPTOR_BYTES):
        if content[at] == _END_OF_FIELDS:
            break
        name = content[at : at + 11].split(b"\0")[0].decode("latin-1").strip()
        kind, length, decimals = chr(content[at + 11]), content[at + 16], content[at + 17]
        if kind == "C":
            length += decimals * 256  # Clipper keeps the high byte of long texts where decimals stand.
        if not name or not kind.isprintable() or length == 0 or start + length > width:
            raise ValueError("the fields do not fit the rows")
        if kind != "0":  # FoxPro marks here which values are null.
            fields.append(_Field(name if name not in seen else f"{name}_{len(fields)}", kind, start, length))
        seen.add(name)
        start += length
    if not fields:
        raise ValueError("a table without fields")
    return fields


def _column(block: np.ndarray[Any, Any], field: _Field, version: int, memo: Callable[[int], str] | None) -> list[Any]:
    part = np.ascontiguousarray(block[:, field.start : field.start + field.length])
    binary = _BINARY.get((field.kind, field.length))
    if field.kind == "B" and version not in _FOXPRO:
        binary = None  # In dBase it is the number of a memo block.
    if binary is not None:
        return [binary(value) for value in _bytes_of(part)]
    texts = [value.decode("latin-1").rstrip("\0 ") for value in _bytes_of(part)]
    if field.kind in "MGPB":
        blocks = [value.strip() for value in texts]
        if field.length == 4:
            blocks = [str(int.from_bytes(value, "little")) for value in _bytes_of(part)]
        return [memo(int(value)) or None if memo and value.isdigit() and int(value) else None for value in blocks]
    convert = _TEXTUAL.get(field.kind, _text)
    known = {value: convert(value) or None for value in set(texts)}
    return [known[value] for value in texts]


def _bytes_of(part: np.ndarray[Any, Any]) -> list[bytes]:
    width = part.shape[1]
    whole = part.tobytes()
    return [whole[at : at + width] for at in range(0, len(whole), width)]


def _text(value: str) -> str:
    return value if value.strip() else ""


def _number(value: str) -> str:
    """Return a number without the zeros its field fills up with; what is none stays as it is."""
    plain = value.strip()
    if "." not in plain or "e" in plain.lower():
        return plain
    short = plain.rstrip("0").rstrip(".")
    head, _, tail = short.partition(".")
    return short + "0" if len(tail) == 3 and len(head) <= 3 else short


def _date(value: str) -> str:
    plain = value.strip()
    if len(plain) != 8 or not plain.isdigit() or plain == "00000000":
        return "" if not plain.strip("0") else plain
    return f"{plain[:4]}-{plain[4:6]}-{plain[6:]}"


def _moment(value: bytes) -> str | None:
    day, _ = struct.unpack("<II", value)
    if day == 0:
        return None
    try:
        return datetime.date.fromordinal(day - _JULIAN_OF_DAY_ONE).isoformat()
    except (ValueError, OverflowError):
        return str(day)


_TEXTUAL: dict[str, Callable[[str], str]] = {
    "N": _number,
    "F": _number,
    "D": _date,
    "L": lambda value: {"T": "1", "Y": "1", "F": "0", "N": "0"}.get(value.strip().upper(), ""),
}
_BINARY: dict[tuple[str, int], Callable[[bytes], str | None]] = {
    ("I", 4): lambda value: str(struct.unpack("<i", value)[0]),
    ("+", 4): lambda value: str(struct.unpack(">i", value)[0] & 0x7FFFFFFF),
    ("Y", 8): lambda value: cells.number(struct.unpack("<q", value)[0] / 10_000),
    ("B", 8): lambda value: cells.number(struct.unpack("<d", value)[0]),
    ("O", 8): lambda value: cells.number(struct.unpack(">d", value)[0]),
    ("T", 8): _moment,
}


def _memo(path: Path, version: int) -> Callable[[int], str] | None:
    """Return the reader of the memo file beside a table, or None where there is none."""
    beside = {item.suffix.lower(): item for item in path.parent.iterdir() if item.stem == path.stem}
    if ".fpt" in beside:
        content = beside[".fpt"].read_bytes()
        size = struct.unpack_from(">H", content, 6)[0] if len(content) >= 8 else 0
        return lambda block: _fpt(content, block * size)
    if ".dbt" not in beside:
        return None
    content = beside[".dbt"].read_bytes()
    if version == 0x83:
        return lambda block: _until_end(content, block * _DBASE3_BLOCK)
    size = struct.unpack_from("<H", content, 20)[0] if len(content) >= 22 else 0
    return lambda block: _dbase4(content, block * (size or _DBASE3_BLOCK))


def _fpt(content: bytes, at: int) -> str:
    if at + 8 > len(content) or at == 0:
        return ""
    length = struct.unpack_from(">I", content, at + 4)[0]
    return content[at + 8 : at + 8 + length].decode("latin-1").rstrip("\0 ")


def _until_end(content: bytes, at: int) -> str:
    return content[at:].split(b"\x1a", 1)[0].decode("latin-1").rstrip("\0 ") if at < len(content) else ""


def _dbase4(content: bytes, at: int) -> str:
    if content[at : at + 4] != b"\xff\xff\x08\x00":
        return _until_end(content, at)
    length = struct.unpack_from("<I", content, at + 4)[0]
    return content[at + 8 : at + length].decode("latin-1").rstrip("\0 ")
