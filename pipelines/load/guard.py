"""What a load must not undo: changes that were registered since the package was drawn."""

from dataclasses import dataclass

from pipelines import store as land
from pipelines.errors import CadastreError, Refusal, StoreError
from pipelines.load.delivery import Delivery
from pipelines.locks import wrong_key
from pipelines.vault import Vault

CHANGE, ROLLBACK = "change", "rollback"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a package is not loaded.

    Attributes:
        code: What the log says.
        error: What the user is told.
    """

    code: str
    error: CadastreError


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a commune stands.

    Attributes:
        newest: Its newest release.
        base: The load, or reform, that its content goes back to.
        is_changed: Whether changes were registered on top of that.
    """

    newest: land.Release
    base: land.Release
    is_changed: bool


def standing(store: land.Store, scope: tuple[str, str]) -> Standing | None:
    """Return where a commune stands, None where it was never loaded."""
    own = {
        release.release_id: release
        for release in land.listing(store, scope[0])
        if (release.ma_xa, release.ky_dia_gioi) == scope
    }
    if not own:
        return None
    newest = base = own[max(own)]
    is_changed = False
    while base.kind in (CHANGE, ROLLBACK):
        is_changed |= base.kind == CHANGE
        before = base.counts["restored"] if base.kind == ROLLBACK else max(n for n in own if n < base.release_id)
        base = own[before]
    return Standing(newest, base, is_changed)


def key(store: land.Store, vault: Vault) -> Refused | None:
    """Return what to say where the key is not that of the database; the first one is kept."""
    wrong = wrong_key(store, vault)
    return Refused("load.key", wrong) if wrong else None


def reformed(store: land.Store, scope: tuple[str, str]) -> Refused | None:
    """Return what to say where the commune has become another one."""
    try:
        land.refuse_reformed(store, scope)
    except Refusal as refusal:
        return Refused("load.reformed", refusal)
    return None


def older(store: land.Store, delivery: Delivery, known: Standing | None) -> Refused | None:
    """Return what to say where a package is older than what is loaded, or than the newest registered change."""
    if known is None:
        return None
    table = land.layer_table("thua_dat", known.newest.srid)
    scope = dict(zip(("ma_xa", "ky_dia_gioi"), delivery.scope, strict=True))
    current = "tx_to IS NULL AND ma_xa = :ma_xa AND ky_dia_gioi = :ky_dia_gioi"
    loaded = store.execute(f"SELECT max(valid_from) FROM {table.qualified} WHERE {current}", scope).fetchone()[0]
    changed = store.execute(f"SELECT max(ngay_hieu_luc) FROM giao_dich WHERE {current}", scope).fetchone()[0]
    holds = max(loaded or "", known.base.counts.get("date") or "", changed or "")
    if delivery.date >= holds:
        return None
    name, day = delivery.ma_xa, delivery.date
    error = StoreError(
        f"Gói của xã {name} đề ngày {day}, cũ hơn cơ sở dữ liệu ({holds}): nạp gói mới hơn, hoặc `diachinh rollback`.",
        f"The package of {name} is dated {day}, older than the database ({holds}): load a newer one, or roll back.",
    )
    return Refused("load.older", error)


def superseded(store: land.Store, difference: land.Difference) -> int:
    """Return how many parcels the load replaces or ends whose last version came from a registered change."""
    number: int = store.execute(
        f"SELECT count(*) FROM {difference.table.qualified} WHERE {store.among('version_id', 'ids')} "
        f"AND release_from IN (SELECT release_id FROM ban_phat_hanh WHERE kind = '{CHANGE}')",
        {"ids": store.values(difference.closed)},
    ).fetchone()[0]
    return number
