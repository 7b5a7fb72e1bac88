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
    """

    lang: str = "vi"
    plain: bool = False
    hits: bool = False


_NOBODY = Call()

CURRENT: ContextVar[Call] = ContextVar("call", default=_NOBODY)
"""The request being answered."""
