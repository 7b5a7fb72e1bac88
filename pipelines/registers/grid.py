"""Files as grids of texts: every cell a string or missing, rows and columns as in the file, no heading yet."""

import csv
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.encodings import Decoded, decode_texts, vote
from pipelines.errors import ReadError
from pipelines.registers import dbf, delimited, markup, workbook
from pipelines.registers.cells import MAX_CELLS, column_number
from pipelines.registers.delimited import delimiter

__all__ = ["MAX_CELLS", "Loaded", "column_key", "column_number", "delimiter", "load", "peek", "read", "texts"]

_ARCHIVES = frozenset({".xlsx", ".xlsm", ".xlsb", ".ods"})
_OLE, _ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
_BARE_BIFF = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
_ACCESS = (b"Standard Jet DB", b"Standard ACE DB")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_HEAD_BYTES = 4096
_CPG = re.compile(r"(?i)^(?:ansi |cp|windows-|win)?1258$")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file as grids.

    Attributes:
        sheets: (sheet name, grid) in the order of the file.
        raw: Whether texts are bytes as latin-1.
        deleted: Rows the file itself marks as deleted (DBF).
        encoding: Encoding that the file declares of itself, or None.
        decoded: How the texts were decoded, by `column_key`; nothing where they are as in the file.
        paged: Whether the file names a code page, which counts where its bytes are no Vietnamese encoding.
    """

    sheets: list[tuple[str, pd.DataFrame]]
    raw: bool
    deleted: int = 0
    encoding: str | None = None
    decoded: Decoded = field(default_factory=lambda: Decoded({}, {}))
    paged: bool = False


def read(path: Path, encoding: str | None, sheet: str | None = None) -> list[tuple[str, pd.DataFrame]]:
    """Return (sheet name, grid) for every sheet of a file whose name matches.

    Args:
        path: XLSX, XLSM, XLSB, ODS, XLS (also when it is HTML or XML inside), CSV, TXT or DBF.
        encoding: Encoding that is declared for the file, for texts that do not tell by themselves; None = none is.
        sheet: Pattern of sheet names; None takes every sheet.

    Raises:
        ReadError: The file is not what its name says.
    """
    return load(path, encoding, sheet).sheets


def load(path: Path, encoding: str | None, sheet: str | None = None) -> Loaded:
    """Return the decoded grids of a file and what was seen on the way; arguments as in `read`.

    Raises:
        ReadError: The file is not what its name says.
    """
    loaded = _load(path)
    declared = loaded.encoding if encoding in (None, "utf-8") and loaded.encoding else encoding
    if loaded.paged and declared in (None, "utf-8") and vote(_cells(loaded.sheets)).encoding == "utf-8":
        loaded = Loaded(*workbook.old(path, raw=False))
    wanted = [(name, grid) for name, grid in loaded.sheets if sheet is None or re.search(sheet, name)]
    columns = {column_key(at, position): grid[position] for at, (_, grid) in enumerate(wanted) for position in grid}
    decoded = decode_texts(columns, raw=loaded.raw, declared=declared, compose=False)
    grids = [(name, _decoded(at, grid, columns, decoded)) for at, (name, grid) in enumerate(wanted)]
    return Loaded(grids, loaded.raw, loaded.deleted, decoded=decoded)


def column_key(sheet: int, position: Any) -> str:
    """Return how `Loaded.decoded` names a column: by the number of its sheet and its position, both from 0."""
    return f"{sheet}!{position}"


def peek(path: Path) -> tuple[list[tuple[str, pd.DataFrame]], bool]:
    """Return (sheet name, grid) for every sheet of a file, undecoded, and whether its texts are bytes as latin-1.

    Raises:
        ReadError: The file is not what its name says.
    """
    loaded = _load(path)
    return loaded.sheets, loaded.raw


def texts(path: Path) -> tuple[list[str], bool]:
    """Return every text of a register that `read` has opened before, undecoded, and whether it is bytes as latin-1.

    Raises:
        ReadError: The file has changed since.
    """
    sheets, raw = peek(path)
    return [cell for cell in _cells(sheets) if cell], raw


def _cells(sheets: Sequence[tuple[str, pd.DataFrame]]) -> Iterator[Any]:
    return (cell for _, grid in sheets for cell in grid.to_numpy(dtype=object).ravel())


def _load(path: Path) -> Loaded:
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
        if any(mark in head[:32] for mark in _ACCESS):
            raise _access(path)
        return _by_content(path, head)
    except ReadError:
        raise
    except _broken() as error:
        raise (_locked(path) if _is_locked(path, error) else _unreadable(path)) from error


def _by_content(path: Path, head: bytes) -> Loaded:
    """Read a file by what it is: web software writes HTML and XML under the name of a workbook."""
    suffix = path.suffix.lower()
    if suffix == ".dbf":
        table = dbf.read(path)
        grid = pd.DataFrame([table.fields, *table.rows], dtype=object)
        return Loaded([(path.stem, grid)], True, table.deleted, _declared(path))
    if head.startswith(_ZIP):
        return Loaded(workbook.modern(path), raw=False)
    if head.startswith(_OLE) or (suffix == ".xls" and head.startswith(_BARE_BIFF)):
        sheets, raw = workbook.old(path, raw=True)
        return Loaded(sheets, raw, paged=raw)
    kind = markup.kind(head)
    if kind == "html" or markup.is_archive(head):
        return Loaded(*markup.html(path))
    if kind == "spreadsheetml":
        return Loaded(markup.spreadsheet(path), raw=False)
    if suffix in _ARCHIVES or kind is not None:
        raise ValueError("not what its ending says")
    grid, raw = delimited.read(path)
    return Loaded([(path.stem, grid)], raw)


def _is_locked(path: Path, error: Exception) -> bool:
    """Return whether a password keeps a workbook closed: by what the reader says, or by the stream it is hidden in."""
    if "assword" in type(error).__name__ + str(error) or "ncrypted" in str(error):
        return True
    try:
        return _ENCRYPTED in path.read_bytes()
    except OSError:
        return False


def _declared(path: Path) -> str | None:
    """Return the Vietnamese code page that a .cpg beside a DBF names; other declarations are as good as none."""
    beside = next((item for item in path.parent.iterdir() if item.stem == path.stem and _is_cpg(item)), None)
    name = beside.read_bytes()[:32].decode("latin-1").strip() if beside else ""
    return "cp1258" if _CPG.match(name) else None


def _is_cpg(path: Path) -> bool:
    return path.suffix.lower() == ".cpg"


def _broken() -> tuple[type[Exception], ...]:
    """Return what readers raise about a file; other errors are bugs of ours, see `workbook.of_library`."""
    from lxml import etree
    from python_calamine import CalamineError
    from xlrd import XLRDError
    from xlrd.compdoc import CompDocError

    return (
        OSError,
        ValueError,
        KeyError,
        IndexError,
        NotImplementedError,
        RuntimeError,
        OverflowError,
        struct.error,
        csv.Error,
        zipfile.BadZipFile,
        zlib.error,
        etree.LxmlError,
        CalamineError,
        XLRDError,
        CompDocError,
    )


def _unreadable(path: Path) -> ReadError:
    return ReadError(
        f"Không đọc được sổ {path.name}: mở bằng phần mềm gốc rồi lưu lại thành XLSX, CSV hoặc DBF.",
        f"The register {path.name} cannot be read: open it in its own program and save it as XLSX, CSV or DBF.",
    )


def _locked(path: Path) -> ReadError:
    return ReadError(
        f"Sổ {path.name} có mật khẩu: lưu lại không đặt mật khẩu rồi gửi lại.",
        f"The register {path.name} is protected by a password: save it without one and send it again.",
    )


def _access(path: Path) -> ReadError:
    return ReadError(
        f"Sổ {path.name} là tệp Microsoft Access: mở bằng Access rồi xuất từng bảng ra XLSX, CSV hoặc DBF.",
        f"The register {path.name} is a Microsoft Access file: open it in Access and export each table as XLSX, CSV "
        "or DBF.",
    )


def _decoded(sheet: int, grid: pd.DataFrame, columns: Mapping[str, pd.Series], decoded: Decoded) -> pd.DataFrame:
    """Return a grid with the columns that decoding has changed."""
    keys = {position: column_key(sheet, position) for position in range(grid.shape[1])}
    changed = [position for position, key in keys.items() if decoded.columns[key] is not columns[key]]
    if not changed:
        return grid
    values = grid.to_numpy(dtype=object, copy=True)
    for position in changed:
        values[:, position] = decoded.columns[keys[position]].to_numpy(dtype=object)
    return pd.DataFrame(values, dtype=object)
