"""Answers: conditional requests, compression, errors in the form the client reads."""

import gzip
import re
from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime
from hashlib import blake2b

import orjson
from starlette.requests import Request
from starlette.responses import Response

from atlas.server import pages
from atlas.server.words import word

FRESH = "no-cache"
GZIP_FROM_BYTES = 1_400
_GZIP_LEVEL = 5
_CODES = {400: "InvalidParameterValue", 404: "NotFound", 405: "MethodNotAllowed", 410: "Gone", 503: "Unavailable"}


def tag(*parts: str) -> str:
    """Return a weak ETag for what the parts describe."""
    return f'W/"{blake2b("|".join(parts).encode(), digest_size=12).hexdigest()}"'


def is_known(request: Request, etag: str, modified: float | None = None) -> bool:
    """Return whether the client already has this version (RFC 9110, 13.2.2)."""
    known = request.headers.get("if-none-match")
    if known is not None:
        opaque = etag.removeprefix("W/")
        return known.strip() == "*" or any(part.strip().removeprefix("W/") == opaque for part in known.split(","))
    since = request.headers.get("if-modified-since")
    if since is None or modified is None:
        return False
    try:
        return int(modified) <= parsedate_to_datetime(since).timestamp()
    except ValueError:
        return False


def not_modified(headers: Mapping[str, str]) -> Response:
    """Return an empty answer: what the client has is still right."""
    return Response(status_code=304, headers=dict(headers))


def http_date(seconds: float) -> str:
    """Return a time as HTTP writes it."""
    return formatdate(seconds, usegmt=True)


def accepts_gzip(request: Request) -> bool:
    """Return whether the client takes gzip."""
    return bool(re.search(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", request.headers.get("accept-encoding", "")))


def compressed(request: Request, body: bytes, headers: dict[str, str]) -> bytes:
    """Return a body, compressed when it is worth it and the client takes it; sets the headers for it."""
    if len(body) < GZIP_FROM_BYTES or not accepts_gzip(request):
        return body
    headers["Content-Encoding"] = "gzip"
    return gzip.compress(body, _GZIP_LEVEL, mtime=0)


def failure(status: int, text: str, lang: str, form: str, request: Request, base: str) -> Response:
    """Return an error as JSON or as a page."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language", "Content-Language": lang}
    if form == "html":
        body = pages.render("exception", lang, base, address(request), status=status, description=text)
        return Response(body, status, headers, "text/html; charset=utf-8")
    code = _CODES.get(status, "NoApplicableCode")
    content = {"code": code, "type": code, "status": status, "description": text}
    return Response(orjson.dumps(content), status, headers, "application/json")


def missing(request: Request, lang: str, form: str, base: str) -> Response:
    """Return 404."""
    return failure(404, word("error.missing")[lang], lang, form, request, base)


def address(request: Request) -> str:
    """Return path and query of a request."""
    path = request.scope.get("root_path", "") + _own_path(request)
    return f"{path}?{request.url.query}" if request.url.query else path


def _own_path(request: Request) -> str:
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))
