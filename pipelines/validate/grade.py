"""What findings mean: grades of parcels, quality of the commune, accepted or not. The profile decides, not the code."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import schemas
from pipelines import geometry
from pipelines.actions import concerned

GRADES = ("1", "2a", "2b", "3")
"""From right, complete, clean and current (1) to “build it anew” (3)."""


@dataclass(frozen=True)
class Judgement:
    """What a profile makes of the findings.

    Attributes:
        grades: `feature_id`, `xep_loai`, `ly_do` (codes that lower the grade, gravest first, joined by commas; missing
            for grade 1), one row per parcel in the order of the parcels.
        summary: Counts of parcels, of findings by code and severity, of grades; area in m²; quality index.
        verdict: `accepted`, `profile` and, when refused, the `reasons` in both languages.
    """

    grades: pd.DataFrame
    summary: dict[str, Any]
    verdict: dict[str, Any]


def judge(
    parcels: gpd.GeoDataFrame, findings: gpd.GeoDataFrame, profile: str, rows: pd.DataFrame | None = None
) -> Judgement:
    """Return grades, summary and verdict.

    Args:
        parcels: `feature_id` and geometry (m²).
        findings: Findings of all steps.
        profile: Name of a severity profile.
        rows: Register rows (`row_id`, `feature_id` of their parcel), so that what is wrong with a row counts for it.
    """
    rules = schemas.profile(profile)
    touched = concerned(findings[["code", "feature_id", "other_id"]], parcels, rows).drop_duplicates(ignore_index=True)
    grades = _grades(parcels, touched, rules)
    counts = grades["xep_loai"].value_counts()
    codes = findings["code"].value_counts().sort_index()
    severities = findings["code"].map({code: rule["severity"] for code, rule in rules.items()}).value_counts()
    index = quality(parcels, findings, rules)
    summary: dict[str, Any] = {
        "parcels": len(parcels),
        "area_m2": _area_m2(parcels),
        "findings": {code: int(count) for code, count in codes.items()},
        "severities": {name: int(severities.get(name, 0)) for name in ("error", "warning", "info")},
        "grades": {grade: int(counts.get(grade, 0)) for grade in GRADES},
        "dqi": index.pop("dqi"),
        "dqi_parts": index,
    }
    return Judgement(grades, summary, _verdict(summary, profile))


def quality(parcels: pd.DataFrame, findings: pd.DataFrame, rules: dict[str, dict[str, str]]) -> dict[str, float | None]:
    """Return the data quality index `dqi` and its parts, 0 to 1: the weighted shares of objects without a complaint.

    A part is the share of parcels, and of rows and files with findings, that no finding of that part speaks of. Hints
    (severity info) do not count. Without parcels there is no index.
    """
    weights = schemas.codelist("dqi").set_index("code")["weight"].astype(float)
    if not len(parcels):
        return {"dqi": None, **dict.fromkeys(weights.index)}
    parts = schemas.codelist("dqi_findings").set_index("code")["dqi"]
    serious = findings[findings["code"].map(lambda code: rules[code]["severity"]) != "info"]
    objects = pd.concat([parcels["feature_id"], serious["feature_id"]]).nunique()
    told = serious.assign(part=serious["code"].map(parts)).groupby("part")["feature_id"].nunique()
    shares = 1 - told.reindex(weights.index).fillna(0) / objects
    values: dict[str, float | None] = {str(part): round(float(share), 4) for part, share in shares.items()}
    return {"dqi": round(float((weights * shares).sum() / weights.sum()), 4), **values}


def _grades(parcels: pd.DataFrame, touched: pd.DataFrame, rules: dict[str, dict[str, str]]) -> pd.DataFrame:
    rank = {code: GRADES.index(rule["grade"]) for code, rule in rules.items()}
    lowered = touched.assign(rank=touched["code"].map(rank))
    lowered = lowered[lowered["rank"] > 0].sort_values(["rank", "code"], ascending=[False, True])
    by_parcel = lowered.groupby("feature_id", sort=False)
    worst, reasons = by_parcel["rank"].max(), by_parcel["code"].agg(",".join)
    ids = parcels["feature_id"].astype("object").reset_index(drop=True)
    grade = ids.map(worst).fillna(0).astype(int).map(dict(enumerate(GRADES)))
    return pd.DataFrame({"feature_id": ids, "xep_loai": grade, "ly_do": ids.map(reasons)}).astype("string")


def _area_m2(parcels: gpd.GeoDataFrame) -> float:
    """Return the area of all parcels with possible coordinates, in m²."""
    shapes = parcels.geometry.to_numpy()
    return round(float(np.nansum(shapely.area(shapes[geometry.is_finite(shapes)]))), 1)


def _verdict(summary: dict[str, Any], profile: str) -> dict[str, Any]:
    """Return the verdict: refused when there is nothing to load, or too large a share is to be rebuilt."""
    limits = schemas.refusal(profile)
    parcels = summary["parcels"]
    reasons: list[dict[str, str]] = []
    if parcels < limits["parcels_below"]:
        reasons.append(
            {
                "vi": f"Gói có {parcels} thửa, cần ít nhất {limits['parcels_below']}.",
                "en": f"The package has {parcels} parcels, at least {limits['parcels_below']} are needed.",
            }
        )
    share = summary["grades"]["3"] / parcels if parcels else 0.0
    if share > limits["grade_3_share_above"]:
        reasons.append(
            {
                "vi": f"{share:.0%} số thửa thuộc nhóm 3, tối đa {limits['grade_3_share_above']:.0%}.",
                "en": f"{share:.0%} of the parcels are of grade 3, at most {limits['grade_3_share_above']:.0%} may be.",
            }
        )
    return {"accepted": not reasons, "profile": profile, "reasons": reasons}
