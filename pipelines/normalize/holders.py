"""Who holds what: people, couples, households, organisations, communities, groups, papers and rights.

Personal data: these tables leave the pipeline only for the store of holders.
"""

from dataclasses import dataclass

import pandas as pd

from pipelines import codes, identifiers, names
from pipelines.ids import identify
from pipelines.normalize.place import Place

INDIVIDUAL, COUPLE, HOUSEHOLD = "ca_nhan", "vo_chong", "ho_gia_dinh"
ORGANISATION, COMMUNITY, GROUP = "to_chuc", "cong_dong", "nhom_nguoi"

_UNIT = ["thua_key", "giay_chung_nhan_id"]
_ROLES = ("chu_ho", "vo", "chong", "nguoi_dai_dien")
_UNIT_COLUMNS = ["thua_key", "paper", "dia_chi_chu", "members", "first", *_ROLES, "id"]


@dataclass(frozen=True)
class Holders:
    """The tables of holders; names are those of the schema layers."""

    giay_chung_nhan: pd.DataFrame
    ca_nhan: pd.DataFrame
    vo_chong: pd.DataFrame
    ho_gia_dinh: pd.DataFrame
    to_chuc: pd.DataFrame
    cong_dong: pd.DataFrame
    nhom_nguoi: pd.DataFrame
    giay_to_tuy_than: pd.DataFrame
    quyen_su_dung_dat: pd.DataFrame
    of_rows: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by its name; `of_rows`, which says by `row_id` who a row is about, is none of them."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "of_rows"}


def build(rows: pd.DataFrame, place: Place, right: pd.Series | None = None) -> Holders:
    """Return the tables of holders from accepted register rows.

    Ids are hashes of what a row says besides identity numbers (a number could be found out by trying), so they stay
    the same when rows are added elsewhere.

    Args:
        rows: The rows, and behind them those of holders and papers without a right to land.
        place: The commune.
        right: What each row is: `use` of land, or something else, which makes no `quyen_su_dung_dat`; None = all are.
    """
    used = pd.Series(True, index=rows.index) if right is None else right == "use"
    rows = _with_certificate(rows.assign(used=used).reset_index(drop=True), place)
    rows = _with_person(rows, place)
    rows = _with_organisation(rows, place)
    everyone, rows = rows, rows.loc[~_echoes(rows)].copy()
    rows["kind"] = _kinds(rows)
    members = rows.loc[rows["ca_nhan_id"].notna() & ~rows["kind"].isin([ORGANISATION, COMMUNITY])]
    couples, households, groups = (_units(members, kind, place) for kind in (COUPLE, HOUSEHOLD, GROUP))
    rows["chu_id"] = _holder_ids(rows, {COUPLE: couples, HOUSEHOLD: households, GROUP: groups})
    return Holders(
        giay_chung_nhan=_certificates(rows),
        ca_nhan=_people(everyone),
        vo_chong=_couples(couples),
        ho_gia_dinh=_households(households),
        to_chuc=_organisations(rows.loc[rows["kind"] == ORGANISATION]),
        cong_dong=_communities(rows.loc[rows["kind"] == COMMUNITY]),
        nhom_nguoi=_groups(groups),
        giay_to_tuy_than=_papers(everyone, place),
        quyen_su_dung_dat=_rights(rows.loc[rows["used"]], place),
        of_rows=_of_rows(everyone, rows),
    )


def _with_certificate(rows: pd.DataFrame, place: Place) -> pd.DataFrame:
    paper = rows["so_phat_hanh"].fillna(rows["so_vao_so"])
    rows["giay_chung_nhan_id"] = identify("gcn-", place.scope, paper).where(paper.notna())
    return rows


def _with_person(rows: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Return rows with `ca_nhan_id`: one person per number, or per name within a parcel where there is no number.

    A name without number in one file is the person of that name who has a number in another file on the same parcel.
    """
    name = names.key(rows["ho_ten"])
    good = rows["giay_to_state"].isin([identifiers.OK, identifiers.REPAIRED])
    number = rows["so_giay_to"].where(good)
    within = [rows["thua_key"], name]
    number = number.fillna(number.groupby(within, dropna=False).transform("first"))
    person = number.fillna(rows["thua_key"] + "|" + name).where(name.notna())
    first = rows.groupby(person, sort=False, dropna=False)[["thua_key", "ho_ten", "nam_sinh"]].transform("first")
    ids = identify("cn-", place.scope, names.key(first["ho_ten"]), first["nam_sinh"], first["thua_key"])
    # Two people of one name on one parcel differ by their number alone.
    pairs = pd.DataFrame({"id": ids, "person": person}).dropna().drop_duplicates()
    nth = pairs.groupby("id").cumcount()
    nth.index = pd.Index(pairs["person"])
    suffix = person.map(nth).astype("Int64").astype("string")
    rows["ca_nhan_id"] = ids.where(suffix == "0", ids + "-" + suffix).where(name.notna())
    return rows


def _with_organisation(rows: pd.DataFrame, place: Place) -> pd.DataFrame:
    name = names.key(rows["ten_to_chuc"])
    rows["to_chuc_id"] = identify("tc-", place.scope, name).where(name.notna())
    return rows


def _echoes(rows: pd.DataFrame) -> pd.Series:
    """Return rows without certificate that repeat a holder whom another row has with one, on the same parcel.

    So it is where a commune's own register stands beside the campaign form.
    """
    holder = rows["thua_key"] + "|" + rows["ca_nhan_id"].fillna(rows["to_chuc_id"])
    papered = set(holder[rows["giay_chung_nhan_id"].notna()].dropna())
    return rows["giay_chung_nhan_id"].isna() & holder.isin(papered)


def _kinds(rows: pd.DataFrame) -> pd.Series:
    """Return the kind of holder per row: as recorded where the people on the certificate bear it out, else by them."""
    kind = rows["phap_nhan"].astype("string")
    community = codes.is_community(rows["ten_to_chuc"]) & (kind != ORGANISATION).fillna(True)
    kind = kind.mask(rows["to_chuc_id"].notna(), ORGANISATION).mask(community, COMMUNITY)
    unit = [rows["thua_key"], rows["giay_chung_nhan_id"].fillna("")]
    people = rows["ca_nhan_id"].groupby(unit).transform("nunique")
    spouses = rows["vai_tro"].isin(["vo", "chong"]).groupby(unit).transform("sum")
    kind = kind.fillna(kind.groupby(unit).transform("first"))
    derived = pd.Series(INDIVIDUAL, index=rows.index, dtype="string")
    derived = derived.mask(people > 1, GROUP).mask((people == 2) & (spouses >= 2), COUPLE)
    kind = kind.fillna(derived)
    no_people = rows["ca_nhan_id"].isna() & rows["to_chuc_id"].isna()
    # A couple of whom only one is named is held by that one until the other is known.
    return kind.mask((kind == COUPLE) & (people < 2), INDIVIDUAL).mask(no_people)


def _units(members: pd.DataFrame, kind: str, place: Place) -> pd.DataFrame:
    """Return one row per couple, household or group: its id, members in order, head, wife, husband, address."""
    of_kind = members.loc[members["kind"] == kind].drop_duplicates([*_UNIT, "ca_nhan_id"])
    if of_kind.empty:
        return pd.DataFrame(columns=_UNIT_COLUMNS, dtype="string")
    of_kind = of_kind.assign(paper=of_kind["giay_chung_nhan_id"].fillna(""))
    keys = ["thua_key", "paper"]
    joined = of_kind.groupby(keys, sort=False)["ca_nhan_id"].agg(";".join)
    units = of_kind.groupby(keys, sort=False)[["dia_chi_chu"]].first()
    units["members"], units["first"] = joined, of_kind.groupby(keys, sort=False)["ca_nhan_id"].first()
    for role in _ROLES:
        in_role = of_kind.loc[of_kind["vai_tro"] == role].groupby(keys, sort=False)["ca_nhan_id"].first()
        units[role] = in_role.reindex(units.index).astype("string")
    units = units.reset_index()
    # The same people on several parcels are one couple, household or group.
    units["id"] = identify(
        {COUPLE: "vc-", HOUSEHOLD: "ho-", GROUP: "nn-"}[kind], place.scope, units["members"].astype("string")
    )
    return units


def _couples(units: pd.DataFrame) -> pd.DataFrame:
    people = units["members"].astype("string").str.split(";", expand=True).reindex(columns=[0, 1]).astype("string")
    husband = units["chong"].fillna(people[0].where(people[0] != units["vo"], people[1]))
    wife = units["vo"].fillna(people[1].where(people[1] != husband, people[0]))
    frame = pd.DataFrame({"vo_chong_id": units["id"], "vo_id": wife, "chong_id": husband}).astype("string")
    frame["in_vo_truoc"] = (units["first"] == wife).astype("boolean")
    return _unique(frame, "vo_chong_id")


def _households(units: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "ho_gia_dinh_id": units["id"],
            "chu_ho_id": units["chu_ho"].fillna(units["first"]),
            "vo_chong_chu_ho_id": units["vo"].fillna(units["chong"]),
            "thanh_vien_id": units["members"],
            "dia_chi": units["dia_chi_chu"],
        }
    )
    return _unique(frame.astype("string"), "ho_gia_dinh_id")


def _groups(units: pd.DataFrame) -> pd.DataFrame:
    head = units["nguoi_dai_dien"].fillna(units["first"])
    frame = pd.DataFrame({"nhom_nguoi_id": units["id"], "nguoi_dai_dien_id": head, "thanh_vien_id": units["members"]})
    return _unique(frame.astype("string"), "nhom_nguoi_id")


def _certificates(rows: pd.DataFrame) -> pd.DataFrame:
    known = rows.loc[rows["giay_chung_nhan_id"].notna()]
    columns = ["loai_giay_chung_nhan", "so_phat_hanh", "so_vao_so", "ngay_cap"]
    columns += ["so_hieu_to_ban_do_gcn", "so_thu_tu_thua_gcn", "ten_file"]
    return _first(known, "giay_chung_nhan_id", columns)


def _people(rows: pd.DataFrame) -> pd.DataFrame:
    known = rows.loc[rows["ca_nhan_id"].notna()].assign(dia_chi=rows["dia_chi_chu"])
    frame = _first(known, "ca_nhan_id", ["ho_ten", "ngay_sinh", "nam_sinh", "gioi_tinh", "dia_chi"])
    return frame.assign(nam_sinh=frame["nam_sinh"].astype("Int64"))


def _organisations(rows: pd.DataFrame) -> pd.DataFrame:
    columns = {"ma_to_chuc": "ma_so_thue", "ca_nhan_id": "nguoi_dai_dien_id", "dia_chi_chu": "dia_chi"}
    named = rows.drop(columns=["dia_chi"]).rename(columns=columns)
    named["ma_so_thue"] = named["ma_so_thue"].where(named["to_chuc_state"].isin([identifiers.OK, identifiers.REPAIRED]))
    return _first(named, "to_chuc_id", ["ten_to_chuc", "ma_so_thue", "nguoi_dai_dien_id", "dia_chi"])


def _communities(rows: pd.DataFrame) -> pd.DataFrame:
    columns = {"to_chuc_id": "cong_dong_id", "ten_to_chuc": "ten_cong_dong", "ca_nhan_id": "nguoi_dai_dien_id"}
    named = rows.rename(columns=columns | {"dia_chi_chu": "dia_danh_cu_tru"})
    return _first(named, "cong_dong_id", ["ten_cong_dong", "nguoi_dai_dien_id", "dia_danh_cu_tru"])


def _papers(rows: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Return the identity documents of people; numbers that break the rules are kept, their kind is null."""
    known = rows.loc[rows["ca_nhan_id"].notna() & rows["so_giay_to"].notna()]
    known = known.drop_duplicates(["ca_nhan_id", "so_giay_to"])
    nth = known.groupby("ca_nhan_id").cumcount()
    frame = known[["ca_nhan_id", "loai_giay_to", "so_giay_to"]].astype("string")
    frame.insert(0, "giay_to_id", identify("gt-", place.scope, known["ca_nhan_id"], nth))
    return frame.sort_values("giay_to_id", ignore_index=True)


def _holder_ids(rows: pd.DataFrame, units: dict[str, pd.DataFrame]) -> pd.Series:
    """Return the holder of every row, who may be several people together."""
    rows = rows.assign(paper=rows["giay_chung_nhan_id"].fillna(""))
    holder = rows["ca_nhan_id"].mask(rows["kind"].isin([ORGANISATION, COMMUNITY]), rows["to_chuc_id"])
    for kind, table in units.items():
        there = rows.loc[rows["kind"] == kind, ["thua_key", "paper"]]
        ids = there.merge(table[["thua_key", "paper", "id"]], on=["thua_key", "paper"], how="left")["id"]
        ids.index = there.index
        holder = holder.mask(rows["kind"] == kind, ids.reindex(rows.index))
    return holder.astype("string")


def _of_rows(everyone: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return by `row_id` the holder, the person and the certificate; a row that echoes another is about its person."""
    frame = everyone[["row_id", "ca_nhan_id", "giay_chung_nhan_id"]].merge(
        rows[["row_id", "kind", "chu_id"]], on="row_id", how="left"
    )
    alone = frame["chu_id"].isna() & frame["ca_nhan_id"].notna()
    kind = frame.pop("kind").mask(alone, INDIVIDUAL)
    return frame.assign(loai_doi_tuong=kind, chu_id=frame["chu_id"].fillna(frame["ca_nhan_id"])).astype("string")


def _rights(rows: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Return one right per parcel, certificate and holder."""
    frame = pd.DataFrame(
        {
            "thua_key": rows["thua_key"],
            "loai_doi_tuong": rows["kind"],
            "chu_id": rows["chu_id"],
            "giay_chung_nhan_id": rows["giay_chung_nhan_id"],
            "hinh_thuc_su_dung": rows["hinh_thuc_1"],
            "vai_tro": rows["vai_tro"].where(~rows["kind"].isin([COUPLE, HOUSEHOLD, GROUP])),
        }
    ).astype("string")
    frame = frame.loc[frame["chu_id"].notna()].drop_duplicates(["thua_key", "chu_id", "giay_chung_nhan_id"])
    frame["so_thu_tu"] = frame.groupby("thua_key").cumcount() + 1
    frame.insert(
        0, "quyen_id", identify("q-", place.scope, frame["thua_key"], frame["chu_id"], frame["giay_chung_nhan_id"])
    )
    return frame.sort_values("quyen_id", ignore_index=True)


def _first(rows: pd.DataFrame, key: str, columns: list[str]) -> pd.DataFrame:
    """Return one row per key with the first value that is known, ordered by key."""
    frame = rows.groupby(key, sort=True)[columns].first().reset_index()
    return frame.astype(dict.fromkeys([key, *columns], "string"))


def _unique(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    return frame.drop_duplicates(key).sort_values(key, ignore_index=True)
