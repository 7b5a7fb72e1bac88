"""What an officer corrected on a sheet: kept by place in the pixels of the picture, so that it outlives every re-run.

A better georeference moves the parcels, a newer program numbers its edges otherwise; the picture stays as it is.
"""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import mapping, shape

from pipelines.errors import ReadError
from pipelines.files import write_text
from pipelines.geometry import Geometries, Indices

COLUMNS = ("kind", "number", "area", "code", "face_kind")
"""All text. `kind`: `edge_removed`, `edge_added`, `edge_confirmed` (lines), `corner_moved` (a line from where it was to
where it belongs), `face` (a point in it: its number, area and code, and what it is; `face_kind` null = as the program
sees it). The rows are in the order of time: what was seen and edited later builds on what was there before."""

LINES = ("edge_removed", "edge_added", "edge_confirmed")
"""Kinds that run along edges."""


def of(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Return corrections made one by one; each has `kind` and `geometry` in pixels."""
    table = pd.DataFrame(rows, columns=[*COLUMNS, "geometry"])
    return shaped(table)


def concat(frames: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return corrections one after another."""
    filled = [pd.DataFrame(frame) for frame in frames if len(frame)]
    return shaped(pd.concat(filled, ignore_index=True)) if filled else of([])


def read(path: Path, key: str) -> gpd.GeoDataFrame:
    """Return the corrections kept beside a sheet; none where no file is.

    Args:
        path: The file.
        key: SHA-256 and page of the picture.

    Raises:
        ReadError: It is damaged, or of another picture.
    """
    if not path.exists():
        return of([])
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        kept = body["picture"]
        rows = [_row(item) for item in body["features"]]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, shapely.errors.GEOSException) as error:
        raise ReadError(
            f"Tệp sửa chữa {path} hỏng: khôi phục bản sao của nó, hoặc đổi tên nó, rồi chạy lại.",
            f"The corrections {path} are damaged: restore a copy of the file, or rename it, then run again.",
        ) from error
    if kept != key:
        raise ReadError(
            f"{path} là sửa chữa của một ảnh quét khác: chọn thư mục khác bằng --out.",
            f"{path} holds the corrections of another picture: choose another folder with --out.",
        )
    return of(rows)


def write(corrections: gpd.GeoDataFrame, path: Path, key: str) -> None:
    """Write corrections as GeoJSON, y upwards (negative), so that QGIS shows them on the bare picture.

    Args:
        corrections: As of `of`.
        path: The file.
        key: SHA-256 and page of the picture.
    """
    flipped = shapely.transform(corrections.geometry.to_numpy(), lambda points: points * [1.0, -1.0])
    values = corrections[list(COLUMNS)].astype(object).where(corrections[list(COLUMNS)].notna(), None)
    features = [
        {"type": "Feature", "properties": properties, "geometry": mapping(place)}
        for properties, place in zip(values.to_dict("records"), flipped, strict=True)
    ]
    body = {"type": "FeatureCollection", "picture": key, "coordinates": "pixels", "features": features}
    write_text(path, json.dumps(body, ensure_ascii=False, indent=1) + "\n")


def merged(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, taken_back: Geometries, faces: Geometries, tolerance_px: float
) -> gpd.GeoDataFrame:
    """Return old and new corrections as one list, in which the new ones win where they meet old ones.

    Args:
        old: Corrections kept so far.
        new: What was edited since.
        taken_back: Faces and edges whose tick was taken away: what was said of them before no longer holds.
        faces: Faces as the officer saw them, in pixels; what is said of one face is said once.
        tolerance_px: Lines nearer than this are the same line.
    """
    lines = old[old["kind"].isin(LINES)]
    points = old[old["kind"] == "face"]
    said = np.concatenate([_points(new), np.empty(0, dtype=object)])
    renewed = faces[np.unique(within(said, faces))] if len(said) and len(faces) else faces[:0]
    is_line = shapely.get_dimensions(taken_back) == 1
    gone = np.concatenate([renewed, taken_back[~is_line]])
    points = points[within(points.geometry.to_numpy(), gone) < 0] if len(gone) and len(points) else points
    strokes = new[new["kind"].isin(LINES)].geometry.to_numpy()
    left = rest(lines.geometry.to_numpy(), strokes, tolerance_px)
    ticks = (lines["kind"] == "edge_confirmed").to_numpy()
    left[ticks] = rest(left[ticks], taken_back[is_line], tolerance_px)
    kept = lines.set_geometry(left)[~shapely.is_empty(left)].explode(index_parts=False)
    before = pd.concat([kept, old[old["kind"] == "corner_moved"]]).sort_index(kind="stable")
    return concat([before, points, new])


def rest(lines: Geometries, strokes: Geometries, tolerance_px: float) -> Geometries:
    """Return what is left of lines where nothing of the strokes runs along them."""
    if not len(lines) or not len(strokes):
        return np.array(lines, dtype=object)
    wide = shapely.union_all(shapely.buffer(strokes, tolerance_px, cap_style="flat"))
    left = shapely.difference(lines, wide)
    # What only crosses a stroke is no part of it.
    crossed = shapely.length(lines) - shapely.length(left) <= 4 * tolerance_px
    left = np.where(crossed & ~shapely.covered_by(lines, wide), lines, left)
    return np.where(shapely.length(left) < 2 * tolerance_px, shapely.LineString(), left)


def within(points: Geometries, faces: Geometries) -> Indices:
    """Return the number of the face that each point lies in, -1 where none."""
    found = np.full(len(points), -1, dtype=np.int64)
    if len(points) and len(faces):
        point, face = shapely.STRtree(faces).query(points, predicate="intersects")
        order = np.lexsort((face, point))[::-1]
        found[point[order]] = face[order]
    return found


def _points(corrections: gpd.GeoDataFrame) -> Geometries:
    return np.asarray(corrections.loc[corrections["kind"] == "face"].geometry.to_numpy(), dtype=object)


def _row(item: dict[str, Any]) -> dict[str, Any]:
    place = shapely.transform(shape(item["geometry"]), lambda points: points * [1.0, -1.0])
    return {name: item["properties"].get(name) for name in COLUMNS} | {"geometry": place}


def shaped(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return rows as corrections: exactly their columns, in their types; what is missing is null."""
    typed = (
        table.reindex(columns=[*COLUMNS, "geometry"]).astype(dict.fromkeys(COLUMNS, "string")).reset_index(drop=True)
    )
    return gpd.GeoDataFrame(typed, geometry=np.asarray(typed["geometry"], dtype=object), crs=None)
