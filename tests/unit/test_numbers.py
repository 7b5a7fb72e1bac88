import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import numbers


def read(*values):
    return numbers.parse(pd.Series(list(values)))


def grouped(whole, mark):
    return f"{whole:,}".replace(",", mark)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 99_999_999), min_size=1, max_size=8),
    st.sampled_from([(".", ","), (",", "."), (" ", ","), ("\u00a0", "."), ("'", "."), ("", ","), ("", ".")]),
    st.sampled_from(["", " m2", "m²", " M2"]),
)
def test_areas_come_back_from_every_way_to_write_them(hundredths, marks, unit):
    thousands, decimal = marks
    texts = [f"{grouped(value // 100, thousands)}{decimal}{value % 100:02}{unit}" for value in hundredths]
    found, wrong = read(*texts)
    assert found.tolist() == pytest.approx([value / 100 for value in hundredths])
    assert not wrong.any()


@pytest.mark.parametrize(
    "value", ["100+20.5", "-5", "12O,5", "1.2.3", "1,2,3", "12 5", "abc", "NaN", "inf", "120.5 m", "1e999", "٣"]
)
def test_what_is_no_number_is_told_and_not_computed(value):
    found, wrong = read(value)
    assert found.isna().all()
    assert wrong.all()


def test_a_lone_number_of_three_decimals_is_not_guessed():
    assert read("1.234")[1].all()
    assert read("1.234", "5,5")[0].tolist() == [1234.0, 5.5]
    assert read("1.234", "5.55")[0].tolist() == [1.234, 5.55]


def test_hectares_become_square_metres():
    assert read("1,25 ha", "0.5ha")[0].tolist() == [12500.0, 5000.0]


def test_scientific_notation_and_text_prefix():
    assert read("1.5e3", "'120,5")[0].tolist() == [1500.0, 120.5]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=15), min_size=1, max_size=6))
def test_any_text_is_read_or_told(values):
    found, wrong = read(*values)
    assert not (found.notna() & wrong).any()
    assert (found.dropna() >= 0).all()


def test_keys_lose_what_spreadsheets_add():
    assert numbers.tidy_key(pd.Series(["'012", "12.0", " 1 2 ", "12a", "3-2019", "0", ""])).tolist() == [
        "12", "12", "12", "12a", "3-2019", pd.NA, pd.NA,
    ]  # fmt: skip
