"""`diachinh bench`: the figures, measured beside their peers in one run."""

import json
import subprocess
from typing import Annotated

import typer

from pipelines.cli.process import ROOT, command, environment
from pipelines.errors import SettingsError

FOLDER = ROOT / "tests" / "benchmarks"


def bench(
    name: Annotated[
        str, typer.Argument(help="Tên phép đo / name of the benchmark; bỏ trống: liệt kê / empty: list")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Một đối tượng JSON / one JSON object")] = False,
) -> None:
    """Đo tốc độ cạnh phần mềm khác / measure the figures beside their peers."""
    # What makes the data stands beside what measures.
    paths = FOLDER.glob("[a-z]*.py")
    known = sorted(path.stem for path in paths if "def measure(" in path.read_text(encoding="utf-8"))
    if not name:
        typer.echo("\n".join(known))
        return
    if name not in known:
        raise SettingsError(
            f"Không có phép đo “{name}”: chọn một trong {', '.join(known) or 'mã nguồn đầy đủ'}.",
            f"There is no benchmark {name!r}: choose one of {', '.join(known) or 'a source checkout'}.",
        )
    told = subprocess.run(command("tests.benchmarks", name), check=True, env=environment(), stdout=subprocess.PIPE)
    goals = json.loads(told.stdout)["goals"]
    if as_json:
        typer.echo(json.dumps({"goals": goals}, ensure_ascii=False))
        return
    for goal in goals:
        peer = f" · {goal['peer']}: {goal['peer_value']:g}" if goal["peer"] else ""
        typer.echo(
            f"{'✓' if goal['met'] else '✗'} {goal['name']}: {goal['value']:g} {goal['unit']}{peer} · {goal['goal']}"
        )
