"""Which parcels took the ground of which: told by place, from what one release ended and what it began.

The register hands in no tree of splits and merges; what is told here is what the map shows, and says so.
"""

import pandas as pd
import shapely

from pipelines.store.database import Store
from pipelines.store.reading import read_versions
from pipelines.store.tables import layer_table

_SHARE = 0.1
"""Common ground, as a share of the smaller of two parcels, from which it is no sliver between neighbours."""


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
    others, own = shapely.make_valid(found.geometry.to_numpy()), shapely.make_valid(shape)
    common = shapely.area(shapely.intersection(others, own))
    smaller = shapely.area(others).clip(max=shapely.area(own))
    return [str(name) for name in found.loc[common > _SHARE * smaller, "thua_dat_id"].unique()]
