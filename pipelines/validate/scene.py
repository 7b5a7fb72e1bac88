"""What a check gets to see: the parcels of one commune or layer and what is known about them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from pipelines import coverage, findings, geometry
from pipelines.geometry import Floats, Geometries, Indices, Mask
from pipelines.ids import among
from pipelines.tolerances import Tolerances

STRETCH_OF_ZONES = 1e-3
"""Zones made for cadastres keep areas within this share (TM-3: 0.04 % at the rim, Gauss-Krüger 3°: 0.06 %)."""


@dataclass(frozen=True)
class Scene:
    """Parcels and their surroundings, in one projected CRS with metres.

    Attributes:
        parcels: One row per parcel with `feature_id`, `source` and geometry; other columns as far as known.
        tolerances: What is allowed at which scale.
        outline: Boundary of the commune, None when unknown.
        purposes: Land uses of the register (`thua_key`, `loai_dat`), None when unknown.
        prior: Findings of earlier steps and earlier checks; what they said is not said again.
        has_register: Whether the package has a register at all.
        fills_plane: Whether roads and water are parcels too, so that every hole is a defect.
        documented: Parcels as their documents have them (`feature_id`, geometry in the same CRS), None when unknown.
    """

    parcels: gpd.GeoDataFrame
    tolerances: Tolerances
    outline: BaseGeometry | None
    purposes: pd.DataFrame | None
    prior: gpd.GeoDataFrame
    has_register: bool
    fills_plane: bool
    documented: gpd.GeoDataFrame | None = None

    def knowing(self, told: gpd.GeoDataFrame) -> "Scene":
        """Return this scene after some findings more; what they do not change is not computed again."""
        after = replace(self, prior=findings.concat([self.prior, told], crs=self.parcels.crs))
        lasting = KEPT_ALWAYS if told["code"].isin((*BROKEN, COPY)).any() else set(self.__dict__)
        computed = {name: value for name, value in self.__dict__.items() if name in lasting}
        after.__dict__.update({name: value for name, value in computed.items() if name not in after.__dict__})
        return after

    @cached_property
    def ids(self) -> np.ndarray[Any, Any]:
        """Feature ids, as an array of str."""
        return np.asarray(self.parcels["feature_id"], dtype=object)

    @cached_property
    def shapes(self) -> Geometries:
        """Geometries, one per parcel: None, empty and broken ones included."""
        return np.asarray(self.parcels.geometry, dtype=object)

    @cached_property
    def scales(self) -> np.ndarray[Any, Any]:
        """Scale denominators per parcel; the scale of the layer where a parcel has none of its own."""
        return self.numbers("ty_le").fillna(self.tolerances.scale).to_numpy()

    @cached_property
    def sound(self) -> Mask:
        """Which parcels can be measured: no earlier finding says their geometry is broken."""
        return self.without(*BROKEN)

    @cached_property
    def sound_at(self) -> Indices:
        """Positions of the sound parcels that are the first of their shape, in the order of their ids.

        The order makes every result independent of the order of the input.
        """
        first = np.flatnonzero(self.sound & self.without(COPY))
        order: Indices = first[np.argsort(self.rank[first])]
        return order

    @cached_property
    def rank(self) -> Indices:
        """Place of each parcel in the order of sources and numbers in them: `to.shp#9` before `to.shp#10`."""
        ids = self.parcels["feature_id"].astype("string").reset_index(drop=True)
        parts = pc.extract_regex(pa.array(ids, type=pa.string()), r"^(?P<source>.*?)#?(?P<number>[0-9]*)$")
        source, number = (pc.struct_field(parts, name) for name in ("source", "number"))
        given = pc.if_else(pc.equal(number, ""), None, number)
        numbers = pc.fill_null(pc.cast(given, pa.float64()), -1.0).to_numpy(zero_copy_only=False)
        group, _ = pd.factorize(source.to_pandas(), sort=True)
        order = np.lexsort((numbers, group))
        alike = (np.diff(numbers[order]) == 0) & (np.diff(group[order]) == 0)
        if alike.any():  # `#1` and `#01`: the texts tell them apart
            order = np.lexsort((pd.factorize(ids, sort=True)[0], numbers, group))
        rank = np.empty(len(ids), dtype=np.int64)
        rank[order] = np.arange(len(ids))
        return rank

    @cached_property
    def areas_m2(self) -> Floats:
        """Areas as the law compares them, in m²; not a number for broken parcels.

        In a cadastral zone that is the area on the grid. A projection for whole countries shrinks or stretches areas
        by more than a survey errs (Lambert-93 by 0.2 % at 47° N); there the area on the ground is meant.
        """
        grid_m2 = np.full(len(self.parcels), np.nan)
        grid_m2[self.sound] = shapely.area(self.shapes[self.sound])
        if not len(self.sound_at):
            return grid_m2
        west, south, east, north = shapely.total_bounds(self.shapes[self.sound_at])
        stretch = areal_scale(self.parcels.crs, (west + east) / 2, (south + north) / 2)
        return grid_m2 / stretch if abs(stretch - 1) > STRETCH_OF_ZONES else grid_m2

    @cached_property
    def pieces(self) -> tuple[Geometries, Indices]:
        """Small pieces of the sound parcels and, for each, a position in `sound_at`."""
        return geometry.subdivided(self.shapes[self.sound_at])

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index over `pieces`."""
        return shapely.STRtree(self.pieces[0])

    @cached_property
    def covering(self) -> tuple[Geometries, Geometries]:
        """All ground that has a parcel on it, whole and in pieces: the sound parcels, then the broken ones mended.

        Mended for neighbour searches only.
        """
        broken = np.flatnonzero(~self.without("thua_dat.invalid"))
        usable = broken[geometry.is_finite(self.shapes[broken])]
        mended = geometry.repaired(self.shapes[usable])
        mended = mended[geometry.is_polygon(mended) & ~shapely.is_empty(mended)]
        return (
            np.concatenate([self.shapes[self.sound_at], mended]),
            np.concatenate([self.pieces[0], geometry.subdivided(mended)[0]]),
        )

    @cached_property
    def edges(self) -> coverage.Rings:
        """Rings and unmatched edges of `covering`; owners below `len(sound_at)` are places in `sound_at`."""
        return coverage.rings(self.covering[0])

    @cached_property
    def thin(self) -> tuple[Mask, Floats]:
        """Which parcels of `sound_at` are slivers, and the smallest area each may have, m².

        The limit is the larger of the smallest area and the area a parcel of this perimeter has at the smallest mean
        width (2A/P).
        """
        shapes, scales = self.shapes[self.sound_at], self.scales[self.sound_at]
        needed_m2 = self.tolerances.point_m(scales) * shapely.length(shapes) / 2
        limit_m2 = np.maximum(needed_m2, self.tolerances.sliver_area_m2(scales))
        return shapely.area(shapes) < limit_m2, limit_m2

    def has(self, *columns: str) -> bool:
        """Whether the layer came with all these columns."""
        return set(columns) <= set(self.parcels.columns)

    def numbers(self, column: str) -> pd.Series:
        """Return a column as numbers; missing where the column or the value is missing or is no number."""
        if column not in self.parcels:
            return pd.Series(np.nan, index=self.parcels.index, dtype="float64")
        numbers: pd.Series = pd.to_numeric(self.parcels[column], errors="coerce").astype("float64")
        return numbers

    def texts(self, column: str) -> pd.Series:
        """Return a column as stripped text; missing where it is missing or blank."""
        if column not in self.parcels:
            return pd.Series(pd.NA, index=self.parcels.index, dtype="string")
        text: pd.Series = self.parcels[column].astype("string").str.strip()
        return text.mask(text == "")

    def flags(self, column: str, default: bool) -> Mask:
        """Return a column as booleans."""
        if column not in self.parcels:
            return np.full(len(self.parcels), default)
        flags: Mask = self.parcels[column].astype("boolean").fillna(default).to_numpy(dtype=bool)
        return flags

    def without(self, *codes: str) -> Mask:
        """Tell which parcels have no earlier finding of these codes."""
        told = self.prior.loc[self.prior["code"].isin(codes), "feature_id"]
        if told.empty:
            return np.ones(len(self.parcels), dtype=bool)
        return ~among(self.parcels["feature_id"], told)

    def report(
        self, code: str, where: Any, *, value: Any = None, limit: Any = None, detail: Any = None, **columns: Any
    ) -> gpd.GeoDataFrame:
        """Return findings about the parcels at these positions or under this mask, by default with their geometry."""
        if not np.asarray(where).any() and (np.asarray(where).dtype == bool or not len(where)):
            return self.nothing
        rows = self.parcels.iloc[np.flatnonzero(where) if np.asarray(where).dtype == bool else where]
        columns.setdefault("geometry", rows.geometry.to_numpy())
        columns.setdefault("source", rows.get("source"))
        return findings.build(
            code, rows["feature_id"], crs=self.parcels.crs, value=value, limit=limit, detail=detail, **columns
        )

    @cached_property
    def nothing(self) -> gpd.GeoDataFrame:
        """Return no findings."""
        return findings.empty(self.parcels.crs)


def areal_scale(system: pyproj.CRS, east_m: float, north_m: float) -> float:
    """Return how many square metres of a projection one square metre on the ground takes at a place."""
    projection = pyproj.Proj(system)
    longitude, latitude = projection(east_m, north_m, inverse=True)
    return float(projection.get_factors(longitude, latitude).areal_scale)


Check = Callable[[Scene], gpd.GeoDataFrame]
"""A check looks at a scene and returns a findings frame."""

ROUNDING_M = 1e-6
"""What is exactly as large as a limit is not beyond it because of the last bit of its coordinates."""

COPY = "thua_dat.duplicate_geometry"
"""The later ones of several parcels of one shape take no part in what parcels do to each other."""

KEPT_ALWAYS = frozenset({"ids", "shapes", "scales", "rank", "nothing"})
"""What a scene computes from the parcels alone, whatever was found about them."""

BROKEN = ("thua_dat.empty", "thua_dat.invalid")
"""After these a geometry is not measured any more: one cause, one finding."""
