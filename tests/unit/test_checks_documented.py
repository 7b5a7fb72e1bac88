"""Level 61 against level 10: the parcel as its documents have it, and as it was surveyed."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from pipelines import findings
from pipelines.settings import Settings
from pipelines.validate import documented as work
from pipelines.validate.files import execute
from tests.unit.parcels import CRS, codes, found, frame, ground, lot

CODE = "thua_dat.documented_mismatch"


def papers(*shapes, ids=None, crs=CRS):
    ids = ids or [f"to.shp#{n}" for n in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({"feature_id": ids}, geometry=np.array(shapes, dtype=object), crs=crs)


def test_a_boundary_that_moved():
    told = found(frame(lot(0, 0), lot(20, 0)), documented=papers(lot(0, 0, 19), lot(20, 0)))
    assert told["code"].tolist() == [CODE]
    row = told.iloc[0]
    assert (row["feature_id"], row["value"], row["limit"]) == ("to.shp#1", pytest.approx(1.0), 0.2)
    assert row["detail"] == "380.0 → 400.0 m² (± 8.0 m²)"
    assert row.geometry.equals(lot(19, 0, 1))


def test_a_corner_that_only_one_of_them_has():
    cut = ground((0, 0), (20, 0), (20, 19), (19, 20), (0, 20))
    for surveyed, paper in ((lot(0, 0), cut), (cut, lot(0, 0))):
        told = found(frame(surveyed), documented=papers(paper))
        assert told["value"].tolist() == pytest.approx([np.sqrt(0.5)])


def test_within_the_tolerances_they_agree():
    assert codes(frame(lot(0, 0)), documented=papers(lot(0, 0, 20.15))) == []
    assert codes(frame(lot(0, 0)), documented=papers(ground((0, 0), (10, 0), (20, 0), (20, 20), (0, 20)))) == []


def test_an_area_beyond_its_tolerance_is_told_though_the_boundary_is_within():
    told = found(frame(lot(0, 0)), documented=papers(lot(-0.19, -0.19, 20.38, 20.38)))
    assert told["detail"].tolist() == ["415.3 → 400.0 m² (± 8.0 m²)"]
    assert (told["value"] > told["limit"]).all() or told["value"].iloc[0] == pytest.approx(0.19 * np.sqrt(2))


def test_the_scale_decides():
    moved = papers(lot(0, 0, 19.7))
    assert codes(frame(lot(0, 0), ty_le=1000), documented=moved) == [CODE]
    assert codes(frame(lot(0, 0), ty_le=2000), documented=moved) == []


def test_documents_about_nothing_or_about_broken_parcels():
    bow = ground((0, 0), (20, 20), (20, 0), (0, 20))
    assert codes(frame(lot(0, 0)), documented=papers(lot(0, 0, 5), ids=["to.shp#9"])) == []
    assert codes(frame(bow, None), documented=papers(lot(0, 0), lot(0, 0))) == ["thua_dat.empty", "thua_dat.invalid"]
    assert codes(frame(lot(0, 0)), documented=papers()) == []


@pytest.mark.parametrize("paper", [None, shapely.Polygon(), shapely.Point(1, 1), shapely.box(0, 0, 1e15, 1e15)])
def test_documented_shapes_that_are_none(paper):
    told = found(frame(lot(0, 0), lot(30, 0)), documented=papers(paper, lot(30, 0, 10)))
    assert told["code"].tolist() == [CODE, CODE]
    assert np.isfinite(told["value"]).all()
    assert told["detail"].iloc[0].startswith("0.0 → 400.0")


def test_a_documented_bow_tie_is_mended_for_the_comparison():
    bow = ground((0, 0), (20, 20), (20, 0), (0, 20))
    assert found(frame(lot(0, 0)), documented=papers(bow))["detail"].iloc[0].startswith("200.0 → 400.0")


def test_documents_in_another_zone_are_moved():
    moved = papers(lot(0, 0)).to_crs("EPSG:5899")
    assert codes(frame(lot(0, 0)), documented=moved) == []


def test_distances_are_those_between_the_pair_and_no_other():
    """Against shapely, pair by pair; sizes differ by four orders of magnitude."""
    generator = np.random.default_rng(3)
    sizes = 10 ** generator.uniform(0, 4, 60)
    one = np.array([shapely.Point(0, 0).buffer(size, 8) for size in sizes])
    two = np.array([shapely.affinity.translate(each, size * 0.3, 0) for each, size in zip(one, sizes, strict=True)])
    truth = [
        max(shapely.distance(shapely.points(shapely.get_coordinates(a)), b.boundary))
        for a, b in zip(one, two, strict=True)
    ]
    assert work._farthest_m(one, two).tolist() == pytest.approx(truth, rel=1e-6)


def test_long_rings_are_compared_quickly():
    """Two rings of 200,000 vertices each: vertex by vertex that would be 40 thousand million distances."""
    angle = np.linspace(0, 2 * np.pi, 200_001)[:-1]
    ring = np.column_stack([5000 * np.cos(angle), 5000 * np.sin(angle)])
    shapes = np.array([shapely.Polygon(ring)]), np.array([shapely.Polygon(ring * 1.001)])
    assert work._farthest_m(*shapes)[0] == pytest.approx(5.0, abs=0.01)


def test_the_step_reads_the_documents_of_the_drawings(tmp_path):
    parcels = frame(lot(0, 0), lot(20, 0), thua_key=["x.1", "x.2"])
    folder = tmp_path / "15670"
    for step in ("package", "digitize", "normalize"):
        (folder / step).mkdir(parents=True)
        findings.write(findings.empty(CRS), folder / step / "findings.parquet")
    (folder / "package" / "inventory.json").write_text(json.dumps({"scale": 1000}), encoding="utf-8")
    parcels.to_parquet(folder / "normalize" / "thua_dat.parquet")
    papers(lot(0, 0, 19)).to_parquet(folder / "digitize" / "documented.parquet")
    execute(tmp_path, "15670", Settings(home=tmp_path))
    assert findings.read(folder / "validate" / "findings.parquet")["code"].tolist() == [CODE]
    grades = pd.read_parquet(folder / "validate" / "grades.parquet")
    assert grades["xep_loai"].tolist() == ["2a", "1"]
