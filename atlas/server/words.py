"""Words of the server in both languages, from `words.yaml`."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from atlas.server.collections import Text

LANGUAGES = ("vi", "en")


@cache
def _words() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "words.yaml").read_text(encoding="utf-8"))
    return content


@cache
def word(name: str) -> Text:
    """Return the words of a name such as `page.items`.

    Raises:
        KeyError: The name has no words.
    """
    vi, en = _words()["words"][name]
    return Text(vi, en)


@cache
def link_title(title: str, lang: str) -> str:
    """Return the title of a link that pygeoapi made, in a language; unknown titles stay as they are."""
    if lang != "vi":
        return title
    return str(_words()["links"].get(title, title))


def page_words(lang: str) -> dict[str, str]:
    """Return all words of one language by name."""
    place = LANGUAGES.index(lang)
    return {name: pair[place] for name, pair in _words()["words"].items()}
