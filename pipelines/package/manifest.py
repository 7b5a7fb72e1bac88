"""`package.yaml`: read, checked against its schema, every complaint naming the key."""

import datetime
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema

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
    return check(_as_on_disk(_plain(body), files.find(root)), path)


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
