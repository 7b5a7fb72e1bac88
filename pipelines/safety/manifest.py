"""The first thing in a backup: what it is, from when, and what must come out of it again."""

import json
from dataclasses import asdict, dataclass
from importlib.metadata import version as version_of
from typing import Any

from pipelines import store as land
from pipelines.errors import StoreError
from pipelines.safety.contents import Content
from pipelines.store.releases import now
from pipelines.store.schema import version
from schemas import ddl

MANIFEST = "manifest.json"
FILES, SERVER = "gpkg", "postgresql"
"""Kinds of stores; the backup of one cannot be restored as the other."""

_FORMAT = "diachinh backup 1"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. It holds no personal data, and no key.

    Attributes:
        format: Name and version of the form.
        made_at: UTC, ISO 8601.
        program: Version of the program.
        kind: `gpkg` or `postgresql`.
        made_with: Version of SQLite, or of the PostgreSQL server.
        schema_version: Version of the tables.
        zones: EPSG codes.
        releases: The newest release of every commune: release_id, ma_xa, ky_dia_gioi, finished_at.
        key_check_value: What tells the key of the identity numbers from another; None where none was used yet.
        tables: Rows and hash of every table.
        files: Bytes and SHA-256 of every file beside this one.
    """

    format: str
    made_at: str
    program: str
    kind: str
    made_with: str
    schema_version: int
    zones: list[int]
    releases: list[dict[str, Any]]
    key_check_value: str | None
    tables: dict[str, Content]
    files: dict[str, dict[str, Any]]

    @property
    def is_older(self) -> bool:
        """Whether its tables have to be brought along with `migrate`."""
        return self.schema_version < ddl.SCHEMA_VERSION

    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)


def describe(store: land.Store, kind: str, made_with: str, tables: dict[str, Content]) -> Manifest:
    """Return what is said of a store whose holders are open; the files are not there yet."""
    return Manifest(
        format=_FORMAT,
        made_at=now(),
        program=version_of("diachinh"),
        kind=kind,
        made_with=made_with,
        schema_version=version(store),
        zones=store.zones(),
        releases=_newest(store),
        key_check_value=land.key_check_value(store),
        tables=tables,
        files={},
    )


def read(text: bytes, place: str) -> Manifest:
    """Read a manifest and refuse what this program cannot restore.

    Raises:
        StoreError: It is no backup of ours, or of a newer program.
    """
    try:
        body = json.loads(text)
        tables = {name: Content(**content) for name, content in body.pop("tables").items()}
        manifest = Manifest(**body, tables=tables)
        is_ours = manifest.format == _FORMAT and manifest.kind in {FILES, SERVER}
        newer = int(manifest.schema_version) > ddl.SCHEMA_VERSION
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise foreign(place) from error
    if not is_ours:
        raise foreign(place)
    if newer:
        raise StoreError(
            f"Bản sao lưu {place} theo lược đồ {manifest.schema_version}, mới hơn chương trình này: hãy cập nhật.",
            f"The backup {place} has schema {manifest.schema_version}, newer than this program: update the program.",
        )
    return manifest


def foreign(place: str) -> StoreError:
    """Return what is said of a file that is no backup of ours."""
    return StoreError(
        f"{place} không phải bản sao lưu của chương trình này: chọn tệp do `diachinh backup` tạo ra.",
        f"{place} is no backup of this program: choose a file that `diachinh backup` made.",
    )


def damaged(place: str) -> StoreError:
    """Return what is said of a backup that is not what it was when it was made."""
    return StoreError(
        f"Bản sao lưu {place} bị hỏng hoặc đã bị sửa: dùng bản sao lưu khác, không có gì được khôi phục.",
        f"The backup {place} is damaged or was changed: use another one, nothing was restored.",
    )


def _newest(store: land.Store) -> list[dict[str, Any]]:
    names = ("release_id", "ma_xa", "ky_dia_gioi", "finished_at")
    rows = store.execute(
        f"SELECT {', '.join(names)} FROM ban_phat_hanh WHERE release_id IN "
        "(SELECT max(release_id) FROM ban_phat_hanh GROUP BY ma_xa, ky_dia_gioi) ORDER BY ma_xa, ky_dia_gioi"
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]
