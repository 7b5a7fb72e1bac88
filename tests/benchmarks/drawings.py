"""From a DGN file to faces on one core, beside GDAL reading it and PostGIS noding and polygonising its lines."""

import tempfile
import time
from pathlib import Path
from typing import Any

import fiona
import numpy as np
import psycopg
import pyogrio.raw
import shapely

from pipelines import vectors
from pipelines.digitize import faces as face_work
from pipelines.digitize.network import build
from tests.benchmarks import goal
from tests.postgis import running

PARCELS = 200_000
PEER_PARCELS = 20_000
TOLERANCE_M = 0.05
SCHEMA = {
    "geometry": "Unknown",
    "properties": {
        "Type": "int32:2", "Level": "int32:2", "GraphicGroup": "int32:4", "ColorIndex": "int32:3",
        "Weight": "int32:2", "Style": "int32:1", "EntityNum": "int32", "MSLink": "int32", "Text": "str",
    },
}  # fmt: skip
BUILD = """
    CREATE TABLE faces AS SELECT (ST_Dump(ST_Polygonize(geom))).geom
    FROM (SELECT (ST_Dump(ST_Node(ST_Collect(geom)))).geom FROM lines) AS noded
"""


def lines(parcels: int, *, noisy: bool = True) -> np.ndarray[Any, Any]:
    """Return the boundaries of a bent, turned grid of parcels, centimetre coordinates, every edge a line of its own.

    Noise, by element: 1 % drawn twice, 2 % ending up to 3 cm from where they should, 0.5 % reaching over by 3 cm;
    one dangle for every 500 parcels, and one long line with no vertex at what joins it for every hundred.
    """
    random = np.random.default_rng(38)
    side = int(np.ceil(np.sqrt(parcels)))
    grid = np.stack(np.meshgrid(np.arange(side + 1) * 20.0, np.arange(side + 1) * 15.0, indexing="ij"), axis=-1)
    grid[1:-1, 1:-1] += random.uniform(-2, 2, (side - 1, side - 1, 2))
    edges = np.concatenate(
        [np.stack([a, b], axis=-2).reshape(-1, 2, 2) for a, b in ((grid[:-1], grid[1:]), (grid[:, :-1], grid[:, 1:]))]
    )
    bend = edges.mean(axis=1) + random.uniform(-0.5, 0.5, (len(edges), 2))
    drawn = np.stack([edges[:, 0], bend, edges[:, 1]], axis=1)
    if noisy:
        off = random.random(len(drawn)) < 0.02
        drawn[off, 2] += random.uniform(-0.02, 0.02, (int(off.sum()), 2))
        over = random.random(len(drawn)) < 0.005
        way = drawn[over, 2] - drawn[over, 1]
        drawn[over, 2] += way / np.hypot(*way.T)[:, None] * 0.03
        twice = drawn[random.random(len(drawn)) < 0.01]
        spur = drawn[random.integers(len(drawn), size=parcels // 500), 1]
        spurs = np.stack([spur, spur + 1.0, spur + np.array([2.0, 1.5])], axis=1)
        row = random.integers(1, side - 1, size=parcels // 100)
        start = grid[random.integers(side - 3, size=len(row)), row]
        long = start[:, None] + np.array([[0.0, 4.0], [10.0, 4.5], [55.0, 6.0]])
        drawn = np.concatenate([drawn, twice, spurs, long])
    turned = drawn @ np.array([[0.96, 0.28], [-0.28, 0.96]]) + np.array([560_000.0, 2_190_000.0])
    return np.asarray(shapely.linestrings(np.round(turned[random.permutation(len(turned))], 2)))


def write(path: Path, drawn: np.ndarray[Any, Any], parcels: int) -> None:
    """Write a drawing: lines on level 10, one label for each parcel on level 13."""
    empty = {"GraphicGroup": 0, "ColorIndex": 0, "Weight": 0, "Style": 0, "EntityNum": None, "MSLink": None}
    side = int(np.ceil(np.sqrt(parcels)))
    coordinates = shapely.get_coordinates(drawn).reshape(len(drawn), -1, 2)
    column, row = np.divmod(np.arange(parcels), side)
    at = np.stack([column * 20.0 + 10, row * 15.0 + 7], axis=1) @ np.array([[0.96, 0.28], [-0.28, 0.96]])
    at += np.array([560_000.0, 2_190_000.0])
    with fiona.open(path, "w", driver="DGN", schema=SCHEMA, encoding="latin-1") as target:
        target.writerecords(
            {
                "geometry": {"type": "LineString", "coordinates": line},
                "properties": {**empty, "Type": 4, "Level": 10, "Text": None},
            }
            for line in coordinates.tolist()
        )
        target.writerecords(
            {
                "geometry": {"type": "Point", "coordinates": point},
                "properties": {**empty, "Type": 17, "Level": 13, "Text": f"LUC {number}/300.0"},
            }
            for number, point in enumerate(at.tolist(), start=1)
        )


def trace(path: Path) -> tuple[int, np.ndarray[Any, Any]]:
    """Return the number of line elements of a drawing, and its faces."""
    rows = vectors.read(path, columns=["Level", "Text"])
    drawn = rows.geometry.to_numpy()[(rows["Level"] == 10).to_numpy()]
    network = build(drawn, TOLERANCE_M)
    kept, _ = face_work.prune(network)
    return len(drawn), face_work.polygonize(network, kept)[0]


def measure() -> list[dict[str, Any]]:
    """Return line elements per second from file to faces, of GDAL reading alone, and of PostGIS building faces.

    GDAL reads through `pyogrio.raw.read`, which is what `ogr2ogr` does before it writes. PostGIS gets a tenth
    of the drawing, and without the sloppy ends, because `ST_Node` closes none: there both must find the same.
    """
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "to_1.dgn"
        write(path, lines(PARCELS), PARCELS)
        started = time.perf_counter()
        count, _ = trace(path)
        ours = time.perf_counter() - started
        started = time.perf_counter()
        pyogrio.raw.read(path, columns=["Level", "Text"], encoding="latin-1")
        reading = time.perf_counter() - started
        clean = lines(PEER_PARCELS, noisy=False)
        started = time.perf_counter()
        network = build(clean, TOLERANCE_M)
        made, _ = face_work.polygonize(network, face_work.prune(network)[0])
        building = time.perf_counter() - started
        theirs, found, area = _postgis(clean)
    rate, peer_rate = round(count / ours), round(count / reading)
    build_rate, peer_build = round(len(clean) / building), round(len(clean) / theirs)
    same = bool(len(made) == found and abs(shapely.area(made).sum() - area) < 1e-3)
    return [
        goal("drawing, file to faces", rate, "line elements/s", ">= 50,000", rate >= 50_000,
             peer="GDAL, reading alone", peer_value=peer_rate),
        goal("line work to faces", build_rate, "line elements/s", ">= 5 x PostGIS", build_rate >= 5 * peer_build,
             peer="PostGIS, ST_Node and ST_Polygonize", peer_value=peer_build),
        goal("faces", len(made), "faces", "number and area as PostGIS", same, peer="PostGIS", peer_value=found),
    ]  # fmt: skip


def _postgis(drawn: np.ndarray[Any, Any]) -> tuple[float, int, float]:
    """Return seconds, number of faces and their area of PostGIS on the same lines."""
    with running() as connection, psycopg.connect(connection) as database:
        database.execute("CREATE TABLE lines (geom geometry)")
        with database.cursor().copy("COPY lines (geom) FROM STDIN") as sink:
            for text in shapely.to_wkb(drawn, hex=True):
                sink.write_row([text])
        started = time.perf_counter()
        database.execute(BUILD)
        seconds = time.perf_counter() - started
        found, area = database.execute("SELECT count(*), sum(ST_Area(geom)) FROM faces").fetchall()[0]
    return seconds, int(found), float(area)
