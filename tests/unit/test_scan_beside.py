"""Coordinates in two parts, at marks between the corners, and beside the crosses of a sheet without a frame."""

import cv2
import numpy as np
import pytest

from pipelines.scan.place import beside, frame, margins, printed
from pipelines.scan.place.margins import Line

_PX_PER_MM = 8.0
_MARGIN = 40


def _line(text: str, x: float, y: float, *, across: bool = False) -> Line:
    return Line(text, 0.95, (x, y), across)


def _split(km: str, metres: str, x: float, y: float, *, below: bool = False) -> list[Line]:
    """Return a coordinate with its kilometres small and its metres large, beside each other or in two rows."""
    ends = ((0.0, -2.2), (0.0, 2.4)) if below else ((-3.2, 0.0), (3.6, 0.0))
    return [_line(text, x + right, y + down) for text, (right, down) in zip((km, metres), ends, strict=True)]


def test_kilometres_and_metres_beside_or_below_each_other_are_one_coordinate() -> None:
    lines = [
        *_split("581", "000", 0, -4.2), *_split("581", "200", 200, 204.2),
        *_split("2191", "400", -4.2, 0, below=True), *_split("2191", "200", 204.2, 200, below=True),
    ]  # fmt: skip
    assert printed.parse(lines, 200, 200).sides == (581_000, 2_191_200, 581_200, 2_191_400)
    # Read from below their rows run upwards.
    turned = [_line("2191", -4, 3.2, across=True), _line("400", -4, -3.6, across=True)]
    assert printed.parse([*lines[:4], *turned], 200, 200).sides[3] == 2_191_400


def test_half_a_coordinate_alone_says_nothing() -> None:
    lines = [*_split("581", "000", 0, -4.2), _line("400", -4.2, 2.4), _line("300", 204, 2.4)]
    assert printed.parse(lines, 200, 200).votes == (1, 0, 0, 0)


def test_marks_between_the_corners_outvote_a_corner_misread() -> None:
    marks = [_line(f"58{1000 + 100 * i}", 100.0 * i, -4) for i in range(1, 3)]
    lines = [_line("TỶ LỆ 1:1000", 150, 220), _line("531000", 0, -4), _line("531000", 0, 204), *marks]
    read = printed.parse(lines, 300, 200)
    assert (read.sides[0], read.sides[2]) == (581_000, 581_300)


def test_marks_that_contradict_the_size_of_the_page_count_nothing() -> None:
    """A page told to be twice as large puts the marks at every second node: no two of them agree."""
    lines = [_line("TỶ LỆ 1:1000", 300, 440), *[_line(f"58{1000 + 100 * i}", 200.0 * i, -4) for i in range(4)]]
    assert printed.parse(lines, 600, 400).votes == (1, 0, 1, 0)


def _drawn(*, coordinates: bool = True, wrong: str = "") -> np.ndarray:
    """Return ink of three by two crosses at 10 cm, eastings above each and northings on its right."""
    ink = np.zeros(((100 + 2 * _MARGIN) * 8, (200 + 2 * _MARGIN) * 8), dtype=np.uint8)
    for column in range(3):
        for row in range(2):
            x, y = round((_MARGIN + 100 * column) * 8), round((_MARGIN + 100 * row) * 8)
            cv2.line(ink, (x - 40, y), (x + 40, y), 255, 2)
            cv2.line(ink, (x, y - 40), (x, y + 40), 255, 2)
            if coordinates:
                texts = (str(581_000 + 100 * column), wrong or str(2_191_400 - 100 * row))
                for text, at in zip(texts, ((x + 15, y + 45), (x + 15, y - 16)), strict=True):
                    cv2.putText(ink, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1, cv2.LINE_AA)
    return ink


def test_crosses_without_a_frame_are_placed_by_what_stands_beside_them() -> None:
    ink = _drawn()
    ink[600:603, 200:1800] = 255
    found = frame.without(ink, _PX_PER_MM)
    assert found is not None
    assert len(found.crosses) == 6
    assert np.isnan(found.corners).all()
    read = beside.read(ink, found, _PX_PER_MM, None)
    assert read is not None
    assert read.scale == 1000
    order = np.lexsort((found.crosses[:, 0], found.crosses[:, 1].round(-1)))
    assert read.crosses[order].tolist() == [
        [581_000 + 100 * i, 2_191_400 - 100 * j] for j in range(2) for i in range(3)
    ]
    assert beside.read(ink, found, _PX_PER_MM, 500) is None


@pytest.mark.parametrize("wrong", ["1234567", "12.5"])
def test_crosses_without_coordinates_have_no_place(wrong: str) -> None:
    for ink in (_drawn(coordinates=False), _drawn(wrong=wrong)):
        found = frame.without(ink, _PX_PER_MM)
        assert found is not None
        assert beside.read(ink, found, _PX_PER_MM, None) is None


def test_a_digit_that_no_one_can_read_is_no_other_digit() -> None:
    assert beside._agrees("582B50", "582350")
    assert not beside._agrees("582850", "582350")
    assert not beside._agrees("5B2B50", "582350")
    assert not beside._agrees("58235", "582350")


def test_a_cross_off_the_others_is_no_control_point() -> None:
    nodes = np.array([(x, y) for y in range(3) for x in range(3)], dtype=np.float64)
    found = nodes * 800.0
    found[4] += (0.0, 12.0)
    kept = beside._without_strays(nodes, found, 800.0)
    assert np.flatnonzero(np.isnan(kept[:, 0])).tolist() == [4]


def test_marks_on_the_frame_do_not_join_two_words() -> None:
    ink = np.zeros((1200, 1200), dtype=np.uint8)
    cv2.rectangle(ink, (200, 200), (1000, 1000), 255, 2)
    cv2.line(ink, (200, 150), (200, 200), 255, 2)
    cv2.putText(ink, "581", (150, 180), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1, cv2.LINE_AA)
    cv2.putText(ink, "000", (210, 182), cv2.FONT_HERSHEY_SIMPLEX, 0.75, 255, 2, cv2.LINE_AA)
    corners = np.array([(200, 200), (1000, 200), (1000, 1000), (200, 1000)], dtype=np.float64)
    found = margins.cuttings(ink, corners, 0.0, 8.0)
    assert {text for text, _ in margins.read([one.image for one in found])} >= {"581", "000"}
