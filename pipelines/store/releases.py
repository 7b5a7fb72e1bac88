"""Releases: one load, or one return to a former state, of one commune."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.errors import StoreError
from pipelines.store.database import Moment, Store
from pipelines.store.identity import settle
from pipelines.store.keys import refuse_return
from pipelines.store.tables import all_tables, layer_table
from pipelines.store.versions import count_current, restore


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a commune.

    Attributes:
        release_id: Number, rising over all communes.
        ma_xa: Commune code.
        ky_dia_gioi: Era of the code.
        kind: `load`, `rollback`, `change` or `reform`.
        started_at: UTC, ISO 8601.
        finished_at: UTC, ISO 8601.
        package_sha256: Hash of the package.
        counts: added, changed, removed, unchanged parcels and what the kind adds.
        srid: Zone (EPSG code).
        giao_dich_id: The transaction that a change registered.
        nguoi_thuc_hien: Account that wrote a change or a reform.
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
    giao_dich_id: str | None = None
    nguoi_thuc_hien: str | None = None


_COLUMNS = (
    "release_id, ma_xa, ky_dia_gioi, kind, started_at, finished_at, package_sha256, counts, srid, "
    "giao_dich_id, nguoi_thuc_hien"
)


_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


def now() -> str:
    """Return the time, UTC, ISO 8601 with microseconds, in a form that sorts."""
    return datetime.now(UTC).strftime(_TIME)


def begin(
    store: Store,
    scope: tuple[str, str],
    *,
    kind: str,
    package_sha256: str | None,
    srid: int,
    valid: str,
    verdict: str | None = None,
    giao_dich_id: str | None = None,
    nguoi_thuc_hien: str | None = None,
    at: str | None = None,
) -> Moment:
    """Enter a release and return the moment its rows are written at: `at`, where several releases are one event."""
    moment = Moment(release_id=0, now=at or _after_the_last(store), valid=valid, scope=scope)
    values = {**moment.values, "kind": kind, "sha256": package_sha256, "verdict": verdict, "srid": srid}
    values |= {"giao_dich_id": giao_dich_id, "nguoi_thuc_hien": nguoi_thuc_hien}
    number = store.execute(
        "INSERT INTO ban_phat_hanh (ma_xa, ky_dia_gioi, kind, started_at, package_sha256, verdict, srid, "
        "giao_dich_id, nguoi_thuc_hien) VALUES (:ma_xa, :ky_dia_gioi, :kind, :now, :sha256, :verdict, :srid, "
        ":giao_dich_id, :nguoi_thuc_hien) RETURNING release_id",
        values,
    ).fetchall()[0][0]
    return replace(moment, release_id=int(number))


def _after_the_last(store: Store) -> str:
    """Return the time; where the clock was set back, the microsecond after the newest release.

    Versions are in the order of their times: that order counts, and a clock that is wrong by an hour does not undo it.
    """
    last = store.execute("SELECT max(coalesce(finished_at, started_at)) FROM ban_phat_hanh").fetchone()[0] or ""
    if last < (time := now()):
        return time
    return (datetime.strptime(last, _TIME) + timedelta(microseconds=1)).strftime(_TIME)


def finish(store: Store, release_id: int, counts: Mapping[str, Any]) -> None:
    """Book what the release did."""
    store.execute(
        "UPDATE ban_phat_hanh SET finished_at = CASE WHEN started_at > :now THEN started_at ELSE :now END, "
        "counts = :counts WHERE release_id = :release",
        {"now": now(), "counts": json.dumps(dict(counts), ensure_ascii=False), "release": release_id},
    )


def listing(store: Store, ma_xa: str | None = None) -> list[Release]:
    """Return releases, oldest first, of one commune or of all."""
    where = "WHERE ma_xa = :ma_xa" if ma_xa else ""
    rows = store.execute(f"SELECT {_COLUMNS} FROM ban_phat_hanh {where} ORDER BY release_id", {"ma_xa": ma_xa})
    return [_release(row) for row in rows.fetchall()]


def _release(row: tuple[Any, ...]) -> Release:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Release(**(values | {"counts": json.loads(values["counts"] or "{}")}))


def latest(store: Store) -> list[Release]:
    """Return the newest release of every commune and era, by commune code; one that a reform emptied is no more."""
    newest = {(release.ma_xa, release.ky_dia_gioi): release for release in listing(store)}
    return [newest[key] for key in sorted(newest) if not is_emptied(newest[key])]


def is_emptied(release: Release) -> bool:
    """Return whether a reform, or its undoing, took the last parcel of the commune."""
    return release.counts.get("parcels") == 0 and bool({"reform", "undoes"} & release.counts.keys())


def reform_of(release: Release) -> int | None:
    """Return the release with which a reform made the new commune that this one is a part of; None for others."""
    reform = release.counts.get("reform")
    if reform is None:
        return None
    return int(reform["into"]["release_id"]) if "into" in reform else release.release_id


def reformed_together(store: Store) -> list[frozenset[tuple[str, str]]]:
    """Return the communes that reforms, undone ones too, gave each other's land: groups of code and era."""
    groups: list[frozenset[tuple[str, str]]] = []
    for release in listing(store):
        into = release.counts.get("reform", {}).get("into")
        if into:
            pair = frozenset({(release.ma_xa, release.ky_dia_gioi), (into["ma_xa"], into["ky_dia_gioi"])})
            met = [group for group in groups if group & pair]
            groups = [*(group for group in groups if group not in met), pair.union(*met)]
    return groups


def newest(store: Store, scope: tuple[str, str]) -> Release | None:
    """Return the newest release of a commune, None where it has none."""
    row = store.execute(
        f"SELECT {_COLUMNS} FROM ban_phat_hanh WHERE ma_xa = :ma_xa AND ky_dia_gioi = :ky_dia_gioi "
        "ORDER BY release_id DESC LIMIT 1",
        {"ma_xa": scope[0], "ky_dia_gioi": scope[1]},
    ).fetchone()
    return _release(row) if row else None


def verdict_of(store: Store, release: Release) -> str | None:
    """Return the decision on acceptance that a release was made under, as JSON."""
    row = store.execute(
        "SELECT verdict FROM ban_phat_hanh WHERE release_id = :release", {"release": release.release_id}
    ).fetchone()
    return str(row[0]) if row and row[0] is not None else None


def rollback(store: Store, ma_xa: str, release_id: int) -> Release:
    """Bring a commune back to what it was after a release; that is a new release, nothing is deleted.

    Raises:
        StoreError: The commune has no such release.
        Refusal: The release lies before a reform of the commune.
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
    with store.transaction(scope, target.srid):
        refuse_return(store, scope, release_id)
        moment = begin(store, scope, kind="rollback", package_sha256=target.package_sha256, srid=target.srid, valid="")
        counts = bring_back(store, target.srid, release_id, moment)
        finish(store, moment.release_id, {"restored": release_id, "dqi": target.counts.get("dqi"), **counts})
    return next(release for release in listing(store, ma_xa) if release.release_id == moment.release_id)


def bring_back(store: Store, srid: int, release_id: int, moment: Moment) -> dict[str, int]:
    """Make every table of the commune of a moment what it was after a release, inside the caller's transaction.

    Returns:
        Parcels that came (`added`), went (`removed`), and are there now (`parcels`).
    """
    parcels = layer_table("thua_dat", srid)
    versioned = [table for table in all_tables(srid) if table.is_versioned]
    added, removed = {table: restore(store, table, release_id, moment) for table in versioned}[parcels]
    settle(store, parcels, moment)
    return {"added": added, "removed": removed, "parcels": count_current(store, parcels, moment.scope)}


def key_check_value(store: Store) -> str | None:
    """Return the check value of the key that identity numbers were encrypted with; None where none was used yet."""
    row = store.execute("SELECT check_value FROM holders.khoa").fetchone()
    return str(row[0]) if row else None


def keep_key_check_value(store: Store, value: str) -> None:
    """Keep the check value of the key that the first identity numbers are encrypted with."""
    store.execute("INSERT INTO holders.khoa VALUES (1, :value) ON CONFLICT DO NOTHING", {"value": value})
