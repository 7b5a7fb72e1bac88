"""A PostGIS of our own on a socket in a temporary folder: the second store, and a judge and peer of another make."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(*settings: str) -> Iterator[str]:
    """Start PostgreSQL in a folder of its own and yield its connection string; the PostGIS extension is created.

    Args:
        settings: What is set beside what every such server needs, as `name=value`.
    """
    # The folders of pytest are closed to other users whenever another run of it begins.
    with tempfile.TemporaryDirectory(prefix="diachinh-pg-", ignore_cleanup_errors=True) as folder:
        yield from _running(Path(folder), settings)


def _running(folder: Path, settings: tuple[str, ...]) -> Iterator[str]:
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert binaries, "no PostgreSQL: run sh setup/test-tools.sh"
    data = folder / "data"
    # The server refuses to run as root; `postgres` is the account the Debian package made.
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_postgres:
        shutil.chown(folder, "postgres")

    def call(*command: object) -> None:
        subprocess.run(
            [*as_postgres, *command], check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    call(binaries[-1] / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync")
    chosen = ("listen_addresses=''", f"unix_socket_directories={folder}", "fsync=off", *settings)
    options = " ".join(f"-c {setting}" for setting in chosen)
    control = (binaries[-1] / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options)
    call(*control, "start")
    try:
        # Databases made from `template1` have it too, which costs each of them a part of a second less.
        for name in ("postgres", "template1"):
            call(binaries[-1] / "psql", "-h", folder, "-U", "postgres", "-d", name, "-c", "CREATE EXTENSION postgis")
        yield f"host={folder} user=postgres dbname=postgres"
    finally:
        call(*control, "-m", "immediate", "stop")
