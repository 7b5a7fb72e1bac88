"""A request as pygeoapi sees it, and whether it may be asked at all."""

import math
import re
from collections.abc import Collection as Names
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from babel import Locale
from pygeoapi.api import APIRequest
from starlette.requests import Request

from atlas.server import cql2_text, crs
from atlas.server.errors import BadRequestError

COMMON = frozenset({"f", "lang"})
ITEM = COMMON | {"crs"}
ITEMS = ITEM | {
    "bbox", "bbox-crs", "limit", "offset", "resulttype", "datetime", "sortby", "properties", "skipGeometry", "release",
    "filter", "filter-lang", "filter-crs",
}  # fmt: skip
SINCE = ITEMS | {"since"}
"""Parameters of a collection that numbers its features."""

QUERYABLES = COMMON | {"properties", "profile"}
MAX_BODY_BYTES = 1 << 20
FORMATS = ("json", "jsonld", "html")

_LOCALES = {"vi": Locale("vi"), "en": Locale("en")}
_MIMES = {
    "text/html": "html",
    "application/json": "json",
    "application/geo+json": "json",
    "application/ld+json": "jsonld",
    "application/schema+json": "json",
    "application/vnd.oai.openapi+json": "json",
}


class Asked(APIRequest):  # type: ignore[misc]  # pygeoapi is not typed
    """A request to pygeoapi, with language and format settled beforehand.

    Args:
        request: The request.
        body: Its body.
        lang: `vi` or `en`.
        form: `json` or `jsonld`; pages are made from the JSON by ourselves.
    """

    def __init__(self, request: Request, body: bytes, lang: str, form: str | None) -> None:
        self._data = body
        self._args = request.query_params
        self._path_info = request.url.path.strip("/")
        self._raw_locale, self._locale = lang, _LOCALES[lang]
        self._format = form
        self._headers: dict[str, str] = {}

    def _get_format(self, headers: Any, extra_formats: Any = None) -> str | None:
        """Return the settled format, when pygeoapi asks a second time."""
        form: str | None = self._format
        return form


@lru_cache(maxsize=1024)
def language(asked: str | None, accepted: str | None) -> str:
    """Return `vi` or `en`: the `lang` parameter, else the first of the two a browser accepts, else Vietnamese.

    >>> language(None, "fr, en;q=0.8, vi;q=0.5")
    'en'
    """
    if asked:
        return "en" if asked.lower().startswith("en") else "vi"
    best, weight = "vi", 0.0
    for part in (accepted or "").split(","):
        name, _, quality = part.strip().partition(";q=")
        try:
            value = float(quality or 1)
        except ValueError:
            value = 0.0
        if name[:2].lower() in _LOCALES and value > weight:
            best, weight = name[:2].lower(), value
    return best


@lru_cache(maxsize=1024)
def form(asked: str | None, accepted: str | None) -> str:
    """Return `json`, `jsonld` or `html`: the `f` parameter, else what `Accept` names first, else JSON.

    Raises:
        BadRequestError: There is no such format.
    """
    if asked:
        if asked not in FORMATS:
            raise BadRequestError(
                f"Không có dạng “{asked}”. Có: {', '.join(FORMATS)}.",
                f"There is no format {asked!r}. There are: {', '.join(FORMATS)}.",
            )
        return asked
    ranked: list[tuple[float, str]] = []
    for part in (accepted or "").split(","):
        name, *options = (piece.strip() for piece in part.split(";"))
        if name in _MIMES:
            quality = next((option[2:] for option in options if option.startswith("q=")), "1")
            ranked.append((-float(quality) if quality.replace(".", "", 1).isdigit() else 0.0, _MIMES[name]))
    return min(ranked, key=lambda entry: entry[0])[1] if ranked else "json"


def check(params: Mapping[str, str], allowed: Names[str], fields: Names[str]) -> None:
    """Refuse parameters that would be ignored or that pygeoapi would misread.

    Raises:
        BadRequestError: A parameter is unknown, or its value cannot be understood.
    """
    unknown = sorted(set(params) - set(allowed) - set(fields))
    if unknown:
        known = ", ".join(sorted({*allowed, *fields}))
        raise BadRequestError(
            f"Không có tham số “{unknown[0]}”. Có: {known}.",
            f"There is no parameter {unknown[0]!r}. There are: {known}.",
        )
    if "bbox" in params and "bbox" in allowed:
        _check_box(params["bbox"], params.get("bbox-crs"))
    _check_numbers(params)
    if params.get("resulttype", "results") not in ("results", "hits"):
        raise BadRequestError("resulttype là results hoặc hits.", "resulttype is results or hits.")
    if "filter" in allowed:
        _check_filter(params)


def _check_numbers(params: Mapping[str, str]) -> None:
    for name, least in (("limit", 1), ("offset", 0), ("since", 0)):
        value = params.get(name)
        if value is not None and not (re.fullmatch(r"[0-9]{1,15}", value) and int(value) >= least):
            raise BadRequestError(
                f"{name} “{value[:20]}” sai: cần số nguyên từ {least} trở lên.",
                f"The {name} {value[:20]!r} is wrong: a whole number of {least} or more is needed.",
            )
    if params.get("skipGeometry", "false").lower() not in ("true", "false"):
        raise BadRequestError("skipGeometry là true hoặc false.", "skipGeometry is true or false.")


async def body(request: Request) -> bytes:
    """Return the body of a request, a filter.

    Raises:
        BadRequestError: It is no JSON, or longer than any filter (413).
    """
    received = bytearray()
    async for part in request.stream():
        received += part
        if len(received) > MAX_BODY_BYTES:
            raise BadRequestError("Nội dung gửi lên quá dài.", "The body is too long.", status=413)
    _check_json(bytes(received))
    return bytes(received)


def _check_box(text: str, address: str | None) -> None:
    try:
        values = [float(value) for value in text.split(",")]
        if len(values) not in (4, 6) or not all(map(math.isfinite, values)):
            raise ValueError(text)
    except ValueError as error:
        raise BadRequestError(
            f"bbox “{text}” sai: cần bốn số, ví dụ bbox=105.77,19.80,105.78,19.81.",
            f"The bbox {text!r} is wrong: four numbers are needed, such as bbox=105.77,19.80,105.78,19.81.",
        ) from error
    target = crs.target(address or crs.CRS84)
    half = len(values) // 2
    low, high = (values[0], values[1]), (values[half], values[half + 1])
    (west, south), (east, north) = (low[::-1], high[::-1]) if target.flipped else (low, high)
    degrees = target.decimals == 8
    if south > north or (west > east and not degrees) or (degrees and (south < -90 or north > 90)):
        raise BadRequestError(
            f"bbox “{text}” sai: số nhỏ trước, số lớn sau, đúng thứ tự trục của hệ tọa độ.",
            f"The bbox {text!r} is wrong: smaller numbers first, in the axis order of its reference system.",
        )


def _check_filter(params: Mapping[str, str]) -> None:
    if params.get("filter-lang", "cql2-text") not in ("cql2-text", "cql2-json"):
        raise BadRequestError("filter-lang là cql2-text hoặc cql2-json.", "filter-lang is cql2-text or cql2-json.")
    if "filter-crs" in params:
        crs.target(params["filter-crs"])
    text = params.get("filter")
    if text is not None and (params.get("filter-lang") == "cql2-json" or text.lstrip().startswith("{")):
        _check_json(text)
    elif text is not None:
        cql2_text.parse(text)


def _check_json(text: str | bytes) -> None:
    try:
        orjson.dumps(orjson.loads(text))
    except (TypeError, ValueError) as error:
        raise BadRequestError("Bộ lọc không phải là CQL2 JSON.", "The filter is not CQL2 JSON.") from error
