import numpy as np
import pytest
import shapely

from pipelines.tolerances import Tolerances
from pipelines.validate import examine
from tests.benchmarks import fabrics


def told(fabric):
    return examine(
        fabric.parcels,
        Tolerances(),
        outline=fabric.outline,
        purposes=fabric.purposes,
        has_register=True,
        fills_plane=fabric.fills_plane,
    )["code"].tolist()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", fabrics.KINDS)
def test_a_fabric_is_clean_and_nothing_is_told_of_it(name, seed):
    fabric = fabrics.make(name, 120, seed)
    assert shapely.is_valid(fabric.parcels.geometry.to_numpy()).all()
    assert shapely.coverage_is_valid(fabric.parcels.geometry.to_numpy())
    assert told(fabric) == []


@pytest.mark.parametrize("name", fabrics.KINDS)
def test_a_fabric_has_about_as_many_parcels_as_wanted_and_one_seed_makes_one_fabric(name):
    one, same, other = (fabrics.make(name, 500, seed).parcels for seed in (1, 1, 2))
    assert 0.7 * 500 < len(one) < 1.4 * 500
    assert one.geometry.geom_equals_exact(same.geometry, 0).all()
    assert name in {"grid"} or not one.geometry.geom_equals_exact(other.geometry, 0).all()


def test_sizes_reach_from_ten_square_metres_to_ten_square_kilometres():
    area = shapely.area(fabrics.make("sizes", 900, 3).parcels.geometry.to_numpy())
    assert area.min() < 11
    assert area.max() > 9e6


def test_a_river_has_the_vertices_of_all_lots_along_it():
    shapes = fabrics.river(600, 4_000)
    lots, river = shapes[:-1], shapes[-1]
    assert 3_500 < shapely.get_num_coordinates(river) < 4_500
    assert np.count_nonzero(shapely.touches(lots, river)) == 200
