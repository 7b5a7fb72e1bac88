"""Taking stock: every file of a package, what it holds, and what is wrong with it."""

import re
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj

import schemas
from pipelines import crs as crs_work
from pipelines import files, findings, vectors
from pipelines.errors import CrsError, PackageError
from pipelines.findings import Finding
from pipelines.ledger import Ledger
from pipelines.manifests import MANIFEST
from pipelines.package import commune, dgn_scan, place
from pipelines.package.readable import why_not

SPATIAL_ROLES = frozenset({"drawing", "parcels", "boundary"})

MISSING = "missing"
"""Reason of a file that is listed but not there."""


@dataclass(frozen=True, slots=True)
class Stock:
    """A package taken stock of.

    Attributes:
        inventory: What `inventory.json` holds.
        findings: Files missing, unlisted, unreadable or read in part.
        ledger: The account of files.
    """

    inventory: dict[str, Any]
    findings: gpd.GeoDataFrame
    ledger: Ledger


def run(
    root: Path, manifest: Mapping[str, Any], province: str, *, evidence: list[dict[str, Any]] | None = None
) -> Stock:
    """Return the stock of a package folder.

    Args:
        root: Folder of the package.
        manifest: Checked content of `package.yaml`, or the proposal for one.
        province: Code of the province the data must lie in.
        evidence: The guesses of a proposal, each of which becomes a finding.

    Emits:
        goi.missing_file, goi.unlisted_file, goi.unreadable_file, goi.proposed, ban_ve.elements_lost

    Raises:
        PackageError: No spatial file can be read, or the commune code is not one of the era.
        CrsError: The declared CRS puts the data outside the province, or is not one in metres.
    """
    commune.check(manifest["commune"], manifest["era"], root / MANIFEST)
    crs = crs_work.parse(manifest["crs"])
    present = [path for path in files.find(root) if path != MANIFEST]
    entries, broken = describe(root, manifest)
    ledger = Ledger("package")
    for entry in entries:
        ledger.add(entry["path"], "file", received=1, accepted=1)
    for item in broken:
        ledger.add(item["path"], "file", received=1, accepted=0, quarantined=1)
    found = [_unusable(item) for item in broken]
    _need_something_spatial(root, entries, broken)
    for path in _unlisted(present, manifest):
        ledger.add(path, "file", received=1, accepted=0, quarantined=1)
        found.append(Finding("goi.unlisted_file", path, detail=path, source=path))
    found += [_proposed(guess) for guess in evidence or ()]
    found += [loss for entry in entries if (loss := _lost_elements(root, entry)) is not None]
    if manifest["era"] != commune.FOREIGN_ERA:
        _check_places(root, entries, manifest, province)
    _need_metres(crs, manifest["crs"], root)
    body = inventory(root, manifest, entries, broken, present, proposed=evidence is not None)
    return Stock(body, findings.of(found, crs=crs), ledger.check())


def describe(root: Path, manifest: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the listed files that can be read, with their layers, and those that cannot, with the reason."""
    entries, broken = [], []
    for entry in manifest["files"]:
        path = root / entry["path"]
        reason = MISSING if not path.is_file() else why_not(path)
        if reason != MISSING and not path.resolve().is_relative_to(root.resolve()):
            reason = "a link out of the package"
        described = _entry(root, entry, manifest) if reason is None else None
        reason = _no_layer(described, manifest) if described is not None else reason
        if described is not None and reason is None:
            entries.append(described)
        else:
            broken.append({"path": entry["path"], "role": entry["role"], "reason": reason})
    return entries, broken


def _no_layer(entry: Mapping[str, Any], manifest: Mapping[str, Any]) -> str | None:
    """Return why a readable file gives no layer for its role; None when it does or needs none."""
    if entry["role"] not in SPATIAL_ROLES:
        return None
    if not entry["layers"]:
        return "no map layer in it, mend its role"
    names = ", ".join(layer["name"] for layer in entry["layers"][:5])
    if entry["layer"] and entry["layer"] not in [layer["name"] for layer in entry["layers"]]:
        return f"no layer {entry['layer']}, it has {names}"
    section = schemas.source(entry["profile"] or manifest["profile"]).get(entry["role"]) or {}
    pattern = None if entry["layer"] else section.get("layer")
    if pattern and not any(re.search(pattern, layer["name"]) for layer in entry["layers"]):
        return f"no layer like {pattern}, it has {names}"
    return None


def _unusable(item: Mapping[str, Any]) -> Finding:
    code = "goi.missing_file" if item["reason"] == MISSING else "goi.unreadable_file"
    return Finding(code, item["path"], detail=f"{item['path']}: {item['reason']}", source=item["path"])


def layers_of(path: Path) -> list[dict[str, Any]]:
    """Return the layers of a vector file as plain dictionaries; none for other files."""
    if vectors.driver(path) is None:
        return []
    return [asdict(layer) for layer in vectors.layers(path)]


def _entry(root: Path, entry: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, Any]:
    path = root / entry["path"]
    layers = layers_of(path) if entry["role"] in SPATIAL_ROLES else []
    return {
        "id": entry["path"],
        "path": entry["path"],
        "role": entry["role"],
        "format": vectors.driver(path) or path.suffix[1:].upper(),
        "bytes": path.stat().st_size,
        "sha256": files.sha256(path),
        "sheet": entry.get("sheet"),
        "scale": entry.get("scale", manifest.get("scale", 1000)),
        "encoding": entry.get("encoding", "utf-8"),
        "crs": entry.get("crs"),
        "layer": entry.get("layer"),
        "profile": entry.get("profile"),
        "layers": layers,
    }


def inventory(
    root: Path,
    manifest: Mapping[str, Any],
    entries: list[dict[str, Any]],
    broken: list[dict[str, Any]],
    present: list[str],
    *,
    proposed: bool,
) -> dict[str, Any]:
    """Return what `inventory.json` holds."""
    listed = [MANIFEST] if (root / MANIFEST).exists() else []
    return {
        "commune": manifest["commune"],
        "era": manifest["era"],
        "date": manifest["date"],
        "profile": manifest["profile"],
        "crs": manifest["crs"],
        "scale": manifest.get("scale", 1000),
        "map_type": manifest.get("map_type", "1"),
        "proposed": proposed or bool(manifest.get("proposed")),
        "root": str(root.resolve()),
        "sha256": files.sha256_of(root, present + listed),
        "files": entries,
        "unusable": broken,
    }


def _need_something_spatial(root: Path, entries: list[dict[str, Any]], broken: list[dict[str, Any]]) -> None:
    if any(entry["role"] in SPATIAL_ROLES and entry["layers"] for entry in entries):
        return
    spatial = [item for item in broken if item["role"] in SPATIAL_ROLES]
    what = "; ".join(f"{item['path']} ({item['reason']})" for item in spatial[:3]) or "-"
    raise PackageError(
        f"{root}: không đọc được tệp bản đồ nào: {what}. Nộp lại bản vẽ dạng DGN V7, DXF hoặc SHP.",
        f"{root}: no map file can be read: {what}. Hand the drawings in again as DGN V7, DXF or SHP.",
    )


def _need_metres(crs: pyproj.CRS, declared_crs: str, root: Path) -> None:
    """Areas and tolerances are in metres; files in degrees are brought to the zone of the package."""
    if crs.is_projected and all(axis.unit_name in {"metre", "meter"} for axis in crs.axis_info[:2]):
        return
    raise CrsError(
        f"{root / MANIFEST}: `crs` là {declared_crs}, không phải hệ phẳng tính bằng mét: ghi múi, ví dụ EPSG:5897.",
        f"{root / MANIFEST}: `crs` is {declared_crs}, no plane system in metres: declare the zone, such as EPSG:5897.",
    )


def _unlisted(present: list[str], manifest: Mapping[str, Any]) -> list[str]:
    listed = {entry["path"] for entry in manifest["files"]}
    belonging = {part for path in listed for part in files.companions(path, present)}
    return [path for path in present if path not in listed and path not in belonging]


def _proposed(guess: Mapping[str, Any]) -> Finding:
    key = str(guess["key"])
    return Finding("goi.proposed", key, detail=f"{key} = {guess['value']} ({guess['evidence']})")


def _lost_elements(root: Path, entry: Mapping[str, Any]) -> Finding | None:
    """Compare the elements GDAL reads from a DGN with an own count of their heads."""
    if entry["format"] != "DGN":
        return None
    path = root / entry["path"]
    expected = dgn_scan.scan(path).counts
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what GDAL finds odd shows in the counts
        _, _, _, (types, levels) = pyogrio.raw.read(
            path, columns=["Type", "Level"], read_geometry=False, encoding="latin-1"
        )
    keys, counts = np.unique(np.column_stack([types, levels]).reshape(-1, 2), axis=0, return_counts=True)
    read = {(int(kind), int(level)): int(count) for (kind, level), count in zip(keys, counts, strict=True)}
    lost = {key: count - read.get(key, 0) for key, count in expected.items() if count > read.get(key, 0)}
    if not lost:
        return None
    detail = ", ".join(f"type {kind} level {level}: {count}" for (kind, level), count in sorted(lost.items()))
    whole = float(sum(expected.values()))
    return Finding(
        "ban_ve.elements_lost", entry["path"], None, whole - sum(lost.values()), whole, detail, entry["path"]
    )


def _check_places(root: Path, entries: list[dict[str, Any]], manifest: Mapping[str, Any], province: str) -> None:
    box = place.province_box(province)
    if box is None:
        return
    for entry in entries:
        for layer in entry["layers"][:1]:
            _check_place(root, entry, layer, manifest, box)


def _check_place(
    root: Path, entry: Mapping[str, Any], layer: Mapping[str, Any], manifest: Mapping[str, Any], box: place.Box
) -> None:
    if layer["extent"] is None:
        return
    crs = declared(entry, layer, manifest["crs"])
    west, south, east, north = layer["extent"]
    where = place.on_earth(((west + east) / 2, (south + north) / 2), crs)
    if where is not None and box.holds(*where):
        return
    # One stray element far away moves the extent, not the median.
    point = place.middle(root / entry["path"], layer["name"])
    if point is not None:
        place.check(entry["path"], point, crs, box)


def declared(entry: Mapping[str, Any], layer: Mapping[str, Any], crs: str) -> str:
    """Return the CRS a file is in: said for it, else told by the file, else the package's."""
    if entry.get("crs"):
        return str(entry["crs"])
    return epsg_of(layer["crs"]) or crs


@cache
def epsg_of(wkt: str | None) -> str | None:
    """Return `EPSG:…` for the WKT of a file; None when there is none or no code describes it."""
    if not wkt:
        return None
    try:
        return f"EPSG:{crs_work.srid(wkt)}"
    except CrsError:
        return None
