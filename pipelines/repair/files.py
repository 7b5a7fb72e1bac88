"""Repairs as GeoPackage: the repaired layer, the proof, and the originals of what changed."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from pipelines.errors import ReadError, SettingsError
from pipelines.repair.engine import KEPT
from pipelines.repair.whole import KEY, PLACE, RESERVED, SHAPE, Repaired, restore

LAYER, REPAIRS, ORIGINALS, SEAL = "thua_dat", "repairs", "originals", "seal"

_BROKEN = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.FieldError,
    OSError,
)


def write(made: Repaired, path: Path) -> None:
    """Write a repair; the file appears whole or not at all.

    Raises:
        SettingsError: Nothing can be written there.
    """
    with _writing(path) as partial:
        _write_layer(made.layer, partial)
        pyogrio.write_dataframe(
            made.repairs, partial, layer=REPAIRS, driver="GPKG", geometry_type="MultiPoint", append=True
        )
        pyogrio.write_dataframe(
            made.originals, partial, layer=ORIGINALS, driver="GPKG", append=True, layer_options={"FID": "sua_fid"}
        )
        seal = pd.DataFrame({"sha256": [_sealed(partial)]})
        pyogrio.write_dataframe(seal, partial, layer=SEAL, driver="GPKG", append=True)


def check_columns(layer: gpd.GeoDataFrame) -> None:
    """Refuse columns that a GeoPackage cannot tell apart, before the work.

    Raises:
        SettingsError: Two names differ in capitals only, or one is needed for the repair itself.
    """
    taken = [str(name) for name in layer.columns if str(name).casefold() in RESERVED]
    if taken:
        raise SettingsError(
            f"Cột {taken[0]} trùng tên cột của việc sửa: đổi tên cột đó rồi sửa lại.",
            f"The column {taken[0]} has a name that the repair needs itself: rename it and repair again.",
        )
    names = pd.Series([str(name) for name in layer.columns], dtype="string")
    twice = names[names.str.casefold().duplicated(keep=False)]
    if len(twice):
        told = ", ".join(twice)
        raise SettingsError(
            f"Các cột {told} chỉ khác nhau chữ hoa, chữ thường: đổi tên một cột rồi sửa lại.",
            f"The columns {told} differ in capitals only: rename one of them and repair again.",
        )


def undo(path: Path, out: Path) -> gpd.GeoDataFrame:
    """Write the layer that a repair began with, and return it.

    Raises:
        ReadError: The file does not come from a repair, or was changed since: what was changed by hand would be lost.
        SettingsError: Nothing can be written to `out`.
    """
    try:
        layer = pyogrio.read_dataframe(path, layer=LAYER, on_invalid="ignore")
        originals = pyogrio.read_dataframe(path, layer=ORIGINALS, read_geometry=False)
        seal = pyogrio.read_dataframe(path, layer=SEAL, read_geometry=False)
    except _BROKEN as error:
        raise _foreign(path) from error
    if not ({KEY, KEPT} <= set(layer.columns) and {KEY, PLACE, SHAPE} <= set(originals.columns)):
        raise _foreign(path)
    if list(seal.get("sha256", [])) != [_sealed(path)]:
        raise ReadError(
            f"Tệp {path} đã bị sửa sau khi `diachinh repair` ghi, trả về sẽ mất phần sửa tay: dùng bản chưa sửa; dữ "
            f"liệu gốc nằm trong lớp {ORIGINALS}.",
            f"The file {path} was changed after `diachinh repair` wrote it, and the changes would be lost: take the "
            f"copy without them; the input is in its layer {ORIGINALS}.",
        )
    whole = restore(layer, _as_in(layer, originals))
    with _writing(out) as partial:
        _write_layer(whole, partial)
    return whole


def _sealed(path: Path) -> str:
    """Return the hash of what is stored of the layer and of the originals."""
    digest = hashlib.sha256()
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as store:
        for name in (LAYER, ORIGINALS):
            for row in store.execute(f'SELECT * FROM "{name}" ORDER BY 1'):
                digest.update(repr(row).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _as_in(layer: gpd.GeoDataFrame, originals: pd.DataFrame) -> pd.DataFrame:
    """Return the originals with the types of the layer: a column of few rows may look like another type."""
    kinds = {name: layer[name].dtype for name in originals.columns if name in layer and len(layer)}
    fitting = {name: kind for name, kind in kinds.items() if kind != originals[name].dtype}
    loose = {name: "object" for name, kind in fitting.items() if originals[name].isna().any() and kind.kind in "iub"}
    return originals.astype(fitting | loose)


def _write_layer(layer: gpd.GeoDataFrame, path: Path) -> None:
    """Write a layer with every geometry as it is: single parts stay single."""
    pyogrio.write_dataframe(
        layer,
        path,
        layer=LAYER,
        driver="GPKG",
        geometry_type="Unknown",
        layer_options={"FID": "sua_fid", "GEOMETRY_NAME": "sua_geom"},
    )


@contextmanager
def _writing(path: Path) -> Iterator[Path]:
    """Give a file beside `path` to write into, and put it in place afterwards."""
    partial = path.with_name(f".{path.stem}.new{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        try:
            yield partial
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except (sqlite3.Error, *_BROKEN) as error:
        raise SettingsError(
            f"Không ghi được “{path}”: kiểm tra quyền ghi, chỗ trống, và tệp có đang mở ở chương trình khác không.",
            f"Cannot write {str(path)!r}: check the rights, the space left, and whether another program has it open.",
        ) from error


def _foreign(path: Path) -> ReadError:
    return ReadError(
        f"Tệp {path} không do `diachinh repair` ghi: chọn tệp đã ghi bằng --out.",
        f"The file {path} was not written by `diachinh repair`: choose the one written with --out.",
    )
