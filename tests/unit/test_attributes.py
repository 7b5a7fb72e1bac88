"""What the register says of certificates, terms, holders and scans: contradictions found, lawful cases left alone."""

import pandas as pd
import pytest

from pipelines.validate import scans
from pipelines.validate.scans import Scans
from tests.unit.registers import OTHER, SELF, WIFE, found, told

ELDER = {"ngay_sinh": "1950", "so_giay_to": "038050990001"}


def test_lawful_rows_give_no_finding():
    assert told({}) == []
    assert told({"thua": "1"}, {"thua": "2"}) == [], "one certificate for two parcels of one holder"
    shared = {"hinh_thuc_1": "Sử dụng chung", "phap_nhan": "Đồng sử dụng", "vai_tro": "Thành viên"}
    assert told({**SELF, **shared}, {**OTHER, **shared}) == [], "two certificates for joint users of one parcel"


@pytest.mark.parametrize(
    ("day", "serial", "detail"),
    [
        ("01/08/2025", "AA 00000100", "2025-08-01 > 2025-06-15"),
        ("13/07/1989", "A 123456", "1989-07-13 < 1989-07-14"),
    ],
)
def test_days_on_which_no_certificate_can_be_issued(day, serial, detail):
    rows = found({"ngay_cap": day, "so_phat_hanh": serial, "so_vao_so": None, **ELDER})
    assert rows[["code", "detail"]].to_numpy().tolist() == [["giay_chung_nhan.impossible_date", detail]]


@pytest.mark.parametrize(("day", "serial"), [("15/06/2025", "AA 00000100"), ("14/07/1989", "A 123456")])
def test_the_first_and_the_last_possible_day(day, serial):
    assert told({"ngay_cap": day, "so_phat_hanh": serial, "so_vao_so": None, **ELDER}) == []


def test_a_date_of_another_form_is_told_once():
    assert told({"ngay_cap": "01/02/1980"}) == ["giay_chung_nhan.out_of_period"]


@pytest.mark.parametrize(("born", "code"), [("2012", []), ("2013", ["giay_chung_nhan.before_birth"])])
def test_nobody_has_a_certificate_of_a_year_before_his_birth(born, code):
    assert told({"ngay_sinh": born, "so_giay_to": f"0382{born[2:]}990001"}) == code


@pytest.mark.parametrize(
    ("book", "code"),
    [
        ("CH 00.123", []),
        ("123/QSDĐ/2001", []),
        ("H00123", ["giay_chung_nhan.book_number_period"]),
        ("CS00123", ["giay_chung_nhan.book_number_period"]),
        ("??", ["giay_chung_nhan.bad_book_number"]),
    ],
)
def test_book_numbers_have_forms_and_times(book, code):
    assert told({"so_vao_so": book}) == code


def test_one_serial_for_strangers_is_told_once_with_the_row_it_is_taken_from():
    rows = found({"thua": "1"}, {"thua": "2", **OTHER, "so_phat_hanh": "BK 991234"})
    assert rows[["code", "feature_id", "other_id"]].to_numpy().tolist() == [
        ["giay_chung_nhan.serial_reused", "so.xlsx#3", "so.xlsx#2"]
    ]


def test_a_serial_shared_by_people_of_whom_one_is_the_same_is_one_certificate():
    pair = {"phap_nhan": "Vợ chồng"}
    first = [{"thua": "1", **pair, "vai_tro": "Chồng"}, {"thua": "1", **pair, **WIFE}]
    assert told(*first, {"thua": "2", **WIFE, "phap_nhan": "Cá nhân", "vai_tro": "Cá nhân"}) == []


def test_one_certificate_with_two_dates():
    rows = found({"thua": "1"}, {"thua": "2", "ngay_cap": "02/02/2012"})
    assert rows[["code", "detail"]].to_numpy().tolist() == [
        ["giay_chung_nhan.contradiction", "ngay_cap=2012-02-01 / 2012-02-02"]
    ]


def test_sole_use_allows_one_certificate():
    rows = found(SELF, OTHER)
    assert rows[["code", "value", "limit", "other_id"]].to_numpy().tolist() == [
        ["giay_chung_nhan.several_for_parcel", 2.0, 1.0, "so.xlsx#2"]
    ]


@pytest.mark.parametrize(("day", "code"), [("31/07/2024", []), ("01/08/2024", ["giay_chung_nhan.household_after_law"])])
def test_households_hold_what_is_older_than_the_law(day, code):
    household = {"phap_nhan": "Hộ gia đình", "vai_tro": "Chủ hộ", "so_phat_hanh": "CĐ 991234", "so_vao_so": "CS00001"}
    assert told({**household, "ngay_cap": day}) == code


COMPANY = {
    "ho_ten": None,
    "so_giay_to": None,
    "ngay_sinh": None,
    "gioi_tinh": None,
    "vai_tro": None,
    "phap_nhan": "Tổ chức",
    "ten_to_chuc": "Công ty TNHH Mẫu",
    "ma_to_chuc": "0100109106",
}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({**COMPANY, "loai_dat_1": "TMD", "thoi_han_1": "Đến ngày 14/06/2025"}, ["so_dia_chinh.term_ended"]),
        ({**COMPANY, "loai_dat_1": "TMD", "thoi_han_1": "Đến ngày 15/06/2025"}, []),
        ({"loai_dat_1": "LUC", "thoi_han_1": "Đến ngày 15/10/2013"}, []),
        ({"loai_dat_1": "TMD", "thoi_han_1": "Đến ngày 15/10/2013"}, ["so_dia_chinh.term_ended"]),
        ({"loai_dat_1": "CLN", "thoi_han_1": "Lâu dài"}, ["so_dia_chinh.term_mismatch"]),
        ({"loai_dat_1": "LUC", "thoi_han_1": "70 năm"}, ["so_dia_chinh.term_mismatch"]),
        ({"loai_dat_1": "LUC", "thoi_han_1": "20 năm"}, []),
        ({"loai_dat_1": "ONT", "thoi_han_1": "Lâu dài"}, []),
        ({**COMPANY, "loai_dat_1": "CLN", "thoi_han_1": "Lâu dài"}, []),
    ],
)
def test_terms_by_land_use_and_holder(row, code):
    assert told(row) == code


def test_gardens_granted_for_ever_before_the_law_of_2003_are_left_alone():
    old = {"ngay_cap": "05/05/1998", "so_phat_hanh": "M 991234", "so_vao_so": "123/QSDĐ", **ELDER}
    assert told({**old, "loai_dat_1": "CLN", "thoi_han_1": "Lâu dài"}) == []


@pytest.mark.parametrize(
    ("code", "commune", "era", "day", "is_wrong"),
    [
        ("ODT", "15670", "E2025A", "01/02/2012", True),
        ("ONT", "15670", "E2025A", "01/02/2012", False),
        ("ONT", "15664", "E2025A", "01/02/2012", False),  # a township now; when it became one no list says
        ("ONT", "15664", "E2025A", "01/02/2025", True),
        ("ODT", "15664", "E2025B", "01/02/2012", False),  # a commune today that was a township then
        ("ODT", "15664", "E2025B", "01/08/2025", True),
        ("ODT", "15667", "E2025B", "01/02/2012", True),  # came from communes alone
    ],
)
def test_residential_codes_follow_the_unit_of_their_time(code, commune, era, day, is_wrong):
    recent = {"so_phat_hanh": "AA 00000100", "so_vao_so": "CN00001"} if day.endswith("2025") else {}
    row = {"ma_xa": commune, "loai_dat_1": code, "thoi_han_1": "Lâu dài", "ngay_cap": day, **recent}
    codes = told(row, commune=commune, era=era, date="2025-12-31")
    assert codes == (["so_dia_chinh.residential_code"] if is_wrong else [])


@pytest.mark.parametrize(("commune", "codes"), [("15667", []), ("15703", ["so_dia_chinh.other_commune"]), (None, [])])
def test_rows_of_the_commune_it_became_are_its_own(commune, codes):
    assert told({"ma_xa": commune}) == codes


def listed(*names, broken=()):
    return Scans(scans.spelled(names), scans.spelled(broken))


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("BK 991234-GCN.pdf", []),
        ("quet/bk991234-gcn.PDF; BK 991234-GT", []),
        ("BK 991235-GCN.pdf", ["giay_chung_nhan.scan_missing"]),
        ("BK 991234-GCN.pdf;hong.jpg", ["giay_chung_nhan.scan_unreadable"]),
        (None, []),
        (" ; ", []),
    ],
)
def test_scans_are_found_by_name(cell, codes):
    there = listed("BK 991234-GCN.pdf", "BK 991234-GT.PDF", "hong.jpg", broken=["hong.jpg"])
    assert told({"ten_file": cell}, scanned=there) == codes


def test_a_package_without_scans_is_one_finding_for_each_register():
    rows = found({"ten_file": "a.pdf;b.pdf"}, {"thua": "2", "ten_file": "a.pdf"}, scanned=listed())
    assert rows[["code", "feature_id", "value"]].to_numpy().tolist() == [
        ["giay_chung_nhan.scan_missing", "so.xlsx", 2.0]
    ]


def test_the_survey_of_scans_reads_how_files_begin(tmp_path):
    (tmp_path / "quet").mkdir()
    (tmp_path / "quet" / "Một.PDF").write_bytes(b"\n%PDF-1.4")
    (tmp_path / "hai.jpg").write_bytes(b"")
    (tmp_path / "ba.tif").write_bytes(b"II*\x00 and so on")
    (tmp_path / "bon.png").write_bytes(b"<html>")
    (tmp_path / "nam.txt").write_bytes(b"no scan")
    made = scans.survey(tmp_path)
    assert made.names == {"một.pdf", "một", "hai.jpg", "hai", "ba.tif", "ba", "bon.png", "bon"}
    assert made.broken == {"hai.jpg", "hai", "bon.png", "bon"}


def test_rows_that_were_not_normalised_are_not_judged():
    from pipelines import findings
    from pipelines.validate import register
    from tests.unit.test_normalize import drawn

    rows = pd.DataFrame({"row_id": ["a"], "feature_id": ["b"]})
    assert register.examine(drawn({}), rows, prior=findings.empty("EPSG:5897")).empty
