"""What stands between communes, in the report of one of them."""

import json
import os

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pypdf
import pytest
import shapely

from pipelines import between, casefile, findings
from pipelines.findings import Finding
from pipelines.settings import Settings
from pipelines.validate.grade import judge
from tests.unit.deliveries import EAST_M, NORTH_M, SIDE_M, ZONE, parcels, squares
from tests.unit.pages import unpacked

OURS, THEIRS = "15670.E2025A.1.1.4", "15703.E2025A.1.1.1"
STRIP = shapely.box(EAST_M + 4 * SIDE_M - 1, NORTH_M, EAST_M + 4 * SIDE_M, NORTH_M + SIDE_M)
FOUND = [
    Finding("lien_xa.border_overlap", OURS, THEIRS, 1.0, 0.2, "1 x 20 m", geometry=STRIP),
    Finding("lien_xa.certificate_twice", "15640.E2025A.1.3.7", OURS),
    Finding("lien_xa.border_gap", "15670.E2025A", "15703.E2025A", 3.0, 0.2, "", geometry=STRIP),
    Finding("lien_xa.total_mismatch", "15670.E2025A", value=900.0, limit=16.0, detail="1 ha, 2 ha"),
    Finding("lien_xa.same_ground", THEIRS, "15640.E2025A.1.3.7", 9.0, 0.2, geometry=STRIP),
]
"""The last one is between two others."""


@pytest.fixture
def home(tmp_path):
    """Return a home with two communes that were checked."""
    for code in ("15670", "15703"):
        rows = parcels(squares(4, shift_m=0.0 if code == "15670" else 4 * SIDE_M), ma_xa=code)
        for step in ("package", "normalize", "validate"):
            (tmp_path / code / step).mkdir(parents=True)
        rows.to_parquet(tmp_path / code / "normalize/thua_dat.parquet")
        own = findings.of([Finding("thua_dat.legacy_code", rows["feature_id"].iloc[0], detail="BHK")], crs=ZONE)
        findings.write(own, tmp_path / code / "validate/findings.parquet")
        judged = judge(rows, own, "acceptance")
        bodies = {"package/inventory": {"era": "E2025A", "date": "2025-06-15", "scale": 1000}}
        bodies |= {"validate/summary": judged.summary, "validate/verdict": judged.verdict}
        for name, body in bodies.items():
            (tmp_path / code / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")
    return tmp_path


def compared(home, items, communes=("15670.E2025A", "15703.E2025A")):
    folder = home / "province"
    folder.mkdir(exist_ok=True)
    # The zone of the province need not be that of the commune.
    frame = findings.of(items, crs=ZONE).to_crs(9205)
    findings.write(frame, folder / "findings.parquet")
    (folder / "summary.json").write_text(json.dumps({"communes": list(communes)}), encoding="utf-8")


def written(home, code="15670"):
    folder = casefile.write(home, code, Settings(home=home))
    paper = "\n".join(page.extract_text() for page in pypdf.PdfReader(folder / "minutes.pdf").pages)
    return folder, (folder / "report.html").read_text(encoding="utf-8"), " ".join(paper.split())


def read(home, code):
    rows = gpd.read_parquet(home / code / "normalize/thua_dat.parquet")
    return between.read(home, code, "E2025A", rows)


def test_a_finding_is_told_from_the_side_of_each_commune_once(home):
    compared(home, FOUND)
    ours = read(home, "15670").found.set_index("code")
    assert len(ours) == 4
    assert ours.loc["lien_xa.border_overlap", ["feature_id", "neighbour"]].tolist() == [
        "ban_do/to_1.shp#4",
        "Xã Dân Lý (15703)",
    ]
    assert ours.loc["lien_xa.certificate_twice", "feature_id"] == "ban_do/to_1.shp#4"
    assert "(15640)" in ours.loc["lien_xa.certificate_twice", "neighbour"]
    assert ours.loc["lien_xa.border_gap", ["feature_id", "other_id"]].tolist() == [
        "Xã Thọ Bình (15670)",
        "Xã Dân Lý (15703)",
    ]
    assert pd.isna(ours.loc["lien_xa.total_mismatch", "neighbour"])
    assert ours.loc["lien_xa.border_overlap", "geometry"].hausdorff_distance(STRIP) < 0.002
    theirs = read(home, "15703").found
    assert sorted(theirs["code"]) == ["lien_xa.border_gap", "lien_xa.border_overlap", "lien_xa.same_ground"]
    assert theirs["neighbour"].str.contains("15670|15640").all()


def test_page_list_layers_and_minutes_say_with_whom(home):
    compared(home, FOUND)
    folder, page, paper = written(home)
    message = "Với Xã Dân Lý (15703): Lấn sang tờ 1 thửa 1"
    assert page.count(message) == 1
    assert "Với Xã Dân Lý (15703)</span>" in page
    assert "phát hiện với xã khác" in page
    marks = unpacked(page)["marks"]
    assert sum("Lấn sang" in text for text in marks["message_vi"]) == 1
    assert len(marks["x"]) == 4  # all but the totals, which have no place
    rows = list(openpyxl.load_workbook(folder / "fix_list.xlsx").worksheets[0].iter_rows(values_only=True))
    place = rows[0].index("Với xã")
    assert sorted(filter(None, (row[place] for row in rows[1:]))) == sorted(
        read(home, "15670").found["neighbour"].dropna()
    )
    assert len(rows) == 1 + 5
    layer = pyogrio.read_dataframe(folder / "findings.gpkg", layer="canh_bao")
    assert len(layer) == 5
    assert "5. Đối chiếu với các xã khác" in paper
    assert "Xã Dân Lý (15703) Chồng lấn giữa hai xã" in paper


@pytest.mark.parametrize("state", ["absent", "not_loaded", "older"])
def test_a_comparison_that_is_not_of_today_is_said_so_in_one_line(home, state):
    if state != "absent":
        compared(home, FOUND if state == "older" else [], () if state == "not_loaded" else ("15670.E2025A",))
    if state == "older":
        judged = (home / "15670/validate/verdict.json").stat().st_mtime_ns
        os.utime(home / "province/summary.json", ns=(judged - 1, judged - 1))
    _, page, paper = written(home)
    vi, en = between.STATES[state]
    assert page.count(vi) == page.count(en) == 1
    assert vi in paper
    assert "\n" not in vi + en
    assert ("Lấn sang" in page) == (state == "older")


def test_a_comparison_of_today_needs_no_notice(home):
    compared(home, FOUND)
    _, page, _ = written(home)
    assert not any(vi in page for vi, _ in between.STATES.values())


def test_the_report_is_made_again_when_the_neighbours_changed_and_only_then(home):
    compared(home, FOUND)
    written(home)
    assert casefile.is_current(home, "15670")
    compared(home, FOUND[:-1])  # nothing of this commune
    assert casefile.is_current(home, "15670")
    compared(home, FOUND[1:])
    assert not casefile.is_current(home, "15670")


def test_a_parcel_that_is_gone_is_still_named(home):
    compared(home, [Finding("lien_xa.border_overlap", "15670.E2025A.1.1.99", THEIRS, 1.0, 0.2, "", geometry=STRIP)])
    assert read(home, "15670").found["feature_id"].tolist() == ["15670.E2025A.1.1.99"]
