"""Curves and cuts in the plane: smooth lines, irregular outlines, divided blocks. Metres, model coordinates."""

import itertools
import math
from collections.abc import Sequence
from random import Random

import shapely
from shapely import LineString, MultiPoint, Polygon
from shapely.geometry.base import BaseGeometry

Point = tuple[float, float]


def smooth(points: Sequence[Point], rounds: int = 3) -> list[Point]:
    """Return a line with its corners cut `rounds` times (Chaikin); the ends stay."""
    line = list(points)
    for _ in range(rounds):
        cut = [line[0]]
        for (x0, y0), (x1, y1) in itertools.pairwise(line):
            cut.append((0.75 * x0 + 0.25 * x1, 0.75 * y0 + 0.25 * y1))
            cut.append((0.25 * x0 + 0.75 * x1, 0.25 * y0 + 0.75 * y1))
        line = [*cut, line[-1]]
    return line


def blob(centre: Point, radius_m: float, rng: Random, *, roughness: float = 0.16, points: int = 48) -> Polygon:
    """Return an irregular round area: a circle whose radius swings with a few random waves."""
    waves = [(k, roughness / k**0.6 * rng.uniform(0.5, 1.0), rng.uniform(0, 2 * math.pi)) for k in (2, 3, 4, 5, 7, 9)]
    ring = []
    for step in range(points):
        angle = 2 * math.pi * step / points
        swing = 1 + sum(size * math.sin(k * angle + phase) for k, size, phase in waves)
        ring.append((centre[0] + radius_m * swing * math.cos(angle), centre[1] + radius_m * swing * math.sin(angle)))
    return Polygon(ring)


def parts(geometry: BaseGeometry, at_least_m2: float = 0.0) -> list[Polygon]:
    """Return the polygons of a geometry that are larger than an area."""
    found = shapely.get_parts(geometry)
    return [part for part in found if isinstance(part, Polygon) and part.area > at_least_m2]


def axes(polygon: Polygon) -> tuple[Point, Point, Point, float, float]:
    """Return centre, unit vector of the long side, of the short side, and both lengths of the tightest box."""
    box = shapely.oriented_envelope(polygon)
    corners = shapely.get_coordinates(box)[:4]
    first, second = corners[1] - corners[0], corners[2] - corners[1]
    long_side, short_side = (first, second) if math.hypot(*first) >= math.hypot(*second) else (second, first)
    length, width = math.hypot(*long_side), math.hypot(*short_side)
    centre = corners.mean(axis=0)
    return (
        (float(centre[0]), float(centre[1])),
        (float(long_side[0] / length), float(long_side[1] / length)),
        (float(short_side[0] / width), float(short_side[1] / width)),
        length,
        width,
    )


def cross_cut(
    polygon: Polygon,
    share: float,
    rng: Random,
    *,
    bend: float = 0.02,
    lean: float = 0.05,
    bow: tuple[float, float] = (0.0, 0.0),
) -> LineString:
    """Return a slightly bent line across the long side of a polygon, at a share of its length.

    Args:
        polygon: What is cut.
        share: Where along the long side, 0 to 1.
        rng: Source of the irregularity.
        bend: Largest random shift of the inner points, as a share of the width.
        lean: Largest random slant.
        bow: Shift of the two inner points that neighbouring cuts have in common, as a share of the width.
    """
    (cx, cy), (ux, uy), (vx, vy), length, width = axes(polygon)
    along, reach = (share - 0.5) * length, width * 0.75 + 2.0
    tilt = rng.uniform(-lean, lean)
    line = []
    for step, common in ((-1.0, 0.0), (-0.3, bow[0]), (0.3, bow[1]), (1.0, 0.0)):
        shift = (rng.uniform(-bend, bend) + common) * width if abs(step) < 1 else 0.0
        drift = along + tilt * step * reach + shift
        line.append((cx + ux * drift + vx * step * reach, cy + uy * drift + vy * step * reach))
    return LineString(line)


def cut(polygon: Polygon, lines: Sequence[LineString]) -> list[Polygon]:
    """Return the pieces of a polygon between lines."""
    faces = shapely.polygonize([shapely.union_all([polygon.boundary, *lines])])
    return [face for face in parts(faces) if polygon.contains(face.representative_point())]


def halve(polygon: Polygon, target_m2: float, rng: Random, *, spread: float = 0.35) -> list[Polygon]:
    """Divide a block across its long side again and again until each piece is near a size."""
    goal = target_m2 * rng.uniform(1 - spread, 1 + spread)
    if polygon.area < 1.5 * goal:
        return [polygon]
    pieces = cut(polygon, [cross_cut(polygon, rng.uniform(0.44, 0.56), rng)])
    if len(pieces) < 2 or min(piece.area for piece in pieces) < 0.12 * polygon.area:
        pieces = cut(polygon, [cross_cut(polygon, 0.5, rng, bend=0.0, lean=0.0)])
    if len(pieces) < 2:
        return [polygon]
    return [small for piece in pieces for small in halve(piece, target_m2, rng, spread=spread)]


def strips(polygon: Polygon, width_m: float, rng: Random) -> list[Polygon]:
    """Divide a field into strips across its long side, as terraces are."""
    _, _, _, length, _ = axes(polygon)
    count = max(1, round(length / width_m))
    bow = (rng.uniform(-0.09, 0.09), rng.uniform(-0.09, 0.09))
    lines = []
    for number in range(1, count):
        share = (number + rng.uniform(-0.16, 0.16)) / count
        lines.append(cross_cut(polygon, share, rng, bend=0.012, lean=0.025, bow=bow))
    return cut(polygon, lines) if lines else [polygon]


def cells(polygon: Polygon, size_m2: float, rng: Random) -> list[Polygon]:
    """Divide an area into irregular cells (Voronoi), as forest plots are."""
    step = math.sqrt(size_m2)
    x0, y0, x1, y1 = polygon.bounds
    seeds = []
    for i in range(int((x1 - x0) / step) + 2):
        for j in range(int((y1 - y0) / step) + 2):
            seeds.append((x0 + (i + rng.uniform(-0.33, 0.33)) * step, y0 + (j + rng.uniform(-0.33, 0.33)) * step))
    tiles = shapely.voronoi_polygons(MultiPoint(seeds), extend_to=polygon.envelope.buffer(step))
    return [piece for tile in parts(tiles) for piece in parts(polygon.intersection(tile), 1.0)]
