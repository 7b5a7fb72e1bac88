"""A change package, read: a folder, a .zip, or one .yaml, with the parcels after in it or in a file beside it.

It comes from anywhere: it is unpacked within limits and read in a child process, and nothing in it is believed yet.
"""

import datetime
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

import schemas
from pipelines import crs, files, gdal, geometry, manifests, sandbox, vectors, vn2000
from pipelines.change.request import Edit, Request
from pipelines.errors import CrsError, PackageError, ReadError
from pipelines.sandbox import Limits

CHANGE = "change.yaml"

COMPUTED = frozenset(
    {
        "thua_key", "ma_dinh_danh_thua", "he_loai_dat", "nhom_dat", "dien_tich_do", "xep_loai", "ly_do", "so_canh_bao",
        "valid_from",
    }
)  # fmt: skip
"""Columns that the program computes; what a package says of them is left aside, as their values follow from others."""

_FACTS = ("thoi_diem_dang_ky", "ma_ho_so", "can_cu", "ly_do_dien_tich", "dong_y_the_chap")
_MAX_BYTES = 16 * 1024**2
_SHAPE = "geometry"
_CUT = 10
_ADVICE = {
    False: ("dùng tên cột của lớp thua_dat hoặc bỏ cột đó", "use the names of layer thua_dat, or drop them"),
    True: ("Shapefile cắt tên cột còn 10 chữ: lưu thành GPKG", "a Shapefile cuts names to 10 letters: save as GPKG"),
}
_EDITS = ("add", "set", "end")


def read(path: Path, zone: Callable[[tuple[str, str]], int], *, limits: Limits | None = None) -> Request:
    """Return what a package asks for.

    Args:
        path: Folder or .zip with a change.yaml, or a .yaml.
        zone: Gives the EPSG code of the zone of a commune (code and era).
        limits: Time and memory for reading it.

    Raises:
        ReadError: It is not there, or its geometry cannot be read.
        PackageError: It does not follow `schemas/change.schema.json`, or names columns that parcels do not have.
        CrsError: The parcels after are in no zone of VN-2000.
    """
    with _unpacked(path) as (manifest, is_alone):
        body, parcels = sandbox.call(_read, manifest, limits=limits)
        contents = _named(manifest, body.get("thua_dat")) if is_alone else files.find(manifest.parent)
        sha256 = files.sha256_of(manifest.parent, contents)
    scope = (body["ma_xa"], body["ky_dia_gioi"])
    said = None
    if parcels is not None:
        target = pyproj.CRS.from_epsg(zone(scope))
        said = parcels.pop("_said")
        said = pd.DataFrame(
            {name: [name in names for names in said] for name in parcels.columns}, index=parcels.index, dtype=bool
        )
        parcels = _in_zone(parcels, target)
    return Request(
        giao_dich_id=body["giao_dich_id"],
        loai_bien_dong=body["loai_bien_dong"],
        ma_xa=scope[0],
        ky_dia_gioi=scope[1],
        ngay_hieu_luc=body["ngay_hieu_luc"],
        sha256=sha256,
        based_on=dict(body["based_on"]),
        parcels=parcels,
        edits=[Edit(edit["layer"], *(tuple(edit.get(step, ())) for step in _EDITS)) for edit in body.get("edits", ())],
        noi_dung=dict(body.get("noi_dung", {})),
        facts={name: body[name] for name in _FACTS if name in body},
        said=said,
    )


@contextmanager
def _unpacked(path: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the change.yaml of a package, and whether it is a .yaml on its own."""
    if path.is_dir():
        yield _manifest(path, files.find(path), path), False
    elif not path.is_file():
        raise ReadError(
            f"Không có gói biến động {path}: kiểm tra đường dẫn.", f"There is no change package {path}: check the path."
        )
    elif path.suffix.lower() == ".zip":
        with tempfile.TemporaryDirectory(prefix="diachinh-") as folder:
            yield _manifest(Path(folder), files.unzip(path, Path(folder)), path), False
    elif path.suffix.lower() in {".yaml", ".yml"}:
        yield path, True
    else:
        raise PackageError(
            f"{path} không phải gói biến động: cần thư mục hoặc .zip có {CHANGE}, hay một tệp .yaml.",
            f"{path} is no change package: a folder or .zip with a {CHANGE}, or a .yaml is needed.",
        )


def _manifest(root: Path, there: list[str], path: Path) -> Path:
    found = [name for name in there if Path(name).name == CHANGE]
    if len(found) != 1:
        raise PackageError(
            f"{path} có {len(found)} tệp {CHANGE}: mỗi gói biến động cần đúng một tệp.",
            f"{path} holds {len(found)} files {CHANGE}: a change package needs exactly one.",
        )
    return root / found[0]


def _named(manifest: Path, geometry: Any) -> list[str]:
    """Return the files of a package that is a .yaml on its own: itself, and the geometry that it names."""
    if not isinstance(geometry, str):
        return [manifest.name]
    return [manifest.name, geometry, *files.companions(geometry, files.find(manifest.parent))]


def _read(manifest: Path) -> tuple[dict[str, Any], gpd.GeoDataFrame | None]:
    """Return the checked content and the parcels after, each with the names of what is said of it in `_said`."""
    try:
        with manifest.open("rb") as stream:
            body = manifests.plain(manifests.values(stream.read(_MAX_BYTES + 1), _MAX_BYTES))
    except (*manifests.BROKEN, OSError) as error:
        raise PackageError(
            f"{manifest.name} không phải YAML mã UTF-8 hợp lệ: sửa lại theo mẫu của `diachinh change draft`.",
            f"{manifest.name} is not valid YAML in UTF-8: mend it after the pattern of `diachinh change draft`.",
        ) from error
    if not isinstance(body, dict):
        raise PackageError(
            f"{manifest.name} trống hoặc không gồm các khóa: viết lại theo mẫu của `diachinh change draft`.",
            f"{manifest.name} is empty or holds no keys: write it after the pattern of `diachinh change draft`.",
        )
    body = {name: value if name == "thua_dat" else _composed(value) for name, value in body.items()}
    manifests.check(body, schemas.change_schema(), manifest.name, quoting=False)
    try:
        datetime.date.fromisoformat(body["ngay_hieu_luc"])
    except ValueError as error:
        raise PackageError(
            f"{manifest.name}: “ngay_hieu_luc” không phải ngày có thật: {body['ngay_hieu_luc']}.",
            f"{manifest.name}: 'ngay_hieu_luc' is no day there is: {body['ngay_hieu_luc']}.",
        ) from error
    if private := body.get("noi_dung"):
        whole = {"giao_dich_id": body["giao_dich_id"], **private}
        manifests.check(whole, schemas.layer("noi_dung_giao_dich"), "noi_dung", quoting=False)
    named = body.get("thua_dat")
    if named is None:
        return body, None
    rows = _from_file(manifest.parent, named) if isinstance(named, str) else _from_rows(named)
    return body, _known_columns(rows)


def _composed(value: Any) -> Any:
    """Return values with their text in NFC, as the register has it: the same letters, whatever keyboard wrote them."""
    if isinstance(value, dict):
        return {name: _composed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_composed(item) for item in value]
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _from_file(folder: Path, name: str) -> gpd.GeoDataFrame:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()) or not path.exists():
        raise ReadError(
            f"Gói không có tệp “{name}” mà khóa thua_dat nêu: đặt tệp đó cạnh {CHANGE}.",
            f"The package has no file {name!r}, which thua_dat names: put it beside {CHANGE}.",
        )
    if vectors.driver(path) is None or vectors.driver(path) in vectors.DRAWINGS:
        raise ReadError(
            f"“{name}” không phải lớp thửa đất: lưu lại thành GPKG hoặc GeoJSON.",
            f"{name!r} is no layer of parcels: save it as GPKG or GeoJSON.",
        )
    rows = vectors.read(path) if vectors.driver(path) == "Parquet" else _layer(path)
    if not isinstance(rows, gpd.GeoDataFrame) or rows.crs is None:
        raise CrsError(
            f"Tệp “{name}” không có hệ tọa độ: khai báo múi VN-2000 của xã rồi lưu lại.",
            f"The file {name!r} has no coordinate reference system: declare the VN-2000 zone of the commune, save it.",
        )
    rows = rows.rename_geometry(_SHAPE) if rows.geometry.name != _SHAPE else rows
    said = frozenset(str(column) for column in rows.columns)
    return rows.assign(_said=pd.Series([said] * len(rows), index=rows.index, dtype=object))


def _layer(path: Path) -> gpd.GeoDataFrame:
    with gdal.reading(path) as source:
        layers = [str(layer) for layer, kind in pyogrio.list_layers(source) if kind is not None]
        chosen = layers[0] if len(layers) == 1 else "thua_dat"
        if chosen not in layers:
            raise ReadError(
                f"Tệp {path.name} có {len(layers)} lớp hình: giữ một lớp, hoặc đặt tên lớp thửa là thua_dat.",
                f"The file {path.name} has {len(layers)} layers of shapes: keep one, or name that of parcels thua_dat.",
            )
        return pyogrio.read_dataframe(source, layer=chosen, force_2d=True)


def _from_rows(rows: list[Mapping[str, Any]]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame([{name: value for name, value in row.items() if name != _SHAPE} for row in rows])
    frame = frame.reindex(pd.RangeIndex(len(rows)))
    try:
        shapes = shapely.from_wkt(np.array([row.get(_SHAPE) for row in rows], dtype=object))
    except (shapely.errors.ShapelyError, TypeError) as error:
        raise PackageError(
            "thua_dat: có `geometry` không phải WKT: viết POLYGON ((…)) bằng tọa độ trong múi của xã.",
            "thua_dat: a `geometry` is no WKT: write POLYGON ((…)) with coordinates in the zone of the commune.",
        ) from error
    return gpd.GeoDataFrame(
        frame.assign(_said=pd.Series([frozenset(row) for row in rows], dtype=object)), geometry=shapes
    )


def _known_columns(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows with the columns that a package may fill, in the types the schema wants."""
    known = schemas.layer("thua_dat")["properties"]
    unknown = [str(name) for name in rows.columns if name not in known and name != "_said"]
    if unknown:
        # A Shapefile knows ten letters of a name; which column was meant is not ours to guess.
        is_cut = any(len(name) == _CUT and any(full.startswith(name) for full in known) for name in unknown)
        vi, en = _ADVICE[is_cut]
        raise PackageError(
            f"thua_dat có cột không biết: {', '.join(unknown)}; {vi}.",
            f"thua_dat has unknown columns: {', '.join(unknown)}; {en}.",
        )
    kept = rows.drop(columns=[name for name in COMPUTED if name in rows.columns])
    for name in kept.columns.drop(["_said", _SHAPE]):
        try:
            kept[name] = _typed(kept[name], known[name]["type"])
        except (ValueError, TypeError, OverflowError) as error:
            raise PackageError(
                f"thua_dat: cột {name} có giá trị sai kiểu: xem lớp thua_dat.",
                f"thua_dat: the column {name} holds a value of the wrong type: see layer thua_dat.",
            ) from error
    return kept


def _typed(values: pd.Series, kind: Any) -> pd.Series:
    if "number" in kind or "integer" in kind:
        if values.map(lambda value: isinstance(value, bool)).any():
            raise TypeError("a truth is no number")
        numbers = pd.to_numeric(values)
        if np.isinf(numbers.astype("float64").to_numpy()).any():
            raise ValueError("no number of anything")
        typed: pd.Series = numbers.astype("Int64" if "integer" in kind else "float64")
        return typed
    if "boolean" in kind:
        return values.astype("boolean")
    if values.map(lambda value: isinstance(value, dict | list)).any():
        raise TypeError("no text")
    whole = values.map(lambda value: int(value) if isinstance(value, float) and value.is_integer() else value)
    return whole.astype("string").str.strip().str.normalize("NFC")


def _in_zone(parcels: gpd.GeoDataFrame, zone: pyproj.CRS) -> gpd.GeoDataFrame:
    """Return the parcels in the zone of their commune. Rows with WKT are in it; a file says in what it is."""
    if not geometry.is_finite(parcels.geometry.to_numpy()).all():
        raise PackageError(
            "thua_dat: có đỉnh mang tọa độ không thể có: sửa hình bằng tọa độ trong múi của xã.",
            "thua_dat: a vertex has coordinates that cannot be: mend the shape, in the zone of the commune.",
        )
    if parcels.crs is None:
        return parcels.set_crs(zone)
    if not vn2000.matches(parcels.crs):
        raise CrsError(
            f"Các thửa sau biến động ở hệ “{parcels.crs.name}”, không phải VN-2000: lưu lại trong {zone.name}.",
            f"The parcels after are in {parcels.crs.name!r}, not VN-2000: save them in {zone.name}.",
        )
    return parcels.set_geometry(crs.reproject(parcels.geometry, zone), crs=zone)
