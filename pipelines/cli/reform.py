"""`diachinh reform`: old communes become new ones, in the database."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import Home, account, settings
from pipelines.errors import Refusal

if TYPE_CHECKING:
    from pipelines.reform import Receipt

app = typer.Typer(
    help="Sắp xếp đơn vị hành chính trong cơ sở dữ liệu / a reform of communes, in the database",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Who = Annotated[
    str | None, typer.Option(help="Người thực hiện / who does it (mặc định: tài khoản máy)", show_default=False)
]
_NAMED = 3
"""So many ids are named in a message."""

Json = Annotated[bool, typer.Option("--json", help="Một đối tượng JSON / one JSON object")]


@app.command("plan")
def plan(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Tệp .xlsx, .csv hoặc .json cần ghi / file to write")],
    date: Annotated[
        str | None, typer.Option(help="Ngày sắp xếp / date of the reform (2025-07-01)", show_default=False)
    ] = None,
    home: Home = None,
) -> None:
    """Dự kiến: xã nào thành xã nào, thửa chưa rõ, số tờ đề xuất / what would happen to what is loaded."""
    from pipelines.reform import plan_files

    found, paths = plan_files(settings(context, home), out, date)
    new = found.communes["ma_xa"].nunique()
    typer.echo(
        f"{found.communes['ma_xa_cu'].nunique()} xã cũ / old → {new} xã mới / new · "
        f"{int(found.communes['tong_thua'].sum()):,} thửa / parcels · {len(found.sheets):,} tờ / sheets · "
        f"{len(found.waiting):,} thửa chưa rõ / parcels open → {', '.join(map(str, paths))}"
    )
    for code, note in found.communes[["ma_xa_cu", "ghi_chu"]].dropna().to_numpy().tolist():
        typer.echo(f"{code}: {note}")


@app.command("apply")
def apply(
    context: typer.Context,
    sheets: Annotated[Path, typer.Option(help="Bảng số tờ mới / table of sheets (xlsx, csv, …; see plan)")],
    parcels: Annotated[
        Path | None, typer.Option(help="Bảng thửa chưa rõ đã điền / decided parcels", show_default=False)
    ] = None,
    commune: Annotated[
        list[str] | None, typer.Option(help="Chỉ xã mới này / this new commune only", show_default=False)
    ] = None,
    who: Who = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Chuyển thửa và sổ của các xã cũ sang xã mới / move parcels and registers to the new communes."""
    from pipelines.reform import apply_files

    done, refused = [], []
    for found in apply_files(settings(context, home), sheets, parcels, commune or [], who or account()):
        if isinstance(found, tuple):
            code, refusal = found
            refused.append({"ma_xa": code, "vi": refusal.vi, "en": refusal.en})
            typer.echo(f"{code}: Từ chối: {refusal.vi}\n{code}: Refused: {refusal.en}", err=True)
            continue
        done.append(asdict(found))
        if not as_json:
            _tell(found)
    if not (done or refused or as_json):
        typer.echo("Không còn thửa nào của xã cũ để chuyển / nothing new: no parcel of an old commune is left")
    if as_json:
        typer.echo(json.dumps({"communes": done, "refused": refused}, ensure_ascii=False))
    if refused:
        raise SystemExit(Refusal.exit_code)


def _tell(found: "Receipt") -> None:
    release = f"bản / release {found.release_id}" if found.release_id else "không có gì mới / nothing new"
    left = f" · {sum(found.left_rows.values()):,} dòng ở lại / rows left" if found.left_rows else ""
    typer.echo(
        f"{found.ma_xa}: {found.moved:,} thửa chuyển sang / parcels moved, {found.parcels:,} thửa / in all · "
        f"{len(found.waiting):,} thửa chờ / waiting{left} · {release}"
    )
    if found.other_rows:
        told = ", ".join(f"{layer} {count:,}" for layer, count in found.other_rows.items())
        typer.echo(
            f"{found.ma_xa}: {told}: xã mới đã có mã này với nội dung khác và giữ nội dung của mình, kiểm tra lại / "
            "the new commune has these ids with other content and keeps its own: look at them"
        )
    if found.unknown:
        told = ", ".join(found.unknown[:_NAMED]) + (" …" if len(found.unknown) > _NAMED else "")
        typer.echo(
            f"{found.ma_xa}: {len(found.unknown):,} thửa trong bảng quyết định không còn hiện hành ({told}): sửa bảng "
            "/ decided parcels are not current: mend the table"
        )


@app.command("undo")
def undo(
    context: typer.Context,
    commune: Annotated[str, typer.Argument(help="Mã xã mới / code of the new commune")],
    who: Who = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Hoàn tác lần sắp xếp gần nhất của một xã mới / take back the newest reform of a new commune."""
    from pipelines.reform import undo_files

    done = undo_files(settings(context, home), commune, who or account())
    if as_json:
        typer.echo(json.dumps(asdict(done), ensure_ascii=False))
        return
    again = " · ".join(f"{name}: {count:,}" for name, count in done.sources.items())
    typer.echo(
        f"{done.ma_xa}: đã hoàn tác bản / took back release {done.undoes} → bản / release {done.release_id}; "
        f"thửa các xã cũ / parcels of the old communes: {again}"
    )
