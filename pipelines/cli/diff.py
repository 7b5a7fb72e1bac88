"""`diachinh diff`: two releases of a commune held against each other."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import Home, settings
from pipelines.errors import CadastreError

_FILE = "Tệp {0} cần ghi / {0} file to write"


def diff(
    context: typer.Context,
    commune: Annotated[str, typer.Argument(help="Mã xã / commune code")],
    first: Annotated[
        int | None,
        typer.Argument(metavar="[A]", help="Bản trước, 0: trước bản đầu / earlier release", show_default=False),
    ] = None,
    last: Annotated[
        int | None,
        typer.Argument(metavar="[B]", help="Bản sau (mặc định: mới nhất) / later release", show_default=False),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Cuối ngày này (UTC) / end of this day", show_default=False)
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Đến cuối ngày này / to the end of", show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option(help=_FILE.format(".xlsx, .csv"), show_default=False)] = None,
    html: Annotated[Path | None, typer.Option("--map", help=_FILE.format(".html"), show_default=False)] = None,
    gpkg: Annotated[Path | None, typer.Option(help=_FILE.format(".gpkg"), show_default=False)] = None,
    public: Annotated[bool, typer.Option("--public", help="Chỉ những gì công khai / public content only")] = False,
    home: Home = None,
    as_json: Annotated[bool, typer.Option("--json", help="Một đối tượng JSON / one JSON object")] = False,
) -> None:
    """Hai bản của một xã khác nhau thế nào / what differs between two releases of a commune."""
    from pipelines import store as land
    from pipelines.difference import chosen, files, page, tell, words
    from pipelines.files import writable

    if (start or end) and (first is not None or last is not None):
        raise CadastreError(
            "Chọn một cách: số bản phát hành, hoặc --from và --to.",
            "Choose one way: release numbers, or --from and --to.",
        )
    days = (_day(start), _day(end))
    _require_free(out, html, gpkg)
    if out:
        files.check_table(out)
    if gpkg:
        files.check_layers(gpkg)
    with land.open_reader(settings(context, home).database) as store:
        found = tell(store, chosen(store, commune, (first, last), days), public=public)
    for path, write in ((out, files.write_table), (gpkg, files.write_layers), (html, page.write)):
        if path:
            with writable(path):
                write(found, path)
    if as_json:
        typer.echo(json.dumps(words.summary(found), ensure_ascii=False))
        return
    typer.echo("\n".join(words.lines(found)))


def _require_free(*paths: Path | None) -> None:
    for path in paths:
        if path and path.exists():
            raise CadastreError(
                f"Đã có tệp {path}: chọn tên khác.", f"The file {path} is there already: choose another name."
            )


def _day(text: str | None) -> str | None:
    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError as error:
        raise CadastreError(
            f"“{text}” không phải ngày: viết như 2025-07-01.", f"'{text}' is no date: write it like 2025-07-01."
        ) from error
