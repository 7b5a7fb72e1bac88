"""What a client can get wrong, said in both languages."""


class BadRequestError(ValueError):
    """The request cannot be answered as it stands.

    Args:
        vi: One sentence in Vietnamese: what is wrong and what would be right.
        en: The same sentence in English.
        status: HTTP status.
    """

    def __init__(self, vi: str, en: str, status: int = 400) -> None:
        super().__init__(en)
        self.vi = vi
        self.en = en
        self.status = status

    def text(self, lang: str) -> str:
        """Return the sentence in a language (`vi` or `en`)."""
        return self.vi if lang == "vi" else self.en


class HomeError(OSError):
    """The release folder or the land database is missing or unreadable.

    Args:
        vi: One sentence in Vietnamese: what is missing and what to do.
        en: The same sentence in English.
    """

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.vi = vi
        self.en = en
