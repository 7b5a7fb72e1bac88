"""What to do first, and how the page tells it."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from pipelines import actions, findings, findingsmap, htmlreport
from pipelines.findings import Finding
from pipelines.tolerances import Tolerances
from tests.unit.pages import outside, unpacked

CRS = "EPSG:5897"
E0, N0 = 560_000.0, 2_190_000.0


def fabric(count):
    """Return parcels in rows of a hundred, twenty metres wide."""
    east, north = E0 + 20.0 * (np.arange(count) % 100), N0 + 20.0 * (np.arange(count) // 100)
    ids = [f"to.shp#{n}" for n in range(count)]
    numbers = {"so_hieu_to_ban_do": "1", "so_thu_tu_thua": [str(n + 1) for n in range(count)]}
    return gpd.GeoDataFrame(
        {"feature_id": ids} | numbers, geometry=shapely.box(east, north, east + 20, north + 20), crs=CRS
    )


def plan(items, count=10, rows=None):
    return actions.plan(findings.of(items, crs=CRS), fabric(count), "acceptance", rows)


def test_the_gravest_comes_first_then_what_lifts_most_parcels():
    told = plan(
        [
            Finding("thua_dat.legacy_code", "to.shp#1", detail="BHK"),
            Finding("thua_dat.unknown_code", "to.shp#2", detail="XYZ"),
            Finding("thua_dat.outside_commune", "to.shp#3"),
            Finding("thua_dat.overlap", "to.shp#4", "to.shp#5", 3.0, 0.01),
        ]
    )
    assert told["code"].tolist() == [
        "thua_dat.overlap",
        "thua_dat.outside_commune",
        "thua_dat.unknown_code",
        "thua_dat.legacy_code",
    ]
    assert told["parcels"].tolist() == [2, 1, 1, 1]
    assert told["freed"].tolist() == [2, 1, 1, 1]


def test_a_parcel_with_two_faults_of_its_grade_is_lifted_by_neither_alone():
    told = plan(
        [
            Finding("thua_dat.overlap", "to.shp#1", "to.shp#2", 3.0, 0.01),
            Finding("thua_dat.outside_commune", "to.shp#1"),
            Finding("thua_dat.unknown_code", "to.shp#1", detail="XYZ"),
        ]
    ).set_index("code")
    assert told.loc["thua_dat.overlap", "freed"] == 1
    assert told.loc["thua_dat.outside_commune", "freed"] == 0
    assert told.loc["thua_dat.unknown_code", "freed"] == 0


def test_one_wrong_value_in_many_files_is_one_action_of_its_own():
    same = [Finding("thua_dat.unknown_code", f"to.shp#{n}", detail="XYZ", source=f"{n % 5}.shp") for n in range(6)]
    told = plan([*same, Finding("thua_dat.unknown_code", "to.shp#7", detail="Q1", source="9.shp")])
    assert told["findings"].tolist() == [6, 1]
    assert told["value"].fillna("").tolist() == ["XYZ", ""]
    assert told["files"].tolist() == [["0.shp", "1.shp", "2.shp"], ["9.shp"]]
    assert told["more_files"].tolist() == [2, 0]


def test_equal_sizes_are_no_common_cause():
    size = "mảng / area 1.32 x 10.5 m"
    told = plan([Finding("thua_dat.overlap", f"to.shp#{n}", value=1.0, limit=0.01, detail=size) for n in range(8)])
    assert told["findings"].tolist() == [8]
    assert told["value"].isna().all()


def test_what_is_wrong_with_a_row_counts_for_its_parcel():
    rows = pd.DataFrame({"row_id": ["so#1", "so#2"], "feature_id": ["to.shp#1", None]})
    items = [Finding("giay_to.missing", "so#1"), Finding("giay_to.missing", "so#2")]
    assert plan(items)["parcels"].tolist() == [0]
    told = plan(items, rows=rows)
    assert told["findings"].tolist() == [2]
    assert told["parcels"].tolist() == [1]


def test_hints_and_nothing_ask_for_nothing():
    assert plan([]).empty
    assert plan([Finding("goi.unlisted_file", "a.txt", detail="a.txt")]).empty


def page(told, parcels, **more):
    grades = {"1": len(parcels), "2a": 0, "2b": 0, "3": 0}
    return htmlreport.render(
        told,
        parcels,
        profile="acceptance",
        names=["<b>.shp"],
        grades=grades,
        tolerances=Tolerances(1000, 0.01),
        **more,
    )


def test_the_page_leads_from_every_mark_to_what_it_is_about():
    parcels = fabric(60)
    items = [Finding("thua_dat.sliver", each, value=n) for n, each in enumerate(parcels["feature_id"])]
    text = page(findings.of(items, crs=CRS), parcels)
    targets = unpacked(text)["marks"]["target"]
    assert len(targets) == 60
    assert len(set(targets)) == htmlreport.ROWS_PER_CODE + 1  # the rest lead to their kind
    assert all(f'id="{target}"' in text for target in targets)


def test_the_page_tells_verdict_and_quality_and_asks_no_host():
    parcels = fabric(4)
    summary = {"dqi": 0.5, "dqi_parts": dict.fromkeys(("dung", "du", "sach", "song", "thong_nhat"), 0.25)}
    verdict = {"accepted": False, "reasons": [{"vi": "60% số thửa thuộc nhóm 3.", "en": "Too many."}]}
    told = findings.of([Finding("thua_dat.overlap", "to.shp#0", "to.shp#1", 1.0, 0.01)], crs=CRS)
    text = page(told, parcels, summary=summary, verdict=verdict)
    assert "60% số thửa thuộc nhóm 3." in text
    assert "50,0 %" in text
    assert "25.0 %" in text
    assert "Việc cần làm trước" in text
    assert "<b>.shp" not in text
    assert outside(text) == []


@pytest.mark.parametrize("details", ["same", "different"])
def test_a_hundred_thousand_findings_stay_one_page(details):
    parcels = fabric(100_000)
    detail = "XYZ" if details == "same" else [f"X{n}" for n in range(100_000)]
    told = findings.build("thua_dat.unknown_code", parcels["feature_id"], crs=CRS, detail=detail, source="to.shp")
    text = page(told, parcels)
    assert len(text.encode()) < 8_000_000
    assert "30.000 trên 100.000 phát hiện ở trên bản đồ" in text
    assert len(unpacked(text)["marks"]["x"]) == findingsmap.MARKS
