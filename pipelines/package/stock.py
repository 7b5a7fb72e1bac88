"""Taking stock: every file of a package, what it holds, and what is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyproj

import schemas
from pipelines import crs as crs_work
from pipelines import files, findings
from pipelines.errors import CrsError, PackageError, Reason
from pipelines.findings import Finding
from pipelines.ledger import Ledger
from pipelines.manifests import MANIFEST
from pipelines.package import commune, georef, identical, onepass
from pipelines.package.declared import box_wgs84, declared
from pipelines.package.survey import Survey
from pipelines.sandbox import Limits

SPATIAL_ROLES = frozenset({"drawing", "parcels", "boundary"})

_PASSED_ON = ("crs", "axes", "control_points", "layer", "profile", "levels", "columns", "numbering", "page", "colours")
"""Keys of a file in `package.yaml` that later steps read from the inventory as they are."""

_LINK = Reason("a link out of the package", "liên kết ra ngoài gói")

MISSING = Reason("missing", "không có tệp")
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
    root: Path,
    manifest: Mapping[str, Any],
    province: str,
    *,
    evidence: list[dict[str, Any]] | None = None,
    surveys: Mapping[str, Survey] | None = None,
    limits: Limits | None = None,
) -> Stock:
    """Return the stock of a package folder.

    Args:
        root: Folder of the package.
        manifest: Checked content of `package.yaml`, or the proposal for one.
        province: Code of the province the data must lie in.
        evidence: The guesses of a proposal, each of which becomes a finding.
        surveys: What was seen in the files already, by path; None looks at them now.
        limits: What the reading of one file may take.

    Emits:
        goi.missing_file, goi.unlisted_file, goi.unreadable_file, goi.file_note, goi.proposed, goi.era_mismatch,
        ban_ve.elements_lost, goi.control_points_rms, goi.control_point_outlier

    Raises:
        PackageError: No spatial file can be read, or the commune code is not one of the era.
        CrsError: The declared CRS puts the data outside the province, or is not one in metres.
    """
    commune.check(manifest["commune"], manifest["era"], root / MANIFEST)
    crs = crs_work.parse(manifest["crs"])
    present = [path for path in files.find(root) if path != MANIFEST]
    surveys = surveys or onepass.all_of(root, [path for path in _listed(manifest) if _is_inside(root, path)], limits)
    entries, broken = describe(root, manifest, surveys)
    found, refused = identical.place(root, entries, surveys, manifest, province, limits)
    broken += [_refusal(entry, refused[entry["path"]]) for entry in entries if entry["path"] in refused]
    entries = [entry for entry in entries if entry["path"] not in refused]
    ledger = Ledger("package")
    for entry in entries:
        ledger.add(entry["path"], "file", received=1, accepted=1)
    for item in broken:
        ledger.add(item["path"], "file", received=1, accepted=0, quarantined=1)
    found += [_unusable(item) for item in broken]
    era = commune.mismatch(manifest["commune"], manifest["era"], manifest["date"])
    found += [era] if era else []
    _need_something_spatial(root, entries, broken)
    for path in _unlisted(present, manifest):
        ledger.add(path, "file", received=1, accepted=0, quarantined=1)
        found.append(Finding("goi.unlisted_file", path, detail=path, source=path))
    found += [_proposed(guess) for guess in evidence or ()]
    found += [_noted(entry["path"], note) for entry in entries for note in surveys[entry["path"]].notes]
    found += [_lost(surveys[entry["path"]]) for entry in entries if surveys[entry["path"]].lost is not None]
    if manifest["era"] != commune.FOREIGN_ERA:
        _check_places(entries, surveys, manifest, province)
    _need_metres(crs, manifest["crs"], root)
    body = inventory(root, manifest, entries, broken, present, proposed=evidence is not None)
    return Stock(body, findings.of(found, crs=crs), ledger.check())


def describe(
    root: Path, manifest: Mapping[str, Any], surveys: Mapping[str, Survey]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the listed files that can be read, with their layers, and those that cannot, with the reason.

    Args:
        root: Folder of the package.
        manifest: Content of `package.yaml`.
        surveys: What was seen in the files, by path.
    """
    entries, broken = list[dict[str, Any]](), list[dict[str, Any]]()
    for entry in manifest["files"]:
        item = surveys.get(entry["path"])
        if item is None:
            reason: Reason | None = _LINK if (root / entry["path"]).exists() else MISSING
        else:
            reason = item.reason or _no_layer(entry, item, manifest)
        if item is not None and reason is None:
            entries.append(_entry(entry, item, manifest))
        else:
            broken.append(_refusal(entry, reason))
    return entries, broken


def _refusal(entry: Mapping[str, Any], reason: Reason | None) -> dict[str, Any]:
    return {
        "path": entry["path"],
        "role": entry["role"],
        "reason": reason,
        "reason_vi": reason.vi if reason else None,
    }


def _listed(manifest: Mapping[str, Any]) -> list[str]:
    return [entry["path"] for entry in manifest["files"]]


def _is_inside(root: Path, path: str) -> bool:
    """Tell whether a file is there, and in the package: a link must not lead to another place of this machine."""
    full = root / path
    return full.exists() and full.resolve().is_relative_to(root.resolve())


def _no_layer(entry: Mapping[str, Any], item: Survey, manifest: Mapping[str, Any]) -> Reason | None:
    """Return why a readable file gives no layer for its role; None when it does or needs none."""
    if entry["role"] not in SPATIAL_ROLES:
        return None
    if not item.layers:
        return Reason("no map layer in it, mend its role", "không có lớp bản đồ nào, sửa `role`")
    names = [str(layer["name"]) for layer in item.layers]
    shown = ", ".join(names[:5])
    if entry.get("layer") and entry["layer"] not in names:
        name = entry["layer"]
        return Reason(f"no layer {name}, it has {shown}", f"không có lớp {name}, chỉ có {shown}")
    section = schemas.source(entry.get("profile") or manifest["profile"]).get(entry["role"]) or {}
    pattern = None if entry.get("layer") else section.get("layer")
    if pattern and not any(re.search(pattern, name) for name in names):
        return Reason(f"no layer like {pattern}, it has {shown}", f"không có lớp dạng {pattern}, chỉ có {shown}")
    return None


def _unusable(item: Mapping[str, Any]) -> Finding:
    code = "goi.missing_file" if item["reason"] == MISSING else "goi.unreadable_file"
    return Finding(
        code, item["path"], detail=f"{item['path']}: {item['reason_vi']} / {item['reason']}", source=item["path"]
    )


def _entry(entry: Mapping[str, Any], item: Survey, manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": item.path,
        "path": item.path,
        "role": entry["role"],
        "format": item.format,
        "bytes": item.size,
        "sha256": item.sha256,
        "sheet": entry.get("sheet"),
        # A sheet of paper says its scale itself.
        "scale": entry.get("scale", None if entry["role"] == "scan" else manifest.get("scale", 1000)),
        "encoding": entry.get("encoding"),
        **{name: entry.get(name) for name in _PASSED_ON},
        "layers": [dict(layer) for layer in item.layers] if entry["role"] in SPATIAL_ROLES else [],
        "box_wgs84": box_wgs84(entry, item, manifest),
        "elements": sum(level.elements for level in item.levels) if item.is_drawing else None,
        "level_counts": {level.name: {"elements": level.elements, "types": level.kinds} for level in item.levels},
        "tables": [] if item.layers else [{"name": table.name, "rows": table.rows} for table in item.tables],
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
    if any(entry["role"] == "scan" or (entry["role"] in SPATIAL_ROLES and entry["layers"]) for entry in entries):
        return
    spatial = [item for item in broken if item["role"] in {*SPATIAL_ROLES, "scan"}]
    what_vi = "; ".join(f"{item['path']} ({item['reason_vi']})" for item in spatial[:3]) or "-"
    what = "; ".join(f"{item['path']} ({item['reason']})" for item in spatial[:3]) or "-"
    raise PackageError(
        f"{root}: không đọc được tệp bản đồ nào: {what_vi}. Nộp lại bản vẽ dạng DGN, DWG, DXF hoặc SHP.",
        f"{root}: no map file can be read: {what}. Hand the drawings in again as DGN, DWG, DXF or SHP.",
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
    listed |= {entry["control_points"] for entry in manifest["files"] if entry.get("control_points")}
    belonging = {part for path in listed for part in files.companions(path, present)}
    return [path for path in present if path not in listed and path not in belonging]


def _proposed(guess: Mapping[str, Any]) -> Finding:
    key = str(guess["key"])
    return Finding(
        "goi.proposed", key, detail=f"{key} = {guess['value']} ({guess['evidence_vi']} / {guess['evidence']})"
    )


def _noted(path: str, note: Reason) -> Finding:
    return Finding("goi.file_note", path, detail=f"{note.vi} / {note}", source=path)


def _lost(item: Survey) -> Finding:
    read, whole, detail = item.lost or (0, 0, "")
    return Finding("ban_ve.elements_lost", item.path, None, float(read), float(whole), detail, item.path)


def _check_places(
    entries: list[dict[str, Any]],
    surveys: Mapping[str, Survey],
    manifest: Mapping[str, Any],
    province: str,
) -> None:
    for entry in entries:
        if entry["layers"] and not entry.get("placed"):
            crs = declared(entry, entry["layers"][0], manifest["crs"])
            georef.check(entry["path"], surveys[entry["path"]].points, crs, province, swapped=entry["axes"] == "ne")
