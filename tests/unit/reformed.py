"""Communes for tests of reforms: clashing numbers, rights, people on both sides of a line that splits a commune."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from pipelines import eras
from pipelines import store as land
from pipelines.load import Delivery
from pipelines.reform import Reform, of
from pipelines.settings import Settings
from tests.unit.deliveries import EAST_M, NORTH_M, SIDE_M, ZONE, delivery, parcels, squares

NEW, ONE, OTHER = "15667", "15670", "15769"
"""A new commune and two of the three old ones it is made of."""

SPLIT, LEFT, RIGHT = "15328", "15271", "15286"
"""A commune that was split, and what it became."""

SHEETS = pd.DataFrame(
    [(NEW, "1", None, "1", ONE, None, "1"), (NEW, "1", None, "2", OTHER, None, "1")],
    columns=["ma_xa", "loai_ban_do", "ty_le", "so_hieu_to_ban_do", "ma_xa_cu", "ky_dia_gioi_cu",
             "so_hieu_to_ban_do_cu"], dtype="string",
)  # fmt: skip
SPLIT_SHEETS = SHEETS.assign(ma_xa=[LEFT, RIGHT], so_hieu_to_ban_do=["7", "8"], ma_xa_cu=None, loai_ban_do=None).astype(
    "string"
)
"""The same, for the commune that was split: its one sheet has a number on either side."""


def register(code: str, keys: pd.Series, people: list[str]) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Return the public and the personal rows of a commune: one right for each parcel, people in turn."""
    ids = [f"{code}-{name}" for name in people]
    whose = pd.Series([ids[place % len(ids)] for place in range(len(keys))])
    papers = "gcn-" + code + "-" + pd.Series(range(len(keys))).astype(str)
    public = {
        "muc_dich_su_dung": pd.DataFrame({"thua_key": keys, "so_thu_tu": 1, "loai_dat": "LUC", "dien_tich": 400.0}),
        "tai_lieu_do_dac": pd.DataFrame(
            {"tai_lieu_do_dac_id": [f"{code}.E2025A.1.1"], "ma_xa": code, "ky_dia_gioi": "E2025A", "loai_ban_do": "1",
             "so_hieu_to_ban_do": "1", "ty_le": [1000]}
        ),
        "to_ban_do": pd.DataFrame(
            {"ma_xa": [code], "ky_dia_gioi": "E2025A", "loai_ban_do": "1", "so_hieu_to_ban_do": "1", "ty_le": [1000],
             "so_thua": [len(keys)]}
        ),
        "tai_san": pd.DataFrame(
            {"tai_san_id": [f"{code}-ts"], "thua_key": keys.iloc[:1], "ma_xa": code, "ky_dia_gioi": "E2025A",
             "loai_tai_san": "7"}
        ),
    }  # fmt: skip
    personal = {
        "ca_nhan": pd.DataFrame({"ca_nhan_id": ids, "ho_ten": people}),
        "giay_to_tuy_than": pd.DataFrame(
            {"giay_to_id": [f"gt-{name}" for name in ids], "ca_nhan_id": ids, "so_giay_to": "038180123456"}
        ),
        "giay_chung_nhan": pd.DataFrame({"giay_chung_nhan_id": papers, "so_phat_hanh": "AA 123456"}),
        "quyen_su_dung_dat": pd.DataFrame(
            {"quyen_id": "q-" + keys, "thua_key": keys, "loai_doi_tuong": "0", "chu_id": whose,
             "giay_chung_nhan_id": papers, "so_thu_tu": 1}
        ),
        "giao_dich_bao_dam": pd.DataFrame({"giao_dich_bao_dam_id": [f"{code}-tc"], "ben_the_chap_id": ids[:1]}),
        "tai_san_bao_dam": pd.DataFrame(
            {"giao_dich_bao_dam_id": [f"{code}-tc"], "so_thu_tu": 1, "thua_key": keys.iloc[:1]}
        ),
        "ngan_chan": pd.DataFrame({"ngan_chan_id": [f"{code}-nc"], "giay_chung_nhan_id": papers.iloc[:1]}),
    }  # fmt: skip
    return public, personal


def commune(code: str, count: int = 3, *, shift_m: float = 0.0, people: list[str] | None = None) -> Delivery:
    """Return an old commune with its register; its second parcel is there twice under one number."""
    shapes = parcels(squares(count, shift_m=shift_m), ma_xa=code)
    shapes.loc[count - 1, ["thua_key", "so_thu_tu_thua"]] = shapes.loc[1, ["thua_key", "so_thu_tu_thua"]]
    return with_register(shapes, code, shift_m=shift_m, people=people)


def with_register(shapes: gpd.GeoDataFrame, code: str, *, shift_m: float, people: list[str] | None) -> Delivery:
    """Return a delivery of parcels with their register and an outline."""
    keys = shapes["thua_key"].drop_duplicates().reset_index(drop=True)
    public, personal = register(code, keys, people or ["An", "Bình"])
    west = EAST_M + shift_m
    outline = shapely.box(west, NORTH_M, west + SIDE_M * len(shapes), NORTH_M + SIDE_M)
    public["xa"] = gpd.GeoDataFrame(
        {"ma_xa": [code], "ky_dia_gioi": ["E2025A"], "ten_xa": [code]}, geometry=[outline], crs=ZONE
    )
    return delivery(parcels=shapes, ma_xa=code, tables=public, holders=personal)


def split_commune() -> Delivery:
    """Return a commune of five parcels: two left of the line, one on it, two right of it; Bình has land on both."""
    shapes = parcels(squares(5), ma_xa=SPLIT).assign(ma_xa_moi=pd.NA, can_cu_xa_moi=eras.OPEN)
    shapes.loc[:1, ["ma_xa_moi", "can_cu_xa_moi"]] = [LEFT, eras.BY_PLACE]
    shapes.loc[3:, ["ma_xa_moi", "can_cu_xa_moi"]] = [RIGHT, eras.BY_PLACE]
    return with_register(shapes, SPLIT, shift_m=0.0, people=["An", "Bình", "Chi"])


def reform(home: Path) -> Reform:
    """Return the reform of July 2025 by the built-in table, without outlines."""
    return of(Settings(home=home))


def content(store: land.Store) -> dict[str, list[tuple[Any, ...]]]:
    """Return what all tables hold now: every current row without its version, and the identifiers by key."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table in [*land.land_tables(ZONE).values(), *land.holder_tables().values()]:
        if table.is_versioned and table.name != "giao_dich":
            names = ", ".join(f'"{name}"' for name in (*dict(table.entity), "row_hash", "valid_from"))
            rows = store.execute(f"SELECT {names} FROM {table.qualified} WHERE tx_to IS NULL").fetchall()
            found[table.name] = sorted(tuple(map(repr, row)) for row in rows)
    rows = store.execute("SELECT ma_dinh_danh_thua, thua_dat_id, release_from, release_to FROM dinh_danh").fetchall()
    found["dinh_danh"] = sorted(tuple(map(repr, row)) for row in rows)
    return found
