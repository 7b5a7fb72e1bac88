"""Parcels as a drawing holds them: each shared edge once, labels as texts, levels of TT 26/2024 Annex 21."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import shapely
from shapely import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from data_samples.model import Delivery, Mark, Parcel

Node = tuple[float, float]

PARCEL, ROAD, RIVER, CANAL, OUTLINE, WALL, PLACE, DOCUMENT, FRAME = 10, 23, 31, 32, 46, 14, 48, 61, 63
LABEL_POINT, NUMBER, AREA, USE = 11, 13, 4, 2

COLOURS = {PARCEL: 0, ROAD: 1, RIVER: 2, CANAL: 2, OUTLINE: 3, WALL: 0, PLACE: 6, FRAME: 0, NUMBER: 4, AREA: 4, USE: 4}
"""Colour index of each level (TT 26/2024 Annex 21); a level not listed is drawn in colour 0."""

_MOST_VERTICES = 30
_FRONTS = ((RIVER, "SON"), (CANAL, "DTL"), (ROAD, "DGT"))


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a drawing.

    Attributes:
        level: Level number.
        geometry: Line string or point.
        text: Text, Unicode; empty for lines.
    """

    level: int
    geometry: BaseGeometry
    text: str = ""


def sheet(delivery: Delivery, to: str) -> list[Element]:
    """Return every element of one sheet, in the order of drawing."""
    parcels = [parcel for parcel in delivery.parcels if parcel.to == to]
    marks = [mark for mark in delivery.marks if mark.to == to]
    elements = list(_edges(parcels, marks))
    elements += [Element(PARCEL, mark.geometry) for mark in marks if mark.role == "boundary"]
    elements += [Element(DOCUMENT, mark.geometry) for mark in marks if mark.role == "document"]
    again = [mark.geometry for mark in marks if mark.role == "again"]
    elements += [min(elements, key=partial(_apart, point)) for point in again]
    elements += _outline(delivery, parcels)
    elements += _houses(parcels, delivery.commune.grid_m)
    return elements


def _apart(point: BaseGeometry, element: Element) -> float:
    return float(element.geometry.distance(point))


def _edges(parcels: list[Parcel], marks: list[Mark]) -> Iterator[Element]:
    """Yield the boundary lines: segments two parcels share appear once, on the level of the ground beside them."""
    sides: dict[tuple[Node, Node], set[str]] = defaultdict(set)
    for parcel in parcels:
        for ring in _rings(parcel.geometry):
            for start, end in itertools.pairwise(ring):
                sides[min((start, end), (end, start))].add(parcel.code)
    erased = [mark.geometry for mark in marks if mark.role == "erase"]
    for gap in erased:
        whole = min(sides, key=partial(_off, gap))
        start, end = sorted(gap.coords, key=partial(math.dist, whole[0]))
        codes = sides.pop(whole)
        for a, b in ((whole[0], start), (end, whole[1])):
            if a != b:
                sides[min((a, b), (b, a))] |= codes
    levels: dict[int, list[LineString]] = defaultdict(list)
    for edge in sorted(sides):
        level = next((number for number, code in _FRONTS if code in sides[edge]), PARCEL)
        levels[level].append(LineString(edge))
    for level in sorted(levels):
        merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(levels[level])))
        for line in sorted(merged, key=lambda item: item.coords[0]):
            yield from (Element(level, piece) for piece in _chopped(line))


def _off(gap: BaseGeometry, edge: tuple[Node, Node]) -> float:
    """Return how much longer the ways along an edge become through the ends of a gap: 0 when they lie on it."""
    start, stop = edge
    return sum(math.dist(start, end) + math.dist(end, stop) - math.dist(start, stop) for end in gap.coords)


def _rings(geometry: BaseGeometry | None) -> list[list[Node]]:
    polygons = [part for part in shapely.get_parts(geometry) if isinstance(part, Polygon)] if geometry else []
    return [list(ring.coords) for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]


def _chopped(line: LineString) -> Iterator[LineString]:
    """Yield a line in pieces of few vertices: a DGN v7 element holds 101 at most."""
    points = list(line.coords)
    for start in range(0, len(points) - 1, _MOST_VERTICES):
        yield LineString(points[start : start + _MOST_VERTICES + 1])


def _outline(delivery: Delivery, parcels: list[Parcel]) -> list[Element]:
    """Return the commune outline where parcels of the sheet lie along it, with their very nodes."""
    nodes = {node for parcel in parcels for ring in _rings(parcel.geometry) for node in ring}
    points = list(delivery.outline.exterior.coords)
    runs: list[list[Node]] = []
    for start, end in itertools.pairwise(points):
        kept = start in nodes and end in nodes
        if kept and runs and runs[-1][-1] == start:
            runs[-1].append(end)
        elif kept:
            runs.append([start, end])
    return [Element(OUTLINE, piece) for run in runs for piece in _chopped(LineString(run))]


def _houses(parcels: list[Parcel], grid_m: float) -> list[Element]:
    """Return a house wall in every third home lot: closed lines that are no parcel boundaries."""
    homes = [parcel for parcel in parcels if parcel.code.startswith("ONT") and parcel.labelled][::3]
    per_metre = round(1 / grid_m)
    walls = []
    for home in homes:
        x, y = home.spot
        corners = list(box(x - 3.2, y - 4.6, x + 3.4, y + 3.8).exterior.coords)
        rounded = [(round(a * per_metre) / per_metre, round(b * per_metre) / per_metre) for a, b in corners]
        walls.append(Element(WALL, LineString(rounded)))
    return walls


def frame(delivery: Delivery, to: str) -> list[Element]:
    """Return the frame and title of a sheet."""
    x0, _, _, y1 = delivery.frames[to].bounds
    title = f"BẢN ĐỒ ĐỊA CHÍNH XÃ {delivery.commune.name.upper()} - TỜ SỐ {to} - TỶ LỆ 1:{delivery.commune.scale}"
    return [
        Element(FRAME, LineString(delivery.frames[to].exterior.coords)),
        Element(FRAME, Point(x0, y1 + 8.0), title),
    ]


def places(delivery: Delivery, to: str) -> list[Element]:
    """Return place names of a sheet, level 48."""
    parcels = [parcel for parcel in delivery.parcels if parcel.to == to]
    named = {
        "DGD": "Trường Tiểu học",
        "TSC": "UBND xã",
        "NTD": "Nghĩa địa",
        "TON": "Chùa",
        "DCH": "Chợ",
        "DYT": "Trạm Y tế",
    }
    return [
        Element(PLACE, Point(parcel.spot[0], parcel.spot[1] - 9.0), f"{named[parcel.code]} {delivery.commune.name}")
        for parcel in parcels
        if parcel.code in named
    ]


def separate_labels(parcels: Iterable[Parcel]) -> list[Element]:
    """Return labels as four elements each: point, number, area, land use (levels 11, 13, 4, 2)."""
    return [
        element
        for parcel in parcels
        if parcel.labelled
        for element in label_at(parcel.spot, parcel.code, parcel.thua, parcel.area_m2)
    ]


def label_at(spot: Node, code: str, thua: str, area_m2: float) -> list[Element]:
    """Return the elements of one label: the texts stand close around its point."""
    x, y = spot
    return [
        Element(LABEL_POINT, Point(x, y)),
        Element(NUMBER, Point(x, y + 0.4), thua),
        Element(AREA, Point(x, y - 0.4), f"{area_m2:.1f}"),
        Element(USE, Point(x - 0.5, y), code),
    ]
