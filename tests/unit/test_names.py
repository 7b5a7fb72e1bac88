import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import communes, dates, names, numbers


def texts(*values):
    return pd.Series(values, dtype="string")


@pytest.mark.parametrize(
    ("raw", "person"),
    [
        ("Ông NGUYỄN VĂN HOÀ", "Nguyễn Văn Hòa"),
        ("hộ bà  Lê Thị Thuý", "Lê Thị Thúy"),
        ("Vừ A Dí", "Vừ A Dí"),
        ("Lê Văn ất", "Lê Văn Ất"),
        ("H'Mông Y", "H'Mông Y"),
    ],
)
def test_people(raw, person):
    assert names.people(texts(raw)).tolist() == [person]


def test_keys_ignore_the_place_of_the_tone_but_not_the_accent():
    assert names.key(texts("HOÀ", "Hòa")).nunique() == 1
    assert names.key(texts("Hoa", "Hòa")).nunique() == 2
    assert names.loose_key(texts("Hoa", "Hòa", "HOÀ")).nunique() == 1


def test_addresses_have_one_comma_and_one_space():
    assert names.tidy(texts("Thôn 5 ,xã  Thọ Bình,", None)).tolist() == ["Thôn 5, xã Thọ Bình", pd.NA]


def test_sexes():
    assert names.sexes(texts("Nam", "NỮ", "nu", "1", "x", None)).tolist() == ["1", "0", "0", "1", pd.NA, pd.NA]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["1.234,5", "120,5", "1.234"], [1234.5, 120.5, 1234.0]),
        (["1,234.5", "120.5", "1,234"], [1234.5, 120.5, 1234.0]),
        (["1234.5", "98", "12 m2", "7 m²"], [1234.5, 98.0, 12.0, 7.0]),
        (["1234,5", "98"], [1234.5, 98.0]),
        (["1.234.567,8"], [1234567.8]),
    ],
)
def test_decimal_marks_are_told_apart_by_the_column(column, expected):
    values, bad = numbers.parse(texts(*column))
    assert values.tolist() == expected
    assert not bad.any()


@pytest.mark.parametrize("value", ["abc", "-3", "12..5", "1.2.3", "1.234", "1/2"])
def test_what_is_no_number_or_could_be_two_is_told(value):
    values, bad = numbers.parse(texts(value))
    assert values.isna().all() and bad.all()


@pytest.mark.parametrize("value", ["", " ", "-", None])
def test_nothing_is_no_bad_number(value):
    values, bad = numbers.parse(texts(value))
    assert values.isna().all() and not bad.any()


@settings(deadline=None)
@given(tenths=st.lists(st.integers(0, 10**9), min_size=1, max_size=20), style=st.sampled_from(["vi", "en", "plain"]))
def test_areas_survive_being_written_down(tenths, style):
    areas = [tenth / 10 for tenth in tenths]
    written = [f"{area:,.1f}" for area in areas]
    if style == "vi":
        written = [text.translate(str.maketrans(",.", ".,")) for text in written]
    elif style == "plain":
        written = [text.replace(",", "") for text in written]
    values, bad = numbers.parse(texts(*written))
    assert values.tolist() == pytest.approx(areas)
    assert not bad.any()


def test_keys_of_sheets_and_parcels():
    assert numbers.tidy_key(texts("012", "12.0", " 12a", "0", "3-2019", None, "AB", "")).tolist() == [
        "12", "12", "12a", pd.NA, "3-2019", pd.NA, "AB", pd.NA,
    ]  # fmt: skip


_SPELLINGS = (
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%Y-%m-%d",
    "%Y-%m-%d 00:00:00",
    "%d%m%Y",
    "ngày %d tháng %m năm %Y",
    "Ngày %d tháng %m năm %Y",
)


@settings(deadline=None)
@given(day=st.dates(datetime.date(1900, 3, 1), datetime.date(2099, 12, 31)), spelling=st.sampled_from(_SPELLINGS))
def test_days_survive_every_spelling(day, spelling):
    found = dates.parse(texts(day.strftime(spelling))).iloc[0]
    assert (found["date"], found["year"], bool(found["bad"])) == (day.isoformat(), day.year, False)


@settings(deadline=None)
@given(day=st.dates(datetime.date(1928, 1, 1), datetime.date(2099, 12, 31)))
def test_days_survive_as_excel_serials(day):
    serial = (day - datetime.date(1899, 12, 30)).days
    assert dates.parse(texts(str(serial))).iloc[0]["date"] == day.isoformat()


def test_a_year_alone_is_a_year_and_no_day():
    found = dates.parse(texts("1958")).iloc[0]
    assert (found["date"], found["year"], bool(found["bad"])) == (pd.NA, 1958, False)


@pytest.mark.parametrize("value", ["31/02/2010", "5/6/10", "06/25/2010", "không rõ", "00/00/2010", "99999999"])
def test_days_that_do_not_exist_are_told(value):
    assert bool(dates.parse(texts(value)).iloc[0]["bad"])


def test_a_commune_is_a_code_and_an_era():
    old, new = communes.commune("15271", "E2025A"), communes.commune("15271", "E2025B")
    assert (old.is_urban, new.is_urban) == (True, False)
    assert not communes.is_known("15670", "E2025B")
    assert communes.is_known("25354", "XX")


def test_an_address_may_name_the_commune_by_any_of_its_names():
    addresses = texts("Thôn 1, xã Thọ Bình", "xã Thọ Sơn, huyện Triệu Sơn", "Đồng Cao", None, "xã Vô Danh")
    assert communes.contradicts(addresses, "15670", "E2025A").tolist() == [False, True, False, False, False]
    # Since July 2025 Thọ Sơn is a part of the new commune Thọ Bình.
    assert communes.contradicts(texts("xã Thọ Sơn", "xã Dân Lý"), "15667", "E2025B").tolist() == [False, True]
