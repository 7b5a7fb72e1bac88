"""The report page of a sheet: the picture with its faces over it, what has to be looked at, how well it is placed."""

import base64
import html
import re
from collections.abc import Mapping
from typing import Any

import cv2
import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from pipelines import findingsmap, htmlreport, reports
from pipelines.scan.desk.reasons import words
from pipelines.scan.desk.review import doubtful, said
from pipelines.scan.model import Dark
from pipelines.scan.sheet import Sheet
from pipelines.wording import decimals, number

PROFILE = "acceptance"

LARGEST_PX = 2_000
"""Longer side of the picture in the page."""

ROWS_PER_CODE = 60

_COLOURS = {"sure": "#3f8f5b", "doubt": "#d97b29", "ground": "#3d6f9e", "outside": "#8fa397"}
_GROUPS = {
    "doubt": ("Cần xem", "To be looked at"),
    "sure": ("Thửa chắc", "Sure parcels"),
    "ground": ("Đường, nước", "Roads, water"),
}


def page(sheet: Sheet, found: gpd.GeoDataFrame, told: Mapping[str, Any], residuals: str = "") -> str:
    """Return the page, Vietnamese and English, without any request to anywhere.

    Args:
        sheet: The sheet.
        found: Findings about it.
        told: Figures of the sheet, see `folder.figures`.
        residuals: The map of residuals as HTML.
    """
    drawn = _map(sheet)
    library, style = findingsmap.leaflet()
    scripts = [library, drawn["script"]]
    parcels = gpd.GeoDataFrame({"feature_id": []}, geometry=[], crs=found.crs)
    described = reports.described(
        found.set_crs(None, allow_override=True), parcels.set_crs(None, allow_override=True), PROFILE
    )
    return (
        htmlreport.pages()
        .get_template("scan/desk/report.html.j2")
        .render(
            name=sheet.page.path.name,
            told=told,
            figures=_figures(told),
            kinds=_kinds(described),
            markup=Markup(drawn["markup"]),
            library=Markup(library),
            script=Markup(drawn["script"]),
            style=Markup(style),
            residuals=Markup(residuals),
            policy=htmlreport.policy(scripts),
            legend=[(_COLOURS[name], *_GROUPS[name]) for name in _GROUPS],
        )
    )


def overview(dark: Dark, largest_px: int = LARGEST_PX) -> bytes:
    """Return the sheet as a small JPEG, black on white."""
    step = max(1.0, max(dark.shape) / largest_px)
    size = (max(1, round(dark.shape[1] / step)), max(1, round(dark.shape[0] / step)))
    small = cv2.resize(dark, size, interpolation=cv2.INTER_AREA) if step > 1 else dark
    # Fine lines grow pale when they are made small.
    shown = 255 - cv2.multiply(small, np.ones_like(small), scale=min(step, 2.5))
    return bytes(cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, 60])[1])


def _map(sheet: Sheet) -> dict[str, str]:
    """Return the place of the map and the script that draws it."""
    drawn = folium.Map(
        location=[0, 0], tiles=None, crs="Simple", prefer_canvas=True, attribution_control=False,
        minZoom=-6, maxZoom=4, zoomSnap=0.25,
    )  # fmt: skip
    height, width = sheet.dark.shape
    picture = "data:image/jpeg;base64," + base64.b64encode(overview(sheet.dark)).decode()
    folium.raster_layers.ImageOverlay(
        picture, bounds=[[-height, 0], [0, width]], name=_both("Bản quét", "Scan")
    ).add_to(drawn)
    rows = _rows(sheet)
    for name, (vi, en) in _GROUPS.items():
        part = rows[rows["group"] == name]
        group = folium.FeatureGroup(name=f"{_both(vi, en)} ({len(part)})").add_to(drawn)
        if len(part):
            _layer(part, _COLOURS[name]).add_to(group)
    folium.LayerControl(collapsed=True).add_to(drawn)
    drawn.fit_bounds([[-height, 0], [0, width]])
    figure = drawn.get_root()
    figure.render()
    script, markup = figure.script.render(), figure.html.render()
    # folium's names are random; equal sheets should make an equal page.
    for place, variable in enumerate(dict.fromkeys(re.findall(r"[0-9a-f]{32}", markup + script))):
        script, markup = script.replace(variable, str(place)), markup.replace(variable, str(place))
    return {"script": script, "markup": markup}


def _layer(rows: gpd.GeoDataFrame, colour: str) -> folium.GeoJson:
    fields = {"number": ("Thửa", "Parcel"), "land": ("Loại đất", "Land use"), "area": ("Diện tích", "Area"),
              "sure": ("Tin cậy", "Confidence"), "why": ("Vì sao", "Why")}  # fmt: skip
    popup = folium.GeoJsonPopup(list(fields), aliases=[_both(*words_) for words_ in fields.values()], labels=True)
    return folium.GeoJson(
        rows[[*fields, "geometry"]].to_json(drop_id=True),
        style_function=lambda _, colour=colour: {
            "color": colour,
            "weight": 1.5,
            "fillColor": colour,
            "fillOpacity": 0.18,
        },
        popup=popup,
    )


def _rows(sheet: Sheet) -> gpd.GeoDataFrame:
    """Return the faces as the map shows them, y upwards; texts are safe inside HTML."""
    faces, labels, doubt = sheet.faces.polygons, said(sheet), doubtful(sheet)
    shapes = shapely.transform(faces.geometry.to_numpy(), lambda points: points * [1.0, -1.0])
    shapes = shapely.set_precision(shapely.simplify(shapes, 0.5), 0.1, mode="pointwise")
    reason = (
        faces["why"].astype("string").fillna("").where(doubt["form"], "")
        + " "
        + labels["why"].where(doubt["number"], "")
    )
    kind = faces["kind"].to_numpy(dtype=object)
    ground = np.where(kind == "parcel", "sure", np.where(kind == "outside", "outside", "ground"))
    group = np.where(doubt.any(axis=1) & (kind != "outside"), "doubt", ground)
    share = np.minimum(
        faces["confidence"].to_numpy(dtype=np.float64), np.where(kind == "parcel", labels["confidence"], 1.0)
    )
    rows = pd.DataFrame(
        {
            "group": group,
            "number": _safe(labels["number"]),
            "land": _safe(labels["code"]),
            "area": _safe(labels["area"]),
            "sure": pd.Series(share * 100).round().astype(int).astype(str) + " %",
            "why": _spans(words(reason, "vi"), words(reason, "en")),
        }
    )
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=None)


def _safe(values: pd.Series) -> pd.Series:
    return values.fillna("-").map(html.escape)


def _spans(vi: pd.Series, en: pd.Series) -> pd.Series:
    spans = '<span class="vi">' + vi.map(html.escape) + '</span><span class="en">' + en.map(html.escape) + "</span>"
    return spans.where(vi != "", "-")


def _both(vi: str, en: str) -> str:
    return f'<span class="vi" lang="vi">{vi}</span><span class="en" lang="en">{en}</span>'


def _figures(told: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the figures on top of the page."""
    counts = {
        "parcels": ("thửa", "parcels"),
        "numbered": ("có số thửa", "with a number"),
        "sure": ("chắc chắn", "sure"),
    }
    rows = [
        {"vi": vi, "en": en, "value_vi": number(told[name], "vi"), "value_en": number(told[name], "en")}
        for name, (vi, en) in counts.items()
    ]
    # Not the residuals alone: points that are all read too far to one side agree.
    error = told.get("error_m", told["rms_m"])
    shown = {language: "-" if error is None else f"± {decimals(error, 2, language)} m" for language in ("vi", "en")}
    rows.append({"vi": "sai số vị trí", "en": "error of the place", "value_vi": shown["vi"], "value_en": shown["en"]})
    return rows


def _kinds(described: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what was found by kind, the gravest first."""
    import schemas

    catalogue, made = schemas.findings(), list[dict[str, Any]]()
    for code, rows in described.groupby("code", sort=False):
        entry = catalogue[str(code)]
        shown = rows.sort_values("value", kind="stable").head(ROWS_PER_CODE)
        made.append(
            {
                "code": code,
                "severity": rows["severity"].iloc[0],
                "title_vi": entry["title_vi"], "title_en": entry["title_en"],
                "remedy_vi": entry["remedy_vi"], "remedy_en": entry["remedy_en"],
                "count": len(rows),
                "rows": shown[["message_vi", "message_en"]].to_dict("records"),
                "more": len(rows) - len(shown),
            }
        )  # fmt: skip
    return made
