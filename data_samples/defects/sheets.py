"""Defects only line work can hold, beyond broken lines: drawn twice, nowhere, on paper only, beside, across sheets."""

import itertools
import math

import shapely
from shapely import LineString, Point, Polygon, box

from data_samples.defects.picker import Edge, Picker, bulge
from data_samples.defects.plane import middle
from data_samples.model import Mark, Parcel
from data_samples.sheets import label_spot

_OFF_SHEET_M = 0.03
"""How far a node of the later sheet is from the line of the earlier one: less than ends are snapped by."""

_TEXT_M = 2.0
_LETTER = 0.8
"""Height of a label in the DXF, and how wide a letter is of it."""


def doubled(picker: Picker, count: int) -> None:
    """Draw lines of one sheet again exactly: one finding for the sheet, its value how many."""
    to = next(iter(picker.delivery.frames))
    near = [parcel for parcel in picker.free() if parcel.to == to][:count]
    for parcel in near:
        picker.touch(parcel)
        picker.delivery.marks.append(Mark(to, "again", Point(parcel.shape.exterior.coords[0])))
    at = near[0].shape.exterior.coords[0]
    picker.answer("ban_ve.element_doubled", to=to, at=at, value=float(count))


def nowhere(picker: Picker) -> None:
    """Draw a line to a place that no projection reaches."""
    parcel = picker.parcel()
    line = LineString([parcel.spot, (1e12, 1e12)])
    picker.delivery.marks.append(Mark(parcel.to, "boundary", line))
    picker.answer("ban_ve.bad_coordinates", file=f"ban_do/{picker.delivery.commune.slug}.dxf")


def documents(picker: Picker, count: int) -> None:
    """Draw documents that have a common boundary elsewhere: each of the two parcels is another one on paper."""
    for edge in picker.edge(lambda item: 8 < item.length_m < 40 and item.beside is not None):
        if edge.parcel.touched or edge.beside is None or edge.beside.touched or edge.beside.to != edge.parcel.to:
            continue
        if shapely.intersection(edge.parcel.geometry, edge.beside.geometry).length > edge.length_m + 0.1:
            continue
        pushed, between = bulge(edge, 0.8, picker, outward=True)
        if not pushed.is_valid or between.difference(edge.beside.geometry).area > 1e-6:
            continue
        picker.touch(edge.parcel, edge.beside)
        ring = list(between.exterior.coords)
        picker.delivery.marks.append(Mark(edge.parcel.to, "document", LineString(ring[:4])))
        surveyed = LineString([edge.start, edge.end])
        off_m = max(surveyed.distance(Point(node)) for node in ring[1:3])
        for parcel in (edge.parcel, edge.beside):
            picker.answer("thua_dat.documented_mismatch", parcel, at=middle(between), value=off_m)
        count -= 1
        if count == 0:
            return
    raise LookupError("no edge left for a document")


def stray_documents(picker: Picker) -> None:
    """Draw a line of documents that closes nothing, and one that closes around ground of no single parcel."""
    parcel = picker.parcel(_is_wide)
    x, y = parcel.spot
    line = LineString([picker.on_grid(x - 1.5, y + 1.5), picker.on_grid(x + 1.5, y + 2.5)])
    picker.delivery.marks.append(Mark(parcel.to, "document", line))
    picker.answer("ban_ve.documented_unclosed", parcel, at=middle(line), value=line.length)
    parcel = picker.parcel(_is_wide)
    x, y = parcel.spot
    ring = [picker.on_grid(*corner) for corner in box(x - 1.5, y + 1.5, x + 1.5, y + 3.5).exterior.coords]
    picker.delivery.marks.append(Mark(parcel.to, "document", LineString(ring)))
    picker.answer("ban_ve.documented_unmatched", parcel, at=middle(Polygon(ring)), value=Polygon(ring).area)
    off_m = max(parcel.shape.exterior.distance(Point(node)) for node in ring)
    because = "consequence of ban_ve.documented_unmatched"
    picker.answer("thua_dat.documented_mismatch", parcel, at=middle(Polygon(ring)), value=off_m, note=because)


def edges_redrawn(picker: Picker, count: int) -> None:
    """Let the later sheet have a node a little beside the boundary that the earlier one draws straight."""
    for edge in picker.edge(lambda item: 6 < item.length_m < 40 and item.beside is not None):
        if (
            edge.parcel.touched
            or edge.beside is None
            or edge.beside.touched
            or int(edge.beside.to) >= int(edge.parcel.to)
        ):
            continue
        x, y = ((edge.start[axis] + edge.end[axis]) / 2 for axis in (0, 1))
        ux, uy = ((edge.end[axis] - edge.start[axis]) / edge.length_m for axis in (0, 1))
        node = picker.on_grid(x + uy * _OFF_SHEET_M, y - ux * _OFF_SHEET_M)
        picker.touch(edge.parcel, edge.beside)
        ring = list(shapely.normalize(edge.parcel.geometry).exterior.coords)
        at = next(n for n, pair in enumerate(itertools.pairwise(ring)) if pair == (edge.start, edge.end))
        edge.parcel.geometry = Polygon([*ring[: at + 1], node, *ring[at + 1 :]])
        off_m = LineString([edge.start, edge.end]).distance(Point(node))
        picker.answer("ban_ve.edge_matched", edge.parcel, at=node, value=off_m)
        count -= 1
        if count == 0:
            return
    raise LookupError("no edge left between two sheets")


def parts_on_sheets(picker: Picker, count: int) -> None:
    """Draw a part of a parcel on the next sheet, with a number of that sheet and the area of the whole."""
    for edge in picker.edge(lambda item: item.length_m > 4 and item.beside is not None):
        if edge.parcel.touched or edge.beside is None or edge.beside.to == edge.parcel.to or edge.parcel.code != "LUC":
            continue
        parts = _cut(edge)
        if parts is None:
            continue
        picker.touch(edge.parcel)
        whole, (kept, given) = edge.parcel, parts
        to = edge.beside.to
        whole.geometry, whole.spot = kept, label_spot(kept, picker.grid_m)
        part = Parcel(to, picker.number(to), whole.code, given, whole.area_m2, label_spot(given, picker.grid_m))
        part.touched = True
        picker.delivery.parcels.append(part)
        picker.answer(
            "ban_ve.joined_across_sheets", part, other_to=whole.to, other_thua=whole.thua, value=whole.area_m2
        )
        count -= 1
        if count == 0:
            return
    raise LookupError("no parcel left at the edge of a sheet")


def _cut(edge: Edge) -> tuple[Polygon, Polygon] | None:
    """Return a parcel cut in two between two of its nodes, the smaller part with the edge; None where it cannot be."""
    ring = list(shapely.normalize(edge.parcel.geometry).exterior.coords)[:-1]
    count = len(ring)
    at = next(n for n in range(count) if (ring[n], ring[(n + 1) % count]) == (edge.start, edge.end))
    whole_m2 = edge.parcel.shape.area
    for before, after in itertools.product(range(4), range(4)):
        if not 3 <= before + after + 2 <= count - 1:
            continue
        given, kept = (
            Polygon([ring[(at + step) % count] for step in steps])
            for steps in (range(-before, after + 2), range(after + 1, count - before + 1))
        )
        sound = given.is_valid and kept.is_valid and math.isclose(given.area + kept.area, whole_m2, rel_tol=1e-9)
        if sound and min(_radius_m(given), _radius_m(kept)) > 2.0 and 0.15 < given.area / whole_m2 < 0.45:
            return kept, given
    return None


def labels_beside(picker: Picker, count: int) -> None:
    """Anchor a label in the neighbour, while the text itself stands in its parcel."""
    for edge in picker.edge(lambda item: item.length_m > 3 and item.beside is not None):
        if edge.parcel.touched or edge.beside is None or edge.beside.touched or edge.beside.to != edge.parcel.to:
            continue
        x, y = ((edge.start[axis] + edge.end[axis]) / 2 for axis in (0, 1))
        anchor = picker.on_grid(x - 0.7, y - _TEXT_M / 2)
        text, other = _text(edge.parcel, anchor), _text(edge.beside, edge.beside.spot)
        inside = text.intersection(edge.parcel.geometry).area / text.area
        own = other.intersection(edge.beside.geometry).area / other.area
        if inside < 0.75 or own < 0.75 or not edge.beside.shape.contains(Point(anchor)):
            continue
        picker.touch(edge.parcel, edge.beside)
        edge.parcel.spot = anchor
        off_m = edge.parcel.shape.distance(Point(anchor))
        picker.answer("ban_ve.label_moved", edge.parcel, at=anchor, value=off_m)
        count -= 1
        if count == 0:
            return
    raise LookupError("no parcel left for a label beside it")


def _text(parcel: Parcel, spot: tuple[float, float]) -> Polygon:
    """Return the ground that a label of the DXF covers."""
    letters = len(f"{parcel.code} {parcel.thua}/{parcel.area_m2:.1f}")
    return box(*spot, spot[0] + letters * _LETTER * _TEXT_M, spot[1] + _TEXT_M)


def _is_wide(parcel: Parcel) -> bool:
    return _radius_m(parcel) > 6.0


def _radius_m(shape: Parcel | Polygon) -> float:
    geometry = shape.geometry if isinstance(shape, Parcel) else shape
    return float(shapely.maximum_inscribed_circle(geometry).length)
