"""What an officer gets back for a commune: page, fix list, layers for QGIS and minutes; and the table of all communes.

Reads what the steps left, changes none of it.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from pipelines import actions, answers, between, communes, files, findings, htmlreport, league, minutes, reports
from pipelines.errors import ReadError
from pipelines.settings import Settings
from pipelines.tolerances import DEFAULT_SCALE, Tolerances

FOLDER = "report"
LEAGUE = "communes.html"
ANSWERS = "answers.json"
FILES = ("findings.gpkg", "fix_list.xlsx")
_FIRST = "first.json"
"""What the table of communes says of a report, and what it knew of the neighbours."""


def write(home: Path, commune: str, settings: Settings) -> Path:
    """Write the report of one commune as a whole or not at all; return its folder.

    Raises:
        ReadError: The commune has not been checked.
    """
    folder = home / commune
    verdict = _json(folder / "validate" / "verdict.json")
    summary = _json(folder / "validate" / "summary.json")
    inventory = _json(folder / "package" / "inventory.json")
    found = findings.read(_required(folder / "validate" / "findings.parquet"))
    parcels = gpd.read_parquet(_required(folder / "normalize" / "thua_dat.parquet"))
    register = folder / "normalize" / "dang_ky.parquet"
    rows = pd.read_parquet(register, columns=["row_id", "feature_id"]) if register.exists() else None
    era = str(inventory.get("era"))
    province = between.read(home, commune, era, parcels)
    told = answers.applied(_described(found, parcels, province, verdict["profile"]), answers.load(folder / ANSWERS))
    is_settled = told["status"].isin(answers.SETTLED)
    planned = actions.plan(told[~is_settled], parcels, verdict["profile"], rows)
    name = _name(commune, inventory)
    page = htmlreport.render(
        found,
        parcels,
        profile=verdict["profile"],
        names=[f"{name} ({commune})"],
        grades=summary["grades"],
        tolerances=Tolerances(int(inventory.get("scale") or DEFAULT_SCALE), settings.min_area_m2),
        summary=summary,
        verdict=verdict,
        described=told,
        planned=planned,
        notice=province.notice,
        files=FILES,
    )
    delivery = _delivery(commune, name, inventory, verdict)
    paper = minutes.render(delivery, found, parcels, summary, verdict, told, planned, province.notice)
    first = {
        "code": str(planned["code"].iloc[0]) if len(planned) else None,
        "between": between.mark(home, commune, era),
    }
    with files.writing(folder / FOLDER) as new:
        (new / "report.html").write_text(page, encoding="utf-8")
        (new / "minutes.pdf").write_bytes(paper)
        reports.write_described(told, [new / name for name in FILES])
        (new / _FIRST).write_text(json.dumps(first), encoding="utf-8")
    return folder / FOLDER


def take_answers(home: Path, commune: str, path: Path, settings: Settings) -> answers.Answers:
    """Keep the answers of a fix list that was handed back, and write the report of the commune anew.

    Raises:
        ReadError: The file is no fix list, or the commune has not been checked.
    """
    folder = home / commune
    _required(folder / "validate" / "verdict.json")
    read = answers.read(path, settings.limits)
    answers.merge(folder / ANSWERS, read.given)
    write(home, commune, settings)
    return read


def checked(home: Path) -> list[str]:
    """Return the codes of the communes that have been checked."""
    return sorted(path.parent.parent.name for path in home.glob("?????/validate/verdict.json"))


def is_current(home: Path, commune: str) -> bool:
    """Tell whether the report of a commune is younger than its check, and its neighbours are as it says."""
    made, judged = home / commune / FOLDER / _FIRST, home / commune / "validate" / "verdict.json"
    if not made.exists() or made.stat().st_mtime_ns < judged.stat().st_mtime_ns:
        return False
    era = str(_json(home / commune / "package" / "inventory.json").get("era"))
    return _json(made).get("between") == between.mark(home, commune, era)


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
    failures = {path.parent.name: _json(path) for path in sorted(home.glob("?????/failure.json"))}
    failed = [
        {"commune": code, "vi": str(body["vi"]), "en": str(body["en"])}
        for code, body in failures.items()
        if code not in known
    ]
    path = home / LEAGUE
    partial = path.with_name(f".{path.name}.new")
    partial.write_text(league.render(entries, failed), encoding="utf-8")
    partial.replace(path)
    return path


def _entry(home: Path, commune: str) -> league.Entry:
    folder = home / commune
    first = folder / FOLDER / _FIRST
    return league.Entry(
        commune=commune,
        name=_name(commune, _json(folder / "package" / "inventory.json")),
        summary=_json(folder / "validate" / "summary.json"),
        accepted=bool(_json(folder / "validate" / "verdict.json")["accepted"]),
        first=_json(first)["code"] if first.exists() else None,
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


def _json(path: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(_required(path).read_text(encoding="utf-8"))
    return body


def _required(path: Path) -> Path:
    if not path.exists():
        raise ReadError(
            f"Thiếu tệp {path}: chạy `diachinh run` cho xã này trước.",
            f"The file {path} is missing: let `diachinh run` check this commune first.",
        )
    return path
