"""Where pygeoapi's helpers are replaced by ours.

* JSON: pygeoapi writes `&lt;` for `<` into the data and escapes every Vietnamese letter; orjson does neither.
* CRS: pygeoapi builds a pyproj transformer for each request (three quarters of its time) and lets PROJ choose the
  operation; we hand the box and the CRS to the provider as they came, and it uses the pinned ones.
* CQL2: see `cql2_text`.
* CSV: pygeoapi's formatter knows points only, so it is not offered.
* Titles of links: pygeoapi looks for translations in its own folder only.
"""

import logging
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import numpy as np
import orjson
import pygeoapi.api
import shapely
from pygeoapi import l10n
from pygeoapi.api import itemtypes
from pygeoapi.plugin import PLUGINS
from pygeoapi.provider.base import ProviderInvalidQueryError, ProviderItemNotFoundError

from atlas.server import cql2_text, crs
from atlas.server.call import CURRENT
from atlas.server.spatial import Shape
from atlas.server.words import link_title


def install() -> None:
    """Put our helpers in the place of pygeoapi's; doing it twice changes nothing.

    Raises:
        AttributeError: This pygeoapi has no such helper: it is another version than the one locked.
    """
    replacements = {
        "to_json": write_json,
        "create_crs_transform_spec": wanted_crs,
        "transform_bbox": box,
        "parse_cql2_text": read_filter,
        "parse_cql2_json": read_filter,
        "modify_pygeofilter": with_crs,
    }
    for name, replacement in replacements.items():
        getattr(itemtypes, name)
        setattr(itemtypes, name, replacement)
    pygeoapi.api.to_json = write_json
    PLUGINS["formatter"] = {}
    l10n.translate_gettext = translated
    logging.getLogger("pygeoapi").setLevel(logging.ERROR)
    for name in ("pygeoapi.api", "pygeoapi.api.itemtypes"):
        logging.getLogger(name).addFilter(is_our_failure)


def is_our_failure(record: logging.LogRecord) -> bool:
    """Return whether a line is worth logging; what clients got wrong is not, and may hold a name they looked for."""
    error = record.exc_info[1] if record.exc_info else None
    refusals = (ProviderInvalidQueryError, ProviderItemNotFoundError, ValueError)
    return error is not None and not isinstance(error, refusals)


def write_json(content: Any, pretty: bool = False) -> bytes:
    """Return JSON; paging links that lead nowhere are left out first, the others keep to the release."""
    if isinstance(content, dict) and "numberMatched" in content:
        matched, hits = int(content["numberMatched"]), CURRENT.get().hits
        content["links"] = [
            _within_release(link) for link in content.get("links", ()) if _leads_somewhere(link, matched, hits)
        ]
    return orjson.dumps(content, default=str, option=orjson.OPT_INDENT_2 if pretty else 0)


def _leads_somewhere(link: dict[str, Any], matched: int, hits: bool) -> bool:
    if link.get("rel") not in ("next", "prev"):
        return True
    if hits:
        return False
    return link["rel"] == "prev" or int(parse_qs(urlsplit(link["href"]).query)["offset"][0]) < matched


def _within_release(link: dict[str, Any]) -> dict[str, Any]:
    """Return a link; one to another page keeps to the release of this one."""
    call = CURRENT.get()
    if link.get("rel") == "next" and call.last is not None:
        return link | {"href": _beyond(link["href"], call.last)}
    if link.get("rel") not in ("next", "prev") or call.newest is None or call.release is not None:
        return link
    return link | {"href": f"{link['href']}&release={call.newest}"}


def _beyond(href: str, last: int) -> str:
    """Return a link that goes on after a number: what is added or taken out meanwhile moves nothing.

    >>> _beyond("http://x/items?offset=2&limit=2&since=5", 9)
    'http://x/items?limit=2&since=9'
    """
    address, _, query = href.partition("?")
    kept = [(name, value) for name, value in parse_qsl(query) if name not in ("offset", "since")]
    return f"{address}?{urlencode([*kept, ('since', last)], safe=',:/')}"


def wanted_crs(provider_def: dict[str, Any], query_crs_uri: str | None = None) -> str | None:
    """Return the CRS a client asked for, or None.

    Raises:
        ValueError: The collection does not offer it.
    """
    if query_crs_uri and query_crs_uri not in provider_def["crs"]:
        offered = ", ".join(provider_def["crs"])
        vi = f"Không có hệ tọa độ “{query_crs_uri}”. Có: {offered}."
        en = f"The coordinate reference system {query_crs_uri!r} is not offered. There are: {offered}."
        raise ValueError(vi if CURRENT.get().lang == "vi" else en)
    return query_crs_uri or None


def box(bbox: list[float], from_crs: str, to_crs: Any, always_xy: bool = False) -> Shape:
    """Return the box of a request as it was asked, in its own CRS; one over the antimeridian in two parts."""
    half = len(bbox) // 2
    target = crs.target(from_crs)
    corners = crs.incoming(np.array([bbox[:2], bbox[half : half + 2]]), target)
    (west, south), (east, north) = corners.tolist()
    if west <= east:
        geometry = shapely.box(west, south, east, north)
    else:
        geometry = shapely.MultiPolygon([shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)])
    return Shape(shapely.to_wkb(geometry), target.srid)


def read_filter(text: str) -> bytes:
    """Return a filter, text or JSON, as CQL2 JSON."""
    return orjson.dumps(orjson.loads(text)) if text.lstrip().startswith("{") else cql2_text.parse(text)


def with_crs(tree: bytes, *, filter_crs_uri: str, **_: Any) -> tuple[bytes, str]:
    """Return a filter with the CRS of its geometries."""
    return tree, filter_crs_uri


def translated(value: str, locale: Any) -> str:
    """Return the title of a link in a language."""
    return link_title(value, getattr(locale, "language", locale))
