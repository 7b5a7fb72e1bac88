"""Options and settings shared by the commands."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipelines.settings import Settings

Home = Annotated[
    Path | None,
    typer.Option("--home", help="Thư mục làm việc (mặc định: build) / working folder", show_default=False),
]
"""`--home`, accepted after a command as well as before it."""


def settings(context: typer.Context, home: Path | None = None) -> "Settings":
    """Return the settings of this call: file, environment, options; the option nearest the command wins.

    Raises:
        SettingsError: The settings file cannot be used.
    """
    from pipelines.settings import load

    shared = context.obj or {}
    return load(shared.get("config"), home=home or shared.get("home"))


def config_file(context: typer.Context) -> Path | None:
    """Return the settings file given before the command."""
    path: Path | None = (context.obj or {}).get("config")
    return path
