"""What pygeoapi says about itself, made true and complete."""

from typing import Any

from atlas.server.manifest import Release
from atlas.server.provider import field_schemas
from atlas.server.words import word

_FEATURES = "http://www.opengis.net/spec/ogcapi-features"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"
_NOT_OURS = (f"{_FEATURES}-4",)
_OURS = (
    f"{_FEATURES}-3/1.0/conf/filter",
    f"{_FEATURES}-3/1.0/conf/features-filter",
    f"{_CQL2}/cql2-json",
    f"{_CQL2}/advanced-comparison-operators",
    f"{_CQL2}/case-insensitive-comparison",
    f"{_CQL2}/accent-insensitive-comparison",
    f"{_CQL2}/basic-spatial-functions",
    f"{_CQL2}/basic-spatial-functions-plus",
    f"{_CQL2}/spatial-functions",
    f"{_CQL2}/property-property",
)
_UNSERVED = ("/processes", "/TileMatrixSets", "/jobs")

FINISHERS = frozenset({"landing", "openapi", "conformance", "schema", "queryables"})


def finish(kind: str, document: dict[str, Any], release: Release, lang: str) -> dict[str, Any]:
    """Return a document with what is not served taken out and titles and code lists put in.

    Args:
        kind: One of `FINISHERS`.
        document: What pygeoapi wrote.
        release: The release.
        lang: `vi` or `en`.
    """
    if kind == "landing" and "links" in document:
        document["links"] = [link for link in document["links"] if not _is_unserved(link["href"])]
    elif kind == "openapi" and "paths" in document:
        _complete(document)
    elif kind == "conformance":
        kept = [name for name in document["conformsTo"] if not name.startswith(_NOT_OURS)]
        document["conformsTo"] = sorted({*kept, *_OURS})
    elif kind in ("schema", "queryables") and "properties" in document:
        _describe(document, release, lang, asked=kind == "queryables")
    return document


def _is_unserved(href: str) -> bool:
    return any(href.split("?")[0].endswith(path) for path in _UNSERVED)


def _complete(document: dict[str, Any]) -> None:
    """Add the parameters of filters, and drop the groups of services that are not there."""
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    used = {tag for operation in operations for tag in operation.get("tags", ())}
    document["tags"] = [tag for tag in document["tags"] if tag["name"] in used]
    for path, methods in document["paths"].items():
        if path.endswith("/items"):
            methods["get"]["parameters"] += _FILTERS


def _parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "description": description,
        "required": False,
        "schema": {"type": "string", **schema},
        "style": "form",
        "explode": False,
    }


_FILTERS = (
    _parameter("filter", "A CQL2 filter (OGC 21-065r2), for example `dien_tich_do > 500 AND xep_loai IN ('1', '2a')`."),
    _parameter("filter-lang", "How the filter is written.", enum=["cql2-text", "cql2-json"], default="cql2-text"),
    _parameter("filter-crs", "The CRS of geometries in the filter; CRS84 when absent.", format="uri"),
)


def _describe(document: dict[str, Any], release: Release, lang: str, *, asked: bool) -> None:
    name = document["$id"].split("?")[0].split("/")[-2]
    fields = field_schemas(release.collections[name], lang)
    properties = document["properties"]
    for key, schema in fields.items():
        if key in properties:
            if asked and schema["type"] == "object":
                del properties[key]
                continue
            schema.pop("values", None)
            properties[key] = schema | {
                word: properties[key][word] for word in ("x-ogc-role",) if word in properties[key]
            }
    if "geometry" in properties:
        properties["geometry"] |= {"title": word("page.geometry")[lang]}
    if asked:
        document["additionalProperties"] = False
