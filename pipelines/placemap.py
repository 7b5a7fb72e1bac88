"""A page that shows where the files of a package lie: one HTML file, drawn as SVG, that asks nobody for anything."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

import schemas

_WIDTH = 640.0
_MARGIN = 0.08
_FAR_DEG = 3.0
"""A file farther from the province than this is listed, not drawn: the rest would shrink to a dot."""
_BESIDE_DEG = 0.1
"""A file farther from the commune than this is shown in the province only."""
_SCALE_BARS_M = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000)
_DEGREE_M = 111_195.0
_STYLE = """
:root { color-scheme: light; --ink: #23323a; --faint: #6c7a80; --paper: #f7f5ef; --sea: #e6eef0; --land: #fffdf7;
  --edge: #9aa79f; --commune: #f3d9a8; --commune-edge: #b7812a; --sure: #1f7a5c; --doubt: #c2571a; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 20px 16px 40px; }
h1 { font-size: 22px; margin: 0; } h1 + p { margin: 2px 0 16px; color: var(--faint); }
.maps { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); }
figure { margin: 0; background: #fff; border: 1px solid #e0ddd2; border-radius: 10px; overflow: hidden;
  align-self: start; }
figcaption { padding: 8px 12px; font-weight: 600; } figcaption span { color: var(--faint); font-weight: 400; }
svg { display: block; width: 100%; height: auto; background: var(--sea); }
svg text { font: 15px system-ui, sans-serif; fill: var(--ink); paint-order: stroke; stroke: #fff; stroke-width: 3px;
  stroke-linejoin: round; }
svg text.small { font-size: 13px; fill: var(--faint); } svg text.mark { font-weight: 700; font-size: 16px; }
.province { fill: var(--land); stroke: var(--edge); stroke-width: 1.2; }
.commune { fill: var(--commune); fill-opacity: .75; stroke: var(--commune-edge); stroke-width: 1.6; }
.meridian { stroke: #5d7f9c; stroke-width: 1; stroke-dasharray: 5 5; }
.frame { fill: none; stroke: var(--ink); stroke-width: 1.4; }
.sure { fill: var(--sure); stroke: var(--sure); } .doubt { fill: var(--doubt); stroke: var(--doubt); }
svg .sure, svg .doubt { fill-opacity: .16; stroke-width: 2; } svg .doubt { stroke-dasharray: 7 4; }
svg circle.sure, svg circle.doubt { fill-opacity: .9; stroke: #fff; stroke-dasharray: none; }
.key { display: flex; flex-wrap: wrap; gap: 6px 18px; padding: 12px 2px; list-style: none; margin: 0; }
.key svg { display: inline-block; width: 26px; height: 14px; background: none; vertical-align: -2px;
  margin-right: 6px; }
.table { overflow-x: auto; background: #fff; border: 1px solid #e0ddd2; border-radius: 10px; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: 8px 12px; vertical-align: top; }
th { font-size: 13px; color: var(--faint); font-weight: 600; } tbody tr { border-top: 1px solid #eeebe1; }
td:first-child { font-weight: 700; } td.name { overflow-wrap: anywhere; min-width: 9em; }
td.crs { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.tag { white-space: nowrap; border-radius: 99px; padding: 1px 10px; color: #fff; font-size: 13px;
  display: inline-block; }
.tag.sure { background: var(--sure); } .tag.doubt { background: var(--doubt); }
@media (max-width: 640px) { thead { display: none; } tbody tr { display: grid; grid-template-columns: 2.2em 1fr;
  padding: 8px 0; } td { grid-column: 2; padding: 1px 12px 1px 0; } td:first-child { grid-row: 1; grid-column: 1;
  padding-left: 12px; } }
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """A file and where it lies.

    Attributes:
        name: Path in the package.
        crs: CRS it is taken to be in, as said in `package.yaml`.
        outline: Its extent or outline on WGS 84; None where it lies nowhere.
        is_sure: Nobody needs to confirm it.
        vi: Evidence in Vietnamese.
        en: Evidence in English.
    """

    name: str
    crs: str
    outline: BaseGeometry | None
    is_sure: bool
    vi: str = ""
    en: str = ""


class _View:
    """A window on degrees, drawn with true proportions at its middle."""

    def __init__(self, bounds: Sequence[float], least_deg: float) -> None:
        west, south, east, north = bounds
        pad = max((east - west) * _MARGIN, (north - south) * _MARGIN, least_deg)
        self.west, self.south, self.east, self.north = west - pad, south - pad, east + pad, north + pad
        self._narrow = math.cos(math.radians((self.south + self.north) / 2))
        # A window neither slim nor flat, whatever the shape of what is in it.
        wide, high = (self.east - self.west) * self._narrow, self.north - self.south
        self._grow(max(0.0, high * 0.9 - wide) / self._narrow / 2, max(0.0, wide * 0.7 - high) / 2)
        self.unit = _WIDTH / (self.east - self.west)
        self.height = (self.north - self.south) * self.unit / self._narrow

    def _grow(self, sides: float, ends: float) -> None:
        self.west, self.east = self.west - sides, self.east + sides
        self.south, self.north = self.south - ends, self.north + ends

    @property
    def box(self) -> BaseGeometry:
        return shapely.box(self.west, self.south, self.east, self.north)

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        return (longitude - self.west) * self.unit, (self.north - latitude) * self.unit / self._narrow

    def path(self, shape: BaseGeometry, kind: str) -> str:
        """Return a geometry as an SVG path, thinned to what a screen shows."""
        seen = shapely.intersection(shapely.make_valid(shape), self.box.buffer(self.north - self.south))
        thin = shapely.simplify(seen, 0.4 / self.unit)
        rings = [part for polygon in shapely.get_parts(thin) for part in shapely.get_rings(polygon)]
        drawn = "".join(
            "M" + "L".join("{:.1f} {:.1f}".format(*self.at(*point)) for point in shapely.get_coordinates(ring)) + "Z"
            for ring in rings
        )
        return f'<path class="{kind}" fill-rule="evenodd" d="{drawn}"/>' if drawn else ""


def write(
    path: Path,
    files: Sequence[Placed],
    *,
    commune: BaseGeometry | None = None,
    province: BaseGeometry | None = None,
    title: str = "",
) -> None:
    """Write the page.

    Args:
        path: HTML file; its folder is made where it is missing.
        files: Files and where they lie, in the order of the list.
        commune: Outline of the commune on WGS 84.
        province: Outline of the province on WGS 84.
        title: Name of the package.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.new")
    partial.write_text(render(files, commune=commune, province=province, title=title), encoding="utf-8")
    partial.replace(path)


def render(
    files: Sequence[Placed],
    *,
    commune: BaseGeometry | None = None,
    province: BaseGeometry | None = None,
    title: str = "",
) -> str:
    """Return the page as text, the same for the same files (arguments as in `write`)."""
    home = province if province is not None else commune
    numbered = [(number, file) for number, file in enumerate(files, 1) if _lies_near(file, home)]
    shapes = [file.outline for _, file in numbered if file.outline is not None]
    whole = [shape for shape in (province, commune, *shapes) if shape is not None and not shape.is_empty]
    beside = shapes if commune is None else [one for one in shapes if shapely.dwithin(commune, one, _BESIDE_DEG)]
    near = [shape for shape in (commune, *beside) if shape is not None and not shape.is_empty]
    name = html.escape(title)
    figures = ""
    if whole:
        view = _View(shapely.total_bounds(np.array(whole, dtype=object)), 0.02)
        window = _View(shapely.total_bounds(np.array(near, dtype=object)), 0.001) if near else None
        is_inset = window is not None and province is not None
        if is_inset:
            frame = window.box if window is not None else None
            figures += _figure(view, numbered, commune, province, ("Trong tỉnh", "In the province"), frame)
        figures += _figure(window or view, numbered, commune, province, ("Các tệp", "The files"), None)
    drawn = {number for number, _ in numbered}
    rows = "".join(_row(number, file, number in drawn) for number, file in enumerate(files, 1))
    return (
        f'<!doctype html>\n<html lang="vi"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{name or "diachinh"}</title>'
        f"<style>{_STYLE}</style></head><body><main>"
        f"<h1>Các tệp nằm ở đâu{f': {name}' if name else ''}</h1>"
        f'<p lang="en">Where the files lie</p><div class="maps">{figures}</div>{_key()}'
        f'<div class="table"><table><thead><tr><th>Số<br>No.</th><th>Tệp<br>File</th>'
        f"<th>Hệ tọa độ<br>CRS</th><th>Mức chắc chắn<br>Certainty</th></tr></thead><tbody>{rows}</tbody></table></div>"
        f"</main></body></html>\n"
    )


def _lies_near(file: Placed, home: BaseGeometry | None) -> bool:
    if file.outline is None or file.outline.is_empty or not np.isfinite(file.outline.bounds).all():
        return False
    return home is None or bool(shapely.dwithin(shapely.box(*home.bounds), file.outline, _FAR_DEG))


def _figure(
    view: _View,
    files: Sequence[tuple[int, Placed]],
    commune: BaseGeometry | None,
    province: BaseGeometry | None,
    caption: tuple[str, str],
    frame: BaseGeometry | None,
) -> str:
    parts = [view.path(province, "province")] if province is not None else []
    parts += [view.path(commune, "commune")] if commune is not None else []
    parts += _meridians(view)
    seen = [(number, file, file.outline) for number, file in files if file.outline is not None]
    shown = [(number, file, outline) for number, file, outline in seen if outline.intersects(view.box)]
    for number, file, outline in shown:
        x, y = view.at(*shapely.get_coordinates(shapely.centroid(outline))[0])
        kind = "sure" if file.is_sure else "doubt"
        west, south, east, north = outline.bounds
        is_dot = max((east - west) * view.unit, (north - south) * view.unit) < 14
        told = f"<title>{html.escape(file.name)} · {html.escape(file.crs)}</title>"
        drawn = f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>' if is_dot else view.path(outline, kind)
        # In the province the files in the frame are too close together for their numbers.
        is_named = frame is None or not frame.intersects(outline)
        place = f'x="{x + 8:.1f}" y="{y - 5:.1f}"' if is_dot else f'x="{x:.1f}" y="{y + 6:.1f}" text-anchor="middle"'
        label = f'<text class="mark" {place}>{number}</text>' if is_named else ""
        parts.append(f"<g>{told}{drawn}{label}</g>")
    if frame is not None:
        parts.append(_frame(view, frame))
    parts.append(_scale_bar(view))
    return (
        f'<figure><figcaption>{caption[0]} <span lang="en">{caption[1]}</span></figcaption>'
        f'<svg viewBox="0 0 {_WIDTH:.0f} {view.height:.0f}" role="img" aria-label="{caption[0]} / {caption[1]}">'
        f"{''.join(parts)}</svg></figure>"
    )


def _frame(view: _View, frame: BaseGeometry) -> str:
    west, south, east, north = frame.bounds
    (left, top), (right, bottom) = view.at(west, north), view.at(east, south)
    return (
        f'<rect class="frame" x="{left:.1f}" y="{top:.1f}" width="{max(right - left, 6):.1f}" '
        f'height="{max(bottom - top, 6):.1f}" rx="2"/>'
    )


def _meridians(view: _View) -> list[str]:
    """Return the central meridians of the listed cadastral zones as lines."""
    rows = schemas.codelist("epsg")
    texts = sorted(set(rows.loc[rows["use"] == "cadastre", "central_meridian"]) - {""})
    parts = []
    for text in texts:
        degrees, minutes = text.rstrip("'\u2032").split("°")
        longitude = float(degrees) + float(minutes or 0) / 60
        if not view.west < longitude < view.east:
            continue
        x, _ = view.at(longitude, view.north)
        anchor, shift = ("end", -5) if x > _WIDTH - 60 else ("start", 5)
        parts.append(
            f'<line class="meridian" x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{view.height:.0f}"/>'
            f'<text class="small" x="{x + shift:.1f}" y="18" text-anchor="{anchor}">{degrees}°{minutes}\u2032</text>'
        )
    return parts


def _scale_bar(view: _View) -> str:
    latitude = (view.south + view.north) / 2
    per_metre = view.unit / (_DEGREE_M * math.cos(math.radians(latitude)))
    length = max((metres for metres in _SCALE_BARS_M if metres * per_metre <= 160), default=_SCALE_BARS_M[0])
    words = f"{length} m" if length < 1000 else f"{length // 1000} km"
    y, end = view.height - 16, 16 + length * per_metre
    return (
        f'<path d="M16 {y - 6:.1f}V{y:.1f}H{end:.1f}V{y - 6:.1f}" fill="none" stroke="#23323a" stroke-width="2"/>'
        f'<text class="small" x="{end + 8:.1f}" y="{y + 2:.1f}">{words}</text>'
    )


def _key() -> str:
    signs = (
        ('<rect class="sure" x="2" y="2" width="22" height="10"/>', "tệp, chắc chắn", "file, certain"),
        ('<rect class="doubt" x="2" y="2" width="22" height="10"/>', "tệp, cần xác nhận", "file, to be confirmed"),
        ('<rect class="commune" x="2" y="2" width="22" height="10"/>', "xã", "commune"),
        ('<rect class="province" x="2" y="2" width="22" height="10"/>', "tỉnh", "province"),
        ('<line class="meridian" x1="0" y1="7" x2="26" y2="7"/>', "kinh tuyến trục", "central meridian"),
    )
    items = "".join(
        f'<li><svg viewBox="0 0 26 14" aria-hidden="true">{sign}</svg>{vi} / <span lang="en">{en}</span></li>'
        for sign, vi, en in signs
    )
    return f'<ul class="key">{items}</ul>'


def _row(number: int, file: Placed, is_drawn: bool) -> str:
    kind, vi, en = ("sure", "chắc chắn", "certain") if file.is_sure else ("doubt", "cần xác nhận", "confirm")
    told = "" if is_drawn else "<br>ngoài bản đồ / not on the map"
    why = f"<br>{html.escape(file.vi)}<br><span lang='en'>{html.escape(file.en)}</span>" if file.vi or file.en else ""
    return (
        f'<tr><td>{number}</td><td class="name">{html.escape(file.name)}{told}</td>'
        f'<td class="crs">{html.escape(file.crs)}</td><td><span class="tag {kind}">{vi} / {en}</span>{why}</td></tr>'
    )
