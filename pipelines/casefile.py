"""What an officer gets back for a commune: page, fix list, layers for QGIS and minutes; and the table of all communes.

Reads what the steps left, changes none of it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from pipelines import actions, answers, between, communes, files, findings, htmlreport, league, minutes, reports
from pipelines.errors import ReadError
from pipelines.files import left_by_a_step, read_object
from pipelines.settings import Settings
from pipelines.tolerances import DEFAULT_SCALE, Tolerances

FOLDER = "report"
LEAGUE = "communes.html"
ANSWERS = "answers.json"
FILES = ("findings.gpkg", "fix_list.xlsx")
_COUNTS = ("parcels", "area_m2", "grades", "severities", "dqi", "dqi_parts")
"""What page, minutes and table read of a summary."""
_FIRST = "first.json"
"""What the table of communes says of a report, and what it knew of the neighbours."""


@dataclass(frozen=True)
class _Case:
    """What the steps left of a commune, and what is told of it, without answers."""

    commune: str
    folder: Path
    verdict: dict[str, Any]
    summary: dict[str, Any]
    inventory: dict[str, Any]
    found: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    rows: pd.DataFrame | None
    province: between.Between
    described: gpd.GeoDataFrame

    @property
    def era(self) -> str:
        """Era of the commune."""
        return str(self.inventory.get("era"))


def write(home: Path, commune: str, settings: Settings) -> Path:
    """Write the report of one commune as a whole or not at all; return its folder.

    Raises:
        ReadError: The commune has not been checked, or what the steps left of it is damaged.
    """
    case = _open(home, commune)
    with files.writable(case.folder / FOLDER):  # the minutes need room for their fonts before there is a folder
        return _write(home, case, settings)


def take_answers(home: Path, commune: str, path: Path, settings: Settings) -> answers.Answers:
    """Keep the answers of a fix list that was handed back, and write the report of the commune anew.

    Raises:
        ReadError: The file is no fix list of this commune, or the commune has not been checked.
    """
    case = _open(home, commune)
    kept = answers.load(case.folder / ANSWERS)
    read = answers.about(answers.read(path, settings.limits, kept), case.described, commune)
    answers.merge(case.folder / ANSWERS, read.given)
    with files.writable(case.folder / FOLDER):
        _write(home, case, settings)
    return read


def _open(home: Path, commune: str) -> _Case:
    folder = home / commune
    verdict = read_object(folder / "validate" / "verdict.json", "profile", "accepted")
    summary = read_object(folder / "validate" / "summary.json", *_COUNTS)
    inventory = read_object(folder / "package" / "inventory.json")
    with left_by_a_step(folder / "validate" / "findings.parquet") as place:
        found = findings.read(place)
    with left_by_a_step(folder / "normalize" / "thua_dat.parquet") as place:
        parcels = gpd.read_parquet(place)
    register, rows = folder / "normalize" / "dang_ky.parquet", None
    if register.exists():
        with left_by_a_step(register):
            rows = pd.read_parquet(register, columns=["row_id", "feature_id"])
    province = between.read(home, commune, str(inventory.get("era")), parcels)
    told = _described(found, parcels, province, verdict["profile"])
    return _Case(commune, folder, verdict, summary, inventory, found, parcels, rows, province, told)


def _write(home: Path, case: _Case, settings: Settings) -> Path:
    verdict, summary, inventory, parcels = case.verdict, case.summary, case.inventory, case.parcels
    told = answers.applied(case.described, answers.load(case.folder / ANSWERS))
    is_settled = told["status"].isin(answers.SETTLED)
    planned = actions.plan(told[~is_settled], parcels, verdict["profile"], case.rows)
    name = _name(case.commune, inventory)
    page = htmlreport.render(
        case.found,
        parcels,
        profile=verdict["profile"],
        names=[f"{name} ({case.commune})"],
        grades=summary["grades"],
        tolerances=Tolerances(int(inventory.get("scale") or DEFAULT_SCALE), settings.min_area_m2),
        summary=summary,
        verdict=verdict,
        described=told,
        planned=planned,
        notice=case.province.notice,
        files=FILES,
    )
    delivery = _delivery(case.commune, name, inventory, verdict)
    paper = minutes.render(delivery, case.found, parcels, summary, verdict, told, planned, case.province.notice)
    first = {
        "code": str(planned["code"].iloc[0]) if len(planned) else None,
        "between": between.mark(home, case.commune, case.era),
    }
    listed = told.assign(key=case.commune + answers.OF_COMMUNE + told["key"])
    with files.writing(case.folder / FOLDER) as new:
        (new / "report.html").write_text(page, encoding="utf-8")
        (new / "minutes.pdf").write_bytes(paper)
        reports.write_described(listed, [new / name for name in FILES])
        (new / _FIRST).write_text(json.dumps(first), encoding="utf-8")
    return case.folder / FOLDER


def checked(home: Path) -> list[str]:
    """Return the codes of the communes that have been checked."""
    return sorted(path.parent.parent.name for path in home.glob("?????/validate/verdict.json"))


def is_current(home: Path, commune: str) -> bool:
    """Tell whether the report of a commune is younger than its check, and its neighbours are as it says."""
    made, judged = home / commune / FOLDER / _FIRST, home / commune / "validate" / "verdict.json"
    if not made.exists() or made.stat().st_mtime_ns < judged.stat().st_mtime_ns:
        return False
    era = str(read_object(home / commune / "package" / "inventory.json").get("era"))
    try:
        known = read_object(made, "code", "between")["between"]
    except ReadError:
        return False  # the report is made anew, and this with it
    return bool(known == between.mark(home, commune, era))


def _described(
    found: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, province: between.Between, profile: str
) -> gpd.GeoDataFrame:
    """Return the findings of the commune and those between it and others, which say with whom."""
    ours = found.assign(neighbour=pd.Series(pd.NA, index=found.index, dtype="string"))
    parts = [frame for frame in (ours, province.found) if len(frame)] or [ours]
    every = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=parcels.crs)
    numbers = ["feature_id", "so_hieu_to_ban_do", "so_thu_tu_thua"]
    known = [pd.DataFrame(frame).reindex(columns=[*numbers, "geometry"]) for frame in (parcels, province.abroad)]
    places = gpd.GeoDataFrame(pd.concat(known, ignore_index=True), geometry="geometry", crs=parcels.crs)
    told = reports.described(every, places, profile)
    for language, word in (("vi", "Với"), ("en", "With")):
        message = told[f"message_{language}"]
        told[f"message_{language}"] = (word + " " + told["neighbour"] + ": " + message).fillna(message)
    return told


def write_league(home: Path, codes: Iterable[str]) -> Path:
    """Write the table of communes; return its file.

    Args:
        home: Folder of all communes.
        codes: Communes that have been checked.
    """
    entries = [_entry(home, code) for code in codes]
    known = {entry.commune for entry in entries}
    failures = {path.parent.name: read_object(path, "vi", "en") for path in sorted(home.glob("?????/failure.json"))}
    failed = [
        {"commune": code, "vi": str(body["vi"]), "en": str(body["en"])}
        for code, body in failures.items()
        if code not in known
    ]
    path = home / LEAGUE
    files.write_text(path, league.render(entries, failed))
    return path


def _entry(home: Path, commune: str) -> league.Entry:
    folder = home / commune
    first = folder / FOLDER / _FIRST
    return league.Entry(
        commune=commune,
        name=_name(commune, read_object(folder / "package" / "inventory.json")),
        summary=read_object(folder / "validate" / "summary.json", *_COUNTS),
        accepted=bool(read_object(folder / "validate" / "verdict.json", "accepted")["accepted"]),
        first=read_object(first, "code")["code"] if first.exists() else None,
        folder=f"{commune}/{FOLDER}" if first.exists() else None,
    )


def _name(commune: str, inventory: dict[str, Any]) -> str:
    return communes.commune(commune, str(inventory.get("era"))).name or commune


def _delivery(commune: str, name: str, inventory: dict[str, Any], verdict: dict[str, Any]) -> minutes.Delivery:
    scale = inventory.get("scale")
    facts = [
        ("Xã, phường, thị trấn", "Commune", f"{name} ({commune})"),
        ("Kỳ địa giới", "Era", str(inventory.get("era") or "")),
        ("Ngày số liệu", "Date of the data", minutes.day(str(inventory.get("date") or ""))),
        ("Hệ tọa độ", "CRS", str(inventory.get("crs") or "")),
        ("Tỷ lệ", "Scale", f"1:{scale}" if scale else ""),
        ("Ngày lập biên bản", "Date of the minutes", minutes.today()),
        ("Mã băm của gói (SHA-256)", "Hash of the package", str(inventory.get("sha256") or "")),
    ]
    return minutes.Delivery(
        name=f"{name} ({commune})",
        facts=[fact for fact in facts if fact[2]],
        profile=str(verdict["profile"]),
        signed=f"{commune} · sha256 {str(inventory.get('sha256') or '')[:16]}",
    )
