"""One commune: all checks, then the judgement."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from pipelines import findings
from pipelines.tolerances import Tolerances
from pipelines.validate.checks import examine
from pipelines.validate.grade import Judgement, judge
from pipelines.validate.papers import Papers
from pipelines.validate.papers import check as check_papers
from pipelines.validate.register import examine as examine_register
from pipelines.validate.scans import Scans


@dataclass(frozen=True)
class Validated:
    """A commune after the checks.

    Attributes:
        findings: Findings of this step and of the steps before.
        judgement: Grades, summary and verdict.
    """

    findings: gpd.GeoDataFrame
    judgement: Judgement


def run(
    parcels: gpd.GeoDataFrame,
    tolerances: Tolerances,
    *,
    profile: str,
    prior: gpd.GeoDataFrame,
    outline: BaseGeometry | None = None,
    purposes: pd.DataFrame | None = None,
    rows: pd.DataFrame | None = None,
    documented: gpd.GeoDataFrame | None = None,
    date: str | None = None,
    scanned: Scans | None = None,
    papers: Papers | None = None,
) -> Validated:
    """Check the parcels of a commune and judge them by a profile.

    Args:
        parcels: The normalised parcels (`thua_dat`), in the zone of the commune.
        tolerances: What is allowed.
        profile: Severity profile.
        prior: Findings of the earlier steps.
        outline: Boundary of the commune in the same zone.
        purposes: Land uses of the register (`thua_key`, `loai_dat`).
        rows: Rows of the register (`dang_ky`); none means that there is no register.
        documented: Parcels as their documents have them (`feature_id`, geometry), where the drawing shows that.
        date: Day of the package (yyyy-mm-dd).
        scanned: Scans of the package; None leaves them unchecked.
        papers: Pages of scanned papers; None leaves them unchecked.
    """
    made = examine(
        parcels,
        tolerances,
        outline=outline,
        purposes=purposes,
        prior=prior,
        has_register=rows is not None and len(rows) > 0,
        fills_plane=fills_plane(parcels),
        documented=documented,
    )
    drawn = findings.concat([prior, made], crs=parcels.crs)
    written = examine_register(parcels, rows, prior=drawn, date=date, scanned=scanned)
    paged = findings.empty(parcels.crs) if papers is None else check_papers(papers, rows, parcels.crs)
    every = findings.concat([drawn, written, paged], crs=parcels.crs)
    return Validated(every, judge(parcels, every, profile, rows))


def fills_plane(parcels: gpd.GeoDataFrame) -> bool:
    """Tell whether roads and water are objects of the map, so that parcels leave no ground uncovered."""
    if "la_doi_tuong_chiem_dat" not in parcels:
        return False
    return bool(parcels["la_doi_tuong_chiem_dat"].astype("boolean").fillna(False).any())
