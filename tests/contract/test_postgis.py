"""Overlaps, judged by an engine that is not ours: PostGIS finds the same pairs with the same areas."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import psycopg
import pytest
import shapely

from pipelines.validate.anything import validate_files

OVERLAPS = """
    SELECT ST_Area(ST_Intersection(a.geom, b.geom)) AS area
    FROM parcels a JOIN parcels b ON a.id < b.id AND a.geom && b.geom AND ST_Intersects(a.geom, b.geom)
    WHERE ST_Area(ST_Intersection(a.geom, b.geom)) > %s ORDER BY area
"""


def areas_by_postgis(connection: str, parcels: gpd.GeoSeries, smallest_m2: float) -> list[float]:
    with psycopg.connect(connection) as database:
        database.execute("CREATE TEMP TABLE parcels (id serial, geom geometry)")
        with database.cursor().copy("COPY parcels (geom) FROM STDIN") as sink:
            for text in shapely.to_wkb(parcels.to_numpy(), hex=True):
                sink.write_row([text])
        database.execute("CREATE INDEX ON parcels USING gist (geom)")
        return [row[0] for row in database.execute(OVERLAPS, [smallest_m2])]


def areas_by_us(path: Path, smallest_m2: float, crs: str) -> list[float]:
    found = validate_files([path], crs=crs, min_area_m2=smallest_m2).findings
    return sorted(found.loc[found.code == "thua_dat.overlap", "value"])


def test_planted_overlaps(postgis: str, tmp_path: Path) -> None:
    """A slightly turned grid in which every seventh parcel is pushed over its neighbour by a known amount."""
    generator = np.random.default_rng(7)
    column, row = np.divmod(np.arange(900), 30)
    shift = np.where(np.arange(900) % 7 == 0, generator.uniform(0.0005, 0.8, 900), 0)
    west, south = 560000 + column * 20.0 + shift, 2190000 + row * 15.0
    cells = shapely.box(west, south, west + 20, south + 15)
    turned = shapely.transform(cells, lambda xy: xy @ np.array([[0.96, 0.28], [-0.28, 0.96]]))
    parcels = gpd.GeoSeries(turned, crs="EPSG:5897")
    path = tmp_path / "grid.gpkg"
    gpd.GeoDataFrame(geometry=parcels).to_file(path)
    theirs = areas_by_postgis(postgis, parcels, 0.01)
    assert len(theirs) > 50
    assert areas_by_us(path, 0.01, "EPSG:5897") == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize(("smallest_m2", "pairs"), [(0.01, 17), (1.0, 1)])
def test_a_real_district(postgis: str, shared_data: Callable[[str], Path], smallest_m2: float, pairs: int) -> None:
    path = shared_data("parcels/paris18_parcelles.geojson")
    parcels = gpd.read_file(path).to_crs("EPSG:2154").geometry
    theirs = areas_by_postgis(postgis, parcels, smallest_m2)
    assert len(theirs) == pairs
    assert areas_by_us(path, smallest_m2, "EPSG:2154") == pytest.approx(theirs, abs=1e-6)
