"""Load of 100,000 parcels with history on one core, beside a plain pyogrio write of the same rows to an empty file."""

import dataclasses
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from pipelines import store as land
from pipelines import vault
from pipelines.load import Delivery, run
from pipelines.load.files import execute
from pipelines.settings import Settings
from tests.benchmarks import goal
from tests.unit.deliveries import ZONE, delivery, parcels

COUNT = 100_000
CHANGED = 100
IDENTIFIED = 5_000


def grid() -> gpd.GeoDataFrame:
    """Return normalized parcels in a turned grid with bent edges, 1,000 a sheet."""
    side = int(np.ceil(np.sqrt(COUNT)))
    column, row = np.divmod(np.arange(COUNT), side)
    cells = shapely.segmentize(shapely.box(column * 20.0, row * 15.0, column * 20.0 + 20, row * 15.0 + 15), 8.0)
    turned = shapely.transform(cells, lambda xy: (xy + 0.3 * np.sin(xy[:, ::-1] / 7)) @ [[0.96, 0.28], [-0.28, 0.96]])
    made = parcels(shapely.transform(turned, lambda xy: np.round(xy + np.array([560000, 2190000]), 3)))
    sheet, number = np.divmod(np.arange(COUNT), 1000)
    made["so_hieu_to_ban_do"], made["so_thu_tu_thua"] = (sheet + 1).astype(str), (number + 1).astype(str)
    made["thua_key"] = "15670.E2025A.1." + made["so_hieu_to_ban_do"] + "." + made["so_thu_tu_thua"]
    return made


def measure() -> list[dict[str, Any]]:
    """Return parcels per second of CPU for a first load beside the peer, and what a load again costs.

    The peer writes one version of the rows without index on their numbers, without hashes and without comparing.
    Identifiers (TT 19/2026) are found once in the life of a parcel; they are measured apart, on fewer parcels.
    """
    made = grid()
    first = delivery(parcels=made.assign(la_doi_tuong_chiem_dat=True), holders={})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        safe = vault.open_vault(folder / "holder.key")
        _write_steps(folder / "again", first)
        written = _cpu_s(lambda: execute(folder / "again", first.ma_xa, Settings(home=folder / "again")))
        again = _cpu_s(lambda: execute(folder / "again", first.ma_xa, Settings(home=folder / "again")))
        plain = _load(folder / "plain", first, safe)
        changed = first.parcels.assign(loai_dat=np.where(np.arange(COUNT) < CHANGED, "CLN", first.parcels["loai_dat"]))
        update = _load(folder / "plain", dataclasses.replace(first, parcels=changed, sha256="b" * 64), safe)
        few = delivery(parcels=made.iloc[:IDENTIFIED], holders={})
        identified = _load(folder / "identified", few, safe)
        rows = _as_stored(folder / "plain")
        theirs = _cpu_s(lambda: pyogrio.write_dataframe(rows, folder / "peer.gpkg", layer="thua_dat"))
    ours, peer = round(COUNT / plain), round(COUNT / theirs)
    return [
        goal("load of new parcels", ours, "parcels/s CPU", ">= 25,000 and >= pyogrio", ours >= max(25_000, peer),
             peer="pyogrio into an empty file", peer_value=peer),
        goal("the same from files", round(COUNT / written), "parcels/s CPU", ">= 20,000", COUNT / written >= 20_000),
        goal("the same files again", round(again, 2), "s CPU", "<= 1", again <= 1),
        goal(f"{CHANGED} of them changed", round(update, 2), "s CPU", "<= 3", update <= 3),
        goal("load with new identifiers", round(IDENTIFIED / identified), "parcels/s CPU", ">= 1,000",
             IDENTIFIED / identified >= 1_000),
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


def _load(home: Path, wanted: Delivery, safe: vault.Vault) -> float:
    with land.open_store(home, srid=ZONE) as store:
        return _cpu_s(lambda: run(wanted, store, safe))


def _as_stored(home: Path) -> pd.DataFrame:
    with land.open_reader(home) as store:
        return land.current(store, "thua_dat", ZONE)


def _cpu_s(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
