"""Certificates: serials of the form of their time, used once, named by a right; what named the former names the new."""

import pandas as pd

from pipelines import certificates
from pipelines import store as land
from pipelines.change.book import VERSION, keys
from pipelines.change.case import BLOCK, CERTIFICATE, ITEM, OWNERSHIP, USE, Case, added
from pipelines.change.request import Reason
from pipelines.change.standing import said
from pipelines.change.why import because


def check(case: Case) -> list[Reason]:
    """Return what is wrong with the certificates that the package adds, or whose serial or date it changes."""
    rows = said(case, CERTIFICATE, "so_phat_hanh", "ngay_cap", "loai_giay_chung_nhan")
    return [*_forms(rows), *_used(case, rows), *_unused(case, rows)]


def _forms(rows: pd.DataFrame) -> list[Reason]:
    """Return serials that are not of the form of their date; papers that are no certificate have none."""
    forms = [form.code for form in certificates.forms()]
    kind = rows["loai_giay_chung_nhan"]
    # A kind without a form of its own, such as a building permit, may have any number or none.
    judged = rows[kind.isna() | kind.isin(forms)]
    found = certificates.serials(judged["so_phat_hanh"], judged["ngay_cap"])
    lacking = judged["so_phat_hanh"].isna() | judged["ngay_cap"].isna()
    fits = kind[judged.index].isna()
    for form in certificates.forms():
        of_form = found["serial"].str.fullmatch(form.pattern).fillna(False).astype(bool)
        fits |= (judged["loai_giay_chung_nhan"] == form.code).fillna(False) & of_form & _on(judged, form)
    bad = judged[(lacking | found["bad"] | found["out_of_period"] | ~fits).astype(bool)]
    return [because("paper.serial", keys(CERTIFICATE, bad), law=_law(bad))] if len(bad) else []


def _on(rows: pd.DataFrame, form: certificates.Form) -> pd.Series:
    return rows["ngay_cap"].between(form.first_day, form.last_day).fillna(False).astype(bool)


def _law(rows: pd.DataFrame) -> str:
    """Return the law of the forms that were in use on the days of some certificates."""
    listed = certificates.laws()
    days = rows["ngay_cap"].dropna().unique()
    named = [law for form, law in listed for day in days if form.first_day <= day <= form.last_day]
    return "; ".join(dict.fromkeys(named)) or "; ".join(law for _, law in listed[-1:])


def _used(case: Case, rows: pd.DataFrame) -> list[Reason]:
    """Return serials that another current certificate of any commune has, beside those that end with this change."""
    book = case.book
    serials = rows["so_phat_hanh"].dropna()
    others = land.current_rows(book.store, book.table(CERTIFICATE), "so_phat_hanh", serials)
    over = case.book.ended(CERTIFICATE)[VERSION]
    others = others[~others[VERSION].isin(over) & ~others[VERSION].isin(rows[VERSION].dropna())]
    taken = rows["so_phat_hanh"].isin(others["so_phat_hanh"]) | rows["so_phat_hanh"].duplicated(keep=False)
    bad = rows[taken & rows["so_phat_hanh"].notna()]
    return [because("paper.serial_used", keys(CERTIFICATE, bad))] if len(bad) else []


def _unused(case: Case, rows: pd.DataFrame) -> list[Reason]:
    named = pd.concat([case.book.after(layer)["giay_chung_nhan_id"] for layer in (USE, OWNERSHIP)])
    idle = added(rows)
    idle = idle[~idle["giay_chung_nhan_id"].isin(named)]
    return [because("paper.unused", keys(CERTIFICATE, idle))] if len(idle) else []


def withdraw(case: Case) -> None:
    """End the certificates whose last right, in whatever parcel or asset, a recovery ends."""
    if case.kind not in case.rules["end_certificates"]:
        return
    named = [case.book.before(layer)["giay_chung_nhan_id"] for layer in (USE, OWNERSHIP)]
    for layer in (USE, OWNERSHIP):
        case.book.read(layer, "giay_chung_nhan_id", pd.concat(named))
    still = pd.concat([case.book.after(layer)["giay_chung_nhan_id"] for layer in (USE, OWNERSHIP)])
    papers = case.book.after(CERTIFICATE)["giay_chung_nhan_id"]
    idle = papers.isin(pd.concat(named)) & ~papers.isin(still)
    if idle.any():
        case.book.write(CERTIFICATE, case.book.after(CERTIFICATE)[~idle])


def follow(case: Case) -> None:
    """Let mortgages and blocks that named a certificate which ends name the one that took its place.

    That is the only certificate of the rights in the same parcel or asset; where there are several, or none, nothing is
    changed, and the row is told of as one that points nowhere.
    """
    gone = case.book.ended(CERTIFICATE)["giay_chung_nhan_id"]
    if gone.empty:
        return
    use, own = case.book.after(USE), case.book.after(OWNERSHIP)
    by_parcel, by_asset = _only(use, "thua_key"), _only(own, "tai_san_id")
    everywhere = pd.concat([use["giay_chung_nhan_id"], own["giay_chung_nhan_id"]]).dropna().unique()
    single = everywhere[0] if len(everywhere) == 1 else pd.NA
    for layer in (ITEM, BLOCK):
        case.book.read(layer, "giay_chung_nhan_id", gone)
        rows = case.book.after(layer)
        beside = rows["thua_key"].isna() & rows["tai_san_id"].isna()
        new = rows["thua_key"].map(by_parcel).fillna(rows["tai_san_id"].map(by_asset)).mask(beside, single)
        follows = rows["giay_chung_nhan_id"].isin(gone) & new.notna()
        case.book.write(layer, rows.assign(giay_chung_nhan_id=rows["giay_chung_nhan_id"].mask(follows, new)))


def _only(rows: pd.DataFrame, column: str) -> pd.Series:
    """Return the certificate of everything that has exactly one."""
    pairs = rows[[column, "giay_chung_nhan_id"]].dropna().drop_duplicates()
    return pairs.drop_duplicates(column, keep=False).set_index(column)["giay_chung_nhan_id"]
