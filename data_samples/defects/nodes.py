"""Defects of vertices in a table of polygons: spikes, repeated ones, nodes of one side only; and a lot within a lot."""

import math
from collections.abc import Callable, Iterator

import shapely
from shapely import LineString, Point, Polygon, box

from data_samples.defects.picker import Edge, Node, Picker
from data_samples.model import Parcel

_SPIKE_M = 1.2
_SPIKE_HALF_M = 0.006
"""So narrow that the spike shares less ground with the neighbour than counts as an overlap."""


def spikes(picker: Picker, count: int) -> None:
    """Let a ring run into the neighbour and come back; the neighbour has a node at the foot."""
    for edge in _inner_edges(picker, count, lambda edge: _has_room(edge, _SPIKE_M + 1.0)):
        (x, y), (nx, ny) = _middle(edge), _outward(edge)
        along = (ny * _SPIKE_HALF_M, -nx * _SPIKE_HALF_M)
        feet = [picker.on_grid(x - along[0], y - along[1]), picker.on_grid(x + along[0], y + along[1])]
        feet.sort(key=lambda foot: math.dist(foot, edge.start))
        tip = picker.on_grid(x + nx * _SPIKE_M, y + ny * _SPIKE_M)
        _insert(edge.parcel, edge, [feet[0], tip, feet[1]])
        _insert(_beside(edge), edge, feet)
        picker.answer("thua_dat.spike", edge.parcel, at=tip, value=min(math.dist(tip, foot) for foot in feet))


def repeated_vertices(picker: Picker, count: int) -> None:
    """Write a node of a common boundary twice, half a centimetre apart: both parcels have it."""
    for edge in _inner_edges(picker, count, lambda edge: _has_room(edge, 1.0)):
        x, y = _middle(edge)
        share = 0.005 / edge.length_m
        pair = [
            picker.on_grid(x, y),
            picker.on_grid(x + (edge.end[0] - edge.start[0]) * share, y + (edge.end[1] - edge.start[1]) * share),
        ]
        for parcel in (edge.parcel, _beside(edge)):
            _insert(parcel, edge, pair)
            picker.answer("thua_dat.repeated_vertex", parcel, at=None, value=math.dist(*pair))


def missing_nodes(picker: Picker, count: int) -> None:
    """Give one parcel a node on the common boundary that the other has not."""
    for edge in _inner_edges(picker, count, lambda edge: _has_room(edge, 1.0)):
        node = picker.on_grid(*_middle(edge))
        _insert(edge.parcel, edge, [node])
        picker.answer("thua_dat.missing_node", edge.parcel, at=node, value=1.0)


def nodes_beside(picker: Picker, count: int) -> None:
    """Give one parcel a node a few millimetres beside the common boundary: too little ground to count by itself."""
    for edge in _inner_edges(picker, count, lambda edge: edge.length_m < 9 and _has_room(edge, 1.0)):
        (x, y), (nx, ny) = _middle(edge), _outward(edge)
        node = picker.on_grid(x + nx * 0.002, y + ny * 0.002)
        _insert(edge.parcel, edge, [node])
        off_m = Point(node).distance(LineString([edge.start, edge.end]))
        picker.answer("thua_dat.near_node", edge.parcel, at=node, value=off_m)


def covered(picker: Picker, count: int) -> None:
    """Draw a lot with number and row inside another one that has no hole for it."""
    for _ in range(count):
        around = picker.parcel(lambda item: item.code == "LUC" and _radius_m(item) > 5)
        x, y = around.spot
        inner = Polygon([picker.on_grid(*corner) for corner in box(x - 2.5, y - 1.5, x + 2.5, y + 1.5).exterior.coords])
        fresh = picker.add(around, inner, area_m2=round(inner.area, 1))
        picker.answer(
            "thua_dat.overlap",
            fresh,
            other_to=around.to,
            other_thua=around.thua,
            at=fresh.spot,
            value=inner.area,
            note="planted: lies in the other",
        )


def _inner_edges(picker: Picker, count: int, fits: Callable[[Edge], bool]) -> Iterator[Edge]:
    """Yield edges between two parcels of one sheet, of which nothing else is touched."""
    for edge in picker.edge(lambda item: item.length_m > 4 and item.beside is not None):
        if edge.parcel.touched or _beside(edge).touched or _beside(edge).to != edge.parcel.to or not fits(edge):
            continue
        picker.touch(edge.parcel, _beside(edge))
        yield edge
        count -= 1
        if count == 0:
            return
    raise LookupError("no edge left for a node")


def _beside(edge: Edge) -> Parcel:
    assert edge.beside is not None
    return edge.beside


def _has_room(edge: Edge, depth_m: float) -> bool:
    """Return whether no other boundary of the neighbour comes near the middle of an edge, so far into it."""
    (x, y), (nx, ny) = _middle(edge), _outward(edge)
    way = LineString([(x + nx * 0.3, y + ny * 0.3), (x + nx * depth_m, y + ny * depth_m)])
    neighbour = _beside(edge).shape
    return bool(shapely.contains_properly(neighbour, way) and way.distance(neighbour.exterior) > 0.29)


def _radius_m(parcel: Parcel) -> float:
    return float(shapely.maximum_inscribed_circle(parcel.geometry).length)


def _middle(edge: Edge) -> Node:
    return (edge.start[0] + edge.end[0]) / 2, (edge.start[1] + edge.end[1]) / 2


def _outward(edge: Edge) -> Node:
    """Return the unit vector from an edge into the neighbour: rings of edges run clockwise."""
    ux, uy = (edge.end[axis] - edge.start[axis] for axis in (0, 1))
    return -uy / edge.length_m, ux / edge.length_m


def _insert(parcel: Parcel, edge: Edge, nodes: list[Node]) -> None:
    """Put nodes, in the order from the start of an edge to its end, into the ring of a parcel."""
    ring = list(parcel.shape.exterior.coords)
    for at in range(len(ring) - 1):
        if (ring[at], ring[at + 1]) in {(edge.start, edge.end), (edge.end, edge.start)}:
            ordered = nodes if ring[at] == edge.start else nodes[::-1]
            parcel.geometry = Polygon([*ring[: at + 1], *ordered, *ring[at + 1 :]], parcel.shape.interiors)
            return
    raise LookupError("the parcel has no such edge")
