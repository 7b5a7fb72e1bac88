"""`diachinh inspect`: what a package holds, and a `package.yaml` proposed with the evidence for each guess."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli.options import settings

_SHOWN_FILES = 200
_ALIKE = 3


def inspect(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="Thư mục, tệp nén hoặc tệp / folder, archive or file")],
    write: Annotated[
        bool, typer.Option("--write", help="Ghi package.yaml đề xuất vào thư mục / write the proposed package.yaml")
    ] = False,
    map_page: Annotated[
        Path | None,
        typer.Option("--map", help="Ghi trang bản đồ vị trí các tệp / write a page that shows where the files lie"),
    ] = None,
    as_text: Annotated[
        bool, typer.Option("--text", help="In chữ của các tệp theo Unicode / print the texts of the files in Unicode")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Một đối tượng JSON / one JSON object")] = False,
) -> None:
    """Đọc một gói, chưa thay đổi gì / read a package without changing anything."""
    from pipelines.package import inspect as look
    from pipelines.package import transcript, write_map

    chosen = settings(context)
    if as_text:
        for line in transcript(path):
            typer.echo(line)
        return
    with _progress() as done:
        inventory = look(path, chosen, done)
    if as_json:
        typer.echo(json.dumps(inventory, ensure_ascii=False, default=str))
    else:
        _show(inventory)
    if map_page is not None:
        write_map(map_page, inventory, chosen)
        typer.echo(f"{map_page}", err=as_json)
    if write:
        _write(path, inventory)


class _progress:
    """A progress bar on standard error, gone when the work is done; none where nobody looks at a terminal."""

    def __enter__(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("đọc tệp / reading files"), BarColumn(), MofNCompleteColumn())
        # A thread that repaints the bar would keep the files from being read in quickly forked children.
        self.bar = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
        self.bar.start()
        self.task = self.bar.add_task("", total=None)
        return self._update

    def _update(self, number: int, total: int) -> None:
        self.bar.update(self.task, completed=number, total=total, refresh=True)

    def __exit__(self, *_: object) -> None:
        self.bar.stop()


def _show(inventory: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    entries, unusable = inventory["files"], inventory["unusable"]
    files = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("tệp / file", "vai trò / role", "định dạng / format", "mã chữ / text", "trong tệp / holds"):
        files.add_column(heading, overflow="fold")
    for entry in entries[:_SHOWN_FILES]:
        files.add_row(entry["path"], entry["role"], entry["format"], entry["encoding"], "\n".join(_holds(entry)))
    console.print(files)
    if len(entries) > _SHOWN_FILES:
        console.print(f"… {len(entries) - _SHOWN_FILES} tệp nữa / more files (--json)")
    for item in unusable:
        console.print(f"✗ {item['path']}: {item['reason_vi']} / {item['reason']}", style="red", markup=False)
    _show_evidence(console, inventory)


def _holds(entry: dict[str, Any]) -> Iterator[str]:
    if entry["elements"] is not None:
        levels = entry["level_counts"]
        yield f"{entry['elements']:,} đối tượng / elements, {len(levels)} lớp / levels"
        most = sorted(levels.items(), key=lambda item: -item[1]["elements"])[:8]
        yield "  ".join(f"{name or '∅'}: {counts['elements']:,}" for name, counts in most)
        return
    for layer in entry["layers"]:
        if layer["features"] is not None:
            yield f"{layer['name']}: {layer['features']:,}"
    for table in entry["tables"]:
        yield f"{table['name']}: {table['rows']:,} dòng / rows"


def _show_evidence(console: Any, inventory: dict[str, Any]) -> None:
    """Print each guess; guesses of many files that say the same are one line."""
    from rich.table import Table

    if not inventory["evidence"]:
        return
    console.print()
    guesses = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "đề xuất / proposed", "vì / because"):
        guesses.add_column(heading, overflow="fold")
    alike: dict[tuple[Any, ...], list[str]] = {}
    for line in inventory["evidence"]:
        key, path = _split(line["key"])
        shared = (key, str(line["value"]), line["sure"], line["evidence_vi"], line["evidence"])
        alike.setdefault(shared, []).append(path)
    for (key, value, sure, vi, en), paths in alike.items():
        named = [path for path in paths if path]
        where = f"\n{', '.join(named[:_ALIKE])}{f' … ({len(named)})' if len(named) > _ALIKE else ''}" if named else ""
        because = vi if vi == en else f"{vi}\n{en}"
        guesses.add_row("✓" if sure else "?", f"{key}: {value}{where}", because, style=None if sure else "yellow")
    console.print(guesses)
    doubtful = sum(not line["sure"] for line in inventory["evidence"])
    if doubtful:
        console.print(f"? {doubtful} điều cần người xác nhận / to be confirmed: diachinh inspect … --write")


def _split(key: str) -> tuple[str, str]:
    """Return a key of `package.yaml` without its file, and the file.

    >>> _split("files[a/b.dgn].role")
    ('role', 'a/b.dgn')
    """
    if not key.startswith("files["):
        return key, ""
    path, name = key.removeprefix("files[").rsplit("].", 1)
    return name, path


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
