"""`diachinh step`: one step over one commune, as the Snakemake rules call it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import Home, settings
from pipelines.errors import CadastreError

if TYPE_CHECKING:
    from pipelines.settings import Settings

FAILURE = "failure.json"

STEPS = ("package", "digitize", "normalize", "validate", "load")
"""The steps of one commune, in their order."""

WHOLE = ("province", "publish")
"""The steps that work on all communes together."""


def step(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="package | digitize | normalize | validate | load | province | publish")],
    commune: Annotated[str | None, typer.Argument(help="Mã xã / commune code")] = None,
    package: Annotated[Path | None, typer.Option(help="Gói của xã / package of the commune")] = None,
    home: Home = None,
) -> None:
    """Chạy một bước cho một xã / run one step over one commune (what Snakemake calls)."""
    chosen = settings(context, home)
    if name in WHOLE:
        with _told(chosen.home / name / FAILURE, name):
            execute_whole(name, chosen)
        return
    if name not in STEPS or commune is None or (name == "package" and package is None):
        raise typer.BadParameter(f"{name}: {', '.join(STEPS)} + COMMUNE (package: --package PATH), {', '.join(WHOLE)}")
    started = time.monotonic()
    with _told(chosen.home / commune / FAILURE, name):
        execute(name, commune, package, chosen)
    typer.echo(f"{commune} {name} {time.monotonic() - started:.1f} s")


@contextmanager
def _told(failure: Path, name: str) -> Iterator[None]:
    """Leave the one line of a failure in a file, for the command that started Snakemake; none where all went well."""
    failure.unlink(missing_ok=True)
    try:
        yield
    except CadastreError as error:
        failure.parent.mkdir(parents=True, exist_ok=True)
        body = {"step": name, "vi": error.vi, "en": error.en, "exit_code": error.exit_code}
        failure.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
        raise


def execute_whole(name: str, chosen: "Settings") -> None:
    """Run a step over all communes of the land database.

    Raises:
        CadastreError: The step cannot be done with what the database holds.
    """
    if name == "province":
        from pipelines.province.files import execute as province_execute

        province_execute(chosen.home, chosen)
    else:
        from pipelines.cli.register import publish_release

        publish_release(chosen)


def execute(name: str, commune: str, package: Path | None, chosen: "Settings") -> None:
    """Run one step; the files it reads and writes are its own business.

    Raises:
        CadastreError: The step cannot be done with these files.
    """
    if name == "package":
        from pipelines.package.files import execute as package_execute

        assert package is not None
        package_execute(package, chosen.home, chosen)
    elif name == "digitize":
        from pipelines.digitize.files import execute as digitize_execute

        digitize_execute(chosen.home, commune, chosen)
    elif name == "normalize":
        from pipelines.normalize.files import execute as normalize_execute

        normalize_execute(chosen.home, commune, chosen)
    elif name == "validate":
        from pipelines.validate.files import execute as validate_execute

        validate_execute(chosen.home, commune, chosen)
    else:
        from pipelines.load.files import execute as load_execute

        load_execute(chosen.home, commune, chosen)
