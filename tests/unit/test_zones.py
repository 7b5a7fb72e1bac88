"""The guess about a whole package: one zone, and what differs file by file."""

import numpy as np
from shapely.geometry import box

from pipelines import crs
from pipelines.package import zones
from pipelines.package.survey import Survey

COMMUNE = box(105.70, 19.78, 105.76, 19.83)


def drawn(path, zone, area, *, swapped=False, said=None):
    west, south, east, north = area.bounds
    degrees = np.random.default_rng(0).uniform((west, south), (east, north), (800, 2))
    points = np.column_stack(crs.transformer_to_wgs84(zone).transform(*degrees.T, direction="INVERSE"))
    layer = {"name": "a", "crs": said, "fields": (), "features": 1, "geometry": "Line String", "extent": None}
    return Survey(path, "DGN", 1, layers=(layer,), points=points[:, ::-1] if swapped else points)


def sheets(zone="EPSG:5897", **more):
    """Draw sheets that fill the commune only together."""
    return [
        drawn(f"to_{i}.dgn", zone, box(105.70 + 0.015 * (i % 4), 19.78 + 0.0125 * (i // 4), 105.715 + 0.015 * (i % 4),
              19.7925 + 0.0125 * (i // 4)), **more)
        for i in range(16)
    ]  # fmt: skip


def test_sheets_decide_together_what_one_cannot():
    one, _ = zones.guess(sheets()[5:6], "38", COMMUNE)
    assert (one.value, one.is_sure) == ("EPSG:5897", False)
    together, others = zones.guess(sheets(), "38", COMMUNE)
    assert (together.value, together.is_sure, others) == ("EPSG:5897", True, {})


def test_files_that_differ_say_so_for_themselves():
    files = [
        *sheets(),
        drawn("lang_gieng.dgn", "EPSG:9208", COMMUNE),
        drawn("doi_truc.dgn", "EPSG:5897", COMMUNE, swapped=True),
        drawn("gps.geojson", "EPSG:4326", COMMUNE, said="EPSG:4326"),
    ]
    whole, others = zones.guess(files, "38", COMMUNE)
    assert whole.value == "EPSG:5897"
    told = {(path, guess.key.rsplit(".", 1)[1]): guess.value for path, about in others.items() for guess in about}
    assert told == {
        ("lang_gieng.dgn", "crs"): "EPSG:9208",
        ("doi_truc.dgn", "axes"): "ne",
        ("gps.geojson", "crs"): "EPSG:4326",
    }


def test_a_local_system_is_a_doubt_about_the_zone_of_the_province():
    local = Survey("to_299.dgn", "DGN", 1, points=np.random.default_rng(0).uniform(0, 500, (50, 2)))
    whole, others = zones.guess([local], "38", COMMUNE)
    assert (whole.value, whole.is_sure, others) == ("EPSG:5897", False, {})


def test_a_foreign_package_says_its_own():
    whole, others = zones.guess([drawn("a.thf", "EPSG:5897", COMMUNE, said="EPSG:2154")], None)
    assert (whole.value, whole.is_sure, others) == ("EPSG:2154", True, {})


def test_sheets_show_together_that_what_they_call_wgs84_is_vn2000():
    files = sheets("EPSG:3405", said="EPSG:32648")
    whole, others = zones.guess(files, "38", COMMUNE, 20.0)
    assert (whole.value, whole.is_sure) == ("EPSG:3405", False)
    # Each file is told to be read so: by itself it would be believed.
    assert {guess.value for about in others.values() for guess in about} == {"EPSG:3405"}
    assert set(others) == {item.path for item in files}


def test_sheets_that_are_wgs84_are_believed_together():
    whole, others = zones.guess(sheets("EPSG:32648", said="EPSG:32648"), "38", COMMUNE, 20.0)
    assert (whole.value, whole.is_sure, others) == ("EPSG:32648", True, {})


def test_wgs84_stays_a_doubt_under_a_coarse_outline():
    for truth in ("EPSG:32648", "EPSG:3405"):
        whole, _ = zones.guess(sheets(truth, said="EPSG:32648"), "38", COMMUNE, 300.0)
        assert (whole.value, whole.is_sure) == ("EPSG:32648", False)
        assert "both are possible" in whole.en
