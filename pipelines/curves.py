"""Curves as straight segments: arcs, ellipses, bulges, interpolated curves and B-splines.

Everything is in drawing units, in the plane; three-dimensional curves come here seen from above. A segment leaves
its curve by no more than `TOLERANCE`.
"""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

TOLERANCE = 0.001
"""Largest distance between curve and chord: 1 mm in a drawing in metres."""

_FEWEST, _MOST = 8, 1024
"""Segments of a full turn. A tiny circle stays a circle, and a huge radius does not fill the memory."""

_ZERO = 1e-12


def arcs(centre: Array, major: Array, minor: Array, start: Array, sweep: Array) -> tuple[Array, Array]:
    """Return points along elliptical arcs, all in one array, and how many belong to each arc.

    A point of an arc is `centre + major * cos(t) + minor * sin(t)`.

    Args:
        centre: n centres, shape (n, 2).
        major: Vectors from the centre to where `t` is zero.
        minor: Vectors from the centre to where `t` is a quarter turn.
        start: First `t` in radians.
        sweep: Length of the arc in radians, negative when it runs clockwise.
    """
    radius = np.maximum(np.hypot(*major.T), np.hypot(*minor.T))
    with np.errstate(divide="ignore", invalid="ignore"):
        step = 2 * np.arccos(np.clip(1 - TOLERANCE / np.maximum(radius, TOLERANCE), 0, 1))
        wanted = np.abs(sweep) / np.maximum(step, 2 * np.pi / _MOST)
    fewest = np.maximum(np.abs(sweep) / (2 * np.pi) * _FEWEST, 1)
    count = np.ceil(np.nan_to_num(np.clip(np.maximum(wanted, fewest), 1, _MOST), nan=1.0) - 1e-9).astype(np.int64) + 1
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    turn = np.repeat(start, count) + np.repeat(sweep / (count - 1), count) * place
    points = (
        np.repeat(centre, count, axis=0)
        + np.repeat(major, count, axis=0) * np.cos(turn)[:, None]
        + np.repeat(minor, count, axis=0) * np.sin(turn)[:, None]
    )
    return points, count


def bulged(points: Array, bulge: Array, closed: bool) -> Array:
    """Return a polyline with its arc segments stroked; bulge is the tangent of a quarter of the angle of the arc."""
    ends = np.vstack([points[1:], points[:1]]) if closed else points[1:]
    starts, bulge = points[: len(ends)], bulge[: len(ends)]
    chord = ends - starts
    is_arc = (np.abs(bulge) > _ZERO) & (np.hypot(*chord.T) > _ZERO)
    last = points[:1] if closed else points[-1:]
    if not is_arc.any():
        return np.vstack([starts, last])
    b, c = bulge[is_arc, None], chord[is_arc]
    centre = starts[is_arc] + c / 2 + np.column_stack([-c[:, 1], c[:, 0]]) * (1 - b * b) / (4 * b)
    major = starts[is_arc] - centre
    minor = np.column_stack([-major[:, 1], major[:, 0]])
    stroked, count = arcs(centre, major, minor, np.zeros(len(b)), 4 * np.arctan(b[:, 0]))
    parts = iter(np.split(stroked, np.cumsum(count)[:-1]))
    pieces = [next(parts)[:-1] if curved else starts[i : i + 1] for i, curved in enumerate(is_arc.tolist())]
    return np.vstack([*pieces, last])


def interpolated(points: Array, segments: int = 16) -> Array:
    """Return a curve through points by Akima's rule; the two points at each end only give its direction."""
    if len(points) < 6:
        return points[2:-2] if len(points) > 4 else points
    slopes = np.diff(points, axis=0)
    length = np.maximum(np.hypot(*slopes.T), _ZERO)
    slopes = slopes / length[:, None]
    before, after = np.abs(slopes[1:-2] - slopes[:-3]), np.abs(slopes[3:] - slopes[2:-1])
    weight = before + after
    tangent = np.where(
        weight > _ZERO,
        (after * slopes[1:-2] + before * slopes[2:-1]) / np.maximum(weight, _ZERO),
        (slopes[1:-2] + slopes[2:-1]) / 2,
    )
    inner, span = points[2:-2], length[2:-2, None]
    rise = np.diff(inner, axis=0) / span
    square = (3 * rise - 2 * tangent[:-1] - tangent[1:]) / span
    cube = (tangent[:-1] + tangent[1:] - 2 * rise) / span**2
    along = np.linspace(0, 1, segments, endpoint=False)[None, :, None] * span[:, None, :]
    drawn = inner[:-1, None, :] + along * (tangent[:-1, None, :] + along * (square[:, None, :] + along * cube[:, None]))
    return np.vstack([drawn.reshape(-1, 2), inner[-1:]])


def spline(poles: Array, degree: int, knots: Array, weights: Array) -> Array:
    """Return points of a (rational) B-spline; uniform clamped knots where the given ones cannot be its knots."""
    degree = max(1, min(degree, len(poles) - 1, 15))
    if len(poles) < 2:
        return poles
    if len(knots) != len(poles) + degree + 1 or (np.diff(knots) < 0).any() or not np.isfinite(knots).all():
        inner = np.linspace(0, 1, len(poles) - degree + 1)
        knots = np.r_[[0.0] * degree, inner, [1.0] * degree]
    if len(weights) != len(poles) or not (weights > 0).all():
        weights = np.ones(len(poles))
    first, last = knots[degree], knots[len(poles)]
    reach = np.hypot(*np.diff(poles, axis=0).T).sum()
    # Ten samples for each pole, more where the poles are far apart: the chord error falls with their square.
    samples = int(np.clip(np.sqrt(reach / TOLERANCE), 16 * len(poles), 20_000))
    t = np.linspace(first, last, samples)
    spans = np.clip(np.searchsorted(knots, t, side="right") - 1, degree, len(poles) - 1)
    work = np.column_stack([poles * weights[:, None], weights])[spans[:, None] + np.arange(-degree, 1)]
    for level in range(1, degree + 1):
        for j in range(degree, level - 1, -1):
            low, high = knots[spans - degree + j], knots[spans + 1 + j - level]
            gap = high - low
            share = np.where(gap > 0, (t - low) / np.where(gap > 0, gap, 1), 0)[:, None]
            work[:, j] = (1 - share) * work[:, j - 1] + share * work[:, j]
    return np.asarray(work[:, degree, :2] / work[:, degree, 2:])
