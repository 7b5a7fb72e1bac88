"""Ink stays, paper goes: whatever the light, the stains, the colour of the paper, the tones of the scanner."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines.scan.model import Page
from pipelines.scan.picture import clean

_PX_PER_MM = 11.8
_SIDE = 900


def _sheet() -> np.ndarray:
    """Return thin lines, a thick frame and digits on white paper."""
    sheet = np.full((_SIDE, _SIDE), 255, dtype=np.uint8)
    cv2.rectangle(sheet, (60, 60), (_SIDE - 60, _SIDE - 60), 0, 10)
    for at in range(150, _SIDE - 100, 90):
        cv2.line(sheet, (100, at), (_SIDE - 100, at + 30), 0, 2, cv2.LINE_AA)
    cv2.putText(sheet, "123 / 456.7", (300, 460), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 0, 2, cv2.LINE_AA)
    return sheet


def _check(grey: np.ndarray, sheet: np.ndarray, paper: float = 3.0, ink: float = 190.0) -> None:
    dark = clean.dark(grey, _PX_PER_MM)
    assert dark.shape == sheet.shape
    assert dark.dtype == np.uint8
    assert dark[sheet > 250].mean() < paper
    assert dark[sheet < 5].mean() > ink


def test_a_clean_sheet_is_its_own_negative() -> None:
    sheet = _sheet()
    assert np.abs(clean.dark(sheet, _PX_PER_MM).astype(int) - (255 - sheet)).max() <= 12


def test_two_tones_and_white_on_black() -> None:
    sheet = _sheet()
    _check(np.where(sheet > 128, 255, 0).astype(np.uint8), sheet, ink=254)
    _check(255 - sheet, sheet, ink=254)


def test_uneven_light_pale_ink_and_grain() -> None:
    sheet, rng = _sheet(), np.random.default_rng(1)
    light = np.linspace(0.6, 1.0, _SIDE)[None, :] * np.linspace(0.8, 1.0, _SIDE)[:, None]
    pale = (sheet * 0.6 + 90) * light + rng.normal(0, 8, sheet.shape)
    _check(np.clip(pale, 0, 255).astype(np.uint8), sheet)


def test_grain_on_paper_that_the_scanner_made_white() -> None:
    sheet, rng = _sheet(), np.random.default_rng(2)
    _check(np.clip(sheet + rng.normal(0, 14, sheet.shape), 0, 255).astype(np.uint8), sheet)


def test_stains_and_folds_are_paper() -> None:
    sheet = _sheet()
    stain = np.ones(sheet.shape, dtype=np.float32)
    cv2.circle(stain, (450, 450), 220, 0.7, -1)
    stain[:, 300:360] *= 0.9
    stain = cv2.GaussianBlur(stain, (0, 0), 8)
    _check((sheet * stain).astype(np.uint8), sheet)


def test_blank_and_black_pages_do_not_fail() -> None:
    for tone in (0, 128, 255):
        assert clean.dark(np.full((300, 200), tone, dtype=np.uint8), _PX_PER_MM).max() <= 1


@pytest.mark.parametrize(("dpi", "guessed"), [(300.0, False), (None, True), (72.0, True), (9_600.0, True)])
def test_resolution_comes_from_the_file_where_it_can_be_believed(dpi: float | None, guessed: bool) -> None:
    page = Page(Path("a.tif"), 1, 7000, 7000, dpi, None, None)
    assert clean.is_guessed(page) is guessed
    if not guessed:
        assert clean.resolution(np.zeros((1, 1), np.uint8), page) == pytest.approx(300 / 25.4)
