"""The whole sheet of one parcel."""

import json
from typing import Annotated

import typer

from pipelines.cli.options import Home, settings


def parcel(
    context: typer.Context,
    thua_dat_id: Annotated[
        str, typer.Argument(metavar="ID", help="Mã thửa, ví dụ 15670.E2025A.1.12.345 / parcel id", show_default=False)
    ],
    holders: Annotated[
        bool,
        typer.Option("--holders", help="Cả chủ, giấy, thế chấp, ngăn chặn / also holders, papers, mortgages, blocks"),
    ] = False,
    home: Home = None,
    as_json: Annotated[bool, typer.Option("--json", help="Một đối tượng JSON / one JSON object")] = False,
) -> None:
    """Toàn bộ thông tin hiện hành của một thửa / everything current about one parcel."""
    from pipelines import store as land
    from pipelines.parcel_sheet import lines, sheet

    with land.open_reader(settings(context, home).database) as store:
        found = sheet(store, thua_dat_id, holders=holders)
    for line in [json.dumps(found, ensure_ascii=False)] if as_json else lines(found):
        typer.echo(line)
