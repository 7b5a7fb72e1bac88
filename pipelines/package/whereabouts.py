"""The page that shows where the files of an inventory lie."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shapely

from pipelines import placemap
from pipelines.package import place
from pipelines.package.commune import FOREIGN_ERA
from pipelines.settings import Settings


def write_map(path: Path, inventory: Mapping[str, Any], settings: Settings) -> None:
    """Write the page: each file by its CRS, beside the outlines of commune and province.

    Args:
        path: HTML file to write.
        inventory: What `inspect` returned.
        settings: Province, and the file with the outlines of communes.
    """
    told = {line["key"]: line for line in inventory["evidence"]}
    files = [_placed(entry, inventory, told) for entry in inventory["files"] if entry["layers"]]
    is_foreign = inventory["era"] == FOREIGN_ERA
    placemap.write(
        path,
        files,
        commune=None if is_foreign else place.commune_outline(inventory["commune"], inventory["era"], settings),
        province=None if is_foreign else place.province_outline(settings.province, settings),
        title=Path(inventory["root"]).name,
    )


def _placed(entry: Mapping[str, Any], inventory: Mapping[str, Any], told: Mapping[str, Any]) -> placemap.Placed:
    path, box = entry["path"], entry["box_wgs84"]
    line = told.get(f"files[{path}].crs") or told.get(f"files[{path}].axes") or told.get("crs") or {}
    return placemap.Placed(
        path,
        str(entry["crs"] or inventory["crs"]),
        shapely.box(*box) if box else None,
        bool(line.get("sure", True)),
        str(line.get("evidence_vi", "")),
        str(line.get("evidence", "")),
    )
