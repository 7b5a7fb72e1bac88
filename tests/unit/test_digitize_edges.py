"""Two sheets of a commune along their common edge."""

from dataclasses import replace

import pytest
import shapely

from pipelines.digitize import edges, run
from tests.unit.test_digitize_labels import CRS, PROFILE, line, sheet

WEST = [line((0, 0), (20, 0), (20, 40), (0, 40), (0, 0)), line((0, 20), (20, 20))]
TEXTS = [("label", 8, 10, "ONT 1/400"), ("label", 8, 30, "LUC 2/400")]


def east(offset, *, scale=1000, low=0.0, bend=0.0):
    """Return the eastern sheet, its edge this far east of the western one, its middle vertex moved by `bend` more."""
    edge = [(20 + offset, low), (40, low), (40, 40), (20 + offset, 40), (20 + offset + bend, 20), (20 + offset, low)]
    texts = [("label", 28, 10, "ONT 1/400"), ("label", 28, 30, "LUC 2/400")]
    made = sheet(texts, lines=[line(*edge), line((20 + offset + bend, 20), (40, 20))], number="2")
    return replace(made, path="to_2.dgn", scale=scale)


def found(*sheets):
    return edges.match(run([sheet(TEXTS, lines=WEST), *sheets], PROFILE, CRS).parcels)


@pytest.mark.parametrize("offset", [0.0, 0.01, -0.01])
def test_edges_that_are_one_line_but_for_rounding_are_silent(offset):
    assert found(east(offset)).empty


@pytest.mark.parametrize("offset", [0.08, -0.08])
def test_within_the_tolerance_the_edge_is_matched_and_recorded(offset):
    told = found(east(offset))
    assert set(told["code"]) == {"ban_ve.edge_matched"}
    assert told["value"].tolist() == pytest.approx([0.08] * len(told))
    assert told["limit"].tolist() == pytest.approx([0.2] * len(told))
    assert set(told["feature_id"]) <= {"to_2.dgn#1", "to_2.dgn#2"}
    assert told["other_id"].str.startswith("to_1.dgn#").all()


def test_beyond_the_tolerance_it_is_a_mismatch_with_its_place():
    told = found(east(0.0, bend=0.35))
    assert told["code"].tolist() == ["ban_ve.edge_mismatch"]
    assert told["value"].tolist() == pytest.approx([0.35], abs=0.01)
    assert shapely.length(told.geometry.to_numpy()).tolist() == pytest.approx(told["value"].tolist())


def test_the_coarser_scale_decides():
    assert set(found(east(0.35, scale=2000))["code"]) == {"ban_ve.edge_matched"}
    assert set(found(east(0.35))["code"]) == {"ban_ve.edge_mismatch"}


@pytest.mark.parametrize("offset", [1.0, 4.0])
def test_a_lane_between_two_sheets_is_no_mismatch(offset):
    assert found(east(offset)).empty


def test_three_sheets_and_an_empty_one_do_no_harm():
    far = replace(sheet([], lines=[]), path="to_3.dgn")
    assert set(found(east(0.08), far)["code"]) == {"ban_ve.edge_matched"}
