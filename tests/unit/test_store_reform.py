"""Old communes become new ones in both stores: what moves, what waits, what comes back, and what is refused."""

from pathlib import Path

import pandas as pd
import pytest

from pipelines import store as land
from pipelines import vault
from pipelines.errors import Refusal
from pipelines.load import run
from pipelines.reform import Receipt, apply, undo
from pipelines.store.versions import row_hashes, typed
from tests.unit.deliveries import ZONE, delivery, parcels, squares
from tests.unit.reformed import (
    LEFT,
    NEW,
    ONE,
    OTHER,
    RIGHT,
    SHEETS,
    SPLIT,
    SPLIT_SHEETS,
    commune,
    content,
    reform,
    split_commune,
)

TODAY = "E2025B"


@pytest.fixture
def merged(url: str, safe: vault.Vault) -> str:
    """Return a store of two communes with the same sheet and parcel numbers, each with a number that is there twice."""
    with land.open_store(url, srid=ZONE) as store:
        run(commune(ONE, 3), store, safe)
        run(commune(OTHER, 4, shift_m=500), store, safe)
    return url


@pytest.fixture
def split(url: str, safe: vault.Vault) -> str:
    with land.open_store(url, srid=ZONE) as store:
        run(split_commune(), store, safe)
    return url


def done(store: land.Store, home: Path, code: str = NEW, table: pd.DataFrame = SHEETS, **more: object) -> Receipt:
    return apply(store, code, reform(home), table, who="test", **more)


def rows(store: land.Store, layer: str) -> pd.DataFrame:
    table = land.land_tables(ZONE).get(layer) or land.land_tables(ZONE).get(f"{layer}_{ZONE}")
    table = table or land.holder_tables()[layer]
    names = ", ".join(f'"{name}"' for name, _ in table.entity if name not in ("geom", "so_giay_to_ma_hoa"))
    releases = "SELECT release_id, ma_xa AS xa, ky_dia_gioi AS ky FROM ban_phat_hanh"
    return store.frame(
        f"SELECT {names}, xa, ky FROM {table.qualified} JOIN ({releases}) AS r ON release_id = release_from "
        "WHERE tx_to IS NULL ORDER BY version_id"
    )


def test_two_communes_with_the_same_numbers_become_one(merged: str, home: Path) -> None:
    with land.open_store(merged, srid=ZONE) as store:
        before = land.current(store, "thua_dat", ZONE).set_index("thua_dat_id")
        receipt = done(store, home)
        assert (receipt.moved, receipt.parcels, receipt.waiting, receipt.left_rows) == (7, 7, [], {})
        found = land.current(store, "thua_dat", ZONE)
        assert found["thua_dat_id"].tolist() == [
            f"{NEW}.{TODAY}.1.{sheet}.{number}"
            for sheet, numbers in (("1", ("1", "2", "2~2")), ("2", ("1", "2", "2~2", "3")))
            for number in numbers
        ]
        assert set(found["ma_xa"]) == {NEW} and set(found["ky_dia_gioi"]) == {TODAY}
        assert set(found["so_hieu_to_ban_do_cu"]) == {"1"}
        assert (found["so_thu_tu_thua_cu"] == found["so_thu_tu_thua"]).all()
        assert set(found["valid_from"]) == {"2025-07-01"}
        # The shape, and the identifier with it, is that of the parcel under its old key.
        old = found["thua_dat_id"].map(lambda key: land.keys_of(store, key)[0])
        assert found.geometry.geom_equals(before.geometry.loc[old].reset_index(drop=True)).all()
        assert found["ma_dinh_danh_thua"].tolist() == before["ma_dinh_danh_thua"].loc[old].tolist()
        known = store.frame("SELECT thua_dat_id, ma_dinh_danh_thua FROM dinh_danh WHERE release_to IS NULL")
        assert set(known["thua_dat_id"]) == set(found["thua_dat_id"][found["ma_dinh_danh_thua"].notna()])


def test_the_register_goes_with_the_parcels(merged: str, home: Path) -> None:
    with land.open_store(merged, srid=ZONE) as store:
        layers = [layer for layer, table in land.holder_tables().items() if table.is_versioned]
        before = {layer: len(rows(store, layer)) for layer in layers}
        done(store, home)
        kept = set(land.current(store, "thua_dat", ZONE)["thua_key"])
        for layer in ("muc_dich_su_dung", "tai_san", "quyen_su_dung_dat", "tai_san_bao_dam"):
            found = rows(store, layer)
            assert set(found["thua_key"]) <= kept and len(found)
            assert set(zip(found["xa"], found["ky"], strict=True)) == {(NEW, TODAY)}
        after = {layer: len(rows(store, layer)) for layer in before}
        assert after == before
        assert all(set(rows(store, layer)["xa"]) == {NEW} for layer, count in after.items() if count)
        sheets = rows(store, "to_ban_do")
        assert sheets[["ma_xa", "so_hieu_to_ban_do", "so_thua"]].to_numpy().tolist() == [[NEW, "1", 3], [NEW, "2", 4]]
        assert rows(store, "tai_lieu_do_dac")["so_hieu_to_ban_do"].tolist() == ["1", "2"]
        transaction = rows(store, "giao_dich")
        assert transaction["loai_bien_dong"].tolist() == ["DH"] and transaction["dien_tich_sau"].tolist() == [2800.0]
        findings = rows(store, "canh_bao")
        assert set(findings["thua_dat_id"]) | set(findings["other_id"]) <= set(
            land.current(store, "thua_dat", ZONE)["thua_dat_id"]
        )


def test_every_row_keeps_the_hash_of_its_content(merged: str, home: Path) -> None:
    with land.open_store(merged, srid=ZONE) as store:
        done(store, home)
        for layer in ("thua_dat", "canh_bao", "xa", "muc_dich_su_dung", "tai_san"):
            table = land.layer_table(layer, ZONE)
            found = land.current(store, layer, ZONE)
            shapes = found.geometry.to_numpy() if table.has_geometry else None
            assert row_hashes(typed(found, table), shapes).tolist() == found["row_hash"].tolist(), layer
        for layer, table in land.holder_tables().items():
            if table.is_versioned and not layer.startswith("giay_to"):
                found = store.frame(f"SELECT * FROM {table.qualified} WHERE tx_to IS NULL ORDER BY version_id")
                assert row_hashes(typed(found, table), None).tolist() == found["row_hash"].tolist(), layer


def test_twice_changes_nothing_and_undo_brings_all_back(merged: str, home: Path) -> None:
    with land.open_store(merged, srid=ZONE) as store:
        before = content(store)
        first = done(store, home)
        after = content(store)
        assert done(store, home).release_id is None
        assert content(store) == after and len(land.listing(store)) == 5
        taken = undo(store, (NEW, TODAY), who="test")
        assert taken.undoes == first.release_id
        assert taken.sources == {f"{ONE}.E2025A": 3, f"{OTHER}.E2025A": 4} and taken.parcels == 0
        assert content(store) == before
        with pytest.raises(Refusal, match="nothing to undo"):
            undo(store, (NEW, TODAY), who="test")
        assert done(store, home).moved == 7
        assert content(store) == after
        undo(store, (NEW, TODAY), who="test")
        assert content(store) == before


def test_undo_after_a_load_is_refused_and_so_is_a_load_of_an_old_package(
    merged: str, home: Path, safe: vault.Vault
) -> None:
    with land.open_store(merged, srid=ZONE) as store:
        done(store, home)
        with pytest.raises(Refusal, match=f"{ONE}.E2025A has become {NEW}.{TODAY}"):
            run(commune(ONE, 5), store, safe)
        with pytest.raises(Refusal, match="has become"):
            land.rollback(store, ONE, 1)
        held = land.current(store, "thua_dat", ZONE)
        fresh = delivery(parcels=held.assign(feature_id="a#" + held["version_id"].astype(str), source="a"), ma_xa=NEW,
                         ky_dia_gioi=TODAY, date="2025-09-01", sha256="c" * 64, tables={}, holders={})  # fmt: skip
        after = content(store)
        run(fresh, store, safe)
        with pytest.raises(Refusal, match=r"changed after the reform \(release 6, load\)"):
            undo(store, (NEW, TODAY), who="test")
        assert done(store, home).release_id is None
        assert land.rollback(store, NEW, 3).kind == "rollback"
        assert content(store)["thua_dat_5897"] == after["thua_dat_5897"]
        assert content(store)["dinh_danh"] == after["dinh_danh"]


def test_a_new_commune_with_a_package_of_its_own_is_not_merged_into(merged: str, home: Path, safe: vault.Vault) -> None:
    with land.open_store(merged, srid=ZONE) as store:
        own = parcels(squares(2, shift_m=900), ma_xa=NEW).assign(ky_dia_gioi=TODAY)
        own["thua_key"] = own["thua_key"].str.replace("E2025A", TODAY)
        run(delivery(parcels=own, ma_xa=NEW, ky_dia_gioi=TODAY), store, safe)
        before = content(store)
        with pytest.raises(Refusal, match="loaded by a package of its own"):
            done(store, home)
        assert content(store) == before


def test_a_release_before_the_reform_cannot_be_returned_to(merged: str, home: Path) -> None:
    with land.open_store(merged, srid=ZONE) as store:
        done(store, home, table=SHEETS.iloc[:1])
        second = done(store, home)
        assert second.moved == 4
        with pytest.raises(Refusal, match="lies before the reform"):
            land.rollback(store, NEW, 3)


def test_sheets_without_an_answer_wait(merged: str, home: Path) -> None:
    with land.open_store(merged, srid=ZONE) as store:
        twice = pd.concat([SHEETS, SHEETS.iloc[1:].assign(so_hieu_to_ban_do="9")])
        before = content(store)
        receipt = done(store, home, table=twice)
        assert (receipt.moved, len(receipt.waiting)) == (3, 4)
        assert {row["ly_do"] for row in receipt.waiting} == {"to"}
        assert [source["waiting"] for source in receipt.sources] == [0, 4]
        left = rows(store, "quyen_su_dung_dat")
        assert left["xa"].value_counts().to_dict() == {NEW: 2, OTHER: 3}
        assert done(store, home).moved == 4
        undo(store, (NEW, TODAY), who="test")
        undo(store, (NEW, TODAY), who="test")
        assert content(store) == before


def test_two_sheets_that_become_one_are_refused_where_numbers_meet(merged: str, home: Path) -> None:
    with land.open_store(merged, srid=ZONE) as store:
        before = content(store)
        with pytest.raises(Refusal, match="makes 4 parcel numbers one"):
            done(store, home, table=SHEETS.assign(so_hieu_to_ban_do="5"))
        done(store, home, table=SHEETS.iloc[:1])
        with pytest.raises(Refusal, match="makes 2 parcel numbers one"):
            done(store, home, table=SHEETS.assign(so_hieu_to_ban_do="1"))
        undo(store, (NEW, TODAY), who="test")
        assert content(store) == before


def test_a_split_commune_goes_to_both_sides_and_what_nobody_knows_waits(split: str, home: Path) -> None:
    with land.open_store(split, srid=ZONE) as store:
        before = content(store)
        left = done(store, home, LEFT, SPLIT_SHEETS)
        assert (left.moved, [row["thua_dat_id"] for row in left.waiting]) == (2, [f"{SPLIT}.E2025A.1.1.3"])
        assert left.sources[0] == {"ma_xa": SPLIT, "ky_dia_gioi": "E2025A", "before": 5, "moved": 2,
                                   "by": {"vi_tri": 2}, "waiting": 1, "elsewhere": 2}  # fmt: skip
        people = rows(store, "ca_nhan")
        # An and Bình have land on both sides, Chi on the line and right of it.
        assert sorted(zip(people["xa"], people["ho_ten"], strict=True)) == [
            (LEFT, "An"), (LEFT, "Bình"), (SPLIT, "An"), (SPLIT, "Bình"), (SPLIT, "Chi")
        ]  # fmt: skip
        assert sorted(rows(store, "giay_to_tuy_than")["xa"]) == [LEFT] * 2 + [SPLIT] * 3
        assert rows(store, "ngan_chan")["xa"].tolist() == [LEFT]
        assert rows(store, "giao_dich_bao_dam")["xa"].tolist() == [LEFT]
        right = done(store, home, RIGHT, SPLIT_SHEETS)
        assert (right.moved, right.sources[0]["before"]) == (2, 3)
        held = land.current(store, "thua_dat", ZONE)
        assert sorted(held["thua_key"]) == sorted(
            [f"{LEFT}.{TODAY}.1.7.1", f"{LEFT}.{TODAY}.1.7.2", f"{SPLIT}.E2025A.1.1.3", f"{RIGHT}.{TODAY}.1.8.4",
             f"{RIGHT}.{TODAY}.1.8.5"]
        )  # fmt: skip
        sheets = rows(store, "to_ban_do").set_index("xa")["so_thua"].to_dict()
        assert sheets == {LEFT: 2, SPLIT: 1, RIGHT: 2}
        outlines = land.current(store, "xa", ZONE).set_index("ma_xa").geometry
        assert outlines[[LEFT, RIGHT]].isna().all() and outlines[SPLIT] is not None
        with pytest.raises(Refusal, match=f"Commune {SPLIT}.E2025A was changed after the reform"):
            undo(store, (LEFT, TODAY), who="test")
        undo(store, (RIGHT, TODAY), who="test")
        undo(store, (LEFT, TODAY), who="test")
        assert content(store) == before


def test_an_officer_decides_about_the_parcel_on_the_line(split: str, home: Path) -> None:
    key = f"{SPLIT}.E2025A.1.1.3"
    with land.open_store(split, srid=ZONE) as store:
        for code in (LEFT, RIGHT):
            done(store, home, code, SPLIT_SHEETS)
        with pytest.raises(Refusal, match="became 15271, 15286 only"):
            done(store, home, RIGHT, SPLIT_SHEETS, decided=pd.Series({key: NEW}, dtype="string"))
        receipt = done(store, home, RIGHT, SPLIT_SHEETS, decided=pd.Series({key: RIGHT}, dtype="string"))
        assert (receipt.moved, receipt.parcels, receipt.sources[0]["by"]) == (1, 3, {"can_bo": 1})
        assert not land.count_current(store, land.layer_table("thua_dat", ZONE), (SPLIT, "E2025A"))
        people = rows(store, "ca_nhan")
        assert sorted(people.loc[people["xa"] == RIGHT, "ho_ten"]) == ["An", "Bình", "Chi"]
        assert SPLIT not in set(people["xa"])
        assert sorted(rows(store, "tai_lieu_do_dac")["xa"]) == [LEFT, RIGHT]
        assert receipt.left_rows == {}


def test_parcels_of_one_number_do_not_part(split: str, home: Path, safe: vault.Vault) -> None:
    wanted = split_commune()
    wanted.parcels.loc[4, ["thua_key", "so_thu_tu_thua"]] = wanted.parcels.loc[0, ["thua_key", "so_thu_tu_thua"]]
    with land.open_store(split, srid=ZONE) as store:
        run(delivery(**{name: getattr(wanted, name) for name in ("parcels", "tables", "holders")}, ma_xa=SPLIT,
                     sha256="d" * 64), store, safe)  # fmt: skip
        receipt = done(store, home, LEFT, SPLIT_SHEETS)
        assert receipt.moved == 1
        assert sorted((row["thua_dat_id"][-3:], row["ly_do"]) for row in receipt.waiting) == [
            ("1.1", "trung_so"), ("1.3", "xa")
        ]  # fmt: skip


def test_rows_without_a_parcel_go_by_their_number_or_stay_and_are_told(
    merged: str, home: Path, safe: vault.Vault
) -> None:
    with land.open_store(merged, srid=ZONE) as store:
        wanted = commune(ONE, 3)
        stray = wanted.tables["muc_dich_su_dung"].iloc[:2].copy()
        stray["thua_key"] = [f"{ONE}.E2025A.1.1.99", f"{ONE}.E2025A.1.77.1"]
        tables = wanted.tables | {"muc_dich_su_dung": pd.concat([wanted.tables["muc_dich_su_dung"], stray])}
        run(delivery(parcels=wanted.parcels, tables=tables, holders=wanted.holders, sha256="e" * 64), store, safe)
        receipt = done(store, home)
        assert receipt.left_rows == {"muc_dich_su_dung": 1}
        found = rows(store, "muc_dich_su_dung").set_index("thua_key")["xa"]
        assert found[f"{NEW}.{TODAY}.1.1.99"] == NEW
        assert found[f"{ONE}.E2025A.1.77.1"] == ONE
