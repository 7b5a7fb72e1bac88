"""The place of a sheet as its file tells it: a world file beside it, or tags."""

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine

from pipelines.crs import parse, reproject, srid
from pipelines.errors import CrsError
from pipelines.scan.model import Page, Placed


def in_metres(page: Page, target: Any) -> Page:
    """Return a page whose file tells its place in metres: one told in degrees is brought to a plane."""
    if page.transform is None or page.crs is None or parse(page.crs).is_projected:
        return page
    if target is None:
        return replace(page, transform=None, crs=None)
    ends = [page.transform * end for end in ((0, 0), (page.width, 0), (0, page.height))]
    moved = reproject(gpd.GeoSeries(shapely.points(ends), crs=page.crs), target)
    start, right, below = shapely.get_coordinates(moved.to_numpy())
    across, down = (right - start) / page.width, (below - start) / page.height
    return replace(page, transform=Affine(across[0], down[0], start[0], across[1], down[1], start[1]), crs=target)


def is_same(crs: Any, other: Any) -> bool:
    """Tell whether two CRS are one, whatever names them; one that no code describes is as good as the other."""
    try:
        return srid(crs) == srid(other)
    except CrsError:
        return True


def apart(page: Page, placed: Placed) -> float:
    """Return how far the world file puts the middle and the ends of the sheet from where the frame puts them, m."""
    ends = placed.points[["x_px", "y_px"]].to_numpy(float)
    assert page.transform is not None
    there = np.array([page.transform * tuple(end) for end in ends])
    return float(np.linalg.norm(there - placed.warp(ends), axis=1).max())
