"""A sheet drawn, written, read and held against the truth: one line of figures."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from data_samples import paper
from tests.benchmarks import line_kinds, maps

Change = Callable[[paper.Sheet, int], paper.Sheet]

FONTS = ("aileron", "noto", "plotter", "ubuntu", "fira")
FINE, FINE_DPI, FINE_MM = "600 dpi", 600, 220.0
"""A piece of ground of that side at twice the resolution, in a frame that is no standard sheet."""

CITY = {"city with sidewalks": (), "city with sidewalks, aged": ("broken", "stains", "folds", "noise", "jpeg")}
"""Pieces of an atlas that go on beyond their picture, fresh and with what happened to it; all faces count alike."""

CITY_MM = 200.0

POINT_MM = 0.5
"""How far a corner or a cross may be from where it was found and still be found."""

STYLES: dict[str, tuple[str, str | None]] = {
    "clean": ("cadastral", None), "clean, all that may stand on a sheet": ("rich", None),
    "clean, houses in dashes": ("dashed", None), "digits by hand": ("cadastral", "hand"), "HN-72": ("hn72", None),
    "map 299": ("map299", None), "city atlas": ("atlas", None),
}  # fmt: skip
"""Undamaged sheets: style, and font where it is not one of `FONTS` in turn."""


def conditions() -> dict[str, Change | None]:
    """Return what is measured: undamaged sheets, each damage, sheets put wrongly into the scanner."""
    return dict.fromkeys((*STYLES, FINE, *CITY)) | paper.DEGRADATIONS | paper.SPOILT


def sheet(condition: str, seed: int, *, dpi: float = 300, count: int = 400) -> paper.Sheet:
    """Return the sheet of a condition and a seed."""
    if condition in CITY:
        drawn = paper.city(seed, dpi, wide_mm=CITY_MM, high_mm=CITY_MM)
        for name in CITY[condition]:
            drawn = paper.DEGRADATIONS[name](drawn, seed)
        return drawn
    rng = Random(seed)
    style, font = STYLES.get(condition, ("cadastral", None))
    scale, full = rng.choice([500, 1000, 1000, 2000]), style in ("map299", "atlas") or rng.random() < 0.3
    if style == "cadastral" and font is None:
        font = FONTS[seed % len(FONTS)]
    wanted, number = round(count * rng.uniform(0.7, 1.3)), str(rng.randrange(2, 90))
    if condition == FINE:
        land = paper.make(wanted // 4, scale, seed, side_mm=FINE_MM)
        return paper.draw(land, scale, FINE_DPI, font=font, seed=seed, number=number, frame_m=_around(land, scale))
    land = paper.make(wanted, scale, seed, full=full)
    drawn = paper.draw(land, scale, dpi, style=style, font=font, seed=seed, number=number, frame=style != "atlas")
    change = conditions()[condition]
    return drawn if change is None else change(drawn, seed)


def _around(land: gpd.GeoDataFrame, scale: int) -> tuple[float, float, float, float]:
    """Return a frame around land, at round coordinates: 2 cm of paper."""
    step = 20 * scale / 1000
    low, high = np.floor(land.total_bounds[:2] / step) * step, np.ceil(land.total_bounds[2:] / step) * step
    return (*low.tolist(), *high.tolist())


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a sheet.

    Attributes:
        parcels: Faces of kind parcel against parcels.
        faces: All faces but the outside against all.
        corner_px: Error of each corner of a boundary, in pixels.
        vertex_px: Error of each vertex, those on straight and round boundaries too.
        farthest_px: Hausdorff distance of each pair of parcels.
        numbers: Numbers; None where the sheet has none.
        area: Share of printed areas read as printed.
        code: Share of printed land codes read as printed.
        frame: Share of the corners of the frame that were found.
        crosses: Share of the crosses that were found.
        marks: Share of corners and crosses together.
        cross_px: Error of each corner and cross.
        ground_m: Error on the ground of each corner and cross of the truth; empty where the sheet was not placed.
        seconds: CPU.
        lines: What was told of dashes, double lines and hatching.
    """

    parcels: maps.Panoptic
    faces: maps.Panoptic
    corner_px: maps.Floats
    vertex_px: maps.Floats
    farthest_px: maps.Floats
    numbers: maps.Numbers | None
    area: float
    code: float
    frame: float
    crosses: float
    marks: float
    cross_px: maps.Floats
    ground_m: maps.Floats
    seconds: float
    lines: dict[str, line_kinds.Told] = field(default_factory=dict)


def read(drawn: paper.Sheet, folder: Path, *, listed: pd.DataFrame | None = None) -> Reading:
    """Write a sheet as a file, digitize it and hold it against the truth."""
    from pipelines.scan.picture import pages
    from pipelines.scan.sheet import digitize

    path = paper.write(drawn, folder / "sheet.tif")
    started = time.process_time()
    made = digitize(pages.open_pages(path)[0], listed=listed, crs=drawn.crs)
    seconds = time.process_time() - started
    return replace(against(drawn, made, seconds), lines=line_kinds.of(drawn, made.faces))


def against(drawn: paper.Sheet, made: Any, seconds: float = 0.0) -> Reading:
    """Return how well a sheet was read.

    Args:
        drawn: The truth.
        made: What has `faces`, `labels`, `frame` and `placed`, as `pipelines.scan.sheet.Sheet`.
        seconds: CPU it took.
    """
    shapes, found = drawn.parcels.geometry.to_numpy(), made.faces.polygons
    wanted = ("parcel",) if drawn.parcels["kind"].eq("parcel").any() else tuple(drawn.parcels["kind"])
    true_rows = maps.all_faces(drawn.parcels, wanted)
    found_rows = maps.all_faces(found, ("parcel",) if wanted == ("parcel",) else tuple(found["kind"]))
    true, told = shapes[true_rows], found.geometry.to_numpy()[found_rows]
    matched = maps.pairs(true, told)
    every = maps.all_faces(found, ("parcel", "road", "water"))
    among_all = maps.pairs(shapes, found.geometry.to_numpy()[every])
    vertices = maps.vertex_errors(true, told, matched)
    printed, said = drawn.parcels.iloc[true_rows], made.labels.faces.reindex(found.index[found_rows])
    within = POINT_MM * drawn.px_per_mm
    nothing = np.empty((0, 2))
    corners = maps.points_found(drawn.corners, made.frame.corners if made.frame else nothing, within)
    crosses = maps.points_found(drawn.crosses, made.frame.crosses if made.frame else nothing, within)
    return Reading(
        parcels=maps.panoptic(matched, len(true), len(told)),
        faces=maps.panoptic(among_all, len(shapes), len(every)),
        corner_px=vertices.loc[vertices["turn_deg"] >= maps.CORNER_DEG, "error_px"].to_numpy(),
        vertex_px=vertices["error_px"].to_numpy(),
        farthest_px=maps.hausdorff(true, told, matched),
        numbers=maps.numbers(printed["number"], said, matched) if printed["number"].ne("").any() else None,
        area=maps.texts(printed["area"], said["area"], matched),
        code=maps.texts(printed["code"], said["code"], matched),
        frame=corners[0],
        crosses=crosses[0],
        marks=(len(corners[1]) + len(crosses[1]))
        / max(1, int(np.isfinite(drawn.corners[:, 0]).sum()) + len(drawn.crosses)),
        cross_px=np.concatenate([corners[1], crosses[1]]),
        ground_m=_ground(drawn, made.placed),
        seconds=seconds,
    )


def _ground(drawn: paper.Sheet, placed: Any) -> maps.Floats:
    if placed is None:
        return np.empty(0)
    pixels = np.concatenate([drawn.corners, drawn.crosses])
    metres = np.concatenate([drawn.corners_m, drawn.crosses_m])
    known = np.isfinite(pixels).all(axis=1)
    return np.asarray(np.hypot(*(placed.warp(pixels[known]) - metres[known]).T), dtype=np.float64)


def line(reading: Reading) -> str:
    """Return everything that was measured, in one line."""
    told = [
        f"SQ {reading.parcels.sq:.3f} RQ {reading.parcels.rq:.3f} IoU>0.9 {reading.parcels.good:.3f}",
        f"all faces PQ {reading.faces.pq:.3f}",
        f"corners {_spread(reading.corner_px)} px, vertices {_spread(reading.vertex_px)} px",
        f"Hausdorff {_spread(reading.farthest_px)} px",
    ]
    if reading.numbers is not None:
        kinds = (reading.numbers.exact, reading.numbers.wrong, reading.numbers.flagged, reading.numbers.missing)
        told.append("numbers exact {:.4f} wrong and sure {:.4f} flagged {:.4f} missing {:.4f}".format(*kinds))
        told.append(f"areas {reading.area:.3f} codes {reading.code:.3f}")
    told.append(f"frame {reading.frame:.3f} crosses {reading.crosses:.3f} at {_spread(reading.cross_px)} px")
    told.append(f"on the ground {_spread(reading.ground_m)} m")
    return "; ".join(told) + f"; {reading.seconds:.0f} s CPU"


def _spread(values: maps.Floats) -> str:
    """Return median and 95th percentile."""
    return "/".join(f"{value:.2f}" for value in np.percentile(values, [50, 95])) if len(values) else "-"
