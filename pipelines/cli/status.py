"""`diachinh status`: every commune and how far it is."""

import json
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import Home, settings

if TYPE_CHECKING:
    from rich.table import Table

PRODUCTS = {
    "package": "package/inventory.json",
    "digitize": "digitize/parcels.parquet",
    "normalize": "normalize/thua_dat.parquet",
    "validate": "validate/verdict.json",
    "load": "load/receipt.json",
}
"""The file that shows a step is done."""

GRADES = ("1", "2a", "2b", "3")


def status(
    context: typer.Context,
    home: Home = None,
    as_json: Annotated[bool, typer.Option("--json", help="Một đối tượng JSON / one JSON object")] = False,
) -> None:
    """Từng xã đã đến bước nào / every commune and how far it is."""
    chosen = settings(context, home)
    states = [state(chosen.home, commune) for commune in communes(chosen.home)]
    if as_json:
        typer.echo(json.dumps({"home": str(chosen.home), "communes": states}, ensure_ascii=False))
    elif states:
        from rich.console import Console

        Console().print(table(states))
    else:
        typer.echo(f"Chưa có xã nào trong {chosen.home} / no commune in {chosen.home} yet: diachinh run INBOX")


def communes(home: Path) -> list[str]:
    """Return the codes of all communes a home has heard of."""
    found = {path.parent.parent.name for path in home.glob("?????/package/inventory.json")}
    found |= {path.parent.name for path in home.glob("?????/failure.json")}
    return sorted(found)


def state(home: Path, commune: str) -> dict[str, Any]:
    """Return how far a commune is, its grades and its data quality index, read from the files the steps left."""
    folder = home / commune
    done = [step for step, product in PRODUCTS.items() if (folder / product).exists()]
    summary = _json(folder / "validate" / "summary.json")
    receipt = _json(folder / "load" / "receipt.json")
    failure = _json(folder / "failure.json")
    inventory = _json(folder / "package" / "inventory.json")
    published = {entry["ma_xa"] for entry in _json(home / "release" / "manifest.json").get("communes", [])}
    return {
        "commune": commune,
        "era": inventory.get("era"),
        "done": [*done, *(["publish"] if commune in published else [])],
        "parcels": summary.get("parcels"),
        "grades": summary.get("grades"),
        "dqi": summary.get("dqi"),
        "release": receipt.get("release_id"),
        "failure": failure or None,
    }


def table(states: list[dict[str, Any]]) -> "Table":
    """Return the states as a table: a tick per step, the grades, the failure in one line."""
    from rich.table import Table

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Xã", *PRODUCTS, "publish"):
        shown.add_column(heading)
    for heading in ("thửa", *(f"loại {grade}" for grade in GRADES), "DQI"):
        shown.add_column(heading, justify="right")
    shown.add_column("")
    for entry in states:
        failed = (entry["failure"] or {}).get("step")
        marks = ["✗" if step == failed else "✓" if step in entry["done"] else "·" for step in (*PRODUCTS, "publish")]
        grades = entry["grades"] or {}
        numbers = [_number(entry["parcels"]), *(_number(grades.get(grade)) for grade in GRADES), _share(entry["dqi"])]
        shown.add_row(entry["commune"], *marks, *numbers, (entry["failure"] or {}).get("vi", ""))
    return shown


def live(home: Path, codes: list[str], process: "subprocess.Popen[bytes]") -> None:
    """Show the table while a process works; on a pipe or in a log, show it once at the end."""
    from rich.console import Console
    from rich.live import Live

    console = Console()
    if not console.is_terminal:
        process.wait()
        console.width = 160
        console.print(table([state(home, code) for code in codes]))
        return
    with Live(console=console, refresh_per_second=4) as view:
        while process.poll() is None:
            view.update(table([state(home, code) for code in codes]))
            time.sleep(0.25)
        view.update(table([state(home, code) for code in codes]))


def _json(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return body


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}".replace(",", ".")


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}".replace(".", ",")
