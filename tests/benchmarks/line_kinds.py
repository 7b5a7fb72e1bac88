"""How well lines and areas are told by the way they are drawn: dashes, one of two lines, hatching."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from data_samples import paper

NEAR_MM = 0.6
"""How far an edge may lie from the line it is."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of a kind against what is so: lengths in pixels, or numbers of faces.

    Attributes:
        true: All that is of the kind.
        found: All that was told to be.
        right: What of the found is so.
        seen: What of the true was told.
    """

    true: float
    found: float
    right: float
    seen: float

    def __add__(self, other: "Told") -> "Told":
        """Return both together."""
        return Told(*(getattr(self, name) + getattr(other, name) for name in ("true", "found", "right", "seen")))

    @property
    def recall(self) -> float:
        """Return the share of the true that was told; 1 where there is nothing to tell."""
        return self.seen / self.true if self.true else 1.0

    @property
    def precision(self) -> float:
        """Return the share of what was told that is so; 1 where nothing was told."""
        return self.right / self.found if self.found else 1.0


def of(drawn: paper.Sheet, faces: Any) -> dict[str, Told]:
    """Return what was told of dashes, double lines and hatching on a sheet.

    Args:
        drawn: The truth.
        faces: `pipelines.scan.model.Faces`.
    """
    land = drawn.parcels
    way = land["kind"].isin(["road", "water"]).to_numpy()
    ways, lots = (shapely.union_all(land.geometry.to_numpy()[some]) for some in (way, ~way))
    double = shapely.intersection(shapely.boundary(ways), shapely.boundary(lots))
    edges, near = faces.edges, NEAR_MM * drawn.px_per_mm
    made = {
        name: _lines(_lines_of(truth), edges.geometry.to_numpy()[(edges["form"] == name).to_numpy()], near)
        for name, truth in (("dashed", drawn.dashed), ("double", double))
    }
    return made | {"hatched": _areas(drawn, faces.polygons)}


def _lines_of(shape: Any) -> Any:
    parts = shapely.get_parts(shape)
    return shapely.line_merge(shapely.MultiLineString(list(parts[shapely.get_type_id(parts) == 1])))


def _lines(true: Any, found: Any, near: float) -> Told:
    told = shapely.MultiLineString(list(found))
    right = shapely.length(shapely.intersection(told, shapely.buffer(true, near)))
    seen = shapely.length(shapely.intersection(true, shapely.buffer(told, near)))
    return Told(float(shapely.length(true)), float(shapely.length(told)), float(right), float(seen))


def _areas(drawn: paper.Sheet, polygons: gpd.GeoDataFrame) -> Told:
    """Return hatched faces: a face is the one that holds the place, and is of its size."""
    spots = shapely.get_parts(drawn.hatched)
    told = polygons["hatched"].to_numpy(dtype=bool)
    if not len(spots):
        return Told(0.0, float(told.sum()), 0.0, 0.0)
    spot, face = shapely.STRtree(polygons.geometry.to_numpy()).query(spots, predicate="within")
    is_so = np.zeros(len(polygons), dtype=bool)
    is_so[face] = True
    seen = np.zeros(len(spots), dtype=bool)
    seen[spot[told[face]]] = True
    return Told(float(len(spots)), float(told.sum()), float((told & is_so).sum()), float(seen.sum()))
