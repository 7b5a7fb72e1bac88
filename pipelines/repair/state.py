"""A parcel layer while it is repaired: shapes, what may change, and how far."""

from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import geometry
from pipelines.geometry import Floats, Geometries, Indices, Mask
from pipelines.repair import rings
from pipelines.repair.rings import Rings
from pipelines.tolerances import Tolerances


@dataclass(frozen=True)
class State:
    """Parcels as they are now, beside those of the beginning.

    Attributes:
        parcels: The frame as it came: `feature_id` and all columns; its geometry is that of the beginning.
        first: Geometries at the beginning, without heights.
        shapes: Geometries now; None where a parcel has gone into another or never had any.
        present: Which rows still are parcels.
        tolerances: What is allowed.
        banned: Rows that keep their geometry.
        armed: Rows from which an arm went: what was its tip is far from the boundary that is left.
    """

    parcels: gpd.GeoDataFrame
    first: Geometries
    shapes: Geometries
    present: Mask
    tolerances: Tolerances
    banned: Mask
    armed: Mask

    @cached_property
    def whole(self) -> Indices:
        """Positions of the valid polygons."""
        finite = geometry.is_finite(self.shapes) & geometry.is_polygon(self.shapes) & self.present
        usable: Indices = np.flatnonzero(finite & shapely.is_valid(self.shapes) & ~shapely.is_empty(self.shapes))
        return usable

    @cached_property
    def rings(self) -> Rings:
        """Rings of the valid polygons; owners are positions in `shapes`."""
        made = rings.of(self.shapes[self.whole])
        return replace(made, owner=self.whole[made.owner])

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index over the shapes of `whole`."""
        return shapely.STRtree(self.shapes[self.whole])

    @cached_property
    def limit_m(self) -> Floats:
        """How far the boundary of each parcel may move, in metres."""
        return self.tolerances.point_m(self.scales)

    @cached_property
    def scales(self) -> Floats:
        """Scale denominator of each parcel."""
        if "ty_le" not in self.parcels:
            return np.full(len(self.parcels), float(self.tolerances.scale))
        own = pd.to_numeric(self.parcels["ty_le"], errors="coerce").fillna(self.tolerances.scale)
        return np.asarray(own, dtype=np.float64)

    @cached_property
    def rank(self) -> Indices:
        """Place of each parcel by size, then by position on the ground: no two orders of rows rank differently."""
        area = shapely.area(shapely.normalize(self.shapes))  # to the last bit, wherever the ring begins
        area[shapely.is_missing(self.shapes)] = -1.0
        corners = np.nan_to_num(shapely.bounds(self.shapes), nan=0.0)
        order = np.lexsort([*corners.T, area])
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        return rank

    @cached_property
    def _index(self) -> "pd.Index[str]":
        index: pd.Index[str] = pd.Index(self.parcels["feature_id"].astype(object))
        return index

    def position(self, ids: pd.Series) -> Indices:
        """Return the rows of feature ids, -1 where there is none."""
        found: Indices = np.asarray(self._index.get_indexer(pd.Index(ids.astype(object))), dtype=np.int64)
        return found

    def with_shapes(self, shapes: Geometries, armed: Indices | None = None) -> "State":
        """Return this state with other shapes."""
        arms = self.armed.copy()
        if armed is not None:
            arms[armed] = True
        return replace(self, shapes=shapes, armed=arms)

    def without(self, gone: Indices, shapes: Geometries) -> "State":
        """Return this state after some parcels have gone into others."""
        present = self.present.copy()
        present[gone] = False
        return replace(self, shapes=shapes, present=present)

    def frame(self, rows: Indices | None = None) -> gpd.GeoDataFrame:
        """Return the parcels, or those at some rows, with the shapes of now, without those that have gone."""
        at = np.flatnonzero(self.present) if rows is None else rows[self.present[rows]]
        left = self.parcels.iloc[at]
        shapes = gpd.GeoSeries(self.shapes[at], index=left.index, crs=self.parcels.crs)
        made: gpd.GeoDataFrame = left.set_geometry(shapes).reset_index(drop=True)
        return made


def begin(parcels: gpd.GeoDataFrame, tolerances: Tolerances, banned: Mask) -> State:
    """Return the state before any repair."""
    shapes = geometry.flat(parcels.geometry.to_numpy())
    nothing = np.zeros(len(parcels), dtype=bool)
    return State(parcels.reset_index(drop=True), shapes, shapes, ~nothing, tolerances, banned, nothing)


def displacement_m(before: Geometries, after: Geometries, one_way: Mask) -> Floats:
    """Return how far each boundary has moved: the farthest vertex or middle of an edge from the other boundary.

    Args:
        before: Polygons before; broken ones are taken as they are.
        after: Polygons after.
        one_way: Where an arm was cut off: only from the boundary that is left to the one before.
    """
    there, back = _farthest_m(after, before), _farthest_m(before, after)
    moved: Floats = np.where(one_way, there, np.maximum(there, back))
    return moved


def _farthest_m(of: Geometries, to: Geometries) -> Floats:
    """Return how far the farthest vertex or middle of an edge of each polygon is from the boundary of the other."""
    farthest = np.zeros(len(of))
    (here, owner), (there, other) = _segments(of), _segments(to)
    if not len(owner) or not len(other):
        return farthest
    # An edge that the other has too is on it; only the others are measured.
    one = rings.edge_keys(here[:, 0], here[:, 1]) ^ (owner.astype(np.uint64) * np.uint64(0xD6E8FEB86659FD93))
    two = rings.edge_keys(there[:, 0], there[:, 1]) ^ (other.astype(np.uint64) * np.uint64(0xD6E8FEB86659FD93))
    new = ~np.isin(one, two)
    points = np.concatenate([here[new, 0], here[new].mean(axis=1)])
    index = np.tile(owner[new], 2)
    if len(points):
        np.maximum.at(farthest, index, shapely.distance(shapely.points(points), shapely.boundary(to)[index]))
    return farthest


def _segments(shapes: Geometries) -> tuple[Floats, Indices]:
    """Return the edges of polygons, (n, 2, 2), and the position of the polygon of each."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    lines, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(lines, return_index=True)
    at = np.flatnonzero(ring[1:] == ring[:-1])
    return np.stack([points[at], points[at + 1]], axis=1), owner[part][ring[at]]


def allowed_m2(state: State, before: Geometries) -> Floats:
    """Return how much the area of each parcel may change, in m²."""
    area = shapely.area(before)
    area[shapely.is_missing(before)] = 0.0
    return state.tolerances.area_m2(area, state.scales)
