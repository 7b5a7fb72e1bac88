"""The drawing of a whole sheet."""

import math
from dataclasses import replace
from random import Random
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from shapely import LineString, MultiLineString, MultiPoint, Point

from data_samples.paper import margins
from data_samples.paper.details import DETAILS
from data_samples.paper.drawing import Drawing
from data_samples.paper.fabric import SIDE_MM, sheet_name
from data_samples.paper.labels import label
from data_samples.paper.model import MM_PER_INCH, Floats, Sheet
from data_samples.paper.styles import STYLES, Style

_INKED = 96
"""Cover from which a pixel counts as inked in the masks."""


def draw(
    parcels: gpd.GeoDataFrame,
    scale: int = 1000,
    dpi: float = 300,
    *,
    frame: bool = True,
    frame_m: tuple[float, float, float, float] | None = None,
    margin_mm: float = margins.MARGIN_MM,
    style: Style | str = "cadastral",
    font: str | None = None,
    seed: int = 0,
    number: str = "12",
    commune: str = "Thọ Bình",
) -> Sheet:
    """Return the sheet of some land.

    Args:
        parcels: A coverage as of `fabric.make`, in map coordinates, metres.
        scale: Scale denominator.
        dpi: Pixels per inch.
        frame: Frame, crosses and margin; without, the paper ends 1 cm around the land.
        frame_m: The inner frame in map coordinates, west, south, east, north; the standard sheet without.
        margin_mm: Paper around the inner frame.
        style: A style or its name.
        font: Font of the labels instead of that of the style.
        seed: Source of the irregularity.
        number: Sheet number.
        commune: Name of the commune.

    Raises:
        ValueError: The land is larger than a sheet of this scale.
    """
    kind = STYLES[style] if isinstance(style, str) else style
    kind = replace(kind, font=font) if font else kind
    bounds = parcels.total_bounds
    west, south, east, north = (frame_m or margins.box_of(bounds, scale)) if frame else bounds
    margin = margin_mm if frame else 10.0
    per_m = 1000 / scale

    def to_paper(at: Any) -> Any:
        return np.column_stack([(at[:, 0] - west) * per_m + margin, (north - at[:, 1]) * per_m + margin])

    drawing = Drawing((east - west) * per_m + 2 * margin, (north - south) * per_m + 2 * margin, dpi, kind, seed)
    land = parcels.assign(geometry=shapely.transform(parcels.geometry.to_numpy(), to_paper)).set_crs(
        None, allow_override=True
    )
    corners_m = np.array([(west, north), (east, north), (east, south), (west, south)])
    box, named = (
        to_paper(corners_m),
        _named((west, south, east, north), scale) if frame and kind.system == "VN-2000" else "",
    )
    marks_m = margins.crosses(west, south, east, north, scale) if frame and kind.system else np.empty((0, 2))
    _boundaries(drawing, land)
    land = _labelled(drawing, land.assign(use=land["code"]))
    for name in kind.details:
        DETAILS[name](drawing, land, drawing.rng)
    if frame:
        margins.frame(drawing, box)
        margins.title(drawing, box, {"number": number, "commune": commune, "name": named, "scale": str(scale)})
        margins.neighbours(drawing, box, int(number))
    if frame and kind.system:
        margins.draw_crosses(drawing, to_paper(marks_m))
        margins.coordinates(drawing, box, corners_m)
    if frame and kind.ticks:
        margins.ticks(drawing, box, to_paper(marks_m), marks_m)
    to_map = Affine(1 / per_m, 0, west - margin / per_m, 0, -1 / per_m, north + margin / per_m)
    told, marks = (named, number, parcels.crs), (to_paper(marks_m), marks_m)
    return _sheet(drawing, land, dpi, scale, told, (box, corners_m), marks, to_map, frame=frame)


def _named(frame_m: tuple[float, float, float, float], scale: int) -> str:
    """Return the name of the standard sheet in which the middle of a frame lies: a wider one keeps its name."""
    side = SIDE_MM * scale / 1000
    west, south, east, north = frame_m
    return sheet_name(math.floor((west + east) / 2 / side) * side, math.ceil((south + north) / 2 / side) * side, scale)


def _boundaries(drawing: Drawing, land: gpd.GeoDataFrame) -> None:
    """Draw every edge once: edges of roads and waters as theirs, all others as boundaries."""
    style, rng = drawing.style, drawing.rng
    shapes = land.geometry.to_numpy()
    wide = (land["kind"] != "parcel").to_numpy()
    edges = shapely.node(shapely.union_all(shapely.boundary(shapes)))
    road = shapely.union_all(shapely.boundary(shapes[wide])) if wide.any() else shapely.LineString()
    for line in shapely.get_parts(shapely.line_merge(shapely.difference(edges, road))):
        if style.uncertain and rng.random() < style.uncertain:
            drawing.dashed("boundary", line, style.boundary_mm, 2.0, 0.8)
            drawing.uncertain.append(line)
        else:
            drawing.stroke("boundary", [_missed(line, style.miss_mm, rng)], style.boundary_mm)
    drawing.stroke("boundary", shapely.get_parts(shapely.line_merge(road)), style.road_mm)


def _missed(line: LineString, miss_mm: float, rng: Random) -> LineString:
    """Return a line that ends a little before or behind where it should."""
    points = shapely.get_coordinates(line)
    if not miss_mm or line.length < 5 or (points[0] == points[-1]).all():
        return line
    for end, before in ((0, 1), (-1, -2)):
        step = points[end] - points[before]
        points[end] += step / np.hypot(*step) * max(rng.gauss(0, miss_mm), -float(np.hypot(*step)) / 2)
    return LineString(points)


def _labelled(drawing: Drawing, land: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    rng = Random(drawing.rng.random())
    rows: list[tuple[Point, tuple[str, ...]]] = []
    for shape, kind, number, area, code in zip(
        land.geometry, land["kind"], land["number"], land["area_m2"], land["code"], strict=True
    ):
        if kind != "parcel" or not drawing.style.labelled:
            rows.append((Point(), ("", "", "")))
            continue
        words = (number, f"{area:.1f}", code) if drawing.style.whole_labels else (number, "", "")
        rows.append(label(drawing, shape, words, rng))
    told = np.array([row[1] for row in rows], dtype=object).reshape(-1, 3)
    spots = np.array([row[0] for row in rows], dtype=object)
    return land.assign(
        number=told[:, 0], area=told[:, 1], code=told[:, 2], label=gpd.GeoSeries(spots, index=land.index)
    )


def _sheet(
    drawing: Drawing,
    land: gpd.GeoDataFrame,
    dpi: float,
    scale: int,
    told: tuple[str, str, Any],
    corners: tuple[Floats, Floats],
    marks: tuple[Floats, Floats],
    to_map: Affine,
    *,
    frame: bool,
) -> Sheet:
    """Paint the ink and bring the truth to pixels."""
    canvas = drawing.canvas
    scaled = canvas.pixels
    columns = ["number", "area", "code", "kind", "area_m2", "label", "geometry"]
    shapes = land[columns].reset_index(drop=True)
    shapes["geometry"] = shapely.transform(shapes.geometry.to_numpy(), scaled)
    shapes["label"] = gpd.GeoSeries(shapely.transform(shapes["label"].to_numpy(), scaled))
    texts, roles, boxes = zip(*drawing.words, strict=True) if drawing.words else ((), (), ())
    words = gpd.GeoDataFrame(
        {"text": list(texts), "role": list(roles)}, geometry=shapely.transform(np.array(boxes, dtype=object), scaled)
    )
    return Sheet(
        image=255 - canvas.paint(),
        dpi=dpi,
        scale=scale,
        name=told[0],
        number=told[1],
        crs=told[2],
        parcels=shapes,
        corners=scaled(corners[0]) if frame else np.full((4, 2), np.nan),
        corners_m=corners[1],
        crosses=scaled(marks[0]),
        crosses_m=marks[1],
        turn_deg=0.0,
        to_map=to_map @ Affine.scale(MM_PER_INCH / dpi),
        lines=canvas.paint("boundary") >= _INKED,
        text=canvas.paint("text") >= _INKED,
        words=words,
        dashed=shapely.transform(MultiLineString(drawing.uncertain), scaled),
        hatched=shapely.transform(MultiPoint(drawing.hatched), scaled),
    )
