"""Releases: one load, or one return to a former state, of one commune."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipelines.errors import StoreError
from pipelines.store import geopackage
from pipelines.store.database import HOLDERS, Store
from pipelines.store.identity import settle
from pipelines.store.tables import Table, holder_tables, land_tables
from pipelines.store.versions import Moment, bulk_writing, close


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a commune.

    Attributes:
        release_id: Number, rising over all communes.
        ma_xa: Commune code.
        ky_dia_gioi: Era of the code.
        kind: `load` or `rollback`.
        started_at: UTC, ISO 8601.
        finished_at: UTC, ISO 8601.
        package_sha256: Hash of the package.
        counts: added, changed, removed, unchanged parcels and what the kind adds.
        srid: Zone (EPSG code).
    """

    release_id: int
    ma_xa: str
    ky_dia_gioi: str
    kind: str
    started_at: str
    finished_at: str | None
    package_sha256: str | None
    counts: dict[str, Any]
    srid: int


_COLUMNS = "release_id, ma_xa, ky_dia_gioi, kind, started_at, finished_at, package_sha256, counts, srid"


def now() -> str:
    """Return the time, UTC, ISO 8601 with microseconds, in a form that sorts."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def begin(
    connection: sqlite3.Connection,
    scope: tuple[str, str],
    *,
    kind: str,
    package_sha256: str | None,
    srid: int,
    valid: str,
    verdict: str | None = None,
) -> Moment:
    """Enter a release and return the moment its rows are written at."""
    started = now()
    number = connection.execute(
        "INSERT INTO ban_phat_hanh (ma_xa, ky_dia_gioi, kind, started_at, package_sha256, verdict, srid) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*scope, kind, started, package_sha256, verdict, srid),
    ).lastrowid
    return Moment(release_id=int(number or 0), now=started, valid=valid)


def finish(connection: sqlite3.Connection, release_id: int, counts: Mapping[str, Any]) -> None:
    """Book what the release did."""
    connection.execute(
        "UPDATE ban_phat_hanh SET finished_at = ?, counts = ? WHERE release_id = ?",
        (now(), json.dumps(dict(counts), ensure_ascii=False), release_id),
    )


def listing(store: Store, ma_xa: str | None = None) -> list[Release]:
    """Return releases, oldest first, of one commune or of all."""
    where, values = ("WHERE ma_xa = ?", (ma_xa,)) if ma_xa else ("", ())
    rows = store.connection.execute(f"SELECT {_COLUMNS} FROM ban_phat_hanh {where} ORDER BY release_id", values)
    return [_release(row) for row in rows]


def _release(row: tuple[Any, ...]) -> Release:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Release(**(values | {"counts": json.loads(values["counts"] or "{}")}))


def latest(store: Store) -> list[Release]:
    """Return the newest release of every commune and era, by commune code."""
    newest = {(release.ma_xa, release.ky_dia_gioi): release for release in listing(store)}
    return [newest[key] for key in sorted(newest)]


def rollback(store: Store, ma_xa: str, release_id: int) -> Release:
    """Bring a commune back to what it was after a release; that is a new release, nothing is deleted.

    Raises:
        StoreError: The commune has no such release.
    """
    known = {release.release_id: release for release in listing(store, ma_xa)}
    if release_id not in known:
        listed = ", ".join(str(number) for number in known) or "-"
        raise StoreError(
            f"Xã {ma_xa} không có bản phát hành {release_id}: chọn một trong các số {listed} (lệnh `history`).",
            f"Commune {ma_xa} has no release {release_id}: choose one of {listed} (command `history`).",
        )
    target = known[release_id]
    scope = (target.ma_xa, target.ky_dia_gioi)
    with store.transaction() as connection:
        moment = begin(
            connection, scope, kind="rollback", package_sha256=target.package_sha256, srid=target.srid, valid=""
        )
        counts: dict[str, Any] = {"restored": release_id, "dqi": target.counts.get("dqi"), "added": 0, "removed": 0}
        for schema, table in _versioned(target.srid):
            added, removed = _restore(connection, schema, table, scope, release_id, moment)
            if table.name == f"thua_dat_{target.srid}":
                counts |= {"added": added, "removed": removed}
        counts["parcels"] = _settle_identities(connection, target, moment)
        finish(connection, moment.release_id, counts)
    return next(release for release in listing(store, ma_xa) if release.release_id == moment.release_id)


def _versioned(srid: int) -> Iterable[tuple[str, Table]]:
    for schema, tables in (("main", land_tables(srid)), (HOLDERS, holder_tables())):
        yield from ((schema, table) for table in tables.values() if table.is_versioned)


def _restore(
    connection: sqlite3.Connection, schema: str, table: Table, scope: tuple[str, str], release_id: int, moment: Moment
) -> tuple[int, int]:
    """Close what the release did not hold, and write again what it held; return how many of each."""
    qualified = f'{schema}."{table.name}"'
    ours = "release_from IN (SELECT release_id FROM ban_phat_hanh WHERE ma_xa = :ma_xa AND ky_dia_gioi = :era)"
    then = f"{ours} AND release_from <= :release AND (release_to IS NULL OR release_to > :release)"
    values = {"ma_xa": scope[0], "era": scope[1], "release": release_id}
    surplus = connection.execute(
        f"SELECT version_id FROM {qualified} WHERE tx_to IS NULL AND {ours} "
        f"AND row_hash NOT IN (SELECT row_hash FROM {qualified} WHERE {then})",
        values,
    ).fetchall()
    lacking = connection.execute(
        f"SELECT version_id FROM {qualified} WHERE {then} "
        f"AND row_hash NOT IN (SELECT row_hash FROM {qualified} WHERE tx_to IS NULL AND {ours})",
        values,
    ).fetchall()
    if surplus or lacking:
        with bulk_writing(connection, table):
            close(connection, qualified, [row[0] for row in surplus], moment)
            _copy(connection, schema, table, [row[0] for row in lacking], moment)
    return len(lacking), len(surplus)


def _copy(connection: sqlite3.Connection, schema: str, table: Table, sources: list[int], moment: Moment) -> None:
    """Write versions again as current ones; they keep the date from which they hold."""
    qualified = f'{schema}."{table.name}"'
    entity = ", ".join(f'"{name}"' for name, _ in table.entity)
    first = connection.execute(f"SELECT coalesce(max(version_id), 0) + 1 FROM {qualified}").fetchone()[0]
    pairs = [(first + place, moment.now, moment.release_id, source) for place, source in enumerate(sources)]
    connection.executemany(
        f"INSERT INTO {qualified} (version_id, {entity}, valid_from, tx_from, release_from, row_hash) "
        f"SELECT ?, {entity}, valid_from, ?, ?, row_hash FROM {qualified} WHERE version_id = ?",
        pairs,
    )
    if table.has_geometry:
        rtree = f'"rtree_{table.name}_{geopackage.GEOMETRY_COLUMN}"'
        connection.executemany(
            f"INSERT INTO {rtree} SELECT ?, minx, maxx, miny, maxy FROM {rtree} WHERE id = ?",
            [(pair[0], pair[3]) for pair in pairs],
        )


def _settle_identities(connection: sqlite3.Connection, release: Release, moment: Moment) -> int:
    """Retire codes of parcels that are gone again and wake those of parcels that are back; return the parcels."""
    table = f"thua_dat_{release.srid}"
    settle(connection, table, (release.ma_xa, release.ky_dia_gioi), moment.release_id)
    number: int = connection.execute(
        f'SELECT count(*) FROM "{table}" WHERE ma_xa = ? AND ky_dia_gioi = ? AND tx_to IS NULL',
        (release.ma_xa, release.ky_dia_gioi),
    ).fetchone()[0]
    return number
