"""The land of a commune: parcels that fill the outline without gap or overlap, nodes shared exactly."""

import math
from random import Random
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.strtree import STRtree

from data_samples import curves
from data_samples.communes import Commune
from data_samples.landuse import Piece, divide
from data_samples.network import lay_out

_MODEL_GRID_M = 0.5
_SMALLEST_M2 = 60.0
_NARROWEST_M = 2.2


def build(commune: Commune, rng: Random) -> list[Piece]:
    """Return the land of a commune in EPSG:5897: every square metre in one piece, coordinates on its grid.

    Noding on a half-metre grid before turning keeps every vertex at least a quarter of a metre away from
    every line it does not belong to, so that no clean parcel comes near a tolerance.
    """
    ground = lay_out(commune, rng)
    pieces = divide(ground, commune, rng)
    pieces += _cut_by_sheets(ground.strips, commune)
    faces = _faces([piece.geometry for piece in pieces], ground.outline)
    tree = STRtree([piece.geometry for piece in pieces])
    points = shapely.point_on_surface(faces)
    owner = np.full(len(faces), -1)
    inside, found = tree.query(points, predicate="within")
    owner[inside] = found
    nearest = tree.nearest(points)
    codes = [pieces[n if n >= 0 else m].code for n, m in zip(owner, nearest, strict=True)]
    merged = _merge_small(faces, codes)
    return [Piece(code, _place(face, commune)) for code, face in merged]


def _cut_by_sheets(strips: list[tuple[str, Polygon]], commune: Commune) -> list[Piece]:
    """Cut long roads and rivers at the lines of the sheet grid."""
    lines = [_unplace(line, commune) for line in sheet_lines(commune)]
    return [Piece(code, part) for code, strip in strips for part in curves.cut(strip, lines)]


def sheet_lines(commune: Commune) -> list[LineString]:
    """Return the lines of the sheet grid, EPSG:5897: squares of 0.5 km, or 1 km halved for smaller scales."""
    east, north, reach = commune.east_m, commune.north_m, 2 * commune.radius_m
    xs = range(math.floor((east - reach) / SHEET_M) * SHEET_M, int(east + reach), SHEET_M)
    ys = range(math.floor((north - reach) / SHEET_M) * SHEET_M, int(north + reach), SHEET_M)
    return [LineString([(x, north - reach), (x, north + reach)]) for x in xs] + [
        LineString([(east - reach, y), (east + reach, y)]) for y in ys
    ]


SHEET_M = 500
"""Side of a map sheet of 1:1000 on the ground."""


def _faces(polygons: list[Polygon], outline: Polygon) -> np.ndarray[Any, Any]:
    lines = [polygon.boundary for polygon in polygons] + [outline.boundary]
    noded = shapely.union_all(lines, grid_size=_MODEL_GRID_M)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    kept: np.ndarray[Any, Any] = faces[shapely.area(faces) > 0]
    return kept


def _merge_small(faces: np.ndarray[Any, Any], codes: list[str]) -> list[tuple[str, Polygon]]:
    """Merge crumbs and needles into the neighbour they share the longest line with, roads into roads first."""
    polygons = list(faces)
    alive = [True] * len(polygons)
    tree = STRtree(polygons)
    order = sorted(range(len(polygons)), key=lambda n: polygons[n].area)
    for n in order:
        face = polygons[n]
        ground = codes[n] in {"DGT", "DTL", "SON"}
        if not _is_small(face, ground):
            continue
        best, longest = -1, 0.0
        for m in tree.query(face.buffer(0.1)):
            if m == n or not alive[m]:
                continue
            shared = face.intersection(polygons[m]).length * (4.0 if ground and codes[m] == codes[n] else 1.0)
            if shared > longest:
                best, longest = int(m), shared
        if best >= 0:
            joined = shapely.coverage_union_all([polygons[best], face])
            if isinstance(joined, Polygon) or len(curves.parts(joined)) == 1:
                polygons[best] = curves.parts(joined)[0]
                alive[n] = False
                # The tree keeps the box of the winner as it was: a later crumb that touches only what was just merged
                # does not find it there and goes to another neighbour.
    return [(codes[n], polygons[n]) for n in range(len(polygons)) if alive[n]]


def _is_small(face: Polygon, ground: bool) -> bool:
    if face.area < _SMALLEST_M2:
        return True
    width, least_radius = 2 * face.area / face.length, 1.0 if ground else _NARROWEST_M
    if width < (1.2 if ground else _NARROWEST_M):
        return True
    if width / 2 >= least_radius:
        return False  # The largest circle inside has at least the radius A/P.
    return float(shapely.maximum_inscribed_circle(face).length) < least_radius


def _place(polygon: Polygon, commune: Commune) -> Polygon:
    """Turn and move a polygon from the model to EPSG:5897, on the grid of the drawing."""
    angle = math.radians(commune.turn_deg)

    def move(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        x, y = points[:, 0], points[:, 1]
        east = commune.east_m + 0.137 + x * math.cos(angle) - y * math.sin(angle)
        north = commune.north_m + 0.211 + x * math.sin(angle) + y * math.cos(angle)
        per_metre = round(1 / commune.grid_m)
        return np.rint(np.column_stack([east, north]) * per_metre) / per_metre

    return shapely.transform(polygon, move)


def _unplace(line: LineString, commune: Commune) -> LineString:
    """Bring a line from EPSG:5897 back to the model."""
    angle = -math.radians(commune.turn_deg)

    def move(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        x, y = points[:, 0] - commune.east_m, points[:, 1] - commune.north_m
        return np.column_stack([x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)])

    return shapely.transform(line, move)
