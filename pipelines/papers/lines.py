"""Lines of text on a page: where they are, and which way up they stand."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.papers.pages import Grey

Boxes = npt.NDArray[np.int64]
"""(n, 4) left, top, width, height in pixels."""

Judge = Callable[[Sequence[Grey]], npt.NDArray[np.float64]]
"""Says of pictures of text how likely each stands upside down."""

_MM = 25.4
_GAP_MM = 3.0
_HEIGHT_MM = (1.2, 14.0)
_LEAST_ASPECT = 2.5
_ASKED, _NEEDED = 24, 3
_SURE = 0.8
"""How far the share of lines on one side must be from a half, times the root of how many were asked."""

_ASPECT, _JUDGED_RIM, _RIM = 4.0, 0.1, 0.25


def find(letters: Grey, dpi: float) -> Boxes:
    """Return the boxes of words and lines that run across a page, the longest first.

    Args:
        letters: (H, W) ink of the size of letters, 255 = ink.
        dpi: Its resolution.
    """
    px_per_mm = dpi / _MM
    reach = max(3, round(_GAP_MM * px_per_mm))
    joined = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    boxes: Boxes = stats[1:, : cv2.CC_STAT_HEIGHT + 1].astype(np.int64)
    low, high = (size * px_per_mm for size in _HEIGHT_MM)
    is_line = (boxes[:, 3] >= low) & (boxes[:, 3] <= high) & (boxes[:, 2] >= _LEAST_ASPECT * boxes[:, 3])
    boxes = boxes[is_line]
    return boxes[np.argsort(-boxes[:, 2], kind="stable")]


def crops(grey: Grey, boxes: Boxes, rim: float = _RIM) -> list[Grey]:
    """Return the pictures of boxes, each with a rim of a share of its height."""
    more = np.rint(boxes[:, 3:] * rim).astype(np.int64) + 2
    low = np.maximum(boxes[:, :2] - more, 0)
    high = np.minimum(boxes[:, :2] + boxes[:, 2:] + more, grey.shape[::-1])
    return [grey[top:bottom, left:right] for (left, top), (right, bottom) in zip(low, high, strict=True)]


def turn(grey: Grey, letters: Grey, dpi: float, upside_down: Judge) -> int | None:
    """Return how far a page stands turned clockwise (0, 90, 180, 270); None where its text does not tell.

    Args:
        grey: (H, W) picture, 255 = paper.
        letters: (H, W) ink of the size of letters.
        dpi: Resolution of both.
        upside_down: Judge of single lines.
    """
    across, along = find(letters, dpi), find(np.ascontiguousarray(letters.T), dpi)
    if max(len(across), len(along)) < _NEEDED:
        return None
    is_along = int(along[:, 2].sum()) > int(across[:, 2].sum())
    # What stands turned clockwise by a quarter is turned back for the judge.
    picture = np.rot90(grey) if is_along else grey
    boxes = find(np.ascontiguousarray(np.rot90(letters)), dpi) if is_along else across
    pieces = boxes[:_ASKED].copy()
    pieces[:, 2] = np.minimum(pieces[:, 2], (_ASPECT * pieces[:, 3]).astype(np.int64))
    share = float((upside_down(crops(picture, pieces, _JUDGED_RIM)) > 0.5).mean())
    if abs(share - 0.5) * len(pieces) ** 0.5 < _SURE:
        return None
    return (90 if is_along else 0) + (180 if share > 0.5 else 0)


def upright(picture: Grey, turned: int) -> Grey:
    """Return a picture turned back by what it stands turned clockwise."""
    return np.ascontiguousarray(np.rot90(picture, turned // 90))
