"""Both stores for one test: files in the folder `home`, and a fresh database on a PostGIS that all tests share."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from pipelines import vault

_numbers = itertools.count(1)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the folder of a store of files, not made yet."""
    return tmp_path / "home"


@pytest.fixture
def safe(tmp_path: Path) -> vault.Vault:
    """Return a key for the numbers of people."""
    return vault.open_vault(tmp_path / "holder.key")


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the address of a database with PostGIS and nothing else; skip where there is no PostgreSQL."""
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        pytest.skip("no PostgreSQL on this machine: sh setup/test-tools.sh")
    server = request.getfixturevalue("postgis")
    folder = conninfo_to_dict(server)["host"]
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        # Copying the files of the template takes a tenth of what writing them through the log does (the way since 15).
        way = " STRATEGY file_copy" if connection.info.server_version >= 150_000 else ""
        connection.execute(f"CREATE DATABASE {name}{way}")
        yield f"postgresql://postgres@/{name}?host={folder}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["gpkg", "postgis"])
def url(request: pytest.FixtureRequest) -> str:
    """Return the address of an empty store; the files lie in the folder `home`."""
    if request.param == "gpkg":
        return f"gpkg:{request.getfixturevalue('home')}"
    return str(request.getfixturevalue("database"))


in_files = pytest.mark.parametrize("url", ["gpkg"], indirect=True)
"""For what is asked of files alone."""

on_a_server = pytest.mark.parametrize("url", ["postgis"], indirect=True)
"""For what is asked of a server alone."""
