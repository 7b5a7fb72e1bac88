"""Parcels that the edge of a sheet cuts."""

from dataclasses import replace

import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.digitize import run
from tests.unit.test_digitize_labels import CRS, PROFILE, line, sheet

HEIGHT = 40


def west(texts, *, edge=20.0):
    """Return sheet 1: 20 m wide and cut across at half its height."""
    lines = [line((0, 0), (edge, 0), (edge, HEIGHT), (0, HEIGHT), (0, 0)), line((0, 20), (edge, 20))]
    return sheet(texts, lines=lines, number="1")


def east(texts, *, edge=20.0, number="2", path="to_2.dgn"):
    lines = [line((edge, 0), (50, 0), (50, HEIGHT), (edge, HEIGHT), (edge, 0)), line((edge, 20), (50, 20))]
    return replace(sheet(texts, lines=lines, number=number), path=path)


def joined(*sheets):
    made = run(list(sheets), PROFILE, CRS)
    return made, made.findings[made.findings["code"] == "ban_ve.joined_across_sheets"]


# The lower parcel is 1000 m² in two parts of 400 and 600 m²; the upper two are parcels of their own.
UPPER_WEST, UPPER_EAST = ("label", 8, 30, "LUC 2/400"), ("label", 28, 30, "LUC 2/600")


def test_both_parts_that_give_the_whole_area_become_one_parcel_with_both_numbers():
    made, told = joined(
        west([("label", 8, 10, "ONT 1/1000"), UPPER_WEST]), east([("label", 28, 10, "ONT 7/1000"), UPPER_EAST])
    )
    assert sorted(made.parcels.area.round(6)) == [400.0, 600.0, 1000.0]
    whole = made.parcels.loc[made.parcels.area.idxmax()]
    assert (whole["so_hieu_to_ban_do"], whole["so_thu_tu_thua"], whole["so_khac"]) == ("2", "7", "1/1")
    assert told[["value", "detail"]].to_numpy().tolist() == [[1000.0, "2/7 + 1/1"]]
    assert told["feature_id"].tolist() == [whole["feature_id"]]
    assert told["other_id"].str.startswith("to_1.dgn#").all()
    assert not made.findings["feature_id"].isin(told["other_id"]).any()
    assert shapely.get_type_id(whole.geometry) == shapely.GeometryType.POLYGON
    kinds = {(entry.source, entry.kind): entry.accepted for entry in made.ledger.entries}
    assert (kinds["to_1.dgn", "parcel"], kinds["to_1.dgn", "part_of_parcel"], kinds["to_2.dgn", "parcel"]) == (1, 1, 2)


def test_a_part_without_label_goes_to_the_part_that_gives_the_whole_area():
    made, told = joined(west([("label", 8, 10, "ONT 1/1000"), UPPER_WEST]), east([UPPER_EAST]))
    assert len(told) == 1
    assert "ban_ve.face_without_label" not in set(made.findings["code"])
    whole = made.parcels.loc[made.parcels.area.idxmax()]
    assert (whole["so_thu_tu_thua"], whole["loai_dat"]) == ("1", "ONT")
    assert pd.isna(whole["so_khac"])


@pytest.mark.parametrize(
    ("western", "eastern"),
    [
        ("ONT 1/400", "ONT 7/600"),  # two parcels, each with its own area
        ("ONT 1/1000", "ONT 7/600"),  # one label is wrong, the neighbour is a parcel of its own
        ("ONT 1/1100", "ONT 7/1100"),  # the areas do not add up
        ("ONT 1", "ONT 7"),  # nothing is known
    ],
)
def test_without_agreeing_areas_nothing_is_joined(western, eastern):
    made, told = joined(west([("label", 8, 10, western), UPPER_WEST]), east([("label", 28, 10, eastern), UPPER_EAST]))
    assert told.empty
    assert len(made.parcels) == 4


def test_a_part_that_goes_with_two_others_goes_with_neither():
    lines = [line((-30, 0), (0, 0), (0, HEIGHT), (-30, HEIGHT), (-30, 0)), line((-30, 20), (0, 20))]
    made, told = joined(
        west([("label", 8, 10, "ONT 1/1000"), UPPER_WEST]),
        east([UPPER_EAST]),
        replace(sheet([("label", -8, 30, "LUC 9/600")], lines=lines, number="3"), path="to_3.dgn"),
    )
    assert told.empty
    assert "ban_ve.face_without_label" in set(made.findings["code"])


def test_two_sheets_that_drew_the_cut_apart_by_less_than_the_tolerance_still_join():
    made, told = joined(
        west([("label", 8, 10, "ONT 1/1000"), UPPER_WEST], edge=19.95),
        east([("label", 28, 10, "ONT 7/1000"), UPPER_EAST]),
    )
    assert len(told) == 1
    assert made.parcels.area.max() == pytest.approx(1000, abs=1.1)


def test_within_one_sheet_nothing_is_joined():
    lines = [line((0, 0), (50, 0), (50, 20), (0, 20), (0, 0)), line((20, 0), (20, 20))]
    _, told = joined(sheet([("label", 8, 10, "ONT 1/1000"), ("label", 28, 10, "ONT 7/1000")], lines=lines))
    assert told.empty


def test_four_parts_around_a_corner_of_four_sheets():
    corners = {"1": (0, 0), "2": (30, 0), "3": (0, 30), "4": (30, 30)}
    sheets = []
    for number, (x, y) in corners.items():
        ring = line((x, y), (x + 30, y), (x + 30, y + 30), (x, y + 30), (x, y))
        drawn = sheet([("label", x + 12, y + 12, f"LUC {number}/3600")], lines=[ring], number=number)
        sheets.append(replace(drawn, path=f"to_{number}.dgn"))
    made, told = joined(*sheets)
    assert (len(made.parcels), len(told)) == (1, 3)
    assert made.parcels["so_khac"].tolist() == ["2/2; 3/3; 4/4"]


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 48), st.integers(5, 60), st.randoms(use_true_random=False))
def test_order_of_files_changes_nothing(edge, height, random):
    area = 50 * height
    part = [line((0, 0), (edge, 0), (edge, height), (0, height), (0, 0))]
    other = [line((edge, 0), (50, 0), (50, height), (edge, height), (edge, 0))]
    first = sheet([("label", 1, 2, f"LUC 1/{area}")], lines=part, number="1")
    second = replace(sheet([("label", 49, 2, f"LUC 5/{area}")], lines=other, number="2"), path="to_2.dgn")
    files = [first, second]
    random.shuffle(files)
    made, _ = joined(*files)
    assert made.parcels.area.tolist() == pytest.approx([area])
    kept = ("1", "2/5") if edge >= 25 else ("5", "1/1")
    if edge != 25:
        assert tuple(made.parcels[["so_thu_tu_thua", "so_khac"]].iloc[0]) == kept
