"""Hatching: which edges are strokes of it, side by side at one distance, and which faces are full of them."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import shapely

from pipelines.scan.lines.network import Net, parts
from pipelines.scan.model import Dark

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_APART_MM = 2.0
"""Widest distance of two strokes; the slimmest lots are wider."""

_STROKE_MM = 1.2
_STRAIGHT = 0.91
"""Least share of the length that lies between the ends; along pixels a straight way is up to 8 % longer."""
_PARALLEL = np.sin(np.radians(5.0))
_EVEN = 0.2
"""How much the distances on both sides of a stroke may differ: hatching is ruled, lots are not."""

_ROW = 3
"""Fewest strokes in a row that have another one on either side."""

_STRAY, _ROUNDS = 2.4, 4
"""How far the distances of a stroke between strokes may differ, a stroke being left out."""

_LIKE = 1.25
"""The first and the last stroke of a row are as thin as the others."""

_PER_MM = 4.0
"""Pixels per millimetre of the coarse picture: strokes half a millimetre apart are still two."""

_RIM_MM = 0.7
"""Along its boundary a face is not looked at: the line itself has one direction."""

_LEAST_MM2 = 4.0
_ONE_WAY = 0.7
"""How much of all change from pixel to pixel goes across one direction; 0 = all directions alike, 1 = one alone."""

_SEEN = 24
"""Ink of a coarse pixel that a thin stroke runs through."""

_OFTEN = 0.7
"""Share of a face that lies within a millimetre of a stroke."""


def strokes(net: Net, thick: Floats, px_per_mm: float) -> Flags:
    """Return which edges are strokes of hatching: straight, in a row of parallel ones at one distance.

    Args:
        net: The network, spurs taken off.
        thick: Width of each edge in pixels.
        px_per_mm: Pixels per millimetre.
    """
    start, end, lengths = net.points[net.start], net.points[net.end], net.lengths()
    chord = np.hypot(*(end - start).T)
    some = np.flatnonzero((chord >= _STRAIGHT * lengths) & (lengths >= _STROKE_MM * px_per_mm))
    made = np.zeros(len(thick), dtype=bool)
    if len(some) < _ROW + 2:
        return made
    way = (end[some] - start[some]) / chord[some, None]
    near = [_beside(start[some], end[some], way, sign * _APART_MM * px_per_mm) for sign in (-1.0, 1.0)]
    (one, off), (two, far) = near
    both = np.flatnonzero((one >= 0) & (two >= 0))
    inner = np.zeros(len(some), dtype=bool)
    inner[both] = np.abs(off[both] - far[both]) <= _EVEN / 2 * (off[both] + far[both])
    broad = thick[some]
    inner[both] &= broad[both] <= _LIKE * np.minimum(broad[one[both]], broad[two[both]])
    links = np.concatenate([np.column_stack([np.flatnonzero(inner), side[inner]]) for side in (one, two)])
    label = parts(links[inner[links].all(axis=1)], len(some))
    row = inner & (np.bincount(label, inner, minlength=len(some))[label] >= _ROW)
    rim = links[row[links[:, 0]] & ~inner[links[:, 1]]]
    alike = broad[rim[:, 1]] <= _LIKE * broad[rim[:, 0]]
    row[rim[alike, 1]] = True
    # Where writing or a gap upsets the distances, a stroke between strokes is one too.
    for _ in range(_ROUNDS):
        near = row[one[both]] | row[two[both]]
        more = near & (np.maximum(off[both], far[both]) <= _STRAY * np.minimum(off[both], far[both]))
        more &= (broad[both] <= _LIKE * np.minimum(broad[one[both]], broad[two[both]])) & ~row[both]
        if not more.any():
            break
        row[both[more]] = True
    made[some[row]] = True
    return made


def _beside(start: Floats, end: Floats, way: Floats, reach: float) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the next parallel stroke on one side of the middle of each, -1 where none, and how far it is."""
    middle = (start + end) / 2
    across = np.column_stack([-way[:, 1], way[:, 0]])
    rays = shapely.linestrings(np.stack([middle + np.sign(reach) * across, middle + reach * across], axis=1))
    lines = shapely.linestrings(np.stack([start, end], axis=1))
    ray, line = shapely.STRtree(lines).query(rays, predicate="intersects")
    other = ray != line
    ray, line = ray[other], line[other]
    # Where the straight way from the middle of one crosses the other.
    normal = np.column_stack([-way[line, 1], way[line, 0]])
    slope = (normal * across[ray]).sum(axis=1)
    far = np.abs(((start[line] - middle[ray]) * normal).sum(axis=1) / np.where(np.abs(slope) < 1e-6, 1.0, slope))
    order = np.lexsort((far, ray))
    first, at = np.unique(ray[order], return_index=True)
    line, far = line[order][at], far[order][at]
    cross = way[first, 0] * way[line, 1] - way[first, 1] * way[line, 0]
    good = np.abs(cross) <= _PARALLEL
    found, off = np.full(len(start), -1, dtype=np.int64), np.full(len(start), np.inf)
    found[first[good]], off[first[good]] = line[good], far[good]
    return found, off


def hatched(polygons: npt.NDArray[Any], dark: Dark, px_per_mm: float) -> npt.NDArray[np.bool_]:
    """Return which faces are hatched.

    Args:
        polygons: The faces, in pixel coordinates.
        dark: (H, W) uint8 ink.
        px_per_mm: Pixels per millimetre.
    """
    from rasterio.features import rasterize

    step = max(1.0, px_per_mm / _PER_MM)
    size = (max(1, round(dark.shape[1] / step)), max(1, round(dark.shape[0] / step)))
    inner = shapely.buffer(polygons, -_RIM_MM * px_per_mm)
    inner = np.where(shapely.area(inner) >= _LEAST_MM2 * px_per_mm**2, inner, shapely.Polygon())
    some = np.flatnonzero(~shapely.is_empty(inner))
    if not len(some):
        return np.zeros(len(polygons), dtype=bool)
    scale = np.array(size) / dark.shape[::-1]
    shapes = zip(shapely.transform(inner[some], lambda at: at * scale), (some + 1).tolist(), strict=True)
    number = rasterize(shapes, out_shape=size[::-1], dtype="int32").ravel()
    within = np.flatnonzero(number)
    owner = number[within] - 1
    small = cv2.GaussianBlur(cv2.resize(dark, size, interpolation=cv2.INTER_AREA), (0, 0), 0.7)
    across = cv2.Sobel(small, cv2.CV_32F, 1, 0).ravel()[within]
    down = cv2.Sobel(small, cv2.CV_32F, 0, 1).ravel()[within]
    count = len(polygons)
    xx, yy, xy = (np.bincount(owner, values, minlength=count) for values in (across**2, down**2, across * down))
    one_way = np.hypot(xx - yy, 2 * xy) / np.maximum(xx + yy, 1e-9)
    reach = 2 * round(size[0] / dark.shape[1] * px_per_mm) + 1
    near = cv2.dilate((small >= _SEEN).view(np.uint8), np.ones((reach, reach), np.uint8)).ravel()[within]
    share = np.bincount(owner, near, minlength=count) / np.maximum(np.bincount(owner, minlength=count), 1)
    made: npt.NDArray[np.bool_] = (one_way >= _ONE_WAY) & (share >= _OFTEN)
    return made
