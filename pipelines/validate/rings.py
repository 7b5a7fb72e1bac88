"""Checks on the vertices of one ring: spikes, and vertices that repeat the one before."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import geometry
from pipelines.geometry import Floats, Geometries, Indices, Mask
from pipelines.validate import loops as closed
from pipelines.validate.loops import Loops
from pipelines.validate.scene import ROUNDING_M, Scene

SLENDER = 10.0
"""A spike is at least this many times as long as wide: below six degrees. Streets that fork at more make true corners,
also where another boundary cuts the corner off a metre from its tip."""

STRAIGHT_COS = float(np.cos(np.radians(3)))
"""Where a ring turns by less it goes on: a node on a straight boundary."""

TURNED_COS = float(np.cos(np.radians(30)))
"""Where it turns by more, a spike has ended."""

MOST_NODES = 16
"""Nodes on one straight side of a spike; with more it is no slip of the pen."""

_ROUNDING_M = 1e-6
"""No length is shorter, so that directions can be told."""


@dataclass(frozen=True)
class _Spikes:
    """Spikes: position of their polygon, the tip, length and width, in metres."""

    owner: Indices
    tip: Floats
    length_m: Floats
    width_m: Floats


def check_repeated_vertex(scene: Scene) -> gpd.GeoDataFrame:
    """Report parcels with vertices of a ring that repeat the one before, or lie nearer to it than data resolve.

    Once per parcel: the value is the smallest distance in m, the detail the number of places, the geometry the places.

    Emits: thua_dat.repeated_vertex
    """
    least_m = scene.tolerances.vertex_m
    again, apart_m = closed.repeated(scene.edges, len(scene.sound_at), least_m - ROUNDING_M)
    if not len(again):
        return scene.nothing
    each = pd.DataFrame({"owner": scene.edges.owner_at(again), "apart": apart_m})
    owners = pd.DataFrame(each.groupby("owner")["apart"].agg(["min", "size"]))
    return scene.report(
        "thua_dat.repeated_vertex",
        scene.sound_at[owners.index.to_numpy()],
        value=owners["min"].to_numpy(),
        limit=least_m,
        detail=owners["size"].astype("string"),
        geometry=places(scene.edges.points[again], each["owner"].to_numpy()),
    )


def check_spike(scene: Scene) -> gpd.GeoDataFrame:
    """Report parcels whose ring runs out and comes back: an arm longer than the two-point error, but narrower.

    Judged by what would be removed. The sides of a spike run beside each other to its end, and there the ring turns
    away from them. At an acute corner of a parcel, at a road fork for instance, the sides part for good, and the ring
    goes straight on at a node near the tip. A parcel that is a sliver as a whole has been reported as such.

    Once per parcel: the value is the length of the longest spike in m, the limit the width below which it is one, the
    geometry the tips.

    Emits: thua_dat.spike
    """
    limit_m = scene.tolerances.point_m(scene.scales[scene.sound_at])
    blocks = closed.blocks(scene.edges, len(scene.sound_at), scene.tolerances.vertex_m - ROUNDING_M)
    found = [_spikes(loops, limit_m[loops.owner]) for loops in blocks]
    told = [
        pd.DataFrame({"owner": each.owner, "length": each.length_m, "width": each.width_m, "tip": list(each.tip)})
        for each in found
        if len(each.owner)
    ]
    tips = pd.concat(told) if told else pd.DataFrame({"owner": np.empty(0, dtype=np.int64)})
    tips = tips[~scene.thin[0][tips["owner"]]]
    if tips.empty:
        return scene.nothing
    longest = tips.sort_values(["owner", "length"], ascending=[True, False]).drop_duplicates("owner")
    count = tips.groupby("owner").size().to_numpy()
    at = longest["owner"].to_numpy()
    detail = longest["width"].round(3).map("{:.3f} m".format).to_numpy(dtype=object)
    several = count > 1
    detail[several] += np.char.mod("; %d gai / spikes", count[several]).astype(object)
    return scene.report(
        "thua_dat.spike",
        scene.sound_at[at],
        value=longest["length"].to_numpy(),
        limit=limit_m[at],
        detail=detail,
        geometry=places(np.array(tips["tip"].tolist()), tips["owner"].to_numpy()),
    )


def places(points: Floats, group: Any) -> Geometries:
    """Return a point or multipoint per group, in the order of the group numbers; the groups need not be sorted."""
    order = np.argsort(group, kind="stable")
    _, number = np.unique(group[order], return_inverse=True)
    made = shapely.multipoints(shapely.points(points[order]), indices=number)
    single = shapely.get_num_geometries(made) == 1
    made[single] = shapely.get_geometry(made[single], 0)
    plain: Geometries = shapely.normalize(made)
    return plain


def _spikes(loops: Loops, limit_m: Floats) -> _Spikes:
    """Return the spikes of rings; a tip is a vertex, or an edge shorter than the limit."""
    ahead = loops.after(loops.points) - loops.points
    length_m = np.hypot(ahead[:, 0], ahead[:, 1])
    way = ahead / np.maximum(length_m, _ROUNDING_M)[:, None]
    large = loops.size > 3
    back_cos = -np.sqrt(1 - 1 / SLENDER**2)
    pointed = np.flatnonzero(large & (_dot(loops.before(way), way) < back_cos))
    short = np.flatnonzero(large & (length_m < limit_m))
    blunt = short[_dot(way[loops.step(short, -1)], way[loops.step(short, 1)]) < back_cos]
    tip = np.concatenate([pointed, blunt])
    end = np.concatenate([pointed, loops.step(blunt, 1)])
    return _measured(loops, way, tip, end, limit_m[tip])


def _measured(loops: Loops, way: Floats, tip: Indices, end: Indices, limit_m: Floats) -> _Spikes:
    """Return those tips that are spikes. A tip reaches from vertex `tip` to vertex `end` of its ring."""
    left, right = loops.step(tip, -1), loops.step(end, 1)
    for _ in range(MOST_NODES):
        room = (left - right) % loops.size[tip] > 2
        on_left = room & _straight(loops, way, left)
        on_right = room & ~on_left & _straight(loops, way, right)
        left = np.where(on_left, loops.step(left, -1), left)
        right = np.where(on_right, loops.step(right, 1), right)
    points = loops.points
    left_m = np.hypot(*(points[left] - points[tip]).T)
    right_m = np.hypot(*(points[right] - points[end]).T)
    is_left = left_m <= right_m
    stop = np.where(is_left, left, right)
    begin, other = np.where(is_left, end, tip), np.where(is_left, right, left)
    width_m = geometry.segment_distance_m(points[stop], points[begin], points[other])[0]
    length_m = np.minimum(left_m, right_m)
    turned = _dot(way[loops.step(stop, -1)], way[stop]) < TURNED_COS
    remains = (left - right) % loops.size[tip] >= 2  # what is left is a ring
    narrow = (width_m < limit_m) & (length_m > limit_m) & (length_m > SLENDER * width_m)
    is_spike = turned & remains & narrow
    tip = tip[is_spike]
    return _Spikes(loops.owner[tip], points[tip], length_m[is_spike], width_m[is_spike])


def _straight(loops: Loops, way: Floats, at: Indices) -> Mask:
    straight: Mask = _dot(way[loops.step(at, -1)], way[at]) > STRAIGHT_COS
    return straight


def _dot(one: Floats, other: Floats) -> Floats:
    product: Floats = one[:, 0] * other[:, 0] + one[:, 1] * other[:, 1]
    return product
