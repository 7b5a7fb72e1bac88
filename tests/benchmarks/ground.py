"""A fabric that is being spoilt on purpose, with the answer sheet of what has to be found in it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tests.benchmarks.fabrics import COMMUNE, Fabric, Floats
from tests.benchmarks.sites import Site

PAIRED = frozenset(
    {"thua_dat.overlap", "thua_dat.missing_node", "thua_dat.near_node", "ban_ve.edge_mismatch",
     "thua_dat.duplicate_geometry"}
)  # fmt: skip
"""Findings about two parcels; which of them is named first does not matter."""

AREAS = ["dien_tich", "dien_tich_phap_ly", "dien_tich_nhan"]

Key = tuple[str, frozenset[str]]


@dataclass
class Ground:
    """Parcels to spoil.

    Attributes:
        fabric: What it was when clean.
        shapes: Geometries as they are now, one per parcel.
        rows: Columns of the parcels as they are now.
        expected: Answer sheet: code and parcels of every finding there has to be.
        lost: Ground that was taken away altogether, which has to be told as gaps whoever is beside it.
        kinds: Number of defects planted, by finding code, just beyond the limit.
        spared: Number of the same things planted just within the limit, which must not be told.
        documented: Shapes by documents, by position of the parcel.
        purposes: Land uses of the register that are not those of the map, by position of the parcel.
    """

    fabric: Fabric
    shapes: list[Any] = field(init=False)
    rows: pd.DataFrame = field(init=False)
    expected: set[Key] = field(default_factory=set)
    lost: list[Any] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    spared: Counter[str] = field(default_factory=Counter)
    documented: dict[int, Any] = field(default_factory=dict)
    purposes: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take the parcels of the fabric."""
        self.shapes = list(shapely.orient_polygons(self.fabric.parcels.geometry.to_numpy()))
        self.rows = pd.DataFrame(self.fabric.parcels.drop(columns="geometry"))

    def name(self, parcel: int) -> str:
        """Return the feature id of a parcel."""
        return f"to.shp#{parcel + 1}"

    def expect(self, code: str, parcel: int, other: int | None = None) -> None:
        """Write a finding on the answer sheet."""
        pair = {self.name(parcel)} if other is None else {self.name(parcel), self.name(other)}
        self.expected.add((code, frozenset(pair)))

    def draw(self, site: Site, line: Sequence[Floats], across: Sequence[Floats] = ()) -> None:
        """Draw the piece of a site anew: through these points for the parcel, through those for the other."""
        self.shapes[site.parcel] = through(self.shapes[site.parcel], site, line)
        self.rows.loc[site.parcel, AREAS] = round(shapely.area(self.shapes[site.parcel]), 1)
        if site.other >= 0 and len(across):
            self.shapes[site.other] = through(self.shapes[site.other], site, across)

    def add(self, shape: Any, like: int) -> int:
        """Append a parcel of its own with everything written about it; return its position."""
        at = len(self.shapes)
        row = self.rows.iloc[like].copy()
        row["feature_id"], row["so_thu_tu_thua"] = self.name(at), str(at + 1)
        row["thua_key"] = f"{COMMUNE}.{row['so_hieu_to_ban_do']}.{at + 1}"
        area_m2 = np.nan if shape is None or shape.is_empty else round(shapely.area(shape), 1)
        row[AREAS] = area_m2
        self.shapes.append(shape)
        self.rows.loc[at] = row
        return at

    def cut(self, parcel: int, *holes: Any) -> None:
        """Cut holes into a parcel, and write down the area it has then."""
        shape = self.shapes[parcel]
        rings = [*shape.interiors, *(hole.exterior for hole in holes)]
        self.shapes[parcel] = shapely.orient_polygons(shapely.Polygon(shape.exterior, rings))
        self.rows.loc[parcel, AREAS] = round(shapely.area(self.shapes[parcel]), 1)

    def has_room(self, site: Site, width_m: float, depth_m: float) -> bool:
        """Tell whether a rectangle beside the piece fits: in the parcel, or across where the depth is negative."""
        if site.length < width_m + 0.5 or (depth_m < 0 and site.other < 0):
            return False
        holder = self.shapes[site.parcel if depth_m > 0 else site.other]
        near = 1e-6 * np.sign(depth_m)
        corners = [site.at(x, y) for x, y in _box(width_m + 0.1, near, depth_m + 100 * near)]
        return bool(shapely.covers(holder, shapely.Polygon(corners)))

    @property
    def parcels(self) -> gpd.GeoDataFrame:
        """The parcels as they are now."""
        return gpd.GeoDataFrame(self.rows, geometry=np.array(self.shapes, dtype=object), crs=self.fabric.parcels.crs)

    @property
    def booked(self) -> pd.DataFrame:
        """Land uses of the register, which says the same as the map but for `purposes`."""
        uses = pd.DataFrame(self.rows[["thua_key", "loai_dat"]])
        for parcel, use in self.purposes.items():
            uses.loc[parcel, "loai_dat"] = use
        return uses

    @property
    def papers(self) -> gpd.GeoDataFrame | None:
        """Shapes by documents: those planted, and as surveyed for every tenth parcel."""
        drawn = {at: shape for at, shape in enumerate(self.shapes) if at % 10 == 0 and shape is not None}
        drawn = {at: shape for at, shape in drawn.items() if not shape.is_empty} | self.documented
        ids = [self.name(at) for at in drawn]
        return gpd.GeoDataFrame({"feature_id": ids}, geometry=list(drawn.values()), crs=self.fabric.parcels.crs)


def through(shape: Any, site: Site, points: Sequence[Floats]) -> Any:
    """Return a polygon whose piece at a site leads through some points more, whichever way the ring goes there."""
    rings = []
    for ring in (shape.exterior, *shape.interiors):
        xy = shapely.get_coordinates(ring)
        onward = np.flatnonzero((xy[:-1] == site.start).all(axis=1) & (xy[1:] == site.end).all(axis=1))
        backward = np.flatnonzero((xy[:-1] == site.end).all(axis=1) & (xy[1:] == site.start).all(axis=1))
        if len(onward):
            xy = np.insert(xy, onward[0] + 1, np.array(points), axis=0)
        elif len(backward):
            xy = np.insert(xy, backward[0] + 1, np.array(points)[::-1], axis=0)
        rings.append(xy)
    return shapely.Polygon(rings[0], rings[1:])


def _box(width_m: float, low_m: float, high_m: float) -> list[tuple[float, float]]:
    half = width_m / 2
    return [(-half, low_m), (half, low_m), (half, high_m), (-half, high_m)]
