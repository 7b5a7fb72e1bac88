"""The checks of the register, in their order: later ones skip what earlier ones found."""

import geopandas as gpd
import pandas as pd

from pipelines import findings
from pipelines.communes import FOREIGN_ERA
from pipelines.validate import scans
from pipelines.validate.certificates import (
    check_birth,
    check_book,
    check_dates,
    check_household,
    check_parcels,
    check_serials,
)
from pipelines.validate.holders import (
    check_expired,
    check_kinds,
    check_numbers,
    check_repeated,
    check_required,
)
from pipelines.validate.records import COLUMNS, RecordCheck, Records
from pipelines.validate.scans import Scans
from pipelines.validate.terms import check_commune, check_ended, check_residential, check_terms

RECORD_CHECKS: tuple[RecordCheck, ...] = (
    check_dates,
    check_birth,
    check_book,
    check_serials,
    check_parcels,
    check_household,
    check_ended,
    check_terms,
    check_commune,
    check_residential,
    check_repeated,
    check_required,
    check_kinds,
    check_numbers,
    check_expired,
)
"""Every check of register rows there is."""


def examine(
    parcels: gpd.GeoDataFrame,
    rows: pd.DataFrame | None,
    *,
    prior: gpd.GeoDataFrame,
    date: str | None = None,
    scanned: Scans | None = None,
    checks: tuple[RecordCheck, ...] = RECORD_CHECKS,
) -> gpd.GeoDataFrame:
    """Return the findings about the register of a commune, sorted by code and row.

    Rows from abroad and rows that were not normalised are not checked: our rules say nothing about them.

    Args:
        parcels: `thua_dat`, which says commune and era.
        rows: `dang_ky`, None without a register.
        prior: Findings of the steps and checks before.
        date: Day of the package (yyyy-mm-dd).
        scanned: Scans of the package; None leaves them unchecked.
        checks: The checks to run.
    """
    nothing = findings.empty(parcels.crs)
    if rows is None or rows.empty or parcels.empty or not set(COLUMNS) <= set(rows.columns):
        return nothing
    ma_xa, era = str(parcels["ma_xa"].iloc[0]), str(parcels["ky_dia_gioi"].iloc[0])
    if era == FOREIGN_ERA:
        return nothing
    records = Records(rows.reset_index(drop=True), ma_xa, era, date, parcels.crs)
    records.tell(prior)
    found = [] if scanned is None else [scans.check(records, scanned)]
    for check in checks:
        made = check(records)
        if len(made):
            found.append(made)
            records.tell(made)
    order = ["code", "feature_id", "other_id", "detail"]
    return findings.concat(found, crs=parcels.crs).sort_values(order, kind="stable", ignore_index=True)
