"""From ink to closed faces that share their edges."""

import cv2
import numpy as np
import pytest
import shapely

from data_samples import paper
from pipelines.scan.lines import faces, separate
from tests.benchmarks import maps

PER_MM = 11.8


def _drawn(*lines, width=3, shape=(900, 1200)):
    """Return ink of polylines, smooth at the rim, their coordinates those of the package."""
    fine = np.zeros((shape[0] * 4, shape[1] * 4), dtype=np.uint8)
    for line in lines:
        points = np.round(np.array(line) * 4 * 16 - 8).astype(np.int32)
        cv2.polylines(fine, [points], False, 255, width * 4, cv2.LINE_8, 4)
    return cv2.resize(fine, shape[::-1], interpolation=cv2.INTER_AREA)


def _traced(dark, **more):
    return faces.trace(dark, separate.ink(dark, PER_MM), PER_MM, **more)


RIM = [(100.5, 100.5), (1000.5, 130.5), (980.5, 800.5), (120.5, 780.5), (100.5, 100.5)]
MIDDLE = [(550.0, 115.5), (560.0, 790.5)]


def test_two_parcels_share_their_edge_exactly():
    told = _traced(_drawn(RIM, MIDDLE))
    assert len(told.polygons) == 2
    assert shapely.coverage_is_valid(told.polygons.geometry.to_numpy())
    corners = shapely.points(np.array([*RIM[:4], *MIDDLE]))
    found = shapely.multipoints(shapely.get_coordinates(told.polygons.geometry))
    assert shapely.distance(corners, found).max() < 1.5
    both = told.edges[(told.edges["left"] >= 0) & (told.edges["right"] >= 0)]
    assert len(both) == 1
    assert both.geometry.iloc[0].length == pytest.approx(675, abs=4)
    assert (told.polygons["confidence"] > 0.9).all()
    assert (told.polygons["why"] == "").all()


def test_left_and_right_are_those_of_one_who_walks_along():
    told = _traced(_drawn(RIM, MIDDLE))
    for edge in told.edges.itertuples():
        (x0, y0), (x1, y1) = (edge.geometry.interpolate(share, normalized=True).coords[0] for share in (0.49, 0.51))
        off = 2 / np.hypot(x1 - x0, y1 - y0)
        left = shapely.Point((x0 + x1) / 2 + (y1 - y0) * off, (y0 + y1) / 2 - (x1 - x0) * off)
        holds = np.flatnonzero(told.polygons.contains(left))
        assert holds.tolist() == ([edge.left] if edge.left >= 0 else [])


@pytest.mark.parametrize("width", [1, 2, 5, 9])
def test_lines_of_any_width(width):
    told = _traced(_drawn(RIM, MIDDLE, width=width))
    assert len(told.polygons) == 2
    found = shapely.multipoints(shapely.get_coordinates(told.polygons.geometry))
    assert shapely.distance(shapely.points(np.array(RIM[:4])), found).max() < 1.5


def test_an_enclave_is_a_hole_of_its_neighbour():
    ring = [(300, 300), (400, 310), (390, 420), (310, 400), (300, 300)]
    told = _traced(_drawn(RIM, ring))
    area = told.polygons.area
    assert len(told.polygons) == 2
    assert len(told.polygons.geometry[area.idxmax()].interiors) == 1
    assert shapely.coverage_is_valid(told.polygons.geometry.to_numpy())


def test_a_gap_is_bridged_and_told():
    dark = _drawn(RIM, MIDDLE)
    dark[400:418] = 0
    told = _traced(dark)
    assert len(told.polygons) == 2
    assert "bridge" in set(told.edges["kind"])
    assert told.polygons["why"].str.contains("gap_bridged").all()
    assert told.polygons["confidence"].max() < 0.9


def test_a_gap_too_wide_stays_open():
    dark = _drawn(RIM, MIDDLE)
    dark[400:460, 500:620] = 0
    assert len(_traced(dark).polygons) == 1


def test_a_line_that_ends_short_of_another_is_led_to_it():
    assert len(_traced(_drawn(RIM, [(550.0, 128.0), (560.0, 775.0)])).polygons) == 2


def test_a_missing_corner_is_made():
    dark = _drawn(RIM, MIDDLE)
    dark[90:112, 90:112] = 0
    told = _traced(dark)
    assert len(told.polygons) == 2
    found = shapely.multipoints(shapely.get_coordinates(told.polygons.geometry))
    assert shapely.Point(100.5, 100.5).distance(found) < 2


def test_thin_dashes_bound_nothing():
    dashes = [[(x, 450), (x + 12, 450)] for x in range(115, 980, 24)]
    assert len(_traced(np.maximum(_drawn(RIM), _drawn(*dashes, width=1))).polygons) == 1


def test_letters_on_lines_and_beside_them_are_no_parcels():
    dark = _drawn(RIM, MIDDLE)
    cv2.putText(dark, "R608", (500, 400), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 3)
    told = _traced(dark)
    assert len(told.polygons) == 2


def test_a_hatched_house_belongs_to_its_parcel():
    house = [(300, 300), (420, 300), (420, 380), (300, 380), (300, 300)]
    strokes = [[(x, 300), (x, 380)] for x in range(308, 420, 9)]
    told = _traced(np.maximum(_drawn(RIM), _drawn(house, *strokes, width=1)))
    assert len(told.polygons) == 1
    assert not told.polygons.geometry.iloc[0].interiors


def test_arms_of_a_cross_are_no_edges():
    cross = [[(541, 190), (659, 190)], [(600, 131), (600, 249)]]
    corner = [(500.0, 150.0), (700.0, 150.0), (620.0, 300.0), (500.0, 150.0)]
    dark = np.maximum(_drawn(RIM, corner), _drawn(*cross, width=1))
    assert len(_traced(dark, crosses=np.array([[600.0, 190.0]])).polygons) == 2
    assert len(_traced(dark).polygons) > 2


def test_what_lies_beyond_the_frame_is_left_out():
    frame = np.array([(60.0, 60.0), (1040.0, 60.0), (1040.0, 840.0), (60.0, 840.0)])
    beyond = [(1080, 100), (1150, 100), (1150, 300), (1080, 300), (1080, 100)]
    dark = _drawn(RIM, MIDDLE, [*frame, frame[0]], beyond)
    told = _traced(dark, area=frame)
    assert sorted(told.polygons["kind"]) == ["outside", "parcel", "parcel"]
    assert told.polygons.total_bounds[2] < 1045


@pytest.mark.parametrize("level", [0, 255])
def test_a_page_without_lines_has_no_faces(level):
    told = _traced(np.full((300, 400), level, dtype=np.uint8))
    assert (len(told.polygons), len(told.edges)) == (0, 0)
    assert list(told.polygons.columns) == ["confidence", "kind", "why", "hatched", "geometry"]


def test_twice_the_same_is_the_same():
    dark = _drawn(RIM, MIDDLE)
    dark[400:418] = 0
    one, two = _traced(dark), _traced(dark.copy())
    assert one.polygons.equals(two.polygons)
    assert one.edges.equals(two.edges)


@pytest.mark.parametrize("damage", [None, "broken", "blur"])
def test_a_sheet_of_known_parcels(damage):
    land = paper.make(30, 1000, 3, side_mm=110)
    west, south, east, north = land.total_bounds
    drawn = paper.draw(
        land, 1000, 300, style="plain", seed=3, frame_m=(west - 6, south - 6, east + 6, north + 6), margin_mm=5
    )
    drawn = paper.DEGRADATIONS[damage](drawn, 3) if damage else drawn
    told = _traced(255 - drawn.image, area=drawn.corners, crosses=drawn.crosses)
    true, found = (
        drawn.parcels.geometry.to_numpy(),
        told.polygons.geometry[told.polygons["kind"] != "outside"].to_numpy(),
    )
    matched = maps.pairs(true, found)
    quality = maps.panoptic(matched, len(true), len(found))
    error = maps.vertex_errors(true, found, matched)
    corners = error.loc[error["turn_deg"] >= maps.CORNER_DEG, "error_px"]
    assert quality.pq >= (0.97 if damage != "broken" else 0.85)
    assert quality.sq >= 0.98 if damage != "broken" else True
    assert corners.median() <= 1.5
    assert corners.quantile(0.95) <= 4
