"""Geometry of parcels: plain polygons in, faces and shared edges out. Vectorised; metres throughout."""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

Geometries = npt.NDArray[Any]
"""One-dimensional array of geometries."""

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Bits = npt.NDArray[np.uint64]

FARTHEST_M = 1e8
"""No projected coordinate on Earth is larger; beyond it the unit or the coordinate is wrong."""

PIECE_VERTICES = 256
"""A polygon with more vertices is cut for neighbour searches, so that one road network stays cheap."""

_TILES = 4
"""A polygon with far too many vertices is cut into this many strips either way at once: halving reads it too often."""

MENDABLE_VERTICES = 200_000
"""A broken ring with more vertices is scribble: mending could take all memory, so it covers its hull."""

_COLLECTION = 7
_POLYGONAL = (3, 6)


def flat(geometries: Any) -> Geometries:
    """Return geometries as an array, without Z and M, single-part multipolygons as polygons.

    Arcs are cut into chords by the reader (pyogrio) already; shapely holds straight edges only.
    """
    plain: Geometries = np.array(geometries, dtype=object)
    high = shapely.has_z(plain) | shapely.has_m(plain)
    plain[high] = shapely.force_2d(plain[high])  # the others are not copied: they are most of the memory
    single = (shapely.get_type_id(plain) == shapely.GeometryType.MULTIPOLYGON) & (
        shapely.get_num_geometries(plain) == 1
    )
    if single.any():
        plain[single] = shapely.get_geometry(plain[single], 0)
    return plain


def polygonal(geometries: Geometries) -> Geometries:
    """Return the polygon parts of geometry collections; other geometries unchanged."""
    mixed = shapely.get_type_id(geometries) == _COLLECTION
    if not mixed.any():
        return geometries
    parts, owner = shapely.get_parts(geometries, return_index=True)
    while (shapely.get_type_id(parts) == _COLLECTION).any():  # a collection in a collection
        parts, part = shapely.get_parts(parts, return_index=True)
        owner = owner[part]
    areal = np.isin(shapely.get_type_id(parts), _POLYGONAL) & mixed[owner]
    pieces, piece_owner = shapely.get_parts(parts[areal], return_index=True)
    result = geometries.copy()
    result[mixed] = shapely.MultiPolygon()
    if len(pieces):
        filled, group = np.unique(owner[areal][piece_owner], return_inverse=True)
        order = np.argsort(group, kind="stable")
        result[filled] = shapely.multipolygons(pieces[order], indices=group[order])
    return flat(result)


def is_polygon(geometries: Geometries) -> Mask:
    """Tell which geometries are polygons or multipolygons."""
    return np.isin(shapely.get_type_id(geometries), _POLYGONAL)


def is_finite(geometries: Geometries) -> Mask:
    """Tell which geometries have only coordinates that exist in a projected system (finite, below 1e8 m)."""
    points, owner = shapely.get_coordinates(geometries, return_index=True)
    wrong = ~(np.abs(points) < FARTHEST_M).all(axis=1)
    finite = np.ones(len(geometries), dtype=bool)
    finite[owner[wrong]] = False
    return finite


def mean_width_m(geometries: Geometries) -> Floats:
    """Return 2A/P: the width of a long thin polygon, half the side of a square, in metres."""
    length = shapely.length(geometries)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(length > 0, 2 * shapely.area(geometries) / length, 0.0)


def sides_m(geometries: Geometries) -> tuple[Floats, Floats]:
    """Return mean width and length: the sides of the rectangle of this area and perimeter, in metres."""
    area, half = shapely.area(geometries), shapely.length(geometries) / 2
    length = (half + np.sqrt(np.maximum(half**2 - 4 * area, 0.0))) / 2
    return area / np.maximum(length, np.finfo(np.float64).tiny), length


def sizes(geometries: Geometries) -> Geometries:
    """Return mean width and length as text.

    Example:
        >>> sizes(np.array([shapely.box(0, 0, 20.5, 0.5)])).tolist()
        ['0.50 x 20.5 m']
    """
    width, length = sides_m(geometries)
    text: Geometries = (np.char.mod("%.2f", width) + np.char.mod(" x %.1f m", length)).astype(object)
    return text


def repaired(geometries: Geometries) -> Geometries:
    """Return the ground that broken polygons cover, for neighbour searches only; never written anywhere."""
    scribbled = shapely.get_num_coordinates(geometries) > MENDABLE_VERTICES
    plain = np.where(scribbled, shapely.convex_hull(geometries), geometries)
    return polygonal(shapely.make_valid(plain))


def subdivided(geometries: Geometries, max_vertices: int = PIECE_VERTICES) -> tuple[Geometries, Indices]:
    """Cut polygons into pieces of few vertices.

    Returns:
        The pieces (polygons) and, for each, the position of the polygon it was cut from. Small polygons are
        returned whole. The pieces of one polygon cover it without overlap.
    """
    pieces, owner = shapely.get_parts(geometries, return_index=True)
    done: list[tuple[Geometries, Indices]] = []
    for _ in range(64):
        large = shapely.get_num_coordinates(pieces) > max_vertices
        done.append((pieces[~large], owner[~large]))
        pieces, owner = pieces[large], owner[large]
        if not len(pieces):
            break
        huge = shapely.get_num_coordinates(pieces) > _TILES**2 * max_vertices
        cut = [_cut(pieces[huge], owner[huge], _TILES, _TILES), _halved(pieces[~huge], owner[~huge])]
        pieces, owner = np.concatenate([part for part, _ in cut]), np.concatenate([index for _, index in cut])
    else:
        done.append((pieces, owner))
    return np.concatenate([part for part, _ in done]), np.concatenate([index for _, index in done])


def _halved(pieces: Geometries, owner: Indices) -> tuple[Geometries, Indices]:
    """Cut every polygon in two across its longer side."""
    west, south, east, north = shapely.bounds(pieces).T
    wide = (east - west) >= (north - south)
    across, along = _cut(pieces[wide], owner[wide], 2, 1), _cut(pieces[~wide], owner[~wide], 1, 2)
    return np.concatenate([across[0], along[0]]), np.concatenate([across[1], along[1]])


def _cut(pieces: Geometries, owner: Indices, columns: int, rows: int) -> tuple[Geometries, Indices]:
    """Cut every polygon along a grid of equal cells over its box."""
    west, south, east, north = shapely.bounds(pieces).T
    x = [west + (east - west) * step / columns for step in range(columns)] + [east]
    y = [south + (north - south) * step / rows for step in range(rows)] + [north]
    cells = [
        shapely.box(x[column], y[row], x[column + 1], y[row + 1]) for column in range(columns) for row in range(rows)
    ]
    within = shapely.intersection(np.tile(pieces, len(cells)), np.concatenate(cells))
    parts, index = shapely.get_parts(within, return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return parts[areal], np.tile(owner, len(cells))[index[areal]]


def segment_distance_m(points: Floats, start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Return how far each point is from its segment, in metres, and the nearest point of the segment."""
    along = end - start
    length = (along**2).sum(axis=1)
    share = ((points - start) * along).sum(axis=1) / np.where(length > 0, length, 1.0)
    nearest = start + np.clip(share, 0.0, 1.0)[:, None] * along
    return np.hypot(*(points - nearest).T), nearest


def mixed_bits(rows: Floats) -> Bits:
    """Return a number of 64 bits for each row of numbers: equal rows have equal numbers, others hardly ever."""
    mixed = np.zeros(len(rows), dtype=np.uint64)
    for column in rows.T:
        mixed ^= (column + 0.0).view(np.uint64)  # + 0.0 makes -0.0 equal 0.0
        mixed *= np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def faces(lines: Geometries) -> Geometries:
    """Return the polygons enclosed by lines, after the lines were cut where they cross."""
    if not len(lines):
        return np.empty(0, dtype=object)
    chains = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(shapely.get_parts(lines))))
    # Chains instead of single segments: the same faces in a third of the time.
    enclosed: Geometries = shapely.get_parts(shapely.polygonize([shapely.union_all(chains)]))
    return enclosed


def connected(count: int, left: Indices, right: Indices) -> Indices:
    """Return for each of so many things the lowest number in its connected group.

    Args:
        count: How many there are.
        left: One end of every connection.
        right: The other end.
    """
    group: Indices = np.arange(count)
    while True:
        before = group.copy()
        np.minimum.at(group, left, group[right])
        np.minimum.at(group, right, group[left])
        group = group[group]
        if (group == before).all():
            return group


def conflict_points(reasons: list[str]) -> Geometries:
    """Return the places named in reasons such as `Self-intersection[581102.2 2191076.7]`; None where there is none.

    Example:
        >>> [point and point.wkt for point in conflict_points(["Self-intersection[1 2]", "Invalid Coordinate[nan 1]"])]
        ['POINT (1 2)', None]
    """
    return np.array([_conflict_point(reason) for reason in reasons] + [None], dtype=object)[:-1]


def _conflict_point(reason: str) -> BaseGeometry | None:
    words = reason.partition("[")[2].rstrip("]").split()
    if len(words) < 2:
        return None
    point = shapely.Point(float(words[0]), float(words[1]))
    return point if is_finite(np.array([point], dtype=object))[0] else None
