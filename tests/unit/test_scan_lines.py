"""Dashes, hatching, double lines, filled areas and wide gaps: what bounds a face, and how it is told."""

import cv2
import numpy as np
import pytest
import shapely

from data_samples import paper
from pipelines.scan.lines import faces, separate, solid
from tests.benchmarks import line_kinds
from tests.unit.test_scan_faces import MIDDLE, PER_MM, RIM, _drawn, _traced


def _dashes(start, end, dash=24, gap=11, first=4):
    """Return the pieces of a dashed line."""
    start, end = np.array(start), np.array(end)
    length = float(np.hypot(*(end - start)))
    way = (end - start) / length
    return [
        [tuple(start + way * at), tuple(start + way * min(at + dash, length))]
        for at in np.arange(first, length, dash + gap)
    ]


def test_a_line_in_dashes_from_line_to_line_parts_two_faces_and_is_told():
    told = _traced(_drawn(RIM, *_dashes((550.0, 115.5), (560.0, 790.5))))
    assert len(told.polygons) == 2
    between = told.edges[(told.edges["left"] >= 0) & (told.edges["right"] >= 0)]
    assert set(between["form"]) == {"dashed"}
    assert set(between["why"]) == {"dashed"}
    assert (between["confidence"] < 0.7).all()


def test_a_dash_that_a_label_took_is_passed_over():
    dashes = _dashes((550.0, 115.5), (560.0, 790.5))
    assert len(_traced(_drawn(RIM, *dashes[:9], *dashes[10:])).polygons) == 2


def test_thin_dashes_and_dashes_that_end_in_the_open_part_nothing():
    thin = _drawn(*_dashes((550.0, 115.5), (560.0, 790.5)), width=1)
    assert len(_traced(np.maximum(_drawn(RIM), thin)).polygons) == 1
    assert len(_traced(_drawn(RIM, *_dashes((550.0, 115.5), (560.0, 600.5)))).polygons) == 1


@pytest.mark.parametrize("degrees", [0, 20, 45, 70, 135])
def test_hatching_from_side_to_side_divides_no_face(degrees):
    lot = shapely.Polygon(RIM)
    strokes = [list(line.coords) for line in _hatch(lot, 19, degrees)]
    told = _traced(np.maximum(_drawn(RIM, MIDDLE), _drawn(*strokes, width=2)))
    assert len(told.polygons) == 2
    assert told.polygons["hatched"].all()


def _hatch(area, step, degrees):
    from data_samples.paper.details import hatch

    return hatch(area, step, degrees)


def test_a_lot_with_writing_is_not_hatched():
    dark = _drawn(RIM, MIDDLE)
    for row in range(250, 700, 60):
        cv2.putText(dark, "SO THUA 123", (180, row), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 3)
    assert not _traced(dark).polygons["hatched"].any()


def test_blocks_that_stand_free_in_thinner_lines_stay():
    thick = _drawn(RIM, MIDDLE, width=6, shape=(900, 2600))
    blocks = [[(x, 200), (x + 180, 205), (x + 175, 400), (x + 4, 395), (x, 200)] for x in range(1200, 2400, 220)]
    assert len(_traced(np.maximum(thick, _drawn(*blocks, width=3, shape=(900, 2600)))).polygons) == 2 + len(blocks)


def test_a_filled_block_is_a_face_as_large_as_itself():
    dark = _drawn(RIM, MIDDLE)
    cv2.rectangle(dark, (1040, 300), (1100, 420), 255, -1)
    told = _traced(dark)
    assert len(told.polygons) == 3
    assert told.polygons.area.min() == pytest.approx(61 * 121, rel=0.12)


def test_thin_lines_alone_are_not_touched():
    lines = _drawn(RIM, MIDDLE) > 127
    kept, hollow = solid.thinned(lines, 3.0, PER_MM)
    assert kept is lines
    assert hollow is None


def test_a_wide_gap_is_closed_where_both_sides_are_written_in_and_told():
    dark = _drawn(RIM, MIDDLE)
    dark[400:460, 500:620] = 0
    assert len(_traced(dark).polygons) == 1
    for x in (250, 760):
        cv2.putText(dark, "17", (x, 430), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2)
    told = _traced(dark)
    assert len(told.polygons) == 2
    assert told.polygons["why"].str.contains("gap_closed").all()
    assert (told.polygons["confidence"] < 0.7).all()
    assert "gap_closed" in set(told.edges["why"])


def test_both_sides_of_a_way_are_double():
    ways = [[(300, 100), (310, 800)], [(340, 100), (350, 800)], [(800, 100), (790, 800)]]
    told = _traced(_drawn([(100, 100), (1000, 100), (1000, 800), (100, 800), (100, 100)], *ways))
    told.edges["x"] = told.edges.geometry.centroid.x
    assert set(told.edges["form"]) <= {"solid", "double"}


@pytest.mark.parametrize("finer", [1, 2])
def test_bold_drawings_are_read_at_any_resolution(finer):
    blocks = [
        [(x, y), (x + 150, y), (x + 150, y + 130), (x, y + 130), (x, y)] for x in (100, 400, 700) for y in (90, 400)
    ]
    dark = _drawn(*blocks, width=5)
    cv2.putText(dark, "BOD", (120, 170), cv2.FONT_HERSHEY_SIMPLEX, 1.3, 255, 4)
    per_mm = 6.0 * finer
    assert len(faces.trace(dark, separate.ink(dark, per_mm), per_mm).polygons) == len(blocks)


def test_what_is_told_of_lines_is_held_against_what_was_drawn():
    land = paper.make(30, 1000, 3, side_mm=110)
    drawn = paper.draw(land, 1000, 200, style="atlas", seed=3, frame=False)
    dark = 255 - drawn.image
    told = faces.trace(dark, separate.ink(dark, drawn.px_per_mm), drawn.px_per_mm)
    kinds = line_kinds.of(drawn, told)
    assert kinds["hatched"].true == len(drawn.hatched.geoms) > 0
    assert kinds["hatched"].recall >= 0.6
    assert kinds["dashed"].true == 0
    assert kinds["dashed"].recall == 1
    nothing = told.edges.assign(form="solid")
    assert line_kinds.of(drawn, type(told)(told.polygons.assign(hatched=False), nothing))["hatched"].recall == 0
