"""What is printed around a frame: numbers as people print and machines misread them, believed where they agree."""

import cv2
import numpy as np
import pytest

from pipelines.scan.place import margins, printed, upright
from pipelines.scan.place.margins import Line
from pipelines.scan.place.sheets import Cell

_MM = 500.0


def _line(text: str, x: float, y: float, *, across: bool = False) -> Line:
    return Line(text, 0.95, (x, y), across)


def _corners(west: str, south: str, east: str, north: str) -> list[Line]:
    return [
        _line(west, 5, -5), _line(west, 5, 505), _line(east, 495, -5), _line(east, 495, 505),
        _line(south, -5, 494, across=True), _line(south, 505, 494, across=True),
        _line(north, -5, 6, across=True), _line(north, 505, 6, across=True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("2191000", 2_191_000), ("2 191 000", 2_191_000), ("2191.000", 2_191_000), ("2.191.000", 2_191_000),
        ("581.500", 581_500), ("581,5", 581_500), ("581500.00", 581_500), ("2191km", 2_191_000),
        ("X=2191500", 2_191_500),
        ("2I9l5OO", 2_191_500), ("Tờ bản đồ số 12", None), ("12", None), ("1:1000", None), ("80 m", None),
    ],
)  # fmt: skip
def test_coordinates_in_every_form(text: str, metres: float | None) -> None:
    assert printed.coordinate(text) == metres


def test_a_whole_margin_is_read() -> None:
    lines = [
        *_corners("576000", "2194500", "576500", "2195000"), _line("TỜ BẢN ĐỒ ĐỊA CHÍNH SỐ 12", 250, -22),
        _line("196575-5-a", 250, -15), _line("Tỷ lệ 1:1000", 250, 517), _line("Tờ bản đồ số 13", 280, -6.5),
    ]  # fmt: skip
    read = printed.parse(lines, _MM, _MM)
    assert read.scale == 1000
    assert read.cell == Cell(1000, 576_000, 2_195_000)
    assert read.name == "196 575-5-a"
    assert read.number == "12"
    assert read.sides == (576_000, 2_194_500, 576_500, 2_195_000)
    assert read.votes == (2, 2, 2, 2)


def test_a_misread_corner_loses_against_its_opposite_side() -> None:
    lines = [line for line in _corners("576000", "2194500", "576500", "2195000") if line.centre != (5, 505)]
    lines += [_line("516000", 5, 505), _line("516000", 6, -6)]
    assert printed.parse(lines, _MM, _MM).sides == (576_000, 2_194_500, 576_500, 2_195_000)


def test_scales_no_map_has_and_numbers_far_from_corners_count_nothing() -> None:
    lines = [_line("1:1234", 250, 517), _line("2195000", 250, -5), _line("576000", 300, 520)]
    read = printed.parse(lines, _MM, _MM)
    assert read.scale is None
    assert all(np.isnan(read.sides))
    assert printed.parse([_line("TỶ LỆ 1/2000", 250, 517)], _MM, _MM).scale == 2000


@pytest.mark.parametrize(
    ("text", "number", "commune"),
    [
        ("TỜ BẢN ĐỒ SỐ: 12     Xã Quảng Tâm, TP Thanh Hóa", "12", "Xã Quảng Tâm"), ("T BÅN ĐÖ S: 12", "12", None),
        ("Tờ bản đồ địa chính số 012", "12", None), ("TBĐ 12", "12", None),
        ("T s 12 - Phưng Qung Tâm - Thành phố", "12", "Phưng Quảng Tâm"),
        ("XÃ TH DÂN", None, "XÃ Thọ Dân"), ("Xã Hong Ph, tỉnh", None, "Xã Hong Ph"), ("Xã Abcdef", None, "Xã Abcdef"),
        ("Thị trấn Rừng Thông", None, "Thị trấn Rừng Thông"),
        ("Bản đồ 299", None, None), ("Mảnh bản đồ số 193 581-5", None, None), ("Đo vẽ năm 1985", None, None),
        ("Tờ số 12/3", None, None),
    ],
)  # fmt: skip
def test_titles_in_every_form(text: str, number: str | None, commune: str | None) -> None:
    read = printed.parse([_line(text, 250, -20)], _MM, _MM)
    assert (read.number, read.commune) == (number, commune)
    assert printed.title(read) == {"number": number, "scale": None, "commune": commune}


def test_two_numbers_above_a_frame_are_none() -> None:
    lines = [_line("Tờ bản đồ số 12", 250, -20), _line("Tờ bản đồ số 13", 400, -20)]
    assert printed.parse(lines, _MM, _MM).number is None


def _drawn() -> tuple[np.ndarray, np.ndarray]:
    """Return ink with a frame of 100 mm and coordinates around two of its corners, 8 pixels to the millimetre."""
    ink = np.zeros((1300, 1300), dtype=np.uint8)
    corners = np.array([(250, 250), (1050, 250), (1050, 1050), (250, 1050)], dtype=np.float64)
    cv2.rectangle(ink, (250, 250), (1050, 1050), 255, 2)
    cv2.rectangle(ink, (170, 170), (1130, 1130), 255, 6)
    cv2.putText(ink, "576000", (256, 225), cv2.FONT_HERSHEY_SIMPLEX, 0.75, 255, 2, cv2.LINE_AA)
    cv2.putText(ink, "Ty le 1:1000", (560, 1230), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    sideways = np.zeros((60, 200), dtype=np.uint8)
    cv2.putText(sideways, "2195000", (10, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.75, 255, 2, cv2.LINE_AA)
    up = np.rot90(sideways)
    ink[260 : 260 + up.shape[0], 185 : 185 + up.shape[1]] = np.maximum(
        ink[260 : 260 + up.shape[0], 185 : 185 + up.shape[1]], up
    )
    return ink, corners


@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
def test_which_way_up_by_what_is_printed(quarter: int) -> None:
    ink, corners = _drawn()
    turned = np.ascontiguousarray(np.rot90(ink, -quarter))
    assert upright.quarter(turned, corners, 0.0, 8.0) == quarter


def test_lines_are_cut_out_and_read_on_the_page() -> None:
    ink, corners = _drawn()
    found = margins.cuttings(ink, corners, 0.0, 8.0)
    told = margins.read([one.image for one in found])
    read = {text.replace(" ", ""): one for one, (text, score) in zip(found, told, strict=True) if score > 0.8}
    assert "576000" in read
    assert "2195000" in read
    assert read["2195000"].is_across
    assert not read["576000"].is_across
    assert any("1:1000" in text for text in read)
    assert read["576000"].centre == pytest.approx((6.5, -4.3), abs=1.5)
