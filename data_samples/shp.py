"""Shapefiles, one a sheet: field names cut to ten characters, texts in TCVN3. And the register as DBF."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
from shapely.geometry.base import BaseGeometry

from data_samples import dbf
from data_samples.legacy import tcvn3
from data_samples.model import Delivery, Parcel, Row

_CRS = "EPSG:5897"
FIELDS = {
    "so_hieu_to_ban_do": "SoHieuToBa",
    "so_thu_tu_thua": "SoThuTuThu",
    "dia_chi": "DiaChi",
    "dien_tich": "DienTich",
    "loai_dat": "KyHieuMucD",
    "ten_chu": "TenChu",
}
"""Field names of the parcel shapefiles: those of the exchange standard, cut to ten characters."""


def write(delivery: Delivery, folder: Path) -> list[tuple[str, str]]:
    """Write a shapefile for every sheet and one with the outline; return (file name, sheet number) of the sheets."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for to in delivery.frames:
        name = f"to_{int(to):02d}.shp"
        parcels = [parcel for parcel in delivery.parcels if parcel.to == to]
        _write_shapes(folder / name, [parcel.geometry for parcel in parcels], _attributes(delivery, parcels))
        written.append((name, to))
    names = {"MaXa": [delivery.commune.code], "TenXa": [tcvn3(delivery.commune.name)]}
    _write_shapes(folder / "ranh_gioi_xa.shp", [delivery.outline], names)
    return written


def _write_shapes(path: Path, shapes: Sequence[BaseGeometry | None], attributes: Mapping[str, Sequence[Any]]) -> None:
    """Write geometry with GDAL and attributes by hand: GDAL would make every text field 80 characters wide."""
    frame = gpd.GeoDataFrame({"OBJECTID": range(len(shapes))}, geometry=list(shapes), crs=_CRS)
    pyogrio.write_dataframe(frame, path, geometry_type="Polygon")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    dbf.write(path.with_suffix(".dbf"), attributes)


def _attributes(delivery: Delivery, parcels: Sequence[Parcel]) -> dict[str, Sequence[Any]]:
    captions = [delivery.captions.get(parcel.key, ("", "")) for parcel in parcels]
    return {
        "OBJECTID": range(1, len(parcels) + 1),
        "MaXa": [delivery.commune.code] * len(parcels),
        FIELDS["so_hieu_to_ban_do"]: [parcel.to for parcel in parcels],
        FIELDS["so_thu_tu_thua"]: [parcel.thua if parcel.labelled else None for parcel in parcels],
        FIELDS["dia_chi"]: [tcvn3(address) or None for address, _ in captions],
        FIELDS["dien_tich"]: [parcel.area_m2 for parcel in parcels],
        FIELDS["loai_dat"]: [parcel.code for parcel in parcels],
        FIELDS["ten_chu"]: [tcvn3(owner) or None for _, owner in captions],
    }


def write_register(rows: Sequence[Row], path: Path, columns: Sequence[str]) -> None:
    """Write the register as a DBF, every value a text in TCVN3, field names in camel case cut to ten characters."""
    dbf.write(path, {_field(name): [_cell(row.values.get(name)) for row in rows] for name in columns})


def _field(column: str) -> str:
    return "".join(part.capitalize() for part in column.split("_"))[:10]


def _cell(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return tcvn3(f"{value:.1f}" if isinstance(value, float) else str(value))
