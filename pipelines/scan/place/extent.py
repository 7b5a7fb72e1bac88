"""Which square of the ground a frame stands for: scale and coordinates, by what is printed around it.

Coordinates of the corners and the name in the grid are read independently; where both are there they have to agree.
"""

import math
from collections import Counter

import numpy as np

from pipelines.scan.model import Frame, Page, Points
from pipelines.scan.picture import clean
from pipelines.scan.place import printed
from pipelines.scan.place.margins import known
from pipelines.scan.place.printed import Printed

GRID_MM = 100.0
"""Grid crosses stand every 10 cm on paper."""

_SURE_VOTES = 3
_SCALE_OFF = 0.05

Bounds = tuple[float, float, float, float]
"""West, south, east, north in metres."""


def scale_of(frame: Frame, print_: Printed, px_per_mm: float, scale: int | None) -> tuple[int | None, bool]:
    """Return the scale, and whether somebody says it: who asks, else what most of print, name and sides agree on."""
    if scale is not None:
        return scale, True
    west, south, east, north = print_.sides
    wide, high = _size_mm(frame, px_per_mm)
    guesses = [(east - west) / wide * 1000, (north - south) / high * 1000]
    by_sides = [one for one in printed.SCALES for guess in guesses if abs(guess / one - 1) < _SCALE_OFF]
    said = [one for one in (print_.scale, print_.cell.scale if print_.cell else None) if one is not None]
    if not said and not by_sides:
        return None, False
    # Both sides count as one witness; in doubt what is printed comes first.
    votes = Counter([*said, *sorted(set(by_sides))])
    chosen = votes.most_common(1)[0][0]
    return chosen, chosen in said


def _size_mm(frame: Frame, px_per_mm: float) -> tuple[float, float]:
    """Return width and height of the frame in mm of paper as drawn, NaN where cut: by the crosses where it has any."""
    per_mm = frame.spacing_px / GRID_MM if math.isfinite(frame.spacing_px) else px_per_mm
    sides = np.linalg.norm(np.roll(frame.corners, -1, axis=0) - frame.corners, axis=1) / per_mm
    return known(sides[[0, 2]]), known(sides[[1, 3]])


def bounds_of(
    page: Page, frame: Frame, print_: Printed, px_per_mm: float, scale: int
) -> tuple[Bounds, tuple[str, ...], list[tuple[str, str]]] | None:
    """Return west, south, east, north of the frame in metres, what says so, and what contradicts."""
    size = tuple(_whole(value, scale) for value in _size_mm(frame, px_per_mm))
    if clean.is_guessed(page, px_per_mm) and not len(frame.crosses):
        size = _printed_size(print_, size)
    by_print = _completed(print_, size)
    by_name = _of_cell(print_, size, scale)
    if by_print is None and by_name is None:
        return None
    if by_print is None or by_name is None:
        chosen = by_print or by_name
        assert chosen is not None
        return chosen, ("coordinates",) if by_print else ("name",), _odd_print(print_, size)
    if _holds(by_print, by_name):
        whole = [here if math.isfinite(here) else there for here, there in zip(by_print, by_name, strict=True)]
        return (whole[0], whole[1], whole[2], whole[3]), ("coordinates", "name"), []
    told = [("ban_quet.coordinates_contradict", f"{print_.name}: {by_name[0]:.0f} {by_name[3]:.0f} "
             f"≠ {by_print[0]:.0f} {by_print[3]:.0f}")]  # fmt: skip
    near_world = [is_near_file(page, frame, bounds, scale) for bounds in (by_print, by_name)]
    if near_world[1]:
        return by_name, ("name",), told
    if near_world[0] or sum(print_.votes) >= _SURE_VOTES:
        return by_print, ("coordinates",), told
    # Two that contradict each other with nobody to decide: no place is better than a wrong one.
    return None


def _whole(length_mm: float, scale: int) -> float:
    """Return the length of a side on the ground: of whole decimetres on paper where it is one within 1 %."""
    cells = length_mm / GRID_MM
    if math.isfinite(cells) and round(cells) >= 1 and abs(cells / round(cells) - 1) < 0.01:
        return round(cells) * GRID_MM * scale / 1000
    return length_mm * scale / 1000


def _printed_size(print_: Printed, size: tuple[float, ...]) -> tuple[float, ...]:
    """Return the size by the coordinates of all sides where they have the form of the frame, whose own is a guess."""
    west, south, east, north = print_.sides
    said = (east - west, north - south)
    if not math.isfinite(sum(said)) or min(said) <= 0 or not math.isfinite(sum(size)):
        return size
    return said if abs(said[0] / said[1] / (size[0] / size[1]) - 1) < 0.01 else size


def _completed(print_: Printed, size: tuple[float, ...]) -> Bounds | None:
    """Return all four sides where at least one of each pair was read; of two that contradict the more often read."""
    out = list(print_.sides)
    for low, high, length in ((0, 2, size[0]), (1, 3, size[1])):
        if math.isfinite(out[low]) and math.isfinite(out[high]):
            if math.isfinite(length) and abs(out[high] - out[low] - length) > 0.01 * length:
                if print_.votes[low] == print_.votes[high]:
                    return None
                if print_.votes[low] > print_.votes[high]:
                    out[high] = out[low] + length
                else:
                    out[low] = out[high] - length
        elif math.isfinite(out[low]):
            out[high] = out[low] + length
        elif math.isfinite(out[high]):
            out[low] = out[high] - length
        else:
            return None
    return (out[0], out[1], out[2], out[3]) if all(map(math.isfinite, out)) or math.isnan(sum(size)) else None


def _odd_print(print_: Printed, size: tuple[float, ...]) -> list[tuple[str, str]]:
    """Return the contradiction among coordinates that were read and make no rectangle of the frame's size."""
    if sum(print_.votes) >= 2 and _completed(print_, size) is None:
        read = " ".join(f"{value:.0f}" for value in print_.sides if math.isfinite(value))
        return [("ban_quet.coordinates_contradict", read)]
    return []


def _of_cell(print_: Printed, size: tuple[float, ...], scale: int) -> Bounds | None:
    """Return the sides by the name, where the frame has the size of a standard sheet (or is cut)."""
    cell = print_.cell
    if cell is None or cell.scale != scale:
        return None
    if any(math.isfinite(length) and abs(length / cell.side - 1) > 0.02 for length in size):
        return None
    return cell.west, cell.north - cell.side, cell.west + cell.side, cell.north


def _holds(outer: tuple[float, ...], inner: tuple[float, ...]) -> bool:
    """Tell whether a frame is that of a standard sheet, or of one widened over its lines."""
    gaps = np.array([inner[0] - outer[0], inner[1] - outer[1], outer[2] - inner[2], outer[3] - inner[3]])
    # A side that the page does not have contradicts nothing.
    return bool((gaps[np.isfinite(gaps)] >= -1.0).all())


def corners_of(bounds: Bounds) -> Points:
    """Return (4, 2) map coordinates of the corners: upper left, upper right, lower right, lower left."""
    west, south, east, north = bounds
    return np.array([(west, north), (east, north), (east, south), (west, south)])


def is_near_file(page: Page, frame: Frame, bounds: Bounds, scale: int) -> bool:
    """Tell whether world file or tags put the corners of the frame within a centimetre of where bounds put them."""
    if page.transform is None:
        return False
    known = np.isfinite(frame.corners).all(axis=1)
    there = np.array([page.transform * tuple(corner) for corner in frame.corners[known]])
    off = np.linalg.norm(there - corners_of(bounds)[known], axis=1)
    return bool(len(off) and off.max() < 0.1 * GRID_MM * scale / 1000)
