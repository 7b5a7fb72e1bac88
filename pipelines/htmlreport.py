"""The report of a check as one HTML page: figures, what was found and where, in two languages, without any request."""

import datetime
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import jinja2
import numpy as np
import pandas as pd
import shapely

import schemas
from pipelines import actions, answers, coverage, geometry, reports
from pipelines.tolerances import Tolerances
from pipelines.wording import decimals, number

ROWS_PER_CODE = 25
"""The worst of each kind; the fix list (.xlsx) and the layers (.gpkg) have more."""

ACTIONS = 20
"""Actions told in full; the rest is a number."""

MARKS = 1500
"""Marks on the sketch, gravest first; more would be one blot."""

RIM_PARCELS = 200_000
"""Above this number the sketch has marks only."""

_SIDE = 1000.0
_RADIUS = 6
_RIM_VERTICES = 60_000


def render(
    findings: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    *,
    profile: str,
    names: Sequence[str],
    grades: Mapping[str, int],
    tolerances: Tolerances,
    summary: Mapping[str, Any] | None = None,
    verdict: Mapping[str, Any] | None = None,
    described: gpd.GeoDataFrame | None = None,
    planned: pd.DataFrame | None = None,
) -> str:
    """Return the page.

    Args:
        findings: Findings in the CRS of the parcels.
        parcels: `feature_id`, geometry in a CRS with metres, and the numbers where known.
        profile: Severity profile.
        names: Names of the files that were checked.
        grades: Grade to number of parcels.
        tolerances: What was allowed.
        summary: Summary of a commune, for its data quality index.
        verdict: Verdict on a commune.
        described: The findings described, where somebody has done that already.
        planned: What to do first, likewise.
    """
    told = reports.described(findings, parcels, profile) if described is None else described
    planned = actions.plan(findings, parcels, profile) if planned is None else planned
    points = shapely.point_on_surface(told.geometry.to_numpy())
    told = told.assign(east=shapely.get_x(points), north=shapely.get_y(points))
    allowed = tolerances.as_dict()
    code = parcels.crs.to_epsg()
    return (
        pages()
        .get_template("htmlreport.html.j2")
        .render(
            names=", ".join(names),
            crs=f"EPSG:{code} ({parcels.crs.name})" if code else parcels.crs.name,
            scale=tolerances.scale,
            date=datetime.date.today().isoformat(),
            figures=_figures(told, len(parcels)),
            grades=_grades(grades),
            kinds=_kinds(told),
            **_first(planned),
            quality=_quality(summary),
            answered=sum(answers.counted(told).values()),
            verdict=verdict,
            **_sketch(told, parcels.geometry.to_numpy()),
            allowed_vi=f"Chồng, hở tính từ {number(allowed['min_area_m2'], 'vi')} m²; sai số vị trí "
            f"{number(allowed['boundary_m'], 'vi')} m; sai số diện tích 0,0004·M·√P; thửa vụn dưới "
            f"{number(allowed['sliver_area_m2'], 'vi')} m² hoặc hẹp hơn sai số vị trí.",
            allowed_en=f"Overlaps and gaps count from {number(allowed['min_area_m2'], 'en')} m²; boundary tolerance "
            f"{number(allowed['boundary_m'], 'en')} m; area tolerance 0.0004·M·√P; slivers are below "
            f"{number(allowed['sliver_area_m2'], 'en')} m² or narrower than the boundary tolerance.",
        )
    )


@cache
def pages() -> jinja2.Environment:
    """Return the templates of pages."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent, encoding="utf-8")
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)


def _figures(told: pd.DataFrame, parcels: int) -> list[dict[str, str]]:
    severity = told["severity"].value_counts()
    figures = [
        (parcels, "thửa đất", "parcels"),
        (int(severity.get("error", 0)), "lỗi", "errors"),
        (int(severity.get("warning", 0)), "cảnh báo", "warnings"),
        (told.loc[told["severity"] != "info", "feature_id"].nunique(), "thửa cần xem lại", "parcels to look at"),
    ]
    return [
        {"value_vi": number(count, "vi"), "value_en": number(count, "en"), "vi": vi, "en": en}
        for count, vi, en in figures
    ]


def _grades(grades: Mapping[str, int]) -> list[dict[str, Any]]:
    listed = schemas.codelist("xep_loai").set_index("code")
    whole = max(sum(grades.values()), 1)
    return [
        {
            "code": grade,
            "count": count,
            "share": round(100 * count / whole, 3),
            "count_vi": number(count, "vi"),
            "count_en": number(count, "en"),
            "vi": listed.loc[grade, "name_vi"],
            "en": listed.loc[grade, "name_en"],
        }
        for grade, count in grades.items()
    ]


def _first(planned: pd.DataFrame) -> dict[str, Any]:
    """Return the actions to begin with, and how many more there are."""
    catalogue = schemas.findings()
    told = []
    for action in planned.head(ACTIONS).to_dict("records"):
        entry = catalogue[str(action["code"])]
        words = action | {key: entry[key] for key in ("title_vi", "title_en", "remedy_vi", "remedy_en")}
        words["value"] = action["value"] if pd.notna(action["value"]) else ""
        for name in ("findings", "parcels", "freed"):
            words |= {f"{name}_{language}": number(action[name], language) for language in ("vi", "en")}
        told.append(words)
    return {"actions": told, "more_actions": max(len(planned) - ACTIONS, 0)}


def _quality(summary: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the parts of the data quality index with their targets, the index itself first."""
    if not summary or summary.get("dqi") is None:
        return []
    listed = schemas.codelist("dqi")
    weights, targets = listed["weight"].astype(float), listed["target"].astype(float)
    whole = ("DQI", "DQI", summary["dqi"], float((weights * targets).sum() / weights.sum()))
    parts = [
        (part["name_vi"], part["name_en"], summary["dqi_parts"][part["code"]], float(part["target"]))
        for part in listed.to_dict("records")
    ]
    return [
        {"vi": vi, "en": en, "share": round(100 * share, 2), "target": round(100 * target, 2)}
        | {f"share_{language}": decimals(100 * share, 1, language) + " %" for language in ("vi", "en")}
        for vi, en, share, target in (whole, *parts)
    ]


def _kinds(told: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what there is to say about each code, gravest first, with its worst findings."""
    catalogue = schemas.findings()
    kinds = []
    for code, rows in told.groupby("code", sort=False):
        entry, severity = catalogue[str(code)], str(rows["severity"].iloc[0])
        worst = rows.sort_values("value", ascending=False, kind="stable").head(ROWS_PER_CODE)
        shown, whole = len(worst), len(rows)
        kinds.append(
            {
                "code": code,
                "severity": severity,
                "severity_vi": reports.SEVERITY_NAMES["vi"][severity],
                "severity_en": reports.SEVERITY_NAMES["en"][severity],
                **{key: entry[key] for key in ("title_vi", "title_en", "remedy_vi", "remedy_en")},
                "legal": entry.get("legal_ref"),
                "count_vi": number(whole, "vi"),
                "count_en": number(whole, "en"),
                "worst_vi": f"{shown} lớn nhất trong {number(whole, 'vi')}" if shown < whole else "Danh sách",
                "worst_en": f"The {shown} largest of {number(whole, 'en')}" if shown < whole else "List",
                "rows": _rows(worst),
            }
        )
    return kinds


def _rows(worst: pd.DataFrame) -> list[dict[str, Any]]:
    called = (worst["so_hieu_to_ban_do"] + "/" + worst["so_thu_tu_thua"]).fillna(worst["feature_id"])
    plain = pd.DataFrame({"place": worst.index, "parcel": called, "x": worst["north"].map("{:.2f}".format)})
    plain["y"] = worst["east"].map("{:.2f}".format)
    for language in ("vi", "en"):
        plain[f"message_{language}"] = worst[f"message_{language}"]
        for column in ("value", "limit"):
            plain[f"{column}_{language}"] = [number(value, language) for value in worst[column]]
    records: list[Any] = plain.replace("nan", "").to_dict("records")
    return records


def _sketch(told: pd.DataFrame, shapes: geometry.Geometries) -> dict[str, Any]:
    """Return the rims of the parcels and the places of the findings, on a sheet of a thousand units."""
    usable = geometry.is_polygon(shapes) & ~shapely.is_empty(shapes) & geometry.is_finite(shapes)
    shapes = shapes[usable]
    placed = told[np.isfinite(told["east"]) & (told["east"].abs() < geometry.FARTHEST_M)]
    empty = {"rim": "", "marks": [], "view": "0 0 1 1", "radius": _RADIUS, "told_vi": "", "told_en": ""}
    if not len(shapes):
        return empty
    west, south, east, north = _frame(shapes)
    unit = _SIDE / max(east - west, north - south, 1e-6)
    placed = placed[placed["east"].between(west, east) & placed["north"].between(south, north)]
    marks = placed.head(MARKS)
    drawn = pd.DataFrame({"severity": marks["severity"], "title": marks["message_vi"] + " / " + marks["message_en"]})
    worst = told.sort_values("value", ascending=False, kind="stable").groupby("code").head(ROWS_PER_CODE).index
    drawn["target"] = np.where(marks.index.isin(worst), "f" + marks.index.astype(str), "k-" + marks["code"])
    drawn["x"], drawn["y"] = ((marks["east"] - west) * unit).round(1), ((north - marks["north"]) * unit).round(1)
    width, height = max((east - west) * unit, 1.0), max((north - south) * unit, 1.0)
    count, whole = len(marks), len(told)
    return {
        "rim": _path(shapes, west, north, unit),
        "marks": drawn.iloc[::-1].to_dict("records"),  # the gravest on top
        "view": f"-12 -12 {width + 24:.0f} {height + 24:.0f}",
        "radius": _RADIUS,
        "told_vi": f"Ranh ngoài của các khối thửa; {number(count, 'vi')} trên {number(whole, 'vi')} phát hiện.",
        "told_en": f"Outer boundaries of the blocks; {number(count, 'en')} of {number(whole, 'en')} findings.",
    }


def _frame(shapes: geometry.Geometries) -> tuple[float, float, float, float]:
    """Return the frame of the sketch; one parcel at the other end of the earth does not shrink all others."""
    boxes = shapely.bounds(shapes)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    centre = np.median(middle, axis=0)
    away = np.abs(middle - centre).max(axis=1)
    near = boxes[away <= max(50 * float(np.median(away)), 1000.0)]
    west, south = near[:, :2].min(axis=0)
    east, north = near[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def _path(shapes: geometry.Geometries, west: float, north: float, unit: float) -> str:
    """Return the outer rims of the blocks of parcels as an SVG path, as coarse as the sheet."""
    if len(shapes) > RIM_PARCELS:
        return "M0 0"
    rims = shapely.line_merge(shapely.multilinestrings(coverage.exposed_edges(shapes)))
    sheet = shapely.transform(rims, lambda points: (points - [west, north]) * [unit, -unit])
    for tolerance in (0.4, 1.5, 5.0):
        drawn = shapely.simplify(sheet, tolerance, preserve_topology=False)
        if shapely.get_num_coordinates(drawn) <= _RIM_VERTICES:
            break
    parts = shapely.get_parts(drawn)
    texts = shapely.to_wkt(parts[shapely.length(parts) > 0], rounding_precision=1, trim=True)
    return "".join("M" + text.partition("(")[2].rstrip(")").replace(", ", "L") for text in texts) or "M0 0"
