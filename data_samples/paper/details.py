"""What stands on a sheet besides parcels: houses, slopes, paths, names, points, the beginnings of the neighbours."""

import math
from random import Random
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import shapely.ops
from shapely import LineString, Point, Polygon

from data_samples.curves import axes, smooth
from data_samples.paper.drawing import Drawing
from data_samples.paper.letters import write

_HOUSES = ("b", "b2", "g", "g2", "b3", "t", "g1")
"""Kind of building and floors: b concrete, g brick, t makeshift."""

_ROAD_NAMES = ("Đường liên thôn", "Đường nội đồng", "Đường bê tông", "đi xã Thọ Ngọc", "Ngõ", "Đường 15A")
_WATER_NAMES = ("Mương tiêu", "Kênh N8", "Mương", "Sông Hoàng")
_HAMLETS = ("THÔN HÒA BÌNH", "XÓM ĐÌNH", "THÔN 3", "ĐỒNG CỬA CHÙA", "THÔN MỸ ĐỨC")


def houses(drawing: Drawing, land: gpd.GeoDataFrame, rng: Random) -> None:
    """Draw houses in lots with buildings, clear of the labels: dashed, or in a thin line, some hatched."""
    built = land[land["use"].str.startswith(("ONT", "TMD"))].geometry.to_numpy()
    boxes = np.array([word[2] for word in drawing.words], dtype=object)
    tree = shapely.STRtree(boxes)
    for lot in built:
        if rng.random() < 0.25 or lot.area < 110:
            continue
        near = boxes[tree.query(lot)]
        free = lot.buffer(-0.7).difference(shapely.union_all(shapely.buffer(near, 0.6)))
        house = _house(free, lot, rng)
        if house is None:
            continue
        if drawing.style.dashed_houses:
            drawing.dashed("detail", house.exterior, 0.12, 1.0, 0.5)
        else:
            drawing.stroke("detail", [house.exterior], 0.12)
        if rng.random() < drawing.style.hatched:
            drawing.canvas.lines("detail", hatch(house, 1.0, 45), 0.1)
        elif house.area > 25:
            word, spot = rng.choice(_HOUSES), house.representative_point()
            line = write(word, drawing.style.font, 1.4, rng)
            if house.buffer(-0.2).contains(line.at(spot.x, spot.y)[1]):
                drawing.text(line, spot.x, spot.y, 0.0, word, "house")


def _house(free: Any, lot: Polygon, rng: Random) -> Polygon | None:
    """Return a rectangle with or without a corner cut out, along the lot, in what is left of it."""
    circle = shapely.maximum_inscribed_circle(free, tolerance=0.3)
    if circle.is_empty or circle.length < 2.2:
        return None
    x, y = circle.coords[0]
    _, (ux, uy), (vx, vy), _, _ = axes(lot)
    reach = circle.length
    for _ in range(4):
        along, across = reach * rng.uniform(0.75, 1.3), reach * rng.uniform(0.5, 0.65)
        shape = [(-along, -across), (along, -across), (along, across), (-along, across)]
        if rng.random() < 0.4:
            shape[2:3] = [(along, across * 0.2), (along * 0.3, across * 0.2), (along * 0.3, across)]
        house = Polygon([(x + ux * a + vx * b, y + uy * a + vy * b) for a, b in shape])
        if free.contains(house):
            return house
    return None


def hatch(area: Polygon, step_mm: float, degrees: float) -> list[Any]:
    """Return parallel lines across an area."""
    x0, y0, x1, y1 = area.bounds
    middle, reach = np.array([(x0 + x1) / 2, (y0 + y1) / 2]), math.hypot(x1 - x0, y1 - y0) / 2 + step_mm
    along = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    across = np.array([-along[1], along[0]])
    offsets = np.arange(-reach, reach, step_mm)[:, None]
    ends = np.stack([middle + across * offsets - along * reach, middle + across * offsets + along * reach], axis=1)
    cut = shapely.get_parts(shapely.intersection(shapely.linestrings(ends), area))
    return list(cut[shapely.get_type_id(cut) == 1])


def slopes(drawing: Drawing, land: gpd.GeoDataFrame, rng: Random) -> None:
    """Draw ticks of embankments along stretches of roads and waters, every second one longer."""
    wide = shapely.union_all(land.geometry[land["kind"] != "parcel"].to_numpy())
    edges = [line for line in shapely.get_parts(shapely.line_merge(shapely.boundary(wide))) if line.length > 60]
    for edge in rng.sample(edges, min(3, len(edges))):
        start = rng.uniform(0, edge.length - 50)
        at = start + np.arange(0, rng.uniform(25, 50), 1.2)
        points, ahead = (shapely.get_coordinates(shapely.line_interpolate_point(edge, at + d)) for d in (0.0, 0.05))
        normal = (ahead - points)[:, ::-1] * [1, -1] / 0.05 * np.where(np.arange(len(at)) % 2, 0.8, 1.6)[:, None]
        drawing.canvas.lines(
            "detail", shapely.linestrings(np.stack([points, points + normal], axis=1)), 0.1, cap="flat"
        )


def ditches(drawing: Drawing, land: gpd.GeoDataFrame, rng: Random) -> None:
    """Draw a second line close beside some long boundaries of roads: ditches and walls."""
    lots = land.geometry[land["kind"] == "parcel"].to_numpy()
    road = shapely.union_all(land.geometry[land["kind"] == "road"].to_numpy())
    fronts = shapely.get_parts(shapely.line_merge(shapely.intersection(shapely.boundary(lots), road.boundary)))
    fronts = fronts[shapely.length(fronts) > 25]
    for front in rng.sample(list(fronts), min(6, len(fronts))):
        beside = [line for line in (front.offset_curve(0.7), front.offset_curve(-0.7)) if road.contains(line)]
        drawing.stroke("detail", beside, 0.12)


def filled(drawing: Drawing, land: gpd.GeoDataFrame, rng: Random) -> None:
    """Hatch lots from side to side, clear of what is written."""
    words = shapely.union_all([word[2].buffer(0.4) for word in drawing.words])
    for lot in land.geometry[land["kind"] == "parcel"]:
        if rng.random() < drawing.style.filled:
            drawing.canvas.lines(
                "detail", hatch(lot.difference(words), rng.uniform(0.8, 1.4), rng.choice((45, 135))), 0.09
            )
            drawing.hatched.append(lot.representative_point())


def paths(drawing: Drawing, land: gpd.GeoDataFrame, rng: Random) -> None:
    """Draw footpaths in dashes across fields: no boundaries."""
    x0, y0, x1, y1 = land.total_bounds
    whole = shapely.union_all(land.geometry.to_numpy())
    for _ in range(2):
        ends = [(rng.uniform(x0, x1), rng.uniform(y0, y1)) for _ in range(2)]
        bend = ((ends[0][0] + ends[1][0]) / 2 + rng.uniform(-30, 30), (ends[0][1] + ends[1][1]) / 2)
        for line in shapely.get_parts(LineString(smooth([ends[0], bend, ends[1]])).intersection(whole)):
            if line.length > 5:
                drawing.dashed("detail", line, 0.12, 1.5, 0.8)


def stubs(drawing: Drawing, land: gpd.GeoDataFrame, rng: Random) -> None:
    """Draw where boundaries of the neighbours begin: short lines from the rim outwards."""
    whole = shapely.union_all(land.geometry.to_numpy())
    rim = whole.exterior if isinstance(whole, Polygon) else whole.convex_hull.exterior
    for at in np.arange(rng.uniform(5, 20), rim.length, 24.0):
        point, ahead = (shapely.get_coordinates(rim.interpolate(at + d))[0] for d in (0.0, 0.05))
        normal = (ahead - point)[::-1] * [1, -1] / 0.05
        far = point + normal * rng.uniform(3, 8) + (ahead - point) / 0.05 * rng.uniform(-1, 1)
        line = LineString([point + normal * 0.01, far])
        if line.disjoint(whole):
            drawing.stroke("stub", [line], drawing.style.boundary_mm)


def names(drawing: Drawing, land: gpd.GeoDataFrame, rng: Random) -> None:
    """Write names along roads and waters, where they are wide enough, and one of a hamlet across the lots."""
    for kind, known in (("road", _ROAD_NAMES), ("water", _WATER_NAMES)):
        for area in land.geometry[land["kind"] == kind]:
            _along(drawing, area, known, rng)
    x0, y0, x1, y1 = land.total_bounds
    boxes = shapely.union_all([word[2] for word in drawing.words])
    for _ in range(40):
        text = rng.choice(_HAMLETS)
        line = write(" ".join(text), _lettering(drawing), rng.uniform(3.0, 4.5), rng)
        x, y = rng.uniform(x0 + 50, max(x0 + 51, x1 - 50)), rng.uniform(y0 + 20, max(y0 + 21, y1 - 20))
        if line.at(x, y)[1].disjoint(boxes):
            drawing.text(line, x, y, 0.0, text, "name")
            return


def _along(drawing: Drawing, area: Polygon, known: tuple[str, ...], rng: Random) -> None:
    """Write names along the sides of an area, inside it."""
    chance = np.random.default_rng(rng.randrange(1 << 30))
    x0, y0, x1, y1 = area.bounds
    spots = shapely.points(chance.uniform([x0, y0], [x1, y1], (4000, 2)))
    rim = area.boundary
    spots = spots[shapely.contains(area, spots)]
    half = shapely.distance(spots, rim)
    written: list[Point] = []
    for place in np.argsort(-half)[:60].tolist():
        spot, high = spots[place], min(2.6, half[place] * 0.75)
        if high < 1.2 or any(spot.distance(other) < 90 for other in written):
            continue
        foot = rim.interpolate(rim.project(spot))
        angle = math.atan2(spot.x - foot.x, spot.y - foot.y)  # across the way to the side, y down
        angle = (angle + math.pi / 2) % math.pi - math.pi / 2
        text = rng.choice(known)
        line = write(text, _lettering(drawing), high, rng)
        if area.contains(line.at(spot.x, spot.y, angle)[1]):
            drawing.text(line, spot.x, spot.y, angle, text, "name")
            written.append(spot)


def _lettering(drawing: Drawing) -> str:
    return "fira-italic" if drawing.style.font == "fira" else "noto-italic"


def marks(drawing: Drawing, land: gpd.GeoDataFrame, rng: Random) -> None:
    """Draw control points with their names: triangles with a dot, and squares."""
    x0, y0, x1, y1 = land.total_bounds
    boxes = shapely.union_all([word[2] for word in drawing.words])
    for number in range(4):
        x, y = rng.uniform(x0 + 10, x1 - 10), rng.uniform(y0 + 10, y1 - 10)
        room = shapely.box(x - 2, y - 2.5, x + 11, y + 2.5)
        if not room.disjoint(boxes):
            continue
        shape = [(x - 1.5, y + 1.1), (x + 1.5, y + 1.1), (x, y - 1.5)]
        if number % 2:
            shape = [(x - 1.2, y - 1.2), (x + 1.2, y - 1.2), (x + 1.2, y + 1.2), (x - 1.2, y + 1.2)]
        drawing.canvas.lines("detail", [Polygon(shape).exterior], 0.15)
        drawing.canvas.areas("detail", [Point(x, y).buffer(0.25)])
        text = f"{'ĐC' if number % 2 else 'KV1'}-{rng.randrange(10, 99)}"
        line = write(text, _lettering(drawing), 1.6, rng)
        drawing.text(line, x + 2.6 + line.width / 2, y, 0.0, text, "name")


def plants(drawing: Drawing, land: gpd.GeoDataFrame, rng: Random) -> None:
    """Draw signs of what grows in fields: two short strokes on a foot for rice, a ring for trees."""
    boxes = np.array([word[2] for word in drawing.words], dtype=object)
    tree = shapely.STRtree(boxes)
    for shape, use in zip(land.geometry, land["use"], strict=True):
        if shape.area < 180 or use[:2] not in ("LU", "CL", "RS") or rng.random() < 0.5:
            continue
        free = shape.buffer(-1.5).difference(shapely.union_all(shapely.buffer(boxes[tree.query(shape)], 0.8)))
        circle = shapely.maximum_inscribed_circle(free, tolerance=0.5)
        if circle.is_empty or circle.length < 1.2:
            continue
        x, y = circle.coords[0]
        sign: list[Any] = [Point(x, y).buffer(0.7).exterior]
        if use.startswith("LU"):
            sign = [LineString([(x + d, y - 0.9), (x + d, y + 0.5)]) for d in (-0.4, 0.4)]
            sign.append(LineString([(x - 0.9, y + 0.5), (x + 0.9, y + 0.5)]))
        drawing.canvas.lines("detail", sign, 0.1)


def border(drawing: Drawing, land: gpd.GeoDataFrame, rng: Random) -> None:
    """Draw the boundary of the commune along a part of the rim: dashes and dots in a thick line, just outside."""
    whole = shapely.union_all(land.geometry.to_numpy()).buffer(1.2)
    rim = whole.exterior if isinstance(whole, Polygon) else whole.convex_hull.exterior
    part = shapely.ops.substring(rim, rng.uniform(0, 0.3) * rim.length, rng.uniform(0.4, 0.6) * rim.length)
    drawing.dashed("detail", part, 0.4, 4.0, 2.0)
    dots = [part.interpolate(at) for at in np.arange(5.0, part.length, 6.0)]
    drawing.canvas.areas("detail", shapely.buffer(np.array(dots, dtype=object), 0.3))


def numerals(drawing: Drawing, land: gpd.GeoDataFrame, rng: Random) -> None:
    """Write small numerals along the sides of roads, turned as the side runs: house numbers of a city atlas."""
    roads = shapely.union_all(land.geometry[land["kind"] != "parcel"].to_numpy())
    for rim in shapely.get_parts(shapely.line_merge(shapely.boundary(roads))):
        for number, at in enumerate(np.arange(6.0, rim.length - 6.0, rng.uniform(9, 14)).tolist()):
            point, ahead = rim.interpolate(at), rim.interpolate(at + 0.5)
            angle = math.atan2(point.y - ahead.y, ahead.x - point.x)
            line = write(str(2 * number + 1), drawing.style.font, 1.1, rng)
            x, y = (point.x - 1.3 * math.sin(angle), point.y - 1.3 * math.cos(angle))
            if line.at(x, y, angle)[1].disjoint(rim):
                drawing.text(line, x, y, angle, str(2 * number + 1), "house")


DETAILS = {
    "filled": filled, "ditches": ditches, "houses": houses, "slopes": slopes, "paths": paths, "stubs": stubs,
    "names": names, "marks": marks, "plants": plants, "border": border, "numerals": numerals,
}  # fmt: skip
