"""The map of a report: every finding to click on, over the outlines of the parcels, inside the page itself.

folium's pages load their scripts from elsewhere; here Leaflet is written into the page, and so are the places. They are
metres on a plane (no tiles lie under them), packed as one compressed text that the script of the page unfolds. The
number of findings, of vertices and the length of texts are bounded, so the page is, however many findings there are.
"""

import base64
import json
import re
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from pipelines import coverage, geometry
from pipelines.errors import SettingsError
from pipelines.geometry import Floats, Geometries, Indices
from pipelines.wording import number

MARKS = 30_000
"""Findings on the map. Of every kind as many as of any other, until a kind has no more."""

OUTLINE_VERTICES = 350_000
SHAPE_VERTICES = 100_000
_SHAPE_LARGEST = 5_000

_LIBRARY = ("atlas/web/dist/preview", "atlas/web/node_modules/leaflet/dist")
_HERE = Path(__file__).parent
_THINNED_M = (0.05, 0.3, 1.0, 3.0)
_PER_METRE = 100
"""Places are whole centimetres."""

_LAYERS = {
    "ground": ("land", "Ranh thửa", "Parcels"),
    "info": ("info", "Thông tin", "Information"),
    "warning": ("warning", "Cảnh báo", "Warnings"),
    "error": ("error", "Lỗi", "Errors"),
}
"""What can be switched on and off; what is drawn last lies on top: the gravest."""


def draw(told: gpd.GeoDataFrame, shapes: Geometries) -> dict[str, Any] | None:
    """Return what the page needs to show the map; None where nothing has a place.

    `markup` (the empty map), `library`, `maker` and `filler` (scripts), `style`, `packed` (the content), `drawn` and
    `nowhere` (numbers of findings on the map and without a place), `places` (positions in `told` of those drawn).

    Args:
        told: Described findings, gravest first, with `east` and `north` (a point of each), `title_vi`, `title_en`,
            `parcel` (how its parcel is called), `value_*` and `limit_*` (texts), `target` (anchor in the page) and
            `line` (of the fix list, 0 where it is not listed).
        shapes: The parcels.
    """
    usable = shapes[geometry.is_polygon(shapes) & ~shapely.is_empty(shapes) & geometry.is_finite(shapes)]
    has_place = told["east"].notna() & geometry.is_finite(told.geometry.to_numpy())
    placed = told[has_place]
    if not len(usable) and placed.empty:
        return None
    west, south, east, north = _frame(usable if len(usable) else placed.geometry.to_numpy())
    placed = placed[placed["east"].between(west, east) & placed["north"].between(south, north)]
    turn = placed.groupby("code").cumcount()
    chosen = placed.loc[turn.sort_values(kind="stable").index[:MARKS].sort_values()]
    content = {
        "size": _whole(np.array([east - west, north - south])).tolist(),
        "ground": _ground(usable, west, south),
        "marks": _marks(chosen, west, south),
        "shapes": _shapes(chosen, west, south),
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    library, style = leaflet()
    markup, maker = _empty()
    return {
        "markup": Markup(markup),
        "library": Markup(library),
        "maker": Markup(maker),
        "filler": Markup((_HERE / "findingsmap.js").read_text(encoding="utf-8")),
        "style": Markup(style),
        "packed": base64.b64encode(zlib.compress(text.encode(), 9)).decode(),
        "drawn": len(chosen),
        "nowhere": int((~has_place).sum()),
        "places": chosen.index,
    }


@cache
def leaflet() -> tuple[str, str]:
    """Return Leaflet's script and its style sheet with the pictures inside.

    Raises:
        SettingsError: The web part, which brings Leaflet, is not built.
    """
    folders = [_HERE.parent / folder for folder in _LIBRARY]
    found = next((folder for folder in folders if (folder / "leaflet.js").exists()), None)
    if found is None:
        raise SettingsError(
            "Thiếu thư viện bản đồ Leaflet cho báo cáo: chạy `make setup` rồi làm lại.",
            "Leaflet, which the map of the report needs, is missing: run `make setup` and try again.",
        )
    script = (found / "leaflet.js").read_text(encoding="utf-8")
    style = (found / "leaflet.css").read_text(encoding="utf-8")
    script = re.sub(r"//# sourceMappingURL=\S+", "", script)
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    return script, re.sub(r"url\((images/[\w.-]+)\)", lambda match: _inlined(found / match[1]), style)


def _inlined(picture: Path) -> str:
    return f"url(data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()})"


@cache
def _empty() -> tuple[str, str]:
    """Return the place of the map and the script that makes it, with its layers empty."""
    drawn = folium.Map(
        location=[0, 0],
        tiles=None,
        crs="Simple",
        prefer_canvas=True,
        attribution_control=False,
        zoom_control=False,
        minZoom=-9,  # folium's own names for these go to the tiles, of which there are none
        maxZoom=8,
        zoomSnap=0.25,
    )
    titles = {
        name: f'<i class="dot" style="background:var(--{colour})"></i>'
        f'<span class="vi" lang="vi">{vi}</span><span class="en" lang="en">{en}</span>'
        for name, (colour, vi, en) in _LAYERS.items()
    }
    layers = {name: folium.FeatureGroup(name=title).add_to(drawn) for name, title in titles.items()}
    switches = folium.LayerControl(collapsed=False).add_to(drawn)
    figure = drawn.get_root()
    figure.render()
    parts = {"map": drawn, "switches": switches} | layers
    names = {name: part.get_name() for name, part in parts.items()}
    script = figure.script.render()
    script += f"const report = {{{', '.join(f'{name}: {variable}' for name, variable in names.items())}}};"
    markup = figure.html.render()
    # folium's names are random; equal findings should make an equal page.
    for place, variable in enumerate(dict.fromkeys(re.findall(r"[0-9a-f]{32}", markup + script))):
        script, markup = script.replace(variable, str(place)), markup.replace(variable, str(place))
    return markup, script


def _frame(shapes: Geometries) -> tuple[float, float, float, float]:
    """Return the frame of the map; one parcel at the other end of the earth does not shrink all others."""
    boxes = shapely.bounds(shapes)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    centre = np.median(middle, axis=0)
    away = np.abs(middle - centre).max(axis=1)
    near = boxes[away <= max(50 * float(np.median(away)), 1000.0)]
    west, south = near[:, :2].min(axis=0)
    east, north = near[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def _marks(chosen: gpd.GeoDataFrame, west: float, south: float) -> dict[str, Any]:
    """Return the findings column by column; what is told of a kind stands once."""
    kind, kinds = pd.factorize(chosen["code"])
    first = chosen.drop_duplicates("code").set_index("code").loc[list(kinds)].reset_index()
    columns = ["parcel", "message_vi", "message_en", "value_vi", "value_en", "limit_vi", "limit_en", "target", "line"]
    place = _whole(np.column_stack([chosen["east"] - west, chosen["north"] - south]))
    return {
        "x": place[:, 0].tolist(),
        "y": place[:, 1].tolist(),
        "kind": kind.tolist(),
        "place": chosen.index.tolist(),
        "kinds": first[["code", "severity", "title_vi", "title_en"]].to_dict("records"),
    } | {name: chosen[name].tolist() for name in columns}


def _shapes(chosen: gpd.GeoDataFrame, west: float, south: float) -> dict[str, Any]:
    """Return lines and areas of the gravest findings, ring by ring."""
    shapes = chosen.geometry.to_numpy()
    wide = np.flatnonzero((shapely.get_dimensions(shapes) > 0) & geometry.is_finite(shapes))
    # A strip narrower than the tolerance stays. What has very many vertices is drawn coarser, not in place of others.
    thin = shapely.simplify(shapely.force_2d(shapes[wide]), _THINNED_M[0])
    large = shapely.get_num_coordinates(thin) > _SHAPE_LARGEST
    thin[large] = shapely.simplify(thin[large], _THINNED_M[-1])
    sizes = shapely.get_num_coordinates(thin)
    fits = sizes <= _SHAPE_LARGEST
    kept = fits & (np.where(fits, sizes, 0).cumsum() <= SHAPE_VERTICES)
    parts, owner = shapely.get_parts(thin[kept], return_index=True)
    is_area = shapely.get_dimensions(parts) == 2
    is_line = shapely.get_dimensions(parts) == 1
    rings, ring_of = shapely.get_rings(parts[is_area], return_index=True)
    lines = np.concatenate([rings, parts[is_line]])
    mark = wide[kept][np.concatenate([owner[is_area][ring_of], owner[is_line]])]
    order = np.argsort(mark, kind="stable")
    areas = np.append(np.ones(len(rings), dtype=int), np.zeros(int(is_line.sum()), dtype=int))
    return packed(lines[order], west, south) | {"mark": mark[order].tolist(), "area": areas[order].tolist()}


def _ground(shapes: Geometries, west: float, south: float) -> dict[str, Any]:
    """Return the boundaries of the parcels, each once, as fine as the page has room for.

    Where even coarse ones are too many the rims of the blocks stand for them, and where these are too many nothing.
    """
    rings = coverage.rings(shapes)
    for starts in (_once(rings), rings.exposed):
        chains = coverage.segment_chains(rings.points, starts)
        for tolerance in _THINNED_M:
            drawn = shapely.simplify(chains, tolerance, preserve_topology=False)
            if shapely.get_num_coordinates(drawn).sum() <= OUTLINE_VERTICES:
                return packed(drawn, west, south)
    return packed(drawn[:0], west, south)


def _once(rings: coverage.Rings) -> Indices:
    """Return where segments begin, one of each pair that two neighbours share."""
    mixed, at = geometry.mixed_bits(rings.points), rings.segments()
    at = at[mixed[at] != mixed[at + 1]]
    sides = mixed[at] + mixed[at + 1]
    starts: Indices = np.sort(at[np.unique(sides, return_index=True)[1]])
    return starts


def packed(lines: Geometries, west: float, south: float) -> dict[str, Any]:
    """Return lines as the numbers of their vertices and the steps from each vertex to the next, one after another.

    Steps are whole centimetres; the first goes from the corner of the map (`west`, `south`, in metres).
    """
    points = _whole(shapely.get_coordinates(lines) - [west, south])
    steps = np.diff(points, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    return {"counts": shapely.get_num_coordinates(lines).tolist(), "steps": steps.ravel().tolist()}


def _whole(metres: Floats) -> np.ndarray[Any, Any]:
    return np.rint(np.asarray(metres) * _PER_METRE).astype(np.int64)


def counted(drawn: int, whole: int, nowhere: int, files: tuple[str, ...]) -> dict[str, str]:
    """Return what is on the map and what is not, and which file has all, in both languages."""
    others = whole - drawn
    every_vi = f" Tất cả ở tệp {', '.join(files)}." if files else " Ghi tất cả ra tệp bằng --out."
    every_en = f" All of them are in {', '.join(files)}." if files else " Write all of them to a file with --out."
    told = {
        "vi": f"{number(drawn, 'vi')} trên {number(whole, 'vi')} phát hiện ở trên bản đồ.",
        "en": f"{number(drawn, 'en')} of {number(whole, 'en')} findings are on the map.",
    }
    if nowhere:
        told["vi"] += f" {number(nowhere, 'vi')} không có vị trí (sổ, tệp)."
        told["en"] += f" {number(nowhere, 'en')} have no place (registers, files)."
    if others:
        told["vi"] += every_vi
        told["en"] += every_en
    return {f"told_{language}": text for language, text in told.items()}
