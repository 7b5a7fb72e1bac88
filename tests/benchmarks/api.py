"""Requests per second of the API over 500,000 parcels, beside stock pygeoapi over PostGIS on the same parcels.

Two worker processes and eight clients that keep their connections, on one machine. The clients are plain sockets in
processes of their own and read nothing of the answers but their length.
"""

import multiprocessing
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyproj
import shapely
import yaml

from tests import server_home
from tests.benchmarks import goal
from tests.postgis import running

ZONE = server_home.Zone(5897, "15670", "Thọ Bình", (560_000.0, 2_191_000.0), 800, 625)
COUNT = ZONE.columns * ZONE.rows
CLIENTS = 8
WORKERS = 2
SECONDS = 5.0
BOXES = 20_000
ITEMS = "/collections/parcels/items"
ROOT = Path(__file__).parents[2]
COLUMNS = ("thua_dat_id", "ma_xa", "ky_dia_gioi", "so_hieu_to_ban_do", "so_thu_tu_thua", "loai_dat", "nhom_dat",
           "dien_tich_do", "dia_chi", "xep_loai", "valid_from")  # fmt: skip
STOCK_APP = "pygeoapi.starlette_app:APP"


def home() -> Path:
    """Return a home with the parcels, made once per machine."""
    place = Path(tempfile.gettempdir()) / f"diachinh-benchmark-{COUNT}"
    if not (place / "release" / "manifest.json").exists():
        shutil.rmtree(place, ignore_errors=True)
        server_home.build(place, (ZONE,))
    return place


def fill_postgis(connection: str) -> None:
    """Copy the same parcels into a table, with the indexes the peer needs."""
    shapes = shapely.to_wkb(shapely.set_srid(server_home.squares(ZONE), ZONE.srid), include_srid=True)
    rows = server_home.parcel_rows(ZONE, COUNT)
    with psycopg.connect(connection) as session:
        types = ", ".join(f"{name} {'double precision' if name == 'dien_tich_do' else 'text'}" for name in COLUMNS)
        session.execute(f"CREATE TABLE parcels ({types}, geom geometry(Polygon, {ZONE.srid}))")  # type: ignore[arg-type]
        with session.cursor().copy(f"COPY parcels ({', '.join(COLUMNS)}, geom) FROM STDIN") as copy:  # type: ignore[arg-type]
            for row, blob in zip(rows, shapes, strict=True):
                copy.write_row([*(row[name] for name in COLUMNS), blob.hex()])
        session.execute("ALTER TABLE parcels ADD PRIMARY KEY (thua_dat_id)")
        session.execute("CREATE INDEX ON parcels USING gist (geom)")
    with psycopg.connect(connection, autocommit=True) as session:
        session.execute("VACUUM ANALYZE parcels")


def stock_files(folder: Path, connection: str, port: int) -> dict[str, str]:
    """Write the configuration of stock pygeoapi and return the environment it starts in."""
    data = dict(part.split("=", 1) for part in connection.split())
    metadata = {
        "identification": {"title": "x", "description": "x", "keywords": ["x"], "keywords_type": "theme",
                           "terms_of_service": "x", "url": "http://localhost"},
        "license": {"name": "x", "url": "http://localhost"},
        "provider": {"name": "x", "url": "http://localhost"},
        "contact": {"name": "x", "email": "x@example.org"},
    }  # fmt: skip
    provider = {
        "type": "feature", "name": "PostgreSQL", "id_field": "thua_dat_id", "table": "parcels", "geom_field": "geom",
        "data": {"host": data["host"], "port": 5432, "dbname": data["dbname"], "user": data["user"], "password": "x",
                 "search_path": ["public"]},
        "storage_crs": f"http://www.opengis.net/def/crs/EPSG/0/{ZONE.srid}",
    }  # fmt: skip
    parcels = {
        "type": "collection", "title": "x", "description": "x", "keywords": ["x"], "links": [], "providers": [provider],
        "extents": {"spatial": {"bbox": [105, 19, 106, 20], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}},
    }  # fmt: skip
    config = {
        "server": {"bind": {"host": "127.0.0.1", "port": port}, "url": f"http://127.0.0.1:{port}", "encoding": "utf-8",
                   "mimetype": "application/json; charset=UTF-8", "languages": ["en"],
                   "limits": {"default_items": 100, "max_items": 10_000}, "map": {"url": "x", "attribution": "x"}},
        "logging": {"level": "ERROR"}, "metadata": metadata, "resources": {"parcels": parcels},
    }  # fmt: skip
    (folder / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    environment = {"PYGEOAPI_CONFIG": str(folder / "config.yml"), "PYGEOAPI_OPENAPI": str(folder / "openapi.yml")}
    made = subprocess.run(
        [sys.executable, "-c", "from pygeoapi import cli; cli()", "openapi", "generate", str(folder / "config.yml"),
         "--output-file", str(folder / "openapi.yml")],
        env={**os.environ, **environment}, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return environment


@contextmanager
def server(command: Sequence[str], port: int, first: str, folder: Path, **environment: str) -> Iterator[None]:
    """Run a server until the end of the block; it is ready when it has answered `first`."""
    log = folder / f"{port}.log"
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            command, env={**os.environ, "PYTHONPATH": str(ROOT), **environment}, stdout=out, stderr=out, cwd=folder
        )
        try:
            for _ in range(300):
                assert process.poll() is None, log.read_text(encoding="utf-8")
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}{first}", timeout=30) as answer:
                        assert answer.status == 200
                        break
                except OSError:
                    time.sleep(0.2)
            else:
                raise AssertionError(log.read_text(encoding="utf-8"))
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Client:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path: str) -> int:
        """Return the length in bytes of an answer, which must be 200."""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n".encode())
        received = self.socket.recv(1 << 18)
        while b"\r\n\r\n" not in received:
            received += self.socket.recv(1 << 18)
        head, _, body = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head + body[:200]
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        missing = length - len(body)
        while missing > 0:
            missing -= len(self.socket.recv(1 << 18))
        return length


def _client(port: int, paths: Sequence[str], seconds: float, first: int, counts: Any) -> None:
    client, done = Client(port), 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        client.get(paths[(first * len(paths) // CLIENTS + done) % len(paths)])
        done += 1
    counts.put(done)


def per_second(port: int, paths: Sequence[str], seconds: float = SECONDS) -> float:
    """Return how many requests per second eight clients get answered."""
    context = multiprocessing.get_context("fork")
    counts = context.Queue()
    clients = [context.Process(target=_client, args=(port, paths, seconds, n, counts)) for n in range(CLIENTS)]
    started = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert all(client.exitcode == 0 for client in clients)
    return round(sum(counts.get() for _ in clients) / (time.perf_counter() - started), 1)


def median_ms(port: int, path: str, times: int = 15) -> float:
    """Return the median time of one client's requests, in milliseconds."""
    client, runs = Client(port), []
    for number in range(times):
        started = time.perf_counter()
        client.get(f"{path}&limit={100 - number % 2}")
        runs.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(runs), 2)


def questions(prefix: str) -> dict[str, list[str]]:
    """Return the addresses to ask: boxes of 200 m, so many that hardly one is asked twice, and single parcels."""
    random = np.random.default_rng(38)
    places = random.uniform(0.1, 0.9, (BOXES, 2)) * [ZONE.columns, ZONE.rows] * server_home.STEP_M
    turn = np.array([[np.cos(server_home.ANGLE_RAD), np.sin(server_home.ANGLE_RAD)],
                     [-np.sin(server_home.ANGLE_RAD), np.cos(server_home.ANGLE_RAD)]])  # fmt: skip
    low = places @ turn + np.array(ZONE.origin)
    to_degrees = pyproj.Transformer.from_crs(ZONE.srid, "OGC:CRS84", always_xy=True)
    west, south = to_degrees.transform(*low.T)
    east, north = to_degrees.transform(*(low + 200).T)
    boxes = np.column_stack([west, south, east, north]).round(7).tolist()
    numbers = random.integers(0, COUNT, 1000).tolist()
    return {
        "box": [f"{prefix}{ITEMS}?limit=100&bbox={','.join(map(str, box))}" for box in boxes],
        "item": [f"{prefix}{ITEMS}/15670.E2025A.1.{1 + n // 100}.{1 + n % 100}" for n in numbers],
    }


def run(port: int, prefix: str) -> dict[str, float]:
    """Return the figures of one server."""
    asked = questions(prefix)
    for kind in asked.values():
        per_second(port, kind, 1.0)
    return {name: per_second(port, paths) for name, paths in asked.items()} | {
        "first": median_ms(port, f"{prefix}{ITEMS}?offset=0"),
        "far": median_ms(port, f"{prefix}{ITEMS}?offset=400000"),
    }


def measure() -> list[dict[str, Any]]:
    """Return requests per second (boxes, single parcels) and the time of a far page, ours and stock pygeoapi's."""
    data = home()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port = free_port()
        command = [sys.executable, "-m", "atlas", "serve", "--home", str(data), "--port", str(port)]
        with server([*command, "--workers", str(WORKERS)], port, "/health", folder):
            ours = run(port, "/api")
        with running() as connection:
            fill_postgis(connection)
            port = free_port()
            environment = stock_files(folder, connection, port)
            stock = [sys.executable, "-m", "uvicorn", STOCK_APP, "--port", str(port), "--workers", str(WORKERS),
                     "--log-level", "warning"]  # fmt: skip
            with server(stock, port, f"{ITEMS}?limit=1", folder, **environment):
                peer = run(port, "")
    stocks = "stock pygeoapi"
    near = ours["far"] <= 1.2 * ours["first"] + 1
    return [
        goal("bbox 200 m, limit 100, 8 clients", ours["box"], "requests/s", ">= 20 x stock pygeoapi",
             ours["box"] >= 20 * peer["box"], peer=stocks, peer_value=peer["box"]),
        goal("single item, 8 clients", ours["item"], "requests/s", ">= 1000", ours["item"] >= 1000,
             peer=stocks, peer_value=peer["item"]),
        goal("page at offset 400,000", ours["far"], "ms", f"as fast as the first page ({ours['first']} ms)", near,
             peer=stocks, peer_value=peer["far"]),
    ]  # fmt: skip
