"""How sheets of a kind are drawn. Widths and heights in millimetres of paper.

Widths of lines of the cadastral map follow TT 25/2014, kept by TT 26/2024, as far as they are known here: boundary of a
parcel 0.15 to 0.2 mm, crosses every 10 cm. Heights of letters are assumptions.
"""

import itertools
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True)
class Style:
    """A kind of sheet.

    Attributes:
        name: Its name.
        font: Font of labels, one of `letters.FONTS`.
        boundary_mm: Width of boundaries of parcels.
        road_mm: Width of edges of roads and waters.
        bar_mm: Width of the bar of a label.
        frame_mm: Width of the inner frame, and of the outer.
        cross_mm: Length of the arms of a cross, end to end.
        grid: Whether the frame is of VN-2000: crosses and coordinates.
        shake_mm: How far lines drawn by hand wander.
        whole_labels: Whether area and code are written.
    """

    name: str
    font: str = "noto"
    boundary_mm: float = 0.18
    road_mm: float = 0.18
    bar_mm: float = 0.13
    frame_mm: tuple[float, float] = (0.2, 0.8)
    cross_mm: float = 10.0
    grid: bool = True
    shake_mm: float = 0.0
    whole_labels: bool = True

    def drawn(self, line: BaseGeometry, rng: Random) -> BaseGeometry:
        """Return a line as a hand draws it: its vertices stay, the way between them wanders; straight without shake."""
        if not self.shake_mm:
            return line
        made = []
        for part in shapely.get_parts(line):
            points = shapely.get_coordinates(part)
            pieces = [points[:1]]
            for start, end in itertools.pairwise(points):
                length = float(np.hypot(*(end - start)))
                steps = max(1, int(length / 3.0))
                share = np.linspace(0, 1, steps + 1)[1:, None]
                across = np.array([-(end - start)[1], (end - start)[0]]) / max(length, 1e-9)
                wander = np.array([rng.gauss(0, self.shake_mm) for _ in range(steps - 1)] + [0.0])[:, None]
                pieces.append(start + share * (end - start) + wander * across)
            made.append(LineString(np.concatenate(pieces)))
        return shapely.multilinestrings(made)


CADASTRAL = Style("cadastral")
STYLES = {
    "cadastral": CADASTRAL,
    "hn72": Style("hn72", font="plotter", boundary_mm=0.2, cross_mm=8.0),
    "map299": replace(CADASTRAL, name="map299", font="hand", boundary_mm=0.25, road_mm=0.3, grid=False,
                      frame_mm=(0.3, 0.3), shake_mm=0.06, whole_labels=False),
}  # fmt: skip
