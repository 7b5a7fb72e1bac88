"""Holders of the register: who is complete, who is one person and who two; and nobody is named in a finding."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.validate.records import first, leader
from tests.unit.registers import OTHER, SELF, WIFE, found, told
from tests.unit.test_attributes import COMPANY

COUPLE = ({**SELF, "phap_nhan": "Vợ chồng", "vai_tro": "Chồng"}, {**SELF, **WIFE, "phap_nhan": "Vợ chồng"})


def test_a_couple_a_household_and_joint_users_are_lawful():
    assert told(*COUPLE) == []
    household = {"phap_nhan": "Hộ gia đình"}
    assert told({**household, "vai_tro": "Chủ hộ"}, {**household, **WIFE, "vai_tro": "Thành viên"}) == []
    assert told(COMPANY) == []


@pytest.mark.parametrize(
    ("rows", "detail"),
    [
        ([COUPLE[0]], "vo_chong: 1"),
        ([{"phap_nhan": "Đồng sử dụng", "vai_tro": "Thành viên"}], "nhom_nguoi: 1"),
        ([{"phap_nhan": "Hộ gia đình", "vai_tro": "Thành viên"}], "ho_gia_dinh: chu_ho"),
        ([{"phap_nhan": "Tổ chức", "vai_tro": "Người đại diện"}], "to_chuc: ten_to_chuc"),
        ([{**COMPANY, "phap_nhan": "Cá nhân"}], "ca_nhan: ten_to_chuc"),
        ([{"vai_tro": "Vợ"}], "ca_nhan: vo"),
        ([{}, {**OTHER, "so_phat_hanh": "BK 991234"}], "ca_nhan: 2"),
        ([{**COUPLE[0], "vai_tro": "Vợ"}, {**COUPLE[1], "vai_tro": "Chồng"}], "vo_chong: gioi_tinh"),
    ],
)
def test_kinds_that_contradict_the_people(rows, detail):
    made = found(*rows)
    assert set(made["code"]) == {"so_dia_chinh.holder_kind"}
    assert set(made["detail"]) == {detail}


def test_what_is_missing_is_told_unless_another_row_of_the_holder_has_it():
    assert told({"gioi_tinh": None}) == [], "the file has no such column"
    bare = {**OTHER, "thua": "2", "gioi_tinh": None, "dia_chi_chu": None}
    rows = found({}, bare)
    assert rows[["code", "detail"]].to_numpy().tolist() == [["giay_to.incomplete", "gioi_tinh, dia_chi_chu"]]
    assert told({}, bare, {**OTHER, "thua": "3"}) == []


@pytest.mark.parametrize(
    ("other", "detail"),
    [
        ({"ho_ten": "Trần Văn Khác"}, "ho_ten"),
        ({"ho_ten": "nguyen van mau"}, None),
        ({"ho_ten": "NGUYỄN VĂN MẪU"}, None),
    ],
)
def test_a_number_belongs_to_one_person(other, detail):
    rows = found({}, {"thua": "2", "so_phat_hanh": "BK 991299", **other})
    assert [*rows["detail"]] == ([detail] if detail else [])
    assert set(rows["code"]) <= {"giay_to.shared_number"}


def test_old_cards_of_one_number_tell_birth_years_apart():
    card = {"so_giay_to": "171234567", "ngay_sinh": "1950"}
    rows = found(card, {**card, "thua": "2", "so_phat_hanh": "BK 991299", "ngay_sinh": "1952"})
    assert rows[["code", "detail"]].to_numpy().tolist() == [["giay_to.shared_number", "nam_sinh"]]


@pytest.mark.parametrize(
    ("born", "number", "codes"),
    [
        ("03/02/1985", "038085990009", ["giay_to.two_numbers"]),
        ("03/02/1985", "171234567", []),
        ("04/02/1985", "038085990009", []),
        ("01/01/1985", "038085990009", []),
        ("1985", "038085990009", []),
    ],
)
def test_one_name_and_birthday_under_two_numbers(born, number, codes):
    other = {"thua": "2", "so_phat_hanh": "BK 991299", "ngay_sinh": born, "so_giay_to": number}
    assert told({"ngay_sinh": born if born == "01/01/1985" else "03/02/1985"}, other) == codes


@pytest.mark.parametrize(("day", "codes"), [("31/12/2024", []), ("02/01/2025", ["giay_to.expired"])])
def test_old_cards_end_with_2024(day, codes):
    serial = {"so_phat_hanh": "CĐ 991234", "so_vao_so": "CS00001"}
    serial = serial if day.endswith("2024") else {"so_phat_hanh": "AA 00000100", "so_vao_so": "CN00001"}
    assert told({"ngay_cap": day, "so_giay_to": "171234567", **serial}) == codes


def test_a_person_named_twice_for_one_certificate():
    assert told({}, {"ho_ten": "nguyễn văn mẫu"}) == ["so_dia_chinh.duplicate_row"]
    rows = found({}, {"thoi_han_1": "50 năm", "dia_chi_chu": "Thôn 2"})
    assert rows[["code", "detail", "other_id"]].to_numpy().tolist() == [
        ["so_dia_chinh.repeated_holder", "thoi_han_1, dia_chi_chu", "so.xlsx#2"]
    ]
    assert told({}, {"dien_tich": "90,0", "dien_tich_1": "90,0"}) == ["so_dia_chinh.contradiction"]


def test_no_finding_about_holders_says_a_name_a_number_or_a_birthday():
    rows = found(
        {"thua": "1"},
        {"thua": "2", **OTHER, "so_giay_to": SELF["so_giay_to"], "gioi_tinh": None, "vai_tro": "Vợ"},
        {"thua": "3", "so_giay_to": "038085990009", "so_phat_hanh": "BK 991277", "dia_chi_chu": "Thôn 9"},
        {"thua": "4", **OTHER, "so_phat_hanh": "BK 991255", "ngay_sinh": "2014", "phap_nhan": "Nguyễn Văn Mẫu"},
    )
    assert len(set(rows["code"])) > 3
    words = rows["detail"].dropna().str.cat(sep=" ")
    secrets = ("Mẫu", "Khác", "038085990001", "038085990009", "038079990003", "1985-02-03", "1979", "Thôn 9")
    assert not [secret for secret in secrets if secret in words]


@given(st.lists(st.tuples(st.booleans(), st.integers(-1, 4), st.integers(-1, 3)), max_size=30))
def test_first_and_leader_agree_with_a_loop(rows):
    frame = pd.DataFrame(rows, columns=["where", "group", "other"]).astype({"group": "int64", "other": "int64"})
    where, group = frame["where"].to_numpy(dtype=bool), frame["group"].to_numpy()
    seen: set[tuple[int, int]] = set()
    expected = [
        at for at, (flag, *key) in enumerate(rows) if flag and tuple(key) not in seen and not seen.add(tuple(key))
    ]
    assert first(where, group, frame["other"].to_numpy()).tolist() == expected
    leads = [
        next((at for at, (flag, key, _) in enumerate(rows) if flag and key == mine), -1) if mine >= 0 else -1
        for _, mine, _ in rows
    ]
    assert leader(where, group).tolist() == leads


def test_what_is_written_but_in_no_list_is_not_told_as_missing():
    assert told({"gioi_tinh": "X"}, {**OTHER, "thua": "2"}) == ["so_dia_chinh.bad_code"]
    other_column = {"hinh_thuc_1": "X", "gioi_tinh": None}
    assert told(other_column, {**OTHER, "thua": "2"}) == ["giay_to.incomplete", "so_dia_chinh.bad_code"]
