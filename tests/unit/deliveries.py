"""Judged communes for tests: a block of four-corner parcels, with invented holders."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import findings as findings_of
from pipelines import store as land
from pipelines.load import Delivery

ZONE = 5897
EAST_M, NORTH_M = 570_000.0, 2_190_000.0
SIDE_M = 20.0
NAMES = ("Trịnh Thị Hư Cấu", "Lê Văn Không Có", "Công ty Tưởng Tượng")
NUMBERS = ("038180123456", "038099654321", "171234567")


def squares(count: int, *, shift_m: float = 0.0) -> np.ndarray[Any, Any]:
    """Return adjoining squares in a row."""
    west = EAST_M + shift_m + SIDE_M * np.arange(count)
    return shapely.box(west, NORTH_M, west + SIDE_M, NORTH_M + SIDE_M)


def parcels(shapes: np.ndarray[Any, Any], *, ma_xa: str = "15670") -> gpd.GeoDataFrame:
    """Return normalized parcels of these shapes, all on sheet 1."""
    numbers = pd.Series([str(place + 1) for place in range(len(shapes))])
    area_m2 = shapely.area(shapes)
    return gpd.GeoDataFrame(
        {
            "feature_id": "ban_do/to_1.shp#" + numbers,
            "source": "ban_do/to_1.shp",
            "thua_key": f"{ma_xa}.E2025A.1.1." + numbers,
            "ma_xa": ma_xa,
            "ky_dia_gioi": "E2025A",
            "loai_ban_do": "1",
            "so_hieu_to_ban_do": "1",
            "so_thu_tu_thua": numbers,
            "loai_dat": "LUC",
            "loai_dat_ghi": "LUC",
            "he_loai_dat": "TT08/2024",
            "nhom_dat": "NNP",
            "dien_tich_do": area_m2,
            "dien_tich_nhan": np.round(area_m2, 1),
            "dien_tich": np.nan,
            "dien_tich_phap_ly": np.nan,
            "la_doi_tuong_chiem_dat": False,
            "dia_chi": "Thôn 1, xã Thọ Bình",
            "ty_le": 1000,
            "co_dang_ky": True,
        },
        geometry=shapes,
        crs=ZONE,
    )


def delivery(count: int = 4, *, ma_xa: str = "15670", shift_m: float = 0.0, **changes: Any) -> Delivery:
    """Return a delivery of `count` parcels, with anything in it changed."""
    shapes = changes.pop("parcels", parcels(squares(count, shift_m=shift_m), ma_xa=ma_xa))
    people = pd.DataFrame({"ca_nhan_id": ["c1", "c2", "c3"], "ho_ten": NAMES, "ngay_sinh": "1980-01-01"})
    papers = pd.DataFrame({"giay_to_id": ["g1", "g2", "g3"], "ca_nhan_id": ["c1", "c2", "c3"], "so_giay_to": NUMBERS})
    values: dict[str, Any] = {
        "ma_xa": ma_xa,
        "ky_dia_gioi": "E2025A",
        "date": "2025-06-15",
        "srid": ZONE,
        "sha256": "a" * 64,
        "parcels": shapes,
        "findings": findings_of.build(
            "thua_dat.overlap",
            shapes["feature_id"].iloc[:1],
            crs=ZONE,
            other_id=shapes["feature_id"].iloc[1:2],
            value=2.5,
            limit=0.5,
            source="ban_do/to_1.shp",
            geometry=shapes.geometry.iloc[:1],
        ),
        "grades": pd.DataFrame({"feature_id": shapes["feature_id"], "xep_loai": "1", "ly_do": ""}),
        "verdict": {"accepted": True, "profile": "acceptance", "reasons": []},
        "summary": {"dqi": 0.75},
        "tables": {
            "xa": gpd.GeoDataFrame(
                {"ma_xa": [ma_xa], "ky_dia_gioi": ["E2025A"], "ten_xa": ["Xã Thọ Bình"]}, geometry=[None], crs=ZONE
            )
        },
        "holders": {"ca_nhan": people, "giay_to_tuy_than": papers},
    }
    return Delivery(**(values | changes))


def count(store: land.Store, table: str) -> int:
    """Return how many rows a table of the land database has."""
    return int(store.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
