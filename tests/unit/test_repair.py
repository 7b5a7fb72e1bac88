"""Repair on request: what is put right, what is left, and the proof of it."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipelines.repair import KEPT, KEY, repair, repair_shapes, restore
from pipelines.repair.engine import GEOMETRIC
from pipelines.tolerances import Tolerances
from pipelines.validate import examine
from tests.unit.parcels import CRS, E0, N0, codes, frame, ground, lot, turned

TOLERANCES = Tolerances()
POINT_M = 0.2
"""Two-point error at 1:1000."""


def checks(parcels):
    return examine(parcels, TOLERANCES)


def shaped(parcels, kinds=GEOMETRIC):
    return repair_shapes(parcels, TOLERANCES, checks, kinds)


def whole(parcels, **options):
    return repair(parcels, parcels, TOLERANCES, checks, **options)


def by_id(made):
    return dict(zip(made.parcels["feature_id"], shapely.normalize(made.parcels.geometry.to_numpy()), strict=True))


def grown(made, before):
    """Return kinds of findings of which there is more; ground in m², but no gap that was nobody's ground before."""
    held = shapely.union_all(before.geometry.to_numpy())
    kinds = dict.fromkeys(["thua_dat.near_node", "thua_dat.missing_node"], "nodes")
    kinds |= dict.fromkeys(["thua_dat.overlap", "thua_dat.gap"], "ground")

    def amounts(told, known):
        ground = told.geometry.to_numpy()
        lost = shapely.area(shapely.intersection(ground, held)) > shapely.area(ground) / 2
        kept = ((told["code"] != "thua_dat.gap") | lost | known).to_numpy()
        kind = told["code"].replace(kinds)[kept]
        return told["value"].astype(float)[kept].where(kind == "ground", 1.0).groupby(kind).sum()

    rise = amounts(made.found_after, False).sub(amounts(made.found_before, True), fill_value=0)
    return rise.index[rise > 1e-6].tolist()


def noisy(side, noise_m):
    """Return a grid of four-corner parcels, each corner of each parcel off by its own noise."""
    x, y = (each.ravel() * 20.0 for each in np.meshgrid(np.arange(side), np.arange(side)))
    corners = np.array([(0, 0), (20, 0), (20, 20), (0, 20)])[None] + np.column_stack([x, y])[:, None]
    return frame(*shapely.polygons(corners + noise_m + [E0, N0]))


NOISE = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).uniform(-0.04, 0.04, (4, 4, 2)).round(3),
)


@pytest.mark.parametrize(
    ("parcels", "kind"),
    [
        (frame(lot(0, 0), lot(19.9, 0)), "nodes"),
        (frame(lot(0, 0), lot(20.15, 0)), "nodes"),
        (frame(ground((0, 0), (20, 0), (19.9, 10), (20, 20), (0, 20)), lot(20, 0)), "nodes"),
        (frame(lot(0, 0, 40), lot(0, 20), lot(20, 20)), "nodes"),
        (frame(ground((0, 0), (20, 0), (20, 20), (10.05, 20), (10, 25), (9.95, 20), (0, 20))), "spikes"),
        (frame(ground((0, 0), (20, 0), (20, 20), (10, 20), (10, 20), (9.995, 20), (0, 20))), "vertices"),
        (frame(ground((0, 0), (20, 0), (20, 20), (10, 20), (10, 25), (10, 20), (0, 20))), "valid"),
    ],
    ids=["overlap", "lane", "gap", "t-junction", "spike", "repeated", "hanging line"],
)
def test_what_is_within_tolerance_is_put_right(parcels, kind):
    assert codes(parcels) != []
    made = shaped(parcels, [kind, "ground"])
    assert made.found_after["code"].tolist() == codes(made.parcels) == []
    assert set(made.steps["kind"]) & {kind}
    assert made.displacement_m.max() <= POINT_M


@pytest.mark.parametrize(
    "parcels",
    [
        frame(lot(0, 0), lot(19, 0)),
        frame(lot(0, 0), lot(5, 5)),
        frame(lot(0, 0), lot(0, 0)),
        frame(ground((0, 0), (20, 0), (19, 10), (20, 20), (0, 20)), lot(20, 0)),
        frame(ground((0, 0), (20, 20), (20, 0), (0, 20)), lot(30, 0)),
        frame(lot(0, 0), lot(20.15, 0), ty_le=500),
        frame(shapely.Polygon(), None, shapely.Polygon([(E0, N0), (E0, np.nan), (E0 + 1, N0)]), shapely.Point(E0, N0)),
    ],
    ids=["wide overlap", "area", "copy", "wide gap", "bow tie", "fine scale", "no areas"],
)
def test_what_is_beyond_tolerance_stays_with_its_finding(parcels):
    made = shaped(parcels)
    assert made.steps.empty
    assert made.found_after["code"].tolist() == codes(parcels)
    assert (
        shapely.to_wkb(made.parcels.geometry.to_numpy()).tolist()
        == shapely.to_wkb(shapely.force_2d(parcels.geometry.to_numpy())).tolist()
    )


def test_a_node_at_which_three_meet_is_no_tip_to_be_dropped():
    spike = ground((0, 0), (20, 0), (20, 20), (10.05, 20), (10, 25), (9.95, 20), (0, 20))
    corner = ground((10, 25), (30, 40), (-10, 40))
    assert "sua.spike" not in set(whole(frame(spike, corner)).repairs["code"])


@pytest.mark.parametrize(("number", "area", "merged"), [(None, None, True), ("7", None, False), (None, 0.8, False)])
def test_a_sliver_goes_into_its_neighbour_only_when_it_is_nobodys(number, area, merged):
    parcels = frame(
        lot(0, 0), lot(20, 0, 0.04), lot(20.04, 0), so_thu_tu_thua=["1", number, "2"], dien_tich=[400.0, area, 400.0]
    )
    made = shaped(parcels, ["slivers"])
    assert len(made.parcels) == (2 if merged else 3)
    assert shapely.area(made.parcels.geometry).sum() == pytest.approx(800.8)
    if merged:
        assert made.parcels[["so_thu_tu_thua", "dien_tich"]].values.tolist() == [["1", 400.0], ["2", 400.0]]


def test_a_layer_that_knows_no_numbers_keeps_its_slivers():
    assert len(shaped(frame(lot(0, 0), lot(20, 0, 0.04), lot(20.04, 0))).parcels) == 3


def test_only_what_is_asked_for_is_done():
    parcels = frame(lot(0, 0), lot(19.9, 0), ground((50, 0), (70, 0), (70, 20), (60, 20), (60, 20.005), (50, 20)))
    made = whole(parcels, kinds=["vertices"])
    assert set(made.repairs["code"]) == {"sua.repeated_vertex"}
    assert made.counts()["thua_dat.overlap"] == (1, 1)


@settings(max_examples=5, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(noise_m=NOISE)
def test_a_noisy_fabric_becomes_one(noise_m):
    parcels = noisy(2, noise_m)
    made = shaped(parcels)
    assert not {"thua_dat.overlap", "thua_dat.gap", "thua_dat.near_node"} & set(made.found_after["code"])
    before, after = (shapely.area(frame.geometry.to_numpy()) for frame in (parcels, made.parcels))
    assert np.abs(after - before).max() <= TOLERANCES.area_m2(400.0, 1000)
    assert after.sum() == pytest.approx(shapely.area(shapely.union_all(parcels.geometry)), abs=4 * 4 * 20 * 0.04)
    assert shapely.coverage_is_valid(made.parcels.geometry.to_numpy())
    assert made.displacement_m.max() <= POINT_M
    counts = whole(parcels).counts()
    assert {code for code, (first, last) in counts.items() if last > first} == set()
    assert shaped(made.parcels).steps.empty


@settings(max_examples=3, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(noise_m=NOISE.map(lambda noise: noise * 4))
def test_noise_beyond_what_may_move_is_left_and_never_made_worse(noise_m):
    parcels = noisy(2, noise_m)
    made = shaped(parcels)
    assert made.displacement_m.max() <= POINT_M
    assert grown(made, parcels) == []
    assert shaped(made.parcels).steps.empty


@settings(max_examples=4, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(noise_m=NOISE, seed=st.integers(0, 2**32 - 1))
def test_order_and_rotation_make_no_difference(noise_m, seed):
    parcels, random = noisy(2, noise_m), np.random.default_rng(seed)
    order = random.permutation(4)
    other = parcels.iloc[order].reset_index(drop=True)
    shapes = [turned(each, int(random.integers(4)), bool(random.integers(2))) for each in other.geometry]
    one, two = by_id(shaped(parcels)), by_id(shaped(other.set_geometry(shapes, crs=CRS)))
    assert {name for name in one if not shapely.equals_exact(one[name], two[name], 1e-6)} == set()


@settings(max_examples=4, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(noise_m=NOISE, system=st.sampled_from(["EPSG:5897", "EPSG:4326"]))
def test_every_repair_can_be_undone(noise_m, system):
    known = frame(lot(40, 0, 0.02), *noisy(2, noise_m).geometry, so_thu_tu_thua=[None, *"1234"])
    parcels = known.assign(ten_chu=["Lê  Văn A", *"bcd", None], n=range(5)).to_crs(system)
    known = parcels.to_crs(CRS)
    made = repair(parcels, known, TOLERANCES, checks)
    back = restore(made.layer, made.originals)
    plain = parcels.drop(columns=["feature_id", "source"])
    assert shapely.to_wkb(back.geometry).tolist() == shapely.to_wkb(plain.geometry).tolist()
    assert back.drop(columns="geometry").equals(plain.drop(columns="geometry"))
    assert "sua.spaces" in set(made.repairs["code"])


@settings(max_examples=3, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(seed=st.integers(0, 2**32 - 1), noise_m=st.sampled_from([0.05, 0.1, 0.2]))
def test_a_whole_fabric_is_repaired_within_tolerance_and_once(seed, noise_m):
    random = np.random.default_rng(seed)
    parcels = noisy(7, random.uniform(-noise_m, noise_m, (49, 4, 2)).round(3))
    made = shaped(parcels)
    assert made.displacement_m.max() <= POINT_M + 1e-9
    moved_m2 = np.abs(shapely.area(made.parcels.geometry.to_numpy()) - shapely.area(parcels.geometry.to_numpy()))
    assert (moved_m2 <= TOLERANCES.area_m2(shapely.area(parcels.geometry.to_numpy()), 1000)).all()
    assert grown(made, parcels) == []
    left = len(made.found_after) / len(made.found_before)
    assert left <= {0.05: 0, 0.1: 0.05, 0.2: 0.7}[noise_m]
    assert shaped(made.parcels).steps.empty


def test_a_fabric_takes_few_looks_at_the_whole():
    random = np.random.default_rng(7)
    seen = []

    def counted(parcels):
        seen.append(len(parcels))
        return checks(parcels)

    repair_shapes(noisy(14, random.uniform(-0.1, 0.1, (196, 4, 2)).round(3)), TOLERANCES, counted)
    assert sum(seen) <= 12 * 196


def test_what_moved_once_moves_no_more_in_another_run():
    parcels = frame(lot(0, 0), lot(19.85, 0))
    once = shaped(parcels, ["nodes", "ground"]).parcels
    assert set(once[KEPT]) <= {0, 1} and once[KEPT].any()
    shapes = [shapely.affinity.translate(shape, -0.15 * at) for at, shape in enumerate(once.geometry)]
    off = once.set_geometry(shapes, crs=CRS).assign(**{KEPT: 1})
    assert shaped(off).steps.empty
    assert not shaped(off.drop(columns=KEPT)).steps.empty


@pytest.mark.parametrize("mark", [["x", None], [-1, np.inf], [np.nan, 0]])
def test_a_mark_of_somebody_else_breaks_nothing(mark):
    assert len(shaped(frame(lot(0, 0), lot(19.9, 0)).assign(**{KEPT: mark})).parcels) == 2


def test_a_group_that_geos_cannot_clean_keeps_no_other_from_it(monkeypatch):
    clean = shapely.coverage_clean

    def failing(shapes, **options):
        if (shapely.bounds(shapes)[:, 0] > E0 + 500).any():
            raise shapely.errors.GEOSException("TopologyException: side location conflict")
        return clean(shapes, **options)

    monkeypatch.setattr(shapely, "coverage_clean", failing)
    made = shaped(frame(lot(0, 0), lot(19.9, 0), lot(600, 0), lot(619.9, 0)), ["ground"])
    assert made.found_before["code"].tolist() == ["thua_dat.overlap"] * 2
    assert made.found_after["feature_id"].tolist() == ["to.shp#3"]


def test_the_proof_holds_before_and_after():
    parcels = frame(lot(0, 0), lot(19.9, 0))
    made = whole(parcels)
    row = made.repairs.sort_values("displacement_m").iloc[-1]
    now = made.layer.set_index(KEY).geometry[row[KEY]]
    steps = made.repairs[made.repairs[KEY] == row[KEY]]
    given_shape = parcels.set_index("feature_id").geometry[row[KEY]]
    assert shapely.from_wkb(steps["before"].iloc[0]).equals(given_shape)
    assert shapely.from_wkb(steps["after"].iloc[-1]).equals(now) and not now.equals(given_shape)
    assert 0 < row["displacement_m"] <= row["limit_m"] == POINT_M


def test_vertices_that_nobody_moved_keep_their_degrees():
    known = frame(lot(0, 0), lot(20.15, 0), lot(40.15, 0))
    parcels = known.to_crs("EPSG:4326")
    made = repair(parcels, parcels.to_crs(CRS), TOLERANCES, checks)
    given_points = {tuple(point) for point in shapely.get_coordinates(parcels.geometry)}
    points = {tuple(point) for point in shapely.get_coordinates(made.layer.geometry)}
    assert points < given_points and len(points) == 8
    assert isinstance(made.layer, gpd.GeoDataFrame) and made.layer.crs == parcels.crs
