"""Questions to a land database of a province: 3,000,000 parcels with three versions each, in both stores.

The versions are entered in bulk as loads would have left them. `BENCH_PARCELS` sets the number of parcels. Each
question is asked through `pipelines.store`, from SQL to a frame; milliseconds on the clock.
"""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from psycopg import connect
from psycopg.conninfo import conninfo_to_dict

from pipelines import store as land
from pipelines.store import releases
from tests.benchmarks import goal
from tests.postgis import running
from tests.unit.deliveries import ZONE

COUNT = int(os.environ.get("BENCH_PARCELS", "3000000"))
OF_COMMUNE = 5_000
AT_ONCE = 20
"""Communes that are entered in one transaction."""

ASKED = 300
LIMIT_MS = 10
DATES = ("2024-01-01", "2024-07-01", "2025-07-01", None)
"""From when each version holds, and the end of the last."""

BOX_M = 60.0


def measure() -> list[dict[str, Any]]:
    """Return the median of each question in milliseconds, with the slowest of twenty and of all."""
    with tempfile.TemporaryDirectory() as name, running() as server:
        with connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE times")
        socket = conninfo_to_dict(server)["host"]
        places = {"GeoPackage": f"gpkg:{name}", "PostGIS": f"postgresql://postgres@/times?host={socket}"}
        return [line for title, place in places.items() for line in _asked(title, place)]


def _asked(title: str, place: str) -> list[dict[str, Any]]:
    with land.open_store(place, srid=ZONE) as store:
        _fill(store)
        store.execute("ANALYZE")
    chance = np.random.default_rng(7)
    numbers = chance.integers(0, COUNT, ASKED)
    ids = parcel_ids(numbers)
    corners = shapely.bounds(_shapes(numbers, 0))[:, :2]
    with land.open_reader(place) as store:
        questions: dict[str, Callable[[int], Any]] = {
            "as it was on a date": lambda at: land.as_of(store, ZONE, valid="2024-08-01", thua_dat_id=ids[at]),
            "as it was known then": lambda at: land.as_of(
                store, ZONE, valid="2025-08-01", known="2024-09-01", thua_dat_id=ids[at]
            ),
            "history": lambda at: land.history(store, ids[at]),
            f"a box of {BOX_M:.0f} m on a date": lambda at: land.as_of(
                store, ZONE, valid="2024-08-01", box=(*corners[at], *(corners[at] + BOX_M))
            ),
        }
        return [_line(f"{title}, {COUNT:,} parcels x 3: {what}", question) for what, question in questions.items()]


def _line(what: str, question: Callable[[int], Any]) -> dict[str, Any]:
    clock_ms, cpu_ms = np.empty(ASKED), np.empty(ASKED)
    for at in range(ASKED):
        started, worked = time.perf_counter(), time.process_time()
        found = question(at)
        clock_ms[at], cpu_ms[at] = 1e3 * (time.perf_counter() - started), 1e3 * (time.process_time() - worked)
        if not len(found):
            raise AssertionError(f"{what}: no answer")
    median, late, last = np.percentile(clock_ms, [50, 95, 100])
    own = "/".join(f"{value:.1f}" for value in np.percentile(cpu_ms, [50, 95, 100]))
    told = f"{what} (95 % in {late:.1f} ms, all in {last:.1f} ms; CPU of the program {own} ms)"
    return goal(told, round(float(median), 2), "ms", f"< {LIMIT_MS} ms", bool(median < LIMIT_MS))


def parcel_ids(numbers: np.ndarray[Any, Any]) -> list[str]:
    """Return the ids of parcels by their place in the province."""
    commune, parcel = np.divmod(numbers, OF_COMMUNE)
    return [f"{10_000 + one}.E2025A.1.{at // 100 + 1}.{at % 100 + 1}" for one, at in zip(commune, parcel, strict=True)]


def _shapes(numbers: np.ndarray[Any, Any], version: int) -> np.ndarray[Any, Any]:
    """Return quadrangles of some 300 m², side by side commune by commune; each version is a hand's breadth wider."""
    commune, parcel = np.divmod(numbers, OF_COMMUNE)
    across, along = np.divmod(parcel, 71)
    west = 500_000 + (commune % 30) * 1_500 + across * 20.0
    south = 2_100_000 + (commune // 30) * 1_200 + along * 15.0
    shapes: np.ndarray[Any, Any] = shapely.box(west, south, west + 20 + 0.1 * version, south + 15)
    return shapes


def _fill(store: land.Store) -> None:
    """Enter three versions of every parcel, commune after commune."""
    for first in range(0, COUNT, AT_ONCE * OF_COMMUNE):
        numbers = np.arange(first, min(first + AT_ONCE * OF_COMMUNE, COUNT))
        communes = np.unique(numbers // OF_COMMUNE) + 10_000
        if store.dialect.is_postgis:
            for commune in communes.tolist():
                store.execute("SELECT make_partition(:srid, :ma_xa)", {"srid": ZONE, "ma_xa": str(commune)})
        with store.transaction():
            _enter(store, numbers, str(communes[0]))


def _enter(store: land.Store, numbers: np.ndarray[Any, Any], ma_xa: str) -> None:
    table = land.layer_table("thua_dat", ZONE)
    ids = pd.Series(parcel_ids(numbers), dtype="string")
    rows = pd.DataFrame({"thua_dat_id": ids, "thua_key": ids, "ma_xa": ids.str.slice(0, 5), "ky_dia_gioi": "E2025A"})
    rows = rows.assign(so_hieu_to_ban_do="1", so_thu_tu_thua=pd.Series(numbers % OF_COMMUNE + 1).astype("string"))
    rows = rows.assign(loai_dat="LUC", nhom_dat="NNP", dien_tich_do=300.0, dia_chi="Thôn 1, xã Thọ Bình")
    moments = [
        land.begin(store, (ma_xa, "E2025A"), kind="load", package_sha256=None, srid=ZONE, valid=valid)
        for valid in DATES[:-1]
        if valid
    ]
    with store.changed(table):
        for place, moment in enumerate(moments):
            valid_to = DATES[place + 1]
            follower = moments[place + 1].release_id if valid_to else None
            version = rows.assign(
                row_hash=ids + f".{place}",
                valid_to=pd.Series(valid_to, rows.index, dtype="string"),
                tx_to=pd.Series(valid_to and f"{valid_to}T12:00:00.000000Z", rows.index, dtype="string"),
                release_to=pd.Series(follower, rows.index, dtype="Int64"),
            )
            written = replace(moment, now=f"{moment.valid}T12:00:00.000000Z")
            store.insert(table, version, _shapes(numbers, place), written, ZONE)
    releases.finish(store, moments[-1].release_id, {})
