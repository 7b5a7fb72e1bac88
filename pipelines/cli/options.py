"""Options and settings shared by the commands."""

import getpass
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


def account() -> str:
    """Return the name of the account that runs the command; in a container there may be none.

    Raises:
        SettingsError: It has none.
    """
    from pipelines.errors import SettingsError

    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise SettingsError(
            "Tài khoản máy không có tên: ghi người thực hiện vào --who.",
            "The account has no name: say who it is with --who.",
        ) from error
