import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import certificates, identifiers, qr

GOOD = "15-02-2025-08-30-00|38.15670|PhanMem|H38.15-250215-0001|AA 00000001|1|15-02-2025-08-30-00|123456"
_ANY = st.text(max_size=30)
_FIELD = st.text(alphabet="AB01.-", max_size=8)
_TIMES = st.datetimes(datetime.datetime(2025, 1, 1), datetime.datetime(2060, 1, 1))


def texts(*values):
    return pd.Series(values, dtype="string")


def test_a_good_code_is_read():
    found = qr.parse(texts(GOOD, None)).iloc[0]
    assert found["in_luc"] == "2025-02-15T08:30:00" and found["so_phat_hanh"] == "AA 00000001"
    assert found["bad"] is pd.NA


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (GOOD.replace("15-02-2025", "31-02-2025", 1), "in_luc"),
        (GOOD.replace("AA 00000001", "BĐ 123456"), "so_phat_hanh"),
        (GOOD.replace("123456", "12x"), "ma_bao_mat"),
        (GOOD + "|", "so_truong"),
        ("hello", "so_truong"),
        (" ", pd.NA),
    ],
)
def test_faults_are_named(payload, fault):
    assert qr.parse(texts(payload))["bad"].tolist() == [fault]


def test_a_code_is_compared_with_the_certificate():
    codes = qr.parse(texts(GOOD, GOOD, GOOD, "x", None))
    serials = texts("AA 00000001", "AA 00000002", "AA 00000001", "AA 00000001", "BĐ 123456")
    days = texts("2025-02-15", "2025-02-15", "2012-01-01", None, None)
    assert qr.compare(codes, serials, days).tolist() == [pd.NA, "so_phat_hanh", "ngay_cap", "ma_qr", pd.NA]


@settings(deadline=None, max_examples=40)
@given(time=_TIMES, middle=st.lists(_FIELD, min_size=3, max_size=3), number=st.integers(0, 99_999_999))
def test_codes_survive_their_way(time, middle, number):
    stamp, serial = time.strftime("%d-%m-%Y-%H-%M-%S"), f"AB {number:08d}"
    fields = pd.Series(dict(zip(qr.FIELDS, [stamp, *middle, serial, "7", stamp, "-12"], strict=True)))
    found = qr.parse(texts(qr.compose(fields))).iloc[0]
    assert found["bad"] is pd.NA
    assert (found["so_phat_hanh"], found["in_luc"]) == (serial, time.strftime("%Y-%m-%dT%H:%M:%S"))


@settings(deadline=None, max_examples=60)
@given(values=st.lists(st.one_of(st.none(), _ANY, _ANY.map(GOOD[:30].__add__)), min_size=1, max_size=4))
def test_no_text_breaks_a_parser_and_tidying_twice_changes_nothing(values):
    column = texts(*values)
    assert len(qr.parse(column)) == len(column)
    for tidied, again in (
        (identifiers.people(column)["number"], lambda c: identifiers.people(c)["number"]),
        (identifiers.organisations(column)["number"], lambda c: identifiers.organisations(c)["number"]),
        (certificates.barcodes(column)["barcode"], lambda c: certificates.barcodes(c)["barcode"]),
        (certificates.tidy_book_number(column), certificates.tidy_book_number),
    ):
        assert again(tidied).fillna("").tolist() == tidied.fillna("").tolist()


@settings(deadline=None, max_examples=60)
@given(
    province=st.sampled_from(sorted(identifiers.PROVINCES)),
    century=st.integers(0, 5),
    year=st.integers(0, 99),
    rest=st.integers(0, 999_999),
)
def test_personal_numbers_agree_with_themselves_alone(province, century, year, rest):
    number = f"{province}{century}{year:02d}{rest:06d}"
    born, sex = 1900 + century // 2 * 100 + year, "1" if century % 2 == 0 else "0"
    columns = pd.Series([born, born + 1], dtype="Int64"), texts(sex, "0" if sex == "1" else "1")
    found = identifiers.people(texts(number, number), *columns)
    assert found["state"].tolist() == ["ok", "mismatch"]
    assert found["contradicts"].tolist() == [pd.NA, "nam_sinh,gioi_tinh"]
    if number.startswith("0"):
        lost = identifiers.people(texts(number[1:], number[1:]), *columns)
        assert lost["state"].tolist() == ["repaired", "bad"] and lost["number"].iloc[0] == number


@pytest.mark.parametrize(
    ("number", "country", "kind"),
    [("AB123456", "USA", "6"), ("AB123456", "VNM", None), ("AB123456", None, None), ("123456789", "USA", "6"),
     ("123456789", None, "2")],
)  # fmt: skip
def test_foreign_passports_need_their_country(number, country, kind):
    found = identifiers.people(texts(number), countries=texts(country))["kind"].iloc[0]
    assert (None if found is pd.NA else found) == kind


@pytest.mark.parametrize(("date", "state"), [(None, "ok"), ("2025-06-30", "bad"), ("2025-07-01", "ok")])
def test_personal_numbers_are_tax_codes_since_their_day(date, state):
    assert identifiers.organisations(texts("038085012345"), date)["state"].tolist() == [state]


def test_barcodes_and_book_numbers():
    found = certificates.barcodes(texts("15670.12.000345", "1567012000345", "381567012000345", "12", None))
    assert found["barcode"].tolist()[:4] == ["15670.12.000345", "15670.12.000345", "3815670.12.000345", "12"]
    assert found["bad"].tolist() == [False, False, False, True, False]
    books = certificates.book_numbers(texts("CN 00383", "ch03730", "123/QSDĐ/2001", "??", None))
    assert books["prefix"].tolist() == ["CN", "CH", pd.NA, pd.NA, pd.NA]
    assert books["is_known"].tolist() == [True, True, True, False, pd.NA]
