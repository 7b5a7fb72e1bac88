import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import geometry


def shapes(*texts):
    return np.array([shapely.from_wkt(text) if text else None for text in texts], dtype=object)


def test_flat_drops_heights_and_wrappers():
    plain = geometry.flat(shapes("POLYGON Z((0 0 5,1 0 5,1 1 5,0 0 5))", "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))", None))
    assert not shapely.has_z(plain[0])
    assert plain[1].geom_type == "Polygon"
    assert plain[2] is None


def test_polygonal_takes_the_areas_out_of_collections():
    mixed = shapes(
        "GEOMETRYCOLLECTION(POINT(9 9), POLYGON((0 0,1 0,1 1,0 0)), MULTIPOLYGON(((5 5,6 5,6 6,5 5))))",
        "GEOMETRYCOLLECTION(LINESTRING(0 0,1 1))",
        "POINT(1 1)",
        "GEOMETRYCOLLECTION(POLYGON((0 0,1 0,1 1,0 0)))",
    )
    areal = geometry.polygonal(mixed)
    assert [shape.geom_type for shape in areal] == ["MultiPolygon", "MultiPolygon", "Point", "Polygon"]
    assert areal[0].area == pytest.approx(1.0)
    assert areal[1].is_empty


def test_impossible_coordinates_are_told():
    places = np.array(
        [shapely.Point(1e15, 0), shapely.Point(5e5, 2e6), shapely.Point(np.nan, 1), shapely.Point(np.inf, 1)]
    )
    assert geometry.is_finite(places).tolist() == [False, True, False, False]


def test_mean_width_of_a_strip():
    assert geometry.mean_width_m(np.array([shapely.box(0, 0, 1000, 0.2)]))[0] == pytest.approx(0.2, rel=1e-3)


def test_subdivided_pieces_cover_the_polygon_once():
    ring = shapely.Point(0, 0).buffer(1000, quad_segs=5000).difference(shapely.Point(300, 0).buffer(100, quad_segs=500))
    pieces, owner = geometry.subdivided(np.array([shapely.box(0, 0, 1, 1), ring], dtype=object))
    assert (shapely.get_num_coordinates(pieces) <= geometry.PIECE_VERTICES).all()
    assert shapely.area(pieces[owner == 1]).sum() == pytest.approx(ring.area, rel=1e-9)
    assert shapely.union_all(pieces[owner == 1]).symmetric_difference(ring).area < 1e-3


def test_exposed_edges_of_two_squares_are_the_rim():
    edges = geometry.exposed_edges(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], dtype=object))
    assert shapely.length(edges).sum() == pytest.approx(6.0)
    assert shapely.union_all(edges).equals(shapely.union_all([shapely.box(0, 0, 2, 1)]).boundary)


def test_negative_zero_is_zero():
    left = shapely.from_wkt("POLYGON((-1 0,-0.0 0,-0.0 1,-1 1,-1 0))")
    edges = geometry.exposed_edges(np.array([left, shapely.box(0, 0, 1, 1)], dtype=object))
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
    single = geometry.exposed_segments(points, np.repeat(np.arange(len(rows)), 2))
    assert set((single // 2).tolist()) == {n for n, (start, end) in enumerate(ends) if (end, start) not in ends}


def test_edge_shared_on_the_same_side_is_exposed():
    edges = geometry.exposed_edges(np.array([shapely.box(0, 0, 2, 1), shapely.box(0, 0, 1, 1)], dtype=object))
    assert shapely.union_all(edges).length == pytest.approx(7.0)


def test_faces_of_crossing_lines():
    lines = shapes("LINESTRING(0 0,4 0)", "LINESTRING(3 -1,3 4)", "LINESTRING(4 3,0 3)", "LINESTRING(0 4,0 -1)")
    assert shapely.area(geometry.faces(lines)).tolist() == [9.0]
    assert len(geometry.faces(lines[:0])) == 0


def test_chains_hold_the_same_segments():
    points, _, _ = geometry.oriented_rings(shapes("POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,1 2,2 2,2 1,1 1))"))
    starts = np.array([0, 1, 3, 5, 6, 7, 8])
    chains, lines = geometry.segment_chains(points, starts), geometry.segment_lines(points, starts)
    assert len(chains) == 3
    assert shapely.union_all(chains).equals(shapely.union_all(lines))
    assert len(geometry.segment_chains(points, starts[:0])) == 0
