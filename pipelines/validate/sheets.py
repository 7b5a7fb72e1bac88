"""Checks along the common edge of two map sheets."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines.geometry import Floats, Geometries, Indices, Mask
from pipelines.validate.scene import Scene

WIDEST = 3.0
"""Multiple of the two-point error up to which ground between two sheets is one line drawn in two ways, not a lane."""

_BESIDE = 2.0
"""Shortest side that runs along another sheet, as a multiple of that width: corners come near without meeting."""


def check_sheet_edges(scene: Scene) -> gpd.GeoDataFrame:
    """Report parcels whose edge the neighbouring sheet has elsewhere, once per pair of parcels, in metres.

    An edge is off when a side of a parcel runs along another sheet, farther from it than the two-point error of the
    coarser scale and nearer than a lane is wide, and what lies between belongs to no parcel or to two. Where an overlap
    or a gap is told already, nothing is said again. The geometry leads from the farthest vertex to the other sheet.

    Emits: ban_ve.edge_mismatch
    """
    at = scene.sound_at
    sheet = scene.texts("so_hieu_to_ban_do").fillna(scene.texts("source"))
    name = pd.factorize(sheet.iloc[at])[0]
    if not len(at) or name.max() < 1:
        return scene.nothing
    limit = scene.tolerances.point_m(scene.scales[at])
    ends = _ends(scene, name, limit)
    off = ends[(ends["distance"] > ends["limit"]) & ~_alone(scene, ends["way"].to_numpy())]
    off = off[~_told(scene, off["way"].to_numpy())]
    pair = pd.DataFrame({"low": off[["mine", "other"]].min(axis=1), "high": off[["mine", "other"]].max(axis=1)})
    order = off.join(pair).sort_values(["low", "high", "distance", "mine"], ascending=[True, True, False, True])
    worst = order.drop_duplicates(["low", "high"])
    return scene.report(
        "ban_ve.edge_mismatch",
        at[worst["mine"].to_numpy(dtype=np.int64)],
        other_id=scene.ids[at[worst["other"].to_numpy(dtype=np.int64)]],
        value=worst["distance"].to_numpy(),
        limit=worst["limit"].to_numpy(),
        geometry=worst["way"].to_numpy(),
    )


def _ends(scene: Scene, sheet: Indices, limit_m: Floats) -> pd.DataFrame:
    """Return the ends of sides that run along another sheet.

    Columns: `mine` and `other` (positions of parcels), `distance` from the end to the other sheet, `limit` of the two,
    and the `way` between.
    """
    owner = scene.edges.owner_at(scene.edges.exposed)
    # What is narrower than a boundary may err has been told as a sliver, and lies beside everything.
    sound = np.append(~scene.thin[0], False)[np.minimum(owner, len(sheet))]
    sides, owner = scene.edges.lines[sound], owner[sound]
    reach = WIDEST * float(limit_m.max(initial=0.0))
    nodes = shapely.get_coordinates(sides).reshape(-1, 2)
    point = shapely.points(nodes)
    end, side = shapely.STRtree(sides).query(point, predicate="dwithin", distance=reach)
    mine, other = owner[end // 2], owner[side]
    apart = sheet[mine] != sheet[other]
    end, side, mine, other = end[apart], side[apart], mine[apart], other[apart]
    rows = pd.DataFrame({"end": end, "side": side, "mine": mine, "other": other, "sheet": sheet[other]})
    rows["limit"] = np.maximum(limit_m[mine], limit_m[other])
    rows["distance"] = shapely.distance(point[end], sides[side])
    rows = rows[rows["distance"] <= WIDEST * rows["limit"]].assign(of=lambda frame: frame["end"] // 2)
    rows = rows.sort_values(["end", "sheet", "distance", "other"])
    # The neighbour is the parcel that both ends of the side lie beside; another may be as near to one of them.
    shared = rows.groupby(["of", "sheet", "other"])["end"].transform("nunique")
    beside = rows.assign(shared=shared).sort_values(
        ["of", "sheet", "shared", "distance"], ascending=[True, True, False, True]
    )
    beside = beside.drop_duplicates(["of", "sheet"])[["of", "sheet", "other"]]
    rows = rows.drop_duplicates(["end", "sheet"]).drop(columns="other").merge(beside, on=["of", "sheet"])
    # A side runs along a sheet when both its ends lie there and it is longer than the strip between is wide.
    both = rows.groupby(["of", "sheet"])["end"].transform("size") == 2
    long = shapely.length(sides[rows["of"]]) > _BESIDE * WIDEST * rows["limit"]
    rows = rows[both & long]
    way = shapely.shortest_line(point[rows["end"]], sides[rows["side"]])
    ends: pd.DataFrame = rows.assign(way=way)[["mine", "other", "distance", "limit", "way"]].reset_index(drop=True)
    return ends


def _alone(scene: Scene, ways: Geometries) -> Mask:
    """Tell which lines lead over ground of exactly one parcel: there neither a gap nor an overlap is between."""
    middle = shapely.line_interpolate_point(ways, 0.5, normalized=True)
    # The boundary of a parcel is not its ground: a step in an edge has a side that the line leads along.
    line, piece = scene.tree.query(middle, predicate="within")
    held = pd.DataFrame({"line": line, "parcel": scene.pieces[1][piece]}).drop_duplicates()
    alone: Mask = np.bincount(held["line"], minlength=len(ways)) == 1
    return alone


def _told(scene: Scene, ways: Geometries) -> Mask:
    """Tell which lines lead over ground that an overlap or a gap speaks of."""
    ground = scene.prior.geometry[scene.prior["code"].isin(["thua_dat.overlap", "thua_dat.gap"])].to_numpy()
    told = np.zeros(len(ways), dtype=bool)
    told[shapely.STRtree(ground).query(ways, predicate="intersects")[0]] = True
    return told
