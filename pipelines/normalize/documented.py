"""The layer `ranh_giay_to`: parcels as their documents have them, beside what was surveyed."""

import geopandas as gpd
import pandas as pd

from pipelines.normalize.place import Place

COLUMNS = (
    "ranh_giay_to_id",
    "thua_key",
    "ma_xa",
    "ky_dia_gioi",
    "so_hieu_to_ban_do",
    "so_thu_tu_thua",
    "dien_tich_do",
)
"""Columns of `ranh_giay_to`, beside `geometry`; `dien_tich_do` in m²."""


def layer(drawn: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, place: Place) -> gpd.GeoDataFrame:
    """Return the documented shapes of the parcels that have a number; those of one number are told apart by `~2`.

    Args:
        drawn: `feature_id` of the surveyed parcel, `dien_tich` in m², polygons in the CRS of the package.
        parcels: `thua_dat`, with `feature_id` and the normalised numbers.
        place: The commune.
    """
    known = pd.DataFrame(parcels)[["feature_id", "thua_key", "so_hieu_to_ban_do", "so_thu_tu_thua"]]
    about = pd.DataFrame(drawn)[["feature_id", "dien_tich", "geometry"]].merge(known, on="feature_id", how="inner")
    about = about[about["thua_key"].notna()].reset_index(drop=True)
    turn = about.groupby("thua_key").cumcount() + 1
    key = about["thua_key"].astype("string")
    rows = about.assign(
        ranh_giay_to_id=key.where(turn == 1, key + "~" + turn.astype("string")),
        ma_xa=place.ma_xa,
        ky_dia_gioi=place.era,
        dien_tich_do=about["dien_tich"],
    )
    types = dict.fromkeys(COLUMNS, "string") | {"dien_tich_do": "float64"}
    return gpd.GeoDataFrame(rows[[*COLUMNS, "geometry"]].astype(types), geometry="geometry", crs=place.crs)
