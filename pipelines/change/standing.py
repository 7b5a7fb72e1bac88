"""What has to hold of the rows together: they are of these parcels, point to what is there, and leave none behind."""

import pandas as pd

import schemas
from pipelines.change.book import VERSION, key_columns, keys, stacked
from pipelines.change.case import (
    ASSET,
    BLOCK,
    BY_PARCEL,
    CERTIFICATE,
    ITEM,
    MANAGEMENT,
    MORTGAGE,
    OWNERSHIP,
    RIGHTS,
    USE,
    Case,
)  # fmt: skip
from pipelines.change.request import Reason
from pipelines.change.why import because

HOLDERS = ("ca_nhan", "vo_chong", "ho_gia_dinh", "to_chuc", "cong_dong", "nhom_nguoi")
"""Layers of holders; the codes of `phap_nhan` are their names."""

_BY_KIND = tuple((layer, "chu_id") for layer in (*RIGHTS, MORTGAGE))
"""Columns whose rows say themselves in which layer of holders to look."""


def said(case: Case, layer: str, *columns: str) -> pd.DataFrame:
    """Return the rows of a layer that are new, or get another value in one of these columns."""
    after = case.book.changed(layer)
    if after.empty:
        return after
    if not columns:
        return after[after[VERSION].isna()]
    former = case.book.before(layer).set_index(VERSION).reindex(after[VERSION])[list(columns)].reset_index(drop=True)
    now = after[list(columns)]
    other = (now.ne(former) & ~(now.isna() & former.isna())).fillna(True).any(axis=1)
    return after[(other.to_numpy(dtype=bool)) | after[VERSION].isna().to_numpy(dtype=bool)]


def of_these_parcels(case: Case) -> list[Reason]:
    """Return rows that the package touches and that are of other parcels, which nobody has looked at."""
    assets, papers, mortgages = _assets(case), _papers(case), set(_both(case, ITEM)["giao_dich_bao_dam_id"])
    reasons = []
    for layer in filter(case.book.is_changed, (*BY_PARCEL, OWNERSHIP, CERTIFICATE, MORTGAGE)):
        rows = stacked(case.book.changed(layer), case.book.replaced(layer))
        if layer == CERTIFICATE:
            strange = ~rows["giay_chung_nhan_id"].isin(papers) & rows[VERSION].notna()
        elif layer == MORTGAGE:
            known = rows["giao_dich_bao_dam_id"].isin(mortgages) | rows["giao_dich_bao_dam_cha_id"].isin(mortgages)
            strange = ~known & rows[VERSION].notna()
        elif layer == OWNERSHIP:
            strange = ~rows["tai_san_id"].isin(assets)
        else:
            strange = _strange(case, layer, rows, assets, papers)
        if strange.any():
            reasons.append(because("row.other_parcel", keys(layer, rows[strange]), layer=layer))
    return reasons


def _strange(case: Case, layer: str, rows: pd.DataFrame, assets: set[str], papers: set[str]) -> pd.Series:
    parcel = rows["thua_key"]
    beside = pd.Series(False, index=rows.index)
    if layer == ASSET:
        beside = rows["thuoc_tai_san_id"].isin(assets)
    elif layer in (ITEM, BLOCK):
        beside = rows["tai_san_id"].isin(assets) | rows["giay_chung_nhan_id"].isin(papers)
    return ~parcel.isin(case.keys) & ~(parcel.isna() & beside)


def _both(case: Case, layer: str) -> pd.DataFrame:
    return stacked(case.book.before(layer), case.book.after(layer))


def _assets(case: Case) -> set[str]:
    """Return the assets on the parcels, and what stands in them."""
    rows = _both(case, ASSET)
    found = set(rows.loc[rows["thua_key"].isin(case.keys), "tai_san_id"])
    known = -1
    while len(found) != known:
        known = len(found)
        found |= set(rows.loc[rows["thuoc_tai_san_id"].isin(found), "tai_san_id"])
    return found


def _papers(case: Case) -> set[str]:
    """Return the certificates that the rights of the parcels and their assets name."""
    use, own = _both(case, USE), _both(case, OWNERSHIP)
    named = pd.concat(
        [
            use.loc[use["thua_key"].isin(case.keys), "giay_chung_nhan_id"],
            own.loc[own["tai_san_id"].isin(_assets(case)), "giay_chung_nhan_id"],
        ]
    )
    return set(named.dropna())


def pointing(case: Case) -> list[Reason]:
    """Return rows in which the package names something that is not there."""
    reasons = []
    for layer, column, targets in schemas.references():
        if (layer, column) not in _BY_KIND:
            rows = said(case, layer, column)
            reasons += _nowhere(case, layer, rows, rows[column].astype("string").str.split(";"), targets)
    for layer in RIGHTS:
        rows = said(case, layer, "chu_id", "loai_doi_tuong")
        lacking = rows["chu_id"].isna() | rows["loai_doi_tuong"].isna()
        if lacking.any():
            reasons.append(because("holder.missing", keys(layer, rows[lacking]), layer=layer))
        reasons += _holders(case, layer, rows)
    return reasons + _holders(case, MORTGAGE, said(case, MORTGAGE, "chu_id", "loai_doi_tuong"))


def _holders(case: Case, layer: str, rows: pd.DataFrame) -> list[Reason]:
    kinds = {kind: rows[rows["loai_doi_tuong"] == kind] for kind in HOLDERS}
    found = [_nowhere(case, layer, some, some["chu_id"].str.split(";"), (kind,)) for kind, some in kinds.items()]
    return [reason for reasons in found for reason in reasons]


def _nowhere(case: Case, layer: str, rows: pd.DataFrame, names: pd.Series, targets: tuple[str, ...]) -> list[Reason]:
    if rows.empty:
        return []
    wanted = names.explode().str.strip().dropna()
    wanted = wanted[wanted != ""]
    lost = wanted
    for target in targets:
        key = key_columns(target)[0]
        case.book.read(target, key, lost)
        lost = lost[~lost.isin(case.book.after(target)[key])]
    if lost.empty:
        return []
    told = ", ".join(targets)
    return [because("row.points_nowhere", keys(layer, rows.loc[lost.index.unique()]), layer=layer, target=told)]


def nothing_left_behind(case: Case) -> list[Reason]:
    """Return rows of parcels, assets, certificates and mortgages that end, and parcels that lost their last right."""
    gone = _ended_keys(case)
    with_heirs = set(case.heirs.dropna(subset=["thua_key_moi"])["thua_key_cu"])
    reasons = []
    for layer in BY_PARCEL:
        rows = case.book.after(layer)
        for parcels, code in ((gone - with_heirs, "row.left_behind"), (gone & with_heirs, "row.points_nowhere")):
            left = rows[rows["thua_key"].isin(parcels)]
            if len(left):
                reasons.append(because(code, keys(layer, left), layer=layer, target="thua_dat"))
    for layer, column, targets in schemas.references():
        for target in targets:
            names = case.book.ended(target)[key_columns(target)[0]]
            if names.empty:
                continue
            case.book.read(layer, column, names)
            rows = case.book.after(layer)
            left = rows[rows[column].isin(names)]
            if len(left):
                reasons.append(because("row.points_nowhere", keys(layer, left), layer=layer, target=target))
    return reasons + _without_right(case)


def _ended_keys(case: Case) -> set[str]:
    """Return the keys that no current parcel has any more."""
    gone = set(case.parcels_before["thua_key"].dropna()) - set(case.parcels["thua_key"].dropna())
    case.book.read("thua_dat", "thua_key", gone)
    others = case.book.before("thua_dat")
    others = others[~others["thua_dat_id"].isin(case.parcels_before["thua_dat_id"])]
    return gone - set(others["thua_key"].dropna())


def _without_right(case: Case) -> list[Reason]:
    if case.kind in case.rules["may_end_rights"]:
        return []
    had, has = (
        set(pd.concat([rows(layer)["thua_key"] for layer in (USE, MANAGEMENT)]).dropna())
        for rows in (case.book.before, case.book.after)
    )
    heirs = case.heirs.dropna(subset=["thua_key_moi"])
    old, new = heirs["thua_dat_id_cu"], heirs["thua_dat_id_moi"]
    # A boundary that moved between two parcels that both live on gives neither the rights of the other.
    kept = new.isin(old) & (old != new)
    due = heirs[heirs["thua_key_cu"].isin(had) & ~kept]["thua_key_moi"]
    bare = due[~due.isin(has)]
    return [because("parcel.no_right", bare, law=case.law("registration"))] if len(bare) else []
