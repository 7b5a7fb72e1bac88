"""The OpenAPI document: one language, everything inside it.

pygeoapi's own mixes languages ("Get Thửa đất items") and sends readers to four other hosts for parameters and answers.
"""

from typing import Any

from atlas.server import crs
from atlas.server.collections import Collection, Field
from atlas.server.config import DEFAULT_ITEMS, LICENSE, MAX_ITEMS, VERSION
from atlas.server.manifest import Release
from atlas.server.provider import field_schemas
from atlas.server.words import LANGUAGES, word

Object = dict[str, Any]

GEOJSON = "application/geo+json"
_PLAIN = {"conformance": "/conformance", "collections": "/collections", "openapi": "/openapi"}
_OF_COLLECTION = {"collection": "", "schema": "/schema", "queryables": "/queryables"}
_SHARED = ("f", "lang", "offset", "bbox", "datetime", "resulttype", "skipGeometry", "release", "filter", "filter-lang")


def document(release: Release, base_url: str, lang: str) -> Object:
    """Return the OpenAPI 3.0 document of a release.

    Args:
        release: The release.
        base_url: Address of the API.
        lang: `vi` or `en`.
    """
    paths: Object = {"/": {"get": _operation("landing", "server", lang, ("f", "lang"))}}
    for name, path in _PLAIN.items():
        paths[path] = {"get": _operation(name, "server", lang, ("f", "lang"))}
    for collection in release.collections.values():
        paths |= _paths(collection, lang)
    tags = [{"name": "server", "description": word("site.title")[lang]}]
    tags += [{"name": entry.id, "description": entry.description[lang]} for entry in release.collections.values()]
    return {
        "openapi": "3.0.3",
        "info": {
            "title": word("site.title")[lang],
            "description": word("site.description")[lang],
            "version": VERSION,
            "license": LICENSE,
        },
        "servers": [{"url": base_url}],
        "tags": tags,
        "paths": paths,
        "components": {"parameters": _parameters(lang), "schemas": _SCHEMAS, "responses": _responses(lang)},
    }


def _paths(collection: Collection, lang: str) -> Object:
    root, fields = f"/collections/{collection.id}", field_schemas(collection, lang)
    paths: Object = {
        root + path: {"get": _operation(kind, collection.id, lang, ("f", "lang"), collection)}
        for kind, path in _OF_COLLECTION.items()
    }
    items = _operation("items", collection.id, lang, _SHARED, collection, "FeatureCollection")
    items["parameters"] += [
        _limit(lang), _crs("crs", collection, lang), _crs("bbox-crs", collection, lang),
        _crs("filter-crs", collection, lang), _list("properties", list(fields), lang), _list("sortby", None, lang),
        *(_by_field(field, fields[name]) for name, field in collection.fields.items() if field.type != "object"),
    ]  # fmt: skip
    if collection.sequence:
        items["parameters"].append(_parameter("since", "since", lang, {"type": "integer", "minimum": 0}))
    search = _operation("search", collection.id, lang, ("f", "lang"), collection, "FeatureCollection")
    search["parameters"] += [_limit(lang), {"$ref": "#/components/parameters/offset"}]
    search["requestBody"] = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    paths[f"{root}/items"] = {"get": items, "post": search}
    item = _operation("item", collection.id, lang, ("f", "lang"), collection, "Feature")
    identifier = _parameter("featureId", "id", lang, {"type": "string"}, where="path")
    item["parameters"] += [identifier, _crs("crs", collection, lang)]
    item["responses"]["404"] = {"$ref": "#/components/responses/missing"}
    paths[f"{root}/items/{{featureId}}"] = {"get": item}
    return paths


def _operation(
    kind: str, tag: str, lang: str, shared: tuple[str, ...], collection: Collection | None = None, answer: str = "Any"
) -> Object:
    title = word(f"api.{kind}")[lang]
    named = title if collection is None else f"{title}: {collection.title[lang]}"
    media = GEOJSON if answer.startswith("Feature") else "application/json"
    content = {
        media: {"schema": {"$ref": f"#/components/schemas/{answer}"}},
        "text/html": {"schema": {"type": "string"}},
    }
    return {
        "summary": named,
        "tags": [tag],
        "operationId": f"{kind}.{tag}",
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in shared],
        "responses": {
            "200": {"description": named, "content": content},
            "400": {"$ref": "#/components/responses/refused"},
            "default": {"$ref": "#/components/responses/failed"},
        },
    }


def _parameter(name: str, words: str, lang: str, schema: Object, where: str = "query") -> Object:
    listed = {} if where == "path" else {"style": "form", "explode": False}
    described = word(f"api.parameter.{words}")[lang]
    return {
        "name": name,
        "in": where,
        "description": described,
        "required": where == "path",
        "schema": schema,
        **listed,
    }


def _parameters(lang: str) -> Object:
    schemas: Object = {
        "f": {"type": "string", "enum": ["json", "html", "jsonld"], "default": "json"},
        "lang": {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]},
        "offset": {"type": "integer", "minimum": 0, "default": 0},
        "bbox": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
        "datetime": {"type": "string"},
        "resulttype": {"type": "string", "enum": ["results", "hits"], "default": "results"},
        "skipGeometry": {"type": "boolean", "default": False},
        "release": {"type": "integer", "minimum": 1},
        "filter": {"type": "string"},
        "filter-lang": {"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"},
    }
    return {name: _parameter(name, name, lang, schema) for name, schema in schemas.items()}


def _limit(lang: str) -> Object:
    # inside each operation: GDAL reads the largest page from here
    schema = {"type": "integer", "minimum": 1, "maximum": MAX_ITEMS, "default": DEFAULT_ITEMS}
    return _parameter("limit", "limit", lang, schema)


def _crs(name: str, collection: Collection, lang: str) -> Object:
    offered = list(dict.fromkeys([crs.CRS84, *map(crs.uri, collection.crs)]))
    return _parameter(name, name, lang, {"type": "string", "format": "uri", "enum": offered, "default": crs.CRS84})


def _list(name: str, values: list[str] | None, lang: str) -> Object:
    items: Object = {"type": "string"} if values is None else {"type": "string", "enum": values}
    return _parameter(name, name, lang, {"type": "array", "items": items})


def _by_field(field: Field, described: Object) -> Object:
    schema = {key: described[key] for key in ("type", "format", "enum") if key in described}
    text = ". ".join(described[key].rstrip(".") for key in ("title", "description") if key in described)
    return {"name": field.name, "in": "query", "description": text, "required": False, "schema": schema,
            "style": "form", "explode": False}  # fmt: skip


def _responses(lang: str) -> Object:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Exception"}}}
    return {
        name: {"description": word(f"api.response.{name}")[lang], "content": content}
        for name in ("refused", "missing", "failed")
    }


_LINKS = {"type": "array", "items": {"$ref": "#/components/schemas/Link"}}
_SCHEMAS: Object = {
    "Any": {"type": "object", "additionalProperties": True},
    "Link": {
        "type": "object",
        "required": ["href", "rel"],
        "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "title", "hreflang")},
    },
    "Feature": {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": {
                "type": "object",
                "nullable": True,
                "required": ["type", "coordinates"],
                "properties": {
                    "type": {"type": "string", "enum": ["Polygon", "MultiPolygon"]},
                    "coordinates": {"type": "array", "items": {}},
                },
            },
            "properties": {"type": "object", "additionalProperties": True},
            "links": _LINKS,
        },
    },
    "FeatureCollection": {
        "type": "object",
        "required": ["type", "features", "numberMatched", "numberReturned"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}},
            "numberMatched": {"type": "integer", "minimum": 0},
            "numberReturned": {"type": "integer", "minimum": 0},
            "timeStamp": {"type": "string", "format": "date-time"},
            "links": _LINKS,
        },
    },
    "Exception": {
        "type": "object",
        "required": ["code", "description"],
        "properties": {
            "code": {"type": "string"},
            "type": {"type": "string"},
            "status": {"type": "integer"},
            "description": {"type": "string"},
        },
    },
}
