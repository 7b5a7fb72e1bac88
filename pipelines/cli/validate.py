"""`diachinh validate`: the checks on any parcel layer from anywhere."""

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import settings
from pipelines.errors import SettingsError

_ENDINGS = {"--out": (".gpkg", ".xlsx", ".geojson"), "--report": (".html",)}


def validate(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(help="Tệp thửa đất (mọi định dạng GDAL) / parcel files, any GDAL format")
    ],
    crs: Annotated[str | None, typer.Option(help="Hệ tọa độ để tính / CRS to compute in", show_default=False)] = None,
    scale: Annotated[int | None, typer.Option(help="Mẫu số tỷ lệ / scale denominator", show_default=False)] = None,
    min_area: Annotated[
        float, typer.Option(help="Chồng, hở nhỏ nhất (m²) / smallest overlap or gap that counts")
    ] = 0.01,
    tolerance: Annotated[
        float | None,
        typer.Option(help="Sai số ranh giới (m), thay cho tỷ lệ / boundary error in metres, instead of the scale's"),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(help="so_hieu_to_ban_do=SOTO,so_thu_tu_thua=SOTHUA,…", show_default=False),
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Tên lớp / layer name", show_default=False)] = None,
    fills_plane: Annotated[
        bool,
        typer.Option(
            "--fills-plane",
            help="Đường, mặt nước cũng là thửa: mọi lỗ đều là khe hở / all ground is parcels: every hole is a gap",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Ghi phát hiện ra .gpkg, .xlsx hoặc .geojson / write findings", show_default=False),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Ghi báo cáo .html xem không cần mạng / offline report", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Một đối tượng JSON / one JSON object")] = False,
) -> None:
    """Kiểm tra bất kỳ lớp thửa đất nào / check any parcel layer."""
    _check_numbers(scale, min_area, tolerance)
    pairs = _pairs(columns)
    for option, path in (("--out", out), ("--report", report)):
        if path is not None:
            _check_target(option, path, files)
    from pipelines.validate.anything import validate_files

    limits = settings(context).limits
    made = validate_files(
        files,
        crs=crs,
        scale=scale,
        min_area_m2=min_area,
        boundary_m=tolerance,
        columns=pairs,
        layer=layer,
        fills_plane=fills_plane,
        limits=limits,
    )
    if out is not None:
        made.write(out)
    if report is not None:
        made.write_page(report, [file.name for file in files])
    typer.echo(json.dumps(made.to_json(), ensure_ascii=False) if as_json else made.to_text())


def _check_numbers(scale: int | None, min_area_m2: float, boundary_m: float | None) -> None:
    if scale is not None and scale <= 0:
        raise SettingsError(
            f"--scale {scale} không phải mẫu số tỷ lệ: ghi số dương, ví dụ --scale 1000.",
            f"--scale {scale} is no scale denominator: give a positive number, for instance --scale 1000.",
        )
    if not (math.isfinite(min_area_m2) and min_area_m2 >= 0):
        raise SettingsError(
            f"--min-area {min_area_m2} không phải diện tích: ghi số m² từ 0 trở lên, ví dụ --min-area 0.01.",
            f"--min-area {min_area_m2} is no area: give square metres from 0 up, for instance --min-area 0.01.",
        )
    if boundary_m is not None and not (math.isfinite(boundary_m) and boundary_m > 0):
        raise SettingsError(
            f"--tolerance {boundary_m} không phải khoảng cách: ghi số mét lớn hơn 0, ví dụ --tolerance 0.2.",
            f"--tolerance {boundary_m} is no distance: give metres above 0, for instance --tolerance 0.2.",
        )


def _check_target(option: str, path: Path, files: Sequence[Path]) -> None:
    """Refuse a target before the work, not after it: another ending, an input, a place where nothing can be written."""
    endings = _ENDINGS[option]
    if path.suffix.lower() not in endings:
        raise SettingsError(
            f"Không ghi được “{path}”: {option} cần tên tệp có đuôi {' hoặc '.join(endings)}.",
            f"Cannot write {str(path)!r}: {option} needs a file name ending in {' or '.join(endings)}.",
        )
    if path.resolve() in {file.resolve() for file in files}:
        raise SettingsError(
            f"{option} trỏ vào tệp đang kiểm tra {path}: chọn tên khác.",
            f"{option} names the file to be checked, {path}: choose another name.",
        )
    there = path.parent
    while not there.exists() and there != there.parent:
        there = there.parent
    if path.is_dir() or not there.is_dir() or not os.access(there, os.W_OK):
        raise SettingsError(
            f"Không ghi được “{path}”: chọn thư mục có quyền ghi.",
            f"Cannot write {str(path)!r}: choose a folder that can be written to.",
        )


def _pairs(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    pairs = dict(part.split("=", 1) for part in text.split(",") if part.count("=") >= 1)
    if len(pairs) != len(text.split(",")):
        raise SettingsError(
            f"--columns “{text}” sai dạng: viết tên_chuẩn=TÊN_CỘT, cách nhau bằng dấu phẩy.",
            f"--columns {text!r} is malformed: write canonical_name=COLUMN, separated by commas.",
        )
    return {name.strip(): column.strip() for name, column in pairs.items()}
