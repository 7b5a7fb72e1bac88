"""The change feed in a release: a file of lines for each commune and year, and one database that the server asks.

Files of years that are over stay as they are, byte for byte, unless land in them is withheld later; whoever has read up
to a number reads the files that go beyond it.
"""

import gzip
import json
import os
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import orjson
import pandas as pd

from pipelines import feed
from pipelines import store as land
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


class Database:
    """The database of the feed: that of the former release with some communes replaced, or a new one.

    Args:
        path: The file to write.
        former: The file of the former release, where it can be used again.
    """

    def __init__(self, path: Path, former: Path | None) -> None:
        if former:
            shutil.copyfile(former, path)
        self._connection = sqlite3.connect(path, isolation_level=None)
        # What is taken out must not be found in a free page, since the file is published.
        self._connection.execute("PRAGMA secure_delete = ON")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("BEGIN")
        if not former:
            self._define()
        geopackage.drop_triggers(self._connection, TABLE)

    def _define(self) -> None:
        geopackage.prepare(self._connection)
        columns = ", ".join(f'"{name}" {kind}' for name, kind in _COLUMNS.items())
        self._connection.execute(
            f'CREATE TABLE {TABLE} ("{_KEY}" INTEGER PRIMARY KEY, {GEOMETRY_COLUMN} GEOMETRY, {columns})'
        )
        for name in ("release_id", "thua_dat_id"):
            self._connection.execute(f"CREATE INDEX ix_{TABLE}_{name} ON {TABLE} ({name})")
        geopackage.register_features(self._connection, TABLE, LONLAT, geometry_type="GEOMETRY", key=_KEY, title=_TITLE)

    def replace(self, releases: Sequence[land.Release], entries: pd.DataFrame) -> None:
        """Put the entries of a commune in the place of those that are there of its releases."""
        there = "release_id IN (SELECT value FROM json_each(?))"
        numbers = (json.dumps([release.release_id for release in releases]),)
        rtree = f'"rtree_{TABLE}_{GEOMETRY_COLUMN}"'
        self._connection.execute(f"DELETE FROM {rtree} WHERE id IN (SELECT {_KEY} FROM {TABLE} WHERE {there})", numbers)
        self._connection.execute(f"DELETE FROM {TABLE} WHERE {there}", numbers)
        shapes = entries["shape"].to_numpy()
        plain = entries[list(_COLUMNS)].assign(**{name: entries[name].str.join(",") for name in _LISTS})
        plain["values"] = [orjson.dumps(values).decode() for values in entries["values"]]
        columns = plain.astype(object).where(plain.notna(), None)
        blobs = geopackage.encode(shapes, LONLAT) if len(shapes) else []
        marks = ", ".join("?" * (2 + len(_COLUMNS)))
        ids = entries[_KEY].tolist()
        self._connection.executemany(
            f"INSERT INTO {TABLE} VALUES ({marks})",
            zip(ids, blobs, *(columns[name].tolist() for name in _COLUMNS), strict=True),
        )
        if len(shapes):
            (present,) = self._connection.execute(f"SELECT count(*) FROM {rtree}").fetchone()
            geopackage.index_rows(self._connection, TABLE, ids, shapes, present)
            geopackage.describe_rows(self._connection, TABLE, shapes)

    def finish(self, changed_at: str) -> None:
        """Keep what was written.

        Args:
            changed_at: What the file says of when its content changed, UTC, ISO 8601.
        """
        geopackage.create_triggers(self._connection, TABLE, _KEY)
        self._connection.execute("UPDATE gpkg_contents SET last_change = ?", (changed_at,))
        self._connection.execute("COMMIT")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def link(former: Path, fresh: Path, files: Sequence[Mapping[str, Any]]) -> None:
    """Take over the files of a commune that did not change."""
    for file in files:
        os.link(former / file["path"], fresh / file["path"])
