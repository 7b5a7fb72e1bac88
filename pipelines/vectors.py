"""Vector files, read raw: text of 8-bit formats keeps its bytes, one character of latin-1 for each.

Which encoding those bytes are in is decided elsewhere, by vote over a whole column; nothing may be lost before.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow.lib
import pyogrio
import pyogrio.errors
import shapely

import schemas
from pipelines.errors import ReadError

DRIVERS: dict[str, str] = {
    ".dgn": "DGN",
    ".dxf": "DXF",
    ".shp": "ESRI Shapefile",
    ".tab": "MapInfo File",
    ".mif": "MapInfo File",
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".fgb": "FlatGeobuf",
    ".gml": "GML",
    ".kml": "LIBKML",
    ".thf": "EDIGEO",
}
"""File name ending to GDAL driver. A GeoParquet file (`.parquet`) is read by geopandas itself."""

_BROKEN = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError,
    pyarrow.lib.ArrowInvalid,
    shapely.errors.ShapelyError,
    UnicodeDecodeError,
    OSError,
)

_COSTLY = frozenset({"EDIGEO"})
"""Drivers that parse the whole file anew for each layer asked about."""

_BYTES = frozenset({"DGN", "DXF", "ESRI Shapefile", "MapInfo File"})


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
    """Return the GDAL driver for a file by its ending; None when it is no vector file."""
    if path.suffix.lower() == ".parquet":
        return "Parquet"
    return DRIVERS.get(path.suffix.lower())


def keeps_bytes(path: Path) -> bool:
    """Tell whether text of this file comes as bytes (latin-1 passthrough) and must be decoded."""
    return driver(path) in _BYTES


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
    if driver(path) == "Parquet":
        with _reading(path):
            return gpd.read_parquet(path)
    with _reading(path):
        # A ring that does not close is no geometry; the row stays, and the checks say that it has none.
        return pyogrio.read_dataframe(
            path, layer=layer, columns=columns, force_2d=True, on_invalid="ignore", **_encoding_option(driver(path))
        )


@lru_cache(maxsize=4096)
def _layers(path: Path, changed_ns: int, size: int) -> tuple[Layer, ...]:
    # An EDIGEO lot is parsed anew for each of its twenty layers, so nobody should ask twice; date and size of the
    # file are part of the question.
    if driver(path) == "Parquet":
        return (_parquet_layer(path),)
    with _reading(path):
        listed = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
        if driver(path) not in _COSTLY:
            return tuple(_layer(path, name) for name, _ in listed)
        wanted = re.compile("|".join(_layer_patterns()) or "$.")
        return tuple(
            _layer(path, name) if wanted.search(name) else Layer(name, kind, None, (), None, None)
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
        path, layer=name, force_feature_count=True, force_total_bounds=True, **_encoding_option(driver(path))
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


def _parquet_layer(path: Path) -> Layer:
    with _reading(path):
        rows = gpd.read_parquet(path)
    extent = tuple(float(value) for value in rows.total_bounds) if len(rows) else None
    fields = tuple(str(column) for column in rows.columns if column != rows.geometry.name)
    kinds = rows.geom_type.dropna().unique()
    crs = rows.crs.to_wkt() if rows.crs is not None else None
    return Layer(path.stem, str(kinds[0]) if len(kinds) == 1 else "Unknown", len(rows), fields, extent, crs)  # type: ignore[arg-type]


def _encoding_option(name: str | None) -> dict[str, Any]:
    # Each driver spells latin-1 its own way: the shapefile driver knows only the ISO name, and the DXF driver
    # encodes twice when the generic option is used, so it gets a configuration option instead (see `_reading`).
    if name == "ESRI Shapefile":
        return {"encoding": "ISO-8859-1"}
    if name in {"DGN", "MapInfo File"}:
        return {"encoding": "latin-1"}
    return {}


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Set what GDAL needs for raw text and turn its complaints into one clear error."""
    before = pyogrio.get_gdal_config_option("DXF_ENCODING")
    pyogrio.set_gdal_config_options({"DXF_ENCODING": "ISO-8859-1"})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.simplefilter("ignore", UserWarning)
            yield
    except _BROKEN as error:
        raise ReadError(
            f"Không đọc được {path.name}: tệp hỏng, cụt hoặc không đúng định dạng của phần mở rộng.",
            f"{path.name} cannot be read: it is broken, cut short, or not what its ending says.",
        ) from error
    finally:
        pyogrio.set_gdal_config_options({"DXF_ENCODING": before})
