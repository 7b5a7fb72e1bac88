"""What a drawn sheet is made of: its picture and the truth about it."""

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from affine import Affine
from shapely import MultiLineString, MultiPoint

Image = npt.NDArray[np.uint8]
"""(H, W) grey or (H, W, 3) red, green, blue; 255 = paper."""

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MM_PER_INCH = 25.4


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as a scanner would give it, with the truth. Pixel coordinates as in `pipelines.scan`.

    Attributes:
        image: The picture.
        dpi: Pixels per inch.
        scale: Scale denominator.
        name: Name of the sheet in the grid (TT 26/2024); empty where the style has none.
        number: Sheet number in the commune, as printed.
        crs: CRS of the map coordinates.
        parcels: The closed faces in pixel coordinates, neighbours with the same vertices: `number`, `area`, `code` (as
            printed, text; empty where not printed), `kind` (`parcel`, `road`, `water`), `area_m2`, `label` (the point
            where the number stands; empty point where none is printed), `geometry`.
        corners: (4, 2) corners of the inner frame: upper left, upper right, lower right, lower left; NaN where the
            page does not have them.
        corners_m: (4, 2) their map coordinates, x (east) before y (north).
        crosses: (n, 2) centres of the grid crosses.
        crosses_m: (n, 2) their map coordinates.
        turn_deg: How far the sheet stands turned on the page, clockwise.
        to_map: Pixel to map coordinates of the sheet as drawn; None once the paper has been bent.
        lines: (H, W) ink of boundaries of parcels, roads and waters.
        text: (H, W) ink of letters and digits.
        words: What is written: `text`, `role` (`number`, `area`, `code`, `house`, `name`, `margin`), `geometry` (its
            box, turned as it stands).
        dashed: Boundaries in dashes, one multi-line.
        hatched: Faces of `parcels` that are hatched all over, one multi-point: a place in each.
    """

    image: Image
    dpi: float
    scale: int
    name: str
    number: str
    crs: Any
    parcels: gpd.GeoDataFrame
    corners: Floats
    corners_m: Floats
    crosses: Floats
    crosses_m: Floats
    turn_deg: float
    to_map: Affine | None
    lines: Mask
    text: Mask
    words: gpd.GeoDataFrame
    dashed: Any = field(default_factory=MultiLineString)
    hatched: Any = field(default_factory=MultiPoint)

    @property
    def px_per_mm(self) -> float:
        """Pixels per millimetre of paper."""
        return self.dpi / MM_PER_INCH
