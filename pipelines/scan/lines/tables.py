"""Tables beside the drawing (coordinates of corners, legends): ruled cells in rows and columns are no parcels."""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from pipelines.scan.lines.network import Ids, parts

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_RECTANGLE = 0.97
"""Share of the tightest box around it that a ruled cell fills."""

_TALL_MM = 9.0
"""Highest row of a table that holds one line of text, on paper."""

_FEWEST = 3
"""Fewest rows and columns: what lies in the middle of three by three lots has no way to it."""

_IN_LINE_MM = 0.5


def cells(polygons: npt.NDArray[Any], sides: Ids, px_per_mm: float) -> Flags:
    """Return which faces are cells of a table: boxes in rows and columns that make a box together, and stand alone.

    Args:
        polygons: The faces.
        sides: (e, 2) faces left and right of each edge, -1 = outside.
        px_per_mm: Pixels per millimetre.
    """
    made = np.zeros(len(polygons), dtype=bool)
    if len(polygons) < _FEWEST**2:
        return made
    box = shapely.oriented_envelope(polygons)
    boxed = shapely.area(polygons) >= _RECTANGLE * np.maximum(shapely.area(box), 1e-9)
    sides = sides[sides[:, 0] != sides[:, 1]]
    both = sides[(sides >= 0).all(axis=1)]
    group = parts(both[boxed[both].all(axis=1)], len(polygons))
    many = np.bincount(group, boxed, minlength=len(polygons)) >= _FEWEST**2
    for number in np.flatnonzero(many):
        members = np.flatnonzero((group == number) & boxed)
        made[members] = _is_table(polygons[members], px_per_mm) and _stands_alone(members, sides)
    return made


def _stands_alone(members: Ids, sides: Ids) -> bool:
    """Tell whether cells have one and the same neighbour all around: the open paper, or the face they stand in."""
    inside = np.isin(sides, members)
    return len(np.unique(sides[inside[:, ::-1] & ~inside])) == 1


def _is_table(some: npt.NDArray[Any], px_per_mm: float) -> bool:
    """Tell whether boxes are the cells between lines that run through, three rows and columns at least."""
    whole = shapely.union_all(some)
    around = shapely.oriented_envelope(whole)
    if whole.area < _RECTANGLE * around.area:
        return False
    corner = shapely.get_coordinates(around)
    along = corner[1] - corner[0]
    along = along / np.hypot(*along)
    turned = shapely.transform(some, lambda at: at @ np.array([[along[0], -along[1]], [along[1], along[0]]]))
    low, high = np.split(shapely.bounds(turned) / px_per_mm, 2, axis=1)
    rows, columns = (_lines(np.append(low[:, axis], high[:, axis])) - 1 for axis in (1, 0))
    if min(rows, columns) < _FEWEST or len(some) != rows * columns:
        return False
    return bool(np.median(high - low, axis=0).min() <= _TALL_MM)


def _lines(at: Floats) -> int:
    """Return the number of lines that places lie on."""
    return 1 + int((np.diff(np.sort(at)) > _IN_LINE_MM).sum())
