import doctest

import pandas as pd
import pytest

from pipelines import certificates, identifiers


def texts(*values):
    return pd.Series(values, dtype="string")


def years(*values):
    return pd.Series(values, dtype="Int64")


@pytest.mark.parametrize(
    ("number", "year", "sex", "kind", "state"),
    [
        ("038085012345", 1985, "1", "5", "ok"),
        ("'038 085 012345", 1985, "1", "5", "ok"),
        ("038185012345", 1985, "0", "5", "ok"),
        ("038201012345", 2001, "1", "5", "ok"),
        ("38085012345", 1985, "1", "5", "repaired"),
        ("38085012345", 1990, "1", None, "bad"),
        ("99085012345", None, None, None, "bad"),
        ("038085012345", 1985, "0", "5", "mismatch"),
        ("038085012345", 1986, None, "5", "mismatch"),
        ("Số CCCD: 038085012345", 1985, "1", "5", "ok"),
        ("\u0660\u0663\u0668085012345", None, None, "5", "ok"),
        ("391234567", None, None, None, "bad"),
        ("999085012345", None, None, None, "bad"),
        ("3.8085E+10", None, None, None, "bad"),
        ("171234567", None, None, "2", "ok"),
        ("B1234567", None, None, "6", "ok"),
        ("c12345678", None, None, "6", "ok"),
        ("12345", None, None, None, "bad"),
        ("", None, None, None, "missing"),
        (None, None, None, None, "missing"),
    ],
)
def test_numbers_of_people(number, year, sex, kind, state):
    found = identifiers.people(texts(number), years(year), texts(sex)).iloc[0]
    assert (None if found["kind"] is pd.NA else found["kind"], found["state"]) == (kind, state)


def test_a_bad_number_stays_as_recorded_and_a_repaired_one_has_its_zero():
    found = identifiers.people(texts(" 12-34 ", "38085012345"))["number"].tolist()
    assert found == ["12-34", "038085012345"]


@pytest.mark.parametrize(
    ("code", "number", "state"),
    [
        ("0100109106", "0100109106", "ok"),
        ("0100109106001", "0100109106-001", "ok"),
        ("100109106", "0100109106", "repaired"),
        ("0100109107", "0100109107", "bad"),
        ("038085012345", "038085012345", "ok"),
        (None, None, "missing"),
    ],
)
def test_tax_codes(code, number, state):
    found = identifiers.organisations(texts(code)).iloc[0]
    assert (None if found["number"] is pd.NA else found["number"], found["state"]) == (number, state)


def test_a_masked_number_shows_its_ends_only():
    assert identifiers.mask(texts("038085011234")).tolist() == ["038*****1234"]


@pytest.mark.parametrize(
    ("raw", "day", "serial", "form", "bad", "out"),
    [
        ("M 992872", "2001-01-19", "M 992872", "2", False, False),
        ("AĐ 266864", "2006-05-01", "AĐ 266864", "1", False, False),
        ("ađ-26O864", "2006-05-01", "AĐ 260864", "1", False, False),
        ("Ðđ", None, "Ðđ", None, True, False),
        ("BK991234", "2012-01-01", "BK 991234", "6", False, False),
        ("BK 991234", "2016-01-01", "BK 991234", "11", False, False),
        ("BK 991234", "2008-01-01", "BK 991234", "1", False, False),
        ("DV.991234", "2020-01-01", "DV 991234", "11", False, False),
        ("AA 99123400", "2025-02-01", "AA 99123400", "98", False, False),
        ("AA 99123400", "2012-02-01", "AA 99123400", "98", False, True),
        ("AĐ 266864", "2020-01-01", "AĐ 266864", "1", False, True),
        ("BK 12345", "2012-01-01", "BK 12345", None, True, False),
        ("AĐ 266864", None, "AĐ 266864", "1", False, False),
        (None, "2012-01-01", None, None, False, False),
    ],
)
def test_serials_by_period(raw, day, serial, form, bad, out):
    found = certificates.serials(texts(raw), texts(day)).iloc[0]
    known = [None if value is pd.NA else value for value in (found["serial"], found["form"])]
    assert [*known, bool(found["bad"]), bool(found["out_of_period"])] == [serial, form, bad, out]


def test_numbers_of_the_book_lose_dots_and_spaces():
    assert certificates.tidy_book_number(texts("cn 00.383", "CH03730", " ")).tolist() == ["CN00383", "CH03730", pd.NA]


def test_doctests():
    assert doctest.testmod(identifiers).failed == 0
    assert doctest.testmod(certificates).failed == 0
