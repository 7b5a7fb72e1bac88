"""What the checks across communes look at, and which communes have to do with each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import schemas
from pipelines import geometry
from pipelines.geometry import Geometries, Indices

Scope = tuple[str, str]
"""Code and era of a commune: codes of 2025 reuse older ones."""

REACH_M = 50.0
"""Communes farther apart than this have no common border; outlines of communes are compared up to this distance."""

HOLDER_LAYERS = ("giay_chung_nhan", "quyen_su_dung_dat", "giay_to_tuy_than", "ca_nhan", "vo_chong", "ho_gia_dinh",
                 "nhom_nguoi", "to_chuc", "cong_dong")  # fmt: skip
"""Personal layers the checks need."""


@dataclass(frozen=True)
class Scene:
    """A province as the land database holds it.

    Attributes:
        crs: Zone of the province; everything found is placed in it.
        boxes: West, south, east and north of the parcels and the outline of every commune, in that zone.
        read: Returns the parcels of a commune in that zone: `thua_dat_id`, `ma_dinh_danh_thua`, `ty_le`,
            `dien_tich_do`, `nhom_dat`, `xep_loai` and polygons.
        outlines: Outlines of the communes that have one, in that zone.
        holders: The personal layers, each with `ma_xa` and `ky_dia_gioi`; empty where they may not be read.
        statistics: `ma_xa`, `group` (empty for the whole commune) and `area_m2`; None where there are none.
        max_total_share: By what share totals may differ from the statistics.
    """

    crs: Any
    boxes: Mapping[Scope, tuple[float, float, float, float]]
    read: Callable[[Scope], gpd.GeoDataFrame]
    outlines: Mapping[Scope, shapely.Geometry] = field(default_factory=dict)
    holders: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    statistics: pd.DataFrame | None = None
    max_total_share: float = 0.01

    @cached_property
    def pairs(self) -> list[tuple[Scope, Scope]]:
        """Communes that lie beside or upon each other, smaller key first, in order of the key."""
        scopes = sorted(self.boxes)
        boxes = np.array([self.boxes[scope] for scope in scopes], dtype=np.float64).reshape(-1, 4)
        shapes = shapely.box(*boxes.T)
        # An empty commune has no box and meets nobody.
        one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=REACH_M)
        found = sorted((first, second) for first, second in zip(one.tolist(), other.tolist(), strict=True))
        pairs = [(scopes[first], scopes[second]) for first, second in found if first < second]
        return [pair for pair in pairs if not is_same_land(*pair)]


@dataclass(frozen=True)
class Side:
    """The parcels of one commune that may have to do with a neighbour.

    Attributes:
        ids: Their ids.
        scales: Their scale denominators, 0 where unknown.
        shapes: Valid polygons.
    """

    ids: Geometries
    scales: np.ndarray[Any, Any]
    shapes: Geometries

    @cached_property
    def pieces(self) -> tuple[Geometries, Indices]:
        """The polygons cut small, with the position of the one each was cut from."""
        return geometry.subdivided(self.shapes)


def side(parcels: gpd.GeoDataFrame, box: tuple[float, float, float, float], reach_m: float) -> Side:
    """Return the parcels that come within reach of the box of a neighbour; broken shapes are mended for the search.

    Of parcels with one shape the first stands for all: that they lie upon each other is a finding of their commune, and
    thousands of them beside thousands would be millions of pairs.
    """
    shapes = parcels.geometry.to_numpy()
    known = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    known &= geometry.is_polygon(shapes) & geometry.is_finite(shapes)
    west, south, east, north = shapely.bounds(shapes).T
    with np.errstate(invalid="ignore"):
        near = (west <= box[2] + reach_m) & (east >= box[0] - reach_m)
        near &= (south <= box[3] + reach_m) & (north >= box[1] - reach_m)
    at = np.flatnonzero(known & near)
    kept = geometry.flat(shapes[at])
    broken = ~shapely.is_valid(kept)
    kept[broken] = geometry.repaired(kept[broken])
    alone = ~pd.Series(shapely.to_wkb(shapely.normalize(kept))).duplicated().to_numpy(dtype=bool)
    kept, at = kept[alone], at[alone]
    scales = pd.to_numeric(parcels["ty_le"], errors="coerce").fillna(0).to_numpy(dtype=np.int64)
    return Side(parcels["thua_dat_id"].to_numpy(dtype=object)[at], scales[at], kept)


def is_same_land(one: Scope, other: Scope) -> bool:
    """Tell whether two communes are one place at different times: then they must lie upon each other.

    A commune split in 2025 counts for all its successors.
    """
    if one[1] == other[1]:
        return False
    past = {"E2024", "E2025A"}
    return (one[0] == other[0] and {one[1], other[1]} == past) or bool({(one, other), (other, one)} & _successions())


@cache
def _successions() -> frozenset[tuple[Scope, Scope]]:
    table = schemas.codelist("admin_crosswalk")
    old = list(zip(table["old_code"], table["old_era"], strict=True))
    new = list(zip(table["new_code"], table["new_era"], strict=True))
    # The one change before 2025 kept the codes of communes that were not dissolved.
    earlier = [(code, "E2024") for code, _ in old]
    return frozenset(zip([*old, *earlier], [*new, *new], strict=True))
