"""The report of a check as one HTML page: figures, what was found and where, in two languages, without any request."""

import base64
import datetime
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import jinja2
import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

import schemas
from pipelines import actions, answers, findingsmap, fixlist, reports
from pipelines.tolerances import Tolerances
from pipelines.wording import decimals, number

_FIX_LIST = "fix_list.xlsx"

ROWS_PER_CODE = 25
"""The worst of each kind; the fix list (.xlsx) and the layers (.gpkg) have more."""

ACTIONS = 20
"""Actions told in full; the rest is a number."""

ACTIONS_SHOWN = 5
"""Actions seen at once; the others open on demand."""

_LONGEST = 400
"""Letters of a message; a file can hold any number of them in one cell."""

_UNITS = {"m2": " m²", "m": " m"}


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
    notice: tuple[str, str] | None = None,
    files: tuple[str, ...] = (),
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
        described: The findings described, where somebody has done that already; `neighbour` names the other commune
            of those between communes.
        planned: What to do first, likewise.
        notice: What to say of the comparison with other communes, Vietnamese and English.
        files: Files beside the page that have all findings.
    """
    told = reports.described(findings, parcels, profile) if described is None else described
    planned = actions.plan(findings, parcels, profile) if planned is None else planned
    told = _prepared(told, fix_list=_FIX_LIST in files)
    drawn = findingsmap.draw(told, parcels.geometry.to_numpy())
    between = told["neighbour"].notna() if "neighbour" in told else pd.Series(False, index=told.index)
    is_ours = ~told["code"].str.startswith(reports.BETWEEN)
    on_map = set(drawn["places"]) if drawn else set()
    allowed = tolerances.as_dict()
    code = parcels.crs.to_epsg()
    return (
        pages()
        .get_template("htmlreport.html.j2")
        .render(
            names=", ".join(names),
            crs=f"EPSG:{code} ({parcels.crs.name})" if code else parcels.crs.name,
            scale=tolerances.scale,
            date=datetime.date.today(),
            figures=_figures(told, len(parcels)),
            grades=_grades(grades),
            kinds=_kinds(told[is_ours], on_map),
            others=_kinds(told[~is_ours], on_map),
            neighbours=_neighbours(told[between]),
            notice=notice,
            **_first(planned),
            quality=_quality(summary),
            answered=sum(answers.counted(told).values()),
            verdict=verdict,
            map=drawn,
            policy=policy([drawn[name] for name in ("library", "maker", "filler")] if drawn else []),
            **findingsmap.counted(drawn["drawn"] if drawn else 0, len(told), drawn["nowhere"] if drawn else 0, files),
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


def policy(scripts: Sequence[str]) -> Markup:
    """Return what a page may do: its own styles and pictures, and no script but those that were written into it."""
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{value}'" for value in hashes) or "'none'"
    return Markup(f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {allowed}")


def _prepared(told: gpd.GeoDataFrame, *, fix_list: bool) -> gpd.GeoDataFrame:
    """Return the findings with places and with everything about them as text."""
    with np.errstate(invalid="ignore"):
        points = shapely.point_on_surface(told.geometry.to_numpy())
    catalogue = schemas.findings()
    called = told["so_hieu_to_ban_do"] + "/" + told["so_thu_tu_thua"]
    unit = told["code"].map({code: _UNITS.get(entry["unit"], "") for code, entry in catalogue.items()})
    worst = told.sort_values("value", ascending=False, kind="stable").groupby("code").head(ROWS_PER_CODE).index
    texts: dict[str, Any] = {"parcel": called.fillna(told["feature_id"]).fillna("")}
    for language in ("vi", "en"):
        texts[f"title_{language}"] = told["code"].map(
            {code: entry[f"title_{language}"] for code, entry in catalogue.items()}
        )
        texts[f"message_{language}"] = told[f"message_{language}"].str.slice(0, _LONGEST)
        for column in ("value", "limit"):
            figures = pd.Series([number(value, language) for value in told[column]], index=told.index, dtype="string")
            texts[f"{column}_{language}"] = figures.where(figures == "", figures + unit).fillna("")
    is_listed = told.index.isin(worst)
    target = ("k-" + told["code"]).mask(is_listed, "f" + told.index.astype("string").to_series(told.index))
    place = pd.Series(0, index=told.index)
    if fix_list:
        listed, _ = fixlist.bounded(told)
        place = pd.Series(np.arange(1, len(listed) + 1), listed.index).reindex(told.index, fill_value=0)
    return told.assign(**texts, target=target, line=place, east=shapely.get_x(points), north=shapely.get_y(points))


def _figures(told: pd.DataFrame, parcels: int) -> list[dict[str, str]]:
    severity = told["severity"].value_counts()
    figures = [
        (parcels, "thửa đất", "parcels"),
        (int(severity.get("error", 0)), "lỗi", "errors"),
        (int(severity.get("warning", 0)), "cảnh báo", "warnings"),
        (told.loc[told["severity"] != "info", "feature_id"].nunique(), "đối tượng cần xem lại", "objects to look at"),
    ]
    if "neighbour" in told:
        others = int(told["code"].str.startswith(reports.BETWEEN).sum())
        figures.append((others, "phát hiện với xã khác", "findings with other communes"))
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
    more = max(len(planned) - ACTIONS, 0)
    return {
        "actions": told[:ACTIONS_SHOWN],
        "later_actions": told[ACTIONS_SHOWN:],
        "more_actions": more and {language: number(more, language) for language in ("vi", "en")},
    }


def _neighbours(told: pd.DataFrame) -> list[dict[str, str]]:
    """Return how many findings there are with each other commune, most first."""
    counts = told["neighbour"].value_counts() if len(told) else pd.Series(dtype=int)
    return [
        {"name": str(name)} | {language: number(int(count), language) for language in ("vi", "en")}
        for name, count in counts.items()
    ]


def _quality(summary: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the parts of the data quality index with their targets, the index itself first."""
    if not summary or summary.get("dqi") is None:
        return []
    listed = schemas.codelist("dqi")
    weights, targets = listed["weight"].astype(float), listed["target"].astype(float)
    whole = ("Chỉ số chung (DQI)", "Index (DQI)", summary["dqi"], float((weights * targets).sum() / weights.sum()))
    parts = [
        (part["name_vi"], part["name_en"], summary["dqi_parts"][part["code"]], float(part["target"]))
        for part in listed.to_dict("records")
    ]
    return [
        {"vi": vi, "en": en, "share": round(100 * share, 2), "target": round(100 * target, 2)}
        | {f"share_{language}": decimals(100 * share, 1, language) + " %" for language in ("vi", "en")}
        for vi, en, share, target in (whole, *parts)
    ]


def _kinds(told: pd.DataFrame, on_map: set[Any]) -> list[dict[str, Any]]:
    """Return what there is to say about each code, gravest first, with its worst findings."""
    catalogue = schemas.findings()
    kinds = []
    for code, rows in told.groupby("code", sort=False):
        entry, severity = catalogue[str(code)], str(rows["severity"].iloc[0])
        worst = rows.sort_values("value", ascending=False, kind="stable").head(ROWS_PER_CODE)
        shown, whole = len(worst), len(rows)
        is_measured = bool(worst["value"].notna().any())
        first_vi, first_en = ("lớn nhất", "largest") if is_measured else ("đầu tiên", "first")
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
                "worst_vi": f"{shown} {first_vi} trong {number(whole, 'vi')}" if shown < whole else "Danh sách",
                "worst_en": f"The {first_en} {shown} of {number(whole, 'en')}" if shown < whole else "List",
                "measured": is_measured,
                "placed": bool(worst["east"].notna().any()),
                "rows": _rows(worst, on_map),
            }
        )
    return kinds


def _rows(worst: pd.DataFrame, on_map: set[Any]) -> list[dict[str, Any]]:
    columns = ["parcel", *(f"{name}_{language}" for name in ("message", "value", "limit") for language in ("vi", "en"))]
    plain = worst[columns].assign(place=worst.index, on_map=worst.index.isin(on_map))
    for name, axis in (("x", "north"), ("y", "east")):
        for language in ("vi", "en"):
            texts = [decimals(value, 2, language) if np.isfinite(value) else "" for value in worst[axis]]
            plain[f"{name}_{language}"] = texts
    records: list[Any] = plain.to_dict("records")
    return records
