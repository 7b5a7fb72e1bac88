"""One load: one transaction over both files, one release of one commune."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from pipelines import store as land
from pipelines import vault as vaults
from pipelines.errors import StoreError
from pipelines.ledger import LedgerError
from pipelines.load import holders, prepare
from pipelines.load.delivery import Delivery


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a load did.

    Attributes:
        release_id: The release that holds now: a new one, or the former when nothing changed.
        is_new: Whether the load made a release.
        added: Parcels that were not there.
        changed: Parcels of which a version was closed and another opened.
        removed: Parcels that are no longer there.
        unchanged: Parcels not touched.
        quarantined: Parcels not stored, for want of a number or a shape.
        identified: Parcels that carry a national identifier.
        identity_conflicts: Parcels left without one, because another has the code of their point.
        sha256: Hash of the package.
    """

    release_id: int
    is_new: bool
    added: int
    changed: int
    removed: int
    unchanged: int
    quarantined: int
    identified: int
    identity_conflicts: int
    sha256: str

    @property
    def parcels(self) -> int:
        """Current parcels of the commune."""
        return self.added + self.changed + self.unchanged


def run(delivery: Delivery, store: land.Store, vault: vaults.Vault) -> Receipt:
    """Load a judged commune; a delivery that changes nothing makes no release.

    Raises:
        StoreError: The database cannot be written, or the key is not the one it was written with.
        LedgerError: The database does not hold the parcels that were to be stored: our defect, nothing is kept.
    """
    loadable = prepare.is_loadable(delivery.parcels)
    parcels = prepare.with_identity(delivery.parcels[loadable])
    parcels = prepare.with_grades(parcels, delivery.grades, delivery.findings)
    with store.transaction() as connection:
        _check_key(connection, vault)
        assignment = land.assign(connection, parcels, prepare.is_sound(parcels))
        parcels = parcels.assign(ma_dinh_danh_thua=assignment.codes)
        differences = list(_differences(connection, delivery, parcels, vault))
        counts = _count(connection, differences[0], len(parcels))
        body: dict[str, Any] = {
            **counts,
            "quarantined": int((~loadable).sum()),
            "identified": int(assignment.codes.notna().sum()),
            "identity_conflicts": assignment.conflicts,
            "sha256": delivery.sha256,
        }
        former = _former(connection, delivery)
        if former is not None and all(difference.is_empty for difference in differences):
            return Receipt(release_id=former, is_new=False, **body)
        moment = land.begin(
            connection,
            delivery.scope,
            kind="load",
            package_sha256=delivery.sha256,
            srid=delivery.srid,
            valid=delivery.date,
            verdict=json.dumps(dict(delivery.verdict), ensure_ascii=False),
        )
        for difference in differences:
            land.write(connection, difference, moment, delivery.srid)
        land.record(connection, assignment, srid=delivery.srid, release_id=moment.release_id)
        land.settle(connection, differences[0].table.name, delivery.scope, moment.release_id)
        _balance(connection, differences[0].table.name, delivery.scope, len(parcels))
        receipt = Receipt(release_id=moment.release_id, is_new=True, **body)
        land.finish(
            connection,
            moment.release_id,
            {
                **asdict(receipt),
                "parcels": receipt.parcels,
                "dqi": delivery.summary.get("dqi"),
                "inputs": delivery.inputs,
            },
        )
    return receipt


def unchanged(store: land.Store, scope: tuple[str, str], inputs: str, vault: vaults.Vault) -> Receipt | None:
    """Return the receipt of a load that would change nothing, for its inputs are those of the release that holds.

    Raises:
        StoreError: The key is not the one the database was written with.
    """
    newest = [release for release in land.latest(store) if (release.ma_xa, release.ky_dia_gioi) == scope]
    if not newest or newest[0].counts.get("inputs") != inputs:
        return None
    with store.transaction() as connection:
        _check_key(connection, vault)
        _balance(connection, f"thua_dat_{newest[0].srid}", scope, newest[0].counts["parcels"])
    counts = newest[0].counts
    kept = {name: counts[name] for name in ("quarantined", "identified", "identity_conflicts", "sha256")}
    return Receipt(
        newest[0].release_id, is_new=False, added=0, changed=0, removed=0, unchanged=counts["parcels"], **kept
    )


def _differences(
    connection: sqlite3.Connection, delivery: Delivery, parcels: gpd.GeoDataFrame, vault: vaults.Vault
) -> Iterator[land.Difference]:
    """Compare every table with the delivery; the first difference is that of the parcels."""
    tables = land.land_tables(delivery.srid)
    frames: dict[str, pd.DataFrame] = {
        "thua_dat": parcels,
        "canh_bao": prepare.finding_rows(delivery.findings, parcels, delivery.scope),
        **delivery.tables,
    }
    for layer, rows in frames.items():
        table = tables.get(f"{layer}_{delivery.srid}") or tables.get(layer)
        if table is not None and table.is_versioned:
            yield land.compare(connection, table, rows, delivery.scope)
    for layer, table in land.holder_tables().items():
        if layer in delivery.holders and table.is_versioned:
            rows = holders.seal(delivery.holders[layer], table, vault)
            hidden = holders.ciphertexts(table)
            yield land.compare(connection, table, rows, delivery.scope, schema=land.HOLDERS, leave_out=hidden)


def _count(connection: sqlite3.Connection, difference: land.Difference, parcels: int) -> dict[str, int]:
    """Count parcels by what became of them."""
    ends = set(difference.closed)
    versions = connection.execute(f'SELECT version_id, thua_dat_id FROM "{difference.table.name}" WHERE tx_to IS NULL')
    closed = {parcel for version, parcel in versions if version in ends} if ends else set()
    opened = set(difference.rows["thua_dat_id"])
    changed = len(closed & opened)
    added = len(opened - closed)
    return {
        "added": added,
        "changed": changed,
        "removed": len(closed - opened),
        "unchanged": parcels - added - changed,
    }


def _former(connection: sqlite3.Connection, delivery: Delivery) -> int | None:
    """Return the release that holds, when it came from the same package."""
    row = connection.execute(
        "SELECT release_id, package_sha256 FROM ban_phat_hanh WHERE ma_xa = ? AND ky_dia_gioi = ? "
        "ORDER BY release_id DESC LIMIT 1",
        delivery.scope,
    ).fetchone()
    return int(row[0]) if row and row[1] == delivery.sha256 else None


def _balance(connection: sqlite3.Connection, table: str, scope: tuple[str, str], expected: int) -> None:
    found = connection.execute(
        f'SELECT count(*) FROM "{table}" WHERE tx_to IS NULL AND ma_xa = ? AND ky_dia_gioi = ?', scope
    ).fetchone()[0]
    if found != expected:
        raise LedgerError(f"load: {expected} parcels to store, {found} in the database")


def _check_key(connection: sqlite3.Connection, vault: vaults.Vault) -> None:
    row: Any = connection.execute(f"SELECT check_value FROM {land.HOLDERS}.khoa").fetchone()
    if row is None and connection.execute("SELECT 1 FROM ban_phat_hanh LIMIT 1").fetchone():
        raise StoreError(
            f"Có {land.LAND_FILE} nhưng {land.HOLDERS_FILE} trống hoặc đã mất: khôi phục cả hai từ một bản sao lưu.",
            f"{land.LAND_FILE} is here, {land.HOLDERS_FILE} is empty or lost: restore both from the same backup.",
        )
    vaults.check(vault, row[0] if row else None)
    connection.execute(f"INSERT OR IGNORE INTO {land.HOLDERS}.khoa VALUES (1, ?)", (vault.check_value,))
