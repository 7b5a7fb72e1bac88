"""Text of clients: one Unicode form."""

import unicodedata


def nfc(text: str) -> str:
    """Return text in the form the database keeps (NFC).

    >>> len(nfc("e\u0302\u0323"))
    1
    """
    return unicodedata.normalize("NFC", text)
