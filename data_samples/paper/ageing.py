"""What time, hands and scanners do to a sheet: each a function of a sheet and a seed; the ink stays in its place."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import shapely

from data_samples.paper.model import Image, Sheet

_STRIP = 512
Floats32 = npt.NDArray[np.float32]


def _by_strips(sheet: Sheet, change: Callable[[Floats32, int], Any], image: Image | None = None) -> Sheet:
    """Return the sheet with its picture changed strip by strip: of each its values and its first row are given."""
    source = sheet.image if image is None else image
    made = np.empty_like(source)
    for first in range(0, len(source), _STRIP):
        part = change(source[first : first + _STRIP].astype(np.float32), first)
        made[first : first + _STRIP] = np.clip(np.round(part), 0, 255)
    return replace(sheet, image=made)


def _cloud(sheet: Sheet, chance: np.random.Generator, size_mm: float) -> Callable[[int, int], Floats32]:
    """Return a smooth field between 0 and 1, by rows: the first and how many."""
    high, wide = sheet.image.shape[:2]
    cells = [max(2, round(side / sheet.px_per_mm / size_mm) + 2) for side in (high, wide)]
    coarse = chance.random(cells).astype(np.float32)
    middle = cv2.resize(coarse, (max(2, wide // 16), max(2, high // 16)), interpolation=cv2.INTER_CUBIC)

    def rows(first: int, count: int) -> Floats32:
        at = np.clip((np.arange(first, first + count) + 0.5) * len(middle) / high - 0.5, 0, len(middle) - 1)
        low = np.floor(at).astype(int)
        share = (at - low).astype(np.float32)[:, None]
        between = middle[low] * (1 - share) + middle[np.minimum(low + 1, len(middle) - 1)] * share
        spread: Any = cv2.resize(between, (wide, count), interpolation=cv2.INTER_LINEAR)
        return np.asarray(np.clip(spread, 0, 1), dtype=np.float32)

    return rows


def _like(field: Any, part: Any) -> Any:
    return field if part.ndim == 2 else field[..., None]


def noise(sheet: Sheet, seed: int) -> Sheet:
    """Grain of the sensor and specks of dust up to 0.2 mm."""
    chance = np.random.default_rng([seed, 11])
    high, wide = sheet.image.shape[:2]
    image = sheet.image.copy()
    count = round(high * wide / sheet.px_per_mm**2 * 0.08)
    places = chance.integers(0, [wide, high], (count, 2)).tolist()
    sizes, tones = chance.uniform(0.02, 0.1, count), chance.integers(0, 140, count)
    for (x, y), size, tone in zip(places, sizes, tones, strict=True):
        cv2.circle(image, (x, y), max(0, round(size * sheet.px_per_mm)), (int(tone),) * 3, -1)
    return _by_strips(sheet, lambda part, first: part + chance.normal(0, 14, part.shape).astype(np.float32), image)


def blur(sheet: Sheet, seed: int) -> Sheet:
    """A lens out of focus: 0.1 mm."""
    return replace(sheet, image=np.asarray(cv2.GaussianBlur(sheet.image, (0, 0), 0.1 * sheet.px_per_mm), np.uint8))


def jpeg(sheet: Sheet, seed: int) -> Sheet:
    """Saved with much loss."""
    told, packed = cv2.imencode(".jpg", sheet.image[..., ::-1] if sheet.image.ndim == 3 else sheet.image,
                                [cv2.IMWRITE_JPEG_QUALITY, 22])  # fmt: skip
    if not told:
        raise ValueError("JPEG")
    image: Any = cv2.imdecode(packed, cv2.IMREAD_UNCHANGED)
    return replace(sheet, image=np.ascontiguousarray(image[..., ::-1]) if image.ndim == 3 else image)


def bilevel(sheet: Sheet, seed: int) -> Sheet:
    """Scanned in black and white, the threshold a little off."""
    chance = np.random.default_rng([seed, 12])
    grey = sheet.image if sheet.image.ndim == 2 else cv2.cvtColor(sheet.image, cv2.COLOR_RGB2GRAY)
    limit = float(chance.uniform(105, 175))
    return _by_strips(replace(sheet, image=np.asarray(grey, np.uint8)), lambda part, first: 255.0 * (
        part + chance.normal(0, 18, part.shape) > limit))  # fmt: skip


def light(sheet: Sheet, seed: int) -> Sheet:
    """Lit unevenly: one side half as bright, the middle of a book in shadow."""
    chance = np.random.default_rng([seed, 13])
    high, wide = sheet.image.shape[:2]
    angle, gutter = chance.uniform(0, 6.28), chance.uniform(0.3, 0.7)
    x = np.linspace(0, 1, wide, dtype=np.float32)
    shadow = 1 - 0.25 * np.exp(-(((x - gutter) / 0.05) ** 2))

    def change(part: Floats32, first: int) -> Any:
        y = ((np.arange(first, first + len(part)) + 0.5) / high).astype(np.float32)[:, None]
        slope = 0.78 + 0.3 * ((x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle))
        return part * _like((slope * shadow).astype(np.float32), part)

    return _by_strips(sheet, change)


def stains(sheet: Sheet, seed: int) -> Sheet:
    """Spots of damp and tea with darker rims, up to 8 cm."""
    chance = np.random.default_rng([seed, 14])
    high, wide = sheet.image.shape[:2]
    step = 8
    y, x = np.mgrid[0 : high // step + 1, 0 : wide // step + 1].astype(np.float32) * step
    dark = np.ones(x.shape, dtype=np.float32)
    for _ in range(9):
        radius = chance.uniform(6, 40) * sheet.px_per_mm
        dx, dy = x - chance.uniform(0, wide), y - chance.uniform(0, high)
        angle = np.arctan2(dy, dx)
        swing = 1 + sum(chance.uniform(0, 0.12) * np.sin(k * angle + chance.uniform(0, 6.28)) for k in (2, 3, 5, 8))
        out = np.hypot(dx, dy) / (radius * swing)
        depth = chance.uniform(0.08, 0.3)
        dark *= 1 - depth * (out < 1) - 0.6 * depth * np.exp(-(((out - 1) / 0.04) ** 2))
    return _multiplied(sheet, dark, step, (1.0, 0.93, 0.8))


def _multiplied(sheet: Sheet, dark: Any, step: int, tint: tuple[float, float, float]) -> Sheet:
    """Return the picture darkened by a coarse field; in colour, what is dark is tinted."""
    wide = sheet.image.shape[1]

    def change(part: Floats32, first: int) -> Any:
        rows = slice(first // step, (first + len(part)) // step + 2)
        field = cv2.resize(dark[rows], (dark.shape[1] * step, len(dark[rows]) * step), interpolation=cv2.INTER_LINEAR)
        field = field[: len(part), :wide]
        if part.ndim == 2:
            return part * field
        return part * field[..., None] ** (1 / np.array(tint, dtype=np.float32))

    return _by_strips(sheet, change)


def folds(sheet: Sheet, seed: int) -> Sheet:
    """Creases across the sheet: a shadow on one side, a gleam on the other, the ink along them rubbed off in places."""
    chance = np.random.default_rng([seed, 15])
    high, wide = sheet.image.shape[:2]
    creases = []
    for across in (True, False, True):
        share, lean = chance.uniform(0.25, 0.75), chance.uniform(-0.01, 0.01)
        normal = np.array([lean, 1.0]) if across else np.array([1.0, lean])
        creases.append((normal, share * (high if across else wide)))
    worn = _cloud(sheet, chance, 6.0)
    x = np.arange(wide, dtype=np.float32)

    def change(part: Floats32, first: int) -> Any:
        y = np.arange(first, first + len(part), dtype=np.float32)[:, None]
        rubbed = worn(first, len(part)) > 0.62
        for normal, offset in creases:
            out = (x * normal[0] + y * normal[1] - offset) / sheet.px_per_mm
            shade = -45 * np.exp(-(((out - 0.5) / 0.6) ** 2)) + 20 * np.exp(-(((out + 0.7) / 0.5) ** 2))
            part = part + _like(shade.astype(np.float32), part)
            part = np.where(_like((np.abs(out) < 0.35) & rubbed, part), 205, part)
        return part

    return _by_strips(sheet, change)


def stamps(sheet: Sheet, seed: int) -> Sheet:
    """Round red seals with a ring of letters and a blue signature, across the drawing too; the picture is in colour."""
    chance = np.random.default_rng([seed, 16])
    image = _coloured(sheet.image)
    high, wide = image.shape[:2]
    mm = sheet.px_per_mm
    for _ in range(3):
        centre = (int(chance.uniform(0.2, 0.8) * wide), int(chance.uniform(0.2, 0.85) * high))
        ink = np.zeros((round(40 * mm), round(40 * mm)), dtype=np.uint8)
        middle = (ink.shape[1] // 2, ink.shape[0] // 2)
        for radius, width in ((18, 0.8), (17, 0.3), (11.5, 0.3)):
            cv2.circle(ink, middle, round(radius * mm), 255, max(1, round(width * mm)), cv2.LINE_AA)
        for angle in np.arange(0, 2 * np.pi, 0.2):
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            bars = (
                np.array([[[-0.7, 15.6], [0, 13]], [[0, 13], [0.8, 15.6]], [[-0.5, 14], [0.6, 14]]]) @ turn.T * mm
                + middle
            )
            cv2.polylines(
                ink, list(np.round(bars * 16).astype(np.int32)), False, 255, max(1, round(0.35 * mm)), cv2.LINE_AA, 4
            )
        _print(image, ink, (centre[0] - middle[0], centre[1] - middle[1]), (200, 30, 40), 0.75)
    ink = np.zeros((round(25 * mm), round(60 * mm)), dtype=np.uint8)
    along = np.linspace(0, 1, 90)
    curve = np.column_stack([5 + 48 * along + 3 * np.sin(along * 31), 12 + 7 * np.sin(along * 24) * (1.1 - along)]) * mm
    cv2.polylines(ink, [np.round(curve * 16).astype(np.int32)], False, 255, max(1, round(0.5 * mm)), cv2.LINE_AA, 4)
    _print(image, ink, (int(chance.uniform(0.2, 0.6) * wide), int(chance.uniform(0.3, 0.7) * high)), (35, 50, 170), 0.9)
    return replace(sheet, image=image)


def _print(image: Image, ink: Image, at: tuple[int, int], colour: tuple[int, int, int], strength: float) -> None:
    """Print ink of a colour on a picture, so far as it lies on it."""
    x, y = max(0, at[0]), max(0, at[1])
    part = image[y : at[1] + ink.shape[0], x : at[0] + ink.shape[1]]
    cover = ink[y - at[1] :, x - at[0] :][: part.shape[0], : part.shape[1], None].astype(np.float32) / 255 * strength
    part[:] = np.round(part * (1 - cover + cover * np.array(colour, dtype=np.float32) / 255))


def _coloured(image: Image) -> Image:
    return np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image.copy()


def yellowed(sheet: Sheet, seed: int) -> Sheet:
    """Old paper in colour: yellow, uneven, the ink faded to brown."""
    chance = np.random.default_rng([seed, 17])
    uneven, fibres = _cloud(sheet, chance, 45.0), _cloud(sheet, chance, 1.2)
    paper = np.array([238, 222, 180], dtype=np.float32) + chance.uniform(-8, 8)
    ink = np.array([62, 48, 40], dtype=np.float32)

    def change(part: Floats32, first: int) -> Any:
        grey = part.mean(axis=2, keepdims=True) / 255
        tone = (0.82 + 0.18 * uneven(first, len(part)))[..., None] * (0.95 + 0.05 * fibres(first, len(part)))[..., None]
        return (ink + (paper - ink) * grey) * tone + chance.normal(0, 5, part.shape).astype(np.float32)

    return _by_strips(sheet, change, _coloured(sheet.image))


def faded(sheet: Sheet, seed: int) -> Sheet:
    """Ink gone pale, in places to a quarter of what it was."""
    left = _cloud(sheet, np.random.default_rng([seed, 20]), 25.0)

    def change(part: Floats32, first: int) -> Any:
        return 255 - (255 - part) * _like(0.25 + 0.5 * left(first, len(part)), part)

    return _by_strips(sheet, change)


def ghost(sheet: Sheet, seed: int) -> Sheet:
    """The other side of the paper shines through: another drawing, mirrored, a sixth as dark."""
    chance = np.random.default_rng([seed, 21])
    high, wide = sheet.image.shape[:2]
    back = np.roll(sheet.image[:, ::-1], chance.integers(0, [high, wide]).tolist(), axis=(0, 1))
    image: Any = cv2.addWeighted(sheet.image, 1.0, cv2.GaussianBlur(back, (0, 0), 0.08 * sheet.px_per_mm), 1 / 6, -42.5)
    return replace(sheet, image=image)


def broken(sheet: Sheet, seed: int) -> Sheet:
    """Lines with gaps: one every 6 cm of boundary on the average, up to 1.5 mm long."""
    chance = np.random.default_rng([seed, 18])
    mm = sheet.px_per_mm
    edges = shapely.get_parts(shapely.union_all(shapely.boundary(sheet.parcels.geometry.to_numpy())))
    length = shapely.length(edges)
    count = int(length.sum() / (60 * mm))
    edge = chance.choice(len(edges), count, p=length / length.sum())
    at = chance.uniform(0, 1, count) * length[edge]
    half = chance.uniform(0.15, 0.75, count) * mm
    places = [np.clip(at + sign * half, 0, length[edge]) for sign in (-1, 1)]
    ends = [shapely.get_coordinates(shapely.line_interpolate_point(edges[edge], place)) for place in places]
    gaps = np.zeros(sheet.lines.shape, dtype=np.uint8)
    areas = shapely.buffer(shapely.linestrings(np.stack(ends, axis=1)), 0.4 * mm, cap_style="flat")
    for area in areas[~shapely.is_empty(areas)]:
        cv2.fillPoly(gaps, [np.round(shapely.get_coordinates(area) - 0.5).astype(np.int32)], 255)
    near = cv2.dilate(sheet.lines.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    image = sheet.image.copy()
    image[(gaps > 0) & near & ~sheet.text] = 255
    return replace(sheet, image=image)


def mixed(sheet: Sheet, seed: int) -> Sheet:
    """Three of these at once, chosen by the seed; turned as well when the seed says so."""
    from data_samples.paper.bending import shrink, skew

    chance = np.random.default_rng([seed, 19])
    paper: list[Callable[[Sheet, int], Sheet]] = [folds, stains, broken, shrink, skew]
    scan: list[Callable[[Sheet, int], Sheet]] = [blur, light, noise, jpeg]
    first = [paper[place] for place in sorted(chance.choice(len(paper), 2, replace=False))]
    for change in [*first, scan[int(chance.integers(len(scan)))]]:
        sheet = change(sheet, seed)
    return sheet
