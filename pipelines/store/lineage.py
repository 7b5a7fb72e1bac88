"""Which parcels took the ground of which: as a transaction registered it, else by place.

A delivery hands in no tree of splits and merges; what is told by place is what the map shows of what one release ended
and what it began, and says so.
"""

from dataclasses import dataclass, field

import pandas as pd
import shapely

from pipelines.store.database import Store
from pipelines.store.reading import read_versions
from pipelines.store.tables import layer_table

_SHARE = 0.1
"""Common ground, as a share of the smaller of two parcels, from which it is no sliver between neighbours."""


@dataclass(frozen=True, slots=True)
class Relatives:
    """Parents or children of a parcel.

    Attributes:
        parcels: Their ids.
        giao_dich_id: The transaction that registered them; None where they are told by place.
        loai_bien_dong: Its kind.
    """

    parcels: list[str] = field(default_factory=list)
    giao_dich_id: str | None = None
    loai_bien_dong: str | None = None


def parents(store: Store, srid: int, version: pd.Series) -> Relatives:
    """Return the parcels whose ground a version took when it began."""
    release = int(version["release_from"])
    registered = _registered(store, version, release, own="thua_dat_id_moi", other="thua_dat_id_cu")
    return registered or Relatives(
        _by_place(store, srid, version, ended="release_to", began="release_from", release=release)
    )


def children(store: Store, srid: int, version: pd.Series) -> Relatives:
    """Return the parcels that took the ground of a version when it ended."""
    release = int(version["release_to"])
    registered = _registered(store, version, release, own="thua_dat_id_cu", other="thua_dat_id_moi")
    return registered or Relatives(
        _by_place(store, srid, version, ended="release_from", began="release_to", release=release)
    )


def _registered(store: Store, version: pd.Series, release: int, *, own: str, other: str) -> Relatives | None:
    """Return what the transaction of a release registered; None where it was none, or left nothing to anybody."""
    rows = store.execute(
        f"SELECT p.{other}, p.giao_dich_id, g.loai_bien_dong FROM pha_he_thua p "
        "JOIN giao_dich g ON g.giao_dich_id = p.giao_dich_id AND g.release_from = p.release_from "
        f"WHERE p.{own} = :itself AND p.release_from = :release ORDER BY 1",
        {"itself": version["thua_dat_id"], "release": release},
    ).fetchall()
    return Relatives([row[0] for row in rows], rows[0][1], rows[0][2]) if rows else None


def _by_place(store: Store, srid: int, version: pd.Series, release: int, *, ended: str, began: str) -> list[str]:
    """Return parcels with a version whose `ended` is the release, and none whose `began` is."""
    table, shape = layer_table("thua_dat", srid), version["geometry"]
    if shape is None or shapely.is_empty(shape):
        return []
    west, south, east, north = (float(side) for side in shapely.bounds(shape))
    values = {"west": west, "south": south, "east": east, "north": north, "srid": srid}
    values |= {"ma_xa": version["ma_xa"], "release": release, "itself": version["thua_dat_id"]}
    found = read_versions(
        store,
        table,
        srid,
        f"WHERE ma_xa = :ma_xa AND {ended} = :release AND {store.in_box(table)} AND thua_dat_id <> :itself "
        f"AND NOT EXISTS (SELECT 1 FROM {table.qualified} AS other WHERE other.ma_xa = :ma_xa "
        f"AND other.thua_dat_id = {table.qualified}.thua_dat_id AND other.{began} = :release) ORDER BY thua_dat_id",
        values,
    )
    others, own = shapely.make_valid(found.geometry.to_numpy()), shapely.make_valid(shape)
    common = shapely.area(shapely.intersection(others, own))
    smaller = shapely.area(others).clip(max=shapely.area(own))
    return [str(name) for name in found.loc[common > _SHARE * smaller, "thua_dat_id"].unique()]
