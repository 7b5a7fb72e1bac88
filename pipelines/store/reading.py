"""Questions to the land database: what is, what was, and what was known when."""

import sqlite3
from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from pipelines.errors import StoreError
from pipelines.store import geopackage
from pipelines.store.database import HOLDERS_FILE, Store
from pipelines.store.releases import Release
from pipelines.store.tables import holder_tables, read_tables

_SEALED = "_ma_hoa"


def current(store: Store, layer: str, srid: int, ma_xa: str | None = None) -> gpd.GeoDataFrame:
    """Return the current versions of a layer (`thua_dat`, `xa`, `canh_bao`, …) of one zone, in the order of entry.

    Args:
        store: The land database.
        layer: Name of the layer, without the zone.
        srid: Zone (EPSG code); the geometries are in it.
        ma_xa: Only this commune.
    """
    table = table_name(store, layer, srid)
    where, values = ("AND ma_xa = ?", [ma_xa]) if ma_xa else ("", [])
    return _read(store, table, srid, f"WHERE tx_to IS NULL {where} ORDER BY version_id", values)


def released(store: Store, layer: str, release: Release) -> gpd.GeoDataFrame:
    """Return a layer of a commune as it was after one of its releases, whatever was loaded since."""
    table = table_name(store, layer, release.srid)
    condition = (
        "WHERE ma_xa = ? AND ky_dia_gioi = ? AND release_from <= ? AND (release_to IS NULL OR release_to > ?) "
        "ORDER BY version_id"
    )
    values = [release.ma_xa, release.ky_dia_gioi, release.release_id, release.release_id]
    return _read(store, table, release.srid, condition, values)


def as_of(
    store: Store, srid: int, *, valid: str, known: str | None = None, ma_xa: str | None = None
) -> gpd.GeoDataFrame:
    """Return the parcels that held on a date, as the database knew it at a time.

    Args:
        store: The land database.
        srid: Zone (EPSG code).
        valid: Date, ISO 8601.
        known: Time, UTC, ISO 8601; now when left out. A date alone means its beginning.
        ma_xa: Only this commune.
    """
    # A replaced version was believed without an end until tx_to, and since then to have ended at valid_to. Where
    # packages came out of order two versions can claim a date: the one entered last wins.
    table = table_name(store, "thua_dat", srid)
    values: dict[str, Any] = {"valid": valid, "known": known or "9999", "ma_xa": ma_xa}
    condition = (
        f"WHERE version_id IN (SELECT version_id FROM (SELECT version_id, row_number() OVER "
        f'(PARTITION BY thua_dat_id ORDER BY tx_from DESC, version_id DESC) AS place FROM "{table}" '
        "WHERE tx_from <= :known AND valid_from <= :valid "
        "AND (tx_to IS NULL OR tx_to > :known OR valid_to > :valid) "
        "AND (:ma_xa IS NULL OR ma_xa = :ma_xa)) WHERE place = 1) ORDER BY version_id"
    )
    return _read(store, table, srid, condition, values)


def history(store: Store, thua_dat_id: str) -> gpd.GeoDataFrame:
    """Return every version of a parcel, oldest first, with the release that began and the one that ended it.

    The geometries are in the zone the parcel is stored in; a parcel that is unknown gives no rows.
    """
    zones = store.zones()
    found = [
        _read(store, f"thua_dat_{srid}", srid, "WHERE thua_dat_id = ? ORDER BY version_id", [thua_dat_id])
        for srid in zones
    ]
    return next((versions for versions in found if len(versions)), found[0] if found else gpd.GeoDataFrame())


def current_holders(store: Store, layers: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Return the current rows of personal layers with `ma_xa` and `ky_dia_gioi`; sealed numbers stay where they are.

    Raises:
        StoreError: The holder file is gone.
    """
    path = store.home / HOLDERS_FILE
    if not path.exists():
        raise StoreError(
            f"Có cơ sở dữ liệu đất đai nhưng thiếu {path}: khôi phục cả hai từ một bản sao lưu.",
            f"The land database is here but {path} is missing: restore both from the same backup.",
        )
    scopes = pd.read_sql_query(
        "SELECT release_id AS release_from, ma_xa, ky_dia_gioi FROM ban_phat_hanh", store.connection
    )
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        return {layer: _holder_rows(connection, layer).merge(scopes, on="release_from") for layer in layers}
    finally:
        connection.close()


def _holder_rows(connection: sqlite3.Connection, layer: str) -> pd.DataFrame:
    wanted = [name for name, _ in holder_tables()[layer].entity if not name.endswith(_SEALED)]
    columns = ", ".join(f'"{name}"' for name in [*wanted, "release_from"])
    return pd.read_sql_query(f'SELECT {columns} FROM "{layer}" WHERE tx_to IS NULL ORDER BY version_id', connection)


def table_name(store: Store, layer: str, srid: int) -> str:
    """Return the table of a layer: of the zone where the layer has one for each, else the common one."""
    names = read_tables(store.connection, "main")
    return f"{layer}_{srid}" if f"{layer}_{srid}" in names else layer


def _read(store: Store, table: str, srid: int, condition: str, values: Any) -> gpd.GeoDataFrame:
    columns = read_tables(store.connection, "main")[table].names
    plain = [f'"{name}"' for name in columns if name != geopackage.GEOMETRY_COLUMN]
    has_geometry = geopackage.GEOMETRY_COLUMN in columns
    wanted = [*plain, f"{geopackage.wkb_of()} AS geometry"] if has_geometry else plain
    rows = pd.read_sql_query(f'SELECT {", ".join(wanted)} FROM "{table}" {condition}', store.connection, params=values)
    shapes = shapely.from_wkb(rows.pop("geometry").to_numpy()) if has_geometry else [None] * len(rows)
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=srid)
