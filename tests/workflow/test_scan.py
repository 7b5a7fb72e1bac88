"""A commune that handed in paper: the scanned sheet through every step, and again after an officer worked on it."""

import json
import os
import sqlite3

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import yaml

from data_samples.paper.files import write
from pipelines import findings, ledger
from pipelines.cli.run import _notice_reviews
from pipelines.digitize.files import execute as digitize
from pipelines.inbox import Inbox
from pipelines.normalize.files import execute as normalize
from pipelines.package import inspect
from pipelines.package.files import execute as package
from pipelines.scan import folder
from pipelines.settings import Settings
from pipelines.validate.files import execute as validate
from tests.conftest import diachinh
from tests.unit.test_scan_sheet import drawn

COMMUNE = "15670"
POINTS = ((-50, -40), (320, -30), (310, 290), (-20, 300), (140, 120))
"""Where identical points lie, metres right of and below the corner of the frame."""

REVIEW = f"{COMMUNE}/scans/ban_do_to_12.png/review.gpkg"


def handed_in(root, sheet, **changes):
    """Write a package of one scanned sheet and its register."""
    write(sheet, root / "ban_do" / "to_12.png")
    rows = sheet.parcels[sheet.parcels["kind"] == "parcel"]
    listed = pd.DataFrame(
        {"Số tờ": "12", "Số thửa": rows["number"], "Diện tích": rows["area"], "Loại đất": rows["code"]}
    )
    listed.to_csv(root / "so.csv", index=False)
    body = {
        "commune": COMMUNE,
        "era": "E2025A",
        "date": "2025-06-15",
        "profile": "dxf_pl3_01",
        "crs": "EPSG:5897",
        "files": [
            {"path": "ban_do/to_12.png", "role": "scan", "sheet": "12"} | changes,
            {"path": "so.csv", "role": "register", "encoding": "utf-8"},
        ],
    }
    (root / "package.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Return the home of a commune that was run up to the checks, its package and the sheet."""
    root = tmp_path_factory.mktemp("scan")
    (root / "in" / "ban_do").mkdir(parents=True)
    sheet = drawn()
    handed_in(root / "in", sheet)
    settings = Settings(home=root / "home")
    assert package(root / "in", root / "home", settings) == COMMUNE
    for step in (digitize, normalize, validate):
        step(root / "home", COMMUNE, settings)
    return root, settings, sheet


def test_the_sheet_is_in_the_commune_like_a_drawing(ran):
    root, _, sheet = ran
    parcels = gpd.read_parquet(root / "home" / COMMUNE / "digitize" / "parcels.parquet")
    assert parcels["feature_id"].str.fullmatch(r"ban_do/to_12\.png#\d+").all()
    assert set(parcels["so_hieu_to_ban_do"]) == {"12"} and set(parcels["ty_le"]) == {sheet.scale}
    true = sheet.parcels[sheet.parcels["kind"] == "parcel"]
    assert len(parcels) >= len(true)
    assert parcels.crs.to_epsg() == 5897
    judged = gpd.read_parquet(root / "home" / COMMUNE / "normalize" / "thua_dat.parquet")
    assert len(judged) == len(parcels)
    assert (root / "home" / COMMUNE / "validate" / "verdict.json").exists()


def test_the_account_balances_and_names_the_sheet(ran):
    root, _, _ = ran
    booked = ledger.read(root / "home" / COMMUNE / "digitize" / "account.json").check().entries
    entries = {(entry.source, entry.kind): entry for entry in booked}
    scan = entries["ban_do/to_12.png", "scan"]
    assert (scan.received, scan.accepted) == (1, 1)
    assert ("ban_do/to_12.png", "label") in entries and ("ban_do/to_12.png", "parcel") in entries


def test_what_an_officer_corrects_is_in_the_commune_after_the_next_run(ran):
    root, settings, _ = ran
    home = root / "home"
    review = home / REVIEW
    with sqlite3.connect(review) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("UPDATE so SET so_thua = '4711' WHERE fid = 1")
    database.close()
    stock, made = home / COMMUNE / "package" / "inventory.json", home / COMMUNE / "digitize" / "parcels.parquet"
    later = made.stat().st_mtime + 5
    os.utime(review, (later, later))
    before = stock.stat().st_mtime_ns
    _notice_reviews(home, Inbox({COMMUNE: root / "in"}, [], []))
    assert stock.stat().st_mtime_ns > before
    digitize(home, COMMUNE, settings)
    assert "4711" in set(gpd.read_parquet(made)["so_thu_tu_thua"])
    found = findings.read(home / COMMUNE / "digitize" / "findings.parquet")
    assert "ban_quet.correction_lost" not in set(found["code"])


def test_inspect_proposes_the_role_and_shows_why(ran):
    root, settings, _ = ran
    proposed = inspect(root / "in" / "ban_do" / "to_12.png", settings)
    (entry,) = proposed["proposal"]["files"]
    assert (entry["role"], entry["sheet"]) == ("scan", "12")
    (root / "large" / "ban_do").mkdir(parents=True)
    from PIL import Image

    Image.new("L", (2000, 1600), 255).save(root / "large" / "ban_do" / "to_7.png")
    Image.new("L", (2000, 1600), 255).save(root / "large" / "giay_chung_nhan_7.png")
    Image.new("L", (700, 500), 255).save(root / "large" / "ban_do" / "to_8.png")
    proposed = inspect(root / "large", settings)
    roles = {entry["path"]: entry["role"] for entry in proposed["proposal"]["files"]}
    assert roles == {"ban_do/to_7.png": "scan", "ban_do/to_8.png": "document", "giay_chung_nhan_7.png": "document"}
    told = {guess["key"]: guess for guess in proposed["evidence"]}
    assert "2000 x 1600 px" in told["files[ban_do/to_7.png].role"]["evidence"]


def test_a_photograph_among_the_sheets_is_a_finding_and_the_others_go_on(ran, tmp_path):
    import skimage.data
    from PIL import Image

    _, _, sheet = ran
    root, settings = tmp_path / "in", Settings(home=tmp_path / "home")
    (root / "ban_do").mkdir(parents=True)
    handed_in(root, sheet)
    Image.fromarray(skimage.data.chelsea()).save(root / "ban_do" / "to_13.jpg")
    body = yaml.safe_load((root / "package.yaml").read_text(encoding="utf-8"))
    body["files"].append({"path": "ban_do/to_13.jpg", "role": "scan"})
    (root / "package.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")
    package(root, settings.home, settings)
    digitize(settings.home, COMMUNE, settings)
    found = findings.read(settings.home / COMMUNE / "digitize" / "findings.parquet")
    refused = found[found["code"] == "goi.unreadable_file"]
    assert refused["source"].tolist() == ["ban_do/to_13.jpg"] and "photograph" in refused["detail"].iloc[0]
    assert len(gpd.read_parquet(settings.home / COMMUNE / "digitize" / "parcels.parquet"))
    entries = ledger.read(settings.home / COMMUNE / "digitize" / "account.json").check().entries
    assert [(e.accepted, e.quarantined) for e in entries if e.source == "ban_do/to_13.jpg"] == [(0, 1)]


def test_the_command_prints_one_object(ran, tmp_path):
    root, _, _ = ran
    done = diachinh(
        "digitize",
        root / "in" / "ban_do" / "to_12.png",
        "--json",
        "--out",
        tmp_path / "here",
        "--register",
        root / "in" / "so.csv",
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {"page", "width", "height", "dpi", "scale", "crs", "frame", "crosses", "rms_m"} <= set(told)
    assert {"faces", "parcels", "numbered", "sure", "findings", "seconds"} <= set(told)
    assert {entry.name for entry in (tmp_path / "here").iterdir()} == folder.OURS


def test_a_sheet_of_hn_72_is_placed_by_identical_points_and_never_as_if_it_were_vn_2000(tmp_path):
    sheet = drawn(style="hn72")
    root, home = tmp_path / "in", tmp_path / "home"
    (root / "ban_do").mkdir(parents=True)
    handed_in(root, sheet, control_points="diem.csv")
    write(sheet, root / "ban_do" / "to_13.png")
    west, north = sheet.corners_m[0]
    rows = [f"{i};{north - y};{west + x};{north - y + 85};{west + x - 120}" for i, (x, y) in enumerate(POINTS)]
    (root / "diem.csv").write_text("\n".join(["Điểm;X HN-72;Y HN-72;X VN-2000;Y VN-2000", *rows]), encoding="utf-8")
    body = yaml.safe_load((root / "package.yaml").read_text(encoding="utf-8"))
    body["files"].append({"path": "ban_do/to_13.png", "role": "scan"})
    (root / "package.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")
    for step in (("package", COMMUNE, "--package", root), ("digitize", COMMUNE)):
        done = diachinh("step", *step, "--home", home)
        assert done.returncode == 0, done.stderr
    found = findings.read(home / COMMUNE / "digitize" / "findings.parquet")
    assert found.loc[found["code"] == "ban_quet.not_placed", "source"].tolist() == ["ban_do/to_13.png"]
    parcels = gpd.read_parquet(home / COMMUNE / "digitize" / "parcels.parquet")
    assert set(parcels["source"]) == {"ban_do/to_12.png"}
    true = sheet.parcels[sheet.parcels["kind"] == "parcel"].total_bounds
    expected = np.array([sheet.to_map * (x, y) for x, y in true.reshape(2, 2)]) + np.array([-120, 85])
    assert parcels.total_bounds == pytest.approx([*expected.min(axis=0), *expected.max(axis=0)], abs=1.5)
