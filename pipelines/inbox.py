"""The inbox: which folder or archive is the package of which commune."""

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from pipelines import manifests
from pipelines.errors import CadastreError, PackageError
from pipelines.manifests import MANIFEST


@dataclass(frozen=True, slots=True)
class Inbox:
    """What an inbox holds.

    Attributes:
        packages: Commune code to the folder or archive of its package.
        undeclared: Folders and archives without a `package.yaml`.
        broken: Folders and archives that cannot be used, with the reason.
    """

    packages: dict[str, Path]
    undeclared: list[Path]
    broken: list[tuple[Path, CadastreError]]


def look(path: Path) -> Inbox:
    """Return the packages below a folder, or the one package that the path itself is.

    Raises:
        PackageError: There is nothing at the path.
    """
    if not path.exists():
        raise PackageError(
            f"Không có {path}: kiểm tra đường dẫn đến hộp thư đến hoặc gói dữ liệu.",
            f"There is no {path}: check the path to the inbox or package.",
        )
    if path.is_file() or (path / MANIFEST).exists():
        return _sorted([path])
    inside = [child for child in sorted(path.iterdir()) if child.is_dir() or child.suffix.lower() == ".zip"]
    declared = [child for child in inside if child.suffix.lower() == ".zip" or (child / MANIFEST).exists()]
    # Folders of drawings below one roof are one package; packages below one roof are an inbox.
    return _sorted(inside if declared else [path])


def _sorted(candidates: list[Path]) -> Inbox:
    found = Inbox({}, [], [])
    for candidate in candidates:
        try:
            code = commune_of(candidate)
        except CadastreError as error:
            found.broken.append((candidate, error))
            continue
        if code is None:
            found.undeclared.append(candidate)
        elif code in found.packages:
            found.broken.append((candidate, _twice(code, found.packages[code], candidate)))
        else:
            found.packages[code] = candidate
    return found


def commune_of(package: Path) -> str | None:
    """Return the commune code a package declares; None when it declares nothing.

    Raises:
        PackageError: The archive is broken or `package.yaml` is not YAML with a commune code.
    """
    content = _manifest(package)
    if content is None:
        return None
    body = manifests.parse(content, f"{package}/{MANIFEST}", package)
    code = body.get("commune") if isinstance(body, dict) else None
    if not isinstance(code, str) or len(code) != 5 or not (code.isascii() and code.isalnum()):
        raise PackageError(
            f'{package}/{MANIFEST} thiếu mã xã: ghi `commune: "15670"` (5 ký tự, trong ngoặc kép).',
            f'{package}/{MANIFEST} has no commune code: write `commune: "15670"` (5 characters, quoted).',
        )
    return code


def _manifest(package: Path) -> bytes | None:
    if package.is_dir():
        path = package / MANIFEST
        return manifests.read(path) if path.exists() else None
    try:
        with zipfile.ZipFile(package) as archive:
            names = [name for name in archive.namelist() if Path(name).name == MANIFEST]
            if not names:
                return None
            with archive.open(min(names, key=lambda name: name.count("/"))) as stream:
                return stream.read(manifests.MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise PackageError(
            f"Tệp nén {package} bị hỏng, cụt hoặc có mật khẩu: nén và gửi lại.",
            f"The archive {package} is broken, cut short or encrypted: zip and send it again.",
        ) from error


def _twice(code: str, first: Path, second: Path) -> PackageError:
    return PackageError(
        f"Xã {code} có hai gói ({first.name}, {second.name}): chỉ để lại gói cần chạy.",
        f"Commune {code} has two packages ({first.name}, {second.name}): leave only the one to run.",
    )
