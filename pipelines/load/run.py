"""One load: one transaction over land and holders, one release of one commune."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

import schemas
from pipelines import sealing, stored
from pipelines import store as land
from pipelines import vault as vaults
from pipelines.geometry import Mask
from pipelines.ids import among
from pipelines.ledger import LedgerError
from pipelines.load import guard
from pipelines.load.delivery import Delivery
from pipelines.locks import check_key


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
        changes_superseded: Parcels whose last version came from a registered change, and that this load replaced.
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
    changes_superseded: int
    sha256: str

    @property
    def parcels(self) -> int:
        """Current parcels of the commune."""
        return self.added + self.changed + self.unchanged


def run(delivery: Delivery, store: land.Store, vault: vaults.Vault, who: str = "-") -> Receipt:
    """Load a judged commune; a delivery that changes nothing makes no release.

    The package that is loaded already never undoes the changes that were registered since.

    Args:
        delivery: The judged commune.
        store: The land database, open for writing.
        vault: Key of the holders.
        who: Account that asks.

    Raises:
        StoreError: The database cannot be written; or the key is not the one it was written with, or the package is
            older than what the database holds: an entry of the log says so.
        Refusal: The commune has become another one; an entry of the log says so.
        LedgerError: The database does not hold the parcels that were to be stored: our defect, nothing is kept.
    """
    loadable = stored.is_loadable(delivery.parcels)
    parcels = stored.with_identity(delivery.parcels[loadable])
    parcels = stored.with_grades(parcels, delivery.grades, delivery.findings)
    quarantined = int((~loadable).sum())
    with store.transaction(delivery.scope, delivery.srid):
        refused = guard.key(store, vault) or guard.reformed(store, delivery.scope)
        known = guard.standing(store, delivery.scope)
        if not refused and known and known.is_changed and known.base.package_sha256 == delivery.sha256:
            return _unchanged(known, len(parcels), known.base.counts | {"quarantined": quarantined})
        refused = refused or guard.older(store, delivery, known)
        if refused is None:
            return _load(delivery, store, vault, parcels, quarantined)
        entry = land.Entry("load", who, *delivery.scope, goi_sha256=delivery.sha256)
        land.write_log(store, entry, land.REFUSED, reason=refused.code)
    refused.error.is_logged = True
    raise refused.error


def _load(
    delivery: Delivery, store: land.Store, vault: vaults.Vault, parcels: gpd.GeoDataFrame, quarantined: int
) -> Receipt:
    """Write what differs, inside the caller's transaction."""
    assignment = land.assign(store, parcels, stored.is_sound(parcels), _gone(delivery.scope, parcels))
    parcels = parcels.assign(ma_dinh_danh_thua=assignment.codes)
    differences = list(_differences(store, delivery, parcels, vault))
    counts = land.count_changes(store, differences[0], len(parcels))
    body: dict[str, Any] = {
        **counts,
        "quarantined": quarantined,
        "identified": int(assignment.codes.notna().sum()),
        "identity_conflicts": assignment.conflicts,
        "changes_superseded": guard.superseded(store, differences[0]),
        "sha256": delivery.sha256,
    }
    former = _former(store, delivery)
    if former is not None and all(difference.is_empty for difference in differences):
        return Receipt(release_id=former, is_new=False, **body)
    moment = land.begin(
        store,
        delivery.scope,
        kind="load",
        package_sha256=delivery.sha256,
        srid=delivery.srid,
        valid=delivery.date,
        verdict=json.dumps(dict(delivery.verdict), ensure_ascii=False),
    )
    for difference in differences:
        land.write(store, difference, moment, delivery.srid)
    land.record(store, assignment, srid=delivery.srid, release_id=moment.release_id)
    land.settle(store, differences[0].table, moment)
    _balance(store, delivery.srid, delivery.scope, len(parcels))
    receipt = Receipt(release_id=moment.release_id, is_new=True, **body)
    land.finish(
        store,
        moment.release_id,
        {
            **asdict(receipt),
            "parcels": receipt.parcels,
            "date": delivery.date,
            "dqi": delivery.summary.get("dqi"),
            "inputs": delivery.inputs,
        },
    )
    return receipt


def unchanged(store: land.Store, scope: tuple[str, str], inputs: str, vault: vaults.Vault) -> Receipt | None:
    """Return the receipt of a load that would change nothing, for its inputs are those of the load that holds.

    Changes that were registered since that load do not count: they are not the package's.

    Raises:
        StoreError: The key is not the one the database was written with.
    """
    known = guard.standing(store, scope)
    if known is None or known.base.counts.get("inputs") != inputs:
        return None
    with store.transaction(scope):
        check_key(store, vault)
        _balance(store, known.newest.srid, scope, known.newest.counts["parcels"])
    return _unchanged(known, known.base.counts["parcels"], known.base.counts)


def _unchanged(known: guard.Standing, parcels: int, counts: dict[str, Any]) -> Receipt:
    """Return the receipt of a package that is loaded already."""
    kept = {name: counts[name] for name in ("quarantined", "identified", "identity_conflicts", "sha256")}
    return Receipt(
        known.newest.release_id, is_new=False, added=0, changed=0, removed=0, unchanged=parcels, changes_superseded=0,
        **kept,
    )  # fmt: skip


def _differences(
    store: land.Store, delivery: Delivery, parcels: gpd.GeoDataFrame, vault: vaults.Vault
) -> Iterator[land.Difference]:
    """Compare every table with the delivery; the first difference is that of the parcels."""
    tables = land.land_tables(delivery.srid)
    frames: dict[str, pd.DataFrame] = {
        "thua_dat": parcels,
        "canh_bao": stored.finding_rows(delivery.findings, parcels, delivery.scope),
        **delivery.tables,
    }
    for layer, rows in frames.items():
        table = tables.get(f"{layer}_{delivery.srid}") or tables.get(layer)
        if table is not None and table.is_versioned:
            yield _kept(store, layer, land.compare(store, table, rows, delivery.scope), delivery.scope)
    for layer, table in land.holder_tables().items():
        if layer in delivery.holders and table.is_versioned:
            rows = sealing.seal(delivery.holders[layer], table, vault)
            found = land.compare(store, table, rows, delivery.scope, leave_out=sealing.ciphertexts(table))
            yield _kept(store, layer, found, delivery.scope)


def _kept(store: land.Store, layer: str, difference: land.Difference, scope: tuple[str, str]) -> land.Difference:
    """Return a difference that leaves standing what a delivery does not name, where the layer tells what happened."""
    schema = schemas.layer(layer)
    return land.keep_the_rest(store, difference, schema["x-key"], scope) if schema.get("x-history") else difference


def _gone(scope: tuple[str, str], parcels: gpd.GeoDataFrame) -> Callable[[pd.Series], Mask]:
    """Return what tells which parcels a delivery ends: those of its commune that it does not bring."""
    head = ".".join(scope) + "."
    return lambda ids: ids.str.startswith(head).to_numpy(dtype=bool) & ~among(ids, parcels["thua_dat_id"])


def _former(store: land.Store, delivery: Delivery) -> int | None:
    """Return the release that holds, when it came from the same package."""
    newest = land.newest(store, delivery.scope)
    return newest.release_id if newest and newest.package_sha256 == delivery.sha256 else None


def _balance(store: land.Store, srid: int, scope: tuple[str, str], expected: int) -> None:
    found = land.count_current(store, land.layer_table("thua_dat", srid), scope)
    if found != expected:
        raise LedgerError(f"load: {expected} parcels to store, {found} in the database")
