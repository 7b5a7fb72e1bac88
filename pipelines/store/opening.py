"""Opening a store by its address, and whether its tables are those of this program."""

from collections.abc import Callable
from pathlib import Path

from pipelines.errors import SettingsError, StoreError
from pipelines.store.database import Store
from pipelines.store.geopackage_store import LAND_FILE, GeoPackage
from pipelines.store.postgis_store import PostGIS
from pipelines.store.recovery import finish_restore
from pipelines.store.schema import require_current, set_up, version

EMBEDDED = "gpkg:"
SERVER = ("postgresql://", "postgres://")


def open_store(place: Path | str, *, srid: int) -> Store:
    """Open a store for writing; make what is missing for a zone.

    Args:
        place: `gpkg:FOLDER`, `postgresql://…`, or a folder.
        srid: Zone (EPSG code) that is to be written.

    Raises:
        StoreError: It is no land database, is held by another program, cannot be reached, or has another shape.
        SettingsError: The address says neither the one nor the other.
    """
    return _ready(_connect(place, writing=True), lambda store: set_up(store, srid))


def open_reader(place: Path | str) -> Store:
    """Open a land database for reading only; the holders are not touched.

    Raises:
        StoreError: There is no land database, it cannot be read, or has another shape.
        SettingsError: The address says neither the one nor the other.
    """
    return _ready(read_as_it_is(place), require_current)


def open_writer(place: Path | str) -> Store:
    """Open a land database that is there for writing, land and holders, whatever its zones.

    Raises:
        StoreError: There is none, its holders are gone, it cannot be reached, or has another shape.
        SettingsError: The address says neither the one nor the other.
    """
    with open_reader(place) as store:
        srid = store.zones()[0]
        with store.holders():
            pass
    return open_store(place, srid=srid)


def open_as_it_is(place: Path | str) -> Store:
    """Open a store for writing without asking for its version; see `migrate`."""
    return _connect(place, writing=True)


def read_as_it_is(place: Path | str) -> Store:
    """Open a store for reading only without asking for its version.

    Raises:
        StoreError: There is no land database, or it cannot be read.
        SettingsError: The address says neither the one nor the other.
    """
    if (folder := folder_of(place)) and not is_there(place):
        raise StoreError(
            f"Chưa có cơ sở dữ liệu {folder / LAND_FILE}: hãy chạy `diachinh run` để nạp ít nhất một xã.",
            f"There is no land database {folder / LAND_FILE}: run `diachinh run` to load at least one commune.",
        )
    return _connect(place, writing=False)


def is_there(place: Path | str) -> bool:
    """Tell whether a land database was begun at an address.

    Raises:
        StoreError: The server cannot be reached.
    """
    if folder := folder_of(place):
        finish_restore(folder)
        return (folder / LAND_FILE).exists()
    with _connect(place, writing=False) as store:
        return version(store) > 0


def _ready(store: Store, check: Callable[[Store], None]) -> Store:
    try:
        check(store)
    except BaseException:
        store.close()
        raise
    return store


def _connect(place: Path | str, *, writing: bool) -> Store:
    folder = folder_of(place)
    return GeoPackage(folder, writing=writing) if folder else PostGIS(str(place), writing=writing)


def folder_of(place: Path | str) -> Path | None:
    """Return the folder of an embedded store, None for a server.

    Raises:
        SettingsError: The address says neither the one nor the other.
    """
    if isinstance(place, Path):
        return place
    if place.startswith(EMBEDDED) and place != EMBEDDED:
        return Path(place.removeprefix(EMBEDDED))
    if place.startswith(SERVER):
        return None
    raise SettingsError(
        f"Khóa `store` cần là gpkg:THƯ_MỤC hoặc postgresql://…, không phải “{place.partition(':')[0]}:…”.",
        f"The setting `store` has to be gpkg:FOLDER or postgresql://…, not '{place.partition(':')[0]}:…'.",
    )
