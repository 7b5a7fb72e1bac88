"""Overlaps in 50,000 parcels on one core, beside PostGIS on the same parcels."""

import tempfile
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import psycopg
import shapely

from pipelines.validate.anything import validate_files
from tests.benchmarks import goal
from tests.postgis import running

COUNT = 50_000
OVERLAPS = """
    SELECT count(*) FROM parcels a JOIN parcels b ON a.id < b.id AND a.geom && b.geom AND ST_Intersects(a.geom, b.geom)
    WHERE ST_Area(ST_Intersection(a.geom, b.geom)) > 0.01
"""


def parcels() -> gpd.GeoSeries:
    """Return a turned grid of parcels with bent edges; one in a thousand lies over its neighbour."""
    generator = np.random.default_rng(38)
    side = int(np.ceil(np.sqrt(COUNT)))
    column, row = np.divmod(np.arange(COUNT), side)
    shift = np.where(generator.random(COUNT) < 0.001, 0.4, 0.0)
    cells = shapely.box(column * 20.0 + shift, row * 15.0, column * 20.0 + 20 + shift, row * 15.0 + 15)
    bent = shapely.segmentize(cells, 5.0)
    turned = shapely.transform(bent, lambda xy: (xy + 0.3 * np.sin(xy[:, ::-1] / 7)) @ [[0.96, 0.28], [-0.28, 0.96]])
    placed = shapely.transform(turned, lambda xy: np.round(xy + np.array([560000, 2190000]), 3))
    return gpd.GeoSeries(placed, crs="EPSG:5897")


def measure() -> list[dict[str, Any]]:
    """Return parcels per second of our whole rule set and of the PostGIS self-join for overlaps alone."""
    made = parcels()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "grid.parquet"
        gpd.GeoDataFrame(geometry=made).to_parquet(path)
        report = validate_files([path])
        with running() as connection, psycopg.connect(connection) as database:
            database.execute("CREATE TABLE parcels (id serial, geom geometry)")
            with database.cursor().copy("COPY parcels (geom) FROM STDIN") as sink:
                for text in shapely.to_wkb(made.to_numpy(), hex=True):
                    sink.write_row([text])
            database.execute("CREATE INDEX ON parcels USING gist (geom)")
            database.execute("ANALYZE parcels")
            started = time.perf_counter()
            pairs = database.execute(OVERLAPS).fetchall()[0][0]
            theirs = time.perf_counter() - started
    found = int((report.findings.code == "thua_dat.overlap").sum())
    ours, peer = round(COUNT / report.seconds), round(COUNT / theirs)
    return [
        goal("topology, all checks", ours, "parcels/s", ">= 20,000 and >= 10 x PostGIS",
             ours >= 20_000 and ours >= 10 * peer, peer="PostGIS, overlaps only", peer_value=peer),
        goal("overlapping pairs", found, "pairs", "as PostGIS", found == pairs, peer="PostGIS", peer_value=pairs),
    ]  # fmt: skip
