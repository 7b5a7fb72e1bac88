"""Words read twice: by the network sign by sign, by the recogniser as a whole; believed where both agree."""

import cv2
import numpy as np
import pandas as pd
import pytest

from pipelines.scan.numbers import candidates, glyphs, grown, pieces, reader, words
from pipelines.scan.numbers import signs as signs_work
from pipelines.scan.numbers.reader import Reading
from pipelines.scan.numbers.words import Word
from tests.unit import test_scan_labels as drawn


def told(ink):
    found = pieces.find(drawn.PER_MM, ink > 100)
    row = words.find(found, drawn.PER_MM)
    return row, reader.read(ink, found, row)


def candidate(*readings, roles=("free",), heights=(20.0,)):
    """Return what one label of words beside each other says; None where it says nothing of a parcel."""
    row = [
        Word([at], 0.0, role, 0, (0.0, 9.0, 0.0, high))
        for at, (role, high) in enumerate(zip(roles, heights, strict=True))
    ]
    rows, loose = candidates.of_words(row, readings)
    return None if loose else rows.iloc[0]


@pytest.mark.parametrize("text", ["0123456789"[at : at + 2] for at in range(1, 9)] + ["55", "228", "5285"])
def test_numbers_alone_are_read_twice_and_agree(text):
    row, readings = told(drawn.alone(text))
    assert [word.role for word in row] == ["free"]
    assert readings[0].text == text
    assert readings[0].agrees


@pytest.mark.parametrize("text", ["66", "99", "68", "906"])
@pytest.mark.parametrize("degrees", [-90, 45, 80])
def test_turned_numbers_are_not_read_upside_down(text, degrees):
    """Upright ones are read from below or from above by the order of area and number, which only fractions have."""
    row, readings = told(drawn.turned(drawn.fraction(text), degrees))
    by_role = {word.role: one for word, one in zip(row, readings, strict=True)}
    assert by_role["number"].second == text or by_role["number"].text == text
    assert drawn.AREA in (by_role["area"].text, by_role["area"].second)


def test_what_the_readers_say_differently_is_not_believed():
    assert candidate(Reading("17", 0.9, "17", 1.0))["p"] > 0.99
    differing = candidate(Reading("17", 0.99, "11", 1.0))
    assert differing["p"] <= 0.6
    assert differing["other"] == "11"


def test_a_number_read_once_is_not_believed():
    assert candidate(Reading("17", 0.999))["p"] <= 0.6


def test_an_agreement_of_two_unsure_readings_is_worth_less():
    firm, weak = (candidate(Reading("17", sure, "17", sure))["p"] for sure in (0.95, 0.2))
    assert weak < 0.975 < firm


def test_what_is_no_number_is_none():
    assert candidate(Reading("017", 0.9, "017", 0.9)) is None
    assert candidate(Reading("123456", 0.9, "123456", 0.9)) is None
    assert candidate(Reading("g2", 0.9)) is None


def test_dust_beside_a_number_does_not_hide_it():
    dust = Reading("+", 0.97)
    row = candidate(Reading("92", 0.97, "92", 1.0), dust, roles=("free", "free"), heights=(20.0, 5.0))
    assert row["number"] == "92"
    assert candidate(Reading("92", 0.97, "92", 1.0), dust, roles=("free", "free"), heights=(20.0, 18.0)) is None


def stacked(*texts):
    """Return the labels of texts over one another."""
    row = [
        Word([at], 0.0, "free", 0, (0.0, 9.0 * len(text), 30.0 * at, 30.0 * at + 20)) for at, text in enumerate(texts)
    ]
    return candidates.of_words(row, [Reading(text, 0.97, text, 1.0) for text in texts])[0]


def test_a_number_over_another_without_a_bar_is_proven_by_the_face_alone():
    row = stacked("92", "93").iloc[0]
    assert (row["number"], row["area"], row["kind"]) == ("92", "93", candidates.STACKED)
    open_ = candidates.proven(stacked("92", "93").assign(fits=pd.array([pd.NA], dtype="boolean")))
    assert open_["p"].tolist() == [0.6]
    row = stacked("92", "93.5").iloc[0]
    assert (row["number"], row["area"], row["kind"]) == ("92", "93.5", "whole")
    assert row["p"] > 0.99


def test_a_number_alone_by_signs_that_say_nothing_may_be_a_part():
    for far, is_firm in ((60.0, False), (200.0, True)):
        row = [Word([0], 0.0, "free", 0, (0.0, 30.0, 0.0, 20.0)), Word([1], 0.0, "free", 1, (far, far + 15, 0.0, 20.0))]
        rows, loose = candidates.of_words(row, (Reading("36", 0.99, "36", 1.0), Reading("m", 0.1)))
        assert (rows["number"].tolist(), loose, rows["p"][0] > 0.99) == (["36"], [1], is_firm)


def test_letters_are_digits_only_where_every_sign_may_be_one():
    ten = np.full((2, len(glyphs.CLASSES)), 0.001, np.float32)
    place = {name: at for at, name in enumerate(glyphs.CLASSES)}
    ten[0, place["S"]], ten[0, place["5"]] = 0.7, 0.2
    ten[1, place["Z"]], ten[1, place["2"]] = 0.7, 0.2
    assert reader._as_digits(ten, Reading("SZ", 0.5)).text == "52"
    assert reader._as_digits(ten, Reading("SZ", 0.5)).sure == pytest.approx(0.04, rel=0.01)
    assert reader._as_digits(ten, Reading("ONT", 0.5)).text == "ONT"


def test_nothing_is_read_of_nothing():
    assert told(np.zeros((60, 60), np.uint8)) == ([], [])
    assert glyphs.probabilities(np.zeros((0, 24, 24), np.uint8), np.zeros((0, 2), np.float32)).shape[0] == 0


def test_the_same_ink_is_read_the_same():
    first, second = (told(drawn.fraction("3804"))[1] for _ in range(2))
    assert first == second


def test_a_number_beside_the_middle_of_its_area_has_lost_a_digit():
    readings = (Reading("15", 0.99, "15", 1.0), Reading("140.8", 0.99, "140.8", 1.0))
    for shift, is_firm in ((0.0, True), (4.0, True), (9.0, False), (-9.0, False)):
        row = [Word([0], 0.0, "number", 0, (20.0 + shift, 50.0 + shift, 0.0, 20.0))]
        row.append(Word([1], 0.0, "area", 0, (0.0, 70.0, 30.0, 50.0)))
        rows, _ = candidates.of_words(row, readings)
        assert rows["number"].tolist() == ["15"]
        assert (rows["p"][0] > 0.99) == is_firm


@pytest.mark.parametrize("text", ["54", "88", "144", "305"])
@pytest.mark.parametrize("degrees", [0, 30])
def test_digits_grown_together_are_read_apart(text, degrees):
    """A stroke through all digits joins them; their area, apart, tells which way up a label stands."""
    ink = drawn.fraction(text).copy()
    found = pieces.find(drawn.PER_MM, ink > 100)
    row = next(word for word in words.find(found, drawn.PER_MM) if word.role == "number")
    left, right = (found.box[row.pieces, at] for at in (0, 2))
    middle = int((row.box[2] + row.box[3]) / 2)
    ink[middle : middle + 4, int(left.min()) + 4 : int(right.max()) - 4] = 255
    row, readings = told(drawn.turned(ink, degrees))
    number = next(at for at, word in enumerate(row) if word.role == "number")
    assert len(row[number].pieces) == 1
    assert (len(readings[number].text), readings[number].second) == (len(text), text)


def test_a_digit_is_not_cut():
    signs = [[(ink, (0.0, float(ink.shape[1]), 0.0, float(ink.shape[0])))] for ink in _digits()]
    assert [len(one) for one in grown.apart(signs, ["0123456789"] * 10, [False] * 10)] == [1] * 10


def _digits():
    """Return the ten digits, twice as wide as usual."""
    for text in "0123456789":
        image = np.asarray(drawn.alone(text, size=40))
        rows, columns = np.flatnonzero(image.max(axis=1) > 60), np.flatnonzero(image.max(axis=0) > 60)
        cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        yield cv2.resize(cut, (int(cut.shape[0] * 1.05), cut.shape[0]))


@pytest.mark.parametrize("dust", [(0.5, -0.3), (0.0, 1.25), (0.4, 0.4)])
def test_dust_in_and_beside_a_number_does_not_hide_it(dust):
    ink = drawn.alone("142").copy()
    row, _ = told(ink)
    wide, high = row[0].box[1] - row[0].box[0], row[0].height
    y, x = int(row[0].box[2] + dust[0] * high), int(row[0].box[0] + dust[1] * wide)
    ink[y - 2 : y + 2, x - 2 : x + 2] = 255
    row, readings = told(ink)
    tallest = int(np.argmax([word.height for word in row]))
    assert (readings[tallest].text, readings[tallest].second) == ("142", "142")


def test_a_point_within_a_text_is_no_dust():
    assert told(drawn.alone("14.2"))[1][0].text == "14.2"


def test_only_what_may_belong_to_a_parcel_is_read_twice():
    ink = drawn.fraction("125")
    found = pieces.find(drawn.PER_MM, ink > 100)
    row = words.find(found, drawn.PER_MM)
    wanted = np.array([word.role != "number" for word in row])
    assert not any(one.second for one, word in zip(reader.read(ink, found, row, wanted), row, strict=True)
                   if word.role == "number")  # fmt: skip


def test_a_number_alone_that_is_one_both_ways_up_is_not_believed():
    for text, is_firm in (("68", False), ("99", False), ("69", True), ("25", True)):
        _, readings = told(drawn.turned(drawn.alone(text), -90))
        assert readings[0].agrees == is_firm
        assert is_firm or {readings[0].text, readings[0].second} == {
            text,
            text[::-1].translate(str.maketrans("69", "96")),
        }


def test_a_gap_as_wide_as_a_digit_is_doubted():
    def signs(gap):
        return [(np.zeros((20, 8), np.uint8), (left, left + 8.0, 0.0, 20.0)) for left in (0.0, 8.0 + gap)]

    assert [signs_work.has_gap(signs(gap)) for gap in (3.0, 14.0, 16.0)] == [False, False, True]
    assert not signs_work.has_gap(signs(3.0)[:1])
