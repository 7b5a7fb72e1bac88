"""Whether a file is what its ending says, told by its first and last bytes."""

import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from pipelines import vectors
from pipelines.errors import ReadError
from pipelines.package import dgn_scan

_ZIP_MEMBERS = {".xlsx": "xl/workbook.xml", ".ods": "content.xml", ".docx": "word/document.xml"}
_MAGIC: dict[str, tuple[bytes, ...]] = {
    ".pdf": (b"%PDF",),
    ".tif": (b"II", b"MM"),
    ".tiff": (b"II", b"MM"),
    ".jpg": (b"\xff\xd8",),
    ".jpeg": (b"\xff\xd8",),
    ".png": (b"\x89PNG",),
    ".xls": (b"\xd0\xcf\x11\xe0",),
    ".gpkg": (b"SQLite format 3",),
    ".fgb": (b"fgb",),
}
_SHP_CODE = (9994).to_bytes(4, "big")


def why_not(path: Path) -> str | None:
    """Return why a file cannot be read, in a few English words; None when it can."""
    if path.stat().st_size == 0:
        return "zero bytes"
    suffix = path.suffix.lower()
    reason = _SPECIAL[suffix](path) if suffix in _SPECIAL else _by_magic(path, suffix)
    if reason is None and vectors.driver(path) is not None:
        reason = _opens(path)
    return reason


def _opens(path: Path) -> str | None:
    try:
        vectors.layers(path)
    except ReadError:
        return f"GDAL cannot open it as {vectors.driver(path)}"
    return None


def _by_magic(path: Path, suffix: str) -> str | None:
    wanted = _MAGIC.get(suffix)
    if wanted is None:
        return None
    return None if _head(path, 16).startswith(wanted) else f"the content is not {suffix[1:].upper()}"


def _dgn(path: Path) -> str | None:
    head = _head(path, 4)
    if head == dgn_scan.V8_START:
        return "DGN v8: save it as DGN V7 or DXF"
    if not head.startswith(dgn_scan.V7_STARTS):
        return "a text file, not DGN" if _is_text(path) else "the content is not DGN v7"
    return None if dgn_scan.scan(path).is_complete else "DGN cut short: the last element is not complete"


def _dxf(path: Path) -> str | None:
    head = _head(path, 4096)
    if head.startswith(b"AutoCAD Binary DXF"):
        return None
    if b"SECTION" not in head:
        return "the content is not DXF"
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 64))
        return None if b"EOF" in stream.read() else "DXF cut short: no EOF at its end"


def _shp(path: Path) -> str | None:
    head = _head(path, 28)
    if head[:4] != _SHP_CODE:
        return "the content is not a shapefile"
    if int.from_bytes(head[24:28], "big") * 2 > path.stat().st_size:
        return "shapefile cut short"
    names = {other.name.lower() for other in path.parent.iterdir()}
    lacking = [ending for ending in (".shx", ".dbf") if (path.stem + ending).lower() not in names]
    return f"its part {lacking[0]} is missing" if lacking else None


def _dbf(path: Path) -> str | None:
    head = _head(path, 12)
    rows, head_bytes, row_bytes = (int.from_bytes(head[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    if len(head) < 12 or head_bytes < 33 or row_bytes < 2:
        return "the content is not DBF"
    return "DBF cut short" if head_bytes + rows * row_bytes > path.stat().st_size + 1 else None


def _office(path: Path) -> str | None:
    kind = path.suffix[1:].upper()
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
            names = set(archive.namelist())
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError):
        return f"the content is not {kind}, or it is cut short"
    if broken is not None:
        return f"{kind} damaged in {broken}"
    return None if _ZIP_MEMBERS[path.suffix.lower()] in names else f"the content is not {kind}"


def _text(path: Path) -> str | None:
    return None if _is_text(path) else "a binary file, not text"


def _dwg(path: Path) -> str:
    return "DWG: save it as DXF"


_SPECIAL: Mapping[str, Callable[[Path], str | None]] = {
    ".dgn": _dgn,
    ".dxf": _dxf,
    ".dwg": _dwg,
    ".shp": _shp,
    ".dbf": _dbf,
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
