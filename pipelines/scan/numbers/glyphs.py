"""Which sign a small piece of ink is: a network of one hidden layer over directions of its edges.

Its weights are made by `python -m data_samples.glyphs` from letters drawn in many ways; they lie beside this file.
"""

from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

JUNK = "#"
CLASSES = (*"0123456789./+-ABCDĐEFGHJKLMNPQRSTUVWXYZabdefghmnqrty", JUNK)
"""Signs told apart. 1 stands for I and l as well, 0 for O, a capital for a small letter of the same form; # is no sign
a label could have: dirt, pieces, two signs grown together, a sign upside down."""

SIDE = 24
_INNER = 20
_BINS = 8
_CELL = 4
WEIGHTS = Path(__file__).with_name("glyphs.npz")


def canvas(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the ink of one sign, cut at its edges, in the middle of a square of `SIDE` with its form kept."""
    height, width = ink.shape
    scale = _INNER / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    made = np.zeros((SIDE, SIDE), dtype=np.uint8)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    made[top : top + size[1], left : left + size[0]] = small
    return made


def features(squares: npt.NDArray[np.uint8], sizes: Floats) -> Floats:
    """Return what the network sees of signs.

    Args:
        squares: (n, SIDE, SIDE) ink as `canvas` gives it.
        sizes: (n, 2) height and width of the sign, in heights of a digit beside it.

    Returns:
        (n, k): strength of edges by place and direction, ink by place, sizes.
    """
    ink = squares.astype(np.float32) / 255
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    down, across = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1], padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    strength = np.hypot(down, across)
    turn = (np.arctan2(down, across) / (2 * np.pi) * _BINS) % _BINS
    # A matrix on either side sums the pixels of each cell; one direction after the other takes the least memory.
    cells = np.repeat(np.eye(SIDE // _CELL, dtype=np.float32), _CELL, axis=0)
    pooled = np.empty((len(ink), SIDE // _CELL, SIDE // _CELL, _BINS), dtype=np.float32)
    for place in range(_BINS):
        off = np.abs(turn - place)
        share = np.maximum(1 - np.minimum(off, _BINS - off), 0)
        pooled[..., place] = cells.T @ (strength * share) @ cells
    edges = np.sqrt(pooled.reshape(len(ink), -1))
    edges /= np.linalg.norm(edges, axis=1, keepdims=True) + 1e-6
    coarse = ink.reshape(len(ink), SIDE // 2, 2, SIDE // 2, 2).mean(axis=(2, 4)).reshape(len(ink), -1)
    return np.hstack([edges * 4, coarse, np.clip(sizes, 0, 3)]).astype(np.float32)


def probabilities(squares: npt.NDArray[np.uint8], sizes: Floats) -> Floats:
    """Return the probability of every class of `CLASSES` for signs, (n, len(CLASSES)); arguments as of `features`."""
    if not len(squares):
        return np.zeros((0, len(CLASSES)), dtype=np.float32)
    net = _net()
    seen = (features(squares, sizes) - net["mean"]) @ net["w1"] + net["b1"]
    return softmax(np.maximum(seen, 0) @ net["w2"] + net["b2"])


def softmax(scores: Floats) -> Floats:
    """Return scores as probabilities, row by row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)


@cache
def _net() -> dict[str, Any]:
    with np.load(WEIGHTS) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}
