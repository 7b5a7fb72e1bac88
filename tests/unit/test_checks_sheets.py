"""The common edge of two sheets, as the checks see it."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon, box

from pipelines.tolerances import Tolerances
from pipelines.validate.checks import examine

X, Y = 560_000.0, 2_190_000.0


def layer(*rows, source=None):
    """Return parcels as (sheet, polygon)."""
    frame = gpd.GeoDataFrame(
        {
            "so_hieu_to_ban_do": [sheet for sheet, _ in rows],
            "so_thu_tu_thua": [str(n) for n in range(1, len(rows) + 1)],
        },
        geometry=[shapely.affinity.translate(shape, X, Y) for _, shape in rows],
        crs="EPSG:5897",
    )
    return frame.assign(source=source or frame["so_hieu_to_ban_do"], feature_id=[f"p{n}" for n in frame.index])


def told(parcels, scale=1000):
    found = examine(parcels, Tolerances(scale))
    return found[found["code"] == "ban_ve.edge_mismatch"], set(found["code"])


WEST = ("1", box(0, 0, 20, 40))


def test_a_strip_too_wide_for_a_gap_and_too_narrow_for_a_lane_is_a_mismatch():
    found, _ = told(layer(WEST, ("2", box(20.4, 0, 60, 40))))
    assert found["value"].tolist() == pytest.approx([0.4])
    assert found["limit"].tolist() == [0.2]
    assert set(found.iloc[0][["feature_id", "other_id"]]) == {"p0", "p1"}
    assert shapely.length(found.geometry.iloc[0]) == pytest.approx(0.4)


@pytest.mark.parametrize("offset", [0.0, 0.15, 0.7, 4.0])
def test_within_the_error_and_from_a_lane_on_there_is_none(offset):
    assert told(layer(WEST, ("2", box(20 + offset, 0, 60, 40))))[0].empty


def test_inside_one_sheet_it_is_no_question_of_sheets():
    assert told(layer(WEST, ("1", box(20.4, 0, 60, 40))))[0].empty


def test_the_coarser_scale_decides():
    parcels = layer(WEST, ("2", box(20.35, 0, 60, 40)))
    assert len(told(parcels)[0]) == 1
    assert told(parcels.assign(ty_le=[1000, 2000]))[0].empty


def test_an_overlap_is_told_as_overlap_alone():
    found, codes = told(layer(WEST, ("2", box(19.6, 0, 60, 40))))
    assert found.empty
    assert "thua_dat.overlap" in codes


def test_a_corner_that_comes_near_another_sheet_through_a_third_parcel_is_none():
    near = Polygon([(20.4, 20), (60, 0), (60, 40)])
    between = Polygon([(20, 0), (60, 0), (20.4, 20), (60, 40), (20, 40)])
    assert told(layer(WEST, ("1", between), ("2", near)))[0].empty


def test_neither_order_nor_files_change_the_result():
    parcels = layer(WEST, ("2", box(20.4, 0, 60, 40)), ("2", box(20.4, 40, 60, 80)), ("1", box(0, 40, 20, 80)))
    first, _ = told(parcels)
    second, _ = told(parcels.iloc[::-1].assign(source="all.gpkg"))
    columns = ["feature_id", "other_id", "value"]
    assert len(first) == 2
    assert np.array_equal(first[columns].to_numpy(), second[columns].to_numpy())


def test_a_step_in_an_edge_is_told_though_the_way_across_runs_along_its_side():
    stepped = box(20, 0, 60, 40).difference(box(20, 10, 20.25, 30))
    noded = Polygon([(0, 0), (20, 0), (20, 10), (20, 30), (20, 40), (0, 40)])
    found, _ = told(layer(("1", noded), ("2", stepped)))
    assert found["value"].tolist() == pytest.approx([0.25])
