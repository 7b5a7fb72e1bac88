"""Pieces of ink, the words they stand in, and the bars that hold fractions together."""

import cv2
import numpy as np
import pytest

from pipelines.scan.model import Ink
from pipelines.scan.numbers import pieces, words

PER_MM, COARSE = 11.8, 8.0


def digit(ink, x, y, text="8", scale=1.0):
    cv2.putText(ink, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 2)


def fraction(gap=8):
    """Return 12 over a bar over 34.5, as ink."""
    ink = np.zeros((200, 300), np.uint8)
    digit(ink, 110, 90 - gap, "12")
    ink[88:91, 90:175] = 255
    for at, sign in ((94, "3"), (116, "4"), (137, "."), (147, "5")):
        digit(ink, at, 116 + gap, sign)
    return ink


def turned(ink, degrees):
    side = 400
    square = np.zeros((side, side), np.uint8)
    top, left = (side - ink.shape[0]) // 2, (side - ink.shape[1]) // 2
    square[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return cv2.warpAffine(square, cv2.getRotationMatrix2D((side / 2, side / 2), -degrees, 1.0), (side, side))


def found(ink):
    return pieces.find(PER_MM, ink > 100)


def told(ink):
    return words.find(found(ink), PER_MM)


def of_sheet(ink, lines=None, dark=None, per_mm=PER_MM):
    """Return the pieces of a sheet on which everything is a mark, or part of it line work."""
    mask = ink > 100
    drawn = np.zeros_like(mask) if lines is None else lines > 100
    return pieces.of_sheet(Ink(drawn, mask & ~drawn, 3.0), per_mm, dark)


def inked(found):
    """Return the pixels of pieces, each once, in order."""
    return sorted(map(tuple, found.points.tolist()))


def test_pieces_are_measured():
    ink = np.zeros((100, 200), np.uint8)
    ink[40:43, 20:120] = 255
    piece = found(ink)
    assert len(piece) == 1
    assert (piece.long[0], piece.thin[0]) == pytest.approx((100, 3), abs=0.01)
    assert piece.centre[0] == pytest.approx((70.0, 41.5))
    assert piece.box[0] == pytest.approx((20, 40, 120, 43))


def test_dust_and_what_is_larger_than_writing_are_no_pieces():
    ink = np.zeros((400, 400), np.uint8)
    ink[10, 10] = 255
    ink[100:102, 20:380] = 255
    assert len(found(ink)) == 0
    digit(ink, 100, 60)
    assert len(found(ink)) == 1


def test_pieces_across_strips_of_the_page_are_whole(monkeypatch):
    ink = fraction()
    whole = found(ink)
    monkeypatch.setattr(pieces, "_STRIP", 37)
    parts = found(ink)
    assert len(parts) == len(whole)
    assert np.sort(parts.box, axis=0) == pytest.approx(np.sort(whole.box, axis=0))


def test_a_page_without_ink_has_no_words():
    assert told(np.zeros((50, 50), np.uint8)) == []


@pytest.mark.parametrize("degrees", [0, 15, -40, 80, -88])
def test_what_stands_above_and_below_a_bar_are_number_and_area(degrees):
    rows = {word.role: word for word in told(turned(fraction(), degrees))}
    assert set(rows) == {"number", "area"}
    assert len(rows["number"].pieces) == 2
    assert len(rows["area"].pieces) == 4
    off = np.degrees(rows["number"].turn) - degrees
    assert min(abs(off), abs(abs(off) - 180)) < 3


def test_a_bar_with_writing_on_one_side_only_is_none():
    ink = fraction()
    ink[95:] = 0
    assert {word.role for word in told(ink)} <= {"free"}


def test_writing_far_from_a_bar_does_not_belong_to_it():
    assert {word.role for word in told(fraction(gap=45))} <= {"free"}


def test_two_numbers_far_from_each_other_are_two_labels():
    ink = np.zeros((200, 400), np.uint8)
    digit(ink, 20, 100, "12")
    digit(ink, 300, 100, "34")
    assert sorted((word.label, len(word.pieces)) for word in told(ink)) == [(0, 2), (1, 2)]


def test_rows_of_a_label_are_told_from_above():
    ink = np.zeros((200, 300), np.uint8)
    digit(ink, 100, 80, "12")
    digit(ink, 100, 112, "345")
    assert [len(word.pieces) for word in told(ink)] == [2, 3]


def test_hatches_are_no_words():
    ink = np.zeros((400, 400), np.uint8)
    for at in range(20, 380, 4):
        ink[100:140, at : at + 2] = 255
    assert told(ink) == []


def test_a_stroke_of_line_work_that_hangs_at_no_line_is_looked_at():
    ink = fraction()
    bar = np.zeros_like(ink)
    bar[88:91, 90:175] = 255
    assert {word.role for word in words.find(of_sheet(ink, bar), PER_MM)} == {"number", "area"}
    border = np.zeros_like(ink)
    border[10:13] = 255
    assert inked(of_sheet(ink | border, border)) == inked(found(ink))


@pytest.mark.parametrize("degrees", [0, 12, -33, 70, 90])
@pytest.mark.parametrize("sides", ["above", "below", "both"])
def test_digits_grown_together_with_a_bar_are_freed_however_it_is_turned(degrees, sides):
    ink = fraction(gap=2)
    for left in (122, 153):
        ink[80 if sides != "below" else 90 : 101 if sides != "above" else 90, left : left + 3] = 255
    roles = {word.role for word in words.find(of_sheet(turned(ink, degrees)), PER_MM)}
    assert roles == {"number", "area"}


@pytest.mark.parametrize("text", ["7", "2", "5", "4", "54", "248", "77", "22"])
def test_strokes_of_digits_are_no_bars(text):
    ink = fraction()
    digit(ink, 30, 180, text)
    ink = cv2.dilate(ink, np.ones((1, 5), np.uint8))
    assert inked(of_sheet(ink)) == inked(found(ink))


def test_the_stem_of_a_one_that_lies_is_no_bar():
    ink = fraction()
    ink[140:160, 40] = ink[140:160, 64] = 255
    ink[149:152, 40:65] = 255
    assert inked(of_sheet(ink)) == inked(found(ink))


def test_a_bar_fainter_than_ink_holds_its_fraction_together():
    dark = fraction()
    dark[88:91] = 0
    dark[88:90, 90:170] = 70

    def roles(faint):
        return {word.role for word in words.find(of_sheet(dark, None, faint, COARSE), COARSE)}

    assert roles(None) == {"free"}
    assert roles(dark) == {"number", "area"}


def test_the_fringe_of_a_line_is_no_bar():
    dark = np.zeros((100, 200), np.uint8)
    dark[50:53, 40:140] = 255
    dark[49, 40:140] = dark[53, 40:140] = 70
    assert not set(of_sheet(dark, dark, dark, COARSE).points[:, 1].astype(int)) & {49, 53}
