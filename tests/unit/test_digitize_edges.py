"""Two drawn sheets of a commune along their common edge."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.digitize import run
from tests.unit.test_digitize_labels import CRS, PROFILE, line, sheet

WEST = [line((0, 0), (20, 0), (20, 40), (0, 40), (0, 0)), line((0, 20), (20, 20))]
TEXTS = [("label", 8, 10, "ONT 1/400"), ("label", 8, 30, "LUC 2/400")]


def east(offset, *, bend=0.0, split=20.0):
    """Return the eastern sheet, its edge this far east of the western one, its middle vertex moved by `bend` more."""
    corner, middle = 20 + offset, (20 + offset + bend, split)
    edge = [(corner, 0), (40, 0), (40, 40), (corner, 40), middle, (corner, 0)]
    texts = [("label", 28, 10, "ONT 1/400"), ("label", 28, 30, "LUC 2/400")]
    return replace(sheet(texts, lines=[line(*edge), line(middle, (40, split))], number="2"), path="to_2.dgn")


def traced(*sheets):
    return run([sheet(TEXTS, lines=WEST), *sheets], PROFILE, CRS)


def told(made):
    return made.findings[made.findings["code"] == "ban_ve.edge_matched"]


def seams(parcels):
    """Return the edges that no clean coverage has, of all parcels together."""
    return shapely.length(shapely.coverage_invalid_edges(parcels.geometry.to_numpy())).sum()


def test_an_edge_that_is_one_line_already_is_silent():
    made = traced(east(0.0))
    assert told(made).empty
    assert seams(made.parcels) == 0


@pytest.mark.parametrize("offset", [0.01, 0.04, -0.04])
def test_within_the_snapping_tolerance_both_sheets_get_one_line(offset):
    made = traced(east(offset))
    assert seams(made.parcels) == 0
    assert made.parcels.area.sum() == pytest.approx(1600)
    found = told(made)
    assert found["value"].tolist() == pytest.approx([abs(offset)] * 2, abs=1e-6)
    assert found["limit"].tolist() == [0.05, 0.05]
    assert set(found["source"]) == {"to_2.dgn"}
    assert found["other_id"].str.startswith("to_1.dgn#").all()
    assert shapely.length(found.geometry.to_numpy()).tolist() == pytest.approx(found["value"].tolist())


@pytest.mark.parametrize("offset", [0.08, 1.0, 4.0])
def test_beyond_it_nothing_moves(offset):
    made = traced(east(offset))
    assert told(made).empty
    assert made.parcels.area.sum() == pytest.approx(1600 - 40 * offset)


def test_only_what_is_near_moves():
    made = traced(east(0.0, bend=0.35))
    assert told(made).empty
    assert made.parcels.area.sum() == pytest.approx(1600 - 0.35 * 20)


def test_corners_of_one_sheet_on_a_straight_edge_of_the_other_become_nodes_of_both():
    made = traced(east(0.03, split=27.0))
    assert seams(made.parcels) == 0
    assert (20.0, 20.0) in {tuple(np.round(np.array(xy) - [560_000.0, 2_195_000.0], 6)) for xy in corners(made, "to_2")}


def corners(made, source):
    return shapely.get_coordinates(made.parcels.geometry[made.parcels["source"].str.startswith(source)].to_numpy())


def test_an_empty_sheet_does_no_harm():
    made = traced(east(0.03), replace(sheet([], lines=[]), path="to_3.dgn"))
    assert len(told(made)) == 2


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-0.02, 0.02), min_size=4, max_size=9), st.floats(5, 35))
def test_noise_along_the_edge_leaves_neither_gap_nor_overlap(noise, split):
    heights = np.linspace(0, 40, len(noise))
    edge = [(20 + off, height) for off, height in zip(noise, heights, strict=True)]
    ring = [*edge, (40, 40), (40, 0), edge[0]]
    texts = [("label", 30, 20, "ONT 1/800")]
    other = replace(sheet(texts, lines=[line(*ring)], number="2"), path="to_2.dgn")
    west = [line((0, 0), (20, 0), (20, 40), (0, 40), (0, 0)), line((0, split), (20, split))]
    made = run([sheet([("label", 8, 2, "ONT 1/1"), ("label", 8, 38, "ONT 2/1")], lines=west), other], PROFILE, CRS)
    assert shapely.is_valid(made.parcels.geometry.to_numpy()).all()
    assert made.parcels.area.sum() == pytest.approx(1600, abs=1e-6)
    assert shapely.union_all(made.parcels.geometry.to_numpy()).area == pytest.approx(1600, abs=1e-6)
