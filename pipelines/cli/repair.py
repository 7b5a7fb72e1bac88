"""`diachinh repair`: what can be put right without a surveyor, with proof, and the way back."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import settings
from pipelines.errors import SettingsError

if TYPE_CHECKING:
    from pipelines.repair import Repaired

TITLES = {
    "sua.made_valid": "Vòng ranh hợp lệ / ring made valid",
    "sua.repeated_vertex": "Bỏ đỉnh trùng / repeated vertex removed",
    "sua.spike": "Bỏ gai nhọn / spike removed",
    "sua.matched": "Khớp đỉnh với thửa kề / nodes matched with the neighbour",
    "sua.closed": "Khép hở, chồng / gap or overlap closed",
    "sua.merged": "Nhập mảnh vụn / sliver merged",
    "sua.decoded": "Đổi bảng mã / text decoded",
    "sua.zero_filled": "Thêm số 0 đầu / leading zero restored",
    "sua.spaces": "Chuẩn khoảng trắng / spaces put right",
}


def repair(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(help="Tệp thửa đất (mọi định dạng GDAL) / parcel files, any GDAL format")
    ],
    out: Annotated[Path, typer.Option(help="Ghi lớp đã sửa ra .gpkg / write the repaired layer", show_default=False)],
    crs: Annotated[str | None, typer.Option(help="Hệ tọa độ để tính / CRS to compute in", show_default=False)] = None,
    scale: Annotated[int | None, typer.Option(help="Mẫu số tỷ lệ / scale denominator", show_default=False)] = None,
    layer: Annotated[str | None, typer.Option(help="Tên lớp / layer name", show_default=False)] = None,
    only: Annotated[
        str | None,
        typer.Option(
            help="valid,vertices,spikes,nodes,ground,slivers,texts,numbers,spaces; mặc định tất cả / default all",
            show_default=False,
        ),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Trả về dữ liệu gốc / give the input back")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Một đối tượng JSON / one JSON object")] = False,
) -> None:
    """Sửa trong hạn sai, có chứng cứ, hoàn tác được / repair within tolerance, with proof, can be undone."""
    _check(files, out, scale)
    from pipelines.repair import KINDS
    from pipelines.repair import files as written

    if undo:
        if len(files) != 1:
            raise SettingsError(
                "--undo cần đúng một tệp do `diachinh repair` ghi.",
                "--undo needs exactly one file written by `diachinh repair`.",
            )
        count = len(written.undo(files[0], out))
        typer.echo(json.dumps({"features": count}) if as_json else f"{count:,} thửa gốc / original parcels → {out}")
        return
    kinds = KINDS if only is None else tuple(part.strip() for part in only.split(","))
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise SettingsError(
            f"--only: không có loại sửa “{unknown[0]}”; có: {', '.join(KINDS)}.",
            f"--only: there is no kind of repair {unknown[0]!r}; there are: {', '.join(KINDS)}.",
        )
    made, told = _repaired(files, crs, scale, layer, kinds, settings(context).limits)
    written.write(made, out)
    codes = made.repairs["code"].value_counts()
    if as_json:
        counts = {code: {"before": before, "after": after} for code, (before, after) in made.counts().items()}
        repairs = {str(code): int(count) for code, count in sorted(codes.items())}
        typer.echo(json.dumps({**told, "repairs": repairs, "findings": counts, "left": made.left}, ensure_ascii=False))
        return
    lines = [f"{told['features']:,} thửa / parcels · {told['crs']} · 1:{told['tolerance']['scale']}"]
    lines += [f"{code:<22} {count:>8,}  {TITLES[str(code)]}" for code, count in sorted(codes.items())]
    lines += ["Phát hiện trước → sau / findings before → after"]
    lines += [f"{code:<28} {before:>8,} → {after:,}" for code, (before, after) in made.counts().items()]
    if any(after for _, after in made.counts().values()):
        lines.append("Còn lại: sửa sẽ vượt hạn sai hoặc không chắc chắn / left: beyond the tolerance, or not certain")
    typer.echo("\n".join(lines))


def _repaired(
    files: Sequence[Path], crs: str | None, scale: int | None, layer: str | None, kinds: Sequence[str], limits: Any
) -> "tuple[Repaired, dict[str, Any]]":
    """Return the repair, and what to tell about the layer."""
    import geopandas as gpd
    import pandas as pd

    from pipelines import vectors
    from pipelines.repair import KEPT, KEY, repair
    from pipelines.repair.files import check_columns
    from pipelines.tolerances import DEFAULT_SCALE, Tolerances
    from pipelines.validate.apart import OF_FILE
    from pipelines.validate.checks import examine
    from pipelines.validate.reading import canonical, frame_size, in_metres, read_placed

    if len({file.resolve() for file in files}) < len(files):
        raise SettingsError("Có tệp ghi hai lần: ghi mỗi tệp một lần.", "A file is given twice: name every file once.")
    tolerances = Tolerances(scale or DEFAULT_SCALE)
    placed = read_placed(files, layer, crs, limits)
    if any(each.crs != placed[0].crs for each in placed):
        raise SettingsError(
            "Các tệp có hệ tọa độ khác nhau: sửa từng tệp một.",
            "The files have different coordinate reference systems: repair them one at a time.",
        )
    given = gpd.GeoDataFrame(pd.concat(placed, ignore_index=True), geometry="geometry", crs=placed[0].crs)
    known = canonical(in_metres(placed, crs), None)
    # A layer that was repaired before has marks of its own already; the new ones take their place.
    if KEPT in given:
        known[KEPT] = given[KEPT].to_numpy()
    given = given.drop(columns=[KEY, KEPT], errors="ignore")
    check_columns(given)
    is_bytes = all(vectors.keeps_bytes(file) for file in files)
    made = repair(given, known, tolerances, lambda parcels: examine(parcels, tolerances), kinds, is_bytes)
    made.layer.columns = made.layer.columns.str.removesuffix(OF_FILE)
    made.originals.columns = made.originals.columns.str.removesuffix(OF_FILE)
    return made, {**frame_size(known), "tolerance": tolerances.as_dict()}


def _check(files: Sequence[Path], out: Path, scale: int | None) -> None:
    """Refuse before the work what cannot be done."""
    if scale is not None and scale <= 0:
        raise SettingsError(
            f"--scale {scale} không phải mẫu số tỷ lệ: ghi số dương, ví dụ --scale 1000.",
            f"--scale {scale} is no scale denominator: give a positive number, for instance --scale 1000.",
        )
    try:
        is_free = not out.is_dir()
        is_input = out.exists() and any(file.exists() and file.samefile(out) for file in files)
    except OSError:  # a name that no file can have
        is_free, is_input = False, False
    if out.suffix.lower() != ".gpkg" or not is_free:
        raise SettingsError(
            f"Không ghi được “{out}”: --out cần tên tệp có đuôi .gpkg.",
            f"Cannot write {str(out)!r}: --out needs a file name ending in .gpkg.",
        )
    if is_input:
        raise SettingsError(
            f"--out trỏ vào tệp đầu vào {out}: chọn tên khác.", f"--out names the input {out}: choose another name."
        )
