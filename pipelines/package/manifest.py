"""`package.yaml`: read, checked against its schema, every complaint naming the key."""

import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import schemas
from pipelines import files, manifests
from pipelines.errors import PackageError
from pipelines.manifests import MANIFEST


def read(root: Path) -> dict[str, Any]:
    """Return the checked content of `package.yaml` in a folder, dates as text.

    Raises:
        PackageError: It is no YAML, or a key is missing, unknown, or holds what it cannot hold.
    """
    path = root / MANIFEST
    body = manifests.parse(manifests.read(path), str(path), root)
    return check(_as_on_disk(manifests.plain(body), files.find(root)), path)


def check(body: Any, path: Path) -> dict[str, Any]:
    """Return a manifest body when it follows the schema.

    Raises:
        PackageError: It does not; the message names the first wrong key.
    """
    manifests.check(body, schemas.package_schema(), str(path))
    doubled = _doubled(entry["path"] for entry in body["files"])
    if doubled is not None:
        raise PackageError(
            f"{path}: tệp “{doubled}” được khai hai lần; giữ lại một dòng.",
            f"{path}: the file {doubled!r} is listed twice; keep one entry.",
        )
    return dict(body)


def _as_on_disk(body: Any, present: list[str]) -> Any:
    """Return a manifest with paths spelled as the files are: `./a.shp`, other accents or other case name the same."""
    if not isinstance(body, Mapping) or not isinstance(body.get("files"), list):
        return body
    spelled: dict[str, list[str]] = {}
    for path in present:
        spelled.setdefault(_folded(path), []).append(path)

    def entry(item: Any) -> Any:
        if not isinstance(item, Mapping) or not isinstance(item.get("path"), str) or not item["path"]:
            return item
        path = str(PurePosixPath(item["path"]))
        alike = spelled.get(_folded(path), [])
        return {**item, "path": alike[0] if len(alike) == 1 and path not in alike else path}

    return {**body, "files": [entry(item) for item in body["files"]]}


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _doubled(paths: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for path in paths:
        if path in seen:
            return path
        seen.add(path)
    return None
