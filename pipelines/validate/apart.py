"""The parcel layer of one file from anywhere, read in a child process: whatever a file does ends in one sentence."""

import pickle
import re
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

import schemas
from pipelines import sandbox, sources
from pipelines.errors import ReadError
from pipelines.sandbox import Limits

_BROKEN = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError,
    shapely.errors.ShapelyError,
    OSError,
    ValueError,
)

OF_FILE = "_cua_tep"
"""Added to the names of columns of a file that are called as the columns added here."""

_ROWS = 50_000
"""So many parcels at once are handed over."""

_POLYGONAL = re.compile(r"polygon|surface|unknown|geometrycollection", re.IGNORECASE)
_PARCEL_NAME = re.compile(r"thua|parcel", re.IGNORECASE)


def read_apart(
    paths: Sequence[Path], labels: Sequence[str], layer: str | None, limits: Limits | None
) -> list[gpd.GeoDataFrame]:
    """Return the parcels of each file with `feature_id` and `source`, read in a child process of its own.

    Args:
        paths: Files of any GDAL vector format, or GeoParquet.
        labels: What each is called.
        layer: Layer to read; None means the layer that looks like parcels.
        limits: Time and memory for each file.

    Raises:
        ReadError: A file cannot be read, takes more than the limits, or has no polygon layer.
    """
    with tempfile.TemporaryDirectory(prefix="diachinh-") as folder:
        kept = [Path(folder, str(number)) for number in range(len(paths))]
        calls = [(path, label, layer, there) for path, label, there in zip(paths, labels, kept, strict=True)]
        for outcome in sandbox.each(_keep, calls, limits=limits):
            outcome.get()
        return [_kept(there) for there in kept]


def _keep(path: Path, label: str, layer: str | None, there: Path) -> None:
    """Read a file and leave its parcels in another: a large layer goes through a file in half the time of a pipe."""
    with there.open("wb") as stream:
        parcels = _read(path, label, layer)
        for first in range(0, max(len(parcels), 1), _ROWS):
            pickle.dump(parcels.iloc[first : first + _ROWS], stream, protocol=pickle.HIGHEST_PROTOCOL)


def _kept(there: Path) -> gpd.GeoDataFrame:
    """Return what `_keep` left. Part by part, the bytes of all geometries are never there beside the geometries."""
    parts: list[gpd.GeoDataFrame] = []
    with there.open("rb") as stream:
        while stream.peek(1):
            parts.append(pickle.load(stream))
    return parts[0] if len(parts) == 1 else gpd.GeoDataFrame(pd.concat(parts, ignore_index=True))


def _read(path: Path, label: str, layer: str | None) -> gpd.GeoDataFrame:
    if not path.exists():
        raise ReadError(f"Không có tệp {path}: kiểm tra đường dẫn.", f"There is no file {path}: check the path.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd in a file becomes a finding or an error, not a warning
            if path.suffix.lower() in {".parquet", ".geoparquet"}:
                parcels = gpd.read_parquet(path)
            else:
                # A ring that does not close is no geometry; the row stays, and the checks say that it has none.
                parcels = pyogrio.read_dataframe(path, layer=_layer(path, layer), on_invalid="ignore")
    except _BROKEN as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError(
            f"Không đọc được tệp {path}: mở bằng phần mềm gốc và lưu lại (GPKG, SHP, GeoJSON).",
            f"The file {path} cannot be read: open it in its own software and save it again (GPKG, SHP, GeoJSON).",
        ) from error
    if not isinstance(parcels, gpd.GeoDataFrame):
        raise _no_polygons(path)
    shapes = parcels.geometry.to_numpy()
    attributes = pd.DataFrame(parcels).drop(columns=[parcels.geometry.name, "geometry"], errors="ignore")
    # What the file itself calls so stays, under another name.
    attributes = attributes.rename(columns={name: name + OF_FILE for name in ("feature_id", "source")})
    attributes = attributes.reset_index(drop=True)
    numbered = [f"{label}#{number}" for number in range(1, len(parcels) + 1)]
    attributes = attributes.assign(feature_id=pd.array(numbered, dtype="string"), source=label)
    return gpd.GeoDataFrame(attributes, geometry=shapes, crs=parcels.crs)


def _layer(path: Path, wanted: str | None) -> str:
    """Return the name of the parcel layer of a file."""
    layers = [(str(name), str(kind)) for name, kind in pyogrio.list_layers(path) if kind is not None]
    if wanted is not None:
        if wanted not in [name for name, _ in layers]:
            there = ", ".join(name for name, _ in layers)
            raise ReadError(
                f"Tệp {path.name} không có lớp “{wanted}”; có: {there}.",
                f"The file {path.name} has no layer {wanted!r}; it has: {there}.",
            )
        return wanted
    areal = [name for name, kind in layers if _POLYGONAL.search(kind)]
    if not areal:
        raise _no_polygons(path)
    patterns = [re.compile(pattern) for pattern in _layer_patterns()]
    for likely in (
        [name for name in areal if any(pattern.search(name) for pattern in patterns)],
        [name for name in areal if _PARCEL_NAME.search(sources.fold(name))],
        areal,
    ):
        if len(likely) == 1:
            return likely[0]
    raise ReadError(
        f"Tệp {path.name} có nhiều lớp vùng ({', '.join(areal)}): chọn một bằng --layer.",
        f"The file {path.name} has several polygon layers ({', '.join(areal)}): choose one with --layer.",
    )


def _layer_patterns() -> list[str]:
    sections = [schemas.source(name).get("parcels") or {} for name in schemas.sources()]
    return [section["layer"] for section in sections if section.get("layer")]


def _no_polygons(path: Path) -> ReadError:
    return ReadError(
        f"Tệp {path.name} không có lớp vùng nào: bản vẽ đường nét cần qua `diachinh run` trước.",
        f"The file {path.name} has no polygon layer: a line drawing has to go through `diachinh run` first.",
    )
