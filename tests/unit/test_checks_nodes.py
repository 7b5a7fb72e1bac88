"""Nodes of common boundaries that only one parcel has; what overlaps and gaps are like."""

import numpy as np
import pytest
import shapely
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipelines import findings
from pipelines.tolerances import Tolerances
from pipelines.validate.checks import examine
from tests.unit.parcels import CRS, E0, N0, codes, comparable, found, frame, ground, lot, turned


def test_a_node_only_one_of_two_has():
    told = found(frame(ground((0, 0), (20, 0), (20, 10), (20.0004, 15), (20, 20), (0, 20)), lot(20, 0)))
    assert told["code"].tolist() == ["thua_dat.missing_node"]
    row = told.iloc[0]
    assert (row["feature_id"], row["other_id"], row["value"], row["limit"]) == ("to.shp#1", "to.shp#2", 2.0, 0.0)
    assert row["detail"] == "0.0004 m"
    assert row.geometry.equals(shapely.MultiPoint([(E0 + 20, N0 + 10), (E0 + 20.0004, N0 + 15)]))


def test_a_corner_of_two_neighbours_on_a_straight_boundary_is_told_once():
    told = found(frame(lot(0, 0, 40), lot(0, 20), lot(20, 20)))
    assert told[["code", "feature_id", "other_id"]].values.tolist() == [
        ["thua_dat.missing_node", "to.shp#1", "to.shp#2"]
    ]


def test_nodes_of_both_sides_are_one_finding():
    left = ground((0, 0), (20, 0), (20, 5), (20, 20), (0, 20))
    right = ground((20, 0), (40, 0), (40, 20), (20, 20), (20, 15))
    assert found(frame(left, right))["value"].tolist() == [2.0]


def test_a_node_beside_the_boundary():
    told = found(frame(lot(0, 0), ground((20.005, 0), (40, 0), (40, 20), (20, 20))))
    assert told["code"].tolist() == ["thua_dat.near_node"]
    row = told.iloc[0]
    assert row["value"] == pytest.approx(0.005, abs=1e-6)
    assert (row["limit"], row["detail"]) == (0.2, "2")
    assert shapely.Point(E0 + 20, N0).distance(row.geometry) < 0.006


def test_a_street_narrower_than_the_survey_errs_is_no_street():
    assert codes(frame(lot(0, 0), lot(20.15, 0))) == ["thua_dat.near_node"]
    assert codes(frame(lot(0, 0), lot(20.25, 0))) == []
    assert codes(frame(lot(0, 0), lot(20.15, 0), ty_le=500)) == []


def test_an_overlap_or_gap_says_it_already():
    assert codes(frame(lot(0, 0), lot(19.9, 0))) == ["thua_dat.overlap"]
    left = ground((0, 0), (20, 0), (19.9, 10), (20, 20), (0, 20))
    assert codes(frame(left, lot(20, 0))) == ["thua_dat.gap"]


def test_an_overlap_elsewhere_hides_nothing():
    left = ground((0, 0), (20, 0), (20, 10), (20, 20), (20.5, 30), (20, 40), (0, 40))
    assert codes(frame(left, ground((20, 0), (40, 0), (40, 40), (20, 40), (20, 20)))) == [
        "thua_dat.missing_node",
        "thua_dat.overlap",
    ]


@pytest.mark.parametrize("angle", [20, 45, 90, 150])
def test_streets_that_part_at_a_common_corner_are_none(angle):
    """Two lots with one corner in common and short edges beside it: no edge is meant to be the other."""
    x, y = 20 + 0.15 * np.sin(np.radians(angle)), -0.15 * np.cos(np.radians(angle))
    right = ground((20, 0), (x, y), (40, -30), (40, 20), (20, 20))
    told = codes(frame(lot(0, 0), right))
    assert not {"thua_dat.near_node", "thua_dat.missing_node"} & set(told)


def test_nodes_with_a_third_parcel_between_are_none():
    wall = [
        lot(0, 0),
        lot(20.15, 0),
        ground((20, -10), (20.15, -10), (20.15, 0), (20.15, 20), (20.15, 30), (20, 30), (20, 20), (20, 0)),
    ]
    assert codes(frame(*wall)) == ["thua_dat.sliver"]


def test_broken_neighbours_and_copies_have_no_nodes():
    bow = ground((20, 0), (40, 20), (40, 0), (20, 20))
    assert codes(frame(lot(0, 0), bow)) == ["thua_dat.invalid"]
    assert codes(frame(lot(0, 0), lot(0, 0))) == ["thua_dat.duplicate_geometry"]


def test_sheet_edges_that_were_compared_are_not_told_again():
    parcels = frame(lot(0, 0), ground((20.005, 0), (40, 0), (40, 20), (20, 20))).assign(source=["a.dgn", "b.dgn"])
    prior = findings.build("ban_ve.edge_matched", ["to.shp#2"], crs=CRS)
    assert codes(parcels) == ["thua_dat.near_node"]
    assert codes(parcels, prior=prior) == []
    assert codes(parcels.assign(source="a.dgn"), prior=prior) == ["thua_dat.near_node"]


def test_a_clean_quarter_is_clean_at_every_scale():
    """Short edges and a lane, everything with the same nodes on both sides."""
    corner = [(20, 20), (19.7, 20), (19.7, 19.7), (20, 19.7)]
    block = [ground((0, 0), (20, 0), (20, 19.7), (19.7, 19.7), (19.7, 20), (0, 20)), ground(*corner)]
    block += [
        ground((0, 20), (19.7, 20), (20, 20), (20, 40), (0, 40)),
        ground((20, 0), (40, 0), (40, 40), (20, 40), (20, 20), (20, 19.7)),
    ]
    for scale in (200, 1000, 5000, 10000):
        told = set(codes(frame(*block, ty_le=scale)))
        assert told <= {"thua_dat.sliver"}, scale


def test_many_nodes_on_one_long_boundary_are_quick():
    """A road of 20,000 corners beside 4,000 lots, none of which has its nodes."""
    x = np.arange(20_001) * 1.0
    rim = np.vstack([np.column_stack([x, np.zeros_like(x)]), [[20_000, 8], [0, 8]]])
    road = shapely.polygons(np.add(rim, [E0, N0]))
    east = np.arange(4000) * 5.0
    lots = shapely.box(E0 + east, N0 - 20, E0 + east + 5, N0)
    told = found(frame(road, *lots), "thua_dat.missing_node")
    assert told["value"].sum() == 4 * 4000


def test_overlaps_say_whether_a_parcel_covers_another():
    strip, piece, inside = (
        found(frame(lot(0, 0), other))["detail"].iloc[0] for other in (lot(19.9, 0), lot(10, 10), lot(5, 5, 4, 4))
    )
    assert strip == "dải / strip 0.10 x 20.0 m"
    assert piece == "mảng / area 10.00 x 10.0 m"
    assert inside == "to.shp#2 nằm trong / lies in to.shp#1"


def test_gaps_say_between_which_sheets_and_what_they_lie_beside():
    left, right = ground((0, 0), (20, 0), (19.9, 10), (20, 20), (0, 20)), lot(20, 0)

    def detail(**columns):
        return found(frame(left, right, **columns), "thua_dat.gap")["detail"].iloc[0]

    assert detail() == "0.05 x 20.0 m"
    assert detail(so_hieu_to_ban_do=["3", "3"]) == "0.05 x 20.0 m"
    assert detail(so_hieu_to_ban_do=["3", "4"]).endswith("; giữa hai tờ / between sheets 3 / 4") or detail(
        so_hieu_to_ban_do=["3", "4"]
    ).endswith("; giữa hai tờ / between sheets 4 / 3")
    assert "a.dgn" in detail(source=["a.dgn", "b.dgn"])
    assert detail(la_doi_tuong_chiem_dat=[False, True]).endswith("; giáp đường, mặt nước / beside road or water")


def plan():
    """A block with a missing node, a node beside the boundary, an overlap and a gap."""
    node = ground((0, 0), (20, 0), (20, 10), (20, 20), (0, 20))
    off = ground((40.005, 0), (60, 0), (60, 20), (40, 20))
    gap = ground((0, 40), (20, 40), (19.9, 50), (20, 60), (0, 60))
    return [node, lot(20, 0), off, gap, lot(20, 40), lot(39.9, 40), lot(0, 20, 40, 20)]


@settings(max_examples=12, phases=[Phase.explicit, Phase.generate])
@given(st.permutations(range(7)), st.integers(0, 5), st.booleans())
def test_order_direction_and_first_vertex_make_no_difference(order, by, reverse):
    plain = found(frame(*plan()))
    assert set(plain["code"]) == {"thua_dat.missing_node", "thua_dat.near_node", "thua_dat.overlap", "thua_dat.gap"}
    other = frame(*[turned(each, by, reverse) for each in plan()]).iloc[list(order)]
    assert comparable(found(other)) == comparable(plain)


def test_files_make_no_difference():
    """The same parcels in two files: the same findings about the same places."""
    whole = found(frame(*plan()))
    split = frame(*plan())
    ids = [f"a.shp#{n}" for n in range(1, 4)] + [f"b.shp#{n}" for n in range(1, 5)]
    told = found(split.assign(feature_id=ids, source=["a.shp"] * 3 + ["b.shp"] * 4))
    names = dict(zip(split["feature_id"], ids, strict=True))
    renamed = whole.assign(feature_id=whole["feature_id"].map(names), other_id=whole["other_id"].map(names))
    columns = ["code", "feature_id", "other_id", "value", "limit"]
    assert sorted(told[columns].to_records(index=False).tolist()) == sorted(
        renamed[columns].to_records(index=False).tolist()
    )


@settings(max_examples=25, phases=[Phase.explicit, Phase.generate])
@given(st.floats(0, 2 * np.pi), st.floats(0.0015, 0.19), st.floats(1, 19))
def test_a_node_beside_the_boundary_is_told_by_one_finding_whatever_its_size(angle, off, at):
    """As gap, overlap or near node: never not at all, and never twice."""
    cos, sin = np.cos(angle), np.sin(angle)
    for side in (-off, off):
        pair = [ground((0, 0), (20, 0), (20 + side, at), (20, 20), (0, 20)), lot(20, 0)]
        rotated = shapely.transform(np.array(pair), lambda xy: (xy - [E0, N0]) @ [[cos, sin], [-sin, cos]] + [E0, N0])
        told = codes(frame(*rotated))
        assert len(told) == 1
        assert told[0] in {"thua_dat.gap", "thua_dat.overlap", "thua_dat.near_node"}


def test_parcels_narrower_than_a_boundary_may_err_are_told_as_slivers_alone():
    quarter = frame(lot(0, 0), lot(20.05, 0), ground((40.1, 0), (60, 0), (60, 7), (60, 20), (40.1, 20)))
    assert set(examine(quarter, Tolerances(1000))["code"]) == {"thua_dat.near_node"}
    assert set(examine(quarter, Tolerances(1000, boundary_m=1e6))["code"]) == {"thua_dat.sliver"}
