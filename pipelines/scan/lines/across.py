"""Lines of a grid that run straight from one edge of the picture to the other, through all that is drawn: no edges."""

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.scan.lines.network import Net

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_TURN_DEG = 5.0
"""How far a grid may stand turned against its picture."""

_COARSE_PX, _SEEN = 4, 0.5
"""Lines are looked for in a picture so many times smaller, where they fill such a share of its side."""

_WHOLE = 0.85
"""Share of the way from edge to edge that a line has ink on: writing and stains take the rest."""

_THROUGH, _LEAST = 0.6, 8
"""Share of the lines met that go on beyond it, of so many at least: a long boundary is met from one side."""

_OWN = 0.8
"""Share of an edge that lies on the line."""


def without(net: Net, shape: tuple[int, ...], width: float) -> Net:
    """Return the network without the lines of a grid.

    Args:
        net: The network, spurs taken off.
        shape: Height and width of the picture.
        width: Usual width of a line in pixels.
    """
    out = np.zeros(len(net.first) - 1, dtype=bool)
    at, near = net.points[net.path], width / 2 + 1.5
    for down in (False, True):
        # Along the line first, then across it: a line down the picture is one along it, mirrored.
        spots, length = (at[:, ::-1], shape[0]) if down else (at, shape[1])
        for course in _courses(spots, (shape[1], shape[0]) if down else (shape[0], shape[1])):
            on = np.abs(spots[:, 1] - np.polyval(course, spots[:, 0])) <= near
            seen = np.bincount((spots[on, 0] / _COARSE_PX).astype(np.int64), minlength=length // _COARSE_PX)
            if (seen[: length // _COARSE_PX] > 0).mean() < _WHOLE:
                continue
            own = np.bincount(net.owner, on, minlength=len(out)) >= _OWN * np.diff(net.first)
            if _goes_through(net, own, spots, course, width):
                out |= own
    return net.without(out) if out.any() else net


def _courses(spots: Floats, shape: tuple[int, int]) -> list[Floats]:
    """Return candidates, each the polynomial of what it is across by what it is along: paper bends a little."""
    small = np.zeros((shape[0] // _COARSE_PX + 1, shape[1] // _COARSE_PX + 1), dtype=np.uint8)
    cell = (spots / _COARSE_PX).astype(np.int64)
    small[np.clip(cell[:, 1], 0, small.shape[0] - 1), np.clip(cell[:, 0], 0, small.shape[1] - 1)] = 255
    turn, right = np.radians(_TURN_DEG), np.pi / 2
    votes = int(_SEEN * small.shape[1])
    found = cv2.HoughLines(small, 1.0, np.radians(0.1), votes, min_theta=right - turn, max_theta=right + turn)
    made: list[Floats] = []
    for rho, theta in found[:, 0] if found is not None else ():
        course = np.array([0.0, -np.cos(theta) / np.sin(theta), _COARSE_PX * (rho + 0.5) / np.sin(theta)])
        for degree, reach in ((1, 8.0), (2, 5.0), (2, 3.0)):
            on = np.abs(spots[:, 1] - np.polyval(course, spots[:, 0])) <= reach
            if on.sum() < _COARSE_PX * votes:
                break
            course = np.polyfit(spots[on, 0], spots[on, 1], degree)
        ends = np.array([0, shape[1]])
        if all(np.abs(np.polyval(course, ends) - np.polyval(other, ends)).max() > 4 for other in made):
            made.append(course)
    return made


def _goes_through(net: Net, own: Flags, spots: Floats, course: Floats, width: float) -> bool:
    """Tell whether the lines that a line meets go on beyond it."""
    on_it = np.zeros(len(net.points), dtype=bool)
    on_it[net.start[own]] = on_it[net.end[own]] = True
    along: list[Floats] = []
    reach = round(2 * width) + 2
    for sign in (-1.0, 1.0):
        met = []
        for tip, step in ((net.first[:-1], 1), (net.first[1:] - 1, -1)):
            far = np.clip(tip + step * reach, net.first[:-1], net.first[1:] - 1)
            off = spots[far, 1] - np.polyval(course, spots[far, 0])
            some = on_it[net.path[tip]] & ~own & (sign * off > width)
            met.append(spots[tip[some], 0])
        along.append(np.sort(np.concatenate(met)))
    if min(len(one) for one in along) < _LEAST:
        return False
    both = [np.abs(one[:, None] - other[None]).min(axis=1) <= 2 * width + 2 for one, other in (along, along[::-1])]
    return bool(np.concatenate(both).mean() >= _THROUGH)
