"""`diachinh demo`: make the sample communes, run everything, open the atlas."""

import subprocess
import time
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import Home, config_file, settings
from pipelines.cli.process import ROOT, command, environment
from pipelines.cli.serve import Host, Port, start
from pipelines.errors import PackageError


def demo(
    context: typer.Context,
    home: Home = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    cores: Annotated[int, typer.Option(min=1, help="Số lõi / processor cores")] = 2,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Mở atlas sau khi chạy / serve afterwards")] = True,
) -> None:
    """Bốn xã mẫu từ gói dữ liệu đến atlas / four sample communes all the way to the atlas."""
    from pipelines.cli.run import run_inbox

    chosen = settings(context, home)
    samples = chosen.home / "samples"
    make_samples(samples)
    code = run_inbox(samples / "inbox", chosen, config=config_file(context), cores=cores)
    if code:
        raise SystemExit(code)
    if serve:
        typer.echo(f"Atlas: http://{host}:{port}/   API: http://{host}:{port}/api   (Ctrl+C để dừng / to stop)")
        start(chosen.home, host, port)


def make_samples(folder: Path) -> None:
    """Generate the sample communes, unless they are there already.

    Raises:
        PackageError: The generator is not part of this installation.
    """
    if (folder / "inbox").exists():
        return
    if not (ROOT / "data_samples").exists():
        raise PackageError(
            "Bản cài này không kèm dữ liệu mẫu: chạy `make demo` trong thư mục mã nguồn.",
            "This installation has no samples: run `make demo` in the source folder.",
        )
    started = time.monotonic()
    subprocess.run(command("data_samples", folder), check=True, env=environment(), stdout=subprocess.DEVNULL)
    typer.echo(f"Bốn xã mẫu / sample communes: {folder} · {time.monotonic() - started:.0f} s")
