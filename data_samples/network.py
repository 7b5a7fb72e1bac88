"""Roads, lanes, rivers and canals of a commune, as areas that leave the blocks between them."""

import math
from dataclasses import dataclass
from random import Random

import shapely
import shapely.affinity
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from data_samples.communes import Commune
from data_samples.curves import blob, parts, smooth

_FLAT, _MITRE = "flat", "mitre"


@dataclass(frozen=True, slots=True)
class Ground:
    """The large shapes of a commune in model coordinates (metres from its middle, not turned).

    Attributes:
        outline: The commune.
        villages: Built-up areas.
        hill: Forest, or None.
        strips: Land-use code and area of every road, river and canal, in order of rank; they do not overlap.
        blocks: What is left between them.
    """

    outline: Polygon
    villages: list[Polygon]
    hill: Polygon | None
    strips: list[tuple[str, Polygon]]
    blocks: list[Polygon]


def lay_out(commune: Commune, rng: Random) -> Ground:
    """Return outline, villages, hill, roads and waters of a commune."""
    outline = blob((0.0, 0.0), commune.radius_m, rng, roughness=0.14, points=84)
    villages = [_village(x, y, r, commune, rng) for x, y, r in commune.villages]
    hill = blob(commune.hill[:2], commune.hill[2], rng, roughness=0.15, points=32) if commune.hill else None
    lines = _lines(commune, outline, villages, hill, rng)
    taken: BaseGeometry = Polygon()
    strips: list[tuple[str, Polygon]] = []
    for code, width_m, line in lines:
        area = line.buffer(width_m / 2, cap_style=_FLAT, join_style=_MITRE, mitre_limit=2.0)
        free = area.intersection(outline).difference(taken)
        strips += [(code, part) for part in parts(free, 30.0)]
        taken = shapely.union_all([taken, *parts(free, 30.0)])
    blocks = parts(outline.difference(taken.buffer(0.01, join_style=_MITRE)).buffer(0.01, join_style=_MITRE), 60.0)
    return Ground(outline, villages, hill, strips, blocks)


def _village(x: float, y: float, radius_m: float, commune: Commune, rng: Random) -> Polygon:
    """Return a built-up area drawn out along the main road."""
    road = LineString(commune.road)
    place = road.project(shapely.Point(x, y))
    ahead, behind = road.interpolate(place + 40), road.interpolate(place - 40)
    heading = math.atan2(ahead.y - behind.y, ahead.x - behind.x) + rng.uniform(-0.3, 0.3)
    raw = blob((0.0, 0.0), radius_m, rng, roughness=0.3, points=34)
    stretched = shapely.affinity.scale(raw, rng.uniform(1.1, 1.3), rng.uniform(0.78, 0.92), origin=(0, 0))
    turned = shapely.affinity.rotate(stretched, heading, origin=(0, 0), use_radians=True)
    return shapely.affinity.translate(turned, x, y)


def _lines(
    commune: Commune, outline: Polygon, villages: list[Polygon], hill: Polygon | None, rng: Random
) -> list[tuple[str, float, BaseGeometry]]:
    """Return (code, width in metres, course) of every line object, the higher in rank first."""
    built = shapely.union_all(villages)
    kept_free = shapely.union_all([built, *([hill] if hill else [])])
    river, road = LineString(smooth(commune.river)), LineString(smooth(commune.road))
    lines: list[tuple[str, float, BaseGeometry]] = [("SON", 30.0, river), ("DGT", 11.0, road)]
    lines += [("DGT", 6.5, link) for link in _links(commune, road, rng)]
    lines += [("DGT", 4.2, village.exterior) for village in villages]
    if hill:
        lines.append(("DGT", 3.6, hill.exterior.intersection(outline)))
    for village in villages:
        lines += [("DGT", 3.4, lane) for lane in _lanes(village, road, rng)]
    fields = outline.buffer(30.0).difference(kept_free)
    lines += [("DTL", 4.4, line) for line in _grid(fields, commune, rng, spacing_m=140.0, across=False)]
    lines += [("DGT", 3.2, line) for line in _grid(fields, commune, rng, spacing_m=215.0, across=True)]
    return lines


def _links(commune: Commune, road: LineString, rng: Random) -> list[LineString]:
    """Return a road from every village away from the main road to it, and on to the outline."""
    links = []
    for x, y, radius in commune.villages:
        near = road.interpolate(road.project(shapely.Point(x, y)))
        away = math.atan2(y - near.y, x - near.x) if near.distance(shapely.Point(x, y)) > 15 else rng.uniform(1.2, 1.9)
        far = (x + math.cos(away) * radius * 2.3, y + math.sin(away) * radius * 2.3)
        bend = rng.uniform(-0.35, 0.35) * radius
        middle = (x - math.sin(away) * bend * 0.5, y + math.cos(away) * bend * 0.5)
        goal = (far[0] - math.sin(away) * bend, far[1] + math.cos(away) * bend)
        links.append(LineString(smooth([(near.x, near.y), middle, (x + bend * 0.3, y), goal])))
    return links


def _lanes(village: Polygon, road: LineString, rng: Random) -> list[BaseGeometry]:
    """Return the lanes of a village: two families of bent lines, the second broken at the first."""
    centre = village.centroid
    place = road.project(centre)
    ahead, behind = road.interpolate(place + 60), road.interpolate(place - 60)
    heading = math.atan2(ahead.y - behind.y, ahead.x - behind.x) + rng.uniform(-0.15, 0.15)
    reach = math.sqrt(village.area / math.pi) * 1.6
    along = _family(centre, heading, reach, 62.0, 0.11, rng)
    across = _family(centre, heading + math.pi / 2 + rng.uniform(-0.1, 0.1), reach, 98.0, 0.09, rng)
    inside = village.buffer(1.0)
    lanes = [line.intersection(inside) for line in along]
    gaps = shapely.get_parts(shapely.line_merge(shapely.union_all(across)).intersection(inside))
    pieces = [
        piece
        for line in gaps
        for piece in shapely.get_parts(shapely.difference(line, shapely.union_all(along).buffer(0.01)))
        if piece.length > 25 and rng.random() < 0.8
    ]
    return [lane for lane in [*lanes, *pieces] if not lane.is_empty]


def _family(
    centre: shapely.Point, heading: float, reach: float, spacing_m: float, swing: float, rng: Random
) -> list[LineString]:
    """Return nearly parallel wavy lines around a centre."""
    ux, uy = math.cos(heading), math.sin(heading)
    lines = []
    phase, wave = rng.uniform(0, 6.28), rng.uniform(0.9, 1.4) * reach
    offset = -reach + rng.uniform(0.2, 0.8) * spacing_m
    while offset < reach:
        points = []
        for step in range(-6, 7):
            along = reach * step / 6
            side = offset + swing * spacing_m * 2.2 * math.sin(along / wave * 3.1 + phase) + along * 0.03
            points.append((centre.x + ux * along - uy * side, centre.y + uy * along + ux * side))
        lines.append(LineString(smooth(points, 1)))
        offset += spacing_m * rng.uniform(0.82, 1.25)
    return lines


def _grid(fields: BaseGeometry, commune: Commune, rng: Random, *, spacing_m: float, across: bool) -> list[BaseGeometry]:
    """Return canals or field roads through the open fields; they bend with the river."""
    (x0, y0), (x1, y1) = commune.river[1], commune.river[-2]
    heading = math.atan2(y1 - y0, x1 - x0) + (math.pi / 2 if across else 0.0) + rng.uniform(-0.08, 0.08)
    family = _family(shapely.Point(0, 0), heading, commune.radius_m * 1.5, spacing_m, 0.2, rng)
    return [cut for line in family if not (cut := line.intersection(fields)).is_empty]
