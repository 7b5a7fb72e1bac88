"""One file that holds land and holders of the same moment, tried out before it is called a backup."""

import shutil
from pathlib import Path

from pipelines import store as land
from pipelines.errors import StoreError
from pipelines.safety import archive, files, server
from pipelines.safety.manifest import Manifest, damaged
from pipelines.store.geopackage_store import GeoPackage
from pipelines.store.opening import read_as_it_is
from pipelines.store.postgis_store import PostGIS
from pipelines.store.schema import version


def back_up(place: str, target: Path, *, verify: bool = True) -> Manifest:
    """Write a backup of a store; return its manifest.

    It gets its name when it is whole, on the disk, and was restored beside it with the same content.

    Args:
        place: Address of the store.
        target: The file to make.
        verify: Restore it into a temporary place and compare what comes out.

    Raises:
        StoreError: There is no land database, it is damaged, the name is taken, or something cannot be written.
    """
    archive.refuse_to_overwrite(target)
    with read_as_it_is(place) as store:
        if not version(store):
            raise StoreError(
                f"Không có cơ sở dữ liệu đất đai trong {store.place}: kiểm tra khóa `store` hoặc --home.",
                f"There is no land database in {store.place}: check the setting `store` or --home.",
            )
        with archive.workspace(target.parent, target.name) as space:
            (space / "copy").mkdir()
            manifest = _copy_out(store, space / "copy")
            packed = space / target.name
            manifest = archive.write(space / "copy", manifest, packed)
            shutil.rmtree(space / "copy")
            if verify:
                _rehearse(store, packed, space)
            archive.keep(packed, target)
    return manifest


def _copy_out(store: land.Store, folder: Path) -> Manifest:
    if isinstance(store, GeoPackage):
        return files.copy_out(store, folder)
    assert isinstance(store, PostGIS)
    return server.copy_out(store, folder)


def _rehearse(store: land.Store, packed: Path, space: Path) -> None:
    """Restore a backup into a temporary place and compare what comes out with what it says of itself.

    Raises:
        StoreError: Something else came out.
    """
    trial = space / "trial"
    trial.mkdir()
    manifest = archive.unpack(packed, trial)
    found = server.rehearse(store, trial) if isinstance(store, PostGIS) else files.rehearse(trial)
    if found != manifest.tables:
        raise damaged(packed.name)
    shutil.rmtree(trial)
