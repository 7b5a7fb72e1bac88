"""What a plan leaves behind: rights that go on, areas that sum up, rows that keep what nobody spoke of."""

from collections.abc import Iterator
from typing import Any

import pytest

from pipelines import store as land
from pipelines.change.rights import Plan
from pipelines.vault import Vault
from tests.stores import in_files
from tests.unit.deliveries import ZONE
from tests.unit.held import COMMUNE, ERA, ask, fill, ground, heirs, key, planned, rows_of


@pytest.fixture
def store(url: str, safe: Vault) -> Iterator[land.Store]:
    fill(url, safe)
    with land.open_store(url, srid=ZONE) as opened:
        yield opened


def write(store: land.Store, found: Plan) -> land.Release:
    """Write a plan as one release, as the core does with the parcels beside it."""
    assert found.reasons == []
    scope = (COMMUNE, ERA)
    with store.transaction(scope, ZONE):
        moment = land.begin(store, scope, kind="change", package_sha256=None, srid=ZONE, valid="2026-03-02")
        for difference in found.differences:
            land.write(store, difference, moment, ZONE)
        land.finish(store, moment.release_id, {})
    return land.listing(store)[-1]


def contents(store: land.Store) -> dict[str, Any]:
    """Return the current content of every versioned table."""
    tables = [*land.land_tables(ZONE).values(), *land.holder_tables().values()]
    return {
        table.name: store.execute(f"SELECT row_hash FROM {table.qualified} WHERE tx_to IS NULL ORDER BY 1").fetchall()
        for table in tables
        if table.is_versioned
    }


def codes(found: Plan) -> list[str]:
    """Return the codes of the reasons."""
    return [reason.code for reason in found.reasons]


def areas(found: Plan, layer: str = "muc_dich_su_dung") -> dict[str, list[float]]:
    """Return the areas of the new rows by parcel number."""
    rows = rows_of(found, layer)
    numbers = rows["thua_key"].str.rpartition(".")[2]
    return {number: rows.loc[numbers == number, "dien_tich"].tolist() for number in numbers.unique()}


def test_a_split_divides_areas_to_the_last_digit(store: land.Store, safe: Vault) -> None:
    after = ground(_101=133.3, _102=133.3, _103=133.4)
    takes = heirs((1, 101, 133.333), (1, 102, 133.333), (1, 103, 133.334))
    found = planned(store, ask("TN", 1, edits={}, after=after), safe, takes)
    assert found.reasons == []
    assert areas(found) == {"101": [133.3], "102": [133.3], "103": [133.4]}
    assert areas(found, "nguon_goc_dat") == areas(found)
    rights = rows_of(found, "quyen_su_dung_dat")
    assert rights["chu_id"].tolist() == ["c1"] * 3 and rights["giay_chung_nhan_id"].tolist() == ["g1"] * 3
    assert rights["quyen_id"].is_unique and rights["quyen_id"].str.startswith("q-").all()


def test_a_merger_adds_up_what_says_the_same_and_keeps_every_holder(store: land.Store, safe: Vault) -> None:
    found = planned(
        store, ask("TN", 1, 6, edits={}, after=ground(_101=800.0)), safe, heirs((1, 101, 400.0), (6, 101, 400.0))
    )
    assert found.reasons == []
    assert areas(found) == {"101": [800.0]}
    rights = rows_of(found, "quyen_su_dung_dat")[["chu_id", "giay_chung_nhan_id"]]
    assert sorted(rights.itertuples(index=False, name=None)) == [("c1", "g1"), ("c1", "g6"), ("c2", "g6")]


def test_what_is_left_of_a_parcel_keeps_its_rows_and_ids(store: land.Store, safe: Vault) -> None:
    takes = heirs((6, 6, 100.0), (6, 101, 300.0))
    found = planned(store, ask("TN", 6, edits={}, after=ground(_6=100.0, _101=300.0)), safe, takes)
    assert areas(found) == {"6": [100.0], "101": [300.0]}
    rights = next(one for one in found.differences if one.table.name == "quyen_su_dung_dat")
    assert rights.closed == [] and len(rights.rows) == 2


def test_a_boundary_between_parcels_that_live_on_moves_no_right(store: land.Store, safe: Vault) -> None:
    rows = {"set": [{"thua_key": key(n), "so_thu_tu": 1, "dien_tich": area} for n, area in ((1, 390.0), (6, 410.0))]}
    takes = heirs((1, 1, 390.0), (6, 6, 400.0), (1, 6, 10.0))
    edits = {"muc_dich_su_dung": rows, "nguon_goc_dat": rows}
    found = planned(store, ask("TD", 1, 6, edits=edits, after=ground(_1=390.0, _6=410.0)), safe, takes)
    assert found.reasons == [] and rows_of(found, "quyen_su_dung_dat").empty


def test_mortgage_and_block_go_on_with_every_heir(store: land.Store, safe: Vault) -> None:
    after, takes = ground(_101=100.0, _102=300.0), heirs((3, 101, 100.0), (3, 102, 300.0))
    found = planned(store, ask("TN", 3, edits={}, after=after, dong_y_the_chap="7/CV"), safe, takes)
    items = rows_of(found, "tai_san_bao_dam")
    assert items["thua_key"].tolist() == [key(101), key(102)]
    assert items["so_thu_tu"].tolist() == [1, 2] and items["dien_tich_the_chap"].tolist() == [100.0, 300.0]
    # A recovery goes on although a block stands there, and the block stands on what becomes of the parcel.
    found = planned(store, ask("TH", 4, edits={}, after=after), safe, heirs((4, 101, 100.0), (4, 102, 300.0)))
    blocks = rows_of(found, "ngan_chan")
    assert blocks["thua_key"].tolist() == [key(101), key(102)] and blocks["ngan_chan_id"].is_unique
    assert blocks["so_van_ban"].tolist() == ["12/QĐ-THA"] * 2


def test_an_asset_follows_a_single_heir_or_the_word_of_the_package(store: land.Store, safe: Vault) -> None:
    one = planned(
        store, ask("TN", 5, 6, edits={}, after=ground(_101=800.0)), safe, heirs((5, 101, 400.0), (6, 101, 400.0))
    )
    assert one.reasons == []
    assert rows_of(one, "tai_san")[["tai_san_id", "thua_key"]].to_numpy().tolist() == [["a5", key(101)]]
    said = {"tai_san": {"set": [{"tai_san_id": "a5", "thua_key": key(102)}]}}
    after, takes = ground(_101=200.0, _102=200.0), heirs((5, 101, 200.0), (5, 102, 200.0))
    several = planned(store, ask("TN", 5, edits=said, after=after), safe, takes)
    assert several.reasons == []
    assert rows_of(several, "tai_san")["thua_key"].tolist() == [key(102)]


def test_heirs_with_rows_of_their_own_get_no_others(store: land.Store, safe: Vault) -> None:
    own = {
        "muc_dich_su_dung": {
            "add": [
                {"thua_key": key(101), "so_thu_tu": 1, "loai_dat": "ONT", "dien_tich": 50.0},
                {"thua_key": key(101), "so_thu_tu": 2, "loai_dat": "LUC", "dien_tich": 150.0},
            ]
        }
    }
    after, takes = ground(_101=200.0, _102=200.0), heirs((1, 101, 200.0), (1, 102, 200.0))
    found = planned(store, ask("TN", 1, edits=own, after=after), safe, takes)
    assert found.reasons == []
    assert areas(found) == {"101": [50.0, 150.0], "102": [200.0]}


def test_mortgage_follows_the_certificate_that_takes_the_place_of_another(store: land.Store, safe: Vault) -> None:
    fresh = {"giay_chung_nhan_id": "g30", "loai_giay_chung_nhan": "98", "so_phat_hanh": "aa-00000001"}
    edits = {
        "giay_chung_nhan": {"add": [fresh | {"ngay_cap": "2026-03-01"}], "end": [{"giay_chung_nhan_id": "g3"}]},
        "quyen_su_dung_dat": {"set": [{"quyen_id": "q3", "giay_chung_nhan_id": "g30"}]},
    }
    found = planned(store, ask("CL", 3, edits=edits), safe)
    assert found.reasons == []
    assert rows_of(found, "tai_san_bao_dam")["giay_chung_nhan_id"].tolist() == ["g30"]
    assert rows_of(found, "giay_chung_nhan")["so_phat_hanh"].tolist() == ["AA 00000001"]


def test_only_what_is_named_changes_and_numbers_are_sealed(store: land.Store, safe: Vault) -> None:
    edits = {"giay_to_tuy_than": {"set": [{"giay_to_id": "gt1", "noi_cap": "Cục Bịa"}]}}
    before = store.frame("SELECT * FROM holders.giay_to_tuy_than WHERE giay_to_id = 'gt1'").iloc[0]
    write(store, planned(store, ask("SN", 1, edits=edits), safe))
    after = store.frame("SELECT * FROM holders.giay_to_tuy_than WHERE giay_to_id = 'gt1' AND tx_to IS NULL").iloc[0]
    assert after["noi_cap"] == "Cục Bịa" and after["valid_from"] == "2026-03-02"
    same = ["ca_nhan_id", "loai_giay_to", "so_giay_to_ma_hoa", "so_giay_to_bam", "so_giay_to_che"]
    assert after[same].tolist() == before[same].tolist()
    number = {"giay_to_tuy_than": {"set": [{"giay_to_id": "gt1", "so_giay_to": "038180999999"}]}}
    found = planned(store, ask("SN", 1, edits=number), safe)
    row = rows_of(found, "giay_to_tuy_than").iloc[0]
    assert "so_giay_to" not in row and row["so_giay_to_che"] == "038*****9999"
    sealed = rows_of(found, "giay_to_tuy_than")["so_giay_to_ma_hoa"]
    assert safe.unseal(sealed).tolist() == ["038180999999"]


def test_the_same_twice_is_refused_and_a_rollback_undoes_all(store: land.Store, safe: Vault) -> None:
    before = contents(store)
    edits = {
        "quyen_su_dung_dat": {
            "end": [{"quyen_id": "q1"}],
            "add": [{"quyen_id": "qn", "thua_key": key(1), "loai_doi_tuong": "ca_nhan", "chu_id": "c9"}],
        },
        "ca_nhan": {"add": [{"ca_nhan_id": "c9", "ho_ten": "Ngô Thị Giả"}]},
    }
    write(store, planned(store, ask("CN", 1, edits=edits), safe))
    assert contents(store) != before
    again = planned(store, ask("CN", 1, edits=edits), safe)
    assert {"row.not_current", "row.exists"} == set(codes(again)) and again.differences == []
    land.rollback(store, COMMUNE, 1)
    assert contents(store) == before


def test_rows_set_to_what_they_are_change_nothing(store: land.Store, safe: Vault) -> None:
    edits = {
        "ca_nhan": {"set": [{"ca_nhan_id": "c1", "nam_sinh": 1980}]},
        "giay_to_tuy_than": {"set": [{"giay_to_id": "gt1", "so_giay_to": "038180123456"}]},
    }
    assert planned(store, ask("SN", 1, edits=edits), safe) == Plan([], [])


def test_rows_of_another_commune_are_not_found(store: land.Store, safe: Vault) -> None:
    edits = {"ca_nhan": {"set": [{"ca_nhan_id": "c1", "dia_chi": "Thôn 2"}]}}
    request = ask("DT", 1, edits=edits)
    object.__setattr__(request, "ma_xa", "15703")
    with store.transaction(("15703", ERA), ZONE):
        from pipelines.change.rights import plan

        found = plan(store, request, heirs((1, 1, 400.0)), vault=safe)
    assert codes(found) == ["commune.unknown"]


def test_a_certificate_that_another_parcel_still_needs_does_not_end(store: land.Store, safe: Vault) -> None:
    both = {"quyen_su_dung_dat": {"set": [{"quyen_id": "q2", "giay_chung_nhan_id": "g1"}]}}
    write(store, planned(store, ask("SN", 1, 2, edits=both), safe))
    alone = {
        "giay_chung_nhan": {"end": [{"giay_chung_nhan_id": "g1"}]},
        "quyen_su_dung_dat": {"set": [{"quyen_id": "q1", "giay_chung_nhan_id": None}]},
    }
    found = planned(store, ask("CL", 1, edits=alone), safe)
    assert codes(found) == ["row.points_nowhere"] and "q2" in found.reasons[0].en


def test_a_block_that_ran_out_stops_nothing(store: land.Store, safe: Vault) -> None:
    over = {"ngan_chan": {"set": [{"ngan_chan_id": "x4", "ngay_het_hieu_luc": "2026-03-01"}]}}
    write(store, planned(store, ask("HC", 4, edits=over), safe))
    lease = {"quyen_id": "qn", "thua_key": key(4), "loai_doi_tuong": "to_chuc", "chu_id": "t1"}
    edits = {"quyen_su_dung_dat": {"add": [lease]}}
    assert codes(planned(store, ask("CT", 4, edits=edits), safe)) == []
    assert codes(planned(store, ask("CT", 4, edits=edits, day="2026-02-28"), safe)) == ["block"]


def test_values_that_cannot_be_are_refused_by_name_and_not_quoted(store: land.Store, safe: Vault) -> None:
    rows: list[dict[str, Any]] = [
        {"ca_nhan_id": "c1", "nam_sinh": "1980"},
        {"ca_nhan_id": "c2", "ngay_sinh": "1980-02-30"},
        {"ca_nhan_id": "c3", "nam_sinh": 2**70},
        {"ho_ten": "Người Không Khóa"},
        {"ca_nhan_id": 38180123456, "ho_ten": "X"},
    ]
    found = planned(store, ask("SN", 1, edits={"ca_nhan": {"set": rows}}), safe)
    told = " ".join(reason.vi + reason.en for reason in found.reasons)
    assert set(codes(found)) == {"row.bad_value", "row.no_key"}
    for named in ("set 1.nam_sinh", "set 2.ngay_sinh", "set 3.nam_sinh", "set 4", "set 5.ca_nhan_id"):
        assert named in told
    assert "Người" not in told and "38180123456" not in told
    nan = {"muc_dich_su_dung": {"set": [{"thua_key": key(1), "so_thu_tu": 1, "dien_tich": float("nan")}]}}
    assert codes(planned(store, ask("SN", 1, edits=nan), safe)) == ["row.bad_value"]
    assert codes(planned(store, ask("SN", 1, edits={"to_ban_do": {"end": [{}]}}), safe)) == ["layer.not_here"]


@in_files
def test_rows_are_found_by_the_index(store: land.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Any]] = []
    monkeypatch.setattr(type(store), "frame", lambda _, sql, values: asked.append((sql, values)))
    for layer in ("quyen_su_dung_dat", "tai_san_bao_dam", "ngan_chan", "muc_dich_su_dung", "tai_san"):
        table = land.holder_tables().get(layer) or land.layer_table(layer, ZONE)
        land.current_rows(store, table, "thua_key", [key(1)], (COMMUNE, ERA))
        told = str(store.execute(f"EXPLAIN QUERY PLAN {asked[-1][0]}", asked[-1][1]).fetchall())
        assert f"ix_{layer}_1 (thua_key=?)" in told


@pytest.mark.parametrize(("ended", "left"), [(["q1"], []), (["q6a"], ["g6"]), (["q6a", "q6b"], [])])
def test_a_certificate_ends_with_the_last_right_that_is_recovered(
    store: land.Store, safe: Vault, ended: list[str], left: list[str]
) -> None:
    number = int(ended[0][1])
    edits = {"quyen_su_dung_dat": {"end": [{"quyen_id": name} for name in ended]}}
    found = planned(store, ask("TH", number, edits=edits), safe)
    closed = [difference for difference in found.differences if difference.table.name == "giay_chung_nhan"]
    assert found.reasons == []
    assert [len(difference.closed) for difference in closed] == ([] if left else [1])
