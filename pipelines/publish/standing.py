"""The release that stands: what of it can be used again, and which communes have not changed since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines import store as land
from pipelines.errors import ReadError, StoreError
from pipelines.files import read_object

MANIFEST = "manifest.json"
KEY = ("ma_xa", "ky_dia_gioi", "release_id", "released_at")

History = Mapping[tuple[str, str], list[land.Release]]
"""All releases of every commune and era, oldest first."""


@dataclass(frozen=True, slots=True)
class Former:
    """The release that stands, as far as it can be used again."""

    folder: Path
    recipe: str
    database: str
    entries: Mapping[tuple[Any, ...], dict[str, Any]]
    ended: Mapping[tuple[Any, ...], dict[str, Any]]
    files: tuple[tuple[str, int], ...]

    @property
    def is_whole(self) -> bool:
        """Whether every file it lists is there in its size."""
        paths = [(self.folder / name, size) for name, size in self.files]
        return all(path.exists() and path.stat().st_size == size for path, size in paths)

    def tells(self, releases: Sequence[land.Release]) -> bool:
        """Return whether it is of these newest releases."""
        return {*self.entries, *self.ended} == {*map(key, releases)}


def manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of the release that stands, with all that a new one is held against.

    Raises:
        StoreError: It is damaged: without it nobody would see what the new release loses.
    """
    path = folder / MANIFEST
    if not path.exists():
        return None
    try:
        body = read_object(path, "communes", "files")
        former(folder, body)
        for entry in body["communes"]:
            entry["parcels"] + entry["area_m2"]
            entry["downloads"]["parcels"]
        return body
    except (ReadError, LookupError, TypeError) as error:
        raise StoreError(
            f"Tệp {path} hỏng nên không so được với bản trước: khôi phục thư mục {folder} từ bản sao lưu, hoặc xóa cả "
            "thư mục đó rồi chạy lại `diachinh publish`.",
            f"The file {path} is damaged, so that nothing can be compared with the former release: restore {folder}, "
            "or remove that folder and run `diachinh publish` again.",
        ) from error


def former(folder: Path, body: Mapping[str, Any] | None) -> Former | None:
    """Return the release of a manifest; None where there is none."""
    if body is None:
        return None
    return Former(
        folder=folder,
        recipe=str(body.get("recipe")),
        database=str(body.get("land")),
        entries={tuple(entry[name] for name in KEY): entry for entry in body["communes"]},
        ended={tuple(entry[name] for name in KEY): entry for entry in body.get("feed", {}).get("ended", [])},
        files=tuple((file["path"], file["bytes"]) for file in body["files"]),
    )


def unchanged(store: land.Store, history: History, former: Former | None) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what the former release says of the communes whose land has not changed since."""
    stood = {**former.entries, **former.ended} if former else {}
    known = {scope: stood[key(rows[-1])] for scope, rows in history.items() if key(rows[-1]) in stood}
    # Land that is withheld under its new key is withheld under the old one, too.
    return {scope: entry for scope, entry in known.items() if {scope, *land.related(store, scope)} <= known.keys()}


def key(release: land.Release) -> tuple[Any, ...]:
    """Return what tells a release from every other, also in a database that was made anew."""
    return release.ma_xa, release.ky_dia_gioi, release.release_id, release.finished_at
