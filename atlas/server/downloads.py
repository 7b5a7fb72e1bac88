"""`/downloads` and `/release`: the files the manifest names, and no others."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from atlas.server import files, pages, replies
from atlas.server import request as asking
from atlas.server.errors import BadRequestError
from atlas.server.manifest import MANIFEST, Release
from atlas.server.site import Site

# A findings map is one page with everything inside; the sandbox keeps it away from the rest of the site.
_PAGE_POLICY = (
    "sandbox allow-scripts allow-popups; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob: data:; "
    "style-src 'unsafe-inline' data:; img-src data: blob:; font-src data:; worker-src blob:; connect-src data: blob:"
)


class Downloads:
    """The published files of a site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/release/manifest.json", self._manifest),
            Route("/release/communes", self._communes),
            Route("/downloads", self._index),
            Route("/downloads/", self._index),
            Route("/downloads/{path:path}", self._file),
        ]

    def _manifest(self, request: Request) -> Response:
        return files.send(request, self._site.release().folder / MANIFEST)

    def _communes(self, request: Request) -> Response:
        release = self._site.release()
        return _json(request, release, {"communes": release.manifest["communes"]})

    def _index(self, request: Request) -> Response:
        release = self._site.release()
        lang = asking.language(request.query_params.get("lang"), request.headers.get("accept-language"))
        try:
            form = asking.form(request.query_params.get("f"), request.headers.get("accept"))
        except BadRequestError as error:
            return replies.failure(400, error.text(lang), lang, "json", request, "/api")
        if form != "html":
            return _json(request, release, {"files": release.manifest.get("files", [])})
        headers = {
            "Cache-Control": replies.FRESH,
            "Vary": "Accept, Accept-Language, Accept-Encoding",
            "Content-Language": lang,
            "ETag": replies.tag(release.stamp, replies.address(request), lang, form),
        }
        if replies.is_known(request, headers["ETag"]):
            return replies.not_modified(headers)
        body = pages.render("downloads", lang, "/api", replies.address(request), manifest=release.manifest)
        return Response(replies.compressed(request, body, headers), headers=headers, media_type="text/html")

    def _file(self, request: Request) -> Response:
        release = self._site.release()
        named = request.path_params["path"]
        path = files.inside(release.folder, named) if named in published(release.manifest) else None
        if path is None:
            lang = asking.language(request.query_params.get("lang"), request.headers.get("accept-language"))
            return replies.missing(request, lang, "json", "/api")
        if path.suffix == ".html":
            return files.send(request, path, extra={"Content-Security-Policy": _PAGE_POLICY})
        return files.send(request, path, extra={"Content-Disposition": f'attachment; filename="{path.name}"'})


def published(manifest: Mapping[str, Any]) -> frozenset[str]:
    """Return the paths a manifest names, relative to its folder."""
    named = {str(entry["path"]) for entry in manifest.get("files", ())}
    for commune in manifest.get("communes", ()):
        named |= {str(path) for path in commune.get("downloads", {}).values() if path}
    return frozenset(named)


def _json(request: Request, release: Release, content: Any) -> Response:
    headers = {
        "Cache-Control": replies.FRESH,
        "Vary": "Accept, Accept-Encoding",
        "ETag": replies.tag(release.stamp, replies.address(request), "json"),
    }
    if replies.is_known(request, headers["ETag"]):
        return replies.not_modified(headers)
    body = replies.compressed(request, orjson.dumps(content), headers)
    return Response(body, headers=headers, media_type="application/json")
