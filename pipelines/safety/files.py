"""Backup and restore of the store of two files."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import StoreError
from pipelines.safety import archive
from pipelines.safety.contents import Content, contents, keep_in_log
from pipelines.safety.manifest import FILES, Manifest, damaged, describe
from pipelines.safety.physical import damage_of_files
from pipelines.store import HOLDERS_FILE, LAND_FILE, Entry
from pipelines.store.geopackage_store import GeoPackage
from pipelines.store.recovery import ASIDE, READY, finish_restore, flush

_SCHEMAS = {"main": LAND_FILE, "holders": HOLDERS_FILE}


def copy_out(store: GeoPackage, folder: Path) -> Manifest:
    """Copy both files as they were at one moment, by SQLite's own backup; return the manifest of the copy.

    While it copies, others read; who wants to commit waits. What has to be read and hashed is read from the copy.

    Raises:
        StoreError: A file is missing or damaged, or a program holds it.
    """
    with store.holders():
        store.execute("BEGIN")
        try:
            # The first look into a file takes hold of it: none commits from here on, and a commit is over both files.
            for schema in _SCHEMAS:
                store.execute(f"SELECT 1 FROM {schema}.sqlite_master").fetchone()
            for schema, name in _SCHEMAS.items():
                _copy(store, schema, folder / name)
        finally:
            store.execute("ROLLBACK")
    with GeoPackage(folder, writing=False) as copy, copy.holders():
        return describe(copy, FILES, sqlite3.sqlite_version, contents(copy))


def _copy(store: GeoPackage, schema: str, target: Path) -> None:
    connection = sqlite3.connect(target)
    try:
        store.connection.backup(connection, name=schema)
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"Không chép được sang {target.parent}: kiểm tra dung lượng đĩa và quyền ghi ({error}).",
            f"The copy to {target.parent} failed: check the disk space and the rights ({error}).",
        ) from error
    finally:
        connection.close()


def rehearse(folder: Path) -> dict[str, Content]:
    """Return what unpacked files hold.

    Raises:
        StoreError: They are damaged.
    """
    with GeoPackage(folder, writing=False) as copy, copy.holders():
        if damage_of_files(copy):
            raise damaged(str(folder))
        return contents(copy)


def is_taken(home: Path) -> bool:
    """Tell whether a file of a store is in a folder, sound or not."""
    finish_restore(home)
    return any((home / name).exists() for name in _SCHEMAS.values())


def bring_back(source: Path, home: Path, aside: str, entry: Entry) -> Manifest:
    """Restore a backup into a folder; files that are there go into the folder `aside` in it.

    Everything is unpacked, compared and logged beside, then put in place by one renaming of a folder: killed before it,
    the former store is there, killed after it, whoever opens the store finishes.

    Raises:
        StoreError: The backup is damaged, another program holds the store, or it cannot be written.
    """
    with archive.workspace(home, "restore") as space:
        fresh = space / "fresh"
        fresh.mkdir(mode=0o700)
        manifest = archive.unpack(source, fresh)
        if set(manifest.files) != set(_SCHEMAS.values()) or rehearse(fresh) != manifest.tables:
            raise damaged(str(source))
        with GeoPackage(fresh, writing=True) as store:
            keep_in_log(store, entry)
        for name in _SCHEMAS.values():
            if (home / name).exists():
                # Who could read or write the former file can do so with this one.
                (fresh / name).chmod(stat.S_IMODE((home / name).stat().st_mode))
        (fresh / ASIDE).write_text(aside, encoding="ascii")
        for path in (*fresh.iterdir(), fresh):
            flush(path)
        with _held(home):
            fresh.rename(home / READY)
            flush(home)
            finish_restore(home)
    return manifest


@contextmanager
def _held(home: Path) -> Iterator[None]:
    """Keep others from writing to the files that are there; a damaged one nobody can write to."""
    there = [home / name for name in _SCHEMAS.values() if (home / name).exists()]
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for number, path in enumerate(there):
            connection.execute(f"ATTACH DATABASE ? AS former_{number}", (str(path),))
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise StoreError(
                f"Chương trình khác đang giữ cơ sở dữ liệu trong {home}: đóng nó rồi khôi phục lại.",
                f"Another program holds the database in {home}: close it and restore again.",
            ) from error
        raise
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode not in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            raise
        connection.close()
    try:
        yield
    finally:
        connection.close()
