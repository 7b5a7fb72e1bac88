import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import coverage


def shapes(*texts):
    return np.array([shapely.from_wkt(text) if text else None for text in texts], dtype=object)


def test_rings_turn_the_same_way_however_drawn():
    drawn = shapes(
        "POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,2 1,2 2,1 2,1 1))",
        None,
        "MULTIPOLYGON(((10 0,10 1,11 1,11 0,10 0)),EMPTY,((20 0,24 0,24 4,20 4,20 0),(21 1,21 2,22 2,22 1,21 1)))",
        "POINT(7 7)",
        "POLYGON((30 0,30 1,31 1,31 0,30 0))",
    )
    rings = coverage.rings(drawn)
    assert rings.owner.tolist() == [0, 0, 2, 2, 2, 4]
    areas = [
        shapely.area(shapely.Polygon(points)) * (1 if shapely.is_ccw(shapely.LinearRing(points)) else -1)
        for points in np.split(rings.points, rings.start[1:-1])
    ]
    assert areas == [16.0, -1.0, 1.0, 16.0, -1.0, 1.0]
    assert rings.owner_at(np.array([0, 5, 10, 24, len(rings.points) - 1])).tolist() == [0, 0, 2, 2, 4]
    assert rings.before_owner(2) == 10
    assert rings.before_owner(5) == len(rings.points)
    assert rings.points_of(np.array([False, False, False, False, True])).sum() == 5
    assert len(rings.segments()) == len(rings.points) - 6


def test_no_shapes_have_no_rings():
    rings = coverage.rings(shapes(None, "POINT(0 0)", "POLYGON EMPTY"))
    assert len(rings.points) == len(rings.exposed) == len(rings.lines) == len(rings.segments()) == 0
    assert rings.before_owner(3) == 0


def test_blocks_and_shares_change_no_result(monkeypatch):
    cells = shapely.box(*np.indices((30, 30)).reshape(2, -1), *(np.indices((30, 30)).reshape(2, -1) + 1))
    whole = coverage.rings(cells)
    monkeypatch.setattr(coverage, "BLOCK_POINTS", 7)
    monkeypatch.setattr(coverage, "_SHARE_POINTS", 100)
    split = coverage.rings(shapely.reverse(cells))
    assert len(whole.exposed) == 120
    assert shapely.equals_exact(shapely.union_all(split.lines), shapely.union_all(whole.lines), normalize=True)
    assert [stop - first for first, stop in split.blocks(5)] == [1] * 5


def test_exposed_edges_of_two_squares_are_the_rim():
    edges = coverage.exposed_edges(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], dtype=object))
    assert shapely.length(edges).sum() == pytest.approx(6.0)
    assert shapely.union_all(edges).equals(shapely.union_all([shapely.box(0, 0, 2, 1)]).boundary)


def test_negative_zero_is_zero():
    left = shapely.from_wkt("POLYGON((-1 0,-0.0 0,-0.0 1,-1 1,-1 0))")
    edges = coverage.exposed_edges(np.array([left, shapely.box(0, 0, 1, 1)], dtype=object))
    assert len(edges) == 6


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), max_size=30),
    st.data(),
)
def test_one_sided_segments(rows, data):
    backward = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    rows = [row for row in rows if row[:2] != row[2:]]
    ends = [(row[2:], row[:2]) if turn else (row[:2], row[2:]) for row, turn in zip(rows, backward, strict=False)]
    points = np.array([point for pair in ends for point in pair], dtype=np.float64).reshape(-1, 2)
    rings = coverage.Rings(points, np.arange(0, len(points) + 1, 2), np.arange(len(ends)))
    single = rings.exposed
    assert set((single // 2).tolist()) == {n for n, (start, end) in enumerate(ends) if (end, start) not in ends}


def test_edge_shared_on_the_same_side_is_exposed():
    edges = coverage.exposed_edges(np.array([shapely.box(0, 0, 2, 1), shapely.box(0, 0, 1, 1)], dtype=object))
    assert shapely.union_all(edges).length == pytest.approx(7.0)


def test_chains_hold_the_same_segments():
    points = coverage.rings(shapes("POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,1 2,2 2,2 1,1 1))")).points
    starts = np.array([0, 1, 3, 5, 6, 7, 8])
    chains, lines = coverage.segment_chains(points, starts), coverage.segment_lines(points, starts)
    assert len(chains) == 3
    assert shapely.union_all(chains).equals(shapely.union_all(lines))
    assert len(coverage.segment_chains(points, starts[:0])) == 0
