"""A fabric as line work on sheets, spoilt in its lines and labels, and how well `digitize` tells what was done to it.

Planted are lines, labels and documents of single places; what was found belongs to the nearest place. Coordinates that
are none and texts anchored beside their parcel need a real file: the samples have them.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import schemas
from pipelines.digitize import Source
from pipelines.digitize import run as digitize
from tests.benchmarks import sites
from tests.benchmarks.fabrics import CRS, Fabric
from tests.benchmarks.ground import Ground
from tests.benchmarks.scores import Score
from tests.benchmarks.sites import Site

SNAP_M, SCALE, COEFFICIENT = 0.05, 1000, 0.0004
FABRICS = ("grid", "irregular", "terraces", "river", "enclaves", "sizes")
"""Fabrics that fill the plane: elsewhere streets and courts are faces without a label."""


@dataclass
class Sheets:
    """Line work to spoil.

    Attributes:
        ground: The parcels behind it.
        centres: Middle of each parcel.
        spots: Where the label of each parcel stands; None where it has none.
        labels: Text of each label.
        lines: Lines beside the boundaries, with the parcel whose sheet has them and their role.
        texts: Texts beside the labels, with the parcel whose sheet has them.
        broken: Pieces of boundary drawn with a gap: the ends, and the two lines instead.
        expected: Codes that have to be found, with the number of the place.
        spared: Things planted within a limit, by code.
    """

    ground: Ground
    centres: list[Any] = field(init=False)
    spots: list[Any] = field(init=False)
    labels: list[str] = field(init=False)
    lines: list[tuple[int, str, Any]] = field(default_factory=list)
    texts: list[tuple[int, str, Any]] = field(default_factory=list)
    broken: dict[frozenset[tuple[float, float]], list[Any]] = field(default_factory=dict)
    expected: Counter[tuple[str, int]] = field(default_factory=Counter)
    spared: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Write a label into every parcel."""
        circles = shapely.maximum_inscribed_circle(np.array(self.ground.shapes, dtype=object), 0.05)
        self.centres = list(shapely.get_point(circles, 0))
        self.spots = list(self.centres)
        self.labels = [self.label(at, self.area_m2(at)) for at in range(len(self.spots))]

    def area_m2(self, parcel: int) -> float:
        """Return the area of a parcel."""
        return float(shapely.area(self.ground.shapes[parcel]))

    def label(self, parcel: int, area_m2: float) -> str:
        """Return the label of a parcel with some area."""
        return f"LUC {parcel + 1}/{area_m2:.1f}"

    def sheet(self, parcel: int) -> str:
        """Return the sheet of a parcel."""
        return str(self.ground.rows.loc[parcel, "so_hieu_to_ban_do"])


Draw = Callable[[Sheets, Site, bool], list[str] | None]
"""Plants something beyond a limit or within it; tells what has to be found, None where there is no room for it."""


def _dangle(sheets: Sheets, site: Site, beyond: bool) -> list[str] | None:
    """Let a line run into the parcel, by a little more than ends are joined by; shorter it is cut off and told."""
    if site.radius < 0.5:
        return None
    line = shapely.LineString([site.at(0.0), site.at(0.0, SNAP_M * (1.02 if beyond else 0.98))])
    sheets.lines.append((site.parcel, "boundary", line))
    return ["ban_ve.dangle" if beyond else "ban_ve.snapped"]


def _gap(sheets: Sheets, site: Site, beyond: bool) -> list[str] | None:
    """Break a common boundary: a little wider than ends are joined over, or a little less."""
    if site.other < 0 or site.crosses_sheets or site.length < 1:
        return None
    half = SNAP_M / 2 * (1.02 if beyond else 0.98)
    ends = frozenset(tuple(map(float, end)) for end in (site.start, site.end))
    sheets.broken[ends] = [
        shapely.LineString([site.start, site.at(-half)]),
        shapely.LineString([site.at(half), site.end]),
    ]
    return ["ban_ve.unclosed", "ban_ve.label_doubled"] if beyond else ["ban_ve.snapped"]


def _unlabelled(sheets: Sheets, site: Site, beyond: bool) -> list[str] | None:
    """Leave the label out; within: it stands in the very corner of the parcel."""
    sheets.spots[site.parcel] = None if beyond else shapely.Point(site.at(0.0, 0.01))
    return ["ban_ve.face_without_label"] if beyond else []


def _outside(sheets: Sheets, site: Site, beyond: bool) -> list[str] | None:
    """Put a label beyond the rim by a hand; within: the parcel's own just inside it."""
    if site.other >= 0:
        return None
    if beyond:
        sheets.texts.append((site.parcel, "LUC 9001/10.0", shapely.Point(site.at(0.0, -0.01))))
        return ["ban_ve.label_outside"]
    sheets.spots[site.parcel] = shapely.Point(site.at(0.0, 0.01))
    return []


def _text(text: str, within: str, code: str) -> Draw:
    def draw(sheets: Sheets, site: Site, beyond: bool) -> list[str] | None:
        if site.radius < 1:
            return None
        if beyond:
            sheets.texts.append((site.parcel, text, shapely.Point(np.add(site.middle, [0.3, 0.4]))))
            return [code]
        sheets.labels[site.parcel] = within.format(site.parcel + 1)
        return []

    return draw


def _again(sheets: Sheets, site: Site, beyond: bool) -> list[str] | None:
    """Draw a line twice, both times over the boundary; within: the second time with a node more."""
    if site.length < 1 or (beyond and any(code == "ban_ve.element_doubled" for code, _ in sheets.expected)):
        return None
    ends = [site.at(-0.4), site.at(0.4)]
    both = [ends, ends[::-1] if beyond else [ends[0], site.at(0.1), ends[1]]]
    sheets.lines += [(site.parcel, "boundary", shapely.LineString(line)) for line in both]
    return ["ban_ve.element_doubled"] if beyond else []


def _loose(sheets: Sheets, site: Site, beyond: bool) -> list[str] | None:
    """Draw a line of documents that closes nothing; within: one that runs along the surveyed boundary."""
    if site.radius < 1 or site.length < 1:
        return None
    inward_m = 0.5 * site.radius if beyond else 0.0
    line = shapely.LineString([site.at(-0.3, inward_m), site.at(0.3, inward_m)])
    sheets.lines.append((site.parcel, "documented_boundary", line))
    return ["ban_ve.documented_unclosed"] if beyond else []


def _island(sheets: Sheets, site: Site, beyond: bool) -> list[str] | None:
    """Draw documents around ground of no single parcel; within: a step in a common boundary."""
    if site.radius < 1.5 or (not beyond and (site.other < 0 or site.crosses_sheets or site.length < 2)):
        return None
    if beyond:
        line = shapely.Point(np.add(site.middle, [0.0, 0.6])).buffer(0.3, quad_segs=1).exterior
    else:
        line = shapely.LineString([site.at(-0.7), site.at(-0.4, 0.4), site.at(0.4, 0.4), site.at(0.7)])
    sheets.lines.append((site.parcel, "documented_boundary", shapely.LineString(line)))
    return ["ban_ve.documented_unmatched"] if beyond else []


def _sheet_edge(sheets: Sheets, site: Site, beyond: bool) -> list[str] | None:
    """Let the later sheet have a node beside the line of the earlier one: as far as ends are joined, or farther."""
    if not site.crosses_sheets or sheets.sheet(site.parcel) < sheets.sheet(site.other) or site.length < 2:
        return None
    sheets.ground.draw(site, [site.at(0.0, SNAP_M * (0.98 if beyond else 1.02))])
    return ["ban_ve.edge_matched"] if beyond else []


def _parts(sheets: Sheets, site: Site, beyond: bool) -> list[str] | None:
    """Write the area of both parcels into both; within: a little more than areas may differ by beside it."""
    if not site.crosses_sheets or site.length < 2:
        return None
    area_m2 = sheets.area_m2(site.parcel) + sheets.area_m2(site.other)
    written_m2 = area_m2 + COEFFICIENT * SCALE * float(np.sqrt(area_m2)) * (0.95 if beyond else 1.05)
    for parcel in (site.parcel, site.other):
        sheets.labels[parcel] = sheets.label(parcel, written_m2)
    return ["ban_ve.joined_across_sheets"] if beyond else []


DRAWINGS: dict[str, tuple[str, Draw]] = {
    "parts": ("ban_ve.joined_across_sheets", _parts),
    "sheet edge": ("ban_ve.edge_matched", _sheet_edge),
    "overshoot": ("ban_ve.dangle", _dangle),
    "gap": ("ban_ve.unclosed", _gap),
    "no label": ("ban_ve.face_without_label", _unlabelled),
    "label outside": ("ban_ve.label_outside", _outside),
    "second label": ("ban_ve.label_doubled", _text("LUC 9002/1.0", "LUC+CLN 0{}/120,5", "ban_ve.label_doubled")),
    "note": ("ban_ve.label_unparsed", _text("xem tờ 3", "LUC{}/400", "ban_ve.label_unparsed")),
    "line twice": ("ban_ve.element_doubled", _again),
    "loose document": ("ban_ve.documented_unclosed", _loose),
    "document around": ("ban_ve.documented_unmatched", _island),
}
"""What is planted in line work: the finding it has to cause, and how."""

RULES = tuple(sorted({code for code, _ in DRAWINGS.values()} | {"ban_ve.snapped"}))
"""The findings that are planted."""


def score(fabric: Fabric, seed: int) -> Score:
    """Return what was planted in the line work of a fabric, found and invented."""
    sheets, places = plant(fabric, seed)
    found = digitize(sources(sheets), schemas.source("dgn_tt26_2024"), CRS).findings
    ways = [_way(sheets, site) for site in places]
    shapes = found.geometry.to_numpy()
    at = shapely.STRtree(ways).nearest(shapes[~shapely.is_missing(shapes)])
    number = np.full(len(found), -1)
    number[~shapely.is_missing(shapes)] = at
    told = Counter(zip(found["code"], number.tolist(), strict=True))
    result = Score(spared=sheets.spared)
    for (code, place), times in sheets.expected.items():
        result.planted[code] += times
        result.found[code] += min(times, told[code, place])
    for (code, place), times in (told - sheets.expected).items():
        result.invented[code] += times
        result.wrong.append(f"{fabric.name}: invented {code} at {place}")
    result.wrong += [f"{fabric.name}: missed {code} at {place}" for code, place in sheets.expected - told]
    return result


def _way(sheets: Sheets, site: Site) -> Any:
    """Return the line from the middle of a parcel over its piece to the middle of the parcel across."""
    across = [sheets.centres[site.other]] if site.other >= 0 else []
    return shapely.LineString([site.middle, site.at(0.0), *across])


def plant(fabric: Fabric, seed: int) -> tuple[Sheets, list[Site]]:
    """Return the line work of a fabric with each kind in turn, and the places where something was planted."""
    sheets = Sheets(Ground(fabric))
    free = sites.find(fabric, np.random.default_rng([seed, 13]))
    used: list[Site] = []
    kinds = [(code, draw, beyond) for code, draw in DRAWINGS.values() for beyond in (True, False)]
    while free and kinds:
        kept = []
        for kind in kinds:
            code, draw, beyond = kind
            made = ((number, draw(sheets, site, beyond)) for number, site in enumerate(free))
            number, due = next(((number, due) for number, due in made if due is not None), (-1, []))
            if number < 0:
                continue
            kept.append(kind)
            sheets.expected.update((told, len(used)) for told in due)
            if not beyond:
                sheets.spared[code] += 1
            used.append(free.pop(number))
        kinds = kept
    return sheets, used


def sources(sheets: Sheets) -> list[Source]:
    """Return the drawings, one a sheet."""
    names = [sheets.sheet(parcel) for parcel in range(len(sheets.spots))]
    return [_source(sheets, name, [at for at, own in enumerate(names) if own == name]) for name in sorted(set(names))]


def _source(sheets: Sheets, name: str, parcels: list[int]) -> Source:
    rings = shapely.get_rings(np.array(sheets.ground.shapes, dtype=object)[parcels])
    points, ring = shapely.get_coordinates(rings, return_index=True)
    ends = np.stack([points[:-1], points[1:]], axis=1)[ring[:-1] == ring[1:]]
    turned = (ends[:, 0] > ends[:, 1])[np.arange(len(ends)), (ends[:, 0] == ends[:, 1])[:, 0].astype(int)]
    ends[turned] = ends[turned][:, ::-1]
    segments = np.unique(ends.reshape(-1, 4), axis=0).reshape(-1, 2, 2)
    lines = list(shapely.linestrings(segments))
    for place, segment in enumerate(segments.tolist()):
        parts = sheets.broken.get(frozenset(map(tuple, segment)))
        if parts:
            lines[place] = None
            lines += parts
    mine = set(parcels)
    rows = [("boundary", None, line) for line in lines if line is not None]
    rows += [(role, None, line) for parcel, role, line in sheets.lines if parcel in mine]
    rows += [("label", sheets.labels[at], sheets.spots[at]) for at in parcels if sheets.spots[at] is not None]
    rows += [("label", text, spot) for parcel, text, spot in sheets.texts if parcel in mine]
    frame = gpd.GeoDataFrame(rows, columns=["role", "text", "geometry"], geometry="geometry", crs=CRS)
    number = pd.Series(np.arange(1, len(frame) + 1))
    frame = frame.assign(number=number).set_index("number", drop=False).rename_axis(None)
    return Source(f"to_{name}.dgn", "drawing", frame.astype({"role": "string", "text": "string"}), name, SCALE, SNAP_M)
