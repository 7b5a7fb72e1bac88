"""What others are asked about the same parcels: the whole of PostGIS' answer to ours, and GRASS building topology."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import psycopg
import shapely

from tests.postgis import running

QUERIES = {
    "validity": "SELECT count(*) FROM parcels WHERE NOT ST_IsValid(geom)",
    "overlaps": """
        SELECT count(*) FROM parcels a JOIN parcels b
        ON a.id < b.id AND a.geom && b.geom AND ST_Intersects(a.geom, b.geom)
        WHERE ST_Area(ST_Intersection(a.geom, b.geom)) > 0.01
    """,
    "gaps": """
        SELECT count(*) FROM (SELECT (ST_Dump(ST_Union(geom))).geom FROM parcels) whole, ST_DumpRings(whole.geom) ring
        WHERE ring.path[1] > 0 AND ST_Area(ring.geom) >= 0.01
    """,
}
"""Questions whose answers are ours too, with the count they return."""

COVERAGE = """
    SELECT count(*) FROM (SELECT ST_CoverageInvalidEdges(geom) OVER () AS edge FROM parcels) every
    WHERE NOT ST_IsEmpty(edge)
"""
SEGMENTS = """
    SELECT count(*) FROM (
        SELECT 1 FROM parcels, ST_DumpSegments(geom) segment
        GROUP BY ST_AsBinary(ST_Normalize(segment.geom)) HAVING count(*) = 1
    ) single
"""
"""Edges no neighbour matches. PostGIS before 3.4 has no coverage functions; there the segments are counted."""


def postgis(parcels: gpd.GeoSeries) -> tuple[dict[str, float], dict[str, int]]:
    """Return the seconds and the count of every query; the index is built before the clock starts."""
    seconds, counts = {}, {}
    with running() as connection, psycopg.connect(connection) as database:
        database.execute("CREATE TABLE parcels (id serial, geom geometry)")
        with database.cursor().copy("COPY parcels (geom) FROM STDIN") as sink:
            for text in shapely.to_wkb(parcels.to_numpy(), hex=True):
                sink.write_row([text])
        database.execute("CREATE INDEX ON parcels USING gist (geom)")
        database.execute("ANALYZE parcels")
        has_coverage = database.execute(
            "SELECT count(*) FROM pg_proc WHERE proname = 'st_coverageinvalidedges'"
        ).fetchall()[0][0]
        for what, query in {**QUERIES, "edges": COVERAGE if has_coverage else SEGMENTS}.items():
            started = time.perf_counter()
            counts[what] = int(database.execute(query).fetchall()[0][0])
            seconds[what] = time.perf_counter() - started
    return seconds, counts


def grass(parcels: gpd.GeoSeries) -> float | None:
    """Return the seconds GRASS takes to read the parcels and build their topology, None where there is no GRASS."""
    command = shutil.which("grass")
    if command is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "parcels.gpkg"
        parcels.to_frame("geometry").to_file(path, layer="parcels")
        started = time.perf_counter()
        subprocess.run(
            [command, "--tmp-location", "XY", "--exec", "v.in.ogr", "-o", f"input={path}", "output=parcels", "--quiet"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return time.perf_counter() - started
