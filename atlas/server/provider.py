"""The provider: pygeoapi's questions, answered from the land database.

pygeoapi makes a provider for every request, so everything that costs is kept with the release.
"""

import copy
from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson
from pygeoapi.crs import get_crs
from pygeoapi.provider.base import BaseProvider, ProviderInvalidQueryError, ProviderItemNotFoundError

from atlas.server import crs, features, timespan, versions
from atlas.server.call import CURRENT
from atlas.server.collections import Collection, Field
from atlas.server.errors import BadRequestError
from atlas.server.manifest import Release, by_stamp
from atlas.server.selection import Question, select
from atlas.server.spatial import Shape


@lru_cache(maxsize=64)
def _storage(address: str) -> Any:
    return get_crs(address)


class LandProvider(BaseProvider):  # type: ignore[misc]  # pygeoapi is not typed
    """Features of one collection of a release."""

    def __init__(self, provider_def: dict[str, Any]) -> None:
        super().__init__(provider_def | {"storage_crs": _storage(provider_def["storage_crs"])})
        self.release: Release = by_stamp(provider_def["release"])
        self.collection: Collection = self.release.collections[provider_def["collection"]]

    def get_fields(self) -> dict[str, Any]:
        """Return the public fields as JSON Schema, in the language of the request."""
        return field_schemas(self.collection, CURRENT.get().lang)

    @property
    def fields(self) -> dict[str, Any]:
        """The public fields as JSON Schema; a copy, since pygeoapi changes what it gets."""
        return self.get_fields()

    def query(
        self,
        offset: int = 0,
        limit: int = 10,
        resulttype: str = "results",
        bbox: Shape | None = None,
        datetime_: str | None = None,
        properties: Any = (),
        sortby: Any = (),
        select_properties: Any = (),
        skip_geometry: bool = False,
        crs_transform_spec: str | None = None,
        filterq: tuple[bytes, str] | None = None,
        **_: Any,
    ) -> dict[str, Any]:
        """Return a page of features.

        Raises:
            ProviderInvalidQueryError: The question names an unknown property or cannot be understood.
        """
        try:
            question = Question(
                shape=bbox or None,
                equal=tuple(properties),
                filter=filterq[0] if filterq else None,
                filter_crs=filterq[1] if filterq else crs.CRS84,
                time=timespan.parse(datetime_) if datetime_ else None,
                since=CURRENT.get().since,
                order=tuple((entry["property"], entry["order"] == "-") for entry in sortby),
            )
            store = self.release.store
            collection = versions.of_release(self.collection, CURRENT.get().release, store.connection())
            keys = select(store, self.release.selections, collection, question)
        except BadRequestError as error:
            message = error.text(CURRENT.get().lang)
            refusal = ProviderInvalidQueryError(message, user_msg=message)
            refusal.http_status_code = error.status
            raise refusal from error
        page = keys[offset : offset + limit] if resulttype != "hits" else keys[:0]
        if self.collection.sequence and not question.order and len(page):
            CURRENT.set(replace(CURRENT.get(), last=int(page[-1])))
        found = features.read(
            self.release.store,
            self.collection,
            page,
            crs.target(crs_transform_spec or crs.CRS84),
            properties=select_properties,
            with_geometry=not skip_geometry,
        )
        return {
            "type": "FeatureCollection",
            "features": [_ready(feature) for feature in found],
            "numberMatched": len(keys),
            "numberReturned": len(found),
        }

    def get(self, identifier: str, crs_transform_spec: str | None = None, **_: Any) -> dict[str, Any]:
        """Return one feature.

        Raises:
            ProviderItemNotFoundError: There is none with that identifier.
        """
        keys = features.find(self.release.store, self.collection, identifier)
        if not len(keys):
            raise ProviderItemNotFoundError(f"no {identifier}")
        wanted = crs.target(crs_transform_spec or crs.CRS84)
        (found,) = features.read(self.release.store, self.collection, keys[:1], wanted)
        feature: dict[str, Any] = orjson.loads(found)
        return feature


def _ready(feature: bytes) -> Any:
    """Return a feature for orjson to pass through, or as a dictionary when pygeoapi looks inside."""
    return orjson.loads(feature) if CURRENT.get().plain else orjson.Fragment(feature)


def field_schemas(collection: Collection, lang: str) -> dict[str, Any]:
    """Return the fields of a collection as JSON Schema, in a language; the caller may change it."""
    return copy.deepcopy(_field_schemas(tuple(collection.fields.values()), lang))


@lru_cache(maxsize=32)
def _field_schemas(fields: tuple[Field, ...], lang: str) -> dict[str, Any]:
    return {field.name: _field_schema(field, lang) for field in fields}


def _field_schema(field: Field, lang: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": field.type, "title": field.title[lang]}
    if field.format:
        schema["format"] = field.format
    if field.description[lang]:
        schema["description"] = field.description[lang]
    if field.unit:
        schema |= {"x-ogc-unit": field.unit, "x-ogc-unitLang": "UCUM"}
    if field.codes:
        schema["x-codes"] = [{"const": entry.code, "title": entry.title[lang]} for entry in field.codes]
        if field.separator:
            schema["x-separator"] = field.separator
        else:
            # pygeoapi's /queryables reads the permitted values from the key `values` only.
            schema["enum"] = schema["values"] = [entry.code for entry in field.codes]
    return schema
