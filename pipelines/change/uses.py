"""Land use: its areas are those of the parcel, its codes those of the day, its terms later after an extension."""

import pandas as pd

import schemas
from pipelines import codes
from pipelines.change.book import VERSION, keys
from pipelines.change.carry import AREA_TOLERANCE_M2, WHOLE
from pipelines.change.case import Case
from pipelines.change.request import Reason
from pipelines.change.standing import said
from pipelines.change.why import because

_USES, _RESTRICTIONS = "muc_dich_su_dung", "han_che_quyen"
_PURPOSE, _EXTENSION = "CM", "GH"
_LAST_DAY = "9999-12-31"
_ROUNDING_M2 = 1e-6


def areas(case: Case) -> list[Reason]:
    """Return parcels whose rows, where they or the parcel changed, do not sum up to the area of the parcel."""
    wanted, former = _areas(case.parcels), _areas(case.parcels_before)
    resized = set(wanted.index[~((wanted - former.reindex(wanted.index)).abs() <= _ROUNDING_M2)])
    reasons = []
    for layer in WHOLE:
        sums = case.book.after(layer).groupby("thua_key")["dien_tich"].sum(min_count=1)
        unknown = case.book.after(layer).loc[lambda rows: rows["dien_tich"].isna(), "thua_key"]
        moved = set(case.book.changed(layer)["thua_key"]) | set(case.book.ended(layer)["thua_key"]) | resized
        off = ((sums - wanted.reindex(sums.index)).abs() > AREA_TOLERANCE_M2 + _ROUNDING_M2) & sums.index.isin(moved)
        for key in sums.index[off & ~sums.index.isin(unknown)]:
            told = {"found": float(sums[key]), "wanted": float(wanted[key])}
            reasons.append(because("area.sum", str(key), layer=layer, **told))
    rows = said(case, _RESTRICTIONS, "dien_tich", "thua_key")
    beyond = rows[rows["dien_tich"] > wanted.reindex(rows["thua_key"]).to_numpy() + AREA_TOLERANCE_M2]
    if len(beyond):
        reasons.append(because("area.beyond", keys(_RESTRICTIONS, beyond), layer=_RESTRICTIONS))
    return reasons


def _areas(parcels: pd.DataFrame) -> pd.Series:
    known = parcels.dropna(subset=["thua_key", "dien_tich"]).drop_duplicates("thua_key")
    return known.set_index("thua_key")["dien_tich"]


def purpose(case: Case) -> list[Reason]:
    """Return what is wrong with a change of purpose: parcel and uses change together, to codes that are in force."""
    if case.kind != _PURPOSE:
        return []
    former = case.parcels_before.drop_duplicates("thua_dat_id").set_index("thua_dat_id")["loai_dat"]
    parcels = case.parcels
    of_parcel = (parcels["loai_dat"].fillna("") != parcels["thua_dat_id"].map(former).fillna("")).to_numpy(dtype=bool)
    rows = case.book.after(_USES)
    touched = pd.concat([said(case, _USES, "loai_dat")["thua_key"], case.book.ended(_USES)["thua_key"]])
    of_uses = parcels["thua_key"].isin(touched).to_numpy(dtype=bool)
    law = case.law("land_use")
    apart = parcels[of_parcel != of_uses] if of_parcel.any() or of_uses.any() else parcels
    if len(apart):
        return [because("use.unchanged", apart["thua_key"], law=law)]
    changed = parcels[of_parcel]
    own = changed.set_index("thua_key")["loai_dat"].str.split("+").explode()
    listed = rows.loc[rows["thua_key"].isin(own.index)].set_index("thua_key")["loai_dat"]
    apart_keys = {key for key, _ in set(own.items()) ^ set(listed.items())}
    differs = changed[changed["thua_key"].isin(apart_keys)]
    reasons = [because("use.differs", differs["thua_key"], law=law)] if len(differs) else []
    wrong = changed[~_in_force(changed, case.date)]
    if len(wrong):
        lists = schemas.codelist("he_loai_dat").set_index("code")
        quoted = "; ".join(lists.loc[_of_day(lists, case.date), "legal_ref"])
        reasons.append(because("use.not_valid", wrong["thua_key"], law=quoted))
    return reasons


def _of_day(rows: pd.DataFrame, day: str) -> pd.Series:
    """Tell which entries of a code list are in force on a day; those without any date belong to no time."""
    dated = (rows["valid_from"] != "") | (rows["valid_to"] != "")
    return dated & (rows["valid_from"] <= day) & (rows["valid_to"].replace("", _LAST_DAY) >= day)


def _in_force(parcels: pd.DataFrame, day: str) -> pd.Series:
    """Tell whether the land use of parcels is recorded in the list of the day, by codes that are in it."""
    lists = schemas.codelist("he_loai_dat").set_index("code")
    of_list = parcels["he_loai_dat"].isin(lists.index[_of_day(lists, day)])
    is_new = parcels["he_loai_dat"] == codes.NEW_SCHEME
    # The column loai_dat is in codes of today whatever was recorded; the old list judges what was recorded.
    recorded = parcels["loai_dat"].where(is_new, parcels["loai_dat_ghi"])
    pieces = recorded.astype("string").fillna("").str.split("+").explode().str.strip()
    fresh, old = schemas.codelist("land_use_new"), schemas.codelist("land_use_old")
    leaves = codes.land_use(pieces, urban=False)
    is_leaf = (leaves["scheme"] == codes.NEW_SCHEME) & (leaves["mode"] == codes.CURRENT)
    new_ok = is_leaf.fillna(False) & pieces.isin(fresh.loc[_of_day(fresh, day), "code"])
    old_ok = pieces.isin(old.loc[_of_day(old, day), "code"])
    fits = new_ok.where(is_new.reindex(pieces.index).fillna(False).astype(bool), old_ok)
    return of_list & fits.groupby(level=0).all().reindex(parcels.index)


def extension(case: Case) -> list[Reason]:
    """Return uses whose term an extension does not move later."""
    if case.kind != _EXTENSION:
        return []
    rows = case.book.changed(_USES)
    former = rows[VERSION].map(case.book.before(_USES).set_index(VERSION)["ngay_het_han"])
    later = rows["ngay_het_han"].notna() & (rows["ngay_het_han"] > former.fillna(case.date)).fillna(False)
    later &= (rows["ngay_het_han"] > case.date).fillna(False)
    stays = rows[~later.astype(bool)]
    if rows.empty:
        return [because("term.not_later", case.parcels["thua_key"], law=case.law("term"))]
    return [because("term.not_later", keys(_USES, stays), law=case.law("term"))] if len(stays) else []
