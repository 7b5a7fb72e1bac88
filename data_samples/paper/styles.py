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
        system: The coordinates the frame is in, as printed; empty for a frame without crosses and coordinates.
        labelled: Whether parcels have labels.
        shake_mm: How far lines drawn by hand wander.
        whole_labels: Whether area and code are written.
        details: What else is drawn, in this order: names of `details.DETAILS`.
        dashed_houses: Houses in dashes, not in thin lines.
        hatched: Share of houses that are hatched.
        filled: Share of lots that are hatched from side to side.
        uncertain: Share of boundaries that are in dashes, because nobody knows them well.
        miss_mm: How far lines drawn by hand usually end before or behind what they should meet.
        careless: Share of labels that stand beside their place, over lines too.
        ticks: Whether the grid is marked and numbered along the frame.
    """

    name: str
    font: str = "noto"
    boundary_mm: float = 0.18
    road_mm: float = 0.18
    bar_mm: float = 0.13
    frame_mm: tuple[float, float] = (0.2, 0.8)
    cross_mm: float = 10.0
    system: str = "VN-2000"
    labelled: bool = True
    shake_mm: float = 0.0
    whole_labels: bool = True
    details: tuple[str, ...] = ()
    dashed_houses: bool = False
    hatched: float = 0.0
    filled: float = 0.0
    uncertain: float = 0.0
    miss_mm: float = 0.0
    careless: float = 0.0
    ticks: bool = False

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


_RICH = ("houses", "names", "slopes", "ditches", "paths", "stubs", "marks", "border")
CADASTRAL = Style("cadastral", details=("names",))
STYLES = {
    "plain": replace(CADASTRAL, name="plain", details=()),
    "cadastral": CADASTRAL,
    "rich": replace(CADASTRAL, name="rich", details=_RICH, hatched=0.15, careless=0.02, ticks=True),
    "dashed": replace(CADASTRAL, name="dashed", font="fira", details=_RICH, dashed_houses=True, uncertain=0.04),
    "hn72": Style("hn72", font="plotter", boundary_mm=0.2, cross_mm=8.0, system="HN-72", hatched=0.5, ticks=True,
                  details=("houses", "plants", "stubs", "names")),
    "map299": Style("map299", font="hand", boundary_mm=0.25, road_mm=0.3, system="", frame_mm=(0.3, 0.3),
                    shake_mm=0.06, miss_mm=0.12, careless=0.03, whole_labels=False, details=("names", "stubs")),
    "atlas": Style("atlas", font="space", boundary_mm=0.12, road_mm=0.45, system="", labelled=False, shake_mm=0.02,
                   details=("filled", "houses", "names", "numerals"), hatched=0.7, filled=0.2),
}  # fmt: skip
"""Kinds of sheets: the cadastral map of today (plain, with names, with all that may stand on it, with dashed houses),
one plotted in HN-72 with signs of plants, one of 299 drawn by hand, and a leaf of an engraved atlas of a city."""
