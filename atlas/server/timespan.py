"""The `datetime` parameter: an instant or an interval, RFC 3339, `..` for an open end."""

import datetime
from dataclasses import dataclass

from atlas.server.errors import BadRequestError


@dataclass(frozen=True, slots=True)
class Timespan:
    """A closed span of days.

    Attributes:
        begin: First day, ISO 8601, or None for ever before.
        end: Last day, ISO 8601, or None for ever after.
    """

    begin: str | None
    end: str | None


def parse(text: str) -> Timespan:
    """Return the span a `datetime` parameter names.

    >>> parse("2025-07-01/..")
    Timespan(begin='2025-07-01', end=None)

    Raises:
        BadRequestError: The text is no instant and no interval.
    """
    ends = text.split("/")
    try:
        if len(ends) == 1:
            return Timespan(_day(text), _day(text))
        begin, end = (None if part in ("", "..") else _day(part) for part in ends)
        if begin is not None and end is not None and begin > end:
            raise ValueError(text)
    except ValueError as error:
        raise BadRequestError(
            f"Tham số datetime “{text}” sai; viết 2025-07-01, 2025-07-01T00:00:00Z hoặc 2025-01-01/...",
            f"The datetime {text!r} is wrong; write 2025-07-01, 2025-07-01T00:00:00Z or 2025-01-01/...",
        ) from error
    return Timespan(begin, end)


def _day(text: str) -> str:
    return datetime.datetime.fromisoformat(text).date().isoformat()
