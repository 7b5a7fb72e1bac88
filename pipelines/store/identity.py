"""National identifiers: given once, kept while the parcel lives, never given to another (TT 19/2026, Annex I)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import shapely

from pipelines import geohash
from pipelines.geometry import Mask
from pipelines.ids import among, looked_up
from pipelines.store.database import Moment, Store
from pipelines.store.keys import span, within
from pipelines.store.tables import Table


@dataclass(frozen=True, slots=True)
class Assignment:
    """Identifiers of the parcels of a delivery.

    Attributes:
        codes: Identifier or null, on the index of the parcels.
        fresh: Codes that are new: thua_dat_id, ma_dinh_danh_thua, x, y, lon, lat, algorithm.
        conflicts: Parcels left without, because another parcel that is there has the code of their point.
    """

    codes: pd.Series
    fresh: pd.DataFrame
    conflicts: int


def assign(store: Store, parcels: gpd.GeoDataFrame, sound: pd.Series, gone: Callable[[pd.Series], Mask]) -> Assignment:
    """Return the identifier of every parcel: the one it has, or a new one when its geometry is sound.

    Where a parcel that is no longer there had the code of the point (parts merged back into the former outline), that
    code does not come back: the new parcel gets that of a point beside it. Two parcels that are both there cannot have
    one point unless one lies on the other; neither of the new ones gets a code then.

    Args:
        store: The land database.
        parcels: Parcels with thua_dat_id, in their zone.
        sound: Whether the geometry of a parcel can carry an identifier, on the same index.
        gone: Tells of ids of parcels which of them end with what is being written.

    Nothing is written; see `record`.
    """
    known = _listed(store, "thua_dat_id", parcels["thua_dat_id"])
    codes = looked_up(parcels["thua_dat_id"], known["thua_dat_id"], known["ma_dinh_danh_thua"])
    candidates = parcels.loc[codes.isna() & sound]
    made = geohash.identify(candidates.geometry).assign(algorithm=geohash.ALGORITHM)
    made.insert(0, "thua_dat_id", candidates["thua_dat_id"])
    new = made["ma_dinh_danh_thua"]
    given = _listed(store, "ma_dinh_danh_thua", new)
    lives = given["release_to"].isna() & ~gone(given["thua_dat_id"])
    conflicts = new.duplicated(keep=False) | among(new, given.loc[lives, "ma_dinh_danh_thua"])
    had = among(new, given["ma_dinh_danh_thua"]) & ~conflicts
    own = made[~conflicts & ~had]
    beside = _beside(store, candidates[had], own["ma_dinh_danh_thua"])
    fresh = pd.concat([own, beside]) if len(beside) else own
    codes = codes.fillna(fresh["ma_dinh_danh_thua"].astype("string"))
    return Assignment(codes=codes, fresh=fresh, conflicts=len(made) - len(fresh))


def _beside(store: Store, parcels: gpd.GeoDataFrame, taken: pd.Series) -> pd.DataFrame:
    """Return new codes of points beside the representative ones, inside the parcels; of those too small, none."""
    found: list[pd.DataFrame] = []
    for offset_m in geohash.OFFSETS_M:
        if parcels.empty:
            break
        made = geohash.identify(parcels.geometry, offset_m).assign(algorithm=geohash.BESIDE)
        made.insert(0, "thua_dat_id", parcels["thua_dat_id"])
        new = made["ma_dinh_danh_thua"]
        used = pd.concat([taken, _listed(store, "ma_dinh_danh_thua", new)["ma_dinh_danh_thua"]])
        is_free = ~among(new, used) & ~new.duplicated()
        is_free &= shapely.contains_xy(parcels.geometry.to_numpy(), made["x"].to_numpy(), made["y"].to_numpy())
        found.append(made[is_free])
        taken, parcels = pd.concat([taken, new[is_free]]), gpd.GeoDataFrame(parcels[~is_free])
    return pd.concat(found) if found else pd.DataFrame()


def _listed(store: Store, column: str, values: pd.Series) -> pd.DataFrame:
    """Return the identifiers that were ever given, as far as one of these values stands in a column."""
    return store.frame(
        f"SELECT thua_dat_id, ma_dinh_danh_thua, release_to FROM dinh_danh WHERE {store.among(column, 'wanted')}",
        {"wanted": store.values(values.to_list())},
    ).astype("string")


def record(store: Store, assignment: Assignment, *, srid: int, release_id: int) -> None:
    """Write new identifiers with the point and the algorithm they come from; uniqueness is a constraint."""
    # In the order of the key, each page of the index is written once.
    fresh = assignment.fresh.sort_values("ma_dinh_danh_thua")
    columns = ["ma_dinh_danh_thua", "thua_dat_id", "x", "y", "lon", "lat", "algorithm"]
    store.insert_plain("dinh_danh", fresh[columns].assign(srid=srid, release_from=release_id))


def retire(store: Store, thua_dat_ids: Iterable[str], moment: Moment) -> None:
    """Retire the codes of parcels that end; the others are not looked at, see `settle`."""
    store.execute(
        f"UPDATE dinh_danh SET release_to = :release WHERE release_to IS NULL AND {store.among('thua_dat_id', 'ids')}",
        {"release": moment.release_id, "ids": store.values(list(thua_dat_ids))},
    )


def settle(store: Store, table: Table, moment: Moment) -> None:
    """Retire the codes of parcels that are no longer there, wake those of parcels that came back."""
    lives = (
        f"EXISTS (SELECT 1 FROM {table.qualified} AS parcel WHERE parcel.thua_dat_id = dinh_danh.thua_dat_id "
        "AND tx_to IS NULL AND ma_xa = :ma_xa AND ky_dia_gioi = :ky_dia_gioi)"
    )
    # By the key and not by the release that gave the code: a reform gives a parcel another key, never another code.
    values = {**moment.values, **span(moment.scope)}
    of_commune = within("thua_dat_id")
    store.execute(
        f"UPDATE dinh_danh SET release_to = :release WHERE release_to IS NULL AND {of_commune} AND NOT {lives}",
        values,
    )
    store.execute(
        f"UPDATE dinh_danh SET release_to = NULL WHERE release_to IS NOT NULL AND {of_commune} AND {lives}",
        values,
    )
