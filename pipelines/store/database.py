"""An open land database, whatever keeps it: what the rules and questions of this package stand on.

They are written once, in SQL that SQLite and PostgreSQL understand alike, with named parameters (`:name`). A backend
says the rest: its transaction, how it fills many rows at once, how it spells a geometry and a list of values.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd
import shapely

from pipelines.store.tables import Table
from schemas.ddl import Dialect

WAIT_MS = 60_000
"""How long another program may hold what is wanted."""

Geometries = np.ndarray[Any, Any]
Box = tuple[float, float, float, float]
"""West, south, east, north."""

Values = Mapping[str, Any]


class Rows(Protocol):
    """What a database answers."""

    @property
    def description(self) -> Any: ...  # noqa: D102

    def fetchone(self) -> Any: ...  # noqa: D102

    def fetchall(self) -> list[Any]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Moment:
    """When and by which release rows are written.

    Attributes:
        release_id: The release.
        now: Transaction time, UTC, ISO 8601.
        valid: Date from which the content holds, ISO 8601.
        scope: Commune code and era.
    """

    release_id: int
    now: str
    valid: str
    scope: tuple[str, str]

    @property
    def values(self) -> dict[str, Any]:
        """Return all of it as parameters."""
        ma_xa, era = self.scope
        return {
            "release": self.release_id, "now": self.now, "valid": self.valid, "ma_xa": ma_xa, "ky_dia_gioi": era,
        }  # fmt: skip


class Store(ABC):
    """An open land database.

    Attributes:
        dialect: How it spells the DDL.
        place: Where it is, as messages say it; never with a password.
        land_place: The file or schema of the land in it.
        manifest_path: The file the atlas reads, relative to a release; empty where it cannot open the store itself.
        connection: The connection of the driver.
    """

    dialect: Dialect
    place: str
    land_place: str
    manifest_path: str
    connection: Any

    @abstractmethod
    def transaction(
        self, scope: tuple[str, str] | None = None, srid: int | None = None
    ) -> AbstractContextManager["Store"]:
        """Run a block in one transaction over land and holders: all of it is kept, or nothing.

        Args:
            scope: Commune code and era that are written; two transactions over one commune come one after the other.
            srid: Zone its parcels are written in.

        Raises:
            StoreError: Another program holds the database, it went away, or the disk refuses.
        """

    @abstractmethod
    def hold(self, name: str) -> None:
        """Let nobody else hold a name until the transaction of the caller ends; communes are written side by side.

        Raises:
            StoreError: Another program has been holding it for longer than one may wait.
        """

    @abstractmethod
    def settled(self) -> AbstractContextManager[None]:
        """Run a block in which every release that can get a number below one that is seen has been seen.

        Raises:
            StoreError: Another program has been writing for longer than one may wait.
        """

    @abstractmethod
    def execute(self, sql: str, values: Values | None = None) -> Rows:
        """Run one statement with named parameters.

        Raises:
            StoreError: The database went away, is held by another program, or does not allow it.
        """

    @abstractmethod
    def insert(
        self, table: Table, rows: pd.DataFrame, geometries: Geometries | None, moment: Moment, srid: int
    ) -> None:
        """Insert many rows as current versions, in their order."""

    @abstractmethod
    def insert_plain(self, table: str, rows: pd.DataFrame, schema: str = "") -> None:
        """Insert many rows into a table of the program that is no layer; `schema` is that of the holders, or none."""

    @abstractmethod
    def copied(self, table: Table, sources: list[int], moment: Moment) -> None:
        """Bring what stands beside a table (a spatial index by hand) in step with versions written again."""

    @abstractmethod
    def changed(self, table: Table) -> AbstractContextManager[None]:
        """Run a block that writes many rows of a table."""

    @abstractmethod
    def among(self, column: str, name: str) -> str:
        """Return the condition that a column is one of the values of the parameter `name`; see `values`."""

    @abstractmethod
    def values(self, items: Iterable[str] | Iterable[int]) -> Any:
        """Return a list of values as a parameter for `among`."""

    @abstractmethod
    def column(self, name: str, declared: str) -> str:
        """Return the expression for a column as it is read: geometry as WKB, truth as 0 and 1."""

    @abstractmethod
    def in_box(self, table: Table) -> str:
        """Return the condition that a geometry meets the box `:west`, `:south`, `:east`, `:north`, by the index."""

    @abstractmethod
    def communes_of(self, srid: int, box: Box) -> list[str] | None:
        """Return the communes whose parcels can meet a box; None where all communes stand together.

        Where each commune has a partition, a question about a place has to say which it is about.
        """

    @abstractmethod
    def holders(self) -> AbstractContextManager[None]:
        """Open the holder tables for reading, for the time of a block.

        Raises:
            StoreError: They are gone, or this account may not read them.
        """

    @abstractmethod
    def holders_lost(self) -> tuple[str, str]:
        """Return what to say, in Vietnamese and English, where there is land but no key of the holders."""

    @abstractmethod
    def columns(self) -> dict[tuple[str, str], set[str]]:
        """Return the tables that are really there, by schema and name, with their columns."""

    @abstractmethod
    def define(self, srid: int) -> None:
        """Make what is missing of the tables, indexes and views of a zone, inside the caller's transaction."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    def frame(self, sql: str, values: Values | None = None) -> pd.DataFrame:
        """Read a table: the types are those pandas finds in the values, in both stores."""
        found = self.execute(sql, values)
        names = [column[0] for column in found.description]
        return pd.DataFrame.from_records(found.fetchall(), columns=names, coerce_float=True)

    def zones(self) -> list[int]:
        """Return the EPSG codes of the zones the database holds."""
        return [row[0] for row in self.execute("SELECT srid FROM vung_toa_do ORDER BY srid").fetchall()]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def as_parts(geometries: Geometries) -> Geometries:
    """Return single polygons as multipolygons of one part; the coordinates stay the same."""
    single = shapely.get_type_id(geometries) == shapely.GeometryType.POLYGON
    parts = geometries.copy()
    parts[single] = shapely.multipolygons(geometries[single], indices=np.arange(single.sum()))
    return parts
