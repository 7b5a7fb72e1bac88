"""Parcels as their documents have them, where the drawing shows that beside what was surveyed (level 61 beside 10).

A line of documents replaces that part of the surveyed boundary which it runs beside. Both together cut the sheet
into pieces. What is cut off a parcel by a line of documents belongs, by the documents, to the parcel on its other
sides; the surveyed line between those two is the one that was replaced.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from pipelines.digitize import faces as face_work
from pipelines.digitize.labels import locate
from pipelines.digitize.network import Network, build
from pipelines.digitize.snapping import Array

_ROUNDS = 4
"""How many pieces deep a strip between two boundaries may be cut by others."""


@dataclass(frozen=True, slots=True)
class Documented:
    """What the lines of documents make of the surveyed faces.

    Attributes:
        face: Number of the surveyed face each documented shape is about.
        shapes: Polygons.
        parted_face: Number of the surveyed face each shape is about that would come apart.
        parted: Those shapes, of several polygons each: no parcel.
        open_pieces: Pieces that belong to no single parcel.
        loose: Numbers of the lines of documents that close nothing, and how long the part is that does not.
    """

    face: Array
    shapes: Array
    parted_face: Array
    parted: Array
    open_pieces: Array
    loose: pd.Series


def trace(boundary: Array, documented: Array, surveyed: Array, inner: Array, tolerance_m: float) -> Documented:
    """Return the documented shapes of the surveyed faces that the lines of documents change.

    Args:
        boundary: Surveyed lines.
        documented: Lines of documents.
        surveyed: Faces of the surveyed lines.
        inner: A point in each face: where its label stands, else any.
        tolerance_m: Snapping tolerance.
    """
    network = build(np.concatenate([boundary, documented]), tolerance_m)
    kept, _ = face_work.prune(network)
    pieces, _ = face_work.polygonize(network, kept)
    loose = _loose(network, kept, len(boundary))
    if not len(pieces) or not len(surveyed):
        none, nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype=object)
        return Documented(none, nothing, none, nothing, nothing, loose)
    parent = locate(shapely.point_on_surface(pieces), surveyed)
    core = _cores(pieces, parent, inner)
    touched, edges = _edges(network, kept, pieces, len(boundary))
    owner = _owners(np.where(core, parent, -1), parent, edges)
    # A piece that nobody cut off belongs to its parcel as before; one cut off and claimed by none stays open.
    is_open = (owner < 0) & (parent >= 0)
    changed = np.unique(np.concatenate([owner[touched | (owner != parent)], parent[touched | (owner != parent)]]))
    changed = changed[np.isin(changed, owner) & (changed >= 0)]
    mine = np.isin(owner, changed)
    grouped = pd.Series(np.flatnonzero(mine)).groupby(owner[mine])
    shapes = {face: shapely.union_all(pieces[place.to_numpy()]) for face, place in grouped}
    shaped = np.array([*shapes.values()], dtype=object)
    face = np.array([*shapes], dtype=np.int64)
    single = shapely.get_type_id(shaped) == shapely.GeometryType.POLYGON
    whole, parted = shapely.normalize(shaped[single]), shapely.normalize(shaped[~single])
    return Documented(face[single], whole, face[~single], parted, pieces[is_open], loose)


def _loose(network: Network, kept: Array, surveyed: int) -> pd.Series:
    """Return the length of what hangs in the open, by the number of the line of documents it is part of."""
    hanging = ~kept & (network.element >= surveyed)
    ends = network.nodes[network.segments[hanging]]
    length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    return pd.Series(length).groupby(network.element[hanging] - surveyed).sum()


def _cores(pieces: Array, parent: Array, inner: Array) -> Array:
    """Return which pieces stand for their surveyed face: the one with its label, where none is, the largest."""
    labelled = locate(inner, pieces)
    core = np.zeros(len(pieces), dtype=bool)
    right = (labelled >= 0) & (parent[labelled] == np.arange(len(inner)))
    core[labelled[right]] = True
    served = np.zeros(len(inner), dtype=bool)
    served[right] = True
    rest = pd.DataFrame({"piece": np.arange(len(pieces)), "parent": parent, "area": shapely.area(pieces)})
    rest = rest[(parent >= 0) & ~served[parent]].sort_values("area", ascending=False).drop_duplicates("parent")
    core[rest["piece"].to_numpy()] = True
    return core


def _edges(network: Network, kept: Array, pieces: Array, surveyed: int) -> tuple[Array, pd.DataFrame]:
    """Return which pieces lie along a line of documents, and pairs of pieces with a surveyed line between them."""
    rings = shapely.get_parts(shapely.boundary(pieces))
    counts = shapely.get_num_interior_rings(pieces) + 1
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    piece = np.repeat(np.arange(len(pieces)), counts)[ring]
    along = ring[1:] == ring[:-1]
    sides = _named(np.stack([coordinates[:-1], coordinates[1:]], axis=1)[along]).assign(piece=piece[:-1][along])
    lines = _named(network.nodes[network.segments[kept]]).assign(new=network.element[kept] >= surveyed)
    known = sides.merge(lines.drop_duplicates(_ENDS), on=_ENDS, how="left")
    touched = np.zeros(len(pieces), dtype=bool)
    touched[known.loc[known["new"].eq(True), "piece"].to_numpy()] = True
    old = known[known["new"].eq(False)]
    pairs = old.merge(old, on=_ENDS, suffixes=("", "_other"))
    pairs = pairs.loc[pairs["piece"] != pairs["piece_other"], ["piece", "piece_other"]].drop_duplicates()
    return touched, pairs


_ENDS = ["x", "y", "other_x", "other_y"]


def _named(ends: Array) -> pd.DataFrame:
    """Return segments by their end coordinates, the smaller end first."""
    first, second = ends[:, 0], ends[:, 1]
    turned = (first[:, 0] > second[:, 0]) | ((first[:, 0] == second[:, 0]) & (first[:, 1] > second[:, 1]))
    low, high = np.where(turned[:, None], second, first), np.where(turned[:, None], first, second)
    return pd.DataFrame(np.column_stack([low, high]), columns=_ENDS)


def _owners(owner: Array, parent: Array, edges: pd.DataFrame) -> Array:
    """Return the surveyed face each piece belongs to by the documents, -1 where none or several could be meant.

    A piece joins the only parcel behind its surveyed sides, its own being behind a line of documents.
    """
    owner = owner.copy()
    for _ in range(_ROUNDS):
        beside = edges.assign(owner=owner[edges["piece_other"].to_numpy()])
        beside = beside[(owner[beside["piece"].to_numpy()] < 0) & (beside["owner"] >= 0)]
        choices = beside.groupby("piece")["owner"].agg(["min", "nunique"])
        sure = choices[choices["nunique"] == 1]
        if sure.empty:
            break
        owner[sure.index.to_numpy()] = sure["min"].to_numpy()
    return owner
