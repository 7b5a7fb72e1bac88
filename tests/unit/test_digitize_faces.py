"""Faces do not depend on how a drawing was put together: order, direction, splitting, place; and GEOS agrees."""

import warnings

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.digitize import faces, planar
from pipelines.digitize.grid import merged, pairs_within
from pipelines.digitize.network import build

ORIGIN = np.array([560_000.0, 2_195_000.0])
TOLERANCE_M = 0.05
POINT = st.tuples(st.integers(0, 12), st.integers(0, 12))
STROKES = st.lists(st.tuples(POINT, POINT), min_size=1, max_size=25)


def trace(lines, tolerance_m=TOLERANCE_M):
    network = build(np.asarray(lines, dtype=object), tolerance_m)
    kept, _ = faces.prune(network)
    return faces.polygonize(network, kept)[0]


def strokes(pairs, size=7.0):
    return [shapely.LineString(np.array(pair) * size + ORIGIN) for pair in pairs if pair[0] != pair[1]]


def same(one, other, at=0.0):
    return np.array_equal(shapely.to_wkb(shapely.normalize(one)), shapely.to_wkb(shapely.normalize(other)))


def close(one, other):
    """Tell whether two sets of faces are the same up to a millimetre; one vertex more on a straight edge is nothing."""
    if len(one) != len(other):
        return False
    found, face = shapely.STRtree(other).query(shapely.point_on_surface(one), predicate="within")
    if not np.array_equal(np.sort(found), np.arange(len(one))) or len(np.unique(face)) != len(other):
        return False
    apart = shapely.area(shapely.symmetric_difference(one[found], other[face]))
    return bool((apart < 1e-3 * (1 + shapely.length(one[found]))).all())


@settings(max_examples=60, deadline=None)
@given(STROKES, st.randoms(use_true_random=False))
def test_order_and_direction_change_nothing(pairs, random):
    lines = strokes(pairs)
    other = [shapely.reverse(line) if random.random() < 0.5 else line for line in lines]
    random.shuffle(other)
    assert same(trace(lines), trace(other))


@settings(max_examples=40, deadline=None)
@given(STROKES, st.floats(0.2, 0.8))
def test_lines_cut_in_pieces_have_the_same_faces(pairs, share):
    lines = strokes(pairs)
    middle = [shapely.line_interpolate_point(line, share, normalized=True) for line in lines]
    ends = [shapely.get_coordinates(line) for line in lines]
    pieces = [
        shapely.LineString([point, shapely.get_coordinates(cut)[0]])
        for (start, end), cut in zip(ends, middle, strict=True)
        for point in (start, end)
    ]
    assert close(trace(lines), trace(pieces))


@settings(max_examples=40, deadline=None)
@given(STROKES, st.tuples(st.integers(-400_000, 400_000), st.integers(-1_500_000, 1_500_000)))
def test_the_drawing_may_lie_anywhere(pairs, shift):
    lines = strokes(pairs)
    moved = shapely.transform(lines, lambda xy: xy + np.array(shift, dtype=np.float64))
    back = shapely.transform(trace(moved), lambda xy: xy - np.array(shift, dtype=np.float64))
    assert close(trace(lines), np.asarray(back, dtype=object))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(POINT, st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=12))
def test_boxes_that_touch_nest_and_overlap_have_the_faces_geos_finds(boxes):
    """Holes, holes that touch their shell, islands in islands, and bridges."""
    lines = [shapely.box(x * 4.0, y * 4.0, x * 4.0 + w * 4, y * 4.0 + h * 4).exterior for (x, y), w, h in boxes] + [
        shapely.LineString([(0, 1), (90, 1)])
    ]
    network = build(np.asarray(lines, dtype=object), 1e-3)
    kept, _ = faces.prune(network)
    segments = network.segments[kept]
    made, is_bridge = planar.polygonize(network.nodes, segments)
    found, cuts, _, _ = shapely.polygonize_full(shapely.linestrings(network.nodes[segments]))
    expected = shapely.get_parts(found)
    assert sorted(shapely.to_wkb(shapely.normalize(made))) == sorted(shapely.to_wkb(shapely.normalize(expected)))
    assert is_bridge.sum() == len(shapely.get_parts(cuts))


def test_two_islands_joined_by_a_line_have_one_bridge():
    boxes = [shapely.box(0, 0, 4, 4).exterior, shapely.box(10, 0, 14, 4).exterior]
    outer = shapely.box(-5, -5, 20, 9).exterior
    network = build(np.array([*boxes, outer, shapely.LineString([(4, 2), (10, 2)])], dtype=object), 1e-3)
    made, is_bridge = planar.polygonize(network.nodes, network.segments)
    assert is_bridge.sum() == 1
    assert sorted(shapely.area(made)) == [16.0, 16.0, 350.0 - 32.0]


def test_one_line_of_two_hundred_thousand_vertices():
    turn = np.linspace(0, 2 * np.pi, 200_001)
    ring = np.column_stack([np.cos(turn), np.sin(turn)]) * 5_000 + ORIGIN
    ring[-1] = ring[0]
    made = trace([shapely.LineString(ring), shapely.LineString(ORIGIN + np.array([[-6_000, 0], [6_000, 0]]))])
    assert len(made) == 2
    assert shapely.area(made).sum() == pytest.approx(np.pi * 25e6, rel=1e-6)


def test_the_same_element_five_thousand_times():
    network = build(np.array([shapely.box(0, 0, 9, 9).exterior] * 5_000, dtype=object), TOLERANCE_M)
    assert network.doubled == 4 * 4_999
    assert len(trace([shapely.box(0, 0, 9, 9).exterior] * 5_000)) == 1


BAD = [
    shapely.LineString([(3, 3), (3, 3)]),
    shapely.LineString([(np.nan, 3), (4, 4)]),
    shapely.LineString([(1, 1), (np.inf, 3), (4, 4)]),
    shapely.LineString([(1e9, 1e9), (1e9 + 1, 1e9)]),
    shapely.LineString([(-1e300, 0), (1e300, 1)]),
    shapely.LineString(),
    shapely.Polygon(),
    shapely.MultiLineString([[(1, 1, 7), (2, 2, 7)], [(2, 2, 7), (1, 1, 8)]]),
]


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_an_element_that_makes_no_sense_harms_no_other(bad):
    squares = [shapely.box(0, 0, 9, 9).exterior, shapely.LineString([(5, 0), (5, 9)])]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = trace([*squares, bad])
    assert sorted(shapely.area(made).round(6)) == [36.0, 45.0]


def test_heights_do_not_part_lines_that_meet_on_the_map():
    lines = [
        shapely.LineString([(0, 0, 5), (9, 0, 5), (9, 9, 5)]),
        shapely.LineString([(9, 9, 7), (0, 9, 7), (0, 0, 7)]),
    ]
    made = trace(lines)
    assert shapely.area(made).tolist() == [81.0]
    assert not shapely.has_z(made).any()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=40), st.floats(0.05, 1.0))
def test_pairs_are_those_a_plain_search_finds(points, reach):
    array = np.array(points)
    first, second = pairs_within(array, array, reach)
    distance = np.hypot(*(array[:, None] - array[None]).transpose(2, 0, 1))
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == {
        tuple(pair) for pair in np.argwhere(distance <= reach).tolist()
    }


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=40), st.permutations(range(40)))
def test_merged_points_do_not_depend_on_order(points, order):
    array = np.array(points) * 4e-5 + ORIGIN
    order = [place for place in order if place < len(array)]
    at, place = merged(array, 1e-4)
    other, elsewhere = merged(array[order], 1e-4)
    assert np.array_equal(at[place][order], other[elsewhere])
