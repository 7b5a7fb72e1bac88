"""Names of sheets in the grid: both directions, every scale, the forms people print."""

import numpy as np
import pytest

from pipelines.scan.place import sheets
from pipelines.scan.place.sheets import Cell


@pytest.mark.parametrize(
    ("text", "scale", "west", "north"),
    [
        ("10-728 494", 10_000, 494_000, 1_728_000),
        ("725 497", 5000, 497_000, 1_725_000),
        ("725 500-6", 2000, 502_000, 1_724_000),
        ("725 500-6-d", 1000, 502_500, 1_723_500),
        ("725 500-6-(11)", 500, 502_500, 1_723_500),
        ("725 500-6-25", 200, 502_400, 1_723_800),
    ],
)
def test_name_and_corners_lead_to_each_other(text: str, scale: int, west: float, north: float) -> None:
    cell = sheets.parse(text)
    assert cell == Cell(scale, west, north)
    assert sheets.name(cell) == text


def test_every_scale_round_trips_anywhere() -> None:
    rng = np.random.default_rng(5)
    for scale in sheets.SIDES_M:
        for easting, northing in zip(rng.uniform(4e5, 6.4e5, 200), rng.uniform(2.1e6, 2.3e6, 200), strict=True):
            cell = sheets.at(easting, northing, scale)
            assert cell.west <= easting <= cell.west + cell.side
            assert cell.north - cell.side <= northing <= cell.north
            read = sheets.parse(sheets.name(cell), scale)
            assert read is not None
            assert (read.west, read.north, read.scale) == (cell.west, cell.north, scale)


def test_the_scale_printed_decides_where_brackets_are_missing() -> None:
    assert sheets.parse("725 500-6-11") == sheets.parse("725 500-6-11", 200)
    assert sheets.parse("725 500-6-11", 500) == sheets.parse("725 500-6-(11)")
    assert sheets.parse("725 500-6-(11)", 1000) is None


def test_older_forms_and_noise_of_print() -> None:
    wanted = Cell(500, 502_500, 1_723_500)
    assert sheets.parse("Số hiệu mảnh: 725500 - (6) - (11)") == wanted
    assert sheets.parse("MẢNH 1725 500\u20136\u2013[11]") == wanted
    assert sheets.parse("725 501-6") is None, "501 km is no corner of a 3 km square"
    assert sheets.parse("Tờ bản đồ số 12") is None


def test_which_thousand_is_meant_follows_from_the_grid() -> None:
    south, north = sheets.parse("188 500-1"), sheets.parse("190 578-1")
    assert south is not None and south.north == 1_188_000
    assert north is not None and north.north == 2_190_000
