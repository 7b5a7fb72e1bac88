"""The map inside the report: what is on it, where, and how large the page may become."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pipelines import findings, findingsmap, htmlreport
from pipelines.errors import SettingsError
from pipelines.findings import Finding
from pipelines.tolerances import Tolerances
from tests.unit.pages import outside, unpacked

CRS = "EPSG:5897"
E0, N0 = 560_000.0, 2_190_000.0


def fabric(count):
    """Return parcels in rows of three hundred, twenty metres wide."""
    east, north = E0 + 20.0 * (np.arange(count) % 300), N0 + 20.0 * (np.arange(count) // 300)
    numbers = {"so_hieu_to_ban_do": "12", "so_thu_tu_thua": [str(n + 1) for n in range(count)]}
    shapes = shapely.box(east, north, east + 20, north + 20)
    return gpd.GeoDataFrame({"feature_id": [f"p{n}" for n in range(count)]} | numbers, geometry=shapes, crs=CRS)


def page(told, parcels, **more):
    grades = {"1": len(parcels), "2a": 0, "2b": 0, "3": 0}
    options = {"profile": "acceptance", "names": ["xã"], "grades": grades, "tolerances": Tolerances(1000, 0.01)}
    return htmlreport.render(told, parcels, **options, **more)


def paths(packed):
    """Return packed lines as lists of points in metres."""
    points = np.cumsum(np.reshape(packed["steps"], (-1, 2)), axis=0) / 100
    return [part.tolist() for part in np.split(points, np.cumsum(packed["counts"])[:-1])]


def overlap(place="p0", value=3.5, **more):
    shape = shapely.box(E0 + 19, N0, E0 + 21, N0 + 20)
    return Finding("thua_dat.overlap", place, "p1", value, 0.01, geometry=shape, **more)


def test_a_finding_has_its_place_its_words_and_its_shape():
    drawn = unpacked(page(findings.of([overlap()], crs=CRS), fabric(6), files=("findings.gpkg", "fix_list.xlsx")))
    marks = drawn["marks"]
    assert (marks["x"], marks["y"]) == ([2000], [1000])
    assert marks["kinds"][0]["code"] == "thua_dat.overlap"
    assert marks["parcel"] == ["12/1"]
    assert "3,50 m²" in marks["message_vi"][0]
    assert "3.50 m²" in marks["message_en"][0]
    assert (marks["value_vi"], marks["limit_en"]) == (["3,50 m²"], ["0.01 m²"])
    assert (marks["target"], marks["line"]) == (["f0"], [1])
    assert (drawn["shapes"]["mark"], drawn["shapes"]["area"]) == ([0], [1])
    assert sorted(map(tuple, paths(drawn["shapes"])[0][:-1])) == [(19, 0), (19, 20), (21, 0), (21, 20)]


def test_every_boundary_of_the_parcels_is_drawn_once():
    ground = unpacked(page(findings.of([overlap()], crs=CRS), fabric(3)))["ground"]
    lines = shapely.multilinestrings([shapely.linestrings(path) for path in paths(ground)])
    assert lines.length == pytest.approx(4 * 20 + 2 * 60)
    assert lines.equals(shapely.union_all([shapely.box(20 * n, 0, 20 * n + 20, 20).boundary for n in range(3)]))


def test_a_hair_keeps_its_shape_and_a_giant_does_not_displace_the_others():
    hair = shapely.box(E0 + 20, N0, E0 + 20.02, N0 + 20)
    angle = np.linspace(0, 6 * np.pi, 40_000)
    giant = shapely.LineString(np.column_stack([E0 + angle, N0 + 20 * np.abs(np.sin(4000 * angle))]))
    items = [Finding("thua_dat.overlap", f"p{n}", geometry=each) for n, each in enumerate((giant, hair))]
    drawn = unpacked(page(findings.of(items, crs=CRS), fabric(6)))
    assert len(drawn["marks"]["x"]) == 2
    assert 1 in drawn["shapes"]["mark"]
    assert sum(drawn["shapes"]["counts"]) <= findingsmap.SHAPE_VERTICES
    hairs = [path for path, mark in zip(paths(drawn["shapes"]), drawn["shapes"]["mark"], strict=True) if mark == 1]
    assert shapely.linestrings(hairs[0]).bounds == pytest.approx((20, 0, 20.02, 20))


def test_a_row_of_the_list_leads_to_the_map_only_where_the_map_has_it():
    items = [overlap(), Finding("goi.missing_file", "so.xlsx", detail="so.xlsx")]
    text = page(findings.of(items, crs=CRS), fabric(3))
    assert text.count("data-place=") == 1
    assert "1 trên 2 phát hiện ở trên bản đồ. 1 không có vị trí" in text
    assert "Ghi tất cả ra tệp bằng --out." in text


def test_values_of_a_file_cannot_become_markup_or_script():
    nasty = '</script><img src=x onerror="alert(1)">'
    text = page(findings.of([Finding("thua_dat.unknown_code", "p0", detail=nasty)], crs=CRS), fabric(3))
    assert "<img" not in text
    assert nasty in unpacked(text)["marks"]["message_vi"][0]
    assert "script-src 'sha256-" in text


def test_of_every_kind_there_is_something_on_the_map(monkeypatch):
    monkeypatch.setattr(findingsmap, "MARKS", 10)
    many = [Finding("thua_dat.overlap", f"p{n}", "p0", 1.0 + n, 0.01) for n in range(50)]
    few = [Finding("thua_dat.gap", f"p{n}", value=5.0, limit=0.01) for n in range(3)]
    marks = unpacked(page(findings.of([*many, *few], crs=CRS), fabric(60)))["marks"]
    assert len(marks["x"]) == 10
    codes = [marks["kinds"][kind]["code"] for kind in marks["kind"]]
    assert (codes.count("thua_dat.overlap"), codes.count("thua_dat.gap")) == (7, 3)


def test_a_hundred_thousand_findings_of_many_words_and_vertices_stay_below_eight_megabytes():
    parcels = fabric(100_000)
    rng = np.random.default_rng(7)
    words = ["".join(chr(97 + letter) for letter in rng.integers(0, 26, 60)) + "W" * 5000 for _ in range(200)]
    shapes = shapely.buffer(shapely.centroid(parcels.geometry.to_numpy()), rng.uniform(2, 9, len(parcels)))
    told = findings.build(
        "thua_dat.outside_commune",
        parcels["feature_id"],
        crs=CRS,
        value=rng.uniform(1, 1e6, len(parcels)),
        limit=0.01,
        detail=np.resize(np.array(words, dtype=object), len(parcels)),
        geometry=shapes,
    )
    text = page(told, parcels, files=("findings.gpkg",))
    assert len(text.encode()) < 8_000_000
    drawn = unpacked(text)
    assert len(drawn["marks"]["x"]) == findingsmap.MARKS
    assert sum(drawn["shapes"]["counts"]) <= findingsmap.SHAPE_VERTICES
    assert sum(drawn["ground"]["counts"]) <= findingsmap.OUTLINE_VERTICES
    assert "30.000 trên 100.000 phát hiện ở trên bản đồ. Tất cả ở tệp findings.gpkg." in text


ODD = {
    "nothing": [],
    "point": [Finding("thua_dat.spike", "p0", geometry=shapely.Point(E0, N0))],
    "no place": [Finding("goi.missing_file", "a.dgn")],
    "infinite": [Finding("thua_dat.sliver", "x", geometry=shapely.Point(np.inf, 0))],
    "far": [Finding("thua_dat.sliver", "x", geometry=shapely.Point(E0 * 1e9, 0))],
    "collection": [
        Finding(
            "thua_dat.invalid",
            "p0",
            geometry=shapely.GeometryCollection([shapely.Point(E0, N0), shapely.box(E0, N0, E0 + 5, N0 + 5)]),
        )
    ],
    "empty": [Finding("thua_dat.empty", "x", geometry=shapely.Polygon())],
}


@pytest.mark.parametrize("items", ODD.values(), ids=ODD)
@pytest.mark.parametrize("count", [0, 4])
def test_any_finding_over_any_parcels_makes_a_page(items, count):
    text = page(findings.of(items, crs=CRS), fabric(count))
    assert outside(text) == []
    assert ("Bản đồ" in text) == ('id="packed"' in text)


def test_without_any_place_there_is_no_map_and_no_script():
    text = page(findings.of([Finding("goi.missing_file", "a.dgn")], crs=CRS), fabric(0))
    assert "<script" not in text
    assert "script-src 'none'" in text


def test_equal_findings_make_equal_pages():
    told = findings.of([overlap()], crs=CRS)
    assert page(told, fabric(3)) == page(told, fabric(3))


def test_a_missing_library_is_told(monkeypatch):
    monkeypatch.setattr(findingsmap, "_LIBRARY", ("nowhere",))
    findingsmap.leaflet.cache_clear()
    with pytest.raises(SettingsError, match="make setup"):
        page(findings.of([overlap()], crs=CRS), fabric(3))
