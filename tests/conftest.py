"""Fixtures that cost something: the samples run once through everything, a server, a browser, PostGIS."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgis import running
from tests.stores import database, home, safe, url

__all__ = ["database", "home", "safe", "url"]

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"

# The same examples in every run: a test that fails once in a hundred runs teaches people to run it again.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


def diachinh(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command as its users do and return what it printed."""
    command = [sys.executable, "-m", "pipelines", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False, **options)


@pytest.fixture
def shared_data() -> Callable[[str], Path]:
    """Return a path below the folder of real data, or skip with the reason."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"real data not on this machine: {path.relative_to(ROOT.parent)}")
        return path

    return find


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the generated samples: `inbox/` and `expected/`."""
    from data_samples import generate

    folder = tmp_path_factory.mktemp("samples")
    generate(folder)
    return folder


@pytest.fixture(scope="session")
def samples_home(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home in which the samples went all the way to the release."""
    home = tmp_path_factory.mktemp("home") / "build"
    done = diachinh("run", samples / "inbox", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    return home


@pytest.fixture(scope="session")
def atlas_url(samples_home: Path) -> Iterator[str]:
    """Return the address of a running atlas over the samples."""
    assert (ROOT / "atlas" / "web" / "dist" / "index.html").exists(), "the atlas is not built: run `make setup`"
    with serving(samples_home) as url:
        yield url


class serving:
    """A server over one home, for as long as the `with` block."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.home = home

    def __enter__(self) -> str:
        command = [sys.executable, "-m", "atlas", "serve", "--home", str(self.home), "--port", str(self.port)]
        self.log = (self.home / "serve.log").open("w", encoding="utf-8")
        self.process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=self.log, stderr=subprocess.STDOUT
        )
        url = f"http://127.0.0.1:{self.port}"
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
                    if answer.status == 200:
                        return url
            except OSError:
                assert self.process.poll() is None, (self.home / "serve.log").read_text(encoding="utf-8")
                time.sleep(0.1)
        raise AssertionError((self.home / "serve.log").read_text(encoding="utf-8"))

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)
        self.log.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of the browser that `setup/test-tools.sh` installs."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "no Chromium: run sh setup/test-tools.sh"
    return path


@pytest.fixture(scope="session")
def postgis() -> Iterator[str]:
    """Return the connection string of a PostGIS that lives as long as the tests.

    Its databases live for seconds; to look through each of them for something to tidy up is only work.
    """
    with running("autovacuum=off") as connection:
        yield connection
