"""Defects only line work can hold: lines that do not meet, faces and labels that do not find each other."""

import math

import shapely
from shapely import LineString, Point

from data_samples.defects.limits import area_limit_m2
from data_samples.defects.picker import Edge, Picker
from data_samples.defects.plane import middle, strips
from data_samples.model import Mark, Parcel


def slivers(picker: Picker, count: int, width_m: float) -> None:
    """Draw a boundary twice, a little apart: between the lines a needle without label."""
    for edge, needle in strips(picker, count, width_m):
        at = middle(needle)
        place = {"to": edge.parcel.to, "at": at, "value": needle.area}
        picker.answer("thua_dat.sliver", **place, note="planted: boundary drawn twice")
        picker.answer("ban_ve.face_without_label", **place, note="consequence of thua_dat.sliver")


def overshoots(picker: Picker, count: int) -> None:
    """Let a line run on from a node into a parcel."""
    for number in range(count):
        parcel = picker.parcel(_is_wide)
        start, end = _inward(parcel, 1.2 + 0.5 * number, picker)
        drawn = LineString([start, end])
        picker.delivery.marks.append(Mark(parcel.to, "boundary", drawn))
        picker.answer("ban_ve.dangle", parcel, at=end, value=drawn.length)


def _inward(parcel: Parcel, length_m: float, picker: Picker) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return a node of a parcel and a point inside, as far from every boundary as its distance from the node allows."""
    ring = parcel.shape.exterior
    best = (0.0, (0.0, 0.0), (0.0, 0.0))
    for node in ring.coords[:-1]:
        reach = length_m / math.dist(node, parcel.spot)
        x, y = (node[axis] + (parcel.spot[axis] - node[axis]) * reach for axis in (0, 1))
        end = picker.on_grid(x, y)
        best = max(best, (ring.distance(Point(end)), node, end))
    return best[1], best[2]


def openings(picker: Picker, count: int) -> None:
    """Break a boundary between two parcels: both become one face with two labels.

    The face keeps the label whose area is nearer to its own, that of the larger parcel; the other row is lost.
    """
    for edge in picker.edge(lambda item: 8 < item.length_m < 40):
        if edge.beside is None or edge.parcel.touched or edge.beside.touched or edge.beside.to != edge.parcel.to:
            continue
        if shapely.intersection(edge.parcel.geometry, edge.beside.geometry).length > edge.length_m + 0.1:
            continue
        picker.touch(edge.parcel, edge.beside)
        _open(picker, edge, 1.0 + 0.4 * count)
        count -= 1
        if count == 0:
            return


def _open(picker: Picker, edge: Edge, width_m: float) -> None:
    assert edge.beside is not None
    whole = LineString([edge.start, edge.end])
    ends = [whole.interpolate(edge.length_m / 2 + side * width_m / 2) for side in (-1, 1)]
    gap = LineString([picker.on_grid(point.x, point.y) for point in ends])
    picker.delivery.marks.append(Mark(edge.parcel.to, "erase", gap))
    larger, smaller = sorted((edge.parcel, edge.beside), key=lambda item: -item.area_m2)
    pair = {"other_to": smaller.to, "other_thua": smaller.thua}
    because = "consequence of ban_ve.unclosed"
    picker.answer("ban_ve.unclosed", larger, **pair, at=(gap.centroid.x, gap.centroid.y), value=gap.length)
    picker.answer("ban_ve.label_doubled", larger, **pair, at=smaller.spot, value=2.0, note=because)
    picker.answer("so_dia_chinh.without_parcel", smaller, row=picker.rows(smaller)[0], note=because)
    face = larger.shape.area + smaller.shape.area
    off = face - larger.area_m2
    if off > area_limit_m2(face, picker.delivery.commune.scale):
        picker.answer("thua_dat.area_mismatch", larger, value=off, note=because)
        picker.answer("thua_dat.label_mismatch", larger, value=off, note=because)


def undershoots(picker: Picker, count: int, short_m: float) -> None:
    """Let a line end short of a junction by less than the tolerance: a reader joins it and says so."""
    for edge in picker.edge(lambda item: 4 < item.length_m < 40):
        if edge.beside is None or edge.parcel.touched or edge.beside.touched or edge.beside.to != edge.parcel.to:
            continue
        around = [item for item in picker.delivery.parcels if item.to == edge.parcel.to and _has_node(item, edge.start)]
        if len(around) < 3:
            continue
        picker.touch(edge.parcel, edge.beside)
        share = short_m / edge.length_m
        x, y = (edge.start[axis] + (edge.end[axis] - edge.start[axis]) * share for axis in (0, 1))
        gap = LineString([edge.start, picker.on_grid(x, y)])
        picker.delivery.marks.append(Mark(edge.parcel.to, "erase", gap))
        picker.answer("ban_ve.snapped", edge.parcel, at=edge.start, value=gap.length)
        count -= 1
        if count == 0:
            return


def _has_node(parcel: Parcel, node: tuple[float, float]) -> bool:
    return parcel.geometry is not None and node in parcel.shape.exterior.coords


def unlabelled(picker: Picker, count: int) -> None:
    """Leave the label of a parcel out."""
    for _ in range(count):
        parcel, row = picker.row()
        parcel.labelled = False
        picker.answer("ban_ve.face_without_label", parcel, value=parcel.shape.area, note=f"planted: was {parcel.thua}")
        picker.answer("so_dia_chinh.without_parcel", parcel, row=row, note="consequence of ban_ve.face_without_label")


def twice_labelled(picker: Picker, count: int) -> None:
    """Put a second label into a parcel: a copy of the first, and once an old one with another number and area."""
    for number in range(count):
        parcel = picker.parcel(_is_wide)
        old = number == count - 1
        thua = picker.number(parcel.to) if old else parcel.thua
        area = f"{parcel.area_m2 * (0.45 if old else 1.0):.1f}"
        spot = _beside(parcel, picker)
        picker.delivery.marks.append(Mark(parcel.to, "label", Point(spot), (parcel.code, thua, area)))
        picker.answer("ban_ve.label_doubled", parcel, at=spot, value=2.0)


def notes(picker: Picker, texts: tuple[str, ...]) -> None:
    """Write words into the layer of labels, in parcels that have a good one."""
    for text in texts:
        parcel = picker.parcel(_is_wide)
        spot = _beside(parcel, picker)
        picker.delivery.marks.append(Mark(parcel.to, "label", Point(spot), (text,)))
        picker.answer("ban_ve.label_unparsed", parcel, at=spot, note=f"planted: {text}")


def misspelt(picker: Picker, count: int) -> None:
    """Spell the only label of a parcel so that it cannot be read."""
    for _ in range(count):
        parcel, row = picker.row()
        parcel.labelled = False
        text = f"{parcel.code} {parcel.thua}-{parcel.area_m2:.1f}"
        picker.delivery.marks.append(Mark(parcel.to, "label", Point(parcel.spot), (text,)))
        because = "consequence of ban_ve.label_unparsed"
        picker.answer("ban_ve.label_unparsed", parcel, note=f"planted: {text}")
        picker.answer("thua_dat.missing_number", parcel, note=because)
        picker.answer("so_dia_chinh.without_parcel", parcel, row=row, note=because)


def labels_outside(picker: Picker, count: int, *, whole: bool) -> None:
    """Put labels beside the commune, where nothing is drawn."""
    ring = picker.delivery.outline.buffer(6.0).exterior
    for number in range(count):
        point = ring.interpolate((number + 0.37) / count, normalized=True)
        x, y = picker.on_grid(point.x, point.y)
        to = min(picker.delivery.parcels, key=lambda item: math.hypot(item.spot[0] - x, item.spot[1] - y)).to
        thua = picker.number(to)
        text = ("LUC", thua, "350.0") if whole else (thua,)
        picker.delivery.marks.append(Mark(to, "label", Point(x, y), text))
        picker.answer("ban_ve.label_outside", to=to, thua=thua, at=(x, y))


def _is_wide(parcel: Parcel) -> bool:
    return bool(shapely.maximum_inscribed_circle(parcel.geometry).length > 6.0)


def _beside(parcel: Parcel, picker: Picker) -> tuple[float, float]:
    """Return a place in a parcel at some distance from its label."""
    return picker.on_grid(parcel.spot[0] + 2.1, parcel.spot[1] + 2.9)
