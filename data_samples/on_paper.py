"""A commune that has its map on paper alone: one small sheet, drawn and scanned, and the register as a workbook."""

from pathlib import Path
from random import Random

import geopandas as gpd
import numpy as np
import shapely

from data_samples import paper, register
from data_samples.communes import Commune
from data_samples.model import Delivery, Parcel
from data_samples.sheets import label_spot

SHEET = "7"
PICTURE = f"ban_do/to_{SHEET}.jpg"
_PARCELS = 45
_SIDE_MM = 170.0
_FRAME_MM = (300.0, 200.0)
_LAND = 3
"""Of the published seed this land has no canals, which would be faces without a label."""

_SCANNED = ("light", "skew")
"""How the sheet lay on the scanner: not flat and not straight."""

_MARGIN_MM = 40.0
_OF_TODAY = {"BHK": "HNK"}
"""Codes of the old list, which the fabric still knows."""


def clean(item: Commune, seed: int) -> Delivery:
    """Return the commune before any defect: the land of its sheet, numbers, register."""
    land = _land(item, seed)
    numbers = land["number"].where(land["number"] != "", [f"g{place}" for place in range(len(land))])
    parcels = [
        Parcel(
            SHEET, number, code, shape, round(shape.area, 1), label_spot(shape, item.grid_m), labelled=kind == "parcel"
        )
        for number, code, kind, shape in zip(numbers, land["code"], land["kind"], land.geometry, strict=True)
    ]
    outline = shapely.union_all(land.geometry.to_numpy())
    wide, high = (side * item.scale / 2000 for side in _FRAME_MM)
    frame = shapely.box(item.east_m - wide, item.north_m - high, item.east_m + wide, item.north_m + high)
    delivery = Delivery(item, parcels, outline, frames={SHEET: frame})
    register.fill(delivery, Random(f"{seed}-{item.code}-register"))
    delivery.captions = register.captions(delivery)
    return delivery


def write(delivery: Delivery, path: Path) -> None:
    """Draw the sheet as the parcels are now and write its scan.

    Args:
        delivery: The commune with whatever was planted.
        path: The picture.
    """
    land = gpd.GeoDataFrame(
        {
            "number": ["" if parcel.is_ground else parcel.thua for parcel in delivery.parcels],
            "code": [parcel.code for parcel in delivery.parcels],
            "kind": ["road" if parcel.code == "DGT" else "water" if parcel.is_ground else "parcel"
                     for parcel in delivery.parcels],
            "area_m2": [parcel.area_m2 for parcel in delivery.parcels],
        },
        geometry=[parcel.shape for parcel in delivery.parcels], crs=paper.fabric.CRS,
    )  # fmt: skip
    drawn = paper.draw(
        land, delivery.commune.scale, style="plain", frame_m=delivery.frames[SHEET].bounds, margin_mm=_MARGIN_MM,
        seed=int(delivery.commune.code), number=SHEET, commune=delivery.commune.name,
    )  # fmt: skip
    for name in _SCANNED:
        drawn = paper.DEGRADATIONS[name](drawn, int(delivery.commune.code))
    path.parent.mkdir(parents=True, exist_ok=True)
    paper.write(drawn, path)


def _land(item: Commune, seed: int) -> gpd.GeoDataFrame:
    """Return the land of the sheet where the commune lies."""
    land = paper.make(_PARCELS, item.scale, seed + _LAND, side_mm=_SIDE_MM)
    west, south, east, north = land.total_bounds
    by = (item.east_m - round((west + east) / 2), item.north_m - round((south + north) / 2))
    moved = shapely.transform(land.geometry.to_numpy(), lambda at: np.round((at + by) / item.grid_m) * item.grid_m)
    return land.assign(geometry=moved, code=land["code"].replace(_OF_TODAY))
