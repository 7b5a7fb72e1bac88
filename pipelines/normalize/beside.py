"""Holders and certificates that stand in no right to land: owners of assets, lenders, papers of apartments."""

import geopandas as gpd
import pandas as pd

from pipelines import findings
from pipelines.normalize import checks
from pipelines.normalize import rows as row_work
from pipelines.normalize.model import Files
from pipelines.normalize.place import Place
from pipelines.registers.read import COLUMNS

_SAME = (["_dossier", "kind", "chuId"], ["_dossier", "giayChungNhanId"])
_OF_LAND = ("so_dia_chinh.missing_key", "so_dia_chinh.duplicate_row")


def rows(files: Files, every: pd.DataFrame, place: Place) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return rows of holders and papers that no accepted register row has, typed; `thua_key` keeps them apart.

    Args:
        files: The exchange files.
        every: Register rows with `row_id`, and `taken`: whether it, or the row it repeats, was accepted.
        place: The commune.

    Emits: van_ban.repaired, van_ban.undecodable, van_ban.foreign_character, so_dia_chinh.bad_date,
        so_dia_chinh.bad_code, giay_to.bad_number, giay_to.mismatch, giay_to.repaired
    """
    there = files.links.loc[files.links["row_id"].isin(every.loc[every["taken"], "row_id"])]
    raw = files.beside
    for keys in _SAME:
        known = pd.MultiIndex.from_frame(there[keys].dropna())
        raw = raw.loc[~pd.MultiIndex.from_frame(raw[keys]).isin(known)]
    if raw.empty:
        return pd.DataFrame(), findings.empty(place.crs)
    cleaned = row_work.normalize(raw[["row_id", "source", *COLUMNS]].reset_index(drop=True), place)
    table = cleaned.rows.assign(thua_key=raw["scope"].to_numpy()).astype({"thua_key": "string"})
    said = cleaned.findings.loc[~cleaned.findings["code"].isin(_OF_LAND)]
    return table, findings.concat([said, checks.people(table, place)], crs=place.crs)


def together(accepted: pd.DataFrame, apart: pd.DataFrame, files: Files) -> tuple[pd.DataFrame, pd.Series]:
    """Return accepted rows with those beside them, and what right each is: `use`, `manage`, or `none`."""
    whole = pd.concat([accepted, apart], ignore_index=True) if len(apart) else accepted.reset_index(drop=True)
    right = whole["row_id"].map(files.links.set_index("row_id")["right"]).astype("string").fillna("use")
    return whole, right.mask(whole.index >= len(accepted), "none")
