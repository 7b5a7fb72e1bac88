"""Files over HTTP: ranges, conditional requests, compression, and never one outside its folder."""

import re
from collections import OrderedDict
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from atlas.server import replies

MEDIA = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webmanifest": "application/manifest+json",
    ".pbf": "application/x-protobuf",
    ".pmtiles": "application/vnd.pmtiles",
    ".parquet": "application/vnd.apache.parquet",
    ".gpkg": "application/geopackage+sqlite3",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".gz": "application/gzip",
}
_COMPRESSIBLE = frozenset({".html", ".css", ".js", ".mjs", ".json", ".svg", ".webmanifest", ".md", ".csv", ".txt"})
_HASHED = re.compile(r"[-.][A-Za-z0-9_-]{8,}\.\w+$")
_FOREVER = "public, max-age=31536000, immutable"
_KEPT = 256
_KEPT_BYTES = 8 << 20

_bodies: OrderedDict[tuple[str, str], bytes] = OrderedDict()


def inside(folder: Path, path: str) -> Path | None:
    """Return the file a path names below a folder, or None when there is none or it lies elsewhere."""
    if "\x00" in path or "\\" in path:
        return None
    try:
        found = (folder / path).resolve()
        return found if found.is_relative_to(folder.resolve()) and found.is_file() else None
    except (OSError, ValueError):
        return None


def send(request: Request, path: Path, *, extra: dict[str, str] | None = None) -> Response:
    """Return a file: whole, a range of it (206), compressed, or 304 when the client has it.

    Args:
        request: The request.
        path: The file; it must exist.
        extra: Further headers.
    """
    status = path.stat()
    media = MEDIA.get(path.suffix.lower(), "application/octet-stream")
    # A strong tag: ranges may only be joined when the bytes are the same.
    etag = replies.tag(str(path), f"{status.st_mtime_ns:x}", f"{status.st_size:x}").removeprefix("W/")
    headers = {
        "ETag": etag,
        "Last-Modified": replies.http_date(status.st_mtime),
        "Cache-Control": _FOREVER if "assets" in path.parts and _HASHED.search(path.name) else replies.FRESH,
        **(extra or {}),
    }
    if replies.is_known(request, etag, status.st_mtime):
        return replies.not_modified(headers)
    if path.suffix.lower() in _COMPRESSIBLE and "range" not in request.headers and status.st_size <= _KEPT_BYTES:
        headers["Vary"] = "Accept-Encoding"
        if replies.accepts_gzip(request):
            headers["ETag"] = f"W/{etag}"
        return Response(_body(request, path, etag, headers), headers=headers, media_type=media)
    return FileResponse(path, headers=headers, media_type=media, stat_result=status)


def _body(request: Request, path: Path, etag: str, headers: dict[str, str]) -> bytes:
    key = (etag, "gzip" if replies.accepts_gzip(request) else "")
    body = _bodies.get(key)
    if body is None:
        made: dict[str, str] = {}
        body = _bodies[key] = replies.compressed(request, path.read_bytes(), made)
        while len(_bodies) > _KEPT:
            _bodies.popitem(last=False)
    if body[:2] == b"\x1f\x8b" and key[1]:
        headers["Content-Encoding"] = "gzip"
    return body
