"""Offline map of one commune's findings: a single HTML file that asks nobody for anything.

folium's pages load their scripts from elsewhere; here the one library needed, Leaflet, is written into the page.
"""

import argparse
import base64
import html
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import branca.element
import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

import schemas
from atlas.server import crs
from atlas.server.errors import HomeError

SEVERITY_COLOURS = {"error": "#c8373c", "warning": "#e8873a", "info": "#4a78a8"}
SEVERITY_NAMES = {
    "error": ("Lỗi", "Error"),
    "warning": ("Cảnh báo", "Warning"),
    "info": ("Thông tin", "Information"),
}
_LIBRARY_FOLDERS = ("web/dist/preview", "web/node_modules/leaflet/dist")
_DECIMALS = 7
_DOT_BELOW = 60
"""What measures less than this part of the commune gets a dot: about a finger's breadth on a telephone."""

_PARCEL_FIELDS = {
    "so_hieu_to_ban_do": "Tờ / Sheet",
    "so_thu_tu_thua": "Thửa / Parcel",
    "loai_dat": "Loại đất / Land use",
    "dien_tich_do": "Diện tích đo / Measured area (m²)",
    "xep_loai": "Xếp loại / Grade",
    "ly_do": "Lý do / Reasons",
}
_FINDING_FIELDS = {
    "message_vi": "Nội dung",
    "message_en": "Problem",
    "remedy_vi": "Cách xử lý",
    "remedy_en": "What to do",
    "so_hieu_to_ban_do": "Tờ / Sheet",
    "so_thu_tu_thua": "Thửa / Parcel",
}
_PAGE_STYLE = """
html, body { height: 100%; margin: 0; font-family: system-ui, sans-serif; }
.leaflet-container { background: #f4f2ec; font-size: 13px; }
.leaflet-container .leaflet-control-layers { max-height: 70vh; overflow-y: auto; max-width: 80vw; font-size: 13px; }
.told { font-size: 14px; line-height: 1.4; background: #fff; padding: 8px 12px; border-radius: 4px;
  box-shadow: 0 1px 4px #0005; max-width: min(420px, 60vw); }
.told h1 { font-size: 15px; margin: 0 0 4px; }
.told p { margin: 0 0 4px; color: #555; }
.told span { white-space: nowrap; }
.told i { display: inline-block; width: 10px; height: 10px; margin: 0 4px; }
.foliumpopup th { white-space: nowrap; vertical-align: top; }
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Draw a preview from the command line; return the exit code (2 where the release or Leaflet is missing)."""
    parser = argparse.ArgumentParser(
        prog="python -m atlas preview",
        description="Bản đồ lỗi của một xã, xem không cần mạng / offline map of findings",
    )
    parser.add_argument("--release", type=Path, required=True, help="thư mục release / release folder")
    parser.add_argument("--commune", required=True, help="mã xã / commune code")
    parser.add_argument("--out", type=Path, required=True, help="tệp HTML / HTML file")
    options = parser.parse_args(argv)
    try:
        page = render(options.release, options.commune)
    except HomeError as error:
        print(f"Lỗi: {error.vi}\nError: {error.en}", file=sys.stderr)
        return 2
    partial = options.out.with_name(f".{options.out.name}.new")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    partial.write_text(page, encoding="utf-8")
    partial.replace(options.out)
    return 0


def render(release: Path, commune: str) -> str:
    """Return the page with the parcels and findings of a commune, the same for the same release.

    Args:
        release: Folder of a release; its manifest is not needed.
        commune: Name of the commune's files, normally its code.

    Raises:
        HomeError: The release lacks the commune, or Leaflet is not there.
    """
    parcels, findings = read(release, commune)
    drawn = folium.Map(tiles=None, prefer_canvas=True, zoom_control=True, attribution_control=False, max_zoom=22)
    drawn.default_js, drawn.default_css = [], []
    _add_parcels(drawn, parcels)
    placed = findings[~(findings.geometry.isna() | findings.geometry.is_empty)]
    shown = _with_dots(placed, parcels)
    # Drawn last lies on top: the gravest.
    for code in sorted(placed["code"].unique(), key=lambda code: _rank(placed, code), reverse=True):
        _add_findings(drawn, shown[shown["code"] == code], str(code), int((placed["code"] == code).sum()))
    folium.LayerControl(collapsed=True).add_to(drawn)
    shapes = parcels.geometry if len(parcels) else placed.geometry
    if len(shapes):
        west, south, east, north = shapes.total_bounds
        drawn.fit_bounds([[south, west], [north, east]])
    figure = drawn.get_root()
    script, style = library()
    figure.header.add_child(branca.element.Element(f"<title>{_title(release, commune)}</title>"), name="title", index=0)
    figure.header.add_child(branca.element.Element(f"<script>{script}</script>"), name="library", index=1)
    figure.header.add_child(branca.element.Element(f"<style>{style}{_PAGE_STYLE}</style>"), name="style", index=2)
    figure.html.add_child(branca.element.Element(_heading(release, commune, parcels, findings)), name="told")
    return _numbered(figure.render())


def read(release: Path, commune: str) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return parcels and findings of a commune in longitude and latitude; texts are safe inside HTML.

    Raises:
        HomeError: The release has no such commune.
    """
    parcels_path, findings_path = release / f"parcels/{commune}.parquet", release / f"findings/{commune}.gpkg"
    for path in (parcels_path, findings_path):
        if not path.exists():
            raise HomeError(
                f"Bản công bố không có xã {commune} (thiếu {path.name}): chạy `diachinh publish` rồi thử lại.",
                f"The release has no commune {commune} ({path.name} is missing): run `diachinh publish` and try again.",
            )
    names = [name for name, kind in pyogrio.list_layers(findings_path) if kind is not None]
    layers = [pyogrio.read_dataframe(findings_path, layer=name) for name in names]
    findings = gpd.GeoDataFrame(pd.concat(layers, ignore_index=True), crs=layers[0].crs)
    return _ready(gpd.read_parquet(parcels_path), _PARCEL_FIELDS), _ready(findings, _FINDING_FIELDS)


def library() -> tuple[str, str]:
    """Return Leaflet's script and its style sheet with the pictures inside.

    Raises:
        HomeError: Leaflet is neither in the built atlas nor among the installed web packages.
    """
    here = Path(__file__).parent
    found = [here / folder for folder in _LIBRARY_FOLDERS if (here / folder / "leaflet.js").exists()]
    if not found:
        raise HomeError(
            "Thiếu thư viện Leaflet cho bản đồ lỗi: chạy `make setup` để dựng giao diện.",
            "Leaflet, which the map of findings needs, is missing: run `make setup` to build the web part.",
        )
    script = (found[0] / "leaflet.js").read_text(encoding="utf-8")
    style = (found[0] / "leaflet.css").read_text(encoding="utf-8")
    # The source map is a file beside the script; a page on its own has nothing beside it.
    script = re.sub(r"//# sourceMappingURL=\S+", "", script)
    return script, re.sub(r"url\((images/[\w.-]+)\)", lambda match: _inlined(found[0] / match[1]), style)


def _inlined(picture: Path) -> str:
    body = base64.b64encode(picture.read_bytes()).decode() if picture.exists() else ""
    return f"url(data:image/png;base64,{body})"


def _ready(frame: gpd.GeoDataFrame, fields: dict[str, str]) -> gpd.GeoDataFrame:
    srid = frame.crs.to_epsg()
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    moved = shapely.transform(shapes, lambda points: crs.convert(points, srid, crs.LONLAT))
    texts = {name: frame[name].map(_text, na_action="ignore").replace("", pd.NA).fillna("-") for name in fields}
    kept = frame.columns.intersection(["code", "severity"])
    placed = gpd.GeoDataFrame(frame[kept].assign(**texts), geometry=moved, crs=crs.LONLAT)
    return placed


def _text(value: Any) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else html.escape(str(value))


def _add_parcels(drawn: folium.Map, parcels: gpd.GeoDataFrame) -> None:
    if parcels.empty:
        return
    group = folium.FeatureGroup(name=f"Thửa đất / Parcels ({len(parcels)})").add_to(drawn)
    folium.GeoJson(
        _features(parcels, _PARCEL_FIELDS),
        style_function=lambda _: {"color": "#777", "weight": 0.7, "fillColor": "#fff", "fillOpacity": 0.5},
        popup=_popup(_PARCEL_FIELDS),
    ).add_to(group)


def _with_dots(placed: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the findings, those too small to be seen or hit on the whole map with a dot as well."""
    if placed.empty:
        return placed
    west, south, east, north = (parcels if len(parcels) else placed).total_bounds
    sizes = placed.geometry.bounds
    extent = np.maximum(sizes["maxx"] - sizes["minx"], sizes["maxy"] - sizes["miny"])
    is_small = (extent < max(east - west, north - south) / _DOT_BELOW) & (shapely.get_dimensions(placed.geometry) > 0)
    small = placed[is_small]
    dots = small.set_geometry(gpd.GeoSeries(shapely.point_on_surface(small.geometry), small.index, crs=placed.crs))
    both = gpd.GeoDataFrame(pd.concat([placed, dots], ignore_index=True), geometry="geometry", crs=placed.crs)
    # Leaflet makes a group of a multipoint, and a marker in a group does not know what it is about.
    is_group = (both.geom_type == "MultiPoint").to_numpy()
    single = both[is_group].explode(ignore_index=True)
    joined = pd.concat([both[~is_group], single], ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=placed.crs)


def _add_findings(drawn: folium.Map, findings: gpd.GeoDataFrame, code: str, count: int) -> None:
    entry = schemas.findings()[code]
    colour = SEVERITY_COLOURS[str(findings["severity"].iloc[0])]
    name = f'<b style="color:{colour}">■</b> {entry["title_vi"]} / {entry["title_en"]} ({count})'
    group = folium.FeatureGroup(name=name).add_to(drawn)
    folium.GeoJson(
        _features(findings, _FINDING_FIELDS),
        style_function=lambda _: {"color": colour, "weight": 2, "fillColor": colour, "fillOpacity": 0.35},
        marker=folium.CircleMarker(radius=7),
        popup=_popup(_FINDING_FIELDS),
    ).add_to(group)


def _features(frame: gpd.GeoDataFrame, fields: dict[str, str]) -> dict[str, Any]:
    shapes = shapely.set_precision(frame.geometry.to_numpy(), 10.0**-_DECIMALS, mode="pointwise")
    collection: dict[str, Any] = frame[list(fields)].set_geometry(shapes, crs=crs.LONLAT).to_geo_dict()
    return collection


def _popup(fields: dict[str, str]) -> folium.GeoJsonPopup:
    return folium.GeoJsonPopup(list(fields), aliases=list(fields.values()), localize=False, max_width=420)


def _rank(findings: gpd.GeoDataFrame, code: str) -> tuple[int, str]:
    severity = str(findings.loc[findings["code"] == code, "severity"].iloc[0])
    return list(SEVERITY_COLOURS).index(severity), code


def _name(release: Path, commune: str) -> str:
    communes = gpd.read_parquet(release / "communes.parquet", columns=["ma_xa", "ten_xa", "geometry"])
    names = communes.loc[communes["ma_xa"] == commune.split("_")[0], "ten_xa"].dropna()
    return html.escape(str(names.iloc[0])) if len(names) else ""


def _title(release: Path, commune: str) -> str:
    return f"{_name(release, commune)} ({html.escape(commune)})".strip()


def _heading(release: Path, commune: str, parcels: gpd.GeoDataFrame, findings: gpd.GeoDataFrame) -> str:
    counts = findings["severity"].value_counts()
    parts = [
        f'<span><i style="background:{colour}"></i>{" / ".join(SEVERITY_NAMES[name])}: {counts.get(name, 0)}</span> '
        for name, colour in SEVERITY_COLOURS.items()
    ]
    return (
        '<div class="told" style="position:absolute;left:10px;bottom:10px;z-index:1000">'
        f"<h1>{_title(release, commune)}</h1>{_graded(parcels)}{''.join(parts)}{_without_place(findings)}</div>"
    )


def _graded(parcels: gpd.GeoDataFrame) -> str:
    """Return how many parcels the commune has, and of which grade."""
    counts = parcels["xep_loai"].value_counts()
    grades = " · ".join(f"{grade}: {counts.get(grade, 0)}" for grade in schemas.codelist("xep_loai")["code"])
    return f"<p>{len(parcels)} thửa / parcels</p><p>Xếp loại / Grade {grades}</p>"


def _without_place(findings: gpd.GeoDataFrame) -> str:
    """Return how many findings the map cannot show: those about registers and files."""
    number = int((findings.geometry.isna() | findings.geometry.is_empty).sum())
    told = f"Không có vị trí, xem bảng XLSX / without a place, see the XLSX list: {number}"
    return f"<p>{told}</p>" if number else ""


def _numbered(page: str) -> str:
    """Return the page with folium's random names replaced by numbers, so that equal content gives equal bytes."""
    names = dict.fromkeys(re.findall(r"(?<=_)[0-9a-f]{32}(?![0-9a-f])", page))
    numbers = {name: f"{place:032d}" for place, name in enumerate(names)}
    return re.sub(r"(?<=_)[0-9a-f]{32}(?![0-9a-f])", lambda match: numbers[match[0]], page)
