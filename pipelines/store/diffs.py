"""What releases changed of the parcels: versions that ended beside versions that began, only those, by the index.

Asked between two releases (what lies between does not count: a way there and back is no change), or release by release.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines.store.database import Geometries, Store
from pipelines.store.reading import read_versions
from pipelines.store.releases import Release, listing
from pipelines.store.tables import Table, layer_table

_ENDS = ("release_to", "release_from")
_TYPES = {"TEXT": "string", "REAL": "float64", "INTEGER": "Int64", "BOOLEAN": "boolean"}


@dataclass(frozen=True, slots=True)
class Changes:
    """Parcels that differ, one a row, on one index from 0: by release, then by id.

    Attributes:
        release_id: Release the change is told of.
        thua_dat_id: The parcels.
        before: What held before, columns of the table and the shape in the zone; a row of nulls where nothing did.
        after: What held after, likewise.
    """

    release_id: pd.Series
    thua_dat_id: pd.Series
    before: gpd.GeoDataFrame
    after: gpd.GeoDataFrame

    @property
    def was(self) -> pd.Series:
        """Whether there was something before."""
        known: pd.Series = self.before["version_id"].notna()
        return known

    @property
    def is_there(self) -> pd.Series:
        """Whether there is something after."""
        known: pd.Series = self.after["version_id"].notna()
        return known

    def where(self, chosen: pd.Series) -> "Changes":
        """Return some of the changes, by truth, or those at positions in their order; on a fresh index."""
        parts = (self.release_id, self.thua_dat_id, self.before, self.after)
        return Changes(*(part.loc[chosen].reset_index(drop=True) for part in parts))

    def differs(self, column: str) -> pd.Series:
        """Return whether a value is another one after than before; a missing value equals a missing value."""
        before, after = self.before[column], self.after[column]
        other: pd.Series = before.ne(after).fillna(True).astype(bool) & ~(before.isna() & after.isna())
        return other

    @property
    def is_reshaped(self) -> pd.Series:
        """Whether the boundary is another one, by a single coordinate."""
        before, after = self.before.geometry.to_numpy(), self.after.geometry.to_numpy()
        same = shapely.equals_identical(before, after) | (shapely.is_missing(before) & shapely.is_missing(after))
        return pd.Series(~same, index=self.before.index)


def between(store: Store, first: Release | None, last: Release) -> Changes:
    """Return what differs between the states of a commune after two of its releases.

    Args:
        store: The land database.
        first: The earlier release; None for the time before there was any.
        last: The later release, of the same commune, era and zone.
    """
    start = first.release_id if first else 0
    scope = (last.ma_xa, last.ky_dia_gioi)
    numbers = [
        release.release_id
        for release in listing(store, last.ma_xa)
        if release.ky_dia_gioi == last.ky_dia_gioi and start < release.release_id <= last.release_id
    ]
    table = layer_table("thua_dat", last.srid)
    values = {"ma_xa": scope[0], "ky_dia_gioi": scope[1], "numbers": store.values(numbers)}
    values |= {"first": start, "last": last.release_id}
    # Of the two ends one is looked up; `+ 0` keeps SQLite from taking the index of the other, which is the whole state.
    of_commune = "WHERE ma_xa = :ma_xa AND ky_dia_gioi = :ky_dia_gioi"
    before = f"{of_commune} AND {store.among('release_to', 'numbers')} AND release_from + 0 <= :first"
    after = (
        f"{of_commune} AND {store.among('release_from', 'numbers')} AND (release_to IS NULL OR release_to + 0 > :last)"
    )
    found = [
        _read(store, table, last.srid, condition, values).assign(release=last.release_id)
        for condition in (before, after)
    ]
    changes = _paired(*found)
    return changes.where(changes.differs("row_hash"))


def count_after(store: Store, release: Release) -> int:
    """Return how many parcels a commune had after a release: as it booked, counted where it booked nothing."""
    booked = release.counts.get("parcels")
    if booked is not None:
        return int(booked)
    table = layer_table("thua_dat", release.srid)
    number: int = store.execute(
        f"SELECT count(*) FROM {table.qualified} WHERE ma_xa = :ma_xa AND ky_dia_gioi = :ky_dia_gioi "
        "AND release_from <= :release AND (release_to IS NULL OR release_to > :release)",
        {"ma_xa": release.ma_xa, "ky_dia_gioi": release.ky_dia_gioi, "release": release.release_id},
    ).fetchone()[0]
    return number


def steps(store: Store, releases: Sequence[Release]) -> Changes:
    """Return what each of some releases of one commune and zone changed.

    Args:
        store: The land database.
        releases: The releases; one may have touched parcels of other communes as well.
    """
    srid = releases[0].srid
    table = layer_table("thua_dat", srid)
    # A reform closes parcels of the former communes; else the partition of the commune holds all there is to find.
    is_wide = any(release.kind == "reform" for release in releases)
    communes = sorted({release.ma_xa for release in (listing(store) if is_wide else releases)})
    values = {"communes": store.values(communes), "numbers": store.values([one.release_id for one in releases])}
    here = f"WHERE {store.among('ma_xa', 'communes')}"
    lived = "(release_to IS NULL OR release_to <> release_from)"
    found = [
        _read(store, table, srid, f"{here} AND {store.among(column, 'numbers')} AND {lived}", values)
        for column in _ENDS
    ]
    return _paired(*(rows.assign(release=rows[name]) for rows, name in zip(found, _ENDS, strict=True)))


def moved_m(before: Geometries, after: Geometries) -> Geometries:
    """Return how far boundaries moved: the largest distance between two shapes (Hausdorff), in metres."""
    boundaries = [shapely.boundary(shapes) for shapes in (before, after)]
    distance: Geometries = np.nan_to_num(shapely.hausdorff_distance(*boundaries))
    return distance


def _read(store: Store, table: Table, srid: int, condition: str, values: dict[str, object]) -> gpd.GeoDataFrame:
    rows = read_versions(store, table, srid, f"{condition} ORDER BY thua_dat_id, version_id", values)
    kinds = {name: _TYPES[kind] for name, kind in table.columns if kind in _TYPES}
    typed: gpd.GeoDataFrame = rows.astype(kinds)
    return typed


def _paired(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> Changes:
    """Return versions of one parcel and release side by side."""
    key = ["release", "thua_dat_id"]
    places = [rows[key].assign(**{name: np.arange(len(rows))}) for name, rows in (("b", before), ("a", after))]
    # Of several versions that one release ended, the newest counts.
    one, other = (rows.drop_duplicates(key, keep="last") for rows in places)
    pairs = one.merge(other, how="outer", on=key).sort_values(key, ignore_index=True)
    return Changes(
        pairs["release"].astype("int64"),
        pairs["thua_dat_id"].astype("string"),
        *(rows.reindex(pairs[name]).reset_index(drop=True) for name, rows in (("b", before), ("a", after))),
    )
