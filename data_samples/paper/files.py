"""A drawn sheet as a file: TIFF, JPEG, PNG, PDF, with or without its resolution and its place."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import rasterio
from PIL import Image as Pillow
from rasterio.transform import Affine as Transform

from data_samples.paper.model import Sheet

Place = Literal["none", "world", "tags"]

_WORLD = {".tif": ".tfw", ".jpg": ".jgw", ".png": ".pgw"}


def write(sheet: Sheet, path: Path, *, dpi: bool = True, place: Place = "none") -> Path:
    """Write a sheet, by the ending of the name as `.tif`, `.jpg`, `.png` or `.pdf`.

    Args:
        sheet: The sheet.
        path: The file.
        dpi: Whether the file tells its resolution; a PDF always does.
        place: Where the file says the sheet lies: nowhere, in a world file beside it, or in the tags of a GeoTIFF.

    Raises:
        ValueError: The file cannot hold a place in that form, or the sheet has none.
    """
    kind = path.suffix.lower()
    if place != "none" and (sheet.to_map is None or kind not in _WORLD or (place == "tags" and kind != ".tif")):
        raise ValueError(f"{path.name}: {place}")
    if place == "tags":
        _geotiff(sheet, path, dpi=dpi)
        return path
    picture = Pillow.fromarray(sheet.image)
    told: dict[str, Any] = {"dpi": (sheet.dpi, sheet.dpi)} if dpi else {}
    match kind:
        case ".tif":
            picture.save(path, compression="tiff_lzw", **told)
        case ".jpg":
            picture.save(path, quality=90, **told)
        case ".png":
            picture.save(path, compress_level=1, **told)
        case ".pdf":
            picture.save(path, resolution=sheet.dpi, quality=92)
        case _:
            raise ValueError(path.name)
    if place == "world" and sheet.to_map is not None:
        move = sheet.to_map @ Transform.translation(0.5, 0.5)  # a world file tells the centre of the first pixel
        lines = [move.a, move.d, move.b, move.e, move.c, move.f]
        path.with_suffix(_WORLD[kind]).write_text("".join(f"{value:.10f}\n" for value in lines), encoding="ascii")
    return path


def _geotiff(sheet: Sheet, path: Path, *, dpi: bool) -> None:
    bands = sheet.image[None] if sheet.image.ndim == 2 else np.moveaxis(sheet.image, 2, 0)
    count, high, wide = bands.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=wide, height=high, count=count, dtype="uint8", crs=sheet.crs,
        transform=sheet.to_map, compress="deflate", photometric="minisblack" if count == 1 else "rgb",
    ) as target:  # fmt: skip
        target.write(bands)
        if dpi:
            target.update_tags(TIFFTAG_XRESOLUTION=sheet.dpi, TIFFTAG_YRESOLUTION=sheet.dpi, TIFFTAG_RESOLUTIONUNIT=2)
