import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import dates

SPELLINGS = {
    "05/06/2010": lambda d: f"{d:%d/%m/%Y}",
    "5-6-2010": lambda d: f"{d.day}-{d.month}-{d.year}",
    "05.06.2010": lambda d: f"{d:%d.%m.%Y}",
    "2010-06-05": lambda d: d.isoformat(),
    "with a time": lambda d: f"{d.isoformat()}T07:30:00",
    "in words": lambda d: f"ngày {d.day} tháng {d.month:02} năm {d.year}",
    "without day word": lambda d: f"{d.day} tháng {d.month}, {d.year}",
    "compact": lambda d: f"{d:%d%m%Y}",
    "compact, year first": lambda d: f"{d:%Y%m%d}",
    "English month": lambda d: (
        f"{d:%d}-{'JanFebMarAprMayJunJulAugSepOctNovDec'[3 * d.month - 3 : 3 * d.month]}-{d.year}"
    ),
    "day number": lambda d: str((d - datetime.date(1899, 12, 30)).days),
    "apostrophe": lambda d: f"'{d:%d/%m/%Y}",
}


def one(value):
    return dates.parse(pd.Series([value])).iloc[0]


@settings(max_examples=60, deadline=None)
@given(st.dates(datetime.date(1928, 1, 1), datetime.date(2099, 12, 31)))
def test_every_spelling_of_a_day_is_that_day(day):
    read = dates.parse(pd.Series([write(day) for write in SPELLINGS.values()], index=list(SPELLINGS)))
    assert read["date"].to_dict() == dict.fromkeys(SPELLINGS, day.isoformat())
    assert not read["bad"].any()


@pytest.mark.parametrize(
    "value", ["2010", "năm 2010", "tháng 6/2010", "06/2010", "6-2010", "tháng 6 năm 2010", "tháng Sáu năm 2010"]
)
def test_a_year_alone_or_a_month_is_a_year(value):
    found = one(value)
    assert (found["year"], found["bad"], found["date"] is pd.NA) == (2010, False, True)


@pytest.mark.parametrize("value", ["ngày 05 tháng Sáu năm 2010", "5 tháng sáu 2010", "Ngày 5 Tháng 6 Năm 2010"])
def test_months_in_words(value):
    assert one(value)["date"] == "2010-06-05"


def test_the_month_muoi_mot_is_not_the_month_muoi():
    assert one("ngày 1 tháng mười một năm 2010")["date"] == "2010-11-01"
    assert one("ngày 1 tháng mười năm 2010")["date"] == "2010-10-01"


@pytest.mark.parametrize(
    "value",
    ["06/25/2010", "05/06/10", "31/02/2010", "5062010", "00/00/0000", "01/01/0010", "hôm qua", "13/2010", "5/6"],
)
def test_what_is_no_date_is_told(value):
    found = one(value)
    assert found["bad"]
    assert pd.isna(found["date"])


@pytest.mark.parametrize("value", [None, "", "  ", "-", "...", "/ /"])
def test_blanks_are_not_bad(value):
    assert not one(value)["bad"]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=8))
def test_any_text_is_read_or_told(values):
    read = dates.parse(pd.Series(values))
    assert (read["year"].isna() | ~read["bad"]).all()
