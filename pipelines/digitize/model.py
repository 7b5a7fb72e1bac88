"""What goes into this step and what comes out of one source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from pipelines.digitize.snapping import Array
from pipelines.ledger import Entry


@dataclass(frozen=True, slots=True)
class Source:
    """A spatial file as read, text decoded.

    Attributes:
        path: Path inside the package.
        role: `drawing`, `parcels` or `boundary`.
        rows: Features in the CRS of the package; for a drawing with `role` and `text`, and where the file tells
            `height` (m) and `rotation` (degrees) of its texts.
        sheet: Sheet number, None when the rows carry it.
        scale: Scale denominator.
        tolerance_m: Snapping tolerance.
        columns: Column spellings of this file, where its profile is not that of the package.
        node: What the lines of a text of several lines say, where its profile has such texts.
    """

    path: str
    role: str
    rows: gpd.GeoDataFrame
    sheet: str | None
    scale: int
    tolerance_m: float
    columns: Mapping[str, Any] | None = None
    node: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Traced:
    """What one source became.

    Attributes:
        parcels: One row per face or polygon, columns of `PARCEL_COLUMNS`, and `labelled`.
        findings: Findings so far, without those about faces that may prove to be no parcel.
        face_findings: Findings about faces: they leave together with their face.
        entries: Ledger entries without the parcels.
        outline: Lines or polygons of the commune outline.
        documented: Parcels as their documents have them, columns of `DOCUMENTED_COLUMNS`; None = none drawn.
    """

    parcels: gpd.GeoDataFrame
    findings: list[gpd.GeoDataFrame]
    face_findings: list[gpd.GeoDataFrame]
    entries: list[Entry]
    outline: Array = field(default_factory=lambda: np.empty(0, dtype=object))
    documented: gpd.GeoDataFrame | None = None


PARCEL_COLUMNS = (
    "feature_id",
    "source",
    "so_hieu_to_ban_do",
    "so_thu_tu_thua",
    "so_khac",
    "loai_dat",
    "dien_tich",
    "dien_tich_phap_ly",
    "dia_chi",
    "ten_chu",
    "nhan",
    "so_nhan",
    "ty_le",
)
"""Columns of the parcels of this step, beside `geometry`; all text but `so_nhan` and `ty_le`."""


DOCUMENTED_COLUMNS = ("feature_id", "source", "so_hieu_to_ban_do", "so_thu_tu_thua", "dien_tich")
"""Columns of the documented parcels, beside `geometry`; `dien_tich` is the area of the shape in m²."""


def shape_documented(frames: Sequence[gpd.GeoDataFrame], crs: Any) -> gpd.GeoDataFrame:
    """Return documented parcels with exactly their columns, in their types."""
    filled = [pd.DataFrame(frame) for frame in frames if len(frame)]
    rows = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame({"geometry": []})
    types = dict.fromkeys(DOCUMENTED_COLUMNS, "string") | {"dien_tich": "float64"}
    shaped = rows.reindex(columns=[*DOCUMENTED_COLUMNS, "geometry"]).astype(types)
    return gpd.GeoDataFrame(shaped, geometry="geometry", crs=crs)


def shape_parcels(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return parcels with exactly the columns of this step, in their types."""
    shaped = rows.reindex(columns=[*PARCEL_COLUMNS, "geometry"])
    numbers = {"so_nhan": "int64", "ty_le": "int64"}
    types: Mapping[str, str] = {name: numbers.get(name, "string") for name in PARCEL_COLUMNS}
    return gpd.GeoDataFrame(shaped.astype(types), geometry="geometry", crs=rows.crs)
