"""Ground that belongs to nobody or to two: given to the neighbour with the longest common boundary."""

from typing import Any

import numpy as np
import pandas as pd
import shapely

from pipelines.geometry import Floats, Geometries, Indices, Mask, connected
from pipelines.repair import nodes, rings
from pipelines.repair.state import State

_TOUCH_M = 1e-3
_WRITTEN = ("so_thu_tu_thua", "thua_key", "dien_tich", "dien_tich_phap_ly", "dien_tich_nhan")
"""A parcel with any of these is somebody's, however small."""


STRATEGIES = ("longest_border", "max_area", "min_area")
"""To whom an overlap goes; the next where the one before would tear a parcel in two."""


def closed(state: State, found: pd.DataFrame, strategy: str) -> tuple[Geometries, Indices]:
    """Return the shapes after a coverage clean around thin overlaps and gaps, and the group of each changed parcel.

    Only these parcels and those that touch them are given to the clean, without those that overlap by more: it would
    decide about land. A group is either taken as a whole or left.
    """
    shapes, group = state.shapes.copy(), np.full(len(state.shapes), -1, dtype=np.int64)
    rows = nodes.thin(state, found)
    if rows.empty:
        return shapes, group
    overlaps = found[found["code"] == "thua_dat.overlap"]
    told = np.column_stack([state.position(overlaps["feature_id"]), state.position(overlaps["other_id"])])
    thin = rows.loc[rows["code"] == "thua_dat.overlap", ["first", "second"]].to_numpy()
    wide = told[~np.isin(told @ [len(shapes), 1], thin @ [len(shapes), 1])].ravel()
    _, core = state.tree.query(rows["ground"].to_numpy(), predicate="dwithin", distance=_TOUCH_M)
    core = np.setdiff1d(state.whole[core], wide)
    _, around = state.tree.query(shapes[core], predicate="intersects")
    chosen = np.setdiff1d(state.whole[around], wide)
    chosen = chosen[np.argsort(state.rank[chosen])]
    if len(chosen) < 2:
        return shapes, group
    how = {"gap_width": float(state.limit_m[core].max()), "merge_strategy": strategy}
    cleaned = _cleaned(shapely.normalize(shapes[chosen]), how | {"snapping_distance": state.tolerances.node_m})
    changed = ~same(shapes[chosen], cleaned)
    at = chosen[changed]
    # What changes hands binds two parcels together, not that they touch.
    moved = shapely.symmetric_difference(shapes[at], cleaned[changed])
    left, right = shapely.STRtree(moved).query(moved, predicate="dwithin", distance=_TOUCH_M)
    group[at] = connected(len(at), left, right)
    shapes[at] = cleaned[changed]
    return shapes, group


def _cleaned(shapes: Geometries, how: dict[str, Any]) -> Geometries:
    """Return shapes after a coverage clean, the same shapes where GEOS cannot do it.

    What hangs together is cleaned apart from the rest once the whole has failed: one group keeps no other from it.
    """
    with np.errstate(invalid="ignore"):  # what comes out is judged parcel by parcel
        try:
            cleaned: Geometries = shapely.coverage_clean(shapes, **how)
        except shapely.errors.GEOSException:
            left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
            group = connected(len(shapes), left, right)
            numbers = np.unique(group)
            cleaned = shapes.copy()
            if len(numbers) > 1:
                for number in numbers:  # groups, not parcels, and only after a failure
                    cleaned[group == number] = _cleaned(shapes[group == number], how)
    return cleaned


def merged_slivers(state: State, found: pd.DataFrame) -> tuple[Geometries, Indices, Indices]:
    """Return the shapes with slivers of nobody in the neighbour with the longest common edge, groups, the slivers."""
    shapes, group = state.shapes.copy(), np.full(len(state.shapes), -1, dtype=np.int64)
    nothing = shapes, group, np.empty(0, dtype=np.int64)
    if "so_thu_tu_thua" not in state.parcels:
        return nothing
    at = state.position(found.loc[found["code"] == "thua_dat.sliver", "feature_id"])
    at = np.intersect1d(at, state.whole)
    written = state.parcels[[name for name in _WRITTEN if name in state.parcels]]
    blank = (written.isna() | (written.astype("string").fillna("") == "")).all(axis=1).to_numpy()
    small = shapely.area(shapes[at]) < state.tolerances.sliver_area_m2(state.scales[at])
    at = at[blank[at] & small & ~state.banned[at]]
    pairs = _common_edges(state, at)
    pairs = pairs[~np.isin(pairs["other"], at)]
    pairs = pairs.assign(rank=state.rank[pairs["other"].to_numpy()])
    best = pairs.sort_values(["sliver", "length", "rank"], ascending=[True, False, False]).drop_duplicates("sliver")
    # One at a time for each neighbour; the others follow in the next round.
    best = best.assign(turn=state.rank[best["sliver"].to_numpy()]).sort_values("turn").drop_duplicates("other")
    if best.empty:
        return nothing
    sliver, other = best["sliver"].to_numpy(), best["other"].to_numpy()
    shapes[other] = shapely.union(shapes[other], shapes[sliver])
    shapes[sliver] = None
    group[other] = group[sliver] = np.arange(len(sliver))
    return shapes, group, sliver


def same(one: Geometries, other: Geometries) -> Mask:
    """Tell which geometries have the same rings, wherever these begin."""
    alike: Mask = shapely.equals_exact(shapely.normalize(one), shapely.normalize(other), 0.0)
    alike |= shapely.is_missing(one) & shapely.is_missing(other)
    return alike


def _common_edges(state: State, slivers: Indices) -> pd.DataFrame:
    """Return the length of the edges that each sliver has in common with each other parcel, to the millimetre."""
    ring = state.rings
    start, end = ring.points, ring.points[ring.after]
    keys = rings.edge_keys(start, end)
    length: Floats = np.hypot(*(end - start).T)
    of_sliver = np.isin(ring.owner, slivers)
    beside = np.isin(keys, keys[of_sliver])
    every = pd.DataFrame({"key": keys, "owner": ring.owner, "length": length})
    rows = every[of_sliver].merge(every.loc[beside, ["key", "owner"]], on="key", suffixes=("", "_other"))
    rows = rows[rows["owner"] != rows["owner_other"]].rename(columns={"owner": "sliver", "owner_other": "other"})
    summed = rows.groupby(["sliver", "other"], as_index=False)["length"].sum()
    return pd.DataFrame(summed).round({"length": 3})
