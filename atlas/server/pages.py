"""HTML pages: made from the JSON the API gives, so both always say the same."""

import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from atlas.server.words import LANGUAGES, page_words

FOLDER = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    environment.filters["size"] = size
    environment.filters["crs_name"] = crs_name
    environment.filters["page_link"] = page_link
    return environment


def render(template: str, lang: str, base: str, address: str, **content: Any) -> bytes:
    """Return a page.

    Args:
        template: Name of the template, without `.html`.
        lang: `vi` or `en`.
        base: Path of the API root, such as `/api`.
        address: Path and query of this page, for the language switch.
        content: What the template shows.
    """
    switch = {other: with_parameter(address, "lang", other) for other in LANGUAGES}
    words = page_words(lang)
    page = _environment().get_template(f"{template}.html")
    return page.render(lang=lang, w=words, base=base, switch=switch, address=address, **content).encode()


def with_parameter(address: str, name: str, value: str) -> str:
    """Return an address with one parameter set.

    >>> with_parameter("/api?f=html&lang=vi", "lang", "en")
    '/api?f=html&lang=en'
    """
    path, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith(f"{name}=")]
    return f"{path}?{'&'.join([*kept, f'{name}={value}'])}"


def page_link(address: str, lang: str, form: str = "html") -> str:
    """Return a link to the same place in a form and a language, without scheme and host.

    >>> page_link("http://localhost/api/collections?f=json&offset=10", "en")
    '/api/collections?offset=10&f=html&lang=en'
    """
    parts = urlsplit(address)
    local = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return with_parameter(with_parameter(local, "f", form), "lang", lang)


def number(value: Any, lang: str) -> str:
    """Return a number as people write it in a language, with at most two decimals.

    >>> number(12345.678, "vi")
    '12.345,68'
    """
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return text.translate(str.maketrans(",.", ".,")) if lang == "vi" else text


def size(value: int, lang: str) -> str:
    """Return a number of bytes with a unit.

    >>> size(2048, "en")
    '2 KB'
    """
    amount, unit = float(value), "B"
    for larger in ("KB", "MB", "GB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{number(round(amount, 1), lang)} {unit}"


def crs_name(address: str) -> str:
    """Return the short name of a CRS address.

    >>> crs_name("http://www.opengis.net/def/crs/EPSG/0/5897")
    'EPSG:5897'
    """
    matched = re.search(r"/def/crs/(\w+)/[^/]+/(\w+)$", address)
    return f"{matched[1]}:{matched[2]}" if matched else address
