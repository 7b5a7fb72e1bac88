"""`package.yaml` as text: read with care, since it comes from anywhere, and turned into plain values."""

from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import PackageError

MANIFEST = "package.yaml"

MAX_BYTES = 1024**2
"""A thousand files are described in a tenth of this."""

MAX_VALUES = 200_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(path: Path) -> bytes:
    """Return the content of a `package.yaml`.

    Raises:
        PackageError: It is no file, cannot be read, or is far too large.
    """
    if not path.is_file():
        raise PackageError(
            f"{path} không phải tệp: đổi tên nó, rồi chạy `diachinh inspect {path.parent} --write`.",
            f"{path} is not a file: rename it, then run `diachinh inspect {path.parent} --write`.",
        )
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise PackageError(
            f"Không mở được {path}: kiểm tra quyền đọc.", f"{path} cannot be opened: check the right to read it."
        ) from error


def parse(content: bytes, where: str, package: Path) -> Any:
    """Return the values of a `package.yaml`.

    Args:
        content: What the file holds.
        where: The file, for messages.
        package: The package, for advice.

    Raises:
        PackageError: It is no YAML in UTF-8, too large, nested without end, or refers to itself.
    """
    try:
        if len(content) > MAX_BYTES:
            raise yaml.YAMLError("too large")
        body = yaml.load(content.decode("utf-8-sig"), Loader=_LOADER)
        if not _is_bounded(body):
            raise yaml.YAMLError("aliases multiply")
        return body
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise PackageError(
            f"{where} không phải YAML mã UTF-8 hợp lệ: sửa lại, hoặc xóa đi rồi chạy `diachinh inspect {package} "
            "--write`.",
            f"{where} is not valid YAML in UTF-8: mend it, or delete it and run `diachinh inspect {package} --write`.",
        ) from error


def _is_bounded(body: Any) -> bool:
    """Tell whether values are few also when every alias is written out: nine of nine of nine … soon fill the memory."""
    waiting, seen = [body], 0
    while waiting and seen <= MAX_VALUES:
        value = waiting.pop()
        seen += 1
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return not waiting
