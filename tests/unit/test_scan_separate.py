"""Ink told apart: lines and what is written beside them."""

import cv2
import numpy as np
import pytest

from pipelines.scan.lines import separate

PER_MM = 11.8


def _paper():
    return np.zeros((700, 900), dtype=np.uint8)


def _share(mask, ink):
    return float(mask[ink > 128].mean())


def _lines(width=2):
    dark = _paper()
    cv2.rectangle(dark, (100, 100), (800, 600), 255, width)
    cv2.line(dark, (450, 100), (460, 600), 255, width)
    return dark


def _text(text="137"):
    dark = _paper()
    cv2.putText(dark, text, (220, 300), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)
    return dark


def test_lines_and_letters_are_told_apart():
    lines, text = _lines(), _text()
    ink = separate.ink(np.maximum(lines, text), PER_MM)
    assert _share(ink.lines, lines) == 1
    assert _share(ink.marks, text) == 1
    assert not (ink.lines & ink.marks).any()


@pytest.mark.parametrize("width", [2, 4, 8])
def test_the_width_is_that_of_the_lines(width):
    dark = _paper()
    dark[300 : 300 + width, 50:850] = 255
    dark[50:650, 400 : 400 + width] = 255
    assert separate.ink(dark, PER_MM).width_px == pytest.approx(width, abs=0.8)


def test_the_bar_of_a_fraction_is_written_and_a_stroke_alone_is_a_line():
    text, bar, stroke = _text("245"), _paper(), _paper()
    cv2.putText(text, "318.2", (215, 338), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2)
    cv2.line(bar, (215, 310), (285, 310), 255, 2)
    cv2.line(stroke, (600, 500), (670, 470), 255, 2)
    ink = separate.ink(np.maximum.reduce([_lines(), text, bar, stroke]), PER_MM)
    assert _share(ink.marks, bar) == 1
    assert _share(ink.lines, stroke) == 1


def test_a_closed_parcel_that_stands_alone_is_a_line():
    dark = _paper()
    cv2.circle(dark, (300, 300), 45, 255, 2)
    assert _share(separate.ink(dark, PER_MM).lines, dark) == 1


def test_a_pinhole_in_a_line_is_filled():
    dark = _lines(5)
    dark[100, 300] = 0
    assert separate.ink(dark, PER_MM).lines[100, 300]


def test_faint_ink_counts_where_it_is_part_of_a_strong_line_only():
    dark = _lines()
    dark[300:400, 452:460][dark[300:400, 452:460] > 0] = 130
    alone = _paper()
    cv2.line(alone, (600, 300), (700, 300), 110, 2)
    ink = separate.ink(np.maximum(dark, alone), PER_MM)
    assert ink.lines[300:400, 452:460].any(axis=1).all()
    assert not (ink.lines | ink.marks)[290:310, 600:700].any()


@pytest.mark.parametrize("level", [0, 255])
def test_a_page_of_one_colour_has_no_marks(level):
    ink = separate.ink(np.full((200, 300), level, dtype=np.uint8), PER_MM)
    assert not ink.marks.any()


def test_the_usual_width_is_that_of_most_lines_and_not_of_most_ink() -> None:
    page = np.zeros((1200, 1200), np.uint8)
    cv2.rectangle(page, (20, 20), (1180, 1180), 255, 12)
    for at in range(100, 1101, 100):
        cv2.line(page, (60, at), (1140, at), 255, 2)
    assert np.count_nonzero(page[:40]) > 12 * 1100
    assert 1.5 < separate.ink(page, 12.0).width_px < 3.5
