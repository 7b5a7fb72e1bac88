"""The change feed in a release: a file of lines for each commune and year, and one database that the server asks.

Files of years that are over stay as they are, byte for byte, unless land in them is withheld later; whoever has read up
to a number reads the files that go beyond it.
"""

import gzip
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pandas as pd

from pipelines import feed
from pipelines import store as land
from pipelines.publish.container import Container
from pipelines.store import geopackage
from pipelines.store.tables import GEOMETRY_COLUMN

FOLDER = "feed"
DATABASE = f"{FOLDER}/changes.gpkg"
TABLE = "changes"
LONLAT = 4326

_KEY = "sequence"
_LEVEL = 4
"""Of compression: 6 takes a third longer and saves a tenth of the size."""
_LISTS = ("changed", "predecessors", "successors")
_COLUMNS = {name: "INTEGER" if name == "release_id" else "TEXT" for name in feed.PLAIN if name != _KEY} | {
    name: "TEXT" for name in (*_LISTS, "values")
}
_TITLE = "Biến động thửa đất / Changes of parcels"


def write(fresh: Path, name: str, entries: pd.DataFrame) -> list[dict[str, Any]]:
    """Write the entries of a commune, a file for each year; return what the manifest says of the files.

    Args:
        fresh: Folder of the release.
        name: What the files of the commune go by.
        entries: See `pipelines.feed.read`.

    Returns:
        `path`, `year`, `first`, `last` (numbers of entries) and `count`, by year.
    """
    listed = []
    for year, rows in entries.groupby(entries["recorded_at"].str[:4]):
        path = f"{FOLDER}/{name}-{year}.ndjson.gz"
        # Without a time in it the same entries make the same bytes.
        (fresh / path).write_bytes(gzip.compress(b"".join(feed.lines(rows)), compresslevel=_LEVEL, mtime=0))
        ends = {"first": int(rows[_KEY].iloc[0]), "last": int(rows[_KEY].iloc[-1])}
        listed.append({"path": path, "year": int(str(year)), **ends, "count": len(rows)})
    return listed


def total(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the manifest says of the whole feed.

    Args:
        entries: Entries of the communes, with `feed`.
    """
    files = [file for entry in entries for file in entry["feed"]]
    return {
        "count": sum(file["count"] for file in files),
        "last": max((file["last"] for file in files), default=0),
        "database": DATABASE,
    }


class Database(Container):
    """The database of the feed: that of the former release with some communes replaced, or a new one.

    Args:
        path: The file to write.
        former: The file of the former release, where it can be used again.
    """

    def __init__(self, path: Path, former: Path | None) -> None:
        super().__init__(path, former)
        if not former:
            self._define()
        geopackage.drop_triggers(self.connection, TABLE)

    def _define(self) -> None:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in _COLUMNS.items())
        self.connection.execute(
            f'CREATE TABLE {TABLE} ("{_KEY}" INTEGER PRIMARY KEY, {GEOMETRY_COLUMN} GEOMETRY, {columns})'
        )
        for name in ("release_id", "thua_dat_id"):
            self.connection.execute(f"CREATE INDEX ix_{TABLE}_{name} ON {TABLE} ({name})")
        geopackage.register_features(self.connection, TABLE, LONLAT, geometry_type="GEOMETRY", key=_KEY, title=_TITLE)

    def replace(self, releases: Sequence[land.Release], entries: pd.DataFrame) -> None:
        """Put the entries of a commune in the place of those that are there of its releases."""
        self.remove(TABLE, _KEY, "release_id IN", [release.release_id for release in releases])
        plain = entries[[_KEY, *_COLUMNS]].assign(**{name: entries[name].str.join(",") for name in _LISTS})
        plain["values"] = [orjson.dumps(values).decode() for values in entries["values"]]
        self.add(TABLE, _KEY, plain, entries["shape"].to_numpy(), LONLAT)

    def finish(self, changed_at: str) -> None:
        """Keep what was written.

        Args:
            changed_at: What the file says of when its content changed, UTC, ISO 8601.
        """
        geopackage.create_triggers(self.connection, TABLE, _KEY)
        self.keep(changed_at)


def link(former: Path, fresh: Path, files: Sequence[Mapping[str, Any]]) -> None:
    """Take over the files of a commune that did not change."""
    for file in files:
        os.link(former / file["path"], fresh / file["path"])
