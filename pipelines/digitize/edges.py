"""Drawn sheets where they meet: the same boundary, drawn twice, becomes one line.

Inside a sheet, ends that miss each other by less than the snapping tolerance are one point; between sheets the same
holds for the vertices along the common edge. Those of the later sheet move to the line of the earlier one, all parcels
that share a vertex alike, and every move is told. What is farther apart stays as it was drawn.
"""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import findings
from pipelines.digitize.snapping import Array

RESOLUTION_M = 0.001
"""What is nearer than this is the same point: coordinates are kept to the millimetre."""

_ON_LINE_M = 1e-6
"""A vertex computed to lie on a line lies this near to it."""


def close(parcels: gpd.GeoDataFrame, tolerance_m: Mapping[str, float]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return parcels with the edges of neighbouring drawings matched, and one finding per parcel that changed.

    Args:
        parcels: `feature_id`, `source` and polygons of all sheets of a commune.
        tolerance_m: Snapping tolerance by source; sources without one (layers of polygons) stay as they are.

    Emits:
        ban_ve.edge_matched
    """
    shapes = parcels.geometry.to_numpy().copy()
    source = parcels["source"].to_numpy(dtype=object)
    usable = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes) & shapely.is_valid(shapes)
    sheets = [np.flatnonzero(usable & (source == name)) for name in sorted(tolerance_m) if (source == name).any()]
    reach = [tolerance_m[source[at[0]]] if len(at) else 0.0 for at in sheets]
    boxes = shapely.box(*np.array([shapely.total_bounds(shapes[at]) for at in sheets]).reshape(-1, 4).T)
    one, other = shapely.STRtree(boxes).query(boxes, predicate="dwithin", distance=max(reach, default=0.0))
    moved, outlines = [_nothing()], [_outline(shapes[at]) for at in sheets]
    for first, second in sorted(zip(one.tolist(), other.tolist(), strict=True), key=lambda pair: pair[::-1]):
        if first < second:
            limit = min(reach[first], reach[second])
            made = _matched(shapes, sheets[first], sheets[second], (outlines[first], outlines[second]), limit)
            if len(made):
                outlines[second] = _outline(shapes[sheets[second]])
            moved.append(made)
    moves = pd.concat(moved, ignore_index=True).sort_values(["parcel", "distance"], ascending=[True, False])
    worst = moves.drop_duplicates("parcel")
    at, beside = worst["parcel"].to_numpy(), worst["beside"].to_numpy()
    ids = parcels["feature_id"].to_numpy(dtype=object)
    told = findings.build(
        "ban_ve.edge_matched",
        ids[at],
        crs=parcels.crs,
        other_id=ids[beside],
        value=worst["distance"],
        limit=worst["limit"],
        source=source[at],
        geometry=worst["geometry"].to_numpy(),
    )
    return parcels.set_geometry(shapes, crs=parcels.crs), told


def _nothing() -> pd.DataFrame:
    types = {"parcel": "int64", "beside": "int64", "distance": "float64", "limit": "float64", "geometry": "object"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})


def _matched(
    shapes: Array, fixed: Array, loose: Array, outlines: tuple[shapely.Geometry, shapely.Geometry], limit: float
) -> pd.DataFrame:
    """Move the edge of the loose sheet to that of the fixed one, in `shapes`; return what moved in which parcel."""
    line, edge = outlines
    shapely.prepare(line)
    vertices = np.unique(shapely.get_coordinates(edge), axis=0)
    points = shapely.points(vertices)
    near = shapely.dwithin(line, points, limit) & ~shapely.dwithin(line, points, _ON_LINE_M)
    nodes = shapely.points(np.unique(shapely.get_coordinates(line), axis=0))
    before, after = vertices[near], _goals(points[near], line, nodes, limit)
    facing = nodes[shapely.dwithin(edge, nodes, limit)]
    touched = np.unique(shapely.STRtree(shapes[loose]).query(points[near], predicate="dwithin", distance=_ON_LINE_M)[1])
    along = np.unique(shapely.STRtree(shapes[loose]).query(facing, predicate="dwithin", distance=limit)[1])
    at = loose[np.union1d(touched, along)]
    if not len(at):
        return _nothing()
    made = _moved(shapes[at], before, after)
    # Corners of the fixed sheet lie beside straight edges of the other one: a node there makes both the same line.
    made = shapely.snap(made, shapely.multipoints(facing), limit) if len(facing) else made
    changed = ~shapely.equals_exact(made, shapes[at], 0.0) & shapely.is_valid(made)
    changed &= (shapely.get_type_id(made) == shapely.get_type_id(shapes[at])) & ~shapely.is_empty(made)
    at, made = at[changed], made[changed]
    told = _told(shapes[at], made, limit)
    told["parcel"] = at[told["parcel"].to_numpy()]
    told["beside"] = fixed[shapely.STRtree(shapes[fixed]).nearest(told["geometry"].to_numpy())]
    shapes[at] = made
    _share_nodes(shapes, fixed, np.unique(shapely.get_coordinates(made), axis=0))
    return told


def _share_nodes(shapes: Array, fixed: Array, vertices: Array) -> None:
    """Give the fixed sheet a vertex wherever the other one has one on its edge; its boundary stays where it is."""
    points = shapely.points(vertices)
    point, parcel = shapely.STRtree(shapes[fixed]).query(points, predicate="dwithin", distance=_ON_LINE_M)
    at = fixed[np.unique(parcel)]
    if len(at):
        made = shapely.snap(shapes[at], shapely.multipoints(points[np.unique(point)]), _ON_LINE_M)
        sound = shapely.is_valid(made)
        shapes[at[sound]] = made[sound]


def _outline(polygons: Array) -> shapely.Geometry:
    """Return the lines that only one parcel of the sheet has."""
    try:
        whole = shapely.coverage_union_all(polygons)
    except shapely.errors.GEOSException:
        # Overlapping parcels are no coverage.
        whole = shapely.union_all(polygons)
    return shapely.boundary(whole)


def _goals(points: Array, line: shapely.Geometry, nodes: Array, limit: float) -> Array:
    """Return where each point moves: the nearest node of the line within the limit, else the nearest place on it."""
    goal = shapely.get_coordinates(shapely.get_point(shapely.shortest_line(points, line), 1))
    point, node = shapely.STRtree(nodes).query_nearest(points, max_distance=limit, all_matches=False)
    goal[point] = shapely.get_coordinates(nodes[node])
    return np.asarray(goal)


def _moved(polygons: Array, before: Array, after: Array) -> Array:
    """Return polygons with every vertex at one of the places `before` put to the place `after` it."""
    corners = shapely.get_coordinates(polygons)
    both = np.concatenate([before, corners])
    _, name = np.unique(both, axis=0, return_inverse=True)
    name = name.ravel()
    goal = np.full(int(name.max(initial=-1)) + 1, -1)
    goal[name[: len(before)]] = np.arange(len(before))
    turn = goal[name[len(before) :]]
    corners[turn >= 0] = after[turn[turn >= 0]]
    made: Array = shapely.set_coordinates(polygons.copy(), corners)
    return made


def _told(before: Array, after: Array, limit: float) -> pd.DataFrame:
    """Return for each polygon its farthest new vertex, with a line from there to the former boundary."""
    corners, owner = shapely.get_coordinates(after, return_index=True)
    way = shapely.shortest_line(shapely.points(corners), shapely.boundary(before[owner]))
    back, of = shapely.get_coordinates(before, return_index=True)
    # A vertex that was left in the middle of a straight line moved as well: both directions count.
    way = np.append(way, shapely.shortest_line(shapely.points(back), shapely.boundary(after[of])))
    rows = pd.DataFrame({"parcel": np.append(owner, of), "distance": shapely.length(way), "geometry": way})
    rows = rows[rows["distance"] > RESOLUTION_M].sort_values(["parcel", "distance"], ascending=[True, False])
    return rows.drop_duplicates("parcel").assign(limit=limit, beside=-1)
