"""A placed sheet as a Cloud Optimized GeoTIFF, north up, in the CRS of its sheet."""

import math
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from rasterio.shutil import copy as copy_raster

from pipelines.files import writable
from pipelines.scan.model import Placed, Points

_NODE_PX = 64
"""Between places this far apart the warp is taken as straight."""

_STRIP = 512
_NEWTON = 6
_MOST_PIXELS_A_SIDE = 40_000
_FEW_TONES = 0.98
_QUALITY = 85


def write(grey: npt.NDArray[np.uint8], placed: Placed, path: Path) -> None:
    """Write a sheet, warped as its control points say, with as many pixels per metre as it was scanned with.

    Args:
        grey: (H, W) picture, 255 = white; outside of it the result is white.
        placed: Where it lies.
        path: The .tif.

    Raises:
        StoreError: It cannot be written; what was there before is still there.
    """
    height, width = grey.shape
    to_map, size = _grid(placed, width, height)
    partial = path.with_name(f".{path.stem}.new.tif")
    profile = {
        "driver": "GTiff", "dtype": "uint8", "count": 1, "width": size[0], "height": size[1], "crs": placed.crs,
        "transform": to_map, "tiled": True, "blockxsize": 512, "blockysize": 512,
    }  # fmt: skip
    with writable(path):
        try:
            with MemoryFile() as memory:
                with memory.open(**profile) as target:
                    _fill(grey, placed, to_map, target)
                _copied(memory, partial, _compression(grey))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def _grid(placed: Placed, width: int, height: int) -> tuple[Affine, tuple[int, int]]:
    """Return the transform of the result and its size in pixels: all of the page, north up."""
    edge = np.linspace(0, 1, 21)
    zero, one = np.zeros(21), np.ones(21)
    rim = np.column_stack([np.concatenate([edge, edge, zero, one]), np.concatenate([zero, one, edge, edge])])
    there = placed.warp(rim * (width, height))
    middle = np.array([width / 2, height / 2])
    beside = placed.warp(middle + np.array([(0, 0), (1, 0), (0, 1)]))
    pixel = float(np.sqrt(np.abs(np.linalg.det(beside[1:] - beside[0]))))
    low, high = there.min(axis=0), there.max(axis=0)
    pixel = max(pixel, float((high - low).max()) / _MOST_PIXELS_A_SIDE)
    size = np.ceil((high - low) / pixel).astype(int)
    return Affine(pixel, 0, float(low[0]), 0, -pixel, float(high[1])), (int(size[0]), int(size[1]))


def _fill(grey: npt.NDArray[np.uint8], placed: Placed, to_map: Affine, target: Any) -> None:
    backward = _inverse(placed, grey.shape[1], grey.shape[0])
    columns = np.arange(0, target.width + _NODE_PX, _NODE_PX, dtype=np.float64)
    for top in range(0, target.height, _STRIP):
        rows = min(_STRIP, target.height - top)
        lines = np.arange(top, top + rows + _NODE_PX, _NODE_PX, dtype=np.float64)
        x, y = np.meshgrid(columns, lines)
        metres = np.column_stack([(to_map.c + to_map.a * x).ravel(), (to_map.f + to_map.e * y).ravel()])
        nodes = backward(metres).reshape(len(lines), len(columns), 2).astype(np.float32)
        # Pixel centres lie half a pixel beyond the nodes; cv2 counts from the centre of the first pixel.
        at = np.array([[1 / _NODE_PX, 0, 0.5 / _NODE_PX], [0, 1 / _NODE_PX, 0.5 / _NODE_PX]])
        fine = cv2.warpAffine(
            nodes, at, (target.width, rows), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        ) - np.float32(0.5)  # fmt: skip
        left, first = (max(math.floor(fine[:, :, axis].min()) - 2, 0) for axis in (0, 1))
        end = [math.ceil(fine[:, :, axis].max()) + 3 for axis in (0, 1)]
        part = grey[first : max(end[1], 0), left : max(end[0], 0)]
        strip = np.full((rows, target.width), 255, dtype=np.uint8)
        # cv2.remap reads pictures of up to 32 767 pixels a side, and sheets have at most 20 000.
        if part.size:
            fine -= np.array([left, first], dtype=np.float32)
            strip = np.asarray(cv2.remap(part, fine, None, cv2.INTER_LINEAR, borderValue=(255,)), dtype=np.uint8)
        target.write(strip, 1, window=rasterio.windows.Window(0, top, target.width, rows))


def _inverse(placed: Placed, width: int, height: int) -> Any:
    """Return the way from metres to pixels: straight, then corrected by what the warp makes of it."""
    ends = np.array([(0, 0), (width, 0), (width, height), (0, height), (width / 2, height / 2)], dtype=np.float64)
    there = placed.warp(ends)
    design = np.column_stack([there - there[4], np.ones(5)])
    weights = np.linalg.lstsq(design, ends, rcond=None)[0]

    def backward(metres: Points) -> Points:
        pixels = np.column_stack([metres - there[4], np.ones(len(metres))]) @ weights
        if placed.warp.method in ("helmert", "affine"):
            return np.asarray(pixels, dtype=np.float64)
        for _ in range(_NEWTON):
            pixels = pixels + (metres - placed.warp(pixels)) @ weights[:2]
        return np.asarray(pixels, dtype=np.float64)

    return backward


def _compression(grey: npt.NDArray[np.uint8]) -> dict[str, Any]:
    """Return how to pack a picture: line work in two tones without loss, tones of a scan as JPEG."""
    seen = grey[::37, ::37]
    if ((seen < 16) | (seen > 239)).mean() > _FEW_TONES:
        return {"COMPRESS": "DEFLATE", "LEVEL": 6, "PREDICTOR": "NO"}
    return {"COMPRESS": "JPEG", "QUALITY": _QUALITY}


def _copied(memory: MemoryFile, partial: Path, packing: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        copy_raster(
            memory.name, partial, driver="COG", BLOCKSIZE=512, OVERVIEW_RESAMPLING="AVERAGE", BIGTIFF="IF_SAFER",
            NUM_THREADS=1, **packing,
        )  # fmt: skip
