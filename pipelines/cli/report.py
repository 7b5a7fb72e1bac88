"""`diachinh report`: what an officer gets back for every commune, and the table of all of them."""

from typing import Annotated

import typer

from pipelines.cli.options import Home, settings


def report(
    context: typer.Context,
    communes: Annotated[
        list[str] | None,
        typer.Argument(help="Mã xã; không ghi: mọi xã có kết quả mới / commune codes; none: all with new results"),
    ] = None,
    home: Home = None,
) -> None:
    """Báo cáo, danh sách sửa, biên bản từng xã, bảng xếp hạng / reports and minutes of communes, league table."""
    from pipelines import casefile

    chosen = settings(context, home)
    checked = casefile.checked(chosen.home)
    asked = communes or [code for code in checked if not casefile.is_current(chosen.home, code)]
    for code in asked:
        typer.echo(str(casefile.write(chosen.home, code, chosen)))
    if not checked:
        typer.echo(f"Chưa có xã nào được kiểm tra trong {chosen.home} / no commune checked in {chosen.home} yet")
        return
    typer.echo(str(casefile.write_league(chosen.home, checked)))
