"""Rights of parcels that end go on with the parcels that take their ground; none is lost, none is guessed."""

import pandas as pd

from pipelines.change.book import VERSION, keys, stacked
from pipelines.change.case import ASSET, BLOCK, BY_PARCEL, ITEM, MANAGEMENT, USE, Case, added
from pipelines.change.request import Reason
from pipelines.change.why import because
from pipelines.ids import identify

AREAS = {"muc_dich_su_dung": "dien_tich", "nguon_goc_dat": "dien_tich", "han_che_quyen": "dien_tich"}
"""Layers of which each parcel has rows of its own, numbered, with areas that are divided with the ground."""

WHOLE = ("muc_dich_su_dung", "nguon_goc_dat")
"""Of these, the layers whose rows cover the parcel."""

AREA_TOLERANCE_M2 = 0.1
"""By how much the rows of a parcel may miss its area: the last digit that the register writes."""

_IDS = {
    USE: ("quyen_id", "q-", ("thua_key", "chu_id", "giay_chung_nhan_id")),
    MANAGEMENT: ("quyen_quan_ly_id", "ql-", ("thua_key", "chu_id")),
    BLOCK: ("ngan_chan_id", "nc-", ("former", "thua_key")),
}
"""Layers whose rows are the same for each heir: the id, its prefix, and what it is made of."""


def carry(case: Case) -> list[Reason]:
    """Carry every row of a parcel that gives ground to a new one, or ends, in the book of the case.

    Returns:
        Reasons where only the package can say what becomes of a row.
    """
    flows = _flows(case)
    if flows.empty:
        return []
    reasons = _shared(case, flows) + _assets(case, flows)
    for layer in AREAS:
        reasons += _areas(case, flows, layer)
    for layer in _IDS:
        _copies(case, flows, layer)
    _items(case, flows)
    return reasons


def _flows(case: Case) -> pd.DataFrame:
    """Return who hands rows to whom: `old`, `new` (keys), `share` (0 to 1), `ends` (old), `stays` (old is new)."""
    heirs = case.heirs.dropna(subset=["thua_dat_id_moi"])
    before, after = set(heirs["thua_dat_id_cu"]), set(heirs["thua_dat_id_moi"])
    stays = heirs["thua_dat_id_cu"] == heirs["thua_dat_id_moi"]
    ends = ~heirs["thua_dat_id_cu"].isin(after)
    # Ground that passes between two parcels that both live on is a boundary that moved, and hands on no right.
    moves = ~stays & (ends | ~heirs["thua_dat_id_moi"].isin(before))
    givers = set(heirs.loc[moves, "thua_dat_id_cu"])
    chosen = heirs.assign(stays=stays, ends=ends)[(moves | stays) & heirs["thua_dat_id_cu"].isin(givers)]
    common = pd.to_numeric(chosen["dien_tich_chung"]).fillna(0).clip(lower=0)
    total = common.groupby(chosen["thua_dat_id_cu"]).transform("sum")
    count = chosen.groupby("thua_dat_id_cu")["thua_dat_id_moi"].transform("size")
    return pd.DataFrame(
        {
            "old": chosen["thua_key_cu"],
            "new": chosen["thua_key_moi"],
            "share": (common / total).where(total > 0, 1 / count),
            "ends": chosen["ends"],
            "stays": chosen["stays"],
        }
    ).reset_index(drop=True)


def _shared(case: Case, flows: pd.DataFrame) -> list[Reason]:
    """Return a reason where a key of several current parcels would have to be told apart."""
    book, keys_ = case.book, flows["old"].unique()
    book.read("thua_dat", "thua_key", keys_)
    counts = book.before("thua_dat")["thua_key"].value_counts()
    shared = [key for key in keys_ if counts.get(key, 0) > 1 and any(_has(case, layer, key) for layer in BY_PARCEL)]
    return [because("key.shared", shared)] if shared else []


def _has(case: Case, layer: str, key: str) -> bool:
    return bool((case.book.after(layer)["thua_key"] == key).any())


def _split(case: Case, flows: pd.DataFrame, layer: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of a layer that are not handed on, and those that are with `new`, `share`, `stays`."""
    rows = case.book.after(layer)
    old = rows[rows[VERSION].notna()]
    return rows, old.merge(flows, left_on="thua_key", right_on="old", how="inner")


def _without_ended(rows: pd.DataFrame, flows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose parcel does not end, and those the package itself adds."""
    gone = set(flows.loc[flows["ends"], "old"])
    return rows[~(rows["thua_key"].isin(gone) & rows[VERSION].notna())]


def _areas(case: Case, flows: pd.DataFrame, layer: str) -> list[Reason]:
    """Divide the rows of a layer among the heirs that the package gives no rows of their own."""
    rows, handed = _split(case, flows, layer)
    if handed.empty:
        return []
    given = set(added(rows)["thua_key"]) | case.named(layer, "dien_tich")
    handed = handed[~handed["new"].isin(given)]
    reasons = []
    if layer not in WHOLE:
        partly = handed["han_che_mot_phan"].eq(1).fillna(False) & (handed["share"] < 1)
        if partly.any():
            reasons.append(because("restriction.where", keys(layer, handed[partly])))
    divided = handed["dien_tich"] * handed["share"]
    handed = handed.assign(dien_tich=divided, thua_key=handed["new"])
    # A parcel that stays keeps its rows, which become smaller; the others are new.
    smaller = handed[handed["stays"]].set_index(VERSION)["dien_tich"]
    kept = _without_ended(rows, flows)
    kept = kept.assign(dien_tich=kept[VERSION].map(smaller).astype("float64").fillna(kept["dien_tich"]))
    new = handed[~handed["stays"]].sort_values(["thua_key", "so_thu_tu"], kind="stable")
    divided_rows = stacked(kept, _numbered(_together(new, list(rows.columns)), kept))
    if layer in WHOLE:
        divided_rows = _fitted(case, divided_rows, set(handed["new"]))
    case.book.write(layer, divided_rows)
    return reasons


def _together(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return rows that say the same of one parcel as one, their areas added up; a missing one spoils the sum."""
    same = [name for name in columns if name not in ("so_thu_tu", "dien_tich", VERSION)]
    groups = rows.groupby(same, sort=False, dropna=False)
    sums = groups.agg(so_thu_tu=("so_thu_tu", "min"), dien_tich=("dien_tich", lambda areas: areas.sum(skipna=False)))
    return sums.reset_index().reindex(columns=columns)


def _numbered(rows: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """Return new rows counted on from the highest number that their parcel has."""
    highest = kept.groupby("thua_key")["so_thu_tu"].max().reindex(rows["thua_key"]).fillna(0).to_numpy()
    return rows.assign(so_thu_tu=highest + rows.groupby("thua_key", sort=False).cumcount() + 1)


def _fitted(case: Case, rows: pd.DataFrame, divided: set[str]) -> pd.DataFrame:
    """Return rows whose areas, where they miss that of a divided parcel by a rounding only, sum up to it."""
    areas_m2 = case.parcels.drop_duplicates("thua_key").set_index("thua_key")["dien_tich"]
    wanted = pd.Series(areas_m2.reindex(rows["thua_key"]).to_numpy(), index=rows.index)
    sums = rows.groupby("thua_key")["dien_tich"].transform(lambda areas: areas.sum(skipna=False))
    near = rows["thua_key"].isin(divided) & ((sums - wanted).abs() <= AREA_TOLERANCE_M2) & (sums > 0)
    exact = rows["dien_tich"] * wanted / sums
    rounded = exact.round(1)
    # The largest row takes what rounding leaves.
    largest = ~exact.sort_values(ascending=False).index.to_series().groupby(rows["thua_key"]).cumcount().astype(bool)
    rest = wanted - rounded.groupby(rows["thua_key"]).transform("sum")
    rounded = (rounded + rest.where(largest.reindex(rows.index), 0.0)).round(4)
    return rows.assign(dien_tich=rows["dien_tich"].where(~near, rounded))


def _copies(case: Case, flows: pd.DataFrame, layer: str) -> None:
    """Give each heir the rows of a layer, under ids of their own."""
    rows, handed = _split(case, flows, layer)
    if handed.empty:
        return
    handed = handed[~handed["stays"]]
    name, prefix, parts = _IDS[layer]
    handed = handed.assign(former=handed[name], thua_key=handed["new"])
    ids = identify(prefix, case.request.scope, *(handed[part] for part in parts))
    fresh = handed.assign(**{name: ids})[rows.columns].assign(version_id=None).drop_duplicates(name)
    kept = _without_ended(rows, flows)
    # What an heir has already, by the package or from another parcel, it is not given twice.
    case.book.write(layer, stacked(kept, fresh[~fresh[name].isin(kept[name])]))


def _items(case: Case, flows: pd.DataFrame) -> None:
    """Mortgage every heir in place of the parcel it comes from, each by its share."""
    rows, handed = _split(case, flows, ITEM)
    if handed.empty:
        return
    smaller = handed[handed["stays"]].assign(part=lambda frame: frame["dien_tich_the_chap"] * frame["share"])
    kept = _without_ended(rows, flows)
    areas = kept[VERSION].map(smaller.set_index(VERSION)["part"]).astype("float64")
    kept = kept.assign(dien_tich_the_chap=areas.fillna(kept["dien_tich_the_chap"]))
    of_package = set(added(rows)["giao_dich_bao_dam_id"] + "/" + added(rows)["thua_key"])
    moved = handed[~handed["stays"] & ~(handed["giao_dich_bao_dam_id"] + "/" + handed["new"]).isin(of_package)]
    moved = moved.assign(thua_key=moved["new"], dien_tich_the_chap=moved["dien_tich_the_chap"] * moved["share"])
    mortgage = "giao_dich_bao_dam_id"
    case.book.read(ITEM, mortgage, moved[mortgage])
    # The first heir takes the number of the item; others go on from the highest of the mortgage, of whatever parcel.
    is_heir = moved["ends"] & ~moved.duplicated([mortgage, "so_thu_tu"])
    highest = moved[mortgage].map(case.book.after(ITEM).groupby(mortgage)["so_thu_tu"].max()).astype("Int64")
    turn = (~is_heir).astype("int64").groupby(moved[mortgage]).cumsum()
    fresh = moved.assign(so_thu_tu=moved["so_thu_tu"].where(is_heir, highest + turn), version_id=None)
    others = case.book.after(ITEM)
    others = others[~others[VERSION].isin(rows[VERSION])]
    case.book.write(ITEM, stacked(kept, others[others[VERSION].notna()], fresh[rows.columns]))


def _assets(case: Case, flows: pd.DataFrame) -> list[Reason]:
    """Let assets follow where one heir is possible; which of several only the package knows."""
    rows, said = case.book.after(ASSET), case.named(ASSET, "thua_key")
    if rows.empty:
        return []
    count = rows["thua_key"].map(flows["old"].value_counts()).fillna(0)
    unsaid = ~rows["tai_san_id"].isin(said) & rows[VERSION].notna()
    unclear = unsaid & (count > 1)
    single = flows[flows["ends"]].drop_duplicates("old", keep=False).set_index("old")["new"]
    follows = unsaid & rows["thua_key"].isin(single.index)
    case.book.write(ASSET, rows.assign(thua_key=rows["thua_key"].mask(follows, rows["thua_key"].map(single))))
    return [because("asset.where", rows.loc[unclear, "tai_san_id"])] if unclear.any() else []
