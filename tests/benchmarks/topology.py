"""The checks on one core: beside PostGIS and GRASS on the same parcels, and how they grow.

`BENCH_PARCELS=3000000 diachinh bench topology` adds the parcels of a whole province.
"""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import geopandas as gpd

from pipelines.tolerances import Tolerances
from pipelines.validate.anything import validate_files
from pipelines.validate.checks import examine
from tests.benchmarks import amounts, goal, peers

COUNT, LARGE, RIVER, ROWS = 50_000, 500_000, 60_000, 100_000


def measure() -> list[dict[str, Any]]:
    """Return the figures beside the peers, then those of growth, then those of attributes."""
    return [*_beside(), *_growth(), *_words()]


def _beside() -> list[dict[str, Any]]:
    """Return parcels per second of the whole rule set, from file to findings, and of the peers' queries."""
    made = amounts.grid(COUNT)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "grid.parquet"
        gpd.GeoDataFrame(geometry=made).to_parquet(path)
        report = validate_files([path])
    seconds, counts = peers.postgis(made)
    started = time.perf_counter()
    examine(amounts.layer(made), Tolerances())
    checked, theirs = round(COUNT / (time.perf_counter() - started)), round(COUNT / sum(seconds.values()))
    ours = round(COUNT / report.seconds)
    each = ", ".join(f"{what} {taken:.1f} s" for what, taken in seconds.items())
    pairs = int((report.findings.code == "thua_dat.overlap").sum())
    holes = int((examine(amounts.layer(made), Tolerances(), fills_plane=True).code == "thua_dat.gap").sum())
    invalid = int((report.findings.code == "thua_dat.invalid").sum())
    lines = [
        goal("all checks, from the file to the verdict", ours, "parcels/s", ">= 20,000", ours >= 20_000),
        goal("all checks, of parcels that are in memory", checked, "parcels/s", ">= 10 x PostGIS",
             checked >= 10 * theirs, peer=f"PostGIS, four questions to an indexed table ({each})", peer_value=theirs),
        goal("the same beside overlaps alone", checked, "parcels/s", ">= PostGIS",
             checked * seconds["overlaps"] >= COUNT, peer="PostGIS, overlaps",
             peer_value=round(COUNT / seconds["overlaps"])),
        goal("overlapping pairs", pairs, "pairs", "as PostGIS", pairs == counts["overlaps"],
             peer="PostGIS", peer_value=counts["overlaps"]),
        goal("holes, where all ground is parcels", holes, "holes", "as PostGIS", holes == counts["gaps"],
             peer="PostGIS", peer_value=counts["gaps"]),
        goal("invalid parcels", invalid, "parcels", "as PostGIS", invalid == counts["validity"],
             peer="PostGIS", peer_value=counts["validity"]),
    ]  # fmt: skip
    taken = peers.grass(made)
    if taken is not None:
        lines.append(
            goal("all checks beside building topology", ours, "parcels/s", ">= 10 x GRASS", ours >= 10 * COUNT / taken,
                 peer="GRASS, v.in.ogr", peer_value=round(COUNT / taken))
        )  # fmt: skip
    return lines


def _growth() -> list[dict[str, Any]]:
    """Return how seconds grow with parcels, the memory they take, and parcels per second along a river."""
    few, many, wet = _from_file(COUNT), _from_file(LARGE), amounts.run("river", RIVER)
    slope = many["seconds"] / few["seconds"] / (LARGE / COUNT)
    along, memory = round(RIVER / wet["seconds"]), round(many["megabytes"])
    lines = [
        goal(f"time per parcel, {LARGE:,} against {COUNT:,}", round(slope, 2), "x", "<= 1.05 x", slope <= 1.05),
        goal(f"memory, {LARGE:,} parcels", memory, "MB", "<= 1,500 MB", memory <= 1_500),
        goal("a river of 100,000 vertices beside 20,000 parcels", along, "parcels/s", ">= 20,000", along >= 20_000),
    ]
    whole = int(os.environ.get("BENCH_PARCELS", "0"))
    if whole:
        told = _from_file(whole)
        rate = round(whole / told["seconds"])
        lines.append(goal(f"{whole:,} parcels", rate, "parcels/s", ">= 20,000", rate >= 20_000))
        slope = told["seconds"] / few["seconds"] / (whole / COUNT)
        lines.append(
            goal(f"time per parcel, {whole:,} against {COUNT:,}", round(slope, 2), "x", "<= 1.05 x", slope <= 1.05)
        )
        lines.append(goal(f"memory, {whole:,} parcels", round(told["megabytes"]), "MB", "told", met=True))
    return lines


def _from_file(count: int) -> dict[str, Any]:
    """Return the seconds and the memory from a file of so many parcels to the verdict."""
    with tempfile.TemporaryDirectory() as name:
        path = str(Path(name) / "grid.parquet")
        amounts.run("written", count, path)
        return amounts.run("file", path)


def _words() -> list[dict[str, Any]]:
    """Return rows per second of the checks of attributes and of the register."""
    written, booked = (round(ROWS / amounts.run(what, ROWS)["seconds"]) for what in ("words", "rows"))
    return [
        goal("attributes of parcels, all checks", written, "rows/s", ">= 100,000", written >= 100_000),
        goal("register, all checks", booked, "rows/s", ">= 100,000", booked >= 100_000),
    ]
