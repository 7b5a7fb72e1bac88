"""Large amounts of checks: seconds and memory of one process, which is started for each amount."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import findings, normalize
from pipelines.sandbox import Limits
from pipelines.tolerances import Tolerances
from pipelines.validate import attributes, register
from pipelines.validate.anything import validate_files
from pipelines.validate.checks import examine
from tests.benchmarks import fabrics
from tests.benchmarks.planting_register import PLACE, rows_of
from tests.unit import test_normalize

WORDS = (
    attributes.check_number, attributes.check_key, attributes.check_recorded_area, attributes.check_label,
    attributes.check_written_areas, attributes.check_code, attributes.check_record,
)  # fmt: skip
"""The checks of what is written about a parcel."""

COPIED = ("row_id", "thua_key", "feature_id", "so_phat_hanh", "so_giay_to", "ho_ten")
"""Columns by which copies of register rows are told apart."""


def grid(count: int) -> gpd.GeoSeries:
    """Return a turned grid of parcels with bent edges; one in a thousand lies over its neighbour."""
    generator = np.random.default_rng(38)
    side = int(np.ceil(np.sqrt(count)))
    column, row = np.divmod(np.arange(count), side)
    shift = np.where(generator.random(count) < 0.001, 0.4, 0.0)
    cells = shapely.box(column * 20.0 + shift, row * 15.0, column * 20.0 + 20 + shift, row * 15.0 + 15)
    bent = shapely.segmentize(cells, 5.0)
    turned = shapely.transform(bent, lambda xy: (xy + 0.3 * np.sin(xy[:, ::-1] / 7)) @ [[0.96, 0.28], [-0.28, 0.96]])
    placed = shapely.transform(turned, lambda xy: np.round(xy + np.array([560000, 2190000]), 3))
    return gpd.GeoSeries(placed, crs="EPSG:5897")


def layer(shapes: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Return parcels without attributes."""
    ids = "to.shp#" + pd.Series(np.arange(1, len(shapes) + 1)).astype("string")
    return gpd.GeoDataFrame({"feature_id": ids, "source": "to.shp"}, geometry=shapes.to_numpy(), crs=shapes.crs)


def written(count: str, path: str) -> float:
    """Write so many parcels of the grid into a file; return the seconds that takes."""
    started = time.perf_counter()
    gpd.GeoDataFrame(geometry=grid(int(count))).to_parquet(path)
    return time.perf_counter() - started


def file(path: str) -> float:
    """Return the seconds from a file of parcels to the verdict."""
    return validate_files([Path(path)], limits=Limits(memory_bytes=16 * 1024**3)).seconds


def river(count: str) -> float:
    """Return the seconds for lots along a river of 100,000 vertices, a third of which it touches."""
    made = layer(gpd.GeoSeries(fabrics.river(int(count), 100_000), crs=fabrics.CRS))
    started = time.perf_counter()
    examine(made, Tolerances())
    return time.perf_counter() - started


def words(count: str) -> float:
    """Return the seconds the checks of attributes take for so many parcels."""
    fabric = fabrics.make("grid", int(count), 0)
    started = time.perf_counter()
    examine(fabric.parcels, Tolerances(), purposes=fabric.purposes, has_register=True, checks=WORDS)
    return time.perf_counter() - started


def rows(count: str) -> float:
    """Return the seconds the checks of the register take for so many rows."""
    few = 1_000
    made = rows_of([(None, ({},))] * few).drop(columns="group").to_dict("records")
    land = test_normalize.drawn(*({"so_thu_tu_thua": str(at + 1)} for at in range(few)))
    nothing = gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=PLACE.crs))
    done = normalize.run(land, nothing, [test_normalize.register(*made)], PLACE)
    copies = pd.concat([done.dang_ky] * (int(count) // few), ignore_index=True)
    number = pd.Series(np.arange(len(copies)) // few).astype("string")
    copies = copies.assign(**{name: copies[name].astype("string") + "." + number for name in COPIED})
    started = time.perf_counter()
    register.examine(done.thua_dat, copies, prior=findings.empty(PLACE.crs), date=PLACE.date)
    return time.perf_counter() - started


WHAT: dict[str, Callable[..., float]] = {"written": written, "file": file, "river": river, "words": words, "rows": rows}


def run(what: str, *arguments: Any) -> dict[str, Any]:
    """Return the seconds, and the most memory a process of its own, or a child of it, took for it, in MB."""
    command = [sys.executable, "-m", "tests.benchmarks.amounts", what, *map(str, arguments)]
    told: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return told


if __name__ == "__main__":
    taken = WHAT[sys.argv[1]](*sys.argv[2:])
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"seconds": taken, "megabytes": peak / 1024}))
