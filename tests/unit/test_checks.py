import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipelines import coverage
from pipelines.tolerances import Tolerances
from pipelines.validate import checks
from pipelines.validate.overlaps import overlapping
from tests.unit.parcels import CRS, E0, N0, codes, found, frame, lot


def noded(*shapes):
    """Return parcels of which every one has the corners of its neighbours as nodes."""
    corners = shapely.multipoints(shapely.get_coordinates(np.array(shapes, dtype=object)))
    return shapely.snap(np.array(shapes, dtype=object), corners, 1e-6)


def test_clean_neighbours_have_no_findings():
    assert codes(frame(lot(0, 0), lot(20, 0), lot(0, 20), lot(20, 20))) == []


def test_no_parcels_no_findings():
    assert codes(frame()) == []


def test_empty_and_missing_geometry():
    told = found(frame(None, shapely.Polygon(), lot(0, 0)))
    assert told["code"].tolist() == ["thua_dat.empty"] * 2
    assert told["feature_id"].tolist() == ["to.shp#1", "to.shp#2"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("POLYGON((0 0,4 4,4 0,0 4,0 0))", "Self-intersection"),
        ("LINESTRING(0 0,4 4)", "not a polygon: LineString"),
        ("POINT(1 1)", "not a polygon: Point"),
        ("POLYGON((0 0,1e15 0,1e15 1e15,0 0))", "coordinates are not finite or too large"),
        ("POLYGON((0 0,1 1,2 2,0 0))", "Self-intersection"),
    ],
)
def test_broken_geometry_is_one_finding(text, reason):
    told = found(frame(shapely.from_wkt(text), lot(0, 0)))
    assert told["code"].tolist() == ["thua_dat.invalid"]
    assert told["detail"].iloc[0].startswith(reason)


def test_not_a_number_is_invalid():
    points = np.array([[0, 0], [1, 0], [np.nan, 1], [0, 0]])
    with np.errstate(invalid="ignore"):
        told = found(frame(shapely.polygons(points), shapely.polygons(np.where(np.isnan(points), np.inf, points))))
    assert told["code"].tolist() == ["thua_dat.invalid"] * 2
    assert told.geometry.isna().all()


def test_bow_tie_does_not_also_overlap_or_open_gaps():
    bow_tie = shapely.Polygon([(E0, N0), (E0 + 20, N0 + 20), (E0 + 20, N0), (E0, N0 + 20)])
    assert codes(frame(bow_tie, lot(10, 0), lot(20, 0)), fills_plane=True) == ["thua_dat.invalid", "thua_dat.overlap"]


def test_conflict_is_shown_where_it_is():
    told = found(frame(shapely.Polygon([(E0, N0), (E0 + 20, N0 + 20), (E0 + 20, N0), (E0, N0 + 20)])))
    assert told.geometry.iloc[0].distance(shapely.Point(E0 + 10, N0 + 10)) < 1e-6


def test_parts():
    told = found(frame(shapely.MultiPolygon([lot(0, 0), lot(50, 0)])), "thua_dat.multipart")
    assert (told["value"].iloc[0], told["limit"].iloc[0]) == (2, 1)


def test_overlap_is_reported_once_with_its_area_and_place():
    told = found(frame(lot(0, 0), lot(19.5, 0)))
    assert told["code"].tolist() == ["thua_dat.overlap"]
    row = told.iloc[0]
    assert (row["feature_id"], row["other_id"], row["limit"]) == ("to.shp#1", "to.shp#2", 0.01)
    assert row["value"] == pytest.approx(10.0)
    assert row.geometry.equals(lot(19.5, 0, 0.5))


def test_contained_parcel_overlaps():
    assert codes(frame(lot(0, 0), lot(5, 5, 4, 4))) == ["thua_dat.overlap"]


def test_parcel_in_a_hole_does_not_overlap():
    around = lot(0, 0).difference(lot(5, 5, 4, 4))
    assert codes(frame(around, lot(5, 5, 4, 4))) == []


def test_contained_parcel_along_the_same_edges_overlaps():
    assert codes(frame(lot(0, 0), lot(0, 0, 20, 5))) == ["thua_dat.overlap"]


def test_missing_node_on_a_common_boundary_is_no_overlap():
    with_node = shapely.Polygon([(E0, N0), (E0 + 20, N0), (E0 + 20.00001, N0 + 10), (E0 + 20, N0 + 20), (E0, N0 + 20)])
    assert codes(frame(with_node, lot(20, 0))) == ["thua_dat.missing_node"]


def test_overlap_below_the_smallest_area_is_no_overlap():
    parcels = frame(lot(0, 0), lot(19.999, 0))
    assert codes(parcels) == ["thua_dat.overlap"]
    assert codes(parcels, tolerances=Tolerances(min_area_m2=0.05)) == []


def test_same_geometry_drawn_otherwise_is_one_duplicate():
    ring = [(E0 + 20, N0 + 20), (E0 + 20, N0), (E0, N0), (E0, N0 + 20)]
    with_node = [(E0, N0), (E0 + 10, N0), (E0 + 20, N0), (E0 + 20, N0 + 20), (E0, N0 + 20)]
    told = found(frame(lot(0, 0), shapely.Polygon(ring), shapely.Polygon(with_node), lot(20, 0)))
    assert told["code"].tolist() == ["thua_dat.duplicate_geometry"] * 2
    assert told["feature_id"].tolist() == ["to.shp#2", "to.shp#3"]
    assert told["other_id"].tolist() == ["to.shp#1", "to.shp#1"]


def test_the_copy_is_the_later_one():
    """The tenth object comes after the ninth, though "10" sorts before "9"."""
    told = found(frame(*[lot(20 * n, 0) for n in range(9)], lot(160, 0)))
    assert told[["feature_id", "other_id"]].values.tolist() == [["to.shp#10", "to.shp#9"]]


def test_ids_without_a_number_are_ordered_too():
    parcels = frame(lot(0, 0), lot(0, 0), lot(0, 0)).assign(feature_id=["b", "a#2", "a"])
    assert found(parcels)["other_id"].tolist() == ["a", "a"]


def test_duplicate_does_not_overlap_the_neighbours_again():
    told = found(frame(lot(0, 0), lot(0, 0), lot(19, 0)))
    assert told["code"].tolist() == ["thua_dat.duplicate_geometry", "thua_dat.overlap"]


def test_thousand_copies_are_told_quickly():
    assert codes(frame(*[lot(0, 0)] * 1000)) == ["thua_dat.duplicate_geometry"] * 999


def test_sliver_by_area_and_by_width():
    told = found(frame(lot(0, 0, 0.5, 0.5), lot(0, 100, 60, 0.15), lot(0, 200, 2, 2)), "thua_dat.sliver")
    assert told["feature_id"].tolist() == ["to.shp#1", "to.shp#2"]
    assert (told["value"] < told["limit"]).all()


def test_sliver_follows_the_scale_of_the_parcel():
    strip = lot(0, 0, 60, 0.15)
    assert codes(frame(strip, ty_le=500)) == []
    assert codes(frame(strip, ty_le=1000)) == ["thua_dat.sliver"]


def test_hole_where_roads_are_parcels_is_a_gap():
    ring = [lot(0, 0, 60, 20), lot(0, 20, 20, 20), lot(40, 20, 20, 20), lot(0, 40, 60, 20)]
    ring = noded(*ring)
    assert codes(frame(*ring)) == []
    told = found(frame(*ring), fills_plane=True)
    assert told["code"].tolist() == ["thua_dat.gap"]
    assert told["value"].iloc[0] == pytest.approx(400.0)
    assert told.geometry.iloc[0].equals(lot(20, 20))


def test_narrow_gap_between_blocks_is_a_gap_without_roads_too():
    left, right, above, below = lot(0, 0), lot(20.05, 0), lot(0, 20, 40.05), lot(0, -20, 40.05)
    told = found(frame(left, right, above, below))
    assert told["code"].tolist() == ["thua_dat.gap"]
    assert told["value"].iloc[0] == pytest.approx(1.0, rel=1e-3)
    assert {told["feature_id"].iloc[0], told["other_id"].iloc[0]} == {"to.shp#1", "to.shp#2"}


def test_outside_is_no_gap():
    assert codes(frame(lot(0, 0), lot(100, 100)), fills_plane=True) == []


def test_gap_along_the_outline_when_it_is_known():
    told = found(frame(lot(0, 0), lot(20, 0)), outline=lot(0, 0, 50, 20), fills_plane=True)
    assert told["code"].tolist() == ["thua_dat.gap"]
    assert told["value"].iloc[0] == pytest.approx(200.0)


def test_outline_drawn_a_little_off_is_no_gap():
    parcels = frame(lot(0, 0), lot(20, 0))
    assert codes(parcels, outline=lot(-0.15, -0.15, 40.3, 20.3), fills_plane=True) == []
    assert codes(parcels, outline=lot(0.15, 0.15, 39.7, 19.7), fills_plane=True) == []


def test_outside_the_commune():
    told = found(frame(lot(0, 0), lot(45, 0), lot(100, 0)), outline=lot(-10, -10, 60, 60))
    assert told["code"].tolist() == ["thua_dat.outside_commune"] * 2
    assert told["feature_id"].tolist() == ["to.shp#2", "to.shp#3"]
    assert told["value"].tolist() == pytest.approx([300.0, 400.0])


def test_everything_broken_at_once():
    parcels = frame(None, shapely.from_wkt("POLYGON((0 0,1 1,1 0,0 1,0 0))"), shapely.from_wkt("POINT EMPTY"))
    told = codes(parcels, outline=lot(0, 0), fills_plane=True, has_register=True)
    assert told == ["thua_dat.empty", "thua_dat.empty", "thua_dat.invalid"]


def test_findings_carry_the_crs_and_value_and_limit():
    told = found(frame(lot(0, 0), lot(19, 0), lot(19, 5, 0.1, 0.1)))
    assert told.crs == CRS
    assert told[["value", "limit"]].notna().all(axis=None)


corner = st.tuples(st.integers(0, 6), st.integers(0, 6))
shape = (
    st.lists(corner, min_size=3, max_size=6, unique=True)
    .map(shapely.Polygon)
    .filter(lambda each: each.is_valid and each.area > 0)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(shape, min_size=2, max_size=8))
def test_no_overlap_is_missed_and_none_invented(shapes):
    """Shared corners, shared edges, chords and containment all happen on a small grid."""
    pieces = np.array(shapes, dtype=object), np.arange(len(shapes))
    exposed = coverage.exposed_edges(pieces[0])
    first, second, shared = overlapping(pieces, shapely.STRtree(pieces[0]), exposed)
    told = {
        (a, b): each.area
        for a, b, each in zip(first.tolist(), second.tolist(), shared, strict=True)
        if each.area > 1e-9
    }
    truth = {
        (a, b): area
        for a, b in itertools.combinations(range(len(shapes)), 2)
        if (area := shapes[a].intersection(shapes[b]).area) > 1e-9
    }
    assert told.keys() == truth.keys()
    assert all(told[pair] == pytest.approx(area) for pair, area in truth.items())


def enclosed(parcels, around, grown_m):
    """Return the areas of the holes when every parcel is a hair larger or smaller."""
    union = shapely.union_all(parcels.geometry.to_numpy()).buffer(grown_m, join_style="mitre")
    free = shapely.get_parts(around.difference(union))
    return [part.area for part in free if not part.intersects(around.exterior)]


@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(shape, min_size=1, max_size=8))
def test_gaps_are_the_enclosed_ground_outside_the_union(shapes):
    """Where parcels meet in a point alone, a hair decides whether ground is enclosed; either answer is right there."""
    parcels = frame(*[shapely.transform(each, lambda xy: xy * 10 + [E0, N0]) for each in shapes])
    around = lot(-10, -10, 100, 100)
    told = sorted(found(parcels, "thua_dat.gap", fills_plane=True)["value"])
    surely = [area for area in enclosed(parcels, around, -1e-6) if area >= 0.011]
    perhaps = enclosed(parcels, around, 1e-6)
    assert all(any(area == pytest.approx(each, abs=1e-3) for each in told) for area in surely)
    assert all(any(area == pytest.approx(each, abs=1e-3) for each in perhaps) for area in told)
    assert len(told) <= len([area for area in perhaps if area >= 0.009])


def blocks():
    """A small commune with one defect of each geometric kind."""
    ring = [lot(0, 0, 60, 20), lot(0, 20, 20, 20), lot(40, 20, 20, 20), lot(0, 40, 60, 20)]
    wrong = [lot(55, 0, 20, 20), lot(100, 0, 0.4, 0.4), lot(0, 0, 60, 20), lot(200, 0), lot(20, 20, 20, 19.9)]
    tie = shapely.Polygon([(E0 + 300, N0), (E0 + 320, N0 + 20), (E0 + 320, N0), (E0 + 300, N0 + 20)])
    return frame(*ring, *wrong, tie, None, dien_tich=[1200.0, 400, 400, 999, 400, 0.2, 1200, 400, 398, 200, 1])


def comparable(told):
    table = pd.DataFrame(told.drop(columns="geometry")).round({"value": 6, "limit": 6}).astype("string").fillna("")
    return sorted(table.itertuples(index=False, name=None))


@settings(max_examples=10, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.permutations(range(11)), st.integers(0, 3), st.booleans())
def test_order_and_ring_start_make_no_difference(order, turn, reverse):
    plain = blocks()

    def turned(polygon):
        if polygon is None:
            return None
        ring = polygon.exterior.coords[:-1]
        ring = ring[turn % len(ring) :] + ring[: turn % len(ring)]
        return shapely.Polygon(ring[::-1] if reverse else ring)

    other = plain.set_geometry(gpd.GeoSeries([turned(each) for each in plain.geometry], crs=CRS)).iloc[list(order)]
    options = {"outline": lot(-1, -1, 150, 100), "fills_plane": True}
    assert comparable(found(other, **options)) == comparable(found(plain, **options))


def test_every_check_is_in_the_tuple():
    offered = {name for name in dir(checks) if name.startswith("check_")}
    assert {check.__name__ for check in checks.CHECKS} == offered


def test_one_huge_neighbour_is_not_quadratic():
    """A comb of a road with 8,000 corners between 2,000 parcels: each parcel must meet a piece of it, not all of it."""
    teeth = np.arange(2000) * 10.0
    rim = np.column_stack([np.repeat(teeth, 4) + np.tile([0, 0, 8, 8], 2000), np.tile([0, 20, 20, 0], 2000)])
    road = shapely.polygons(np.vstack([rim, [[teeth[-1] + 8, -10], [0, -10], [0, 0]]]))
    lots = shapely.box(teeth[:-1] + 7.9, 0, teeth[1:], 20)
    road, lots = (shapely.transform(each, lambda xy: np.add(xy, (E0, N0))) for each in (road, lots))
    told = found(frame(road, *lots), "thua_dat.overlap")
    assert len(told) == 1999
    assert told["value"].to_numpy() == pytest.approx(2.0, abs=1e-3)
