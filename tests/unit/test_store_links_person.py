"""All land of one person in the province: who is behind a record, what they hold, and when that may be out of date."""

import json
from typing import Any

import pandas as pd
import psycopg
import pytest

from pipelines import store as land
from pipelines import vault
from pipelines.errors import SettingsError, StoreError
from pipelines.linkage import person as persons
from pipelines.load import run
from pipelines.settings import Settings
from tests.stores import in_files, on_a_server
from tests.unit.deliveries import ZONE, delivery
from tests.unit.officers import SECRETS, chosen, command, execute, holders, home

__all__ = ["chosen", "home"]

HERE, THERE = "15670.E2025A.c1", "15703.E2025A.c1"


def registers(commune: str) -> dict[str, pd.DataFrame]:
    """Return holders who hold land alone, as a couple, in a household and in a group, some of it on no map."""
    key = f"{commune}.E2025A.1.1."
    rows = [
        ("q1", key + "1", "ca_nhan", "c1", "g1"),
        ("q2", key + "2", "vo_chong", "v1", None),
        ("q3", key + "3", "ho_gia_dinh", "h1", "g1"),
        ("q4", key + "4", "nhom_nguoi", "n1", None),
        ("q5", key + "77", "ca_nhan", "c1", None),
        ("q6", key + "1", "ca_nhan", "c2", None),
        ("q7", None, "ca_nhan", "c1", None),
    ]
    names = ["quyen_id", "thua_key", "loai_doi_tuong", "chu_id", "giay_chung_nhan_id"]
    return holders(commune) | {
        "quyen_su_dung_dat": pd.DataFrame(rows, columns=names),
        "vo_chong": pd.DataFrame({"vo_chong_id": ["v1", "v2"], "vo_id": ["c2", "c2"], "chong_id": ["c1", "c3"]}),
        "ho_gia_dinh": pd.DataFrame({"ho_gia_dinh_id": ["h1"], "chu_ho_id": ["c2"], "thanh_vien_id": ["c2;c1"]}),
        "nhom_nguoi": pd.DataFrame({"nhom_nguoi_id": ["n1"], "nguoi_dai_dien_id": ["c2"], "thanh_vien_id": ["c1"]}),
        "giay_chung_nhan": pd.DataFrame({"giay_chung_nhan_id": ["g1"], "so_phat_hanh": ["BK 990401"]}),
    }


def load(chosen: Settings, commune: str, sha: str, **changes: Any) -> None:
    wanted = delivery(4, ma_xa=commune, sha256=sha * 64, shift_m=79.0 * (commune == "15703"), **changes)
    with land.open_store(chosen.database, srid=ZONE) as store:
        run(wanted, store, vault.open_vault(chosen.home / "holder.key"))


def person(chosen: Settings, key: str) -> persons.Person:
    with land.open_reader(chosen.database) as store:
        return persons.person(store, key)


@pytest.fixture
def linked(chosen: Settings) -> Settings:
    for commune in ("15670", "15703"):
        load(chosen, commune, "b", holders=registers(commune))
    execute(chosen)
    return chosen


@pytest.fixture
def account(chosen: Settings, request: pytest.FixtureRequest) -> str:
    """Return the address for an account that was granted one of the roles."""
    with psycopg.connect(str(chosen.store), autocommit=True) as owner:
        name = f"links_{request.param}_{owner.info.dbname}"
        owner.execute(f"CREATE ROLE {name} LOGIN IN ROLE diachinh_{request.param}")
    return str(chosen.store).replace("postgres@", f"{name}@")


def test_all_land_of_one_person_over_communes(linked: Settings) -> None:
    found = person(linked, HERE)
    assert found.is_current and found.nguoi_id is not None
    assert found.records["record_key"].tolist() == [HERE, THERE]
    assert found.records["state"].tolist() == ["same", "same"]
    assert found.records["masked"].tolist() == ["038*****0001", "171*****4567"]
    rows = found.parcels[found.parcels["record_key"] == THERE]
    # Alone, as a couple, in a household and in a group; the last one is on no map.
    assert rows["so_thu_tu_thua"].fillna("").tolist() == ["1", "2", "3", "4", "77", ""]
    assert rows["loai_doi_tuong"].tolist() == ["ca_nhan", "vo_chong", "ho_gia_dinh", "nhom_nguoi", "ca_nhan", "ca_nhan"]
    assert rows["so_phat_hanh"].fillna("").tolist() == ["BK 990401", "", "BK 990401", "", "", ""]
    assert rows["thua_dat_id"].notna().tolist() == [True] * 4 + [False] * 2
    assert rows["so_hieu_to_ban_do"].tolist()[:5] == ["1"] * 5
    assert rows["dien_tich_do"].tolist()[:4] == [400.0] * 4


def test_a_record_and_the_key_of_the_person_answer_alike(linked: Settings) -> None:
    one = person(linked, HERE)
    for key in (THERE, str(one.nguoi_id)):
        other = person(linked, key)
        pd.testing.assert_frame_equal(one.records, other.records)
        pd.testing.assert_frame_equal(one.parcels, other.parcels)
    assert person(linked, "15670.E2025A.c2").nguoi_id not in (None, one.nguoi_id)


@pytest.mark.parametrize("key", ["15670.E2025A.c9", "ng-0000", "x", "", "15670.E2025A.%", "15670.E2025A.c_"])
@in_files
def test_an_unknown_key_is_told(linked: Settings, key: str) -> None:
    with pytest.raises(SettingsError, match="no record and no person"):
        person(linked, key)


def test_people_who_were_never_linked_have_their_own_land_only(chosen: Settings) -> None:
    for commune in ("15670", "15703"):
        load(chosen, commune, "b", holders=registers(commune))
    found = person(chosen, HERE)
    # Ids may be the same in another commune; that makes them nobody's.
    assert set(found.parcels["record_key"]) == {HERE} and set(found.parcels["ma_xa"]) == {"15670"}
    assert (found.run, found.nguoi_id, found.is_current) == (None, None, False)
    assert found.records["state"].tolist() == ["unlinked"]
    assert "chưa nối lần nào" in command(chosen, "--person", HERE).output


def test_what_came_in_since_the_run_is_not_told_as_linked(linked: Settings) -> None:
    before = person(linked, THERE)
    changed = registers("15670")
    changed["ca_nhan"].loc[0, "ho_ten"] = "Người Khác Hẳn"
    load(linked, "15670", "c", holders=changed)
    found = person(linked, THERE)
    assert not found.is_current and found.newer == ["15670.E2025A"]
    assert found.records.set_index("record_key")["state"].to_dict() == {HERE: "changed", THERE: "same"}
    assert set(found.parcels["record_key"]) == {THERE}
    asked = person(linked, HERE)
    assert asked.nguoi_id is None and asked.records["ho_ten"].tolist() == ["Người Khác Hẳn"]
    assert asked.records["why"].isna().all() and set(asked.parcels["record_key"]) == {HERE}
    execute(linked)
    after = person(linked, THERE)
    assert after.is_current and after.nguoi_id != before.nguoi_id
    assert after.records["record_key"].tolist() == [THERE]


def test_a_record_whose_number_changed_is_not_told_as_linked(linked: Settings) -> None:
    changed = registers("15670")
    changed["giay_to_tuy_than"].loc[0, "so_giay_to"] = "038061990017"
    load(linked, "15670", "c", holders=changed)
    assert person(linked, THERE).records["state"].tolist() == ["changed", "same"]
    without = registers("15670")
    without["giay_to_tuy_than"] = without["giay_to_tuy_than"].iloc[1:]
    execute(linked)
    load(linked, "15670", "d", holders=without)
    states = person(linked, HERE).records.set_index("record_key")["state"]
    assert states[HERE] == "changed"


def test_a_record_that_is_gone_is_told_as_gone(linked: Settings) -> None:
    without = {layer: rows.iloc[:0] for layer, rows in registers("15670").items()}
    load(linked, "15670", "c", holders=without)
    found = person(linked, THERE)
    assert found.records.set_index("record_key")["state"].to_dict() == {HERE: "gone", THERE: "same"}
    assert found.records["ho_ten"].isna().tolist() == [True, False]
    assert set(found.parcels["record_key"]) == {THERE}
    asked = person(linked, HERE)
    assert asked.nguoi_id is None and asked.records["state"].tolist() == ["gone"] and asked.parcels.empty
    with land.open_store(linked.database, srid=ZONE) as store:
        land.rollback(store, "15670", 3)
    # It is there again, but nobody has looked at it since.
    assert person(linked, THERE).records["state"].tolist() == ["changed", "same"]
    execute(linked)
    assert person(linked, THERE).is_current


def test_a_commune_that_changed_elsewhere_leaves_its_records_as_they_are(linked: Settings) -> None:
    load(linked, "15703", "c", holders=registers("15703"), verdict={"accepted": True, "profile": "x", "reasons": []})
    found = person(linked, HERE)
    assert found.newer == ["15703.E2025A"]
    assert found.records["state"].tolist() == ["same", "same"]


def test_the_command_tells_text_and_json(linked: Settings) -> None:
    done = command(linked, "--person", HERE)
    assert done.exit_code == 0, done.output
    assert "2 hồ sơ / records · 2 xã / communes · 10 thửa / parcels" in done.output.splitlines()[0]
    assert "tờ / sheet 1 thửa / parcel 2 · 400.0 m² · LUC · Vợ chồng / Married couple" in done.output
    assert "thửa / parcel 77 · không có trên bản đồ / not on the map" in done.output
    assert "không ghi thửa nào / names no parcel" in done.output
    assert "GCN / certificate BK 990401" in done.output
    body = json.loads(command(linked, "--person", THERE, "--json").output)
    assert body["is_current"] and len(body["records"]) == 2 and len(body["parcels"]) == 12
    for text in (done.output, json.dumps(body)):
        assert [number for number in SECRETS if number in text] == []
    assert isinstance(command(linked, "--person", "nobody").exception, SettingsError)


@on_a_server
@pytest.mark.parametrize("account", ["reader"], indirect=True)
def test_a_reader_of_land_learns_nothing_of_people(linked: Settings, account: str) -> None:
    with land.open_reader(account) as store:
        with pytest.raises(StoreError, match="lacks a right"):
            persons.person(store, HERE)
        for table in ("lien_ket_nguoi", "lan_lien_ket", "quyet_dinh_lien_ket", "xac_thuc_da_gui"):
            with pytest.raises(StoreError, match="lacks a right"):
                store.execute(f"SELECT * FROM holders.{table}")


@on_a_server
@pytest.mark.parametrize("account", ["holder_reader"], indirect=True)
def test_a_reader_of_holders_asks_and_changes_nothing(linked: Settings, account: str) -> None:
    assert len(person(linked.model_copy(update={"store": account}), HERE).parcels) == 12
    with pytest.raises(StoreError, match="lacks a right"):
        execute(linked.model_copy(update={"store": account}))


@on_a_server
@pytest.mark.parametrize("account", ["writer"], indirect=True)
def test_a_writer_links_and_answers_but_mends_no_decision(linked: Settings, account: str) -> None:
    writer = linked.model_copy(update={"store": account})
    assert execute(writer).is_kept
    with land.open_store(account, srid=ZONE) as store:
        for table in ("lan_lien_ket", "quyet_dinh_lien_ket", "xac_thuc_da_gui"):
            for statement in (f"DELETE FROM holders.{table}", f"UPDATE holders.{table} SET luc = 'x'"):
                with pytest.raises(StoreError, match="lacks a right"):
                    store.execute(statement.replace("luc", "seal") if table == "xac_thuc_da_gui" else statement)


@in_files
def test_every_question_is_asked_by_index(linked: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Any]] = []
    with land.open_reader(linked.database) as store, store.holders():
        monkeypatch.setattr(store, "execute", lambda sql, values=None: _noted(store, asked, sql, values))
        persons.person(store, HERE)
        monkeypatch.undo()
        plans = [
            str(row[3])
            for sql, values in asked
            if sql.startswith("SELECT") and "sqlite_master" not in sql
            for row in store.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
        ]
    small = ("ban_phat_hanh", "json_each", "quyet_dinh_lien_ket", "lan_lien_ket", "vung_toa_do")
    scans = [plan for plan in plans if plan.startswith("SCAN") and not any(name in plan for name in small)]
    assert len(plans) > 20 and scans == []


def _noted(store: land.Store, asked: list[tuple[str, Any]], sql: str, values: Any) -> Any:
    asked.append((sql, values))
    return type(store).execute(store, sql, values)
