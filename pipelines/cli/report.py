"""`diachinh report`: what an officer gets back for every commune, and the table of all of them."""

import re
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import Home, settings
from pipelines.errors import SettingsError


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

    _check(communes or [])
    chosen = settings(context, home)
    checked = casefile.checked(chosen.home)
    asked = communes or [code for code in checked if not casefile.is_current(chosen.home, code)]
    for code in asked:
        typer.echo(str(casefile.write(chosen.home, code, chosen)))
    if not checked:
        typer.echo(f"Chưa có xã nào được kiểm tra trong {chosen.home} / no commune checked in {chosen.home} yet")
        return
    typer.echo(str(casefile.write_league(chosen.home, checked)))


def answers(
    context: typer.Context,
    commune: Annotated[str, typer.Argument(help="Mã xã / commune code")],
    file: Annotated[Path, typer.Argument(help="fix_list.xlsx cán bộ nộp lại / the fix list handed back")],
    home: Home = None,
) -> None:
    """Đọc danh sách sửa cán bộ nộp lại / read a fix list that was handed back."""
    from pipelines import casefile

    _check([commune])
    chosen = settings(context, home)
    read = casefile.take_answers(chosen.home, commune, file, chosen)
    typer.echo(f"{commune}: {len(read.given)} trả lời / answers")
    for vi, en in read.problems:
        typer.echo(f"{vi} / {en}")


def _check(communes: list[str]) -> None:
    """Refuse what is no commune code: it would be taken for a folder."""
    wrong = [code for code in communes if not re.fullmatch(r"[0-9A-Z]{5}", code)]
    if wrong:
        raise SettingsError(
            f"“{wrong[0]}” không phải mã xã: ghi năm chữ số, ví dụ 15670.",
            f"{wrong[0]!r} is no commune code: give five digits, for instance 15670.",
        )
