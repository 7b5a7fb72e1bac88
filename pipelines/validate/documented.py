"""The check that compares what was surveyed (level 10) with what the documents of a parcel have (level 61)."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import coverage, crs, geometry
from pipelines.geometry import Floats, Geometries
from pipelines.ids import among
from pipelines.validate.scene import Scene


def check_documented(scene: Scene) -> gpd.GeoDataFrame:
    """Report parcels whose documented shape is not the surveyed one, in m.

    Too different is a boundary farther away than the two-point error, or an area that differs by more than areas may.
    The value is the largest distance between the boundaries, from the vertices of either; the detail has both areas.
    The geometry is the ground that only one of the two has. Which one is right is for people to find out: by
    Article 135 a measured area may replace the one on paper only where the boundary has not moved.

    Emits: thua_dat.documented_mismatch
    """
    if scene.documented is None or scene.documented.empty:
        return scene.nothing
    ids = pd.Series(np.arange(len(scene.parcels)), scene.ids)
    drawn = scene.documented[among(scene.documented["feature_id"], ids.index[scene.sound])]
    if drawn.empty:
        return scene.nothing
    at = ids[~ids.index.duplicated()].reindex(drawn["feature_id"].to_numpy(dtype=object)).to_numpy(dtype=np.int64)
    papers = _usable(drawn, scene)
    surveyed = scene.shapes[at]
    paper_m2, survey_m2 = shapely.area(papers), shapely.area(surveyed)
    off_m = np.fmax(_farthest_m(papers, surveyed), _farthest_m(surveyed, papers))
    limit_m, limit_m2 = (
        scene.tolerances.point_m(scene.scales[at]),
        scene.tolerances.area_m2(survey_m2, scene.scales[at]),
    )
    differs = (off_m > limit_m) | (np.abs(paper_m2 - survey_m2) > limit_m2)
    if not differs.any():
        return scene.nothing
    numbers = zip(paper_m2[differs], survey_m2[differs], limit_m2[differs], strict=True)
    return scene.report(
        "thua_dat.documented_mismatch",
        at[differs],
        value=off_m[differs],
        limit=limit_m[differs],
        detail=[f"{paper:.1f} → {survey:.1f} m² (± {allowed:.1f} m²)" for paper, survey, allowed in numbers],
        geometry=geometry.flat(shapely.symmetric_difference(papers[differs], surveyed[differs])),
    )


def _usable(drawn: gpd.GeoDataFrame, scene: Scene) -> Geometries:
    """Return the documented shapes as valid areas in the CRS of the scene; one that is none has no area."""
    placed = drawn.geometry if drawn.crs is None else crs.reproject(drawn.geometry, scene.parcels.crs)
    shapes = geometry.polygonal(geometry.flat(placed.to_numpy()))
    shapes[shapely.is_missing(shapes) | ~geometry.is_finite(shapes)] = shapely.Polygon()
    broken = ~shapely.is_valid(shapes) | ~geometry.is_polygon(shapes)
    shapes[broken] = geometry.repaired(shapes[broken])
    shapes[~geometry.is_polygon(shapes)] = shapely.Polygon()
    return shapes


def _farthest_m(shapes: Geometries, others: Geometries) -> Floats:
    """Return how far the farthest vertex of each shape is from the boundary of the other; without any, its size.

    Each pair is moved to a lane of its own, so far from the next that one search over all segments finds the nearest
    of the same pair: no pair is compared vertex by vertex, however long its rings are.
    """
    boxes = np.hstack([shapely.bounds(shapes), shapely.bounds(others)])
    west, south = np.fmin(boxes[:, 0], boxes[:, 4]), np.fmin(boxes[:, 1], boxes[:, 5])
    east, north = np.fmax(boxes[:, 2], boxes[:, 6]), np.fmax(boxes[:, 3], boxes[:, 7])
    size_m: Floats = np.nan_to_num(np.hypot(east - west, north - south))
    lane_m = np.cumsum(2 * size_m + 1)
    shift = np.column_stack([lane_m + np.append(0.0, lane_m[:-1]) - west, -south])
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    rings = coverage.rings(others)
    farthest: Floats = size_m.copy()
    starts = rings.segments()
    there = np.isin(owner, rings.owner)
    if not len(starts) or not there.any():
        return farthest
    corners = rings.points + np.repeat(shift[rings.owner], np.diff(rings.start), axis=0)
    lines = coverage.segment_lines(corners, starts)
    asked = shapely.points(points[there] + shift[owner[there]])
    (point, _), distance_m = shapely.STRtree(lines).query_nearest(asked, return_distance=True, all_matches=False)
    by_pair = pd.Series(distance_m).groupby(owner[there][point]).max()
    farthest[by_pair.index.to_numpy()] = by_pair.to_numpy()
    return farthest
