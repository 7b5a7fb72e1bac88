"""`diachinh bench`: the figures, measured beside their peers in one run."""

import importlib
import json
from pathlib import Path
from typing import Annotated

import typer

from pipelines.errors import SettingsError

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "benchmarks"


def bench(
    name: Annotated[
        str, typer.Argument(help="Tên phép đo / name of the benchmark; bỏ trống: liệt kê / empty: list")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Một đối tượng JSON / one JSON object")] = False,
) -> None:
    """Đo tốc độ cạnh phần mềm khác / measure the figures beside their peers."""
    known = sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))
    if not name:
        typer.echo("\n".join(known))
        return
    if name not in known:
        raise SettingsError(
            f"Không có phép đo “{name}”: chọn một trong {', '.join(known) or 'mã nguồn đầy đủ'}.",
            f"There is no benchmark {name!r}: choose one of {', '.join(known) or 'a source checkout'}.",
        )
    goals = importlib.import_module(f"tests.benchmarks.{name}").measure()
    if as_json:
        typer.echo(json.dumps({"goals": goals}, ensure_ascii=False))
        return
    for goal in goals:
        peer = f" · {goal['peer']}: {goal['peer_value']:g}" if goal["peer"] else ""
        typer.echo(
            f"{'✓' if goal['met'] else '✗'} {goal['name']}: {goal['value']:g} {goal['unit']}{peer} · {goal['goal']}"
        )
