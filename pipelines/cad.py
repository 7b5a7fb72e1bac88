"""DGN v8, DWG and DXF as rows of elements, the way a DGN v7 is read: one row for each thing drawn.

Blocks are taken apart (what lies on layer 0 of a block takes the layer it is placed on), complex elements are one
line or ring, a multi-line text is one text with line feeds, attributes and tags are texts of their own.
"""

import gc
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cadkit
import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

from pipelines.cad_shapes import plain_points, shape_of
from pipelines.cad_text import restored
from pipelines.errors import ReadError, Reason

LAYER = "elements"
"""Name of the layer of a drawing; further models and layouts are layers with their own names."""

_LIMITS: dict[str, Any] = {
    "max_input_bytes": 2 * 1024**3,
    "max_decompressed_bytes": 4 * 1024**3,
    "max_objects": 20_000_000,
    "max_depth": 32,
}
_UNICODE_SINCE = "AC1021"
"""AutoCAD 2007: from here on DWG and DXF hold text in Unicode."""

_LEVEL_NUMBER = re.compile(r"(?:level\s*)?(\d{1,5})", re.IGNORECASE)
_LARGEST_INDEX = 0xFFFF
"""Larger numbers of colour, weight or style mean: as the level, or as the cell."""

_COLUMNS = ("Type", "Level", "Layer", "GraphicGroup", "ColorIndex", "Weight", "Style", "Text", "Height", "Rotation")


@dataclass(frozen=True, slots=True)
class Cad:
    """A drawing as read.

    Attributes:
        layers: Name to rows; `elements` is the design model, others are further models and paper layouts.
        keeps_bytes: Whether texts may be bytes that must be decoded.
        notes: What the reader found odd.
    """

    layers: dict[str, gpd.GeoDataFrame]
    keeps_bytes: bool
    notes: tuple[Reason, ...]


@dataclass(slots=True)
class _Rows:
    columns: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in _COLUMNS})
    geometry: list[Any] = field(default_factory=list)
    plain: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    places: list[Any] = field(default_factory=list)
    is_wide: list[bool] = field(default_factory=list)
    is_hidden: list[bool] = field(default_factory=list)


def read(path: Path) -> Cad:
    """Return the elements of a DGN v8, DWG or DXF file.

    Columns: `Type` (DGN type number or kind of entity, as text), `Level` (number, where its name or the file tells
    one), `Layer`, `GraphicGroup`, `ColorIndex`, `Weight`, `Style`, `Text`, `Height`, `Rotation` (degrees), `Hidden`
    and `geometry`. DGN v8 comes in metres where its master unit is a known one; DWG and DXF as drawn, since their
    unit setting is a template's as often as the surveyor's.

    Raises:
        ReadError: The file is broken, cut short, locked, or larger than a map sheet can be.
    """
    try:
        document = cadkit.read(path, **_LIMITS)
        body = _loads((document.explode_inserts() if document.blocks else document).to_json())
    except (cadkit.CadkitError, OSError, ValueError, MemoryError, RecursionError) as error:
        raise ReadError(
            f"Không đọc được bản vẽ {path.name}: tệp hỏng, cụt hoặc có mật khẩu; mở và lưu lại bằng phần mềm vẽ.",
            f"The drawing {path.name} cannot be read: broken, cut short or locked; open and save it again.",
        ) from error
    hidden = {layer["name"] for layer in body["layers"] if not layer["visible"] or layer["frozen"]}
    is_dgn = body["source"]["format"].startswith("dgn")
    scale = (body["units"]["meters_per_unit"] or 1.0) if is_dgn else 1.0
    numbers = {layer["name"]: layer["id"] for layer in body["layers"]} if is_dgn else {}
    always_wide = not is_dgn and body["source"]["version"] >= _UNICODE_SINCE
    models = sorted(body["models"], key=lambda model: (model["kind"] != "model", not model["entities"]))
    gathered: dict[str, _Rows] = {}
    with _no_collector():
        for place, model in enumerate(models):
            rows = _Rows()
            for entity in model["entities"]:
                _gather(entity, rows, always_wide, hidden)
            if place == 0 or rows.geometry:
                gathered[LAYER if place == 0 else _free(model["name"], gathered)] = rows
    texts = [text for rows in gathered.values() for text in rows.columns["Text"]]
    wide = [flag for rows in gathered.values() for flag in rows.is_wide]
    words, keeps_bytes = restored(texts, wide, body["source"]["codepage"])
    frames, begin = {}, 0
    for name, rows in gathered.items():
        rows.columns["Text"] = words[begin : begin + len(rows.is_wide)]
        begin += len(rows.is_wide)
        frames[name] = _frame(rows, numbers, scale)
    return Cad(frames, keeps_bytes, _notes(body, hidden, scale))


def _free(name: str, taken: dict[str, Any]) -> str:
    return next(tried for n in range(1, len(taken) + 3) if (tried := name if n == 1 else f"{name} {n}") not in taken)


def _loads(text: str) -> dict[str, Any]:
    with _no_collector():
        body: dict[str, Any] = orjson.loads(text)
    return body


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the cycle collector out: it walks millions of new dictionaries again and again and finds nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _gather(entity: dict[str, Any], rows: _Rows, always_wide: bool, hidden: set[str]) -> None:
    """Add the row of an entity, or the rows of what it is made of, and of its attributes."""
    kind, props = entity["kind"], entity["props"]
    if kind["type"] == "group" and kind["group_kind"] in ("cell", "text_node", "other"):
        for child in kind["children"]:
            _gather(child, rows, always_wide, hidden)
    elif not (kind["type"] == "unknown" and kind["type_name"] == "dxf.ATTDEF"):
        # The definition of an attribute is a form, not a text of the drawing.
        text = _text(kind)
        wide = always_wide or props.get("dgn.text_encoding", "") == "utf-16le"
        _add(rows, entity, kind, text, wide, hidden)
    for attribute in entity["attributes"]:
        value = attribute["value"]
        if value is not None and str(value) != "":
            place = {"type": "point", "position": attribute["position"]} if attribute["position"] else kind
            shown = {**entity, "layer": attribute.get("layer") or entity["layer"]}
            shown["visible"] = entity["visible"] and not attribute["invisible"]
            shown["props"] = {**props, "dgn.type": 37} if "dgn.type" in props else {"name": "attribute"}
            _add(rows, shown, place if place["type"] == "point" else {"type": "none"}, str(value), always_wide, hidden)


def _add(
    rows: _Rows, entity: dict[str, Any], kind: dict[str, Any], text: str | None, wide: bool, hidden: set[str]
) -> None:
    props, columns = entity["props"], rows.columns
    number = props.get("dgn.type")
    columns["Type"].append(str(number) if number is not None else props.get("name") or kind["type"])
    columns["Level"].append(props.get("dgn.level_id"))
    columns["Layer"].append(entity["layer"])
    columns["GraphicGroup"].append(props.get("dgn.graphic_group"))
    columns["ColorIndex"].append(props.get("dgn.color_index", entity["color"].get("index")))
    columns["Weight"].append(props.get("dgn.weight"))
    columns["Style"].append(entity["linetype"])
    columns["Text"].append(text)
    columns["Height"].append(kind.get("height") if text is not None else None)
    rotation = kind.get("rotation") if text is not None else None
    columns["Rotation"].append(math.degrees(rotation) if rotation is not None else None)
    points = plain_points(kind)
    if points is None:
        rows.geometry.append(shape_of(kind, props))
    else:
        # Most of a drawing is lines and texts: their geometries are made all at once at the end.
        rows.plain.append(len(rows.geometry))
        rows.counts.append(len(points))
        rows.places += points
        rows.geometry.append(None)
    rows.is_wide.append(wide)
    rows.is_hidden.append(not entity["visible"] or entity["layer"] in hidden)


def _text(kind: dict[str, Any]) -> str | None:
    if kind["type"] == "text":
        return str(kind["value"])
    if kind["type"] == "m_text":
        return str(kind["plain"]).replace("\r\n", "\n").replace("\r", "\n")
    return None


def _frame(rows: _Rows, numbers: dict[str, int], scale: float) -> gpd.GeoDataFrame:
    frame = pd.DataFrame({name: pd.Series(values, dtype="object") for name, values in rows.columns.items()})
    names = frame["Layer"].dropna().unique()
    said = {name: int(found.group(1)) for name in names if (found := _LEVEL_NUMBER.fullmatch(str(name).strip()))}
    # A level that carries a name is known by it: its identifier is only where it stands in a table.
    level = frame["Layer"].map(said) if numbers else pd.Series([None] * len(frame), dtype="object")
    frame["Level"] = level.astype("Int64")
    for name in ("GraphicGroup", "ColorIndex", "Weight"):
        values = pd.to_numeric(frame[name], errors="coerce").astype("Int64")
        frame[name] = values.mask(values > _LARGEST_INDEX)
    for name in ("Height", "Rotation"):
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype("float64")
    for name in ("Type", "Layer", "Style", "Text"):
        frame[name] = frame[name].astype("string")
    frame["Hidden"] = np.array(rows.is_hidden, dtype=bool)
    geometry = gpd.GeoSeries(_geometries(rows))
    if scale != 1.0:
        frame["Height"] *= scale
        geometry = geometry.scale(scale, scale, origin=(0, 0))
    return gpd.GeoDataFrame(frame, geometry=geometry)


def _geometries(rows: _Rows) -> np.ndarray[Any, Any]:
    made = np.empty(len(rows.geometry), dtype=object)
    made[:] = rows.geometry
    plain, counts = np.array(rows.plain, dtype=np.int64), np.array(rows.counts, dtype=np.int64)
    points = np.array(rows.places, dtype=float).reshape(-1, 2)
    owner = np.repeat(np.arange(len(plain)), counts)
    whole = np.bincount(owner, ~np.isfinite(points).all(axis=1), len(plain)) == 0
    single, several = whole & (counts == 1), whole & (counts > 1)
    made[plain[single]] = shapely.points(points[single[owner]])
    ends = np.r_[0, np.cumsum(counts[several])]
    lines = shapely.from_ragged_array(shapely.GeometryType.LINESTRING, points[several[owner]], (ends,))
    made[plain[several]] = lines
    return made


def _notes(body: dict[str, Any], hidden: set[str], scale: float) -> tuple[Reason, ...]:
    odd = [f"{warning['code']}: {warning['message']}" for warning in body["warnings"]]
    notes = [Reason(words, f"trình đọc báo: {words}") for words in odd]
    for block in body["blocks"]:
        if block["is_xref"]:
            name = block["xref_path"] or block["name"]
            notes.append(Reason(f"refers to {name}, not read", f"tham chiếu tệp {name}, không đọc"))
    if hidden:
        names = ", ".join(sorted(hidden)[:20])
        notes.append(Reason(f"hidden layers, read all the same: {names}", f"lớp bị ẩn, vẫn đọc: {names}"))
    unit = body["units"]["unit"]
    if scale != 1.0:
        notes.append(Reason(f"coordinates brought from {unit} to metres", f"tọa độ đổi từ {unit} sang mét"))
    elif not body["source"]["format"].startswith("dgn") and unit not in ("meter", "unitless"):
        notes.append(
            Reason(f"its unit is {unit}; coordinates taken as drawn", f"đơn vị ghi {unit}; tọa độ lấy như đã vẽ")
        )
    return tuple(notes)
