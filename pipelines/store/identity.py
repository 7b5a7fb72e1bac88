"""National identifiers: given once, kept while the parcel lives, never given to another (TT 19/2026, Annex I)."""

import sqlite3
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from pipelines import geohash


@dataclass(frozen=True, slots=True)
class Assignment:
    """Identifiers of the parcels of a delivery.

    Attributes:
        codes: Identifier or null, on the index of the parcels.
        fresh: Codes that are new: thua_dat_id, ma_dinh_danh_thua, x, y, lon, lat.
        conflicts: Parcels left without, because another parcel has, or had, the code of their point.
    """

    codes: pd.Series
    fresh: pd.DataFrame
    conflicts: int


def assign(connection: sqlite3.Connection, parcels: gpd.GeoDataFrame, sound: pd.Series) -> Assignment:
    """Return the identifier of every parcel: the one it has, or a new one when its geometry is sound.

    Args:
        connection: Connection to the land database.
        parcels: Parcels with thua_dat_id, in their zone.
        sound: Whether the geometry of a parcel can carry an identifier, on the same index.

    Nothing is written; see `record`.
    """
    known = pd.DataFrame(
        connection.execute("SELECT thua_dat_id, ma_dinh_danh_thua FROM dinh_danh").fetchall(),
        columns=["thua_dat_id", "ma_dinh_danh_thua"],
        dtype="string",
    )
    codes = parcels["thua_dat_id"].map(known.set_index("thua_dat_id")["ma_dinh_danh_thua"]).astype("string")
    candidates = parcels.loc[codes.isna() & sound]
    made = geohash.identify(candidates.geometry)
    made.insert(0, "thua_dat_id", candidates["thua_dat_id"])
    new = made["ma_dinh_danh_thua"]
    taken = new.isin(known["ma_dinh_danh_thua"]) | new.duplicated(keep=False)
    codes = codes.fillna(new[~taken].astype("string"))
    return Assignment(codes=codes, fresh=made[~taken], conflicts=int(taken.sum()))


def record(connection: sqlite3.Connection, assignment: Assignment, *, srid: int, release_id: int) -> None:
    """Write new identifiers with the point and the algorithm they come from; uniqueness is a constraint."""
    # In the order of the key, each page of the index is written once.
    fresh = assignment.fresh.sort_values("ma_dinh_danh_thua")
    columns = [fresh[name].tolist() for name in ("ma_dinh_danh_thua", "thua_dat_id", "x", "y", "lon", "lat")]
    connection.executemany(
        "INSERT INTO dinh_danh (ma_dinh_danh_thua, thua_dat_id, x, y, lon, lat, srid, algorithm, release_from) "
        f"VALUES (?, ?, ?, ?, ?, ?, {srid:d}, '{geohash.ALGORITHM}', {release_id:d})",
        zip(*columns, strict=True),
    )


def settle(connection: sqlite3.Connection, table: str, scope: tuple[str, str], release_id: int) -> None:
    """Retire the codes of parcels that are no longer there, wake those of parcels that came back."""
    lives = f'thua_dat_id IN (SELECT thua_dat_id FROM "{table}" WHERE tx_to IS NULL AND ma_xa = ? AND ky_dia_gioi = ?)'
    of_commune = "release_from IN (SELECT release_id FROM ban_phat_hanh WHERE ma_xa = ? AND ky_dia_gioi = ?)"
    connection.execute(
        f"UPDATE dinh_danh SET release_to = ? WHERE release_to IS NULL AND {of_commune} AND NOT {lives}",
        (release_id, *scope, *scope),
    )
    connection.execute(
        f"UPDATE dinh_danh SET release_to = NULL WHERE release_to IS NOT NULL AND {of_commune} AND {lives}",
        (*scope, *scope),
    )
