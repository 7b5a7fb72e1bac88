"""The folder of a sheet: everything a scan became, written as a whole or not at all; what an officer edited goes along.

`review.gpkg` to work in, `sheet.tif` to look at, `control.points` to place it by, `report.html`, `findings.gpkg`, and
`corrections.geojson`, which keeps what officers corrected over every re-run. Other files in the folder stay in it.
"""

import hashlib
import json
import shutil
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from pipelines import crs as crs_work
from pipelines import sandbox
from pipelines.errors import ReadError, SettingsError
from pipelines.files import tidy, writing
from pipelines.sandbox import Limits
from pipelines.scan import sheet as sheet_work
from pipelines.scan.desk import corrections as correction_work
from pipelines.scan.desk import edits as edit_work
from pipelines.scan.sheet import Sheet

REVIEW, CORRECTIONS, POINTS = "review.gpkg", "corrections.geojson", "control.points"
OURS = frozenset({REVIEW, CORRECTIONS, POINTS, "sheet.tif", "report.html", "findings.gpkg"})

PROFILE = "acceptance"
_SECONDS = 900.0
_MEMORY_BYTES = 6 * 1024**3
_SAME_LINE_MM = 0.25
_MM_PER_INCH = 25.4
_FEW = 3
"""Fewer closed faces than that, with nothing else of a map, are no map."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known about a sheet beforehand.

    Attributes:
        page: Page of the file, from 1; None reads the first, and tells of others.
        scale: Scale denominator.
        crs: CRS of the ground.
        zone: CRS to assume for printed coordinates that lie in it.
        control: Table of control points.
        listed: Rows of the register of the sheet: `number`, `area`, `code`.
        source: How the file is called in findings.
        colours_are_ink: Whether lines are drawn in colours too; else coloured ink is left out as stamps are.
        number: Number of the sheet in the commune as an officer, the package or the name of the file says.
    """

    page: int | None = None
    scale: int | None = None
    crs: str | None = None
    zone: str | None = None
    control: Path | None = None
    listed: pd.DataFrame | None = None
    source: str | None = None
    colours_are_ink: bool = False
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What a sheet became, small enough to be handed on.

    Attributes:
        figures: What there is of everything, see `figures`.
        layers: Layers of the review file, with `feature_id` in `thua`.
        findings: What is to be told, in the CRS of the sheet.
        crs: That CRS; None without a place.
        scale: Scale denominator, None where nothing tells.
    """

    figures: dict[str, Any]
    layers: dict[str, gpd.GeoDataFrame]
    findings: gpd.GeoDataFrame
    crs: Any
    scale: int | None


def make(path: Path, folder: Path, wanted: Wanted) -> Made:
    """Digitize a page into its folder, with what was edited there before.

    Args:
        path: TIFF, JPEG, PNG or PDF.
        folder: Where everything goes.
        wanted: What is known beforehand.

    Raises:
        ReadError: The file is no picture of a map, or what is in the folder cannot be taken over.
        SettingsError: There is no such page, or the folder is somebody else's.
        CadastreError: What a stage says.
    """
    from pipelines.scan.desk import preview, review, told
    from pipelines.scan.picture import pages
    from pipelines.scan.place import residuals

    started = time.monotonic()
    check_folder(folder)
    tidy(folder)
    opened = pages.open_pages(path)
    page = _page(opened, wanted.page or 1, path)
    key = sheet_work.key(path, page.number)
    kept = correction_work.read(folder / CORRECTIONS, key)
    before = edit_work.read(folder / REVIEW, key) if (folder / REVIEW).exists() else None
    by_officer = _by_officer(folder, before)

    def corrected(px_per_mm: float) -> gpd.GeoDataFrame:
        if before is None:
            return kept
        near = max(2.0, _SAME_LINE_MM * px_per_mm)
        return correction_work.merged(kept, before.corrections, before.taken_back, before.faces, near)

    sheet = sheet_work.digitize(
        page,
        listed=wanted.listed,
        control=wanted.control or (folder / POINTS if by_officer else None),
        scale=wanted.scale,
        crs=wanted.crs,
        zone=wanted.zone,
        corrections=corrected,
        colours_are_ink=wanted.colours_are_ink,
    )
    _need_map(sheet)
    source = wanted.source or path.name
    found = told.about(sheet, source, wanted.listed, len(opened) if wanted.page is None else 1, number=wanted.number)
    counted = figures(sheet, found) | {"pages": len(opened)}
    layers = review.layers(sheet)
    drawn = "" if sheet.placed is None else residuals.render(sheet.placed)
    with writing(folder) as new:
        _write(sheet, layers, found, new, key, "officer" if by_officer or wanted.control else "program")
        counted["seconds"] = round(time.monotonic() - started, 1)
        (new / "report.html").write_text(preview.page(sheet, found, counted, drawn), encoding="utf-8")
        _carry(folder, new)
    return Made(counted, layers, found, sheet.ground.crs, sheet.scale)


def _need_map(sheet: Sheet) -> None:
    """Refuse a page on which nothing of a map was found: a letter, a folded blank page, a picture of something else."""
    is_parcel = (sheet.faces.polygons["kind"] == "parcel").to_numpy()
    is_map = sheet.frame is not None or sheet.placed is not None or len(sheet.corrections)
    if is_map or is_parcel.sum() >= _FEW or sheet.labels.faces["number"].notna().any():
        return
    name, number = sheet.page.path.name, sheet.page.number
    raise ReadError(
        f"{name}: trang {number} không có khung, thửa khép kín hay số thửa nào của tờ bản đồ: kiểm tra lại tệp, hoặc "
        "đặt điểm khống chế (--control) nếu đây là tờ bản đồ.",
        f"{name}: page {number} has no frame, no closed parcels and no numbers of a map sheet: check the file, or give "
        "control points (--control) if it is one.",
    )


def make_apart(path: Path, folder: Path, wanted: Wanted, limits: Limits) -> Made:
    """Digitize a page in a child process, see `make`; one that is stopped leaves nothing beside the folder."""
    try:
        made: Made = sandbox.call(make, path, folder, wanted, limits=limits, has_threads=True)
    except BaseException:
        tidy(folder)
        raise
    return made


def limits(of_files: Limits) -> Limits:
    """Return what the reading of a picture may take: more than a file, since a picture is large when it is unpacked."""
    return Limits(max(of_files.seconds, _SECONDS), max(of_files.memory_bytes, _MEMORY_BYTES))


def figures(sheet: Sheet, found: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return what there is of everything in a sheet, as one JSON object."""
    from pipelines.scan.desk.review import doubtful, said
    from pipelines.scan.place import printed, residuals

    faces, labels, doubt = sheet.faces.polygons, said(sheet), doubtful(sheet)
    is_parcel = (faces["kind"] == "parcel").to_numpy()
    placed, frame = sheet.placed, sheet.frame
    counts = found["code"].value_counts()
    return {
        "page": sheet.page.number,
        "width": sheet.page.width,
        "height": sheet.page.height,
        "shrink": sheet.page.shrink,
        "dpi": round(sheet.px_per_mm * _MM_PER_INCH, 1),
        "scale": sheet.scale,
        "crs": None if placed is None else _called(placed.crs),
        "sheet": None if placed is None else placed.name,
        "printed": printed.title(sheet.printed),
        "frame": frame is not None,
        "crosses": 0 if frame is None else len(frame.crosses),
        "rms_m": None if placed is None else round(float(placed.warp.rms_m), 4),
        "error_m": None if placed is None else round(residuals.error_m(placed, sheet.grey), 4),
        "faces": len(faces),
        "parcels": int(is_parcel.sum()),
        "numbered": int((is_parcel & labels["number"].notna().to_numpy()).sum()),
        "sure": int((is_parcel & ~doubt.any(axis=1).to_numpy()).sum()),
        "corrections": len(sheet.corrections),
        "findings": {str(code): int(count) for code, count in sorted(counts.items())},
    }


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds other things than a sheet.

    Raises:
        SettingsError: It is a file, or a folder of something else.
    """
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists() and not (folder / REVIEW).exists() and not (folder / CORRECTIONS).exists():
        raise SettingsError(
            f"{folder} đã có và không phải kết quả số hóa: chọn thư mục mới bằng --out.",
            f"{folder} exists and is no digitized sheet: choose a new folder with --out.",
        )


def _page(pages: list[Any], number: int, path: Path) -> Any:
    if 1 <= number <= len(pages):
        return pages[number - 1]
    raise SettingsError(
        f"{path.name} có {len(pages)} trang, không có trang {number}: sửa --page.",
        f"{path.name} has {len(pages)} pages and no page {number}: mend --page.",
    )


def _by_officer(folder: Path, before: edit_work.Edits | None) -> bool:
    """Tell whether the control points in a folder are those of an officer: edited now or on an earlier run."""
    path = folder / POINTS
    if not path.exists():
        return False
    about = before.about if before is not None else {}
    return about.get("points_by") == "officer" or about.get("points") != _hash(path)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write(
    sheet: Sheet, layers: dict[str, gpd.GeoDataFrame], found: gpd.GeoDataFrame, new: Path, key: str, points_by: str
) -> None:
    from pipelines import reports
    from pipelines.scan.desk import review
    from pipelines.scan.place import cog, points, printed

    about = {"points_by": points_by, "printed": json.dumps(printed.title(sheet.printed), ensure_ascii=False)}
    if sheet.placed is not None:
        points.write(sheet.placed, new / POINTS, sheet.page.shrink)
        about["points"] = _hash(new / POINTS)
        cog.write(sheet.grey, sheet.placed, new / "sheet.tif")
    else:
        _bare(sheet.grey, new / "sheet.tif")
    review.write(sheet, layers, new / REVIEW, key, about)
    correction_work.write(sheet.corrections, new / CORRECTIONS, key)
    parcels = layers["thua"].assign(so_thu_tu_thua=layers["thua"]["so_thua"], feature_id="")
    with warnings.catch_warnings():
        # A sheet without a place has no CRS, and that is meant.
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        reports.write(found, parcels, new / "findings.gpkg", PROFILE)


def _bare(grey: Any, path: Path) -> None:
    """Write the picture of a sheet without a place."""
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        height, width = grey.shape
        with rasterio.open(
            path, "w", driver="COG", width=width, height=height, count=1, dtype=np.uint8, compress="DEFLATE"
        ) as target:
            target.write(grey, 1)


def _carry(folder: Path, new: Path) -> None:
    """Keep the files that somebody else put into the folder: a project of QGIS, notes."""
    if not folder.is_dir():
        return
    for other in sorted(folder.iterdir()):
        if other.name in OURS or other.name.startswith(tuple(f"{name}-" for name in OURS)):
            continue
        if other.is_dir():
            shutil.copytree(other, new / other.name, symlinks=True)
        else:
            shutil.copy2(other, new / other.name, follow_symlinks=False)


def _called(crs: Any) -> str:
    """Return how a CRS is written in settings: its EPSG number, else its name."""
    parsed = crs_work.parse(crs)
    code = parsed.to_epsg()
    return f"EPSG:{code}" if code else str(parsed.name)
