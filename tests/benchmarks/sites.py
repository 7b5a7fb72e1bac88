"""Places in a clean coverage where something can be planted: far enough apart that no two share a neighbour."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from tests.benchmarks.fabrics import Fabric, Floats, Indices

ROUNDS = 4
LONG = 200
"""A parcel with more vertices (a river) touches so many others that it is planted at only through these."""


@dataclass(frozen=True)
class Site:
    """A parcel and one straight piece of its shell, passed with the parcel on the left.

    Attributes:
        parcel: Its position.
        other: Position of the parcel across, -1 at the rim.
        start: One end, m.
        end: The other end, m.
        middle: Centre of the largest circle in the parcel.
        radius: Radius of that circle, m.
        crosses_sheets: Whether the parcel across is on another sheet.
    """

    parcel: int
    other: int
    start: Floats
    end: Floats
    middle: Floats
    radius: float
    crosses_sheets: bool

    @property
    def length(self) -> float:
        """Length of the piece, m."""
        return float(np.hypot(*(self.end - self.start)))

    def at(self, along_m: float, inward_m: float = 0.0) -> Floats:
        """Return the point so far along from the middle of the piece and so far into the parcel."""
        way = (self.end - self.start) / self.length
        point: Floats = (self.start + self.end) / 2 + along_m * way + inward_m * np.array([-way[1], way[0]])
        return point


def find(fabric: Fabric, random: np.random.Generator) -> list[Site]:
    """Return the sites in random order: two are at least three parcels apart."""
    shapes = shapely.orient_polygons(fabric.parcels.geometry.to_numpy())
    chosen = _far_apart(shapes, random)
    pieces = _pieces(shapes, chosen, random)
    circle = shapely.maximum_inscribed_circle(shapes[pieces["parcel"]], 0.05)
    sheet = fabric.parcels["so_hieu_to_ban_do"].to_numpy(dtype=object)
    crosses = (pieces["other"] >= 0) & (sheet[pieces["parcel"]] != sheet[pieces["other"]])
    ends = pieces[["x", "y", "x2", "y2"]].to_numpy()
    middle = shapely.get_coordinates(shapely.get_point(circle, 0))
    return [
        Site(int(parcel), int(other), end[:2], end[2:], centre, float(radius), bool(across))
        for parcel, other, end, centre, radius, across in zip(
            pieces["parcel"], pieces["other"], ends, middle, shapely.length(circle), crosses, strict=True
        )
    ]


def _far_apart(shapes: npt.NDArray[Any], random: np.random.Generator) -> Indices:
    """Return parcels of which no two share a neighbour: those whose lot is the highest within two steps."""
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    ordinary = shapely.get_num_coordinates(shapes) <= LONG
    one, other = (ends[ordinary[one] & ordinary[other]] for ends in (one, other))

    def spread(values: Floats) -> Floats:
        for _ in range(2):
            widened = values.copy()
            np.maximum.at(widened, one, values[other])
            values = widened
        return values

    lot = np.where(ordinary, random.permutation(len(shapes)).astype(np.float64), -1.0)
    chosen = np.zeros(len(shapes), dtype=bool)
    for _ in range(ROUNDS):
        chosen |= (lot >= 0) & (lot == spread(lot))
        lot = np.where(spread(chosen.astype(np.float64)) > 0, -1.0, lot)
    return random.permutation(np.flatnonzero(chosen))


def _pieces(shapes: npt.NDArray[Any], chosen: Indices, random: np.random.Generator) -> pd.DataFrame:
    """Return one of the longer pieces of the shell of each parcel, with who is across."""
    rings, owner = shapely.get_rings(shapes, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    at = np.flatnonzero(ring[1:] == ring[:-1])
    every = pd.DataFrame(np.column_stack([points[at], points[at + 1]]), columns=["x", "y", "x2", "y2"])
    every["parcel"] = owner[ring[at]]
    is_shell = np.append(True, owner[1:] != owner[:-1])
    turned = every.rename(columns={"x": "x2", "y": "y2", "x2": "x", "y2": "y", "parcel": "other"})
    mine = every[is_shell[ring[at]] & np.isin(every["parcel"], chosen)]
    both = mine.merge(turned, how="left", on=["x", "y", "x2", "y2"])
    both["other"] = both["other"].fillna(-1).astype(int)
    both["length"] = np.hypot(both["x2"] - both["x"], both["y2"] - both["y"])
    both["lot"] = random.random(len(both))
    long = both[both["length"] > 0.6 * both.groupby("parcel")["length"].transform("max")]
    picked = long.sort_values("lot").drop_duplicates("parcel").set_index("parcel")
    return picked.loc[chosen].reset_index()
