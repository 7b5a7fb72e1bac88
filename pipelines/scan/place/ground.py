"""From the pixels of a sheet to the ground and back; a sheet without a place lies where QGIS shows its picture."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from pipelines.geometry import Geometries
from pipelines.scan.model import Page, Placed, Points

_KNOTS = 12
"""Points of the lattice per side: a plate of paper bends little between them."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the pixels of a sheet lie.

    Attributes:
        forward: (n, 2) pixels to coordinates in `crs`; without a place to (x, -y), as QGIS shows a bare picture.
        crs: CRS of the coordinates; None without a place.
        metres: Length of a pixel in units of the coordinates: metres, or 1 without a place.
        lattice: (n, 4) pairs of pixel and coordinates all over the page: what leads back.
    """

    forward: Callable[[Points], Points]
    crs: Any
    metres: float
    lattice: Points

    def moved(self, shapes: Geometries) -> Geometries:
        """Return shapes in the coordinates of the ground; equal vertices stay equal to the last bit."""
        return moved(shapes, self.forward)


def moved(shapes: Geometries, way: Callable[[Points], Points]) -> Geometries:
    """Return shapes with every vertex moved; equal vertices stay equal to the last bit, whatever shape they are in."""
    points, back = np.unique(shapely.get_coordinates(shapes), axis=0, return_inverse=True)
    if not len(points):
        return np.array(shapes, dtype=object)
    made = np.asarray(way(points), dtype=np.float64)
    return np.asarray(shapely.set_coordinates(np.array(shapes, dtype=object), made[back.ravel()]))


def of(page: Page, placed: Placed | None) -> Ground:
    """Return where the pixels of a page lie.

    Args:
        page: The page.
        placed: Its place, where it has one.
    """
    forward = _bare if placed is None else placed.warp
    x, y = np.meshgrid(np.linspace(0, page.width, _KNOTS), np.linspace(0, page.height, _KNOTS))
    pixels = np.column_stack([x.ravel(), y.ravel()])
    there = np.asarray(forward(pixels), dtype=np.float64)
    metres = 1.0
    if placed is not None:
        steps = np.hypot(
            *(there.reshape(_KNOTS, _KNOTS, 2)[1:] - there.reshape(_KNOTS, _KNOTS, 2)[:-1]).reshape(-1, 2).T
        )
        metres = float(np.median(steps) / (page.height / (_KNOTS - 1)))
    return Ground(forward, None if placed is None else placed.crs, metres, np.hstack([pixels, there]))


def back(lattice: Points) -> Callable[[Points], Points]:
    """Return the way from the ground to the pixels.

    Args:
        lattice: (n, 4) pairs of pixel and ground, see `Ground`.
    """
    from scipy.interpolate import RBFInterpolator

    middle = lattice[:, 2:].mean(axis=0)
    size = float(np.abs(lattice[:, 2:] - middle).max())
    plate = RBFInterpolator((lattice[:, 2:] - middle) / size, lattice[:, :2], kernel="thin_plate_spline")

    def way(points: npt.NDArray[np.float64]) -> Points:
        if not len(points):
            return np.empty((0, 2))
        return np.asarray(plate((points - middle) / size), dtype=np.float64)

    return way


def _bare(points: Points) -> Points:
    return np.asarray(points, dtype=np.float64) * [1.0, -1.0]
