"""The manifest of a release: what the rest of the world has to know to use it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import shapely

import schemas
from pipelines.publish import content, feed
from pipelines.publish.content import Commune

SCHEMA_VERSION = "1.2.0"
TILES = "tiles/atlas.pmtiles"
COMMUNES = "communes.parquet"
_TITLE = {"vi": "Bản đồ địa chính", "en": "Cadastral map"}
_KINDS = {
    ".parquet": "parquet",
    ".pmtiles": "tiles",
    ".gpkg": "geopackage",
    ".xlsx": "table",
    ".html": "map",
    ".gz": "feed",
}
_CHUNK = 1 << 20


def paths_of(commune: str) -> dict[str, str]:
    """Return where the files of a commune lie inside the release."""
    return {
        "parcels": f"parcels/{commune}.parquet",
        "findings_gpkg": f"findings/{commune}.gpkg",
        "findings_xlsx": f"findings/{commune}.xlsx",
        "findings_map": f"findings/{commune}.html",
    }


def describe(commune: Commune, name: str) -> dict[str, Any]:
    """Return the entry of a commune whose files go by a name."""
    release = commune.release
    grades = content.grade_counts(commune.parcels)
    new_code, new_name = content.successor(release.ma_xa, release.ky_dia_gioi)
    bounds = shapely.total_bounds(content.displayable(commune.outline).to_numpy())
    return {
        "ma_xa": release.ma_xa,
        "ky_dia_gioi": release.ky_dia_gioi,
        "ten_xa": commune.ten_xa,
        "ten_xa_en": next(iter(content.listed_name(release, "name_en")), None),
        "ma_xa_moi": new_code,
        "ten_xa_moi": new_name,
        "srid": release.srid,
        "bbox": [round(float(side), 7) for side in bounds],
        "parcels": len(commune.parcels),
        "withheld": len(commune.withheld),
        "area_m2": round(float(commune.parcels["dien_tich_do"].sum()), 1),
        "grades": grades,
        "dqi": release.counts.get("dqi"),
        "findings": {code: int(count) for code, count in commune.findings["code"].value_counts().sort_index().items()},
        "release_id": release.release_id,
        "released_at": release.finished_at,
        "downloads": paths_of(name),
    }


def tile_facts(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a commune on the map."""
    total = max(entry["parcels"], 1)
    shares = {f"ty_le_{grade}": round(count / total, 4) for grade, count in entry["grades"].items()}
    return {
        "ma_xa": entry["ma_xa"],
        "ky_dia_gioi": entry["ky_dia_gioi"],
        "ten_xa": entry["ten_xa"],
        "parcels": entry["parcels"],
        **shares,
        "dqi": entry["dqi"],
        "xep_loai_troi": content.dominant(entry["grades"]),
    }


def compose(
    entries: Sequence[Mapping[str, Any]],
    ended: Sequence[Mapping[str, Any]],
    files: Sequence[Mapping[str, Any]],
    *,
    generated_at: str,
    recipe: str,
    land: str,
) -> dict[str, Any]:
    """Return the manifest.

    Args:
        entries: Communes, see `describe`.
        ended: Communes whose land lies in others now: code, era, release and `feed`.
        files: Files of the release, see `list_files`.
        generated_at: Time, UTC, ISO 8601.
        recipe: Fingerprint of the code that wrote the release.
        land: Path of the land database, relative to the release.
    """
    extent = _extent(entry["bbox"] for entry in entries)
    zones = sorted({int(entry["srid"]) for entry in entries})
    storage = [f"http://www.opengis.net/def/crs/EPSG/0/{srid}" for srid in zones]
    told = feed.total([*entries, *ended]) | {"ended": list(ended)}
    return {
        "schema_version": SCHEMA_VERSION,
        "generated_at": generated_at,
        "recipe": recipe,
        "title": _TITLE,
        "land": land,
        "collections": [
            _collection("parcels", "thua_dat", sum(entry["parcels"] for entry in entries), extent, storage),
            _collection("communes", "xa", len(entries), extent, storage),
            _changes(told, extent),
        ],
        "feed": told,
        "files": list(files),
        "communes": list(entries),
        "tiles": TILES,
        "legend": legend(),
        "grades": grades(),
    }


def legend() -> list[dict[str, Any]]:
    """Return land uses with their colours, as the land-use code list gives them."""
    uses = schemas.codelist("land_use_new")
    coloured = uses[(uses["leaf"] == "1") & (uses["rgb"].fillna("") != "")]
    columns = coloured[["code", "name_vi", "name_en", "rgb", "group"]].to_dict("records")
    return [{"code": use["code"], "name": _name(use), "rgb": use["rgb"], "group": use["group"]} for use in columns]


def grades() -> list[dict[str, Any]]:
    """Return the grades of a parcel with their colours."""
    listed = schemas.codelist("xep_loai").to_dict("records")
    return [{"code": grade["code"], "name": _name(grade), "rgb": grade["rgb"]} for grade in listed]


def list_files(release: Path, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return path, hash, size, kind and number of objects of every file of a release, by path."""
    found = sorted(path for path in release.rglob("*") if path.is_file())
    return [_file(path, path.relative_to(release).as_posix(), counts) for path in found]


def _file(path: Path, name: str, counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "path": name,
        "sha256": sha256(path),
        "bytes": path.stat().st_size,
        "count": counts.get(name),
        "kind": _KINDS.get(path.suffix, "other"),
    }


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _name(row: Mapping[Any, Any]) -> dict[str, str]:
    return {"vi": str(row["name_vi"]), "en": str(row["name_en"])}


def _collection(name: str, layer: str, count: int, extent: list[float] | None, storage: list[str]) -> dict[str, Any]:
    described = schemas.layer(layer)
    title = {"vi": described["title"], "en": described["title:en"]}
    return {"id": name, "layer": layer, "title": title, "count": count, "extent": extent, "crs": storage}


def _changes(told: Mapping[str, Any], extent: list[float] | None) -> dict[str, Any]:
    title = {"vi": "Biến động thửa đất", "en": "Changes of parcels"}
    crs84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    return {"id": "changes", "layer": None, "title": title, "count": told["count"], "extent": extent, "crs": [crs84]}


def _extent(boxes: Iterable[Sequence[float]]) -> list[float] | None:
    sides = list(zip(*boxes, strict=True))
    if not sides:
        return None
    return [min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])]
