"""SQL of the land database and of the holder database, for SQLite and GeoPackage.

Only the tables of the entities are made here. The system tables of a GeoPackage, its registrations and R-trees
belong to whoever writes the file; `spatial_tables` names what has to be registered.
"""

from dataclasses import dataclass
from typing import Any

import schemas

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
_INDEXES = {
    "thua_dat": (("ma_xa", "so_hieu_to_ban_do", "so_thu_tu_thua"), ("thua_dat_id",), ("thua_key",)),
    "canh_bao": (("thua_dat_id",), ("ma_xa", "code")),
    "muc_dich_su_dung": (("thua_key",),),
    "nguon_goc_dat": (("thua_key",),),
    "han_che_quyen": (("thua_key",),),
    "ban_phat_hanh": (("ma_xa", "ky_dia_gioi"),),
    "quyen_su_dung_dat": (("thua_key",), ("chu_id",)),
    "giay_to_tuy_than": (("ca_nhan_id",), ("so_giay_to_bam",)),
    "giay_chung_nhan": (("so_phat_hanh",),),
}


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


def land(srid: int) -> str:
    """Return the SQL of the land database with the tables of one zone; it may be run again for another zone."""
    return land_template().replace(ZONE, str(srid))


def land_template() -> str:
    """Return the SQL of the land database with `{srid}` in place of the zone."""
    parts = [
        _comment("vung_toa_do", "Múi tọa độ và bảng thửa của nó", "Zones and their parcel tables")
        + "CREATE TABLE IF NOT EXISTS vung_toa_do (\n  srid INTEGER PRIMARY KEY,\n  bang TEXT NOT NULL UNIQUE\n);\n",
    ]
    parts += [_entity(name, entity) for name, entity in _of_store("land")]
    return "\n".join(parts)


def holders() -> str:
    """Return the SQL of the holder database; it holds personal data and is never published."""
    return "\n".join(_entity(name, entity) for name, entity in _of_store("holders"))


def spatial_tables(srid: int) -> tuple[SpatialTable, ...]:
    """Return the feature tables of one zone in the land database."""
    return tuple(
        SpatialTable(table_name(name, srid), str(entity["x-spatial"]).upper(), entity["title"], entity["title:en"])
        for name, entity in _of_store("land")
        if entity["x-spatial"]
    )


def table_name(layer: str, srid: int | str) -> str:
    """Return the table of a layer; layers with exact coordinates have one table per zone."""
    return f"{layer}_{srid}" if schemas.layer(layer)["x-per-zone"] else layer


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


def _entity(name: str, entity: dict[str, Any]) -> str:
    table = table_name(name, ZONE)
    lines = [_column(column, kind, entity) for column, kind in columns(name)]
    if entity["x-versioned"]:
        lines = ["version_id INTEGER PRIMARY KEY AUTOINCREMENT", *lines]
        lines += [f"{column} {kind}" for column, kind in VERSION_COLUMNS]
        lines += ["CHECK (valid_to IS NULL OR valid_to >= valid_from)", "CHECK (tx_to IS NULL OR tx_to >= tx_from)"]
    body = ",\n".join(f"  {line}" for line in lines)
    indexes = "".join(
        f"CREATE INDEX IF NOT EXISTS ix_{table}_{number} ON {table} ({', '.join(index)});\n"
        for number, index in enumerate(_INDEXES.get(name, ()), start=1)
    )
    head = _comment(table, entity["title"], entity["title:en"])
    return f"{head}CREATE TABLE IF NOT EXISTS {table} (\n{body}\n);\n{indexes}"


def _column(name: str, kind: str, entity: dict[str, Any]) -> str:
    quoted = f'"{name}"' if name == "limit" else name
    definition = entity["properties"].get(name, {})
    if not entity["x-versioned"] and entity["x-key"] == [name]:
        return f"{quoted} {kind} PRIMARY KEY AUTOINCREMENT"
    required = " NOT NULL" if name in entity["required"] else ""
    codes = _codes(definition)
    check = f" CHECK ({quoted} IN ({', '.join(repr(code) for code in codes)}))" if codes else ""
    return f"{quoted} {kind}{required}{check}"


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
