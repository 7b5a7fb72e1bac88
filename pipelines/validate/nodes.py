"""Checks on nodes of common boundaries: what is a vertex of one parcel has to be a vertex of its neighbour.

A corner of a neighbour on a straight boundary (a T-junction) is no error of any area, so that most programs draw it
without a node. The rules for the land database ask for common boundaries with the same nodes on both sides all the
same: without the node, the edge on one side and the two edges on the other round differently at the next change of
coordinates, and a hair of overlap or gap opens. Reported apart from nodes that are off already.
"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import findings, geometry
from pipelines.geometry import Floats, Indices, Mask
from pipelines.validate.rings import places
from pipelines.validate.scene import ROUNDING_M, Scene

OPENING = 3.0
"""Boundaries that part from a common vertex, by more than one in three, are two boundaries and not one drawn badly."""

_POINTS = 50_000
"""So many vertices are held against the edges at once."""

_COLUMNS = ["x", "y", "of", "on", "distance", "near_x", "near_y", "limit"]


def check_nodes(scene: Scene) -> gpd.GeoDataFrame:
    """Report pairs of parcels with nodes of their common boundary that only one of them has, once per pair.

    On the edge of the neighbour up to a millimetre: missing node; the value is the number of nodes, the detail the
    largest distance. Beside it, up to the two-point error: a gap or overlap too small for a finding of its own; the
    value is the largest distance in m, the detail the number of nodes. Where the pair has an overlap, or a gap lies
    between, that says it already.

    Emits: thua_dat.missing_node, thua_dat.near_node
    """
    nodes = _apart(scene, _near(scene))
    nodes = nodes[~_told(scene, nodes)]
    on_edge = nodes["distance"].to_numpy() <= scene.tolerances.node_m
    found = [
        _pairs(scene, "thua_dat.missing_node", nodes[on_edge]),
        _pairs(scene, "thua_dat.near_node", nodes[~on_edge]),
    ]
    return findings.concat(found, crs=scene.parcels.crs)


def _near(scene: Scene) -> pd.DataFrame:
    """Return vertices near an edge of another parcel that has no vertex there, both unmatched: one row for each pair.

    Columns: coordinates, `of` whom the vertex is and `on` whose edge (places in `sound_at`), `distance` in m, the
    nearest point of the edge, and the `limit` of the two scales.
    """
    edges, count = scene.edges, len(scene.sound_at)
    limit_m = scene.tolerances.point_m(scene.scales[scene.sound_at])
    start = edges.exposed
    is_vertex = np.zeros(len(edges.points), dtype=bool)
    is_vertex[start] = is_vertex[start + 1] = True
    vertex = np.flatnonzero(is_vertex[: edges.before_owner(count)])
    if not len(vertex):
        return pd.DataFrame({name: np.empty(0) for name in _COLUMNS}).astype({"of": int, "on": int})
    _, one, same = np.unique(geometry.mixed_bits(edges.points[vertex]), return_index=True, return_inverse=True)
    points = edges.points[vertex[one]]
    reach = float(limit_m.max())
    owners = pd.DataFrame({"place": same.ravel(), "of": edges.owner_at(vertex)}).drop_duplicates()
    only = np.full(len(points), -1)
    only[owners["place"]] = owners["of"]
    only[owners.loc[owners["place"].duplicated(), "place"]] = -1
    place, line, on = _edges_beside(scene, points, reach, only)
    ends = edges.points[start[line]], edges.points[start[line] + 1]
    distance, nearest = geometry.segment_distance_m(points[place], *ends)
    rows = pd.DataFrame({"place": place, "on": on, "distance": distance})
    rows[["near_x", "near_y"]] = nearest
    end_m = np.minimum(*(np.hypot(*(points[place] - end).T) for end in ends))
    rows["is_matched"] = end_m <= scene.tolerances.node_m + ROUNDING_M
    rows = rows[distance <= reach]
    rows = rows.merge(owners[owners["place"].isin(rows["place"])], on="place")
    rows[["x", "y"]] = points[rows["place"].to_numpy()]
    rows["limit"] = np.maximum(limit_m[rows["of"].to_numpy()], limit_m[rows["on"].to_numpy()])
    # Where one of the parcels at the vertex has it in common with the other parcel, all have.
    known = rows["is_matched"] | (rows["of"] == rows["on"]) | _is_vertex(scene, rows[["x", "y"]], rows["on"])
    rows = rows[(rows["distance"] <= rows["limit"]) & ~known.groupby([rows["place"], rows["on"]]).transform("any")]
    rows = rows.sort_values(["place", "on", "distance", "of"]).drop_duplicates(["place", "on", "of"])
    return pd.DataFrame(rows[_COLUMNS]).reset_index(drop=True)


def _edges_beside(scene: Scene, points: Floats, reach: float, only: Indices) -> tuple[Indices, Indices, Indices]:
    """Return the edges of other parcels near each point that do not end there: point, edge, and whose edge it is.

    Parcels narrower than a boundary may err are told as slivers: everything is near their edges.

    Args:
        scene: The parcels.
        points: Coordinates, m.
        reach: How far, m.
        only: Whose vertex a point is; -1 where it is of several parcels.
    """
    edges, count = scene.edges, len(scene.sound_at)
    owner = edges.owner_at(edges.exposed)
    wide = np.flatnonzero(np.append(~scene.thin[0], False)[np.minimum(owner, count)])
    tree = shapely.STRtree(edges.lines[wide])
    found = []
    # A ring with a vertex every centimetre has hundreds of its own edges beside each: they are let go block by block.
    for first in range(0, len(points), _POINTS):
        place, line = tree.query(_around(points[first : first + _POINTS], reach))
        place, line = place + first, wide[line]
        others = owner[line] != only[place]
        place, line = place[others], line[others]
        ends = edges.points[edges.exposed[line]], edges.points[edges.exposed[line] + 1]
        free = ((points[place] != ends[0]).any(axis=1)) & ((points[place] != ends[1]).any(axis=1))
        found.append((place[free], line[free]))
    place, line = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return place, line, owner[line]


def _apart(scene: Scene, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without corners where two boundaries part, with a third parcel between, or of slivers."""
    if rows.empty:
        return rows
    points, nearest = rows[["x", "y"]].to_numpy(), rows[["near_x", "near_y"]].to_numpy()
    distance, of, on = (rows[name].to_numpy() for name in ("distance", "of", "on"))
    parting = np.zeros(len(rows), dtype=bool)
    row, line = scene.edges.tree.query(_around(points, OPENING * distance))
    row, start = np.tile(row, 2), scene.edges.exposed[line]
    ends = scene.edges.points[np.append(start, start + 1)]
    within = np.hypot(*(ends - points[row]).T) <= OPENING * distance[row]
    row, common = row[within], pd.DataFrame(ends[within], columns=["x", "y"])
    shared = _is_vertex(scene, common, pd.Series(of[row])) & _is_vertex(scene, common, pd.Series(on[row]))
    parting[row[shared.to_numpy()]] = True
    row, piece = scene.tree.query(shapely.points((points + nearest) / 2), predicate="within")
    third = scene.pieces[1][piece]
    parting[row[(third != of[row]) & (third != on[row]) & (distance[row] > scene.tolerances.node_m)]] = True
    place = rows.groupby(["x", "y", "on"], sort=False).ngroup().to_numpy()
    apart: pd.DataFrame = rows[~np.isin(place, place[parting]) & ~scene.thin[0][of]]
    return apart


def _around(points: Floats, reach: Any) -> geometry.Geometries:
    """Return the square around each point that reaches so far, in metres."""
    boxes: geometry.Geometries = shapely.box(
        *(points - np.reshape(reach, (-1, 1))).T, *(points + np.reshape(reach, (-1, 1))).T
    )
    return boxes


def _is_vertex(scene: Scene, points: pd.DataFrame, owner: pd.Series) -> pd.Series:
    """Tell which points are vertices of a parcel, to the millimetre."""
    edges = scene.edges
    asked = np.zeros(int(edges.owner[-1]) + 1 if len(edges.owner) else 0, dtype=bool)
    asked[owner.unique()] = True
    there = np.flatnonzero(edges.points_of(asked))
    known = _keys(edges.points[there], edges.owner_at(there), scene.tolerances.node_m)
    return pd.Series(np.isin(_keys(points.to_numpy(), owner.to_numpy(), scene.tolerances.node_m), known), points.index)


def _keys(points: Floats, owner: Indices, grid_m: float) -> geometry.Bits:
    return geometry.mixed_bits(np.column_stack([np.round(points / grid_m), owner.astype(np.float64)]))


def _told(scene: Scene, rows: pd.DataFrame) -> Mask:
    """Tell which rows lie where an overlap of the pair, a gap, or unequal sheet edges have been reported."""
    told = np.zeros(len(rows), dtype=bool)
    if rows.empty:
        return told
    points = rows[["x", "y"]].to_numpy()
    between = shapely.points((points + rows[["near_x", "near_y"]].to_numpy()) / 2)
    gaps = geometry.subdivided(_geometries(scene.prior, "thua_dat.gap"))[0]
    told[shapely.STRtree(gaps).query(between, predicate="intersects")[0]] = True
    first, second = _pair(rows)
    ids = pd.DataFrame({"feature_id": scene.ids[scene.sound_at[first]], "other_id": scene.ids[scene.sound_at[second]]})
    overlaps = scene.prior[scene.prior["code"] == "thua_dat.overlap"]
    shared = pd.DataFrame(overlaps)[["feature_id", "other_id", "geometry"]].astype({"feature_id": object})
    both = ids.reset_index(names="row").merge(shared.astype({"other_id": object}), on=["feature_id", "other_id"])
    at = both["row"].to_numpy()
    grounds = both["geometry"].to_numpy(dtype=object)
    shapely.prepare(grounds)
    told[at[shapely.dwithin(grounds, shapely.points(points[at]), rows["limit"].to_numpy()[at])]] = True
    place = rows.groupby(["x", "y", "on"], sort=False).ngroup().to_numpy()
    known: Mask = np.isin(place, place[told]) | _sheet_edge(scene, ids)
    return known


def _sheet_edge(scene: Scene, ids: pd.DataFrame) -> Mask:
    """Tell which pairs are of two files whose common edge an earlier step has compared and found unequal."""
    codes = ("ban_ve.edge_matched", "ban_ve.edge_mismatch")
    compared = scene.prior.loc[scene.prior["code"].isin(codes), "feature_id"]
    if compared.empty:
        return np.zeros(len(ids), dtype=bool)
    source = scene.parcels.set_index("feature_id")["source"]
    other_file = ids["feature_id"].map(source) != ids["other_id"].map(source)
    edge: Mask = (other_file & (ids["feature_id"].isin(compared) | ids["other_id"].isin(compared))).to_numpy()
    return edge


def _geometries(found: gpd.GeoDataFrame, code: str) -> geometry.Geometries:
    shapes: geometry.Geometries = np.asarray(found.loc[found["code"] == code].geometry, dtype=object)
    there: geometry.Geometries = shapes[~shapely.is_missing(shapes)]
    return there


def _pair(rows: pd.DataFrame) -> tuple[Indices, Indices]:
    of, on = rows["of"].to_numpy(), rows["on"].to_numpy()
    return np.minimum(of, on), np.maximum(of, on)


def _pairs(scene: Scene, code: str, rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return one finding per pair.

    Emits: thua_dat.missing_node, thua_dat.near_node
    """
    # A vertex that several parcels share is the matter of the first of them.
    rows = rows.sort_values(["x", "y", "on", "of"]).drop_duplicates(["x", "y", "on"])
    if rows.empty:
        return scene.nothing
    first, second = _pair(rows)
    group, pairs = pd.factorize(pd.Series(first * len(scene.sound_at) + second), sort=True)
    table = pd.DataFrame({"group": group, "distance": rows["distance"], "limit": rows["limit"]}, index=rows.index)
    each = table.groupby("group").agg({"distance": ["size", "max"], "limit": "max"})
    count, worst_m = each[("distance", "size")].to_numpy(), each[("distance", "max")].to_numpy()
    first, second = np.divmod(np.asarray(pairs, dtype=np.int64), len(scene.sound_at))
    is_missing = code == "thua_dat.missing_node"
    limit_m = each[("limit", "max")].to_numpy()
    return scene.report(
        code,
        scene.sound_at[first],
        other_id=scene.ids[scene.sound_at[second]],
        value=count.astype(np.float64) if is_missing else worst_m,
        limit=0.0 if is_missing else limit_m,
        detail=np.char.mod("%.4f m", worst_m) if is_missing else count.astype(str),
        geometry=places(rows[["x", "y"]].to_numpy(), group),
    )
