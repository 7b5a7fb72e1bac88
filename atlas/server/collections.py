"""What is served: collections, their tables and their fields. Fields come from the schemas, public ones only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import schemas

CODE_LIMIT = 400


@dataclass(frozen=True, slots=True)
class Text:
    """Words in both languages."""

    vi: str
    en: str

    def __getitem__(self, lang: str) -> str:
        return self.vi if lang == "vi" else self.en

    def both(self) -> dict[str, str]:
        """Return the words as pygeoapi wants them."""
        return {"vi": self.vi, "en": self.en}


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of a code list."""

    code: str
    title: Text


@dataclass(frozen=True, slots=True)
class Field:
    """One public property.

    Attributes:
        name: Name of the property and of its column.
        type: JSON Schema type: string, integer, number, boolean or object.
        format: JSON Schema format (`date`, `date-time`) or None.
        title: Short name.
        description: What it means.
        unit: UCUM unit or None.
        codes: Permitted values, empty when open.
        separator: Sign between several codes in one value, or None for one code only.
        nullable: Values may be missing (null).
    """

    name: str
    type: str
    format: str | None
    title: Text
    description: Text
    unit: str | None = None
    codes: tuple[Code, ...] = ()
    separator: str | None = None
    nullable: bool = True

    @property
    def temporal(self) -> bool:
        """Whether values are dates or instants."""
        return self.format in ("date", "date-time")


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a collection: all its geometries are in one CRS.

    Attributes:
        srid: EPSG code of the geometries (4326 means longitude, latitude).
        name: Table name.
        key: Integer primary key.
        geometry: Geometry column.
        rtree: R-tree table of the geometry column.
    """

    srid: int
    name: str
    key: str
    geometry: str
    rtree: str


@dataclass(frozen=True)
class Collection:
    """A collection of the API.

    Attributes:
        id: Name in the address.
        title: Name for people.
        description: What is in it.
        id_field: Property that identifies a feature.
        fields: Public properties in the order they are shown.
        tables: Where the features are stored.
        release: Release that is shown; None when the rows carry no versions.
        newest: Newest release that is published.
        extent: West, south, east, north in degrees, or None while empty.
        crs: EPSG codes offered beside CRS84, storage first.
        sequence: Property that numbers the features in their order, where `since` may ask for what lies beyond one.
        time: Property that `datetime` is about, where it is not the time of versions.
        knows_former_keys: Whether the database tells which keys parcels had before a reform.
    """

    id: str
    title: Text
    description: Text
    id_field: str
    fields: Mapping[str, Field]
    tables: tuple[Table, ...]
    release: int | None
    extent: tuple[float, float, float, float] | None
    crs: tuple[int, ...] = field(default=())
    newest: int | None = None
    sequence: str | None = None
    time: str | None = None
    knows_former_keys: bool = False


def layer_fields(name: str) -> dict[str, Field]:
    """Return the public fields of a layer of the schemas, in its order; nothing else ever leaves the server."""
    properties: dict[str, Any] = schemas.layer(name)["properties"]
    return {
        key: _field(key, definition)
        for key, definition in properties.items()
        if definition.get("x-access") == "public" and not _is_geometry(definition)
    }


def words(node: Mapping[str, Any], key: str, fallback: str = "") -> Text:
    """Return `key` and `key:en` of a schema node."""
    value = node.get(key, fallback)
    if isinstance(value, Mapping):
        return Text(str(value.get("vi", fallback)), str(value.get("en", value.get("vi", fallback))))
    return Text(str(value), str(node.get(f"{key}:en", value)))


def _is_geometry(definition: Mapping[str, Any]) -> bool:
    return definition.get("x-ogc-role") == "primary-geometry" or str(definition.get("format", "")).startswith(
        "geometry"
    )


def _field(name: str, definition: Mapping[str, Any]) -> Field:
    types = definition.get("type", "string")
    kind = types if isinstance(types, str) else next((entry for entry in types if entry != "null"), "string")
    return Field(
        name=name,
        type=kind,
        format=definition.get("format"),
        title=words(definition, "title", name),
        description=words(definition, "description"),
        unit=definition.get("x-ogc-unit"),
        codes=_codes(definition),
        separator=definition.get("x-separator"),
        nullable=not isinstance(types, str),
    )


def _codes(definition: Mapping[str, Any]) -> tuple[Code, ...]:
    listed = definition.get("x-codelist")
    if listed is None:
        return tuple(Code(str(value), Text(str(value), str(value))) for value in definition.get("enum", ()) if value)
    entries = schemas.codelist(str(listed)).drop_duplicates("code")
    if len(entries) > CODE_LIMIT:
        return ()
    vi = entries["name_vi"]
    en = entries["name_en"].where(entries["name_en"] != "", vi) if "name_en" in entries else vi
    return tuple(Code(str(c), Text(str(v), str(e))) for c, v, e in zip(entries["code"], vi, en, strict=True))
