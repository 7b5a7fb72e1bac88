"""Points of an officer, and the zone of a sheet: what cannot be is refused, what contradicts the print is told."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.errors import PackageError
from pipelines.scan.model import Placed
from pipelines.scan.place import points, residuals
from pipelines.scan.place.margins import Line
from tests.unit.test_scan_georeference import _NONE as NONE
from tests.unit.test_scan_georeference import _READ as READ
from tests.unit.test_scan_georeference import _frame as frame_
from tests.unit.test_scan_georeference import _place as place_


def _officer(folder: Path, change: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]) -> Path:
    """Write six points of the sheet of `frame_`, changed as an officer may get them wrong."""
    pixels = np.array([(320, 340), (2200, 400), (2250, 2280), (400, 2200), (1300, 1300), (900, 1700)], dtype=np.float64)
    metres = np.array([576_000.0, 2_195_000.0]) + (pixels - 300) * [0.25, -0.25]
    pixels, metres = change(pixels, metres)
    rows = [f"{m[0]:.4f},{m[1]:.4f},{q[0]:.2f},{-q[1]:.2f},1,0,0,0" for q, m in zip(pixels, metres, strict=True)]
    path = folder / "control.points"
    path.write_text("\n".join(["mapX,mapY,sourceX,sourceY,enable,dX,dY,residual", *rows, ""]), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda pixels, metres: (pixels[:1], metres[:1]), "only 1"),
        (lambda pixels, metres: (pixels[:2], metres[:2]), "only 2"),
        (lambda pixels, metres: (pixels, metres[:, ::-1]), "exchanged"),
        (lambda pixels, metres: (pixels, np.array([105.0, 20.0]) + (metres - metres[0]) * 1e-5), "degrees"),
    ],
    ids=["one", "two", "exchanged", "degrees"],
)
def test_points_that_cannot_be_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: Any, words: str
) -> None:
    with pytest.raises(PackageError, match=words):
        place_(monkeypatch, None, NONE, control=_officer(tmp_path, change))


def test_three_points_will_do_and_one_wild_among_six_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    three = place_(monkeypatch, frame_(), control=_officer(tmp_path, lambda pixels, metres: (pixels[:3], metres[:3])))
    assert three is not None and three.told == ()
    wild = np.zeros((6, 2))
    wild[4, 0] = 35.0
    found = place_(monkeypatch, frame_(), control=_officer(tmp_path, lambda pixels, metres: (pixels, metres + wild)))
    assert found is not None
    assert [detail for _, detail in found.told] == ["5: 35.00 m"]
    assert found.points["used"].tolist() == [True, True, True, True, False, True]


@pytest.mark.parametrize("shift", [(500.0, 0.0), (783.0, -57.0), (2.0, 0.0)])
def test_points_of_another_sheet_or_system_contradict_the_print(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shift: tuple[float, float]
) -> None:
    control = _officer(tmp_path, lambda pixels, metres: (pixels, metres + shift))
    placed = place_(monkeypatch, frame_(), control=control)
    assert placed is not None
    assert {code for code, _ in placed.told} == {"ban_quet.coordinates_contradict"}
    older = replace(READ, lines=(Line("Hệ tọa độ HN-72", 0.9, (250, 510), False),))
    assert place_(monkeypatch, frame_(), older, control=control).told == ()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "told"),
    [("kinh tuyến trục 105°00', múi chiếu 3°", []), ("kinh tuyn trc 105°30', mui chiu 3°", ["105°30' ≠ 105°00'"]),
     ("Hệ tọa độ VN-2000", []), ("Kinh tuyến trục 107o45", ["107°45' ≠ 105°00'"])],
)  # fmt: skip
def test_a_zone_is_held_against_the_meridian_that_is_printed(
    monkeypatch: pytest.MonkeyPatch, text: str, told: list[str]
) -> None:
    placed = place_(monkeypatch, frame_(), replace(READ, lines=(Line(text, 0.9, (250, 520), False),)))
    assert placed is not None
    assert [detail.split(" (")[0] for _, detail in placed.told] == told


def test_a_line_along_the_rows_of_black_and_white_may_be_half_a_pixel_off() -> None:
    """Its points agree to a hundredth, and yet nobody knows it better."""
    sharp = np.full((600, 600), 255, dtype=np.uint8)
    sharp[100:103, 50:550] = 0
    grey = sharp.copy()
    grey[[99, 103], 50:550] = 128
    source = np.array([(50, 100), (550, 100), (550, 500), (50, 500), (300, 300)], dtype=np.float64)

    def error(turn_deg: float, picture: np.ndarray) -> float:
        turn = np.exp(1j * np.radians(turn_deg))
        place = (source[:, 0] - 1j * source[:, 1]) * turn * 0.2
        target = np.column_stack([place.real, place.imag]) + 500_000
        warp = points.fitted(source, target, 0.1, "a.points")
        return residuals.error_m(Placed(warp, "EPSG:5897", 1000, None, pd.DataFrame(), 0.1, ()), picture)

    assert error(0.0, sharp) == pytest.approx(0.1, abs=0.005)
    assert error(90.0, sharp) == pytest.approx(0.1, abs=0.005)
    assert error(0.0, grey) == pytest.approx(0.02, abs=0.005)
    assert error(1.0, sharp) == pytest.approx(0.02, abs=0.005)


def test_a_frame_seen_aslant_without_crosses_has_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = frame_()
    bare = replace(frame, crosses=np.empty((0, 2)), spacing_px=np.nan)
    assert place_(monkeypatch, bare) is not None
    aslant = replace(bare, corners=frame.corners + np.array([(60, 30), (-40, 0), (0, 0), (0, -50)]))
    assert place_(monkeypatch, aslant) is None
