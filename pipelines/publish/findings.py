"""Findings for the public: about parcels by their numbers, without anything from the files of the office."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import findings as findings_of
from pipelines.publish.content import Commune

_OF_FILES = "goi."
"""Codes about whole files: what stands behind a `#` is a part of their name."""

_TELLING = "thua_dat."
"""Codes whose detail may be shown. Details of labels, registers and certificates can quote what a person wrote."""


def public(commune: Commune) -> gpd.GeoDataFrame:
    """Return the findings of a commune as a findings frame that may leave the house.

    Objects are called by thua_dat_id, by `#n` where they are no stored parcel, by the commune where the finding is
    about a whole file. File names and quotations are left out. What touches a parcel that is withheld keeps neither
    place nor value nor number.
    """
    rows = commune.findings
    shapes = rows.geometry.to_numpy().copy()
    is_hidden = _touches_withheld(commune)
    shapes[is_hidden] = None
    known = rows["thua_dat_id"].astype("string")
    known = known.mask(known.isin(commune.withheld["thua_dat_id"]), commune.release.ma_xa)
    other = rows["other_id"].astype("string").mask(is_hidden)
    is_parcel = other.isin(commune.parcels["thua_dat_id"])
    is_file = rows["code"].str.startswith(_OF_FILES)
    columns = {
        "code": rows["code"],
        "feature_id": known.fillna(_number(rows["feature_id"].mask(is_file))).fillna(commune.release.ma_xa),
        "other_id": other.where(is_parcel, _number(other.mask(is_file))),
        "value": rows["value"].mask(is_hidden),
        "limit": rows["limit"],
        "detail": rows["detail"].where(rows["code"].str.startswith(_TELLING)).mask(is_hidden),
        "source": pd.Series(pd.NA, index=rows.index, dtype="string"),
    }
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=commune.parcels.crs)
    return findings_of.concat([frame], crs=commune.parcels.crs)


def places(commune: Commune) -> gpd.GeoDataFrame:
    """Return the parcels as the reports want them: id, sheet and parcel number, shape."""
    columns = ["thua_dat_id", "so_hieu_to_ban_do", "so_thu_tu_thua", "geometry"]
    return commune.parcels[columns].rename(columns={"thua_dat_id": "feature_id"})


def _touches_withheld(commune: Commune) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which findings are about a withheld parcel, or lie on one."""
    rows, withheld = commune.findings, commune.withheld
    named = rows["thua_dat_id"].isin(withheld["thua_dat_id"]) | rows["other_id"].isin(withheld["thua_dat_id"])
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = named.to_numpy(dtype=bool, copy=True)
    if len(withheld):
        shapes, ground = (shapely.make_valid(each.geometry.to_numpy()) for each in (rows, withheld))
        row, parcel = shapely.STRtree(ground).query(shapes, predicate="intersects")
        # What only touches it belongs to a neighbour.
        found[row[~shapely.touches(shapes[row], ground[parcel])]] = True
    return found


def _number(ids: pd.Series) -> pd.Series:
    """Return `#n` of `source#n`: the number of the object, without the name of its file.

    A file may be named so too, by a serial or an identity number: nothing is counted that far.
    """
    return ids.astype("string").str.extract(r"(#[1-9]\d{0,7}|#0)$", expand=False)
