"""Edges and the cells they close: who lies left and right of whom."""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from pipelines.scan.lines.network import Ids


def cells(edges: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Ids, Ids]:
    """Return the cells that edges close, and for each edge the cell on its left and on its right.

    Args:
        edges: Lines that meet at their ends only.

    Returns:
        Polygons; their places left and right of each edge as one walks along it on the page, -1 where none.
    """
    polygons = shapely.get_parts(shapely.polygonize(edges))
    polygons = shapely.orient_polygons(polygons)
    rings, cell = shapely.get_rings(polygons, return_index=True)
    corner, ring = shapely.get_coordinates(rings, return_index=True)
    step, line = shapely.get_coordinates(edges, return_index=True)
    begins = np.searchsorted(line, np.arange(len(edges)))
    wanted = np.concatenate([step[begins], step[begins + 1]])
    known, number = np.unique(np.concatenate([corner, wanted]) @ np.array([1, 1j]), return_inverse=True)
    ring_number, wanted_number = number[: len(corner)], number[len(corner) :]
    same = ring[1:] == ring[:-1]
    key = (ring_number[:-1] * len(known) + ring_number[1:])[same]
    inside = cell[ring[:-1][same]]
    order = np.argsort(key)
    key, inside = key[order], inside[order]
    one, two = np.split(wanted_number, 2)

    def found(of: Ids) -> Ids:
        place = np.minimum(np.searchsorted(key, of), len(key) - 1)
        return np.where(key[place] == of, inside[place], -1) if len(key) else np.full(len(of), -1)

    # Rings run so that x to the right and y up their cell is on the left; with y down that is on the right.
    return polygons, found(two * len(known) + one), found(one * len(known) + two)
