"""Repair of a parcel layer: what the checks found, put right where nothing moves farther than a survey errs."""

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import geometry
from pipelines.geometry import Floats, Geometries, Indices, Mask
from pipelines.repair import ground, nodes, rings, single
from pipelines.repair.rings import Edits
from pipelines.repair.state import State, allowed_m2, begin, displacement_m
from pipelines.tolerances import Tolerances

Examine = Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]

GEOMETRIC = ("valid", "vertices", "spikes", "nodes", "ground", "slivers")
"""Kinds of repairs of geometry, in the order in which they are tried."""

CODES = {
    "valid": "sua.made_valid",
    "vertices": "sua.repeated_vertex",
    "spikes": "sua.spike",
    "nodes": "sua.matched",
    "ground": "sua.closed",
    "slivers": "sua.merged",
}

ROUNDS = 12
ATTEMPTS = 6
_NEAR = 3
"""Attempts after which not only the neighbours of what went wrong are left alone, but all that hangs together."""

LOG = ("kind", "at", "before", "after")


@dataclass(frozen=True)
class Shaped:
    """A layer after repair of its geometry.

    Attributes:
        parcels: The parcels left, in their order.
        rows: For each, its row before.
        steps: What was done: `kind`, row (`at`), geometry `before` and `after`; one line per kind and row.
        displacement_m: Per row before, how far its boundary moved, m; 0 where nothing was done.
        limit_m: Per row before, how far it might have moved, m.
        found_before: Findings before.
        found_after: Findings after.
    """

    parcels: gpd.GeoDataFrame
    rows: Indices
    steps: pd.DataFrame
    displacement_m: Floats
    limit_m: Floats
    found_before: gpd.GeoDataFrame
    found_after: gpd.GeoDataFrame


def repair_shapes(
    parcels: gpd.GeoDataFrame, tolerances: Tolerances, examine: Examine, kinds: Iterable[str] = GEOMETRIC
) -> Shaped:
    """Return the layer with its geometry repaired as far as tolerances allow.

    A boundary moves by no more than the two-point error and an area changes by no more than areas may differ, both
    counted from the beginning. Where a kind of finding would become more frequent, or a parcel would go too far, the
    parcels there keep their geometry. Neither the order of the parcels nor where their rings begin matters, and what
    has been repaired is not repaired again.

    Args:
        parcels: `feature_id`, geometry in a projected CRS with metres, columns as the checks know them.
        tolerances: What is allowed.
        examine: The checks.
        kinds: What to repair, of `GEOMETRIC`.
    """
    chosen = [kind for kind in GEOMETRIC if kind in set(kinds)]
    return _repaired(parcels, tolerances, examine, chosen, examine(parcels), is_proof=False)


def _repaired(
    parcels: gpd.GeoDataFrame,
    tolerances: Tolerances,
    examine: Examine,
    kinds: list[str],
    before: gpd.GeoDataFrame,
    is_proof: bool,
) -> Shaped:
    """Return the repaired layer; where parcels had to be left alone, after a proof that nothing more would be done."""
    banned = np.zeros(len(parcels), dtype=bool)
    for attempt in range(ATTEMPTS):
        state, found, steps = _settle(begin(parcels, tolerances, banned), before, examine, kinds)
        wrong = _wrong(state, before, found)
        made = _shaped(state, before, found, steps)
        if not wrong.any() and banned.any() and not is_proof:
            again = _repaired(made.parcels, tolerances, examine, kinds, found, is_proof=True)
            wrong[made.rows[again.steps["at"].to_numpy(dtype=np.int64)]] = True
        if not wrong.any():
            return made
        banned |= _around(state, wrong, whole=attempt >= _NEAR)
    return _shaped(begin(parcels, tolerances, banned), before, before, [])


def _settle(
    state: State, found: gpd.GeoDataFrame, examine: Examine, kinds: list[str]
) -> tuple[State, gpd.GeoDataFrame, list[pd.DataFrame]]:
    """Repair round by round until nothing is left to do."""
    steps: list[pd.DataFrame] = []
    for _ in range(ROUNDS):
        begun = len(steps)
        for kind in kinds:
            after = _step(kind, state, found)
            changed = np.flatnonzero(~_identical(state.shapes, after.shapes))
            if len(changed):
                done = {"at": changed, "before": state.shapes[changed], "after": after.shapes[changed]}
                steps.append(pd.DataFrame({"kind": kind, **done}))
                state = after
                found = examine(state.frame())
        if len(steps) == begun:
            break
    return state, found, steps


def _step(kind: str, state: State, found: pd.DataFrame) -> State:
    if kind == "valid":
        shapes = single.made_valid(state, found)
        return state.with_shapes(shapes, np.flatnonzero(~_identical(state.shapes, shapes)))
    if kind == "ground":
        for strategy in ground.STRATEGIES:
            after = _taken(state, *ground.closed(state, found, strategy))
            if not _identical(state.shapes, after.shapes).all():
                return after
        return state
    if kind == "slivers":
        shapes, group, gone = ground.merged_slivers(state, found)
        after = _taken(state, shapes, group)
        left = gone[shapely.is_missing(after.shapes[gone])]
        return after.without(left, after.shapes)
    propose = {"vertices": single.repeated_vertices, "spikes": single.spikes, "nodes": nodes.propose}[kind]
    return _edited(state, propose(state, found), is_arm=kind == "spikes")


def _edited(state: State, wanted: Edits, is_arm: bool) -> State:
    """Return the state after those edits that harm no parcel; an edit is done for all parcels at its place or not."""
    while len(wanted):
        shapes, edit, owner = rings.apply(state.rings, state.shapes, wanted)
        touched = np.unique(owner)
        shapes[touched] = _kept(state.shapes[touched], shapes[touched])
        harmed = touched[_harmed(state, shapes, touched, np.full(len(touched), is_arm))]
        if not len(harmed):
            return state.with_shapes(shapes, touched if is_arm else None)
        kept = np.ones(len(wanted), dtype=bool)
        kept[edit[np.isin(owner, harmed)]] = False
        wanted = wanted.keeping(kept)
    return state


def _kept(before: Geometries, after: Geometries) -> Geometries:
    """Return the new geometries, but the old objects where nothing is different."""
    kept: Geometries = np.where(ground.same(before, after), before, after)
    return kept


def _taken(state: State, shapes: Geometries, group: Indices) -> State:
    """Return the state with those groups of new shapes that harm no parcel."""
    changed = np.flatnonzero(~_identical(state.shapes, shapes))
    left = changed[~shapely.is_missing(shapes[changed])]
    harmed = left[_harmed(state, shapes, left, np.zeros(len(left), dtype=bool))]
    harmed = np.append(harmed, changed[state.banned[changed]])
    back = changed[np.isin(group[changed], group[harmed])]
    result = shapes.copy()
    result[back] = state.shapes[back]
    return state.with_shapes(result)


def _harmed(state: State, shapes: Geometries, at: Indices, one_way: Mask) -> Mask:
    """Tell which of the parcels at these rows a step must not change so: they break, or go too far in it."""
    before, after = state.shapes[at], shapes[at]
    harmed = state.banned[at] & ~_identical(before, after)
    harmed |= shapely.is_missing(after) | ~shapely.is_valid(after) | ~geometry.is_polygon(after)
    fine = np.flatnonzero(~harmed)
    before, after, rows = before[fine], after[fine], at[fine]
    too_far = nodes.parts_of(before) != nodes.parts_of(after)
    too_far |= np.abs(shapely.area(after) - shapely.area(before)) > allowed_m2(state, state.shapes)[rows]
    too_far |= displacement_m(before, after, one_way[fine]) > state.limit_m[rows]
    harmed[fine[too_far]] = True
    return harmed


def _wrong(state: State, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> Mask:
    """Tell which rows went too far since the beginning, or are named by findings that have become more."""
    first = state.first
    wrong = np.zeros(len(first), dtype=bool)
    changed = np.flatnonzero(~_identical(first, state.shapes) & state.present)
    moved_m2 = np.abs(shapely.area(state.shapes[changed]) - shapely.area(first[changed]))
    wrong[changed] = moved_m2 > allowed_m2(state, first)[changed]
    wrong[changed] |= (
        displacement_m(first[changed], state.shapes[changed], state.armed[changed]) > state.limit_m[changed]
    )
    counts = after["code"].value_counts().sub(before["code"].value_counts(), fill_value=0)
    risen = after[after["code"].isin(counts.index[counts > 0])]
    names = ["code", "feature_id", "other_id"]
    known = pd.MultiIndex.from_frame(pd.DataFrame(before)[names].astype(object).fillna(""))
    new = risen[~pd.MultiIndex.from_frame(pd.DataFrame(risen)[names].astype(object).fillna("")).isin(known)]
    named = np.append(state.position(new["feature_id"]), state.position(new["other_id"].fillna("")))
    wrong[named[named >= 0]] = True
    if len(risen) and not wrong.any():
        wrong[changed] = True
    return wrong


def _around(state: State, wrong: Mask, whole: bool) -> Mask:
    """Return the changed parcels at, beside, or in one group with the wrong ones, and the wrong ones."""
    first = state.first
    changed = np.flatnonzero(~_identical(first, state.shapes))
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


def _identical(one: Geometries, other: Geometries) -> Mask:
    """Tell where two arrays hold the very same objects: what no step has touched."""
    identical: Mask = np.asarray(np.frompyfunc(operator.is_, 2, 1)(one, other), dtype=bool)
    return identical


def _shaped(state: State, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, steps: list[pd.DataFrame]) -> Shaped:
    first = state.first
    log = pd.concat(steps, ignore_index=True) if steps else pd.DataFrame(columns=list(LOG))
    each = log.groupby(["at", "kind"], sort=False)
    merged = each.agg(before=("before", "first"), after=("after", "last")).reset_index()
    moved = np.zeros(len(first))
    changed = np.flatnonzero(~_identical(first, state.shapes) & state.present)
    moved[changed] = displacement_m(first[changed], state.shapes[changed], state.armed[changed])
    rows = np.flatnonzero(state.present)
    return Shaped(state.frame(), rows, merged, moved, state.limit_m, before, after)
