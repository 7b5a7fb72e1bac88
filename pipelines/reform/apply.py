"""One new commune: one transaction that moves to it what its older communes have for it."""

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import communes
from pipelines import store as land
from pipelines.errors import Refusal
from pipelines.ledger import LedgerError
from pipelines.reform import decisions, held, rekey, writing
from pipelines.reform.parts import Part, part
from pipelines.reform.receipts import Receipt, receipt_of
from pipelines.reform.scopes import Reform, Scope, loaded
from pipelines.store import keys

KIND, TRANSACTION = "reform", "DH"


def apply(
    store: land.Store,
    code: str,
    reform: Reform,
    table: pd.DataFrame,
    *,
    who: str,
    decided: pd.Series | None = None,
    table_sha256: str | None = None,
) -> Receipt:
    """Move to a new commune all parcels that are known to be its own, with all that belongs to them.

    Args:
        store: The land database, open for writing.
        code: The new commune.
        reform: The reform.
        table: Numbers of sheets, see `pipelines.reform.sheets.COLUMNS`.
        who: The account that asks.
        decided: thua_dat_id → new commune, as officers said.
        table_sha256: Hash of the table.

    Raises:
        Refusal: It cannot be done without a guess, or the new commune was loaded on its own.
        StoreError: The database cannot be written.
        LedgerError: The parcels do not add up: our defect, nothing is kept.
    """
    scope, said = (code, reform.era), decided if decided is not None else pd.Series(dtype="string")
    zone = _zone(store, code, reform)
    if zone is None:
        return Receipt(code, reform.era, None, None, 0, 0, [], unknown=decisions.unknown(store, code, reform, said))
    with store.transaction(scope, zone):
        pass  # Where each commune has a partition, it is made before the whole database is held.
    with store.transaction():
        _refuse_own(store, scope)
        sources = loaded(store, reform, code).sources
        parts = [part(held.read(store, old, zone), code, reform, table, said) for old in sources]
        there = held.read(store, scope, zone)
        going = [each for each in parts if not each.is_empty]
        _refuse_clashes(store, going, there)
        unknown = decisions.unknown(store, code, reform, said)
        if not going:
            return replace(receipt_of(scope, None, None, parts, {}, there, []), unknown=unknown)
        return _write(store, going, parts, there, reform, who, table_sha256, unknown)


def _zone(store: land.Store, code: str, reform: Reform) -> int | None:
    zones = {release.srid for release in loaded(store, reform, code).sources.values()}
    if len(zones) > 1:
        told = ", ".join(f"EPSG:{zone}" for zone in sorted(zones))
        raise Refusal(
            f"Các xã thành xã {code} nằm ở hai múi ({told}): nộp lại các gói cùng một múi rồi sắp xếp.",
            f"The communes that become {code} lie in two zones ({told}): hand them in again in one zone first.",
        )
    return zones.pop() if zones else None


def _refuse_own(store: land.Store, scope: Scope) -> None:
    own = [release for release in land.listing(store, scope[0]) if release.ky_dia_gioi == scope[1]]
    packages = [release.release_id for release in own if release.kind == "load"]
    if packages:
        raise Refusal(
            f"Xã mới {scope[0]} đã được nạp bằng gói riêng (bản {packages[0]}): không ghép thêm xã cũ vào.",
            f"The new commune {scope[0]} was loaded by a package of its own (release {packages[0]}): not merged into.",
        )


def _refuse_clashes(store: land.Store, parts: Sequence[Part], there: held.Held) -> None:
    """Refuse two numbers that become one, and a number the new commune has, or had, already."""
    if not parts:
        return
    new = pd.concat([each.keys for each in parts])
    zone, scope = there.srid, there.scope
    # What a reform that was undone began was never valid.
    ever = store.frame(
        f"SELECT DISTINCT thua_key FROM {land.layer_table('thua_dat', zone).qualified} WHERE ma_xa = :ma_xa "
        "AND ky_dia_gioi = :ky_dia_gioi AND (tx_to IS NULL OR valid_to > valid_from)",
        {"ma_xa": scope[0], "ky_dia_gioi": scope[1]},
    )
    clash = new[new.duplicated(keep=False).to_numpy() | new.isin(ever["thua_key"]).to_numpy()]
    if len(clash):
        told = "; ".join(f"{old} → {key}" for old, key in clash.sort_values().head(3).items())
        raise Refusal(
            f"Bảng số tờ làm {len(clash)} số thửa trùng nhau ({told}): cho mỗi tờ một số khác rồi chạy lại.",
            f"The table of sheets makes {len(clash)} parcel numbers one ({told}): give each sheet another number.",
        )


def _write(
    store: land.Store,
    parts: list[Part],
    every: list[Part],
    there: held.Held,
    reform: Reform,
    who: str,
    table_sha256: str | None,
    unknown: list[str],
) -> Receipt:
    scope, srid = there.scope, there.srid
    tables, parcels = held.tables(srid), land.layer_table("thua_dat", srid)
    made = [rekey.moved(each) for each in parts]
    number = _transaction_id(store, scope)
    moments, now = dict[Scope, land.Moment](), None
    for concerned in [scope, *(each.held.scope for each in parts)]:
        moments[concerned] = land.begin(
            store, concerned, kind=KIND, package_sha256=None, srid=srid, valid=reform.date, giao_dich_id=number,
            nguoi_thuc_hien=who, at=now,
        )  # fmt: skip
        # All of it happens at one time, so that nobody sees a parcel twice or not at all.
        now = moments[concerned].now
    counts, left, known, other = dict[str, int](), dict[str, int](), dict[str, int](), dict[str, int]()
    for each, (_, sides) in zip(parts, made, strict=True):
        keys.keep(store, each.pairs, each.held.scope, moments[scope].release_id)
        for layer, (_, stays) in sides.items():
            versions = each.held.layers[layer].loc[~stays, "version_id"]
            writing.close(store, tables[layer], versions, moments[each.held.scope], srid)
            if each.goes.all() and stays.any():
                left[layer] = left.get(layer, 0) + int(stays.sum())
        _compare(store, "to_ban_do", rekey.sheets_left(each), moments[each.held.scope], srid)
    # Last, as the database takes a code under another key only when the key is known and the former version ended.
    for layer in made[0][0]:
        fresh = writing.incoming(layer, tables[layer], [rows[layer] for rows, _ in made], there.layers[layer])
        writing.insert(store, tables[layer], fresh.rows, moments[scope], srid)
        counts[layer] = len(fresh.rows)
        known |= {layer: fresh.known} if fresh.known else {}
        other |= {layer: fresh.other} if fresh.other else {}
    _compare(store, "to_ban_do", _sheets(parts, there), moments[scope], srid)
    _compare(store, "xa", _commune(parts, there, reform), moments[scope], srid)
    areas = [float(each.held.parcels.loc[each.goes, "dien_tich_do"].sum()) for each in parts]
    deals = _transaction(store, scope, srid, number, reform, sum(areas), table_sha256, moments[scope].now)
    _compare(store, "giao_dich", deals, moments[scope], srid)
    for moment in moments.values():
        land.settle(store, parcels, moment)
    _balance(store, parts, there)
    receipt = receipt_of(scope, moments[scope].release_id, number, every, counts, there, parts)
    receipt = replace(receipt, left_rows=left, known_rows=known, other_rows=other, unknown=unknown)
    _finish(store, receipt, parts, moments)
    entry = land.Entry("reform apply", who, *scope, giao_dich_id=number, goi_sha256=table_sha256)
    land.write_log(store, entry, land.DONE, release=receipt.release_id)
    return receipt


def _compare(store: land.Store, layer: str, rows: pd.DataFrame, moment: land.Moment, srid: int) -> None:
    land.write(store, land.compare(store, land.layer_table(layer, srid), rows, moment.scope), moment, srid)


def _sheets(parts: Sequence[Part], there: held.Held) -> pd.DataFrame:
    names = ["thua_dat_id", "loai_ban_do", "so_hieu_to_ban_do", "ty_le"]
    came = [each.held.parcels.loc[each.goes, names].assign(so_hieu_to_ban_do=each.sheet[each.goes]) for each in parts]
    return rekey.sheet_rows(pd.concat([there.parcels[names], *came], ignore_index=True), there.scope)


def _commune(parts: Sequence[Part], there: held.Held, reform: Reform) -> gpd.GeoDataFrame:
    """Return the row of the new commune; its outline where all older ones came whole and brought theirs."""
    scope, outline = there.scope, None
    whole = {each.held.scope[0] for each in parts if each.is_whole}
    shapes = np.concatenate([each.held.layers["xa"].geometry.to_numpy() for each in parts])
    known = not (shapely.is_missing(shapes) | shapely.is_empty(shapes)).any()
    if whole == set(reform.predecessors(scope[0])) and known and len(shapes) == len(parts):
        outline = shapely.union_all(shapely.make_valid(shapes))
    row = {"ma_xa": [scope[0]], "ky_dia_gioi": [scope[1]], "ten_xa": [communes.commune(*scope).name]}
    return gpd.GeoDataFrame(row, geometry=[outline], crs=there.srid)


def _transaction_id(store: land.Store, scope: Scope) -> str:
    before = [release for release in land.listing(store, scope[0]) if release.kind == KIND]
    own = [release for release in before if release.ky_dia_gioi == scope[1]]
    return f"{TRANSACTION}.{scope[0]}.{scope[1]}.{len(own) + 1}"


def _transaction(
    store: land.Store,
    scope: Scope,
    srid: int,
    number: str,
    reform: Reform,
    area_m2: float,
    sha256: str | None,
    now: str,
) -> pd.DataFrame:
    """Return the transactions of the new commune, this one among them."""
    row = {
        "giao_dich_id": number, "ma_xa": scope[0], "ky_dia_gioi": scope[1], "loai_bien_dong": TRANSACTION,
        "ngay_hieu_luc": reform.date, "thoi_diem_dang_ky": now, "can_cu": reform.legal_ref,
        "dien_tich_truoc": area_m2, "dien_tich_sau": area_m2, "goi_sha256": sha256,
    }  # fmt: skip
    known = land.current(store, "giao_dich", srid, scope[0])
    own = pd.DataFrame(known[known["ky_dia_gioi"] == scope[1]])
    return pd.concat([own, pd.DataFrame([row])], ignore_index=True)


def _balance(store: land.Store, parts: Sequence[Part], there: held.Held) -> None:
    table, moved = land.layer_table("thua_dat", there.srid), sum(int(each.goes.sum()) for each in parts)
    expected = {there.scope: len(there.parcels) + moved}
    expected |= {each.held.scope: len(each.goes) - int(each.goes.sum()) for each in parts}
    found = {scope: land.count_current(store, table, scope) for scope in expected}
    if found != expected:
        raise LedgerError(f"reform: {expected} parcels to keep, {found} in the database")


def _finish(store: land.Store, receipt: Receipt, parts: Sequence[Part], moments: dict[Scope, land.Moment]) -> None:
    closing = {".".join(each.held.scope): moments[each.held.scope].release_id for each in parts}
    new = moments[receipt.ma_xa, receipt.ky_dia_gioi].release_id
    nothing = {"changed": 0, "added": 0, "removed": 0}
    land.finish(
        store,
        new,
        nothing
        | {"added": receipt.moved, "unchanged": receipt.parcels - receipt.moved, "parcels": receipt.parcels}
        | {"reform": {"sources": receipt.sources, "closing": closing, "rows": receipt.rows}},
    )
    for each in parts:
        moved = int(each.goes.sum())
        kept = len(each.goes) - moved
        into = {"ma_xa": receipt.ma_xa, "ky_dia_gioi": receipt.ky_dia_gioi, "release_id": new}
        counts = nothing | {"removed": moved, "unchanged": kept, "parcels": kept, "reform": {"into": into}}
        land.finish(store, moments[each.held.scope].release_id, counts)
