"""Validate any parcel layer, without a package, a profile or a configuration."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
from pyogrio.errors import DataSourceError

from pipelines import reports
from pipelines.errors import SettingsError
from pipelines.sandbox import Limits
from pipelines.tolerances import DEFAULT_SCALE, Tolerances
from pipelines.validate.checks import examine
from pipelines.validate.grade import Judgement, judge
from pipelines.validate.reading import canonical, frame_size, read_layers
from pipelines.wording import decimals

PROFILE = "acceptance"


@dataclass(frozen=True)
class Report:
    """What was found in a parcel layer.

    Attributes:
        parcels: The parcels in the CRS of the computation, with the columns that were recognised.
        findings: Findings in the same CRS.
        judgement: Grades, summary and verdict by the profile.
        tolerances: What was allowed.
        seconds: Time from opening the files to the last finding.
        profile: Name of the severity profile.
    """

    parcels: gpd.GeoDataFrame
    findings: gpd.GeoDataFrame
    judgement: Judgement
    tolerances: Tolerances
    seconds: float
    profile: str = PROFILE

    def to_json(self) -> dict[str, Any]:
        """Return the report as one JSON object."""
        return {
            **frame_size(self.parcels),
            "tolerance": self.tolerances.as_dict(),
            "findings": self.judgement.summary["findings"],
            "grades": self.judgement.summary["grades"],
            "dqi": self.judgement.summary["dqi"],
            "verdict": self.judgement.verdict,
            "seconds": round(self.seconds, 3),
        }

    def to_text(self) -> str:
        """Return the report for a person at a terminal, Vietnamese first."""
        size = frame_size(self.parcels)
        grades = self.judgement.summary["grades"]
        lines = [
            f"{size['features']:,} thửa / parcels · {size['crs']} · 1:{self.tolerances.scale} · {self.seconds:.2f} s",
            *reports.count_lines(self.findings, self.profile),
            "Xếp loại / grades: " + " · ".join(f"{grade}: {count:,}" for grade, count in grades.items()),
            self._verdict(),
        ]
        return "\n".join(lines)

    def _verdict(self) -> str:
        verdict, dqi = self.judgement.verdict, self.judgement.summary["dqi"]
        words = "đủ điều kiện nhận / fit to be taken" if verdict["accepted"] else "chưa đủ điều kiện / refused"
        index = "" if dqi is None else f" · DQI {decimals(100 * dqi, 1, 'vi')} %"
        return f"Kết luận / verdict: {words}{index}"

    def write(self, path: Path) -> None:
        """Write the findings as GeoPackage (.gpkg), fix list (.xlsx) or features in WGS 84 (.geojson).

        Raises:
            SettingsError: The ending of the file name is another one, or nothing can be written there.
        """
        with _writing(path):
            reports.write(self.findings, self.parcels, path, self.profile)

    def write_page(self, path: Path, names: Sequence[str]) -> None:
        """Write the report as one HTML page that needs nothing else.

        Args:
            path: The .html file.
            names: Names of the files that were checked.

        Raises:
            SettingsError: Nothing can be written there.
        """
        from pipelines import htmlreport

        page = htmlreport.render(
            self.findings,
            self.parcels,
            profile=self.profile,
            names=names,
            grades=self.judgement.summary["grades"],
            tolerances=self.tolerances,
            summary=self.judgement.summary,
            verdict=self.judgement.verdict,
        )
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f".{path.name}.new")
            partial.write_text(page, encoding="utf-8")
            partial.replace(path)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Say in one line that a file cannot be written."""
    try:
        yield
    except (OSError, DataSourceError) as error:
        raise SettingsError(
            f"Không ghi được “{path}”: kiểm tra quyền ghi, chỗ trống, và tệp có đang mở ở chương trình khác không.",
            f"Cannot write {str(path)!r}: check the rights, the space left, and whether another program has it open.",
        ) from error


def validate_files(
    paths: Sequence[Path],
    crs: str | None = None,
    scale: int | None = None,
    min_area_m2: float = 0.01,
    boundary_m: float | None = None,
    columns: Mapping[str, str] | None = None,
    layer: str | None = None,
    fills_plane: bool = False,
    limits: Limits | None = None,
) -> Report:
    """Check the parcels of one or more files as one layer.

    Args:
        paths: Files of any GDAL vector format, or GeoParquet.
        crs: CRS to compute in. Without it: that of the files when it has metres, else the official one of the place.
        scale: Scale denominator of the map, for tolerances.
        min_area_m2: Smallest overlap or gap that counts, in m².
        boundary_m: Relative error of boundary points, in metres; None takes that of the scale.
        columns: Attribute to column name, for columns whose name tells nothing.
        layer: Layer name, where a file has several.
        fills_plane: Whether roads and water are parcels too, so that every hole is a gap.
        limits: Time and memory that the reading of one file may take.

    Raises:
        ReadError: A file cannot be read, takes more than the limits, or has no polygons.
        CrsError: A file has no CRS and none is given, or its coordinates contradict it.
        SettingsError: `columns` cannot be used.
    """
    started = time.perf_counter()
    tolerances = Tolerances(scale or DEFAULT_SCALE, min_area_m2, boundary_m=boundary_m)
    parcels = canonical(read_layers(paths, layer, crs, limits), columns)
    found = examine(parcels, tolerances, fills_plane=fills_plane)
    judgement = judge(parcels, found, PROFILE)
    return Report(parcels, found, judgement, tolerances, time.perf_counter() - started)
