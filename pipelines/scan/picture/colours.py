"""Coloured ink of a scanned sheet: left out (stamps, yellow paper), or drawn like black ink; and how much of it."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Channels = npt.NDArray[np.uint8]
"""(3, H, W) red, green, blue; 255 = light."""

_INK = 70
"""How much darker than the paper ink is in its darkest channel at least, of 255."""

_DEEP = 110
"""How much darker than the paper black ink is in every channel, of 255."""

_HUE = 0.6
"""Ink has a colour where its lightest channel is darkened by less than that share of its darkest."""

_COLOURED = 50
"""How much darker than the paper coloured ink looks to the eye at least, of 255."""

_FRINGE_PX = 2
"""A scanner lays its three channels that far apart: so far from black ink a colour is none."""

BITS = np.array([1, 2, 4], dtype=np.uint8)
"""Red, green, blue: the channel that an ink darkens least."""

_MOST_CELLS = 4_000
"""Cells along the longer side of a page: three to the millimetre on the largest."""

_PALEST = 64
_LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Tones:
    """How the colours of a page are to be read.

    Attributes:
        paper: (3,) colour of the paper.
        are_ink: Whether what has a colour is drawn: said so, or most of what is drawn has one.
    """

    paper: npt.NDArray[np.float32]
    are_ink: bool


def tones(sample: Channels, *, are_ink: bool) -> Tones:
    """Return how the colours of a page are to be read.

    Args:
        sample: (3, H, W) pixels from all over the page.
        are_ink: Whether somebody said that coloured lines are drawn; else it is told from the sample.
    """
    paper = np.median(sample.reshape(3, -1), axis=1).astype(np.float32)
    return Tones(paper, are_ink or _is_coloured(sample, paper))


def lightness(colours: Channels, tones: Tones) -> npt.NDArray[np.uint8]:
    """Return (H, W) one channel: the lightest, which no coloured ink darkens; the darkest where colours are ink.

    The darkest is measured against the paper, lest yellow paper or its stains look like ink.
    """
    if not tones.are_ink:
        return np.asarray(colours.max(axis=0), dtype=np.uint8)
    gain = tones.paper.max() / np.clip(tones.paper, _PALEST, None)
    tables = np.clip(np.arange(256) * gain[:, None], 0, 255).astype(np.uint8)
    even = [table[channel] for table, channel in zip(tables, colours, strict=True)]
    return np.asarray(np.minimum(np.minimum(even[0], even[1]), even[2]), dtype=np.uint8)


def left_out(colours: Channels, tones: Tones) -> tuple[npt.NDArray[np.bool_], int]:
    """Return (H, W) where coloured ink is that the lightest channel does not show, and how many pixels are ink."""
    values = colours.astype(np.float32)
    drop = np.clip(tones.paper.reshape(3, 1, 1) - values, 0, None)
    most, least = drop.max(axis=0), tones.paper.max() - values.max(axis=0)
    is_ink = most > _INK
    if tones.are_ink:
        return np.zeros(is_ink.shape, dtype=bool), int(is_ink.sum())
    is_left = is_ink & (least < _HUE * most) & (np.tensordot(_LUMINANCE, drop, axes=1) > _COLOURED)
    if is_left.any():
        side = 2 * _FRINGE_PX + 1
        is_deep = (least > _DEEP) & (least >= _HUE * most)
        is_left &= cv2.dilate(is_deep.astype(np.uint8), np.ones((side, side), dtype=np.uint8)) == 0
    return is_left, int(is_ink.sum())


@dataclass(slots=True)
class Left:
    """Where coloured ink was left out, gathered strip by strip.

    Attributes:
        coarse: (h, w) cells of `step` by `step` pixels: which colours such ink in them has, see `BITS`.
        step: Pixels of a cell.
        pixels: How many pixels were left out.
        ink: How many pixels of the page are ink.
    """

    coarse: npt.NDArray[np.uint8]
    step: int
    pixels: int = 0
    ink: int = 0

    @classmethod
    def of(cls, height: int, width: int) -> "Left":
        """Return one for a page, in cells small enough for thin lines to stay apart."""
        step = max(1, math.ceil(max(height, width) / _MOST_CELLS))
        return cls(np.zeros((math.ceil(height / step), math.ceil(width / step)), dtype=np.uint8), step)

    def add(self, top: int, colours: Channels, tones: Tones) -> None:
        """Take in a strip that begins at a row."""
        is_left, ink = left_out(colours, tones)
        self.ink += ink
        rows, columns = np.nonzero(is_left)
        self.pixels += len(rows)
        lightest = np.argmax(colours[:, rows, columns], axis=0)
        np.bitwise_or.at(self.coarse, ((rows + top) // self.step, columns // self.step), BITS[lightest])

    @property
    def share(self) -> float:
        """Return the share of the ink that was left out, 0 to 1."""
        return self.pixels / max(self.ink, 1)


def _is_coloured(colours: Channels, paper: npt.NDArray[np.float32]) -> bool:
    """Tell whether most of what is drawn has a colour: ink well darker than the paper, whose own colour is none."""
    drop = np.clip(paper.reshape(3, 1, 1) - colours.astype(np.float32), 0, None)
    is_ink = drop.max(axis=0) > _INK
    is_colour = (drop.max(axis=0) - drop.min(axis=0)) > drop.max(axis=0) * 0.5
    return bool(is_ink.sum() > 50 and (is_ink & is_colour).sum() > 0.5 * is_ink.sum())
