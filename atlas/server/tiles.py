"""`/tiles`: the PMTiles archive by ranges, and single vector tiles out of it."""

import os
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmtiles.reader import Reader
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from atlas.server import files, replies
from atlas.server import request as asking
from atlas.server.site import Site

MVT = "application/vnd.mapbox-vector-tile"
_GZIP = 2
_MAX_ZOOM = 30


@dataclass(frozen=True)
class Archive:
    """An open archive.

    Attributes:
        stamp: Changes whenever the file does.
        reader: Reader of it.
        gzipped: Tiles are stored compressed.
        layers: Vector layers in it.
    """

    stamp: str
    reader: Any
    gzipped: bool
    layers: frozenset[str]


class Tiles:
    """The tiles of a site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._archive: Archive | None = None
        self._lock = threading.Lock()

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/tiles/{z}/{x}/{y}", self._tile),
            Route("/tiles/{layer}/{z}/{x}/{y}", self._tile),
            Route("/tiles/{name:path}", self._file),
        ]

    def _path(self) -> Path | None:
        release = self._site.release()
        return files.inside(release.folder, str(release.manifest.get("tiles") or ""))

    def _file(self, request: Request) -> Response:
        path = self._path()
        if path is None or request.path_params["name"] != path.name:
            return _missing(request)
        return files.send(request, path)

    def _tile(self, request: Request) -> Response:
        path = self._path()
        places = _places([request.path_params[name] for name in "zxy"])
        archive = None if path is None else self._open(path)
        layer = request.path_params.get("layer")
        if archive is None or places is None or (layer is not None and layer not in archive.layers):
            return _missing(request)
        headers = {"ETag": replies.tag(archive.stamp, *map(str, places)), "Cache-Control": replies.FRESH}
        if replies.is_known(request, headers["ETag"]):
            return replies.not_modified(headers)
        with self._lock:
            body = archive.reader.get(*places)
        if body is None:
            return Response(status_code=204, headers=headers)
        if archive.gzipped:
            headers["Content-Encoding"] = "gzip"
        return Response(body, headers=headers, media_type=MVT)

    def _open(self, path: Path) -> Archive:
        status = path.stat()
        stamp = f"{path}|{status.st_mtime_ns:x}|{status.st_size:x}"
        with self._lock:
            if self._archive is None or self._archive.stamp != stamp:
                reader = Reader(_source(path))
                header, metadata = reader.header(), reader.metadata()
                layers = frozenset(str(entry["id"]) for entry in metadata.get("vector_layers", ()))
                self._archive = Archive(stamp, reader, header["tile_compression"].value == _GZIP, layers)
            return self._archive


def _source(path: Path) -> Callable[[int, int], bytes]:
    file = os.open(path, os.O_RDONLY)

    def read(offset: int, length: int) -> bytes:
        return os.pread(file, length, offset)

    return read


def _places(given: Sequence[str]) -> tuple[int, int, int] | None:
    """Return zoom, column and row of a tile that can exist."""
    if not all(re.fullmatch(r"[0-9]{1,9}", text) for text in given):
        return None
    z, x, y = map(int, given)
    return (z, x, y) if z <= _MAX_ZOOM and x < 1 << z and y < 1 << z else None


def _missing(request: Request) -> Response:
    lang = asking.language(request.query_params.get("lang"), request.headers.get("accept-language"))
    return replies.missing(request, lang, "json", "/api")
