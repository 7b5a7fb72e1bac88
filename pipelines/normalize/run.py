"""The step: the frames of a commune brought to the schema."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd

from pipelines import codes, eras, findings
from pipelines.ledger import Ledger
from pipelines.normalize import beside, checks, coded, extras, future, holders, matching, model, statuses, uses
from pipelines.normalize import numbering as number_work
from pipelines.normalize import parcels as parcel_work
from pipelines.normalize import rows as row_work
from pipelines.normalize.holders import Holders
from pipelines.normalize.numbering import Numbering
from pipelines.normalize.place import Place
from pipelines.registers import Register


@dataclass(frozen=True)
class Normalized:
    """A commune as the schema wants it. Area in m², coordinates in the CRS of the package.

    Attributes:
        thua_dat: Parcels, one row for each drawn one.
        dang_ky: Register rows that were taken, typed, with the parcel they are about.
        muc_dich_su_dung: Land uses by `thua_key`.
        nguon_goc_dat: Origins by `thua_key`.
        han_che_quyen: Restrictions by `thua_key`.
        tai_lieu_do_dac: Survey documents.
        to_ban_do: Map sheets.
        xa: The commune.
        entities: Layers that come from entities of exchange files.
        holders: Personal tables, kept apart.
        quarantine: Register rows not taken, as read, with the finding that says why. Personal.
        findings: What was found in this step.
        ledger: Where every parcel and row went.
    """

    thua_dat: gpd.GeoDataFrame
    dang_ky: pd.DataFrame
    muc_dich_su_dung: pd.DataFrame
    nguon_goc_dat: pd.DataFrame
    han_che_quyen: pd.DataFrame
    tai_lieu_do_dac: pd.DataFrame
    to_ban_do: pd.DataFrame
    xa: gpd.GeoDataFrame
    entities: model.Entities
    holders: Holders
    quarantine: pd.DataFrame
    findings: gpd.GeoDataFrame
    ledger: Ledger


def run(
    drawn: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame,
    read: Sequence[Register],
    place: Place,
    today: eras.Future | None = None,
    numbering: Numbering | None = None,
    pages: pd.DataFrame | None = None,
) -> Normalized:
    """Bring drawn parcels and register rows to the schema and match them by sheet and parcel number.

    Args:
        drawn: Parcels of the step before: texts, `so_nhan`, `ty_le` and polygons in the CRS of the package.
        boundary: Commune outline, one row or none.
        read: Registers as read, in the order in which they complete each other.
        place: The commune.
        today: Table and outlines of the communes of today; None is the table of the code lists alone.
        numbering: Table of renumbered sheets and parcels; None = there is none.
        pages: What is known of scanned papers, one row per page; None = nobody looked.

    Emits: goi.commune_split, van_ban.repaired, van_ban.undecodable, van_ban.mixed_encoding,
        van_ban.foreign_character, thua_dat.legacy_code, thua_dat.ambiguous_code, thua_dat.unknown_code,
        so_dia_chinh.without_parcel, so_dia_chinh.duplicate_row,
        so_dia_chinh.missing_key, so_dia_chinh.bad_number, so_dia_chinh.bad_date, so_dia_chinh.purpose_sum,
        so_dia_chinh.contradiction, so_dia_chinh.unknown_element, so_dia_chinh.bad_code,
        so_dia_chinh.renumbered, so_dia_chinh.renumbering_open,
        so_dia_chinh.recovered_with_right, so_dia_chinh.restriction_area, so_dia_chinh.status_conflict,
        giay_chung_nhan.bad_serial, giay_chung_nhan.out_of_period, giay_chung_nhan.qr_mismatch, giay_to.bad_number,
        giay_to.mismatch, giay_to.repaired, giay_to.missing, dia_chi.wrong_commune, so_dia_chinh.broken_reference,
        so_dia_chinh.not_stored
    """
    parcels = parcel_work.normalize(drawn, place)
    raw = row_work.stack(list(read))
    doubts = row_work.doubts(list(read), place)
    cleaned = row_work.normalize(raw, place, doubts["source"].tolist())
    numbering = numbering or Numbering()
    translated = number_work.translate(cleaned.rows, parcels.parcels, numbering, place)
    rows = translated.rows
    rows["feature_id"] = matching.match(rows, parcels.parcels)
    taken = rows["feature_id"].notna() & rows["repeats"].isna()
    unmatched = rows.loc[rows["feature_id"].isna() & rows["repeats"].isna()]
    accepted = rows.loc[taken].reset_index(drop=True)
    thua_dat = matching.complete(parcels.parcels, accepted, place)
    thua_dat = number_work.former(thua_dat, accepted, numbering, place)
    thua_dat, open_communes = future.assign(thua_dat, place, today or eras.Future())
    restrictions = extras.restrictions(read, thua_dat, place)
    files = model.stack(read)
    stands = rows["repeats"].fillna(rows["row_id"]).isin(accepted["row_id"])
    apart, of_apart = beside.rows(files, rows[["row_id"]].assign(taken=stands), place)
    whole, right = beside.together(accepted, apart, files)
    held = holders.build(whole, place, right)
    known = model.known(files, rows, held.of_rows)
    entities = model.build(files, known, place)
    entities = replace(entities, holders=model.papers.complete(entities.holders, pages, accepted, held, place))
    found = [
        parcels.findings,
        doubts,
        row_work.encodings(list(read), place),
        cleaned.findings,
        translated.findings,
        checks.without_parcel(unmatched, place),
        checks.check(accepted, place),
        checks.contradictions(accepted, place),
        _land_uses(accepted, parcels, place),
        _drawn_addresses(parcels.parcels, accepted, place),
        open_communes,
        extras.check(read, place),
        coded.check_entities(read, place),
        statuses.check(accepted, thua_dat, restrictions, place),
        statuses.check_entities(read, place),
        of_apart,
        entities.findings,
    ]
    sheets = uses.sheets(thua_dat, place)
    every = findings.concat(found, crs=place.crs)
    return Normalized(
        thua_dat=thua_dat,
        dang_ky=_register(accepted),
        muc_dich_su_dung=model.details.uses(uses.land_uses(accepted), files, known, place),
        nguon_goc_dat=model.details.origins(uses.origins(accepted), files, known),
        han_che_quyen=restrictions,
        tai_lieu_do_dac=extras.surveys(uses.surveys(sheets, place), read),
        to_ban_do=sheets,
        xa=uses.commune(boundary, place),
        entities=entities,
        holders=replace(held, **model.details.complete(held, files, known)),
        quarantine=_quarantine(raw, rows, taken, translated.open),
        findings=every,
        ledger=_account(parcels, rows, taken, every, read),
    )


def _land_uses(rows: pd.DataFrame, parcels: parcel_work.Parcels, place: Place) -> gpd.GeoDataFrame:
    """Return findings for land uses of the register, once per parcel and only where the map has not the same one."""
    told = parcels.findings.loc[parcels.findings["code"].str.startswith("thua_dat."), ["code", "feature_id"]]
    told_keys = set(told["code"] + "|" + told["feature_id"])
    found = []
    for use in row_work.USES:
        mode, recorded = rows[f"mode_{use}"], rows[f"loai_dat_{use}_ghi"]
        key = "thua_dat." + mode + "_code|" + rows["feature_id"]
        fresh = mode.notna() & (mode != codes.CURRENT) & ~key.isin(told_keys) & ~key.duplicated()
        told_keys |= set(key[fresh])
        options = rows.loc[fresh, f"ung_vien_{use}"]
        found.append(
            parcel_work.land_use_findings(rows.loc[fresh], recorded[fresh], mode[fresh], "feature_id", place, options)
        )
    return findings.concat(found, crs=place.crs)


def _drawn_addresses(parcels: gpd.GeoDataFrame, rows: pd.DataFrame, place: Place) -> gpd.GeoDataFrame:
    """Return findings for addresses on the map; an address that the register repeats is told there."""
    if place.is_foreign:
        return findings.empty(place.crs)
    told = set((rows["thua_key"] + "|" + rows["dia_chi"]).dropna())
    fresh = ~(parcels["thua_key"] + "|" + parcels["dia_chi"]).isin(told)
    return checks.wrong_commune(parcels.loc[fresh], "feature_id", place)


def _register(rows: pd.DataFrame) -> pd.DataFrame:
    """Return `dang_ky`: identity first, then every canonical column."""
    contradictions = {"giay_to_trai", "qr_trai", "serial_bad", "serial_out"}
    marks = {"repaired", "no_key", "repeats", *contradictions, *(f"mode_{use}" for use in row_work.USES)}
    marks |= {f"ung_vien_{use}" for use in row_work.USES}
    first = ["row_id", "source", "thua_key", "feature_id"]
    return rows[[*first, *(name for name in rows.columns if name not in marks and name not in first)]]


def _quarantine(raw: pd.DataFrame, rows: pd.DataFrame, taken: pd.Series, is_open: pd.Series) -> pd.DataFrame:
    reason = pd.Series("so_dia_chinh.without_parcel", index=rows.index, dtype="string")
    reason = reason.mask(is_open, "so_dia_chinh.renumbering_open")
    reason = reason.mask(rows["no_key"], "so_dia_chinh.missing_key")
    reason = reason.mask(rows["repeats"].notna(), "so_dia_chinh.duplicate_row")
    return raw.loc[~taken].assign(ly_do=reason[~taken]).reset_index(drop=True)


def _account(
    parcels: parcel_work.Parcels,
    rows: pd.DataFrame,
    taken: pd.Series,
    found: gpd.GeoDataFrame,
    read: Sequence[Register],
) -> Ledger:
    """Return the account: parcels per drawing, rows per register, and the rows of a register that are no records."""
    ledger = Ledger("normalize")
    for source, repaired in parcels.repaired.groupby(parcels.parcels["source"], sort=True):
        mended = int(repaired.sum())
        ledger.add(str(source), "parcel", received=len(repaired), accepted=len(repaired) - mended, repaired=mended)
    restored = rows["row_id"].isin(set(found.loc[found["code"] == "giay_to.repaired", "feature_id"]))
    mended_rows = taken & (rows["repaired"] | restored)
    for register in read:
        here = rows["source"] == register.source
        received, out, mended = int(here.sum()), int((here & ~taken).sum()), int((here & mended_rows).sum())
        ledger.add(
            register.source,
            "row",
            received=received,
            accepted=received - out - mended,
            repaired=mended,
            quarantined=out,
        )
        if register.totals:
            ledger.add(register.source, "total_row", received=register.totals, accepted=register.totals)
        if register.headings:
            ledger.add(register.source, "heading_row", received=register.headings, accepted=register.headings)
    extras.account(ledger, read)
    return ledger.check()
