"""`diachinh digitize`: a scanned map sheet to georeferenced, numbered parcels, with what has to be looked at."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import settings
from pipelines.errors import CrsError, ReadError, SettingsError

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.scan.folder import Made
    from pipelines.settings import Settings


def digitize(
    context: typer.Context,
    picture: Annotated[Path, typer.Argument(metavar="SHEET", help="Tờ bản đồ quét / scanned sheet: TIFF JPEG PNG PDF")],
    out: Annotated[
        Path | None,
        typer.Option(help="Thư mục kết quả (mặc định: cạnh ảnh) / folder of the results", show_default=False),
    ] = None,
    crs: Annotated[str | None, typer.Option(help="Hệ tọa độ của tờ / CRS of the sheet", show_default=False)] = None,
    scale: Annotated[
        int | None, typer.Option(min=1, help="Mẫu số tỷ lệ / scale denominator", show_default=False)
    ] = None,
    control: Annotated[
        Path | None, typer.Option(help="Bảng điểm khống chế, QGIS .points / control points", show_default=False)
    ] = None,
    register: Annotated[
        Path | None,
        typer.Option(help="Sổ có các thửa của tờ / register with the parcels of the sheet", show_default=False),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(help="Số hiệu tờ trong sổ / number of the sheet in the register", show_default=False)
    ] = None,
    page: Annotated[
        int | None, typer.Option(min=1, help="Trang của PDF, TIFF (mặc định 1) / page", show_default=False)
    ] = None,
    colours: Annotated[
        bool, typer.Option("--colours", help="Nét màu cũng là nét vẽ / coloured lines are drawn lines too")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Một đối tượng JSON / one JSON object")] = False,
) -> None:
    """Số hóa một tờ bản đồ quét / digitize a scanned map sheet."""
    for path in (picture, *([control] if control else []), *([register] if register else [])):
        if not path.is_file():
            raise ReadError(f"Không có tệp {path}: kiểm tra đường dẫn.", f"There is no file {path}: check the path.")
    paged = f"_{page}" if page is not None and page > 1 else ""
    folder = (out or picture.with_name(picture.stem + paged)).resolve()
    from pipelines.scan import folder as folder_work

    chosen = settings(context)
    folder_work.check_folder(folder)
    _need_crs(crs)
    listed = _listed(register, sheet, picture, chosen) if register is not None else None
    wanted = folder_work.Wanted(page, scale, crs, chosen.crs, control, listed, picture.name, colours, sheet)
    made = folder_work.make_apart(picture, folder, wanted, folder_work.limits(chosen.limits))
    typer.echo(json.dumps(made.figures, ensure_ascii=False) if as_json else _text(made, folder))


def _need_crs(crs: str | None) -> None:
    """Refuse a CRS in which no areas can be measured."""
    if crs is None:
        return
    from pipelines.crs import parse

    if not parse(crs).is_projected:
        raise CrsError(
            f"--crs {crs} không phải hệ phẳng tính bằng mét: ghi múi, ví dụ EPSG:5897.",
            f"--crs {crs} is no plane system in metres: name the zone, such as EPSG:5897.",
        )


def _listed(register: Path, sheet: str | None, picture: Path, chosen: "Settings") -> "pd.DataFrame":
    """Return the rows of the register for this sheet, read in a child process."""
    from pipelines import sandbox
    from pipelines.scan.numbers import lists

    listed = sandbox.call(lists.read, register, limits=chosen.limits)
    found = lists.of_sheet(listed, sheet or lists.number_in(picture.stem))
    if found is None:
        raise SettingsError(
            f"{register.name} có nhiều tờ bản đồ: ghi số hiệu tờ này bằng --sheet.",
            f"{register.name} holds several map sheets: name this one with --sheet.",
        )
    return found


def _text(made: "Made", folder: Path) -> str:
    """Return what came of the sheet, Vietnamese first."""
    from pipelines import reports
    from pipelines.scan.folder import PROFILE

    told = made.figures
    place = "chưa có tọa độ / no place"
    if told["crs"]:
        place = f"{told['crs']} 1:{told['scale']}, RMS {told['rms_m']:.2f} m, ± {told['error_m']:.2f} m"
    page = [f"trang {told['page']}/{told['pages']} / page {told['page']} of {told['pages']}"]
    title = [
        f"{name} {sign}{told['printed'][key]}"
        for key, name, sign in (("number", "tờ số / sheet", ""), ("scale", "tỷ lệ / scale", "1:"), ("commune", "", ""))
        if told["printed"][key] is not None
    ]
    lines = [
        *(page if told["pages"] > 1 else []),
        *(["in trên tờ / printed: " + " · ".join(map(str.strip, title))] if title else []),
        f"{told['width']} x {told['height']} px, {told['dpi']} dpi · {place}",
        f"{told['parcels']} thửa / parcels · {told['numbered']} có số / numbered · {told['sure']} chắc chắn / sure",
        *reports.count_lines(made.findings, PROFILE),
        f"{folder} · {told['seconds']} s",
    ]
    return "\n".join(lines)
