"""Scanned sheets that nothing was tuned on, drawn and damaged by a seed, read and held against the truth.

`BENCH_SHEETS` sets the number of sheets of each condition, `BENCH_DEGRADATIONS` names the conditions, separated by
semicolons, `BENCH_POINTS` a table of homologous points (`source_x`, `source_y`, `target_x`, `target_y`); CPU seconds.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio.control
import rasterio.transform

from data_samples import paper
from pipelines import warping
from pipelines.errors import CadastreError
from tests.benchmarks import flooding, goal, line_kinds, maps, readings

SHEETS = int(os.environ.get("BENCH_SHEETS", "1"))
FIRST_SEED = 71_000
"""Seeds from here on are for measuring only."""

POINTS = Path(
    os.environ.get("BENCH_POINTS", Path(__file__).parents[3] / "shared/data/georeference/kastoria_homologous.csv")
)
LINE_KINDS = {"clean, houses in dashes": ("dashed",), "clean, all that may stand on a sheet": ("double",),
              "city atlas": ("double", "hatched")}  # fmt: skip
"""Which kinds of lines are measured on which sheets."""

BIG_PX, BIG_PARCELS = 10_000, 500


def measure() -> list[dict[str, Any]]:
    """Return every condition, then time and memory of a large sheet, then the fit of real points."""
    known = list(readings.conditions())
    wanted = os.environ.get("BENCH_DEGRADATIONS", "")
    chosen = [name.strip() for name in wanted.split(";")] if wanted else known
    if unknown := set(chosen) - set(known):
        raise ValueError(f"{sorted(unknown)}: choose among {', '.join(known)}")
    made = [told for name in chosen for told in _condition(name)]
    return made if wanted else [*made, *_nothing(), *_large(), *_points()]


def _condition(name: str) -> list[dict[str, Any]]:
    """Return the lines of a condition; a sheet that is refused has found nothing."""
    made, told, scores, peers = [], [], [], []
    for seed in range(FIRST_SEED, FIRST_SEED + SHEETS):
        drawn = readings.sheet(name, seed)
        try:
            with tempfile.TemporaryDirectory() as folder:
                made.append(readings.read(drawn, Path(folder)))
            scores.append(made[-1].parcels.pq)
            told.append(readings.line(made[-1]))
        except CadastreError as refused:
            scores.append(0.0)
            told.append(f"refused: {refused}")
        peers.append(_peer(drawn))
        sys.stderr.write(f"{name}: PQ {scores[-1]:.4f}, {flooding.NAME} {peers[-1]:.4f}; {told[-1]}\n")
    pq, beside = float(np.mean(scores)), float(np.mean(peers))
    least = 0.97 if name.startswith("clean") else 0.4 if name == "city atlas" or name in readings.CITY else 0.85
    line = goal(f"{name}: PQ of parcels ({' | '.join(told)})", round(pq, 4), "PQ", f">= {least}", pq >= least,
                peer=flooding.NAME, peer_value=round(beside, 4))  # fmt: skip
    if name != "clean" or not made:
        return [line, *_line_kinds(name, made)]
    return [line, *_clean(made)]


def _line_kinds(name: str, made: list[readings.Reading]) -> list[dict[str, Any]]:
    """Return how well the lines of a condition that is drawn with them are told by their kind."""
    lines = []
    for kind in LINE_KINDS.get(name, ()):
        told = sum((one.lines[kind] for one in made), line_kinds.Told(0.0, 0.0, 0.0, 0.0))
        for what, value, least in (("recall", told.recall, 0.5), ("precision", told.precision, 0.7)):
            lines.append(goal(f"{name}: {kind}, {what}", round(value, 3), "share", f">= {least}", value >= least))
    return lines


def _peer(drawn: paper.Sheet) -> float:
    """Return the quality of the faces of the simplest way; it knows no kinds, so roads do not count against it."""
    shapes, found = drawn.parcels.geometry.to_numpy(), flooding.faces(drawn.image, drawn.px_per_mm)
    return maps.panoptic(maps.pairs(shapes, found), len(shapes), len(found)).pq


def _clean(made: list[readings.Reading]) -> list[dict[str, Any]]:
    """Return the figures asked of a clean sheet one by one."""
    sq = float(np.mean([one.parcels.sq for one in made]))
    lines = [goal("clean: SQ", round(sq, 4), "SQ", ">= 0.98", sq >= 0.98)]
    for what, values in (
        ("corners", np.concatenate([one.corner_px for one in made])),
        ("all vertices", np.concatenate([one.vertex_px for one in made])),
    ):
        median, late = np.percentile(values, [50, 95]) if len(values) else (np.inf, np.inf)
        lines.append(goal(f"clean: error of {what}, median", round(median, 3), "px", "<= 1.5", bool(median <= 1.5)))
        lines.append(goal(f"clean: error of {what}, p95", round(late, 3), "px", "<= 4", bool(late <= 4)))
    told = [one.numbers for one in made if one.numbers is not None]
    exact, wrong = (float(np.mean([getattr(one, name) for one in told])) for name in ("exact", "wrong"))
    lines.append(goal("clean: numbers read as printed", round(exact, 5), "share", ">= 0.99", exact >= 0.99))
    lines.append(goal("clean: numbers wrong and not flagged", round(wrong, 5), "share", "< 0.001", wrong < 0.001))
    marks = float(np.mean([one.marks for one in made]))
    lines.append(goal("clean: corners of the frame and crosses found", marks, "share", ">= 0.999", marks >= 0.999))
    return lines


def _nothing() -> list[dict[str, Any]]:
    """Return what comes of pages that are no sheets: they are refused in one sentence, or have no sure parcel."""
    from pipelines.scan.picture import pages
    from pipelines.scan.sheet import digitize

    lines = []
    one, other = (readings.sheet("clean", FIRST_SEED + place, dpi=150, count=100) for place in range(2))
    drawn = {"blank page": paper.blank(FIRST_SEED), "photograph": paper.photograph(FIRST_SEED),
             "two sheets": paper.two_sheets(one, other)}  # fmt: skip
    for name, sheet in drawn.items():
        with tempfile.TemporaryDirectory() as folder:
            page = pages.open_pages(paper.write(sheet, Path(folder) / "page.png"))[0]
            try:
                read = digitize(page)
                sure = int((read.labels.faces["sure"].eq(True) & read.labels.faces["number"].notna()).sum())
                others = read.frame.others if read.frame else 0
                what = "read"
            except CadastreError as refused:
                sure, others, what = 0, 1, f"refused: {refused}"
        if name == "two sheets":
            lines.append(goal(f"{name}: further frames told ({what})", others, "frames", "1", others == 1))
        else:
            lines.append(goal(f"{name}: parcels given out as sure ({what})", sure, "parcels", "0", sure == 0))
    return lines


def _large() -> list[dict[str, Any]]:
    """Return time and memory of `diachinh digitize` on a sheet of 10,000 by 10,000 pixels, on one core."""
    with tempfile.TemporaryDirectory() as folder:
        land = paper.make(BIG_PARCELS, 1000, FIRST_SEED, full=True)
        dpi = BIG_PX / 590 * 25.4
        drawn = paper.draw(land, 1000, dpi, style="rich", seed=FIRST_SEED, margin_mm=45.0)
        path = paper.write(drawn, Path(folder) / "sheet.tif")
        size, parcels = drawn.image.shape, int((drawn.parcels["kind"] == "parcel").sum())
        del drawn
        command = [sys.executable, "-m", "tests.benchmarks.one_page", str(path), str(Path(folder) / "made")]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    told = json.loads(done.stdout)
    what = f"{size[1]} x {size[0]} px, {parcels} parcels, one core"
    return [
        goal(f"{what}: time", round(told["seconds"], 1), "s CPU", "< 60", told["seconds"] < 60),
        goal(f"{what}: most memory of a process", round(told["gigabytes"], 2), "GB", "< 2", told["gigabytes"] < 2),
    ]


def _points() -> list[dict[str, Any]]:
    """Return the error of real homologous points left out of the fit, beside GDAL's affine fit of the same points."""
    if not POINTS.is_file():
        sys.stderr.write(f"homologous points: left out, {POINTS} is not there\n")
        return []
    table = pd.read_csv(POINTS)
    source, target = table[["source_x", "source_y"]].to_numpy(), table[["target_x", "target_y"]].to_numpy()
    fit = np.random.default_rng(FIRST_SEED).permutation(len(table)) < round(0.8 * len(table))
    control = [
        rasterio.control.GroundControlPoint(row=y, col=x, x=east, y=north)
        for (x, y), (east, north) in zip(source[fit].tolist(), target[fit].tolist(), strict=True)
    ]
    gdal = rasterio.transform.from_gcps(control)
    beside = _rms(np.column_stack(gdal @ source[~fit].T), target[~fit])
    lines = []
    methods: tuple[warping.Method, ...] = ("affine", "thin_plate")
    for method in methods:
        warp = warping.fit(source[fit], target[fit], method=method, tolerance_m=np.inf)
        error = _rms(warp(source[~fit]), target[~fit])
        name = f"{int((~fit).sum())} of {len(table)} homologous points left out, {method}: RMSE"
        lines.append(goal(name, round(error, 3), "m", "<= affine of GDAL", error <= beside + 1e-6, peer="GDAL, affine",
                          peer_value=round(beside, 3)))  # fmt: skip
    return lines


def _rms(found: Any, true: Any) -> float:
    return float(np.sqrt(((found - true) ** 2).sum(axis=1).mean()))
