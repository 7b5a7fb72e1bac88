"""What GDAL needs to read strangers' files raw: its options, its complaints, and never a word into their folder."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.lib
import pyogrio
import pyogrio.errors
import shapely

from pipelines.errors import ReadError

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
_SHAPE_PARTS = (".dbf", ".prj")


def encoding_option(name: str | None) -> dict[str, Any]:
    """Return what makes a driver (by its name) hand on the bytes of 8-bit text."""
    # Each driver spells latin-1 its own way: the shapefile driver knows only the ISO name, and the DXF driver
    # encodes twice when the generic option is used, so it gets a configuration option instead (see `reading`).
    if name == "ESRI Shapefile":
        return {"encoding": "ISO-8859-1"}
    return {"encoding": "latin-1"} if name == "MapInfo File" else {}


def part(path: Path, ending: str) -> Path | None:
    """Return the companion of a file with another ending, in whatever case; None where there is none."""
    wanted = (path.stem + ending).lower()
    return next((other for other in path.parent.iterdir() if other.name.lower() == wanted), None)


@contextmanager
def _openable(path: Path) -> Iterator[Path]:
    """Yield a path GDAL can open: a shapefile without index is linked elsewhere, since GDAL writes the new one beside.

    The folder of a delivery is never written to.
    """
    if path.suffix.lower() != ".shp" or part(path, ".shx") is not None:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        linked = Path(folder) / f"{path.stem}.shp"
        linked.symlink_to(path.resolve())
        for ending in _SHAPE_PARTS:
            beside = part(path, ending)
            if beside is not None:
                linked.with_suffix(ending).symlink_to(beside.resolve())
        yield linked


@contextmanager
def reading(path: Path) -> Iterator[Path]:
    """Set what GDAL needs for raw text, yield what to open, and turn its complaints into one clear error.

    Raises:
        ReadError: GDAL cannot read the file.
    """
    options = {"DXF_ENCODING": "ISO-8859-1", "SHAPE_RESTORE_SHX": "YES"}
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        with warnings.catch_warnings(), _openable(path) as source:
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.simplefilter("ignore", UserWarning)
            yield source
    except ReadError:
        raise
    except _BROKEN as error:
        raise unreadable(path) from error
    finally:
        pyogrio.set_gdal_config_options(before)


def unreadable(path: Path) -> ReadError:
    """Return the sentence about a file that no driver can make sense of."""
    return ReadError(
        f"Không đọc được {path.name}: tệp hỏng, cụt hoặc không đúng định dạng của phần mở rộng.",
        f"{path.name} cannot be read: it is broken, cut short, or not what its ending says.",
    )
