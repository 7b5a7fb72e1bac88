"""The rows that an older commune gives away, as rows of the new commune."""

import geopandas as gpd
import numpy as np
import pandas as pd

from pipelines.geometry import Mask
from pipelines.ids import among
from pipelines.reform import sheets
from pipelines.reform.belongs import BY_REGISTER, Sides, sides
from pipelines.reform.parts import Part
from pipelines.reform.sheets import MAP, SHEET

_COUNTED = "to_ban_do"
"""Made anew from the parcels on both sides."""

_OUTLINE = "xa"


def moved(part: Part) -> tuple[dict[str, gpd.GeoDataFrame], Sides]:
    """Return the rows of the new commune by layer, and which rows of the old one go and stay.

    Map sheets and outlines are not among the rows: they are made anew.
    """
    layers = part.held.layers
    going = pd.Series(part.keys.index, dtype="string")
    which = sides(layers, going, is_whole=part.is_whole)
    which["thua_dat"] = (part.goes, ~part.goes)
    which["canh_bao"] = _findings(part)
    which["tai_lieu_do_dac"] = _documents(part)
    ends = np.full(len(layers[_OUTLINE]), bool(part.goes.all()))
    which[_OUTLINE] = (ends, ~ends)
    made = {layer: gpd.GeoDataFrame(layers[layer].loc[goes]) for layer, (goes, _) in which.items() if layer != _OUTLINE}
    return {layer: _changed(part, layer, rows) for layer, rows in made.items()}, which


def _changed(part: Part, layer: str, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if "ma_xa" in rows:
        rows = rows.assign(ma_xa=part.code, ky_dia_gioi=part.era)
    if layer == "thua_dat":
        return _parcels(part, rows)
    if layer == "canh_bao":
        ids = part.pairs.set_index("thua_dat_id_cu")["thua_dat_id_moi"]
        named = {name: rows[name].map(ids).astype("string").fillna(rows[name]) for name in ("thua_dat_id", "other_id")}
        return rows.assign(**named)
    if layer == "tai_lieu_do_dac":
        return _renumbered(part, rows)
    if layer in BY_REGISTER and "thua_key" in rows:
        rows = rows.assign(thua_key=rows["thua_key"].map(part.keys).astype("string"))
        if SHEET in rows:
            rows[SHEET] = sheets.of_keys(rows["thua_key"])[SHEET].fillna(rows[SHEET])
    return rows


def _parcels(part: Part, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return parcels with their new keys and sheets; the former numbers are kept where there are none yet."""
    bare = rows[f"{SHEET}_cu"].isna() & rows["so_thu_tu_thua_cu"].isna()
    nothing = pd.Series(pd.NA, index=rows.index, dtype="string")
    return rows.assign(
        thua_dat_id=part.pairs["thua_dat_id_moi"],
        thua_key=rows["thua_key"].map(part.keys).astype("string"),
        so_hieu_to_ban_do=part.sheet[part.goes],
        so_hieu_to_ban_do_cu=rows[f"{SHEET}_cu"].mask(bare, rows[SHEET]),
        so_thu_tu_thua_cu=rows["so_thu_tu_thua_cu"].mask(bare, rows["so_thu_tu_thua"]),
        so_khac=_others(part, rows),
        ma_xa_moi=nothing,
        can_cu_xa_moi=nothing,
    )


def _others(part: Part, rows: gpd.GeoDataFrame) -> pd.Series:
    """Return the numbers of joined parts with the new sheets, where a parcel of that sheet tells which it is."""
    own: pd.Series = rows["so_khac"]
    several = rows.loc[own.notna(), ["so_khac", MAP]]
    if several.empty:
        return own
    known = part.held.parcels.loc[part.goes, [MAP, SHEET]].assign(new=part.sheet[part.goes]).drop_duplicates()
    known = known.drop_duplicates([MAP, SHEET], keep=False)
    each = several.assign(so_khac=several["so_khac"].str.split("; ")).explode("so_khac")
    number = each["so_khac"].str.extract(rf"^(?P<{SHEET}>[^/]*)/(?P<rest>.*)$").astype("string")
    looked = pd.concat([each[MAP], number], axis=1).merge(known, on=[MAP, SHEET], how="left").set_axis(each.index)
    told = (looked["new"] + "/" + looked["rest"]).fillna(each["so_khac"])
    joined = told.groupby(level=0).agg("; ".join)
    renumbered: pd.Series = joined.reindex(rows.index).astype("string").fillna(own)
    return renumbered


def _findings(part: Part) -> tuple[Mask, Mask]:
    rows = part.held.layers["canh_bao"]
    goes = among(rows["thua_dat_id"], part.pairs["thua_dat_id_cu"])
    if part.is_whole:
        goes |= rows["thua_dat_id"].isna().to_numpy(dtype=bool) | ~among(
            rows["thua_dat_id"], part.held.parcels["thua_dat_id"]
        )
    return goes, ~goes


def _documents(part: Part) -> tuple[Mask, Mask]:
    """Return which survey documents go: with the parcels of their sheet, to both sides where these part."""
    rows, parcels = part.held.layers["tai_lieu_do_dac"], part.held.parcels
    if part.is_whole:
        return np.ones(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    key = pd.MultiIndex.from_frame(rows[[MAP, SHEET]].fillna(""))
    goes = key.isin(pd.MultiIndex.from_frame(parcels.loc[part.goes, [MAP, SHEET]].drop_duplicates()))
    stays = key.isin(pd.MultiIndex.from_frame(parcels.loc[~part.goes, [MAP, SHEET]].drop_duplicates()))
    return goes, stays | ~goes


def _renumbered(part: Part, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return survey documents with the new numbers of their sheet, one for each; without parcels they keep it."""
    known = part.held.parcels.loc[part.goes, [MAP, SHEET]].assign(new=part.sheet[part.goes]).drop_duplicates()
    found = rows.merge(known, on=[MAP, SHEET], how="left")
    return gpd.GeoDataFrame(found.assign(**{SHEET: found.pop("new").astype("string").fillna(found[SHEET])}))


def sheet_rows(parcels: pd.DataFrame, scope: tuple[str, str]) -> pd.DataFrame:
    """Return the map sheets that parcels lie on, with their finest scale and the number of parcels."""
    rows = parcels.groupby([MAP, SHEET], sort=True).agg(ty_le=("ty_le", "min"), so_thua=("thua_dat_id", "size"))
    return rows.reset_index().assign(ma_xa=scope[0], ky_dia_gioi=scope[1])


def sheets_left(part: Part) -> pd.DataFrame:
    """Return the map sheets that the old commune still has."""
    rows = pd.DataFrame(part.held.layers[_COUNTED])
    left = sheet_rows(part.held.parcels.loc[~part.goes], part.held.scope)
    there = pd.MultiIndex.from_frame(part.held.parcels[[MAP, SHEET]].drop_duplicates())
    key = pd.MultiIndex.from_frame(rows[[MAP, SHEET]])
    left = left[pd.MultiIndex.from_frame(left[[MAP, SHEET]]).isin(key)]
    bare = rows[~key.isin(there) & (not part.is_whole)]
    return pd.concat([left, bare[left.columns]], ignore_index=True)
