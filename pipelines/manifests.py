"""`package.yaml` and its like as text: read with care, since it comes from anywhere, and turned into plain values."""

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
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


BROKEN = (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError)
"""What `values` raises for what is no YAML, or too much of it."""


def values(content: bytes, max_bytes: int) -> Any:
    """Return the values of YAML in UTF-8; raises one of `BROKEN`."""
    if len(content) > max_bytes:
        raise yaml.YAMLError("too large")
    body = yaml.load(content.decode("utf-8-sig"), Loader=_LOADER)
    if not _is_bounded(body):
        raise yaml.YAMLError("aliases multiply")
    return body


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
        return values(content, MAX_BYTES)
    except BROKEN as error:
        raise PackageError(
            f"{where} không phải YAML mã UTF-8 hợp lệ: sửa lại, hoặc xóa đi rồi chạy `diachinh inspect {package} "
            "--write`.",
            f"{where} is not valid YAML in UTF-8: mend it, or delete it and run `diachinh inspect {package} --write`.",
        ) from error


def check(body: Any, schema: dict[str, Any], where: str, *, quoting: bool = True) -> None:
    """Refuse values that do not follow a JSON Schema.

    Args:
        body: The values.
        schema: The schema.
        where: The file, for messages.
        quoting: Whether the message may quote what is wrong; not where it can be personal.

    Raises:
        PackageError: They do not; the message names the first wrong key.
    """
    validator = jsonschema.Draft202012Validator(schema)
    errors = sorted(validator.iter_errors(body), key=lambda error: (len(error.absolute_path), str(error.json_path)))
    if errors:
        vi, en = _sentence(errors[0], Path(where).name, quoting)
        raise PackageError(f"{where}: {vi}.", f"{where}: {en}.")


def plain(value: Any) -> Any:
    """Return YAML content with dates as text, as the schema wants them."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def _sentence(error: jsonschema.ValidationError, name: str, quoting: bool) -> tuple[str, str]:
    key = _key(error)
    kind = error.validator
    value: Any = error.instance
    allowed: Any = error.validator_value
    rule: Any = error.schema
    if kind == "required":
        missing = next(name for name in allowed if name not in value)
        missing = f"{key}.{missing}" if key else missing
        return f"thiếu khóa “{missing}”", f"the key {missing!r} is missing"
    if kind == "additionalProperties":
        extra = next(name for name in value if name not in rule["properties"])
        return f"không có khóa “{extra}”, kiểm tra chính tả", f"there is no key {extra!r}, check its spelling"
    if not quoting:
        vi, en = _rule(kind, allowed)
        return f"“{key or name}” không dùng được: {vi}", f"{key or name!r} cannot be used: {en}"
    if kind == "enum":
        listed = ", ".join(map(str, allowed))
        return f"“{key}” là {value!r}, phải là một trong: {listed}", f"{key!r} is {value!r}, must be one of: {listed}"
    if kind == "type" and allowed == "string":
        vi = f'“{key}” phải là chữ trong ngoặc kép, ví dụ "{value}"'
        return vi, f'{key!r} must be text in quotes, such as "{value}"'
    return f"“{key or name}” không dùng được: {value!r}", f"{key or name!r} cannot be used: {value!r}"


def _rule(kind: Any, allowed: Any) -> tuple[str, str]:
    """Return what a value has to be, without the value."""
    if kind == "enum":
        listed = ", ".join(map(str, allowed))
        return f"phải là một trong: {listed}", f"it must be one of: {listed}"
    if kind == "type" and "string" in allowed:
        return "phải là chữ trong ngoặc kép", "it must be text in quotes"
    if kind == "minLength":
        return "đang để trống, hãy ghi vào", "it is empty, fill it in"
    if kind == "pattern":
        return f"phải theo dạng {allowed}", f"it must be of the form {allowed}"
    return "xem lại kiểu và dạng của nó", "see its type and form"


def _key(error: jsonschema.ValidationError) -> str:
    return ".".join(str(part) for part in error.absolute_path)


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
