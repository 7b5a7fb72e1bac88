"""What can be wrong with the world: each error says, in Vietnamese and English, what to do next.

Bad *data* is never raised; it is a finding (see `pipelines.findings`).
"""

from typing import Self


class CadastreError(Exception):
    """Something outside the program is broken; the command ends with exit code 2.

    Args:
        vi: One sentence in Vietnamese: what is wrong with which file, and what to do.
        en: The same sentence in English.

    Attributes:
        is_logged: Whether the log of the land database holds an entry of it.
    """

    exit_code = 2
    is_logged = False

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.vi = vi
        self.en = en


class PackageError(CadastreError, ValueError):
    """The commune package cannot be understood as a whole."""


class ReadError(CadastreError, OSError):
    """A file cannot be opened, or is not what its name says."""


class CrsError(CadastreError, ValueError):
    """The coordinate reference system is missing, unknown or contradicted by the coordinates."""


class StoreError(CadastreError, OSError):
    """The land database cannot be reached, or is not in the shape this version expects."""


class SettingsError(CadastreError, ValueError):
    """The configuration holds a value that cannot be used."""


class Refusal(CadastreError):
    """The data were read and judged, and the judgement is no (exit code 3, see `verdict.json`)."""

    exit_code = 3


class Reason(str):
    """A few words about a file in both languages: why it cannot be read, or what is odd about it.

    It is its English words wherever text is wanted.

    Attributes:
        vi: The words in Vietnamese.
    """

    __slots__ = ("vi",)
    vi: str

    def __new__(cls, en: str, vi: str) -> Self:
        """Return the words; English first, as they are the value."""
        made = super().__new__(cls, en)
        made.vi = vi
        return made

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        """Return what a copy in another process is made from."""
        return str(self), self.vi
