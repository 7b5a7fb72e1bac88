"""Defects only a table of polygons can hold: broken rings, several parts, no shape, copies, no number."""

import math
from functools import partial

import shapely
from shapely import MultiPolygon, Polygon

from data_samples.defects.picker import Picker
from data_samples.defects.plane import strips
from data_samples.model import Parcel

_LOOP_M = 0.1


def crossings(picker: Picker, count: int) -> None:
    """Let a ring cross itself at a corner: a loop of a decimetre, too small to open a gap or an overlap."""
    for _ in range(count):
        parcel = picker.parcel(lambda item: item.area_m2 > 150)
        assert isinstance(parcel.geometry, Polygon)
        corner, broken = _looped(parcel.geometry)
        parcel.geometry = broken
        picker.answer("thua_dat.invalid", parcel, at=corner, note="planted: ring crosses itself at a corner")


def _looped(polygon: Polygon) -> tuple[tuple[float, float], Polygon]:
    ring = list(polygon.exterior.coords)[:-1]
    turns = [(_turn(ring[n - 1], ring[n], ring[(n + 1) % len(ring)]), n) for n in range(len(ring))]
    _, at = min(turns)  # The corner nearest to a right angle, so that the loop is as wide as it can be.
    corner = ring[at]
    back, ahead = _unit(corner, ring[at - 1]), _unit(corner, ring[(at + 1) % len(ring)])

    def step(direction: tuple[float, float], share: float) -> tuple[float, float]:
        return corner[0] + direction[0] * _LOOP_M * share, corner[1] + direction[1] * _LOOP_M * share

    loop = [step(back, 1.0), step(ahead, 0.5), step(back, 0.5), step(ahead, 1.0)]
    return corner, Polygon([*ring[:at], *loop, *ring[at + 1 :]])


def _turn(before: tuple[float, float], corner: tuple[float, float], after: tuple[float, float]) -> float:
    (ax, ay), (bx, by) = _unit(corner, before), _unit(corner, after)
    return abs(ax * bx + ay * by)


def _unit(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    return (end[0] - start[0]) / length, (end[1] - start[1]) / length


def slivers(picker: Picker, count: int) -> None:
    """Make needles between two parcels parcels of their own, with number and row."""
    for edge, needle in strips(picker, count, 0.13):
        fresh = picker.add(edge.parcel, needle, area_m2=round(needle.area, 1))
        picker.answer("thua_dat.sliver", fresh, value=needle.area)


def several_parts(picker: Picker, count: int) -> None:
    """Join two lots that do not touch into one record."""
    for _ in range(count):
        kept = picker.parcel(lambda item: item.code == "LUC" and item.area_m2 < 700)
        gone = picker.parcel(partial(_is_another_field, kept))
        kept.geometry = MultiPolygon([kept.geometry, gone.geometry])
        for row in picker.rows(gone):
            picker.delivery.rows.remove(row)
        picker.delivery.parcels.remove(gone)
        picker.resize(kept)
        picker.answer("thua_dat.multipart", kept, value=2.0, note=f"planted: number {gone.thua} given up")


def _is_another_field(kept: Parcel, other: Parcel) -> bool:
    is_near = 15 < other.shape.distance(kept.shape) < 250
    return other.code == "LUC" and other.to == kept.to and is_near


def shapeless(picker: Picker, count: int) -> None:
    """Add records that have a number and a row but no shape."""
    for _ in range(count):
        model = picker.parcel(lambda item: item.code == "LUC", alone=False)
        fresh = picker.add(model, None, area_m2=model.area_m2)
        picker.answer("thua_dat.empty", fresh, at=None)


def copies(picker: Picker, count: int) -> None:
    """Add a second record with the very same shape and another number; no overlap is to be reported beside it."""
    for _ in range(count):
        model = picker.parcel()
        fresh = picker.add(model, shapely.transform(model.geometry, lambda points: points), area_m2=model.area_m2)
        picker.answer("thua_dat.duplicate_geometry", fresh, other_to=model.to, other_thua=model.thua)


def numberless(picker: Picker, count: int) -> None:
    """Leave the parcel number out of the attribute table."""
    for _ in range(count):
        parcel, row = picker.row()
        parcel.labelled = False
        picker.answer("thua_dat.missing_number", parcel, note=f"planted: was {parcel.thua}")
        picker.answer("so_dia_chinh.without_parcel", parcel, row=row, note="consequence of thua_dat.missing_number")
