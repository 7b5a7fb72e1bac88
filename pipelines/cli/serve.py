"""`diachinh serve`: start the atlas and the API as a process of their own."""

import subprocess
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import Home, settings
from pipelines.cli.process import command, environment
from pipelines.errors import StoreError

Host = Annotated[str, typer.Option(help="Địa chỉ lắng nghe / address to listen on")]
Port = Annotated[int, typer.Option(help="Cổng / port", min=1, max=65535)]


def serve(
    context: typer.Context,
    home: Home = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(help="Số tiến trình / processes", min=1)] = 1,
) -> None:
    """Mở atlas và API tại http://127.0.0.1:8000 / serve the atlas and the API."""
    start(settings(context, home).home, host, port, workers)


def start(home: Path, host: str = "127.0.0.1", port: int = 8000, workers: int = 1) -> None:
    """Start `python -m atlas serve` and wait for it.

    Raises:
        StoreError: Nothing has been published yet.
    """
    if not (home / "release" / "manifest.json").exists():
        raise StoreError(
            f"Chưa có bản công bố trong {home}: chạy `diachinh run INBOX` trước.",
            f"Nothing is published in {home} yet: run `diachinh run INBOX` first.",
        )
    call = command("atlas", "serve", "--home", home, "--host", host, "--port", port, "--workers", workers)
    try:
        code = subprocess.call(call, env=environment())
    except KeyboardInterrupt:
        code = 0
    raise SystemExit(code)
