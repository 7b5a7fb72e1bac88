"""Questions to the land database: what is, what was, and what was known when."""

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from pipelines.store.database import Store, Values
from pipelines.store.keys import chained, keys_of, linked, linked_condition, span
from pipelines.store.releases import Release
from pipelines.store.tables import GEOMETRY_COLUMN, Table, holder_tables, layer_table
from schemas import ddl

_SEALED = "_ma_hoa"


def current(store: Store, layer: str, srid: int, ma_xa: str | None = None) -> gpd.GeoDataFrame:
    """Return the current versions of a layer (`thua_dat`, `xa`, `canh_bao`, …) of one zone, in the order of entry.

    Args:
        store: The land database.
        layer: Name of the layer, without the zone.
        srid: Zone (EPSG code); the geometries are in it.
        ma_xa: Only this commune.
    """
    where = "AND ma_xa = :ma_xa" if ma_xa else ""
    return read_versions(
        store, layer_table(layer, srid), srid, f"WHERE tx_to IS NULL {where} ORDER BY version_id", {"ma_xa": ma_xa}
    )


def released(store: Store, layer: str, release: Release) -> gpd.GeoDataFrame:
    """Return a layer of a commune as it was after one of its releases, whatever was loaded since."""
    condition = (
        "WHERE ma_xa = :ma_xa AND ky_dia_gioi = :ky_dia_gioi AND release_from <= :release "
        "AND (release_to IS NULL OR release_to > :release) ORDER BY version_id"
    )
    values = {"ma_xa": release.ma_xa, "ky_dia_gioi": release.ky_dia_gioi, "release": release.release_id}
    return read_versions(store, layer_table(layer, release.srid), release.srid, condition, values)


def as_of(
    store: Store,
    srid: int,
    *,
    valid: str,
    known: str | None = None,
    ma_xa: str | None = None,
    ky_dia_gioi: str | None = None,
    thua_dat_id: str | None = None,
    box: tuple[float, float, float, float] | None = None,
) -> gpd.GeoDataFrame:
    """Return the parcels that held on a date, as the database knew it at a time.

    Args:
        store: The land database.
        srid: Zone (EPSG code).
        valid: Date, ISO 8601.
        known: Time, UTC, ISO 8601; now when left out. A date alone means its beginning.
        ma_xa: Only what is kept under this commune code.
        ky_dia_gioi: Only what is kept under a code of this era.
        thua_dat_id: Only this parcel, by whichever of its keys.
        box: Only parcels whose boxes meet this one (west, south, east, north).
    """
    table = layer_table("thua_dat", srid)
    values: dict[str, Any] = {"valid": valid, "known": known or "9999", "srid": srid}
    boxed = [store.in_box(table)] if box else []
    values |= dict(zip(("west", "south", "east", "north"), box, strict=True)) if box else {}
    if thua_dat_id:
        only = ["ma_xa = :ma_xa", "thua_dat_id = :thua_dat_id", *boxed]
        keys = [values | {"thua_dat_id": key, "ma_xa": _commune_of(key)} for key in keys_of(store, thua_dat_id)]
        return chained([read_versions(store, table, srid, as_of_condition(table, only), each) for each in keys])
    values |= {"ma_xa": ma_xa, "ky_dia_gioi": ky_dia_gioi}
    only = [*(f"{name} = :{name}" for name in ("ma_xa", "ky_dia_gioi") if values[name]), *boxed]
    near = store.communes_of(srid, box) if box and not ma_xa else None
    if near is not None:
        only, values = [store.among("ma_xa", "near"), *only], values | {"near": store.values(near)}
    return read_versions(store, table, srid, as_of_condition(table, only), values)


def as_of_commune(
    store: Store, srid: int, scope: tuple[str, str], *, valid: str, known: str | None = None
) -> gpd.GeoDataFrame:
    """Return the parcels of a commune that held on a date, before and after a reform alike.

    Of a commune that is no more they are the parcels that were its own, under the keys of that day; of a new commune,
    before it began, those of the communes it was made of.

    Args:
        store: The land database.
        srid: Zone (EPSG code).
        scope: Commune code and era.
        valid: Date, ISO 8601.
        known: Time, UTC, ISO 8601; now when left out.
    """
    table, own = layer_table("thua_dat", srid), ["ma_xa = :ma_xa", "ky_dia_gioi = :ky_dia_gioi"]
    values = {"valid": valid, "known": known or "9999", **span(scope)}
    asked = [(scope, own), *((other[:2], [*own, linked_condition(other[2])]) for other in linked(store, scope))]
    return chained(
        [
            read_versions(
                store, table, srid, as_of_condition(table, only), values | {"ma_xa": code, "ky_dia_gioi": era}
            )
            for (code, era), only in asked
        ]
    )


def as_of_condition(table: Table, only: Sequence[str]) -> str:
    """Return which versions held on `:valid` as was known at `:known`, of those that meet the other conditions."""
    # A replaced version was believed without an end until tx_to, and since then to have ended at valid_to. Where
    # packages came out of order two versions can claim a date: the one entered last wins.
    claims = " AND ".join(
        ["tx_from <= :known", "valid_from <= :valid", "(tx_to IS NULL OR tx_to > :known OR valid_to > :valid)", *only]
    )
    # Asked twice, inside and outside: outside, SQLite would else look through the whole commune.
    chosen = (
        "version_id IN (SELECT version_id FROM (SELECT version_id, row_number() OVER "
        f"(PARTITION BY thua_dat_id ORDER BY tx_from DESC, version_id DESC) AS place FROM {table.qualified} "
        f"WHERE {claims}) AS claims WHERE place = 1)"
    )
    return f"WHERE {' AND '.join([chosen, *only])} ORDER BY version_id"


def history(store: Store, thua_dat_id: str) -> gpd.GeoDataFrame:
    """Return every version of a parcel, oldest first, with the release that began and the one that ended it.

    All keys of a parcel answer alike: a reform gives it another one, and each version says which it had. The geometries
    are in the zone the parcel is stored in; a parcel that is unknown gives no rows.
    """
    keys = [{"thua_dat_id": key, "ma_xa": _commune_of(key)} for key in keys_of(store, thua_dat_id)]
    found = gpd.GeoDataFrame()
    for srid in store.zones():
        found = chained([read_versions(store, layer_table("thua_dat", srid), srid, HISTORY, key) for key in keys])
        if len(found):
            break
    return found


HISTORY = "WHERE thua_dat_id = :thua_dat_id AND ma_xa = :ma_xa ORDER BY version_id"


def _commune_of(thua_dat_id: str) -> str:
    """Return the commune a parcel id begins with."""
    return thua_dat_id.partition(".")[0]


def current_rows(
    store: Store, table: Table, column: str, values: Iterable[str], scope: tuple[str, str] | None = None
) -> pd.DataFrame:
    """Return the current versions of a table that have one of these values in a column, in the order of entry.

    Columns are those of the entity without its geometry, ciphertexts among them, and `version_id`. Holder tables have
    to be open (see `Store.holders`), as they are inside a transaction.

    Args:
        store: The land database.
        table: The table.
        column: Name of the column; where it has an index the store looks nowhere else.
        values: What to look for.
        scope: Only rows entered by releases of this commune (code and era); of all communes when left out.
    """
    names = ", ".join(store.column(name, kind) for name, kind in table.entity if name != GEOMETRY_COLUMN)
    ma_xa, era = scope or ("", "")
    commune = table.of_commune
    if ddl.is_indexed(table.name, column):
        # With the sign before it no index is used for the releases; SQLite would look through the whole commune.
        commune = commune.replace("release_from", "+release_from", 1)
    where = f"tx_to IS NULL AND {store.among(column, 'wanted')}" + (f" AND {commune}" if scope else "")
    return store.frame(
        f"SELECT {names}, version_id FROM {table.qualified} WHERE {where} ORDER BY version_id",
        {"wanted": store.values(sorted(set(values))), "ma_xa": ma_xa, "ky_dia_gioi": era},
    )


def current_holders(store: Store, layers: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Return the current rows of personal layers with `ma_xa` and `ky_dia_gioi`; sealed numbers stay where they are.

    Raises:
        StoreError: The holder tables are gone, or may not be read.
    """
    return _held(store, layers, sealed=False)


def sealed_numbers(store: Store) -> pd.DataFrame:
    """Return the current identity documents with their sealed numbers, for those who hold the key.

    Columns: those of `giay_to_tuy_than`, `ma_xa` and `ky_dia_gioi`.

    Raises:
        StoreError: The holder tables are gone, or may not be read.
    """
    (rows,) = _held(store, ["giay_to_tuy_than"], sealed=True).values()
    return rows[rows["so_giay_to_ma_hoa"].notna()]


def _held(store: Store, layers: Iterable[str], *, sealed: bool) -> dict[str, pd.DataFrame]:
    scopes = store.frame("SELECT release_id AS release_from, ma_xa, ky_dia_gioi FROM ban_phat_hanh")
    with store.holders():
        return {layer: _holder_rows(store, layer, sealed).merge(scopes, on="release_from") for layer in layers}


def _holder_rows(store: Store, layer: str, sealed: bool) -> pd.DataFrame:
    table = holder_tables()[layer]
    wanted = [store.column(name, kind) for name, kind in table.entity if sealed or not name.endswith(_SEALED)]
    columns = ", ".join([*wanted, "release_from"])
    return store.frame(f"SELECT {columns} FROM {table.qualified} WHERE tx_to IS NULL ORDER BY version_id")


def read_versions(store: Store, table: Table, srid: int, condition: str, values: Values) -> gpd.GeoDataFrame:
    """Return the versions of a table that meet a condition, their geometries in the zone."""
    columns = ", ".join(store.column(name, kind) for name, kind in table.columns)
    rows = store.frame(f"SELECT {columns} FROM {table.qualified} {condition}", values)
    shapes = shapely.from_wkb(rows.pop("geometry").to_numpy()) if table.has_geometry else [None] * len(rows)
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=srid)
