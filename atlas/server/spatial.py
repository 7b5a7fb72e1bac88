"""Which features meet a shape: the R-tree proposes, the geometry decides.

The test is made in the CRS of the question, on the coordinates the client would receive: the answer never depends on
how a straight edge bends between two CRSs.
"""

import struct
from dataclasses import dataclass
from functools import cached_property, lru_cache
from sqlite3 import Connection
from typing import Any

import numpy as np
import orjson
import shapely

from atlas.server import crs, geopackage
from atlas.server.collections import Table
from atlas.server.store import quoted

Bounds = tuple[float, float, float, float]
Keys = np.ndarray[Any, np.dtype[np.int64]]

RELATIONS = {
    "intersects": shapely.intersects,
    "within": shapely.within,
    "contains": shapely.contains,
    "equals": shapely.equals,
    "touches": shapely.touches,
    "crosses": shapely.crosses,
    "overlaps": shapely.overlaps,
}
NO_KEYS: Keys = np.empty(0, dtype=np.int64)
_EDGE_POINTS = 21
_SLACK = 0.01
_CHUNK = 20_000


@dataclass(frozen=True)
class Shape:
    """A geometry of a question.

    Attributes:
        wkb: The geometry, x (east) first.
        srid: EPSG code of its coordinates (4326 means longitude, latitude).
    """

    wkb: bytes
    srid: int

    @cached_property
    def geometry(self) -> Any:
        """The geometry, prepared for many comparisons."""
        geometry = shapely.from_wkb(self.wkb)
        shapely.prepare(geometry)
        return geometry

    @cached_property
    def is_box(self) -> bool:
        """Whether the shape is a rectangle along the axes."""
        return bool(self.geometry.geom_type == "Polygon" and shapely.equals(self.geometry, self.geometry.envelope))


def search(connection: Connection, table: Table, shape: Shape, relation: str = "intersects") -> Keys:
    """Return the sorted keys of all rows whose geometry stands in a relation to a shape."""
    window = _window(connection, table, shape)
    if window is None:
        return NO_KEYS
    outer, inner = window
    found = connection.execute(
        f"SELECT id, minx, miny, maxx, maxy FROM {quoted(table.rtree)} "
        "WHERE maxx >= ? AND maxy >= ? AND minx <= ? AND miny <= ?",
        outer,
    ).fetchall()
    if not found:
        return NO_KEYS
    boxes = np.array(found, dtype=np.float64)
    keys = boxes[:, 0].astype(np.int64)
    certain = np.zeros(len(keys), dtype=bool)
    if inner is not None and relation == "intersects":
        certain = (boxes[:, 1:3] >= inner[:2]).all(axis=1) & (boxes[:, 3:] <= inner[2:]).all(axis=1)
    tested = _tested(connection, table, shape, relation, keys[~certain])
    return np.sort(np.concatenate([keys[certain], tested]))


def covers(connection: Connection, table: Table, shape: Shape) -> bool:
    """Return whether a rectangular shape encloses all a table holds, so that nothing needs to be searched."""
    data = extent(connection, table)
    if data is None:
        return True
    west, south, east, north = _seen_from(data, table.srid, shape.srid)
    box = shape.geometry.bounds
    return shape.is_box and box[0] <= west and box[1] <= south and box[2] >= east and box[3] >= north


def extent(connection: Connection, table: Table) -> Bounds | None:
    """Return the bounds of a table (minimum x and y, maximum x and y) from the root of its R-tree; None when empty."""
    root = connection.execute(f"SELECT data FROM {quoted(table.rtree + '_node')} WHERE nodeno = 1").fetchone()
    cells = struct.unpack_from(">H", root[0], 2)[0] if root else 0
    if not cells:
        return None
    corners = [struct.unpack_from(">4f", root[0], 12 + 24 * cell) for cell in range(cells)]
    west, east, south, north = zip(*corners, strict=True)
    return min(west), min(south), max(east), max(north)


def _tested(connection: Connection, table: Table, shape: Shape, relation: str, keys: Keys) -> Keys:
    kept = [NO_KEYS]
    for start in range(0, len(keys), _CHUNK):
        rows = connection.execute(
            f"SELECT t.{quoted(table.key)}, t.{quoted(table.geometry)} "
            f"FROM json_each(?) j CROSS JOIN {quoted(table.name)} t ON t.{quoted(table.key)} = j.value",
            (orjson.dumps(keys[start : start + _CHUNK], option=orjson.OPT_SERIALIZE_NUMPY).decode(),),
        ).fetchall()
        if not rows:
            continue
        numbers, blobs = zip(*rows, strict=True)
        geometries = geopackage.geometries(blobs)
        if table.srid != shape.srid:
            geometries = shapely.transform(geometries, lambda points: crs.convert(points, table.srid, shape.srid))
        # the prepared side goes first; `within` and `contains` change their roles
        swapped = {"within": "contains", "contains": "within"}.get(relation, relation)
        kept.append(np.array(numbers, dtype=np.int64)[RELATIONS[swapped](shape.geometry, geometries)])
    return np.concatenate(kept)


def _window(connection: Connection, table: Table, shape: Shape) -> tuple[Bounds, np.ndarray[Any, Any] | None] | None:
    """Return, in the CRS of the table, the box to search and a box that lies wholly inside a rectangular shape.

    The shape is first cut to where the table has data, since a zone's projection knows only its own neighbourhood.
    """
    data = extent(connection, table)
    if data is None or shape.geometry.is_empty:
        return None
    west, south, east, north = _seen_from(data, table.srid, shape.srid)
    asked = shape.geometry.bounds
    cut = (max(asked[0], west), max(asked[1], south), min(asked[2], east), min(asked[3], north))
    if cut[0] > cut[2] or cut[1] > cut[3]:
        return None
    edges = [crs.convert(edge, shape.srid, table.srid) for edge in _edges(cut)]
    ring = np.concatenate(edges)
    low, high = ring.min(axis=0), ring.max(axis=0)
    slack = _slack(low, high)
    outer = (float(low[0] - slack), float(low[1] - slack), float(high[0] + slack), float(high[1] + slack))
    if not shape.is_box:
        return outer, None
    bottom, right, top, left = edges
    inner = np.array([left[:, 0].max(), bottom[:, 1].max(), right[:, 0].min(), top[:, 1].min()])
    return outer, inner + np.array([slack, slack, -slack, -slack])


def _edges(box: Bounds) -> list[np.ndarray[Any, Any]]:
    west, south, east, north = box
    across, up = np.linspace(west, east, _EDGE_POINTS), np.linspace(south, north, _EDGE_POINTS)
    return [
        np.column_stack([across, np.full(_EDGE_POINTS, south)]),
        np.column_stack([np.full(_EDGE_POINTS, east), up]),
        np.column_stack([across, np.full(_EDGE_POINTS, north)]),
        np.column_stack([np.full(_EDGE_POINTS, west), up]),
    ]


@lru_cache(maxsize=256)
def _seen_from(data: Bounds, source: int, destination: int) -> Bounds:
    """Return the bounds of a box in another CRS, rather too large than too small."""
    ring = crs.convert(np.concatenate(_edges(_grown(data))), source, destination)
    low, high = ring.min(axis=0), ring.max(axis=0)
    return _grown((float(low[0]), float(low[1]), float(high[0]), float(high[1])))


def _grown(box: Bounds) -> Bounds:
    slack = _slack(np.array(box[:2]), np.array(box[2:]))
    return box[0] - slack, box[1] - slack, box[2] + slack, box[3] + slack


def _slack(low: np.ndarray[Any, Any], high: np.ndarray[Any, Any]) -> float:
    """Return a margin that is wider than any edge bends between two of its points, in units of the CRS."""
    size = float((high - low).max())
    return _SLACK * size + 1e-9 * float(np.abs(high).max()) + 1e-9
