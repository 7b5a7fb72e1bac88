"""Sheets of a commune where they meet: the same boundary, drawn twice, has to be the same line.

Parcels of two sheets whose boundaries run beside each other share them. What lies apart by no more than the relative
error of two points at the coarser scale counts as one line and is recorded; what lies farther apart, up to a few times
that, is a mismatch; anything farther is a street, a river or land of somebody else between two sheets.
"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import findings
from pipelines.digitize.snapping import Array
from pipelines.tolerances import Tolerances

EXACT_M = 0.015
"""Vertices this near each other are the same in both sheets: a centimetre grid rounds each of them by itself."""

WIDEST = 3.0
"""Multiple of the tolerance up to which a gap between two sheets is one line drawn in two ways; a lane is wider."""


def match(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return findings about vertices of one sheet that the neighbouring sheet has elsewhere.

    Only vertices of the outline of a sheet count, and only where the other sheet's outline is within reach; each pair
    of sheets is told from the side of the later one, one finding for each parcel: its farthest vertex. A sheet is what
    has one number; in how many files it came makes no difference.

    Args:
        parcels: `feature_id`, `source`, `so_hieu_to_ban_do`, `ty_le` and polygons, of all sheets of a commune.

    Emits:
        ban_ve.edge_matched, ban_ve.edge_mismatch
    """
    sound = parcels[~parcels.geometry.isna() & ~parcels.geometry.is_empty & parcels.geometry.is_valid]
    sound = sound.assign(sheet=sound["so_hieu_to_ban_do"].fillna(sound["source"]))
    outlines = _outlines(sound)
    if sound.empty:
        return findings.empty(parcels.crs)
    widest_m = WIDEST * float(Tolerances().point_m(sound["ty_le"].max()))
    found = [_between(sound, outlines, first, second) for first, second in _neighbours(outlines, widest_m)]
    return findings.concat(found, crs=parcels.crs)


def _outlines(parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the outline of each sheet and its scale."""
    rows = [
        (sheet, int(part["ty_le"].max()), _outline(part.geometry.to_numpy()))
        for sheet, part in parcels.groupby("sheet", sort=True)
    ]
    return pd.DataFrame(rows, columns=["sheet", "scale", "outline"])


def _outline(polygons: Array) -> Any:
    """Return the lines that only one parcel of the sheet has."""
    try:
        whole = shapely.coverage_union_all(polygons)
    except shapely.errors.GEOSException:
        # Overlapping parcels are no coverage.
        whole = shapely.union_all(polygons)
    return shapely.boundary(whole)


def _neighbours(outlines: pd.DataFrame, reach_m: float) -> list[tuple[int, int]]:
    shapes = outlines["outline"].to_numpy()
    if len(shapes) < 2:
        return []
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=reach_m)
    return [(int(a), int(b)) for a, b in zip(first, second, strict=True) if a < b]


def _between(parcels: gpd.GeoDataFrame, outlines: pd.DataFrame, first: int, second: int) -> gpd.GeoDataFrame:
    one, other = outlines.iloc[first], outlines.iloc[second]
    scale = max(one["scale"], other["scale"])
    limit = float(Tolerances().point_m(scale))
    vertices = shapely.points(np.unique(shapely.get_coordinates(other["outline"]), axis=0))
    shapely.prepare(one["outline"])
    distance = shapely.distance(vertices, one["outline"])
    off = (distance > EXACT_M) & (distance <= WIDEST * limit) & _beside(vertices, distance, one, other, limit)
    mine = parcels[parcels["sheet"] == other["sheet"]]
    parcel, vertex = _touching(mine.geometry.to_numpy(), vertices[off])
    rows = pd.DataFrame({"parcel": parcel, "vertex": vertex, "distance": distance[off][vertex]})
    worst = rows.sort_values(["parcel", "distance"], ascending=[True, False]).drop_duplicates("parcel")
    worst = worst.drop_duplicates("vertex")
    at = vertices[off][worst["vertex"].to_numpy()]
    way = shapely.shortest_line(at, one["outline"])
    theirs = parcels[parcels["sheet"] == one["sheet"]]
    across = shapely.STRtree(theirs.geometry.to_numpy()).nearest(shapely.get_point(way, 1))
    is_far = worst["distance"].to_numpy() > limit
    return findings.concat(
        [
            findings.build(
                code,
                mine["feature_id"].to_numpy()[worst["parcel"].to_numpy()[which]],
                crs=parcels.crs,
                other_id=theirs["feature_id"].to_numpy()[across[which]],
                value=worst["distance"].to_numpy()[which],
                limit=limit,
                source=mine["source"].to_numpy()[worst["parcel"].to_numpy()[which]],
                geometry=way[which],
            )
            for code, which in (("ban_ve.edge_mismatch", is_far), ("ban_ve.edge_matched", ~is_far))
        ],
        crs=parcels.crs,
    )


def _touching(polygons: Array, points: Array) -> tuple[Array, Array]:
    point, polygon = shapely.STRtree(polygons).query(points, predicate="dwithin", distance=1e-6)
    return polygon, point


def _beside(vertices: Array, distance: Array, one: pd.Series, other: pd.Series, limit: float) -> Array:
    """Tell which vertices belong to a seam: the other sheet goes on beside the outline on at least one side of them.

    A corner that happens to come near the neighbour, or a lane that opens from a point, is no seam.
    """
    near = shapely.buffer(one["outline"], WIDEST * limit, quad_segs=2)
    along = shapely.get_parts(shapely.line_merge(shapely.intersection(other["outline"], near)))
    long = along[shapely.length(along) > 4 * WIDEST * limit]
    found = np.zeros(len(vertices), dtype=bool)
    if len(long):
        found[shapely.STRtree(long).query(vertices, predicate="dwithin", distance=1e-6)[0]] = True
    return found
