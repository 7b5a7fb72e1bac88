"""Which new commune each parcel of an older one lies in, and how that is known; never by a guess."""

import geopandas as gpd
import pandas as pd

from pipelines import eras
from pipelines.errors import Refusal
from pipelines.reform.scopes import Reform, Scope

BY_OFFICER = "can_bo"
"""How a parcel is known beside the codes of `can_cu_xa_moi`: an officer said so."""


def destinations(parcels: gpd.GeoDataFrame, scope: Scope, reform: Reform, decided: pd.Series) -> pd.DataFrame:
    """Return `ma_xa_moi` (null where open) and `can_cu` of every parcel, on the index of the parcels.

    A commune with one successor goes there by the table. In one that was split, the word of an officer counts, then
    what was told by place when it was loaded, then the outlines, as far as they are accurate enough.

    Args:
        parcels: Current parcels of the commune.
        scope: Its code and era.
        reform: The reform.
        decided: thua_dat_id → code of the new commune, as officers said.

    Raises:
        Refusal: An officer sent a parcel to a commune that holds no land of its own.
    """
    codes = reform.successors(scope)
    said = parcels["thua_dat_id"].map(decided).astype("string")
    _check(parcels["thua_dat_id"], said, codes, scope)
    if len(codes) == 1:
        return pd.DataFrame({"ma_xa_moi": codes[0], "can_cu": eras.BY_TABLE}, index=parcels.index, dtype="string")
    stored = parcels["ma_xa_moi"].where(parcels["can_cu_xa_moi"].eq(eras.BY_PLACE).fillna(False))
    stored = stored.where(stored.isin(codes))
    new = said.fillna(stored)
    left = new.isna()
    if codes and reform.future.boundaries is not None and left.any():
        shapes = parcels.loc[left].geometry
        new = new.fillna(eras.by_geometry(shapes, codes, reform.future.boundaries, reform.future.accuracy_m))
    basis = pd.Series(eras.BY_PLACE, index=parcels.index, dtype="string")
    basis = basis.mask(said.notna(), BY_OFFICER).mask(new.isna(), eras.OPEN)
    return pd.DataFrame({"ma_xa_moi": new.astype("string"), "can_cu": basis})


def _check(ids: pd.Series, said: pd.Series, codes: list[str], scope: Scope) -> None:
    wrong = ids[said.notna() & ~said.isin(codes)]
    if len(wrong):
        first, allowed = wrong.iloc[0], ", ".join(codes) or "-"
        raise Refusal(
            f"Thửa {first} không thể thuộc xã {said[wrong.index[0]]}: xã {scope[0]} chỉ thành {allowed}; sửa bảng.",
            f"Parcel {first} cannot be of {said[wrong.index[0]]}: {scope[0]} became {allowed} only; mend the table.",
        )
