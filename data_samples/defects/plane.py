"""Defects of the plane that polygons and line work can both hold: ground used twice, by nobody, or outside."""

import shapely
from shapely import Point, Polygon

from data_samples.defects.picker import Edge, Picker, bulge

_OFF_RIM_M = 25.0
"""Overlaps and gaps stay this far from the outline: at the rim a gap is a question of the outline, not of a parcel."""


def overlaps(picker: Picker, sizes_m2: tuple[float, ...], *, across_sheets: bool) -> None:
    """Push an edge of a parcel into its neighbour; the register knows the larger area. One pair a size."""
    for size_m2 in sizes_m2:
        edge, pushed, shared = _push(picker, size_m2, outward=True, across_sheets=across_sheets)
        assert edge.beside is not None
        picker.touch(edge.parcel, edge.beside)
        edge.parcel.geometry = pushed
        picker.resize(edge.parcel)
        picker.answer(
            "thua_dat.overlap",
            edge.parcel,
            other_to=edge.beside.to,
            other_thua=edge.beside.thua,
            at=middle(shared),
            value=shared.area,
        )


def gaps(picker: Picker, sizes_m2: tuple[float, ...], *, across_sheets: bool) -> None:
    """Pull an edge of a parcel back from its neighbour; the register knows the smaller area."""
    for size_m2 in sizes_m2:
        edge, pushed, free = _push(picker, size_m2, outward=False, across_sheets=across_sheets)
        assert edge.beside is not None
        picker.touch(edge.parcel, edge.beside)
        edge.parcel.geometry = pushed
        picker.resize(edge.parcel)
        picker.answer(
            "thua_dat.gap",
            edge.parcel,
            other_to=edge.beside.to,
            other_thua=edge.beside.thua,
            at=middle(free),
            value=free.area,
        )


def strays(picker: Picker, count: int) -> None:
    """Push edges on the outline out of the commune."""
    outline = picker.delivery.outline
    for edge in picker.edge(lambda item: 9 < item.length_m < 40, on_outline=True):
        if edge.parcel.touched:
            continue
        pushed, beyond = bulge(edge, 2.0 + count, picker, outward=True)
        if not pushed.is_valid or beyond.intersection(outline).area > 1e-6:
            continue
        picker.touch(edge.parcel)
        edge.parcel.geometry = pushed
        picker.resize(edge.parcel)
        picker.answer("thua_dat.outside_commune", edge.parcel, at=middle(beyond), value=beyond.area)
        count -= 1
        if count == 0:
            return


def annexes(picker: Picker, count: int) -> None:
    """Draw labelled parcels with a row of their own on the far side of the outline.

    Line work cannot show a parcel that crosses the outline without a doubt: the outline itself may count as boundary.
    """
    for edge in picker.edge(lambda item: 9 < item.length_m < 40, on_outline=True):
        _, beyond = bulge(edge, 9.0 + count, picker, outward=True)
        if edge.parcel.touched or not beyond.is_valid or beyond.intersection(picker.delivery.outline).area > 1e-6:
            continue
        picker.touch(edge.parcel)
        fresh = picker.add(edge.parcel, beyond, area_m2=round(beyond.area, 1))
        picker.answer("thua_dat.outside_commune", fresh, value=beyond.area)
        count -= 1
        if count == 0:
            return


def strips(picker: Picker, count: int, width_m: float) -> list[tuple[Edge, Polygon]]:
    """Cut needles off parcels along an edge inside a sheet; return each edge and its needle. Areas are adjusted."""
    found: list[tuple[Edge, Polygon]] = []
    for edge in picker.edge(
        lambda item: 6 < item.length_m < 18 and item.beside is not None and item.beside.to == item.parcel.to
    ):
        if edge.parcel.touched or edge.beside is None or edge.beside.touched:
            continue
        pulled, needle = bulge(edge, width_m, picker, outward=False)
        if not pulled.is_valid or not pulled.area < edge.parcel.area_m2 or _pinched(pulled):
            continue
        picker.touch(edge.parcel, edge.beside)
        edge.parcel.geometry = pulled
        picker.resize(edge.parcel)
        found.append((edge, needle))
        if len(found) == count:
            return found
    raise LookupError("no edge left for a sliver")


def middle(polygon: Polygon) -> tuple[float, float]:
    """Return a point inside a polygon."""
    point = polygon.representative_point()
    return point.x, point.y


def _push(picker: Picker, size_m2: float, *, outward: bool, across_sheets: bool) -> tuple[Edge, Polygon, Polygon]:
    for edge in picker.edge(lambda item: 7 < item.length_m < 60):
        if edge.beside is None or (edge.parcel.to != edge.beside.to) != across_sheets:
            continue
        if picker.delivery.outline.exterior.distance(Point(edge.start)) < _OFF_RIM_M:
            continue
        depth = size_m2 / (0.88 * edge.length_m)
        room = edge.beside.geometry if outward else edge.parcel.geometry
        pushed, between = bulge(edge, depth, picker, outward=outward)
        inside = between.is_valid and between.difference(room).area < 1e-6
        if depth < 2.5 and pushed.is_valid and inside and not _pinched(pushed):
            return edge, pushed, between
    raise LookupError("no edge left to push")


def _pinched(polygon: Polygon) -> bool:
    return bool(shapely.minimum_clearance(polygon) < 0.1)
