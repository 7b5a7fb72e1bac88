import numpy as np
import pytest
import shapely

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


def test_faces_of_crossing_lines():
    lines = shapes("LINESTRING(0 0,4 0)", "LINESTRING(3 -1,3 4)", "LINESTRING(4 3,0 3)", "LINESTRING(0 4,0 -1)")
    assert shapely.area(geometry.faces(lines)).tolist() == [9.0]
    assert len(geometry.faces(lines[:0])) == 0
