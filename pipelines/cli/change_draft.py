"""`diachinh change draft`: a change package to begin with."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import Home, settings


def draft(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="Loại biến động, ví dụ CN, TN, TC / kind of transaction")],
    parcels: Annotated[list[str], typer.Argument(help="Mã các thửa / parcel ids")],
    out: Annotated[Path, typer.Option("--out", help="Thư mục mới của gói / new folder of the package")],
    home: Home = None,
) -> None:
    """Soạn gói biến động từ các thửa hiện hành / draft a change package from current parcels."""
    from pipelines import store as land
    from pipelines.change import draft as drafts

    with land.open_reader(settings(context, home).database) as store:
        drafts.write(store, kind, parcels, out)
    typer.echo(f"{out / drafts.CHANGE_FILE}")
