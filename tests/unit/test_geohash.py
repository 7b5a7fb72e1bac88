"""National parcel identifier: the vectors of TT 19/2026 and of the GeoHash papers, and the point it is made from."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pipelines import geohash


@pytest.mark.parametrize(
    ("lat", "lon", "length", "code"),
    [(42.605, -5.603, 5, "ezs42"), (57.64911, 10.40744, 11, "u4pruydqqvj")],
)
def test_known_vectors(lat: float, lon: float, length: int, code: str) -> None:
    assert geohash.encode([lon], [lat], length).tolist() == [code]


def test_parcel_goes_through_the_official_operation() -> None:
    parcel = shapely.box(581092.242, 2191066.731, 581112.242, 2191086.731)
    made = geohash.identify(gpd.GeoSeries([parcel], crs=5897))
    assert made["ma_dinh_danh_thua"].tolist() == ["w7e0wvz8pkqj"]
    assert made[["lon", "lat"]].to_numpy()[0] == pytest.approx([105.776, 19.807], abs=1e-8)


def test_decoded_cell_holds_the_point() -> None:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(-180, 180, 5000), rng.uniform(-90, 90, 5000)
    cells = geohash.decode(geohash.encode(lon, lat))
    assert ((cells[:, 0] <= lon) & (lon < cells[:, 2]) & (cells[:, 1] <= lat) & (lat < cells[:, 3])).all()
    assert np.ptp(cells[:, [0, 2]], axis=1).max() < 4e-7


def test_edges_of_the_world() -> None:
    assert geohash.encode([180.0, -180.0], [90.0, -90.0]).tolist() == ["z" * 12, "0" * 12]


def test_point_is_the_pole_of_inaccessibility() -> None:
    # In a U the centroid lies outside; the pole lies inside, as far from the boundary as can be.
    shape = shapely.Polygon([(0, 0), (30, 0), (30, 30), (20, 30), (20, 12), (10, 12), (10, 30), (0, 30)])
    [point] = geohash.representative_points(gpd.GeoSeries([shape], crs=5897))
    assert shape.contains(shapely.Point(point))
    best = max(
        shape.boundary.distance(shapely.Point(x, y)) for x in np.arange(0, 30, 0.5) for y in np.arange(0, 30, 0.5)
    )
    assert shape.boundary.distance(shapely.Point(point)) >= best - geohash.TOLERANCE_M


def test_nothing_gives_nothing() -> None:
    assert geohash.identify(gpd.GeoSeries([], crs=5897)).empty


def test_same_shapes_give_the_same_codes_in_any_company() -> None:
    rng = np.random.default_rng(7)
    corners = rng.uniform(0, 40, (1500, 6, 2)) + rng.uniform(5.6e5, 5.9e5, (1500, 1, 1)) * [1, 0] + [0, 2.19e6]
    shapes = gpd.GeoSeries(shapely.convex_hull(shapely.multipoints(corners)), crs=5897)
    together = geohash.identify(shapes)["ma_dinh_danh_thua"]
    alone = geohash.identify(shapes[::100])["ma_dinh_danh_thua"]
    assert (together[::100] == alone).all()
    assert together.str.fullmatch("[0-9b-hjkmnp-z]{12}").all()
