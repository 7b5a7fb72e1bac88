"""Backup and restore of the store on a server, with the tools of PostgreSQL."""

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pipelines.errors import StoreError
from pipelines.safety.contents import Content, contents
from pipelines.safety.manifest import SERVER, Manifest, damaged, describe
from pipelines.store import Store
from pipelines.store.postgis_store import SCHEMA_LOCK, PostGIS
from schemas.postgis import HOLDERS, LAND

DUMP = "store.pgdump"
_SCHEMAS = (LAND, HOLDERS)
_DEBIAN = "/usr/lib/postgresql"


def copy_out(store: PostGIS, folder: Path) -> Manifest:
    """Dump both schemas as they were at one moment, while others read and load; return what they hold.

    Raises:
        StoreError: There is no pg_dump of the server's version, or it says no.
    """
    with snapshot(store) as name:
        _run(
            store,
            "pg_dump",
            "--format=custom",
            f"--snapshot={name}",
            f"--file={folder / DUMP}",
            *(f"--schema={name}" for name in _SCHEMAS),
            "--strict-names",
            f"--dbname={_address(store)}",
        )
        return describe(store, SERVER, str(store.connection.info.server_version), contents(store))


@contextmanager
def snapshot(store: PostGIS) -> Iterator[str]:
    """Yield the name of a snapshot that another program can read too; nobody changes tables meanwhile."""
    values = {"number": SCHEMA_LOCK}
    store.execute("SELECT pg_advisory_lock_shared(:number)", values)
    try:
        store.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield store.execute("SELECT pg_export_snapshot()").fetchall()[0][0]
        finally:
            if not store.connection.broken:
                store.execute("ROLLBACK")
    finally:
        if not store.connection.broken:
            store.execute("SELECT pg_advisory_unlock_shared(:number)", values)


def snapshot_contents(store: PostGIS) -> dict[str, Content]:
    """Return what a store holds at one moment."""
    with snapshot(store):
        return contents(store)


def rehearse(store: PostGIS, folder: Path) -> dict[str, Content]:
    """Restore a dump into a database of its own on the same server and return what it holds.

    Raises:
        StoreError: The account may not make a database there, or the dump cannot be restored.
    """
    name = f"diachinh_verify_{secrets.token_hex(4)}"
    if not store.execute("SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchall()[0][0]:
        raise StoreError(
            f"Tài khoản không được tạo cơ sở dữ liệu trên {store.place} để thử khôi phục: cấp CREATEDB hoặc thêm "
            "--no-verify.",
            f"This account may not make a database on {store.place} to rehearse in: grant CREATEDB or add --no-verify.",
        )
    with psycopg.connect(store.address, autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'".encode())
        try:
            with PostGIS(make_conninfo(store.address, dbname=name), writing=True) as copy:
                copy.prepare()
                _play(copy, folder, ())
                return snapshot_contents(copy)
        finally:
            owner.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def is_taken(store: Store) -> bool:
    """Tell whether a schema of ours is in the database, sound or not."""
    names = ", ".join(f"'{name}'" for name in _SCHEMAS)
    return store.execute(f"SELECT 1 FROM pg_namespace WHERE nspname IN ({names})").fetchone() is not None


def bring_back(store: PostGIS, folder: Path, manifest: Manifest, stamp: str) -> list[str]:
    """Restore an unpacked dump, all of it in one transaction; return the new names of schemas that were there.

    Raises:
        StoreError: The server says no, or what came out is not what went in; the former schemas are in place.
    """
    store.prepare()
    there = [row[0] for row in store.execute("SELECT nspname FROM pg_namespace").fetchall()]
    former = {name: f"{name}_former_{stamp.lower()}" for name in _SCHEMAS if name in there}
    _play(store, folder, [f"ALTER SCHEMA {name} RENAME TO {other}" for name, other in former.items()])
    if snapshot_contents(store) != manifest.tables:
        with store.transaction():
            for name in _SCHEMAS:
                store.execute(f"ALTER SCHEMA {name} RENAME TO {name}_failed_{stamp.lower()}")
            for name, other in former.items():
                store.execute(f"ALTER SCHEMA {other} RENAME TO {name}")
        raise damaged(manifest.made_at)
    return list(former.values())


def _play(store: PostGIS, folder: Path, before: Sequence[str]) -> None:
    """Run statements and a dump in one transaction: all of it is kept, or nothing."""
    script = folder / "store.sql"
    _run(store, "pg_restore", "--no-owner", f"--file={script}", folder / DUMP)
    first = [f"SELECT pg_advisory_xact_lock({SCHEMA_LOCK})", *before]
    commands = [part for statement in first for part in ("--command", statement)]
    _run(
        store,
        "psql",
        "--no-psqlrc",
        "--quiet",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        f"--dbname={_address(store)}",
        *commands,
        f"--file={script}",
    )
    script.unlink()


def _run(store: PostGIS, name: str, *arguments: object) -> None:
    password = conninfo_to_dict(store.address).get("password")
    environment = {**os.environ, "LC_ALL": "C"} | ({"PGPASSWORD": str(password)} if password else {})
    done = subprocess.run(
        [_tool(name, store.connection.info.server_version // 10_000), *map(str, arguments)],
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        # The line that names the error; those behind it may quote rows.
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()] or [f"exit {done.returncode}"]
        raise StoreError(
            f"{name} không làm được với {store.place} ({lines[0]}): kiểm tra quyền, dung lượng đĩa và phiên bản.",
            f"{name} failed with {store.place} ({lines[0]}): check the rights, the disk space and the versions.",
        )


def _tool(name: str, wanted: int) -> Path:
    """Return the program of PostgreSQL whose version is the server's, or the next above it."""
    on_path = shutil.which(name)
    found = [*([Path(on_path)] if on_path else []), *Path(_DEBIAN).glob(f"*/bin/{name}")]
    usable = [(version, path) for path in found if (version := _version(path)) >= wanted]
    if usable:
        return min(usable)[1]
    raise StoreError(
        f"Không có {name} phiên bản {wanted} trở lên: cài gói postgresql-client-{wanted} trên máy này.",
        f"There is no {name} of version {wanted} or newer: install postgresql-client-{wanted} on this machine.",
    )


def _version(path: Path) -> int:
    told = subprocess.run([path, "--version"], check=True, capture_output=True, encoding="utf-8").stdout
    found = re.search(r"\) (\d+)", told)
    return int(found[1]) if found else 0


def _address(store: PostGIS) -> str:
    """Return where a store is as its own programs take it, without the password: command lines are seen by all."""
    parts = conninfo_to_dict(store.address)
    return make_conninfo(**{name: str(value) for name, value in parts.items() if name != "password"})
