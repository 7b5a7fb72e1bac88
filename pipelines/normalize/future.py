"""The commune of today for parcels of a package from before the reform."""

import geopandas as gpd
import pandas as pd

from pipelines import eras, findings
from pipelines.normalize.place import Place


def assign(parcels: gpd.GeoDataFrame, place: Place, future: eras.Future) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return parcels with `ma_xa_moi` and `can_cu_xa_moi`, and findings where the new commune is open.

    Both are null for packages of today and from abroad. A commune that was not split takes its successor from
    the table; one that was split, from the place of each parcel. Without outlines the whole package is one finding.

    Emits: goi.commune_split
    """
    nothing = pd.Series(pd.NA, index=parcels.index, dtype="string")
    if place.is_foreign or place.era == eras.TODAY:
        return parcels.assign(ma_xa_moi=nothing, can_cu_xa_moi=nothing), findings.empty(place.crs)
    candidates = eras.successors(place.ma_xa, place.era, crosswalk=future.crosswalk)
    if len(candidates) == 1:
        return parcels.assign(ma_xa_moi=candidates[0].code, can_cu_xa_moi=eras.BY_TABLE).astype(
            {"ma_xa_moi": "string", "can_cu_xa_moi": "string"}
        ), findings.empty(place.crs)
    codes = [candidate.code for candidate in candidates]
    detail = f"{' / '.join(codes) or '?'} ({future.crosswalk.source})"
    new = nothing
    if codes and future.boundaries is not None:
        new = eras.by_geometry(parcels.geometry, codes, future.boundaries, future.accuracy_m)
    basis = pd.Series(eras.BY_PLACE, index=parcels.index, dtype="string").where(new.notna(), eras.OPEN)
    result = parcels.assign(ma_xa_moi=new, can_cu_xa_moi=basis)
    left = result.loc[new.isna()]
    if len(left) and new.isna().all():
        # One finding for the package; a list of all its parcels would say nothing more.
        name = f"{place.ma_xa}.{place.era}"
        return result, findings.build("goi.commune_split", [name], crs=place.crs, value=len(left), detail=detail)
    found = findings.build(
        "goi.commune_split",
        left["feature_id"],
        crs=place.crs,
        value=1.0,
        detail=detail,
        source=left["source"],
        geometry=left.geometry.to_numpy(),
    )
    return result, found
