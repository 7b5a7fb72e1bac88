"""`diachinh inspect`: what a package holds, and a `package.yaml` proposed with the evidence for each guess."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer


def inspect(
    path: Annotated[Path, typer.Argument(help="Thư mục, tệp nén hoặc tệp / folder, archive or file")],
    write: Annotated[
        bool, typer.Option("--write", help="Ghi package.yaml đề xuất vào thư mục / write the proposed package.yaml")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Một đối tượng JSON / one JSON object")] = False,
) -> None:
    """Đọc một gói, chưa thay đổi gì / read a package without changing anything."""
    from pipelines.package import inspect as look

    inventory = look(path)
    if as_json:
        typer.echo(json.dumps(inventory, ensure_ascii=False, default=str))
    else:
        _show(inventory)
    if write:
        _write(path, inventory)


def _show(inventory: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    facts = [f"{name}: {inventory.get(name)}" for name in ("commune", "era", "date", "profile", "crs", "scale")]
    console.print(" · ".join(facts))
    files = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Tệp / file", "vai trò / role", "định dạng / format", "mã chữ / encoding", "lớp / layers"):
        files.add_column(heading, overflow="fold")
    for entry in inventory["files"]:
        counted = [layer for layer in entry.get("layers", []) if layer["features"] is not None]
        layers = ", ".join(f"{layer['name']} ({layer['features']})" for layer in counted)
        files.add_row(entry["path"], entry["role"], entry.get("format") or "", entry.get("encoding") or "", layers)
    console.print(files)
    for line in inventory.get("evidence", []):
        console.print(f"  {line['key']} = {line['value']}: {line['evidence']}", markup=False)


def _write(path: Path, inventory: dict[str, Any]) -> None:
    """Write the proposal beside the data, never over a file that is there."""
    import yaml

    from pipelines.manifests import MANIFEST

    target = (path if path.is_dir() else path.parent) / MANIFEST
    if target.exists():
        typer.echo(f"{target} đã có, giữ nguyên / exists and is kept")
        return
    body = yaml.safe_dump(inventory["proposal"], allow_unicode=True, sort_keys=False)
    target.write_text(
        "# Đề xuất của `diachinh inspect`, hãy kiểm tra / proposed, please check\n" + body, encoding="utf-8"
    )
    typer.echo(f"{target}")
