"""Single signs of labels as many hands and typefaces give them, and as paper and scanners leave them."""

import io
from random import Random
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pymupdf_fonts
import pypdfium2
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

from pipelines.scan.numbers.glyphs import CLASSES, JUNK

Ink = npt.NDArray[np.uint8]

_FACES = ("cascadia", "cascadiai", "cascadiab", "figo", "figbo", "figit", "fimo", "spacemo", "spacemit", "notos",
          "notosbo", "notosit", "ubuntu", "ubuntubo", "ubuntuit", "ubuntm")  # fmt: skip
_BASE = tuple((family, style) for family in ("helvetica", "times", "courier") for style in ("", "B", "I"))
_SAME = {"0": "000Oo", "1": "11111Il|", ".": ".,", "C": "Cc", "P": "Pp", "S": "Ss", "U": "Uu", "V": "Vv", "W": "Ww",
         "X": "Xx", "Z": "Zz", "K": "Kk", "J": "J", "Đ": "ĐÐ"}  # fmt: skip
"""Signs that share a class because nothing but size or the text around tells them apart; digits come most often."""
_SYMMETRIC = frozenset("01256789./+-HNSXZBDĐEKCUWMnabdeqmghtyrLPVA")
"""Classes that upside down look like some class: no junk is made of them."""
EM = 64
PEN = {
    "0": ((".5 0,.1 .25,.1 .75,.5 1,.9 .75,.9 .25,.5 0",),),
    "1": ((".5 0,.5 .5,.5 1",), (".2 .3,.55 0,.55 .5,.55 1",), (".3 .15,.5 0,.5 1", "!.2 1,.8 1")),
    "2": (
        (".1 .25,.3 0,.75 .05,.85 .3,.5 .65,.1 1", "!.1 1,.95 .97"),
        (".1 .2,.5 0,.9 .25,.4 .75,.1 1,.5 .95,.95 1",),
    ),
    "3": (
        (".1 .1,.5 0,.85 .2,.7 .42,.35 .48", ".35 .48,.8 .55,.9 .8,.5 1,.05 .88"),
        ("!.1 0,.85 0,.4 .4", ".4 .4,.9 .55,.85 .9,.4 1,.05 .88"),
    ),
    "4": (
        ("!.6 0,.05 .65,.95 .65", "!.7 .3,.7 1"),
        ("!.1 0,.1 .55,.9 .55", "!.75 0,.75 1"),
        ("!.7 1,.7 0,.05 .7,1 .7",),
    ),
    "5": (("!.85 0,.2 0,.15 .42", ".15 .42,.6 .35,.92 .65,.7 .95,.1 .95"),),
    "6": (
        (".75 0,.3 .25,.1 .65,.3 1,.75 .98,.88 .7,.6 .5,.15 .65",),
        (".5 0,.2 .4,.12 .75,.45 1,.85 .8,.6 .52,.15 .7",),
    ),
    "7": (
        ("!.05 0,.9 0,.35 1",),
        ("!.05 0,.9 0,.35 1", "!.25 .5,.85 .5"),
        ("!.05 .15,.05 0,.9 0", ".9 0,.5 .5,.4 1"),
    ),
    "8": (
        (".8 .15,.4 0,.15 .25,.5 .47,.88 .75,.5 1,.1 .78,.5 .47,.82 .2,.6 .02",),
        (".5 .47,.15 .25,.5 0,.85 .25,.5 .47,.1 .75,.5 1,.9 .75,.5 .47",),
    ),
    "9": ((".85 .3,.5 .5,.15 .3,.4 0,.85 .2,.85 .6,.75 1",), (".85 .25,.45 .5,.12 .25,.5 0,.85 .25,.8 .65,.3 1",)),
}  # fmt: skip
"""Digits as strokes of a pen, x down to y, in a box of one by one; with ! the stroke is straight between its points."""

_WIDE = {"1": (0.27, 0.6), "7": (0.5, 0.85)}
"""How wide a hand writes digits that nothing but their width may tell apart, by their height."""


def drawn() -> dict[str, list[Ink]]:
    """Return every class as it looks in every face, (h, w) ink cut at its edges, letters about `EM` pixels high."""
    made: dict[str, list[Ink]] = {name: [] for name in CLASSES if name != JUNK}
    fonts = [ImageFont.truetype(io.BytesIO(pymupdf_fonts.myfont(name)), EM) for name in _FACES]
    for name, pictures in made.items():
        for sign in _SAME.get(name, name):
            pictures += [found for font in fonts if (found := _letter(font, sign)) is not None]
    for of, sign, ink in _printed([(name, sign) for name in made for sign in _SAME.get(name, name)]):
        if sign not in "ĐÐ":
            made[of].append(ink)
    return made


def _cut(ink: Ink) -> Ink | None:
    rows, columns = np.flatnonzero(ink.max(axis=1) > 60), np.flatnonzero(ink.max(axis=0) > 60)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else None


def _letter(font: Any, sign: str) -> Ink | None:
    picture = Image.new("L", (EM * 2, EM * 2))
    ImageDraw.Draw(picture).text((EM // 2, EM // 4), sign, fill=255, font=font)
    return _cut(np.asarray(picture, dtype=np.uint8))


def _printed(signs: list[tuple[str, str]]) -> list[tuple[str, str, Ink]]:
    """Return signs in the faces every reader of PDF has: those of most office printers."""
    sheet = FPDF(unit="pt", format=(100 * len(signs), 100 * len(_BASE)))
    sheet.add_page()
    for row, (family, style) in enumerate(_BASE):
        sheet.set_font(family, style, EM)
        for column, (_, sign) in enumerate(signs):
            sheet.text(column * 100 + 20, row * 100 + 75, sign if sign not in "ĐÐ" else "D")
    page = pypdfium2.PdfDocument(bytes(sheet.output()))[0].render(scale=1).to_numpy()
    ink: Ink = (255 - page[..., :3].min(axis=2)).astype(np.uint8)
    cells = [
        (name, sign, _cut(ink[row * 100 : row * 100 + 100, column * 100 : column * 100 + 100]))
        for row in range(len(_BASE))
        for column, (name, sign) in enumerate(signs)
    ]
    return [(name, sign, cell) for name, sign, cell in cells if cell is not None]


def pen(digit: str, rng: Random) -> Ink:
    """Return a digit as a hand writes it: the strokes of one of its forms, every point a little off."""
    wide = rng.uniform(*_WIDE.get(digit, (0.38, 0.8)))
    thick, size = rng.randint(3, 9), EM
    made = np.zeros((size * 2, size * 2), dtype=np.uint8)
    for stroke in rng.choice(PEN[digit]):
        points = np.array([[float(v) for v in at.split()] for at in stroke.lstrip("!").split(",")])
        points += np.array([[rng.gauss(0, 0.035), rng.gauss(0, 0.03)] for _ in points])
        curve = points if stroke.startswith("!") else _smooth(points)
        placed = np.round((curve * [wide * size, size] + size / 2) * 16).astype(np.int32)
        cv2.polylines(made, [placed], isClosed=False, color=255, thickness=thick, lineType=cv2.LINE_AA, shift=4)
    found = _cut(made)
    return made if found is None else found


def _smooth(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a curve through points (Catmull-Rom)."""
    p = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, 8)[:, None]
    pieces = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True)
    ]
    return np.vstack(pieces)


def spoilt(sign: Ink, rng: Random, noise: np.random.Generator) -> tuple[Ink, bool]:
    """Return a sign as it comes from paper and scanner, and whether it is whole.

    Turned, leaning, thick or thin, small, blurred, with gaps.
    """
    height = sign.shape[0]
    edge = np.pad(sign, 24)
    if (thick := rng.randint(-2, 3)) and height > 20:
        kernel = np.ones((abs(thick) + 1,) * 2, dtype=np.uint8)
        changed = cv2.dilate(edge, kernel) if thick > 0 else cv2.erode(edge, kernel)
        edge = changed if changed.max() > 128 else edge
    h, w = edge.shape
    turn, lean, wide = np.radians(rng.gauss(0, 5)), rng.gauss(0, 0.1), rng.uniform(0.8, 1.2)
    tall = rng.choice((rng.uniform(9, 16), rng.uniform(14, 26), rng.uniform(20, 40))) / EM * 1.35
    matrix = tall * np.array([[wide * np.cos(turn), -np.sin(turn) + lean], [wide * np.sin(turn), np.cos(turn)]])
    size = (int(w * tall * 1.5) + 6, int(h * tall * 1.3) + 6)
    shift = np.array([size[0] / 2, size[1] / 2]) - matrix @ [w / 2, h / 2] + [rng.random(), rng.random()]
    # Shrunk by areas first, or thin strokes would fall between the pixels.
    soft = cv2.GaussianBlur(edge, (0, 0), max(0.3, 0.45 / tall))
    small = cv2.warpAffine(soft, np.column_stack([matrix, shift]), size, flags=cv2.INTER_LINEAR).astype(np.float32)
    if rng.random() < 0.15:
        _gap(small, rng)
    if rng.random() < 0.5:
        small = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.3, 1.1))
    small += noise.normal(0, rng.choice((0, 6, 18, 30)), small.shape)
    if rng.random() < 0.5:
        small = (small - rng.uniform(30, 90)) * rng.uniform(1.2, 6)
    ink = np.clip(small, 0, 255).astype(np.uint8)
    # One piece, as words are cut: what hangs together, and what it is in.
    _, marks, stats, _ = cv2.connectedComponentsWithStats((ink > 100).astype(np.uint8))
    if len(stats) < 2:
        return sign, False
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    left, top, wide_px, tall_px, _ = stats[largest].tolist()
    near = cv2.dilate((marks == largest).astype(np.uint8), np.ones((3, 3), dtype=np.uint8))
    whole = stats[largest, cv2.CC_STAT_AREA] > 0.75 * stats[1:, cv2.CC_STAT_AREA].sum()
    return (ink * near)[top : top + tall_px, left : left + wide_px], bool(whole)


def _gap(ink: Any, rng: Random) -> None:
    at, width = rng.random(), rng.randint(1, 2)
    place = int(at * ink.shape[0])
    ink[place : place + width, : int(rng.uniform(0.3, 0.7) * ink.shape[1])] *= rng.uniform(0, 0.5)


def junk(signs: dict[str, list[Ink]], rng: Random) -> Ink:
    """Return a piece of ink that is no sign."""
    kind, digit = rng.random(), rng.choice(signs[rng.choice("0123456789ACDHLNST")])
    if kind < 0.35:
        other = rng.choice(signs[rng.choice("0123456789")])
        rows, lap = max(len(digit), len(other)), rng.randint(1, 7)
        first, second = (np.pad(part, ((rows - len(part), 0), (0, 0))) for part in (digit, other))
        second[:, :lap] = (
            np.maximum(second[:, :lap], first[:, -lap:][:, : second.shape[1]])
            if lap < min(first.shape[1], second.shape[1])
            else 255
        )
        return np.hstack([first[:, : max(1, first.shape[1] - lap)], second])
    if kind < 0.5:
        h, w = digit.shape
        return digit[: max(4, int(h * rng.uniform(0.3, 0.6)))] if rng.random() < 0.5 else digit[:, : max(4, w // 2)]
    if kind < 0.75:
        name = rng.choice([name for name in signs if name not in _SYMMETRIC])
        return rng.choice(signs[name])[::-1, ::-1]
    made = np.zeros((EM * 2, EM * 2), dtype=np.uint8)
    for _ in range(rng.randint(1, 5)):
        start, end = ((rng.randint(20, 107), rng.randint(20, 107)) for _ in range(2))
        if rng.random() < 0.7:
            cv2.line(made, start, end, 255, rng.randint(2, 8), cv2.LINE_AA)
        else:
            cv2.ellipse(made, start, (rng.randint(6, 30), rng.randint(6, 30)), 0, 0, rng.randint(60, 250), 255, 3)
    found = _cut(made)
    return digit if found is None else found
