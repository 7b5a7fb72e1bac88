"""Checks on one geometry at a time."""

import geopandas as gpd
import numpy as np
import shapely

from pipelines import geometry
from pipelines.validate.scene import Scene


def check_empty(scene: Scene) -> gpd.GeoDataFrame:
    """Report parcels without geometry.

    Emits: thua_dat.empty
    """
    missing = shapely.is_missing(scene.shapes) | shapely.is_empty(scene.shapes)
    return scene.report("thua_dat.empty", missing, geometry=None)


def check_valid(scene: Scene) -> gpd.GeoDataFrame:
    """Report geometries that are no valid area: self-crossing, not polygonal, impossible coordinates.

    The detail is the reason given by GEOS, and the geometry of the finding the place of the conflict.

    Emits: thua_dat.invalid
    """
    shapes = scene.shapes
    there = scene.without("thua_dat.empty")
    finite = geometry.is_finite(shapes)
    broken = there & (~shapely.is_valid(shapes) | ~geometry.is_polygon(shapes) | ~finite)
    at = np.flatnonzero(broken)
    reasons = shapely.is_valid_reason(shapes[at]).astype(object)
    areal = geometry.is_polygon(shapes[at])
    reasons[~areal] = [f"not a polygon: {shape.geom_type}" for shape in shapes[at][~areal]]
    reasons[~finite[at]] = "coordinates are not finite or too large"
    places = geometry.conflict_points(list(reasons))
    usable = finite[at] & shapely.is_missing(places)
    places[usable] = shapely.point_on_surface(shapely.envelope(shapes[at][usable]))
    causes = [reason.partition("[")[0] for reason in reasons]
    return scene.report("thua_dat.invalid", at, detail=causes, geometry=places)


def check_single_part(scene: Scene) -> gpd.GeoDataFrame:
    """Report parcels that consist of several separate parts; the value is their number.

    Emits: thua_dat.multipart
    """
    parts = shapely.get_num_geometries(scene.shapes)
    several = scene.sound & (parts > 1)
    return scene.report("thua_dat.multipart", several, value=parts[several].astype(float), limit=1.0)


def check_sliver(scene: Scene) -> gpd.GeoDataFrame:
    """Report parcels too small or too narrow for their scale, in m².

    Emits: thua_dat.sliver
    """
    at = scene.sound_at
    if not len(at):
        return scene.nothing
    thin, limit_m2 = scene.thin
    return scene.report("thua_dat.sliver", at[thin], value=shapely.area(scene.shapes[at[thin]]), limit=limit_m2[thin])
