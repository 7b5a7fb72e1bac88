"""`/api`: thin routes around pygeoapi."""

import asyncio
import contextvars
import logging
import re
import sqlite3
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import orjson
from pygeoapi import api as core
from pygeoapi.api import API, itemtypes
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from atlas.server import documents, openapi, pages, replies
from atlas.server import request as asking
from atlas.server.call import CURRENT, Call
from atlas.server.errors import BadRequestError, HomeError
from atlas.server.manifest import Release
from atlas.server.site import Site
from atlas.server.words import word

LOGGER = logging.getLogger(__name__)
THREADS = 4
_HOST = re.compile(r"[\w.\-]+(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?")
_DROPPED = frozenset({"X-Powered-By", "Content-Encoding", "Content-Type"})

Function = Callable[..., tuple[dict[str, str], int, Any]]


@dataclass(frozen=True)
class Endpoint:
    """One kind of resource of the API.

    Attributes:
        function: pygeoapi's function.
        template: Page made from its JSON.
        allowed: Parameters it knows.
        open_to_fields: Property names are parameters too.
        quick: Fast enough to be answered without a thread.
    """

    function: Function
    template: str
    allowed: Collection[str] = asking.COMMON
    open_to_fields: bool = False
    quick: bool = False


ENDPOINTS = {
    "/": Endpoint(core.landing_page, "landing"),
    "/openapi": Endpoint(core.openapi_, "openapi"),
    "/conformance": Endpoint(core.conformance, "conformance"),
    "/collections": Endpoint(core.describe_collections, "collections"),
    "/collections/{collection}": Endpoint(core.describe_collections, "collection"),
    "/collections/{collection}/schema": Endpoint(core.get_collection_schema, "schema"),
    "/collections/{collection}/queryables": Endpoint(
        itemtypes.get_collection_queryables, "queryables", asking.QUERYABLES
    ),
    "/collections/{collection}/items": Endpoint(
        itemtypes.get_collection_items, "items", asking.ITEMS, open_to_fields=True
    ),
    "/collections/{collection}/items/{item:path}": Endpoint(
        itemtypes.get_collection_item, "item", asking.ITEM, quick=True
    ),
}


class Api:
    """The API of a site.

    Args:
        site: What is served.
        prefix: Path of the API root.
    """

    def __init__(self, site: Site, prefix: str = "/api") -> None:
        self._site = site
        self._prefix = prefix
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="api")

    def routes(self) -> list[BaseRoute]:
        """Return the routes, the root with and without a slash."""
        routes: list[BaseRoute] = []
        for path, endpoint in ENDPOINTS.items():
            methods = ["GET", "POST"] if endpoint.open_to_fields else ["GET"]
            routes.append(Route(self._prefix + path, self._handler(endpoint), methods=methods))
        routes.append(Route(self._prefix, self._handler(ENDPOINTS["/"]), methods=["GET"]))
        return routes

    def _handler(self, endpoint: Endpoint) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            lang = asking.language(request.query_params.get("lang"), request.headers.get("accept-language"))
            form = "json"
            try:
                form = asking.form(request.query_params.get("f"), request.headers.get("accept"))
                return await self._answer(endpoint, request, lang, form)
            except BadRequestError as error:
                return replies.failure(error.status, error.text(lang), lang, form, request, self._prefix)
            except (HomeError, sqlite3.OperationalError):
                LOGGER.exception("nothing to serve")
                text = word("error.unavailable")[lang]
                return replies.failure(503, text, lang, form, request, self._prefix)

        return handle

    async def _answer(self, endpoint: Endpoint, request: Request, lang: str, form: str) -> Response:
        release = self._site.release()
        name = request.path_params.get("collection")
        if name is not None and name not in release.collections:
            return replies.missing(request, lang, form, self._prefix)
        fields = release.collections[name].fields if name is not None and endpoint.open_to_fields else {}
        is_numbered = name is not None and bool(fields) and release.collections[name].sequence is not None
        asking.check(request.query_params, asking.SINCE if is_numbered else endpoint.allowed, fields)
        base_url = _base_url(request, self._prefix)
        headers = {
            "Cache-Control": replies.FRESH,
            "Vary": "Accept, Accept-Language, Accept-Encoding",
            "ETag": replies.tag(release.stamp, base_url, replies.address(request), lang, form),
        }
        if request.method != "POST" and replies.is_known(request, headers["ETag"]):
            return replies.not_modified(headers)
        body = await asking.body(request) if request.method == "POST" else b""
        asked = asking.Asked(request, body, lang, "jsonld" if form == "jsonld" else "json" if form == "html" else None)
        hits = request.query_params.get("resulttype") == "hits"
        asked_release = request.query_params.get("release")
        newest = release.collections[name].release if name is not None else None
        since = int(request.query_params["since"]) if is_numbered and "since" in request.query_params else None
        CURRENT.set(Call(lang, plain=form == "jsonld", hits=hits, release=asked_release, newest=newest, since=since))
        work = _Work(endpoint, self._site, release, base_url, asked, request, form, lang, self._prefix, headers)
        if endpoint.quick:
            release.store.hurry()
            try:
                return work.run()
            except sqlite3.OperationalError:
                LOGGER.info("the database is being written; waiting in a thread")
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._threads, context.run, work.run)


@dataclass
class _Work:
    """One answer in the making; runs in a thread."""

    endpoint: Endpoint
    site: Site
    release: Release
    base_url: str
    asked: asking.Asked
    request: Request
    form: str
    lang: str
    prefix: str
    headers: dict[str, str]

    def run(self) -> Response:
        """Call pygeoapi and finish what it gives."""
        api = self.site.api(self.release, self.base_url)
        given, status, content = self._call(api)
        if status >= 400:
            return self._failed(status, content)
        self.headers |= {name: value for name, value in given.items() if name not in _DROPPED}
        self.headers["Content-Language"] = self.lang
        body = content.encode() if isinstance(content, str) else content
        media = given["Content-Type"]
        if self.endpoint.template == "openapi":
            body = orjson.dumps(openapi.document(self.release, self.base_url, self.lang))
        elif self.endpoint.template in documents.FINISHERS:
            body = orjson.dumps(documents.finish(self.endpoint.template, orjson.loads(body), self.release, self.lang))
        elif self.endpoint.template in ("items", "item") and self.form == "json":
            media = "application/geo+json"
        if self.form == "html":
            body, media = self._page(body), "text/html; charset=utf-8"
        return Response(replies.compressed(self.request, body, self.headers), int(status), self.headers, media)

    def _call(self, api: API) -> tuple[dict[str, str], int, Any]:
        places = [self.request.path_params[name] for name in ("collection", "item") if name in self.request.path_params]
        return self.endpoint.function(api, self.asked, *places)

    def _failed(self, status: int, content: bytes | str) -> Response:
        text = str(orjson.loads(content)["description"])
        if status == 404:
            text = word("error.item")[self.lang]
        elif status >= 500:
            LOGGER.error("pygeoapi failed on %s: %s", self.request.url.path, text)
            text = word("error.inside")[self.lang]
        return replies.failure(int(status), text, self.lang, self.form, self.request, self.prefix)

    def _page(self, body: bytes) -> bytes:
        name = self.request.path_params.get("collection")
        return pages.render(
            self.endpoint.template,
            self.lang,
            self.prefix,
            replies.address(self.request),
            data=orjson.loads(body),
            collection=self.release.collections[name] if name else None,
            collections=self.release.collections,
        )


def _base_url(request: Request, prefix: str) -> str:
    host = request.headers.get("host", "localhost")
    if not _HOST.fullmatch(host):
        raise BadRequestError("Tiêu đề Host không hợp lệ.", "The Host header is not valid.")
    return f"{request.url.scheme}://{host}{request.scope.get('root_path', '')}{prefix}"
