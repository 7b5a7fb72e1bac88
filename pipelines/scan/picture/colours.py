"""Coloured ink of a scanned sheet: left out (stamps, yellow paper), or drawn like black ink; and how much of it."""

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


def counted(colours: Channels, tones: Tones) -> npt.NDArray[np.int64]:
    """Return (2,) pixels of coloured ink that the lightest channel does not show, and of all ink; else zeros."""
    if tones.are_ink:
        return np.zeros(2, dtype=np.int64)
    values = colours.astype(np.float32)
    drop = np.clip(tones.paper.reshape(3, 1, 1) - values, 0, None)
    most, least = drop.max(axis=0), tones.paper.max() - values.max(axis=0)
    is_ink = most > _INK
    is_left = is_ink & (least < _HUE * most) & (np.tensordot(_LUMINANCE, drop, axes=1) > _COLOURED)
    if is_left.any():
        side = 2 * _FRINGE_PX + 1
        is_deep = (least > _DEEP) & (least >= _HUE * most)
        is_left &= cv2.dilate(is_deep.astype(np.uint8), np.ones((side, side), dtype=np.uint8)) == 0
    return np.array([is_left.sum(), is_ink.sum()], dtype=np.int64)


def _is_coloured(colours: Channels, paper: npt.NDArray[np.float32]) -> bool:
    """Tell whether most of what is drawn has a colour: ink well darker than the paper, whose own colour is none."""
    drop = np.clip(paper.reshape(3, 1, 1) - colours.astype(np.float32), 0, None)
    is_ink = drop.max(axis=0) > _INK
    is_colour = (drop.max(axis=0) - drop.min(axis=0)) > drop.max(axis=0) * 0.5
    return bool(is_ink.sum() > 50 and (is_ink & is_colour).sum() > 0.5 * is_ink.sum())
