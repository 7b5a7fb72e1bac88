"""The word of a person who lets a release pass that lost more than it may: given with the command, or signed before.

A signed file is YAML, one mapping or a list of them:

    commune: "15670"
    release: 7            # as the refusal names it
    reason: Sheet 2 was delivered twice
    name: Cán bộ Hư Cấu
    role: Phó chi cục trưởng
    date: 2026-03-01
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from pipelines.errors import SettingsError

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
_LONGEST = 1 << 16
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Override:
    """The word of a person who lets a release pass.

    Attributes:
        reason: Why what is lost may be lost.
        signed: Who says so.
        date: When.
        commune: Of which commune; None lets every one pass.
        release: Of which of its releases.
        role: What the person is.
        sha256: Hash of the signed file.
    """

    reason: str
    signed: str
    date: date
    commune: str | None = None
    release: int | None = None
    role: str | None = None
    sha256: str | None = None

    def is_about(self, commune: str, release: int, released_at: str) -> bool:
        """Tell whether it is about this release. Numbers count from one in a database made anew: the dates tell."""
        if self.commune is None:
            return True
        made = datetime.fromisoformat(released_at).date()
        return (self.commune, self.release) == (commune, release) and self.date >= made - _DAY

    def told(self) -> dict[str, Any]:
        """Return what the manifest keeps of it."""
        told = {"date": self.date.isoformat(), "signed": self.signed, "reason": self.reason}
        names = ("commune", "release", "role", "sha256")
        return told | {name: getattr(self, name) for name in names if self.commune is not None}


class _Signed(BaseModel):
    """One mapping of a signed file."""

    model_config = ConfigDict(extra="forbid")

    commune: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{5}$")]
    release: int
    reason: _Text
    name: _Text
    role: _Text
    date: date


def override(reason: str | None, signed: str | None) -> tuple[Override, ...]:
    """Return the overrides of a command: a reason with a name, or the name of a signed file alone.

    Raises:
        SettingsError: The reason comes without a name, or the name without a reason; the file cannot be used.
    """
    if reason is None and signed is None:
        return ()
    said, by = (reason or "").strip(), (signed or "").strip()
    if said and signed is None and Path(said).suffix.lower() in {".yaml", ".yml"}:
        return _read(Path(said))
    if not (said and by):
        raise SettingsError(
            "Muốn công bố dù bị từ chối phải có cả lý do và người ký: --override “lý do” --signed “họ tên”.",
            'To publish what was refused, give both a reason and a name: --override "reason" --signed "name".',
        )
    return (Override(said, by, date.today()),)


def _read(path: Path) -> tuple[Override, ...]:
    try:
        content = path.read_bytes()
        if len(content) > _LONGEST:
            raise ValueError("too long")
        # Every value is a text first: 00123 is a code, not a number.
        body = yaml.load(content.decode("utf-8-sig"), Loader=yaml.BaseLoader)
        entries = [_Signed.model_validate(entry) for entry in (body if isinstance(body, list) else [body])]
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        why = str(error.errors()[0]["loc"][:1]) if isinstance(error, ValidationError) else type(error).__name__
        raise SettingsError(
            f"Không dùng được tệp đã ký {path} ({why}): cần commune, release, reason, name, role, date, dạng YAML.",
            f"The signed file {path} cannot be used ({why}): commune, release, reason, name, role, date are wanted.",
        ) from error
    if any(entry.date > date.today() + _DAY for entry in entries):
        raise SettingsError(
            f"Tệp đã ký {path} ghi ngày chưa đến: sửa lại ngày ký.",
            f"The signed file {path} has a date that is still to come: put the date of signing right.",
        )
    digest = hashlib.sha256(content).hexdigest()
    return tuple(
        Override(entry.reason, entry.name, entry.date, entry.commune, entry.release, entry.role, digest)
        for entry in entries
    )
