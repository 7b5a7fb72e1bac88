"""SQL of the land database and of the holder database, for both stores: SQLite (GeoPackage) and PostGIS.

Only the tables of the program are made here. The system tables of a GeoPackage, its registrations and R-trees belong
to whoever writes the file; `spatial_tables` names what has to be registered. Roles and partitions of PostGIS stand in
`schemas.postgis`.
"""

import sqlite3
from dataclasses import dataclass
from functools import cache
from typing import Any

import schemas
from schemas import bookkeeping, guards, indexes

SCHEMA_VERSION = 3
"""Version of the tables; raised when a store of the former version cannot be used as it is (see `migrate`)."""

VERSION_COLUMNS = (
    ("valid_from", "TEXT NOT NULL"),
    ("valid_to", "TEXT"),
    ("tx_from", "TEXT NOT NULL"),
    ("tx_to", "TEXT"),
    ("release_from", "INTEGER NOT NULL"),
    ("release_to", "INTEGER"),
    ("row_hash", "TEXT NOT NULL"),
)
"""Columns of every versioned table beside `version_id`: time on the ground (dates), time in the database (UTC)."""

_TYPES = {"string": "TEXT", "number": "REAL", "integer": "INTEGER", "boolean": "BOOLEAN"}
_SEALED = (("_ma_hoa", "BLOB"), ("_bam", "TEXT"), ("_che", "TEXT"))
_PARTITIONED = ("thua_dat",)
"""Layers that PostGIS keeps in one partition for each commune."""


@dataclass(frozen=True, slots=True)
class SpatialTable:
    """A feature table to be registered in `gpkg_contents` and `gpkg_geometry_columns`.

    Attributes:
        name: Name of the table.
        geometry_type: `POLYGON`, `MULTIPOLYGON` or `GEOMETRY`.
        title: Vietnamese title.
        title_en: English title.
        geometry_column: Always `geom`.
    """

    name: str
    geometry_type: str
    title: str
    title_en: str
    geometry_column: str = "geom"


ZONE = "{srid}"
"""What stands for the EPSG code in the generated templates."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a store spells what is the same in both.

    Attributes:
        is_postgis: Whether it is PostGIS; else it is SQLite.
        schema: Schema of the tables, or empty where there is none to name.
    """

    is_postgis: bool = False
    schema: str = ""

    def table(self, name: str) -> str:
        """Return the name of a table with its schema."""
        return f"{self.schema}.{name}" if self.schema else name

    def index(self, name: str, table: str) -> str:
        """Return `index ON table`; SQLite names the schema before the index, PostgreSQL before the table."""
        return f"{name} ON {self.table(table)}" if self.is_postgis else f"{self.table(name)} ON {table}"

    def column(self, definition: str) -> str:
        """Return the definition of a column, its declared type spelled as the store does."""
        if definition.endswith(_COUNTER):
            counted = self.key(definition.removesuffix(_COUNTER))
            return f"{counted} PRIMARY KEY" if self.is_postgis else counted
        if not self.is_postgis:
            return definition
        name, kind, *rest = definition.split(" ")
        return " ".join([name, _POSTGIS_TYPES.get(kind, _POSTGIS_GEOMETRY.get(kind, kind)), *rest])

    def is_one_of(self, column: str, codes: list[str]) -> str:
        """Return the condition that a column holds one of some codes."""
        if self.is_postgis:
            return f"{column} IN ({', '.join(map(repr, codes))})"
        # For IN, SQLite makes a table of the codes anew for each row.
        return " OR ".join(f"{column} = {code!r}" for code in codes)

    def key(self, name: str) -> str:
        """Return the definition of a number that counts by itself."""
        return f"{name} BIGSERIAL" if self.is_postgis else f"{name} INTEGER PRIMARY KEY AUTOINCREMENT"


SQLITE = Dialect()
_COUNTER = " COUNTER"
"""Declares the key of a table of the program that counts by itself."""

_POSTGIS_TYPES = {"TEXT": 'TEXT COLLATE "C"', "REAL": "DOUBLE PRECISION", "INTEGER": "BIGINT", "BLOB": "BYTEA"}
"""Texts are compared byte by byte, as SQLite does; where people read them they are sorted by the rules of people."""

_POSTGIS_GEOMETRY = {
    # A parcel of several parts is stored as it came, in both stores.
    "POLYGON": f"geometry(Geometry,{ZONE})",
    "MULTIPOLYGON": f"geometry(Geometry,{ZONE})",
    "GEOMETRY": f"geometry(Geometry,{ZONE})",
}


def land(srid: int) -> str:
    """Return the SQL of the land database with the tables of one zone; it may be run again for another zone."""
    return land_template().replace(ZONE, str(srid))


def land_template(dialect: Dialect = SQLITE) -> str:
    """Return the SQL of the land database with `{srid}` in place of the zone."""
    return _script("land", dialect)


def holders(dialect: Dialect = SQLITE) -> str:
    """Return the SQL of the holder database; it holds personal data and is never published."""
    return _script("holders", dialect)


@cache
def _script(store: str, dialect: Dialect) -> str:
    parts = [
        f"{_comment(name, *titles)}CREATE TABLE IF NOT EXISTS {dialect.table(name)} (\n  "
        + ",\n  ".join(map(dialect.column, columns))
        + "\n);\n"
        + _indexes(name, name, dialect)
        for name, (titles, columns) in bookkeeping.TABLES[store].items()
    ]
    parts += [_entity(name, entity, dialect) for name, entity in _of_store(store)]
    if store == "land" and not dialect.is_postgis:
        parts.append(guards.of_geopackage(table_name("thua_dat", ZONE)))
    if store == "holders" and not dialect.is_postgis:
        parts.append(guards.of_holder_file(dialect.schema))
    return "\n".join(parts)


def statements(script: str) -> list[str]:
    """Return the statements of a generated script one by one; a trigger is one of them."""
    found, text = [], ""
    for line in script.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            found.append(text.strip().removesuffix(";"))
            text = ""
    return found


def current_view(table: str) -> str:
    """Return the name of the view of the versions of a table that hold now."""
    return f"{table}_hien_hanh"


@cache
def current_columns(table: str) -> tuple[str, ...]:
    """Return the columns of that view, beside the key."""
    layer = next(name for name in schemas.layers() if table in (name, table_name(name, table.rpartition("_")[2])))
    return (*(name for name, _ in columns(layer)), "valid_from", "tx_from")


def is_partitioned(table: str) -> bool:
    """Tell whether PostGIS keeps a table in one partition for each commune."""
    return any(table.startswith(f"{layer}_") for layer in _PARTITIONED)


@cache
def spatial_tables(srid: int | str) -> tuple[SpatialTable, ...]:
    """Return the feature tables of one zone in the land database."""
    return tuple(
        SpatialTable(table_name(name, srid), str(entity["x-spatial"]).upper(), entity["title"], entity["title:en"])
        for name, entity in _of_store("land")
        if entity["x-spatial"]
    )


@cache
def table_name(layer: str, srid: int | str) -> str:
    """Return the table of a layer; layers with exact coordinates have one table per zone."""
    return f"{layer}_{srid}" if schemas.layer(layer)["x-per-zone"] else layer


def is_indexed(layer: str, column: str) -> bool:
    """Tell whether an index of a layer begins with a column."""
    return any(index[0] == column for index in indexes.BY_LAYER.get(layer, ()))


@cache
def columns(layer: str) -> tuple[tuple[str, str], ...]:
    """Return name and SQL type of the columns of an entity, without those of versions.

    A property marked `x-sealed` becomes three columns: encrypted, keyed hash, masked.
    """
    entity = schemas.layer(layer)
    skipped = {name for name, _ in VERSION_COLUMNS} if entity["x-versioned"] else set()
    found: list[tuple[str, str]] = []
    for name, definition in entity["properties"].items():
        if name in skipped:
            continue
        if definition.get("x-sealed"):
            found += [(name + suffix, kind) for suffix, kind in _SEALED]
        elif str(definition.get("format", "")).startswith("geometry"):
            found.append(("geom", str(entity["x-spatial"]).upper()))
        else:
            found.append((name, _TYPES[_kind(definition)]))
    return tuple(found)


def _of_store(store: str) -> list[tuple[str, dict[str, Any]]]:
    return [(name, entity) for name, entity in schemas.layers().items() if entity["x-store"] == store]


def _entity(name: str, entity: dict[str, Any], dialect: Dialect) -> str:
    table, is_split = table_name(name, ZONE), dialect.is_postgis and name in _PARTITIONED
    lines = [_column(column, kind, entity, dialect) for column, kind in columns(name)]
    if entity["x-versioned"]:
        lines = [dialect.key("version_id"), *lines]
        lines += [dialect.column(f"{column} {kind}") for column, kind in VERSION_COLUMNS]
        lines += ["CHECK (valid_to IS NULL OR valid_to >= valid_from)", "CHECK (tx_to IS NULL OR tx_to >= tx_from)"]
    if dialect.is_postgis:
        key = "version_id" if entity["x-versioned"] else entity["x-key"][0]
        lines.append(f"PRIMARY KEY ({key}{', ma_xa' if is_split else ''})")
    body = ",\n".join(f"  {line}" for line in lines)
    end = " PARTITION BY LIST (ma_xa)" if is_split else ""
    head = _comment(table, entity["title"], entity["title:en"])
    made = f"{head}CREATE TABLE IF NOT EXISTS {dialect.table(table)} (\n{body}\n){end};\n"
    current = f"ix_{table}_hien_hanh"
    if entity["x-versioned"]:
        made += f"CREATE INDEX IF NOT EXISTS {dialect.index(current, table)} (release_from) WHERE tx_to IS NULL;\n"
    for end, where in indexes.COMPARED.items() if name in _PARTITIONED else ():
        index = dialect.index(f"ix_{table}_{end}", table)
        made += f"CREATE INDEX IF NOT EXISTS {index} ({'' if is_split else 'ma_xa, '}{end}){where};\n"
    for once in indexes.ONCE_CURRENT.get(name, ()):
        index = dialect.index(f"ux_{table}_{once}", table)
        within = ", ma_xa" if is_split else ""
        made += f"CREATE UNIQUE INDEX IF NOT EXISTS {index} ({once}{within}) WHERE tx_to IS NULL;\n"
    if dialect.is_postgis and entity["x-spatial"]:
        made += f"CREATE INDEX IF NOT EXISTS {dialect.index(f'ix_{table}_geom', table)} USING gist (geom);\n"
    return made + _indexes(name, table, dialect)


def _indexes(layer: str, table: str, dialect: Dialect) -> str:
    # In a partition the commune is the same everywhere: an index that begins with it would mislead the planner.
    needless = {"ma_xa"} if dialect.is_postgis and layer in _PARTITIONED else set()
    made = ""
    for number, index in enumerate(indexes.BY_LAYER.get(layer, ()), start=1):
        names = ", ".join(name for name in index if name not in needless)
        made += f"CREATE INDEX IF NOT EXISTS {dialect.index(f'ix_{table}_{number}', table)} ({names});\n"
    return made


def _column(name: str, kind: str, entity: dict[str, Any], dialect: Dialect) -> str:
    quoted = f'"{name}"' if name == "limit" else name
    definition = entity["properties"].get(name, {})
    if not entity["x-versioned"] and entity["x-key"] == [name]:
        return dialect.key(quoted)
    required = " NOT NULL" if name in entity["required"] else ""
    codes = _codes(definition)
    check = f" CHECK ({dialect.is_one_of(quoted, codes)})" if codes else ""
    return f"{dialect.column(f'{quoted} {kind}')}{required}{check}"


def _codes(definition: dict[str, Any]) -> list[str]:
    """Return the codes worth a CHECK: only those the program assigns itself; codes of the data are findings."""
    if not definition.get("x-assigned"):
        return []
    if "enum" in definition:
        return [str(code) for code in definition["enum"]]
    return [str(code) for code in schemas.codelist(definition["x-codelist"])["code"].drop_duplicates()]


def _kind(definition: dict[str, Any]) -> str:
    kinds = definition["type"]
    return str(kinds if isinstance(kinds, str) else next(kind for kind in kinds if kind != "null"))


def _comment(name: str, title: str, title_en: str) -> str:
    return f"-- {name}: {title} / {title_en}\n"
