"""Files of this step: what it reads from the package, what it leaves under `<home>/<commune>/digitize`."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

import schemas
from pipelines import crs as crs_work
from pipelines import findings, sandbox, sources, vectors
from pipelines.digitize import scanned, texts
from pipelines.digitize.model import Source
from pipelines.digitize.placing import to_package
from pipelines.digitize.run import Digitized, run
from pipelines.errors import PackageError, ReadError
from pipelines.files import writing
from pipelines.findings import Finding
from pipelines.settings import Settings

_TEXT_SIZES = {"Height": "height", "Rotation": "rotation"}
"""How large a text is drawn and how it is turned, where the format tells."""

_SPATIAL_ROLES = frozenset({"drawing", "parcels", "boundary"})


def execute(home: Path, commune: str, settings: Settings) -> None:
    """Digitize a commune whose package has been taken stock of.

    Args:
        home: Folder of everything that is made.
        commune: Commune code.
        settings: Tolerances.

    Raises:
        PackageError: A file is listed as a drawing, but its profile knows no drawings.

    Emits: goi.unreadable_file
    """
    inventory = json.loads((home / commune / "package" / "inventory.json").read_text(encoding="utf-8"))
    profile = schemas.source(inventory["profile"])
    crs = crs_work.parse(inventory["crs"])
    sources_read, refused, told = _read_all(inventory, profile, settings)
    scans = scanned.read_all(home / commune, inventory, settings)
    digitized = run(sources_read, profile, crs, scans.traced, scans.tolerance_m)
    digitized.ledger.entries.extend(scans.entries)
    for finding in refused:
        digitized.ledger.add(finding.feature_id, "file", received=1, accepted=0, quarantined=1)
    refused += scans.findings
    found = findings.concat([digitized.findings, findings.of([*refused, *told], crs=crs)], crs=crs)
    write(replace(digitized, findings=found), home / commune / "digitize")


def _read_all(
    inventory: Mapping[str, Any], profile: Mapping[str, Any], settings: Settings
) -> tuple[list[Source], list[Finding], list[Finding]]:
    """Return the sources of all files, each read in a child process, what cannot be read, and what was odd in texts."""
    entries = [entry for entry in inventory["files"] if entry["role"] in _SPATIAL_ROLES]
    calls = [(Path(entry["path"]), entry, inventory, profile, settings) for entry in entries]
    made, refused, told = list[Source](), list[Finding](), list[Finding]()
    for entry, outcome in zip(entries, sandbox.each(_read, calls, limits=settings.limits), strict=True):
        if isinstance(outcome.error, ReadError):
            detail = f"{entry['path']}: {outcome.error.vi} / {outcome.error.en}"
            refused.append(Finding("goi.unreadable_file", entry["path"], detail=detail, source=entry["path"]))
        else:
            found, about = outcome.get()
            made += found
            told += about
    return made, refused, told


def _read(_: Path, *arguments: Any) -> tuple[list[Source], list[Finding]]:
    return read(*arguments)


def write(digitized: Digitized, folder: Path) -> None:
    """Write everything the step made, as a whole or not at all."""
    with writing(folder) as new:
        digitized.parcels.to_parquet(new / "parcels.parquet", index=False)
        digitized.documented.to_parquet(new / "documented.parquet", index=False)
        digitized.boundary.to_parquet(new / "boundary.parquet", index=False)
        digitized.sheets.to_parquet(new / "sheets.parquet", index=False)
        findings.write(digitized.findings, new / "findings.parquet")
        digitized.ledger.write(new / "account.json")


def read(
    entry: Mapping[str, Any], inventory: Mapping[str, Any], profile: Mapping[str, Any], settings: Settings
) -> tuple[list[Source], list[Finding]]:
    """Return the sources a file of the package holds, and what decoding its texts has to tell.

    There is one source for the role of the file, and one for its outline layer where it has one.
    """
    path = Path(inventory["root"]) / entry["path"]
    if entry["role"] not in _SPATIAL_ROLES or not entry["layers"] or vectors.driver(path) is None:
        return [], []
    profile = schemas.source(entry["profile"]) if entry.get("profile") else profile
    names = [layer["name"] for layer in entry["layers"]]
    if entry["role"] == "drawing":
        drawing = sources.drawing_of(profile, entry.get("levels"))
        if drawing is None or not {"Level", "Layer"} & {*entry["layers"][0]["fields"]}:
            raise _no_drawing(entry, inventory)
        rows, told = _drawing(path, names, entry, drawing, inventory)
        node = tuple(profile["drawing"].get("node") or ())
        return [replace(_source(entry, inventory, settings, "drawing", rows), node=node)], told
    section = {"layer": f"^{re.escape(entry['layer'])}$"} if entry.get("layer") else profile.get(entry["role"]) or {}
    columns = sources.confirmed((profile.get("parcels") or {}).get("columns") or {}, entry.get("columns"))
    chosen = _matching(section.get("layer"), entry["layers"], columns)
    rows, told = _layers(path, chosen, entry, inventory, columns)
    made = [replace(_source(entry, inventory, settings, entry["role"], rows), columns=columns)]
    outline = (profile.get("boundary") or {}).get("layer")
    if entry["role"] == "parcels" and outline is not None:
        others = [name for name in names if re.search(outline, name)]
        rows, about = _layers(path, others, entry, inventory, columns)
        made.append(_source(entry, inventory, settings, "boundary", rows))
        told += [item for item in about if item not in told]
    return made, told


def _no_drawing(entry: Mapping[str, Any], inventory: Mapping[str, Any]) -> PackageError:
    profile = entry.get("profile") or inventory["profile"]
    return PackageError(
        f"{entry['path']} khai là bản vẽ nhưng kiểu nguồn {profile} không đọc bản vẽ này: sửa `role` hoặc `profile`.",
        f"{entry['path']} is listed as a drawing, which the profile {profile} cannot read: mend `role` or `profile`.",
    )


def _source(
    entry: Mapping[str, Any], inventory: Mapping[str, Any], settings: Settings, role: str, rows: gpd.GeoDataFrame
) -> Source:
    scale = int(entry.get("scale") or inventory["scale"])
    return Source(entry["path"], role, rows, entry.get("sheet"), scale, settings.snap_for(scale))


def _matching(pattern: str | None, layers: list[dict[str, Any]], columns: Mapping[str, Any]) -> list[str]:
    """Return the layers to read: those of the pattern, else those with parcel numbers, else the first."""
    if pattern is not None:
        return [layer["name"] for layer in layers if re.search(pattern, layer["name"])]
    keyed = [layer["name"] for layer in layers if "so_thu_tu_thua" in sources.columns(columns, layer["fields"])]
    return keyed or [layer["name"] for layer in layers[:1]]


def _layers(
    path: Path, names: list[str], entry: Mapping[str, Any], inventory: Mapping[str, Any], columns: Mapping[str, Any]
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the rows of some layers as one frame in the CRS of the package, numbered through."""
    read, told = list[gpd.GeoDataFrame](), list[Finding]()
    for name in names:
        decoded = texts.layer(vectors.read(path, name), path, entry, inventory, columns)
        read.append(to_package(decoded.rows, entry, inventory))
        told += decoded.told
    if not read:
        empty = gpd.GeoDataFrame({"geometry": []}, geometry="geometry", crs=crs_work.parse(inventory["crs"]))
        return _numbered(empty), told
    return _numbered(read[0] if len(read) == 1 else pd.concat(read, ignore_index=True)), told


def _drawing(
    path: Path, names: list[str], entry: Mapping[str, Any], drawing: Mapping[str, Any], inventory: Mapping[str, Any]
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the elements of a drawing with `role`, decoded `text` and their number in the file."""
    words = drawing.get("text_column", "Text")
    levels = [name for name in ("Level", "Layer") if name in entry["layers"][0]["fields"]]
    read = _numbered(vectors.read(path, names[0], columns=[*levels, words, *_TEXT_SIZES]))
    decoded = texts.drawing(read, path, entry, drawing, levels, words)
    rows = decoded.rows
    rows = to_package(rows[rows["role"].notna() & rows.geometry.notna()], entry, inventory).rename(columns=_TEXT_SIZES)
    kept = ["number", "role", "text", *(name for name in _TEXT_SIZES.values() if name in rows), "geometry"]
    return rows[kept], decoded.told


def _numbered(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return rows.assign(number=np.arange(1, len(rows) + 1)).set_index("number", drop=False).rename_axis(None)
