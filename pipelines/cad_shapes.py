"""Geometry of one entity of a drawing, seen from above, curves as segments."""

import itertools
from typing import Any

import numpy as np
import shapely

from pipelines import curves
from pipelines.curves import Array

_NEAR = 0.02
"""Ends this near (drawing units) are one point of a complex chain: map files are drawn to the centimetre."""

Kind = dict[str, Any]


def plain_points(kind: Kind) -> list[tuple[float, float]] | None:
    """Return the points of a point, a text, or an open line of straight segments; None for all that takes work."""
    name = kind["type"]
    if name in ("point", "text", "m_text"):
        return [(kind["position"]["x"], kind["position"]["y"])]
    if name == "line":
        return [(kind["start"]["x"], kind["start"]["y"]), (kind["end"]["x"], kind["end"]["y"])]
    if name != "polyline" or kind["closed"] or any(vertex["bulge"] for vertex in kind["vertices"]):
        return None
    return [(vertex["position"]["x"], vertex["position"]["y"]) for vertex in kind["vertices"]] or None


def shape_of(kind: Kind, props: Kind) -> shapely.Geometry | None:
    """Return the geometry of an entity that `plain_points` leaves over; None where it has none in the plane.

    A closed polyline is a polygon where the file says it is a shape (DGN type 6 or 14), a closed line otherwise.
    """
    name = kind["type"]
    if name == "group":
        return _chained(kind)
    if name == "hatch":
        return _areas([_outline(loop) for loop in kind["loops"]])
    if name == "polygon":
        return _areas([_points(ring) for ring in (kind["exterior"], *kind["interiors"])])
    if name == "face":
        return _areas([_points(kind["points"])])
    line = _line(kind)
    if line is None or not len(line) or not np.isfinite(line).all():
        return None
    if len(line) == 1:
        return shapely.points(line[0])
    is_shape = name == "polyline" and kind["closed"] and props.get("dgn.type") == 6
    return shapely.polygons(line) if is_shape and len(line) >= 4 else shapely.linestrings(line)


def _line(kind: Kind) -> Array | None:
    """Return the points of a curve; None for what is no curve."""
    name = kind["type"]
    if name == "line":
        return _points([kind["start"], kind["end"]])
    if name == "leader":
        return _points(kind["vertices"])
    if name == "polyline":
        return _polyline(kind["vertices"], kind["closed"])
    if name in ("circle", "arc"):
        return _arc(kind, name == "arc")
    if name == "ellipse":
        return _ellipse(kind)
    return _spline(kind) if name == "spline" else None


def _points(values: list[Kind]) -> Array:
    return np.array([(value["x"], value["y"]) for value in values], dtype=float).reshape(-1, 2)


def _polyline(vertices: list[Kind], closed: bool) -> Array:
    points = _points([vertex.get("position", vertex) for vertex in vertices])
    bulge = np.array([vertex.get("bulge") or 0.0 for vertex in vertices])
    if bulge.any() and len(points) > 1:
        return curves.bulged(points, bulge, closed)
    needs_end = closed and len(points) > 2 and (points[0] != points[-1]).any()
    return np.vstack([points, points[:1]]) if needs_end else points


def _vector(value: Kind) -> Array:
    return np.array([value["x"], value["y"], value["z"]], dtype=float)


def _axes(normal: Kind) -> tuple[Array, Array]:
    """Return the two axes of a plane by the rule of the DXF format for its normal."""
    z = _vector(normal)
    length = np.linalg.norm(z)
    z = z / length if length > 0 else np.array([0.0, 0.0, 1.0])
    beside = np.array([0.0, 1.0, 0.0]) if max(abs(z[0]), abs(z[1])) < 1 / 64 else np.array([0.0, 0.0, 1.0])
    x = np.cross(beside, z)
    x /= np.linalg.norm(x)
    return x, np.cross(z, x)


def _stroke(centre: Array, major: Array, minor: Array, start: float, end: float) -> Array:
    sweep = (end - start) % (2 * np.pi) or 2 * np.pi
    points, _ = curves.arcs(centre[None, :2], major[None, :2], minor[None, :2], np.array([start]), np.array([sweep]))
    return points


def _arc(kind: Kind, is_part: bool) -> Array | None:
    if kind["radius"] is None:
        return None
    x, y = _axes(kind["normal"])
    start, end = (kind["start_angle"], kind["end_angle"]) if is_part else (0.0, 0.0)
    return _stroke(_vector(kind["center"]), x * kind["radius"], y * kind["radius"], start or 0.0, end or 0.0)


def _ellipse(kind: Kind) -> Array | None:
    if kind["ratio"] is None:
        return None
    major = _vector(kind["major_axis"])
    z = _vector(kind.get("normal") or {"x": 0, "y": 0, "z": 1})
    minor = np.cross(z / (np.linalg.norm(z) or 1.0), major) * kind["ratio"]
    start, end = kind["start_param"] or 0.0, kind["end_param"] or 0.0
    return _stroke(_vector(kind["center"]), major, minor, start, end)


def _spline(kind: Kind) -> Array:
    poles, fit = _points(kind["control_points"]), _points(kind.get("fit_points") or [])
    if len(poles) >= 2:
        knots, weights = np.array(kind["knots"], dtype=float), np.array(kind["weights"], dtype=float)
        return curves.spline(poles, int(kind["degree"]), knots, weights)
    if len(fit) < 3:
        return fit
    # Akima's rule wants two points before and after, which a fitted curve does not have: go on straight.
    before, after = fit[0] - fit[1], fit[-1] - fit[-2]
    return curves.interpolated(
        np.vstack([fit[0] + 2 * before, fit[0] + before, fit, fit[-1] + after, fit[-1] + 2 * after])
    )


def _chained(group: Kind) -> shapely.Geometry | None:
    """Return a complex chain or shape: one line or ring where its parts meet end to end, else its lines."""
    lines = [line for child in group["children"] if (line := _line(child["kind"])) is not None and len(line) > 1]
    lines = [line for line in lines if np.isfinite(line).all()]
    if not lines:
        return None
    gaps = [np.hypot(*(after[0] - before[-1])) for before, after in itertools.pairwise(lines)]
    if any(gap > _NEAR for gap in gaps):
        return shapely.multilinestrings([shapely.linestrings(line) for line in lines])
    whole = np.vstack([lines[0], *(line[1:] for line in lines[1:])])
    if group["group_kind"] == "complex_shape" and len(whole) >= 4 and np.hypot(*(whole[0] - whole[-1])) <= _NEAR:
        whole[-1] = whole[0]
        return shapely.polygons(whole)
    return shapely.linestrings(whole)


def _outline(loop: Kind) -> Array:
    parts = [line for edge in loop["edges"] if (line := _edge(edge)) is not None and len(line)]
    return np.vstack(parts) if parts else np.empty((0, 2))


def _edge(edge: Kind) -> Array | None:
    if edge["type"] == "polyline":
        return _polyline(edge["vertices"], bool(edge.get("closed", True)))
    if edge["type"] not in ("arc", "ellipse"):
        return _line(edge)
    forward = bool(edge.get("ccw", True))
    points = _ellipse(edge) if edge["type"] == "ellipse" else _arc({**edge, "normal": edge.get("normal") or _UP}, True)
    return points if points is None or forward else points[::-1]


_UP = {"x": 0.0, "y": 0.0, "z": 1.0}


def _areas(rings: list[Array]) -> shapely.Geometry | None:
    """Return the polygon of rings, the first the outer one; outlines with fewer than three places are left out."""
    usable = [ring for ring in rings if len(ring) >= 3 and np.isfinite(ring).all()]
    if not usable:
        return None
    closed = [shapely.linearrings(ring) for ring in usable]
    return shapely.polygons(closed[0], holes=closed[1:] or None)
