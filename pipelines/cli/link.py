"""`diachinh link`: the same person over communes; questions to officers, and the population database's answer."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import Home, account, settings
from pipelines.errors import SettingsError

if TYPE_CHECKING:
    from pipelines.settings import Settings


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
    person: Annotated[
        str | None,
        typer.Option(
            help="Mọi hồ sơ, thửa đất của người mang khóa này / all records and land of this person",
            metavar="KEY",
            show_default=False,
        ),
    ] = None,
    home: Home = None,
    as_json: Annotated[bool, typer.Option("--json", help="Với --person: một đối tượng JSON / one JSON object")] = False,
) -> None:
    """Nhận ra cùng một người qua các xã / recognise the same person over communes."""
    if sum(option is not None for option in (answers, undo, batch, verified, person)) > 1:
        raise SettingsError(
            "Chỉ dùng một trong --answers, --undo, --batch, --verified, --person mỗi lần.",
            "Use one of --answers, --undo, --batch, --verified, --person at a time.",
        )
    if as_json and person is None:
        raise SettingsError("--json chỉ dùng cùng --person.", "--json goes with --person only.")
    chosen = settings(context, home)
    if person is not None:
        _tell(chosen, person, as_json)
        return
    from pipelines.linkage import files, journal
    from pipelines.linkage.private import FOLDER

    decides = any(option is not None for option in (answers, undo, batch, verified))
    name = (who or account()) if decides else ""
    with files.opened(chosen.home, chosen) as store:
        if batch is not None:
            rows = files.write_batch(store, chosen.home, batch, name, chosen)
            typer.echo(f"{rows:,} số cần xác thực, ghi rõ, giữ kín / numbers in clear, keep it closed → {batch}")
            return
        if answers is not None:
            read = files.take_answers(store, answers, name, chosen)
            typer.echo(f"{read.given:,} trả lời / answers{_known(read.given - read.entered)}")
            for vi, en in read.problems:
                typer.echo(f"{vi} / {en}")
        if verified is not None:
            given, entered = files.take_results(store, chosen.home, verified, name, chosen)
            typer.echo(f"{given:,} kết quả xác thực / results{_known(given - entered)}")
        if undo is not None:
            journal.undo(store, undo, name)
            typer.echo(f"Đã hoàn tác / taken back: {undo}")
        found = files.execute(store, chosen.home)
    counts = found.run.counts
    refused = f" · {counts.refused:,} trả lời trái số liệu / answers against the facts" if counts.refused else ""
    later = f" (+{found.left_out:,} lần sau / later)" if found.left_out else ""
    newer = "" if found.is_kept else f" · giữ lần nối mới hơn / a newer run stands: {found.run.id}"
    typer.echo(
        f"{counts.records:,} hồ sơ / records → {counts.people:,} người / people · "
        f"{found.listed:,} cần xem / to review{later}{refused}{newer} · {chosen.home / FOLDER}"
    )


def _known(count: int) -> str:
    return f" ({count:,} đã có / known already)" if count else ""


def _tell(chosen: "Settings", key: str, as_json: bool) -> None:
    from pipelines import store as land
    from pipelines.linkage.person import person
    from pipelines.linkage.telling import body, lines

    with land.open_reader(chosen.database) as store:
        found = person(store, key)
    for line in [json.dumps(body(found), ensure_ascii=False)] if as_json else lines(found):
        typer.echo(line)
