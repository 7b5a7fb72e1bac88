"""How well the control points of a sheet agree, drawn: an arrow for each, in a fragment for a page in two languages."""

import math

import numpy as np
import numpy.typing as npt
from markupsafe import Markup, escape

from pipelines.scan.model import Placed
from pipelines.wording import decimals

_SIZE = 320.0
_RIM = 26.0
_LONGEST = 46.0
"""The longest arrow, in units of the drawing: longer ones are cut and marked."""

_ROWS, _BLACK, _WHITE, _GREY = 200, 60, 195, 0.05
_HALF_PX, _FINE_PX = 0.5, 0.1
"""What a line may be off in pixels: between two rows of black and white, and where its rim is grey."""

_KINDS = {
    "frame": ("góc khung", "frame corner"), "cross": ("mắt lưới", "grid cross"),
    "file": ("tệp tọa độ", "world file"), "officer": ("điểm nhập", "entered point"),
}  # fmt: skip


def error_m(placed: Placed, grey: npt.NDArray[np.uint8]) -> float:
    """Return how far a sheet may lie from its true place, metres: what its points disagree, and what no pixel can tell.

    A line along the rows of a picture in pure black and white may be anywhere within half a pixel, all of it alike, and
    points on it agree nevertheless. Grey at its rim, or a turn that leads it over a row, gives its place away.

    Args:
        placed: The place.
        grey: (H, W) picture.
    """
    height, width = grey.shape
    (start,), (right,) = placed.warp([(0.0, height / 2)]), placed.warp([(float(width), height / 2)])
    way = right - start
    length = float(np.hypot(*way))
    rows_crossed = min(abs(float(way[0])), abs(float(way[1]))) / length * width
    sample = grey[:: max(1, height // _ROWS)]
    is_grey = float(((sample > _BLACK) & (sample < _WHITE)).mean()) > _GREY * float((sample <= _BLACK).mean())
    blind = _HALF_PX if not is_grey and rows_crossed < 1 else _FINE_PX
    return float(np.hypot(placed.warp.rms_m, blind * length / width))


def render(placed: Placed) -> Markup:
    """Return a fragment of HTML: arrows from where points are drawn to where they should be, their scale and figures.

    The colours are those of the page (`--ink`, `--soft`, `--error`); without a page around it, those of the text.

    Args:
        placed: A placed sheet with its control points.
    """
    table = placed.points
    at = table[["x_m", "y_m"]].to_numpy(float)
    off = placed.warp(table[["x_px", "y_px"]].to_numpy(float)) - at
    low, span = at.min(axis=0), float(max(np.ptp(at, axis=0).max(), 1e-9))
    across = _RIM + (at[:, 0] - low[0]) / span * (_SIZE - 2 * _RIM)
    down = _SIZE - _RIM - (at[:, 1] - low[1]) / span * (_SIZE - 2 * _RIM)
    bar = _round_up(placed.limit_m)
    per_m = 0.5 * _LONGEST / bar
    marks = [
        _mark(x, y, dx * per_m, -dy * per_m, _label(name, residual), bad=residual > placed.limit_m, used=bool(used))
        for x, y, (dx, dy), name, residual, used in zip(
            across, down, off.tolist(), table["id"], table["residual_m"], table["used"], strict=True
        )
    ]
    return Markup("").join([_figures(placed), _svg(marks, bar, bar * per_m), _table(placed)])


def _label(name: str, residual: float) -> str:
    return f"{name}: {residual:.3f} m"


def _mark(x: float, y: float, dx: float, dy: float, title: str, *, bad: bool, used: bool) -> Markup:
    length = math.hypot(dx, dy)
    shrink = min(1.0, _LONGEST / length) if length else 1.0
    colour = "var(--error, #c8373c)" if bad else "var(--ink, currentColor)"
    end_x, end_y = x + dx * shrink, y + dy * shrink
    head = _head(end_x, end_y, dx, dy, colour) if length > 3 else Markup("")
    return Markup(
        '<g><title>{}</title><circle cx="{:.1f}" cy="{:.1f}" r="2.4" fill="{}" stroke="{}"/>'
        '<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-width="1.6"{}/>{}</g>'
    ).format(
        title, x, y, colour if used else "none", colour, x, y, end_x, end_y, colour,
        Markup(' stroke-dasharray="3 2"') if shrink < 1 else "", head,
    )  # fmt: skip


def _head(x: float, y: float, dx: float, dy: float, colour: str) -> Markup:
    angle = math.atan2(dy, dx)
    wings = [(x - 5 * math.cos(angle + lean), y - 5 * math.sin(angle + lean)) for lean in (-0.45, 0.45)]
    spots = " ".join(f"{px:.1f},{py:.1f}" for px, py in [(x, y), *wings])
    return Markup('<polygon points="{}" fill="{}"/>').format(spots, colour)


def _svg(marks: list[Markup], bar_m: float, bar: float) -> Markup:
    left = _SIZE - _RIM - bar
    legend = Markup(
        '<g fill="var(--soft, currentColor)" font-size="11"><line x1="{:.1f}" y1="{:.0f}" x2="{:.1f}" y2="{:.0f}" '
        'stroke="var(--soft, currentColor)" stroke-width="2"/>'
        '<text x="{:.1f}" y="{:.0f}" text-anchor="end">{}</text></g>'
    ).format(left, _SIZE + 4, left + bar, _SIZE + 4, left - 5, _SIZE + 8, f"{bar_m:g} m")
    return Markup('<svg viewBox="0 0 {:.0f} {:.0f}" width="100%" role="img" class="residuals">{}{}</svg>').format(
        _SIZE, _SIZE + 14, Markup("").join(marks), legend
    )


def _figures(placed: Placed) -> Markup:
    used = placed.points[placed.points["used"]]
    over = int((placed.points["residual_m"] > placed.limit_m).sum())
    rms, most = float(np.sqrt((used["residual_m"] ** 2).mean())), float(placed.points["residual_m"].max())
    words = {
        "vi": (
            f"{len(placed.points)} điểm khống chế, dùng {len(used)}; sai số trung phương {decimals(rms, 3, 'vi')} m, "
            f"lớn nhất {decimals(most, 3, 'vi')} m; hạn sai {decimals(placed.limit_m, 2, 'vi')} m "
            f"({over} điểm vượt). {placed.warp.reason_vi}."
        ),
        "en": (
            f"{len(placed.points)} control points, {len(used)} used; RMS {decimals(rms, 3, 'en')} m, largest "
            f"{decimals(most, 3, 'en')} m; limit {decimals(placed.limit_m, 2, 'en')} m ({over} beyond it). "
            f"{placed.warp.reason_en}."
        ),
    }
    return Markup("<p>{}</p>").format(_both(words["vi"], words["en"]))


def _table(placed: Placed) -> Markup:
    """Return the points that are off or were left out, the worst first."""
    bad = placed.points[(placed.points["residual_m"] > placed.limit_m) | ~placed.points["used"]]
    bad = bad.sort_values("residual_m", ascending=False).head(20)
    if bad.empty:
        return Markup("")
    rows = Markup("").join(
        Markup("<li>{} {}: {}</li>").format(
            _both(*_KINDS[str(origin)]), name, _both(f"{decimals(off, 2, 'vi')} m", f"{decimals(off, 2, 'en')} m")
        )
        for name, origin, off in zip(bad["id"], bad["origin"], bad["residual_m"], strict=True)
    )
    return Markup("<ul>{}</ul>").format(rows)


def _both(vi: str, en: str) -> Markup:
    return Markup('<span class="vi" lang="vi">{}</span><span class="en" lang="en">{}</span>').format(
        escape(vi), escape(en)
    )


def _round_up(value: float) -> float:
    """Return the next round length: 1, 2 or 5 times a power of ten."""
    power = float(10.0 ** math.floor(math.log10(value)))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= value * (1 - 1e-9))
