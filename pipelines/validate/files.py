"""Files of the step: read what the earlier steps wrote, write the judgement as a whole or not at all."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from pipelines import files, findings
from pipelines.errors import ReadError
from pipelines.ledger import Ledger
from pipelines.settings import Settings
from pipelines.tolerances import DEFAULT_SCALE, Tolerances
from pipelines.validate import scans
from pipelines.validate.papers import Papers
from pipelines.validate.run import Validated, run

STEPS_BEFORE = ("package", "digitize", "normalize")


def execute(home: Path, commune: str, settings: Settings) -> None:
    """Judge one commune: `home/<commune>/validate/` with findings, grades, summary, verdict and account.

    Args:
        home: Folder of all communes.
        commune: Commune code.
        settings: Profile and smallest area that counts.

    Raises:
        ReadError: An earlier step has not been run.
    """
    folder = home / commune
    inventory = json.loads(_required(folder / "package" / "inventory.json").read_text(encoding="utf-8"))
    parcels = gpd.read_parquet(_required(folder / "normalize" / "thua_dat.parquet"))
    found = [findings.read(_required(folder / step / "findings.parquet")) for step in STEPS_BEFORE]
    pages = _optional(folder / "digitize" / "papers.parquet")
    aside = _optional(folder / "normalize" / "holders" / "quarantine.parquet")
    validated = run(
        parcels,
        Tolerances(int(inventory.get("scale") or DEFAULT_SCALE), settings.min_area_m2),
        profile=settings.profile,
        prior=findings.concat(found, crs=parcels.crs),
        outline=outline(folder),
        purposes=_optional(folder / "normalize" / "muc_dich_su_dung.parquet"),
        rows=_optional(folder / "normalize" / "dang_ky.parquet"),
        documented=_documented(folder / "digitize" / "documented.parquet"),
        date=inventory.get("date"),
        scanned=_scans(inventory, pages),
        papers=None if pages is None else Papers(pages, aside if aside is not None else pd.DataFrame()),
    )
    with files.writing(folder / "validate") as new:
        _write(validated, parcels, new)


def outline(folder: Path) -> BaseGeometry | None:
    """Return the boundary of the commune as one valid area, None where no delivery and no official file has it."""
    for path in (folder / "normalize" / "xa.parquet", folder / "digitize" / "boundary.parquet"):
        if not path.exists():
            continue
        shapes = gpd.read_parquet(path).geometry.to_numpy()
        shapes = shapes[~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)]
        if len(shapes):
            return shapely.union_all(shapely.make_valid(shapely.force_2d(shapes)))
    return None


def _scans(inventory: dict[str, Any], pages: pd.DataFrame | None) -> scans.Scans | None:
    """Return the scans of the package, None where its folder is gone: what cannot be seen is not missing."""
    root = Path(str(inventory.get("root", "")))
    unread = [] if pages is None else pages.loc[pages["state"] != "ok", "path"].tolist()
    return scans.survey(root, unread) if inventory.get("root") and root.is_dir() else None


def _documented(path: Path) -> gpd.GeoDataFrame | None:
    """Return the parcels as their documents have them, None where no drawing shows that."""
    return gpd.read_parquet(path) if path.exists() else None


def _write(validated: Validated, parcels: gpd.GeoDataFrame, folder: Path) -> None:
    findings.write(validated.findings, folder / "findings.parquet")
    validated.judgement.grades.to_parquet(folder / "grades.parquet", index=False)
    _write_json(folder / "summary.json", validated.judgement.summary)
    _write_json(folder / "verdict.json", validated.judgement.verdict)
    account = Ledger("validate")
    for source, count in parcels["source"].value_counts().sort_index().items():
        account.add(str(source), "parcel", received=int(count), accepted=int(count))
    account.write(folder / "account.json")


def _write_json(path: Path, body: dict[str, Any]) -> None:
    path.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")


def _required(path: Path) -> Path:
    if not path.exists():
        step = path.parent.name
        raise ReadError(
            f"Thiếu tệp {path}: chạy bước “{step}” của xã này trước.",
            f"The file {path} is missing: run the step {step!r} of this commune first.",
        )
    return path


def _optional(path: Path) -> pd.DataFrame | None:
    return pd.read_parquet(path) if path.exists() else None
