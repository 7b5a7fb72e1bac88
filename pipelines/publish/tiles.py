"""Vector tiles: communes from afar, land use in between, single parcels near by. No tile above 200 kB.

Where a level does not fit, it is made again more coarsely: fewer attributes first, then areas of one use and grade
instead of parcels, then wider tolerances.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache as cached
from itertools import chain
from pathlib import Path

import freestiler
import geopandas as gpd
import pandas as pd
import shapely

from pipelines.publish import archive, content
from pipelines.publish.content import Commune

LIMIT_BYTES = 200_000
COMMUNE_ZOOMS = range(6, 12)
AREA_ZOOMS = range(12, 14)
PARCEL_ZOOMS = range(14, 17)
LABEL_ZOOM = 16
TILE_CRS = 4326

_PARCEL_COLUMNS = (
    "thua_dat_id", "so_hieu_to_ban_do", "so_thu_tu_thua", "loai_dat", "nhom_dat", "xep_loai", "dien_tich_do",
)  # fmt: skip
_USE_COLUMNS = ("loai_dat", "nhom_dat", "xep_loai")
_GROUP_COLUMNS = ("nhom_dat", "xep_loai")
_SLIM_COLUMNS = ("thua_dat_id", "loai_dat", "nhom_dat", "xep_loai")
_METRES_PER_PIXEL_AT_0 = 78_271.5
"""Ground size of a pixel of a 512-pixel tile at zoom 0 on the equator."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """One way to draw parcels: by these attributes, dissolved or not, simplified by so many pixels."""

    columns: tuple[str, ...]
    is_dissolved: bool = False
    pixels: float = 0.0


_LADDER = (
    _Plan(_PARCEL_COLUMNS),
    _Plan(_SLIM_COLUMNS),
    _Plan(_USE_COLUMNS, is_dissolved=True, pixels=1.0),
    *(_Plan(_GROUP_COLUMNS, is_dissolved=True, pixels=pixels) for pixels in (1.0, 2.0, 4.0, 8.0)),
)
_FIRST_DISSOLVED = next(place for place, plan in enumerate(_LADDER) if plan.is_dissolved)

Zooms = Sequence[int]


def build(communes: Sequence[Commune], facts: pd.DataFrame, target: Path) -> dict[int, int]:
    """Write the tiles of all communes; return the size in bytes of the largest tile of every zoom level.

    Args:
        communes: The public content.
        facts: One row per commune in the same order: the attributes of the layer `xa`.
        target: The archive to write.
    """
    outlines = gpd.GeoDataFrame(
        facts.reset_index(drop=True),
        geometry=pd.concat([content.displayable(commune.outline) for commune in communes], ignore_index=True),
    )
    outlines = outlines.set_crs(TILE_CRS, allow_override=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        drawer = _Drawer(communes, outlines, Path(folder))
        parts = [
            (drawer.draw(COMMUNE_ZOOMS, None), frozenset(COMMUNE_ZOOMS)),
            *chain.from_iterable(drawer.fit([zoom], _FIRST_DISSOLVED) for zoom in AREA_ZOOMS),
            *drawer.fit(PARCEL_ZOOMS, 0),
        ]
        archive.join(parts, target, name="Địa chính")
    return archive.largest_tiles(target)


def needed(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the columns of parcels that tiles are made of."""
    return parcels[[*_PARCEL_COLUMNS, "geometry"]]


class _Drawer:
    """Draws ranges of zoom levels into archives of their own."""

    def __init__(self, communes: Sequence[Commune], outlines: gpd.GeoDataFrame, folder: Path) -> None:
        self._outlines = outlines
        self._folder = folder
        self._number = 0
        self._whole = cached(lambda: _parcels(communes))
        self._areas = cached(lambda columns: [_dissolved(commune, columns) for commune in communes])

    def fit(self, zooms: Zooms, rung: int) -> list[tuple[Path, frozenset[int]]]:
        """Draw levels by the first plan from `rung` on that keeps their tiles below the limit, level by level."""
        path = self.draw(zooms, _LADDER[rung])
        sizes = archive.largest_tiles(path)
        is_last = rung + 1 == len(_LADDER)
        good = frozenset(zoom for zoom in zooms if is_last or sizes.get(zoom, 0) <= LIMIT_BYTES)
        finer = [self.fit([zoom], rung + 1) for zoom in zooms if zoom not in good]
        return [*([(path, good)] if good else []), *chain.from_iterable(finer)]

    def draw(self, zooms: Zooms, plan: _Plan | None) -> Path:
        """Draw levels by one plan; without a plan only the communes."""
        self._number += 1
        path = self._folder / f"{self._number}.pmtiles"
        layers: dict[str, gpd.GeoDataFrame | freestiler.FreestileLayer] = {"xa": self._outlines}
        if plan is not None:
            shapes = self._coarse(plan, min(zooms)) if plan.is_dissolved else self._whole()
            if len(shapes):
                layers["thua_dat"] = shapes[[*plan.columns, "geometry"]]
            if plan.columns == _PARCEL_COLUMNS and LABEL_ZOOM in zooms and len(shapes):
                labels = _labels(shapes)
                layers["thua_dat_diem"] = freestiler.freestile_layer(labels, min_zoom=LABEL_ZOOM, max_zoom=LABEL_ZOOM)
        freestiler.freestile(layers, path, min_zoom=min(zooms), max_zoom=max(zooms), quiet=True, generate_ids=False)
        return path

    def _coarse(self, plan: _Plan, zoom: int) -> gpd.GeoDataFrame:
        return _simplified(self._areas(plan.columns), plan.pixels * _METRES_PER_PIXEL_AT_0 / 2**zoom)


def _parcels(communes: Sequence[Commune]) -> gpd.GeoDataFrame:
    frames = [commune.parcels.assign(geometry=content.displayable(commune.parcels.geometry)) for commune in communes]
    joined = pd.concat([pd.DataFrame(frame) for frame in frames], ignore_index=True)
    shapes = gpd.GeoDataFrame(
        joined.assign(loai_dat=_main_use(joined["loai_dat"]), dien_tich_do=joined["dien_tich_do"].round(1)),
        geometry="geometry",
        crs=TILE_CRS,
    )
    return shapes[~(shapes.geometry.is_empty | shapes.geometry.isna())]


def _dissolved(commune: Commune, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """Return areas of equal attributes, in the zone of the commune."""
    parcels = commune.parcels.assign(loai_dat=_main_use(commune.parcels["loai_dat"]))
    shapes = parcels.geometry.to_numpy().copy()
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    # A union of a coverage is many times faster, and wrong where parcels overlap.
    method = "coverage" if shapely.coverage_is_valid(shapes) else "unary"
    valid = gpd.GeoDataFrame(parcels[list(columns)], geometry=shapes, crs=parcels.crs)
    return valid.dissolve(by=list(columns), method=method, dropna=False, as_index=False)


def _simplified(areas: Sequence[gpd.GeoDataFrame], tolerance_m: float) -> gpd.GeoDataFrame:
    """Return areas in WGS 84, those of a commune simplified together so that no gaps open between them."""
    frames = [_parts(each, tolerance_m) for each in areas if len(each)]
    if not frames:
        return gpd.GeoDataFrame(geometry=[], crs=TILE_CRS)
    joined = pd.concat([pd.DataFrame(frame) for frame in frames], ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=TILE_CRS)


def _parts(areas: gpd.GeoDataFrame, tolerance_m: float) -> gpd.GeoDataFrame:
    simple = shapely.coverage_simplify(areas.geometry.to_numpy(), tolerance_m)
    parts = areas.set_geometry(gpd.GeoSeries(simple, index=areas.index, crs=areas.crs)).explode(ignore_index=True)
    parts = parts[parts.geometry.area > tolerance_m**2]
    return parts.assign(geometry=content.displayable(parts.geometry))


def _labels(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return where the number of a parcel is written: its pole of inaccessibility."""
    columns = parcels[["thua_dat_id", "so_thu_tu_thua", "loai_dat"]]
    return gpd.GeoDataFrame(columns, geometry=parcels.geometry.representative_point(), crs=parcels.crs)


def _main_use(codes: pd.Series) -> pd.Series:
    return codes.astype("string").str.split("+").str[0]
