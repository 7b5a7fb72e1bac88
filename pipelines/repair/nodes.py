"""Edits that bring boundaries together where a finding says that they should be one."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import shapely

from pipelines import geometry
from pipelines.geometry import Floats, Geometries, Indices, Mask
from pipelines.repair import corners, rings
from pipelines.repair.rings import Edits, Rings
from pipelines.repair.state import State

POINTS = ("thua_dat.missing_node", "thua_dat.near_node")
GROUND = ("thua_dat.overlap", "thua_dat.gap")

_NOTHING: dict[str, list[float]] = {"x": [], "y": [], "of": [], "on": [], "limit": []}
_TOUCH_M = 1e-3


@dataclass(frozen=True)
class Places:
    """Who has a vertex where."""

    rings: Rings

    @cached_property
    def keys(self) -> geometry.Bits:
        """Keys of vertices and their polygons, sorted."""
        found: geometry.Bits = np.unique(_keys(self.rings.points, self.rings.owner))
        return found

    def has(self, points: Floats, owner: Indices) -> Mask:
        """Tell which points are vertices of these polygons."""
        there: Mask = np.isin(_keys(points, owner), self.keys)
        return there


def propose(state: State, found: pd.DataFrame) -> Edits:
    """Return merged vertices, and nodes put on the neighbour's edge, for findings about common boundaries.

    Vertices of two parcels that are each other's nearest become one, where more parcels meet. A vertex that has only
    an edge across goes onto that edge when it is of the smaller parcel; else the edge comes to it, once all vertices of
    the smaller parcel have gone. So the line of the larger parcel stays and the smaller one follows it.
    """
    places = Places(state.rings)
    rows = pd.concat([_told_points(state, found, places), _told_ground(state, found, places)], ignore_index=True)
    rows = rows.astype({"of": np.int64, "on": np.int64}).drop_duplicates(["x", "y", "of", "on"])
    rows = rows[~places.has(rows[["x", "y"]].to_numpy(), rows["on"].to_numpy())].reset_index(drop=True)
    if rows.empty:
        return rings.edits()
    return _edits(state, _across(state, rows, places))


def thin(state: State, found: pd.DataFrame) -> pd.DataFrame:
    """Return the overlaps and gaps nowhere wider than the two-point error, with the positions of their parcels."""
    told = found[found["code"].isin(GROUND)]
    rows = pd.DataFrame(
        {
            "code": told["code"].astype(object).to_numpy(),
            "first": state.position(told["feature_id"]),
            "second": state.position(told["other_id"]),
            "ground": told["geometry"].to_numpy(dtype=object),
        }
    )
    rows = rows[(rows["first"] >= 0) & ~shapely.is_missing(rows["ground"].to_numpy())].reset_index(drop=True)
    second = rows["second"].where(rows["second"] >= 0, rows["first"]).to_numpy()
    rows["limit"] = np.maximum(state.limit_m[rows["first"].to_numpy()], state.limit_m[second])
    left = shapely.buffer(rows["ground"].to_numpy(), -rows["limit"].to_numpy() / 2)
    narrow: pd.DataFrame = rows[shapely.is_empty(left)].reset_index(drop=True)
    return narrow


def _told_points(state: State, found: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Return the vertices that findings about nodes name, whose they are and whose boundary they should be on."""
    told = found[found["code"].isin(POINTS)]
    points, row = shapely.get_coordinates(told["geometry"].to_numpy(dtype=object), return_index=True)
    first = state.position(told["feature_id"])[row]
    second = state.position(told["other_id"])[row]
    return _both_ways(state, places, points, first, second)


def _told_ground(state: State, found: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Return the vertices of the parcels around thin overlaps and gaps."""
    rows = thin(state, found)
    if rows.empty:
        return pd.DataFrame(_NOTHING)
    overlaps = rows[rows["code"] == GROUND[0]]
    pairs = pd.concat([overlaps, _pairs_at_gaps(state, rows[rows["code"] == GROUND[1]])], ignore_index=True)
    involved = np.zeros(len(state.shapes), dtype=bool)
    involved[pairs[["first", "second"]].to_numpy().ravel()] = True
    points = np.unique(state.rings.points[involved[state.rings.owner]], axis=0)
    pair, at = shapely.STRtree(shapely.points(points)).query(
        pairs["ground"].to_numpy(), predicate="dwithin", distance=pairs["limit"].to_numpy()
    )
    first, second = pairs["first"].to_numpy()[pair], pairs["second"].to_numpy()[pair]
    return _both_ways(state, places, points[at], first, second)


def _pairs_at_gaps(state: State, gaps: pd.DataFrame) -> pd.DataFrame:
    """Return the gaps once for every two parcels beside them."""
    gap, beside = state.tree.query(gaps["ground"].to_numpy(), predicate="dwithin", distance=_TOUCH_M)
    rows = pd.DataFrame({"gap": gap, "parcel": state.whole[beside]})
    pairs = rows.merge(rows, on="gap")
    pairs = pairs[pairs["parcel_x"] < pairs["parcel_y"]]
    chosen = gaps[["ground", "limit"]].iloc[pairs["gap"].to_numpy()].reset_index(drop=True)
    return chosen.assign(first=pairs["parcel_x"].to_numpy(), second=pairs["parcel_y"].to_numpy())


def _both_ways(state: State, places: Places, points: Floats, first: Indices, second: Indices) -> pd.DataFrame:
    """Return a row for each of the two parcels that has a vertex at the point."""
    known = (first >= 0) & (second >= 0)
    points, first, second = points[known], first[known], second[known]
    of, on = np.append(first, second), np.append(second, first)
    points = np.concatenate([points, points])
    there = places.has(points, of)
    limit = np.maximum(state.limit_m[of], state.limit_m[on])
    rows = pd.DataFrame({"x": points[:, 0], "y": points[:, 1], "of": of, "on": on, "limit": limit})
    return rows[there]


def _across(state: State, rows: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Return for each vertex the nearest edge of the other parcel, and of its ends the nearest free one, within reach.

    Columns beside those of `rows`: the edge (`ax`, `ay`, `bx`, `by`), the nearest place on it (`near_x`, `near_y`) and
    its `distance`; the end (`end_x`, `end_y`) and its `end_m`, infinite where there is none.
    """
    ring = state.rings
    asked = np.zeros(len(state.shapes), dtype=bool)
    asked[rows["on"].unique()] = True
    segment = np.flatnonzero(asked[ring.owner])
    start, end = ring.points[segment], ring.points[ring.after[segment]]
    points, reach = rows[["x", "y"]].to_numpy(), rows["limit"].to_numpy()[:, None]
    boxes = shapely.box(*(points - reach).T, *(points + reach).T)
    row, line = shapely.STRtree(shapely.linestrings(np.stack([start, end], axis=1))).query(boxes)
    own = ring.owner[segment[line]] == rows["on"].to_numpy()[row]
    row, line = row[own], line[own]
    distance, near = geometry.segment_distance_m(points[row], start[line], end[line])
    made = rows.iloc[row].reset_index(drop=True).assign(row=row, distance=distance)
    made[["near_x", "near_y"]], made[["ax", "ay"]], made[["bx", "by"]] = near, start[line], end[line]
    ends = np.stack([start[line], end[line]])
    end_m = np.hypot(*np.moveaxis(ends - points[row], -1, 0))
    of = made["of"].to_numpy()
    end_m[np.stack([places.has(side, of) for side in ends]) | (end_m > made["limit"].to_numpy())] = np.inf
    nearer = np.argmin(end_m, axis=0)
    made[["end_x", "end_y"]] = ends[nearer, np.arange(len(row))]
    made["end_m"] = end_m[nearer, np.arange(len(row))]
    made = made[made["distance"] <= made["limit"]]
    best_end = made.sort_values(["row", "end_m", "end_x", "end_y"]).drop_duplicates("row").set_index("row")
    best = made.sort_values(["row", "distance", "near_x", "near_y", "ax", "ay"]).drop_duplicates("row").set_index("row")
    ends_of = best_end[["end_x", "end_y", "end_m"]]
    across: pd.DataFrame = best.drop(columns=list(ends_of.columns)).join(ends_of).reset_index(drop=True)
    return across


def _edits(state: State, rows: pd.DataFrame) -> Edits:
    meets = (rows["end_m"] <= 2 * rows["distance"] + state.tolerances.vertex_m).to_numpy()
    gathered, cornered = corners.gathered(state, rows.loc[meets, ["x", "y", "end_x", "end_y"]].to_numpy())
    alone = rows[meets & ~_stands(rows, cornered)]
    moved = np.concatenate([gathered, _merged(state, alone)])
    busy = _stands(rows, np.concatenate([moved.reshape(-1, 2), cornered]))
    rows = rows[~meets & ~busy]
    on_edge = rows["distance"] <= state.tolerances.node_m
    exact, off = rows[on_edge], rows[~on_edge]
    # Equal distances are decided by the parcels themselves, not by the order in which they came.
    off = off.assign(of_rank=state.rank[off["of"].to_numpy()], on_rank=state.rank[off["on"].to_numpy()])
    off = off.sort_values(["distance", "near_x", "near_y", "on_rank", "of_rank"]).drop_duplicates(["x", "y"])
    follows = (off["of_rank"] < off["on_rank"]).to_numpy()
    pair = pd.DataFrame({"low": off[["of", "on"]].min(axis=1), "high": off[["of", "on"]].max(axis=1)})
    waits = pd.Series(follows, index=off.index).groupby([pair["low"], pair["high"]]).transform("any").to_numpy()
    goes, stays = off[follows], off[~follows & ~waits.astype(bool)]
    edge, near, own = ["ax", "ay", "bx", "by"], ["near_x", "near_y"], ["x", "y"]
    inserted = [goes[edge + near], stays[edge + own], exact[edge + own]]
    return rings.edits(
        np.concatenate([moved, goes[own + near].to_numpy()]),
        inserted=np.unique(np.concatenate([part.to_numpy() for part in inserted]), axis=0),
    )


def _stands(rows: pd.DataFrame, points: Floats) -> Mask:
    """Tell which rows are about vertices at these places."""
    there: Mask = np.isin(rings.place_keys(rows[["x", "y"]].to_numpy()), rings.place_keys(points))
    return there


def _merged(state: State, rows: pd.DataFrame) -> Floats:
    """Return moves of vertices to those that are nearest to them and have them as the nearest, too."""
    return merged(state, rows[["x", "y"]].to_numpy(), rows[["end_x", "end_y"]].to_numpy())


def merged(state: State, one: Floats, other: Floats) -> Floats:
    """Return moves that make one vertex of two, for pairs that are each other's nearest.

    The vertex of more parcels stays, then that of the larger parcel, then the one in the south-west.
    """
    if not len(one):
        return np.empty((0, 4))
    swapped = (one[:, 0] > other[:, 0]) | ((one[:, 0] == other[:, 0]) & (one[:, 1] > other[:, 1]))
    low, high = np.where(swapped[:, None], other, one), np.where(swapped[:, None], one, other)
    pairs = np.unique(np.column_stack([np.hypot(*(low - high).T), low, high]), axis=0)
    low, high, turn = pairs[:, 1:3], pairs[:, 3:5], np.arange(len(pairs))
    _, place = np.unique(np.concatenate([low, high]), axis=0, return_inverse=True)
    first = np.full(int(place.max()) + 1, len(pairs))
    np.minimum.at(first, place.ravel(), np.tile(turn, 2))
    mutual = (first[place.ravel()[: len(pairs)]] == turn) & (first[place.ravel()[len(pairs) :]] == turn)
    low, high = low[mutual], high[mutual]
    weight = corners.weights(state, np.concatenate([low, high]))
    count, size = (part.reshape(2, -1) for part in weight.T)
    up = (count[1] > count[0]) | ((count[1] == count[0]) & (size[1] > size[0]))
    moves: Floats = np.where(up[:, None], np.column_stack([low, high]), np.column_stack([high, low]))
    return moves


def _keys(points: Floats, owner: Indices) -> geometry.Bits:
    return geometry.mixed_bits(np.column_stack([points, np.asarray(owner, dtype=np.float64)]))


def parts_of(shapes: Geometries) -> Indices:
    """Return how many parts and rings each polygon has, as one number that changes when either does."""
    count: Indices = shapely.get_num_geometries(shapes) * 1_000_000
    parts, owner = shapely.get_parts(shapes, return_index=True)
    count += np.bincount(owner, weights=shapely.get_num_interior_rings(parts), minlength=len(shapes)).astype(np.int64)
    return count
