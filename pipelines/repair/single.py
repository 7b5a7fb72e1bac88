"""Repairs of one parcel at a time: repeated vertices, spikes, rings that are no area."""

import numpy as np
import pandas as pd
import shapely

from pipelines import geometry
from pipelines.geometry import Floats, Geometries, Indices
from pipelines.repair import nodes, rings
from pipelines.repair.rings import Edits
from pipelines.repair.state import State


def repeated_vertices(state: State, found: pd.DataFrame) -> Edits:
    """Return moves that make one vertex of two that are nearer to each other than data resolve."""
    at = _vertices(state, found, "thua_dat.repeated_vertex")
    ring = state.rings
    one, other = np.tile(ring.points[at], (2, 1)), ring.points[np.append(ring.after[at], ring.before[at])]
    near = np.hypot(*(one - other).T) < state.tolerances.vertex_m
    return rings.edits(nodes.merged(state, one[near], other[near]))


def spikes(state: State, found: pd.DataFrame) -> Edits:
    """Return the tips of spikes to be dropped, where every parcel that has the tip has the same spike or its notch.

    A tip at which another boundary ends is no slip of the pen; it stays.
    """
    tips = ring_tips = _vertices(state, found, "thua_dat.spike")
    ring = state.rings
    everywhere = np.flatnonzero(np.isin(rings.place_keys(ring.points), rings.place_keys(ring.points[ring_tips])))
    sides = rings.edge_keys(ring.points[ring.before[everywhere]], ring.points[ring.after[everywhere]])
    rows = pd.DataFrame({"place": rings.place_keys(ring.points[everywhere]), "sides": sides})
    alike = rows.groupby("place")["sides"].nunique()
    kept = np.isin(rings.place_keys(ring.points[tips]), alike.index[alike == 1].to_numpy())
    dropped: Floats = np.unique(ring.points[tips[kept]], axis=0)
    return rings.edits(dropped=dropped)


def made_valid(state: State, found: pd.DataFrame) -> Geometries:
    """Return the shapes with broken rings made valid, where one area comes out of one area and it stays as large."""
    at = state.position(found.loc[found["code"] == "thua_dat.invalid", "feature_id"])
    at = np.unique(at[at >= 0])
    shapes = state.shapes.copy()
    small = shapely.get_num_coordinates(shapes[at]) <= geometry.MENDABLE_VERTICES
    at = at[small & geometry.is_polygon(shapes[at]) & geometry.is_finite(shapes[at]) & ~state.banned[at]]
    made = geometry.polygonal(shapely.make_valid(shapes[at]))
    single = (shapely.get_type_id(made) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(made)
    allowed = state.tolerances.area_m2(shapely.area(shapes[at]), state.scales[at])
    single &= np.abs(shapely.area(made) - shapely.area(shapes[at])) <= allowed
    shapes[at[single]] = made[single]
    return shapes


def _vertices(state: State, found: pd.DataFrame, code: str) -> Indices:
    """Return the positions in the rings of the vertices that findings of a code name."""
    told = found[found["code"] == code]
    points, row = shapely.get_coordinates(told["geometry"].to_numpy(dtype=object), return_index=True)
    owner = state.position(told["feature_id"])[row]
    ring = state.rings
    asked = np.zeros(len(state.shapes), dtype=bool)
    asked[owner[owner >= 0]] = True
    among = np.flatnonzero(asked[ring.owner])
    wanted = geometry.mixed_bits(np.column_stack([points, owner.astype(np.float64)]))
    keys = geometry.mixed_bits(np.column_stack([ring.points[among], ring.owner[among].astype(np.float64)]))
    at: Indices = among[np.isin(keys, wanted)]
    return at
