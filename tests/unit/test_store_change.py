"""Changes that are written: what they leave in both stores, and what takes them back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines import store as land
from pipelines.change import check
from pipelines.load import run as load
from pipelines.load.chain import chain, lines
from pipelines.settings import Settings
from tests.unit.changes import DAY, RULES, asked, body, box, child, drawn, filled, kept, key, name, registered
from tests.unit.deliveries import SIDE_M, ZONE, parcels, squares

VERSIONED = ("thua_dat_5897", "canh_bao_5897", "giao_dich", "pha_he_thua", "holders.noi_dung_giao_dich")


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[land.Store]:
    with land.open_store(url, srid=ZONE) as opened:
        filled(opened, tmp_path)
        yield opened


def current(store: land.Store) -> pd.DataFrame:
    rows = land.current(store, "thua_dat", ZONE)
    return rows.set_index(rows["so_thu_tu_thua"].astype(int)).sort_index()


def contents(store: land.Store) -> dict[str, list[Any]]:
    hashes = {
        table: store.execute(f"SELECT row_hash FROM {table} WHERE tx_to IS NULL ORDER BY row_hash").fetchall()
        for table in VERSIONED
    }
    codes = store.execute("SELECT thua_dat_id FROM dinh_danh WHERE release_to IS NULL ORDER BY 1").fetchall()
    return hashes | {"dinh_danh": codes}


def split(store: land.Store, number: int = 2, **changes: Any) -> dict[str, Any]:
    west = SIDE_M * (number - 1)
    rows = [child(box(west, west + 8)), child(box(west + 8, west + SIDE_M))]
    return body(store, (number,), thua_dat=rows, **changes)


def test_a_parcel_is_split_in_two(store: land.Store, tmp_path: Path) -> None:
    before = current(store).loc[2]
    made = registered(store, tmp_path, split(store, noi_dung={"so_hop_dong": "12/HĐ", "gia_tri_hop_dong": 5}))
    assert (made.is_new, made.release_id) == (True, 2)
    assert {name: made.counts[name] for name in ("added", "changed", "removed", "unchanged", "parcels")} == {
        "added": 2, "changed": 0, "removed": 1, "unchanged": 3, "parcels": 5,
    }  # fmt: skip
    after = current(store)
    assert after.index.tolist() == [1, 3, 4, 5, 6]
    assert after.loc[[5, 6], "dien_tich"].tolist() == [160, 240]
    assert after.loc[[5, 6], "loai_dat"].tolist() == ["LUC", "LUC"]
    assert after.loc[[5, 6], "valid_from"].tolist() == [DAY, DAY]
    assert after.loc[[5, 6], "xep_loai"].tolist() == ["1", "1"]
    codes = set(after["ma_dinh_danh_thua"])
    assert len(codes) == 5 and before["ma_dinh_danh_thua"] not in codes
    retired = store.execute("SELECT thua_dat_id FROM dinh_danh WHERE release_to = 2").fetchall()
    assert [row[0] for row in retired] == [name(2)]
    kin = store.frame("SELECT thua_dat_id_cu, thua_dat_id_moi, dien_tich_chung FROM pha_he_thua ORDER BY 2")
    assert kin.to_numpy().tolist() == [[name(2), name(5), 160.0], [name(2), name(6), 240.0]]
    told = store.frame("SELECT loai_bien_dong, dien_tich_truoc, dien_tich_sau FROM giao_dich")
    assert told.to_numpy().tolist() == [["TN", 400.0, 400.0]]
    assert tuple(store.execute("SELECT so_hop_dong FROM holders.noi_dung_giao_dich").fetchone()) == ("12/HĐ",)
    log = [(entry["ket_qua"], entry["giao_dich_id"], entry["release_id"]) for entry in land.read_log(store)]
    assert log == [("ghi", "TN-1", 2)]
    release = land.listing(store)[-1]
    assert (release.kind, release.giao_dich_id, release.nguoi_thuc_hien) == ("change", "TN-1", "an")
    assert release.counts["dqi"] == 0.75
    assert '"accepted": true' in (land.verdict_of(store, release) or "")


def test_findings_about_what_ended_are_closed(store: land.Store, tmp_path: Path) -> None:
    assert len(land.current(store, "canh_bao", ZONE)) == 1
    assert registered(store, tmp_path, split(store)).counts["findings_closed"] == 1
    assert len(land.current(store, "canh_bao", ZONE)) == 0


def test_two_parcels_become_one(store: land.Store, tmp_path: Path) -> None:
    registered(store, tmp_path, body(store, (2, 3), thua_dat=[child(box(20, 60))]))
    assert current(store).index.tolist() == [1, 4, 5]
    assert current(store).loc[5, "dien_tich"] == 800


def test_three_parcels_become_two_and_numbers_go_zigzag(store: land.Store, tmp_path: Path) -> None:
    halves = [child(box(0, 60, 0, 10)), child(box(0, 60, 10, 20))]
    registered(store, tmp_path, body(store, (1, 2, 3), thua_dat=halves))
    after = current(store)
    assert after.index.tolist() == [4, 5, 6]
    assert after.geometry.loc[5].bounds[1] > after.geometry.loc[6].bounds[1]
    kin = store.frame("SELECT thua_dat_id_cu, thua_dat_id_moi, dien_tich_chung FROM pha_he_thua")
    assert len(kin) == 6 and set(kin["dien_tich_chung"]) == {200.0}


def test_what_is_left_of_a_parcel_takes_a_new_number_too(store: land.Store, tmp_path: Path) -> None:
    strip = [child(box(20, 25), "77"), child(box(25, 40), "78", loai_dat="CLN")]
    registered(store, tmp_path, body(store, (2,), thua_dat=strip))
    after = current(store)
    assert after.index.tolist() == [1, 3, 4, 77, 78]
    assert after.loc[78, ["loai_dat", "loai_dat_ghi", "nhom_dat"]].tolist() == ["CLN", "CLN", "NNP"]


def test_a_strip_goes_to_a_neighbour_that_keeps_its_number(store: land.Store, tmp_path: Path) -> None:
    before = current(store)
    rows = [kept(3, box(35, 60), dien_tich=500), child(box(20, 35))]
    registered(store, tmp_path, body(store, (2, 3), thua_dat=rows))
    after = current(store)
    assert after.index.tolist() == [1, 3, 4, 5]
    assert after.loc[3, "ma_dinh_danh_thua"] == before.loc[3, "ma_dinh_danh_thua"]
    assert (after.loc[3, "dien_tich"], after.loc[3, "dien_tich_do"], after.loc[3, "dien_tich_nhan"]) == (500, 500, 500)


def test_a_parcel_is_measured_again(store: land.Store, tmp_path: Path) -> None:
    rows = [kept(4, box(60, 81), dien_tich=420)]
    content = body(store, (4,), loai_bien_dong="TD", ly_do_dien_tich="Đo đạc lại", thua_dat=rows)
    made = registered(store, tmp_path, content)
    assert (made.counts["changed"], made.counts["added"]) == (1, 0)
    after = current(store).loc[4]
    assert (after["dien_tich_do"], after["thua_dat_id"]) == (420, name(4))


def test_erosion_takes_ground_away(store: land.Store, tmp_path: Path) -> None:
    common = {"loai_bien_dong": "SA", "ly_do_dien_tich": "Sạt lở bờ sông"}
    shrunk = kept(4, box(60, 80, 0, 15), dien_tich=300)
    registered(store, tmp_path, body(store, (4,), giao_dich_id="SA-1", thua_dat=[shrunk], **common))
    assert current(store).loc[4, "dien_tich_do"] == 300
    registered(store, tmp_path, body(store, (4,), giao_dich_id="SA-2", thua_dat=[], **common))
    assert current(store).index.tolist() == [1, 2, 3]
    assert store.execute("SELECT count(*) FROM pha_he_thua").fetchone()[0] == 0


def test_a_change_that_says_nothing_of_parcels_leaves_them(store: land.Store, tmp_path: Path) -> None:
    restriction = {"thua_key": name(1), "so_thu_tu": 1, "loai_han_che": "1"}
    edits = [{"layer": "han_che_quyen", "add": [restriction]}]
    before = contents(store)
    made = registered(store, tmp_path, body(store, (1,), giao_dich_id="HC-1", loai_bien_dong="HC", edits=edits))
    assert (made.is_new, made.counts["changed"], made.counts["parcels"]) == (True, 0, 4)
    after = contents(store)
    assert after["thua_dat_5897"] == before["thua_dat_5897"]
    assert len(after["giao_dich"]) == 1


def test_checking_writes_nothing(store: land.Store, tmp_path: Path, url: str) -> None:
    request = asked(store, tmp_path, split(store))
    before = contents(store)
    with land.open_reader(url) as reader:
        found = check(reader, request, RULES, vault=key(tmp_path))
    assert (found.release_id, found.counts) == (None, {"added": 2, "changed": 0, "removed": 1})
    assert contents(store) == before
    assert land.read_log(store) == []


def test_the_same_package_twice_is_registered_once(store: land.Store, tmp_path: Path) -> None:
    content = split(store)
    first = registered(store, tmp_path, content)
    before = contents(store)
    again = registered(store, tmp_path, content)
    assert (again.is_new, again.release_id) == (False, first.release_id)
    assert contents(store) == before
    assert len(land.listing(store)) == 2


def test_a_return_undoes_a_change_wholly(store: land.Store, tmp_path: Path) -> None:
    before = contents(store)
    registered(store, tmp_path, split(store, noi_dung={"noi_dung": "x"}))
    after = contents(store)
    land.rollback(store, "15670", 1)
    assert contents(store) == before
    land.rollback(store, "15670", 2)
    assert contents(store) == after


def test_the_package_that_is_loaded_does_not_undo_changes(store: land.Store, tmp_path: Path) -> None:
    registered(store, tmp_path, split(store))
    before = contents(store)
    again = load(drawn(4), store, key(tmp_path))
    assert (again.is_new, again.release_id, again.unchanged) == (False, 2, 4)
    assert contents(store) == before
    land.rollback(store, "15670", 1)
    land.rollback(store, "15670", 2)
    assert load(drawn(4), store, key(tmp_path)).is_new is False
    assert contents(store) == before


def test_an_older_package_is_refused_and_a_newer_one_says_what_it_supersedes(store: land.Store, tmp_path: Path) -> None:
    registered(store, tmp_path, split(store))
    before = contents(store)
    with pytest.raises(OSError, match=f"dated 2025-06-19, older than the database \\({DAY}\\)"):
        load(drawn(4, sha256="b" * 64, date="2025-06-19"), store, key(tmp_path))
    assert contents(store) == before
    assert [entry["ket_qua"] for entry in land.read_log(store)] == ["ghi", "tu_choi"]
    newer = load(drawn(4, sha256="b" * 64, date="2025-06-21"), store, key(tmp_path))
    assert (newer.changes_superseded, newer.removed, newer.added) == (2, 2, 1)
    assert load(drawn(5, sha256="c" * 64, date="2025-06-22"), store, key(tmp_path)).changes_superseded == 0


def test_a_newer_package_with_the_change_in_it_supersedes_only_what_differs(store: land.Store, tmp_path: Path) -> None:
    rows = [kept(4, dia_chi="Thôn 9, xã Thọ Bình")]
    registered(store, tmp_path, body(store, (4,), loai_bien_dong="TD", thua_dat=rows))
    with_it = parcels(squares(4))
    with_it.loc[3, "dia_chi"] = "Thôn 9, xã Thọ Bình"
    newer = load(drawn(parcels=with_it, sha256="b" * 64, date="2025-06-21"), store, key(tmp_path))
    assert (newer.changes_superseded, newer.changed, newer.unchanged) == (0, 0, 4)


def test_history_tells_the_registered_relatives(store: land.Store, tmp_path: Path, url: str) -> None:
    registered(store, tmp_path, split(store))
    settings = Settings(home=tmp_path, store=url)
    began = chain(settings, name(5))
    assert began["versions"][0]["parents"] == [name(2)]
    assert began["versions"][0]["parents_by"] == {"giao_dich_id": "TN-1", "loai_bien_dong": "TN"}
    ended = chain(settings, name(2))
    assert ended["versions"][0]["children"] == [name(5), name(6)]
    assert f"theo biến động / by transaction TN-1 (TN) thành / into: {name(5)}, {name(6)}" in "\n".join(lines(ended))
