"""Files of the checks across communes: reads the land database, writes findings and a summary for the province."""

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import crs, findings, geometry, reports
from pipelines import store as land
from pipelines.communes import FOREIGN_ERA
from pipelines.files import writing
from pipelines.province.run import run
from pipelines.province.scene import HOLDER_LAYERS, Scene, Scope
from pipelines.province.totals import newest, read_table
from pipelines.settings import Settings

FOLDER = "province"
REPORTS = ("canh_bao_lien_xa.gpkg", "canh_bao_lien_xa.xlsx")

_KEPT_COMMUNES = 32
"""Communes kept in memory at once; neighbours follow each other by their codes."""

_PLACE = ["thua_dat_id", "so_hieu_to_ban_do", "so_thu_tu_thua", "geometry"]


def execute(home: Path, settings: Settings) -> None:
    """Check all communes of the land database against each other and write `province/`.

    Raises:
        StoreError: There is no land database, or it cannot be read.
        SettingsError: The table of statistics cannot be used.
    """
    statistics = read_table(settings.statistics) if settings.statistics else None
    with land.open_reader(settings.database) as store:
        scene = _scene(store, settings, statistics)
        found = run(scene)
        places = _places(scene, found)
    with writing(home / FOLDER) as fresh:
        findings.write(found, fresh / "findings.parquet")
        reports.write_all(found, places, [fresh / name for name in REPORTS], settings.profile)
        text = json.dumps(_summary(scene, found), ensure_ascii=False, indent=1)
        (fresh / "summary.json").write_text(text, encoding="utf-8")


def _scene(store: land.Store, settings: Settings, statistics: pd.DataFrame | None) -> Scene:
    # Another country's parcels have no neighbours here, and no place in the zone of the province.
    releases = {
        (release.ma_xa, release.ky_dia_gioi): release
        for release in land.latest(store)
        if release.ky_dia_gioi != FOREIGN_ERA
    }

    @lru_cache(_KEPT_COMMUNES)
    def read(scope: Scope) -> gpd.GeoDataFrame:
        parcels = land.released(store, "thua_dat", releases[scope])
        return parcels.set_geometry(crs.reproject(parcels.geometry, settings.crs))

    outlines = {scope: shape for scope, release in releases.items() if (shape := _outline(store, release, settings))}
    boxes = {scope: _box(read(scope), outlines.get(scope)) for scope in releases}
    return Scene(
        crs=crs.parse(settings.crs),
        boxes={scope: box for scope, box in boxes.items() if box is not None},
        read=read,
        outlines=outlines,
        holders=land.current_holders(store, HOLDER_LAYERS),
        statistics=statistics,
        max_total_share=settings.max_total_share,
    )


def _outline(store: land.Store, release: land.Release, settings: Settings) -> shapely.Geometry | None:
    """Return the outline the package brought, in the zone of the province."""
    shapes = crs.reproject(land.released(store, "xa", release).geometry, settings.crs).to_numpy()
    known = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    return shapely.union_all(shapely.make_valid(known)) if len(known) else None


def _box(parcels: gpd.GeoDataFrame, outline: shapely.Geometry | None) -> tuple[float, float, float, float] | None:
    """Return the box of all shapes with possible coordinates; None where there is none."""
    shapes = np.append(parcels.geometry.to_numpy(), [outline])
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    shapes = shapes[geometry.is_finite(shapes)]
    west, south, east, north = (float(side) for side in shapely.total_bounds(shapes))
    return (west, south, east, north) if len(shapes) else None


def _places(scene: Scene, found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the parcels that findings speak of, as the reports want them."""
    told = pd.concat([found["feature_id"], found["other_id"]]).dropna().unique()
    scopes = _scopes(told)
    frames = [scene.read(scope) for scope in sorted(scene.boxes) if ".".join(scope) in scopes]
    empty = gpd.GeoDataFrame({name: [] for name in _PLACE[:-1]}, geometry=[], crs=scene.crs)
    rows = pd.concat([frame.loc[frame["thua_dat_id"].isin(told), _PLACE] for frame in frames] or [empty])
    return gpd.GeoDataFrame(rows.rename(columns={"thua_dat_id": "feature_id"}), geometry="geometry", crs=scene.crs)


def _scopes(ids: Iterable[str]) -> frozenset[str]:
    """Return the communes, as code and era, that ids of parcels begin with."""
    return frozenset(".".join(text.split(".")[:2]) for text in ids)


def _summary(scene: Scene, found: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return counts, and what could not be checked: communes without a figure in the statistics."""
    codes = found["code"].value_counts().sort_index()
    listed = set(scene.statistics["ma_xa"]) if scene.statistics is not None else None
    return {
        "communes": [".".join(scope) for scope in sorted(scene.boxes)],
        "pairs": len(scene.pairs),
        "findings": {code: int(count) for code, count in codes.items()},
        "without_statistics": sorted(set(newest(scene)) - listed) if listed is not None else None,
    }
