"""`/health` and `/metrics`: how the server is."""

import logging
import sqlite3
import time
from collections.abc import Callable

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from atlas.server.errors import HomeError
from atlas.server.manifest import stamp_of
from atlas.server.selection import Question, select
from atlas.server.site import Site

LOGGER = logging.getLogger(__name__)


class Metrics:
    """Counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("area", "status")
        self.requests = Counter("atlas_requests", "Requests answered", labels, registry=self.registry)
        self.seconds = Histogram("atlas_request_seconds", "Time to answer", ("area",), registry=self.registry)
        self.release = Gauge("atlas_release", "Number of the release being served", registry=self.registry)
        self.parcels = Gauge("atlas_parcels", "Parcels in the release being served", registry=self.registry)

    def observe(self, path: str, status: int, seconds: float) -> None:
        """Count one answer."""
        area = _area(path)
        self.requests.labels(area, str(status)).inc()
        self.seconds.labels(area).observe(seconds)


def routes(site: Site, metrics: Metrics) -> list[BaseRoute]:
    """Return the routes."""
    return [Route("/health", _health(site)), Route("/metrics", _metrics(site, metrics))]


def _health(site: Site) -> Callable[[Request], Response]:
    def health(_: Request) -> Response:
        started = time.perf_counter()
        try:
            stamp_of(site.folder)
            release = site.release()
            counts = {name: len(select(release.store, release.selections, collection, Question()))
                      for name, collection in release.collections.items()}  # fmt: skip
            release.store.connection().execute("SELECT count(*) FROM vung_toa_do").fetchone()
        except (HomeError, sqlite3.Error) as error:
            LOGGER.error("not healthy: %s", error)
            reason = {"vi": error.vi, "en": error.en} if isinstance(error, HomeError) else {"en": str(error)}
            return _reply(503, {"status": "unavailable", "reason": reason})
        content = {
            "status": "ok",
            "release": release.number,
            "generated_at": release.manifest.get("generated_at"),
            "schema_version": release.manifest.get("schema_version"),
            "counts": counts,
            "seconds": round(time.perf_counter() - started, 4),
        }
        return _reply(200, content)

    return health


def _metrics(site: Site, metrics: Metrics) -> Callable[[Request], Response]:
    def show(_: Request) -> Response:
        release = site.release()
        metrics.release.set(release.number)
        metrics.parcels.set(sum(int(commune.get("parcels") or 0) for commune in release.manifest["communes"]))
        return Response(generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return show


def _reply(status: int, content: dict[str, object]) -> Response:
    return Response(orjson.dumps(content), status, {"Cache-Control": "no-store"}, "application/json")


def _area(path: str) -> str:
    first = path.split("/", 2)[1] if "/" in path else ""
    if first == "api":
        return "items" if "/items" in path else "api"
    return first if first in ("tiles", "downloads", "release", "health", "metrics") else "atlas"
