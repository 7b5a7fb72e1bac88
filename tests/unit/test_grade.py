import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import schemas
from pipelines import findings
from pipelines.findings import Finding
from pipelines.tolerances import Tolerances
from pipelines.validate import judge, run

CRS = "EPSG:5897"


def parcels(count):
    east = 560_000.0 + 20 * np.arange(count)
    return gpd.GeoDataFrame(
        {"feature_id": [f"p{n}" for n in range(1, count + 1)], "source": "to.shp"},
        geometry=shapely.box(east, 2_190_000, east + 20, 2_190_020),
        crs=CRS,
    )


def told(*pairs):
    return findings.of([Finding(*pair) for pair in pairs], crs=CRS)


def grades(count, *pairs, rows=None):
    judged = judge(parcels(count), told(*pairs), "acceptance", rows)
    return judged.grades["xep_loai"].tolist()


def test_without_findings_everything_is_of_the_first_grade():
    judged = judge(parcels(3), told(), "acceptance")
    assert judged.grades["xep_loai"].tolist() == ["1", "1", "1"]
    assert judged.grades["ly_do"].isna().all()
    assert judged.summary["dqi"] == 1.0
    assert judged.summary["area_m2"] == 1200.0
    assert judged.verdict == {"accepted": True, "profile": "acceptance", "reasons": []}


def test_the_gravest_finding_decides_and_comes_first():
    judged = judge(
        parcels(1), told(("thua_dat.sliver", "p1"), ("giay_to.missing", "p1"), ("thua_dat.invalid", "p1")), "acceptance"
    )
    assert judged.grades.iloc[0].tolist() == ["p1", "3", "thua_dat.invalid,giay_to.missing,thua_dat.sliver"]


@pytest.mark.parametrize(
    ("code", "grade"),
    [
        ("van_ban.repaired", "1"),
        ("thua_dat.area_mismatch", "2a"),
        ("giay_to.bad_number", "2b"),
        ("thua_dat.overlap", "3"),
    ],
)
def test_grade_of_a_code(code, grade):
    assert grades(1, (code, "p1")) == [grade]


def test_both_parcels_of_a_pair_are_concerned():
    assert grades(3, ("thua_dat.overlap", "p1", "p3")) == ["3", "1", "3"]


def test_what_is_wrong_with_a_row_counts_for_its_parcel():
    rows = pd.DataFrame({"row_id": ["so.xlsx#1", "so.xlsx#2"], "feature_id": ["p2", None]})
    assert grades(2, ("giay_to.missing", "so.xlsx#1"), ("so_dia_chinh.missing_key", "so.xlsx#2"), rows=rows) == [
        "1",
        "2b",
    ]


def test_repeated_codes_are_one_reason():
    judged = judge(parcels(1), told(("thua_dat.overlap", "p1", "x"), ("thua_dat.overlap", "p1", "y")), "acceptance")
    assert judged.grades["ly_do"].iloc[0] == "thua_dat.overlap"


def test_summary_counts():
    judged = judge(parcels(4), told(("thua_dat.overlap", "p1", "p2"), ("van_ban.repaired", "p4")), "acceptance")
    assert judged.summary["findings"] == {"thua_dat.overlap": 1, "van_ban.repaired": 1}
    assert judged.summary["severities"] == {"error": 1, "warning": 0, "info": 1}
    assert judged.summary["grades"] == {"1": 2, "2a": 0, "2b": 0, "3": 2}


def test_quality_index_is_the_weighted_share_without_complaint():
    judged = judge(parcels(4), told(("thua_dat.duplicate_key", "p1"), ("van_ban.repaired", "p2")), "acceptance")
    assert judged.summary["dqi_parts"]["sach"] == 0.75
    weight = schemas.codelist("dqi").set_index("code")["weight"].astype(float)["sach"]
    assert judged.summary["dqi"] == pytest.approx(1 - 0.25 * weight)


def test_every_code_belongs_to_a_part_of_the_index():
    listed = schemas.codelist("dqi_findings")
    assert set(listed["code"]) == set(schemas.findings())
    assert set(listed["dqi"]) == set(schemas.codelist("dqi")["code"])


@pytest.mark.parametrize("profile", schemas.profiles())
def test_every_profile_says_when_it_refuses(profile):
    limits = schemas.refusal(profile)
    assert limits["parcels_below"] >= 1
    assert 0 < limits["grade_3_share_above"] <= 1


def test_nothing_is_refused():
    judged = judge(parcels(0), told(), "acceptance")
    assert not judged.verdict["accepted"]
    assert judged.summary["dqi"] is None
    assert set(judged.verdict["reasons"][0]) == {"vi", "en"}


def test_mostly_ruins_are_refused():
    broken = [("thua_dat.invalid", f"p{n}") for n in range(1, 7)]
    assert judge(parcels(10), told(*broken[:5]), "acceptance").verdict["accepted"]
    refused = judge(parcels(10), told(*broken), "acceptance").verdict
    assert not refused["accepted"]
    assert "60%" in refused["reasons"][0]["en"]


def test_run_keeps_the_findings_of_earlier_steps():
    prior = told(("ban_ve.dangle", "to.dgn#9"))
    done = run(parcels(2), Tolerances(), profile="acceptance", prior=prior)
    assert done.findings["code"].tolist() == ["ban_ve.dangle"]
    assert done.judgement.summary["findings"] == {"ban_ve.dangle": 1}
