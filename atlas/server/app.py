"""The app: the atlas, the API, tiles, downloads and the server's own state, behind one address."""

import logging
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from atlas.server import bridge, files, health, replies
from atlas.server import request as asking
from atlas.server.api import Api
from atlas.server.downloads import Downloads
from atlas.server.errors import BadRequestError, HomeError
from atlas.server.manifest import HOME_VARIABLE
from atlas.server.outside import Outside
from atlas.server.selection import Question, select
from atlas.server.site import Site
from atlas.server.tiles import Tiles
from atlas.server.words import word

LOGGER = logging.getLogger(__name__)
WEB = Path(__file__).parents[1] / "web" / "dist"
STATIC = Path(__file__).parent / "static"


def create(home: Path, web: Path = WEB) -> ASGIApp:
    """Return the app over a home folder.

    Args:
        home: Folder with `release/` in it.
        web: Folder of the built atlas.

    Raises:
        HomeError: Nothing is published in that folder.
    """
    bridge.install()
    site = Site(home, web)
    site.release()
    metrics = health.Metrics()
    routes: list[BaseRoute] = [
        Route("/api/static/{path:path}", _folder(STATIC)),
        *Api(site).routes(),
        *Tiles(site).routes(),
        *Downloads(site).routes(),
        *health.routes(site, metrics),
        Route("/{path:path}", _folder(web)),
    ]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        threading.Thread(target=_warm, args=(site,), name="warm", daemon=True).start()
        yield

    app = Starlette(
        routes=routes,
        exception_handlers={
            HTTPException: _failed,
            HomeError: _unavailable,
            sqlite3.OperationalError: _unavailable,
            Exception: _broken,
        },
        lifespan=lifespan,
    )
    # Around the app and not a middleware in it: Starlette answers a failure of ours outside of its middleware.
    return Outside(app, metrics)


def from_environment() -> ASGIApp:
    """Return the app over the folder named by an environment variable; for several worker processes."""
    return create(Path(os.environ[HOME_VARIABLE]))


def _warm(site: Site) -> None:
    """List every collection once, so that no client waits for it."""
    release = site.release()
    try:
        for collection in release.collections.values():
            select(release.store, release.selections, collection, Question())
    except sqlite3.Error as error:
        LOGGER.warning("the collections could not be listed beforehand: %s", error)


def _folder(folder: Path) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        path = files.inside(folder, request.path_params["path"] or "index.html")
        if path is None:
            raise HTTPException(404)
        return files.send(request, path)

    return serve


async def _failed(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    lang, form = _manners(request)
    if status == 404:
        return replies.missing(request, lang, form, "/api")
    detail = error.detail if isinstance(error, HTTPException) else ""
    answer = replies.failure(status, detail, lang, form, request, "/api")
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer


async def _unavailable(request: Request, error: Exception) -> Response:
    LOGGER.error("nothing to serve: %s", error)
    lang, form = _manners(request)
    return replies.failure(503, word("error.unavailable")[lang], lang, form, request, "/api")


async def _broken(request: Request, _: Exception) -> Response:
    lang, form = _manners(request)
    return replies.failure(500, word("error.inside")[lang], lang, form, request, "/api")


def _manners(request: Request) -> tuple[str, str]:
    lang = asking.language(request.query_params.get("lang"), request.headers.get("accept-language"))
    try:
        return lang, asking.form(request.query_params.get("f"), request.headers.get("accept"))
    except BadRequestError:
        return lang, "json"
