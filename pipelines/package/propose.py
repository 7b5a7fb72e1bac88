"""A package without description: look at it, propose a `package.yaml`, show the evidence. Nothing is written."""

import datetime
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import schemas
from pipelines import files, sources, text, vectors
from pipelines.errors import PackageError, Reason
from pipelines.manifests import MANIFEST
from pipelines.package import columns, commune, guesses, levels, onepass, place, stock, zones
from pipelines.package.guesses import Guess
from pipelines.package.manifest import read as read_manifest
from pipelines.package.survey import Survey
from pipelines.settings import Settings

_SHEET_NAME = re.compile(r"(?:^|[^a-z0-9])(?:to|tbd|dc|bddc|bd|m|manh|sheet)?\d+[a-z]?$")
"""How names of files end with the number of a sheet, folded: `to_12`, `15670-dc7`, `05`."""

_NO_TABLE = Reason("neither a map nor a table", "không phải bản đồ, cũng không phải bảng")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed `package.yaml`.

    Attributes:
        manifest: Its content.
        guesses: Where each value comes from.
        surveys: Path to what was seen in each file.
    """

    manifest: dict[str, Any]
    guesses: list[Guess]
    surveys: dict[str, Survey]

    @property
    def doubtful(self) -> list[Guess]:
        """Return the guesses that somebody must confirm."""
        return [guess for guess in self.guesses if not guess.is_sure]

    def evidence(self) -> list[dict[str, Any]]:
        """Return the guesses as plain dictionaries."""
        return [
            {
                "key": guess.key,
                "value": guess.value,
                "evidence": guess.en,
                "evidence_vi": guess.vi,
                "sure": guess.is_sure,
            }
            for guess in self.guesses
        ]


def inspect(
    path: Path, settings: Settings | None = None, done: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Return the inventory of a folder, archive or single file; nothing is changed.

    The inventory has also `proposal` (the content of `package.yaml`, read or proposed) and `evidence` (one entry
    for each guess, none where a `package.yaml` is there).

    Args:
        path: Folder, .zip, or one file.
        settings: Province whose place decides between zones, outlines of communes, limits of reading.
        done: Called with the number of files looked at, and of all.

    Raises:
        PackageError: There is nothing at the path, or nothing in it that is a map or a register.
    """
    if not path.exists():
        raise PackageError(f"Không có {path}: kiểm tra đường dẫn.", f"There is no {path}: check the path.")
    chosen = settings or Settings()
    if path.is_dir():
        return _look(path, None, chosen, done)
    if path.suffix.lower() == ".zip":
        with tempfile.TemporaryDirectory() as folder:
            files.unzip(path, Path(folder))
            return _look(root_of(Path(folder)), None, chosen, done) | {"root": str(path)}
    return _look(path.parent, path.name, chosen, done)


def root_of(folder: Path) -> Path:
    """Return the folder that holds `package.yaml`, the one nearest the top; the only folder where there is none."""
    found = sorted(folder.rglob(MANIFEST), key=lambda path: len(path.parts))
    if found:
        return found[0].parent
    inside = [child for child in folder.iterdir() if child.name != "__MACOSX"]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def propose(
    root: Path, settings: Settings, only: str | None = None, done: Callable[[int, int], None] | None = None
) -> Proposal:
    """Return a proposed `package.yaml` for a folder.

    Args:
        root: Folder.
        settings: Province whose place decides between zones, outlines of communes, limits of reading.
        only: Name of the one file to look at.
        done: Called with the number of files looked at, and of all.

    Raises:
        PackageError: The folder holds neither a map nor a register that can be read; the message names a file and why.
    """
    present = [path for path in files.find(root) if only is None or path == only]
    in_parts = [path for path in present if vectors.driver(Path(path)) or Path(path).suffix.lower() in onepass.PICTURES]
    belonging = {part for path in in_parts for part in files.companions(path, present)}
    mains = [path for path in present if path not in belonging]
    told = None if done is None else (lambda number: done(number, len(mains)))
    looked = onepass.all_of(root, mains, settings.limits, told)
    surveys = list(looked.values())
    spatial = [item for item in surveys if item.layers]
    if not spatial and not any(item.tables or guesses.sheet_evidence(item) for item in surveys):
        raise _nothing_to_read(root, surveys)
    chosen = guesses.profile(surveys)
    code = guesses.commune_code(surveys, root.resolve().name)
    scale, scales = _scales(spatial)
    era = _era(str(code.value), chosen.value)
    is_foreign = era.value == commune.FOREIGN_ERA
    outline = place.commune_outline(str(code.value), str(era.value), settings)
    province = None if is_foreign else settings.province
    crs, crs_of = zones.guess(surveys, province, outline, settings.boundary_accuracy_m)
    whole = [code, era, _date(root, spatial or surveys), chosen, crs, scale]
    body = schemas.source(chosen.value)
    by_file = {
        item.path: [*_about(item, body), *scales.get(item.path, ()), *crs_of.get(item.path, ())] for item in surveys
    }
    manifest: dict[str, Any] = {guess.key: guess.value for guess in whole}
    manifest["map_type"] = "5" if is_foreign else "1"
    manifest["files"] = [
        {"path": path, **{guess.key.rsplit(".", 1)[1]: guess.value for guess in about}}
        for path, about in by_file.items()
    ]
    return Proposal(manifest, [*whole, *(guess for about in by_file.values() for guess in about)], looked)


def _about(item: Survey, body: Mapping[str, Any]) -> list[Guess]:
    """Return the guesses about one file."""
    role = guesses.role(item, body)
    if not item.layers and not item.tables:
        return [role, *_sheet(item, role.value, body)]
    found = levels.guess(item, body) if item.is_drawing else columns.guess(item, body)
    if role.value == "other" and any("so_thu_tu_thua" in guess.value.values() for guess in found):
        vi, en = "có cột giống số thửa", "a column looks like parcel numbers"
        role = Guess(role.key, "parcels", vi, en, is_sure=False)
    about = [role, guesses.encoding(item), *(found if role.value not in {"boundary", "renumbering"} else [])]
    return [*about, *_sheet(item, role.value, body)]


def _look(root: Path, only: str | None, settings: Settings, done: Callable[[int, int], None] | None) -> dict[str, Any]:
    if only is None and (root / MANIFEST).exists():
        manifest = read_manifest(root)
        return stock.run(root, manifest, settings.province, limits=settings.limits).inventory | {
            "proposal": manifest,
            "evidence": [],
        }
    proposal = propose(root, settings, only, done)
    entries, broken = stock.describe(root, proposal.manifest, proposal.surveys)
    paths = [entry["path"] for entry in proposal.manifest["files"]]
    body = stock.inventory(root, proposal.manifest, entries, broken, paths, proposed=True)
    return body | {"proposal": proposal.manifest, "evidence": proposal.evidence()}


def _era(code: str, profile: str) -> Guess:
    if "EDIGEO" in schemas.source(profile)["formats"]:
        return Guess(
            "era", commune.FOREIGN_ERA, "EDIGEO là khuôn dạng của Pháp", "EDIGEO is the French exchange format"
        )
    listed = commune.eras(code)
    if not listed:
        return Guess(
            "era", "E2025A", f"{code} không có trong danh mục xã", f"{code} is in no list of communes", is_sure=False
        )
    eras = ", ".join(listed)
    return Guess("era", listed[0], f"{code} là mã xã của {eras}", f"{code} is a code of {eras}", listed == ["E2025B"])


def _date(root: Path, surveys: Sequence[Survey]) -> Guess:
    """Guess the date of the data: the last change of a parcel, else the date of the newest file."""
    said = [day for item in surveys for day in item.said.get("PARCELLE_id.UPDATE_DATE", ())]
    days = [day for day in said if re.fullmatch(r"\d{8}", day)]
    if days:
        last = max(days)
        return Guess(
            "date",
            f"{last[:4]}-{last[4:6]}-{last[6:]}",
            "UPDATE_DATE mới nhất của thửa",
            "last UPDATE_DATE of a parcel",
        )
    newest = max((root / item.path).stat().st_mtime for item in surveys)
    day = datetime.datetime.fromtimestamp(newest, tz=datetime.UTC).date().isoformat()
    return Guess("date", day, "ngày của tệp mới nhất", "date of the newest file", is_sure=False)


def _scales(spatial: Sequence[Survey]) -> tuple[Guess, dict[str, list[Guess]]]:
    """Guess the scale of the package and of its sheets: EDIGEO says it (SUBDSECT.EOR), drawings do not."""
    said: dict[str, list[Guess]] = {}
    for item in spatial:
        scales = [int(value) for value in item.said.get("SUBDSECT_id.EOR", ()) if value.isdigit()]
        if scales:
            said[item.path] = [Guess(f"files[{item.path}].scale", scales[0], "EOR của tờ", "EOR of the sheet")]
    known = [guess.value for about in said.values() for guess in about]
    if not known:
        return Guess("scale", 1000, "không gì cho biết", "nothing says it", is_sure=False), said
    return Guess(
        "scale", max(sorted(set(known)), key=known.count), "EOR thường gặp của các tờ", "the usual EOR of the sheets"
    ), said


def _sheet(item: Survey, role: str, body: Mapping[str, Any]) -> list[Guess]:
    """Guess the sheet number from the file name, where no column holds it."""
    spelled = (body.get("parcels") or {}).get("columns") or {}
    named = [sources.columns(spelled, layer["fields"]) for layer in item.layers]
    if role == "parcels" and any("so_hieu_to_ban_do" in found for found in named):
        return []
    numbers = re.findall(r"\d+", PurePosixPath(item.path).stem)
    if role not in {"drawing", "parcels", "scan"} or not numbers:
        return []
    key, sheet = f"files[{item.path}].sheet", str(int(numbers[-1]))
    # A number that other letters run into is part of a word: dgnv8 is no sheet 8.
    is_apart = _SHEET_NAME.search(text.fold(PurePosixPath(item.path).stem)) is not None
    is_sure = len(numbers) == 1 and is_apart
    return [Guess(key, sheet, "số cuối trong tên tệp", "last number in the name of the file", is_sure)]


def _nothing_to_read(root: Path, surveys: Sequence[Survey]) -> PackageError:
    if not surveys:
        return PackageError(
            f"{root} trống: bỏ bản đồ và sổ địa chính của xã vào thư mục.",
            f"{root} is empty: put the drawings and the register of the commune into the folder.",
        )
    shown_vi = "; ".join(f"{item.path} ({item.reason.vi if item.reason else _NO_TABLE.vi})" for item in surveys[:3])
    shown = "; ".join(f"{item.path} ({item.reason or _NO_TABLE})" for item in surveys[:3])
    return PackageError(
        f"{root}: không có bản đồ hay sổ nào đọc được: {shown_vi}. Nộp bản vẽ (DGN, DWG, DXF, SHP) và sổ (XLSX, CSV).",
        f"{root}: there is no map or register that can be read: {shown}. "
        "Hand in drawings (DGN, DWG, DXF, SHP) and registers (XLSX, CSV).",
    )
