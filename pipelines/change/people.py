"""Who holds, who receives, who gives; and whether the numbers of people can be numbers at all."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

import schemas
from pipelines import identifiers
from pipelines.change.book import VERSION, keys, stacked
from pipelines.change.case import OWNERSHIP, RIGHTS, USE, Case
from pipelines.change.request import Reason
from pipelines.change.standing import said
from pipelines.change.why import because

_HOUSEHOLD = "ho_gia_dinh"
_PAPERS = "giay_to_tuy_than"
_OBJECT = {USE: "thua_key", "quyen_quan_ly_dat": "thua_key", OWNERSHIP: "tai_san_id"}
"""The column that says what a right is in."""

_CITIZEN_PAPERS, _OLD_CARD, _PASSPORT = ("5", "9", "10"), "2", "6"
_FITS = {
    **dict.fromkeys(_CITIZEN_PAPERS, (identifiers.CITIZEN,)),
    # Cards of twelve digits were issued from 2012 to 2016.
    _OLD_CARD: (identifiers.OLD_CARD, identifiers.CITIZEN),
    _PASSPORT: (identifiers.PASSPORT,),
}
"""Kinds of paper whose numbers have a form, and the forms."""


def households(case: Case) -> list[Reason]:
    """Return rights that are given to a household on a day when it can receive none; those it had it may keep."""
    rule = schemas.codelist("moc_phap_ly").set_index("code").loc["khong_cap_cho_ho"]
    if case.date < rule["valid_from"]:
        return []
    reasons = []
    for layer in RIGHTS:
        rows = said(case, layer, "chu_id", "loai_doi_tuong")
        rows = rows[rows["loai_doi_tuong"] == _HOUSEHOLD]
        given = rows[~_had(case, layer, rows)]
        if len(given):
            words = {"layer": layer, "day": rule["valid_from"], "law": rule["legal_ref"]}
            reasons.append(because("holder.household", keys(layer, given), **words))
    return reasons


def _had(case: Case, layer: str, rows: pd.DataFrame) -> pd.Series:
    """Tell which rights their holder had already in what the ground or asset was before."""
    column = _OBJECT[layer]
    before = case.book.before(layer)[[column, "chu_id"]]
    heirs = case.heirs[["thua_key_cu", "thua_key_moi"]].rename(columns={"thua_key_cu": column})
    inherited = before.merge(heirs, on=column)[["thua_key_moi", "chu_id"]] if column == "thua_key" else before
    known = pd.concat([before, inherited.set_axis([column, "chu_id"], axis=1)])
    return (rows[column] + "|" + rows["chu_id"]).isin(known[column] + "|" + known["chu_id"])


def fixed(case: Case) -> list[Reason]:
    """Return rights that a kind gives to another holder, or in something else, under the guise of a correction."""
    may_pass = case.kind in (*case.rules["transfers"], *case.rules["may_set_holder"])
    may_move = case.kind in case.rules["may_set_object"]
    reasons = []
    for layer in RIGHTS:
        columns = [*([] if may_pass else ["chu_id", "loai_doi_tuong"]), *([] if may_move else [_OBJECT[layer]])]
        rows = said(case, layer, *columns)
        rows = rows[rows[VERSION].notna()]
        if len(rows):
            told = {"layer": layer, "kind": case.kind, "law": case.law("registration")}
            reasons.append(because("holder.fixed", keys(layer, rows), **told))
    return reasons


def transfers(case: Case) -> list[Reason]:
    """Return what is wrong where land or assets pass from one to another: each object given has to be received."""
    if case.kind not in case.rules["transfers"]:
        return []
    reasons: list[Reason] = []
    for layer in (USE, OWNERSHIP):
        column = _OBJECT[layer]
        before, after = case.book.before(layer), case.book.after(layer)
        received = said(case, layer, "chu_id")
        stays = after.loc[~after[VERSION].isin(received[VERSION].dropna()), VERSION]
        given = set(before.loc[~before[VERSION].isin(stays.dropna()), column].dropna())
        taken = set(received[column].dropna())
        groups = (frame.groupby(column)["chu_id"].agg(frozenset) for frame in (before, after))
        one, other = (group.to_dict() for group in groups)
        same = {name for name in given & taken if one.get(name) == other.get(name)}
        problems: Mapping[str, Any] = {
            "transfer.nobody_receives": given - taken,
            "transfer.nobody_gives": taken - given,
            "transfer.same_holder": same,
        }
        law = case.law("registration")
        reasons += [because(code, sorted(names), law=law) for code, names in problems.items() if names]
    return reasons


def identities(case: Case) -> list[Reason]:
    """Return numbers of people and organisations, as the package gives them, that cannot be right."""
    return [*_people(case), *_organisations(case)]


def _people(case: Case) -> list[Reason]:
    rows = _given(case, _PAPERS)
    if rows.empty or "so_giay_to" not in rows:
        return []
    after = case.book.after(_PAPERS)
    # A change of the number alone leaves kind and person as they are.
    rows = rows.set_index("giay_to_id").combine_first(after.set_index("giay_to_id")[["ca_nhan_id", "loai_giay_to"]])
    rows = rows[rows["so_giay_to"].notna()].reset_index()
    case.book.read("ca_nhan", "ca_nhan_id", rows["ca_nhan_id"])
    people = case.book.after("ca_nhan").drop_duplicates("ca_nhan_id").set_index("ca_nhan_id")
    year, sex, country = (rows["ca_nhan_id"].map(people[name]) for name in ("nam_sinh", "gioi_tinh", "quoc_tich"))
    born = pd.to_numeric(rows["ca_nhan_id"].map(people["ngay_sinh"]).str[:4])
    found = identifiers.people(rows["so_giay_to"], year.fillna(born).astype("Int64"), sex, country)
    kind = rows["loai_giay_to"].astype("string")
    has_form = kind.isin(list(_FITS)) | kind.isna()
    bad = has_form & (found["state"] != identifiers.OK)
    fits = pd.concat([(kind == code) & found["kind"].isin(list(forms)) for code, forms in _FITS.items()], axis=1)
    odd = kind.isin(list(_FITS)) & ~bad & ~fits.fillna(False).any(axis=1)
    papers = schemas.codelist("loai_giay_to_tuy_than").set_index("code")
    over = kind.map(papers["valid_to"].replace("", "9999-12-31")) < case.date
    odd |= over.fillna(False) & kind.notna()
    return _told(rows["giay_to_id"], _PAPERS, bad, odd)


def _organisations(case: Case) -> list[Reason]:
    rows = _given(case, "to_chuc")
    if rows.empty or "ma_so_thue" not in rows:
        return []
    rows = rows[rows["ma_so_thue"].notna()].reset_index(drop=True)
    bad = identifiers.organisations(rows["ma_so_thue"], case.date)["state"] != identifiers.OK
    return _told(rows["to_chuc_id"], "to_chuc", bad, pd.Series(False, index=rows.index))


def _told(ids: pd.Series, layer: str, bad: pd.Series, odd: pd.Series) -> list[Reason]:
    reasons = [because("identity.bad", ids[bad], layer=layer)] if bad.any() else []
    return [*reasons, because("identity.kind", ids[odd], layer=layer)] if odd.any() else reasons


def _given(case: Case, layer: str) -> pd.DataFrame:
    """Return what the package adds and sets in a layer, with numbers in clear as only the package has them."""
    edits = [edit for edit in case.request.edits if edit.layer == layer]
    frames = [pd.DataFrame([dict(row) for row in (*edit.add, *edit.set)]) for edit in edits]
    return stacked(*frames).astype("string") if frames else pd.DataFrame()
