"""Blocks drawn with a sidewalk around each, as in an atlas of a city: thin rings that are faces of their own."""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Flags = npt.NDArray[np.bool_]

LEAST_MM2 = 2.5
"""Smallest court or lawn of a block, larger than what a letter of the name of a street holds."""

_CLEAR = 1.2
"""Widths of a line from middle to middle at which there is paper between two lines."""

_LONG_MM = 15.0
"""A piece of a ring without a hole is longer than this; what is as narrow and shorter lies between two strokes."""

_COMPACT = 28.0
"""Square of its outline over its area of a box five times as long as wide."""

_RINGS, _SHARE = 8, 0.05
"""So many rings, and such a share of all faces, are the way of a drawing, not a house that fills its lot."""

_HELD = 0.5
"""Share of what a ring goes around that it holds: the block within it, not a house in a corner."""


def are_drawn(polygons: npt.NDArray[Any], widest: float, least: float, width: float) -> bool:
    """Tell whether a drawing has blocks with rings around them.

    Args:
        polygons: The rooms of its network.
        widest: Mean width in pixels below which a room is too narrow for a parcel.
        least: Area of the smallest parcel, in square pixels.
        width: Usual width of a line in pixels.
    """
    area, rim = shapely.area(polygons), np.maximum(shapely.length(polygons), 1e-9)
    mean = 2 * area / rim
    held = shapely.area(shapely.polygons(shapely.get_exterior_ring(polygons))) - area if len(polygons) else area
    ring = (mean < widest) & (mean >= _CLEAR * width) & (held >= _HELD * (held + area)) & (held >= least)
    faces = (mean >= widest) & (area >= least)
    return int(ring.sum()) >= max(_RINGS, _SHARE * int(faces.sum()))


def clear(polygons: npt.NDArray[Any], width: float, px_per_mm: float) -> Flags:
    """Return which rooms are rings, long pieces of them or compact: not the room between two strokes."""
    area, rim = shapely.area(polygons), shapely.length(polygons)
    alone = (shapely.get_num_interior_rings(polygons) > 0) | (rim >= 2 * _LONG_MM * px_per_mm)
    made: Flags = (alone | (rim**2 <= _COMPACT * area)) & (2 * area >= _CLEAR * width * rim)
    return made
