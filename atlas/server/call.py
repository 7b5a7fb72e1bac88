"""What one request wants, for code that pygeoapi calls without telling it."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Attributes:
        lang: `vi` or `en`.
        plain: Features must be dictionaries, not ready-made JSON.
        hits: Only the number of features is wanted.
        release: Release the client walks through, as it wrote it, or None.
        newest: Release that links to further pages name when the client named none.
        since: Number beyond which features are wanted, or None.
        last: Number of the last feature of the page, where pages go by numbers.
    """

    lang: str = "vi"
    plain: bool = False
    hits: bool = False
    release: str | None = None
    newest: int | None = None
    since: int | None = None
    last: int | None = None


_NOBODY = Call()

CURRENT: ContextVar[Call] = ContextVar("call", default=_NOBODY)
"""The request being answered."""
