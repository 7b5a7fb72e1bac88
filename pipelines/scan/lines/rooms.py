"""Which closed rooms of a network are faces of the sheet: not the insides of letters and symbols, not hatching."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pipelines.scan.lines import rings
from pipelines.scan.lines.cells import cells
from pipelines.scan.lines.network import Ids, Net, parts, raw
from pipelines.scan.model import Points

_LEAST_MM2 = 8.0
"""Smallest parcel on paper, 3 mm square: what is smaller is the inside of a letter or of a symbol."""

_NARROW_MM = 1.2
"""What is narrower is the room between two strokes of a hatch, or a line drawn twice."""

_HATCHES, _HOUSES = 4, 6
"""Fewest strokes of a hatched house; most houses of a lot: what holds more of them is no lot."""

_INSIDE = 0.7
"""Share of its outline that a hatched house has in common with the parcel it stands in."""


def in_town(net: Net, width: float, px_per_mm: float) -> bool:
    """Tell whether a network is that of a town: blocks with a sidewalk around each.

    Args:
        net: The network.
        width: Usual width of a line in pixels.
        px_per_mm: Pixels per millimetre.
    """
    polygons = shapely.get_parts(shapely.polygonize(raw(net)))
    return rings.are_drawn(polygons, _NARROW_MM * px_per_mm, _LEAST_MM2 * px_per_mm**2, width)


def closed(net: Net, hatches: Points, width: float, px_per_mm: float, *, town: bool) -> Net:
    """Return the network without edges that bound nothing, and with rooms that are no faces opened to a neighbour.

    Args:
        net: The network.
        hatches: (k, 2) middles of the strokes of hatching that were taken out of it.
        width: Usual width of a line in pixels.
        px_per_mm: Pixels per millimetre.
        town: As of `in_town`.
    """
    return net.without(~bounding(raw(net), width, px_per_mm, hatches, town=town))


def bounding(
    edges: npt.NDArray[Any], width: float, px_per_mm: float, hatches: Points | None = None, *, town: bool
) -> npt.NDArray[np.bool_]:
    """Return which edges part two faces, or a face from outside, once rooms that are no faces are opened.

    In a town rings are faces, and so is a hatched house in a block.
    """
    polygons, left, right = cells(edges)
    area, rim = shapely.area(polygons), shapely.length(polygons)
    narrow = 2 * area < _NARROW_MM * px_per_mm * rim
    if town:
        narrow &= ~rings.clear(polygons, width, px_per_mm)
    small = (area < (rings.LEAST_MM2 if town else _LEAST_MM2) * px_per_mm**2) | narrow
    strokes = np.zeros(len(polygons), dtype=np.int64)
    if hatches is not None and len(hatches) and not town:
        room = shapely.STRtree(polygons).query(shapely.points(hatches), predicate="within")[1]
        strokes = np.bincount(room, minlength=len(polygons))
    group = _opened(small, narrow, strokes, np.column_stack([left, right]), shapely.length(edges))
    parting: npt.NDArray[np.bool_] = group[left] != group[right]
    return parting


def _opened(
    small: npt.NDArray[np.bool_],
    narrow: npt.NDArray[np.bool_],
    strokes: Ids,
    sides: Ids,
    lengths: npt.NDArray[np.float64],
) -> Ids:
    """Return the group of each room, outside last: small rooms with the neighbour they share most with."""
    group = _without_houses(strokes, sides, lengths)
    open_ = np.append(small, False)
    open_ = np.bincount(group, ~open_, minlength=int(group.max()) + 1) == 0
    narrow = np.append(narrow, False).astype(int)
    for _ in range(8):
        shared = _shared(group, sides, lengths)
        total = shared.groupby("one")["shared"].transform("sum")
        hatched = np.bincount(group, narrow, minlength=len(open_)) >= _HATCHES
        # Much hatching side by side is a house: it opens to the parcel around it, or stays as one.
        wanted = shared[open_[shared["one"]] & (~hatched[shared["one"]] | (shared["shared"] >= _INSIDE * total)
                                                 | open_[shared["two"]])]  # fmt: skip
        if wanted.empty:
            break
        best = wanted.sort_values(["one", "shared", "two"], ascending=[True, False, False]).drop_duplicates("one")
        label = parts(best[["one", "two"]].to_numpy(), len(open_))
        still = np.ones(int(label.max()) + 1, dtype=bool)
        np.logical_and.at(still, label, open_)
        group, open_ = label[group], still
    return group


def _without_houses(strokes: Ids, sides: Ids, lengths: npt.NDArray[np.float64]) -> Ids:
    """Return the group of each room, outside last: a hatched house with the lot that is all around it."""
    group = np.arange(len(strokes) + 1)
    shared = _shared(group, sides, lengths)
    total = shared.groupby("one")["shared"].transform("sum")
    hatched = np.append(strokes, 0) >= _HATCHES
    inside = shared[hatched[shared["one"]] & (shared["shared"] >= _INSIDE * total) & (shared["two"] < len(strokes))]
    # What is hatched and holds another hatched one is the lot.
    inside = inside[~inside["two"].isin(inside["one"])]
    houses = inside.groupby("two")["one"].transform("size") <= _HOUSES
    label: Ids = parts(inside.loc[houses, ["one", "two"]].to_numpy(), len(group)).astype(np.int64)
    return label


def _shared(group: Ids, sides: Ids, lengths: npt.NDArray[np.float64]) -> pd.DataFrame:
    """Return the length of edge that groups have in common: `one`, `two`, `shared`, each pair both ways."""
    one, two = group[sides].T
    both = pd.DataFrame({"one": np.append(one, two), "two": np.append(two, one), "shared": np.tile(lengths, 2)})
    return both[both["one"] != both["two"]].groupby(["one", "two"])["shared"].sum().reset_index()
