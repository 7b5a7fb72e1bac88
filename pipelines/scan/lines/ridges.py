"""From line work to its middle: skeleton, points and links."""

from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.scan.lines.network import Ids, Net, contract, parts, trace
from pipelines.scan.model import Mask

_AROUND = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Right, down, down right, down left: each pair of neighbours once."""


def network(lines: Mask) -> Net:
    """Return the network of the middle of lines; points are centres of pixels, junctions the middle of theirs."""
    from skimage.morphology import skeletonize

    thin = skeletonize(lines)
    height, width = thin.shape
    pixel = np.flatnonzero(thin)
    del thin
    row, column = np.divmod(pixel, width)
    points = np.column_stack([column + 0.5, row + 0.5]).astype(np.float64)
    links = _links(pixel, row, column, height, width)
    points, links = _junctions(points, links)
    return trace(points, links)


def _links(pixel: Ids, row: Ids, column: Ids, height: int, width: int) -> Ids:
    """Return neighbouring pixels; diagonal ones only where no third pixel joins them."""
    found: list[npt.NDArray[np.int64]] = []
    have: dict[tuple[int, int], Any] = {}
    for down, right in _AROUND:
        inside = (row + down < height) & (column + right >= 0) & (column + right < width)
        wanted = np.where(inside, pixel + down * width + right, -1)
        place = np.minimum(np.searchsorted(pixel, wanted), max(0, len(pixel) - 1))
        have[down, right] = np.where(inside & (pixel[place] == wanted), place, -1) if len(pixel) else wanted
    here = np.arange(len(pixel), dtype=np.int64)
    beside, below = have[0, 1], have[1, 0]
    left = np.full(len(pixel), -1)
    left[beside[beside >= 0]] = here[beside >= 0]
    for step, other in ((beside, None), (below, None), (have[1, 1], beside), (have[1, -1], left)):
        joined = step >= 0
        if other is not None:
            joined &= (below < 0) & (other < 0)
        found.append(np.column_stack([here[joined], step[joined]]))
    return np.concatenate(found).astype(np.int64)


def _junctions(points: npt.NDArray[np.float64], links: Ids) -> tuple[npt.NDArray[np.float64], Ids]:
    """Make neighbouring junction pixels one point."""
    degree = np.bincount(links.ravel(), minlength=len(points))
    inner = (degree[links] >= 3).all(axis=1)
    label = parts(links[inner], len(points))
    size = np.bincount(label)
    many = np.flatnonzero(size > 1)
    number = np.full(len(size), -1)
    number[many] = np.arange(len(many))
    group = number[label]
    member = group >= 0
    places = np.column_stack(
        [np.bincount(group[member], points[member, axis], minlength=len(many)) for axis in (0, 1)]
    ) / np.maximum(1, size[many])[:, None]  # fmt: skip
    return contract(points, links, group, places)
