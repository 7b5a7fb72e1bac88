"""What the earlier steps left for one commune, as frames."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq

from pipelines import findings as findings_of
from pipelines.crs import srid
from pipelines.errors import StoreError
from pipelines.files import sha256_of
from pipelines.fingerprint import fingerprint as code

_STATEMENTS = frozenset({"package/inventory.json", "validate/verdict.json", "validate/summary.json"})
"""What a load reads beside the frames."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A judged commune, ready to be loaded.

    Attributes:
        ma_xa: Commune code.
        ky_dia_gioi: Era of the code.
        date: Date of the package, from which its content holds (ISO 8601).
        srid: Zone of all geometries (EPSG code).
        sha256: Hash of the package.
        parcels: normalize/thua_dat.
        tables: The other public layers, by name.
        holders: The personal layers, by name. Never published.
        findings: All findings.
        grades: feature_id, xep_loai, ly_do.
        verdict: The decision on acceptance.
        summary: Counts and the data quality index.
        inputs: Hash of everything the load depends on, where it was read from files.
    """

    ma_xa: str
    ky_dia_gioi: str
    date: str
    srid: int
    sha256: str
    parcels: gpd.GeoDataFrame
    findings: gpd.GeoDataFrame
    grades: pd.DataFrame
    verdict: Mapping[str, Any]
    summary: Mapping[str, Any] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    holders: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    inputs: str | None = None

    @property
    def scope(self) -> tuple[str, str]:
        """Key of the commune: the code alone says nothing, codes of 2025 reuse old ones."""
        return self.ma_xa, self.ky_dia_gioi


def read(home: Path, commune: str) -> Delivery:
    """Read what package, normalize and validate wrote.

    Raises:
        StoreError: A file of an earlier step is missing.
        CrsError: The CRS of the package has no EPSG code.
    """
    base = home / commune
    if not (base / "normalize" / "thua_dat.parquet").exists():
        raise _incomplete(commune, "normalize/thua_dat.parquet")
    try:
        package = inventory(home, commune)
        layers = _layers(base / "normalize")
        return Delivery(
            ma_xa=str(package["commune"]),
            ky_dia_gioi=str(package["era"]),
            date=str(package["date"]),
            srid=srid(package["crs"]),
            sha256=str(package["sha256"]),
            parcels=gpd.GeoDataFrame(layers.pop("thua_dat")),
            tables=layers,
            holders=_layers(base / "normalize" / "holders"),
            findings=findings_of.read(base / "validate" / "findings.parquet"),
            grades=pd.read_parquet(base / "validate" / "grades.parquet"),
            verdict=read_json(base / "validate" / "verdict.json"),
            summary=read_json(base / "validate" / "summary.json"),
        )
    except FileNotFoundError as error:
        raise _incomplete(commune, str(error.filename or error)) from error


def inventory(home: Path, commune: str) -> dict[str, Any]:
    """Return what the step package says of a commune.

    Raises:
        StoreError: It said nothing yet.
    """
    path = home / commune / "package" / "inventory.json"
    if not path.exists():
        raise _incomplete(commune, f"package/{path.name}")
    return read_json(path)


def fingerprint(home: Path, commune: str) -> str:
    """Return one hash of everything a load of the commune depends on: the files of the steps, and the code.

    Raises:
        StoreError: A file of an earlier step is missing.
    """
    base = home / commune
    folders = [base / "package", base / "normalize", base / "validate"]
    paths = [path.relative_to(base).as_posix() for folder in folders for path in folder.rglob("*") if path.is_file()]
    if "normalize/thua_dat.parquet" not in paths:
        raise _incomplete(commune, "normalize/thua_dat.parquet")
    wanted = [name for name in paths if name.endswith(".parquet") or name in _STATEMENTS]
    return f"{code('load')}.{sha256_of(base, wanted)}"


def _incomplete(commune: str, missing: str) -> StoreError:
    return StoreError(
        f"Xã {commune} chưa qua đủ các bước trước khi nạp (thiếu {missing}): hãy chạy `diachinh run`.",
        f"Commune {commune} has not passed all steps before load ({missing} is missing): run `diachinh run`.",
    )


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object."""
    body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return body


def _layers(folder: Path) -> dict[str, pd.DataFrame]:
    return {path.stem: _frame(path) for path in sorted(folder.glob("*.parquet"))}


def _frame(path: Path) -> pd.DataFrame:
    is_spatial = b"geo" in (pq.read_schema(path).metadata or {})
    return gpd.read_parquet(path) if is_spatial else pd.read_parquet(path)
