"""A commune with a history, for tests of what its releases changed: a load, a split, a use, and back."""

import itertools
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from pipelines import store as land
from pipelines import vault
from pipelines.load import run
from tests.unit.deliveries import EAST_M, NORTH_M, SIDE_M, ZONE, delivery, parcels, squares

COUNT = 8
SECRET = "15670.E2025A.1.1.7"
"""Public in the first release, land of defence from the second on."""


def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let releases begin a minute after each other, so that two stores write the same."""
    minutes = itertools.count()
    monkeypatch.setattr("pipelines.store.releases.now", lambda: f"2026-01-02T{next(minutes) // 60:02d}:00:00.000000Z")


def second(ma_xa: str = "15670", *, secret: bool = True) -> gpd.GeoDataFrame:
    """Return the parcels of the second load: 2 grown, 3 of another use, 4 split into 9 and 10, 5 of another scale."""
    shapes = squares(COUNT)
    west, south, east, north = shapes[1].bounds
    shapes[1] = shapely.box(west, south, east, north + 3)
    rows = parcels(shapes, ma_xa=ma_xa)
    rows.loc[2, ["loai_dat", "dia_chi"]] = ["ONT", None]
    rows.loc[4, "ty_le"] = 500
    if secret:
        rows.loc[6, ["loai_dat", "loai_dat_ghi"]] = "CQP"
    middle = EAST_M + 3 * SIDE_M
    halves = parcels(
        np.array([shapely.box(middle + at, NORTH_M, middle + at + 10, NORTH_M + SIDE_M) for at in (0, 10)]), ma_xa=ma_xa
    )
    halves["so_thu_tu_thua"] = ["9", "10"]
    halves["thua_key"] = f"{ma_xa}.E2025A.1.1." + halves["so_thu_tu_thua"]
    halves["feature_id"] = "ban_do/to_1.shp#" + halves["so_thu_tu_thua"]
    return gpd.GeoDataFrame(pd.concat([rows.drop(index=3), halves], ignore_index=True), crs=ZONE)


def load(url: str | Path, key: Path, *, upto: int = 3, secret: bool = True) -> None:
    """Load the commune, load it changed (release 2), load another commune (3), return to the first state (4)."""
    safe = vault.open_vault(key)
    steps = [
        lambda store: run(delivery(COUNT), store, safe),
        lambda store: run(delivery(parcels=second(secret=secret), sha256="b" * 64, date="2025-09-01"), store, safe),
        lambda store: run(delivery(3, ma_xa="15703", shift_m=3000), store, safe),
        lambda store: land.rollback(store, "15670", 1),
    ]
    with land.open_store(url, srid=ZONE) as store:
        for step in steps[:upto]:
            step(store)


def change(store: land.Store, rows: gpd.GeoDataFrame, pairs: list[tuple[str, str]], *, number: str = "GD-1") -> int:
    """Write a registered transaction by hand: the parcels as they are now, and whose ground they took."""
    scope = ("15670", "E2025A")
    with store.transaction(scope, ZONE):
        moment = land.begin(
            store, scope, kind="change", package_sha256=None, srid=ZONE, valid="2025-10-01", giao_dich_id=number,
            nguoi_thuc_hien="can_bo",
        )  # fmt: skip
        whose = {"giao_dich_id": number, "ma_xa": scope[0], "ky_dia_gioi": scope[1]}
        frames = {
            "giao_dich": pd.DataFrame([whose | {"loai_bien_dong": "TN", "ngay_hieu_luc": "2025-10-01"}]),
            "pha_he_thua": pd.DataFrame(
                [{**whose, "thua_dat_id_cu": old, "thua_dat_id_moi": new} for old, new in pairs]
            ),
            "thua_dat": rows,
        }
        for layer, frame in frames.items():
            land.write(store, land.compare(store, land.layer_table(layer, ZONE), frame, scope), moment, ZONE)
        land.finish(store, moment.release_id, {"added": 0})
    return moment.release_id


def stored(store: land.Store) -> gpd.GeoDataFrame:
    """Return the current parcels of the commune as a change package hands them in."""
    return land.current(store, "thua_dat", ZONE, "15670")
