"""Ways to read coordinates: every listed CRS, X and Y as written or exchanged, with zone prefix, in m, km or mm."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyproj

import schemas
from pipelines import crs as crs_work
from pipelines import vn2000
from pipelines.errors import CrsError

Points = npt.NDArray[np.float64]
Origin = Literal["declared", "said", "list"]

_FACTORS = (1.0, 1000.0, 0.001)
_MILLION = 1e6
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to read coordinates, and what speaks for it.

    Attributes:
        crs: EPSG code or WKT of the CRS.
        swapped: X and Y must be exchanged first: X is the northing.
        factor: Metres per unit of the file: 1000 for kilometres, 0.001 for millimetres.
        prefix_m: What stands before the easting and is not in the CRS, in metres: 48,000,000 for a zone prefix 48.
        origin: Whether it was declared, said by the file, or is one of the list.
        share_inside: Share of the points inside the outline, 0 to 1; NaN without any outline.
        distance_km: From the outline to the median point; 0 inside, infinite where it is nowhere on earth.
        vi: Evidence in Vietnamese.
        en: Evidence in English.
        is_sure: It is clearly apart from the next, and contradicts nothing that was said.
    """

    crs: str
    swapped: bool = False
    factor: float = 1.0
    prefix_m: float = 0.0
    origin: Origin = "list"
    share_inside: float = math.nan
    distance_km: float = math.inf
    vi: str = ""
    en: str = ""
    is_sure: bool = False

    @property
    def is_plain(self) -> bool:
        """Tell whether the CRS by its code is all there is to say, but for the order of axes."""
        return self.factor == 1.0 and not self.prefix_m

    @property
    def written(self) -> str:
        """Return what to write as `crs` in `package.yaml`: the code, or PROJ text with prefix and unit."""
        if self.is_plain:
            return self.crs
        text = vn2000.proj_text(crs_work.parse(self.crs), easting_m=self.prefix_m, unit_m=self.factor)
        return self.crs if text is None else text

    def on_wgs84(self, points: Points) -> Points:
        """Return longitude and latitude of points of the file; what is nowhere on earth is NaN."""
        x, y = (points[:, 1], points[:, 0]) if self.swapped else (points[:, 0], points[:, 1])
        return _on_wgs84(self.crs, x * self.factor - self.prefix_m, y * self.factor)


def named(one: Candidate) -> tuple[str, str]:
    """Return what a candidate is called, in Vietnamese and English."""
    short = one.crs if len(one.crs) < _SHOWN else one.crs[:_SHOWN] + "…"
    vi, en = short, short
    if one.swapped:
        vi, en = f"{vi} sau khi đổi trục X/Y", f"{en} after swapping X and Y"
    if one.prefix_m:
        number = f"{one.prefix_m / _MILLION:+.0f}"
        vi, en = f"{vi} với số múi {number} trước hoành độ", f"{en} with the zone number {number} before the easting"
    if one.factor != 1.0:
        unit_vi, unit_en = ("kilômét", "kilometres") if one.factor > 1 else ("milimét", "millimetres")
        vi, en = f"{vi}, đơn vị {unit_vi}", f"{en}, in {unit_en}"
    return vi, en


@cache
def _zones() -> tuple[tuple[str, bool, float], ...]:
    """Return every listed CRS: its code, whether it is plane, and its false easting in metres (NaN: no zone)."""
    zones = []
    for code in schemas.codelist("epsg")["code"]:
        parsed = crs_work.parse(f"EPSG:{code}")
        written = vn2000.projection(parsed) if parsed.is_projected else None
        zones.append((f"EPSG:{code}", bool(parsed.is_projected), math.nan if written is None else written[2]))
    return tuple(zones)


def listed(points: Points) -> list[Candidate]:
    """Return the listed CRS in every spelling that the size of the numbers allows.

    Args:
        points: (n, 2) coordinates as in the file, all of them finite, at least one.
    """
    found = []
    for swapped in (False, True):
        x, y = np.median(points, axis=0)[:: -1 if swapped else 1]
        for crs, is_plane, easting_m in _zones():
            if not is_plane:
                found += [Candidate(crs, swapped)] if abs(x) <= 180 and abs(y) <= 90 else []
                continue
            for factor in _FACTORS:
                prefix = 0.0
                if not math.isnan(easting_m):
                    prefix = round((x * factor - easting_m) / _MILLION) * _MILLION
                found.append(Candidate(crs, swapped, factor, prefix))
    return found


@cache
def uses() -> dict[str, str]:
    """Return what each listed CRS is used for."""
    rows = schemas.codelist("epsg")
    return dict(zip("EPSG:" + rows["code"], rows["use"], strict=True))


@cache
def _way(crs: str) -> tuple[pyproj.Transformer | None, bool]:
    """Return the way to WGS 84 (None where no known one leads there) and whether the coordinates are degrees."""
    parsed = crs_work.parse(crs)
    try:
        return crs_work.transformer_to_wgs84(parsed), bool(parsed.is_geographic)
    except CrsError:
        return None, bool(parsed.is_geographic)  # the message comes where the CRS is used


def _on_wgs84(crs: str, x: Points, y: Points) -> Points:
    transformer, is_degrees = _way(crs)
    if transformer is None:
        return np.full((len(x), 2), np.nan)
    if is_degrees:
        impossible = (np.abs(x) > 180) | (np.abs(y) > 90)
        x, y = np.where(impossible, np.nan, x), np.where(impossible, np.nan, y)
    placed = np.column_stack(transformer.transform(x, y))
    return np.asarray(np.where(np.isfinite(placed).all(axis=1)[:, None], placed, np.nan), dtype=np.float64)
