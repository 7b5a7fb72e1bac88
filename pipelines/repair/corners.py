"""Corners at which several parcels meet: their vertices go to one place at once."""

import numpy as np
import pandas as pd
import shapely

from pipelines import geometry
from pipelines.geometry import Floats
from pipelines.repair import rings
from pipelines.repair.state import State


def gathered(state: State, pairs: Floats) -> tuple[Floats, Floats]:
    """Return moves that bring the vertices of one corner to one place at once, and all vertices of these corners.

    Two by two, the vertices of a corner at which four parcels meet wander farther than each may go. Together they go to
    the one that is nearest to the farthest of them; where one of them would go too far even so, to the middle of the
    smallest circle around them; and where that is too far as well, nowhere. A corner has three vertices or more and no
    parcel has two of them; others are left to `nodes.merged`.

    Args:
        state: The parcels.
        pairs: Vertex and the vertex of another parcel that is to be at the same place: x, y, x, y.
    """
    points = np.unique(pairs.reshape(-1, 2), axis=0)
    nothing = np.empty((0, 4)), np.empty((0, 2))
    if len(points) < 3:
        return nothing
    keys = rings.place_keys(points)
    order = np.argsort(keys)
    one, other = (
        order[np.searchsorted(keys[order], key)]
        for key in (rings.place_keys(pairs[:, :2]), rings.place_keys(pairs[:, 2:]))
    )
    group = geometry.connected(len(points), one, other)
    ring_keys = rings.place_keys(state.rings.points)
    there = np.flatnonzero(np.isin(ring_keys, keys))
    holds = pd.DataFrame(
        {"at": order[np.searchsorted(keys[order], ring_keys[there])], "owner": state.rings.owner[there]}
    )
    holds["group"], holds["limit"] = group[holds["at"]], state.limit_m[holds["owner"]]
    size = np.bincount(group, minlength=len(points))
    size[holds.loc[holds.duplicated(["group", "owner"]), "group"].unique()] = 0
    chosen = np.flatnonzero(size[group] > 2)
    if not len(chosen):
        return nothing
    limit = np.full(len(points), np.inf)
    np.minimum.at(limit, holds["group"].to_numpy(), holds["limit"].to_numpy())
    members = pd.DataFrame({"group": group[chosen], "at": chosen}).sort_values("group", kind="stable")
    target = _meeting(state, points, members, limit)
    chosen, to = members["at"].to_numpy(), target.reindex(members["group"]).to_numpy()
    goes = np.isfinite(to[:, 0]) & (to != points[chosen]).any(axis=1)
    return np.column_stack([points[chosen[goes]], to[goes]]), points[chosen]


def _meeting(state: State, points: Floats, members: pd.DataFrame, limit: Floats) -> pd.DataFrame:
    """Return where the vertices of each group meet (`x`, `y` by group); not a number where one would go too far."""
    both = members.merge(members, on="group", suffixes=("", "_other"))
    both["way"] = np.hypot(*(points[both["at"]] - points[both["at_other"]]).T)
    far = pd.DataFrame(both.groupby(["group", "at"], as_index=False)["way"].max())
    far["fits"] = far["way"] <= limit[far["group"]]
    far[["count", "rank"]] = weights(state, points[far["at"]])
    far[["x", "y"]] = points[far["at"]]
    order = {"group": True, "way": True, "count": False, "rank": False, "x": True, "y": True}
    far = far.round({"way": 3}).sort_values([*order], ascending=[*order.values()])
    best = far.drop_duplicates("group").set_index("group")
    numbers = np.unique(members["group"], return_inverse=True)[1]
    shapes = shapely.multipoints(shapely.points(points[members["at"]]), indices=numbers)
    middle = shapely.get_coordinates(shapely.centroid(shapely.minimum_bounding_circle(shapes))).round(3)
    farthest = shapely.hausdorff_distance(shapes, shapely.points(middle))
    fits = best["fits"].to_numpy()
    reachable = farthest <= limit[best.index.to_numpy()]
    to = np.where(fits[:, None], best[["x", "y"]].to_numpy(), np.where(reachable[:, None], middle, np.nan))
    return pd.DataFrame(to, index=best.index, columns=["x", "y"])


def weights(state: State, points: Floats) -> Floats:
    """Return how many polygons meet at each point, and the rank of the largest."""
    keys = rings.place_keys(points)
    there = np.isin(rings.place_keys(state.rings.points), keys)
    owner = state.rings.owner[there]
    rows = pd.DataFrame({"key": rings.place_keys(state.rings.points[there]), "owner": owner, "rank": state.rank[owner]})
    each = rows.drop_duplicates().groupby("key").agg({"owner": "size", "rank": "max"}).reindex(keys)
    return np.asarray(each.fillna(-1), dtype=np.float64)
