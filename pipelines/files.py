"""Files and folders: list them, hash them, unpack an archive safely, write a folder as a whole or not at all."""

import hashlib
import json
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from pipelines.errors import CadastreError, PackageError, ReadError, StoreError

_NOISE = frozenset({"thumbs.db", "desktop.ini", ".ds_store", "__macosx"})
"""What operating systems leave behind; it is not part of a delivery."""

_COMPANIONS: dict[str, tuple[str, ...]] = {
    ".shp": (
        ".shx",
        ".dbf",
        ".prj",
        ".cpg",
        ".sbn",
        ".sbx",
        ".qix",
        ".qpj",
        ".shp.xml",
        ".fbn",
        ".fbx",
        ".ain",
        ".aih",
    ),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".gml": (".gfs", ".xsd"),
    ".mif": (".mid",),
    ".tif": (".tfw", ".tif.aux.xml", ".wld", ".points"),
    ".tiff": (".tfw", ".wld", ".points"),
    ".jpg": (".jgw", ".wld", ".points"),
    ".jpeg": (".jgw", ".wld", ".points"),
    ".png": (".pgw", ".wld", ".points"),
    ".dgn": (".gtp",),
}
_EDIGEO_PARTS = frozenset({".vec", ".dic", ".gen", ".geo", ".qal", ".scd"})

MAX_UNPACKED_BYTES = 4 * 1024**3
MAX_RATIO = 300
_RATIO_FROM_BYTES = 16 * 1024**2
MAX_FILES = 100_000


@contextmanager
def left_by_a_step(path: Path) -> Iterator[Path]:
    """Yield a path; say in one sentence where the file a step should have left there is missing or something else.

    Raises:
        ReadError: What is read in the block is no such file.
    """
    try:
        yield path
    except FileNotFoundError as error:
        raise ReadError(
            f"Thiếu tệp {path}: chạy `diachinh run` cho xã này trước.",
            f"The file {path} is missing: let `diachinh run` check this commune first.",
        ) from error
    except CadastreError:
        raise
    except _damages() as error:
        raise ReadError(
            f"Tệp {path} hỏng: xóa tệp này rồi chạy lại `diachinh run`.",
            f"The file {path} is damaged: remove it, then let `diachinh run` make it again.",
        ) from error


def _damages() -> tuple[type[Exception], ...]:
    """Return what reading can fail with. Asked for when something failed: commands start quicker without Arrow."""
    from pyarrow.lib import ArrowException

    return OSError, ValueError, LookupError, TypeError, ArrowException


def _refusals() -> tuple[type[Exception], ...]:
    """Return what writing can fail with."""
    from sqlite3 import OperationalError

    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

    return OSError, DataSourceError, DataLayerError, FeatureError, OperationalError


def read_object(path: Path, *needed: str) -> dict[str, Any]:
    """Return the JSON object that a step left.

    Args:
        path: The file.
        needed: What it must hold.

    Raises:
        ReadError: It is missing, cut short, or something else.
    """
    with left_by_a_step(path):
        body = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(body, dict):
            raise TypeError(path)
        for name in needed:
            body[name]
        return body


def find(root: Path) -> list[str]:
    """Return every file below a folder as a sorted list of relative posix paths, without operating system noise.

    A folder that is one data set (a file geodatabase, `x.gdb`) is one entry; what is inside is not listed.
    """
    found: list[str] = []
    for folder, inside, names in root.walk():
        whole = [name for name in inside if is_dataset(folder / name)]
        inside[:] = [name for name in inside if name not in whole]
        relative = folder.relative_to(root)
        paths = (relative / name for name in [*names, *whole] if name in whole or (folder / name).is_file())
        found += [path.as_posix() for path in paths if not _is_noise(path.parts)]
    return sorted(found)


def is_dataset(path: Path) -> bool:
    """Tell whether a folder is one data set that programs open as a file: a file geodatabase."""
    return path.suffix.lower() == ".gdb" and path.is_dir() and any(path.glob("*.gdbtable"))


def companions(path: str, paths: list[str]) -> list[str]:
    """Return the files that belong to a file of several parts (`x.shp` to `x.dbf`, `x.prj`; an EDIGEO lot).

    Args:
        path: Main file, relative posix path.
        paths: All files of the package.
    """
    main = PurePosixPath(path)
    suffix = main.suffix.lower()
    if suffix == ".thf":
        return [
            other
            for other in paths
            if PurePosixPath(other).parent == main.parent and PurePosixPath(other).suffix.lower() in _EDIGEO_PARTS
        ]
    stem = path[: -len(main.suffix)].lower() if main.suffix else path.lower()
    wanted = {stem + ending for ending in _COMPANIONS.get(suffix, ())}
    return [other for other in paths if other.lower() in wanted and other != path]


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text; of a folder that is one data set, over all files in it."""
    if path.is_dir():
        return sha256_of(path, [part.relative_to(path).as_posix() for part in path.rglob("*") if part.is_file()])
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of(root: Path, paths: list[str]) -> str:
    """Return one SHA-256 over names and contents of files below a folder, independent of dates and order."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path}\0{sha256(root / path)}\n".encode())
    return digest.hexdigest()


@contextmanager
def writable(path: Path) -> Iterator[None]:
    """Say in one sentence where what the block writes to a place cannot be written there.

    Raises:
        StoreError: The disk is full, or something may not be written.
    """
    try:
        yield
    except (CadastreError, FileNotFoundError):
        raise  # what is not there was to be read
    except _refusals() as error:
        why = " ".join(str(error).split())
        raise StoreError(
            f"Không ghi được {path}: kiểm tra quyền ghi và dung lượng đĩa rồi chạy lại ({why}).",
            f"{path} cannot be written: check the rights and the disk space, then run again ({why}).",
        ) from error


@contextmanager
def writing(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside `folder`; rename it to `folder` when the block ends well, drop it otherwise.

    What was in `folder` before stays there until the new content is complete, and is put back where a run was stopped
    between the two names.

    Raises:
        StoreError: It cannot be written.
    """
    new = folder.with_name(f".{folder.name}.new")
    old = folder.with_name(f".{folder.name}.old")
    with writable(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        tidy(folder)
        new.mkdir()
        try:
            yield new
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
        except BaseException:
            _put_back(old, folder)
            shutil.rmtree(new, ignore_errors=True)
            raise
        shutil.rmtree(old, ignore_errors=True)


def tidy(folder: Path) -> None:
    """Leave beside a folder nothing of a run that was stopped while it wrote there, and put back what was there before.

    Raises:
        StoreError: It cannot be put back.
    """
    old = folder.with_name(f".{folder.name}.old")
    with writable(folder):
        _put_back(old, folder)
    for leftover in (folder.with_name(f".{folder.name}.new"), old):
        shutil.rmtree(leftover, ignore_errors=True)


def _put_back(old: Path, folder: Path) -> None:
    if old.exists() and not folder.exists():
        old.rename(folder)


def write_text(path: Path, text: str) -> None:
    """Write a text file as a whole or not at all.

    Raises:
        StoreError: It cannot be written; what was there before is still there.
    """
    partial = path.with_name(f".{path.name}.new")
    with writable(path):
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(path)
        except BaseException:
            if partial.is_file():
                partial.unlink()
            raise


def unzip(archive: Path, target: Path) -> list[str]:
    """Unpack a .zip below a folder and return the relative posix paths of its files.

    Raises:
        PackageError: The archive is cut short, encrypted, leads out of the folder, or unpacks to an absurd size.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            _check(archive, members, target)
            for member in members:
                opened.extract(member, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, zipfile.LargeZipFile, RuntimeError, ValueError, OSError) as error:
        if isinstance(error, PackageError):
            raise
        raise PackageError(
            f"Tệp nén {archive.name} bị hỏng hoặc cụt: nén lại và gửi lại.",
            f"The archive {archive.name} is broken or cut short: zip and send it again.",
        ) from error
    return find(target)


def _check(archive: Path, members: list[zipfile.ZipInfo], target: Path) -> None:
    total = sum(member.file_size for member in members)
    packed = max(sum(member.compress_size for member in members), 1)
    is_bomb = total > MAX_UNPACKED_BYTES or (total > _RATIO_FROM_BYTES and total / packed > MAX_RATIO)
    if is_bomb or len(members) > MAX_FILES:
        raise PackageError(
            f"Tệp nén {archive.name} giải nén ra {len(members):,} tệp, {total:,} byte: không phải gói dữ liệu.",
            f"The archive {archive.name} unpacks to {len(members):,} files, {total:,} bytes: this is no package.",
        )
    root = target.resolve()
    for member in members:
        if member.flag_bits & 0x1:
            raise PackageError(
                f"Tệp nén {archive.name} có mật khẩu: gửi lại không đặt mật khẩu.",
                f"The archive {archive.name} is encrypted: send it again without a password.",
            )
        leads_out = not (root / member.filename.replace("\\", "/")).resolve().is_relative_to(root)
        if leads_out or stat.S_ISLNK(member.external_attr >> 16):
            raise PackageError(
                f"Tệp nén {archive.name} có đường dẫn ra ngoài gói ({member.filename}): nén lại từ thư mục gói.",
                f"The archive {archive.name} has a path leading out of it ({member.filename}): zip the folder again.",
            )


def _is_noise(parts: tuple[str, ...]) -> bool:
    return any(part.lower() in _NOISE or part.startswith("~$") for part in parts)
