"""Communes across the reforms: which commune of today a commune of yesterday became, by table or by place.

A commune that was split has several successors; only the place of a parcel decides, and only beyond the accuracy of the
outlines. Tables differ between publishers, so every answer names the one it comes from.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import schemas
from pipelines.errors import ReadError, SettingsError
from pipelines.settings import Settings

TODAY = "E2025B"
BUILT_IN, KEPT = "codelists/admin_crosswalk.csv", "code kept"

BY_TABLE, BY_PLACE, OPEN = "bang", "vi_tri", "chua_ro"
"""Codes of `can_cu_xa_moi`: how the new commune of a parcel is known."""

_LAYOUTS = (
    {"old": "old_code", "new": "new_code", "part": "split"},
    {"old": "old_ward_code", "new": "new_ward_code", "part": "is_partial"},
    {"old": "old_id", "new": "new_id", "part": "type"},
)
_PARTS = frozenset({"1", "partial", "true"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A commune that an older one became, wholly or in part, and the table that says so."""

    code: str
    era: str
    is_part: bool
    source: str


@dataclass(frozen=True)
class Crosswalk:
    """One table of old and new communes.

    Attributes:
        source: Name of the table, given with every answer.
        rows: `old`, `new` (codes) and `is_part`, for the change of 2025-07-01.
    """

    source: str
    rows: pd.DataFrame

    @property
    def split(self) -> frozenset[str]:
        """Return the old codes with more than one successor."""
        counts = self.rows.groupby("old")["new"].nunique()
        return frozenset(counts.index[counts > 1])


def _default() -> Crosswalk:
    return built_in()


@dataclass(frozen=True)
class Future:
    """What the pipeline knows about the communes of today.

    Attributes:
        crosswalk: The table in use.
        boundaries: Outlines of today's communes with `code`, or None.
        accuracy_m: How far those outlines may be off, in metres.
    """

    crosswalk: Crosswalk = field(default_factory=_default)
    boundaries: gpd.GeoDataFrame | None = None
    accuracy_m: float = 300.0


@cache
def built_in() -> Crosswalk:
    """Return the table of the code lists (NQ 1686/NQ-UBTVQH15)."""
    return _crosswalk(BUILT_IN, schemas.codelist("admin_crosswalk"))


def read(path: Path) -> Crosswalk:
    """Return a table of another publisher: CSV with old code, new code and a mark for parts under any known heading.

    Raises:
        SettingsError: The file is missing, or its columns are not known.
    """
    try:
        rows = pd.read_csv(path, dtype="string", keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"Không đọc được bảng chuyển đổi xã {path}: kiểm tra `admin_crosswalk` trong tệp cấu hình.",
            f"The table of communes {path} cannot be read: check `admin_crosswalk` in the settings.",
        ) from error
    return _crosswalk(path.name, rows)


def of(settings: Settings) -> Crosswalk:
    """Return the table that the settings name, else the one of the code lists.

    Raises:
        SettingsError: The file is missing, or its columns are not known.
    """
    return built_in() if settings.admin_crosswalk is None else read(settings.admin_crosswalk)


def successors(code: str, era: str, to: str = TODAY, crosswalk: Crosswalk | None = None) -> list[Candidate]:
    """Return the communes of the era `to` that hold land of a commune, ordered by code; none where no table knows it.

    From 2024 to early 2025 codes were kept by all communes that were not dissolved; those that were have no
    successor unless a table lists them.
    """
    eras = schemas.codelist("ky_dia_gioi")["code"].tolist()
    if code == "" or era not in eras or to not in eras or eras.index(to) < eras.index(era) or "XX" in (era, to):
        return []
    if to != TODAY or era == TODAY:
        units = schemas.codelist("admin_units")
        is_there = ((units["code"] == code) & (units["era"] == to)).any()
        return [Candidate(code, to, False, KEPT)] if is_there or era == to == "E2024" else []
    table = crosswalk or built_in()
    found = table.rows.loc[table.rows["old"] == code].sort_values("new")
    pairs = zip(found["new"], found["is_part"], strict=True)
    return [Candidate(str(new), to, bool(part), table.source) for new, part in pairs]


def boundaries(settings: Settings) -> gpd.GeoDataFrame | None:
    """Return the outlines of today's communes that the settings name, with `code`; None where they name none.

    Raises:
        ReadError: The file cannot be read, or has no such column of codes.
    """
    path, column = settings.commune_boundaries, settings.commune_code_column
    if path is None:
        return None
    from pyogrio import list_layers, read_info
    from pyogrio.errors import DataSourceError

    try:
        layers = [name for name, kind in list_layers(path) if kind is not None]
        layer = next((name for name in layers if column in read_info(path, layer=name)["fields"]), None)
        frame = gpd.read_file(path, columns=[column], layer=layer if layer is not None else layers[0])
        return frame.rename(columns={column: "code"})[["code", "geometry"]].astype({"code": "string"})
    except (OSError, ValueError, LookupError, DataSourceError) as error:
        raise ReadError(
            f"Không đọc được ranh giới xã {path}: kiểm tra tệp và cột mã xã “{column}” trong tệp cấu hình.",
            f"The commune outlines {path} cannot be read: check the file and its code column {column!r}.",
        ) from error


def by_geometry(
    parcels: gpd.GeoSeries, candidates: list[str], outlines: gpd.GeoDataFrame, accuracy_m: float
) -> pd.Series:
    """Return the candidate each parcel lies in; null where the outlines cannot tell.

    Args:
        parcels: Polygons or points in a plane CRS in metres.
        candidates: Codes of communes.
        outlines: `code` and polygons in any CRS.
        accuracy_m: A parcel is decided when its inner point is within this distance of one candidate alone; nearer
            than this to the line between two, either could be right.
    """
    points = shapely.point_on_surface(parcels.to_numpy())
    known = outlines.loc[outlines["code"].isin(candidates)].to_crs(parcels.crs)
    areas = known.dissolve("code").geometry
    undecided = pd.Series(pd.NA, index=parcels.index, dtype="string")
    if set(areas.index) != set(candidates) or parcels.empty:
        return undecided  # With one outline missing, "in no other" cannot be known.
    polygons = areas.to_numpy()
    shapely.prepare(polygons)
    near = np.column_stack([shapely.dwithin(polygon, points, accuracy_m) for polygon in polygons])
    names = np.asarray(areas.index, dtype=object)
    only = near.sum(axis=1) == 1
    return undecided.mask(only, pd.Series(names[near.argmax(axis=1)], index=parcels.index, dtype="string"))


def _crosswalk(source: str, rows: pd.DataFrame) -> Crosswalk:
    layout = next((names for names in _LAYOUTS if set(names.values()) <= set(rows.columns)), None)
    if layout is None:
        raise SettingsError(
            f"Bảng chuyển đổi xã {source} không có cột mã xã cũ và mới: đặt tên cột old_code, new_code, split.",
            f"The table of communes {source} has no columns of old and new codes: name them old_code, new_code, split.",
        )
    frame = pd.DataFrame(
        {
            "old": rows[layout["old"]].astype("string").str.strip().str.zfill(5),
            "new": rows[layout["new"]].astype("string").str.strip().str.zfill(5),
        }
    )
    # A commune with two successors is in parts whatever the mark says.
    several = frame.groupby("old")["new"].transform("nunique") > 1
    marked = rows[layout["part"]].astype("string").str.strip().str.lower().isin(_PARTS)
    frame["is_part"] = (marked | several).astype(bool)
    return Crosswalk(source, frame.drop_duplicates(["old", "new"]).reset_index(drop=True))
