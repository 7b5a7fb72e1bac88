"""Load: releases, versions, identity, refusal, the account."""

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from pipelines import findings as findings_of
from pipelines import store as land
from pipelines import vault
from pipelines.errors import StoreError
from pipelines.load import run
from tests.stores import in_files
from tests.unit.deliveries import NAMES, NUMBERS, ZONE, count, delivery, parcels, squares

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(url: str) -> Iterator[land.Store]:
    with land.open_store(url, srid=ZONE) as opened:
        yield opened


def test_everything_is_stored_bit_for_bit(store: land.Store, safe: vault.Vault) -> None:
    wanted = delivery(50)
    receipt = run(wanted, store, safe)
    assert (receipt.added, receipt.parcels, receipt.is_new) == (50, 50, True)
    found = land.current(store, "thua_dat", ZONE, "15670")
    assert shapely.equals_identical(found.geometry.to_numpy(), wanted.parcels.geometry.to_numpy()).all()
    assert found["thua_dat_id"].tolist() == wanted.parcels["thua_key"].tolist()
    assert found["dien_tich_do"].tolist() == wanted.parcels["dien_tich_do"].tolist()


@in_files
def test_the_same_package_changes_nothing(home: Path, store: land.Store, safe: vault.Vault) -> None:
    first = run(delivery(), store, safe)
    before = (home / "land.gpkg").read_bytes(), (home / "holders.sqlite").read_bytes()
    again = run(delivery(), store, safe)
    assert (again.release_id, again.is_new, again.unchanged) == (first.release_id, False, 4)
    assert ((home / "land.gpkg").read_bytes(), (home / "holders.sqlite").read_bytes()) == before


def test_only_what_changed_gets_a_new_version(store: land.Store, safe: vault.Vault) -> None:
    run(delivery(6), store, safe)
    changed = parcels(squares(7)).drop(index=[5])
    changed.loc[2, "loai_dat"] = "CLN"
    changed.loc[3, "geometry"] = shapely.box(0, 0, 1, 1)
    receipt = run(delivery(parcels=changed, sha256="b" * 64, date="2025-07-01"), store, safe)
    assert (receipt.added, receipt.changed, receipt.removed, receipt.unchanged) == (1, 2, 1, 3)
    versions = land.history(store, "15670.E2025A.1.1.3")
    assert versions["loai_dat"].tolist() == ["LUC", "CLN"]
    assert versions["valid_from"].tolist() == ["2025-06-15", "2025-07-01"]
    assert versions["valid_to"].tolist()[0] == "2025-07-01"
    assert versions["tx_to"].tolist()[0] == versions["tx_from"].tolist()[1]
    assert len(land.history(store, "15670.E2025A.1.1.1")) == 1
    assert land.history(store, "15670.E2025A.1.1.6")["release_to"].tolist() == [receipt.release_id]


def test_one_commune_does_not_touch_another(store: land.Store, safe: vault.Vault) -> None:
    run(delivery(3), store, safe)
    run(delivery(5, ma_xa="15703", shift_m=500), store, safe)
    run(delivery(2, sha256="c" * 64), store, safe)
    assert len(land.current(store, "thua_dat", ZONE, "15703")) == 5
    assert len(land.current(store, "thua_dat", ZONE, "15670")) == 2


def test_both_times_are_answered(store: land.Store, safe: vault.Vault) -> None:
    run(delivery(4), store, safe)
    first_known = land.listing(store)[-1].finished_at
    run(delivery(3, sha256="b" * 64, date="2025-08-01"), store, safe)
    assert len(land.as_of(store, ZONE, valid="2025-06-01")) == 0
    assert len(land.as_of(store, ZONE, valid="2025-07-01")) == 4
    assert len(land.as_of(store, ZONE, valid="2025-09-01")) == 3
    assert len(land.as_of(store, ZONE, valid="2025-09-01", known=first_known)) == 4
    assert len(land.as_of(store, ZONE, valid="2025-09-01", known="2000-01-01")) == 0


def test_an_older_package_after_a_newer_one_is_refused(store: land.Store, safe: vault.Vault) -> None:
    run(delivery(4), store, safe)
    late = parcels(squares(4)).assign(loai_dat="CLN")
    with pytest.raises(StoreError, match=r"dated 2025-01-10, older than the database \(2025-06-15\)"):
        run(delivery(parcels=late, sha256="b" * 64, date="2025-01-10"), store, safe, "an")
    assert land.current(store, "thua_dat", ZONE)["loai_dat"].tolist() == ["LUC"] * 4
    assert len(land.listing(store)) == 1
    logged = store.execute("SELECT lenh, nguoi_thuc_hien, ma_xa, ket_qua, ly_do FROM nhat_ky").fetchall()
    assert [tuple(row) for row in logged] == [("load", "an", "15670", "tu_choi", "load.older")]


def test_rollback_is_a_release_that_restores(store: land.Store, safe: vault.Vault) -> None:
    first = run(delivery(4), store, safe)
    before = land.current(store, "thua_dat", ZONE).drop(columns=["version_id", "tx_from", "release_from"])
    papers = count(store, "holders.giay_to_tuy_than")
    changed = parcels(squares(5)).assign(loai_dat="CLN")
    second = run(delivery(parcels=changed, sha256="b" * 64, date="2025-07-01", holders={}), store, safe)
    back = land.rollback(store, "15670", first.release_id)
    assert (back.release_id, back.kind, back.counts["parcels"]) == (second.release_id + 1, "rollback", 4)
    after = land.current(store, "thua_dat", ZONE).drop(columns=["version_id", "tx_from", "release_from"])
    assert after.equals(before)
    assert count(store, "holders.giay_to_tuy_than") == papers
    assert len(land.history(store, "15670.E2025A.1.1.1")) == 3
    assert [release.kind for release in land.listing(store, "15670")] == ["load", "load", "rollback"]
    forward = land.rollback(store, "15670", second.release_id)
    assert forward.counts["parcels"] == 5
    assert land.current(store, "thua_dat", ZONE)["loai_dat"].unique().tolist() == ["CLN"]


def test_the_wrong_package_can_be_loaded_again_after_a_rollback(store: land.Store, safe: vault.Vault) -> None:
    first = run(delivery(4), store, safe)
    run(delivery(5, sha256="b" * 64), store, safe)
    land.rollback(store, "15670", first.release_id)
    assert run(delivery(4), store, safe).is_new is False
    assert run(delivery(5, sha256="b" * 64), store, safe).added == 1


def test_rollback_to_what_never_was_is_told(store: land.Store, safe: vault.Vault) -> None:
    run(delivery(), store, safe)
    with pytest.raises(StoreError, match="no release 99"):
        land.rollback(store, "15670", 99)


def test_doubled_keys_and_unusable_parcels(store: land.Store, safe: vault.Vault) -> None:
    rows = parcels(squares(6))
    rows.loc[[1, 2], "thua_key"] = rows.loc[0, "thua_key"]
    rows.loc[[1, 2], "so_thu_tu_thua"] = "1"
    rows.loc[3, "so_thu_tu_thua"] = None
    rows.loc[4, "geometry"] = shapely.Polygon()
    receipt = run(delivery(parcels=rows), store, safe)
    assert (receipt.parcels, receipt.quarantined) == (4, 2)
    ids = land.current(store, "thua_dat", ZONE)["thua_dat_id"].tolist()
    assert ids == ["15670.E2025A.1.1.1", "15670.E2025A.1.1.1~2", "15670.E2025A.1.1.1~3", "15670.E2025A.1.1.6"]


def test_feature_numbers_count_as_numbers(store: land.Store, safe: vault.Vault) -> None:
    rows = parcels(squares(12)).iloc[::-1].reset_index(drop=True)
    rows["thua_key"], rows["so_thu_tu_thua"] = "15670.E2025A.1.1.1", "1"
    run(delivery(parcels=rows), store, safe)
    found = land.current(store, "thua_dat", ZONE).set_index("thua_dat_id").geometry
    west = [found[f"15670.E2025A.1.1.1{ending}"].bounds[0] for ending in ("", "~2", "~9", "~10", "~12")]
    assert west == sorted(west)


def test_broken_shapes_are_kept_as_they_are_without_identifier(store: land.Store, safe: vault.Vault) -> None:
    bowtie = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    rows = parcels(np.array([*squares(2), bowtie], dtype=object))
    wanted = delivery(parcels=rows)
    grades = wanted.grades.assign(xep_loai=["1", "3", "3"], ly_do=["", "thua_dat.overlap", "thua_dat.invalid"])
    run(dataclasses.replace(wanted, grades=grades), store, safe)
    found = land.current(store, "thua_dat", ZONE)
    assert found.geometry.iloc[2].equals_exact(bowtie, 0)
    assert found["ma_dinh_danh_thua"].notna().tolist() == [True, False, False]


def test_grade_3_for_want_of_a_record_still_has_a_place(store: land.Store, safe: vault.Vault) -> None:
    wanted = delivery(2)
    grades = wanted.grades.assign(xep_loai="3", ly_do="thua_dat.without_record")
    run(dataclasses.replace(wanted, grades=grades), store, safe)
    assert land.current(store, "thua_dat", ZONE)["ma_dinh_danh_thua"].notna().all()


def test_only_parcels_of_ours_carry_an_identifier(store: land.Store, safe: vault.Vault) -> None:
    rows = parcels(squares(3))
    rows.loc[1, "la_doi_tuong_chiem_dat"] = True
    run(delivery(parcels=rows), store, safe)
    foreign = parcels(squares(2, shift_m=500), ma_xa="25354").assign(ky_dia_gioi="XX")
    run(delivery(parcels=foreign, ma_xa="25354", ky_dia_gioi="XX"), store, safe)
    carried = store.connection.execute("SELECT thua_dat_id FROM dinh_danh ORDER BY thua_dat_id").fetchall()
    assert carried == [("15670.E2025A.1.1.1",), ("15670.E2025A.1.1.3",)]


def test_identifier_is_never_recomputed_and_never_given_to_another(store: land.Store, safe: vault.Vault) -> None:
    run(delivery(3), store, safe)
    codes = land.current(store, "thua_dat", ZONE)["ma_dinh_danh_thua"].tolist()
    moved = parcels(squares(3, shift_m=2.0))
    run(delivery(parcels=moved, sha256="b" * 64), store, safe)
    assert land.current(store, "thua_dat", ZONE)["ma_dinh_danh_thua"].tolist() == codes
    # Parcel 1 ends; another parcel appears exactly where it was when it got its code.
    successor = parcels(squares(3)).iloc[[0, 1, 2]].copy()
    successor.loc[0, ["thua_key", "so_thu_tu_thua"]] = ["15670.E2025A.1.1.9", "9"]
    receipt = run(delivery(parcels=successor, sha256="c" * 64), store, safe)
    found = land.current(store, "thua_dat", ZONE).set_index("so_thu_tu_thua")["ma_dinh_danh_thua"]
    assert receipt.identity_conflicts == 0
    # It gets a code of its own, of a point beside the one whose code is the other's for ever.
    assert found["9"] not in codes and found["9"][:9] == codes[0][:9]
    retired = store.connection.execute(
        "SELECT ma_dinh_danh_thua, release_to FROM dinh_danh WHERE release_to IS NOT NULL"
    )
    assert retired.fetchall() == [(codes[0], receipt.release_id)]
    run(delivery(parcels=successor, sha256="e" * 64), store, safe)
    assert land.current(store, "thua_dat", ZONE).set_index("so_thu_tu_thua")["ma_dinh_danh_thua"]["9"] == found["9"]
    run(delivery(3, sha256="d" * 64), store, safe)
    again = land.current(store, "thua_dat", ZONE).sort_values("thua_dat_id")
    assert again["ma_dinh_danh_thua"].tolist() == codes
    assert store.connection.execute("SELECT count(*) FROM dinh_danh WHERE release_to IS NULL").fetchone()[0] == 3


@in_files
def test_holder_numbers_are_not_in_clear(home: Path, store: land.Store, safe: vault.Vault) -> None:
    run(delivery(), store, safe)
    stored = b"".join((home / name).read_bytes() for name in ("holders.sqlite", "land.gpkg"))
    assert [number for number in NUMBERS if number.encode() in stored] == []
    assert [name for name in NAMES if name.encode() in (home / "land.gpkg").read_bytes()] == []
    rows = store.connection.execute(
        "SELECT so_giay_to_ma_hoa, so_giay_to_bam, so_giay_to_che FROM holders.giay_to_tuy_than"
    ).fetchall()
    sealed, hashed, masked = (pd.Series(column) for column in zip(*rows, strict=True))
    assert safe.unseal(sealed).tolist() == list(NUMBERS)
    assert hashed.tolist() == safe.fingerprint(pd.Series(NUMBERS)).tolist()
    assert masked.tolist()[0] == "038*****3456"


@in_files
def test_what_a_certificate_says_stays_out_of_the_land_database(
    home: Path, store: land.Store, safe: vault.Vault
) -> None:
    serial = findings_of.build("giay_chung_nhan.bad_serial", ["so.xlsx#1"], crs=ZONE, detail="K1 991234")
    code = findings_of.build("thua_dat.unknown_code", ["ban_do/to_1.shp#1"], crs=ZONE, detail="ABC")
    run(delivery(findings=findings_of.concat([serial, code], crs=ZONE)), store, safe)
    assert sorted(land.current(store, "canh_bao", ZONE)["detail"].dropna()) == ["ABC"]
    assert b"K1 991234" not in (home / "land.gpkg").read_bytes()


def test_another_key_is_refused_and_changes_nothing(store: land.Store, safe: vault.Vault, tmp_path: Path) -> None:
    run(delivery(), store, safe)
    with pytest.raises(StoreError, match="key for identity numbers"):
        run(delivery(5, sha256="b" * 64), store, vault.open_vault(tmp_path / "other.key"))
    assert len(land.listing(store)) == 1


def test_a_lost_holder_file_is_told(home: Path, safe: vault.Vault) -> None:
    with land.open_store(home, srid=ZONE) as store:
        run(delivery(), store, safe)
    (home / "holders.sqlite").unlink()
    with land.open_store(home, srid=ZONE) as store:
        with pytest.raises(StoreError, match="empty or lost"):
            run(delivery(5, sha256="b" * 64), store, safe)
        assert len(land.listing(store)) == 1


def test_two_loads_at_once_come_one_after_the_other(url: str, safe: vault.Vault) -> None:
    def one(place: int) -> int:
        with land.open_store(url, srid=ZONE) as store:
            return run(delivery(200, ma_xa=f"1567{place}", shift_m=9000.0 * place), store, safe).release_id

    with land.open_store(url, srid=ZONE), ThreadPoolExecutor(3) as pool:
        numbers = list(pool.map(one, range(3)))
    assert sorted(numbers) == [1, 2, 3]
    with land.open_reader(url) as store:
        assert len(land.current(store, "thua_dat", ZONE)) == 600


def test_readers_work_while_a_load_writes(url: str, store: land.Store, safe: vault.Vault) -> None:
    run(delivery(4), store, safe)
    with land.open_reader(url) as reader, store.transaction() as connection:
        connection.execute("DELETE FROM thua_dat_5897")
        assert len(land.current(reader, "thua_dat", ZONE)) == 4
        connection.execute("ROLLBACK")
        connection.execute("BEGIN")
