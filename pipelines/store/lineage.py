"""Which parcels took the ground of which: as a transaction registered it, else told by place.

A package hands in no tree of splits and merges; what is told by place is what the map shows, and says so: parcels that
ended beside parcels that began by the same releases on their ground.
"""

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines.store.database import Geometries, Store
from pipelines.store.reading import read_versions
from pipelines.store.tables import layer_table

_SHARE = 0.1
"""Common ground, as a share of the smaller of two parcels, from which it is no sliver between neighbours."""

_PAIR = ["thua_dat_id_cu", "thua_dat_id_moi"]


def parents(store: Store, srid: int, version: pd.Series) -> list[str]:
    """Return the parcels that the release which began a version ended on its ground."""
    return _relatives(
        store, srid, version, ended="release_to", began="release_from", release=int(version["release_from"])
    )


def children(store: Store, srid: int, version: pd.Series) -> list[str]:
    """Return the parcels that the release which ended a version began on its ground."""
    return _relatives(
        store, srid, version, ended="release_from", began="release_to", release=int(version["release_to"])
    )


def by_place(ended: gpd.GeoDataFrame, begun: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return which of the parcels that began lie on the ground of which that ended.

    Args:
        ended: `thua_dat_id` and shape of parcels that are no longer there.
        begun: The same of parcels that were not there before, in the same zone.

    Returns:
        A pair a row, in the order of the frames: `thua_dat_id_cu`, `thua_dat_id_moi`, `dien_tich_chung` (m²), and
        `ended`, `begun`: their positions.
    """
    before, after, common_m2 = _common_ground(ended.geometry.to_numpy(), begun.geometry.to_numpy())
    return pd.DataFrame(
        {
            "thua_dat_id_cu": ended["thua_dat_id"].to_numpy()[before],
            "thua_dat_id_moi": begun["thua_dat_id"].to_numpy()[after],
            "dien_tich_chung": common_m2,
            "ended": before,
            "begun": after,
        }
    )


def registered(store: Store, releases: Iterable[int]) -> pd.DataFrame:
    """Return the lineage that releases registered: `release_id`, `thua_dat_id_cu`, `thua_dat_id_moi`, in that order.

    A parcel that goes on under its key is no relative of itself.
    """
    found = store.frame(
        f"SELECT DISTINCT release_from AS release_id, {', '.join(_PAIR)} FROM pha_he_thua "
        f"WHERE {store.among('release_from', 'releases')} AND thua_dat_id_cu <> thua_dat_id_moi",
        {"releases": store.values(list(releases))},
    )
    return found.sort_values(["release_id", *_PAIR], ignore_index=True)


def _common_ground(before: Geometries, after: Geometries) -> tuple[Geometries, Geometries, Geometries]:
    """Return positions of pairs that share more than a sliver, and the area they share (m²)."""
    before, after = (_sound(shapes) for shapes in (before, after))
    one, other = shapely.STRtree(after).query(before, predicate="intersects")
    common_m2 = shapely.area(shapely.intersection(before[one], after[other]))
    smaller_m2 = np.minimum(shapely.area(before)[one], shapely.area(after)[other])
    shared = common_m2 > _SHARE * smaller_m2
    order = np.lexsort((other[shared], one[shared]))
    return one[shared][order], other[shared][order], common_m2[shared][order]


def _sound(shapes: Geometries) -> Geometries:
    sound = shapes.copy()
    broken = ~shapely.is_valid(sound)
    sound[broken] = shapely.make_valid(sound[broken])
    return sound


def _relatives(store: Store, srid: int, version: pd.Series, release: int, *, ended: str, began: str) -> list[str]:
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
    _, near, _ = _common_ground(np.array([shape], dtype=object), found.geometry.to_numpy())
    return [str(name) for name in found["thua_dat_id"].iloc[near].unique()]
