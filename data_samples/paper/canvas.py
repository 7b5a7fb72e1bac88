"""Areas of ink on paper, painted with the exact share of each pixel that they cover."""

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import shapely

from data_samples.paper.model import MM_PER_INCH, Floats, Image

_FINER = 6
"""Steps per pixel, across and down: 36 levels of cover."""

_SHIFT = 4
_STRIP = 256
_RIM = 0.45
"""cv2 also fills the steps its outline touches: what an area is drawn in by, in steps."""


class Canvas:
    """Ink in layers, in millimetres of paper from the upper left corner, x to the right, y down."""

    def __init__(self, width_mm: float, height_mm: float, dpi: float) -> None:
        self.px_per_mm = dpi / MM_PER_INCH
        self.width, self.height = round(width_mm * self.px_per_mm), round(height_mm * self.px_per_mm)
        self._areas: dict[str, list[npt.NDArray[Any]]] = {}

    def areas(self, layer: str, shapes: Iterable[Any]) -> None:
        """Add areas of ink to a layer."""
        self._areas.setdefault(layer, []).append(shapely.get_parts(np.asarray(list(shapes), dtype=object)))

    def lines(self, layer: str, shapes: Iterable[Any], width_mm: float, *, cap: str = "round") -> None:
        """Add lines of a width to a layer."""
        self.areas(layer, shapely.buffer(np.asarray(list(shapes), dtype=object), width_mm / 2, cap_style=cap))

    def paint(self, *layers: str) -> Image:
        """Return the ink of some layers, 0 to 255; of all without a name."""
        chosen = [part for name in layers or self._areas for part in self._areas.get(name, [])]
        ink: Image = np.zeros((self.height, self.width), dtype=np.uint8)
        if not chosen:
            return ink
        shapes = shapely.buffer(np.concatenate(chosen), -_RIM / _FINER / self.px_per_mm, join_style="mitre")
        shapes = shapely.get_parts(shapes)
        shapes = shapes[~shapely.is_empty(shapes)]
        top, bottom = (shapely.bounds(shapes)[:, column] * self.px_per_mm for column in (1, 3))
        rings = [self._steps(shape) for shape in shapes]
        for first in range(0, self.height, _STRIP):
            rows = min(_STRIP, self.height - first)
            fine = np.zeros((rows * _FINER, self.width * _FINER), dtype=np.uint8)
            down = np.array([0, first * _FINER << _SHIFT], dtype=np.int32)
            for place in np.flatnonzero((bottom >= first) & (top <= first + rows)).tolist():
                cv2.fillPoly(fine, [ring - down for ring in rings[place]], 255, shift=_SHIFT)  # type: ignore[call-overload]
            ink[first : first + rows] = cv2.resize(fine, (self.width, rows), interpolation=cv2.INTER_AREA)
        return ink

    def _steps(self, shape: Any) -> list[npt.NDArray[np.int32]]:
        """Return the rings of an area as cv2 wants them: in sixteenths of steps, centres of pixels being whole."""
        return [
            np.round((shapely.get_coordinates(ring) * self.px_per_mm * _FINER - 0.5) * (1 << _SHIFT)).astype(np.int32)
            for ring in (shape.exterior, *shape.interiors)
        ]

    def pixels(self, points_mm: Floats) -> Floats:
        """Return pixel coordinates of places on the paper."""
        return np.asarray(points_mm, dtype=np.float64) * self.px_per_mm
