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

FINISHERS = frozenset({"landing", "conformance", "schema", "queryables"})


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
    elif kind == "conformance":
        kept = [name for name in document["conformsTo"] if not name.startswith(_NOT_OURS)]
        document["conformsTo"] = sorted({*kept, *_OURS})
    elif kind in ("schema", "queryables") and "properties" in document:
        _describe(document, release, lang, asked=kind == "queryables")
    return document


def _is_unserved(href: str) -> bool:
    return any(href.split("?")[0].endswith(path) for path in _UNSERVED)


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
            if not asked and release.collections[name].fields[key].nullable:
                _allow_null(schema)
            properties[key] = schema | {
                word: properties[key][word] for word in ("x-ogc-role",) if word in properties[key]
            }
    if "geometry" in properties:
        properties["geometry"] |= {"title": word("page.geometry")[lang]}
    if asked:
        document["additionalProperties"] = False


def _allow_null(schema: dict[str, Any]) -> None:
    schema["type"] = [schema["type"], "null"]
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]
