"""How much is allowed: one place that turns the scale of a map into metres and square metres.

All numbers come from the code list `tolerances` (one row per scale, with its legal reference):

========================  =====================================================================================
area, m²                  0.0004 · M · √P, at least the 0.1 m² to which areas are rounded
boundary, m               relative two-point error, 0.2 mm on the map: 0.2 m at 1:1000
sliver                    area below 1 m², or mean width 2A/P below the two-point error
gap between parcels       every hole when roads and water are parcels; otherwise holes up to 1 m² or with a mean
                          width up to the two-point error: anything larger is street, court or another commune
outline of the commune    a strip of the two-point error on either side
spike                     an arm longer than the two-point error, narrower than that, ten times as long as wide
vertices of a ring        one centimetre apart at least: what coordinates are written to
node of a neighbour       the same place within a millimetre, else off by up to the two-point error
========================  =====================================================================================
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

import schemas

DEFAULT_SCALE = 1000
"""Scale denominator of a layer that says nothing about its own: the usual one of rural and town maps."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tolerances:
    """What is allowed in one layer.

    Attributes:
        scale: Scale denominator of parcels that have none of their own.
        min_area_m2: Smallest overlap, gap or piece outside that counts.
        vertex_m: Vertices of one ring nearer than this are one vertex, drawn twice.
        node_m: Vertices of two parcels this near each other, or to an edge, are meant to be at one place exactly.
        boundary_m: Relative error of two neighbouring points, in metres; None takes that of the scale.
    """

    scale: int = DEFAULT_SCALE
    min_area_m2: float = 0.01
    vertex_m: float = 0.01
    node_m: float = 0.001
    boundary_m: float | None = None

    def area_m2(self, area_m2: Any, scale: Any) -> Floats:
        """Return the allowed difference between two areas of a parcel, in m².

        Example:
            >>> Tolerances().area_m2([400.0], [1000]).tolist()
            [8.0]
        """
        coefficient, rounding_m2 = _column("area_coefficient", scale), _column("area_rounding_m2", scale)
        size = np.sqrt(np.asarray(area_m2, dtype=np.float64))
        return np.maximum(coefficient * np.asarray(scale, dtype=np.float64) * size, rounding_m2)

    def point_m(self, scale: Any) -> Floats:
        """Return the relative error of two neighbouring boundary points, in metres."""
        by_scale = _column("relative_m", scale)
        return by_scale if self.boundary_m is None else np.full_like(by_scale, self.boundary_m)

    def sliver_area_m2(self, scale: Any) -> Floats:
        """Return the area below which a parcel is a sliver, in m²."""
        return _column("sliver_area_m2", scale)

    def as_dict(self) -> dict[str, float]:
        """Return the tolerances at the scale of the layer, for reports."""
        return {
            "scale": self.scale,
            "min_area_m2": self.min_area_m2,
            "area_coefficient": float(_column("area_coefficient", self.scale)),
            "boundary_m": float(self.point_m(self.scale)),
            "sliver_area_m2": float(self.sliver_area_m2(self.scale)),
        }


def _column(name: str, scale: Any) -> Floats:
    """Return a column of the list for scale denominators: the row of the nearest listed scale that is not finer.

    A scale beyond the last one gets the last one.
    """
    scales, values = _table(name)
    place = np.searchsorted(scales, np.asarray(scale, dtype=np.float64))
    chosen: Floats = values[np.minimum(place, len(scales) - 1)]
    return chosen


@cache
def _table(name: str) -> tuple[Floats, Floats]:
    listed = schemas.codelist("tolerances")
    scales = listed["scale"].astype("float64").to_numpy()
    order = np.argsort(scales)
    values = listed[name].astype("float64").to_numpy()
    return np.asarray(scales[order], dtype=np.float64), np.asarray(values[order], dtype=np.float64)
