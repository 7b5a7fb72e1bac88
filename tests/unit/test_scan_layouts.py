"""Labels as offices write them: rows of several words, words over each other, circles; what may be half a number."""

import cv2
import numpy as np
import pandas as pd
import pytest

from pipelines.scan.lines import circles
from pipelines.scan.model import Ink
from pipelines.scan.numbers import arrangement, beside, candidates, pieces, reader, rows, words
from tests.unit import test_scan_labels as drawn

UNIT = 22.0


def parts_of(ink):
    """Return what the words of a drawn label say, by their roles, and the label they make."""
    found = pieces.find(drawn.PER_MM, ink > 100)
    row = words.find(found, drawn.PER_MM)
    said = reader.read(ink, found, row)
    told, _ = candidates.of_words(row, said)
    return told


@pytest.mark.parametrize("text", ["125 LUC", "LUC 125", "98 ONT"])
@pytest.mark.parametrize("degrees", [0, -60, 90])
def test_number_and_code_on_one_line_are_two_words(text, degrees):
    told = parts_of(drawn.turned(drawn.alone(text), degrees))
    number, code = sorted(text.split())
    assert told[["number", "code"]].to_numpy().tolist() == [[number, code]]
    assert told["agrees"].all()


def test_a_number_is_not_parted():
    for text in ("11", "1051", "7117"):
        assert parts_of(drawn.alone(text))["number"].tolist() == [text]


def test_a_slash_is_no_bar():
    """Signs on both sides of a slash, or of a 1, are as long as it is; over and under a bar stand several."""
    for text in ("12/345.6", "9/88.2", "717"):
        found = pieces.find(drawn.PER_MM, drawn.alone(text) > 100)
        assert {word.role for word in words.find(found, drawn.PER_MM)} == {"free"}


def told_signs(text, second=None, share=0.5):
    """Return probabilities of a row of signs; some are shared with other signs at the same place."""
    made = np.full((len(text), len(rows.glyphs.CLASSES)), 1e-4, np.float32)
    for at, sign in enumerate(text):
        made[at, rows.glyphs.CLASSES.index(sign)] = 0.97
        if second and second[at] != sign:
            made[at, rows.glyphs.CLASSES.index(sign)] = share
            made[at, rows.glyphs.CLASSES.index(second[at])] = 0.97 - share
    left = np.arange(len(text)) * 18.0
    return made, np.column_stack([left, left + 14.0]), UNIT


def test_a_doubtful_slash_is_one_where_the_sheet_writes_slashes():
    doubtful = told_signs("12/345.6", "121345.6", share=0.45)
    assert rows.parts(*doubtful) == []
    assert rows.parts(*doubtful, slashes=True) == [(0, 2, "number"), (3, 8, "area")]
    assert rows.parts(*told_signs("12/345")) == []
    assert rows.parts(*told_signs("12/345"), slashes=True) == [(0, 2, "number"), (3, 6, "area")]
    assert rows.has_slashes([told_signs("12/345.6")] * 4)
    assert not rows.has_slashes([told_signs("12/345.6")] * 4 + [told_signs("1234.5")] * 30)
    assert not rows.has_slashes([])


def test_a_code_needs_a_blank_and_a_letter():
    told, sides, unit = told_signs("12LUC")
    assert rows.parts(told, sides, unit) == []
    sides[2:] += 8.0
    assert rows.parts(told, sides, unit) == [(0, 2, "number"), (2, 5, "code")]
    told, sides, unit = told_signs("12")
    sides[1:] += 8.0
    assert rows.parts(told, sides, unit) == []


def table(*labels):
    return pd.DataFrame([
        {"type": kind, "x": float(x), "y": float(y), "width": float(wide), "height": 20.0, "turn": turn, "label": at,
         "row": at}
        for at, (kind, x, y, wide, turn) in enumerate(labels)
    ])  # fmt: skip


def test_what_stands_as_most_of_the_sheet_do_belongs_together():
    usual = [
        (kind, 500 * at, 35 * row, wide, 0.0)
        for at in range(8)
        for row, (kind, wide) in enumerate((("number", 30), ("code", 40), ("area", 60)))
    ]
    odd = [("number", 9000, 0, 30, 0.0), ("code", 9060, 0, 40, 0.0)]
    found = arrangement.joined(table(*usual, *odd))
    assert set(map(tuple, found[["number", "other"]].to_numpy())) >= {(3 * at, 3 * at + 1) for at in range(8)}
    assert 25 not in set(found["other"])


def test_a_code_below_the_area_belongs_to_the_number():
    found = arrangement.joined(table(("number", 0, 0, 30, 0.0), ("area", 0, 35, 60, 0.0), ("code", 0, 70, 40, 0.0)))
    assert sorted(map(tuple, found[["number", "other"]].to_numpy())) == [(0, 1), (0, 2)]


def test_parts_of_one_row_belong_together_whatever_stands_nearer():
    words_ = table(("number", 0, 0, 16, 0.0), ("area", 65, 0, 80, 0.0), ("number", 65, -24, 50, 0.0))
    found = arrangement.joined(words_.assign(row=[0, 0, 1], label=0))
    assert found[found["type"] == "area"][["number", "other"]].to_numpy().tolist() == [[0, 1]]


@pytest.mark.parametrize("turn", [0.0, 1.0, np.pi])
def test_rows_turned_with_their_label_are_below_it(turn):
    x, y = -35 * np.sin(turn), 35 * np.cos(turn)
    found = arrangement.joined(table(("number", 0, 0, 30, turn), ("number", x, y, 60, turn)))
    assert found.to_numpy().tolist() == [[0, 1, "number"]]


def test_of_three_numbers_in_a_column_nobody_knows_which_are_two():
    assert not len(arrangement.joined(table(*(("number", 0, 35 * at, 30, 0.0) for at in range(3)))))
    assert not len(arrangement.joined(table(("code", 0, 0, 30, 0.0))))
    assert not len(arrangement.joined(table(("code", 0, 0, 30, 0.0)).iloc[:0]))


def crowded(ink):
    found = pieces.find(drawn.PER_MM, ink > 100)
    row = words.find(found, drawn.PER_MM)
    said = reader.read(ink, found, row)
    kinds = [candidates.kind(word, reading) for word, reading in zip(row, said, strict=True)]
    return beside.crowded(ink, found, row, kinds)


def test_half_a_number_is_not_sure():
    """A digit that hangs at a wall is no part of the word: what is left of the number stands beside ink as large."""
    ink = np.pad(drawn.alone("27"), 100)
    assert not crowded(ink)
    left = np.flatnonzero(ink.any(axis=0))[0]
    top = np.flatnonzero(ink.any(axis=1))[0]
    cv2.line(ink, (int(left) + 6, 0), (int(left) + 6, ink.shape[0]), 255, 2)
    cv2.line(ink, (0, int(top)), (int(left) + 6, int(top)), 255, 2)
    assert crowded(ink)


def test_a_boundary_beside_a_number_is_no_digit():
    ink = drawn.alone("27").copy()
    ends = np.flatnonzero(ink.any(axis=0))[[0, -1]]
    for x, lean in ((int(ends[0]) - 8, 4), (int(ends[1]) + 8, -9)):
        cv2.line(ink, (x, 0), (x + lean, ink.shape[0]), 255, 2)
    assert not crowded(ink)


def circled(text, *, closed=True):
    marks = drawn.alone(text)
    lines = np.zeros_like(marks)
    cv2.ellipse(lines, (200, 60), (32, 32), 0, 0, 360 if closed else 300, 255, 2)
    return lines > 100, marks > 100


def test_a_circle_around_a_number_bounds_nothing():
    lines, marks = circled("65")
    assert not circles.without(lines, marks, 2.0, drawn.PER_MM).any()
    for kept in (circles.without(lines, marks & False, 2.0, drawn.PER_MM),
                 circles.without(circled("65", closed=False)[0], marks, 2.0, drawn.PER_MM)):  # fmt: skip
        assert kept.any()
    joined = lines.copy()
    joined[58:62, :] = True
    assert (circles.without(joined, marks, 2.0, drawn.PER_MM) == joined).all()


def test_the_number_in_a_circle_is_read():
    lines, marks = circled("65")
    dark = ((lines | marks) * np.uint8(255)).astype(np.uint8)
    found = pieces.of_sheet(Ink(lines, marks, 2.0), drawn.PER_MM, dark)
    row = words.find(found, drawn.PER_MM)
    assert [one.text for one in reader.read(dark, found, row)] == ["65"]


@pytest.mark.parametrize(
    ("between", "told"),
    [
        ([("area", 100, 115, 2)], []),
        ([("code", 100, 115, 2)], []),
        ([("area", 100, 112, 2)], [(0, 2, "area")]),
    ],
)
def test_what_stands_in_the_middle_between_two_numbers_is_of_neither(between, told):
    words = [("number", 100, 100, 0), ("number", 100, 130, 1), *between]
    table = pd.DataFrame(
        [(kind, float(x), float(y), 20.0, 10.0, 0.0, label, label) for kind, x, y, label in words],
        columns=["type", "x", "y", "width", "height", "turn", "label", "row"],
    )
    assert list(map(tuple, arrangement.joined(table).to_numpy().tolist())) == told
