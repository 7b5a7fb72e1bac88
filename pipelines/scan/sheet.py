"""One scanned sheet from the page to its numbered parcels: the stages in their order."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pipelines.scan.desk import corrections as correction_work
from pipelines.scan.desk import redraw
from pipelines.scan.model import NUMBER_COLUMNS, Dark, Faces, Frame, Ink, Labels, Page, Placed, Points
from pipelines.scan.place import ground

if TYPE_CHECKING:  # else OpenCV would be loaded where sheets are only handed on
    from pipelines.scan.place.printed import Printed

_REACH_MM = 1.0
"""How far the end of a line drawn by hand may miss what it should meet, on paper."""

_MM_PER_INCH = 25.4


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet with everything that was made of it.

    Attributes:
        page: The picture.
        px_per_mm: Its resolution on paper.
        grey: (H, W) picture, 255 = white.
        dark: Its ink.
        frame: Frame and crosses; None where there is none.
        placed: Its place on the ground; None where it has none.
        ink: The ink told apart.
        faces: Its faces, in pixels of the page.
        labels: What is written in them.
        corrections: What an officer corrected, as applied.
        lost: Corrections that found no place.
        scale: Scale denominator, read or declared; None where nothing tells.
        colour_left: Share of the ink that is drawn in a colour and was left out, 0 to 1; 0 without lines and numbers.
        printed: What was read around its frame: number, scale, commune; None without a look at it.
    """

    page: Page
    px_per_mm: float
    grey: npt.NDArray[np.uint8]
    dark: Dark
    frame: Frame | None
    placed: Placed | None
    ink: Ink
    faces: Faces
    labels: Labels
    corrections: gpd.GeoDataFrame
    lost: gpd.GeoDataFrame
    scale: int | None
    colour_left: float = 0.0
    printed: "Printed | None" = None

    @property
    def ground(self) -> ground.Ground:
        """Return where its pixels lie."""
        return ground.of(self.page, self.placed)


def key(path: Path, page: int) -> str:
    """Return what names one page of a picture, whatever its file is called."""
    with path.open("rb") as stream:
        return f"{hashlib.file_digest(stream, 'sha256').hexdigest()}#{page}"


def digitize(
    page: Page,
    *,
    listed: pd.DataFrame | None = None,
    control: Path | None = None,
    scale: int | None = None,
    crs: Any = None,
    zone: Any = None,
    corrections: Callable[[float], gpd.GeoDataFrame] | None = None,
    colours_are_ink: bool = False,
) -> Sheet:
    """Return a sheet digitized.

    Args:
        page: The picture.
        listed: Rows of the register of the sheet: `number`, `area`, `code`, texts.
        control: Table of control points of an officer.
        scale: Scale denominator where it is known.
        crs: CRS of the ground where it is known.
        zone: CRS to assume for printed coordinates that lie in it.
        corrections: What an officer corrected, asked for with the resolution in pixels per millimetre.
        colours_are_ink: Whether lines are drawn in colours too.

    Raises:
        ReadError: The page cannot be read, is blank, or is no drawing.
    """
    from pipelines.scan.lines import faces, separate
    from pipelines.scan.numbers import labels
    from pipelines.scan.picture import clean, coloured, likeness, pages
    from pipelines.scan.place import frame, georeference, tables

    picture = pages.read(page, colours_are_ink=colours_are_ink)
    grey = picture.grey
    px_per_mm = clean.resolution(grey, page)
    likeness.check(page, grey, px_per_mm)
    dark = clean.dark(grey, px_per_mm)
    found = frame.find(dark, px_per_mm)
    by_crosses = clean.measured(found, px_per_mm)
    if by_crosses != px_per_mm:
        # The file tells a wrong resolution: what follows goes by it.
        px_per_mm = by_crosses
        dark = clean.dark(grey, px_per_mm)
        found = frame.find(dark, px_per_mm)
    print_, placed = georeference.locate(page, dark, found, px_per_mm, control=control, scale=scale, crs=crs, zone=zone)
    if placed is None and control is None and (print_.scale, print_.cell) == (None, None):
        tables.check(page, dark, px_per_mm)
    step = picture.cell_px
    corners = None if found is None else found.corners / step
    left = coloured.drawn(picture.left.coarse, corners, px_per_mm / step, picture.left.share)
    ink = separate.ink(dark, px_per_mm)
    area, crosses = (None, None) if found is None else (found.corners, found.crosses)
    traced = faces.trace(dark, ink, px_per_mm, _usable(area), crosses)
    known = corrections(px_per_mm) if corrections is not None else correction_work.of([])
    redrawn = redraw.apply(traced, known, _REACH_MM * px_per_mm, ink.width_px)
    denominator = scale if placed is None else placed.scale
    m2 = _m2_per_px2(page, placed, denominator, px_per_mm)
    turned = 0 if found is None else round(found.turn_deg / 90) % 4
    reading = labels.read if len(redrawn.faces.polygons) else _unread
    read = _upright(reading, dark, ink, redrawn.faces, turned, px_per_mm, listed, m2)
    named = _named(read, redrawn.faces, known)
    return Sheet(
        page, px_per_mm, grey, dark, found, placed, ink, redrawn.faces, named, known, redrawn.lost, denominator,
        left, print_,
    )  # fmt: skip


def _unread(dark: Dark, ink: Ink, faces: Faces, *_: Any) -> Labels:
    """Return the labels of a sheet without a face."""
    inner = shapely.point_on_surface(faces.polygons.geometry.to_numpy())
    columns = dict.fromkeys((*NUMBER_COLUMNS, "listed")) | {"confidence": 0.0, "sure": False, "why": "no_number"}
    rows = gpd.GeoDataFrame(pd.DataFrame(columns, index=faces.polygons.index), geometry=inner)
    return Labels(rows, gpd.GeoDataFrame({"text": [], "confidence": []}, geometry=[]))


def _usable(corners: Points | None) -> Points | None:
    """Return the corners of a frame that is whole."""
    return corners if corners is not None and np.isfinite(corners).all() else None


def _m2_per_px2(page: Page, placed: Placed | None, scale: int | None, px_per_mm: float) -> float | None:
    if placed is not None:
        return ground.of(page, placed).metres ** 2
    return None if scale is None else (scale / 1000 / px_per_mm) ** 2


def _upright(
    read: Callable[..., Labels],
    dark: Dark,
    ink: Ink,
    faces: Faces,
    turned: int,
    px_per_mm: float,
    listed: pd.DataFrame | None,
    m2_per_px2: float | None,
) -> Labels:
    """Return the labels of a sheet that stands turned on its page: read upright, told in pixels of the page."""
    if turned == 0:
        return read(dark, ink, faces, px_per_mm, listed, m2_per_px2)
    height, width = dark.shape
    straight = Ink(_turned(ink.lines, turned), _turned(ink.marks, turned), ink.width_px)
    to, back = _turns(turned, width, height)
    moved = Faces(
        faces.polygons.set_geometry(shapely.transform(faces.polygons.geometry.to_numpy(), to)),
        faces.edges.set_geometry(shapely.transform(faces.edges.geometry.to_numpy(), to)),
    )
    labels = read(_turned(dark, turned), straight, moved, px_per_mm, listed, m2_per_px2)
    return Labels(
        *(
            frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), back))
            for frame in (labels.faces, labels.loose)
        )
    )


def _turned(array: Any, turned: int) -> Any:
    """Return an array turned back, counter-clockwise, by so many quarters."""
    return np.ascontiguousarray(np.rot90(array, turned))


def _turns(turned: int, width: int, height: int) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Return how pixels go when a page is turned counter-clockwise by quarters, and back."""
    step = {
        1: (np.array([[0.0, -1.0], [1.0, 0.0]]), np.array([0.0, width])),
        2: (np.array([[-1.0, 0.0], [0.0, -1.0]]), np.array([width, height])),
        3: (np.array([[0.0, 1.0], [-1.0, 0.0]]), np.array([height, 0.0])),
    }[turned]
    matrix, shift = step
    return (lambda points: points @ matrix + shift), (lambda points: (points - shift) @ matrix.T)


def _named(labels: Labels, faces: Faces, corrections: gpd.GeoDataFrame) -> Labels:
    """Return labels with what an officer said of faces; the last word counts."""
    said = corrections[corrections["kind"] == "face"]
    at = correction_work.within(said.geometry.to_numpy(), faces.polygons.geometry.to_numpy())
    last = said.assign(at=at)[at >= 0].drop_duplicates("at", keep="last").set_index("at")
    rows = labels.faces.copy()
    place = rows.index.get_indexer(last.index)
    last, place = last[place >= 0], place[place >= 0]
    for name in ("number", "area", "code"):
        rows[name] = rows[name].astype("string")
        rows.iloc[place, rows.columns.get_loc(name)] = last[name].to_numpy()
    for name, value in (("confidence", 1.0), ("sure", True), ("why", "officer")):
        rows.iloc[place, rows.columns.get_loc(name)] = value
    if "listed" in rows:
        rows["listed"] = rows["listed"].astype("object").where(~rows.index.isin(last.index), None)
    return replace(labels, faces=rows)
