"""Repair of a parcel layer: what the checks found, put right where nothing moves farther than a survey errs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import count

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import findings, geometry
from pipelines.geometry import Floats, Geometries, Indices, Mask
from pipelines.repair import ground, judge, nodes, rings, single
from pipelines.repair.rings import Edits
from pipelines.repair.state import State, begin, displacement_m
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

KEPT = "sua_giu"
"""Column of a repaired layer: 1 where a parcel was moved, or left because it would go too far; it moves no more."""

ROUNDS = 3
"""Rounds after which what has moved stays."""

ATTEMPTS = 8
_NEAR, _FAR = 4, 6
"""Attempts after which not only what went wrong is left alone, but what is beside it, then all that hangs together."""

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
        left: Per row before, whether it was left as it was because it would go too far, or make other findings more.
        found_before: Findings before.
        found_after: Findings after.
    """

    parcels: gpd.GeoDataFrame
    rows: Indices
    steps: pd.DataFrame
    displacement_m: Floats
    limit_m: Floats
    left: Mask
    found_before: gpd.GeoDataFrame
    found_after: gpd.GeoDataFrame


def repair_shapes(
    parcels: gpd.GeoDataFrame, tolerances: Tolerances, examine: Examine, kinds: Iterable[str] = GEOMETRIC
) -> Shaped:
    """Return the layer with its geometry repaired as far as tolerances allow.

    A boundary moves by no more than the two-point error and an area changes by no more than areas may differ, both
    counted from the beginning. Where a kind of finding would become more frequent, or a parcel would go too far, the
    parcels there keep their geometry. Neither the order of the parcels nor where their rings begin matters. What has
    been repaired, or left, is marked and not repaired again: so no two runs go farther than one may.

    Args:
        parcels: `feature_id`, geometry in a projected CRS with metres, columns as the checks know them.
        tolerances: What is allowed.
        examine: The checks.
        kinds: What to repair, of `GEOMETRIC`.
    """
    chosen = [kind for kind in GEOMETRIC if kind in set(kinds)]
    before = examine(parcels)
    banned = _kept_before(parcels)
    left = np.zeros(len(parcels), dtype=bool)
    for attempt in range(ATTEMPTS):
        state, found, steps = _settle(begin(parcels, tolerances, banned | left), before, examine, chosen)
        wrong = judge.wrong(state, before, found)
        if not wrong.any():
            return _shaped(state, before, found, steps, left)
        left |= wrong if attempt < _NEAR else judge.around(state, wrong, whole=attempt >= _FAR)
    return _shaped(begin(parcels, tolerances, banned), before, before, [], left)


def _kept_before(parcels: gpd.GeoDataFrame) -> Mask:
    """Tell which parcels an earlier repair of this layer has moved, or left: what may move has been counted there."""
    if KEPT not in parcels:
        return np.zeros(len(parcels), dtype=bool)
    kept: Mask = (pd.to_numeric(parcels[KEPT], errors="coerce").fillna(0) != 0).to_numpy(dtype=bool)
    return kept


def _settle(
    state: State, found: gpd.GeoDataFrame, examine: Examine, kinds: list[str]
) -> tuple[State, gpd.GeoDataFrame, list[pd.DataFrame]]:
    """Repair round by round until nothing is left to do; the findings returned are those of the whole layer.

    In the last rounds what has moved stays. Every one of them moves parcels that had not moved, so they come to an end;
    and they are what another repair would do, so that it finds nothing to do.
    """
    steps: list[pd.DataFrame] = []
    is_whole = True
    for turn in count():
        begun = len(steps)
        for kind in kinds:
            after = _step(kind, state, found)
            changed = np.flatnonzero(~judge.identical(state.shapes, after.shapes))
            if len(changed):
                done = {"at": changed, "before": state.shapes[changed], "after": after.shapes[changed]}
                steps.append(pd.DataFrame({"kind": kind, **done}))
                found, is_whole = _examined(state, after, changed, found, examine)
                state = after
        if not is_whole and len(steps) == begun:
            found, is_whole = examine(state.frame()), True
        elif turn >= ROUNDS or len(steps) == begun:
            moved = ~judge.identical(state.first, state.shapes)
            if len(steps) == begun and not (moved & ~state.banned).any():
                break
            state = replace(state, banned=state.banned | moved)
    return state, found, steps


def _examined(
    before: State, after: State, changed: Indices, found: gpd.GeoDataFrame, examine: Examine
) -> tuple[gpd.GeoDataFrame, bool]:
    """Return the findings after a step, looked for only around what it changed, and whether that is the whole layer.

    Around a few parcels their neighbours and those of these are looked at. A long gap may reach farther, so nothing is
    settled before the whole layer has been looked at.
    """
    near = _beside(before, after, changed)
    around = _beside(before, after, near)
    if 2 * len(around) > len(after.shapes):
        return examine(after.frame()), True
    ids = after.parcels["feature_id"].to_numpy(dtype=object)
    told = examine(after.frame(around))
    here = told["feature_id"].isin(ids[near]) | told["other_id"].isin(ids[near])
    there = found["feature_id"].isin(ids[near]) | found["other_id"].isin(ids[near])
    return findings.concat([found[~there], told[here]], crs=after.parcels.crs), False


def _beside(before: State, after: State, rows: Indices) -> Indices:
    """Return these parcels and all whose box meets the box of one of them, before or after a step."""
    boxes = shapely.envelope(np.concatenate([before.shapes[rows], after.shapes[rows]]))
    boxes = boxes[~(shapely.is_missing(boxes) | shapely.is_empty(boxes)) & geometry.is_finite(boxes)]
    reach = float(after.limit_m.max(initial=0.0))
    _, at = after.tree.query(shapely.buffer(boxes, reach, cap_style="square", join_style="mitre"))
    return np.union1d(rows, after.whole[at])


def _step(kind: str, state: State, found: pd.DataFrame) -> State:
    if kind == "valid":
        shapes = single.made_valid(state, found)
        return state.with_shapes(shapes, np.flatnonzero(~judge.identical(state.shapes, shapes)))
    if kind == "ground":
        for strategy in ground.STRATEGIES:
            after = _taken(state, *ground.closed(state, found, strategy))
            if not judge.identical(state.shapes, after.shapes).all():
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
    changed = np.flatnonzero(~judge.identical(state.shapes, shapes))
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
    changed = ~judge.identical(before, after)
    harmed = state.banned[at] & changed
    harmed |= shapely.is_missing(after) | ~shapely.is_valid(after) | ~geometry.is_polygon(after)
    fine = np.flatnonzero(~harmed & changed)
    before, after, rows = before[fine], after[fine], at[fine]
    too_far = nodes.parts_of(before) != nodes.parts_of(after)
    too_far |= judge.too_far(state, rows, after, one_way[fine] | state.armed[rows])
    harmed[fine[too_far]] = True
    return harmed


def _shaped(
    state: State, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, steps: list[pd.DataFrame], left: Mask
) -> Shaped:
    first = state.first
    log = pd.concat(steps, ignore_index=True) if steps else pd.DataFrame(columns=list(LOG))
    each = log.groupby(["at", "kind"], sort=False)
    merged = each.agg(before=("before", "first"), after=("after", "last")).reset_index()
    moved = np.zeros(len(first))
    changed = np.flatnonzero(~judge.identical(first, state.shapes) & state.present)
    moved[changed] = displacement_m(first[changed], state.shapes[changed], state.armed[changed])
    rows = np.flatnonzero(state.present)
    kept = _kept_before(state.parcels) | left
    kept[changed] = True
    parcels = state.frame().assign(**{KEPT: kept[rows].astype(np.int64)})
    return Shaped(parcels, rows, merged, moved, state.limit_m, left, before, after)
