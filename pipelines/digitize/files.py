"""Files of this step: what it reads from the package, what it leaves under `<home>/<commune>/digitize`."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

import schemas
from pipelines import crs as crs_work
from pipelines import findings, sources, text, vectors
from pipelines.digitize.model import Source
from pipelines.digitize.run import Digitized, run
from pipelines.errors import CrsError
from pipelines.files import writing
from pipelines.settings import Settings

_SPATIAL_ROLES = frozenset({"drawing", "parcels", "boundary"})
_DRAWING_COLUMNS = ("Level", "Layer", "Text", "Type")


def execute(home: Path, commune: str, settings: Settings) -> None:
    """Digitize a commune whose package has been taken stock of.

    Args:
        home: Folder of everything that is made.
        commune: Commune code.
        settings: Tolerances.

    Raises:
        ReadError: A file that was readable before is so no more.
    """
    inventory = json.loads((home / commune / "package" / "inventory.json").read_text(encoding="utf-8"))
    profile = schemas.source(inventory["profile"])
    files = [source for entry in inventory["files"] for source in read(entry, inventory, profile, settings)]
    write(run(files, profile, crs_work.parse(inventory["crs"])), home / commune / "digitize")


def write(digitized: Digitized, folder: Path) -> None:
    """Write everything the step made, as a whole or not at all."""
    with writing(folder) as new:
        digitized.parcels.to_parquet(new / "parcels.parquet", index=False)
        digitized.boundary.to_parquet(new / "boundary.parquet", index=False)
        digitized.sheets.to_parquet(new / "sheets.parquet", index=False)
        findings.write(digitized.findings, new / "findings.parquet")
        digitized.ledger.write(new / "account.json")


def read(
    entry: Mapping[str, Any], inventory: Mapping[str, Any], profile: Mapping[str, Any], settings: Settings
) -> list[Source]:
    """Return the sources a file of the package holds: one for its role, and its outline layer where it has one."""
    path = Path(inventory["root"]) / entry["path"]
    if entry["role"] not in _SPATIAL_ROLES or not entry["layers"] or vectors.driver(path) is None:
        return []
    names = [layer["name"] for layer in entry["layers"]]
    if entry["role"] == "drawing":
        rows = _drawing(path, names, entry, profile["drawing"])
        return [_source(entry, inventory, settings, "drawing", rows)]
    section = {"layer": f"^{re.escape(entry['layer'])}$"} if entry.get("layer") else profile.get(entry["role"]) or {}
    made = [
        _source(entry, inventory, settings, entry["role"], _layer(path, name, entry, inventory["crs"]))
        for name in _matching(section.get("layer"), names)
    ]
    outline = (profile.get("boundary") or {}).get("layer")
    if entry["role"] == "parcels" and outline is not None:
        made += [
            _source(entry, inventory, settings, "boundary", _layer(path, name, entry, inventory["crs"]))
            for name in _matching(outline, names)
        ]
    return made


def _source(
    entry: Mapping[str, Any], inventory: Mapping[str, Any], settings: Settings, role: str, rows: gpd.GeoDataFrame
) -> Source:
    scale = int(entry.get("scale") or inventory["scale"])
    return Source(entry["path"], role, rows, entry.get("sheet"), scale, settings.snap_for(scale))


def _matching(pattern: str | None, names: list[str]) -> list[str]:
    return names[:1] if pattern is None else [name for name in names if re.search(pattern, name)]


def _layer(path: Path, name: str, entry: Mapping[str, Any], crs: str) -> gpd.GeoDataFrame:
    rows = _numbered(vectors.read(path, name))
    if vectors.keeps_bytes(path):
        texts = rows.columns[rows.dtypes.map(pd.api.types.is_string_dtype) & (rows.columns != rows.geometry.name)]
        rows[texts] = rows[texts].apply(_decoded, encoding=entry.get("encoding") or "utf-8")
    if entry.get("crs"):
        rows = rows.set_crs(crs_work.parse(entry["crs"]), allow_override=True)
    if rows.crs is None or _same_place(rows.crs.to_wkt(), crs):
        return rows.set_crs(crs_work.parse(crs), allow_override=True)
    return rows.set_geometry(crs_work.reproject(rows.geometry, crs))


def _drawing(path: Path, names: list[str], entry: Mapping[str, Any], drawing: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Return the elements of a drawing with `role`, decoded `text` and their number in the file."""
    level, words = drawing["level_column"], drawing.get("text_column", "Text")
    rows = _numbered(vectors.read(path, names[0], columns=[level, words]))
    if pd.api.types.is_string_dtype(rows[level]):
        rows[level] = _decoded(rows[level], entry.get("encoding") or "utf-8")
    rows["role"] = sources.roles_of(rows[level], drawing)
    rows = rows[rows["role"].notna() & rows.geometry.notna()]
    decoded = _decoded(rows[words], entry.get("encoding") or "utf-8")
    return rows.assign(text=decoded)[["number", "role", "text", "geometry"]]


def _numbered(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return rows.assign(number=np.arange(1, len(rows) + 1)).set_index("number", drop=False).rename_axis(None)


def _decoded(values: pd.Series, encoding: str) -> pd.Series:
    read = values.astype("object").where(values.notna(), None).tolist()
    return pd.Series(text.decode(read, encoding), index=values.index, dtype="string")


@cache
def _same_place(wkt: str, declared: str) -> bool:
    """Tell whether the CRS of a file is the declared one; a CRS that no code describes counts as declared."""
    try:
        return crs_work.srid(wkt) == crs_work.srid(declared)
    except CrsError:
        return True
