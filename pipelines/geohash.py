"""National parcel identifier: the 12-character GeoHash of a point inside the parcel (TT 19/2026, Annex I).

The code is assigned once. A shift of five millimetres can change its last character, so the point, the way it was
found and the operation to WGS 84 are all pinned, and their version is kept beside every code.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import crs

ALGORITHM = "polylabel-0.01m/epsg-vn2000-wgs84-2/geohash-12/1"
"""Version of the way from a parcel to its code, stored beside every code."""

BESIDE = f"{ALGORITHM}/beside"
"""The same, of a code whose point stands beside that point, as another parcel had the code of it."""

OFFSETS_M = tuple(
    (far * east, far * north)
    for far in (0.05, 0.1, 0.15)
    for north in (0, 1, -1)
    for east in (0, 1, -1)
    if east or north
)
"""Where another point is looked for, nearest first: steps longer than the cell of a code (0.04 m by 0.02 m)."""

LENGTH = 12
TOLERANCE_M = 0.01
ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"

_CHARACTERS = np.frombuffer(ALPHABET.encode(), dtype="S1")
_THREADS = 2


def encode(lon_deg: Any, lat_deg: Any, length: int = LENGTH) -> np.ndarray[Any, Any]:
    """Return GeoHash codes (object array of str) for longitudes and latitudes on WGS 84, in degrees.

    >>> encode([-5.603], [42.605], 5).tolist()
    ['ezs42']
    """
    lon = np.asarray(lon_deg, dtype="float64")
    lat = np.asarray(lat_deg, dtype="float64")
    bits = length * 5
    east = _quantize(lon, -180.0, 360.0, (bits + 1) // 2)
    north = _quantize(lat, -90.0, 180.0, bits // 2)
    code = np.zeros(lon.shape, dtype="uint64")
    for place in range(bits):
        # The first bit is of the longitude, the second of the latitude, and so on.
        half = east if place % 2 == 0 else north
        of_half = (bits + 1) // 2 if place % 2 == 0 else bits // 2
        bit = (half >> np.uint64(of_half - 1 - place // 2)) & np.uint64(1)
        code = (code << np.uint64(1)) | bit
    shifts = np.arange(5 * (length - 1), -1, -5, dtype="uint64")
    digits = (code[:, None] >> shifts) & np.uint64(31)
    text = _CHARACTERS[digits].view(f"S{length}").ravel()
    return np.asarray(text.astype(str), dtype=object)


def decode(codes: Any) -> np.ndarray[Any, Any]:
    """Return the cell of each code as west, south, east, north in degrees: shape (n, 4)."""
    text = np.asarray(codes, dtype=str)
    length = text.dtype.itemsize // 4
    letters = text.astype(f"S{length}").view("uint8").reshape(-1, length)
    values = np.zeros(256, dtype="uint64")
    values[np.frombuffer(ALPHABET.encode(), dtype="uint8")] = np.arange(32, dtype="uint64")
    bits = np.unpackbits(values[letters].astype("uint8")[..., None], axis=2)[..., 3:].reshape(len(text), -1)
    west, width = _cell(bits[:, 0::2], -180.0, 360.0)
    south, height = _cell(bits[:, 1::2], -90.0, 180.0)
    return np.column_stack([west, south, west + width, south + height])


def representative_points(parcels: gpd.GeoSeries) -> np.ndarray[Any, Any]:
    """Return the pole of inaccessibility of every polygon: shape (n, 2), in the CRS of the parcels.

    The tolerance is 0.01 m. Polygons must be valid; the points lie inside them.
    """
    polygons = parcels.to_numpy()
    parts = np.array_split(polygons, _THREADS) if len(polygons) > 200 else [polygons]
    with ThreadPoolExecutor(_THREADS) as pool:
        radii = np.concatenate(list(pool.map(_inscribed_radius, parts)))
    points: np.ndarray[Any, Any] = shapely.get_coordinates(shapely.get_point(radii, 0))
    return points


def identify(parcels: gpd.GeoSeries, offset_m: tuple[float, float] = (0.0, 0.0)) -> pd.DataFrame:
    """Return the national identifier of every parcel and what it was made from.

    Args:
        parcels: Valid polygons with a CRS, normally the VN-2000 zone of the province.
        offset_m: East and north of the representative point (m); the point may then lie outside.

    Returns:
        Columns ma_dinh_danh_thua, x, y (metres, CRS of the parcels), lon, lat (degrees, WGS 84) on the same index.

    Raises:
        CrsError: The parcels carry no CRS.
    """
    points = representative_points(parcels) + np.asarray(offset_m)
    located = gpd.GeoSeries(gpd.points_from_xy(points[:, 0], points[:, 1]), index=parcels.index, crs=parcels.crs)
    wgs84 = shapely.get_coordinates(crs.to_wgs84(located).to_numpy())
    return pd.DataFrame(
        {
            "ma_dinh_danh_thua": encode(wgs84[:, 0], wgs84[:, 1]) if len(points) else np.array([], dtype=object),
            "x": points[:, 0],
            "y": points[:, 1],
            "lon": wgs84[:, 0],
            "lat": wgs84[:, 1],
        },
        index=parcels.index,
    )


def _inscribed_radius(polygons: np.ndarray[Any, Any]) -> Any:
    return shapely.maximum_inscribed_circle(polygons, tolerance=TOLERANCE_M)


def _quantize(degrees: np.ndarray[Any, Any], low: float, width: float, bits: int) -> np.ndarray[Any, Any]:
    cells = np.floor((degrees - low) / width * 2.0**bits)
    return np.clip(cells, 0, 2.0**bits - 1).astype("uint64")


def _cell(bits: np.ndarray[Any, Any], low: float, width: float) -> tuple[np.ndarray[Any, Any], float]:
    powers = 0.5 ** np.arange(1, bits.shape[1] + 1)
    return low + (bits * powers).sum(axis=1) * width, width * 0.5 ** bits.shape[1]
