"""The lines of a sheet drawn again with an officer's corrections: struck out, added, confirmed; then faces from them.

Faces are made anew from all lines together, so neighbours share their edges whatever was moved in one of them alone.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines.geometry import Floats, Geometries, Indices, Mask
from pipelines.scan.desk.corrections import within
from pipelines.scan.model import Faces

OFFICER = "officer"
"""Kind of an edge that an officer drew, and `why` of nothing."""

_NEW = {"confidence": 1.0, "kind": "parcel", "why": "", "hatched": False}
"""What is known of a face where none was before."""

_BEYOND = 0.05
"""An end that was joined reaches this far beyond what it meets, in pixels, so that rounding cannot part the two."""

_ENOUGH = 0.5
"""Share of a line that must be found again."""


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A sheet with corrections.

    Attributes:
        faces: Its faces.
        lost: Rows of the corrections that could not be applied.
    """

    faces: Faces
    lost: gpd.GeoDataFrame


def apply(faces: Faces, corrections: gpd.GeoDataFrame, reach_px: float, width_px: float) -> Redrawn:
    """Return the faces with the corrections of lines and of what faces are.

    Args:
        faces: Faces as traced.
        corrections: As of `corrections.of`.
        reach_px: How far an end drawn by hand may miss what it should meet.
        width_px: Usual width of a line: what is nearer is the same line.
    """
    kind = corrections["kind"].to_numpy(dtype=object)
    shapes = corrections.geometry.to_numpy()
    near = max(width_px, 2.0)
    lost = np.zeros(len(corrections), dtype=bool)
    is_drawn = np.isin(kind, ("edge_removed", "corner_moved", "edge_added"))
    if is_drawn.any():
        faces, lost = _again(faces, corrections, reach_px, near)
    confirmed = np.flatnonzero(kind == "edge_confirmed")
    if len(confirmed):
        edges = faces.edges.geometry.to_numpy()
        lost[confirmed] = _found(shapes[confirmed], edges, near) < _ENOUGH
        faces = _sure(faces, _along(edges, shapes[confirmed], near) >= _ENOUGH)
    said = np.flatnonzero(kind == "face")
    at = within(shapes[said], faces.polygons.geometry.to_numpy())
    lost[said] = at < 0
    told = corrections["face_kind"].notna().to_numpy()[said] & (at >= 0)
    renamed = faces.polygons["kind"].astype("object").to_numpy().copy()
    renamed[at[told]] = corrections["face_kind"].to_numpy(dtype=object)[said[told]]
    faces = Faces(faces.polygons.assign(kind=renamed), faces.edges)
    return Redrawn(faces, corrections[lost].reset_index(drop=True))


def _again(faces: Faces, corrections: gpd.GeoDataFrame, reach_px: float, near: float) -> tuple[Faces, Mask]:
    """Return faces polygonized from the lines after all that was done to them, and which corrections are lost."""
    lines, table = faces.edges.geometry.to_numpy(), faces.edges.drop(columns="geometry")
    shapes, lost = corrections.geometry.to_numpy(), np.zeros(len(corrections), dtype=bool)
    touched = list[Geometries]()
    kinds = corrections["kind"].to_numpy(dtype=object)
    steps = np.cumsum(np.r_[True, kinds[1:] != kinds[:-1]])
    for _, step in corrections.groupby(steps, sort=True):
        strokes, kind = step.geometry.to_numpy(), step["kind"].iloc[0]
        if kind == "corner_moved":
            lines, missed = _moved(lines, strokes, near)
            lost[step.index] = missed
            touched.append(strokes)
        elif kind in ("edge_removed", "edge_added"):
            lines, owner = shapely.get_parts(_without(lines, strokes, near), return_index=True)
            lines, owner = lines[~shapely.is_empty(lines)], owner[~shapely.is_empty(lines)]
            table = table.iloc[owner]
            touched.append(strokes)
        if kind == "edge_added":
            joined = _joined(strokes, lines, reach_px)
            drawn_by = {"left": -1, "right": -1, "confidence": 1.0, "ink_share": 1.0, "kind": OFFICER,
                        "form": "solid", "why": ""}  # fmt: skip
            added = pd.DataFrame(drawn_by, index=range(len(joined))).reindex(columns=table.columns)
            lines, table = np.concatenate([lines, joined]), pd.concat([table, added], ignore_index=True)
    noded = shapely.get_parts(shapely.node(shapely.multilinestrings(lines)))
    polygons = shapely.get_parts(shapely.polygonize(noded))
    bounding = _bounding(noded, polygons)
    table = table.iloc[_owner(bounding, lines)].reset_index(drop=True)
    shaped = _faces(faces, polygons, bounding, table, np.concatenate(touched), near)
    left, right = _sides(bounding, shaped.geometry.to_numpy())
    edges = gpd.GeoDataFrame(table.assign(left=left, right=right), geometry=bounding, crs=None)
    edges = edges[(left >= 0) | (right >= 0)].reset_index(drop=True)
    drawn = np.flatnonzero(corrections["kind"] == "edge_added")
    lost[drawn] = _found(shapes[drawn], edges.geometry.to_numpy(), reach_px) < _ENOUGH
    return Faces(shaped, edges), lost


def _moved(lines: Geometries, moves: Geometries, near: float) -> tuple[Geometries, Mask]:
    """Return lines whose corners went where they belong, and which moves found no corner."""
    points = shapely.get_coordinates(lines)
    start = shapely.get_coordinates(shapely.get_point(moves, 0))
    found, corner = shapely.STRtree(shapely.points(start)).query_nearest(
        shapely.points(points), max_distance=near, all_matches=False
    )
    points[found] = shapely.get_coordinates(shapely.get_point(moves, -1))[corner]
    moved = shapely.remove_repeated_points(shapely.set_coordinates(np.array(lines, dtype=object), points))
    return np.asarray(moved), ~np.isin(np.arange(len(moves)), corner)


def _without(edges: Geometries, strokes: Geometries, near: float) -> Geometries:
    """Return the edges without what runs along the strokes; an edge that is mostly struck goes as a whole."""
    if not len(strokes) or not len(edges):
        return edges
    wide = shapely.union_all(shapely.buffer(strokes, near, cap_style="flat"))
    left = shapely.difference(edges, wide)
    length = shapely.length(edges)
    gone = length - shapely.length(left)
    whole = gone >= 0.9 * length
    touched = gone > np.minimum(_ENOUGH * length, 4 * near)
    return np.where(whole, shapely.LineString(), np.where(touched, left, edges))


def _joined(drawn: Geometries, edges: Geometries, reach_px: float) -> Geometries:
    """Return lines drawn by hand with their ends on what they should meet: a junction within reach, else an edge."""
    if not len(drawn):
        return drawn
    lines = shapely.get_parts(shapely.line_merge(shapely.union_all(drawn)))
    # A stroke that meets another stroke of the same hand stays joined to it; only its other end looks for an edge.
    ends = np.concatenate([shapely.get_point(edges, 0), shapely.get_point(edges, -1)])
    corners = shapely.points(np.unique(shapely.get_coordinates(ends), axis=0))
    for end in (0, -1):
        lines = _end_joined(lines, end, corners, edges, reach_px)
    return np.asarray(shapely.remove_repeated_points(lines, 0.0), dtype=object)


def _end_joined(lines: Geometries, end: int, corners: Geometries, edges: Geometries, reach_px: float) -> Geometries:
    tip = shapely.get_point(lines, end)
    others = shapely.STRtree(lines).query(tip, predicate="dwithin", distance=1e-6)
    shared = np.bincount(others[0], minlength=len(lines)) > 1
    goal = np.array(shapely.get_coordinates(tip))
    if len(edges):
        corner = _nearest(tip, corners, reach_px / 2)
        edge = _nearest(tip, edges, reach_px)
        foot = shapely.get_coordinates(
            shapely.line_interpolate_point(edges[edge], shapely.line_locate_point(edges[edge], tip))
        )
        before = shapely.get_coordinates(shapely.get_point(lines, 1 if end == 0 else -2))
        way = foot - before
        size = np.hypot(*way.T)
        onward = foot + way / np.where(size > 0, size, 1.0)[:, None] * _BEYOND
        goal = np.where((edge >= 0)[:, None], onward, goal)
        goal = np.where((corner >= 0)[:, None], shapely.get_coordinates(corners[corner]), goal)
    goal[shared] = shapely.get_coordinates(tip)[shared]
    points, owner = shapely.get_coordinates(lines, return_index=True)
    starts = np.searchsorted(owner, np.arange(len(lines)), side="left" if end == 0 else "right")
    points[starts if end == 0 else starts - 1] = goal
    return np.asarray(shapely.linestrings(points, indices=owner))


def _nearest(points: Geometries, shapes: Geometries, reach_px: float) -> Indices:
    """Return the number of the nearest shape of each point, -1 where none is within reach."""
    found = np.full(len(points), -1, dtype=np.int64)
    pairs = shapely.STRtree(shapes).query_nearest(points, max_distance=reach_px, all_matches=False)
    found[pairs[0]] = pairs[1]
    return found


def _bounding(noded: Geometries, polygons: Geometries) -> Geometries:
    """Return the lines that bound a polygon: ends in the open close nothing."""
    if not len(polygons):
        return noded[:0]
    tree = shapely.STRtree(shapely.boundary(polygons))
    middle = shapely.line_interpolate_point(noded, 0.5, normalized=True)
    on = np.unique(tree.query(middle, predicate="dwithin", distance=1e-6)[0])
    return np.asarray(noded[on], dtype=object)


def _owner(lines: Geometries, sources: Geometries) -> Indices:
    """Return which source each line is a piece of."""
    if not len(lines):
        return np.empty(0, dtype=np.int64)
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    pairs = shapely.STRtree(sources).query_nearest(middle, all_matches=False)
    return np.asarray(pairs[1], dtype=np.int64)


def _faces(
    faces: Faces, polygons: Geometries, edges: Geometries, table: pd.DataFrame, strokes: Geometries, near: float
) -> gpd.GeoDataFrame:
    """Return one row per polygon, with what is known of the face that was there before."""
    before = faces.polygons.geometry.to_numpy()
    same = pd.Series(np.arange(len(before)), index=_keys(before))
    same = same[~same.index.duplicated()]
    old = same.reindex(_keys(polygons)).fillna(-1).to_numpy(dtype=np.int64)
    at = within(shapely.point_on_surface(polygons), before)
    beside = np.zeros(len(polygons), dtype=bool)
    if len(strokes):
        beside[shapely.STRtree(polygons).query(strokes, predicate="dwithin", distance=near)[1]] = True
    kept = (old >= 0) | (at >= 0) | beside
    polygons, old, at = polygons[kept], old[kept], at[kept]
    known = np.where(old >= 0, old, at)
    order = np.lexsort((old < 0, known, known < 0))
    polygons, old, known = polygons[order], old[order], known[order]
    rows = faces.polygons.drop(columns="geometry").iloc[np.maximum(known, 0)].reset_index(drop=True)
    if not len(before):
        rows = pd.DataFrame(_NEW, index=range(len(polygons)))
    new = old < 0
    kind = rows["kind"].astype("object").where(~new | (rows["kind"] != "outside"), "parcel")
    kind = kind.where(known >= 0, "parcel")
    weakest = _weakest(polygons, edges, table)
    confidence = np.where(new, weakest, rows["confidence"].to_numpy(dtype=np.float64))
    why = rows["why"].astype("object").where(~new, "")
    return gpd.GeoDataFrame(rows.assign(kind=kind, confidence=confidence, why=why), geometry=polygons, crs=None)


def _weakest(polygons: Geometries, edges: Geometries, table: pd.DataFrame) -> Floats:
    """Return the confidence of the weakest edge of each polygon."""
    middle = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    edge, face = shapely.STRtree(shapely.boundary(polygons)).query(middle, predicate="dwithin", distance=1e-6)
    weakest = np.ones(len(polygons))
    np.minimum.at(weakest, face, table["confidence"].to_numpy(dtype=np.float64)[edge])
    return weakest


def _keys(polygons: Geometries) -> Geometries:
    return np.asarray(shapely.to_wkb(shapely.normalize(polygons)), dtype=object)


def _sides(lines: Geometries, polygons: Geometries) -> tuple[Indices, Indices]:
    """Return the polygon on the left and on the right of each line as drawn, y downwards on the page; -1 = outside."""
    length = shapely.length(lines)
    one = shapely.get_coordinates(shapely.line_interpolate_point(lines, length / 2))
    other = shapely.get_coordinates(shapely.line_interpolate_point(lines, length / 2 + np.minimum(length / 4, 0.5)))
    way = other - one
    way /= np.hypot(*way.T)[:, None]
    middle = (one + other) / 2
    across = np.column_stack([-way[:, 1], way[:, 0]]) * 0.02
    return within(shapely.points(middle + across), polygons), within(shapely.points(middle - across), polygons)


def _found(lines: Geometries, edges: Geometries, near: float) -> Floats:
    """Return the share of each line along which an edge runs."""
    if not len(edges):
        return np.zeros(len(lines))
    line, edge = shapely.STRtree(edges).query(lines, predicate="dwithin", distance=near)
    covered = shapely.length(shapely.intersection(lines[line], shapely.buffer(edges[edge], near, cap_style="flat")))
    share = np.bincount(line, weights=covered, minlength=len(lines)) / np.maximum(shapely.length(lines), 1e-9)
    return np.asarray(share, dtype=np.float64)


def _along(edges: Geometries, strokes: Geometries, near: float) -> Floats:
    """Return the share of each edge that runs along a stroke."""
    wide = shapely.union_all(shapely.buffer(strokes, near, cap_style="flat"))
    return np.asarray(shapely.length(shapely.intersection(edges, wide)) / np.maximum(shapely.length(edges), 1e-9))


def _sure(faces: Faces, chosen: Geometries) -> Faces:
    """Return faces in which the chosen edges are certain; a face is as certain as its weakest edge."""
    edges = faces.edges.assign(confidence=np.where(chosen, 1.0, faces.edges["confidence"]))
    beside = np.concatenate([edges["left"].to_numpy(), edges["right"].to_numpy()])
    weakest = np.ones(len(faces.polygons))
    doubled = np.tile(edges["confidence"].to_numpy(dtype=np.float64), 2)
    np.minimum.at(weakest, beside[beside >= 0], doubled[beside >= 0])
    touched = np.zeros(len(weakest), dtype=bool)
    touched[beside[np.tile(np.asarray(chosen, dtype=bool), 2) & (beside >= 0)]] = True
    rows = faces.polygons
    confidence = np.where(touched, np.maximum(weakest, rows["confidence"]), rows["confidence"])
    why = rows["why"].where(~touched | (weakest < rows["confidence"]), "")
    return Faces(rows.assign(confidence=confidence, why=why), edges)
