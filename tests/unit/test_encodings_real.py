"""Spreadsheets of Vietnamese offices in TCVN3 and VNI, against their text in Unicode."""

import unicodedata
from collections import Counter

import pytest

from pipelines import text
from pipelines.registers import grid

FILES = (
    "tcvn3/2005-FDILangson",
    "tcvn3/2006-Bang-bieu",
    "tcvn3/2007-2007_01_09_103051",
    "tcvn3/2009-Channuoi_2007",
    "tcvn3/2009-KTTrangTrai_2007",
    "vni/2006-Mau23_CKTC_NSH",
    "vni/2009-20081202.257",
)


def _worded(cells):
    """Return cells with a letter, spaces squeezed; numbers are told apart by nothing in either file."""
    squeezed = (" ".join(cell.split()) for cell in cells if cell)
    return [cell for cell in squeezed if any(letter.isalpha() for letter in cell)]


def _accents(cell):
    return sum(len(unicodedata.normalize("NFD", letter)) > 1 or letter in "đĐ" for letter in cell)


@pytest.mark.parametrize("declared", [None, "utf-8"])
@pytest.mark.parametrize("name", FILES)
def test_the_accents_of_a_real_spreadsheet_come_back(name, declared, shared_data):
    encoding, stem = name.split("/")
    path = shared_data(f"encodings/{name}.xls")
    stored, raw = grid.peek(path)
    vote = text.vote(_cells(stored), raw=raw)
    assert vote.encoding == encoding, vote
    found = Counter(_worded(_cells(grid.read(path, declared))))
    truth = shared_data(f"encodings/truth/{stem}.txt").read_text(encoding="utf-8")
    wanted = Counter(_worded(cell for line in truth.split("\n") for cell in line.split("\t")))
    total = sum(_accents(cell) * count for cell, count in wanted.items())
    right = sum(_accents(cell) * count for cell, count in (wanted & found).items())
    print(f"{name}: {right}/{total} accents")
    assert right == total, list((wanted - found).items())[:5]


def _cells(sheets):
    return [cell for _, sheet in sheets for cell in sheet.to_numpy(dtype=object).ravel()]
