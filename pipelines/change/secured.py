"""Blocks and mortgages: what stops a change, what it needs, and who may mortgage what."""

import pandas as pd

from pipelines.change.book import VERSION
from pipelines.change.case import ASSET, BLOCK, ITEM, MORTGAGE, OWNERSHIP, USE, Case, added
from pipelines.change.request import Reason
from pipelines.change.standing import said
from pipelines.change.why import because


def blocks(case: Case) -> list[Reason]:
    """Return the blocks on the parcels, their assets or certificates, where the kind has to wait for them."""
    if case.kind in case.rules["despite_block"]:
        return []
    rows = case.book.before(BLOCK)
    stands = (rows["ngay_het_hieu_luc"].isna() | (rows["ngay_het_hieu_luc"] >= case.date)).fillna(True)
    found = rows[stands.astype(bool)]
    return [because("block", _places(found), kind=case.kind, law=case.law("block"))] if len(found) else []


def consent(case: Case) -> list[Reason]:
    """Return what is mortgaged, goes on being so, and may not be changed without the consent of the mortgagee."""
    if case.kind in case.rules["despite_mortgage"] or case.request.facts.get("dong_y_the_chap", "").strip():
        return []
    before, after = case.book.before(ITEM), case.book.after(ITEM)
    standing = before[before[VERSION].isin(after[VERSION].dropna())]
    return [because("mortgage.consent", _places(standing), law=case.law("mortgage"))] if len(standing) else []


def mortgages(case: Case) -> list[Reason]:
    """Return mortgages, as the package writes them, of nothing, or by somebody who holds nothing of it."""
    rows = said(case, MORTGAGE, "ben_the_chap_id")
    mortgage = "giao_dich_bao_dam_id"
    case.book.read(ITEM, mortgage, case.book.after(MORTGAGE)[mortgage])
    items = case.book.after(ITEM)
    fresh = added(rows)
    # A row under another mortgage tells how that one changed, and is of its assets.
    empty = list(fresh.loc[fresh["giao_dich_bao_dam_cha_id"].isna(), mortgage])
    # Who takes away the last of its assets has ended it.
    empty += [name for name in case.book.ended(ITEM)[mortgage] if name in set(case.book.after(MORTGAGE)[mortgage])]
    empty = [name for name in empty if name not in set(items[mortgage])]
    reasons = [because("mortgage.nothing", empty, law=case.law("secured"))] if empty else []
    touched = set(rows[mortgage]) | set(said(case, ITEM, "thua_key", "tai_san_id")[mortgage])
    wrong = [name for name in sorted(touched) if _is_strangers(case, items[items[mortgage] == name], name)]
    return [*reasons, because("mortgage.not_holder", wrong, law=case.law("secured"))] if wrong else reasons


def _is_strangers(case: Case, items: pd.DataFrame, name: str) -> bool:
    """Tell whether a mortgage has an item in which its mortgagor holds no right."""
    rows = case.book.after(MORTGAGE)
    by = rows.loc[rows["giao_dich_bao_dam_id"] == name, "ben_the_chap_id"]
    if by.isna().all():
        return bool(len(by))
    use, own, assets = (case.book.after(layer) for layer in (USE, OWNERSHIP, ASSET))
    held = use.loc[use["chu_id"].isin(by), ["thua_key", "giay_chung_nhan_id"]]
    owned = own.loc[own["chu_id"].isin(by), ["tai_san_id", "giay_chung_nhan_id"]]
    # What stands on land that one holds is one's own where nobody else is written as its owner.
    free = assets.loc[assets["thua_key"].isin(held["thua_key"]) & ~assets["tai_san_id"].isin(own["tai_san_id"])]
    papers = pd.concat([held["giay_chung_nhan_id"], owned["giay_chung_nhan_id"]]).dropna()
    its_own = items["tai_san_id"].isin([*owned["tai_san_id"], *free["tai_san_id"]])
    its_own |= items["tai_san_id"].isna() & items["thua_key"].isin(held["thua_key"].dropna())
    by_paper = items["tai_san_id"].isna() & items["thua_key"].isna() & items["giay_chung_nhan_id"].isin(papers)
    return bool((~(its_own | by_paper)).any())


def _places(rows: pd.DataFrame) -> pd.Series:
    """Return what rows are on: the parcel, else the asset, else the certificate."""
    return rows["thua_key"].fillna(rows["tai_san_id"]).fillna(rows["giay_chung_nhan_id"])
