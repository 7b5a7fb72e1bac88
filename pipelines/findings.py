"""Findings: what is wrong with the data, where, how much, and how much was allowed.

A finding carries no severity and no message. The profile (`schemas/profiles`) gives the one,
the catalogue (`schemas/findings.yaml`) the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

import schemas

TYPES = {
    "code": "string",
    "feature_id": "string",
    "other_id": "string",
    "value": "float64",
    "limit": "float64",
    "detail": "string",
    "source": "string",
}
"""Columns of a findings frame and their types, beside `geometry`."""

FINDING_COLUMNS = tuple(TYPES)
"""Names of these columns, in their order."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        code: An entry of `schemas/findings.yaml`, for instance `thua_dat.overlap`.
        feature_id: The parcel, register row or file it is about.
        other_id: The second parcel or row of a pair.
        value: What was measured, in the unit the catalogue gives for the code.
        limit: What was allowed, in the same unit.
        detail: The raw value or a short note. Never a name or an identity number.
        source: Path of the file inside the package.
        geometry: Where, in the CRS of the package.
    """

    code: str
    feature_id: str
    other_id: str | None = None
    value: float | None = None
    limit: float | None = None
    detail: str | None = None
    source: str | None = None
    geometry: BaseGeometry | None = None


@cache
def known_codes() -> frozenset[str]:
    """Return every code of the catalogue."""
    return frozenset(schemas.findings())


def build(
    code: str,
    feature_id: Sequence[str] | pd.Series | np.ndarray[Any, Any],
    *,
    crs: Any,
    other_id: Any = None,
    value: Any = None,
    limit: Any = None,
    detail: Any = None,
    source: Any = None,
    geometry: Any = None,
) -> gpd.GeoDataFrame:
    """Return a findings frame for one code; every argument is a column or one value for all rows.

    Raises:
        KeyError: The code is not in the catalogue. A typing error must not hide a finding.
    """
    if code not in known_codes():
        raise KeyError(code)
    if not len(feature_id):
        return empty(crs)
    about = pd.Series(np.asarray(feature_id, dtype=object)).astype("string")
    told = {"other_id": other_id, "value": value, "limit": limit, "detail": detail, "source": source}
    columns = {name: _column(values, TYPES[name], len(about)) for name, values in told.items()}
    rows = pd.DataFrame({"code": _column(code, "string", len(about)), "feature_id": about, **columns})
    return gpd.GeoDataFrame(rows, geometry=_geometry(geometry, len(rows)), crs=crs)


def of(items: Iterable[Finding], *, crs: Any) -> gpd.GeoDataFrame:
    """Return a findings frame for findings made one by one.

    Raises:
        KeyError: A code is not in the catalogue.
    """
    found = list(items)
    unknown = {item.code for item in found} - known_codes()
    if unknown:
        raise KeyError(sorted(unknown)[0])
    rows = pd.DataFrame(
        [[getattr(item, name) for name in FINDING_COLUMNS] for item in found], columns=list(FINDING_COLUMNS)
    )
    return _typed(gpd.GeoDataFrame(rows, geometry=[item.geometry for item in found], crs=crs))


def empty(crs: Any) -> gpd.GeoDataFrame:
    """Return a findings frame without rows."""
    return _empty(CRS.from_user_input(crs) if crs is not None else None).copy()


@cache
def _empty(crs: CRS | None) -> gpd.GeoDataFrame:
    columns = {name: pd.Series([], dtype=kind) for name, kind in TYPES.items()}
    return gpd.GeoDataFrame(columns, geometry=[], crs=crs)


def concat(frames: Iterable[gpd.GeoDataFrame], *, crs: Any) -> gpd.GeoDataFrame:
    """Return all findings as one frame, in the order given."""
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return empty(crs)
    joined = pd.concat([pd.DataFrame(frame) for frame in filled], ignore_index=True)
    return _typed(gpd.GeoDataFrame(joined, geometry="geometry", crs=crs))


def write(findings: gpd.GeoDataFrame, path: Path) -> None:
    """Write findings as GeoParquet."""
    findings.to_parquet(path, index=False)


def read(path: Path) -> gpd.GeoDataFrame:
    """Read findings written by `write`."""
    return _typed(gpd.read_parquet(path))


def _column(values: Any, kind: str, length: int) -> Any:
    """Return a column, or one value for all rows, as an array of a type without an index: it goes by position."""
    if not isinstance(values, pd.Series):
        many = isinstance(values, np.ndarray | list | tuple | pd.Index | pd.api.extensions.ExtensionArray)
        values = pd.Series(values if many else [values] * length, dtype=object if kind == "string" else None)
    return values.astype(kind).array


def _geometry(geometry: Any, length: int) -> Any:
    if geometry is None or isinstance(geometry, BaseGeometry):
        return [geometry] * length
    return np.asarray(geometry, dtype=object)


def _typed(findings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    other = {name: kind for name, kind in TYPES.items() if findings[name].dtype != kind}
    return (findings.astype(other) if other else findings)[[*FINDING_COLUMNS, "geometry"]]
