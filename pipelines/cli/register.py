"""The land register itself: load, roll back, migrate, publish."""

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import Home, settings
from pipelines.cli.process import command, environment
from pipelines.errors import CadastreError

if TYPE_CHECKING:
    from pipelines.settings import Settings


def load(
    context: typer.Context,
    commune: Annotated[str, typer.Argument(help="Mã xã / commune code")],
    home: Home = None,
) -> None:
    """Nạp một xã đã kiểm tra vào cơ sở dữ liệu / load one validated commune."""
    from pipelines.load.files import execute

    chosen = settings(context, home)
    execute(chosen.home, commune, chosen)
    typer.echo((chosen.home / commune / "load" / "receipt.json").read_text(encoding="utf-8"))


def rollback(
    context: typer.Context,
    commune: Annotated[str, typer.Argument(help="Mã xã / commune code")],
    release: Annotated[str, typer.Argument(help="Bản phát hành cần trở về / release to return to")],
    home: Home = None,
) -> None:
    """Trở về một bản trước (thành một bản mới) / return to a former release, as a new one."""
    from pipelines.load import rollback as roll

    chosen = settings(context, home)
    typer.echo(json.dumps(roll(commune, release, chosen), ensure_ascii=False))


def migrate(context: typer.Context, home: Home = None) -> None:
    """Đưa cơ sở dữ liệu lên lược đồ của chương trình này / bring the database to this program's schema."""
    from pipelines import store as land

    with land.open_as_it_is(settings(context, home).database) as store:
        former, version = land.migrate(store)
        typer.echo(f"{store.place}: lược đồ / schema {former} → {version}")


def publish(
    context: typer.Context,
    home: Home = None,
    override: Annotated[
        str | None,
        typer.Option(
            help="Lý do công bố dù bị từ chối, hoặc tệp đã ký / why to publish what was refused, or a file",
            show_default=False,
        ),
    ] = None,
    signed: Annotated[
        str | None, typer.Option(help="Người ký cho lý do / who signs for it", show_default=False)
    ] = None,
) -> None:
    """Công bố những gì đang hiện hành / publish what is current."""
    publish_release(settings(context, home), override, signed)


def publish_release(chosen: "Settings", reason: str | None = None, signed: str | None = None) -> None:
    """Write the release; the maps of findings are drawn by the atlas, in a process of its own.

    Raises:
        CadastreError: It cannot be written, or it lost too much of the former one and nobody signed for that.
    """
    from pipelines.publish.files import execute
    from pipelines.publish.overrides import override

    execute(chosen.home, chosen, preview=draw_preview, override=override(reason, signed))


def draw_preview(release: Path, commune: str, target: Path) -> None:
    """Draw the offline map of one commune's findings.

    Raises:
        CadastreError: The atlas said in two lines why it cannot draw.
    """
    call = command("atlas", "preview", "--release", release, "--commune", commune, "--out", target)
    done = subprocess.run(call, check=False, env=environment(), stderr=subprocess.PIPE, text=True, encoding="utf-8")
    said = done.stderr.strip().splitlines()
    if done.returncode == CadastreError.exit_code and len(said) == 2:
        raise CadastreError(said[0].removeprefix("Lỗi: "), said[1].removeprefix("Error: "))
    if done.returncode:
        raise RuntimeError(done.stderr)
