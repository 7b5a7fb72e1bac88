"""The configuration of pygeoapi, made from the release and the schemas."""

from typing import Any

from pygeoapi.api import API

from atlas.server import crs
from atlas.server.collections import Collection
from atlas.server.manifest import Release
from atlas.server.words import word

DEFAULT_ITEMS = 100
MAX_ITEMS = 10_000
PROVIDER = "atlas.server.provider.LandProvider"

VERSION = "1.0.0"
LICENSE = {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}


def build(release: Release, base_url: str) -> API:
    """Return pygeoapi over a release.

    Args:
        release: The release.
        base_url: Address of the API, without a slash at the end.
    """
    return API(configuration(release, base_url), {})


def configuration(release: Release, base_url: str) -> dict[str, Any]:
    """Return the configuration pygeoapi would read from YAML."""
    site = base_url.removesuffix("/api") or base_url
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": 8000},
            "url": base_url,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["vi", "en"],
            "pretty_print": False,
            "limits": {"default_items": DEFAULT_ITEMS, "max_items": MAX_ITEMS, "on_exceed": "throttle"},
            "map": {"url": "", "attribution": ""},
            "ogc_schemas_location": "http://schemas.opengis.net",
            "api_rules": {"api_version": VERSION},
        },
        "logging": {"level": "CRITICAL"},
        "metadata": _metadata(site),
        "resources": {name: _resource(collection, release) for name, collection in release.collections.items()},
    }


def _metadata(site: str) -> dict[str, Any]:
    return {
        "identification": {
            "title": word("site.title").both(),
            "description": word("site.description").both(),
            "keywords": {"vi": [word("site.keywords").vi], "en": [word("site.keywords").en]},
            "keywords_type": "theme",
            "terms_of_service": LICENSE["url"],
            "url": f"{site}/",
        },
        "license": LICENSE,
        "provider": {"name": word("site.title").vi, "url": f"{site}/"},
        "contact": {"name": word("site.title").vi, "url": f"{site}/"},
    }


def _resource(collection: Collection, release: Release) -> dict[str, Any]:
    addresses = list(dict.fromkeys([crs.CRS84, *map(crs.uri, collection.crs)]))
    storage = crs.uri(collection.tables[0].srid) if collection.tables else crs.CRS84
    return {
        "type": "collection",
        "title": collection.title.both(),
        "description": collection.description.both(),
        "keywords": {"vi": [collection.title.vi], "en": [collection.title.en]},
        "links": [],
        "extents": {"spatial": {"bbox": list(collection.extent or (102.0, 8.0, 110.0, 24.0)), "crs": crs.CRS84}},
        "providers": [
            {
                "type": "feature",
                "name": PROVIDER,
                "data": str(release.store.path),
                "id_field": collection.id_field,
                "time_field": collection.time or ("valid_from" if "valid_from" in collection.fields else None),
                "collection": collection.id,
                "release": release.stamp,
                "storage_crs": crs.CRS84 if storage == crs.uri(crs.LONLAT) else storage,
                "crs": addresses,
            }
        ],
    }
