"""Settings: few keys, no unknown ones, passed as an argument."""

import os
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import SettingsError
from pipelines.sandbox import Limits

FILES = ("key_file", "commune_boundaries", "admin_crosswalk", "statistics")
"""Settings that name files; in a settings file their relative paths begin in its folder, wherever a command runs."""

STORE_VARIABLE = "DIACHINH_STORE"
"""Environment variable that names the store, for all commands of a session."""


class Settings(BaseModel):
    """How a province runs the pipeline. Files that a settings file names (`FILES`) are looked for beside it.

    Attributes:
        home: Folder of everything that is made: `<commune>/`, `land.gpkg`, `release/`.
        store: The land database: `gpkg:FOLDER` (in `home` when left out) or `postgresql://…`; a password belongs in
            `~/.pgpass` or PGPASSWORD.
        province: Province code (two digits) in the list of provinces.
        crs: Zone of the province, for layers that come without a word about their own.
        profile: Severity profile that decides on acceptance.
        key_file: Key for identity numbers, outside the database; made on first use.
        commune_boundaries: Optional polygon file with the official outlines of communes (any GDAL format).
        commune_code_column: Column of that file holding the commune code.
        boundary_accuracy_m: How far those outlines may be off, in metres; parcels nearer to a line are undecided.
        admin_crosswalk: Optional CSV of old and new communes that takes the place of the built-in table.
        snap_m: Tolerance in metres for joining drawn line work, per scale denominator.
        min_area_m2: Smallest overlap or gap that counts.
        statistics: Optional table of the areas of communes by the land statistics (CSV or XLSX); see
            `pipelines.province.totals`.
        max_total_share: By what share the parcels of a commune may add up to more or less than the statistics say.
        max_parcels_lost: What share of a commune's parcels a release may have less than the one before.
        max_area_lost: The same for its area.
        max_completeness_lost: The same for the share of filled key columns.
        max_moved_m: How far its parcels may have moved in the mean, in metres; unset, the move is only told.
        read_seconds: How long the reading of one file may take.
        read_memory_gib: How much memory it may take.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path = Path("build")
    store: str | None = Field(default=None, pattern=r"^(gpkg:.|postgres(ql)?://)")
    province: str = Field(default="38", pattern=r"^\d{2}$")
    crs: str = "EPSG:5897"
    profile: str = "acceptance"
    key_file: Path | None = None
    commune_boundaries: Path | None = None
    commune_code_column: str = "code"
    boundary_accuracy_m: float = Field(default=300.0, ge=0)
    admin_crosswalk: Path | None = None
    snap_m: dict[int, float] = {200: 0.02, 500: 0.02, 1000: 0.05, 2000: 0.10, 5000: 0.25, 10000: 0.50}
    min_area_m2: float = Field(default=0.01, gt=0)
    statistics: Path | None = None
    max_total_share: float = Field(default=0.01, ge=0)
    max_parcels_lost: float = Field(default=0.05, ge=0, le=1)
    max_area_lost: float = Field(default=0.05, ge=0, le=1)
    max_completeness_lost: float = Field(default=0.05, ge=0, le=1)
    max_moved_m: float | None = Field(default=None, ge=0)
    read_seconds: float = Field(default=300.0, gt=0)
    read_memory_gib: float = Field(default=3.0, gt=0)

    @property
    def database(self) -> str:
        """Return the address of the land database."""
        return self.store or f"gpkg:{self.home}"

    @property
    def limits(self) -> Limits:
        """Return what the reading of one file may take."""
        return Limits(self.read_seconds, int(self.read_memory_gib * 1024**3))

    def snap_for(self, scale: int) -> float:
        """Return the snapping tolerance in metres for a scale denominator (the next finer one listed)."""
        finer = [denominator for denominator in sorted(self.snap_m) if denominator <= scale]
        return self.snap_m[finer[-1]] if finer else self.snap_m[min(self.snap_m)]


def load(path: Path | None = None, **overrides: Any) -> Settings:
    """Read settings from YAML; the store that the environment names wins over the file, keyword arguments over both.

    Raises:
        SettingsError: The file is missing, is not YAML, or has a key or value that cannot be used.
    """
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            if not isinstance(values, dict):
                raise TypeError("no mapping")
        except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
            raise SettingsError(
                f"Không đọc được tệp cấu hình {path}: kiểm tra đường dẫn và cú pháp YAML.",
                f"The settings file {path} cannot be read: check its path and YAML syntax.",
            ) from error
        # Snakemake works in another folder than the one the command was given in.
        folder = path.resolve().parent
        values |= {name: folder / values[name] for name in FILES if isinstance(values.get(name), str)}
        if str(values.get("store", "")).startswith("gpkg:"):
            values["store"] = f"gpkg:{path.resolve().parent / values['store'].removeprefix('gpkg:')}"
    if named := os.environ.get(STORE_VARIABLE):
        values["store"] = _absolute(named)
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"Cấu hình có khóa “{key}” không dùng được: {first['msg']}.",
            f"The setting {key!r} cannot be used: {first['msg']}.",
        ) from error


def _absolute(store: str) -> str:
    """Return the store that the environment names; Snakemake works in another folder than the one of the command.

    Raises:
        SettingsError: It is a folder whose path does not begin at the root.
    """
    if store.startswith("gpkg:") and not Path(store.removeprefix("gpkg:")).is_absolute():
        raise SettingsError(
            f"Biến {STORE_VARIABLE} cần đường dẫn đầy đủ, ví dụ gpkg:/srv/dia_chinh: sửa biến đó.",
            f"The variable {STORE_VARIABLE} needs a full path, such as gpkg:/srv/cadastre: mend it.",
        )
    return store
