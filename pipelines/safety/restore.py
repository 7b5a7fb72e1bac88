"""A backup brought back: what is there is set aside and never dropped, and is in place until the new one is whole."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import StoreError
from pipelines.safety import archive, files, server
from pipelines.safety.contents import keep_in_log
from pipelines.safety.manifest import FILES, SERVER, Manifest, damaged
from pipelines.store import Entry
from pipelines.store.opening import folder_of, open_as_it_is
from pipelines.store.postgis_store import PostGIS
from pipelines.store.releases import now


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        manifest: What the backup says of itself.
        place: Where the store is now.
        former: Where the store that was there is now: folder, or schemas; empty where there was none.
    """

    manifest: Manifest
    place: str
    former: str


def restore(source: Path, place: str, *, replace: bool, account: str) -> Restored:
    """Bring a backup back.

    Args:
        source: The backup.
        place: Address of the store to make.
        replace: Whether a store that is there is set aside.
        account: Who asks, for the log.

    Raises:
        StoreError: The backup is none, damaged, newer or of the other kind; a store is there; it cannot be written.
    """
    with archive.opened(source) as (_, manifest):
        _refuse_other_kind(manifest, place)
    entry = Entry("restore", account, goi_sha256=archive.sha256(source))
    stamp = re.sub(r"\W", "", now()[:19]) + "Z"
    if home := folder_of(place):
        there = files.is_taken(home)
        if there and not replace:
            raise _taken(str(home))
        aside = _free(home, f"former-{stamp}")
        manifest = files.bring_back(source, home, aside, entry)
        return Restored(manifest, str(home), str(home / aside) if there else "")
    with open_as_it_is(place) as store:
        assert isinstance(store, PostGIS)
        if server.is_taken(store) and not replace:
            raise _taken(store.place)
        with archive.workspace(Path(tempfile.gettempdir()), "diachinh-restore") as space:
            manifest = archive.unpack(source, space)
            if set(manifest.files) != {server.DUMP}:
                raise damaged(str(source))
            former = server.bring_back(store, space, manifest, stamp)
        keep_in_log(store, entry)
        return Restored(manifest, store.place, ", ".join(former))


def _refuse_other_kind(manifest: Manifest, place: str) -> None:
    wanted = FILES if folder_of(place) else SERVER
    if manifest.kind != wanted:
        spelled = "gpkg:…" if manifest.kind == FILES else "postgresql://…"
        raise StoreError(
            f"Bản sao lưu này là của kho {manifest.kind}: chỉ khôi phục được vào {spelled}, hãy thêm --to {spelled}.",
            f"This backup is of a {manifest.kind} store and can only be restored to {spelled}: add --to {spelled}.",
        )


def _taken(place: str) -> StoreError:
    return StoreError(
        f"Đã có cơ sở dữ liệu trong {place}: thêm --replace để giữ bản cũ sang một bên và khôi phục, hoặc chọn --to.",
        f"There is a database in {place}: add --replace to set it aside and restore, or choose another place by --to.",
    )


def _free(home: Path, name: str) -> str:
    """Return a name that no folder has yet."""
    taken = {path.name for path in home.glob(f"{name}*")} if home.is_dir() else set()
    return next(other for other in (name, *(f"{name}.{number}" for number in range(2, 1000))) if other not in taken)
