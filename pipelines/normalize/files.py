"""Files of the step: what it reads from the package and the drawings, and what it leaves behind."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

import schemas
from pipelines import codes, crs, eras, findings, registers, sandbox
from pipelines.errors import CadastreError, ReadError
from pipelines.files import writing
from pipelines.findings import Finding
from pipelines.ledger import Ledger
from pipelines.normalize import documented, extras
from pipelines.normalize.numbering import Numbering
from pipelines.normalize.place import Place
from pipelines.normalize.run import Normalized, run
from pipelines.registers import HeadingError, Register, renumbering
from pipelines.sandbox import Limits
from pipelines.settings import Settings

TABLES = ("dang_ky", "muc_dich_su_dung", "nguon_goc_dat", "han_che_quyen", "tai_lieu_do_dac", "to_ban_do")


@dataclass(frozen=True, slots=True)
class _Read:
    registers: list[Register]
    numbering: Numbering
    tables: list[str]
    refused: gpd.GeoDataFrame


def execute(home: Path, commune: str, settings: Settings) -> None:
    """Normalise one commune: read its package and drawings below `home`, write `normalize/` as a whole.

    Raises:
        ReadError: Neither a parcel nor a register of the package could be read.
    """
    base = home / commune
    inventory = json.loads((base / "package" / "inventory.json").read_text(encoding="utf-8"))
    drawn = gpd.read_parquet(base / "digitize" / "parcels.parquet")
    boundary = gpd.read_parquet(base / "digitize" / "boundary.parquet")
    source = schemas.source(inventory["profile"])
    place = place_of(inventory, source)
    read = _registers(inventory, source.get("register"), place, settings.limits)
    if drawn.empty and not read.registers:
        raise ReadError(
            f"Gói của xã {commune} không có thửa đất nào và không có sổ nào đọc được: kiểm tra tệp và hồ sơ nguồn.",
            f"The package of commune {commune} has no parcel and no register that can be read: "
            "check the files and the source profile.",
        )
    known = base / "digitize" / "papers.parquet"
    pages = pd.read_parquet(known) if known.exists() else None
    normalized = run(drawn, boundary, read.registers, place, _today(place, settings), read.numbering, pages)
    documents = gpd.read_parquet(base / "digitize" / "documented.parquet")
    with writing(base / "normalize") as folder:
        _write(normalized, read, place, folder)
        documented.layer(documents, normalized.thua_dat, place).to_parquet(folder / "ranh_giay_to.parquet", index=False)


def place_of(inventory: Mapping[str, Any], source: Mapping[str, Any]) -> Place:
    """Return what the inventory of a package says about the commune as a whole."""
    drawn_objects = (source.get("drawing") or {}).get("ground_objects") or {}
    return Place(
        ma_xa=str(inventory["commune"]),
        era=str(inventory["era"]),
        map_type=str(inventory["map_type"]),
        crs=crs.parse(inventory["crs"]),
        date=inventory.get("date"),
        ground_objects=codes.GROUND_OBJECTS | frozenset(drawn_objects.values()),
    )


def _today(place: Place, settings: Settings) -> eras.Future:
    """Return what the settings say about the communes of today; outlines only where they have to decide."""
    crosswalk = eras.of(settings)
    is_split = len(eras.successors(place.ma_xa, place.era, crosswalk=crosswalk)) > 1
    return eras.Future(crosswalk, eras.boundaries(settings) if is_split else None, settings.boundary_accuracy_m)


def _registers(inventory: Mapping[str, Any], profile: Mapping[str, Any] | None, place: Place, limits: Limits) -> _Read:
    """Return the registers and tables of numbers of a package; what cannot be read is a finding, the others go on.

    Emits: goi.unreadable_file
    """
    entries = [entry for entry in inventory["files"] if entry["role"] == "register"]
    root = Path(inventory["root"])
    whole, tables = [], dict[str, list[Mapping[str, Any]]]()
    for entry in entries:
        own = schemas.source(entry["profile"]).get("register") if entry.get("profile") else profile
        if registers.is_table(root / entry["path"], own):
            tables.setdefault(entry.get("profile") or "", []).append(entry)
        else:
            whole.append(((root / entry["path"], entry, own), [entry]))
    for name, parts in tables.items():
        own = schemas.source(name).get("register") if name else profile
        whole.append(((root / parts[0]["path"], parts, own), parts))
    outcomes = sandbox.each(_register, [call for call, _ in whole], limits=limits)
    made = [outcome.value for outcome in outcomes if outcome.error is None]
    refused = [
        _refusal(entry, outcome.error)
        for (_, parts), outcome in zip(whole, outcomes, strict=True)
        for entry in parts
        if outcome.error is not None
    ]
    numbering, looked_up, unreadable = _numbering(inventory, limits)
    return _Read(made, numbering, looked_up, findings.of([*refused, *unreadable], crs=place.crs))


def _numbering(inventory: Mapping[str, Any], limits: Limits) -> tuple[Numbering, list[str], list[Finding]]:
    """Return what the package says about old numbers, the tables it says it in, and findings for unreadable ones."""
    entries = [entry for entry in inventory["files"] if entry["role"] == "renumbering"]
    calls = [(Path(inventory["root"]) / entry["path"], entry.get("encoding")) for entry in entries]
    read = list(zip(entries, sandbox.each(renumbering.read, calls, limits=limits), strict=True))
    refused = [_refusal(entry, outcome.error) for entry, outcome in read if outcome.error is not None]
    tables = {str(entry["path"]): outcome.value for entry, outcome in read if outcome.error is None}
    cites = {entry["path"]: entry["numbering"] for entry in inventory["files"] if entry.get("numbering")}
    table = pd.concat([Numbering().table, *tables.values()], ignore_index=True)
    return Numbering(table.drop_duplicates(ignore_index=True), cites), list(tables), refused


def _refusal(entry: Mapping[str, Any], error: CadastreError) -> Finding:
    is_headless = isinstance(error, HeadingError)
    reason = "không có cột số thửa / no parcel number column" if is_headless else f"{error.vi} / {error.en}"
    return Finding("goi.unreadable_file", entry["path"], detail=f"{entry['path']}: {reason}", source=entry["path"])


def _register(
    path: Path, entry: Mapping[str, Any] | list[Mapping[str, Any]], profile: Mapping[str, Any] | None
) -> Register:
    """Read one register, or the tables that make up one; in a child process."""
    if isinstance(entry, list):
        root = path.parents[len(Path(entry[0]["path"]).parts) - 1]
        paths = {str(part["path"]): root / part["path"] for part in entry}
        encodings = {str(part["path"]): part.get("encoding") for part in entry}
        return registers.read_tables(paths, encodings=encodings, register=profile or {})
    return registers.read(
        path,
        source=entry["path"],
        encoding=entry.get("encoding"),
        register=profile,
        columns=entry.get("columns"),
        sheet_number=entry.get("sheet"),
    )


def _write(normalized: Normalized, read: _Read, place: Place, folder: Path) -> None:
    normalized.thua_dat.to_parquet(folder / "thua_dat.parquet", index=False)
    normalized.xa.to_parquet(folder / "xa.parquet", index=False)
    for name in TABLES:
        getattr(normalized, name).to_parquet(folder / f"{name}.parquet", index=False)
    personal = folder / "holders"
    personal.mkdir()
    for name, table in normalized.entities.land.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    for name, table in (normalized.holders.tables() | normalized.entities.holders).items():
        table.to_parquet(personal / f"{name}.parquet", index=False)
    normalized.quarantine.to_parquet(personal / "quarantine.parquet", index=False)
    extras.write(read.registers, personal)
    findings.write(findings.concat([normalized.findings, read.refused], crs=place.crs), folder / "findings.parquet")
    _account(normalized.ledger, read).write(folder / "account.json")


def _account(ledger: Ledger, read: _Read) -> Ledger:
    """Return the ledger with the register files themselves: those not read are in quarantine, by their finding."""
    for register in read.registers:
        for path in (register.source, *register.files):
            ledger.add(path, "file", received=1, accepted=1)
    for path in read.tables:
        ledger.add(path, "file", received=1, accepted=1)
    for path in read.refused["feature_id"]:
        ledger.add(str(path), "file", received=1, accepted=0, quarantined=1)
    return ledger
