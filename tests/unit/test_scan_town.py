"""Towns: sidewalks, courts, buildings full of strokes, grids, and what the picture cuts off."""

import cv2
import numpy as np
import pytest
import shapely

from data_samples import paper
from pipelines.scan.lines import faces, separate
from pipelines.scan.place import frame
from tests.benchmarks import maps

PER_MM = 11.8
FRAME = np.array([(0.0, 0.0), (1000.0, 0.0), (1000.0, 800.0), (0.0, 800.0)])


def _blank(shape=(800, 1000)):
    return np.zeros(shape, dtype=np.uint8)


def _box(dark, x, y, wide, high, width=3):
    cv2.rectangle(dark, (x, y), (x + wide, y + high), 255, width)


def _traced(dark, **more):
    return faces.trace(dark, separate.ink(dark, PER_MM), PER_MM, **more)


def _town(dark, blocks=12):
    """Draw blocks, each with a sidewalk 9 pixels wide around it."""
    for number in range(blocks):
        x, y = 40 + number % 4 * 240, 40 + number // 4 * 240
        _box(dark, x, y, 200, 200)
        _box(dark, x + 9, y + 9, 182, 182)
    return dark


def _sizes(told):
    return sorted(told.polygons.area.round(-2).astype(int))


def test_sidewalks_around_blocks_are_faces_with_a_hole():
    told = _traced(_town(_blank()))
    rings = told.polygons[told.polygons.interiors.map(len) > 0]
    assert len(told.polygons) == 24 and len(rings) == 12
    assert rings.area.between(200**2 - 182**2 - 900, 200**2 - 182**2 + 900).all()
    assert rings["why"].str.contains("narrow_face").all()


@pytest.mark.parametrize("blocks", [1, 5])
def test_a_few_double_outlines_are_no_sidewalks(blocks):
    told = _traced(_town(_blank(), blocks))
    assert len(told.polygons) == blocks
    assert (told.polygons.interiors.map(len) == 0).all()


def test_small_courts_and_buildings_full_of_strokes_are_faces_of_a_town():
    dark = _town(_blank())
    _box(dark, 100, 100, 36, 30, 2)
    _box(dark, 330, 100, 80, 60)
    for off in range(0, 150, 7):
        line = shapely.LineString([(330 + off - 75, 100), (330 + off, 175)]).intersection(
            shapely.box(330, 100, 410, 160)
        )
        cv2.polylines(dark, [np.round(np.array(line.coords)).astype(np.int32)], False, 255, 1)
    told = _traced(dark)
    assert len(told.polygons) == 26
    for true in (shapely.box(100, 100, 136, 130), shapely.box(330, 100, 410, 160)):
        assert maps.pairs(np.array([true]), told.polygons.geometry.to_numpy())["iou"].max() > 0.8


def _runs_off(dark):
    for at in (200, 400, 600):
        cv2.line(dark, (0, at + 20), (999, at), 255, 3)
    for at in (300, 650):
        cv2.line(dark, (at, 0), (at - 10, 799), 255, 3)
    return dark


def test_what_the_picture_cuts_off_is_closed_along_its_edge_and_told():
    told = _traced(_runs_off(_blank()))
    assert len(told.polygons) == 12
    assert told.polygons.area.sum() == pytest.approx(1000 * 800, rel=0.005)
    assert shapely.coverage_is_valid(told.polygons.geometry.to_numpy())
    cut = told.polygons["why"].str.contains("cut_off")
    assert cut.sum() == 10
    assert (told.polygons.loc[cut, "confidence"] <= 0.3).all() and (told.polygons.loc[~cut, "confidence"] > 0.9).all()


def test_inside_a_frame_the_edge_of_the_picture_is_no_edge():
    assert len(_traced(_runs_off(_blank()), area=FRAME).polygons) == 2


def test_the_margin_of_the_paper_is_not_closed():
    dark = _blank()
    for at in (100, 200, 300, 400, 500, 600, 700):
        cv2.line(dark, (0, at), (700, at), 255, 3)
    cv2.line(dark, (700, 100), (700, 700), 255, 3)
    told = _traced(dark)
    assert len(told.polygons) == 6
    assert told.polygons.total_bounds[2] < 705


def test_a_grid_that_runs_through_everything_is_no_edge():
    dark = _town(_blank())
    cv2.line(dark, (0, 130), (999, 137), 255, 1)
    assert _sizes(_traced(dark)) == _sizes(_traced(_town(_blank())))


def test_a_boundary_across_the_whole_picture_stays():
    dark = _blank()
    cv2.line(dark, (0, 400), (999, 404), 255, 3)
    for number, at in enumerate(range(100, 1000, 50)):
        cv2.line(dark, (at, 400), (at, 0 if number % 2 else 799), 255, 3)
    assert len(_traced(dark).polygons) == 8 + 8 + 4


def test_lines_of_a_grid_are_no_frame():
    dark = _blank((1500, 1500))
    for at in (200, 1300):
        cv2.line(dark, (0, at), (1499, at), 255, 2)
        cv2.line(dark, (at, 0), (at, 1499), 255, 2)
    assert frame.find(dark, 3.0) is None
    dark[:195], dark[1305:], dark[:, :195], dark[:, 1305:] = 0, 0, 0, 0
    assert frame.find(dark, 3.0) is not None


@pytest.mark.parametrize(("gap", "found"), [(12, 1), (60, 0)])
def test_an_outline_is_closed_over_its_gap(gap, found):
    dark = _blank()
    _box(dark, 300, 300, 250, 200)
    dark[290:310, 400 : 400 + gap] = 0
    told = _traced(dark)
    assert len(told.polygons) == found
    assert (told.polygons["why"] == "gap_bridged").all()


def test_an_atlas_of_a_city_against_its_truth():
    drawn = paper.city(5, 200, wide_mm=180.0, high_mm=140.0)
    again = paper.city(5, 200, wide_mm=180.0, high_mm=140.0)
    assert np.array_equal(drawn.image, again.image) and drawn.parcels.geometry.equals(again.parcels.geometry)
    true = drawn.parcels.geometry.to_numpy()
    assert shapely.area(true).sum() == pytest.approx(np.prod(drawn.image.shape[:2]), rel=0.002)
    assert {"block", "sidewalk", "street"} <= set(drawn.parcels["kind"])
    dark = 255 - drawn.image.min(axis=2)
    told = faces.trace(dark - dark.min(), separate.ink(dark - dark.min(), drawn.px_per_mm), drawn.px_per_mm)
    found = told.polygons.geometry.to_numpy()
    assert maps.panoptic(maps.pairs(true, found), len(true), len(found)).pq > 0.7


def _lattice(dark, x, y, columns, rows, wide, high):
    for number in range(columns + 1):
        cv2.line(dark, (x + number * wide, y), (x + number * wide, y + rows * high), 255, 2)
    for number in range(rows + 1):
        cv2.line(dark, (x, y + number * high), (x + columns * wide, y + number * high), 255, 2)
    return dark


def test_cells_of_a_table_are_kept_and_are_no_parcels():
    dark = _lattice(_blank(), 100, 100, 4, 6, 150, 50)
    _box(dark, 100, 500, 300, 200)
    told = _traced(dark).polygons
    assert len(told) == 25
    assert (told["kind"] == "outside").sum() == 24 and told["why"].str.contains("table").sum() == 24


@pytest.mark.parametrize(("columns", "rows", "high"), [(2, 6, 60), (4, 4, 160)])
def test_lots_in_two_rows_and_large_ones_are_no_table(columns, rows, high):
    told = _traced(_lattice(_blank(), 60, 60, columns, rows, 160, high)).polygons
    assert len(told) == columns * rows and (told["kind"] != "outside").all()


def test_lots_that_a_street_meets_are_no_table():
    dark = _lattice(_blank(), 100, 100, 4, 6, 150, 50)
    cv2.line(dark, (700, 200), (900, 200), 255, 2)
    cv2.line(dark, (900, 200), (900, 400), 255, 2)
    cv2.line(dark, (900, 400), (400, 400), 255, 2)
    assert (_traced(dark).polygons["kind"] != "outside").all()
