"""An accepted change, written: parcels, other layers, the transaction and its lineage, as one release."""

from typing import Any

import geopandas as gpd
import pandas as pd

from pipelines import store as land
from pipelines import stored
from pipelines.change import ground
from pipelines.change.after import After
from pipelines.change.neighbourhood import Verdict
from pipelines.change.request import Request
from pipelines.change.rights import Plan
from pipelines.ids import among
from pipelines.store.versions import row_hashes, typed


def write(
    store: land.Store,
    request: Request,
    after: After,
    heirs: pd.DataFrame,
    plan: Plan,
    verdict: Verdict,
    *,
    srid: int,
    who: str,
) -> tuple[int, dict[str, Any]]:
    """Write a change inside the caller's transaction; return its release and what it did."""
    former = land.newest(store, request.scope)
    assert former is not None
    assignment = _identify(store, verdict.parcels, after)
    parcels = verdict.parcels.assign(ma_dinh_danh_thua=assignment.codes)
    moment = land.begin(
        store, request.scope, kind="change", package_sha256=request.sha256, srid=srid, valid=request.ngay_hieu_luc,
        verdict=land.verdict_of(store, former), giao_dich_id=request.giao_dich_id, nguoi_thuc_hien=who,
    )  # fmt: skip
    table = land.layer_table("thua_dat", srid)
    closed = [int(number) for number in after.before.loc[after.replaced, "version_id"]]
    of_parcels = _difference(table, gpd.GeoDataFrame(parcels[after.written]), closed)
    differences = [
        of_parcels,
        _findings(verdict, parcels, request, srid),
        *plan.differences,
        *_registered(request, after, heirs, srid),
    ]
    for difference in differences:
        land.write(store, difference, moment, srid)
    land.record(store, assignment, srid=srid, release_id=moment.release_id)
    land.retire(store, after.before.loc[after.ended, "thua_dat_id"], moment)
    added, changed = int(after.new.sum()), int((after.written & ~after.new).sum())
    current = land.count_current(store, table, request.scope)
    counts: dict[str, Any] = {
        "added": added,
        "changed": changed,
        "removed": int(after.ended.sum()),
        "unchanged": current - added - changed,
        "parcels": current,
        "findings": len(verdict.findings),
        "findings_closed": len(verdict.closed),
        "identified": len(assignment.fresh),
        "identity_conflicts": assignment.conflicts,
        "giao_dich_id": request.giao_dich_id,
        "loai_bien_dong": request.loai_bien_dong,
        "dqi": former.counts.get("dqi"),
    }
    land.finish(store, moment.release_id, counts)
    return moment.release_id, counts


def _identify(store: land.Store, parcels: gpd.GeoDataFrame, after: After) -> land.Assignment:
    """Return the identifiers of the parcels after: kept ones keep theirs, new ones that are sound get one."""
    sound = stored.is_sound(parcels) & after.written
    ended = after.before.loc[after.ended, "thua_dat_id"]
    return land.assign(store, parcels, sound, lambda ids: among(ids, ended))


def _difference(table: land.Table, rows: pd.DataFrame, closed: list[int]) -> land.Difference:
    content = typed(rows, table)
    geometries = rows["geometry"].to_numpy() if table.has_geometry else None
    content["row_hash"] = row_hashes(content, geometries)
    return land.Difference(table, content, geometries, closed, 0)


def _findings(verdict: Verdict, parcels: gpd.GeoDataFrame, request: Request, srid: int) -> land.Difference:
    named = parcels[["thua_dat_id"]].assign(feature_id=parcels["thua_dat_id"])
    rows = stored.finding_rows(verdict.findings, named, request.scope)
    # A finding may be about a neighbour, and beside it about a parcel of the change.
    rows["thua_dat_id"] = rows["thua_dat_id"].fillna(rows["feature_id"])
    return _difference(land.layer_table("canh_bao", srid), rows, verdict.closed)


def _registered(request: Request, after: After, heirs: pd.DataFrame, srid: int) -> list[land.Difference]:
    tables = land.land_tables(srid)
    scope = {"ma_xa": request.ma_xa, "ky_dia_gioi": request.ky_dia_gioi}
    registered = {
        **scope,
        **{name: request.facts.get(name) for name in ("thoi_diem_dang_ky", "ma_ho_so", "can_cu", "ly_do_dien_tich")},
        "giao_dich_id": request.giao_dich_id,
        "loai_bien_dong": request.loai_bien_dong,
        "ngay_hieu_luc": request.ngay_hieu_luc,
        "dien_tich_truoc": ground.registered_m2(after.before).sum().round(1),
        "dien_tich_sau": ground.registered_m2(after.parcels).sum().round(1),
        "goi_sha256": request.sha256,
    }
    moved = heirs["thua_dat_id_moi"].notna() & (heirs["thua_dat_id_cu"] != heirs["thua_dat_id_moi"])
    lineage = heirs[moved].assign(giao_dich_id=request.giao_dich_id, **scope)
    made = [
        _difference(tables["giao_dich"], pd.DataFrame([registered]), []),
        _difference(tables["pha_he_thua"], lineage.reset_index(drop=True), []),
    ]
    if request.noi_dung:
        private = {**request.noi_dung, "giao_dich_id": request.giao_dich_id}
        made.append(_difference(land.holder_tables()["noi_dung_giao_dich"], pd.DataFrame([private]), []))
    return made
