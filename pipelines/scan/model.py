"""What a scanned sheet is made of, from the page to its parcels."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from affine import Affine

from pipelines.warping import Warp

Dark = npt.NDArray[np.uint8]
"""(H, W) ink of a sheet, 0 = paper, 255 = full ink."""

Mask = npt.NDArray[np.bool_]
Points = npt.NDArray[np.float64]
"""(n, 2) pixel coordinates, x before y."""


@dataclass(frozen=True, slots=True)
class Page:
    """One picture of a file, not yet read.

    Attributes:
        path: The file.
        number: Page of the file, from 1.
        width: Pixels.
        height: Pixels.
        dpi: Resolution as the file tells it, or as the size of a PDF page gives it; None where nothing tells.
        transform: Pixel to map coordinates as a world file or the tags of a GeoTIFF tell them; None without.
        crs: CRS of `transform` where the file names one.
        shrink: Of how many pixels of the file, each way, one of the page is made: very large pictures are read coarser.
    """

    path: Path
    number: int
    width: int
    height: int
    dpi: float | None
    transform: Affine | None
    crs: Any
    shrink: int = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """Frame and grid crosses of a sheet.

    Attributes:
        corners: (4, 2) corners of the inner frame: upper left, upper right, lower right, lower left as one reads it;
            NaN where the page is cut through the frame.
        crosses: (n, 2) centres of the grid crosses, the corners of the frame not among them.
        turn_deg: How far the sheet stands turned on the page, clockwise, -180 to 180; a sheet upside down has 180.
        spacing_px: Distance of neighbouring crosses; NaN without crosses.
        others: Number of further frames on the same page.
    """

    corners: Points
    crosses: Points
    turn_deg: float
    spacing_px: float
    others: int


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a sheet lies on the ground.

    Attributes:
        warp: Pixel to map coordinates, metres.
        crs: CRS of the map coordinates.
        scale: Scale denominator.
        name: Name of the sheet in the grid (TT 26/2024), or as printed; None where it was not read.
        points: One row per control point: `id`, `x_px`, `y_px`, `x_m`, `y_m`, `residual_m`, `used`, `origin`
            (`frame`, `cross`, `file`, `officer`).
        limit_m: Largest residual the scale allows.
        told: What contradicts: codes of findings with a detail, as (code, detail).
        sources: What says where it lies, each by itself: `coordinates` and `name` (printed), `world_file`, `points`.
            Two that agree are sure; a single one is only as good as its reading.
        number: Number of the sheet in the commune, as printed; None where it was not read.
    """

    warp: Warp
    crs: Any
    scale: int
    name: str | None
    points: pd.DataFrame
    limit_m: float
    told: tuple[tuple[str, str], ...]
    sources: tuple[str, ...] = ()
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Ink:
    """The ink of a sheet, told apart.

    Attributes:
        lines: Line work that can bound parcels.
        marks: Everything else: letters, digits, symbols, hatches, crosses, dirt.
        width_px: Usual width of a line.
    """

    lines: Mask
    marks: Mask
    width_px: float


@dataclass(frozen=True, slots=True)
class Faces:
    """The closed faces of a sheet, in pixel coordinates; neighbours share exactly the same vertices.

    Attributes:
        polygons: One row per face: `geometry`, `confidence` (0 to 1: the weakest of its edges and of its form),
            `kind` (`parcel`, `road`, `water`, `outside`), `why` (what makes it doubtful; empty text where nothing),
            `hatched` (drawn full of strokes of one direction).
        edges: One row per edge between two junctions: `geometry`, `left`, `right` (rows of `polygons`, -1 = outside),
            `confidence`, `ink_share` (share of its length that has ink), `kind` (`line`, `bridge`, `dashed`), `form`
            (`solid`, `dashed`, `double`: one of two lines that run side by side), `why` (token; empty text).
    """

    polygons: gpd.GeoDataFrame
    edges: gpd.GeoDataFrame


NUMBER_COLUMNS = ("number", "area", "code")
"""What a label says, all text: parcel number, area in m² with a point, land-use code; null where not read."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What is written in the faces.

    Attributes:
        faces: One row per face (its row in `Faces.polygons` as index): `NUMBER_COLUMNS`; `confidence` of the number (0
            to 1, a probability); `sure` (False where an officer has to look); `why`; `geometry`, the point where the
            number stands; `listed` (whether the register of the sheet has the number; null without register).
        loose: Texts that were read and belong to no face: `text`, `confidence`, `geometry` (their box). With `why` they
            are numbers of parcels that have no face of their own: `outside` all faces, or `doubled` in that of another.
    """

    faces: gpd.GeoDataFrame
    loose: gpd.GeoDataFrame
