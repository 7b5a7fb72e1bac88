"""`diachinh validate`: the checks on any parcel layer from anywhere."""

import json
from pathlib import Path
from typing import Annotated

import typer

from pipelines.errors import SettingsError


def validate(
    files: Annotated[
        list[Path], typer.Argument(help="Tệp thửa đất (mọi định dạng GDAL) / parcel files, any GDAL format")
    ],
    crs: Annotated[str | None, typer.Option(help="Hệ tọa độ để tính / CRS to compute in", show_default=False)] = None,
    scale: Annotated[int | None, typer.Option(help="Mẫu số tỷ lệ / scale denominator", show_default=False)] = None,
    min_area: Annotated[
        float, typer.Option(help="Chồng, hở nhỏ nhất (m²) / smallest overlap or gap that counts")
    ] = 0.01,
    columns: Annotated[
        str | None,
        typer.Option(help="so_hieu_to_ban_do=SOTO,so_thu_tu_thua=SOTHUA,…", show_default=False),
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Tên lớp / layer name", show_default=False)] = None,
    out: Annotated[
        Path | None, typer.Option(help="Ghi phát hiện ra .gpkg hoặc .xlsx / write findings", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Một đối tượng JSON / one JSON object")] = False,
) -> None:
    """Kiểm tra bất kỳ lớp thửa đất nào / check any parcel layer."""
    from pipelines.validate.anything import validate_files

    report = validate_files(files, crs=crs, scale=scale, min_area_m2=min_area, columns=_pairs(columns), layer=layer)
    if out is not None:
        report.write(out)
    typer.echo(json.dumps(report.to_json(), ensure_ascii=False) if as_json else report.to_text())


def _pairs(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    pairs = dict(part.split("=", 1) for part in text.split(",") if part.count("=") >= 1)
    if len(pairs) != len(text.split(",")):
        raise SettingsError(
            f"--columns “{text}” sai dạng: viết tên_chuẩn=TÊN_CỘT, cách nhau bằng dấu phẩy.",
            f"--columns {text!r} is malformed: write canonical_name=COLUMN, separated by commas.",
        )
    return pairs
