"""What moves the ink on the page, so that the truth moves with it: turning, shrinking, resampling, cutting out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import geopandas as gpd
import numpy as np
import shapely
from affine import Affine

from data_samples.paper.model import Floats, Image, Sheet

_WAVE_MM = 0.25
_STRIP = 512


def skew(sheet: Sheet, seed: int, degrees: float | None = None) -> Sheet:
    """Turn the sheet by up to 3° on a page that holds it whole."""
    chance = np.random.default_rng([seed, 1])
    angle = degrees if degrees is not None else float(chance.uniform(0.8, 3.0) * chance.choice([-1, 1]))
    return turned(sheet, angle)


def turned(sheet: Sheet, degrees: float) -> Sheet:
    """Turn the sheet clockwise by any angle on a page that holds it whole."""
    high, wide = sheet.image.shape[:2]
    turn = Affine.rotation(degrees)
    reach = np.array([turn * corner for corner in ((0, 0), (wide, 0), (wide, high), (0, high))])
    low, top = reach.min(axis=0), reach.max(axis=0)
    size = tuple(round(float(side)) for side in top - low)
    moved = moved_by(sheet, Affine.translation(*-low) @ turn, (size[0], size[1]))
    angle = (sheet.turn_deg + degrees + 180) % 360 - 180
    return replace(moved, turn_deg=angle if angle != -180 else 180.0)


def shrink(sheet: Sheet, seed: int) -> Sheet:
    """Shrink the paper by 0.3 % one way and less the other, as wet paper dries."""
    chance = np.random.default_rng([seed, 2])
    factors = [0.997, float(chance.uniform(0.998, 1.0))]
    chance.shuffle(factors)
    high, wide = sheet.image.shape[:2]
    return moved_by(sheet, Affine.scale(*factors), (round(wide * factors[0]), round(high * factors[1])))


def coarse(sheet: Sheet, seed: int, dpi: float = 150.0) -> Sheet:
    """Scan at a lower resolution."""
    factor = dpi / sheet.dpi
    high, wide = sheet.image.shape[:2]
    size = (round(wide * factor), round(high * factor))
    exact = Affine.scale(size[0] / wide, size[1] / high)
    small = {name: cv2.resize(_as_image(getattr(sheet, name)), size, interpolation=cv2.INTER_AREA) for name in
             ("image", "lines", "text")}  # fmt: skip
    told = _truth_moved(sheet, lambda at: at * [exact.a, exact.e])
    return replace(told, image=small["image"], lines=small["lines"] > 96, text=small["text"] > 96, dpi=dpi,
                   to_map=sheet.to_map @ ~exact if sheet.to_map else None)  # fmt: skip


def waves(sheet: Sheet, seed: int) -> Sheet:
    """Bend the paper in its plane by a quarter of a millimetre, differently from place to place."""
    chance = np.random.default_rng([seed, 3])
    size = _WAVE_MM * sheet.px_per_mm
    length, phase = chance.uniform(120, 300, 4) * sheet.px_per_mm, chance.uniform(0, 6.28, 4)

    def pull(at: Any) -> Any:
        """Return where the ink of a place of the page comes from."""
        x, y = at[..., 0], at[..., 1]
        dx = np.sin(x / length[0] + phase[0]) * np.cos(y / length[1] + phase[1])
        dy = np.sin(y / length[2] + phase[2]) * np.cos(x / length[3] + phase[3])
        return at + size * np.stack([dx, dy], axis=-1)

    def push(at: Any) -> Any:
        there = at
        for _ in range(6):
            there = there + at - pull(there)
        return there

    def bent(picture: Image) -> Image:
        high, wide = picture.shape[:2]
        made = np.empty_like(picture)
        for first in range(0, high, _STRIP):
            rows = min(_STRIP, high - first)
            y, x = np.mgrid[first : first + rows, 0:wide]
            source = (pull(np.stack([x + 0.5, y + 0.5], axis=-1)) - 0.5).astype(np.float32)
            made[first : first + rows] = cv2.remap(picture, source[..., 0], source[..., 1], cv2.INTER_LINEAR,
                                                   borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
        return made

    told = _truth_moved(sheet, push)
    return replace(told, image=bent(sheet.image), lines=bent(_as_image(sheet.lines)) > 96,
                   text=bent(_as_image(sheet.text)) > 96, to_map=None)  # fmt: skip


def cropped(sheet: Sheet, left: int, top: int, right: int, bottom: int) -> Sheet:
    """Cut a piece out of the page, in pixels; faces that are cut are no longer part of the truth."""
    inside = shapely.box(0, 0, right - left, bottom - top)
    told = _truth_moved(sheet, lambda at: at - [left, top])
    parcels = told.parcels[told.parcels.geometry.within(inside).to_numpy()].reset_index(drop=True)
    words = told.words[told.words.geometry.within(inside).to_numpy()].reset_index(drop=True)
    corners = np.where(_within(told.corners, inside)[:, None], told.corners, np.nan)
    kept = _within(told.crosses, inside)
    cut = np.s_[top:bottom, left:right]
    shift = Affine.translation(left, top)
    return replace(told, image=np.ascontiguousarray(sheet.image[cut]), lines=sheet.lines[cut], text=sheet.text[cut],
                   parcels=parcels, words=words, corners=corners, crosses=told.crosses[kept],
                   crosses_m=told.crosses_m[kept], to_map=sheet.to_map @ shift if sheet.to_map else None)  # fmt: skip


def moved_by(sheet: Sheet, move: Affine, size: tuple[int, int]) -> Sheet:
    """Return the sheet on a page of a size (width, height), each place brought to another one."""
    # cv2 counts from the centre of the first pixel.
    centred = Affine.translation(-0.5, -0.5) @ move @ Affine.translation(0.5, 0.5)
    matrix = np.array([[centred.a, centred.b, centred.c], [centred.d, centred.e, centred.f]])

    def moved(picture: Image, paper: int) -> Image:
        return np.asarray(
            cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderValue=(paper, paper, paper)),
            dtype=np.uint8,
        )

    linear = np.array([[move.a, move.b], [move.d, move.e]])
    told = _truth_moved(sheet, lambda at: at @ linear.T + [move.c, move.f])
    return replace(told, image=moved(sheet.image, 255), lines=moved(_as_image(sheet.lines), 0) > 96,
                   text=moved(_as_image(sheet.text), 0) > 96,
                   to_map=sheet.to_map @ ~move if sheet.to_map else None)  # fmt: skip


def _truth_moved(sheet: Sheet, move: Callable[[Any], Any]) -> Sheet:
    """Return the sheet with everything known about places brought along."""
    parcels = sheet.parcels.assign(
        geometry=shapely.transform(sheet.parcels.geometry.to_numpy(), move),
        label=gpd.GeoSeries(shapely.transform(sheet.parcels["label"].to_numpy(), move), index=sheet.parcels.index),
    )
    words = sheet.words.assign(geometry=shapely.transform(sheet.words.geometry.to_numpy(), move))
    drawn = {name: shapely.transform(getattr(sheet, name), move) for name in ("dashed", "hatched")}
    return replace(
        sheet, **drawn, parcels=parcels, words=words, corners=move(sheet.corners), crosses=move(sheet.crosses)
    )


def _within(points: Floats, area: Any) -> Any:
    return shapely.within(shapely.points(np.nan_to_num(points, nan=-1e9)), area)


def _as_image(picture: Any) -> Image:
    return picture.astype(np.uint8) * 255 if picture.dtype == bool else np.asarray(picture, dtype=np.uint8)
