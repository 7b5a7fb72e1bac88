"""Tiny commune packages for tests: four parcels of four corners, and every way to spoil them."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import yaml
from shapely.geometry import box

EAST_M, NORTH_M = 562000.0, 2192000.0


def tiny(folder: Path, commune: str = "15670", crs: str = "EPSG:5897", east_m: float = EAST_M, **changes: Any) -> Path:
    """Write a package of four adjoining parcels of 20 m x 20 m on sheet 1 and return its folder."""
    folder.mkdir(parents=True)
    parcels = gpd.GeoDataFrame(
        {
            "MaXa": commune,
            "SoHieuToBa": 1,
            "SoThuTuThu": [1, 2, 3, 4],
            "DienTich": 400.0,
            "KyHieuMucD": "LUC",
        },
        geometry=[box(east_m + 20 * i, NORTH_M, east_m + 20 * i + 20, NORTH_M + 20) for i in range(4)],
        crs=None,
    )
    parcels.to_file(folder / "to_1.shp", encoding="ISO-8859-1")
    body: dict[str, Any] = {
        "commune": commune,
        "era": "E2025A",
        "date": "2025-06-15",
        "profile": "shp_vbdlis",
        "crs": crs,
        "scale": 1000,
        "map_type": "1",
        "files": [{"path": "to_1.shp", "role": "parcels", "sheet": "1", "encoding": "tcvn3"}],
    } | changes
    (folder / "package.yaml").write_text(yaml.safe_dump(body, sort_keys=False), encoding="utf-8")
    return folder
