"""Pages nobody should be asked to read, and what is to come of them."""

from dataclasses import replace
from typing import Any

import cv2
import geopandas as gpd
import numpy as np
import pandas as pd

from data_samples.paper.bending import cropped, turned
from data_samples.paper.model import Image, Sheet


def upside_down(sheet: Sheet, seed: int) -> Sheet:
    """Put the sheet into the scanner the wrong way round."""
    return turned(sheet, 180.0)


def sideways(sheet: Sheet, seed: int) -> Sheet:
    """Put the sheet into the scanner across."""
    return turned(sheet, 90.0 if seed % 2 else -90.0)


def cut_frame(sheet: Sheet, seed: int) -> Sheet:
    """Scan so that the left side of the frame, with two corners, is not on the page."""
    high, wide = sheet.image.shape[:2]
    return cropped(sheet, round(float(np.nanmax(sheet.corners[[0, 3], 0])) + 4 * round(sheet.px_per_mm)), 0, wide, high)


def half_page(sheet: Sheet, seed: int) -> Sheet:
    """Scan the upper half only."""
    high, wide = sheet.image.shape[:2]
    return cropped(sheet, 0, 0, wide, high // 2)


def two_sheets(sheet: Sheet, other: Sheet) -> Sheet:
    """Scan two sheets of one resolution side by side; the truth is that of both, frame and crosses of the left one."""
    high = max(sheet.image.shape[0], other.image.shape[0])
    wide = sheet.image.shape[1]

    def beside(left: Any, right: Any, paper: int) -> Any:
        made = np.full((high, wide + right.shape[1]), paper, dtype=left.dtype)
        made[: left.shape[0], :wide], made[: right.shape[0], wide:] = left, right
        return made

    moved = other.parcels.assign(
        geometry=other.parcels.geometry.translate(wide, 0), label=other.parcels["label"].translate(wide, 0)
    )
    parcels = gpd.GeoDataFrame(pd.concat([sheet.parcels, moved], ignore_index=True))
    return replace(sheet, image=beside(sheet.image, other.image, 255), lines=beside(sheet.lines, other.lines, 0),
                   text=beside(sheet.text, other.text, 0), parcels=parcels)  # fmt: skip


def _nothing(image: Image, dpi: float) -> Sheet:
    """Return a page on which there is no sheet."""
    empty = gpd.GeoDataFrame({name: [] for name in ("number", "area", "code", "kind", "area_m2", "label")}, geometry=[])
    none = np.zeros(image.shape[:2], dtype=bool)
    words = gpd.GeoDataFrame({"text": [], "role": []}, geometry=[])
    places, corners = np.empty((0, 2)), np.full((4, 2), np.nan)
    return Sheet(image, dpi, 1000, "", "", None, empty, corners, corners, places, places, 0.0, None, none, none, words)


def blank(seed: int, dpi: float = 300, size_px: tuple[int, int] = (3000, 2400)) -> Sheet:
    """Return an empty page with the grain of the scanner."""
    chance = np.random.default_rng([seed, 31])
    return _nothing(np.clip(chance.normal(247, 4, size_px[::-1]).round(), 0, 255).astype(np.uint8), dpi)


def photograph(seed: int, dpi: float = 300, size_px: tuple[int, int] = (3000, 2400)) -> Sheet:
    """Return a picture like a photograph: clouds of colour at all sizes, and a spotted animal with fur on it."""
    chance = np.random.default_rng([seed, 32])
    wide, high = size_px
    field = np.zeros((high, wide), dtype=np.float32)
    for power in range(1, 9):
        cells = chance.random((2**power + 1, 2**power + 1)).astype(np.float32)
        field += cv2.resize(cells, size_px, interpolation=cv2.INTER_CUBIC) / 1.7**power
    field = (field - field.min()) / (field.max() - field.min()) * 200 + 25
    body = np.zeros((high, wide), dtype=np.uint8)
    for x, y, a, b in (
        (0.5, 0.58, 0.3, 0.16),
        (0.76, 0.4, 0.1, 0.1),
        (0.35, 0.75, 0.03, 0.16),
        (0.64, 0.75, 0.03, 0.16),
    ):
        cv2.ellipse(body, (int(x * wide), int(y * high)), (int(a * wide), int(b * high)), 0, 0, 360, 255, -1)
    for _ in range(60):
        spot = (int(chance.uniform(0.2, 0.85) * wide), int(chance.uniform(0.35, 0.8) * high))
        cv2.circle(body, spot, int(chance.uniform(0.008, 0.03) * wide), int(chance.integers(120, 200)), -1)
    share = cv2.GaussianBlur(body, (0, 0), wide / 400).astype(np.float32) / 255
    fur = cv2.blur(chance.normal(0, 60, (high, wide)).astype(np.float32), (3, 17))
    image = field * (1 - share) + (70 + 60 * share + fur) * share + chance.normal(0, 4, (high, wide))
    return _nothing(np.clip(image, 0, 255).astype(np.uint8), dpi)


SPOILT = {
    "upside_down": upside_down, "sideways": sideways, "cut_frame": cut_frame, "half_page": half_page,
}  # fmt: skip
"""What a scanner's operator may do, each a function of a sheet and a seed; the truth follows."""
