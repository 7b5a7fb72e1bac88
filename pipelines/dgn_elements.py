"""The elements of a DGN v7 drawing as rows: one for each thing drawn, nothing left out.

Parts of a complex chain or shape are one row, the lines of a text node one text; parts of a cell stay single rows.
What has no known shape (a dimension, a shared cell) is a row without geometry.
"""

import itertools
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import curves, dgn
from pipelines.dgn import Array, Drawing, Units

_SMALLEST = {dgn.TEXT: (60, 76), dgn.TEXT_NODE: (70, 86), dgn.ELLIPSE: (72, 92), dgn.ARC: (80, 100)}
"""Bytes an element of a type has at least, plane and in three dimensions."""

_PER_DEGREE = 360_000.0
_LETTER = 6 / 1000
"""Text sizes are stored in thousandths of six units of resolution."""

_SAME_PLACE = 2.0
"""Ends this near, in units of resolution, are one point of a chain."""


def read(path: Path) -> gpd.GeoDataFrame:
    """Return the elements of a DGN v7 file in file order; coordinates in master units, seen from above.

    Columns: `Type`, `Level`, `GraphicGroup`, `ColorIndex`, `Weight`, `Style`, `Text` (bytes as latin-1; lines of a
    text node are joined by a line feed), `Height` (of a letter, in master units), `Rotation` (degrees
    counter-clockwise) and `geometry`; a text is at its lower left corner, a text node at its origin.

    Raises:
        ReadError: The file is not DGN v7, or is cut short.
    """
    drawing = dgn.open_whole(path)
    units = dgn.units(drawing)
    rows, owner = rows_of(drawing)
    points, count, element = _strokes(drawing, units)
    geometry = np.full(len(drawing.kind), None, dtype=object)
    _single(geometry, drawing, points, count, element)
    _joined(geometry, drawing, owner, points, count, element, _SAME_PLACE * units.size)
    labels = pd.Series([None] * len(drawing.kind), dtype=object)
    height, rotation = np.full((2, len(drawing.kind)), np.nan)
    _label(drawing, units, owner, geometry, labels, height, rotation)
    at = drawing.offset[rows]
    return gpd.GeoDataFrame(
        {
            "Type": drawing.kind[rows].astype("int32"),
            "Level": drawing.level[rows].astype("int32"),
            "GraphicGroup": dgn.words(drawing.raw, at + 28).astype("int32"),
            "ColorIndex": drawing.raw[at + 35].astype("int32"),
            "Weight": (drawing.raw[at + 34] >> 3).astype("int32"),
            "Style": (drawing.raw[at + 34] & 7).astype("int32"),
            "Text": labels.iloc[rows].astype("string").reset_index(drop=True),
            "Height": height[rows],
            "Rotation": rotation[rows],
        },
        geometry=gpd.GeoSeries(geometry[rows]),
    )


def counts(path: Path) -> pd.DataFrame:
    """Return `Type`, `Level` and `elements` of a DGN v7 file from the heads alone.

    Raises:
        ReadError: The file is not DGN v7, or is cut short.
    """
    drawing = dgn.open_whole(path)
    rows, _ = rows_of(drawing)
    frame = pd.DataFrame({"Type": drawing.kind[rows], "Level": drawing.level[rows]})
    return frame.value_counts(sort=False).rename("elements").reset_index()


def rows_of(drawing: Drawing) -> tuple[Array, Array]:
    """Return the elements that become rows, and for every element the head it is drawn with."""
    drawn = drawing.is_drawn
    is_head = ~drawing.is_deleted & np.isin(drawing.kind, [*dgn.COMPLEX, dgn.TEXT_NODE, dgn.SPLINE])
    owner = dgn.owners(drawing, np.flatnonzero(is_head))
    # Only texts hang on a text node; a line that strayed into one is a line.
    in_node = (owner >= 0) & (drawing.kind[owner] == dgn.TEXT_NODE)
    owner[in_node & (drawing.kind != dgn.TEXT)] = -1
    has_text = np.zeros(len(drawn), dtype=bool)
    has_text[owner[(owner >= 0) & drawn & (drawing.kind == dgn.TEXT)]] = True
    stands_alone = drawn & ((owner < 0) | (drawing.kind == dgn.TEXT) & (drawing.kind[owner] != dgn.TEXT_NODE))
    return np.flatnonzero(stands_alone & ((drawing.kind != dgn.TEXT_NODE) | has_text)), owner


def _strokes(drawing: Drawing, units: Units) -> tuple[Array, Array, Array]:
    """Return points of all lines and curves, how many each has, and which element each belongs to, in file order."""
    strings, string_count, which = _strings(drawing, units)
    arcs, arc_count, which_arcs = _arcs(drawing, units)
    parts = [(strings, string_count, which), (arcs, arc_count, which_arcs), *_splines(drawing, units)]
    points = np.vstack([part[0] for part in parts])
    count, element = (np.concatenate([part[step] for part in parts]).astype(np.int64) for step in (1, 2))
    order = np.argsort(element, kind="stable")
    starts = (np.cumsum(count) - count)[order]
    count, element = count[order], element[order]
    place = np.repeat(starts - (np.cumsum(count) - count), count) + np.arange(count.sum())
    return points[place], count, element


def _coordinates(drawing: Drawing, units: Units, at: Array) -> Array:
    whole = np.column_stack([dgn.integers(drawing.raw, at), dgn.integers(drawing.raw, at + 4)])
    return np.asarray((whole - units.origin) * units.size)


def _counted(drawing: Drawing, units: Units, elements: Array) -> tuple[Array, Array]:
    """Return points and their number of elements that hold a count and then vertices; never beyond the element."""
    step = 12 if units.is_3d else 8
    is_line = drawing.kind[elements] == dgn.LINE
    first = drawing.offset[elements] + np.where(is_line, 36, 38)
    said = np.where(is_line, 2, dgn.words(drawing.raw, drawing.offset[elements] + 36))
    room = (drawing.offset[elements] + drawing.size[elements] - first) // step
    count = np.clip(np.minimum(said, room), 0, None)
    place = np.repeat(first - step * (np.cumsum(count) - count), count) + step * np.arange(count.sum())
    return _coordinates(drawing, units, place), count


def _strings(drawing: Drawing, units: Units) -> tuple[Array, Array, Array]:
    kinds = [dgn.LINE, dgn.STRING, dgn.SHAPE, dgn.CURVE, 13, dgn.POLE]
    elements = np.flatnonzero(drawing.is_drawn & np.isin(drawing.kind, kinds))
    points, count = _counted(drawing, units, elements)
    is_curve = drawing.kind[elements] == dgn.CURVE
    if not is_curve.any():
        return points, count, elements
    pieces = np.split(points, np.cumsum(count)[:-1])
    stroked = [curves.interpolated(piece) if bent else piece for piece, bent in zip(pieces, is_curve, strict=True)]
    return np.vstack(stroked), np.array([len(piece) for piece in stroked]), elements


def _arcs(drawing: Drawing, units: Units) -> tuple[Array, Array, Array]:
    step = int(units.is_3d)
    is_round = drawing.is_drawn & np.isin(drawing.kind, [dgn.ELLIPSE, dgn.ARC])
    smallest = np.where(drawing.kind == dgn.ARC, _SMALLEST[dgn.ARC][step], _SMALLEST[dgn.ELLIPSE][step])
    elements = np.flatnonzero(is_round & (drawing.size >= smallest))
    is_arc = drawing.kind[elements] == dgn.ARC
    at = drawing.offset[elements]
    body = at + np.where(is_arc, 44, 36)
    across, along = _axes(drawing, units, body + 16)
    size = [dgn.floats(drawing.raw, body + shift)[:, None] * units.size for shift in (0, 8)]
    centre_at = body + (32 if units.is_3d else 20)
    centre = np.column_stack([dgn.floats(drawing.raw, centre_at + shift) for shift in (0, 8)])
    start = np.where(is_arc, np.radians(dgn.integers(drawing.raw, at + 36) / _PER_DEGREE), 0.0)
    # The sweep is sign and amount, not a two's complement; no sweep is a full turn.
    bits = dgn.integers(drawing.raw, at + 40) & 0xFFFFFFFF
    amount = np.radians((bits & 0x7FFFFFFF) / _PER_DEGREE)
    turn = np.where(amount == 0, 2 * np.pi, np.where(bits >> 31, -amount, amount))
    sweep = np.where(is_arc, np.clip(turn, -2 * np.pi, 2 * np.pi), 2 * np.pi)
    points, count = curves.arcs((centre - units.origin) * units.size, size[0] * across, size[1] * along, start, sweep)
    return points, count, elements


def _axes(drawing: Drawing, units: Units, at: Array) -> tuple[Array, Array]:
    """Return the first and second axis of elements, seen from above: an angle, or in space a quaternion."""
    if not units.is_3d:
        turn = np.radians(dgn.integers(drawing.raw, at) / _PER_DEGREE)
        return np.column_stack([np.cos(turn), np.sin(turn)]), np.column_stack([-np.sin(turn), np.cos(turn)])
    w, x, y, z = (dgn.integers(drawing.raw, at + shift) / 2.0**31 for shift in (0, 4, 8, 12))
    first = np.column_stack([x * x - y * y - z * z + w * w, 2 * (x * y - z * w)])
    second = np.column_stack([2 * (z * w + x * y), -x * x + y * y - z * z + w * w])
    return first, second


def _splines(drawing: Drawing, units: Units) -> list[tuple[Array, Array, Array]]:
    made = []
    for head in np.flatnonzero(drawing.is_drawn & (drawing.kind == dgn.SPLINE)):
        following = head + 1 + np.flatnonzero(~drawing.is_part[head + 1 : head + 64])[:1]
        parts = np.arange(head + 1, int(following[0]) if len(following) else min(int(head) + 64, len(drawing.kind)))
        poles, _ = _counted(drawing, units, parts[drawing.kind[parts] == dgn.POLE])
        order = int(drawing.raw[drawing.offset[head] + 40] & 0x0F) + 2
        if len(poles) >= 2:
            inner, weights = (
                _fractions(drawing, parts[drawing.kind[parts] == kind]) for kind in (dgn.KNOT, dgn.WEIGHT)
            )
            knots = np.r_[[0.0] * order, inner, [1.0] * order]
            points = curves.spline(poles, order - 1, knots, weights)
            made.append((points, np.array([len(points)]), np.array([head])))
    return made


def _fractions(drawing: Drawing, elements: Array) -> Array:
    at = [np.arange(drawing.offset[i] + 36, drawing.offset[i] + drawing.size[i] - 3, 4) for i in elements]
    return dgn.integers(drawing.raw, np.concatenate(at)) / (2.0**31 - 1) if at else np.empty(0)


def _single(geometry: Array, drawing: Drawing, points: Array, count: Array, element: Array) -> None:
    """Fill in what an element is by itself: a point, a line, or a polygon where it is a shape."""
    start = np.cumsum(count) - count
    one = count == 1
    geometry[element[one]] = shapely.points(points[start[one]])
    several = count >= 2
    chosen = np.repeat(several, count)
    ends = np.r_[0, np.cumsum(count[several])]
    geometry[element[several]] = shapely.from_ragged_array(shapely.GeometryType.LINESTRING, points[chosen], (ends,))
    is_area = (drawing.kind[element] == dgn.SHAPE) & (count >= 3)
    chosen = np.repeat(is_area, count)
    # `linearrings` closes a ring whose last point is missing.
    ring = np.repeat(np.arange(is_area.sum()), count[is_area])
    geometry[element[is_area]] = shapely.polygons(shapely.linearrings(points[chosen], indices=ring))


def _joined(
    geometry: Array, drawing: Drawing, owner: Array, points: Array, count: Array, element: Array, near: float
) -> None:
    """Fill in complex elements: one line or ring where their parts meet end to end, else a collection of lines."""
    belongs = (owner[element] >= 0) & (count > 0)
    belongs[belongs] = np.isin(drawing.kind[owner[element[belongs]]], dgn.COMPLEX)
    parts = np.flatnonzero(belongs)
    if not len(parts):
        return
    start = np.cumsum(count) - count
    heads = owner[element[parts]]
    # Parts follow their head in the file, so those of one head stand together.
    for group in np.split(parts, np.flatnonzero(np.diff(heads)) + 1):
        head = owner[element[group[0]]]
        pieces = [points[start[part] : start[part] + count[part]] for part in group]
        is_solid = drawing.kind[head] in (dgn.SURFACE, dgn.SOLID)
        geometry[head] = _chained(pieces, drawing.kind[head] == dgn.COMPLEX_SHAPE, is_solid, near)


def _chained(pieces: list[Array], is_shape: bool, is_solid: bool, near: float) -> shapely.Geometry | None:
    lines = [piece for piece in pieces if len(piece) >= 2]
    if not lines:
        return None
    gaps = [np.hypot(*(after[0] - before[-1])) for before, after in itertools.pairwise(lines)]
    if is_solid or any(gap > near for gap in gaps):
        return shapely.multilinestrings([shapely.linestrings(line) for line in lines])
    whole = np.vstack([lines[0], *(line[1:] for line in lines[1:])])
    if is_shape and len(whole) >= 4 and np.hypot(*(whole[0] - whole[-1])) <= near:
        whole[-1] = whole[0]
        return shapely.polygons(whole)
    return shapely.linestrings(whole)


def _label(
    drawing: Drawing,
    units: Units,
    owner: Array,
    geometry: Array,
    labels: pd.Series,
    height: Array,
    rotation: Array,
) -> None:
    """Fill in texts: words, place, height, rotation."""
    step = int(units.is_3d)
    is_text = drawing.is_drawn & np.isin(drawing.kind, [dgn.TEXT, dgn.TEXT_NODE])
    is_node = drawing.kind == dgn.TEXT_NODE
    smallest = np.where(is_node, _SMALLEST[dgn.TEXT_NODE][step], _SMALLEST[dgn.TEXT][step])
    found = np.flatnonzero(is_text & (drawing.size >= smallest))
    body = drawing.offset[found] + np.where(is_node[found], 12, 0)
    geometry[found] = shapely.points(_coordinates(drawing, units, body + (62 if units.is_3d else 50)))
    height[found] = dgn.integers(drawing.raw, body + 42) * _LETTER * units.size
    across, _ = _axes(drawing, units, body + 46)
    rotation[found] = np.degrees(np.arctan2(across[:, 1], across[:, 0]))
    texts = found[~is_node[found]]
    said = pd.Series(dgn.texts(drawing, texts, units.is_3d), index=texts, dtype=object)
    labels.iloc[texts] = said.to_numpy()
    of = owner[texts]
    in_node = (of >= 0) & is_node[of]
    nodes = said[in_node].groupby(of[in_node]).agg("\n".join)
    labels.iloc[nodes.index.to_numpy(dtype=np.int64)] = nodes.to_numpy()
