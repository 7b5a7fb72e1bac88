"""The samples against their answer sheets: every planted defect found, and nothing else found, between them neither."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

COMMUNES = ("15670", "15703", "15712", "15742")
PARCELS = {"15742": 45}
NEAR_M = 1.0
VALUE_TOLERANCE = {"15742": 1.0}
"""What a scanned sheet gives is as good as its pixels: a decimetre."""

AREA_TOLERANCE_M2 = {"15742": 1.5}


def found(home: Path, commune: str) -> gpd.GeoDataFrame:
    """Return the findings with the sheet and parcel number of the parcel they are about."""
    findings = gpd.read_parquet(home / commune / "validate" / "findings.parquet")
    parcels = gpd.read_parquet(home / commune / "normalize" / "thua_dat.parquet").set_index("feature_id")
    numbers = parcels.so_hieu_to_ban_do.str.cat(parcels.so_thu_tu_thua, sep="/")
    findings["number"] = findings.feature_id.map(numbers)
    places = pd.Series(findings.geometry, dtype=object)
    about = pd.Series(findings.feature_id.map(parcels.geometry), dtype=object)
    findings["place"] = places.where(places.map(lambda place: isinstance(place, shapely.Geometry)), about)
    return findings


def distances(line: pd.Series, candidates: pd.DataFrame) -> pd.Series:
    """Return how far each finding is from one line of the answer sheet, in metres; infinite where it is another's.

    A line names the register row or the file, or the parcel, or the place; what it names has to agree.
    """
    if isinstance(line.row, str) and (candidates.feature_id == line.row).any():
        return candidates.feature_id.map({line.row: 0.0}).astype(float).fillna(float("inf"))
    if isinstance(line.row, str) and (candidates.source == line.row).any():  # an element of a drawing without a place
        return candidates.source.map({line.row: 0.0}).astype(float).fillna(float("inf"))
    if isinstance(line.row, str) or not isinstance(line.x, str):
        return candidates.number.map({f"{line.to}/{line.thua}": 0.0}).astype(float).fillna(float("inf"))
    here = shapely.Point(float(line.x), float(line.y))
    far = candidates.place.map(
        lambda place: place.distance(here) if isinstance(place, shapely.Geometry) else float("inf")
    )
    return far.where(far <= NEAR_M, float("inf"))


def unmatched(
    findings: pd.DataFrame, answers: pd.DataFrame, tolerance: float = 0.02
) -> tuple[list[str], list[str], list[str]]:
    """Return the answers not found, the findings nobody planted, and the pairs whose values differ."""
    missing, values = [], []
    left = findings.copy()
    for line in (answers.loc[name] for name in answers.index):
        far = distances(line, left[left.code == line.code])
        far = far[far < float("inf")]
        if far.empty:
            missing.append(f"{line.code} {line.to}/{line.thua} {line.row} ({line.note})")
            continue
        best = far.idxmin()
        if isinstance(line.value, str) and abs(float(line.value) - left.value[best]) > tolerance:
            values.append(f"{line.code} {line.to}/{line.thua}: {line.value} found as {left.value[best]}")
        left = left.drop(index=best)
    return missing, [f"{code} {feature}" for code, feature in zip(left.code, left.feature_id, strict=True)], values


@pytest.mark.parametrize("commune", COMMUNES)
def test_every_planted_defect_and_nothing_else(samples: Path, samples_home: Path, commune: str) -> None:
    answers = pd.read_csv(samples / "expected" / f"{commune}.findings.csv", dtype="str").astype(object)
    missing, invented, values = unmatched(found(samples_home, commune), answers, VALUE_TOLERANCE.get(commune, 0.02))
    assert missing == []
    assert invented == []
    assert values == []


def test_every_planted_defect_between_communes_and_nothing_else(samples: Path, samples_home: Path) -> None:
    answers = pd.read_csv(samples / "expected" / "province.findings.csv", dtype="str")
    findings = gpd.read_parquet(samples_home / "province" / "findings.parquet")
    keys = [
        answers[commune] + ".E2025A.1." + answers[to] + "." + answers[thua]
        for commune, to, thua in (("ma_xa", "to", "thua"), ("other_ma_xa", "other_to", "other_thua"))
    ]
    planted = zip(answers.code, *keys, strict=True)
    assert len(answers) > 5
    assert sorted(zip(findings.code, findings.feature_id, findings.other_id, strict=True)) == sorted(planted)


@pytest.mark.parametrize("commune", COMMUNES)
def test_every_parcel_arrives_with_its_area(samples: Path, samples_home: Path, commune: str) -> None:
    """Numbers and areas of the truth against the land as it was read, apart from parcels with a planted defect."""
    truth = pd.read_csv(samples / "expected" / f"{commune}.parcels.csv", dtype={"to": str, "thua": str})
    answers = pd.read_csv(samples / "expected" / f"{commune}.findings.csv", dtype="str")
    parcels = gpd.read_parquet(samples_home / commune / "normalize" / "thua_dat.parquet")
    spoilt = set(answers.to.str.cat(answers.thua, sep="/").dropna())
    numbers = ["so_hieu_to_ban_do", "so_thu_tu_thua"]
    both = truth.merge(parcels, left_on=["to", "thua"], right_on=numbers, how="left", suffixes=("_that", ""))
    clean = both[~both.to.str.cat(both.thua, sep="/").isin(spoilt)]
    assert len(clean) >= PARCELS.get(commune, 1400)
    assert clean.dien_tich_do.notna().all()
    # Drawings are kept to the centimetre, areas of the truth to a tenth of a square metre.
    assert (clean.dien_tich_do - clean.dien_tich_that).abs().max() < AREA_TOLERANCE_M2.get(commune, 0.6)


@pytest.mark.parametrize("commune", COMMUNES)
def test_accounts_balance_from_the_file_to_the_database(samples_home: Path, commune: str) -> None:
    account = json.loads((samples_home / commune / "account.json").read_text("utf-8"))
    assert [step["step"] for step in account["steps"]] == ["package", "digitize", "normalize", "validate", "load"]
    entries = [entry for step in account["steps"] for entry in step["entries"]]
    assert {entry["kind"] for entry in entries} >= {"file", "parcel", "row"}
    for entry in entries:
        assert entry["received"] == entry["accepted"] + entry["repaired"] + entry["quarantined"], entry
    assert account["totals"]["load"]["parcel"]["received"] == account["totals"]["digitize"]["parcel"]["received"]
