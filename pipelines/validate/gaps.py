"""Checks on the ground between parcels and at the rim of the commune."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from pipelines import geometry
from pipelines.geometry import Geometries, Indices, Mask
from pipelines.validate.scene import Scene


def check_gaps(scene: Scene) -> gpd.GeoDataFrame:
    """Report ground that no parcel covers, in m²; the finding is about the neighbour with the longest common boundary.

    Where roads and water are parcels too, every hole is a gap, up to the outline of the commune when it is known.
    Elsewhere the space between blocks is street, and only a hole smaller or narrower than a defect of drawing is a gap.
    The ground of broken parcels counts as covered. The detail has mean width and length, and tells gaps between two
    sheets, and gaps beside a road or water, from those between parcels of one sheet: they have other causes.

    Emits: thua_dat.gap
    """
    covering, pieces = scene.covering
    if not len(covering):
        return scene.nothing
    holes = uncovered(scene.edges.chains, pieces, scene.outline if scene.fills_plane else None)
    holes = holes[shapely.area(holes) >= scene.tolerances.min_area_m2]
    holes = holes[_is_defect(scene, holes)]
    if not len(holes):
        return scene.nothing
    main, other = _neighbours(scene, holes)
    known = main >= 0
    holes, main, other = holes[known], main[known], other[known]
    beside = scene.ids[other]
    beside[other < 0] = None
    return scene.report(
        "thua_dat.gap",
        main,
        other_id=beside,
        value=shapely.area(holes),
        limit=scene.tolerances.min_area_m2,
        detail=geometry.sizes(holes) + _setting(scene, main, other),
        geometry=holes,
    )


def _setting(scene: Scene, main: Indices, other: Indices) -> np.ndarray[Any, Any]:
    """Return between which sheets each gap lies and whether a road or water is beside it, as text to be appended."""
    number = scene.texts("so_hieu_to_ban_do").fillna("?").to_numpy(dtype=object)
    source = scene.texts("source").fillna("?").to_numpy(dtype=object)
    numbered = number[main] != number[other]
    one, two = np.where(numbered, (number[main], number[other]), (source[main], source[other]))
    told = np.where((one != two) & (other >= 0), "; giữa hai tờ / between sheets " + one + " / " + two, "")
    ground = scene.flags("la_doi_tuong_chiem_dat", default=False)
    beside = ground[main] | (ground[other] & (other >= 0))
    told[beside] += "; giáp đường, mặt nước / beside road or water"
    return told


def uncovered(edges: Geometries, pieces: Geometries, outline: BaseGeometry | None) -> Geometries:
    """Return the bounded areas that none of the polygons covers; with an outline also those along its inside.

    An edge with a polygon on either side cannot bound a hole. The others are few; cut where they cross, they enclose
    every hole, and other faces that are covered.

    Args:
        edges: Edges of the polygons without a polygon on the other side.
        pieces: The polygons, cut small.
        outline: Boundary of the commune.
    """
    if outline is not None:
        edges = np.append(edges, shapely.boundary(outline))
    faces = geometry.faces(edges)
    if not len(faces):
        return faces
    inner = shapely.point_on_surface(faces)
    covered = np.unique(shapely.STRtree(pieces).query(inner, predicate="intersects")[0])
    free = np.ones(len(faces), dtype=bool)
    free[covered] = False
    if outline is not None:
        shapely.prepare(outline)
        free &= shapely.intersects(outline, inner)
    holes: Geometries = faces[free]
    return holes


def check_outline(scene: Scene) -> gpd.GeoDataFrame:
    """Report parcels that reach beyond the commune by more than a boundary may be off; value is the area outside, m².

    Emits: thua_dat.outside_commune
    """
    if scene.outline is None or not scene.sound.any():
        return scene.nothing
    at = np.flatnonzero(scene.sound)
    shapes = scene.shapes[at]
    allowed_m = float(scene.tolerances.point_m(scene.tolerances.scale))
    ground = shapely.buffer(scene.outline, allowed_m)
    shapely.prepare(ground)
    beyond = ~shapely.covers(ground, shapes)
    at, shapes = at[beyond], shapes[beyond]
    apart = shapely.disjoint(ground, shapes)
    outside = shapes.copy()
    crossing = ~apart
    outside[crossing] = geometry.polygonal(_minus(shapes[crossing], scene.outline))
    margin = shapes.copy()
    margin[crossing] = _minus(shapes[crossing], ground)
    counts = shapely.area(margin) >= scene.tolerances.min_area_m2
    return scene.report(
        "thua_dat.outside_commune",
        at[counts],
        value=shapely.area(outside[counts]),
        limit=scene.tolerances.min_area_m2,
        geometry=outside[counts],
    )


def _minus(shapes: Geometries, ground: BaseGeometry) -> Geometries:
    """Return what of each polygon lies outside a large polygon, cutting the large one small first."""
    if not len(shapes):
        return shapes
    pieces, _ = geometry.subdivided(np.array([ground], dtype=object))
    each, piece = shapely.STRtree(pieces).query(shapes, predicate="intersects")
    near = pd.Series(pieces[piece]).groupby(each).agg(lambda group: shapely.union_all(group.to_numpy()))
    left = shapes.copy()
    left[near.index.to_numpy()] = shapely.difference(shapes[near.index.to_numpy()], near.to_numpy())
    return left


def _is_defect(scene: Scene, holes: Geometries) -> Mask:
    """Tell gaps from streets and from the tolerance strip along the outline."""
    scale = scene.tolerances.scale
    small = shapely.area(holes) <= scene.tolerances.sliver_area_m2(scale)
    narrow = geometry.mean_width_m(holes) <= scene.tolerances.point_m(scale)
    if not scene.fills_plane:
        defect: Mask = small | narrow
        return defect
    if scene.outline is None:
        return np.ones(len(holes), dtype=bool)
    rim = shapely.boundary(scene.outline)
    shapely.prepare(rim)
    on_rim = shapely.intersects(rim, holes)
    inner = holes.copy()
    inner[on_rim] = shapely.buffer(holes[on_rim], -float(scene.tolerances.point_m(scale)) / 2)
    wide: Mask = ~on_rim | (shapely.area(inner) >= scene.tolerances.min_area_m2)
    return wide


def _neighbours(scene: Scene, holes: Geometries) -> tuple[Indices, Indices]:
    """Return the parcels with the longest and second longest common boundary per hole; -1 where there is none."""
    pieces, owner = scene.pieces
    hole, piece = scene.tree.query(shapely.buffer(holes, 1e-3), predicate="intersects")
    length_m = shapely.length(shapely.intersection(shapely.boundary(pieces[piece]), shapely.buffer(holes[hole], 1e-3)))
    pairs = pd.DataFrame({"hole": hole, "owner": owner[piece], "length": np.round(length_m, 2)})
    summed = pd.DataFrame(pairs.groupby(["hole", "owner"], as_index=False).sum())
    ranked = summed.sort_values(["hole", "length", "owner"], ascending=[True, False, True])
    return _nth(scene, ranked, 0, len(holes)), _nth(scene, ranked, 1, len(holes))


def _nth(scene: Scene, pairs: pd.DataFrame, place: int, count: int) -> Indices:
    chosen = pairs[pairs.groupby("hole").cumcount() == place]
    result = np.full(count, -1, dtype=np.int64)
    result[chosen["hole"].to_numpy()] = scene.sound_at[chosen["owner"].to_numpy()]
    return result
