"""A piece of an old atlas of a city: blocks with sidewalks around them, streets, courts, gardens, filled buildings."""

import math
from random import Random
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import shapely.affinity
from affine import Affine
from shapely import LineString, Point, Polygon

from data_samples.curves import halve, parts, smooth
from data_samples.paper.details import hatch
from data_samples.paper.drawing import Drawing, dashes
from data_samples.paper.letters import write
from data_samples.paper.model import MM_PER_INCH, Sheet
from data_samples.paper.styles import Style

STYLE = Style("city", font="space", labelled=False, system="")
PAPER, INK = (210, 191, 158), (62, 54, 48)
KINDS = ("block", "sidewalk", "street", "court", "building", "garden", "water", "railway")

_CELL_MM2 = 300.0
"""Mean size of a block up to the middle of the streets around it."""

_LEAST_MM2 = 1.0
"""What is smaller is no shape of its own."""

_NAMED_MM2 = 10_750.0
"""Mean size of a district with a name in big letters."""

_NAMES = ("Rue de la Gare", "Avenue Ledoux", "R. Vauban", "Boulevard du Temple", "Quai Neuf", "Rue du Four", "R. Haute")


def city(seed: int = 0, dpi: float = 300, *, wide_mm: float = 254.0, high_mm: float = 254.0) -> Sheet:
    """Return a piece of an atlas; the picture cuts what goes on beyond it.

    The `kind` of its faces is one of `KINDS`; grid, tram lines, writing and trees bound nothing. Streets are one face.

    Args:
        seed: Source of the irregularity.
        dpi: Pixels per inch.
        wide_mm: Width of the piece on paper.
        high_mm: Its height.
    """
    drawing, rng = Drawing(wide_mm, high_mm, dpi, STYLE, seed), Random(seed)
    land = shapely.box(-30, -30, wide_mm + 30, high_mm + 30)
    river, rails, free = _bands(land, rng)
    town = _Town(drawing, rng)
    for shape, kind, width in ((river, "water", 0.4), (rails, "railway", 0.25)):
        town.bound(shape, kind, width)
    _rails(drawing, rails)
    cells = [cell for part in parts(free, 50.0) for cell in halve(part, _CELL_MM2, rng, spread=0.5)]
    for cell in cells:
        _block(town, cell)
    _over_all(drawing, cells, rng)
    return _sheet(drawing, town, dpi, seed)


class _Town:
    """What bounds a face, and what lies where: later shapes lie upon earlier ones."""

    def __init__(self, drawing: Drawing, rng: Random) -> None:
        self.drawing, self.rng = drawing, rng
        self.edges: list[Any] = []
        self.areas: list[tuple[str, Polygon]] = []

    def bound(self, shape: Polygon, kind: str, width_mm: float) -> None:
        """Draw the outline of a shape."""
        self.areas.append((kind, shape))
        self.part(shapely.boundary(shape), width_mm)

    def part(self, line: Any, width_mm: float) -> None:
        """Draw a line that parts two faces, now and then with a small gap."""
        self.edges.append(line)
        drawn = line
        if self.rng.random() < 0.12 and line.length > 10:
            at = line.interpolate(self.rng.uniform(0, line.length))
            drawn = line.difference(at.buffer(self.rng.uniform(0.15, 0.6)))
        self.drawing.canvas.lines("boundary", [drawn], width_mm)


def _bands(land: Polygon, rng: Random) -> tuple[Polygon, Polygon, Any]:
    """Return a river, railway land and all that is left of them."""
    x0, y0, x1, y1 = land.bounds
    made = []
    for share, half in ((rng.uniform(0.3, 0.45), rng.uniform(6, 9)), (rng.uniform(0.6, 0.8), rng.uniform(3, 5))):
        middle = y0 + share * (y1 - y0)
        points = [(x, middle + rng.uniform(-18, 18)) for x in np.linspace(x0, x1, 5)]
        made.append(LineString(smooth(points, 4)).buffer(half, cap_style="flat").intersection(land))
    river, rails = made[0], parts(made[1].difference(made[0].buffer(3)))[0]
    free = land.difference(shapely.union_all([river.buffer(2.2), rails.buffer(0.01)]))
    return river, rails, free


def _rails(drawing: Drawing, rails: Polygon) -> None:
    """Draw tracks in railway land: thin lines in pairs."""
    x0, _, x1, _ = rails.bounds
    for off in (0.3, 0.5, 0.7):
        at = [(x, _across(rails, x, off)) for x in np.linspace(x0 + 2, x1 - 2, 40)]
        track = LineString([point for point in at if math.isfinite(point[1])])
        drawing.canvas.lines("detail", dashes(track, 2.0, 1.2), 0.12, cap="flat")


def _across(shape: Polygon, x: float, share: float) -> float:
    met = shape.intersection(LineString([(x, -1e3), (x, 1e3)]))
    return math.nan if met.is_empty else met.bounds[1] + share * (met.bounds[3] - met.bounds[1])


def _block(town: _Town, cell: Polygon) -> None:
    """Draw a block: its kerb, its building line, and what is in it."""
    rng = town.rng
    rounded = rng.choice(["mitre", "mitre", "round"])
    land = max(parts(cell.buffer(-rng.uniform(0.7, 1.6), join_style="mitre")), key=lambda a: a.area, default=None)
    if land is None or land.area < 15:
        return
    if rounded == "round":
        land = land.buffer(-1.2).buffer(1.2)
    width = rng.choice([0.18, 0.25, 0.3, 0.4])
    inner = max(parts(land.buffer(-rng.uniform(0.35, 1.0), join_style="mitre")), key=lambda a: a.area, default=None)
    if inner is None or inner.area < 10:
        town.bound(land, "block", width)
        return
    what = rng.choices(("plain", "courts", "building", "parts", "garden", "bare"), (42, 16, 16, 12, 9, 5))[0]
    if what == "bare":
        town.bound(land, "block", width)
        return
    _kerb(town, land)
    town.bound(inner, "garden" if what == "garden" else "block", width)
    if what == "courts":
        _courts(town, inner)
    elif what == "building":
        _building(town, inner)
    elif what == "parts":
        for piece in halve(inner, inner.area / rng.choice([2, 3, 5]), rng):
            town.part(piece.boundary, 0.17)
    elif what == "garden":
        _garden(town, inner)
    if what in ("plain", "courts", "parts"):
        _house_numbers(town.drawing, inner, rng)


def _kerb(town: _Town, land: Polygon) -> None:
    """Draw the kerb: thin; now and then the sidewalk is open for a stretch, and belongs to the street."""
    rng = town.rng
    if rng.random() >= 0.08:
        town.areas.append(("sidewalk", land))
        town.part(land.boundary, rng.choice([0.15, 0.18, 0.2]))
        return
    ring, start = land.exterior, rng.uniform(0, land.exterior.length)
    town.drawing.canvas.lines("detail", [ring.difference(ring.interpolate(start).buffer(rng.uniform(1.5, 4)))], 0.16)


def _spot(area: Polygon, share: float, rng: Random) -> Polygon | None:
    """Return a bent box within an area, clear of its outline."""
    circle = shapely.maximum_inscribed_circle(area, tolerance=0.3)
    x, y = circle.coords[0]
    reach = circle.length * share
    box = shapely.box(-reach, -0.7 * reach, reach, 0.7 * reach)
    if rng.random() < 0.5:
        box = box.difference(shapely.box(0.1 * reach, 0.0, 2 * reach, reach))
    made = shapely.affinity.translate(shapely.affinity.rotate(box, rng.uniform(0, 90), origin=(0, 0)), x, y)
    return made if area.buffer(-0.4).contains(made) else None


def _courts(town: _Town, inner: Polygon) -> None:
    for half in halve(inner, inner.area / town.rng.choice([1.2, 2, 3]), town.rng):
        court = _spot(half, town.rng.uniform(0.25, 0.5), town.rng)
        if court is not None and court.area > 3:
            town.bound(court, "court", 0.17)


def _building(town: _Town, inner: Polygon) -> None:
    """Draw a public building, in close strokes or filled."""
    house = _spot(inner, town.rng.uniform(0.5, 0.72), town.rng)
    if house is None:
        return
    town.bound(house, "building", 0.25)
    if town.rng.random() < 0.25:
        town.drawing.canvas.areas("detail", [house])
    else:
        strokes = hatch(house, town.rng.uniform(0.4, 0.8), town.rng.choice([45, 135]))
        town.drawing.canvas.lines("detail", strokes, 0.1)


def _garden(town: _Town, inner: Polygon) -> None:
    """Draw a garden: parts between paths, with trees in them."""
    drawing, rng = town.drawing, town.rng
    for piece in halve(inner, inner.area / rng.choice([2, 4, 6]), rng):
        lawn = max(parts(piece.buffer(-0.6, join_style="round")), key=lambda a: a.area, default=None)
        if lawn is None or lawn.area < 6:
            continue
        lawn = lawn.buffer(-0.5).buffer(0.5)
        town.bound(lawn, "garden", 0.15)
        x0, y0, x1, y1 = lawn.bounds
        free = lawn.buffer(-0.7)
        trees = [Point(rng.uniform(x0, x1), rng.uniform(y0, y1)) for _ in range(round(lawn.area / 5))]
        trees = [tree for tree in trees if free.contains(tree)]
        drawing.canvas.lines("detail", [tree.buffer(0.35).exterior for tree in trees[::2]], 0.1)
        drawing.canvas.areas("detail", [tree.buffer(0.15) for tree in trees[1::2]])


def _house_numbers(drawing: Drawing, inner: Polygon, rng: Random) -> None:
    ring = max(parts(inner.buffer(-1.1)), key=lambda a: a.area, default=None)
    if ring is None:
        return
    for at in np.arange(rng.uniform(2, 6), ring.exterior.length, rng.uniform(7, 14)):
        spot = ring.exterior.interpolate(at)
        text = str(rng.randrange(1, 140))
        drawing.text(write(text, "space", 0.9, rng), spot.x, spot.y, rng.uniform(-0.5, 0.5), text, "number")


def _over_all(drawing: Drawing, cells: list[Polygon], rng: Random) -> None:
    """Draw what runs over everything: names of streets, tram lines, projected streets, big letters, the grid."""
    ways = [line for line in shapely.get_parts(shapely.line_merge(shapely.union_all([c.boundary for c in cells])))
            if line.length > 12]  # fmt: skip
    for way in rng.sample(ways, len(ways) // 3):
        start = way.interpolate(way.length * 0.3)
        ahead = way.interpolate(way.length * 0.3 + 3.0)
        angle = (math.atan2(start.y - ahead.y, ahead.x - start.x) + math.pi / 2) % math.pi - math.pi / 2
        middle, text = way.interpolate(way.length * 0.5), rng.choice(_NAMES)
        drawing.text(write(text, "space", rng.uniform(0.9, 1.3), rng), middle.x, middle.y, angle, text, "name")
    for way in rng.sample(ways, len(ways) // 6):
        drawing.canvas.lines("detail", dashes(way, 2.2, 0.9), rng.choice([0.15, 0.3]), cap="flat")
    for cell in rng.sample(cells, max(1, len(cells) // 40)):
        x0, y0, x1, y1 = cell.bounds
        line = LineString([(x0 - 4, y0 - 4), (x1 + 8, y1 + 2)])
        drawing.canvas.lines("detail", dashes(line, 1.6, 1.0), 0.2, cap="flat")
    for _ in range(round(drawing.width_mm * drawing.height_mm / _NAMED_MM2)):
        x, y = rng.uniform(20, drawing.width_mm - 60), rng.uniform(15, drawing.height_mm - 15)
        for number, sign in enumerate(rng.choice(["GARE", "BERCY", "PICPUS"])):
            line = write(sign, "noto", rng.uniform(6.5, 7.5), rng)
            drawing.text(line, x + number * 13, y, 0.0, sign, "name")
    for at in np.arange(rng.uniform(30, 60), drawing.width_mm, 90.0):
        drawing.canvas.lines("detail", [LineString([(at, -5), (at + 0.8, drawing.height_mm + 5)])], 0.1)
    for at in np.arange(rng.uniform(30, 60), drawing.height_mm, 90.0):
        drawing.canvas.lines("detail", [LineString([(-5, at), (drawing.width_mm + 5, at - 0.8)])], 0.1)


def _sheet(drawing: Drawing, town: _Town, dpi: float, seed: int) -> Sheet:
    """Paint the ink on yellowed paper and bring the truth to pixels."""
    canvas = drawing.canvas
    page = shapely.box(0, 0, drawing.width_mm, drawing.height_mm)
    edges = shapely.intersection(shapely.union_all(town.edges), page)
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all([edges, page.boundary])]))
    faces = faces[shapely.area(faces) >= _LEAST_MM2]
    kinds, shapes = zip(*town.areas, strict=True)
    spot, shape = shapely.STRtree(shapes).query(shapely.point_on_surface(faces), predicate="within")
    top = np.full(len(faces), -1)
    np.maximum.at(top, spot, shape)  # what was drawn later lies upon
    kind = np.where(top >= 0, np.array(kinds, dtype=object)[top], "street")
    parcels = gpd.GeoDataFrame(
        {"number": "", "area": "", "code": "", "kind": kind, "area_m2": shapely.area(faces),
         "label": gpd.GeoSeries([Point()] * len(faces))},
        geometry=shapely.transform(faces, canvas.pixels),
    )  # fmt: skip
    texts, roles, boxes = zip(*drawing.words, strict=True)
    words = gpd.GeoDataFrame({"text": texts, "role": roles}, geometry=shapely.transform(np.array(boxes), canvas.pixels))
    share = canvas.paint()[..., None] / np.float32(255)
    image = np.round(np.array(PAPER) * (1 - share) + np.array(INK) * share).astype(np.uint8)
    return Sheet(
        image=image, dpi=dpi, scale=5000, name="", number="", crs=None, parcels=parcels,
        corners=np.full((4, 2), np.nan), corners_m=np.full((4, 2), np.nan), crosses=np.empty((0, 2)),
        crosses_m=np.empty((0, 2)), turn_deg=0.0, to_map=Affine.scale(MM_PER_INCH / dpi),
        lines=canvas.paint("boundary") >= 96, text=canvas.paint("text") >= 96, words=words,
    )  # fmt: skip
