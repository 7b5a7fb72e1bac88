"""The outermost layer: security headers, open access for machines, and counting."""

import time
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from atlas.server.health import Metrics

# MapLibre starts its worker from a blob and draws into images made of blobs; everything else comes from here.
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; "
    "child-src 'self' blob:; connect-src 'self' blob: data:; font-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_OPEN = ("/api", "/tiles", "/release", "/downloads")
MAX_HEAD_BYTES = 64 << 10
_EXPOSED = "Content-Crs, ETag, Content-Range, Accept-Ranges, Link"


class Outside:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        path: str = scope["path"]
        status = 500

        async def finish(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _complete(MutableHeaders(scope=message), path)
            await send(message)

        try:
            if _size(scope) > MAX_HEAD_BYTES:
                await PlainTextResponse("Request header fields too large", 431)(scope, receive, finish)
            elif scope["method"] == "OPTIONS" and path.startswith(_OPEN):
                await _preflight(finish)
            else:
                await self._app(scope, receive, finish)
        finally:
            self._metrics.observe(path, status, time.perf_counter() - started)


def _size(scope: Scope) -> int:
    head = sum(len(name) + len(value) for name, value in scope["headers"])
    return head + len(scope["query_string"]) + len(scope["path"])


def _complete(headers: MutableHeaders, path: str) -> None:
    for name, value in _FIXED.items():
        headers[name] = value
    headers.setdefault("Content-Security-Policy", POLICY)
    if path.startswith(_OPEN):
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = _EXPOSED


async def _preflight(send: Send) -> None:
    headers: list[Any] = [
        (b"allow", b"GET, HEAD, POST, OPTIONS"),
        (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
        (b"access-control-allow-headers", b"Range, If-None-Match, Content-Type, Accept-Language"),
        (b"access-control-max-age", b"86400"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
