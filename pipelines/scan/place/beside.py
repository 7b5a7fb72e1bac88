"""Coordinates printed beside the grid crosses, where the corners of a frame have none or there is no frame at all.

Each cross with a coordinate beside it says where the whole lattice lies. It is believed where two crosses say the same
of an axis and nothing is said more often: one number beside a cross may as well be the area of a parcel.
"""

import math
import re
from collections import Counter
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.model import Dark, Frame, Points
from pipelines.scan.place import margins, printed, sheets

_REACH_MM = 17.0
"""How far from a cross its coordinates are looked for: arms of 5 mm, seven digits of 1.5 mm, and as much again."""

_LETTER_MM = 5.0
"""What is larger than that is no digit but a line, or the cross itself."""

_RANGES = (printed.EASTING_M, printed.NORTHING_M)
_WRITTEN = re.compile(r"(?<![\d.,])\d{1,4}[ .]?\d{3}(?:[ .]\d{3})?(?![\d])")
_LEAST_SCORE = 0.8
_SAME_MM, _MOST_PLACES = 3.0, 6
_ON_LATTICE = 0.02
_OFF_MM = 0.3
"""How far a point of the frame may be off on paper (diagonal of the frame, TT 25/2014)."""

_STRAY = 4.0
_LEAST_VOTES = 2


@dataclass(frozen=True, slots=True)
class Lattice:
    """Where the crosses of a sheet lie on the ground.

    Attributes:
        scale: Scale denominator.
        crosses: (n, 2) map coordinates of the crosses, metres.
        corners: (4, 2) those of the corners of the frame; NaN where it has none, or not on the lattice.
    """

    scale: int
    crosses: Points
    corners: Points


def read(dark: Dark, frame: Frame, px_per_mm: float, scale: int | None) -> Lattice | None:
    """Return where the crosses lie by what is printed beside them; None where that is not sure.

    Args:
        dark: (H, W) ink.
        frame: Crosses of the sheet, the right way up; its corners may be unknown.
        px_per_mm: Resolution.
        scale: Scale denominator where it is known; else that at which the coordinates agree.
    """
    if not len(frame.crosses):
        return None
    step_px = frame.spacing_px if math.isfinite(frame.spacing_px) else sheets.CROSS_MM * px_per_mm
    angle = math.radians(frame.turn_deg)
    turned = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    nodes = np.round((frame.crosses - frame.crosses[0]) @ turned.T / step_px)
    corners = (frame.corners - frame.crosses[0]) @ turned.T / step_px
    said = _beside(dark, frame, step_px / sheets.CROSS_MM)
    found = sorted(
        (*origin, one) for one in ([scale] if scale else printed.SCALES) if (origin := _origin(said, nodes, one))
    )
    if not found or (len(found) > 1 and found[-1][0] == found[-2][0]):
        return None
    _, west, north, chosen = found[-1]
    step = sheets.CROSS_MM * chosen / 1000
    is_on = np.isfinite(corners).all(axis=1) & (np.abs(corners - np.round(corners)) < _ON_LATTICE).all(axis=1)
    whole = np.where(is_on[:, None], np.round(corners), np.nan)
    start, way = np.array([west, north]), np.array([step, -step])
    places = _without_strays(np.vstack([whole, nodes]), np.vstack([frame.corners, frame.crosses]), step_px)
    return Lattice(chosen, start + places[4:] * way, start + places[:4] * way)


def _without_strays(nodes: Points, found: Points, step_px: float) -> Points:
    """Return the nodes, NaN for those whose cross stands off the others: where boundaries cross near a node.

    The lattice is the one through two of the points that most of all points are nearest to.
    """
    seen = np.flatnonzero(np.isfinite(nodes).all(axis=1) & np.isfinite(found).all(axis=1))
    node, place = (points[seen, 0] + 1j * points[seen, 1] for points in (nodes, found))
    first, second = np.nonzero(np.abs(node[None] - node[:, None]) > 0)
    factor = (place[second] - place[first]) / (node[second] - node[first])
    off = np.abs(place[None] - place[first, None] - factor[:, None] * (node[None] - node[first, None]))
    if not len(off):
        return nodes
    best = off[int(np.argmin(np.median(off, axis=1)))]
    out = nodes.copy()
    # Bent paper has points off the lattice too, but all of them more or less.
    out[seen[best > max(_OFF_MM * step_px / sheets.CROSS_MM, _STRAY * float(np.median(best)))]] = np.nan
    return out


def _origin(said: list[tuple[int, str]], nodes: Points, scale: int) -> tuple[int, float, float] | None:
    """Return how many crosses agree at a scale, and where the first cross lies by them; None where they do not.

    A coordinate with one digit that a line made unreadable agrees with what its cross should have.
    """
    step, votes, places = sheets.CROSS_MM * scale / 1000, 0, list[float]()
    for axis, (low, high) in enumerate(_RANGES):
        off = nodes[:, axis] * step * (1, -1)[axis]
        read = {(row, float(text)) for row, text in said if text.isdigit() and low <= float(text) <= high}
        origins = {value - float(off[row]) for row, value in read if value % step == 0}
        counted = Counter({
            one: len({row for row, text in said if _agrees(text, f"{one + off[row]:.0f}")}) for one in origins
        })  # fmt: skip
        best = counted.most_common(2)
        if not best or best[0][1] < _LEAST_VOTES or (len(best) > 1 and best[1][1] == best[0][1]):
            return None
        votes, places = votes + best[0][1], [*places, best[0][0]]
    return votes, places[0], places[1]


def _agrees(text: str, wanted: str) -> bool:
    """Tell whether a text is the one wanted, or is it but for one sign that is no digit."""
    if text == wanted or text.isdigit() or len(text) != len(wanted):
        return text == wanted
    return sum(map(str.__ne__, text, wanted)) <= 1


def _beside(dark: Dark, frame: Frame, px_per_mm: float) -> list[tuple[int, str]]:
    """Return the coordinates around the crosses: the row of the cross, and what is written.

    They stand alike at all crosses: where a line runs through one, its place is known from another.
    """
    angle = math.radians(frame.turn_deg)
    axes = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]) * px_per_mm
    side = round(2 * _REACH_MM * margins.PER_MM)
    around = [margins.cut(dark, at - axes @ np.full(2, _REACH_MM), axes, (side, side)) for at in frame.crosses]
    cuts = []
    for row, image in enumerate(map(_letters, around)):
        for is_across, turned in ((False, image), (True, np.ascontiguousarray(np.rot90(image, -1)))):
            lines = margins.lines(turned, (0.0, 0.0), is_across=is_across)
            # Six digits are at least so much longer than high, in any letters.
            cuts += [(row, one) for one in lines if one.image.shape[1] > 2.5 * one.image.shape[0]]
    read = zip(cuts, margins.read([one.image for _, one in cuts]), strict=True)
    likely = [(text, cut) for (_, cut), (text, score) in read if score >= _LEAST_SCORE and _coordinate(text)]
    again = [(row, _same_place(image, cut)) for cut in _places(likely) for row, image in enumerate(around)]
    told = margins.read([image for _, image in again])
    return [(row, _coordinate(text) or text.strip()) for (row, _), (text, _) in zip(again, told, strict=True)]


def _places(likely: list[tuple[str, margins.Cutting]]) -> list[margins.Cutting]:
    """Return where coordinates stand beside a cross: of those at one place the one with the most digits."""
    kept = list[margins.Cutting]()
    for _, cut in sorted(likely, key=lambda one: -len(_coordinate(one[0]) or "")):
        if all(cut.is_across != other.is_across or math.dist(cut.centre, other.centre) > _SAME_MM for other in kept):
            kept.append(cut)
    return kept[:_MOST_PLACES]


def _coordinate(text: str) -> str | None:
    """Return the digits of a coordinate in metres, with whatever else stands in its line."""
    found = _WRITTEN.search(text)
    return None if found is None else re.sub(r"\D", "", found[0])


def _same_place(image: npt.NDArray[np.uint8], like: margins.Cutting) -> npt.NDArray[np.uint8]:
    """Return what stands beside a cross where another has its coordinate, black on white, along its rows."""
    high, wide = like.image.shape
    x, y = (round(place * margins.PER_MM) for place in like.centre)
    across, down = (high, wide) if like.is_across else (wide, high)
    part = image[max(y - down // 2, 0) : y + down // 2 + 1, max(x - across // 2, 0) : x + across // 2 + 1]
    return 255 - (np.ascontiguousarray(np.rot90(part, -1)) if like.is_across else part)


def _letters(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the ink of what is as small as a letter; lines that cross the place leave."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((image > margins.INK).astype(np.uint8), connectivity=8)
    is_large = stats[:, 2:4].max(axis=1) > _LETTER_MM * margins.PER_MM
    is_large[0] = False
    if count == 1 or not is_large.any():
        return image
    # The soft edge of a line goes with it.
    lines = cv2.dilate(is_large[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.where(lines & ((labels == 0) | is_large[labels]), 0, image).astype(np.uint8)
