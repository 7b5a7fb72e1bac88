"""What the atlas reads of a store that is no file: the versions of parcels that the public may see, as a GeoPackage.

They keep their numbers and those of their releases, so that every question has the same answer over either store. What
is withheld, today or then, and columns that are not for the public do not come along: the file is published.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

import schemas
from pipelines import access, feed
from pipelines import store as land
from pipelines.ids import among
from pipelines.publish.container import Container
from pipelines.store import geopackage
from pipelines.store.reading import read_versions
from pipelines.store.tables import GEOMETRY_COLUMN, VERSION_COLUMNS
from schemas import ddl, indexes

DATABASE = "versions.gpkg"
"""Path of the file in a release."""

_LAYERS = ("thua_dat", "xa")
_KEY = "version_id"
_TIMES = tuple(name for name in VERSION_COLUMNS if name not in (_KEY, "row_hash"))
"""The hash of a row is made of columns that are not for the public, too."""

_ENDS = ["valid_to", "tx_to", "release_to"]
_OF_RELEASES = ("release_id", "ma_xa", "ky_dia_gioi", "finished_at")
"""Neither who nor which transaction: the release of land that is withheld would tell it."""

Histories = Mapping[tuple[str, str], Sequence[land.Release]]


def write(
    path: Path, former: Path | None, store: land.Store, history: Histories, unchanged: Iterable[tuple[str, str]]
) -> int:
    """Write the file; return how many versions of parcels it holds.

    Args:
        path: The file to write.
        former: The file of the former release, where it can be used again.
        store: The land database.
        history: All releases of every commune, oldest first, up to the one that is published.
        unchanged: Communes of which that file holds all there is, and nothing that is withheld since.
    """
    kept = set(unchanged) if former else set()
    with _Mirror(path, former) as mirror:
        mirror.prepare(sorted({release.srid for releases in history.values() for release in releases}))
        mirror.forget_all_but([release.release_id for scope in kept for release in history[scope]])
        for scope in sorted(history.keys() - kept):
            mirror.enter(store, history[scope])
        return mirror.finish([release for releases in history.values() for release in releases])


def shown(layer: str, srid: int) -> land.Table:
    """Return the table of a versioned layer with those of its columns that are published."""
    return _only(land.layer_table(layer, srid), {*schemas.public_columns(layer), _KEY, GEOMETRY_COLUMN, *_TIMES})


def _only(table: land.Table, names: Iterable[str]) -> land.Table:
    return replace(table, columns=tuple(column for column in table.columns if column[0] in names))


class _Mirror(Container):
    """The file, while it is written."""

    def prepare(self, zones: Sequence[int]) -> None:
        """Make the tables of zones that are missing, and put all triggers aside."""
        plain = land.land_tables(zones[0])
        self._define(plain["vung_toa_do"], "srid")
        self._define(_only(plain["ban_phat_hanh"], _OF_RELEASES), "release_id")
        for srid in zones:
            geopackage.add_spatial_ref(self.connection, srid)
            registered = {table.name: table for table in ddl.spatial_tables(srid)}
            for layer in _LAYERS:
                table = shown(layer, srid)
                self._define(table, _KEY, indexes.BY_LAYER.get(layer, ()))
                said = registered[table.name]
                geopackage.register_features(
                    self.connection,
                    table.name,
                    srid,
                    geometry_type=said.geometry_type,
                    key=_KEY,
                    title=f"{said.title}, mọi phiên bản / {said.title_en}, all versions",
                )
        for name in self._feature_tables():
            geopackage.drop_triggers(self.connection, name)
        self._fill("vung_toa_do", [(srid, ddl.table_name("thua_dat", srid)) for srid in zones])

    def _fill(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Make rows all that a small table holds."""
        self.connection.execute(f"DELETE FROM {table}")
        self.connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)

    def _define(self, table: land.Table, key: str, asked: Sequence[Sequence[str]] = ()) -> None:
        columns = [f'"{name}" {kind}{" PRIMARY KEY" if name == key else ""}' for name, kind in table.columns]
        self.connection.execute(f"CREATE TABLE IF NOT EXISTS {table.qualified} ({', '.join(columns)})")
        for number, index in enumerate(asked, start=1):
            if set(index) <= set(table.names):
                name = f"ix_{table.name}_{number}"
                self.connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table.qualified} ({', '.join(index)})")
        if not table.has_geometry:
            geopackage.register_attributes(self.connection, table.name)

    def _feature_tables(self) -> list[str]:
        return [row[0] for row in self.connection.execute("SELECT table_name FROM gpkg_geometry_columns").fetchall()]

    def forget_all_but(self, numbers: Sequence[int]) -> None:
        """Take out what other releases entered."""
        for name in self._feature_tables():
            self.remove(name, _KEY, "release_from NOT IN", numbers)

    def enter(self, store: land.Store, releases: Sequence[land.Release]) -> None:
        """Put in the versions of one commune as they were after the last of its releases."""
        last = releases[-1]
        values = {"ma_xa": last.ma_xa, "ky_dia_gioi": last.ky_dia_gioi, "last": last.release_id}
        for srid in sorted({release.srid for release in releases}):
            of_zone = [release for release in releases if release.srid == srid]
            for layer in _LAYERS:
                table = shown(layer, srid)
                where = f"WHERE {table.of_commune} AND release_from <= :last ORDER BY version_id"
                rows = read_versions(store, table, srid, where, values)
                if layer == "thua_dat":
                    rows = rows[~_is_withheld(store, rows, of_zone[-1])]
                self._add(table, _known(rows, last.release_id), srid)

    def _add(self, table: land.Table, rows: gpd.GeoDataFrame, srid: int) -> None:
        entity = land.typed(rows, table)
        times = pd.DataFrame(rows[[name for name in (_KEY, *_TIMES) if name not in entity]]).reset_index(drop=True)
        self.add(table.name, _KEY, pd.concat([times, entity], axis=1), rows.geometry.to_numpy(), srid)

    def finish(self, releases: Sequence[land.Release]) -> int:
        """Enter the releases and keep what was written; return how many versions of parcels there are."""
        self._fill("ban_phat_hanh", [tuple(getattr(one, name) for name in _OF_RELEASES) for one in releases])
        for name in self._feature_tables():
            geopackage.create_triggers(self.connection, name, _KEY)
        zones = self.connection.execute("SELECT bang FROM vung_toa_do").fetchall()
        held = [self.connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in zones]
        self.keep(max(str(release.finished_at) for release in releases))
        return sum(held)


def _is_withheld(store: land.Store, versions: gpd.GeoDataFrame, release: land.Release) -> pd.Series:
    """Return which versions the public may not see: withheld themselves, or of a parcel that is withheld today."""
    today = feed.withheld_today(store, versions, release)
    return access.is_withheld(versions) | among(versions["thua_dat_id"], today)


def _known(versions: gpd.GeoDataFrame, release_id: int) -> gpd.GeoDataFrame:
    """Return versions as they were known after a release: what a later one ended had no end."""
    ended = versions.copy()
    ended.loc[ended["release_to"] > release_id, _ENDS] = None
    return ended
