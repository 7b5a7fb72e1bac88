"""A GeoPackage that a release brings: that of the former release with some rows replaced, or a new one."""

import json
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pandas as pd

from pipelines.store import geopackage
from pipelines.store.database import Geometries
from pipelines.store.tables import GEOMETRY_COLUMN


class Container:
    """The file, open for writing; where nothing is kept, it stays what it was copied from.

    Args:
        path: The file to write.
        former: The file of the former release, where it can be used again.
    """

    def __init__(self, path: Path, former: Path | None) -> None:
        if former:
            shutil.copyfile(former, path)
        self.connection = sqlite3.connect(path, isolation_level=None)
        # What is taken out must not be found in a free page, since the file is published.
        self.connection.execute("PRAGMA secure_delete = ON")
        self.connection.execute("PRAGMA synchronous = OFF")
        self.connection.execute("BEGIN")
        if not former:
            geopackage.prepare(self.connection)

    def remove(self, table: str, key: str, condition: str, numbers: Sequence[int]) -> None:
        """Take rows out of a feature table, and out of its R-tree.

        Args:
            table: The table, its triggers put aside.
            key: Its key.
            condition: `column IN`, or `column NOT IN`.
            numbers: What stands in that column of the rows.
        """
        where = f"{condition} (SELECT value FROM json_each(?))"
        told = (json.dumps(numbers),)
        self.connection.execute(
            f'DELETE FROM "rtree_{table}_{GEOMETRY_COLUMN}" WHERE id IN (SELECT "{key}" FROM "{table}" WHERE {where})',
            told,
        )
        self.connection.execute(f'DELETE FROM "{table}" WHERE {where}', told)

    def add(self, table: str, key: str, rows: pd.DataFrame, shapes: Geometries, srid: int) -> None:
        """Put rows into a feature table, and into its R-tree.

        Args:
            table: The table, its triggers put aside.
            key: Its key.
            rows: Its columns by name, without the geometry.
            shapes: Their geometries.
            srid: System of these (EPSG code).
        """
        if not len(rows):
            return
        names = ", ".join(f'"{name}"' for name in (*rows.columns, GEOMETRY_COLUMN))
        columns = rows.astype(object).where(rows.notna(), None)
        marks = ", ".join("?" * (len(rows.columns) + 1))
        self.connection.executemany(
            f'INSERT INTO "{table}" ({names}) VALUES ({marks})',
            zip(*(columns[name].tolist() for name in columns), geopackage.encode(shapes, srid), strict=True),
        )
        (present,) = self.connection.execute(f'SELECT count(*) FROM "rtree_{table}_{GEOMETRY_COLUMN}"').fetchone()
        geopackage.index_rows(self.connection, table, rows[key].tolist(), shapes, present)
        geopackage.describe_rows(self.connection, table, shapes)

    def keep(self, changed_at: str) -> None:
        """Keep what was written.

        Args:
            changed_at: What the file says of when its content changed, UTC, ISO 8601.
        """
        self.connection.execute("UPDATE gpkg_contents SET last_change = ?", (changed_at,))
        self.connection.execute("COMMIT")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
