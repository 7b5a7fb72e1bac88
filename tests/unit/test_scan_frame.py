"""Frame and crosses of small sheets: to a part of a pixel, turned, bent, crossed by lines, cut; none where none is."""

import math

import cv2
import numpy as np
import pytest

from pipelines.scan.model import Frame
from pipelines.scan.picture import clean
from pipelines.scan.place import frame as frames

_PER_MM = 4.0
"""About 100 dpi: frames of 30 cm are small enough for a unit test."""

_MM = 300
_EDGE = 35.0
_FINE = 8


def _drawn(
    *, outer: bool = True, crosses: bool = True, lines: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ink of a sheet of 30 cm and the true corners and crosses, pixels."""
    side = round((_MM + 2 * _EDGE) * _PER_MM)
    ink = np.zeros((side, side), dtype=np.uint8)
    corners = (np.array([(0, 0), (_MM, 0), (_MM, _MM), (0, _MM)]) + _EDGE) * _PER_MM + 0.3

    def stroke(points: np.ndarray, width: int = 1) -> None:
        at = np.round((np.asarray(points, dtype=np.float64) - 0.5) * (1 << _FINE)).astype(np.int32)
        cv2.polylines(ink, [at.reshape(-1, 1, 2)], False, 255, width, cv2.LINE_AA, _FINE)

    stroke(np.vstack([corners, corners[:1]]))
    if outer:
        wide = corners + np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * 10 * _PER_MM
        stroke(np.vstack([wide, wide[:1]]), 3)
    marks = np.array([(x, y) for y in (100, 200) for x in (100, 200)]) * _PER_MM + corners[0]
    if crosses:
        for x, y in marks:
            stroke(np.array([(x - 20, y), (x + 20, y)]))
            stroke(np.array([(x, y - 20), (x, y + 20)]))
    if lines:
        rng = np.random.default_rng(4)
        for _ in range(14):
            stroke(corners[0] + rng.uniform(0.05, 0.95, (2, 2)) * _MM * _PER_MM)
    return ink, corners, marks


def _turned(ink: np.ndarray, degrees: float, *points: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    height, width = ink.shape
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    turn = np.array([[cosine, -sine], [sine, cosine]])
    wide, high = (np.abs(turn) @ (width, height)).astype(int) + 2
    shift = np.array([wide, high]) / 2 - turn @ (width / 2, height / 2)
    centred = shift + turn @ (0.5, 0.5) - 0.5
    made = cv2.warpAffine(ink, np.column_stack([turn, centred]), (int(wide), int(high)), flags=cv2.INTER_LINEAR)
    return made, [one @ turn.T + shift for one in points]


def _check(found: Frame | None, corners: np.ndarray, marks: np.ndarray, px: float = 0.5) -> None:
    assert found is not None
    assert np.linalg.norm(found.corners - corners, axis=1).max() < px
    assert len(found.crosses) == len(marks)
    apart = np.linalg.norm(found.crosses[:, None] - marks[None], axis=2)
    assert apart.min(axis=0).max() < px


@pytest.mark.parametrize("degrees", [0.0, 1.7, -3.0, 4.5])
def test_frame_and_crosses_of_a_turned_sheet(degrees: float) -> None:
    ink, corners, marks = _drawn()
    ink, (corners, marks) = _turned(ink, degrees, corners, marks)
    found = frames.find(ink, _PER_MM)
    _check(found, corners, marks)
    assert found is not None
    assert found.turn_deg == pytest.approx(degrees, abs=0.05)
    assert found.spacing_px == pytest.approx(100 * _PER_MM, abs=0.5)
    assert found.others == 0


def test_a_double_line_is_one_frame_and_a_single_line_is_enough() -> None:
    for outer in (True, False):
        ink, corners, marks = _drawn(outer=outer)
        _check(frames.find(ink, _PER_MM), corners, marks)


def test_a_sheet_without_crosses_has_a_frame_all_the_same() -> None:
    ink, corners, _ = _drawn(crosses=False)
    found = frames.find(ink, _PER_MM)
    assert found is not None
    assert np.linalg.norm(found.corners - corners, axis=1).max() < 0.5
    assert len(found.crosses) == 0
    assert math.isnan(found.spacing_px)


def test_a_blot_over_a_corner_leaves_it_where_its_sides_lead() -> None:
    ink, corners, marks = _drawn()
    x, y = corners[2].astype(int)
    cv2.circle(ink, (int(x) - 10, int(y) - 10), 60, 255, -1)
    _check(frames.find(ink, _PER_MM), corners, marks, px=0.8)


def test_a_frame_bent_with_its_paper() -> None:
    ink, corners, _ = _drawn(crosses=False)
    y, x = np.mgrid[: len(ink), : ink.shape[1]].astype(np.float32)
    bow = 3.0 * np.sin(np.pi * (x - corners[0, 0]) / (_MM * _PER_MM)).astype(np.float32)
    bent = cv2.remap(ink, x, y - bow, cv2.INTER_LINEAR)
    found = frames.find(bent, _PER_MM)
    assert found is not None
    assert np.linalg.norm(found.corners - corners, axis=1).max() < 0.8


def test_crosses_that_lines_run_through_and_one_that_is_hidden() -> None:
    ink, corners, marks = _drawn(lines=False)
    x, y = marks[0].astype(int)
    cv2.line(ink, (x + 6, y - 200), (x + 6, y + 200), 255, 1)
    cv2.line(ink, (x - 200, y - 190), (x + 200, y + 190), 255, 1)
    x, y = marks[3].astype(int)
    for step in range(-60, 60, 4):
        cv2.line(ink, (x + step - 40, y - 60), (x + step + 40, y + 60), 255, 1)
    ink[y - 22 : y + 22, x - 22 : x + 22] = 255
    found = frames.find(ink, _PER_MM)
    _check(found, corners, marks[:3], px=0.6)


def test_crosses_that_stand_elsewhere_than_the_corners_let_expect() -> None:
    ink, corners, marks = _drawn(crosses=False)
    marks = marks - 30 * _PER_MM
    marks = np.vstack([marks, marks + np.array([0, 100 * _PER_MM])])[[0, 1, 2, 3, 6, 7]]
    for x, y in np.round(marks).astype(int):
        ink[y, x - 20 : x + 21] = 255
        ink[y - 20 : y + 21, x] = 255
    _check(frames.find(ink, _PER_MM), corners, np.round(marks) + 0.5)


def test_a_wrong_resolution_of_the_file_does_not_hide_the_crosses() -> None:
    ink = np.zeros((1200, 1200), np.uint8)
    cv2.rectangle(ink, (100, 100), (1100, 1100), 255, 1)
    at = [(x, y) for y in range(300, 1100, 200) for x in range(300, 1100, 200)]
    for x, y in at:
        ink[y, x - 10 : x + 11] = 255
        ink[y - 10 : y + 11, x] = 255
    found = frames.find(ink, 1.4)
    assert found is not None
    assert len(found.crosses) == len(at)
    assert found.spacing_px == pytest.approx(200, abs=0.5)


def test_lines_that_cross_are_no_grid() -> None:
    ink, corners, marks = _drawn(crosses=False, lines=False)
    x, y = marks[1].astype(int)
    cv2.line(ink, (x - 300, y), (x + 300, y), 255, 1)
    cv2.line(ink, (x, y - 300), (x, y + 300), 255, 1)
    found = frames.find(ink, _PER_MM)
    assert found is not None
    assert np.linalg.norm(found.corners - corners, axis=1).max() < 0.5
    assert len(found.crosses) == 0


def test_a_page_cut_through_the_frame_keeps_what_it_has() -> None:
    ink, corners, marks = _drawn()
    cut = round(corners[0, 0]) + 60
    found = frames.find(np.ascontiguousarray(ink[:, cut:]), _PER_MM)
    assert found is not None
    assert np.isnan(found.corners[[0, 3]]).all()
    assert np.linalg.norm(found.corners[[1, 2]] - (corners[[1, 2]] - (cut, 0)), axis=1).max() < 0.5
    assert len(found.crosses) == len(marks)


@pytest.mark.parametrize("down", [False, True], ids=["side by side", "one above the other"])
@pytest.mark.parametrize("degrees", [0.0, 2.5, 180.0])
def test_two_sheets_on_a_page(down: bool, degrees: float) -> None:
    ink, _, _ = _drawn()
    other = _turned(ink, degrees)[0] if degrees else ink
    one, two = (np.pad(each, (0, max(ink.shape + other.shape))) for each in (ink, other))
    size = max(ink.shape + other.shape)
    found = frames.find(np.concatenate([one[:size, :size], two[:size, :size]], axis=0 if down else 1), _PER_MM)
    assert found is not None
    assert found.others == 1


def test_two_sheets_without_crosses_are_two_sheets() -> None:
    ink, corners, _ = _drawn(outer=False, crosses=False)
    found = frames.find(np.hstack([ink, ink]), _PER_MM)
    assert found is not None
    assert found.others == 1
    assert np.linalg.norm(found.corners - corners, axis=1).max() < 0.5


def test_a_block_on_a_map_without_crosses_is_no_frame() -> None:
    page = np.zeros((1200, 2400), np.uint8)
    cv2.rectangle(page, (300, 200), (1000, 800), 255, 1)
    assert frames.find(page, _PER_MM) is None
    cv2.line(page, (1300, 100), (2300, 100), 255, 1)
    cv2.line(page, (1300, 100), (1300, 1100), 255, 1)
    assert frames.find(page, _PER_MM) is None


def test_no_frame_where_there_is_none() -> None:
    rng = np.random.default_rng(0)
    assert frames.find(np.zeros((600, 500), np.uint8), _PER_MM) is None
    assert frames.find(rng.integers(0, 255, (700, 700), dtype=np.uint8), _PER_MM) is None
    lines = np.zeros((900, 900), np.uint8)
    for a, b in rng.integers(0, 900, (40, 2, 2)):
        cv2.line(lines, a.tolist(), b.tolist(), 255, 1)
    assert frames.find(lines, _PER_MM) is None


@pytest.mark.parametrize("wrong", [0.5, 0.67, 1.3, 2.0])
def test_the_crosses_tell_the_resolution_where_the_file_is_wrong(wrong: float) -> None:
    ink = np.zeros((1300, 1000), np.uint8)
    cv2.rectangle(ink, (100, 100), (900, 1100), 255, 2)
    for x, y in ((x, y) for x in range(300, 900, 200) for y in range(300, 1100, 200)):
        ink[y, x - 10 : x + 11] = 255
        ink[y - 10 : y + 11, x] = 255
    found = frames.find(ink, 2.0 * wrong)
    assert found is not None
    assert len(found.crosses) == 12
    assert clean.measured(found, 2.0 * wrong) == pytest.approx(2.0, rel=0.01)
    assert clean.measured(found, 2.02) == 2.02, "paper shrinks"
    assert clean.measured(None, 5.0) == 5.0


@pytest.mark.parametrize(("inner", "first"), [((180, 180), (40, 40)), ((300, 200), (100, 50)), ((250, 200), (75, 50))])
def test_small_frames_drawn_around_what_there_was(inner: tuple[int, int], first: tuple[int, int]) -> None:
    """The outer line may be whole decimetres long, and the crosses need not stand whole decimetres from a corner."""
    wide, high = inner
    ink = np.zeros(((high + 80) * 4, (wide + 80) * 4), np.uint8)
    low, far = np.array((40, 40)), np.array((40 + wide, 40 + high))
    cv2.rectangle(ink, (4 * low).tolist(), (4 * far).tolist(), 255, 1)
    cv2.rectangle(ink, (4 * (low - 10)).tolist(), (4 * (far + 10)).tolist(), 255, 3)
    # Roads cross in the middle, as on many sheets.
    cv2.line(ink, (ink.shape[1] // 2, 240), (ink.shape[1] // 2, ink.shape[0] - 240), 255, 1)
    cv2.line(ink, (240, ink.shape[0] // 2), (ink.shape[1] - 240, ink.shape[0] // 2), 255, 1)
    marks = [(x, y) for x in range(first[0], wide, 100) for y in range(first[1], high, 100)]
    for x, y in marks:
        x, y = 4 * (40 + x), 4 * (40 + y)
        ink[y, x - 20 : x + 21] = 255
        ink[y - 20 : y + 21, x] = 255
    found = frames.find(ink, _PER_MM)
    assert found is not None
    assert np.abs(found.corners[0] - (4 * 40 + 0.5)).max() < 1
    assert np.abs(found.corners[2] - 4 * far - 0.5).max() < 1
    true = 4.0 * (np.array(marks) + 40) + 0.5
    assert len(found.crosses) == len(true)
    assert np.abs(found.crosses[:, None] - true[None]).sum(axis=2).min(axis=0).max() < 1
