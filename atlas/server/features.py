"""Rows → GeoJSON, many at a time; and one row by its identifier."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
import shapely

from atlas.server import crs, geopackage, versions
from atlas.server.collections import Collection, Field, Table
from atlas.server.selection import ZONE_BITS, json_keys
from atlas.server.spatial import Keys
from atlas.server.store import Store, quoted


def read(
    store: Store,
    collection: Collection,
    keys: Keys,
    wanted: crs.Target,
    *,
    properties: Sequence[str] = (),
    with_geometry: bool = True,
) -> list[bytes]:
    """Return features as GeoJSON, in the order of the keys.

    Args:
        store: The database.
        collection: The collection.
        keys: Keys of `selection.select`.
        wanted: CRS of the coordinates.
        properties: Properties to return; all when empty.
        with_geometry: Whether to send geometries, or null.
    """
    fields = [field for name, field in collection.fields.items() if not properties or name in properties]
    found: list[bytes] = [b""] * len(keys)
    zones = keys >> ZONE_BITS
    for place in np.unique(zones):
        positions = np.flatnonzero(zones == place)
        table = collection.tables[int(place)]
        rows = _rows(store, collection, table, fields, keys[positions] - (int(place) << ZONE_BITS))
        encoded = _encode(rows, fields, table, wanted if with_geometry else None)
        for position, feature in zip(positions, encoded, strict=True):
            found[position] = feature
    return found


def find(store: Store, collection: Collection, identifier: str) -> Keys:
    """Return the keys of the features with an identifier in the release: one, or none."""
    for place, table in enumerate(collection.tables):
        visible = versions.seen(collection, table)
        row = (
            store.connection()
            .execute(
                f"SELECT {quoted(table.key)} FROM {quoted(table.name)} "
                f"WHERE {quoted(collection.id_field)} = ? AND {visible.text} LIMIT 1",
                (identifier, *visible.parameters),
            )
            .fetchone()
        )
        if row is not None:
            return np.array([row[0] + (place << ZONE_BITS)], dtype=np.int64)
    return np.empty(0, dtype=np.int64)


def _rows(
    store: Store, collection: Collection, table: Table, fields: Sequence[Field], keys: Keys
) -> list[tuple[Any, ...]]:
    columns = ", ".join(quoted(field.name) for field in fields)
    separator = ", " if columns else ""
    return (
        store.connection()
        .execute(
            f"SELECT {quoted(table.geometry)}, {quoted(collection.id_field)}{separator}{columns} "
            f"FROM json_each(?) CROSS JOIN {quoted(table.name)} ON {quoted(table.key)} = value ORDER BY json_each.key",
            (json_keys(keys),),
        )
        .fetchall()
    )


def _encode(
    rows: list[tuple[Any, ...]], fields: Sequence[Field], table: Table, wanted: crs.Target | None
) -> list[bytes]:
    shapes = [b"null"] * len(rows) if wanted is None else _shapes([row[0] for row in rows], table, wanted)
    names = [field.name for field in fields]
    booleans = [place for place, field in enumerate(fields) if field.type == "boolean"]
    objects = [place for place, field in enumerate(fields) if field.type == "object"]
    encoded = []
    for row, shape in zip(rows, shapes, strict=True):
        values: list[Any] = list(row[2:])
        for place in booleans:
            values[place] = None if values[place] is None else bool(values[place])
        for place in objects:
            values[place] = None if values[place] is None else orjson.Fragment(values[place])
        properties = orjson.dumps(dict(zip(names, values, strict=True)))
        encoded.append(
            b'{"type":"Feature","id":%b,"geometry":%b,"properties":%b}' % (orjson.dumps(row[1]), shape, properties)
        )
    return encoded


def _shapes(blobs: Sequence[bytes | None], table: Table, wanted: crs.Target) -> list[bytes]:
    # RFC 7946, 3.1.6: outer rings run counterclockwise.
    stored = shapely.orient_polygons(geopackage.geometries(blobs))
    geometries = shapely.transform(stored, lambda points: crs.outgoing(points, table.srid, wanted))
    return [b"null" if text is None else text.encode() for text in shapely.to_geojson(geometries)]
