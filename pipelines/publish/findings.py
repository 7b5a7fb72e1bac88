"""Findings for the public: about parcels by their numbers, without anything from the files of the office."""

import geopandas as gpd
import pandas as pd

from pipelines import findings as findings_of
from pipelines.publish.content import Commune

_TELLING = "thua_dat."
"""Codes whose detail may be shown. Details of labels, registers and certificates can quote what a person wrote."""


def public(commune: Commune) -> gpd.GeoDataFrame:
    """Return the findings of a commune as a findings frame that may leave the house.

    Objects are called by thua_dat_id, by `#n` where they are no stored parcel, by the commune where the finding is
    about a whole file. File names and quotations are left out.
    """
    rows = commune.findings
    known = rows["thua_dat_id"].astype("string")
    other = rows["other_id"].astype("string")
    is_parcel = other.isin(commune.parcels["thua_dat_id"])
    columns = {
        "code": rows["code"],
        "feature_id": known.fillna(_number(rows["feature_id"])).fillna(commune.release.ma_xa),
        "other_id": other.where(is_parcel, _number(other)),
        "value": rows["value"],
        "limit": rows["limit"],
        "detail": rows["detail"].where(rows["code"].str.startswith(_TELLING)),
        "source": pd.Series(pd.NA, index=rows.index, dtype="string"),
    }
    frame = gpd.GeoDataFrame(columns, geometry=rows.geometry.to_numpy(), crs=commune.parcels.crs)
    return findings_of.concat([frame], crs=commune.parcels.crs)


def places(commune: Commune) -> gpd.GeoDataFrame:
    """Return the parcels as the reports want them: id, sheet and parcel number, shape."""
    columns = ["thua_dat_id", "so_hieu_to_ban_do", "so_thu_tu_thua", "geometry"]
    return commune.parcels[columns].rename(columns={"thua_dat_id": "feature_id"})


def _number(ids: pd.Series) -> pd.Series:
    """Return `#n` of `source#n`: the number of the object, without the name of its file."""
    return ids.astype("string").str.extract(r"(#\d+)$", expand=False)
