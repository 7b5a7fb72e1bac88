"""Where a sheet lies on the ground: control points from frame and crosses, from a file of points, or by a world file.

The place comes from what is printed: coordinates of the corners and the name in the grid. Where two of coordinates,
name and world file agree the place is sure; where they contradict it is told, and what more of them say is taken.
"""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj

from pipelines import control_points, warping
from pipelines.control_points import Pairs
from pipelines.crs import parse as parse_crs
from pipelines.errors import PackageError
from pipelines.scan.model import Dark, Frame, Page, Placed
from pipelines.scan.place import extent, framed, printed, tagged
from pipelines.scan.place import frame as frame_work
from pipelines.scan.place import points as point_files
from pipelines.scan.place.margins import known
from pipelines.scan.place.printed import Printed

POINT_COLUMNS = ("id", "x_px", "y_px", "x_m", "y_m", "residual_m", "used", "origin")

_PAPER_MM = 0.3
"""How far a point of the frame may be off on paper (diagonal of the frame, TT 25/2014): below it nothing is wrong."""

_BENT_MM = 1.0
_SLANTED_MM = 1.5
"""Points that miss each other by more than that, and paper bends less, are no frame seen from above."""

_WORLD_MM = 1.0
_SAME_DEG = 0.01
_ZONE_MARGIN_M = 60_000.0


def locate(
    page: Page,
    dark: Dark,
    frame: Frame | None,
    px_per_mm: float,
    *,
    control: Path | None = None,
    scale: int | None = None,
    crs: Any = None,
    zone: Any = None,
) -> tuple[Printed, Placed | None]:
    """Return what is printed around a sheet, and where it lies; None where nothing says it.

    Args:
        page: The page.
        dark: (H, W) its ink.
        frame: Its frame; None where it has none.
        px_per_mm: Resolution.
        control: Table of identical points or QGIS .points file, pixels to metres: then nothing else counts.
        scale: Scale denominator where it is known; else it is read.
        crs: CRS of the coordinates where it is known.
        zone: CRS to assume for printed coordinates that lie in it, the zone of the province.

    Raises:
        ReadError: The file of points cannot be read.
        PackageError: It has too few points, or all of them on one line.
        CrsError: `crs` or `zone` is none.
    """
    print_ = printed.read(dark, frame, px_per_mm) if frame is not None else _NOTHING
    page = tagged.in_metres(page, crs or zone)
    if frame is None and control is None and page.transform is None:
        # Crosses may stand free; that costs a look at the whole page, and only where nothing else places it.
        frame = frame_work.without(dark, px_per_mm)
    if control is not None:
        told = None if frame is None else framed.measured(page, dark, frame, print_, px_per_mm, scale)
        return print_, _by_points(page, control, print_, scale, crs or zone or page.crs, told)
    placed = None
    if frame is not None:
        placed = _by_frame(page, dark, frame, print_, px_per_mm, scale, crs, zone)
    return print_, placed or _by_world_file(page, print_, px_per_mm, scale, crs, zone)


_NOTHING = Printed(None, None, None, None, (math.nan,) * 4, (0, 0, 0, 0), ())


def _by_points(
    page: Page, control: Path, print_: Printed, scale: int | None, crs: Any, frame: framed.Measured | None
) -> Placed | None:
    read = control_points.read(control)
    pairs = point_files.pixels(read, page)
    if pairs is None:
        return _by_older_system(control, read, frame, print_, crs)
    said = _said(print_, scale)
    denominator = said or 1000
    told = [] if said is not None else [("ban_quet.scale_guessed", f"1:{denominator}")]
    table = framed.table_of(pairs.ids, pairs.source, pairs.target, "officer")
    if crs is None:
        return None
    point_files.check(read, control.name)
    placed = _fitted(table, denominator, parse_crs(crs), print_, told, ("points",), control.name)
    return replace(placed, told=(*placed.told, *_against_print(placed, frame, print_, control.name)))


def _against_print(placed: Placed, frame: framed.Measured | None, print_: Printed, name: str) -> list[tuple[str, str]]:
    """Return how far points put the frame from the coordinates printed at it: those of another sheet, or system."""
    if frame is None or not len(frame.table) or print_.is_older_system:
        return []
    there = placed.warp(frame.table[["x_px", "y_px"]].to_numpy(float))
    off = float(np.linalg.norm(there - frame.table[["x_m", "y_m"]].to_numpy(float), axis=1).max())
    limit = max(placed.limit_m, _WORLD_MM * placed.scale / 1000)
    return [("ban_quet.coordinates_contradict", f"{name}: {off:.1f} m")] if off > limit else []


def _meridian(crs: Any, print_: Printed) -> list[tuple[str, str]]:
    """Return the contradiction of a printed central meridian and that of the CRS."""
    printed_deg, operation = print_.meridian, crs.coordinate_operation
    if printed_deg is None or operation is None:
        return []
    known_deg = next((one.value for one in operation.params if one.name == "Longitude of natural origin"), printed_deg)
    if abs(known_deg - printed_deg) < _SAME_DEG:
        return []
    return [("ban_quet.coordinates_contradict", f"{_degrees(printed_deg)} ≠ {_degrees(known_deg)} ({crs.name})")]


def _degrees(value: float) -> str:
    return f"{int(value)}°{round(value % 1 * 60):02d}'"


def _by_older_system(
    control: Path, pairs: Pairs, frame: framed.Measured | None, print_: Printed, crs: Any
) -> Placed | None:
    """Return the place of a sheet by its printed coordinates and a table of identical points that leads from them."""
    if frame is None or len(frame.table) < 3:
        raise PackageError(
            f"{control.name}: các điểm không nằm trên ảnh, và không đọc được tọa độ in trên tờ: lập bảng điểm ảnh → "
            "VN-2000 bằng QGIS Georeferencer.",
            f"{control.name}: its points are no places on the picture, and no coordinates could be read from the "
            "sheet: make a table of pixels and VN-2000 with the QGIS Georeferencer.",
        )
    if crs is None:
        return None
    limit = warping.limit_m(frame.scale)
    bridge = point_files.fitted(pairs.source, pairs.target, limit, control.name, flipped=False)
    metres = bridge(frame.table[["x_m", "y_m"]].to_numpy(float))
    table = frame.table.assign(x_m=metres[:, 0], y_m=metres[:, 1])
    placed = _fitted(table, frame.scale, parse_crs(crs), print_, frame.told, (*frame.sources, "points"), control.name)
    off = [
        ("ban_quet.control_residual", f"{name}: {error:.2f} m")
        for name, error in zip(pairs.ids, bridge.residuals_m.tolist(), strict=True)
        if error > limit
    ]
    return replace(placed, told=(*placed.told, *off))


def _by_frame(
    page: Page, dark: Dark, frame: Frame, print_: Printed, px_per_mm: float, scale: int | None, crs: Any, zone: Any
) -> Placed | None:
    found = framed.measured(page, dark, frame, print_, px_per_mm, scale)
    if found is None or len(found.table) < 3:
        return None
    # Tags of a file that put the sheet elsewhere are in another system than its print.
    of_file = page.crs if extent.is_near_file(page, frame, found.bounds, found.scale) else None
    # Coordinates of HN-72 look like those of VN-2000: such a sheet needs identical points.
    where = _crs(found.bounds, crs or of_file, None if print_.is_older_system else zone)
    if where is None:
        return None
    if crs is None and of_file is not None and zone is not None and not tagged.is_same(of_file, zone):
        found.told.append(("ban_quet.coordinates_contradict", f"{parse_crs(of_file).name} ≠ {parse_crs(zone).name}"))
    placed = _fitted(found.table, found.scale, where, print_, found.told, found.sources, page.path.name)
    if placed.warp.rms_m > _SLANTED_MM * found.scale / 1000:
        # A sheet photographed aslant, without crosses that would tell how: no place is better than a wrong one.
        return None
    if page.transform is None:
        return placed
    off = tagged.apart(page, placed)
    if off > _WORLD_MM * found.scale / 1000:
        return replace(placed, told=(*placed.told, ("ban_quet.world_file_wrong", f"{off:.1f} m")))
    return replace(placed, sources=(*placed.sources, "world_file"))


def _said(print_: Printed, scale: int | None) -> int | None:
    """Return the scale that somebody says: who asks, the print, the form of the name."""
    return scale or print_.scale or (print_.cell.scale if print_.cell else None)


def _crs(bounds: tuple[float, float, float, float], crs: Any, zone: Any) -> Any:
    """Return the CRS of coordinates: as told, else the zone where they lie in it."""
    if crs is not None:
        return parse_crs(crs)
    if zone is None:
        return None
    parsed = parse_crs(zone)
    area = parsed.area_of_use
    if area is None:
        return parsed
    forward = pyproj.Transformer.from_crs(parsed.geodetic_crs, parsed, always_xy=True)
    west, south, east, north = forward.transform_bounds(area.west, area.south, area.east, area.north)
    x, y = known((bounds[0], bounds[2])), known((bounds[1], bounds[3]))
    inside = (
        west - _ZONE_MARGIN_M <= x <= east + _ZONE_MARGIN_M and south - _ZONE_MARGIN_M <= y <= north + _ZONE_MARGIN_M
    )
    return parsed if inside else None


def _fitted(
    table: pd.DataFrame, scale: int, crs: Any, print_: Printed, told: list[tuple[str, str]], sources: tuple[str, ...],
    name: str,
) -> Placed:  # fmt: skip
    limit = warping.limit_m(scale)
    # Bent paper moves points of a frame farther than officers may err.
    tolerance = max(limit, (_PAPER_MM if sources == ("points",) else _BENT_MM) * scale / 1000)
    source, target = table[["x_px", "y_px"]].to_numpy(float), table[["x_m", "y_m"]].to_numpy(float)
    warp = point_files.fitted(source, target, tolerance, name)
    points = table.assign(residual_m=warp.residuals_m, used=warp.used)[list(POINT_COLUMNS)].reset_index(drop=True)
    off = points[points["residual_m"] > limit]
    told = [
        *told,
        *_meridian(crs, print_),
        *(
            ("ban_quet.control_residual", f"{name}: {error:.2f} m")
            for name, error in zip(off["id"], off["residual_m"], strict=True)
        ),
    ]
    return Placed(warp, crs, scale, print_.name, points, limit, tuple(told), sources, print_.number)


def _by_world_file(
    page: Page, print_: Printed, px_per_mm: float, scale: int | None, crs: Any, zone: Any
) -> Placed | None:
    if page.transform is None:
        return None
    pixels = np.array([(0, 0), (page.width, 0), (page.width, page.height), (0, page.height)], dtype=np.float64)
    metres = np.array([page.transform * tuple(corner) for corner in pixels])
    bounds = (*metres.min(axis=0), *metres.max(axis=0))
    where = _crs(bounds, crs or page.crs, zone)
    if where is None:
        return None
    denominator, told = _said(print_, scale), list[tuple[str, str]]()
    if denominator is None:
        drawn = math.sqrt(abs(page.transform.determinant)) * px_per_mm * 1000
        denominator = min(printed.SCALES, key=lambda one: abs(math.log(one / max(drawn, 1e-9))))
        told = [("ban_quet.scale_guessed", f"1:{denominator}")]
    table = framed.table_of(list(framed.CORNERS), pixels, metres, "file")
    return _fitted(table, denominator, where, print_, told, ("world_file",), page.path.name)
