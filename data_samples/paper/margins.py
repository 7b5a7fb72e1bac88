"""Frame, crosses and margin of a sheet: coordinates of the corners, name, number, scale, scale bar, north."""

import math
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Polygon

from data_samples.paper.drawing import Drawing
from data_samples.paper.letters import FACES, write
from data_samples.paper.model import Floats

MARGIN_MM = 40.0
_OUTER_MM = 10.0
_GRID_MM = 100.0


def crosses(west: float, south: float, east: float, north: float, scale: int) -> Floats:
    """Return map coordinates of the crosses inside a frame: every 10 cm of paper at round coordinates."""
    step = _GRID_MM * scale / 1000
    x = np.arange(math.floor(west / step) + 1, math.ceil(east / step)) * step
    y = np.arange(math.floor(south / step) + 1, math.ceil(north / step)) * step
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float64)


def frame(drawing: Drawing, box: Floats) -> None:
    """Draw the inner and the outer frame around the corners of the inner one, (4, 2) in millimetres."""
    inner, outer = drawing.style.frame_mm
    ring = Polygon(box)
    drawing.canvas.lines("frame", [ring.exterior], inner)
    drawing.canvas.lines("frame", [ring.buffer(_OUTER_MM, join_style="mitre").exterior], outer)


def draw_crosses(drawing: Drawing, places: Floats) -> None:
    """Draw crosses around places, in millimetres."""
    half = drawing.style.cross_mm / 2
    arms = [
        LineString([(x - dx * half, y - dy * half), (x + dx * half, y + dy * half)])
        for x, y in places.tolist()
        for dx, dy in ((1, 0), (0, 1))
    ]
    drawing.canvas.lines("cross", arms, 0.12, cap="flat")


def coordinates(drawing: Drawing, box: Floats, corners_m: Floats) -> None:
    """Print the coordinates of the corners between the frames: north beside the upper and lower line, east along."""
    rng = drawing.rng
    for (x, y), (east, north), (across, down) in zip(
        box.tolist(), corners_m.tolist(), ((-1, -1), (1, -1), (1, 1), (-1, 1)), strict=True
    ):
        line = write(f"{north:.0f}", drawing.style.font, 2.0, rng)
        drawing.text(line, x + across * 4.6, y - down * (line.width / 2 + 0.5), math.pi / 2, f"{north:.0f}", "margin")
        line = write(f"{east:.0f}", drawing.style.font, 2.0, rng)
        drawing.text(line, x - across * (line.width / 2 + 0.5), y + down * 4.6, 0.0, f"{east:.0f}", "margin")


def ticks(drawing: Drawing, box: Floats, places: Floats, places_m: Floats) -> None:
    """Mark the grid along the frame, with its coordinates in kilometres, as on printed sheets."""
    (left, top), (right, _), (_, bottom), _ = box.tolist()
    for axis, sides, inward in ((0, (top, bottom), (1, -1)), (1, (left, right), (1, -1))):
        at, first = np.unique(places[:, axis], return_index=True)
        for value, told in zip(at.tolist(), places_m[first, axis].tolist(), strict=True):
            for side, into in zip(sides, inward, strict=True):
                ends = [(value, side), (value, side + 3 * into)]
                drawing.canvas.lines("cross", [LineString([pair[:: 1 - 2 * axis] for pair in ends])], 0.12, cap="flat")
                text = f"{told / 1000:.1f}"
                line = write(text, drawing.style.font, 1.6, drawing.rng)
                x, y = (value, side - 2.2 * into)[:: 1 - 2 * axis]
                drawing.text(line, x, y, math.pi / 2 * axis, text, "margin")


def title(drawing: Drawing, box: Floats, told: dict[str, str]) -> None:
    """Print what the sheet is, above the frame, and scale and scale bar below it."""
    (left, top), (right, _), (_, bottom), _ = box.tolist()
    middle = (left + right) / 2
    _say(drawing, "BẢN ĐỒ ĐỊA CHÍNH" if drawing.style.system else "BẢN ĐỒ GIẢI THỬA", middle, top - 30, 5.0)
    _say(drawing, f"TỜ BẢN ĐỒ ĐỊA CHÍNH SỐ {told['number']}", middle, top - 22, 3.4)
    _say(drawing, f"XÃ {told['commune'].upper()}", left + 60, top - 22, 3.4)
    if told["name"]:
        _say(drawing, told["name"], middle, top - 15.5, 3.0)
        _say(drawing, told["name"], right - 40, top - 22, 3.0)
    _say(drawing, f"Tỷ lệ 1:{told['scale']}", middle, bottom + 17, 3.4)
    if drawing.style.system:
        _say(
            drawing,
            f"Hệ tọa độ {drawing.style.system}, kinh tuyến trục 105°00', múi chiếu 3°",
            left + 80,
            bottom + 17,
            2.2,
        )
    _scale_bar(drawing, middle, bottom + 25, int(told["scale"]))
    _north(drawing, right - 12, top - 28)


def neighbours(drawing: Drawing, box: Floats, number: int) -> None:
    """Print the numbers of the neighbouring sheets outside the frame."""
    (left, top), (right, _), (_, bottom), _ = box.tolist()
    x, y = (left + right) / 2 + 30, (top + bottom) / 2 + 30
    for place, (at_x, at_y, angle) in enumerate(
        [(x, top - 6.5, 0.0), (left - 6.5, y, math.pi / 2), (right + 6.5, y, math.pi / 2), (x, bottom + 6.5, 0.0)]
    ):
        text = f"Tờ bản đồ số {number + place + 1}"
        drawing.text(write(text, _title_font(drawing), 2.2, drawing.rng), at_x, at_y, angle, text, "margin")


def _say(drawing: Drawing, text: str, x: float, y: float, height: float) -> None:
    drawing.text(write(text, _title_font(drawing), height, drawing.rng), x, y, 0.0, text, "margin")


def _title_font(drawing: Drawing) -> str:
    return drawing.style.font if drawing.style.font in FACES else "noto"


def _scale_bar(drawing: Drawing, x: float, y: float, scale: int) -> None:
    """Draw a bar of four pieces of 2 cm, every second one full."""
    starts = [x - 40 + 20 * step for step in range(4)]
    pieces = [shapely.box(start, y, start + 20, y + 1.5) for start in starts]
    drawing.canvas.areas("margin", pieces[::2])
    drawing.canvas.lines("margin", [piece.exterior for piece in pieces], 0.15)
    for step in range(5):
        text = f"{0.02 * scale * step:g}" + (" m" if step == 4 else "")
        drawing.text(write(text, "noto", 1.8, drawing.rng), x - 40 + 20 * step, y + 4, 0.0, text, "margin")


def _north(drawing: Drawing, x: float, y: float) -> None:
    drawing.canvas.areas("margin", [Polygon([(x, y - 7), (x - 2.4, y + 5), (x, y + 3)])])
    drawing.canvas.lines("margin", [Polygon([(x, y - 7), (x + 2.4, y + 5), (x, y + 3)]).exterior], 0.2)
    drawing.text(write("B", "noto", 3.0, drawing.rng), x, y - 10, 0.0, "B", "margin")


def box_of(bounds_m: Any, scale: int) -> tuple[float, float, float, float]:
    """Return the frame of land in map coordinates: the standard sheet its middle lies in, wider by 10 cm where needed.

    Raises:
        ValueError: The land is larger than a standard sheet widened by 20 cm on each side.
    """
    side, step = 500 * scale / 1000, 100 * scale / 1000
    west, south, east, north = bounds_m
    x0, y0 = (math.floor((low + high) / 2 / side) * side for low, high in ((west, east), (south, north)))
    more = [
        max(0, math.ceil(over / step - 1e-9)) for over in (x0 - west, y0 - south, east - x0 - side, north - y0 - side)
    ]
    if max(more) > 2:
        raise ValueError(f"the land does not fit a sheet of 1:{scale}")
    return x0 - more[0] * step, y0 - more[1] * step, x0 + side + more[2] * step, y0 + side + more[3] * step
