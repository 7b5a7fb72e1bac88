"""Small maps of single findings, as lines and areas on a square: the parcels around, and what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import geometry

NEIGHBOURS = 250
"""Parcels drawn around a finding, nearest first."""

_SMALLEST_M = 12.0
"""Half the side of the smallest map: enough to recognise a house lot."""
_LARGEST_M = 2000.0
_MARGIN = 1.6
_DETAIL = 1 / 600
"""What is smaller than this part of the map cannot be seen in print."""

_NUMBERED = 1 / 200
"""A parcel that fills less of the map than this goes without its number."""


@dataclass(frozen=True)
class Thumbnail:
    """A map of a finding on a square from (0, 0) at the top left to (1, 1).

    Attributes:
        side_m: Length of a side on the ground.
        around: Rings and lines of the parcels around.
        marked: Rings and lines of the finding; a single point where it has no extent on the map.
        is_area: Whether the finding is an area, to be filled.
        numbers: Parcel numbers with their places.
    """

    side_m: float
    around: list[list[tuple[float, float]]]
    marked: list[list[tuple[float, float]]]
    is_area: bool
    numbers: list[tuple[float, float, str]]


def worst(told: gpd.GeoDataFrame, ranks: dict[str, int], count: int) -> gpd.GeoDataFrame:
    """Return the findings to show: the largest of each kind, gravest kinds first, only such as have a place.

    Args:
        told: Described findings, gravest first.
        ranks: Code to the rank of the grade it lowers to.
        count: How many at most.
    """
    shapes = told.geometry.to_numpy()
    is_placed = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes) & geometry.is_finite(shapes)
    placed = told[is_placed & (np.nan_to_num(np.abs(_bounds(shapes))).max(axis=1, initial=0) < geometry.FARTHEST_M)]
    order = pd.DataFrame(
        {
            "severity": placed["severity"].map({"error": 0, "warning": 1, "info": 2}).astype(float),
            "grade": -placed["code"].map(ranks).astype(float),
            "value": -placed["value"].fillna(0),
        }
    ).sort_values(["severity", "grade", "value"], kind="stable")
    first: gpd.GeoDataFrame = placed.loc[order.index].drop_duplicates("code").head(count)
    return first


def draw(shapes: geometry.Geometries, parcels: gpd.GeoDataFrame) -> Iterator[Thumbnail]:
    """Yield one map per finding.

    Args:
        shapes: Where the findings are; none is missing or empty.
        parcels: Parcels in the same CRS; `so_thu_tu_thua` where known.
    """
    ground = parcels.geometry.to_numpy()
    usable = ~shapely.is_missing(ground) & ~shapely.is_empty(ground) & geometry.is_finite(ground)
    tree = shapely.STRtree(np.where(usable, ground, None))
    numbers = parcels["so_thu_tu_thua"] if "so_thu_tu_thua" in parcels else pd.Series(pd.NA, index=parcels.index)
    texts = numbers.astype("string").fillna("").to_numpy()
    for shape, (west, south, east, north) in zip(shapes, _bounds(shapes), strict=True):
        half = float(np.clip(max(east - west, north - south) / 2 * _MARGIN, _SMALLEST_M, _LARGEST_M))
        x, y = (west + east) / 2, (south + north) / 2
        frame = shapely.box(x - half, y - half, x + half, y + half)
        near = tree.query(frame)
        near = near[np.argsort(shapely.distance(ground[near], shapely.Point(x, y)), kind="stable")[:NEIGHBOURS]]
        sheet = _Sheet(x - half, y + half, 2 * half)
        inside = shapely.clip_by_rect(_outlines(ground[near]), *frame.bounds)
        pieces = shapely.intersection(shapely.make_valid(ground[near]), frame)
        places = shapely.point_on_surface(pieces)
        is_wide = shapely.area(pieces) > frame.area * _NUMBERED
        yield Thumbnail(
            side_m=2 * half,
            around=sheet.lines(inside),
            marked=sheet.lines(_outlines(shapely.get_parts(shape))) or [sheet.point(shape)],
            is_area=int(shapely.get_dimensions(shape)) == 2,
            numbers=[
                (*sheet.point(place)[0], str(text))
                for place, text in zip(places[is_wide], texts[near][is_wide], strict=True)
                if text
            ],
        )


@dataclass(frozen=True)
class _Sheet:
    west: float
    north: float
    side: float

    def lines(self, shapes: geometry.Geometries) -> list[list[tuple[float, float]]]:
        """Return every line on the square, without what is too small to see."""
        seen = shapely.simplify(shapes, self.side * _DETAIL, preserve_topology=False)
        parts = shapely.get_parts(seen)
        parts = parts[(shapely.get_dimensions(parts) == 1) & (shapely.length(parts) > 0)]
        return [self._placed(shapely.get_coordinates(part)) for part in parts]

    def point(self, shape: shapely.Geometry) -> list[tuple[float, float]]:
        """Return the middle of a shape on the square."""
        return self._placed(shapely.get_coordinates(shapely.centroid(shape)))

    def _placed(self, points: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> list[tuple[float, float]]:
        moved = (points - [self.west, self.north]) / [self.side, -self.side]
        return [(float(x), float(y)) for x, y in moved]


def _outlines(shapes: geometry.Geometries) -> geometry.Geometries:
    """Return areas as their rings; lines and points as they are."""
    flat = shapely.force_2d(shapes)
    is_area = shapely.get_dimensions(flat) == 2
    return np.asarray(np.where(is_area, shapely.boundary(flat), flat))


def _bounds(shapes: geometry.Geometries) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    return np.asarray(shapely.bounds(shapes), dtype=np.float64).reshape(-1, 4)
