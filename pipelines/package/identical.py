"""Files placed by identical points: how well the points agree, for the inventory and as findings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from pipelines import control_points
from pipelines.errors import PackageError
from pipelines.findings import Finding
from pipelines.package.survey import Survey
from pipelines.warping import Warp, limit_m


def look(root: Path, entry: Mapping[str, Any]) -> tuple[dict[str, Any], list[Finding], Warp]:
    """Return what the inventory says of the identical points of a file, the findings, and the transformation.

    Args:
        root: Folder of the package.
        entry: The file in the inventory, with `control_points` and `scale`.

    Emits:
        goi.control_points_rms, goi.control_point_outlier

    Raises:
        ReadError: The table is not what its name says.
        PackageError: The table is missing or outside the package, or has too few points that can be used.
    """
    table = str(entry["control_points"])
    full = root / table
    if not full.is_file() or not full.resolve().is_relative_to(root.resolve()):
        raise PackageError(
            f"{entry['path']}: không có bảng điểm trùng {table} trong gói: bổ sung tệp hoặc sửa `control_points`.",
            f"{entry['path']}: the package has no table of identical points {table}: add it or mend `control_points`.",
        )
    scale = int(entry["scale"])
    pairs, warp = control_points.warp(full, scale)
    limit = limit_m(scale)
    told = {
        "table": table,
        "method": warp.method,
        "points": int(warp.used.sum()),
        "outliers": [pairs.ids[position] for position in np.flatnonzero(~warp.used)],
        "ignored_rows": pairs.ignored,
        "rms_m": round(warp.rms_m, 4),
        "left_out_rms_m": round(warp.left_out_rms_m, 4),
        "limit_m": limit,
        "northing_first": list(pairs.northing_first),
        "reason_vi": warp.reason_vi,
        "reason_en": warp.reason_en,
    }
    found = [
        Finding(
            "goi.control_point_outlier",
            f"{table}:{pairs.ids[position]}",
            None,
            round(float(warp.residuals_m[position]), 3),
            limit,
            pairs.ids[position],
            table,
            shapely.Point(pairs.target[position]),
        )
        for position in np.flatnonzero(~warp.used)
    ]
    if warp.rms_m > limit:
        detail = f"{warp.method}, n={told['points']}"
        found.append(Finding("goi.control_points_rms", entry["path"], None, round(warp.rms_m, 4), limit, detail, table))
    return told, found, warp


def place(
    root: Path, entries: list[dict[str, Any]], surveys: Mapping[str, Survey]
) -> tuple[list[Finding], dict[str, Any]]:
    """Write into the inventory how each file with identical points was placed.

    Args:
        root: Folder of the package.
        entries: Files of the inventory; those with identical points get `placed`.
        surveys: What was seen in the files, by path.

    Emits:
        goi.control_points_rms, goi.control_point_outlier

    Raises:
        ReadError: A table is not what its name says.
        PackageError: A table is missing or outside the package, or has too few points that can be used.

    Returns:
        The findings, and sample points of these files in the CRS they lead to, by path.
    """
    found, points = list[Finding](), dict[str, Any]()
    for entry in entries:
        if entry["control_points"] and entry["layers"]:
            entry["placed"], about, warp = look(root, entry)
            found += about
            seen = surveys[entry["path"]].points
            points[entry["path"]] = warp(seen[:, ::-1] if entry["axes"] == "ne" else seen)
    return found, points
