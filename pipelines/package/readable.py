"""Whether a file is what its ending says, told by its first and last bytes."""

import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from pipelines import dgn, vectors
from pipelines.errors import ReadError, Reason
from pipelines.package import dgn_scan

_ZIP_MEMBERS = {
    ".xlsx": "xl/workbook.xml",
    ".xlsm": "xl/workbook.xml",
    ".xlsb": "xl/workbook.bin",
    ".ods": "content.xml",
    ".docx": "word/document.xml",
}
_MAGIC: dict[str, tuple[bytes, ...]] = {
    ".pdf": (b"%PDF",),
    ".tif": (b"II", b"MM"),
    ".tiff": (b"II", b"MM"),
    ".jpg": (b"\xff\xd8",),
    ".jpeg": (b"\xff\xd8",),
    ".png": (b"\x89PNG",),
    ".gpkg": (b"SQLite format 3",),
    ".sqlite": (b"SQLite format 3",),
    ".fgb": (b"fgb",),
    ".parquet": (b"PAR1",),
}
_SHP_CODE = (9994).to_bytes(4, "big")
_BARE_WORKBOOK = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")
"""Workbooks of Excel 2 to 5 outside a compound file."""

_KNOWN: tuple[tuple[bytes, str], ...] = (
    (b"AC10", "a DWG drawing"),
    (b"%PDF", "a PDF"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"SQLite format 3", "an SQLite file"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"AutoCAD Binary DXF", "a DXF drawing"),
    (_SHP_CODE, "a shapefile"),
    *((start, "a DGN v7 drawing") for start in dgn.V7_STARTS),
)
_COMPOUND: tuple[tuple[str, str], ...] = (
    ("EncryptedPackage", "a workbook locked with a password"),
    ("Dgn~", "a DGN v8 drawing"),
    ("Dgn^", "a DGN v8 drawing"),
    ("Workbook", "an XLS workbook"),
    ("WordDocument", "a DOC document"),
)
_IN_VIETNAMESE = {
    "a DWG drawing": "bản vẽ DWG",
    "a PDF": "tệp PDF",
    "a JPEG picture": "ảnh JPEG",
    "a PNG picture": "ảnh PNG",
    "an SQLite file": "tệp SQLite",
    "a RAR archive": "tệp nén RAR",
    "a 7z archive": "tệp nén 7z",
    "a ZIP archive": "tệp nén ZIP",
    "a DXF drawing": "bản vẽ DXF",
    "a shapefile": "shapefile",
    "a DGN v7 drawing": "bản vẽ DGN V7",
    "a DGN v8 drawing": "bản vẽ DGN V8",
    "an XLS workbook": "bảng tính XLS",
    "an XLSX workbook": "bảng tính XLSX",
    "an XLSM workbook": "bảng tính XLSM",
    "an XLSB workbook": "bảng tính XLSB",
    "an ODS workbook": "bảng tính ODS",
    "a DOC document": "văn bản DOC",
    "a DOCX document": "văn bản DOCX",
    "a web page": "trang HTML",
    "an XML file": "tệp XML",
    "a text file": "tệp văn bản",
    "a workbook locked with a password": "bảng tính có mật khẩu",
}
_COMPOUND_START = dgn_scan.V8_START
_COMPOUND_HEAD_BYTES = 1 << 20


def why_not(path: Path) -> Reason | None:
    """Return why a file cannot be read; None when it can."""
    if path.is_dir():
        return _opens(path)
    if path.stat().st_size == 0:
        return Reason("zero bytes", "tệp rỗng, 0 byte")
    suffix = path.suffix.lower()
    reason = _SPECIAL[suffix](path) if suffix in _SPECIAL else _by_magic(path, suffix)
    if reason is None and vectors.driver(path) is not None:
        reason = _opens(path)
    return reason


def _opens(path: Path) -> Reason | None:
    try:
        vectors.layers(path)
    except ReadError:
        kind = vectors.driver(path) or "GIS"
        if kind == "DGN":
            kind = "DGN v7" if dgn.is_v7(path) else "DGN v8"
        if kind in ("DWG", "DGN v8"):
            return Reason(
                f"{kind} broken, cut short or locked: open it and save it as DXF",
                f"{kind} hỏng, cụt hoặc có mật khẩu: mở và lưu lại dạng DXF",
            )
        return Reason(f"it cannot be opened as {kind}", f"không mở được như {kind}")
    return None


def _is_really(path: Path, wanted: str) -> Reason:
    """Return what a file holds instead of what its ending says."""
    found = _content(path)
    if found is None:
        return Reason(f"the content is not {wanted}", f"nội dung không phải {wanted}")
    if "password" in found:
        return Reason("locked with a password: save it without one", "có mật khẩu: lưu lại không đặt mật khẩu")
    shown = _IN_VIETNAMESE[found]
    return Reason(f"{found}, not {wanted}: mend its ending", f"là {shown}, không phải {wanted}: sửa phần mở rộng")


def _content(path: Path) -> str | None:
    """Return what the bytes of a file show it to be; None when they show nothing known."""
    head = _head(path, 4096)
    for start, name in _KNOWN:
        if head.startswith(start):
            return name
    if head.startswith(_COMPOUND_START):
        whole = _head(path, _COMPOUND_HEAD_BYTES)
        return next((name for mark, name in _COMPOUND if mark.encode("utf-16-le") in whole), None)
    if head.startswith(b"PK\x03\x04"):
        return _archive(path)
    plain = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if plain.startswith((b"<!doctype html", b"<html", b"<table")):
        return "a web page"
    if plain.startswith(b"<?xml"):
        return "an XML file"
    if b"SECTION" in head and b"HEADER" in head:
        return "a DXF drawing"
    return "a text file" if _is_text(path) else None


def _archive(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, EOFError, ValueError):
        return None
    for ending, member in _ZIP_MEMBERS.items():
        if member in names and ending != ".xlsm":
            return f"{'a' if ending == '.docx' else 'an'} {ending[1:].upper()} " + (
                "document" if ending == ".docx" else "workbook"
            )
    return "a ZIP archive"


def _by_magic(path: Path, suffix: str) -> Reason | None:
    wanted = _MAGIC.get(suffix)
    if wanted is None or _head(path, 16).startswith(wanted):
        return None
    return _is_really(path, suffix[1:].upper())


def _dgn(path: Path) -> Reason | None:
    if dgn.is_v7(path):
        if dgn_scan.scan(path).is_complete:
            return None
        return Reason("DGN cut short: the last element is not complete", "DGN bị cụt: phần tử cuối không đủ")
    if not dgn_scan.is_v8(path) or (_content(path) or "a DGN v8 drawing") != "a DGN v8 drawing":
        return _is_really(path, "DGN")
    return None


def _dxf(path: Path) -> Reason | None:
    head = _head(path, 4096)
    if head.startswith(b"AutoCAD Binary DXF"):
        return None
    if b"SECTION" not in head:
        return _is_really(path, "DXF")
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 64))
        if b"EOF" in stream.read():
            return None
    return Reason("DXF cut short: no EOF at its end", "DXF bị cụt: thiếu EOF ở cuối tệp")


def _dwg(path: Path) -> Reason | None:
    return None if _head(path, 4).startswith((b"AC10", b"AC1.", b"AC2.", b"MC0.")) else _is_really(path, "DWG")


def _shp(path: Path) -> Reason | None:
    head = _head(path, 28)
    if head[:4] != _SHP_CODE:
        return _is_really(path, "a shapefile")
    if int.from_bytes(head[24:28], "big") * 2 > path.stat().st_size:
        return Reason("shapefile cut short", "shapefile bị cụt")
    return None


def _dbf(path: Path) -> Reason | None:
    head = _head(path, 12)
    rows, head_bytes, row_bytes = (int.from_bytes(head[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    if len(head) < 12 or head_bytes < 33 or row_bytes < 2:
        return _is_really(path, "DBF")
    if head_bytes + rows * row_bytes > path.stat().st_size + 1:
        return Reason("DBF cut short", "DBF bị cụt")
    return None


def _xls(path: Path) -> Reason | None:
    """Judge a workbook of the old kind: registers are read by content, so only a lock or a stranger is refused."""
    head = _head(path, 8)
    found = _content(path)
    if head.startswith(_BARE_WORKBOOK) or found in {
        "an XLS workbook",
        "an XLSX workbook",
        "an XLSB workbook",
        "an ODS workbook",
        "a web page",
        "an XML file",
    }:
        return None
    # A compound file whose directory lies beyond the part looked at may still be a workbook.
    return None if found is None and head.startswith(_COMPOUND_START) else _is_really(path, "XLS")


def _office(path: Path) -> Reason | None:
    kind = path.suffix[1:].upper()
    if not _head(path, 4).startswith(b"PK"):
        found = _content(path)
        return None if kind != "DOCX" and found == "an XLS workbook" else _is_really(path, kind)
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
            names = set(archive.namelist())
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError):
        return Reason(f"{kind} damaged or cut short", f"{kind} hỏng hoặc bị cụt")
    if broken is not None:
        return Reason(f"{kind} damaged in {broken}", f"{kind} hỏng ở {broken}")
    return None if _ZIP_MEMBERS[path.suffix.lower()] in names else _is_really(path, kind)


def _text(path: Path) -> Reason | None:
    return None if _is_text(path) else Reason("a binary file, not text", "tệp nhị phân, không phải văn bản")


_SPECIAL: Mapping[str, Callable[[Path], Reason | None]] = {
    ".dgn": _dgn,
    ".dxf": _dxf,
    ".dwg": _dwg,
    ".shp": _shp,
    ".dbf": _dbf,
    ".xls": _xls,
    ".csv": _text,
    ".txt": _text,
    **dict.fromkeys(_ZIP_MEMBERS, _office),
}


def _is_text(path: Path) -> bool:
    head = _head(path, 65536)
    return b"\0" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff"))


def _head(path: Path, length: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(length)
