"""Options and settings shared by the commands."""

import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pipelines.settings import Settings


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command was asked.

    Attributes:
        command: Its name, without the program's.
        params: Its arguments and options.
        settings: Its settings.
    """

    command: str
    params: "dict[str, Any]"
    settings: "Settings"


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

    shared = context.ensure_object(dict)
    chosen = load(shared.get("config"), home=home or shared.get("home"))
    shared["asked"] = Asked(_command(context), context.params, chosen)
    return chosen


def _command(context: typer.Context) -> str:
    """Return the words of the command, without those the program was started with."""
    words, inner, outer = [], str(context.info_name), context.parent
    while outer is not None:
        words.append(inner)
        inner, outer = str(outer.info_name), outer.parent
    return " ".join(reversed(words))


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
