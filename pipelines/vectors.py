"""Vector files, read raw: text of 8-bit formats keeps its bytes, one character of latin-1 for each.

Which encoding those bytes are in is decided elsewhere, by vote over a whole column; nothing may be lost before.
Drawings (DGN, DWG, DXF) are read by `pipelines.dgn_elements` and `pipelines.cad`, everything else by GDAL.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

import schemas
from pipelines import cad, dgn, dgn_elements, gdal
from pipelines.errors import ReadError, Reason

DRIVERS: dict[str, str] = {
    ".dgn": "DGN",
    ".dxf": "DXF",
    ".dwg": "DWG",
    ".shp": "ESRI Shapefile",
    ".tab": "MapInfo File",
    ".mif": "MapInfo File",
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".geojsonl": "GeoJSONSeq",
    ".geojsons": "GeoJSONSeq",
    ".ndjson": "GeoJSONSeq",
    ".fgb": "FlatGeobuf",
    ".gml": "GML",
    ".kml": "LIBKML",
    ".kmz": "LIBKML",
    ".gdb": "OpenFileGDB",
    ".sqlite": "SQLite",
    ".thf": "EDIGEO",
}
"""File name ending to format, as GDAL names it. A GeoParquet file (`.parquet`) is read by geopandas itself."""

DRAWINGS = frozenset({"DGN", "DWG", "DXF"})
"""Formats of one list of elements on levels or layers."""

_PARQUET = frozenset({".parquet", ".geoparquet"})

_COSTLY = frozenset({"EDIGEO"})
"""Drivers that parse the whole file anew for each layer asked about."""

_BYTES = frozenset({"ESRI Shapefile", "MapInfo File"})


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a vector file.

    Attributes:
        name: Name of the layer.
        geometry: Geometry type as GDAL names it.
        features: Number of features; None where counting would cost too much and no profile asks for the layer.
        fields: Column names.
        extent: West, south, east, north in the CRS of the layer; None when empty.
        crs: WKT or `EPSG:…`; None when the file does not say.
    """

    name: str
    geometry: str | None
    features: int | None
    fields: tuple[str, ...]
    extent: tuple[float, float, float, float] | None
    crs: str | None


def driver(path: Path) -> str | None:
    """Return the format of a file by its ending, as GDAL names it; None when it is no vector file."""
    if path.suffix.lower() in _PARQUET:
        return "Parquet"
    if path.name.lower().endswith(".gdb.zip"):
        return "OpenFileGDB"
    return DRIVERS.get(path.suffix.lower())


def keeps_bytes(path: Path) -> bool:
    """Tell whether text of this file comes as bytes (latin-1 passthrough) and must be decoded.

    A drawing may hold texts of both kinds; those with a character beyond latin-1 are Unicode already.

    Raises:
        ReadError: The file is a drawing that cannot be read.
    """
    return _drawing(path).keeps_bytes if driver(path) in DRAWINGS else driver(path) in _BYTES


def notes(path: Path) -> tuple[Reason, ...]:
    """Return what is worth knowing about how a file was read: parts that are missing, layers that are hidden.

    Raises:
        ReadError: The file is a drawing that cannot be read.
    """
    if driver(path) in DRAWINGS:
        return _drawing(path).notes
    if driver(path) != "ESRI Shapefile":
        return ()
    lacking = [ending for ending in (".shx", ".dbf") if gdal.part(path, ending) is None]
    said = {
        ".shx": Reason("its part .shx is missing, rebuilt for reading", "thiếu phần .shx, đã dựng lại để đọc"),
        ".dbf": Reason("its part .dbf is missing: shapes without attributes", "thiếu phần .dbf: chỉ có hình"),
    }
    return tuple(said[ending] for ending in lacking)


def elements(path: Path) -> pd.DataFrame:
    """Return how many elements a drawing has by `Type`, `Level` and `Layer`, in the column `elements`.

    Raises:
        ReadError: The file is not a drawing that can be read.
    """
    if dgn.is_v7(path):
        found = dgn_elements.counts(path)
        return found.reindex(columns=["Type", "Level", "Layer", "elements"])
    rows = pd.DataFrame(_drawing(path).layers[cad.LAYER])
    keys = [name for name in ("Type", "Level", "Layer") if name in rows]
    return rows.groupby(keys, dropna=False, observed=True).size().rename("elements").reset_index()


def layers(path: Path) -> list[Layer]:
    """Return the layers of a vector file that have a geometry column or rows.

    Raises:
        ReadError: The file is not what its ending says.
    """
    status = path.stat()
    return list(_layers(path, status.st_mtime_ns, status.st_size))


def read(path: Path, layer: str | None = None, columns: Sequence[str] | None = None) -> gpd.GeoDataFrame:
    """Return a layer with text as its bytes were; `columns` limits the attributes read.

    Raises:
        ReadError: The file or layer cannot be read.
    """
    if driver(path) in DRAWINGS:
        return _elements(path, layer, columns)
    if driver(path) == "Parquet":
        rows = _parquet(path)
        return rows if columns is None else rows[[*(name for name in columns if name in rows), rows.geometry.name]]
    with gdal.reading(path) as source:
        # A ring that does not close is no geometry; the row stays, and the checks say that it has none.
        return pyogrio.read_dataframe(
            source,
            layer=layer,
            columns=columns,
            force_2d=True,
            on_invalid="ignore",
            **gdal.encoding_option(driver(path)),
        )


def _elements(path: Path, layer: str | None, columns: Sequence[str] | None) -> gpd.GeoDataFrame:
    found = _drawing(path).layers
    name = next(iter(found)) if layer is None else layer
    if name not in found:
        raise ReadError(
            f"{path.name} không có lớp {name}: sửa `layer`, tệp có {', '.join(found)}.",
            f"{path.name} has no layer {name}: mend `layer`, the file has {', '.join(found)}.",
        )
    rows = found[name]
    if columns is None:
        return rows.copy()
    return rows[[*(column for column in columns if column in rows and column != "geometry"), "geometry"]].copy()


def _drawing(path: Path) -> cad.Cad:
    try:
        status = path.stat()
    except OSError as error:
        raise gdal.unreadable(path) from error
    return _drawing_at(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=2)
def _drawing_at(path: Path, changed_ns: int, size: int) -> cad.Cad:
    """Read a drawing once for all who ask in a row: is it readable, what layers has it, what is in it."""
    if dgn.is_v7(path):
        rows = dgn_elements.read(path)
        text = rows["Text"].dropna()
        is_wide = len(text) > 0 and not text.map(_is_latin).any()
        return cad.Cad({cad.LAYER: rows}, not is_wide, ())
    try:
        return cad.read(path)
    except ReadError:
        if driver(path) != "DXF":
            raise
    with gdal.reading(path) as source:
        rows = pyogrio.read_dataframe(source, force_2d=True, on_invalid="ignore")
    note = Reason(
        "read by GDAL: paper space is not told from model space",
        "đọc bằng GDAL: không tách không gian giấy khỏi mô hình",
    )
    return cad.Cad({cad.LAYER: rows.rename(columns={"Linetype": "Style"})}, True, (note,))


def _is_latin(text: str) -> bool:
    return text.isascii() or all(ord(character) <= 0xFF for character in text)


@lru_cache(maxsize=4096)
def _layers(path: Path, changed_ns: int, size: int) -> tuple[Layer, ...]:
    # An EDIGEO lot is parsed anew for each of its twenty layers, so nobody should ask twice; date and size of the
    # file are part of the question.
    if driver(path) in DRAWINGS:
        return tuple(_described(name, rows) for name, rows in _drawing(path).layers.items())
    if driver(path) == "Parquet":
        return (_described(path.stem, _parquet(path)),)
    with gdal.reading(path) as source:
        listed = [(str(name), kind) for name, kind in pyogrio.list_layers(source)]
        if driver(path) not in _COSTLY:
            return tuple(_layer(source, name) for name, _ in listed)
        wanted = re.compile("|".join(_layer_patterns()) or "$.")
        return tuple(
            _layer(source, name) if wanted.search(name) else Layer(name, kind, None, (), None, None)
            for name, kind in listed
        )


@cache
def _layer_patterns() -> tuple[str, ...]:
    """Return the patterns by which source profiles know layers."""
    sections = [
        schemas.source(name).get(part) for name in schemas.sources() for part in ("parcels", "boundary", "sheets")
    ]
    return tuple(f"(?:{section['layer']})" for section in sections if section and section.get("layer"))


def _layer(path: Path, name: str) -> Layer:
    info = pyogrio.read_info(
        path, layer=name, force_feature_count=True, force_total_bounds=True, **gdal.encoding_option(driver(path))
    )
    bounds = info["total_bounds"]
    crs = info["crs"]
    return Layer(
        name=name,
        geometry=info["geometry_type"],
        features=int(info["features"]),
        fields=tuple(str(field) for field in info["fields"]),
        extent=tuple(float(value) for value in bounds) if bounds is not None and info["features"] else None,  # type: ignore[arg-type]
        crs=str(crs) if crs else None,
    )


def _parquet(path: Path) -> gpd.GeoDataFrame:
    with gdal.reading(path):
        try:
            return gpd.read_parquet(path)
        except ValueError as error:  # A table without a geometry column.
            raise gdal.unreadable(path) from error


def _described(name: str, rows: gpd.GeoDataFrame) -> Layer:
    extent = tuple(float(value) for value in rows.total_bounds)
    fields = tuple(str(column) for column in rows.columns if column != rows.geometry.name)
    kinds = rows.geom_type.dropna().unique()
    crs = rows.crs.to_wkt() if rows.crs is not None else None
    is_somewhere = not any(value != value for value in extent)
    kind = str(kinds[0]) if len(kinds) == 1 else "Unknown"
    return Layer(name, kind, len(rows), fields, extent if is_somewhere else None, crs)  # type: ignore[arg-type]
