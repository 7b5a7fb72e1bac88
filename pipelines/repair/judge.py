"""Whether a repaired layer may stay as it is: how far parcels went since the beginning, and what else is found now."""

import operator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import geometry
from pipelines.geometry import Geometries, Indices, Mask
from pipelines.repair import nodes
from pipelines.repair.state import State, allowed_m2, displacement_m

SAME_KIND = dict.fromkeys(nodes.GROUND, "ground") | dict.fromkeys(nodes.POINTS, "nodes")
"""Findings that turn into each other: where a long gap is closed in its middle two are left, of less ground."""

_ROUNDING = 1e-6


def too_far(state: State, rows: Indices, shapes: Geometries, one_way: Mask) -> Mask:
    """Tell which of these parcels would be farther from where they began, or larger or smaller, than they may."""
    first = state.first[rows]
    too_far: Mask = np.abs(shapely.area(shapes) - shapely.area(first)) > allowed_m2(state, state.first)[rows]
    too_far |= displacement_m(first, shapes, one_way) > state.limit_m[rows]
    return too_far


def wrong(state: State, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> Mask:
    """Tell which rows went too far since the beginning, or are named by findings of a kind that has grown."""
    wrong = np.zeros(len(state.first), dtype=bool)
    changed = np.flatnonzero(~identical(state.first, state.shapes) & state.present)
    wrong[changed] = too_far(state, changed, state.shapes[changed], state.armed[changed])
    kind, amount = after["code"].replace(SAME_KIND), _amounts(after).sub(_amounts(before), fill_value=0)
    risen = after[kind.isin(amount.index[amount > _ROUNDING])]
    names = ["code", "feature_id", "other_id"]
    known = pd.MultiIndex.from_frame(pd.DataFrame(before)[names].astype(object).fillna(""))
    new = risen[~pd.MultiIndex.from_frame(pd.DataFrame(risen)[names].astype(object).fillna("")).isin(known)]
    made = new[~_was_nobodys(state, new)]
    named = np.append(state.position(made["feature_id"]), state.position(made["other_id"].fillna("")))
    wrong[named[named >= 0]] = True
    if len(risen) and new.empty and not wrong.any():
        wrong[changed] = True
    return wrong


def _was_nobodys(state: State, found: pd.DataFrame) -> Mask:
    """Tell which of these findings are gaps that lay open before: the ground was nobody's, and now an end is closed."""
    gaps = np.flatnonzero(found["code"] == nodes.GROUND[1])
    ground = found["geometry"].to_numpy(dtype=object)[gaps]
    first = state.first[geometry.is_finite(state.first) & shapely.is_valid(state.first)]
    gap, parcel = shapely.STRtree(first).query(ground, predicate="intersects")
    held_m2 = np.bincount(gap, shapely.area(shapely.intersection(ground[gap], first[parcel])), len(gaps))
    open_before = np.zeros(len(found), dtype=bool)
    open_before[gaps] = held_m2 <= shapely.area(ground) / 2
    return open_before


def _amounts(found: pd.DataFrame) -> pd.Series:
    """Return how much was found of each kind: square metres of ground, the number of others."""
    is_ground = found["code"].isin(nodes.GROUND)
    one = found["value"].astype("float64").where(is_ground, 1.0)
    return one.groupby(found["code"].replace(SAME_KIND)).sum()


def around(state: State, wrong: Mask, whole: bool) -> Mask:
    """Return the changed parcels at, beside, or in one group with the wrong ones, and the wrong ones."""
    first = state.first
    changed = np.flatnonzero(~identical(first, state.shapes))
    shapes = shapely.envelope(first)
    left, right = shapely.STRtree(shapes[changed]).query(shapes[changed], predicate="intersects")
    banned = wrong.copy()
    if whole:
        group = geometry.connected(len(changed), left, right)
        _, seed = shapely.STRtree(shapes[changed]).query(shapes[np.flatnonzero(wrong)], predicate="intersects")
        banned[changed[np.isin(group, group[seed])]] = True
    else:
        banned[changed[right[wrong[changed[left]]]]] = True
        _, seed = shapely.STRtree(shapes[changed]).query(shapes[np.flatnonzero(wrong)], predicate="intersects")
        banned[changed[seed]] = True
    return banned


def identical(one: Geometries, other: Geometries) -> Mask:
    """Tell where two arrays hold the very same objects: what no step has touched."""
    identical: Mask = np.asarray(np.frompyfunc(operator.is_, 2, 1)(one, other), dtype=bool)
    return identical
