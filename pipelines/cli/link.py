"""`diachinh link`: the same person over communes; questions to officers, and the population database's answer."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import Home, account, settings
from pipelines.errors import SettingsError


def link(
    context: typer.Context,
    answers: Annotated[
        Path | None,
        typer.Option(help="Nhận review.xlsx cán bộ đã trả lời / take the answered list", show_default=False),
    ] = None,
    undo: Annotated[
        int | None, typer.Option(help="Hoàn tác quyết định số này / take back this decision", show_default=False)
    ] = None,
    batch: Annotated[
        Path | None,
        typer.Option(
            help="Ghi tệp xác thực với CSDL dân cư (.csv, .xlsx; có số rõ) / write the file for verification, in clear",
            show_default=False,
        ),
    ] = None,
    verified: Annotated[
        Path | None, typer.Option(help="Nhận kết quả xác thực / take the answer to that file", show_default=False)
    ] = None,
    who: Annotated[
        str | None, typer.Option(help="Người quyết định / who decides (mặc định: tài khoản máy)", show_default=False)
    ] = None,
    home: Home = None,
) -> None:
    """Nhận ra cùng một người qua các xã / recognise the same person over communes."""
    if sum(option is not None for option in (answers, undo, batch, verified)) > 1:
        raise SettingsError(
            "Chỉ dùng một trong --answers, --undo, --batch, --verified mỗi lần.",
            "Use one of --answers, --undo, --batch, --verified at a time.",
        )
    from pipelines.linkage import files, journal

    chosen = settings(context, home)
    decides = any(option is not None for option in (answers, undo, batch, verified))
    name = (who or account()) if decides else ""
    if batch is not None:
        rows = files.write_batch(chosen.home, batch, name, chosen)
        typer.echo(f"{rows:,} số cần xác thực, ghi rõ, giữ kín / numbers in clear, keep it closed → {batch}")
        return
    if answers is not None:
        count, problems = files.take_answers(chosen.home, answers, name, chosen)
        typer.echo(f"{count:,} trả lời / answers")
        for vi, en in problems:
            typer.echo(f"{vi} / {en}")
    if verified is not None:
        typer.echo(f"{files.take_results(chosen.home, verified, name, chosen):,} kết quả xác thực / results")
    if undo is not None:
        typer.echo(f"Đã hoàn tác / taken back: {journal.undo(chosen.home, undo, name)['of']}")
    found = files.execute(chosen.home, chosen)
    refused = f" · {found.refused:,} trả lời trái số liệu / answers against the facts" if found.refused else ""
    later = f" (+{found.left_out:,} lần sau / later)" if found.left_out else ""
    typer.echo(
        f"{found.records:,} hồ sơ / records → {found.people:,} người / people · "
        f"{found.review - found.left_out:,} cần xem / to review{later}{refused} · {chosen.home / journal.FOLDER}"
    )
