"""Scanned sheets of a package to traced parcels, like drawings; each leaves a folder for the officer who reviews it."""

import hashlib
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

import schemas
from pipelines import crs as crs_work
from pipelines import sandbox, sources
from pipelines.digitize.labels import as_drawn
from pipelines.digitize.model import Traced, shape_parcels
from pipelines.digitize.placing import to_package
from pipelines.errors import CadastreError
from pipelines.files import tidy
from pipelines.findings import Finding
from pipelines.ledger import Entry
from pipelines.scan import folder
from pipelines.scan.desk.edits import ABOUT
from pipelines.scan.numbers import lists
from pipelines.scan.sheet import key
from pipelines.settings import Settings
from pipelines.warping import limit_m

FOLDER = "scans"
"""Where the sheets of a commune lie for review: `<home>/<commune>/scans/<sheet>`; officers work there."""

ROLE = "scan"

_GROUND = {"duong": "DGT", "nuoc": "SON"}
"""Land use of faces that are no parcels, where none is written in them."""


@dataclass(frozen=True, slots=True)
class Scans:
    """The scanned sheets of a package.

    Attributes:
        traced: What each became.
        tolerance_m: How far the edges of neighbouring sheets may be apart, by path.
        findings: Sheets that cannot be used.
        entries: Ledger entries of these.
    """

    traced: list[Traced]
    tolerance_m: dict[str, float]
    findings: list[Finding]
    entries: list[Entry]


def read_all(home: Path, inventory: Mapping[str, Any], settings: Settings) -> Scans:
    """Return the parcels of all scanned sheets, each digitized in a child process.

    Args:
        home: Folder of the commune.
        inventory: What the inventory says about the package.
        settings: Limits and the zone of the province.

    Emits:
        goi.unreadable_file, ban_quet.other_picture
    """
    entries = [entry for entry in inventory["files"] if entry["role"] == ROLE]
    made = Scans([], {}, [], [])
    if not entries:
        return made
    listed = _listed(inventory, settings)
    root = Path(inventory["root"])
    targets = [home / FOLDER / name for name in _folder_names(entries)]
    entries, targets = _of_same_picture(entries, targets, root, made)
    calls = [
        (root / entry["path"], target, _wanted(entry, inventory, listed, settings))
        for entry, target in zip(entries, targets, strict=True)
    ]
    limits = folder.limits(settings.limits)
    try:
        # A sheet takes much memory: one at a time is as many as an office computer can hold.
        outcomes = sandbox.each(folder.make, calls, limits=limits, workers=1, has_threads=True)
    finally:
        for target in targets:
            tidy(target)
    for entry, outcome in zip(entries, outcomes, strict=True):
        path = str(entry["path"])
        if isinstance(outcome.error, CadastreError):
            detail = f"{path}: {outcome.error.vi} / {outcome.error.en}"
            made.findings.append(Finding("goi.unreadable_file", path, detail=detail, source=path))
            made.entries.append(Entry(path, "scan", 1, 0, 0, 1))
            continue
        sheet: folder.Made = outcome.get()
        if sheet.crs is None:
            # Pixels are no place in the commune; the findings say what is missing.
            about = sheet.findings[sheet.findings["geometry"].isna()]
            crs = crs_work.parse(inventory["crs"])
            made.traced.append(Traced(_nothing(crs), [about.set_crs(crs, allow_override=True)], [], []))
            made.entries.append(Entry(path, "scan", 1, 0, 0, 1))
        else:
            made.traced.append(trace(sheet, entry, inventory))
            made.tolerance_m[path] = limit_m(_scale(sheet, entry, inventory))
    return made


def _of_same_picture(
    entries: list[Mapping[str, Any]], targets: list[Path], root: Path, made: Scans
) -> tuple[list[Mapping[str, Any]], list[Path]]:
    """Return the sheets whose folder is new or of the very picture; of the others, tell, and touch nothing.

    What officers corrected hangs on the pixels of the picture: on a better scan it would be somewhere else.
    """
    kept = list[tuple[Mapping[str, Any], Path]]()
    for entry, target in zip(entries, targets, strict=True):
        path, before = str(entry["path"]), _picture(target)
        if before is None or not (root / path).is_file() or before == key(root / path, int(entry.get("page") or 1)):
            kept.append((entry, target))
        else:
            detail = f"{FOLDER}/{target.name}"
            made.findings.append(Finding("ban_quet.other_picture", path, detail=detail, source=path))
            made.entries.append(Entry(path, "scan", 1, 0, 0, 1))
    return [entry for entry, _ in kept], [target for _, target in kept]


def _picture(target: Path) -> str | None:
    """Return what names the picture that a folder is of; None for a new one, or one that does not say it."""
    review, corrections = target / folder.REVIEW, target / folder.CORRECTIONS
    try:
        if review.exists():
            with closing(sqlite3.connect(f"file:{review.resolve()}?mode=ro", uri=True)) as database:
                row = database.execute(f"SELECT gia_tri FROM {ABOUT} WHERE khoa = 'picture'").fetchone()
            return None if row is None else str(row[0])
        return str(json.loads(corrections.read_text(encoding="utf-8"))["picture"]) if corrections.exists() else None
    except (OSError, ValueError, LookupError, TypeError, sqlite3.Error):
        # A damaged folder is told of by what reads it.
        return None


def trace(sheet: folder.Made, entry: Mapping[str, Any], inventory: Mapping[str, Any]) -> Traced:
    """Return the parcels of a placed sheet in the CRS of the package."""
    path = str(entry["path"])
    inner = {name: value for name, value in entry.items() if name not in {"control_points", "axes"}}
    faces = sheet.layers["thua"]
    rows = to_package(faces[faces["loai"] != "ngoai"].sort_values("ma"), inner, inventory)
    code = rows["loai_dat"].fillna(rows["loai"].map(_GROUND)).astype("string")
    number = pd.Series([_sheet_number(entry)] * len(rows), index=rows.index, dtype="string")
    table = pd.DataFrame(
        {
            "feature_id": path + "#" + rows["ma"].astype("string"),
            "source": path,
            "so_hieu_to_ban_do": sources.key_text(number),
            "so_thu_tu_thua": sources.key_text(rows["so_thua"]),
            "loai_dat": code,
            "dien_tich": rows["dien_tich"].astype("string"),
            "nhan": as_drawn(code, rows["so_thua"].astype("string"), rows["dien_tich"].astype("string")),
            "so_nhan": (rows["so_thua"].notna() | rows["loai"].isin(list(_GROUND))).astype("int64"),
            "ty_le": _scale(sheet, entry, inventory),
        }
    )
    parcels = shape_parcels(gpd.GeoDataFrame(table, geometry=rows.geometry.to_numpy(), crs=rows.crs))
    told = to_package(sheet.findings, inner, inventory)
    is_face = told["feature_id"].isin(parcels["feature_id"])
    numbered = int(rows["so_thua"].notna().sum())
    entries = [Entry(path, "scan", 1, 1, 0, 0), Entry(path, "label", numbered, numbered, 0, 0)]
    return Traced(parcels, [told[~is_face]], [told[is_face]], entries)


def _scale(sheet: folder.Made, entry: Mapping[str, Any], inventory: Mapping[str, Any]) -> int:
    return int(sheet.scale or entry.get("scale") or inventory["scale"])


def _sheet_number(entry: Mapping[str, Any]) -> str | None:
    """Return the number of a sheet in the commune: as declared, else as the name of its file ends."""
    return entry.get("sheet") or lists.number_in(Path(str(entry["path"])).stem)


def _folder_names(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a name of its own for the folder of each sheet, whatever its path holds."""
    paths = [str(entry["path"]) for entry in entries]
    pages = [f"_{entry['page']}" if entry.get("page") else "" for entry in entries]
    plain = [re.sub(r"[^\w.-]+", "_", path).strip("._") + page for path, page in zip(paths, pages, strict=True)]
    often = Counter(name.casefold() for name in plain)
    return [
        f"{name}-{hashlib.sha256(path.encode()).hexdigest()[:8]}" if often[name.casefold()] > 1 else name
        for name, path in zip(plain, paths, strict=True)
    ]


def _wanted(
    entry: Mapping[str, Any], inventory: Mapping[str, Any], listed: pd.DataFrame, settings: Settings
) -> folder.Wanted:
    control = entry.get("control_points")
    return folder.Wanted(
        page=int(entry["page"]) if entry.get("page") else None,
        scale=entry.get("scale"),
        crs=entry.get("crs"),
        # Not as its CRS: what is printed on a sheet may be of an older system than the package.
        zone=str(inventory["crs"]),
        control=Path(inventory["root"]) / control if control else None,
        listed=lists.of_sheet(listed, _sheet_number(entry)) if len(listed) else None,
        source=str(entry["path"]),
        colours_are_ink=entry.get("colours") == "ink",
        number=_sheet_number(entry),
    )


def _listed(inventory: Mapping[str, Any], settings: Settings) -> pd.DataFrame:
    """Return what the registers of the package list; one that cannot be read is told by a later step."""
    profile = schemas.source(inventory["profile"]).get("register")
    root = Path(inventory["root"])
    calls = []
    for entry in inventory["files"]:
        if entry["role"] == "register":
            own = schemas.source(entry["profile"]).get("register") if entry.get("profile") else profile
            calls.append((root / entry["path"], entry, own))
    outcomes = sandbox.each(lists.read, calls, limits=settings.limits)
    read = [outcome.value for outcome in outcomes if outcome.error is None]
    return pd.concat(read, ignore_index=True) if read else pd.DataFrame(columns=list(lists.COLUMNS))


def _nothing(crs: Any) -> gpd.GeoDataFrame:
    return shape_parcels(gpd.GeoDataFrame({"geometry": np.empty(0, dtype=object)}, geometry="geometry", crs=crs))
