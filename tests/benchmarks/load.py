"""A commune of 500,000 parcels loaded into both stores, beside `ogr2ogr` writing the same rows to an empty table.

CPU seconds, of the program and of the server; every load in a process of its own, from files. Ours keeps versions,
hashes, four more indexes and the guards of codes, and compares; the peer writes the rows and their spatial index.
`BENCH_PARCELS` sets the number. Where `ogr2ogr` is not on the PATH, pyogrio writes the GeoPackage, PostGIS has no peer.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import psycopg
import pyogrio
import shapely
from psycopg.conninfo import conninfo_to_dict

from pipelines import store as land
from pipelines import vault
from pipelines.load import Delivery, run
from pipelines.load.files import execute
from pipelines.settings import Settings
from tests.benchmarks import goal
from tests.postgis import running
from tests.unit.deliveries import ZONE, delivery, parcels

COUNT = int(os.environ.get("BENCH_PARCELS", "500000"))
CHANGED = 100
IDENTIFIED = 5_000
_TICKS = os.sysconf("SC_CLK_TCK")


def grid(count: int) -> gpd.GeoDataFrame:
    """Return normalized parcels in a turned grid with bent edges, 1,000 a sheet."""
    side = int(np.ceil(np.sqrt(count)))
    column, row = np.divmod(np.arange(count), side)
    cells = shapely.segmentize(shapely.box(column * 20.0, row * 15.0, column * 20.0 + 20, row * 15.0 + 15), 8.0)
    turned = shapely.transform(cells, lambda xy: (xy + 0.3 * np.sin(xy[:, ::-1] / 7)) @ [[0.96, 0.28], [-0.28, 0.96]])
    made = parcels(shapely.transform(turned, lambda xy: np.round(xy + np.array([560000, 2190000]), 3)))
    sheet, number = np.divmod(np.arange(count), 1000)
    made["so_hieu_to_ban_do"], made["so_thu_tu_thua"] = (sheet + 1).astype(str), (number + 1).astype(str)
    made["thua_key"] = "15670.E2025A.1." + made["so_hieu_to_ban_do"] + "." + made["so_thu_tu_thua"]
    return made


def measure() -> list[dict[str, Any]]:
    """Return parcels per second of CPU for a first load beside the peer, and what a load again costs, in both stores.

    Identifiers (TT 19/2026) are found once in the life of a parcel; they are measured apart, on fewer parcels.
    """
    # Land taken up by roads gets no identifier.
    wanted = delivery(parcels=grid(COUNT).assign(la_doi_tuong_chiem_dat=True), holders={})
    with tempfile.TemporaryDirectory() as name, running() as server:
        folder, socket = Path(name), conninfo_to_dict(server)["host"]
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE ours")
            connection.execute("CREATE DATABASE theirs")
        postmaster = int((Path(socket) / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        _write_steps(folder / "home", wanted)
        lines = _beside(folder, f"gpkg:{folder / 'store'}", "GeoPackage", 25_000, str(folder / "peer.gpkg"), None)
        theirs = f"PG:host={socket} user=postgres dbname=theirs"
        lines += _beside(folder, f"postgresql://postgres@/ours?host={socket}", "PostGIS", 15_000, theirs, postmaster)
        few = delivery(parcels=grid(IDENTIFIED), holders={})
        with land.open_store(folder / "identified", srid=ZONE) as store:
            rate = round(IDENTIFIED / _cpu_s(lambda: run(few, store, vault.open_vault(folder / "holder.key")), None))
    return [*lines, goal("load with new identifiers", rate, "parcels/s CPU", ">= 1,000", rate >= 1_000)]


def _beside(
    folder: Path, place: str, title: str, least: int, theirs: str, postmaster: int | None
) -> list[dict[str, Any]]:
    """Return the figures of one store.

    Args:
        folder: Where `home` is, and files may be written.
        place: The store.
        title: What it is called.
        least: Parcels per second that are asked for.
        theirs: Where the peer writes.
        postmaster: Process of the server, where there is one.
    """
    first, again = (_in_its_own(folder / "home", place, postmaster) for _ in range(2))
    with land.open_store(place, srid=ZONE) as store:
        rows = land.current(store, "thua_dat", ZONE)
        changed = delivery(parcels=grid(COUNT).assign(la_doi_tuong_chiem_dat=True), holders={}, sha256="b" * 64)
        changed.parcels.loc[: CHANGED - 1, "loai_dat"] = "CLN"
        safe = vault.open_vault(folder / "home" / "holder.key")
        update = _cpu_s(lambda: run(changed, store, safe), None)
    peer, seconds = _peer(folder, rows, theirs, postmaster)
    ours, rate = round(COUNT / first["seconds"]), round(COUNT / seconds) if seconds else 0
    return [
        goal(f"{title}: load of {COUNT:,} new parcels, from files", ours, "parcels/s CPU", f">= {least:,} and >= peer",
             ours >= max(least, rate), peer=peer, peer_value=rate or None),
        goal(f"{title}: memory of that", round(first["megabytes"]), "MB", "< 2,500", first["megabytes"] < 2_500),
        goal(f"{title}: the same files again", round(again["seconds"], 2), "s CPU", "<= 1", again["seconds"] <= 1),
        goal(f"{title}: {CHANGED} of them changed, in memory", round(update, 2), "s CPU of the program",
             f"<= {COUNT / 33_000:.0f}", update <= COUNT / 33_000),
    ]  # fmt: skip


def _write_steps(home: Path, wanted: Delivery) -> None:
    base = home / wanted.ma_xa
    for step in ("package", "normalize", "validate"):
        (base / step).mkdir(parents=True)
    inventory = {"commune": wanted.ma_xa, "era": wanted.ky_dia_gioi, "date": wanted.date, "crs": ZONE, "sha256": "a"}
    statements = {
        "package/inventory": inventory, "validate/verdict": dict(wanted.verdict), "validate/summary": {"dqi": 1.0},
    }  # fmt: skip
    for name, body in statements.items():
        (base / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")
    wanted.parcels.to_parquet(base / "normalize/thua_dat.parquet")
    wanted.findings.to_parquet(base / "validate/findings.parquet")
    wanted.grades.to_parquet(base / "validate/grades.parquet")


def _in_its_own(home: Path, place: str, postmaster: int | None) -> dict[str, float]:
    """Load in a process of its own; return its CPU seconds, with those of the server, and its memory in MB."""
    command = [sys.executable, "-m", "tests.benchmarks.load", str(home), place]
    before = _of_server(postmaster)
    told: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    told["seconds"] += _of_server(postmaster) - before
    return told


def _peer(folder: Path, rows: gpd.GeoDataFrame, place: str, postmaster: int | None) -> tuple[str | None, float]:
    """Write the rows with another program; return its name and CPU seconds, 0 where there is none."""
    if shutil.which("ogr2ogr") is None:
        if postmaster:
            return None, 0.0
        return "pyogrio into an empty file", _cpu_s(lambda: pyogrio.write_dataframe(rows, place, layer="p"), None)
    source = folder / "rows.fgb"
    pyogrio.write_dataframe(rows, source, layer="thua_dat")
    kind = "PostgreSQL" if postmaster else "GPKG"
    command = ["ogr2ogr", "-q", "-f", kind, place, str(source), "-nln", "thua_dat", "--config", "PG_USE_COPY", "YES"]
    told = subprocess.run([command[0], "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout
    seconds = _cpu_s(lambda: subprocess.run(command, check=True), postmaster)
    source.unlink()
    return f"ogr2ogr ({told.partition(',')[0]})", seconds


def _cpu_s(work: Callable[[], object], postmaster: int | None) -> float:
    """Return the CPU seconds of this process, its children and the finished connections to a server."""

    def spent() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime + _of_server(postmaster)

    started = spent()
    work()
    return spent() - started


def _of_server(postmaster: int | None) -> float:
    """Return the CPU seconds of the connections that a server has closed."""
    if postmaster is None:
        return 0.0
    time.sleep(0.5)  # until the last one is counted
    fields = Path(f"/proc/{postmaster}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / _TICKS


if __name__ == "__main__":
    taken = _cpu_s(
        lambda: execute(Path(sys.argv[1]), "15670", Settings(home=Path(sys.argv[1]), store=sys.argv[2])), None
    )
    print(json.dumps({"seconds": taken, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
