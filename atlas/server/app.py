"""The app: the atlas, the API, tiles, downloads and the server's own state, behind one address."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from atlas.server import bridge
from atlas.server.api import Api
from atlas.server.site import Site

WEB = Path(__file__).parents[1] / "web" / "dist"


def create(home: Path, web: Path = WEB) -> Starlette:
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
    routes: list[BaseRoute] = [*Api(site).routes()]
    return Starlette(routes=routes)
