"""Where two communes meet: ground that both have, ground that neither has, parcels that stand in both registers.

Inside a commune square metres count; between communes two surveys meet, so what counts is how wide they disagree, held
against the error of two boundary points at the coarser scale of the two.
"""

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from pipelines import coverage, findings, geometry
from pipelines.geometry import Floats, Geometries, Indices, Mask
from pipelines.province.scene import REACH_M, Scene, Scope, Side, side
from pipelines.tolerances import DEFAULT_SCALE, Tolerances

SAME_SHARE = 0.5
"""A parcel of which more than this share lies in one parcel of the neighbour is that parcel."""

WIDEST = 5.0
"""Ground of nobody between parcels wider than this many tolerances is a road, a river, or not delivered."""

SLENDER = 5.0
"""A gap that is open at an end is this many times as long as wide; else it is a bay of the outer border."""

_TOUCH_M = 1e-3
_CIRCLE_M = 0.01
_SPECK_M2 = 1e-4
"""What is smaller comes from computing, not from drawing."""


def check_borders(scene: Scene) -> gpd.GeoDataFrame:
    """Report where the parcels or the outlines of two communes overlap or leave a gap, each pair of parcels once.

    Emits: lien_xa.same_ground, lien_xa.border_overlap, lien_xa.border_gap
    """
    found = [findings.empty(scene.crs)]
    for one, other in scene.pairs:
        sides = (
            side(scene.read(one), scene.boxes[other], REACH_M),
            side(scene.read(other), scene.boxes[one], REACH_M),
        )
        found += [overlaps(*sides, scene.crs), _parcel_gaps(scene, (one, other), *sides)]
        if one in scene.outlines and other in scene.outlines:
            outlines = (_outline(scene, one, sides[0]), _outline(scene, other, sides[1]))
            others = [shape for scope, shape in scene.outlines.items() if scope not in {one, other}]
            gap = gaps(*outlines, REACH_M, scene.crs)
            found += [overlaps(*outlines, scene.crs), _of_nobody(gap, np.array(others, dtype=object))]
    return findings.concat(found, crs=scene.crs)


def overlaps(one: Side, other: Side, crs: Any) -> gpd.GeoDataFrame:
    """Return pairs that share ground wider than the tolerance, or most of one of the two.

    Emits: lien_xa.same_ground, lien_xa.border_overlap
    """
    first, second, shared = _shared(one, other)
    scale = _coarser(one.scales[first], other.scales[second])
    smaller_m2 = np.minimum(shapely.area(one.shapes[first]), shapely.area(other.shapes[second]))
    area_m2, allowed_m2 = shapely.area(shared), Tolerances().area_m2(smaller_m2, scale)
    same = (area_m2 > SAME_SHARE * smaller_m2) & (area_m2 > allowed_m2)
    limit_m = Tolerances().point_m(scale)
    wide = ~same & _is_wider(shared, limit_m)
    return findings.concat(
        [
            findings.build(
                "lien_xa.same_ground",
                one.ids[first[same]],
                crs=crs,
                other_id=other.ids[second[same]],
                value=area_m2[same],
                limit=allowed_m2[same],
                geometry=shared[same],
            ),
            findings.build(
                "lien_xa.border_overlap",
                one.ids[first[wide]],
                crs=crs,
                other_id=other.ids[second[wide]],
                value=_width_m(shared[wide]),
                limit=limit_m[wide],
                detail=geometry.sizes(shared[wide]),
                geometry=shared[wide],
            ),
        ],
        crs=crs,
    )


def gaps(one: Side, other: Side, reach_m: float, crs: Any) -> gpd.GeoDataFrame:
    """Return ground that neither side covers, between rims no farther apart than the reach.

    Edges that both sides have, point for point, vanish first. The rest is closed by the shortest ways from the nodes of
    one side to the other; what these lines enclose and nobody covers is a gap.

    Emits: lien_xa.border_gap
    """
    (rim, owner), (facing, opposite) = _rims(one, other, reach_m)
    ways = np.concatenate([_ways(rim, facing, reach_m), _ways(facing, rim, reach_m)])
    faces = geometry.faces(np.concatenate([rim, facing, ways]))
    if not len(faces):
        return findings.empty(crs)
    free = faces[~_is_covered(faces, np.concatenate([one.pieces[0], other.pieces[0]]))]
    holes = shapely.get_parts(shapely.union_all(free)) if len(free) else free
    holes = holes[shapely.area(holes) > _SPECK_M2]
    at, beside = _nearest(rim, holes), _nearest(facing, holes)
    scale = _coarser(one.scales[owner[at]], other.scales[opposite[beside]])
    limit_m = Tolerances().point_m(scale)
    width_m = _width_m(holes)
    real = (width_m > limit_m) & _is_between(holes, rim, facing, width_m)
    return findings.build(
        "lien_xa.border_gap",
        one.ids[owner[at[real]]],
        crs=crs,
        other_id=other.ids[opposite[beside[real]]],
        value=width_m[real],
        limit=limit_m[real],
        detail=geometry.sizes(holes[real]),
        geometry=holes[real],
    )


def _parcel_gaps(scene: Scene, pair: tuple[Scope, Scope], one: Side, other: Side) -> gpd.GeoDataFrame:
    """Return the gaps between parcels of two communes that no third commune covers."""
    scales = np.concatenate([one.scales, other.scales, [DEFAULT_SCALE]])
    reach_m = WIDEST * float(Tolerances().point_m(_coarser(scales, scales)).max())
    found = gaps(one, other, reach_m, scene.crs)
    if not len(found):
        return found
    thirds = [both for both in scene.pairs if set(both) & set(pair) and both != pair]
    scopes = sorted({scope for both in thirds for scope in both} - set(pair))
    covering = [side(scene.read(scope), tuple(found.total_bounds), 0.0).shapes for scope in scopes]
    return _of_nobody(found, np.concatenate(covering) if covering else np.empty(0, dtype=object))


def _of_nobody(found: gpd.GeoDataFrame, covering: Geometries) -> gpd.GeoDataFrame:
    """Return the gaps on which no other commune lies."""
    free: gpd.GeoDataFrame = found[~_is_covered(found.geometry.to_numpy(), covering)]
    return free.reset_index(drop=True)


def _outline(scene: Scene, scope: Scope, parcels: Side) -> Side:
    """Return the outline of a commune as one side of a border, at the scale of its parcels there."""
    shape = geometry.polygonal(shapely.make_valid(np.array([scene.outlines[scope]], dtype=object)))
    scale = int(parcels.scales.max(initial=0))
    return Side(np.array([".".join(scope)], dtype=object), np.array([scale]), shape)


def _coarser(one: Any, other: Any) -> Any:
    """Return the coarser of two scales; a parcel without scale has the usual one."""
    scales = np.maximum(one, other)
    return np.where(scales > 0, scales, DEFAULT_SCALE)


def _shared(one: Side, other: Side) -> tuple[Indices, Indices, Geometries]:
    """Return the pairs of polygons that share ground, and the ground they share as one polygonal geometry each."""
    (pieces, owner), (others, holder) = one.pieces, other.pieces
    piece, beside = shapely.STRtree(others).query(pieces, predicate="intersects")
    # A side in common is no ground: most pairs along a clean border only touch.
    inner = ~shapely.touches(pieces[piece], others[beside])
    piece, beside = piece[inner], beside[inner]
    common = geometry.polygonal(shapely.intersection(pieces[piece], others[beside]))
    parts, index = shapely.get_parts(common, return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts, index = parts[areal], index[areal]
    pairs, group = np.unique(np.column_stack([owner[piece], holder[beside]])[index], axis=0, return_inverse=True)
    if not len(pairs):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0, dtype=object)
    order = np.argsort(group.ravel(), kind="stable")
    whole = geometry.flat(shapely.multipolygons(parts[order], indices=group.ravel()[order]))
    several = shapely.get_num_geometries(whole) > 1
    whole[several] = shapely.union_all(whole[several][:, None], axis=1)
    return pairs[:, 0], pairs[:, 1], whole


def _is_wider(ground: Geometries, limit_m: Floats) -> Mask:
    """Tell where a disc of the diameter of the limit fits in."""
    wider: Mask = ~shapely.is_empty(shapely.buffer(ground, -limit_m / 2))
    return wider


def _width_m(ground: Geometries) -> Floats:
    """Return the diameter of the largest disc inside, in metres."""
    width: Floats = 2 * shapely.length(shapely.maximum_inscribed_circle(ground, tolerance=_CIRCLE_M))
    return width


def _rims(one: Side, other: Side, reach_m: float) -> tuple[tuple[Geometries, Indices], tuple[Geometries, Indices]]:
    """Return the edges of each side that lie within reach of the other side, with the position of their polygon.

    Both sides are looked at as one coverage: edges with a polygon on either side cannot bound a gap.
    """
    rings = coverage.rings(np.concatenate([one.shapes, other.shapes]))
    lines, owner = rings.lines, rings.owner_at(rings.exposed)
    ours = owner < len(one.shapes)
    mine, theirs = lines[ours], lines[~ours]
    near, facing = shapely.STRtree(theirs).query(mine, predicate="dwithin", distance=reach_m)
    near, facing = np.unique(near), np.unique(facing)
    return (mine[near], owner[ours][near]), (theirs[facing], owner[~ours][facing] - len(one.shapes))


def _ways(rim: Geometries, facing: Geometries, reach_m: float) -> Geometries:
    """Return the shortest lines from the nodes of a rim to the facing one, where they are within reach."""
    nodes = shapely.points(np.unique(shapely.get_coordinates(rim), axis=0))
    node, edge = shapely.STRtree(facing).query_nearest(nodes, max_distance=reach_m, all_matches=False)
    ways = shapely.shortest_line(nodes[node], facing[edge])
    kept: Geometries = ways[shapely.length(ways) > 0]
    return kept


def _is_covered(faces: Geometries, covering: Geometries) -> Mask:
    covered = np.zeros(len(faces), dtype=bool)
    inner = shapely.point_on_surface(faces)
    covered[shapely.STRtree(covering).query(inner, predicate="intersects")[0]] = True
    return covered


def _nearest(edges: Geometries, holes: Geometries) -> Indices:
    """Return for each hole the edge nearest to its middle."""
    middle = shapely.point_on_surface(holes)
    nearest: Indices = shapely.STRtree(edges).nearest(middle) if len(holes) else np.empty(0, dtype=np.int64)
    return nearest


def _is_between(holes: Geometries, rim: Geometries, facing: Geometries, width_m: Floats) -> Mask:
    """Tell gaps from what is enclosed by one side alone, and from bays of the outer border.

    A gap lies along both sides, and is closed all around or much longer than wide.
    """
    rings = coverage.rings(holes)
    at = rings.segments()
    start, end, hole = rings.points[at], rings.points[at + 1], rings.owner_at(at)
    middle, length_m = shapely.points((start + end) / 2), np.hypot(*(end - start).T)
    on_rim, on_facing = _lies_on(middle, rim), _lies_on(middle, facing)
    kinds = (on_rim, on_facing, on_rim | on_facing, ~(on_rim | on_facing))
    ours_m, theirs_m, along_m, open_m = (np.bincount(hole, length_m * where, len(holes)) for where in kinds)
    between: Mask = (ours_m > 0) & (theirs_m > 0)
    return between & ((open_m <= _TOUCH_M) | (along_m / 2 >= SLENDER * width_m))


def _lies_on(points: Geometries, edges: Geometries) -> Mask:
    on = np.zeros(len(points), dtype=bool)
    on[shapely.STRtree(edges).query(points, predicate="dwithin", distance=_TOUCH_M)[0]] = True
    return on
