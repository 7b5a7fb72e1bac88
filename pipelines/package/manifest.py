"""`package.yaml`: read, checked against its schema, every complaint naming the key."""

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

import schemas
from pipelines.errors import PackageError

MANIFEST = "package.yaml"


def read(root: Path) -> dict[str, Any]:
    """Return the checked content of `package.yaml` in a folder, dates as text.

    Raises:
        PackageError: It is no YAML, or a key is missing, unknown, or holds what it cannot hold.
    """
    path = root / MANIFEST
    try:
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PackageError(
            f"{path} không phải YAML mã UTF-8 hợp lệ: sửa lại, hoặc chạy `diachinh inspect {root} --write`.",
            f"{path} is not valid YAML in UTF-8: mend it, or run `diachinh inspect {root} --write`.",
        ) from error
    return check(_plain(body), path)


def check(body: Any, path: Path) -> dict[str, Any]:
    """Return a manifest body when it follows the schema.

    Raises:
        PackageError: It does not; the message names the first wrong key.
    """
    validator = jsonschema.Draft202012Validator(schemas.package_schema())
    errors = sorted(validator.iter_errors(body), key=lambda error: (len(error.absolute_path), str(error.json_path)))
    if errors:
        vi, en = _sentence(errors[0])
        raise PackageError(f"{path}: {vi}.", f"{path}: {en}.")
    doubled = _doubled(entry["path"] for entry in body["files"])
    if doubled is not None:
        raise PackageError(
            f"{path}: tệp “{doubled}” được khai hai lần; giữ lại một dòng.",
            f"{path}: the file {doubled!r} is listed twice; keep one entry.",
        )
    return dict(body)


def _sentence(error: jsonschema.ValidationError) -> tuple[str, str]:
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
    if kind == "enum":
        listed = ", ".join(map(str, allowed))
        return f"“{key}” là {value!r}, phải là một trong: {listed}", f"{key!r} is {value!r}, must be one of: {listed}"
    if kind == "type" and allowed == "string":
        vi = f'“{key}” phải là chữ trong ngoặc kép, ví dụ "{value}"'
        return vi, f'{key!r} must be text in quotes, such as "{value}"'
    return f"“{key or MANIFEST}” không dùng được: {value!r}", f"{key or MANIFEST!r} cannot be used: {value!r}"


def _key(error: jsonschema.ValidationError) -> str:
    return ".".join(str(part) for part in error.absolute_path)


def _plain(value: Any) -> Any:
    """Return YAML content with dates as text, as the schema wants them."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def _doubled(paths: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for path in paths:
        if path in seen:
            return path
        seen.add(path)
    return None
