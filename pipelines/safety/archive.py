"""The file a backup is: a ZIP with the manifest first.

One file is copied, named and kept as a whole; every machine opens it; its directory stands at the end, so that one cut
short is seen at once; the manifest can be read without unpacking the rest.
"""

import hashlib
import os
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pipelines.errors import StoreError
from pipelines.safety import manifest as manifests
from pipelines.safety.manifest import MANIFEST, Manifest
from pipelines.store.recovery import alone, flush

_BLOCK = 1 << 20
_PACKED = {".pgdump": zipfile.ZIP_STORED}
"""What is compressed already."""


@contextmanager
def workspace(parent: Path, name: str) -> Iterator[Path]:
    """Yield a folder for files in the making, closed to other users and removed in the end.

    What a process that was killed left behind under this name is removed as well.

    Raises:
        StoreError: It cannot be made or filled: rights, or a full disk.
    """
    with _writing(parent):
        for left in parent.glob(f".{name}.part-*"):
            _remove_unless_held(left)
        folder = parent / f".{name}.part-{secrets.token_hex(4)}"
        folder.mkdir(mode=0o700)
        try:
            with alone(folder):
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def write(folder: Path, manifest: Manifest, target: Path) -> Manifest:
    """Pack the files of a folder, in the order of their names; return the manifest with what it says of them."""
    paths = sorted(folder.iterdir())
    named = {path.name: {"bytes": path.stat().st_size, "sha256": sha256(path)} for path in paths}
    full = replace(manifest, files=named)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            packed.writestr(MANIFEST, full.text())
            for path in paths:
                packed.write(path, path.name, _PACKED.get(path.suffix))
        raw.flush()
        os.fsync(raw.fileno())
    return full


def unpack(source: Path, folder: Path) -> Manifest:
    """Unpack a backup and compare every file with the manifest.

    Raises:
        StoreError: It is no backup of ours, of a newer program, damaged, or cannot be written out.
    """
    with opened(source) as (packed, manifest):
        for name, told in manifest.files.items():
            with packed.open(name) as member, (folder / name).open("xb") as out:
                out_hash = _copy(member, out)
            if told != {"bytes": (folder / name).stat().st_size, "sha256": out_hash}:
                raise manifests.damaged(str(source))
    return manifest


@contextmanager
def opened(source: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """Open a backup and read its manifest.

    Raises:
        StoreError: It is no backup of ours, of a newer program, or damaged.
    """
    try:
        with zipfile.ZipFile(source) as packed:
            if MANIFEST not in packed.namelist():
                raise manifests.foreign(str(source))
            manifest = manifests.read(packed.read(MANIFEST), str(source))
            if sorted(packed.namelist()) != sorted([MANIFEST, *manifest.files]) or any(
                Path(name).name != name for name in manifest.files
            ):
                raise manifests.damaged(str(source))
            yield packed, manifest
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        if error.filename != str(source):
            raise
        raise StoreError(
            f"Không mở được tệp sao lưu {source}: kiểm tra đường dẫn và quyền đọc.",
            f"The backup {source} cannot be opened: check its path and rights.",
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
        head = source.open("rb").read(4)
        raise (manifests.damaged if head[:2] == b"PK" else manifests.foreign)(str(source)) from error


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(made: Path, target: Path) -> None:
    """Give a file its name, for good: it is on the disk, and so is the name.

    Raises:
        StoreError: The name is taken.
    """
    refuse_to_overwrite(target)
    made.rename(target)
    flush(target.parent)


def refuse_to_overwrite(target: Path) -> None:
    """Refuse a name that is taken: a backup is never written over another file.

    Raises:
        StoreError: It is.
    """
    if target.exists():
        raise StoreError(
            f"Đã có tệp {target}: đặt tên khác, bản sao lưu không ghi đè lên tệp nào.",
            f"There is a file {target}: choose another name, a backup never overwrites one.",
        )


def _copy(member: object, out: object) -> str:
    hashed = hashlib.sha256()
    while block := member.read(_BLOCK):  # type: ignore[attr-defined]
        hashed.update(block)
        out.write(block)  # type: ignore[attr-defined]
    return hashed.hexdigest()


def _remove_unless_held(folder: Path) -> None:
    try:
        with alone(folder, waiting=False):
            shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        # Another process is still at work in it.
        return


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(
            f"Không ghi được vào {folder}: kiểm tra quyền ghi và dung lượng đĩa ({error.strerror or error}).",
            f"{folder} cannot be written to: check the rights and the disk space ({error.strerror or error}).",
        ) from error
