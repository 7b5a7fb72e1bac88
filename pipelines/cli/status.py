"""`diachinh status`: every commune and how far it is."""

import contextlib
import json
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import Home, settings
from pipelines.errors import ReadError
from pipelines.files import left_by_a_step, read_object

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
        typer.echo(
            json.dumps(
                {"home": str(chosen.home), "communes": states, "province": province(chosen.home)}, ensure_ascii=False
            )
        )
    elif states:
        show(chosen.home, communes(chosen.home))
    else:
        typer.echo(f"Chưa có xã nào trong {chosen.home} / no commune in {chosen.home} yet: diachinh run INBOX")


def communes(home: Path) -> list[str]:
    """Return the codes of all communes a home has heard of."""
    found = {path.parent.parent.name for path in home.glob("?????/package/inventory.json")}
    found |= {path.parent.name for path in home.glob("?????/failure.json")}
    # A commune that a reform made has no package yet.
    return sorted(found | _published(home).keys())


def state(home: Path, commune: str) -> dict[str, Any]:
    """Return how far a commune is, its grades and its data quality index, read from the files the steps left."""
    folder = home / commune
    done = [step for step, product in PRODUCTS.items() if (folder / product).exists()]
    summary = _json(folder / "validate" / "summary.json")
    receipt = _json(folder / "load" / "receipt.json")
    failure = _json(folder / "failure.json")
    inventory = _json(folder / "package" / "inventory.json")
    published = _published(home)
    if not inventory and commune in published:
        entry = published[commune]
        inventory, summary, receipt = {"era": entry["ky_dia_gioi"]}, entry, entry
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


def _published(home: Path) -> dict[str, dict[str, Any]]:
    """Return what the release says of its communes, by code."""
    release = home / "release" / "manifest.json"
    with left_by_a_step(release):
        return {entry["ma_xa"]: entry for entry in _json(release).get("communes", [])}


def province(home: Path) -> dict[str, Any] | None:
    """Return what the communes have against each other, or None where that was not looked at yet."""
    return _json(home / "province" / "summary.json") or None


def table(states: list[dict[str, Any]]) -> "Table":
    """Return the states as a table that fits 80 columns: a mark per step, the grades, the data quality index."""
    from rich.table import Table

    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column("xã", no_wrap=True)
    shown.add_column("bước / step", no_wrap=True)
    for heading in ("thửa", *(f"loại {grade}" for grade in GRADES), "DQI"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for entry in states:
        grades = entry["grades"] or {}
        numbers = [_number(entry["parcels"]), *(_number(grades.get(grade)) for grade in GRADES), _share(entry["dqi"])]
        shown.add_row(entry["commune"], _progress(entry), *numbers)
    return shown


def show(home: Path, codes: list[str]) -> None:
    """Print the table, and below it one line per commune that failed."""
    from rich.console import Console

    console = Console()
    states = [state(home, code) for code in codes]
    console.print(table(states))
    for entry in states:
        if entry["failure"]:
            console.print(f"{entry['commune']}: {entry['failure']['vi']}", markup=False, highlight=False)
    between = (province(home) or {}).get("findings")
    if between:
        told = " · ".join(f"{code} {_number(count)}" for code, count in between.items())
        console.print(f"liên xã / between communes: {told}", markup=False, highlight=False)


def live(home: Path, codes: list[str], process: "subprocess.Popen[bytes]") -> None:
    """Show the table on a terminal for as long as a process works."""
    from rich.console import Console
    from rich.live import Live

    console = Console()
    if not console.is_terminal:
        process.wait()
        return
    with Live(console=console, refresh_per_second=4, transient=True) as view:
        while process.poll() is None:
            # A file may be half written just now.
            with contextlib.suppress(ReadError):
                view.update(table([state(home, code) for code in codes]))
            time.sleep(0.25)


def _progress(entry: dict[str, Any]) -> str:
    """Return a mark per step and the name of the last one reached."""
    steps = (*PRODUCTS, "publish")
    failed = (entry["failure"] or {}).get("step")
    marks = "".join("✗" if step == failed else "●" if step in entry["done"] else "○" for step in steps)
    reached = failed or next((step for step in reversed(steps) if step in entry["done"]), "")
    return f"{marks} {reached}"


def _json(path: Path) -> dict[str, Any]:
    return read_object(path) if path.exists() else {}


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}".replace(",", ".")


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}".replace(".", ",")
