"""Pictures of scanned sheets: TIFF, JPEG, PNG by GDAL, PDF pages by PDFium; judged by their headers before decoding.

Files come from strangers: callers read them in a child process (`pipelines.sandbox`).
"""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.transform import from_gcps
from rasterio.windows import Window

from pipelines.errors import ReadError
from pipelines.scan.model import Page
from pipelines.scan.picture import coarser, colours, pdf

Grey = npt.NDArray[np.uint8]

MOST_PIXELS_A_SIDE = 20_000
MOST_BYTES = 2 * 1024**3

_BEGINNINGS = {
    b"II*\0": "GTiff", b"MM\0*": "GTiff", b"II+\0": "GTiff", b"MM\0+": "GTiff", b"\xff\xd8\xff": "JPEG",
    b"\x89PNG": "PNG",
}  # fmt: skip
"""What files begin with: names lie, and a driver for another format opens other files."""

_STRIP = 512
_ORIENTATION = 274
_LEAST_PX = 32


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as it was read.

    Attributes:
        grey: (H, W) picture, 255 = white.
        left: Where coloured ink was left out.
        cell_px: How many pixels wide a cell of `left` is.
    """

    grey: Grey
    left: colours.Left
    cell_px: float


def open_pages(path: Path) -> list[Page]:
    """Return the pages of a file by its header; nothing is decoded.

    Args:
        path: TIFF (of any number of pages), JPEG, PNG or PDF.

    Raises:
        ReadError: It is no picture, broken, locked, without pages, or larger than is read.
    """
    if not path.is_file() or not path.stat().st_size:
        raise _unreadable(path)
    with path.open("rb") as stream:
        if b"%PDF-" in stream.read(1024):
            return pdf.open_pages(path)
    with _opened(path) as first:
        names = list(first.subdatasets) or [str(path)]
    return [_page(path, number, name) for number, name in enumerate(names, start=1)]


def read(page: Page, *, colours_are_ink: bool = False) -> Picture:
    """Return the picture of a page, turned as the file says it has to be looked at.

    Colours lighter than the ink of the map (red and blue stamps, yellow paper) become nearly as light as the paper,
    unless most of what is drawn has a colour: then it is the map that is coloured.

    Args:
        page: The page.
        colours_are_ink: Whether lines are drawn in colours too.

    Raises:
        ReadError: The file is broken behind its header.
    """
    if pdf.is_pdf(page.path):
        return _of_pdf(pdf.picture(page), colours_are_ink)
    name = _name(page)
    with _opened(page.path, name) as source:
        plan = _plan(source, colours_are_ink)
        shrink, left = page.shrink, colours.Left.of(source.height, source.width)
        out = np.empty((source.height // shrink, source.width // shrink), dtype=np.uint8)
        try:
            # Never all rows at once: GDAL's shortcut for whole PNG files does not tell that one breaks off.
            step = math.ceil(min(_STRIP, source.height / 2) / shrink) * shrink
            for top in range(0, source.height, step):
                rows = min(step, source.height - top)
                bands = source.read(plan["bands"], window=Window(0, top, source.width, rows))
                if plan["form"] == "grey":
                    strip = _strip(bands, plan)
                else:
                    channels = _colours(bands, plan)
                    strip = colours.lightness(channels, plan["tones"])
                    left.add(top, channels, plan["tones"])
                out[top // shrink : (top + rows) // shrink] = coarser.mean(strip, shrink)
        except (RasterioError, OSError) as error:
            raise _unreadable(page.path) from error
    orientation = _orientation(page.path, page.number)[0]
    left.coarse = _turned(left.coarse, orientation)
    return Picture(_turned(out, orientation), left, left.step / shrink)


def check_size(path: Path, width: int, height: int, bytes_per_pixel: float) -> None:
    """Refuse what would not fit into memory.

    Raises:
        ReadError: More than 20 000 pixels a side, more than 2 GB decoded, or too small to be a sheet.
    """
    if max(width, height) > MOST_PIXELS_A_SIDE or width * height * bytes_per_pixel > MOST_BYTES:
        raise ReadError(
            f"{path.name}: ảnh rộng {width}, cao {height} điểm ảnh, lớn hơn mức đọc được (mỗi chiều 20 000, 2 GB): "
            "quét lại ở độ phân giải thấp hơn (300 dpi là đủ) hoặc cắt theo từng tờ.",
            f"{path.name}: the picture, {width} wide and {height} high, is larger than is read (20,000 pixels a side, "
            "2 GB): scan it at a lower resolution (300 dpi will do) or cut it sheet by sheet.",
        )
    if min(width, height) < _LEAST_PX:
        raise ReadError(
            f"{path.name}: ảnh chỉ rộng {width}, cao {height} điểm ảnh, không thể là tờ bản đồ: kiểm tra lại tệp.",
            f"{path.name}: a picture {width} wide and {height} high cannot be a map sheet: check the file.",
        )


@contextmanager
def _opened(path: Path, name: str | None = None) -> Iterator[Any]:
    with path.open("rb") as stream:
        beginning = stream.read(4)
    driver = next((driver for begins, driver in _BEGINNINGS.items() if beginning.startswith(begins)), None)
    if driver is None:
        raise _unreadable(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(name or path, driver=driver) as source:
                yield source
    except (RasterioError, OSError) as error:
        if isinstance(error, ReadError):
            raise
        raise _unreadable(path) from error


def _unreadable(path: Path) -> ReadError:
    return ReadError(
        f"{path.name} không phải ảnh đọc được (TIFF, JPEG, PNG, PDF) hoặc bị hỏng: quét hoặc xuất lại tệp.",
        f"{path.name} is no picture that can be read (TIFF, JPEG, PNG, PDF), or is broken: scan or export it again.",
    )


def _name(page: Page) -> str:
    """Return what GDAL calls a page."""
    with _opened(page.path) as first:
        names = list(first.subdatasets)
    return names[page.number - 1] if names else str(page.path)


def _page(path: Path, number: int, name: str) -> Page:
    with _opened(path, name) as source:
        size = sum(np.dtype(kind).itemsize for kind in source.dtypes)
        check_size(path, source.width, source.height, size)
        plain = source.transform
        if plain.is_identity or not _sound(plain):
            points, crs = source.gcps
            plain, crs = (from_gcps(points), crs) if len(points) >= 3 else (None, None)
        else:
            crs = source.crs
        width, height = source.width, source.height
    orientation, dpi = _orientation(path, number)
    fitted = coarser.fitted(Page(path, number, width, height, dpi, plain, crs if plain is not None else None))
    if fitted.transform is not None:
        fitted = replace(fitted, transform=fitted.transform * _untangle(orientation, fitted.width, fitted.height))
    return replace(fitted, width=fitted.height, height=fitted.width) if orientation >= 5 else fitted


def _sound(transform: Affine) -> bool:
    return all(math.isfinite(value) for value in transform[:6]) and abs(transform.determinant) > 1e-18


def _orientation(path: Path, number: int) -> tuple[int, float | None]:
    """Return how the picture lies in the file (EXIF, 1 = upright) and its dots per inch."""
    held, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # the size was judged from the header
    try:
        with Image.open(path) as image:
            image.seek(number - 1)
            orientation = int(image.getexif().get(_ORIENTATION, 1))
            told = image.info.get("dpi")
    except (OSError, ValueError, EOFError, SyntaxError, TypeError):
        return 1, None
    finally:
        Image.MAX_IMAGE_PIXELS = held
    dpi = float(told[0]) if told and math.isfinite(float(told[0])) and float(told[0]) > 1 else None
    return orientation if 1 <= orientation <= 8 else 1, dpi


def _turned(image: Grey, orientation: int) -> Grey:
    if orientation in (5, 6, 7, 8):
        image = np.asarray(cv2.transpose(image), dtype=np.uint8)
    flip = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
    return image if flip is None else np.asarray(cv2.flip(image, flip), dtype=np.uint8)


def _untangle(orientation: int, width: int, height: int) -> Affine:
    """Return pixels as one looks at them to pixels as the file has them."""
    across, down = Affine(-1, 0, width, 0, 1, 0), Affine(1, 0, 0, 0, -1, height)
    swap = Affine(0, 1, 0, 1, 0, 0)
    return {
        1: Affine.identity(), 2: across, 3: across * down, 4: down,
        5: swap, 6: swap * Affine(-1, 0, height, 0, 1, 0), 7: across * down * swap, 8: across * swap,
    }[orientation]  # fmt: skip


def _plan(source: Any, are_ink: bool) -> dict[str, Any]:
    """Return which bands to read and how their values become 0 to 255."""
    names = [kind.name for kind in source.colorinterp]
    palette = None
    if names[0] == "palette":
        table = source.colormap(1)
        palette = np.array([table.get(value, (255, 255, 255, 255))[:3] for value in range(256)], dtype=np.uint8)
    bits = int(source.tags(1, ns="IMAGE_STRUCTURE").get("NBITS", 0) or 0)
    kind = np.dtype(source.dtypes[0])
    low, high = 0.0, float(2**bits - 1) if bits else 255.0
    if kind != np.uint8:
        rows, columns = min(source.height, 1000), min(source.width, 1000)
        seen = source.read(1, out_shape=(rows, columns)).astype(np.float32)
        seen = seen[np.isfinite(seen)]
        low, high = (float(value) for value in np.percentile(seen, (0.1, 99.9))) if seen.size else (0.0, 1.0)
    colour = len(names) >= 3 and kind == np.uint8
    if "cyan" in names:
        form, bands = "cmyk", [1, 2, 3, 4]
    elif palette is not None:
        form, bands = "palette", [1]
    elif colour:
        form, bands = "rgb", [1, 2, 3]
    else:
        form, bands = "grey", [1]
    alpha = names.index("alpha") + 1 if "alpha" in names and form in ("rgb", "grey") else None
    plan = {
        "form": form, "bands": bands + ([alpha] if alpha else []), "palette": palette, "low": low,
        "high": max(high, low + 1e-6), "alpha": alpha is not None,
        "inverted": source.tags(ns="IMAGE_STRUCTURE").get("MINISWHITE") == "YES",
    }  # fmt: skip
    if form != "grey":
        shape = (len(plan["bands"]), min(source.height, 1500), min(source.width, 1500))
        plan["tones"] = colours.tones(_colours(source.read(plan["bands"], out_shape=shape), plan), are_ink=are_ink)
    return plan


def _strip(bands: npt.NDArray[Any], plan: dict[str, Any]) -> Grey:
    """Return the lightness of bands without colours."""
    values = bands[0]
    if values.dtype != np.uint8 or plan["high"] != 255:
        values = np.clip((values.astype(np.float32) - plan["low"]) * (255 / (plan["high"] - plan["low"])), 0, 255)
    values = values.astype(np.uint8)
    if plan["inverted"]:
        values = 255 - values
    if plan["alpha"]:
        values = _on_white(values, bands[-1])
    return np.asarray(values, dtype=np.uint8)


def _colours(bands: npt.NDArray[Any], plan: dict[str, Any]) -> npt.NDArray[np.uint8]:
    """Return (3, H, W) red, green, blue on white paper."""
    if plan["form"] == "palette":
        return np.ascontiguousarray(plan["palette"][bands[0]].transpose(2, 0, 1))
    if plan["form"] == "cmyk":
        return np.asarray(255 - np.minimum(bands[:3].astype(np.uint16) + bands[3], 255), dtype=np.uint8)
    return _on_white(bands[:3], bands[-1]) if plan["alpha"] else bands[:3]


def _on_white(values: npt.NDArray[Any], alpha: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    opaque = alpha.astype(np.uint16)
    return np.asarray((values * opaque + 255 * (255 - opaque)) // 255, dtype=np.uint8)


def _of_pdf(picture: npt.NDArray[np.uint8], are_ink: bool) -> Picture:
    """Return an (H, W) or (H, W, 3) picture."""
    out, left = np.empty(picture.shape[:2], dtype=np.uint8), colours.Left.of(*picture.shape[:2])
    if picture.ndim == 2:
        return Picture(picture, left, left.step)
    step = max(1, max(picture.shape[:2]) // 1500)
    sample = np.ascontiguousarray(picture[::step, ::step].transpose(2, 0, 1))
    tones = colours.tones(sample, are_ink=are_ink)
    for top in range(0, len(out), _STRIP):
        channels = picture[top : top + _STRIP].transpose(2, 0, 1)
        out[top : top + _STRIP] = colours.lightness(channels, tones)
        left.add(top, channels, tones)
    return Picture(out, left, left.step)
