"""Where files lie: the candidates, their judge, outlines of communes that were dissolved."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from shapely.geometry import box

from pipelines import crs
from pipelines.errors import CrsError, SettingsError
from pipelines.package import georef, place, twins
from pipelines.settings import Settings

COMMUNE = box(105.70, 19.78, 105.76, 19.83)
ZONES = ["EPSG:5897", "EPSG:9208", "EPSG:9209", "EPSG:9206", "EPSG:9211", "EPSG:2044", "EPSG:4326"]


def drawn(zone, area=COMMUNE, count=400, seed=0):
    west, south, east, north = area.bounds
    degrees = np.random.default_rng(seed).uniform((west, south), (east, north), (count, 2))
    return np.column_stack(crs.transformer_to_wgs84(zone).transform(*degrees.T, direction="INVERSE"))


def first(points, **said):
    return georef.rank(points, outline=COMMUNE, province="38", **said)[0]


@settings(max_examples=40)
@given(st.sampled_from(ZONES), st.integers(0, 10_000), st.booleans(), st.floats(0.05, 0.15))
def test_points_of_any_zone_come_back_with_it(zone, seed, swapped, strays):
    points = drawn(zone, seed=seed)
    points[: int(strays * len(points))] = 0.0
    best = first(points[:, ::-1] if swapped else points)
    assert (best.crs, best.swapped) == (zone, swapped)
    assert best.share_inside == pytest.approx(1 - int(strays * len(points)) / len(points))


@settings(max_examples=30)
@given(
    arrays(np.float64, st.tuples(st.integers(0, 30), st.just(2)), elements=st.floats(allow_nan=True, width=64)),
    st.sampled_from([None, "EPSG:5897", "EPSG:4326", "nonsense", ""]),
)
def test_no_coordinates_break_it(points, said):
    for one in georef.rank(points, said=said, outline=COMMUNE, province="38"):
        assert 0 <= one.share_inside <= 1 or np.isnan(one.share_inside)
        assert one.vi and one.en


def test_what_is_not_finite_is_ignored():
    points = drawn("EPSG:5897")
    points[::3] = np.nan
    points[1::3] = np.inf
    assert first(points).share_inside == 1


@given(arrays(np.float64, (5, 2), elements=st.floats(-180, 180)))
def test_swapping_twice_changes_nothing(points):
    straight = georef.locate(points, "EPSG:4326")
    assert np.array_equal(georef.locate(points[:, ::-1], "EPSG:4326", swapped=True), straight, equal_nan=True)


@pytest.mark.parametrize(("factor", "zone"), [(1000.0, "EPSG:5897"), (0.001, "EPSG:9209")])
def test_kilometres_and_millimetres(factor, zone):
    best = first(drawn(zone) / factor)
    assert (best.crs, best.factor) == (zone, factor)
    assert crs.transformer_to_wgs84(best.written).transform(*(drawn(zone) / factor)[0]) == pytest.approx(
        crs.transformer_to_wgs84(zone).transform(*drawn(zone)[0]), abs=1e-9
    )


def test_a_zone_number_before_the_easting():
    points = drawn("EPSG:3405") + np.array([48_000_000, 0])
    best = first(points)
    assert (best.crs, best.prefix_m) == ("EPSG:3405", 48_000_000)
    assert "+x_0=48500000" in best.written
    assert crs.transformer_to_wgs84(best.written).transform(*points[0]) == pytest.approx(
        crs.transformer_to_wgs84("EPSG:3405").transform(*(points[0] - [48_000_000, 0])), abs=1e-9
    )
    assert first(drawn("EPSG:2044")).prefix_m == 0


def test_a_map_that_reaches_the_outline_tells_tm3_from_utm():
    best = first(drawn("EPSG:5897", count=2000))
    assert (best.crs, best.is_sure) == ("EPSG:5897", True)
    best = first(drawn("EPSG:3405", count=2000))
    assert best.crs == "EPSG:3405"
    # WGS 84 lies 0.2 km from VN-2000: nobody sees that in an outline.
    assert not best.is_sure
    assert "EPSG:32648" in best.en and "EPSG:32648" in best.vi


def test_one_sheet_in_the_middle_does_not():
    sheet = box(105.728, 19.803, 105.732, 19.807)
    best = first(drawn("EPSG:5897", sheet))
    assert (best.crs, best.is_sure) == ("EPSG:5897", False)
    assert "EPSG:3405" in best.en


def test_what_the_file_says_decides_where_nothing_else_can():
    for said, is_sure in (("EPSG:32648", False), ("EPSG:3405", True)):
        best = first(drawn(said, count=2000), said=said)
        assert (best.crs, best.origin, best.is_sure) == (said, "said", is_sure)


@pytest.mark.parametrize("truth", ["EPSG:32648", "EPSG:3405"])
@pytest.mark.parametrize("accuracy_m", [None, 300.0, 20.0])
def test_wgs84_that_may_be_vn2000_is_told_by_an_outline_that_is_fine_enough(truth, accuracy_m):
    points = drawn(truth, count=2000)
    points[:40] = 0.0
    best, *rest = georef.rank(points, said="EPSG:32648", outline=COMMUNE, province="38", accuracy_m=accuracy_m)
    if accuracy_m == 20.0:
        assert (best.crs, best.is_sure) == (truth, truth == "EPSG:32648")
        assert "20 m" in best.en and "20 m" in best.vi
    else:
        assert (best.crs, best.is_sure) == ("EPSG:32648", False)
        assert "both are possible" in best.en and "đều có thể" in best.vi
    for one in (best, *rest):
        if one.crs in {"EPSG:32648", "EPSG:3405"} and one.is_plain and not one.swapped:
            assert "EPSG:3405" in one.en and "EPSG:32648" in one.en


def test_a_sheet_that_does_not_reach_the_outline_leaves_wgs84_open():
    sheet = box(105.728, 19.803, 105.732, 19.807)
    best = first(drawn("EPSG:3405", sheet), said="EPSG:32648", accuracy_m=20.0)
    assert (best.crs, best.is_sure) == ("EPSG:32648", False)
    assert "both are possible" in best.en


@pytest.mark.parametrize(("said", "twin"), [("EPSG:32648", "EPSG:3405"), ("EPSG:3405", None), ("EPSG:4326", None),
                                            ("EPSG:3148", None), ("EPSG:3857", None), ("EPSG:5897", None)])  # fmt: skip
def test_what_can_be_mistaken_for_vn2000(said, twin):
    assert twins.of(said) == twin


def test_a_file_that_lies_about_its_zone_is_contradicted():
    ranked = georef.rank(drawn("EPSG:9208"), said="EPSG:5897", outline=COMMUNE, province="38")
    assert (ranked[0].crs, ranked[0].is_sure) == ("EPSG:9208", False)
    liar = next(one for one in ranked if one.origin == "said")
    assert liar.share_inside == 0
    assert liar.distance_km == pytest.approx(26, abs=6)
    assert "26" in liar.en or "km away" in liar.en


def test_without_a_commune_the_zone_of_the_province_comes_first():
    ranked = georef.rank(drawn("EPSG:5897"), province="38")
    assert ranked[0].crs == "EPSG:5897"
    assert not ranked[0].is_sure
    assert {"EPSG:9208", "EPSG:3405"} <= {one.crs for one in ranked}


def test_a_foreign_file_has_what_it_says():
    (only,) = georef.rank([(650_000.0, 6_860_000.0)], said="EPSG:2154")
    assert (only.crs, only.is_sure) == ("EPSG:2154", True)
    assert georef.rank([(1.0, 2.0)]) == []


def test_the_check_names_place_and_remedy():
    with pytest.raises(CrsError) as told:
        georef.check("to_1.dgn", drawn("EPSG:5897"), "EPSG:5899", "38")
    assert "to_1.dgn" in told.value.vi and "EPSG:5897" in told.value.vi
    georef.check("to_1.dgn", drawn("EPSG:5897"), "EPSG:5897", "38")
    georef.check("to_1.dgn", drawn("EPSG:5897")[:, ::-1], "EPSG:5897", "38", swapped=True)
    georef.check("empty.dgn", np.empty((0, 2)), "EPSG:5897", "38")


def test_outlines_of_communes_of_today_and_of_before(shared_data):
    path = shared_data("admin/thanh_hoa_166_communes_2025.gpkg")
    told = Settings(commune_boundaries=path)
    today = place.commune_outline("14758", "E2025B", told)
    assert shapely.box(*place.province_outline("38", told).bounds).contains(today)
    # 14758 of early 2025 was split between two communes of today.
    before = place.commune_outline("14758", "E2025A", told)
    assert before.equals(shapely.union_all([today, place.commune_outline("14797", "E2025B", told)]))
    assert place.commune_outline("14755", "E2024", told).equals(today)
    assert place.commune_outline("00000", "E2025B", told) is None
    assert place.commune_outline("25354", "XX", told) is None
    assert place.commune_outline("14758", "E2025B", Settings()) is None


def test_a_file_of_outlines_that_is_not_one_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"xa\.gpkg"):
        place.commune_outline("14758", "E2025B", Settings(commune_boundaries=tmp_path / "xa.gpkg"))


def test_whole_real_communes_are_placed_without_doubt(shared_data):
    told = Settings(commune_boundaries=shared_data("admin/thanh_hoa_166_communes_2025.gpkg"))
    for code in ("14758", "15001", "16561"):
        outline = place.commune_outline(code, "E2025B", told)
        if outline is None:
            continue
        for zone in ("EPSG:5897", "EPSG:9208", "EPSG:9209"):
            points = drawn(zone, outline, 3000)
            lies = crs.transformer_to_wgs84(zone).transform(*points.T)
            best = georef.rank(points[shapely.contains_xy(outline, *lies)], outline=outline, province="38")[0]
            assert (best.crs, best.is_sure) == (zone, True)
