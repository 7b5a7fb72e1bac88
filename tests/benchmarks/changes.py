"""Fifty splits in a commune of 20,000 parcels, in process, on both stores: seconds of CPU, those of the server too."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import psycopg
import shapely
from psycopg.conninfo import conninfo_to_dict

from pipelines import store as land
from pipelines import vault as vaults
from pipelines.change import Request, Rules, apply
from pipelines.load import run
from pipelines.tolerances import Tolerances
from pipelines.validate.checks import examine
from tests.benchmarks import goal
from tests.benchmarks.load import grid
from tests.postgis import running
from tests.unit.deliveries import ZONE, delivery

COUNT, SPLITS = 20_000, 50


def measure() -> list[dict[str, Any]]:
    """Return median and 95th percentile of what registering a split takes."""
    made: list[dict[str, Any]] = []
    with _stores() as stores:
        for name, url in stores.items():
            seconds = _splits(url)
            median, late = float(np.median(seconds)), float(np.percentile(seconds, 95))
            made.append(goal(f"split registered, median ({name})", round(median, 3), "s CPU", "< 1", median < 1))
            made.append(goal(f"split registered, p95 ({name})", round(late, 3), "s CPU", "< 1", late < 1))
    return made


@contextmanager
def _stores() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as name, running() as server:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE changes")
        folder = conninfo_to_dict(server)["host"]
        yield {"gpkg": f"gpkg:{name}", "postgis": f"postgresql://postgres@/changes?host={folder}"}


def _splits(url: str) -> list[float]:
    parcels = grid().iloc[:COUNT]
    seconds = []
    with tempfile.TemporaryDirectory() as name, land.open_store(url, srid=ZONE) as store:
        vault = vaults.open_vault(Path(name) / "holder.key")
        # Identifiers of the whole commune take longer than all else; new parcels get theirs.
        run(delivery(parcels=parcels.assign(la_doi_tuong_chiem_dat=True), holders={}), store, vault)
        current = land.current(store, "thua_dat", ZONE)
        for turn, place in enumerate(np.linspace(0, COUNT - 1, SPLITS).astype(int)):
            request = _split(current.iloc[place], turn)
            started = _cpu_s(store)
            apply(store, request, Rules(examine, Tolerances(), "acceptance"), vault=vault, who="bench")
            seconds.append(_cpu_s(store) - started)
    return seconds


def _cpu_s(store: land.Store) -> float:
    """Return the CPU time of this process and of the server's process that works for it."""
    own = time.process_time()
    if not store.dialect.is_postgis:
        return own
    number = store.execute("SELECT pg_backend_pid()").fetchone()[0]
    fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return own + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _split(parcel: Any, turn: int) -> Request:
    """Return a split through two opposite vertices, so that no neighbour gets a new node."""
    ring = shapely.get_coordinates(parcel.geometry)[:-1]
    half = len(ring) // 2
    shapes = [shapely.Polygon(ring[: half + 1]), shapely.Polygon([*ring[half:], ring[0]])]
    rows = gpd.GeoDataFrame(
        {"so_thu_tu_thua": ["auto", "auto"], "la_doi_tuong_chiem_dat": [False, False]}, geometry=shapes, crs=ZONE
    )
    return Request(
        giao_dich_id=f"TN-{turn}",
        loai_bien_dong="TN",
        ma_xa=parcel["ma_xa"],
        ky_dia_gioi=parcel["ky_dia_gioi"],
        ngay_hieu_luc="2025-06-20",
        sha256=f"{turn:064x}",
        based_on={parcel["thua_dat_id"]: parcel["row_hash"]},
        parcels=rows,
    )
