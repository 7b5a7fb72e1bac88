"""From ink to closed faces that share their edges."""

from typing import Any

import cv2
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from pipelines.scan.lines import (
    across,
    circles,
    cut_off,
    dashes,
    forms,
    hatching,
    kinds,
    parts_apart,
    rooms,
    solid,
    tables,
    trust,
)
from pipelines.scan.lines import town as town_work
from pipelines.scan.lines.arcs import breadths, fitted
from pipelines.scan.lines.bridges import bridged, far
from pipelines.scan.lines.cells import cells
from pipelines.scan.lines.network import Ids, Net, parts, pruned, raw
from pipelines.scan.lines.ridges import network
from pipelines.scan.lines.separate import levels, seen_from
from pipelines.scan.model import Dark, Faces, Ink, Mask, Points

_SPUR = 1.5
"""Edges up to so many widths of a line are the rim of a junction."""

_WRITTEN_MM2 = 0.4
"""Ink of the smallest writing that speaks for a face of its own: a digit."""

_ROUNDS = 4

_ARM_MM = 5.5
"""Longest arm of a grid cross, with some spare."""


def trace(dark: Dark, ink: Ink, px_per_mm: float, area: Points | None = None, crosses: Points | None = None) -> Faces:
    """Return the closed faces of a sheet.

    Args:
        dark: (H, W) uint8, 0 = paper, 255 = full ink.
        ink: Its ink told apart.
        px_per_mm: Pixels per millimetre of paper.
        area: (4, 2) corners of the inner frame; None = the whole page.
        crosses: (n, 2) centres of grid crosses, whose arms are no edges.

    Returns:
        Faces and edges in pixel coordinates; empty frames where nothing closes.
    """
    px_per_mm = seen_from(ink.width_px, px_per_mm)
    alone = circles.without(ink.lines, ink.marks, ink.width_px, px_per_mm)
    drawn, hollow = solid.thinned(_within(alone, area, px_per_mm), ink.width_px, px_per_mm)
    if hollow is not None:
        dark = np.where(hollow, np.uint8(0), dark)  # the middle of the rim is that of a line of its own
    net, met, town = _boundaries(dark, drawn, ink, px_per_mm, area, crosses)
    if town:
        drawn = town_work.drawn(drawn, ink, px_per_mm)
        net, met, town = _boundaries(dark, drawn, ink, px_per_mm, area, crosses, town=True)
    lines = _apart(fitted(net, dark, ink.width_px, met)) if len(net.links) else np.empty(0, dtype=object)
    return _faces(lines, dark, ink, px_per_mm, area, town=town)


def _boundaries(
    dark: Dark,
    drawn: Mask,
    ink: Ink,
    px_per_mm: float,
    area: Points | None,
    crosses: Points | None,
    *,
    town: bool = False,
) -> tuple[Net, Points, bool]:
    """Return the network of all that bounds a face, along the ridges of the ink, and where strokes met on the way.

    The last tells whether it is a town, see `rooms.in_town`.
    """
    width = ink.width_px
    net = network(drawn)
    if crosses is not None and len(crosses):
        net = net.without(_on_crosses(net, crosses, area, width, px_per_mm))
    net = pruned(net, _SPUR * width + 2)
    if area is None:
        net = across.without(net, dark.shape, width)
    met = net.points[net.degree > 2]
    if not len(net.links) or (not town and rooms.in_town(net, width, px_per_mm)):
        return net, met, bool(len(net.links))
    net, hatches = _joined(net, dark, ink, px_per_mm, framed=area is not None, town=town)
    if not town and rooms.in_town(net, width, px_per_mm):  # with its gaps closed it may have more rings
        return net, met, True
    net = _merged(net, _SPUR * width + 1)
    if area is None:
        net = cut_off.closed(net, dark.shape, width, px_per_mm)
    net = _parted(net, far(net, dark, levels(dark)[0], width, px_per_mm), ink.marks, px_per_mm)
    net = rooms.closed(net, hatches, width, px_per_mm, town=town)
    return _merged(net, _SPUR * width + 1), met, town


def _joined(net: Net, dark: Dark, ink: Ink, px_per_mm: float, *, framed: bool, town: bool) -> tuple[Net, Points]:
    """Return the network without what is only drawn beside boundaries, its gaps closed; middles of strokes of hatching.

    Args:
        net: The network of all lines.
        dark: (H, W) uint8 ink.
        ink: Its ink told apart.
        px_per_mm: Pixels per millimetre.
        framed: Whether the sheet has a frame.
        town: As of `rooms.in_town`.
    """
    width, thick = ink.width_px, breadths(net, dark, ink.width_px)
    links, dashed = dashes.joined(net, thick, width, px_per_mm)
    out = parts_apart.drawn_beside(net, thick, px_per_mm, framed=framed, town=town) & ~dashed
    strokes = hatching.strokes(net, thick, px_per_mm)
    hatches: Points = (net.points[net.start[strokes]] + net.points[net.end[strokes]]) / 2
    return bridged(net.changed(out | strokes, links), dark, levels(dark)[0], width, px_per_mm), hatches


def _parted(net: Net, links: Ids, marks: Mask, px_per_mm: float) -> Net:
    """Return the network with those links over wide gaps that part two rooms, each with its own writing.

    The cut has to be a neck: narrower than the room on either side of it, as a watershed of the distance from the
    lines would have it.
    """
    for _ in range(_ROUNDS):
        if not len(links):
            break
        tried = net.joined(np.empty((0, 2)), links)
        edges = raw(tried)
        polygons, left, right = cells(edges)
        edge = tried.edge_of(links)
        sides = np.column_stack([left[edge], right[edge]])
        gap = np.hypot(*(net.points[links[:, 0]] - net.points[links[:, 1]]).T)
        good = (sides >= 0).all(axis=1) & (sides[:, 0] != sides[:, 1])
        if not good.any():
            return net
        room = np.unique(sides[good])
        size = shapely.area(polygons[room])
        ink_mm2 = kinds.written(polygons[room], marks, size) * size / px_per_mm**2
        wide = 2 * shapely.length(shapely.maximum_inscribed_circle(polygons[room], tolerance=0.3 * px_per_mm))
        at = np.searchsorted(room, np.where(good[:, None], sides, room[0]))
        good &= (ink_mm2[at] >= _WRITTEN_MM2).all(axis=1) & (wide[at] > gap[:, None]).all(axis=1)
        if good.all():
            return tried
        links = links[good]
    return net.joined(np.empty((0, 2)), links)


def _apart(edges: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return edges that meet at their ends only: where fitting made some cross they are cut there."""
    noded = shapely.get_parts(shapely.node(shapely.multilinestrings(edges)))
    return edges if len(noded) == len(edges) else noded


def _within(lines: Mask, area: Points | None, px_per_mm: float) -> Mask:
    """Return the lines up to the frame, the frame among them."""
    if area is None or not np.isfinite(area).all():
        return lines
    inside = np.zeros(lines.shape, dtype=np.uint8)
    cv2.fillConvexPoly(inside, np.round(area).astype(np.int32), 1)
    reach = 2 * round(0.6 * px_per_mm) + 1
    cv2.dilate(inside, np.ones((reach, reach), np.uint8), inside)
    made: Mask = lines & inside.view(bool)
    return made


def _on_crosses(
    net: Net, crosses: Points, area: Points | None, width: float, px_per_mm: float
) -> npt.NDArray[np.bool_]:
    """Return which edges are arms of crosses: they run along the axes of a cross, as the frame stands."""
    top = area[1] - area[0] if area is not None and np.isfinite(area[:2]).all() else np.array([1.0, 0.0])
    axis = top / np.hypot(*top)
    at = net.points[net.path]
    _, near = cKDTree(crosses).query(at, distance_upper_bound=_ARM_MM * px_per_mm * 1.1)
    off = at - np.vstack([crosses, [-1e9, -1e9]])[near]
    along, across = np.abs(off @ axis), np.abs(off @ [-axis[1], axis[0]])
    on = np.minimum(along, across) <= width / 2 + 1.5
    share = np.bincount(net.owner, on, minlength=len(net.first) - 1) / np.diff(net.first)
    made: npt.NDArray[np.bool_] = share >= 0.9
    return made


def _merged(net: Net, longest: float) -> Net:
    """Return the network with junctions joined that lie as close as a line is wide: where lines cross."""
    both = (net.degree[net.start] >= 3) & (net.degree[net.end] >= 3) & (net.lengths() <= longest)
    both &= net.start != net.end
    if not both.any():
        return net
    ends = np.column_stack([net.start[both], net.end[both]])
    label = parts(ends, len(net.points))
    size = np.bincount(label)
    many = np.flatnonzero(size > 1)
    number = np.full(len(size), -1)
    number[many] = np.arange(len(many))
    group = number[label]
    member = group >= 0
    places = np.column_stack([np.bincount(group[member], net.points[member, axis]) for axis in (0, 1)])
    return net.without(both).contracted(group, places / size[many][:, None])


def _faces(
    lines: npt.NDArray[Any], dark: Dark, ink: Ink, px_per_mm: float, area: Points | None, *, town: bool
) -> Faces:
    """Return the faces that lines close, what they are and how far they are to be believed."""
    lines = lines[rooms.bounding(lines, ink.width_px, px_per_mm, town=town)]  # fitting may have closed a sliver
    polygons, left, right = cells(lines)
    edges = trust.edges(lines, dark, levels(dark)[0], px_per_mm)
    faces = trust.faces(polygons, edges, left, right, px_per_mm)
    faces["kind"] = kinds.guessed(kinds.measures(polygons, np.column_stack([left, right]), ink.marks, area, px_per_mm))
    in_table = tables.cells(polygons, np.column_stack([left, right]), px_per_mm)
    faces["kind"] = faces["kind"].mask(in_table, "outside")
    faces["why"] = (faces["why"] + np.where(in_table, " table", "")).str.strip()
    faces["hatched"] = hatching.hatched(polygons, dark, px_per_mm)
    told = ["left", "right", "confidence", "ink_share", "kind", "form", "why"]
    edges = edges.assign(left=left, right=right, form=forms.of(lines, edges, left, right, faces["kind"], px_per_mm))
    return Faces(
        gpd.GeoDataFrame(faces[["confidence", "kind", "why", "hatched"]], geometry=polygons),
        gpd.GeoDataFrame(edges[told], geometry=lines),
    )
