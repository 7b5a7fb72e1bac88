"""All records and all land of the person behind a record, over all communes, as far as that still holds.

Every question is asked by index. What came in after the newest run is never told as linked: a record that was entered
again may be somebody else's, whatever its key.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from pipelines import store as land
from pipelines.errors import SettingsError
from pipelines.linkage import kept
from pipelines.linkage.records import keys, members
from pipelines.linkage.shown import shown
from pipelines.store.tables import HOLDERS

SAME, CHANGED, GONE, UNLINKED = "same", "changed", "gone", "unlinked"
"""What became of a record since the newest run: nothing, entered or documented anew, removed, unknown to that run."""

_LINK = ["record_key", "nguoi_id", "why", "bits"]
_PARCEL = ["thua_dat_id", "thua_key", "ma_xa", "ky_dia_gioi", "so_hieu_to_ban_do", "so_thu_tu_thua", "loai_dat",
           "dien_tich", "dien_tich_do", "dia_chi"]  # fmt: skip
_CERTIFICATE = ["so_phat_hanh", "so_vao_so", "ngay_cap"]
_KEY = r"^(?P<ma_xa>[^.]*)\.(?P<ky_dia_gioi>[^.]*)\.(?P<ca_nhan_id>.*)$"
_OF_KEY = r"^[^.]*\.[^.]*\.[^.]*\.(?P<so_hieu_to_ban_do>.*)\.(?P<so_thu_tu_thua>[^.]*)$"
_LISTS = {"ho_gia_dinh": ("chu_ho_id", "vo_chong_chu_ho_id"), "nhom_nguoi": ("nguoi_dai_dien_id",)}
"""Holders of many members, who stand in one text, beside those who have a column of their own."""


@dataclass(frozen=True)
class Person:
    """Who stands behind a record.

    Attributes:
        nguoi_id: Key of the person; None where no run has linked the record as it is now.
        run: The newest run; None where people were never linked.
        newer: Communes (code and era) with a release that the run does not know.
        decisions: How many decisions it does not know.
        records: `record_key`, `why`, `bits`, `ma_xa`, `ky_dia_gioi`, `state` (see `SAME`), and as texts `ho_ten`,
            `born`, `sex`, `masked` (identity numbers), `dia_chi`; one row per record.
        parcels: `record_key`, what the parcel is (areas in m²; `thua_dat_id` is null where the map has none), the right
            (`loai_doi_tuong`, `hinh_thuc_su_dung`, `vai_tro`) and its certificate; only of records that are `SAME`, and
            of the record that was asked for.
    """

    nguoi_id: str | None
    run: kept.Run | None
    newer: list[str]
    decisions: int
    records: pd.DataFrame
    parcels: pd.DataFrame

    @property
    def is_current(self) -> bool:
        """Whether nothing came in since the run that could change who this is."""
        return self.run is not None and not self.newer and not self.decisions


def person(store: land.Store, key: str) -> Person:
    """Return the person behind a record key (`15670.E2025A.cn-…`) or a person key (`ng-…`).

    Raises:
        SettingsError: There is no such record and no such person.
        StoreError: The holders may not be read, or the store is that of an older program.
    """
    with store.holders():
        run = kept.newest(store)
        known = run.known if run else kept.Known({}, 0)
        now = kept.known_now(store)
        links = _links(store, key)
        if links.empty:
            links = pd.DataFrame([[key, None, None, None]], columns=_LINK)
        links = links.join(links["record_key"].str.extract(_KEY))
        people, papers = (_versions(store, layer, links) for layer in ("ca_nhan", "giay_to_tuy_than"))
        links["state"] = _states(links, people, papers, known)
        asked = links[links["record_key"] == key]
        if len(asked) and asked["state"].iloc[0] != SAME:
            # What was linked is not the record that is there now.
            links = asked.assign(nguoi_id=None, why=None, bits=None)
        if (links["state"] == GONE).all() and links["nguoi_id"].isna().all() and people.empty:
            raise SettingsError(
                f"Không có hồ sơ hay người nào mang khóa {key}: dùng khóa như 15670.E2025A.cn-… hoặc ng-….",
                f"There is no record and no person {key}: use a key like 15670.E2025A.cn-… or ng-….",
            )
        told = links[(links["state"] == SAME) | ((links["record_key"] == key) & (links["state"] != GONE))]
        parcels = _parcels(store, _rights(store, told))
    texts = shown({"ca_nhan": _present(people), "giay_to_tuy_than": _present(papers)})
    homes = _present(people).assign(record_key=lambda rows: keys(rows, "ca_nhan_id"))[["record_key", "dia_chi"]]
    records = links.join(texts, on="record_key").merge(homes.drop_duplicates("record_key"), how="left")
    person_id = links["nguoi_id"].dropna()
    newer = sorted(scope for scope, number in now.releases.items() if known.releases.get(scope, 0) < number)
    return Person(
        nguoi_id=str(person_id.iloc[0]) if len(person_id) else None,
        run=run,
        newer=newer,
        decisions=now.decisions - known.decisions,
        records=records.drop(columns=["nguoi_id", "ca_nhan_id"]).sort_values("record_key", ignore_index=True),
        parcels=parcels.sort_values([*_PARCEL[2:6], "record_key"], ignore_index=True),
    )


def _links(store: land.Store, key: str) -> pd.DataFrame:
    table = f"{HOLDERS}.{kept.LINKS}"
    row = store.execute(f"SELECT nguoi_id FROM {table} WHERE record_key = :key", {"key": key}).fetchone()
    return store.frame(
        f"SELECT {', '.join(_LINK)} FROM {table} WHERE nguoi_id = :person ORDER BY record_key",
        {"person": row[0] if row else key},
    )


def _states(links: pd.DataFrame, people: pd.DataFrame, papers: pd.DataFrame, known: kept.Known) -> pd.Series:
    scope = links["ma_xa"] + "." + links["ky_dia_gioi"]
    then = scope.map(known.releases).fillna(0)
    versions = pd.concat([people, papers])
    versions = versions.assign(record_key=keys(versions, "ca_nhan_id"))
    touched = versions.groupby("record_key")[["release_from", "release_to"]].max().max(axis=1)
    state = pd.Series(SAME, links.index).mask(links["record_key"].map(touched).fillna(0) > then, CHANGED)
    state = state.mask(links["nguoi_id"].isna(), UNLINKED)
    return state.where(links["record_key"].isin(keys(_present(people), "ca_nhan_id")), GONE)


def _versions(store: land.Store, layer: str, links: pd.DataFrame) -> pd.DataFrame:
    """Return every version of a personal layer that is about one of the records."""
    rows = _rows(store, layer, store.among("ca_nhan_id", "ids"), {"ids": _list(store, links["ca_nhan_id"])}, past=True)
    return rows[keys(rows, "ca_nhan_id").isin(links["record_key"])]


def _present(versions: pd.DataFrame) -> pd.DataFrame:
    return versions[versions["tx_to"].isna()]


def _rights(store: land.Store, links: pd.DataFrame) -> pd.DataFrame:
    """Return the land use rights of records, alone or with others: `record_key` and the columns of the right."""
    ids = {"ids": _list(store, links["ca_nhan_id"])}
    either = f"{store.among('vo_id', 'ids')} OR {store.among('chong_id', 'ids')}"
    layers = {"ca_nhan": links, "vo_chong": _rows(store, "vo_chong", f"({either})", ids)}
    layers |= {layer: _holding(store, layer, heads, links) for layer, heads in _LISTS.items()}
    behind = members({layer: rows.astype("string") for layer, rows in layers.items()})
    behind = behind[behind["person"].isin(links["record_key"])]
    units = behind["unit"].str.extract(_KEY)["ca_nhan_id"]
    rights = _rows(store, "quyen_su_dung_dat", store.among("chu_id", "ids"), {"ids": _list(store, units)})
    rights = rights.assign(unit=keys(rights, "chu_id")).merge(
        behind.rename(columns={"person": "record_key"}), on="unit"
    )
    papers = {"ids": _list(store, rights["giay_chung_nhan_id"])}
    serials = _rows(store, "giay_chung_nhan", store.among("giay_chung_nhan_id", "ids"), papers)
    on = ["ma_xa", "ky_dia_gioi", "giay_chung_nhan_id"]
    return rights.merge(serials[[*on, *_CERTIFICATE]].drop_duplicates(on), on=on, how="left")


def _holding(store: land.Store, layer: str, heads: Sequence[str], links: pd.DataFrame) -> pd.DataFrame:
    """Return households or groups that one of the records may be in; only those of its communes are looked at."""
    ids = links["ca_nhan_id"].drop_duplicates().tolist()
    scopes = (links["ma_xa"] + "." + links["ky_dia_gioi"]).drop_duplicates()
    likes = {f"like_{turn}": f"%{_literal(text)}%" for turn, text in enumerate(ids)}
    found = [store.among(head, "ids") for head in heads]
    found += [f"thanh_vien_id LIKE :{name} ESCAPE '\\'" for name in likes]
    releases = f"SELECT release_id FROM ban_phat_hanh WHERE {store.among("ma_xa || '.' || ky_dia_gioi", 'scopes')}"
    condition = f"v.release_from IN ({releases}) AND ({' OR '.join(found)})"
    return _rows(store, layer, condition, {"ids": store.values(ids), "scopes": _list(store, scopes), **likes})


def _parcels(store: land.Store, rights: pd.DataFrame) -> pd.DataFrame:
    """Return rights with their parcels; sheet and number come from the key where the map has no such parcel."""
    values = {"keys": _list(store, rights["thua_key"]), "communes": _list(store, rights["ma_xa"])}
    condition = f"tx_to IS NULL AND {store.among('thua_key', 'keys')} AND {store.among('ma_xa', 'communes')}"
    found = [
        store.frame(
            f"SELECT {', '.join(_PARCEL)} FROM {land.layer_table('thua_dat', srid).qualified} WHERE {condition}", values
        )
        for srid in store.zones()
    ]
    on = ["thua_key", "ma_xa", "ky_dia_gioi"]
    drawn = pd.concat([rows for rows in found if len(rows)] or found[:1])
    right = ["record_key", *on, "loai_doi_tuong", "hinh_thuc_su_dung", "vai_tro", *_CERTIFICATE]
    joined = rights[right].drop_duplicates().merge(drawn, on=on, how="left")
    written = joined["thua_key"].astype("string").str.extract(_OF_KEY)
    for name in written:
        joined[name] = joined[name].astype("string").fillna(written[name])
    return joined


def _rows(
    store: land.Store, layer: str, condition: str, values: dict[str, object], *, past: bool = False
) -> pd.DataFrame:
    """Return versions of a personal layer with `ma_xa` and `ky_dia_gioi`; current ones only, unless `past`."""
    table = land.holder_tables()[layer]
    columns = [f'v."{name}"' for name in table.names if not name.endswith(("_ma_hoa", "_bam"))]
    held = "" if past else "v.tx_to IS NULL AND "
    return store.frame(
        f"SELECT {', '.join(columns)}, r.ma_xa, r.ky_dia_gioi FROM {table.qualified} v "
        f"JOIN ban_phat_hanh r ON r.release_id = v.release_from WHERE {held}{condition} ORDER BY v.version_id",
        values,
    )


def _list(store: land.Store, texts: Iterable[str]) -> object:
    return store.values(pd.Series(texts, dtype="string").dropna().drop_duplicates().tolist())


def _literal(text: str) -> str:
    """Return a text as LIKE takes it for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
