"""Spikes and repeated vertices."""

import numpy as np
import pytest
import shapely
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.unit.parcels import CRS, E0, N0, codes, comparable, found, frame, ground, lot, turned

SPIKED = ground((0, 0), (20, 0), (20, 20), (10.1, 20), (10.05, 23), (10, 20), (0, 20))


def spikes(*shapes, **columns):
    return found(frame(*shapes, **columns), "thua_dat.spike")


def test_a_spike_has_its_length_width_and_tip():
    told = found(frame(SPIKED))
    assert told["code"].tolist() == ["thua_dat.spike"]
    assert told["value"].iloc[0] == pytest.approx(3.0, abs=0.01)
    assert told["limit"].iloc[0] == 0.2
    assert told["detail"].iloc[0] == "0.100 m"
    assert told.geometry.iloc[0].equals(shapely.Point(E0 + 10.05, N0 + 23))


def test_a_cut_into_the_parcel_is_a_spike_too():
    assert len(spikes(ground((0, 0), (20, 0), (20, 20), (10.1, 20), (10.05, 5), (10, 20), (0, 20)))) == 1


def test_a_spike_of_a_hole():
    yard = [(5, 5), (5, 10), (7.4, 10), (7.5, 16), (7.6, 10), (10, 10), (10, 5)]
    assert len(spikes(ground((0, 0), (20, 0), (20, 20), (0, 20), holes=[yard]))) == 1


def test_a_boundary_that_overshoots_its_corner():
    """The way back is the end of one side only: the other is the long side of the parcel."""
    told = spikes(ground((0, 0), (25, 0), (20, 0.1), (20, 20), (0, 20)))
    assert told["value"].iloc[0] == pytest.approx(5.0, abs=0.01)


def test_a_blunt_spike():
    assert len(spikes(ground((0, 0), (20, 0), (20, 20), (10.1, 20), (10.1, 23), (10, 23), (10, 20), (0, 20)))) == 1


def test_several_spikes_are_one_finding_with_all_tips():
    told = spikes(
        ground((0, 0), (20, 0), (20, 20), (10.1, 20), (10, 24), (9.9, 20), (5.1, 20), (5, 22), (4.9, 20), (0, 20))
    )
    assert told["detail"].iloc[0] == "0.200 m; 2 gai / spikes"
    assert told["value"].iloc[0] == pytest.approx(4.0, abs=0.01)
    assert len(told.geometry.iloc[0].geoms) == 2


@pytest.mark.parametrize(
    "corners",
    [
        [(0, 0), (60, 0), (60, 8)],  # a triangle between two roads that fork
        [(0, 0), (60, 0), (60, 3)],  # the same, at three degrees
        [(0, 0), (1, 0), (60, 0), (60, 3)],  # with a node of a neighbour a metre from the tip
        [(0, 0), (1, 0), (2, 0), (60, 0), (60, 3), (2, 0.1), (1, 0.05)],
        [(0, 0), (0.874, 1.318), (-4.568, 3.411), (-24.208, 20.427), (6.586, 56.541), (22.088, 26.141)],
        [(0, 0), (20, 0), (20, 20), (10.15, 20), (10.15, 20.5), (10, 20.5), (10, 20), (0, 20)],  # a pillar
        [(0, 0), (20, 0), (20, 20), (10.3, 20), (10.15, 23), (10, 20), (0, 20)],  # wider than the survey errs
        [(0, 0), (20, 0), (20, 20), (10.01, 20), (10, 20.15), (9.99, 20), (0, 20)],  # shorter than the survey errs
    ],
)
def test_corners_that_are_no_spikes(corners):
    assert len(spikes(ground(*corners))) == 0


def test_the_limit_follows_the_scale_of_the_parcel():
    assert len(spikes(SPIKED, ty_le=1000)) == 1
    assert len(spikes(SPIKED, ty_le=200)) == 0


def test_a_sliver_is_not_a_spike_as_well():
    assert codes(frame(ground((0, 0), (30, 0), (60, 0), (60, 0.1), (30, 0.1), (0, 0.1)))) == ["thua_dat.sliver"]


def test_a_spike_without_width_is_invalid_and_no_more():
    assert codes(frame(ground((0, 0), (20, 0), (20, 20), (10, 20), (10, 25), (10, 20), (0, 20)))) == [
        "thua_dat.invalid"
    ]


def test_repeated_vertices():
    told = found(frame(ground((0, 0), (20, 0), (20, 20), (10.004, 20), (10, 20), (0, 20), (0, 20)), lot(30, 0)))
    assert told["code"].tolist() == ["thua_dat.repeated_vertex"]
    assert (told["value"].iloc[0], told["limit"].iloc[0], told["detail"].iloc[0]) == (0.0, 0.01, "2")
    assert told.geometry.iloc[0].equals(shapely.MultiPoint([(E0 + 10.004, N0 + 20), (E0, N0 + 20)]))


def test_vertices_a_centimetre_apart_are_two():
    assert codes(frame(ground((0, 0), (20, 0), (20, 20), (10.01, 20), (10, 20), (0, 20)))) == []


def test_first_and_last_vertex_are_neighbours():
    assert codes(frame(ground((0.002, 0), (20, 0), (20, 20), (0, 20), (0, 0)))) == ["thua_dat.repeated_vertex"]


def test_a_repeated_vertex_hides_no_spike():
    tip = [(10.1, 20), (10.05, 23), (10.05, 23), (10, 20), (10, 20)]
    told = codes(frame(ground((0, 0), (20, 0), (20, 20), *tip, (0, 20))))
    assert told == ["thua_dat.repeated_vertex", "thua_dat.spike"]


def test_repeated_vertices_are_told_of_the_hole_and_every_part():
    hole = [(5, 5), (5, 10), (10, 10), (10, 9.999), (10, 5)]
    several = shapely.MultiPolygon([ground((0, 0), (20, 0), (20, 20), (0, 20), holes=[hole]), lot(50, 0)])
    assert "thua_dat.repeated_vertex" in codes(frame(several))


def plan():
    """One parcel of each kind."""
    twice = ground((60, 0), (80, 0), (80, 20), (70.004, 20), (70, 20), (60, 20))
    yard = [(125, 5), (125, 10), (127.4, 10), (127.5, 16), (127.6, 10), (130, 10), (130, 5)]
    court = ground((120, 0), (140, 0), (140, 20), (120, 20), holes=[yard])
    return [SPIKED, twice, court, ground((200, 0), (260, 0), (260, 3))]


@settings(max_examples=20, phases=[Phase.explicit, Phase.generate])
@given(st.permutations(range(4)), st.integers(0, 6), st.booleans())
def test_order_and_direction_make_no_difference(order, by, reverse):
    plain = frame(*plan())
    other = frame(*[turned(each, by, reverse) for each in plan()]).iloc[list(order)]
    assert comparable(found(other)) == comparable(found(plain))


@settings(max_examples=40, phases=[Phase.explicit, Phase.generate])
@given(st.floats(0, 2 * np.pi), st.floats(0.01, 0.19), st.floats(2.0, 9.0), st.integers(0, 5))
def test_a_spike_is_found_however_it_lies(angle, width, length, nodes):
    """Turned by any angle, and with nodes of neighbours on one of its sides."""
    side = [(10 + width - width / 2 * s, 20 + length * s) for s in np.linspace(0, 1, nodes + 1)[1:-1]]
    shape = ground((0, 0), (20, 0), (20, 20), (10 + width, 20), *side, (10 + width / 2, 20 + length), (10, 20), (0, 20))
    rotated = shapely.transform(shape, lambda xy: _turn(xy, angle))
    told = found(frame(rotated), "thua_dat.spike")
    assert told["value"].tolist() == pytest.approx([length], abs=0.01)


def _turn(xy, angle):
    cos, sin = np.cos(angle), np.sin(angle)
    return (xy - [E0, N0]) @ [[cos, sin], [-sin, cos]] + [E0, N0]


def test_findings_have_the_crs_of_the_parcels():
    assert found(frame(SPIKED)).crs == CRS
