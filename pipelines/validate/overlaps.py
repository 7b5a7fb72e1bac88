"""Checks on pairs of parcels that share ground."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import findings, geometry
from pipelines.geometry import Geometries, Indices
from pipelines.validate.scene import Scene

SAME_SHARE = 1e-3
"""Two parcels are the same shape when what they do not share is below this share of the larger one."""

_POINTS = 50_000
"""Inner points are made for so many pieces at once: each takes as much memory as a small parcel."""

SLENDER = 10.0
"""Common ground this many times as long as wide is a strip along a boundary, not a piece of land."""


def check_duplicates(scene: Scene) -> gpd.GeoDataFrame:
    """Report parcels whose ring is, point for point, that of a parcel with a smaller id.

    Where the ring begins, which way it turns and repeated points make no difference.

    Emits: thua_dat.duplicate_geometry
    """
    at = scene.sound_at
    boxes = pd.Series(geometry.mixed_bits(shapely.bounds(scene.shapes[at])))
    alike = np.flatnonzero(boxes.duplicated(keep=False).to_numpy())
    if not len(alike):
        return scene.nothing
    alike = at[alike]
    plain = shapely.normalize(shapely.remove_repeated_points(scene.shapes[alike], 0.0))
    group, _ = pd.factorize(pd.Series(list(shapely.to_wkb(plain))))
    first = pd.Series(alike).groupby(group).transform("first").to_numpy()
    later = alike != first
    return scene.report("thua_dat.duplicate_geometry", alike[later], other_id=scene.ids[first[later]])


def check_overlaps(scene: Scene) -> gpd.GeoDataFrame:
    """Report pairs of parcels that share ground, once per pair: value and geometry are the shared part, in m².

    A pair that shares all its ground up to drawing noise is a duplicate, drawn with other points. The detail tells a
    strip along a boundary from a piece of land, with mean width and length, and names a parcel that lies in the other.

    Emits: thua_dat.overlap, thua_dat.duplicate_geometry
    """
    first, second, shared = overlapping(scene.pieces, scene.tree, scene.edges.lines)
    area_m2 = shapely.area(shared)
    counts = area_m2 >= scene.tolerances.min_area_m2
    first, second = scene.sound_at[first[counts]], scene.sound_at[second[counts]]
    shared, area_m2 = shared[counts], area_m2[counts]
    larger_m2 = np.maximum(shapely.area(scene.shapes[first]), shapely.area(scene.shapes[second]))
    same = larger_m2 - area_m2 < SAME_SHARE * larger_m2
    return findings.concat(
        [
            scene.report("thua_dat.duplicate_geometry", second[same], other_id=scene.ids[first[same]]),
            scene.report(
                "thua_dat.overlap",
                first[~same],
                other_id=scene.ids[second[~same]],
                value=area_m2[~same],
                limit=scene.tolerances.min_area_m2,
                detail=_kind(scene, first[~same], second[~same], shared[~same]),
                geometry=shared[~same],
            ),
        ],
        crs=scene.parcels.crs,
    )


def _kind(scene: Scene, first: Indices, second: Indices, shared: Geometries) -> np.ndarray[Any, Any]:
    """Return what the common ground of each pair is like, in both languages."""
    one_m2, other_m2 = shapely.area(scene.shapes[first]), shapely.area(scene.shapes[second])
    inner, outer = np.where(one_m2 < other_m2, (first, second), (second, first))
    within = shapely.area(shared) > (1 - SAME_SHARE) * np.minimum(one_m2, other_m2)
    width_m, length_m = geometry.sides_m(shared)
    scales = np.maximum(scene.scales[first], scene.scales[second])
    strip = (width_m < scene.tolerances.point_m(scales)) | (length_m > SLENDER * width_m)
    kind = np.where(strip, "dải / strip ", "mảng / area ").astype(object) + geometry.sizes(shared)
    names = scene.ids[inner] + " nằm trong / lies in " + scene.ids[outer]
    detail: np.ndarray[Any, Any] = np.where(within, names, kind)
    return detail


def overlapping(
    pieces: tuple[Geometries, Indices], tree: shapely.STRtree, exposed: Geometries | None = None
) -> tuple[Indices, Indices, Geometries]:
    """Return the pairs of owners whose pieces share ground, smaller owner first, and the ground they share.

    Two signs find every piece that shares ground with another. Either the other covers an inner point of it; or a rim
    of the others runs through it, and the coverage rules (every edge is matched by a neighbour with the opposite
    direction, or is free) report such edges. Edges reported for another reason (a missing node on a common boundary)
    lead to a pair without shared area. A piece with one sign is then held against all its neighbours: where two
    surveys of the same ground lie over each other, each clean in itself, the rules are silent inside.

    Args:
        pieces: Polygons of few vertices and the owner of each.
        tree: Index over the pieces.
        exposed: Edges with a polygon on one side only, where known. An edge matched on both sides breaks no rule, so
            that only pieces near an exposed edge have to be looked at.
    """
    shapes, owner = pieces
    if not len(shapes):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0, dtype=object)
    near = np.arange(len(shapes))
    if exposed is not None and len(exposed) < len(shapes):
        near = np.unique(tree.query(exposed)[1])
    suspects, edges = suspicious_edges(shapes[near])
    suspects = near[suspects]
    edge, partner = tree.query(edges, predicate="intersects")
    inside, around = _around(shapes, tree)
    pairs = _pairs(np.append(suspects[edge], inside), np.append(partner, around), owner)
    shared = shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]])
    sure = np.unique(pairs[shapely.area(shared) > 0])
    one, other = tree.query(shapes[sure], predicate="intersects")
    further = _pairs(sure[one], other, owner)
    known = np.isin(further @ [len(shapes), 1], pairs @ [len(shapes), 1])
    further = further[~known]
    more = shapely.intersection(shapes[further[:, 0]], shapes[further[:, 1]])
    both = np.concatenate([pairs, further])
    return _by_owner(np.sort(owner[both], axis=1), np.concatenate([shared, more]))


def _around(shapes: Geometries, tree: shapely.STRtree) -> tuple[Indices, Indices]:
    """Return the pairs of a piece and of a piece that covers an inner point of it, the piece itself among them."""
    found = [
        np.add(
            tree.query(shapely.point_on_surface(shapes[first : first + _POINTS]), predicate="within"), [[first], [0]]
        )
        for first in range(0, len(shapes), _POINTS)
    ]
    inside, around = np.concatenate(found, axis=1)
    return inside, around


def _pairs(one: Indices, other: Indices, owner: Indices) -> Indices:
    """Return each pair of pieces with different owners once, the smaller position first."""
    pairs = np.column_stack([np.minimum(one, other), np.maximum(one, other)])
    unique: Indices = np.unique(pairs[owner[one] != owner[other]].reshape(-1, 2), axis=0)
    return unique


def suspicious_edges(shapes: Geometries) -> tuple[Indices, Geometries]:
    """Return the positions of polygons with edges that no clean coverage has, and these edges."""
    if not len(shapes):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=object)
    edges = shapely.coverage_invalid_edges(shapes)
    suspects = np.flatnonzero(~shapely.is_empty(edges))
    return suspects, edges[suspects]


def _by_owner(owners: Any, shared: Geometries) -> tuple[Indices, Indices, Geometries]:
    """Return one polygonal geometry per pair of owners, from the shared parts of their pieces."""
    parts, index = shapely.get_parts(geometry.polygonal(shared), return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts, pairs = parts[areal], owners[index[areal]]
    unique, group = np.unique(pairs, axis=0, return_inverse=True)
    if not len(unique):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0, dtype=object)
    order = np.argsort(group.ravel(), kind="stable")
    whole = geometry.flat(shapely.multipolygons(parts[order], indices=group.ravel()[order]))
    split = shapely.get_num_geometries(whole) > 1
    whole[split] = shapely.union_all(whole[split][:, None], axis=1)  # the pieces of one polygon meet at the cuts
    return unique[:, 0], unique[:, 1], whole
