"""A package without description: look at it, propose a `package.yaml`, show the evidence. Nothing is written."""

import datetime
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import schemas
from pipelines import files, sources, vectors
from pipelines.errors import PackageError
from pipelines.manifests import MANIFEST
from pipelines.package import commune, guesses, stock
from pipelines.package.guesses import Guess
from pipelines.package.manifest import read as read_manifest
from pipelines.package.readable import why_not


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed `package.yaml`.

    Attributes:
        manifest: Its content.
        guesses: Where each value comes from.
    """

    manifest: dict[str, Any]
    guesses: list[Guess]

    @property
    def doubtful(self) -> list[Guess]:
        """Return the guesses that somebody must confirm."""
        return [guess for guess in self.guesses if not guess.is_sure]

    def evidence(self) -> list[dict[str, Any]]:
        """Return the guesses as plain dictionaries."""
        return [
            {"key": guess.key, "value": guess.value, "evidence": guess.evidence, "sure": guess.is_sure}
            for guess in self.guesses
        ]


def inspect(path: Path, province: str = "38") -> dict[str, Any]:
    """Return the inventory of a folder, archive or single file; nothing is changed.

    The inventory has also `proposal` (the content of `package.yaml`, read or proposed) and `evidence` (one entry
    for each guess, none where a `package.yaml` is there).

    Args:
        path: Folder, .zip, or one spatial file.
        province: Province whose place decides between zones.

    Raises:
        PackageError: There is nothing at the path, or nothing in it that is a map.
    """
    if not path.exists():
        raise PackageError(f"Không có {path}: kiểm tra đường dẫn.", f"There is no {path}: check the path.")
    if path.is_dir():
        return _look(path, None, province)
    if path.suffix.lower() == ".zip":
        with tempfile.TemporaryDirectory() as folder:
            files.unzip(path, Path(folder))
            return _look(root_of(Path(folder)), None, province) | {"root": str(path)}
    return _look(path.parent, path.name, province)


def root_of(folder: Path) -> Path:
    """Return the folder that holds `package.yaml`, the one nearest the top; the only folder where there is none."""
    found = sorted(folder.rglob(MANIFEST), key=lambda path: len(path.parts))
    if found:
        return found[0].parent
    inside = [child for child in folder.iterdir() if child.name != "__MACOSX"]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def propose(root: Path, province: str, only: str | None = None) -> Proposal:
    """Return a proposed `package.yaml` for a folder.

    Args:
        root: Folder.
        province: Province whose place decides between zones.
        only: Name of the one file to look at.

    Raises:
        PackageError: The folder holds no readable map file; the message names a file and why.
    """
    present = [path for path in files.find(root) if only is None or path == only]
    belonging = {part for path in present for part in files.companions(path, present) if vectors.driver(Path(path))}
    mains = [path for path in present if path not in belonging]
    looked = [_glance(root, path) for path in mains]
    spatial = [entry for entry in looked if entry["layers"]]
    if not spatial:
        raise _nothing_spatial(root, looked)
    chosen = guesses.profile(spatial)
    code = guesses.commune_code(root, spatial, root.resolve().name)
    scale, scales = _scales(root, spatial)
    era = _era(str(code.value), chosen.value)
    whole = [code, era, _date(root, spatial), chosen, guesses.crs(root, spatial, province), scale]
    body = schemas.source(chosen.value)
    by_file = {entry["path"]: [*_about(root, entry, body), *scales.get(entry["path"], ())] for entry in looked}
    manifest: dict[str, Any] = {guess.key: guess.value for guess in whole}
    manifest["map_type"] = "5" if era.value == commune.FOREIGN_ERA else "1"
    manifest["files"] = [
        {"path": path, **{guess.key.rsplit(".", 1)[1]: guess.value for guess in about}}
        for path, about in by_file.items()
    ]
    return Proposal(manifest, [*whole, *(guess for about in by_file.values() for guess in about)])


def _about(root: Path, entry: Mapping[str, Any], body: Mapping[str, Any]) -> list[Guess]:
    """Return the guesses about one file."""
    role = guesses.role(entry["path"], entry["layers"], body)
    if not entry["layers"]:
        return [role]
    return [role, guesses.encoding(root, entry), *_sheet(entry, role.value, body)]


def _look(root: Path, only: str | None, province: str) -> dict[str, Any]:
    if only is None and (root / MANIFEST).exists():
        manifest = read_manifest(root)
        return stock.run(root, manifest, province).inventory | {"proposal": manifest, "evidence": []}
    proposal = propose(root, province, only)
    entries, broken = stock.describe(root, proposal.manifest)
    paths = [entry["path"] for entry in proposal.manifest["files"]]
    body = stock.inventory(root, proposal.manifest, entries, broken, paths, proposed=True)
    return body | {"proposal": proposal.manifest, "evidence": proposal.evidence()}


def _glance(root: Path, path: str) -> dict[str, Any]:
    """Return format, layers and drawing levels of a file; no layers where it cannot be read."""
    full = root / path
    reason = why_not(full)
    layers = stock.layers_of(full) if reason is None else []
    levels: list[str] = []
    for layer in layers[:1]:
        column = next((name for name in ("Level", "Layer") if name in layer["fields"]), None)
        if column is not None and vectors.driver(full) in {"DGN", "DXF"}:
            values = vectors.read(full, layer["name"], columns=[column])[column]
            levels = sorted({str(value) for value in sources.text_of(values).dropna().unique()})
    return {"path": path, "format": vectors.driver(full) or "", "layers": layers, "levels": levels, "reason": reason}


def _era(code: str, profile: str) -> Guess:
    if "EDIGEO" in schemas.source(profile)["formats"]:
        return Guess("era", commune.FOREIGN_ERA, "EDIGEO is the French exchange format")
    listed = commune.eras(code)
    if not listed:
        return Guess("era", "E2025A", f"{code} is in no list of communes", is_sure=False)
    return Guess("era", listed[0], f"{code} is a commune code in {', '.join(listed)}", is_sure=listed == ["E2025B"])


def _date(root: Path, spatial: list[dict[str, Any]]) -> Guess:
    """Guess the date of the data: the last change of a parcel, else the date of the newest file."""
    days: list[str] = []
    for entry in spatial:
        for layer in entry["layers"]:
            if layer["name"] == "PARCELLE_id" and "UPDATE_DATE" in layer["fields"]:
                values = vectors.read(root / entry["path"], layer["name"], columns=["UPDATE_DATE"])["UPDATE_DATE"]
                days += [day for day in sources.text_of(values).dropna() if re.fullmatch(r"\d{8}", day)]
    if days:
        last = max(days)
        return Guess("date", f"{last[:4]}-{last[4:6]}-{last[6:]}", "last UPDATE_DATE of a parcel")
    newest = max((root / entry["path"]).stat().st_mtime for entry in spatial)
    day = datetime.datetime.fromtimestamp(newest, tz=datetime.UTC).date().isoformat()
    return Guess("date", day, "date of the newest map file", is_sure=False)


def _scales(root: Path, spatial: list[dict[str, Any]]) -> tuple[Guess, dict[str, list[Guess]]]:
    """Guess the scale of the package and of its sheets: EDIGEO says it (SUBDSECT.EOR), drawings do not."""
    said: dict[str, list[Guess]] = {}
    for entry in spatial:
        path = entry["path"]
        for layer in entry["layers"]:
            if layer["name"] == "SUBDSECT_id" and "EOR" in layer["fields"]:
                values = sources.text_of(vectors.read(root / path, layer["name"], columns=["EOR"])["EOR"])
                scales = [int(value) for value in values.dropna() if str(value).isdigit()]
                said[path] = [Guess(f"files[{path}].scale", scale, "EOR of the sheet") for scale in scales[:1]]
    known = [guess.value for about in said.values() for guess in about]
    if not known:
        return Guess("scale", 1000, "nothing says it", is_sure=False), said
    return Guess("scale", max(sorted(set(known)), key=known.count), "the usual EOR of the sheets"), said


def _sheet(entry: Mapping[str, Any], role: str, body: Mapping[str, Any]) -> list[Guess]:
    """Guess the sheet number from the file name, where no column holds it."""
    columns = (body.get("parcels") or {}).get("columns") or {}
    named = [sources.columns(columns, layer["fields"]) for layer in entry["layers"]]
    if role == "parcels" and any("so_hieu_to_ban_do" in found for found in named):
        return []
    numbers = re.findall(r"\d+", PurePosixPath(entry["path"]).stem)
    if role not in {"drawing", "parcels"} or not numbers:
        return []
    key, sheet = f"files[{entry['path']}].sheet", str(int(numbers[-1]))
    return [Guess(key, sheet, "last number in the name of the file", len(numbers) == 1)]


def _nothing_spatial(root: Path, looked: list[dict[str, Any]]) -> PackageError:
    if not looked:
        return PackageError(
            f"{root} trống: bỏ bản đồ và sổ địa chính của xã vào thư mục.",
            f"{root} is empty: put the drawings and the register of the commune into the folder.",
        )
    shown = "; ".join(f"{entry['path']} ({entry['reason'] or 'not a map'})" for entry in looked[:3])
    return PackageError(
        f"{root}: không có tệp bản đồ nào đọc được: {shown}. Nộp bản vẽ dạng DGN V7, DXF hoặc SHP.",
        f"{root}: there is no readable map file: {shown}. Hand in drawings as DGN V7, DXF or SHP.",
    )
