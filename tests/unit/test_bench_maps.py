"""The measures of a sheet on parcels of four corners, the answers worked out by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import shapely

from data_samples import paper
from data_samples.paper import fabric
from tests.benchmarks import flooding, maps, readings


def _row(*boxes):
    return np.array([shapely.box(*box) for box in boxes], dtype=object)


TRUE = _row((0, 0, 10, 10), (10, 0, 20, 10), (20, 0, 30, 10), (30, 0, 40, 10))
# The first as it is; of the second 8/10; of the third 5/15; the fourth is not found, another one is.
FOUND = _row((10, 0, 18, 10), (0, 0, 10, 10), (25, 0, 35, 10), (100, 0, 110, 10))


def test_pairs_share_more_than_half_of_their_union():
    matched = maps.pairs(TRUE, FOUND)
    assert matched[["true", "found"]].to_numpy().tolist() == [[0, 1], [1, 0]]
    assert matched["iou"].tolist() == pytest.approx([1.0, 0.8])


def test_exactly_half_is_no_pair():
    assert maps.pairs(_row((0, 0, 10, 10)), _row((0, 0, 5, 10))).empty


def test_quality_is_the_product_of_two():
    told = maps.panoptic(maps.pairs(TRUE, FOUND), 4, 4)
    assert told.sq == pytest.approx(0.9)
    assert told.rq == pytest.approx(0.5)
    assert told.pq == pytest.approx(0.45)
    assert told.recall == pytest.approx(0.5)
    assert told.good == pytest.approx(0.25)


def test_nothing_found_is_zero_and_nothing_to_find_is_no_number():
    assert maps.panoptic(maps.pairs(TRUE, _row()), 4, 0).pq == 0.0
    empty = maps.panoptic(maps.pairs(_row(), FOUND), 0, 4)
    assert empty.pq == 0.0 and np.isnan(empty.recall)


def test_a_face_found_in_two_layers_counts_once():
    twice = _row((0, 0, 10, 10), (0, 0, 10, 9))
    matched = maps.pairs(TRUE[:1], twice)
    assert matched["found"].tolist() == [0]
    assert maps.panoptic(matched, 1, 2).rq == pytest.approx(2 / 3)


def test_each_vertex_meets_the_next_vertex_of_its_own_partner():
    true = _row((0, 0, 10, 10), (10, 0, 20, 10))
    # Lower right corner of the first 3 to the right and 4 up; the second as it is, so a corner stands on (10, 0).
    moved = np.array([shapely.Polygon([(0, 0), (13, 4), (10, 10), (0, 10)]), true[1]], dtype=object)
    told = maps.vertex_errors(true, moved, pd.DataFrame({"true": [0, 1], "found": [0, 1], "iou": [0.9, 1.0]}))
    assert sorted(told.loc[told["pair"] == 0, "error_px"]) == pytest.approx([0, 0, 0, 5])
    assert told.loc[told["pair"] == 1, "error_px"].tolist() == pytest.approx([0, 0, 0, 0])
    assert told["turn_deg"].tolist() == pytest.approx([90.0] * 8)


def test_a_vertex_on_a_straight_side_is_no_corner_and_holes_count():
    ring = [(0, 0), (10, 0), (20, 0), (20, 20), (0, 20)]
    hole = [(5, 5), (5, 10), (10, 10), (10, 5)]
    true = np.array([shapely.Polygon(ring, [hole])], dtype=object)
    told = maps.vertex_errors(true, true, pd.DataFrame({"true": [0], "found": [0], "iou": [1.0]}))
    assert len(told) == 9
    assert (told["turn_deg"] < maps.CORNER_DEG).sum() == 1
    assert told["error_px"].max() == 0


def test_vertices_of_no_pairs_are_none():
    assert maps.vertex_errors(TRUE, FOUND, maps.pairs(TRUE[:1], FOUND[3:])).empty


def test_boundaries_are_as_far_apart_as_their_farthest_points():
    matched = pd.DataFrame({"true": [0], "found": [0], "iou": [0.8]})
    assert maps.hausdorff(TRUE[1:2], FOUND[:1], matched) == pytest.approx([2.0])


def test_numbers_right_wrong_flagged_and_missing():
    printed = pd.Series(["1", "2", "3", "4", ""])
    read = pd.DataFrame({"number": ["1", "7", "8", None, "9"], "sure": [True, True, False, False, True]})
    matched = pd.DataFrame({"true": range(5), "found": range(5), "iou": 1.0})
    told = maps.numbers(printed, read, matched)
    assert told.exact == pytest.approx(0.25)
    assert told.wrong == pytest.approx(0.5)  # 7 for 2, and 9 where nothing is printed
    assert told.flagged == pytest.approx(0.25)
    assert told.missing == pytest.approx(0.25)
    assert told.printed == 4


def test_numbers_follow_the_pairs_not_the_order():
    printed = pd.Series(["1", "2"])
    read = pd.DataFrame({"number": ["2", "1"], "sure": [True, True]}, index=[7, 9])
    matched = pd.DataFrame({"true": [0, 1], "found": [1, 0], "iou": 1.0})
    assert maps.numbers(printed, read, matched).exact == 1.0
    assert maps.texts(printed, read["number"], matched) == 1.0


def test_a_sure_number_in_a_face_that_is_none_is_wrong():
    read = pd.DataFrame({"number": ["1", "5"], "sure": [True, True]})
    told = maps.numbers(pd.Series(["1"]), read, pd.DataFrame({"true": [0], "found": [0], "iou": [1.0]}))
    assert (told.exact, told.wrong) == (1.0, 1.0)


def test_points_found_within_a_distance():
    true = np.array([[0, 0], [10, 0], [20, 0], [np.nan, np.nan]])
    found = np.array([[0, 3], [10, 1], [50, 50]])
    share, error, invented = maps.points_found(true, found, 2.0)
    assert share == pytest.approx(1 / 3)
    assert error == pytest.approx([1.0])
    assert invented == 2
    assert maps.points_found(true, np.empty((0, 2)), 2.0)[0] == 0.0


@pytest.fixture(scope="module")
def drawn():
    west, south = fabric.corner_of(1000, 4)
    land = paper.make(16, 1000, 4, side_mm=70)
    return paper.draw(land, 1000, 200, seed=1, frame_m=(west, south, west + 105, south + 105), margin_mm=15)


def _read_as_it_is(drawn, **changed):
    """Return what a reading without any fault would be."""
    parcels = drawn.parcels
    labels = pd.DataFrame({name: parcels[name].replace("", None) for name in ("number", "area", "code")}).assign(
        sure=True
    )
    frame = SimpleNamespace(corners=drawn.corners, crosses=drawn.crosses)
    made = {"polygons": parcels[["kind", "geometry"]], "labels": labels, "frame": frame} | changed
    return SimpleNamespace(
        faces=SimpleNamespace(polygons=made["polygons"]), labels=SimpleNamespace(faces=made["labels"]),
        frame=made["frame"], placed=SimpleNamespace(warp=lambda at: np.column_stack(drawn.to_map @ at.T)),
    )  # fmt: skip


def test_a_faultless_reading_is_faultless(drawn):
    told = readings.against(drawn, _read_as_it_is(drawn))
    assert told.parcels.pq == told.faces.pq == told.area == told.code == told.frame == told.crosses == 1.0
    assert told.numbers.exact == 1.0 and told.numbers.wrong == 0.0
    assert max(told.corner_px.max(), told.farthest_px.max(), told.cross_px.max()) < 1e-9
    assert told.ground_m.max() < 1e-6
    assert "PQ 1.000" in readings.line(told)


def test_each_fault_is_seen_in_its_figure(drawn):
    parcels = drawn.parcels[drawn.parcels["kind"] == "parcel"]
    first = parcels.index[0]
    count = len(parcels)
    lost = _read_as_it_is(drawn, polygons=drawn.parcels[["kind", "geometry"]].drop(index=first))
    told = readings.against(drawn, lost)
    assert told.parcels.recall == pytest.approx(1 - 1 / count)
    assert told.numbers.missing == pytest.approx(1 / count)
    labels = _read_as_it_is(drawn).labels.faces
    labels.loc[first, "number"] = "999"
    told = readings.against(drawn, _read_as_it_is(drawn, labels=labels))
    assert told.numbers.wrong == pytest.approx(1 / count) and told.parcels.pq == 1.0
    labels.loc[first, "sure"] = False
    told = readings.against(drawn, _read_as_it_is(drawn, labels=labels))
    assert (told.numbers.wrong, told.numbers.flagged) == (0.0, pytest.approx(1 / count))
    moved = SimpleNamespace(corners=drawn.corners + np.array([30, 0]), crosses=drawn.crosses + np.array([1, 0]))
    told = readings.against(drawn, _read_as_it_is(drawn, frame=moved))
    assert (told.frame, told.crosses) == (0.0, 1.0) and told.cross_px.tolist() == pytest.approx([1.0])
    assert readings.against(drawn, _read_as_it_is(drawn, frame=None)).frame == 0.0


def test_roads_taken_for_parcels_count_against_parcels_only(drawn):
    polygons = drawn.parcels[["kind", "geometry"]].assign(kind="parcel")
    told = readings.against(drawn, _read_as_it_is(drawn, polygons=polygons))
    assert told.faces.pq == 1.0 and told.parcels.recall == 1.0 and told.parcels.pq < 1.0


def test_the_simplest_way_finds_the_faces_of_an_undamaged_sheet(drawn):
    found = flooding.faces(drawn.image, drawn.px_per_mm)
    shapes = drawn.parcels.geometry.to_numpy()
    assert maps.panoptic(maps.pairs(shapes, found), len(shapes), len(found)).recall > 0.9


def test_every_condition_can_be_drawn_and_decides_nothing_by_chance():
    for name in ("clean", "city atlas", "broken", "cut_frame"):
        one, two = (readings.sheet(name, 3, dpi=60, count=60) for _ in range(2))
        assert np.array_equal(one.image, two.image)
        assert len(one.parcels) > 30
