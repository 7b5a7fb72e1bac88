"""Which parcels took the ground of which: as a transaction registered it, else by place.

A delivery hands in no tree of splits and merges; what is told by place is what the map shows of what one release ended
and what it began, and says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

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
    _, near, _ = _common_ground(np.array([shape], dtype=object), found.geometry.to_numpy())
    return [str(name) for name in found["thua_dat_id"].iloc[near].unique()]
