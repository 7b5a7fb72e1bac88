"""Repairs as GeoPackage: the repaired layer, the proof, and the originals of what changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from pipelines.errors import ReadError, SettingsError
from pipelines.repair.whole import KEY, PLACE, SHAPE, Repaired, restore

LAYER, REPAIRS, ORIGINALS = "thua_dat", "repairs", "originals"

_BROKEN = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError, OSError)


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


def check_columns(layer: gpd.GeoDataFrame) -> None:
    """Refuse columns that a GeoPackage cannot tell apart, before the work.

    Raises:
        SettingsError: Two names differ in capitals only.
    """
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
        ReadError: The file does not come from a repair.
        SettingsError: Nothing can be written to `out`.
    """
    try:
        layer = pyogrio.read_dataframe(path, layer=LAYER, on_invalid="ignore")
        originals = pyogrio.read_dataframe(path, layer=ORIGINALS, read_geometry=False)
    except _BROKEN as error:
        raise _foreign(path) from error
    if not ({KEY} <= set(layer.columns) and {KEY, PLACE, SHAPE} <= set(originals.columns)):
        raise _foreign(path)
    whole = restore(layer, _as_in(layer, originals))
    with _writing(out) as partial:
        _write_layer(whole, partial)
    return whole


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
        yield partial
        partial.replace(path)
    except (OSError, pyogrio.errors.DataSourceError) as error:
        raise SettingsError(
            f"Không ghi được “{path}”: kiểm tra quyền ghi, chỗ trống, và tệp có đang mở ở chương trình khác không.",
            f"Cannot write {str(path)!r}: check the rights, the space left, and whether another program has it open.",
        ) from error


def _foreign(path: Path) -> ReadError:
    return ReadError(
        f"Tệp {path} không do `diachinh repair` ghi: chọn tệp đã ghi bằng --out.",
        f"The file {path} was not written by `diachinh repair`: choose the one written with --out.",
    )
